"""Two lanes side by side: what is true, and what the seat sees of it."""

from collections.abc import Iterator
from typing import NamedTuple

from arena.game.columns import NOTHING
from arena.show.box import Box
from arena.show.lettering import fitted, width
from arena.show.replay import Replay
from arena.show.shapes import Line, Rect, Shape, Text

TALLEST, LEAST = 30.0, 16.0
"""A row's height lies between these."""


class Row(NamedTuple):
    """A factor, what is true of it and what the seat sees; None where there is nothing to say."""

    name: str
    true: str | None
    seen: str | None

    @property
    def told(self) -> str:
        """``as it is``, ``otherwise`` or ``hidden``; ``only seen`` where there is no truth to compare."""
        if self.true is None:
            return "only seen"
        return "hidden" if self.seen in (None, NOTHING) else "as it is" if self.seen == self.true else "otherwise"

    @property
    def mapped(self) -> bool:
        """Whether a map says it better: a place, or a sign for each of many things."""
        word = self.seen if self.true is None else self.true
        return self.name in ("x", "y") or signs(word or "")


def signs(word: str) -> bool:
    """Whether a word is nothing but a row of noughts and ones, which nobody can read."""
    return len(word) > 3 and set(word) <= {"0", "1"}


def lanes(replay: Replay, at: int, private: bool = False) -> list[Row]:
    """The factors of a moment, and what the other seats do in it, which none sees before acting."""
    moment = replay.moments[at]
    true = {} if private else dict(zip(replay.truths, moment.true, strict=True))
    seen = dict(zip(replay.sights, moment.sees, strict=True))
    found = [Row(name, value, seen.get(name)) for name, value in true.items()]
    found += [Row(name, None, value) for name, value in seen.items() if name not in true]
    if not private and at < replay.rounds:
        for (name, actions), done in zip(replay.seats, replay.deeds[at].actions, strict=True):
            if name != replay.seat:
                found.append(Row(name, actions[done], None))
    return found


def table(replay: Replay, at: int, box: Box, private: bool = False) -> Iterator[Shape]:
    """The lanes as a table; what does not fit is counted in the last line. A map shows a place better than numbers."""
    found = lanes(replay, at, private)
    if (replay.moments[at].seen if private else replay.moments[at].board) >= 0:
        found = [row for row in found if not row.mapped or row.told in ("hidden", "otherwise")]
    if replay.moments[at].over:
        found = [row for row in found if row.name != "round"]
    height = min(TALLEST, max(LEAST, (box.h - 26) / max(1, len(found))))
    room = int((box.h - 26 + 0.5) // height)
    if len(found) > room:
        found.sort(key=lambda row: row.told in ("as it is", "only seen"))
    shown = found[: room - 1] if len(found) > room else found
    size = min(16.0, height * 0.64)
    first = min(box.w * 0.4, max((width(row.name, size) for row in shown), default=0) + 20)
    half = (box.w - first) / 2
    true, seen = box.x + first, box.x + first + half
    if private:
        seen, half = true, box.w - first
    else:
        yield Text(true + 8, box.y + 14, "what is true", 13, "faint", bold=True)
    words, fit = fitted(f"what the {replay.seat} sees", half - 8, 13, bold=True)
    yield Text(seen + 8, box.y + 14, words, fit, "faint", bold=True)
    yield Line(((box.x, box.y + 22), (box.right, box.y + 22)), "line", 1)
    for number, row in enumerate(shown):
        top = box.y + 26 + number * height
        base = top + height / 2 + size * 0.36
        words, fit = fitted(row.name.replace("_", " "), first - 8, size)
        yield Text(box.x, base, words, fit, "faint")
        if row.true is not None:
            words, fit = fitted(row.true.replace("_", " "), half - 16, size)
            yield Text(true + 8, base, words, fit)
        if row.told == "hidden":
            yield Rect(seen + 4, top + 2, half - 8, height - 4, fill="hidden", radius=4)
            yield Text(seen + 12, base, "hidden", size)
            continue
        if row.told == "otherwise":
            yield Rect(seen + 4, top + 2, half - 8, height - 4, fill="defect-soft", stroke="defect", radius=4)
        word = "not shown" if row.seen == NOTHING else (row.seen or "").replace("_", " ")
        words, fit = fitted(word, half - 22, size, bold=row.told == "otherwise")
        yield Text(seen + 12, base, words, fit, bold=row.told == "otherwise")
    if len(found) > room:
        left = len(found) - len(shown)
        yield Text(box.x, box.y + 26 + len(shown) * height + height * 0.7, f"and {left} more", size, "faint")
