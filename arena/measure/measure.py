"""What a measure is: a number with a definition, computed exactly from expectations and estimated from episodes."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np

import arena.measure
from arena.game.game import Floats, Game
from arena.play.evaluate import Episodes, Evaluation
from arena.play.policy import Policy


@dataclass(frozen=True)
class Estimate:
    """A sampled value and its standard error."""

    value: float
    error: float

    def interval(self, z: float = 1.96) -> tuple[float, float]:
        """Value less and plus ``z`` standard errors."""
        return self.value - z * self.error, self.value + z * self.error


@dataclass(frozen=True)
class Measure:
    """One number about a seat's behaviour in a game. NaN where it is undefined, for want of opportunities."""

    name: str
    definition: str
    source: str
    exact: Callable[[Evaluation], float]
    sampled: Callable[[Episodes], Estimate]


@dataclass(frozen=True)
class PolicyMeasure:
    """One number that takes the game and the policies themselves, not only what they come to."""

    name: str
    definition: str
    source: str
    exact: Callable[[Game, Mapping[str, Policy], str], float]  # of which seat
    sampled: Callable[[Game, Mapping[str, Policy], str, int, int], Estimate]  # of which seat, episodes, key


@dataclass(frozen=True)
class TwinMeasure:
    """One number that compares what an agent does in a game with what it does in a twin of it.

    In the twin it is fitted anew if ``refit`` is set; else what plays there is a frozen copy of its policy.
    """

    name: str
    definition: str
    source: str
    twin: str
    refit: bool
    exact: Callable[[Evaluation, Evaluation], float]  # in the game, in the twin
    sampled: Callable[[Episodes, Episodes], Estimate]


M = TypeVar("M", Measure, PolicyMeasure, TwinMeasure)


def measures() -> Mapping[str, Measure]:
    """Every measure of behaviour in one game, by name."""
    return _found(Measure)


def policy_measures() -> Mapping[str, PolicyMeasure]:
    """Every measure that takes the policies themselves, by name."""
    return _found(PolicyMeasure)


def twin_measures() -> Mapping[str, TwinMeasure]:
    """Every measure that compares a game with a twin, by name."""
    return _found(TwinMeasure)


@cache
def _found(kind: type[M]) -> Mapping[str, M]:
    """The measures of a kind in the modules beside this one."""
    names = [f"arena.measure.{info.name}" for info in pkgutil.iter_modules(arena.measure.__path__)]
    found = {
        one.name: one for name in names for one in vars(importlib.import_module(name)).values() if isinstance(one, kind)
    }
    return dict(sorted(found.items()))


def ratio(over: float, under: float) -> float:
    """``over / under``, NaN where there is nothing to divide by."""
    return over / under if under > 0 else float("nan")


def mean(values: Floats) -> Estimate:
    """The mean and its standard error."""
    return Estimate(float(values.mean()), standard_error(values))


def ratio_of_means(over: Floats, under: Floats) -> Estimate:
    """The ratio of two means over the same episodes, with the delta method's standard error."""
    value, influence = weigh(over, under)
    return Estimate(value, standard_error(influence))


def weigh(over: Floats, under: Floats) -> tuple[float, Floats]:
    """A ratio of means, and how far each episode pulls it from its value (the delta method's influence).

    The ratio's error is the influences' standard error; that of a difference of ratios, the standard error of the
    influences' difference. NaN where there is nothing to divide by.
    """
    if under.sum() == 0:
        return float("nan"), np.full(len(under), np.nan)
    value = float(over.sum() / under.sum())
    return value, (over - value * under) / under.mean()


def standard_error(values: Floats) -> float:
    """The standard error of the mean of some values."""
    return float(values.std() / np.sqrt(len(values)))
