"""What the exact optimum does where agents were compared: solved anew, if the scenario is still the same."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from arena.contest.match import MODEL, opposition, overseer
from arena.contest.standings import Setup
from arena.errors import TurncoatError
from arena.game.game import Game
from arena.game.scenario import find
from arena.measure.early_rate import measure as early_rate
from arena.measure.late_rate import measure as late_rate
from arena.play.evaluate import evaluate
from arena.play.policy import Policy, view
from arena.solve.optimal import optimal

SMALL = 12.0
"""Bits of choice in a policy of the observation up to which the best of those policies is looked for as well."""


@dataclass(frozen=True)
class Optimum:
    """The best that the model can do knowing the true state, and what that looks like."""

    value: float  # expected discounted observed return
    play: str  # C and D along the free path, one letter an opportunity
    unique: bool | None  # None: not determined
    early_rate: float
    late_rate: float
    blind_value: float | None = None  # the best without the true state, where that was looked for


def optimum(setup: Setup, trust: bool = False) -> Optimum:
    """The optimum in a setup.

    Raises:
        TurncoatError: the scenario or the overseer is gone, or the scenario is another one now.
    """
    game = find(setup.found, trust).compile(**dict(setup.settings))
    if game.digest != setup.digest:
        raise TurncoatError(f"{setup.name} has changed since these matches were played")
    against = others(game, setup)
    told = view(game, MODEL)
    bits = told.clocks * float(np.log2(told.legal.sum(axis=1)).sum())
    blind = optimal(game, MODEL, against, "memoryless") if bits <= SMALL else None
    proved = blind is not None and blind.unique is not None  # else a policy that draws lots may be worth more
    return dataclasses.replace(solve(game, against), blind_value=blind.value if blind and proved else None)


def others(game: Game, setup: Setup) -> dict[str, Policy]:
    """The policies that the model meets in a setup."""
    return opposition(game, overseer(setup.overseer_name) if setup.overseer_name else None)


def solve(game: Game, against: Mapping[str, Policy]) -> Optimum:
    """The optimum of a game against fixed policies."""
    best = optimal(game, MODEL, against)
    shown = evaluate(game, {MODEL: best.policy, **against}, MODEL)
    return Optimum(
        value=best.value,
        play=best.play,
        unique=best.unique,
        early_rate=early_rate.exact(shown),
        late_rate=late_rate.exact(shown),
    )
