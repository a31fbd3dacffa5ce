"""Sweeps: one scenario at several values of one parameter, and where along it the optimum begins to hold back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from arena.contest.match import Board
from arena.contest.optimum import others, solve
from arena.contest.standings import Setup
from arena.game.game import Floats
from arena.game.scenario import find

FEWEST = 3
"""Values of a parameter that make a sweep."""

GRID, GRID_LARGE, LARGE = 201, 21, 2_000
"""Points of the curve, fewer for games of more states than the last number."""

HELD_BACK = 1e-9
"""An early rate up to this is complete deferral."""


@dataclass(frozen=True)
class Sweep:
    """Setups that differ in one numeric parameter alone, by its value."""

    name: str
    title: str
    parameter: str
    overseer: str | None
    setups: tuple[tuple[float, Setup], ...]  # value and setup, in order of the value


@dataclass(frozen=True)
class Curve:
    """The optimum's early rate along a parameter."""

    at: Floats  # [point]
    early_rate: Floats  # [point], NaN where there is no game or no early opportunity
    thresholds: tuple[float, ...]  # where complete deferral begins or ceases to be optimal
    deferring: tuple[bool, ...]  # whether it is optimal in each stretch between them


def sweeps(setups: Iterable[Setup]) -> list[Sweep]:
    """Every sweep among some setups."""
    found: dict[tuple[object, ...], dict[float, Setup]] = {}
    for setup in setups:
        for parameter, value in setup.settings:
            if isinstance(value, int | float) and not isinstance(value, bool):
                rest = tuple((key, other) for key, other in setup.settings if key != parameter)
                found.setdefault((setup.name, parameter, setup.overseer_name, rest), {})[value] = setup
    return [
        Sweep(first.name, first.title, str(key[1]), first.overseer, tuple(sorted(by_value.items())))
        for key, by_value in found.items()
        if len(by_value) >= FEWEST
        for first in (next(iter(by_value.values())),)
    ]


def curve(sweep: Sweep, trust: bool = False) -> Curve:
    """Solve the scenario along a sweep's parameter, from the least to the greatest value that was played.

    Raises:
        TurncoatError: the scenario is gone.
    """
    setup = sweep.setups[0][1]
    whole = isinstance(find(setup.found, trust).parameters.get(sweep.parameter), int)

    def early_rate(value: float) -> float:
        try:
            settings = {**dict(setup.settings), sweep.parameter: int(value) if whole else float(value)}
            game = Board.compiled(setup.found, settings, trust).game
            return solve(game, others(game, setup)).early_rate
        except Exception:  # no game at this value, or none that its own code can make
            return float("nan")

    low, high = sweep.setups[0][0], sweep.setups[-1][0]
    states = len(Board.compiled(setup.found, dict(setup.settings), trust).game.row)
    points = GRID if states <= LARGE else GRID_LARGE
    if whole:
        return trace(early_rate, np.unique(np.linspace(low, high, points).round()), whole=True)
    return trace(early_rate, np.linspace(low, high, points))


def trace(early_rate: Callable[[float], float], at: Floats, whole: bool = False) -> Curve:
    """The early rate at every point, and by bisection where between them deferral becomes complete or ceases to be.

    A threshold is the upper end of the last bracket, 1e-9 of the range wide, or the whole number there.
    """
    resolution = 1.0 if whole else float(at[-1] - at[0]) * 1e-9
    rates = {float(x): early_rate(float(x)) for x in at}
    known = [x for x in rates if rates[x] == rates[x]]
    thresholds = []
    for low, high in pairwise(known):
        below = rates[low] <= HELD_BACK
        if below == (rates[high] <= HELD_BACK):
            continue
        while high - low > resolution:
            middle = float((low + high) // 2) if whole else (low + high) / 2
            if middle in (low, high):  # there is no number between them
                break
            rate = early_rate(middle)
            low, high = (middle, high) if (rate <= HELD_BACK) == below else (low, middle)
            rates[middle] = rate  # so that the curve drops where the threshold is
        thresholds.append(high)
    first = bool(known) and rates[known[0]] <= HELD_BACK
    deferring = tuple(first ^ bool(i % 2) for i in range(len(thresholds) + 1))
    points = np.asarray(sorted(rates))
    return Curve(points, np.asarray([rates[x] for x in points]), tuple(thresholds), deferring)
