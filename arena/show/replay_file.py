"""Replays in files: compressed JSON, the same bytes for the same replay. Reading one runs nothing and believes nothing.

The format is in docs/reference/replay-file.md. A reader ignores keys that it does not know, so something may be added
without a new version; the version moves where an older reader would misread a newer file.
"""

import gzip
import io
import json
import math
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from arena.errors import TurncoatError, shown
from arena.files import write
from arena.game.board import Board
from arena.show.replay import VERSION, Deed, Moment, Replay

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FORMAT = "turncoat-replay"
SUFFIX = ".replay"
LARGEST = 32_000_000
"""Bytes that a file may unpack to: some hundred thousand rounds."""

WINDOWS = ("none", "early", "late")
NUMBERS = 2**64
"""No number that counts something is as large."""

SURE = 1e-3
"""How far from 1 chances may sum, each having been rounded."""


@dataclass(frozen=True)
class _Contents:
    replay: Replay


def save(replay: Replay, path: Path) -> None:
    """Write a replay; a TurncoatError if it cannot be written, or could not be read again."""
    write(path, packed(replay))


def load(path: Path) -> Replay:
    """Read a replay; a TurncoatError says what is wrong with the file, and where."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TurncoatError(f"{path}: {error.strerror or error}") from None
    return unpacked(content, str(path))


def packed(replay: Replay) -> bytes:
    """A replay as the bytes of a file."""
    found = next(wrong(replay), None)
    if found is not None:
        raise TurncoatError(f"{replay.title}: this replay cannot be kept: {found}")
    data = {"format": FORMAT, "version": VERSION, "replay": asdict(replay)}
    text = json.dumps(data, default=sorted, separators=(",", ":"), ensure_ascii=False)
    content = text.encode(errors="replace")
    if len(content) > LARGEST:
        raise TurncoatError(f"{replay.title}: {replay.rounds} rounds are too many to keep in a file")
    return gzip.compress(content, mtime=0)


def unpacked(content: bytes, where: str) -> Replay:
    """The replay that bytes hold; ``where`` they are from is for the error."""
    from pydantic import ValidationError
    from pydantic_core import from_json

    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            text = stream.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise TurncoatError(f"{where}: not a replay, or not a whole one ({error})") from None
    if len(text) > LARGEST:
        raise TurncoatError(f"{where}: not a replay: it unpacks to more than {LARGEST // 10**6} MB")
    try:
        data = from_json(text)
    except ValueError as error:
        raise TurncoatError(f"{where}: not a replay: no JSON in it ({error})") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise TurncoatError(f"{where}: not a replay: it does not say that it is a {FORMAT}")
    version = data.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise TurncoatError(f"{where}: version must be a whole number from 1, not {shown(version)}")
    if version > VERSION:
        raise TurncoatError(
            f"{where}: made by a newer version of Turncoat (format {shown(version)}, this one reads up to {VERSION})"
        )
    try:  # the text again: strictly only a reader of JSON lets its lists stand for tuples
        replay = _adapter().validate_json(text, strict=True).replay
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise TurncoatError(f"{where}: {place}: {first['msg']}, not {shown(first['input'])}") from None
    found = next(wrong(replay), None)
    if found is not None:
        raise TurncoatError(f"{where}: {found}")
    return replay


@cache
def _adapter() -> "TypeAdapter[_Contents]":
    from pydantic import TypeAdapter

    return TypeAdapter(_Contents)


def wrong(replay: Replay) -> Iterator[str]:
    """What does not hold together in a replay, with its place."""
    names = [name for name, _ in replay.seats]
    if replay.seat not in names or len(set(names)) < len(names):
        yield f"seat: {shown(replay.seat)} is not one of the seats {shown(names)}"
        return
    if len(replay.moments) != len(replay.deeds) + 1:
        yield f"moments: there are {len(replay.moments)} for {len(replay.deeds)} deeds, and must be one more"
        return
    for name in ("seed", "episode", "horizon"):
        if not 0 <= getattr(replay, name) < NUMBERS:
            yield f"{name}: must be at least 0 and less than 2^64"
    if not 0 <= replay.discount <= 1:
        yield "discount: must lie between 0 and 1"
    if not _finite(replay.exact.values()):
        yield "exact: must be finite"
    if not _finite(value for value in replay.settings.values() if isinstance(value, float)):
        yield "settings: must be finite"
    for number, board in enumerate(replay.boards):
        yield from (f"boards.{number}: {what}" for what in _wrong_board(board))
    for at, moment in enumerate(replay.moments):
        yield from (f"moments.{at}.{what}" for what in _wrong_moment(replay, moment))
    for at, deed in enumerate(replay.deeds):
        yield from (f"deeds.{at}.{what}" for what in _wrong_deed(replay, replay.moments[at], deed))


def _wrong_board(board: Board) -> Iterator[str]:
    widths = {len(row) for row in board.rows}
    if len(widths) != 1 or 0 in widths:
        yield "the rows must be of one length, and hold something"
        return
    places = [*((x, y) for _, x, y in board.movers), *board.watched]
    if not all(0 <= x < len(board.rows[0]) and 0 <= y < len(board.rows) for x, y in places):
        yield "something stands outside the map"


def _wrong_moment(replay: Replay, moment: Moment) -> Iterator[str]:
    actions = len(replay.actions)
    if moment.window not in WINDOWS:
        yield f"window: must be one of {', '.join(WINDOWS)}, not {shown(moment.window)}"
    for field, words, of in (("true", moment.true, replay.truths), ("sees", moment.sees, replay.sights)):
        if len(words) != len(of):
            yield f"{field}: has {len(words)} words for {len(of)} factors"
    if any(not 0 <= action < actions for action in moment.legal) or len(set(moment.legal)) < len(moment.legal):
        yield f"legal: must be some of the actions 0 to {actions - 1}"
    if not set(moment.defections) <= set(moment.legal):
        yield "defections: must be among the legal actions"
    if moment.opportunity and not moment.legal:
        yield "opportunity: there is none without a legal action"
    if len(moment.lenses) not in (0, len(replay.lenses)):
        yield f"lenses: has {len(moment.lenses)} for {len(replay.lenses)} lenses"
    for field, chances in (("chances", moment.chances), *(("lenses", one) for one in moment.lenses)):
        if chances and not (moment.legal and _distribution(chances, actions)):
            yield f"{field}: must be {actions} probabilities that sum to 1, where something is legal"
    for field, board in (("board", moment.board), ("seen", moment.seen)):
        if not -1 <= board < len(replay.boards):
            yield f"{field}: there is no board {shown(board)}"


def _wrong_deed(replay: Replay, moment: Moment, deed: Deed) -> Iterator[str]:
    widths = [len(actions) for _, actions in replay.seats]
    if len(deed.actions) != len(widths) or any(
        not 0 <= action < width for action, width in zip(deed.actions, widths, strict=False)
    ):
        yield "actions: must be one of its own for every seat"
    elif deed.actions[replay.place] not in moment.legal:
        yield f"actions: {shown(replay.actions[deed.actions[replay.place]])} is not legal there"
    if not _finite(deed.pays):
        yield "pays: must be finite"
    if deed.update and not _distribution(deed.update, len(replay.actions)):
        yield "update: must be a probability for each action, summing to 1"


def _finite(numbers: Iterable[float]) -> bool:
    return all(math.isfinite(number) for number in numbers)


def _distribution(chances: tuple[float, ...], actions: int) -> bool:
    return len(chances) == actions and all(0 <= p <= 1 for p in chances) and abs(sum(chances) - 1) <= SURE
