"""Payoff tables: what every model earns under every overseer, as a game between the two, and its equilibria.

Equilibria are found by ``nashpy``: all extreme ones of a small table by the vertices of the best-reply polytopes, one
of a larger by Lemke and Howson's path, or by a linear programme if it is zero-sum. Every one is checked here.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, groupby
from typing import Any

import numpy as np

from arena.contest.standings import Setup, Standing, Standings, order
from arena.game.game import Bools, Floats, Ints
from arena.measure.summary import Summary, nothing
from arena.solve.zero_sum import matrix_game

MODELS = "observed_return"
OVERSEERS = ("observed_return:overseer", "intended_return")
"""What is taken for the overseer's payoff: its own return if that was measured, else the principal's."""

SMALL = 12
"""Strategies of both together up to which all extreme equilibria are found."""

STARTS, PIVOTS = 20, 500
"""How often Lemke and Howson's path is begun, and how long it is followed; it takes a few steps a strategy."""

TOLERANCE = 1e-9
"""Relative to the range of the payoffs."""


@dataclass(frozen=True)
class Equilibrium:
    """A mixture for each: nobody gains by changing its own."""

    rows: Floats
    columns: Floats
    values: tuple[float, float]  # what it pays either


@dataclass(frozen=True)
class Solved:
    """The equilibria that were found, and what is to be known about them."""

    equilibria: tuple[Equilibrium, ...]
    complete: bool  # whether these are all the extreme ones: any other is a mixture of such
    degenerate: bool  # whether some mixture has more best replies than strategies of its own
    zero_sum: bool
    alike: tuple[Ints, Ints] = field(default=(np.zeros(0, np.int64),) * 2, compare=False)
    """By strategy of the rows and of the columns: the first that pays both the same whatever happens. Only that one is
    in an equilibrium, and any of the others could take its place."""

    @property
    def words(self) -> str:
        """How far to trust them, in a sentence or two."""
        if not self.equilibria:
            return "No equilibrium was found: the table is large and degenerate."
        several = len(self.equilibria) > 1
        said = [
            ("All extreme equilibria." if several else "The only extreme equilibrium.")
            if self.complete
            else "One equilibrium; there may be others."
        ]
        if self.degenerate:
            said.append("The table is degenerate: payoffs tie, and there are mixtures of equilibria as well.")
        if self.zero_sum:
            said.append("It is zero-sum, so all equilibria pay the same.")
        return " ".join(said)


@dataclass(frozen=True)
class Payoffs:
    """One scenario's table."""

    setup: Setup  # the first; its overseer is one of several
    models: tuple[str, ...]
    overseers: tuple[str, ...]
    measures: tuple[str, str]
    cells: tuple[tuple[tuple[Summary, Summary], ...], ...]  # [model][overseer]: the model's payoff, the overseer's
    solved: Solved | None  # None where a cell is empty

    @property
    def words(self) -> str:
        """What is to be known of the equilibria."""
        return self.solved.words if self.solved else "Some cells are empty, so there is no game to solve."


def payoffs(standings: Standings) -> tuple[Payoffs, ...]:
    """The table of every scenario that was played under several overseers, means over seeds."""
    found = []
    for _, group in groupby(standings.tables.items(), key=lambda item: item[0].scenario):
        tables = [(setup, rows) for setup, rows in group if setup.overseer]
        if len(tables) > 1:
            found.append(_payoffs(tables))
    return tuple(found)


def _payoffs(tables: Sequence[tuple[Setup, Sequence[Standing]]]) -> Payoffs:
    rows = {(row.agent, setup.overseer): row for setup, of in tables for row in of}
    models = sorted({agent for agent, _ in rows}, key=order)
    overseers = [setup.overseer or "" for setup, _ in tables]
    theirs = next((name for name in OVERSEERS if all(name in row.values for row in rows.values())), OVERSEERS[-1])

    def cell(model: str, overseer: str) -> tuple[Summary, Summary]:
        row = rows.get((model, overseer))
        return (row.summary(MODELS), row.summary(theirs)) if row else (nothing(), nothing())

    cells = tuple(tuple(cell(model, overseer) for overseer in overseers) for model in models)
    table: Floats = np.asarray([[[one.mean for one in pair] for pair in line] for line in cells])
    solved = None if np.isnan(table).any() else solve(table[..., 0], table[..., 1])
    return Payoffs(tables[0][0], tuple(models), tuple(overseers), (MODELS, theirs), cells, solved)


