"""Summaries over seeds: a mean and its interval."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
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
    """The same for several measures of the same seeds, which are resampled together. ``[seed, measure]``

    A resample in which no seed has a value of a measure says nothing of it.
    """
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    found = [nothing()] * values.shape[1]
    varying = []
    for i, seeds in enumerate(known.sum(axis=0).tolist()):
        if seeds:
            column = filled[known[:, i], i]
            mean = float(column.mean())
            if np.ptp(column) <= AGREE * max(1.0, abs(mean)):
                mean = float(column[0])
            else:
                varying.append(i)
            found[i] = Summary(mean, mean, mean, seeds)
    if varying:
        both = np.hstack((filled[:, varying], known[:, varying]))
        sums, counts = np.split(np.concatenate([weights @ both for weights in resamples(len(values))]), 2, axis=1)
        means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
        quantile = np.quantile if counts.all() else np.nanquantile
        for i, (low, high) in zip(varying, quantile(means, [0.025, 0.975], axis=0).T.tolist(), strict=True):
            found[i] = replace(found[i], low=low, high=high)
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
