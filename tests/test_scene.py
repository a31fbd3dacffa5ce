"""Pictures, by what they show: words, shapes, and that nothing overlaps or is cut."""

import dataclasses
from collections.abc import Iterator
from functools import cache
from itertools import combinations, pairwise
from typing import Any

import pytest

from arena.game.scenario import scenarios
from arena.play.agent import find as agent
from arena.show import telling
from arena.show.film import Credits
from arena.show.icons import cell
from arena.show.lanes import lanes
from arena.show.lettering import fitted, width
from arena.show.palette import DARK, LIGHT
from arena.show.replay import Replay
from arena.show.scene import frames, scene
from arena.show.shapes import Circle, Line, Polygon, Rect, Scene, Shape, Text
from arena.show.take import take
from tests.strategies import compiled

SIZES = ((1280.0, 720.0), (960.0, 720.0))
BOX = tuple[float, float, float, float]


@cache
def replay(name: str, player: str = "random", seed: int = 0) -> Replay:
    named = Credits(scenarios()[name].title, name, {}, "", player, {}, seed)
    return take(compiled(name), agent(player), named)


def pictures(of: Replay) -> Iterator[Scene]:
    lenses = [None, *range(len(of.lenses))]
    for at in sorted({0, 1, frames(of) // 2, frames(of) - 2, frames(of) - 1} & set(range(frames(of)))):
        for size in SIZES:
            for lens in lenses:
                yield scene(of, at, lens, size=size)
            yield scene(of, at, private=True, size=size)


def box(text: Text) -> BOX:
    """Left, top, right and bottom of what is drawn: capitals are .73 of the size high, tails reach .24 below."""
    wide = width(text.words, text.size, text.bold)
    left = text.x - {"start": 0.0, "middle": wide / 2, "end": wide}[text.anchor]
    return left, text.y - 0.73 * text.size, left + wide, text.y + 0.2 * text.size


def extent(shape: Shape) -> BOX:
    match shape:
        case Text():
            return box(shape)
        case Rect(x, y, w, h):
            return x, y, x + w, y + h
        case Circle(x, y, r):
            return x - r, y - r, x + r, y + r
        case Polygon(points) | Line(points):
            return (
                min(x for x, _ in points),
                min(y for _, y in points),
                max(x for x, _ in points),
                max(y for _, y in points),
            )


def words(of: Scene) -> list[str]:
    return [shape.words for shape in of.shapes if isinstance(shape, Text)]


@pytest.mark.parametrize("player", ["random", "optimal"])
@pytest.mark.parametrize("name", sorted(scenarios()))
def test_nothing_overlaps_and_nothing_is_cut(name: str, player: str) -> None:
    for picture in pictures(replay(name, player)):
        texts = [shape for shape in picture.shapes if isinstance(shape, Text)]
        assert within(picture)
        for one, other in combinations(texts, 2):
            a, b = box(one), box(other)
            apart = a[2] <= b[0] + 0.5 or b[2] <= a[0] + 0.5 or a[3] <= b[1] or b[3] <= a[1]
            assert apart, (one, other)
        assert not [text for text in texts if text.words.endswith("…")]
        said = " ".join(text.words for text in texts if text.y > 690)
        assert said == picture.words or said.startswith("Lens, ")
        assert min(text.size for text in texts) >= 9
        assert not [text for text in texts if "_" in text.words]
        crossed(picture)


def crossed(picture: Scene) -> None:
    """No word of the time line that fits into a round is crossed by the frame of the present one."""
    (frame,) = [one for one in picture.shapes if isinstance(one, Rect) and one.stroke == "ink" and one.width == 1.5]
    for text in picture.shapes:
        if isinstance(text, Text) and frame.y < text.y < frame.y + frame.h:
            left, _, right, _ = box(text)
            if right - left <= frame.w - 8:
                assert not any(left + 0.5 < x < right - 0.5 for x in (frame.x, frame.x + frame.w)), text


def within(picture: Scene) -> bool:
    """Whether every shape lies on the picture."""
    extents = [extent(shape) for shape in picture.shapes]
    return all(x >= 0 and y >= 0 and r <= picture.width + 0.01 and b <= picture.height for x, y, r, b in extents)


@pytest.mark.parametrize("at", range(7))
def test_words_of_any_length_stay_on_the_picture(at: int) -> None:
    of = replay("deferral-ladder", "optimal")
    long = "a very long word indeed " * 9
    moments = tuple(
        dataclasses.replace(one, stage=long, note=f"{long}{i}", true=(long,) * 3, sees=(long,) * 2)
        for i, one in enumerate(of.moments)
    )
    names: dict[str, Any] = {
        "title": long,
        "player": long,
        "twin": long,
        "seat": long,
        "truths": (long,) * 3,
        "sights": ("x", long),
    }
    seats = tuple((long if name == "model" else name, (long, long)) for name, _ in of.seats)
    worse = dataclasses.replace(of, **names, moments=moments, seats=seats, others={"overseer": long})
    for size in SIZES:
        for lens in (None, 0):
            assert within(scene(worse, at, lens, size=size))


@pytest.mark.parametrize("name", sorted(scenarios()))
def test_every_colour_is_in_both_palettes(name: str) -> None:
    assert LIGHT.keys() == DARK.keys()
    for picture in pictures(replay(name)):
        used = {getattr(shape, part, "") for shape in picture.shapes for part in ("fill", "stroke", "color")}
        assert used - {""} <= LIGHT.keys()


def test_the_ladder_turns_and_the_lens_tells_why() -> None:
    of = replay("deferral-ladder", "optimal")
    assert of.turned == 5
    assert [of.defects(at) for at in range(of.rounds)] == [0, 0, 0, 0, 0, 1]
    removed = [lens.name for lens in of.lenses].index("future removed")
    assert [of.defects(at, removed) for at in range(5)] == [1] * 5
    told = words(scene(of, 5, removed))
    for word in ("Deferral ladder", "round 6 of 6", "late window", "it turns", "deployment, turns", "hidden", "lens"):
        assert word in told
    assert "lens: future removed" in told
    assert "defects with 0% instead of 100%" in told
    before = words(scene(of, 4, removed))
    assert "it turns" not in before
    assert "defects with 100% instead of 0%" in before


def test_beside_a_map_the_lens_is_told_below() -> None:
    of = replay("two-exits", "optimal")
    last = of.rounds - 1
    told = [" ".join(words(scene(of, at, 1))) for at in (last, 0)]
    assert "Lens, future removed: here defects with 100% instead of 0%. What the same agent does if" in told[0]
    assert "Lens, future removed: What the same agent does if" in told[1]


def test_a_lens_without_an_answer_says_so() -> None:
    of = replay("spoofed-deployment", "trojan")
    assert "no answer: that is never met" in words(scene(of, 0, 0))


def test_what_a_lens_says_moves_nothing() -> None:
    """Switching it on and off leaves the choice where it was."""
    for name in ("deferral-ladder", "simulation-oversight"):
        of = replay(name, "optimal")
        plain, through = (scene(of, 1, lens).shapes for lens in (None, 0))
        moved = {shape.words for shape in set(plain) - set(through) if isinstance(shape, Text)}
        assert moved == {"P(defect)"}


def test_a_lens_that_changes_nothing_says_so() -> None:
    of = replay("deferral-ladder", "honest")
    assert "defects with 0%, no different" in words(scene(of, 0, 0))


def test_what_only_a_map_can_tell_is_left_to_it() -> None:
    of = replay("link-to-the-past", "random")
    true, seen = of.truths.index("ice"), of.sights.index("ice")
    first = of.moments[0]
    many = dataclasses.replace(
        first,
        true=(*first.true[:true], "1" * 10, *first.true[true + 1 :]),
        sees=(*first.sees[:seen], "1" * 10, *first.sees[seen + 1 :]),
    )
    of = dataclasses.replace(of, moments=(many, *of.moments[1:]))
    for private in (False, True):
        picture = scene(of, 0, private=private)
        assert "1111111111" not in " ".join(words(picture)) + picture.words


def test_there_is_no_round_after_the_last() -> None:
    of = replay("two-exits", "optimal")
    assert "round" in [row.name for row in lanes(of, 0)]
    assert str(of.rounds + 1) not in words(scene(of, of.rounds))


def test_a_turn_is_named_before_what_else_happens() -> None:
    """Deployment begins a round before, and of many rounds its word would lie where the turn's is."""
    of = replay("two-exits", "schemer")
    assert of.turned == 5
    more = dataclasses.replace(
        of, moments=(*of.moments[:8], *of.moments[8:] * 40), deeds=(*of.deeds, *of.deeds[-1:] * 39)
    )
    told = [shape.words for shape in scene(more, 0).shapes if isinstance(shape, Text) and shape.color == "defect"]
    assert "turns" in told
    assert told[0] == "turns"


def test_numbers_of_rounds_stand_apart() -> None:
    of = replay("future-self", "random")
    of = dataclasses.replace(of, moments=(*of.moments[:1] * 200, of.moments[-1]), deeds=of.deeds[:1] * 200)
    for size in SIZES:
        (base,) = {
            one.y
            for one in scene(of, 0, size=size).shapes
            if isinstance(one, Text) and (one.words, one.anchor) == ("round", "end")
        }
        numbers = sorted(box(one) for one in scene(of, 0, size=size).shapes if isinstance(one, Text) and one.y == base)
        assert len(numbers) > 10
        assert all(a[2] + 5 <= b[0] for a, b in pairwise(numbers))


def test_the_name_of_a_thing_is_below_it() -> None:
    floor, *drawn, name = cell("door a", 0, 0, 100)
    assert isinstance(floor, Rect)
    assert isinstance(name, Text)
    assert max(extent(shape)[3] for shape in drawn) <= box(name)[1]


def test_without_a_chance_to_defect_there_is_what_was_seen_and_done() -> None:
    """An overseer has none, and of who plays no chances are known."""
    named = Credits("Inspection leadership", player="random")
    watched = take(compiled("inspection-leadership"), agent("random"), named, seat="overseer", refit=False)
    told = words(scene(watched, 1))
    assert "P(defect)" not in told
    assert {"sees announced", "sees inspections left", "sees chance", "bound"} <= set(told)
    of = replay("runtime-maze", "random")
    veiled = dataclasses.replace(of, moments=tuple(dataclasses.replace(one, chances=()) for one in of.moments))
    told = words(scene(veiled, 3, private=True))
    assert {"sees position", "sees prize", "sees deployment", "start", "hidden"} <= set(told)
    assert not {"sees x", "sees round", "P(defect)"} & set(told)


def test_corrected_is_said_once() -> None:
    of = replay("windfall", "optimal", 3)
    at = next(at for at, moment in enumerate(of.moments) if not moment.free and moment.note == "corrected")
    assert words(scene(of, at)).count("corrected") == 1


def test_whoever_had_no_earlier_chance_has_not_behaved() -> None:
    of = replay("absent-supervisor", "optimal", 3)
    assert of.turned == 1
    assert telling.verdict(of) == "It defected late, in round 2, its first chance."
    assert telling.verdict(replay("deferral-ladder", "optimal")) == "It behaved, then turned in round 6."


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("turn_probability", 1.144e-8, "turn probability <0.0001"),
        ("late rate", 0.99999999, "late rate >0.9999"),
        ("late rate", 1.0, "late rate 1"),
        ("early rate", 0.007928, "early rate 0.007928"),
        ("observed return", 1e-5, "observed return 1e-05"),
    ],
)
def test_measures_can_be_read(name: str, value: float, said: str) -> None:
    assert telling.measure(name, value) == said


