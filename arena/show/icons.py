"""Drawings of what stands on a map, in a cell of side 1 at the origin. A word without one is written out."""

from collections.abc import Iterator

from arena.show.lettering import fitted
from arena.show.shapes import Circle, Line, Polygon, Rect, Shape, Text
from arena.show.zoom import placed

Drawing = tuple[Shape, ...]

FLOOR = Rect(0, 0, 1, 1, fill="raised", stroke="line", width=0.02)


def _disc(x: float, y: float, r: float, fill: str, stroke: str = "", width: float = 0.04) -> Circle:
    return Circle(x, y, r, fill, stroke, width)


def _line(*points: tuple[float, float], stroke: str = "ink", width: float = 0.06) -> Line:
    return Line(points, stroke, width)


GROUND: dict[str, Drawing] = {
    "wall": (Rect(0, 0, 1, 1, fill="wall"),),
    "floor": (FLOOR,),
    "ice": (
        Rect(0, 0, 1, 1, fill="ice", stroke="line", width=0.02),
        _line((0.2, 0.55), (0.5, 0.25), stroke="comply", width=0.03),
        _line((0.5, 0.75), (0.8, 0.45), stroke="comply", width=0.03),
    ),
    "ice block": (
        Rect(0.06, 0.06, 0.88, 0.88, fill="ice", stroke="comply", width=0.04, radius=0.1),
        _line((0.25, 0.5), (0.5, 0.25), stroke="comply", width=0.04),
    ),
    "": (Rect(0, 0, 1, 1, fill="hidden"),),
}
"""What fills its cell. Nothing is what is not seen."""

THINGS: dict[str, Drawing] = {
    "goal": (
        _line((0.32, 0.84), (0.32, 0.16), width=0.07),
        Polygon(((0.35, 0.16), (0.8, 0.32), (0.35, 0.48)), fill="good"),
    ),
    "coin": (_disc(0.5, 0.5, 0.27, "gold-soft", "gold", 0.07), _disc(0.5, 0.5, 0.12, "gold")),
    "hazard": (
        Polygon(((0.5, 0.16), (0.88, 0.82), (0.12, 0.82)), fill="defect-soft", stroke="defect", width=0.06),
        _line((0.5, 0.38), (0.5, 0.6), stroke="defect", width=0.08),
        _disc(0.5, 0.7, 0.045, "defect"),
    ),
    "hole": (_disc(0.5, 0.5, 0.36, "ink"), _disc(0.5, 0.54, 0.28, "wall")),
    "key": (
        _disc(0.34, 0.42, 0.15, "", "gold", 0.08),
        _line((0.46, 0.52), (0.8, 0.8), stroke="gold", width=0.08),
        _line((0.68, 0.7), (0.78, 0.6), stroke="gold", width=0.08),
    ),
    "button": (Rect(0.2, 0.58, 0.6, 0.22, fill="wall", radius=0.06), _disc(0.5, 0.5, 0.18, "defect")),
    "door": (
        Rect(0.2, 0.1, 0.6, 0.84, fill="gold-soft", stroke="gold", width=0.06, radius=0.05),
        _disc(0.66, 0.54, 0.05, "gold"),
    ),
    "switch": (
        Rect(0.24, 0.34, 0.52, 0.32, fill="paper", stroke="ink", width=0.05, radius=0.16),
        _disc(0.4, 0.5, 0.12, "ink"),
    ),
    "stop": (
        Polygon(
            tuple((0.5 + 0.38 * x, 0.5 + 0.38 * y) for x, y in (
                (-0.41, -1), (0.41, -1), (1, -0.41), (1, 0.41), (0.41, 1), (-0.41, 1), (-1, 0.41), (-1, -0.41)
            )),
            fill="defect-soft", stroke="defect", width=0.06,
        ),
        _line((0.3, 0.5), (0.7, 0.5), stroke="defect", width=0.1),
    ),
    "camera": (
        Rect(0.16, 0.34, 0.46, 0.34, fill="paper", radius=0.06),
        Polygon(((0.62, 0.5), (0.86, 0.34), (0.86, 0.68)), fill="paper"),
        _disc(0.38, 0.51, 0.1, "ink"),
    ),
    "guard": (
        _disc(0.5, 0.3, 0.15, "ink"),
        Polygon(((0.22, 0.86), (0.3, 0.5), (0.7, 0.5), (0.78, 0.86)), fill="ink"),
        _disc(0.5, 0.66, 0.07, "gold"),
    ),
    "shopkeeper": (
        _disc(0.5, 0.3, 0.15, "good"),
        Polygon(((0.22, 0.86), (0.3, 0.5), (0.7, 0.5), (0.78, 0.86)), fill="good"),
    ),
    "crystal": (
        Polygon(((0.5, 0.14), (0.76, 0.44), (0.5, 0.88), (0.24, 0.44)), fill="lens-soft", stroke="lens", width=0.06),
        _line((0.24, 0.44), (0.76, 0.44), stroke="lens", width=0.04),
    ),
    "heart": (
        Polygon(
            ((0.5, 0.84), (0.16, 0.48), (0.16, 0.32), (0.28, 0.2), (0.4, 0.2), (0.5, 0.32),
             (0.6, 0.2), (0.72, 0.2), (0.84, 0.32), (0.84, 0.48)),
            fill="defect",
        ),
    ),
    "machine": (
        Rect(0.16, 0.2, 0.68, 0.62, fill="paper", stroke="wall", width=0.07, radius=0.08),
        Polygon(((0.5, 0.7), (0.33, 0.5), (0.41, 0.38), (0.5, 0.46), (0.59, 0.38), (0.67, 0.5)), fill="defect"),
    ),
    "prize": (
        Polygon(
            ((0.5, 0.12), (0.61, 0.38), (0.88, 0.4), (0.67, 0.58), (0.74, 0.85), (0.5, 0.7),
             (0.26, 0.85), (0.33, 0.58), (0.12, 0.4), (0.39, 0.38)),
            fill="gold-soft", stroke="gold", width=0.05,
        ),
    ),
    "model": (
        Rect(0.22, 0.24, 0.56, 0.54, fill="comply", radius=0.16),
        _disc(0.39, 0.48, 0.08, "paper"),
        _disc(0.61, 0.48, 0.08, "paper"),
        _line((0.5, 0.24), (0.5, 0.12), stroke="comply", width=0.05),
        _disc(0.5, 0.11, 0.055, "comply"),
    ),
}  # fmt: skip
"""What stands in its cell, upon the floor."""


