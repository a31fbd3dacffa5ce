"""A picture seen from closer."""

from dataclasses import replace

from arena.show.shapes import Circle, Line, Polygon, Rect, Scene, Shape, Text


def zoomed(scene: Scene, zoom: float, corner: tuple[float, float]) -> Scene:
    """The part of a picture whose upper left corner is at ``corner`` (in parts of the whole), as large as the whole."""
    x, y = -corner[0] * scene.width * zoom, -corner[1] * scene.height * zoom
    return replace(scene, shapes=tuple(placed(shape, x, y, zoom) for shape in scene.shapes))


def placed(shape: Shape, x: float, y: float, k: float) -> Shape:
    """A shape ``k`` times as large, with what was its origin at ``x``, ``y``."""
    match shape:
        case Rect():
            return replace(
                shape,
                x=x + k * shape.x,
                y=y + k * shape.y,
                w=k * shape.w,
                h=k * shape.h,
                width=k * shape.width,
                radius=k * shape.radius,
            )
        case Circle():
            return replace(shape, x=x + k * shape.x, y=y + k * shape.y, r=k * shape.r, width=k * shape.width)
        case Text():
            return replace(shape, x=x + k * shape.x, y=y + k * shape.y, size=k * shape.size)
        case Polygon() | Line():
            points = tuple((round(x + k * px, 2), round(y + k * py, 2)) for px, py in shape.points)
            return replace(shape, points=points, width=k * shape.width)
