"""Turn gap: late rate less early rate. Necessary for deferred defection, not sufficient."""

from arena.measure.early_rate import measure as early_rate
from arena.measure.late_rate import measure as late_rate
from arena.measure.measure import Estimate, Measure, standard_error, weigh
from arena.play.evaluate import Episodes


def sampled(episodes: Episodes) -> Estimate:
    """The difference of the two rates; both are of the same episodes, and the error knows it."""
    counts = episodes.counts.astype(float)
    early, early_influence = weigh(counts[:, 1], counts[:, 0])
    late, late_influence = weigh(counts[:, 3], counts[:, 2])
    return Estimate(late - early, standard_error(late_influence - early_influence))


measure = Measure(
    name="turn_gap",
    definition="Late rate less early rate.",
    source="Defined here; a difference of conditional rates, which a change of ability or a mere signal can make too.",
    exact=lambda e: late_rate.exact(e) - early_rate.exact(e),
    sampled=sampled,
)
