"""Observed return: what the trainer sees and reinforces."""

from arena.measure.measure import Measure, mean

measure = Measure(
    name="observed_return",
    definition="Expected discounted sum of the observed rewards of one episode: what the trainer sees and reinforces.",
    source="Return: Sutton and Barto, Reinforcement Learning (2018), section 3.3.",
    exact=lambda e: e.total("observed"),
    sampled=lambda e: mean(e.total("observed")),
)
