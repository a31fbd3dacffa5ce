"""A map as it stands in one state: what there is to draw. Plain words; what they look like is for a picture to say."""

from dataclasses import dataclass

UNKNOWN = ""
"""The word of a cell that a seat does not see."""


@dataclass(frozen=True)
class Board:
    """Rows of cells, each with the name of what is there, and who stands where.

    The names are those of tiles (``arena.game.tiles``), with a word where there are several of a kind, "door red"; or
    any other word, which a picture writes out where it has no drawing for it.
    """

    rows: tuple[tuple[str, ...], ...]  # all of one length
    movers: tuple[tuple[str, int, int], ...] = ()  # a name, its column and its row; the model last
    watched: frozenset[tuple[int, int]] = frozenset()  # in view of a camera or a guard
