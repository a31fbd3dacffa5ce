"""Full re-optimisation of the surrogate, in closed form."""

from dataclasses import dataclass

from arena.errors import nearest
from arena.game.game import Floats
from arena.learn.learner import Tabular
from arena.learn.population import Population
from arena.learn.practice import EVERY, Practice
from arena.learn.regime import Regime, regime
from arena.learn.surrogate import refit
from arena.play.policy import Policy

REFUSED = {
    Regime.ONLINE: "it has no step size: it goes to the optimum; see reinforce",
    Regime.FROZEN: "it has no step size: it goes to the optimum; see reinforce",
    Regime.BATCH: "re-optimise every=episode instead",
    Regime.REOPTIMISED: None,
}


@dataclass(frozen=True)
class Surrogate(Tabular):
    """Sets its policy to the optimum of sum_s r_s log pi(a_s | o_s) over all steps so far, before every action.

    ``floor`` is the least probability of an action, without which a negative reward makes the objective unbounded.
    ``prior`` is credit that every action begins with: without a floor, the urn of Roth and Erev (Games and Economic
    Behavior 8, 1995). Observations of which nothing is known are left uniform.
    """

    floor: float = 0.01
    prior: float = 0.0
    every: str = "action"
    episodes: int = 1_000
    regime: str = "reoptimised"

    def __post_init__(self) -> None:
        if not 0 <= self.floor < 0.5:
            raise ValueError(f"floor must lie between 0 and 0.5, not {self.floor}")
        if self.prior < 0:
            raise ValueError(f"prior must be at least 0, not {self.prior}")
        if self.every not in EVERY:
            raise ValueError(f"every {self.every!r}{nearest(self.every, EVERY)}")
        if self.episodes < 0:
            raise ValueError(f"episodes must be at least 0, not {self.episodes}")
        regime(self.regime, REFUSED, "surrogate")

    @property
    def length(self) -> int:
        """Episodes."""
        return self.episodes

    def train(self, practice: Practice, learners: Population, amount: int) -> None:
        """All keys in one pass, each from its own stream."""
        practice.surrogate(learners, amount, self.floor, self.prior, self.every)

    def read(self, practice: Practice, table: Floats) -> Policy:
        """What is measured is the policy re-optimised once more."""
        told = practice.view
        return told.table(refit(table, told.legal, self.floor, self.prior).probability)
