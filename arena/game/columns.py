"""Collect the named factors of one state after another into ``Columns``, a number for every distinct value."""

from array import array
from collections.abc import Hashable, Mapping

import numpy as np
from numpy.typing import NDArray

from arena.game.game import Columns, Factor

ABSENT = -1

NOTHING = "-"
"""The word of a factor that a seat is not shown in a state."""


class _Column:
    """One factor: the numbers of its values, in the order they were met, and the value of every state."""

    def __init__(self, absent: int) -> None:
        self.number: dict[Hashable, int] = {}
        self.index = array("i", [ABSENT]) * absent

    def build(self, name: str) -> tuple[Factor, NDArray[np.int32]]:
        """The factor, its values sorted if they are numbers, and its value in every state."""
        absent = self.number.setdefault(None, len(self.number)) if ABSENT in self.index else ABSENT
        values = list(self.number)
        if all(isinstance(value, int | float) for value in values):
            values.sort(key=float)  # type: ignore[arg-type]
        index = np.asarray(self.index, np.int32)
        index[index == ABSENT] = absent
        place = np.empty(len(values), np.int32)
        place[[self.number[value] for value in values]] = np.arange(len(values))
        return Factor(name, tuple(_word(value) for value in values)), place[index]


class ColumnsBuilder:
    """Grows by one state at a time; a factor that a state does not have is absent there."""

    def __init__(self) -> None:
        self.columns: dict[str, _Column] = {}
        self.states = 0

    def add(self, factors: Mapping[str, Hashable]) -> None:
        """The factors of the next state."""
        for name, value in factors.items():
            column = self.columns.get(name)
            if column is None:
                column = self.columns[name] = _Column(self.states)
            column.index.append(column.number.setdefault(value, len(column.number)))
        self.states += 1
        if len(factors) < len(self.columns):
            for name in self.columns.keys() - factors.keys():
                self.columns[name].index.append(ABSENT)

    def build(self) -> Columns:
        """All that has been collected."""
        index = np.zeros((self.states, len(self.columns)), np.int32)
        factors = []
        for place, (name, column) in enumerate(self.columns.items()):
            factor, index[:, place] = column.build(name)
            factors.append(factor)
        return Columns(tuple(factors), index)


def _word(value: Hashable) -> str:
    return {True: "yes", False: "no", None: NOTHING}[value] if value is None or isinstance(value, bool) else str(value)
