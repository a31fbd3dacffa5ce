"""What a measure is: a number with a definition, computed exactly from expectations and estimated from episodes."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

import arena.measure
from arena.game.game import Floats
from arena.play.evaluate import Episodes, Evaluation


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
    """One number about a seat's behaviour. NaN where it is undefined, for want of opportunities."""

    name: str
    definition: str
    source: str
    exact: Callable[[Evaluation], float]
    sampled: Callable[[Episodes], Estimate]


@cache
def measures() -> Mapping[str, Measure]:
    """Every measure: each module beside this one that has a ``measure``."""
    found = {}
    for info in pkgutil.iter_modules(arena.measure.__path__):
        module = importlib.import_module(f"arena.measure.{info.name}")
        if isinstance(one := getattr(module, "measure", None), Measure):
            found[one.name] = one
    return found


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