def cell(word: str, x: float, y: float, side: float) -> Iterator[Shape]:
    """What is drawn for a word of a board, in a cell whose upper left corner is at ``x``, ``y``."""
    kind = next((one for one in (word, word.split(" ")[0]) if one in GROUND or one in THINGS), None)
    if kind is None or kind in THINGS:
        yield from _placed((FLOOR,) if kind != "camera" else GROUND["wall"], x, y, side)
    if kind is None:
        words, size = fitted(word, side * 0.92, side * 0.3, least=side * 0.18)
        yield Text(x + side / 2, y + side / 2 + size * 0.35, words, size, anchor="middle")
        return
    rest = word.removeprefix(kind).strip()
    share = 0.78 if rest and kind in THINGS else 1.0  # leaves room for the words below it
    yield from _placed(GROUND[kind] if kind in GROUND else THINGS[kind], x + side * (1 - share) / 2, y, side * share)
    if rest:
        words, size = fitted(rest, side * 0.9, side * 0.24, least=side * 0.15)
        yield Text(x + side / 2, y + side * 0.97, words, size, color="ink", anchor="middle", bold=True)


def standing(name: str, x: float, y: float, side: float) -> Iterator[Shape]:
    """What is drawn for who stands in a cell: its drawing, or its first letter in a disc."""
    if name in THINGS:
        yield from _placed(THINGS[name], x, y, side)
        return
    yield from _placed((_disc(0.5, 0.5, 0.32, "ink"),), x, y, side)
    yield Text(x + side / 2, y + side * 0.62, name[:1].upper(), side * 0.34, color="paper", anchor="middle", bold=True)


def _placed(drawing: Drawing, x: float, y: float, side: float) -> Iterator[Shape]:
    for shape in drawing:
        yield placed(shape, x, y, side)
