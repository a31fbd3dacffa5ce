"""How pygame draws shapes."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import dist
from typing import TYPE_CHECKING

from arena.show.palette import rgb
from arena.show.shapes import Circle, Line, Point, Polygon, Rect, Shape
from renderers.svg import DASH

if TYPE_CHECKING:
    from pygame import Surface

FINE = 2
"""Pixels that a pixel is drawn with, each way, before they are averaged."""


class Brush:
    """Draws on a surface that is ``FINE`` times as fine, each way, as what will be seen.

    Edges and lines that run across or down fall on whole pixels of what will be seen, so that they are sharp.
    """

    def __init__(self, surface: "Surface", palette: Mapping[str, str], scale: float, left: float, top: float) -> None:
        """Have the origin at ``left`` and ``top``, and a unit of ``scale``, all in pixels that will be seen."""
        import pygame

        self.pen = pygame.draw
        self.surface, self.palette, self.scale, self.left, self.top = surface, palette, scale, left, top

    def draw(self, shape: Shape) -> None:
        """Draw a shape. Texts are not drawn like this."""
        match shape:
            case Rect():
                self.rect(shape)
            case Circle():
                self.circle(shape)
            case Polygon():
                if shape.fill:
                    self.pen.polygon(self.surface, self.colour(shape.fill), [self.place(p) for p in shape.points])
                if shape.stroke:
                    self.path((*shape.points, shape.points[0]), shape.stroke, shape.width)
            case Line():
                for points in dashes(shape.points) if shape.dash else [shape.points]:
                    self.path(points, shape.stroke, shape.width, round_ends=not shape.dash)

    def rect(self, shape: Rect) -> None:
        """A rectangle, its outline half inside and half outside."""
        x, y = self.whole(shape.x, self.left), self.whole(shape.y, self.top)
        w = max(self.whole(shape.x + shape.w, self.left) - x, 1)
        h = max(self.whole(shape.y + shape.h, self.top) - y, 1)
        radius = round(shape.radius * self.scale * FINE)
        if not shape.stroke:
            self._rect(shape.fill, x, y, w, h, 0, radius)
            return
        pen = max(round(shape.width * self.scale), 1)
        out = pen // 2
        outline = (x - out, y - out, w + 2 * out, h + 2 * out)
        if shape.fill:
            self._rect(shape.stroke, *outline, 0, radius and radius + out * FINE)
            inside = (outline[0] + pen, outline[1] + pen, outline[2] - 2 * pen, outline[3] - 2 * pen)
            if min(inside[2:]) > 0:
                self._rect(shape.fill, *inside, 0, max(radius - (pen - out) * FINE, 0))
        else:
            self._rect(shape.stroke, *outline, pen, radius and radius + out * FINE)

    def _rect(self, colour: str, x: int, y: int, w: int, h: int, pen: int, radius: int) -> None:
        if colour:
            where = (x * FINE, y * FINE, w * FINE, h * FINE)
            self.pen.rect(self.surface, self.colour(colour), where, pen * FINE, min(radius, *where[2:]) or -1)

    def circle(self, shape: Circle) -> None:
        """A disc, a ring, or one in the other."""
        where, half = self.place((shape.x, shape.y)), shape.width * self.scale * FINE / 2
        radius = shape.r * self.scale * FINE
        if shape.stroke and not shape.fill:
            self.pen.circle(self.surface, self.colour(shape.stroke), where, radius + half, max(round(2 * half), 1))
            return
        if shape.stroke:
            self.pen.circle(self.surface, self.colour(shape.stroke), where, radius + half)
            radius -= half
        self.pen.circle(self.surface, self.colour(shape.fill), where, max(radius, 1))

    def path(self, points: Sequence[Point], colour: str, width: float, round_ends: bool = True) -> None:
        """A line through points, round where it bends."""
        paint = self.colour(colour)
        for start, end in pairwise(points):
            if start[0] == end[0] or start[1] == end[1]:
                self._straight(start, end, colour, width)
                continue
            (x0, y0), (x1, y1) = self.place(start), self.place(end)
            long = dist((x0, y0), (x1, y1))
            half = max(width * self.scale * FINE - 1, 1) / 2  # pygame paints a polygon's edge too
            dx, dy = half * (y1 - y0) / long, half * (x0 - x1) / long
            corners = [(x0 + dx, y0 + dy), (x1 + dx, y1 + dy), (x1 - dx, y1 - dy), (x0 - dx, y0 - dy)]
            self.pen.polygon(self.surface, paint, corners)
        thick = width * self.scale * FINE
        slanted = any(a[0] != b[0] and a[1] != b[1] for a, b in pairwise(points))
        if thick >= 3 and round_ends and (slanted or len(points) > 2):
            for point in points:
                self.pen.circle(self.surface, paint, self.place(point), thick / 2)

    def _straight(self, start: Point, end: Point, colour: str, width: float) -> None:
        """A line across or down, on whole pixels."""
        pen = max(round(width * self.scale), 1)
        (x0, y0), (x1, y1) = sorted((start, end))
        left, right = self.whole(x0, self.left), self.whole(x1, self.left)
        top, bottom = self.whole(y0, self.top), self.whole(y1, self.top)
        if x0 == x1:
            self._rect(colour, self.whole(x0 - width / 2, self.left), top, pen, max(bottom - top, 1), 0, 0)
        else:
            self._rect(colour, left, self.whole(y0 - width / 2, self.top), max(right - left, 1), pen, 0, 0)

    def colour(self, name: str) -> tuple[int, int, int]:
        """A colour of the palette."""
        return rgb(self.palette[name])

    def place(self, point: Point) -> Point:
        """A point, on the fine surface."""
        return (self.left + point[0] * self.scale) * FINE, (self.top + point[1] * self.scale) * FINE

    def whole(self, value: float, origin: float) -> int:
        """A coordinate on a whole pixel of what will be seen."""
        return round(origin + value * self.scale)


def dashes(points: Sequence[Point]) -> Iterator[tuple[Point, Point]]:
    """The pieces of a line that a dashed one draws."""
    on, off = DASH
    gone = 0.0  # how far into the pattern the line is
    for (x0, y0), (x1, y1) in pairwise(points):
        long, at = dist((x0, y0), (x1, y1)), -gone
        while at < long:
            a, b = max(at, 0.0) / (long or 1.0), min(at + on, long) / (long or 1.0)
            if b > a:
                yield (x0 + a * (x1 - x0), y0 + a * (y1 - y0)), (x0 + b * (x1 - x0), y0 + b * (y1 - y0))
            at += on + off
        gone = (gone + long) % (on + off)
