"""Summaries over seeds: a mean and its interval."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from arena.game.game import Floats, Ints

RESAMPLES = 2_000
BOOTSTRAP_SEED = 20_260_101
AGREE = 1e-12
KEPT = 4_000
"""Seeds up to which the resamples of as many are kept between calls."""


@dataclass(frozen=True)
class Summary:
    """The mean over seeds and its 95% interval, by the percentile bootstrap over seeds (Efron 1979)."""

    mean: float  # NaN where no seed has a value
    low: float
    high: float
    seeds: int  # that have a value

    @property
    def certain(self) -> bool:
        """Whether all seeds agree, so that there is nothing to put an interval round."""
        return not self.high - self.low > AGREE * max(1.0, abs(self.mean))


def summarise(values: Floats) -> Summary:
    """The mean over seeds and its interval; seeds without a value are left out."""
    return summaries(values[:, None])[0]


def summaries(values: Floats) -> list[Summary]:
    """The same for several measures of the same seeds. ``[seed, measure]``"""
    found = [nothing()] * values.shape[1]
    known = ~np.isnan(values)
    uncertain: dict[bytes, list[int]] = {}  # measures that vary, by the seeds that have a value
    for i in range(values.shape[1]):
        column = values[known[:, i], i]
        if len(column) == 0:
            continue
        mean = float(column.mean())
        if np.ptp(column) <= AGREE * max(1.0, abs(mean)):
            mean = float(column[0])
            found[i] = Summary(mean, mean, mean, len(column))
        else:
            found[i] = Summary(mean, mean, mean, len(column))
            uncertain.setdefault(known[:, i].tobytes(), []).append(i)
    for places in uncertain.values():
        columns = values[known[:, places[0]]][:, places]
        means = np.concatenate([weights @ columns for weights in resamples(len(columns))])
        ends = np.quantile(means, [0.025, 0.975], axis=0).T.tolist()
        for i, (low, high) in zip(places, ends, strict=True):
            found[i] = Summary(found[i].mean, low, high, found[i].seeds)
    return found


def nothing() -> Summary:
    """The summary of no seeds at all."""
    return Summary(np.nan, np.nan, np.nan, 0)


def resamples(size: int) -> Iterator[Floats]:
    """How much each of ``size`` seeds weighs in every resample, always the same. Blocks of ``[resample, size]``"""
    return iter(_kept(size)) if size <= KEPT else _drawn(size)


@lru_cache(maxsize=4)
def _kept(size: int) -> list[Floats]:
    return list(_drawn(size))


def _drawn(size: int) -> Iterator[Floats]:
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    block = max(1, min(RESAMPLES, 4_000_000 // size))
    for first in range(0, RESAMPLES, block):
        draws: Ints = rng.integers(size, size=(min(block, RESAMPLES - first), size))
        draws += np.arange(len(draws))[:, None] * size
        yield np.bincount(draws.ravel(), minlength=draws.size).reshape(draws.shape) / size
