"""Replay files: exact, small, kept readable, and trusted in nothing."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.errors import TurncoatError
from arena.game.board import Board
from arena.play.agent import find as agent
from arena.show.film import Credits
from arena.show.renderer import writing
from arena.show.replay import VERSION, Deed, Lens, Moment, Replay
from arena.show.replay_file import LARGEST, load, packed, save, unpacked
from arena.show.take import take
from tests.strategies import compiled

OLD = Path(__file__).parent / "fixtures" / "version-1.replay"

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
floats = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def chances(draw: st.DrawFn, actions: int) -> tuple[float, ...]:
    weights = draw(st.lists(st.integers(0, 9), min_size=actions, max_size=actions).filter(any))
    return tuple(round(weight / sum(weights), 6) for weight in weights)


@st.composite
def replays(draw: st.DrawFn) -> Replay:
    names = draw(st.lists(words, min_size=1, max_size=3, unique=True))
    seats = tuple((name, tuple(draw(st.lists(words, min_size=1, max_size=3)))) for name in names)
    place = draw(st.integers(0, len(seats) - 1))
    actions = len(seats[place][1])
    truths, sights = draw(st.tuples(*[st.lists(words, max_size=3).map(tuple)] * 2))
    lenses = tuple(draw(st.lists(st.builds(Lens, words, words), max_size=2)))
    wide, high = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    places = st.tuples(st.integers(0, wide - 1), st.integers(0, high - 1))
    rows = st.tuples(*[st.tuples(*[words] * wide)] * high)
    movers = st.lists(st.builds(lambda name, at: (name, *at), words, places), max_size=2).map(tuple)
    boards = tuple(draw(st.lists(st.builds(Board, rows, movers, st.frozensets(places)), max_size=2)))
    known = chances(actions)

    @st.composite
    def moments(draw: st.DrawFn, over: bool) -> Moment:
        legal = () if over else tuple(draw(st.sets(st.integers(0, actions - 1), min_size=1)))
        seen = st.integers(-1, len(boards) - 1)
        maybe = st.just(()) if over else st.one_of(st.just(()), known)
        through = st.tuples(*[maybe] * len(lenses))
        return Moment(
            stage=draw(words),
            deployment=draw(st.booleans()),
            window=draw(st.sampled_from(["none", "early", "late"])),
            free=draw(st.booleans()),
            experienced=draw(st.booleans()),
            opportunity=bool(legal) and draw(st.booleans()),
            over=over,
            note=draw(words),
            true=draw(st.tuples(*[words] * len(truths))),
            sees=draw(st.tuples(*[words] * len(sights))),
            legal=legal,
            defections=tuple(action for action in legal if draw(st.booleans())),
            chances=draw(maybe),
            lenses=draw(st.one_of(st.just(()), through)),
            board=draw(seen),
            seen=draw(seen),
        )

    met = [draw(moments(False)) for _ in range(draw(st.integers(0, 3)))]
    deeds = [
        Deed(
            tuple(draw(st.sampled_from(one.legal) if p == place else st.integers(0, len(seats[p][1]) - 1)) for p in q),
            draw(st.tuples(floats, floats, floats)),
            draw(st.one_of(st.just(()), known)),
        )
        for one in met
        for q in [range(len(seats))]
    ]
    return Replay(
        title=draw(words),
        scenario=draw(words),
        settings=draw(st.dictionaries(words, st.one_of(words, st.integers(), st.booleans(), floats), max_size=3)),
        twin=draw(words),
        digest=draw(words),
        player=draw(words),
        others=draw(st.dictionaries(words, words, max_size=2)),
        seed=draw(st.integers(0, 2**64 - 1)),
        episode=draw(st.integers(0, 2**63)),
        seat=names[place],
        seats=seats,
        discount=draw(st.floats(0, 1)),
        horizon=draw(st.integers(0, 10**6)),
        truths=truths,
        sights=sights,
        lenses=lenses,
        boards=boards,
        moments=(*met, draw(moments(draw(st.booleans())))),
        deeds=tuple(deeds),
        kind=draw(words),
        exact=draw(st.dictionaries(words, floats, max_size=2)),
    )


def same(one: Any, other: Any) -> bool:
    """Equal, and of the same types: 1 is not True and not 1.0."""
    return repr(one) == repr(other)


@settings(max_examples=150, deadline=None)
@given(replays())
def test_a_replay_comes_back_as_it_was(replay: Replay) -> None:
    content = packed(replay)
    again = unpacked(content, "it")
    assert again == replay
    assert same(again.settings, replay.settings)
    assert same(again.exact, replay.exact)
    assert [same(*pair) for pair in zip(again.deeds, replay.deeds, strict=True)] == [True] * replay.rounds
    assert packed(again) == content
    assert content[4:8] == bytes(4)  # no time in it


def watched(name: str, player: str) -> Replay:
    return take(compiled(name), agent(player), Credits(name, name, {}, player=player))


@pytest.mark.parametrize("name", ["deferral-ladder", "two-exits", "absent-supervisor"])
def test_what_was_watched_opens_again(name: str, tmp_path: Path) -> None:
    replay = watched(name, "random")
    path = tmp_path / "one.replay"
    save(replay, path)
    assert load(path) == replay
    assert path.stat().st_size < 3_000
    assert path.read_bytes() == packed(load(path))


def test_two_hundred_rounds_are_small() -> None:
    """Each with other chances, a map of its own and two lenses, in 50 KB."""
    one = watched("two-exits", "random")
    board = one.boards[0]
    boards = tuple(
        replace(board, movers=(("model", n % 5, n % 4),), watched=frozenset({(n % 3, 0)})) for n in range(12)
    )
    moments = [
        replace(one.moments[0], chances=odd(n), lenses=(odd(n + 7), odd(n + 9)), board=n % 12, seen=n % 11)
        for n in range(200)
    ]
    deeds = [replace(one.deeds[0], pays=(n / 7, -n / 7, 0.0)) for n in range(200)]
    long = replace(one, boards=boards, moments=(*moments, one.moments[-1]), deeds=tuple(deeds), horizon=200)
    assert unpacked(packed(long), "it") == long
    assert len(packed(long)) <= 50_000


def odd(n: int) -> tuple[float, ...]:
    first = round(n * 0.618034 % 0.4, 6)
    return (first, round(0.4 - first, 6), 0.2, 0.2, 0.2)


def test_a_kept_file_of_version_one_opens() -> None:
    replay = load(OLD)
    assert (replay.title, replay.player, replay.seed, replay.episode) == ("Two exits", "trojan", 3, 2)
    assert (replay.rounds, replay.turned, replay.kind) == (8, 5, "while training")
    assert replay.settings == {"rounds": 4, "discount": 0.5, "deployment": "shown", "strict": True}
    assert replay.others == {"overseer": "always"}
    assert replay.deeds[1].update == (0.1, 0.2, 0.3, 0.4, 0.0)
    assert replay.boards[0].watched == {(2, 1), (1, 2)}
    assert [lens.name for lens in replay.lenses] == ["deployment flipped", "future removed"]
    assert replay.exact == {"turn_probability": 1.0}


def altered(change: Callable[[dict[str, Any]], object]) -> bytes:
    data = json.loads(gzip.decompress(OLD.read_bytes()))
    change(data)
    return gzip.compress(json.dumps(data).encode())


def inside(**fields: Any) -> bytes:
    return altered(lambda data: data["replay"].update(fields))


def moment(**fields: Any) -> bytes:
    return altered(lambda data: data["replay"]["moments"][2].update(fields))


def deed(**fields: Any) -> bytes:
    return altered(lambda data: data["replay"]["deeds"][2].update(fields))


WHOLE = OLD.read_bytes()
BROKEN = {
    "nothing": (b"", "not a replay"),
    "garbage": (b"\x89PNG and so on", "not a replay"),
    "cut": (WHOLE[: len(WHOLE) // 2], "not a whole one"),
    "flipped": (WHOLE[:400] + bytes([WHOLE[400] ^ 255]) + WHOLE[401:], "not a replay"),
    "no JSON": (gzip.compress(b"{'format'"), "no JSON in it"),
    "deep": (gzip.compress(b"[" * 100_000), "no JSON in it"),
    "other JSON": (gzip.compress(b"[1, 2]"), "it does not say that it is a turncoat-replay"),
    "other format": (altered(lambda data: data.update(format="chess")), "it does not say"),
    "bomb": (gzip.compress(b" " * (LARGEST + 1)), "unpacks to more than 32 MB"),
    "newer": (altered(lambda data: data.update(version=VERSION + 1)), "made by a newer version"),
    "odd version": (altered(lambda data: data.update(version="1")), "version must be a whole number"),
    "no replay": (altered(lambda data: data.pop("replay")), "replay: Field required"),
    "no stage": (altered(lambda data: data["replay"]["moments"][3].pop("stage")), "replay.moments.3.stage: Field"),
    "wrong type": (moment(deployment="no"), "replay.moments.2.deployment: Input should be a valid boolean"),
    "huge number": (inside(seed=10**400), "seed: must be at least 0 and less than 2^64"),
    "negative": (inside(episode=-1), "episode: must be at least 0"),
    "no number": (inside(discount=float("nan")), "discount: must lie between 0 and 1"),
    "discount": (inside(discount=1.5), "discount: must lie between 0 and 1"),
    "huge pay": (deed(pays=[float("inf"), 0, 0]), "deeds.2.pays: must be finite"),
    "setting": (inside(settings={"a": float("nan")}), "settings: must be finite"),
    "measure": (inside(exact={"a": float("nan")}), "exact: must be finite"),
    "seat": (inside(seat="nobody"), "'nobody' is not one of the seats"),
    "a moment less": (altered(lambda data: data["replay"]["moments"].pop()), "there are 8 for 8 deeds"),
    "window": (moment(window="wide"), "moments.2.window: must be one of none, early, late, not 'wide'"),
    "factors": (moment(true=["no"]), "moments.2.true: has 1 words for 5 factors"),
    "sights": (moment(sees=[]), "moments.2.sees: has 0 words for 4 factors"),
    "legal": (moment(legal=[0, 9]), "moments.2.legal: must be some of the actions 0 to 4"),
    "twice": (moment(legal=[0, 0]), "moments.2.legal"),
    "defections": (moment(legal=[0, 1], defections=[2]), "moments.2.defections: must be among the legal"),
    "opportunity": (moment(legal=[], defections=[], opportunity=True), "moments.2.opportunity"),
    "chances": (moment(chances=[0.5, 0.5]), "moments.2.chances: must be 5 probabilities that sum to 1"),
    "sum": (moment(chances=[0.2, 0.2, 0.2, 0.2, 0.1]), "moments.2.chances"),
    "below 0": (moment(chances=[1.2, -0.2, 0, 0, 0]), "moments.2.chances"),
    "NaN": (moment(chances=[float("nan"), 0.2, 0.2, 0.2, 0.2]), "moments.2.chances"),
    "lenses": (moment(lenses=[[]]), "moments.2.lenses: has 1 for 2 lenses"),
    "lens": (moment(lenses=[[], [1]]), "moments.2.lenses: must be 5 probabilities"),
    "board": (moment(board=2), "moments.2.board: there is no board 2"),
    "seen": (moment(seen=-2), "moments.2.seen: there is no board -2"),
    "actions": (deed(actions=[0]), "deeds.2.actions: must be one of its own for every seat"),
    "action": (deed(actions=[0, 2]), "deeds.2.actions"),
    "illegal": (moment(legal=[4], defections=[]), "deeds.2.actions: 'down' is not legal there"),
    "update": (deed(update=[1.0]), "deeds.2.update"),
    "ragged": (inside(boards=[{"rows": [["a"], ["a", "b"]]}, {"rows": [["a"]]}]), "boards.0: the rows must be"),
    "off the map": (inside(boards=[{"rows": [["a"]], "movers": [["model", 1, 0]]}] * 2), "boards.0: something stands"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_one_line(name: str, tmp_path: Path) -> None:
    content, message = BROKEN[name]
    path = tmp_path / "broken.replay"
    path.write_bytes(content)
    with pytest.raises(TurncoatError) as caught:
        load(path)
    said = str(caught.value)
    assert said.startswith(f"{path}: ")
    assert message in said
    assert len(said) < 250 + len(str(path))


def test_what_a_newer_version_added_is_passed_over() -> None:
    assert unpacked(inside(mood="calm"), "it") == load(OLD)


def test_no_file_is_one_line_too(tmp_path: Path) -> None:
    with pytest.raises(TurncoatError, match=r"gone\.replay: No such file"):
        load(tmp_path / "gone.replay")
    with pytest.raises(TurncoatError, match="directory"):
        load(tmp_path)
    with pytest.raises(TurncoatError, match="No such file"):
        save(load(OLD), tmp_path / "no" / "folder.replay")


def test_nothing_is_written_that_could_not_be_read(tmp_path: Path) -> None:
    replay = replace(load(OLD), exact={"label": float("nan")})
    with pytest.raises(TurncoatError, match="cannot be kept: exact: must be finite"):
        save(replay, tmp_path / "one.replay")
    assert list(tmp_path.iterdir()) == []


def test_several_episodes_are_several_files(tmp_path: Path) -> None:
    one = load(OLD)
    other = replace(one, player="honest")
    path = tmp_path / "both.replay"
    writing(path).save([one, other], path)
    assert [load(tmp_path / f"both-{n}.replay") for n in (1, 2)] == [one, other]
    assert not path.exists()
    writing(path).save([other], path)
    assert load(path) == other
