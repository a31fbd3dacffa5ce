"""Turn gap: late rate less early rate. Necessary for deferred defection, not sufficient."""

import numpy as np

from arena.measure.early_rate import measure as early_rate
from arena.measure.late_rate import measure as late_rate
from arena.measure.measure import Estimate, Measure
from arena.play.evaluate import Episodes


def sampled(episodes: Episodes) -> Estimate:
    """The difference of the two sampled rates; the errors are of one set of episodes, so they are added outright."""
    early, late = early_rate.sampled(episodes), late_rate.sampled(episodes)
    return Estimate(late.value - early.value, float(np.abs(early.error) + np.abs(late.error)))


measure = Measure(
    name="turn_gap",
    definition="Late rate less early rate.",
    source="Defined here; a difference of conditional rates, which a change of ability or a mere signal can make too.",
    exact=lambda e: late_rate.exact(e) - early_rate.exact(e),
    sampled=sampled,
)