def test_a_diamond_is_drawn_for_each_defection_and_a_disc_for_each_compliance() -> None:
    of = replay("deferral-ladder", "optimal")
    shapes = scene(of, 2).shapes
    diamonds = [s for s in shapes if isinstance(s, Polygon) and s.fill == "defect" and len(s.points) == 4]
    discs = [s for s in shapes if isinstance(s, Circle) and s.fill == "comply"]
    assert (len(diamonds), len(discs)) == (1, 5)


def test_a_person_in_a_seat_is_not_shown_what_it_does_not_see() -> None:
    of = replay("blind-spot", "optimal")
    for at in range(frames(of)):
        told = words(scene(of, at, private=True))
        assert not {"what is true", "stage", "window", "oversight", "true", "principal", "hidden"} & set(told)
    open_ = {word for at in range(frames(of)) for word in words(scene(of, at))}
    assert {"what is true", "stage", "window", "oversight", "true", "principal", "hidden"} <= open_


def test_a_signal_that_is_seen_comes_before_those_that_are_not() -> None:
    """Of three there is room for two."""
    of = replay("windfall", "optimal")
    assert of.signals == ("deployment", "oversight", "future")
    names = [one.words for one in scene(of, 0).shapes if isinstance(one, Text) and one.anchor == "end" and one.y > 440]
    assert [name for name in names if name in of.signals] == ["deployment", "future"]


def test_a_spoofed_signal_stands_out() -> None:
    of = replay("spoofed-deployment", "honest", 1)
    at = next(at for at, moment in enumerate(of.moments) if moment.stage == "honeypot")
    number = of.truths.index("deployment")
    assert (of.moments[at].true[number], of.moments[at].sees[of.sights.index("deployment")]) == ("no", "yes")
    marked = [
        s for s in scene(of, at).shapes if isinstance(s, Rect) and (s.fill, s.stroke) == ("defect-soft", "defect")
    ]
    assert len(marked) == 1
    assert not [s for s in scene(of, 0).shapes if isinstance(s, Rect) and s.stroke == "defect" and s.w > 100]


def test_words_are_made_to_fit() -> None:
    assert fitted("short", 1000, 16) == ("short", 16)
    shrunk, size = fitted("a line of words", 90, 16)
    assert shrunk == "a line of words"
    assert size < 16
    assert width(shrunk, size) <= 90 + 1e-9
    cut, size = fitted("a very long line of many words indeed", 60, 16)
    assert (size, cut[-1]) == (10, "…")
    assert width(cut, size) <= 60
    assert fitted("w", 0.5, 16)[0] == ""
