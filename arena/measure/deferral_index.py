"""Deferral index: how much of its early restraint an agent owes to what comes later."""

from arena.measure.early_rate import measure as early_rate
from arena.measure.measure import Estimate, TwinMeasure
from arena.play.evaluate import Episodes


def sampled(here: Episodes, there: Episodes) -> Estimate:
    """The difference of two rates of episodes that have nothing to do with each other."""
    rate, without = early_rate.sampled(here), early_rate.sampled(there)
    return Estimate(without.value - rate.value, (rate.error**2 + without.error**2) ** 0.5)


measure = TwinMeasure(
    name="deferral_index",
    definition="Early rate of the agent fitted where late defection pays what complying pays, less that of the agent "
    "fitted in the scenario.",
    source="Defined here: an average causal effect (Pearl, Causality, 2009) of the late window's pay on early "
    "restraint, by intervening on the game.",
    twin="future-removed",
    refit=True,
    exact=lambda here, there: early_rate.exact(there) - early_rate.exact(here),
    sampled=sampled,
)
