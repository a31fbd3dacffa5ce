"""Where on a grid one thing gives way to another: the edges that the border crosses, and the lines through them.

Marching squares (Lorensen and Cline, Computer Graphics 21(4), 1987, in the plane), with crossings that are found
exactly and not by interpolation.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Edge = tuple[int, int, int]
"""Row and column of a node, and 0 for the edge from it along x, 1 for the one along y."""

Point = tuple[float, float]
Sides = NDArray[np.int8]
"""Which side every node is on: 0 or 1, and -1 where that is not known. ``[y, x]``"""


def edges(side: Sides) -> list[Edge]:
    """The edges between neighbours on different sides, both known."""
    found: list[Edge] = []
    for along, (first, second) in enumerate(((side[:, :-1], side[:, 1:]), (side[:-1], side[1:]))):
        crossed = (first != second) & (first >= 0) & (second >= 0)
        found += [(row, column, along) for row, column in np.argwhere(crossed).tolist()]
    return found


def lines(
    side: Sides, x: Sequence[float], y: Sequence[float], at: Mapping[Edge, float], whole: tuple[bool, bool]
) -> list[list[Point]]:
    """The border as lines through the crossings, each from its leftmost end.

    Args:
        side: of every node.
        x: the columns' coordinates.
        y: the rows'.
        at: where each of the ``edges`` is crossed.
        whole: whether x, y are whole numbers. Between two of those there is nothing, and the border goes in stairs.
    """
    joined: dict[Edge, dict[Edge, list[Point]]] = {}
    for row, column in np.ndindex(side.shape[0] - 1, side.shape[1] - 1):
        if (side[row : row + 2, column : column + 2] < 0).any():
            continue
        middle = ((x[column] + x[column + 1]) / 2, (y[row] + y[row + 1]) / 2)
        for first, second in _pairs(side, row, column):
            path = _path(first, x, y, at, whole, middle) + _path(second, x, y, at, whole, middle)[::-1]
            joined.setdefault(first, {})[second] = path
            joined.setdefault(second, {})[first] = path[::-1]
    found = []
    while joined:  # open lines first, then the rings
        start = min(joined, key=lambda edge: (len(joined[edge]), _path(edge, x, y, at, whole, (0, 0))[0]))
        found.append(_follow(start, joined))
    return found


def _pairs(side: Sides, row: int, column: int) -> Iterable[tuple[Edge, Edge]]:
    """The edges of a square that the border joins; where it meets all four, what is on side 1 stays apart."""
    bottom, top = (row, column, 0), (row + 1, column, 0)
    left, right = (row, column, 1), (row, column + 1, 1)
    low, high = side[row, column : column + 2], side[row + 1, column : column + 2]
    crossed = [
        edge
        for edge, differ in (
            (bottom, low[0] != low[1]),
            (top, high[0] != high[1]),
            (left, low[0] != high[0]),
            (right, low[1] != high[1]),
        )
        if differ
    ]
    if len(crossed) == 4:
        return ((bottom, left), (top, right)) if low[0] else ((bottom, right), (top, left))
    return ((crossed[0], crossed[1]),) if crossed else ()


def _path(
    edge: Edge, x: Sequence[float], y: Sequence[float], at: Mapping[Edge, float], whole: tuple[bool, bool], knee: Point
) -> list[Point]:
    """From the crossing of an edge into a square: straight on to the square's middle across an axis that is whole."""
    row, column, along = edge
    point = (float(x[column]), at[edge]) if along else (at[edge], float(y[row]))
    if whole[1 - along]:
        return [point, (knee[0], point[1]) if along else (point[0], knee[1])]
    return [point]


def _follow(start: Edge, joined: dict[Edge, dict[Edge, list[Point]]]) -> list[Point]:
    """The line from an edge on, taken out of what is joined."""
    points: list[Point] = []
    here = start
    while joined.get(here):
        there, path = joined[here].popitem()
        joined[there].pop(here, None)
        points += path
        if not joined[here]:
            del joined[here]
        here = there
    joined.pop(here, None)
    return [point for i, point in enumerate(points) if i == 0 or point != points[i - 1]]
