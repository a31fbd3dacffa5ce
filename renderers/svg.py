"""Scenes as SVG: for documents, for notebooks, and as the one picture of an episode."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar
from xml.sax.saxutils import escape, quoteattr

from arena.files import write
from arena.show.lettering import FAMILY, legible
from arena.show.palette import LIGHT
from arena.show.renderer import Renderer
from arena.show.replay import Replay
from arena.show.scene import scene
from arena.show.shapes import Circle, Line, Point, Polygon, Rect, Scene, Shape, Text

DASH = (5.0, 4.0)
"""A dashed line is drawn so long, and then left out so long."""


class Svg(Renderer):
    """One picture of every episode, one below the other: where it turns, or else its last round."""

    suffixes: ClassVar[tuple[str, ...]] = (".svg",)

    def save(self, replays: Sequence[Replay], path: Path) -> None:
        """Write it, on light paper."""
        write(path, column([scene(replay, still(replay)) for replay in replays]).encode())


def still(replay: Replay) -> int:
    """The moment that tells most of an episode: where it turns, or else the last in which something was done."""
    return max(replay.rounds - 1, 0) if replay.turned is None else replay.turned


def svg(scene: Scene, palette: Mapping[str, str] = LIGHT) -> str:
    """A scene as the text of an SVG file, which may stand in an HTML page too."""
    return column([scene], palette)


def column(scenes: Sequence[Scene], palette: Mapping[str, str] = LIGHT) -> str:
    """Several scenes in one file, each below the one before."""
    width, height = max(one.width for one in scenes), sum(one.height for one in scenes)
    told = escape(legible(" ".join(one.words for one in scenes)))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" font-family={quoteattr(FAMILY)}>',
        f"<title>{told}</title>",
    ]
    above = 0.0
    for one in scenes:
        lines.append(f'<g transform="translate(0 {above:g})">' if above else "<g>")
        lines.append(f'<rect width="{one.width:g}" height="{one.height:g}" fill="{palette[one.background]}"/>')
        lines += (element(shape, palette) for shape in one.shapes if not isinstance(shape, Text))
        lines += (element(shape, palette) for shape in one.shapes if isinstance(shape, Text))
        lines.append("</g>")
        above += one.height
    return "\n".join([*lines, "</svg>", ""])


def element(shape: Shape, palette: Mapping[str, str]) -> str:
    """A shape as an element of SVG."""
    match shape:
        case Rect():
            corner = f' rx="{number(shape.radius)}"' if shape.radius else ""
            place = f'x="{number(shape.x)}" y="{number(shape.y)}" width="{number(shape.w)}" height="{number(shape.h)}"'
            crisp = "" if shape.radius else ' shape-rendering="crispEdges"'  # tiles beside each other show no seam
            return f"<rect {place}{corner}{paint(shape, palette)}{crisp}/>"
        case Circle():
            place = f'cx="{number(shape.x)}" cy="{number(shape.y)}" r="{number(shape.r)}"'
            return f"<circle {place}{paint(shape, palette)}/>"
        case Polygon():
            return f'<polygon points="{points(shape.points)}"{paint(shape, palette)} stroke-linejoin="round"/>'
        case Line():
            dash = f' stroke-dasharray="{DASH[0]:g} {DASH[1]:g}"' if shape.dash else ' stroke-linecap="round"'
            pen = f'stroke="{palette[shape.stroke]}" stroke-width="{number(shape.width)}" stroke-linejoin="round"'
            return f'<polyline points="{points(shape.points)}" fill="none" {pen}{dash}/>'
        case Text():
            anchor = f' text-anchor="{shape.anchor}"' if shape.anchor != "start" else ""
            bold = ' font-weight="bold"' if shape.bold else ""
            place = f'x="{number(shape.x)}" y="{number(shape.y)}" font-size="{number(shape.size)}"'
            pen = f'fill="{palette[shape.color]}"{anchor}{bold} xml:space="preserve"'
            return f"<text {place} {pen}>{escape(legible(shape.words))}</text>"


def paint(shape: Rect | Circle | Polygon, palette: Mapping[str, str]) -> str:
    """The attributes of what a shape is filled and outlined with."""
    fill = palette[shape.fill] if shape.fill else "none"
    pen = f' stroke="{palette[shape.stroke]}" stroke-width="{number(shape.width)}"' if shape.stroke else ""
    return f' fill="{fill}"{pen}'


def points(places: Iterable[Point]) -> str:
    """Places as SVG writes them."""
    return " ".join(f"{number(x)},{number(y)}" for x, y in places)


def number(value: float) -> str:
    """A number to a hundredth, as short as can be."""
    return f"{round(value, 2) + 0.0:g}"
