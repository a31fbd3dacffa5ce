"""Adaptation through theta: what updates within one episode are worth to a learner that begins knowing nothing.

The counterpart of runtime processing. A policy with memory carries what it finds out in its state; a learner that is
re-optimised before every action carries it in its parameters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from arena.errors import TurncoatError
from arena.game.game import Floats, Game
from arena.learn.practice import Practice
from arena.measure.measure import Estimate, mean
from arena.play.agent import Keys, find
from arena.play.policy import Policy


@runtime_checkable
class Lifelong(Protocol):
    """An agent that can say what its first episode earns it."""

    def lifetimes(self, practice: Practice, keys: Keys, updates: bool) -> Floats:
        """The return of one episode begun knowing nothing, with updates or without, for every key. ``[lifetime]``"""


@dataclass(frozen=True)
class Adaptation:
    """Mean returns of one episode with updates on and off, and their difference (the same random streams in both).

    A return here is the undiscounted sum of the observed rewards that the learner experiences.
    """

    on: Estimate
    off: Estimate
    difference: Estimate


def adaptation(
    game: Game,
    lifetimes: int = 10_000,
    key: int = 0,
    floor: float = 0.01,
    prior: float = 0.0,
    seat: str = "model",
    others: Mapping[str, Policy] | None = None,
    learner: str | None = None,
) -> Adaptation:
    """Adaptation of the surrogate learner, or of another, sampled.

    Every lifetime is one episode, begun with no statistics. On: before every action the policy is set to the optimum
    of sum_s r_s log pi(a_s | o_s) over the steps so far (``arena.learn.surrogate``), or to that of the ``learner``
    named, such as ``empirical-return:unseen=0``, to which ``floor`` and ``prior`` are nothing. Off: it stays what it is
    at the start, uniform. Seats not among ``others`` take their first legal action.

    Raises:
        TurncoatError: fewer than two lifetimes; a floor that leaves nothing to share; a credit fell below zero and
            there is no floor; a learner that cannot be begun anew for every lifetime.
    """
    if lifetimes < 2:
        raise TurncoatError(f"an interval takes at least two lifetimes, not {lifetimes}")
    keys = np.random.default_rng(key).integers(0, 2**64, lifetimes, np.uint64)
    practice = Practice(game, seat, others or {})

    agent = find(learner) if learner else None
    if not (agent is None or isinstance(agent, Lifelong)):
        raise TurncoatError(f"{learner}: its adaptation within one episode cannot be measured; see empirical-return")

    def earned(every: str) -> Floats:
        """The return of each lifetime: a table of credits holds every reward of its episode once. ``[lifetime]``"""
        if agent:
            return agent.lifetimes(practice, keys, every == "action")
        learners = practice.begin(keys)
        practice.surrogate(learners, 1, floor, prior, every)
        return np.asarray(learners.table.sum(axis=(1, 2)))

    on, off = earned("action"), earned("episode")
    return Adaptation(mean(on), mean(off), mean(on - off))
