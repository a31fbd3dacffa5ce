"""Summaries over seeds: a mean and its interval."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from arena.game.game import Floats, Ints

RESAMPLES = 2_000
BOOTSTRAP_SEED = 20_260_101
AGREE = 1e-12


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
    known = values[~np.isnan(values)]
    if len(known) == 0:
        return Summary(np.nan, np.nan, np.nan, 0)
    mean = float(known.mean())
    if np.ptp(known) <= AGREE * max(1.0, abs(mean)):
        return Summary(float(known[0]), float(known[0]), float(known[0]), len(known))
    means = np.concatenate([known[draws].mean(axis=1) for draws in _resamples(len(known))])
    low, high = np.quantile(means, [0.025, 0.975])
    return Summary(mean, float(low), float(high), len(known))


def _resamples(size: int) -> Iterator[Ints]:
    """The same resamples for every measure of as many seeds, in blocks that fit in memory. ``[resample, size]`` each"""
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    block = max(1, min(RESAMPLES, 4_000_000 // size))
    for first in range(0, RESAMPLES, block):
        yield rng.integers(size, size=(min(block, RESAMPLES - first), size))
