"""A reel: every picture of an episode, through every lens, as plain data that shares its shapes.

Each distinct shape is there once. A picture is said by what it has of the one before: pairs of first and past the last
that are kept, and the numbers of the shapes that come between.
"""

from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any

from arena.show.lettering import legible
from arena.show.replay import Replay
from arena.show.scene import SIZE, frames, scene
from arena.show.shapes import Circle, Line, Point, Polygon, Rect, Scene, Shape, Text

Change = int | tuple[int, int]
"""The number of a shape, or which of the picture before are kept."""

MARKS = {"turns": ("defect", True), "defects": ("defect", False), "deployment": ("gold", True)}
"""The colours of events on a scale, and whether they stand out; others are of ink."""


def reel(replay: Replay, size: tuple[float, float] = SIZE) -> dict[str, Any]:
    """All that it takes to show a replay, ready for JSON: ``pictures[moment]`` has one for no lens, then one a lens.

    The first of a moment is told from the first of the moment before, the others from the first of their own.
    """
    numbers: dict[Shape, int] = {}
    pictures: list[list[list[Change]]] = []
    words: list[str] = []
    before: list[int] = []
    for at in range(frames(replay)):
        seen: list[list[Change]] = []
        for lens in (None, *range(len(replay.lenses))):
            drawn = scene(replay, at, lens, size=size)
            here = [numbers.setdefault(shape, len(numbers)) for shape in ordered(drawn)]
            seen.append(changes(before, here))
            if lens is None:
                before = here
                words.append(drawn.words)
        pictures.append(seen)
    return {
        "title": replay.title,
        "player": replay.player,
        "seed": replay.seed,
        "width": size[0],
        "height": size[1],
        "lenses": [[lens.name, lens.about] for lens in replay.lenses],
        "over": replay.moments[-1].over,
        "events": [[at, word, *MARKS.get(word, ("ink", False))] for at, word in replay.events],
        "deployed": list(deployed(replay)),
        "words": words,
        "shapes": [plain(shape) for shape in numbers],
        "pictures": pictures,
    }


def deployed(replay: Replay) -> Iterator[tuple[int, int]]:
    """The stretches of moments in deployment: the first, and the one where it is past."""
    at = 0
    for deployment, run in groupby(replay.moments, lambda moment: moment.deployment):
        length = len(list(run))
        if deployment:
            yield at, min(at + length, frames(replay) - 1)
        at += length


def ordered(drawn: Scene) -> Iterator[Shape]:
    """The shapes of a picture from the back to the front, its paper first and its texts last."""
    yield Rect(0, 0, drawn.width, drawn.height, fill=drawn.background)
    yield from (shape for shape in drawn.shapes if not isinstance(shape, Text))
    yield from (shape for shape in drawn.shapes if isinstance(shape, Text))


def changes(before: Sequence[int], here: Sequence[int]) -> list[Change]:
    """How to make one picture of another."""
    made: list[Change] = []
    for kind, start, stop, first, last in SequenceMatcher(None, before, here, autojunk=False).get_opcodes():
        if kind == "equal":
            made.append((start, stop))
        else:
            made += here[first:last]
    return made


def plain(shape: Shape) -> list[Any]:
    """A shape as a list: the letter of its kind, then what it has, numbers to two decimals."""
    match shape:
        case Rect(x, y, w, h, fill, stroke, width, radius):
            return ["r", *short(x, y, w, h), fill, stroke, *short(width, radius)]
        case Circle(x, y, r, fill, stroke, width):
            return ["c", *short(x, y, r), fill, stroke, *short(width)]
        case Polygon(points, fill, stroke, width):
            return ["p", flat(points), fill, stroke, *short(width)]
        case Line(points, stroke, width, dash):
            return ["l", flat(points), stroke, *short(width), int(dash)]
        case Text(x, y, words, size, color, anchor, bold):
            return ["t", *short(x, y), legible(words), *short(size), color, anchor, int(bold)]


def short(*values: float) -> list[float]:
    """Numbers without more digits than can be seen."""
    return [int(value) if value == int(value) else round(value, 2) for value in values]


def flat(points: Iterable[Point]) -> list[float]:
    """Points one after another."""
    return short(*(value for point in points for value in point))
