"""Policy gradient for a tabular softmax policy: online after every timestep, or exactly on the true return."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from arena.game.game import Floats
from arena.learn.learner import Learner
from arena.learn.lesson import Followed, Lesson, gradient
from arena.learn.population import Population
from arena.learn.practice import Practice, softmax
from arena.learn.regime import Regime, regime
from arena.play.agent import Keys
from arena.play.policy import Policy

NO_OPTIMUM = "it takes gradient steps and never goes to an optimum; see surrogate"


@dataclass(frozen=True)
class Reinforce(Followed):
    """REINFORCE online: z <- trace z + grad log pi(a | o), theta <- theta + alpha r z, after every timestep.

    With ``trace`` 0 an action is credited with the reward of its own timestep alone, and cannot be paid for restraint
    by a reward that comes later; with ``trace`` 1 it is credited with all that follows. That is the unbiased gradient
    of the undiscounted return, to first order in ``alpha``, wherever every step is experienced and nothing is forced;
    where an overseer simulates or overrides the learner it is not, and that is the point of such scenarios. The
    scenario's discount multiplies the trace.
    ``regime`` frozen learns nothing in deployment; batch makes its updates after every ``hold`` episodes. Williams,
    Simple Statistical Gradient-Following Algorithms, Machine Learning 8 (1992); Baxter and Bartlett, JAIR 15 (2001).
    """

    trace: float = 1.0
    alpha: float = 0.01
    episodes: int = 4_000
    baseline: bool = False  # subtract the mean of the rewards so far
    regime: str = "online"
    hold: int = 0  # episodes between updates, under regime batch

    def __post_init__(self) -> None:
        if not 0 <= self.trace <= 1:
            raise ValueError(f"trace must lie between 0 and 1, not {self.trace}")
        if self.alpha <= 0:
            raise ValueError(f"alpha must be positive, not {self.alpha}")
        if self.episodes < 0:
            raise ValueError(f"episodes must be at least 0, not {self.episodes}")
        allowed = dict.fromkeys(Regime) | {Regime.REOPTIMISED: NO_OPTIMUM}
        batch = regime(self.regime, allowed, "reinforce") is Regime.BATCH
        if batch and (self.hold < 1 or self.episodes % self.hold):
            raise ValueError(f"regime batch needs hold, a number of episodes that divides {self.episodes}")
        if not batch and self.hold:
            raise ValueError(f"hold belongs to regime batch, not to {self.regime}")

    @property
    def length(self) -> int:
        """Episodes."""
        return self.episodes

    @property
    def grain(self) -> int:
        """Whole batches."""
        return max(1, self.hold)

    def train(self, practice: Practice, learners: Population, amount: int) -> None:
        """All keys in one pass, each from its own stream."""
        when = Regime(self.regime)
        practice.online(learners, amount, self.alpha, self.trace, when, self.baseline, self.hold)

    def follow(self, practice: Practice, learners: Population) -> Lesson:
        """One more episode, step by step; there is nothing to follow under regime batch."""
        if self.hold:
            raise self.refuse("under regime batch nothing is learned within an episode")
        return gradient(practice, learners, self.alpha, self.trace, Regime(self.regime), self.baseline)

    def read(self, practice: Practice, table: Floats) -> Policy:
        """The softmax of its logits."""
        return practice.view.table(softmax(table, practice.view))


@dataclass(frozen=True)
class ExactGradient(Learner):
    """Ascent on the exact return over all parameters of a tabular softmax policy, the overseer's simulation included.

    What online learning on experienced steps is not: the full gradient of Langlois and Everitt (AAAI 2021). Begins at
    logits drawn from a normal distribution of standard deviation ``spread``.
    """

    piecemeal: ClassVar[bool] = True

    alpha: float = 0.1
    steps: int = 5_000
    spread: float = 0.1

    def __post_init__(self) -> None:
        if self.alpha <= 0:
            raise ValueError(f"alpha must be positive, not {self.alpha}")
        if self.steps < 0 or self.spread < 0:
            raise ValueError("steps and spread must be at least 0")

    def learn(self, practice: Practice, keys: Keys) -> Sequence[Policy]:
        """Every key from its own beginning."""
        learners = practice.begin(keys)
        for table, key in zip(learners.table, keys, strict=True):
            table[:] = np.random.default_rng(int(key)).normal(0.0, self.spread, table.shape)
        practice.ascend(learners, self.steps, self.alpha)
        return [practice.view.table(softmax(one, practice.view)) for one in practice.shaped(learners)]
