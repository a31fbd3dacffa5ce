"""What pictures are made of: a few shapes in logical units, the origin top left, y downwards. No surface is known here.

Colours are names of the palette (``arena.show.palette``). Shapes are drawn in their order, texts last of all.
"""

from dataclasses import dataclass
from typing import Literal

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle, with round corners if it has a radius."""

    x: float
    y: float
    w: float
    h: float
    fill: str = ""
    stroke: str = ""
    width: float = 1.0
    radius: float = 0.0


@dataclass(frozen=True, slots=True)
class Circle:
    """A disc or a ring."""

    x: float
    y: float
    r: float
    fill: str = ""
    stroke: str = ""
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Polygon:
    """A closed outline."""

    points: tuple[Point, ...]
    fill: str = ""
    stroke: str = ""
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """An open line through points."""

    points: tuple[Point, ...]
    stroke: str
    width: float = 1.0
    dash: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A line of words; ``y`` is its baseline."""

    x: float
    y: float
    words: str
    size: float = 14.0
    color: str = "ink"
    anchor: Literal["start", "middle", "end"] = "start"
    bold: bool = False


Shape = Rect | Circle | Polygon | Line | Text


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture: its size, its shapes, and what it shows in a sentence, for those who do not see it."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    words: str = ""
    background: str = "paper"
