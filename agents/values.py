"""Tabular value learners, measured as the greedy policy on what they have learned."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from arena.learn.learner import Learner
from arena.learn.practice import Practice
from arena.learn.regime import Regime, regime
from arena.play.agent import Keys
from arena.play.policy import Policy

REFUSED = {
    Regime.ONLINE: None,
    Regime.FROZEN: None,
    Regime.BATCH: "it changes one value a step, and has no batch",
    Regime.REOPTIMISED: "it moves towards a target and never goes to an optimum; see optimal",
}


@dataclass(frozen=True)
class QLearning(Learner):
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

    def learn(self, practice: Practice, keys: Keys) -> Sequence[Policy]:
        """All keys in one pass, each from its own stream."""
        learners = practice.begin(keys)
        practice.temporal_difference(learners, self.episodes, self.alpha, self.epsilon, self.sarsa, Regime(self.regime))
        values = np.where(practice.view.legal, practice.shaped(learners), -np.inf)
        eye = np.eye(len(practice.view.actions))
        return [practice.view.table(eye[one.argmax(axis=-1)]) for one in values]


@dataclass(frozen=True)
class Sarsa(QLearning):
    """One-step Sarsa: learns the value of what it really does next. Rummery and Niranjan (1994)."""

    sarsa: ClassVar[bool] = True
