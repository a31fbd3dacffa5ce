"""Tabular value learners, measured as the greedy policy on what they have learned."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from arena.game.game import Floats
from arena.learn.lesson import Followed, Lesson, difference
from arena.learn.population import Population
from arena.learn.practice import Practice
from arena.learn.regime import Regime, regime
from arena.play.policy import Policy

REFUSED = {
    Regime.ONLINE: None,
    Regime.FROZEN: None,
    Regime.BATCH: "it changes one value a step, and has no batch",
    Regime.REOPTIMISED: "it moves towards a target and never goes to an optimum; see optimal",
}


@dataclass(frozen=True)
class QLearning(Followed):
    """One-step Q-learning, epsilon-greedy. Watkins and Dayan, Q-learning, Machine Learning 8 (1992)."""

    sarsa: ClassVar[bool] = False

    alpha: float = 0.1
    epsilon: float = 0.1
    episodes: int = 10_000
    regime: str = "online"

    def __post_init__(self) -> None:
        if not 0 < self.alpha <= 1:
            raise ValueError(f"alpha must lie between 0 and 1, not {self.alpha}")
        if not 0 <= self.epsilon <= 1:
            raise ValueError(f"epsilon must lie between 0 and 1, not {self.epsilon}")
        if self.episodes < 0:
            raise ValueError(f"episodes must be at least 0, not {self.episodes}")
        regime(self.regime, REFUSED, "sarsa" if self.sarsa else "q-learning")

    @property
    def length(self) -> int:
        """Episodes."""
        return self.episodes

    def train(self, practice: Practice, learners: Population, amount: int) -> None:
        """All keys in one pass, each from its own stream."""
        practice.temporal_difference(learners, amount, self.alpha, self.epsilon, self.sarsa, Regime(self.regime))

    def follow(self, practice: Practice, learners: Population) -> Lesson:
        """One more episode, step by step."""
        return difference(practice, learners, self.alpha, self.epsilon, self.sarsa, Regime(self.regime))

    def read(self, practice: Practice, table: Floats) -> Policy:
        """The first of the best legal actions."""
        values = np.where(practice.view.legal, table, -np.inf)
        return practice.view.table(np.eye(len(practice.view.actions))[values.argmax(axis=-1)])


@dataclass(frozen=True)
class Sarsa(QLearning):
    """One-step Sarsa: learns the value of what it really does next. Rummery and Niranjan (1994)."""

    sarsa: ClassVar[bool] = True
