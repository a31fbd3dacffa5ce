"""Learners that are neural networks: online policy gradient, and full re-optimisation of the surrogate."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from arena.errors import TurncoatError, nearest
from arena.game.game import Floats
from arena.learn.learner import Arrays, Resumable
from arena.learn.population import Population
from arena.learn.practice import EVERY, Practice
from arena.learn.regime import Regime, regime
from arena.play.agent import Keys
from arena.play.policy import Policy, remembering

if TYPE_CHECKING:  # torch takes seconds to import, and listing the agents must not wait for it
    from arena.learn.networks import Network
    from arena.learn.surrogate_network import Surrogate

NO_OPTIMUM = "it takes gradient steps and never goes to an optimum; see surrogate-mlp"
NO_STEP = "it has no step size: it goes to the optimum; see mlp"
REFUSED = {
    Regime.ONLINE: NO_STEP,
    Regime.FROZEN: NO_STEP,
    Regime.BATCH: "re-optimise every=episode instead",
    Regime.REOPTIMISED: None,
}


@dataclass(frozen=True)
class Gradient(Resumable):
    """Base of the networks trained online; the settings are those of ``reinforce``."""

    trace: float = 1.0
    alpha: float = 0.02
    episodes: int = 500
    hidden: int = 16
    baseline: bool = False  # subtract the mean of the rewards so far
    regime: str = "online"
    hold: int = 0  # episodes between updates, under regime batch

    def __post_init__(self) -> None:
        if not 0 <= self.trace <= 1:
            raise ValueError(f"trace must lie between 0 and 1, not {self.trace}")
        if self.alpha <= 0:
            raise ValueError(f"alpha must be positive, not {self.alpha}")
        _at_least(self, hidden=1, episodes=0)
        allowed = dict.fromkeys(Regime) | {Regime.REOPTIMISED: NO_OPTIMUM}
        batch = regime(self.regime, allowed, type(self).__name__.lower()) is Regime.BATCH
        if batch and (self.hold < 1 or self.episodes % self.hold):
            raise ValueError(f"regime batch needs hold, a number of episodes that divides {self.episodes}")
        if not batch and self.hold:
            raise ValueError(f"hold belongs to regime batch, not to {self.regime}")

    @abstractmethod
    def network(self, practice: Practice) -> "Network":
        """The network for a seat."""

    @property
    def length(self) -> int:
        """All episodes."""
        return self.episodes

    @property
    def grain(self) -> int:
        """Whole batches."""
        return max(1, self.hold)

    def begin(self, practice: Practice, keys: Keys) -> Arrays:
        """A uniform policy for every key, with hidden weights drawn from the key."""
        return dict(vars(self.network(practice).begin(keys)))

    def advance(self, practice: Practice, arrays: Arrays, done: int, until: int) -> Arrays:
        """All learners side by side, each from its own stream."""
        from arena.learn.network_online import online

        learners = Population(**arrays)
        online(
            practice,
            self.network(practice),
            learners,
            until - done,
            self.alpha,
            self.trace,
            Regime(self.regime),
            self.baseline,
            self.hold,
        )
        return dict(vars(learners))

    def wiped(self, practice: Practice, arrays: Arrays) -> Sequence[Policy]:
        """What every learner does with its memory put back to its beginning before every observation."""
        tables = self.network(practice).tabulated(arrays["table"][:, 0])
        return [_read(practice, table) for table in tables]


@dataclass(frozen=True)
class MLP(Gradient):
    """A multilayer perceptron with one hidden layer of tanh units, trained as ``reinforce`` is.

    After every timestep z <- trace z + grad log pi(a | o), theta <- theta + alpha (r - b) z. Unlike a table it
    generalises: what it learns at one observation bears on others. Williams, Machine Learning 8 (1992); Baxter and
    Bartlett, JAIR 15 (2001).
    """

    def network(self, practice: Practice) -> "Network":
        """The network for a seat."""
        from arena.learn import networks

        return networks.MLP(practice.view, self.hidden)

    def tabulate(self, practice: Practice, arrays: Arrays) -> Sequence[Policy]:
        """One forward pass over every observation there is; there is no memory to wipe."""
        return self.wiped(practice, arrays)


@dataclass(frozen=True)
class GRU(Gradient):
    """A gated recurrent unit that remembers its episode, trained as ``reinforce`` is, through the episode so far.

    What an overseer simulates is not experienced: it acts there on what it remembers, and remembers nothing of it. Cho
    et al. (2014), arXiv 1406.1078; Wierstra et al., Recurrent Policy Gradients, Logic Journal of the IGPL 18 (2010).
    """

    def network(self, practice: Practice) -> "Network":
        """The network for a seat."""
        from arena.learn import networks

        return networks.GRU(practice.view, self.hidden)

    def tabulate(self, practice: Practice, arrays: Arrays) -> Sequence[Policy]:
        """One forward pass over everything that can be remembered."""
        tables = self.network(practice).recalled(arrays["table"][:, 0], practice.memory)
        return [remembering(practice.memory, table) for table in tables]


@dataclass(frozen=True)
class SurrogateMLP(Resumable):
    """A perceptron set, before every action, to fit all its steps so far: max sum_s r_s log pi(a_s | o_s).

    ``floor`` is the least probability of an action, without which a negative reward makes the objective unbounded.
    ``l2`` draws the parameters to where they began, relative to the sum of the credits' sizes. Newton's method from the
    last fit, until the gradient's norm is at most 1e-6; see ``arena.learn.surrogate_network``.
    """

    chunk: ClassVar[int | None] = 1

    floor: float = 0.01
    l2: float = 1e-3
    hidden: int = 16
    every: str = "action"
    episodes: int = 30
    regime: str = "reoptimised"

    def __post_init__(self) -> None:
        if not 0 <= self.floor < 0.5:
            raise ValueError(f"floor must lie between 0 and 0.5, not {self.floor}")
        _at_least(self, l2=0, hidden=1, episodes=0)
        if self.every not in EVERY:
            raise ValueError(f"every {self.every!r}{nearest(self.every, EVERY)}")
        regime(self.regime, REFUSED, "surrogate-mlp")

    def objective(self, practice: Practice) -> "Surrogate":
        """What is maximised."""
        from arena.learn import networks
        from arena.learn.surrogate_network import Surrogate

        return Surrogate(networks.MLP(practice.view, self.hidden), self.floor, self.l2)

    @property
    def length(self) -> int:
        """All episodes."""
        return self.episodes

    def begin(self, practice: Practice, keys: Keys) -> Arrays:
        """A uniform policy for every key, with hidden weights drawn from the key."""
        from arena.learn.surrogate_network import begin

        return dict(vars(begin(self.objective(practice).network, keys)))

    def advance(self, practice: Practice, arrays: Arrays, done: int, until: int) -> Arrays:
        """Every learner fitted for itself."""
        from arena.learn.surrogate_network import Fitted, reoptimise

        learners = Fitted(**arrays)
        reoptimise(practice, self.objective(practice), learners, until - done, self.every)
        return dict(vars(learners))

    def tabulate(self, practice: Practice, arrays: Arrays) -> Sequence[Policy]:
        """The policies re-optimised once more.

        Raises:
            TurncoatError: a fit did not converge.
        """
        objective, policies = self.objective(practice), []
        for start, theta, credit in zip(arrays["start"], arrays["theta"], arrays["credit"], strict=True):
            found, certificate = objective.fit(theta, start, credit)
            if not certificate.converged:
                raise TurncoatError(
                    f"surrogate-mlp: a fit stopped after {certificate.iterations} iterations with a gradient of "
                    f"{certificate.residual:.1e}; raise l2 or floor"
                )
            policies.append(_read(practice, objective.table(found)))
        return policies


def _read(practice: Practice, table: Floats) -> Policy:
    """The policy of a table ``[clocks * O, A]``."""
    told = practice.view
    return told.table(table.reshape(told.clocks, len(told.rows), -1))


def _at_least(agent: object, **bounds: int) -> None:
    """Refuse settings below their bounds."""
    for name, bound in bounds.items():
        if getattr(agent, name) < bound:
            raise ValueError(f"{name} must be at least {bound}, not {getattr(agent, name)}")
