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
    """A sampled value and the half-width of one standard error."""

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
    return Estimate(float(values.mean()), float(values.std() / np.sqrt(len(values))))


def ratio_of_means(over: Floats, under: Floats) -> Estimate:
    """The ratio of two means over the same episodes, with the delta method's standard error."""
    if under.sum() == 0:
        return Estimate(float("nan"), float("nan"))
    value = over.sum() / under.sum()
    residual = (over - value * under) / under.mean()
    return Estimate(float(value), float(residual.std() / np.sqrt(len(over))))
