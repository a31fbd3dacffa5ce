"""Maps as text, and moves on them: what grids are made of, for scenarios in Python too."""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeVar

N = TypeVar("N", bound=Hashable)


class Cell(NamedTuple):
    """A place on a map: columns to the right and rows down from its first letter, both from 0."""

    x: int
    y: int


MOVES: Mapping[str, Cell] = {"up": Cell(0, -1), "right": Cell(1, 0), "down": Cell(0, 1), "left": Cell(-1, 0)}
"""The four directions and their steps."""


class MapError(ValueError):
    """A map is no rectangle; ``cell`` is where it first fails to be one."""

    def __init__(self, cell: Cell, what: str) -> None:
        super().__init__(what)
        self.cell = cell


@dataclass(frozen=True)
class Map:
    """A rectangle of letters. Iterating gives its cells, row by row."""

    rows: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "Map":
        """The map that a text draws, one line a row.

        Raises:
            MapError: it is empty, or its rows are not of one length.
        """
        rows = tuple(text.rstrip("\n").split("\n"))
        if not rows[0]:
            raise MapError(Cell(0, 0), "the map's first row is empty")
        for y, row in enumerate(rows):
            if len(row) != len(rows[0]):
                end = Cell(min(len(row), len(rows[0])), y)
                raise MapError(end, f"row {y + 1} of the map has {len(row)} letters, the first has {len(rows[0])}")
        return cls(rows)

    @property
    def width(self) -> int:
        """Letters in a row."""
        return len(self.rows[0])

    @property
    def height(self) -> int:
        """How many rows."""
        return len(self.rows)

    @cached_property
    def letters(self) -> Mapping[Cell, str]:
        """Every cell's letter."""
        return {Cell(x, y): letter for y, row in enumerate(self.rows) for x, letter in enumerate(row)}

    def __iter__(self) -> Iterator[Cell]:
        return iter(self.letters)

    def __contains__(self, cell: object) -> bool:
        return cell in self.letters

    def __getitem__(self, cell: Cell) -> str:
        return self.letters[cell]

    def find(self, letter: str) -> tuple[Cell, ...]:
        """The cells of a letter."""
        return tuple(cell for cell in self if self[cell] == letter)

    def line(self, cell: Cell, move: str) -> Iterator[Cell]:
        """The cells in one direction from a cell, itself left out, up to the border."""
        while (cell := beside(cell, move)) in self:
            yield cell


def beside(cell: Cell, move: str) -> Cell:
    """The next cell in a direction, on the map or not; any other move stays."""
    step = MOVES.get(move)
    return Cell(cell.x + step.x, cell.y + step.y) if step else cell


def distances(starts: Iterable[N], neighbours: Callable[[N], Iterable[N]]) -> dict[N, int]:
    """How many steps it takes to whatever can be reached, in the order it is found."""
    found = dict.fromkeys(starts, 0)
    queue = deque(found)
    while queue:
        node = queue.popleft()
        for following in neighbours(node):
            if following not in found:
                found[following] = found[node] + 1
                queue.append(following)
    return found
