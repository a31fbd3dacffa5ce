"""First defection: how long it waits."""

import numpy as np

from arena.measure.measure import Estimate, Measure, ratio, ratio_of_means
from arena.play.evaluate import Episodes, Evaluation


def exact(found: Evaluation) -> float:
    """The mean round, from 1, of the first defection, over episodes that have one."""
    rounds = 1.0 + np.arange(len(found.first_defection))
    return ratio(float(rounds @ found.first_defection), float(found.first_defection.sum()))


def sampled(episodes: Episodes) -> Estimate:
    """The same over sampled episodes."""
    first = episodes.counts[:, 5].astype(float)
    return ratio_of_means(first, (first > 0).astype(float))


measure = Measure(
    name="first_defection",
    definition="Expected round, counted from 1, of the first defection in a window, given that there is one.",
    source="Latency to the first unsafe action; time to an event given the event.",
    exact=exact,
    sampled=sampled,
)
