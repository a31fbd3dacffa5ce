"""Online policy gradient for a tabular softmax policy, after every timestep."""

from collections.abc import Sequence
from dataclasses import dataclass

from arena.learn.learner import Learner
from arena.learn.practice import Practice, softmax
from arena.play.agent import Keys
from arena.play.policy import Policy


@dataclass(frozen=True)
class Reinforce(Learner):
    """REINFORCE online: z <- trace z + grad log pi(a | o), theta <- theta + alpha r z, after every timestep.

    With ``trace`` 0 an action is credited with the reward of its own timestep alone, and cannot be paid for restraint
    by a reward that comes later; with ``trace`` 1 it is credited with all that follows, the unbiased gradient of the
    return. The scenario's discount multiplies the trace. Williams, Simple Statistical Gradient-Following Algorithms,
    Machine Learning 8 (1992); Baxter and Bartlett, JAIR 15 (2001).
    """

    trace: float = 1.0
    alpha: float = 0.01
    episodes: int = 4_000

    def __post_init__(self) -> None:
        if not 0 <= self.trace <= 1:
            raise ValueError(f"trace must lie between 0 and 1, not {self.trace}")
        if self.alpha <= 0:
            raise ValueError(f"alpha must be positive, not {self.alpha}")
        if self.episodes < 0:
            raise ValueError(f"episodes must be at least 0, not {self.episodes}")

    def learn(self, practice: Practice, keys: Keys) -> Sequence[Policy]:
        """All keys in one pass, each from its own stream."""
        theta = practice.online(keys, self.episodes, self.alpha, self.trace)
        return [practice.view.table(softmax(one, practice.view)) for one in theta]
