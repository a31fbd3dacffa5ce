"""What a learner is given: rounds to practise in, against the other seats' policies. It is never handed the game."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from arena.game.game import Floats, Game
from arena.game.unroll import Unrolled, unroll
from arena.learn import kernels
from arena.learn.population import Population, population
from arena.learn.regime import Regime, updates
from arena.learn.surrogate import UnboundedObjectiveError
from arena.play.agent import Keys
from arena.play.policy import Policy, View, everybody, profile, view

if TYPE_CHECKING:
    from arena.adapters.vector import GameVecEnv

EVERY = {"action": kernels.EVERY_ACTION, "episode": kernels.EVERY_EPISODE, "stage": kernels.EVERY_STAGE}


class Practice:
    """One seat of a game to learn in, the others played by fixed policies.

    A population trained here has a table of lines: an observation, or clock * O + observation where the seat sees the
    round. Training goes on from where the population is, in place, and each learner draws from its own stream alone.
    """

    def __init__(self, game: Game, seat: str, others: Mapping[str, Policy]) -> None:
        """Set the others in their seats; one not named takes its first legal action always."""
        self._game, self._seat, self._others = game, seat, dict(others)
        self.view: View = view(game, seat)
        self._number = game.seat_number(seat)
        self._profile = profile(everybody(game, others))

    def vector(self, copies: int, key: int) -> "GameVecEnv":
        """A stable-baselines3 ``VecEnv`` of ``copies`` copies stepped as arrays."""
        from arena.adapters.vector import GameVecEnv

        return GameVecEnv(self._game, copies, self._seat, self._others, key)

    @cached_property
    def memory(self) -> Unrolled:
        """All that the seat can remember: the game unrolled over it, for tables of policies that remember.

        Raises:
            TurncoatError: more histories than can be unrolled.
        """
        return unroll(self._game, self._seat)

    def begin(self, keys: Keys) -> Population:
        """A learner for every key, with a table of zeros."""
        return population(keys, self.view.clocks * len(self.view.rows), len(self.view.actions))

    def online(
        self,
        learners: Population,
        episodes: int,
        alpha: float,
        trace: float,
        regime: Regime = Regime.ONLINE,
        baseline: bool = False,
        hold: int = 0,
    ) -> None:
        """Online policy gradient; the table holds logits.

        After every timestep that is learned from: z <- discount trace z + grad log pi(a | o), then theta <- theta +
        alpha (r - b) z, with z reset at the start of an episode. ``trace`` 0, ``alpha`` 1 and no baseline is the rule
        theta <- theta + r grad log pi; ``trace`` 1 is, at discount 1 and to first order in alpha, the
        unbiased gradient of the return, where every step is experienced and nothing is forced (OLPOMDP: Baxter and
        Bartlett, Infinite-Horizon Policy-Gradient Estimation, JAIR 15, 2001).

        Args:
            learners: trained in place.
            episodes: how many more.
            alpha: step size.
            trace: lambda, in [0, 1].
            regime: online or frozen; with ``hold`` it is batch.
            baseline: whether b is the mean of the rewards learned from before; else it is 0.
            hold: updates are made after every so many episodes; 0 for after every timestep.
        """
        _, lines, width = learners.table.shape
        kernels.reinforce(
            *self._common(regime),
            learners.table,
            learners.rng,
            learners.mean,
            learners.counted,
            episodes,
            self._game.horizon,
            float(alpha),
            float(trace * self.view.discount),
            baseline,
            hold,
            np.zeros(width),
            np.zeros((lines, width)),
            np.zeros(lines, np.bool_),
            np.zeros(self._game.horizon, np.int64),
            np.zeros((lines, width)),
        )

    def temporal_difference(
        self, learners: Population, episodes: int, alpha: float, epsilon: float, sarsa: bool, regime: Regime
    ) -> None:
        """Q-learning, or Sarsa, with epsilon-greedy exploration; the table holds values."""
        kernels.temporal_difference(
            *self._common(regime),
            learners.table,
            learners.rng,
            episodes,
            self._game.horizon,
            float(alpha),
            float(self.view.discount),
            float(epsilon),
            sarsa,
        )

    def surrogate(self, learners: Population, episodes: int, floor: float, prior: float, every: str) -> None:
        """Full re-optimisation of the surrogate before every action, episode or stage; the table holds credits.

        Raises:
            UnboundedObjectiveError: a credit fell below zero and there is no floor.
        """
        _, lines, width = learners.table.shape
        bounded = kernels.surrogate(
            *self._common(Regime.ONLINE),
            self._game.stage.astype(np.int64),
            learners.table,
            learners.rng,
            episodes,
            self._game.horizon,
            float(floor),
            float(prior),
            EVERY[every],
            np.zeros((1, lines, width)),
            np.zeros(width),
        )
        if not bounded:
            raise UnboundedObjectiveError(
                f"{self._game.name}: the surrogate is unbounded: a credit fell below zero and there is no floor under "
                "the probabilities; set floor"
            )

    def ascend(self, learners: Population, steps: int, alpha: float) -> Floats:
        """Gradient ascent on the exact return over all parameters; the return before the last step. ``[learner]``

        Every state counts in which the policy is asked for an action, an overseer's simulation of it included.
        """
        value = np.zeros(len(learners.table))
        _, lines, width = learners.table.shape
        states, horizon = len(self._game.row), self._game.horizon
        kernels.ascend(
            self._game.tables,
            self._profile,
            self._number,
            self.view.legal,
            learners.table,
            steps,
            horizon,
            float(alpha),
            float(self.view.discount),
            np.zeros((lines, width)),
            np.zeros((horizon + 1, states)),
            np.zeros(states),
            np.zeros(states),
            np.zeros((lines, width)),
            np.zeros(width),
            value,
        )
        return value

    def shaped(self, learners: Population) -> Floats:
        """The population's tables by clock. ``[learner, clock, O, A]``"""
        return learners.table.reshape(len(learners.table), self.view.clocks, len(self.view.rows), -1)

    def _common(self, regime: Regime) -> tuple[Any, Any, Any, Any, Any, Any]:
        place = self._game.seats[self._number]
        learned = updates(self._game, regime)
        return self._game.tables, self._profile, self._number, self.view.legal, place.fold, learned


def softmax(theta: Floats, view: View) -> Floats:
    """Probabilities of the legal actions under logits ``theta [..., O, A]``."""
    logits = np.where(view.legal, theta, -np.inf)
    weight = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(weight / weight.sum(axis=-1, keepdims=True))