def solve(rows: Floats, columns: Floats) -> Solved:
    """The equilibria of a bimatrix game: ``rows [i, j]`` is what the row player earns, ``columns`` what the other."""
    a, b = _scaled(rows), _scaled(columns)
    zero_sum = bool(np.ptp(rows + columns) <= TOLERANCE * max(1.0, np.abs(rows).max()))
    alike = _alike(a, b), _alike(a.T, b.T)
    i, j = _undominated(a, b, *map(np.unique, alike))
    small = len(i) + len(j) <= SMALL or 1 in (len(i), len(j))
    tried = _vertices(a[np.ix_(i, j)], b[np.ix_(i, j)]) if small else _one(a[np.ix_(i, j)], b[np.ix_(i, j)], zero_sum)
    found: list[Equilibrium] = []
    degenerate = False
    for short in tried:
        x, y = np.zeros(len(a)), np.zeros(a.shape[1])
        x[i], y[j] = (np.where(mix > TOLERANCE, mix, 0.0) for mix in short)
        if not _holds(a, b, x, y) or any(np.allclose(one.rows, x) and np.allclose(one.columns, y) for one in found):
            continue
        found.append(Equilibrium(x, y, (float(x @ rows @ y), float(x @ columns @ y))))
        degenerate |= any(best > np.count_nonzero(mix > TOLERANCE) for best, mix in _best(a, b, x, y, i, j))
    found.sort(key=lambda one: [*-one.rows.round(9), *-one.columns.round(9)])
    return Solved(tuple(found), small and bool(found), degenerate, zero_sum, alike)


def _scaled(table: Floats) -> Floats:
    """The same game with payoffs from 1 to 2; 1 throughout where nothing makes a difference."""
    spread = np.ptp(table)
    varies = spread > TOLERANCE * max(1.0, float(np.abs(table).max()))
    return np.asarray(1 + (table - table.min()) / spread if varies else np.ones(table.shape))


def _alike(a: Floats, b: Floats) -> Ints:
    """The first row that is the same as each in both tables."""
    apart = [np.abs(one[:, None] - one[None]).max(axis=2) for one in (a, b)]
    return np.asarray((np.maximum(*apart) <= TOLERANCE).argmax(axis=1))


def _undominated(a: Floats, b: Floats, i: Ints, j: Ints) -> tuple[Ints, Ints]:
    """What of some strategies is left when those that another beats whatever happens are struck out, over and over."""
    while True:
        mine, theirs = a[np.ix_(i, j)], b[np.ix_(i, j)].T
        keep: list[Bools] = [~_beaten(one) for one in (mine, theirs)]
        if keep[0].all() and keep[1].all():
            return i, j
        i, j = i[keep[0]], j[keep[1]]


def _beaten(payoffs: Floats) -> Bools:
    """Which strategies another one beats against every reply. ``payoffs [strategy, reply]``"""
    by = np.asarray((payoffs[None] > payoffs[:, None] + TOLERANCE).all(axis=2))  # [strategy, other]
    return np.asarray(by.any(axis=1))


def _vertices(a: Floats, b: Floats) -> Iterator[tuple[Floats, Floats]]:
    """All extreme equilibria of a small game."""
    import nashpy

    if 1 in a.shape:  # no polytope: every best reply is an equilibrium
        best = (a >= a.max(axis=0) - TOLERANCE) & (b >= b.max(axis=1, keepdims=True) - TOLERANCE)
        yield from ((np.eye(len(a))[i], np.eye(a.shape[1])[j]) for i, j in np.argwhere(best))
        return
    yield from nashpy.Game(a, b).vertex_enumeration()


def _one(a: Floats, b: Floats, zero_sum: bool) -> Iterator[tuple[Floats, Floats]]:
    """One equilibrium of a large game; nothing where Lemke and Howson's path is lost to rounding from every start."""
    if zero_sum:
        _, x, y = matrix_game(a)
        yield x, y
        return
    for label in range(min(STARTS, sum(a.shape))):
        found = _path(a, b, label)
        if found is not None and _holds(a, b, *found):
            yield found
            return


def _path(a: Floats, b: Floats, label: int) -> tuple[Floats, Floats] | None:
    """Lemke and Howson's algorithm from one start, as in ``nashpy`` but with an end: rounding may send it round."""
    from nashpy.linalg import create_col_tableau, create_row_tableau

    column, row = create_col_tableau(a, True), create_row_tableau(b, True)
    turns = cycle((row, column) if label in row.non_basic_variables else (column, row))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            for tableau, _ in zip(turns, range(PIVOTS)):
                label = tableau.pivot_and_drop_label(label)
                if column.non_basic_variables | row.non_basic_variables == column.labels:
                    x, y = _mix(row, column.non_basic_variables), _mix(column, row.non_basic_variables)
                    return (x, y) if (len(x), len(y)) == a.shape else None
        except (ValueError, IndexError):
            pass
    return None


def _mix(tableau: Any, labels: set[int]) -> Floats:
    """The mixture of a tableau's player. ``nashpy`` 0.0.43 gives it in the order of a set, not in that of numbers."""
    return np.asarray(tableau.to_strategy(labels))[np.argsort(list(tableau._original_basic_labels))]


def _holds(a: Floats, b: Floats, x: Floats, y: Floats) -> bool:
    """Whether nobody gains by another strategy."""
    whole = all(abs(mix.sum() - 1) <= TOLERANCE and mix.min() >= -TOLERANCE for mix in (x, y))
    return whole and bool((a @ y).max() <= x @ a @ y + TOLERANCE and (x @ b).max() <= x @ b @ y + TOLERANCE)


def _best(a: Floats, b: Floats, x: Floats, y: Floats, i: Ints, j: Ints) -> Iterator[tuple[int, Floats]]:
    """How many of some strategies are best replies to each mixture, and the mixture."""
    for pays, mix in (((a @ y)[i], y), ((x @ b)[j], x)):
        yield int((pays >= pays.max() - TOLERANCE).sum()), mix
