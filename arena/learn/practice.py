"""What a learner is given: rounds to practise in, against the other seats' policies. It is never handed the game."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from arena import kernels
from arena.game.game import Floats, Game
from arena.play.agent import Keys
from arena.play.policy import Policy, View, everybody, profile, view

if TYPE_CHECKING:
    from arena.adapters.vector import GameVecEnv


class Practice:
    """One seat of a game to learn in, the others played by fixed policies."""

    def __init__(self, game: Game, seat: str, others: Mapping[str, Policy]) -> None:
        """Set the others in their seats; one not named takes its first legal action always."""
        self._game, self._seat, self._others = game, seat, dict(others)
        self.view: View = view(game, seat)

    def vector(self, copies: int, key: int) -> "GameVecEnv":
        """A stable-baselines3 ``VecEnv`` of ``copies`` copies stepped as arrays."""
        from arena.adapters.vector import GameVecEnv

        return GameVecEnv(self._game, copies, self._seat, self._others, key)

    def online(self, keys: Keys, episodes: int, alpha: float, trace: float) -> Floats:
        """Train one tabular softmax learner a key by online policy gradient, in one pass of a kernel.

        After every timestep that the learner experiences: z <- discount trace z + grad log pi(a | o), then
        theta <- theta + alpha r z, with z reset at the start of an episode; theta begins at zero. ``trace`` 0 with
        ``alpha`` 1 is the rule theta <- theta + r grad log pi; ``trace`` 1 is the unbiased gradient of the return
        (OLPOMDP: Baxter and Bartlett, Infinite-Horizon Policy-Gradient Estimation, JAIR 15, 2001).

        Returns:
            Logits ``[key, clock, O, A]``.
        """
        told = self.view
        policies = everybody(self._game, self._others)
        number = self._game.seat_number(self._seat)
        place = self._game.seats[number]
        lines, width = told.clocks * len(told.rows), len(told.actions)
        theta = np.zeros((len(keys), lines, width))
        kernels.reinforce(
            self._game.tables,
            profile(policies),
            number,
            told.legal,
            place.fold,
            self._game.experienced,
            theta,
            np.asarray(keys, np.uint64),
            episodes,
            self._game.horizon,
            float(alpha),
            float(trace * told.discount),
            np.zeros(1, np.uint64),
            np.zeros(width),
            np.zeros((lines, width)),
            np.zeros(lines, np.bool_),
            np.zeros(self._game.horizon, np.int64),
        )
        return theta.reshape(len(keys), told.clocks, len(told.rows), width)


def softmax(theta: Floats, view: View) -> Floats:
    """Probabilities of the legal actions under logits ``theta [..., O, A]``."""
    logits = np.where(view.legal, theta, -np.inf)
    weight = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(weight / weight.sum(axis=-1, keepdims=True))
