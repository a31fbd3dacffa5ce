"""Decodability: how well the true phase can be told from what the model sees, with and without memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from arena.game.game import Bools, Floats, Game, Ints
from arena.game.unroll import unroll
from arena.measure.measure import Estimate, PolicyMeasure, ratio_of_means
from arena.play.evaluate import occupancy
from arena.play.policy import Policy, together, view
from arena.play.trajectory import record

SOURCE = "Bayes accuracy: Devroye, Gyorfi and Lugosi, A Probabilistic Theory of Pattern Recognition (1996), chapter 2."


@dataclass(frozen=True)
class Decoder:
    """The best guess of the phase for everything that is seen while some policies are played."""

    game: Game  # the one played, or unrolled where there is memory
    policies: Mapping[str, Policy]  # tables on it
    line: Ints  # [clock|1, S] what is seen
    mass: Floats  # [line, (training, deployment)] expected rounds in which the seat acts

    @property
    def deployment(self) -> Bools:
        """The guess: whether deployment is the likelier phase. ``[line]``"""
        return np.asarray(self.mass[:, 1] > self.mass[:, 0])

    @property
    def accuracy(self) -> float:
        """The share of rounds guessed rightly."""
        return float(self.mass.max(axis=1).sum() / self.mass.sum())

    @property
    def chance(self) -> float:
        """The same for a guess that sees nothing."""
        return float(self.mass.sum(axis=0).max() / self.mass.sum())


def decoder(game: Game, policies: Mapping[str, Policy], seat: str = "model", memory: bool = False) -> Decoder:
    """The best guess at the rounds in which ``seat`` acts, weighed by how often they come.

    With ``memory`` it is made from all that the seat saw and did in the episode.

    Raises:
        TurncoatError: more histories than can be unrolled.
    """
    game, policies = together(game, policies)
    policies = {name: Policy(policy.probability, policy.index) for name, policy in policies.items()}
    if memory:
        unrolled = unroll(game, seat)
        game, lines = unrolled.game, len(unrolled) + 1
        policies = {name: Policy(one.probability, one.index[unrolled.state]) for name, one in policies.items()}
        line = np.where(unrolled.information < 0, len(unrolled), unrolled.information)[None]
    else:
        told = view(game, seat)
        lines = told.clocks * len(told.rows)
        line = told.index + np.arange(told.clocks)[:, None] * len(told.rows)
    often = occupancy(game, policies, seat, clocked=len(line) > 1)
    mass = np.zeros((lines, 2))
    np.add.at(mass, (line, np.broadcast_to(game.deployment.astype(np.int64), line.shape)), often)
    return Decoder(game, policies, line, mass)


def exact(game: Game, policies: Mapping[str, Policy], seat: str = "model", *, memory: bool) -> float:
    """The accuracy of the best guess."""
    return decoder(game, policies, seat, memory).accuracy


def sampled(
    game: Game, policies: Mapping[str, Policy], seat: str, episodes: int, key: int, *, memory: bool
) -> Estimate:
    """How often the best guess is right in sampled episodes."""
    guess = decoder(game, policies, seat, memory)
    right, rounds = np.zeros((2, episodes))
    for n in range(episodes):
        states = record(guess.game, guess.policies, key, n, seat).states[:-1]
        clock = np.arange(len(states)) if len(guess.line) > 1 else 0
        right[n] = (guess.deployment[guess.line[clock, states]] == guess.game.deployment[states]).sum()
        rounds[n] = len(states)
    return ratio_of_means(right, rounds)


without_memory = PolicyMeasure(
    name="decodability",
    definition="Share of rounds whose true phase the best guess from the present observation gets right.",
    source=SOURCE,
    exact=partial(exact, memory=False),
    sampled=partial(sampled, memory=False),
)

with_memory = PolicyMeasure(
    name="decodability_with_memory",
    definition="Share of rounds whose true phase the best guess from all that was seen and done gets right.",
    source=SOURCE,
    exact=partial(exact, memory=True),
    sampled=partial(sampled, memory=True),
)
