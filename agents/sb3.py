"""Learners of stable-baselines3 and sb3-contrib, each trained on many copies of its seat and then tabulated."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from arena.game.game import Floats
from arena.learn.learner import Arrays, Resumable
from arena.learn.practice import Practice
from arena.learn.regime import Regime, regime
from arena.learn.standstill import Certificate, certificate, own_up, until_still
from arena.play.agent import Keys
from arena.play.policy import Policy, remembering
from arena.plugins import kebab

NO_OPTIMUM = (
    "its loss has none: the less probable it makes an action that did worse than expected, the smaller it is, without "
    "end; use ppo, whose loss is clipped, or batch"
)
NO_TIME = "it updates after every round, and a rollout of one round has nothing to send back through time; use batch"


@dataclass(frozen=True)
class Library(Resumable):
    """A learner of stable-baselines3 with its own networks and losses, one network a key.

    It plays ``copies`` of its seat side by side for ``steps`` rounds in all, and is then tabulated: one forward pass
    over every observation there is. An action that is illegal is carried out as what it folds to, and is what the
    learner believes to have done. It is paid for, and learns from, every round of an episode; the rounds that happen
    only in an overseer's simulation are among them, which ``reinforce`` leaves out.

    Regimes: ``batch`` updates after every ``rollout`` rounds of all copies. ``online`` updates after every round of
    all copies, as often as the library can, in deployment too. ``frozen`` does the same, but every episode ends for
    the learner where deployment begins, and so nothing of it is learned. ``reoptimised`` updates after every ``every``
    episodes of each copy, counted at full length. Each update begins with a fresh optimiser and goes on with the
    library's own loss on what it learns from, in passes of 50 gradient steps, until two in a row change no
    probability at any observation by more than ``tolerance``, or ``passes`` are made; ``certificates`` says which.

    Raffin et al., Stable-Baselines3: Reliable Reinforcement Learning Implementations, JMLR 22 (2021).
    """

    chunk: ClassVar[int | None] = 1
    unit: ClassVar[str] = "steps"
    library: ClassVar[str] = "stable_baselines3"
    refused: ClassVar[dict[Regime, str | None]] = dict.fromkeys(Regime)

    steps: int = 30_000
    copies: int = 64
    rollout: int = 32  # rounds of every copy between updates, under regime batch
    learning_rate: float = 0.003
    regime: str = "batch"
    every: int = 5  # reoptimised: episodes of every copy between re-optimisations
    tolerance: float = 0.02
    passes: int = 20

    def __post_init__(self) -> None:
        for setting in ("steps", "copies", "rollout", "learning_rate", "every", "tolerance", "passes"):
            if getattr(self, setting) <= 0:
                raise ValueError(f"{setting} must be positive, not {getattr(self, setting)}")
        regime(self.regime, self.refused, kebab(type(self).__name__))
        if self.copies * self.rounds(1) < 2:
            raise ValueError("an update needs at least 2 rounds: more copies, or a longer rollout under regime batch")

    @property
    def length(self) -> int:
        """Rounds of all copies together."""
        return self.steps

    def rounds(self, horizon: int) -> int:
        """How many rounds of every copy lie between two updates, where an episode has ``horizon`` at most."""
        return {Regime.BATCH: self.rollout, Regime.REOPTIMISED: self.every * horizon}.get(Regime(self.regime), 1)

    def algorithm(self) -> Any:
        """The library's class; a TurncoatError if the library is not installed."""
        try:
            return getattr(import_module(self.library), type(self).__name__)
        except ModuleNotFoundError:
            package = self.library.replace("_", "-")
            raise self.refuse(f"needs {package}: pip install {package}") from None

    @abstractmethod
    def make(self, environment: Any, rounds: int, **common: Any) -> Any:
        """The library's object, untrained, to be updated after so many rounds; ``common`` is what all are told."""

    def read(self, practice: Practice, policy: Any) -> Policy:
        """What a feed-forward actor does: one forward pass over every observation there is."""
        import torch

        told = practice.view
        with torch.no_grad():
            weight = self.weigh(policy, torch.as_tensor(told.vectors())).numpy().astype(np.float64)
        weight /= weight.sum(axis=1, keepdims=True)
        return told.table(weight.reshape(told.clocks, len(told.rows), len(told.actions)))

    def weigh(self, policy: Any, vectors: Any) -> Any:
        """Probabilities of the actions for observations ``vectors [n, factors]``. ``[n, A]``"""
        return policy.get_distribution(vectors).distribution.probs

    def answers(self, practice: Practice, policy: Any) -> Floats:
        """What stands still when a re-optimisation is over: here the probabilities everywhere."""
        return self.read(practice, policy).probability

    def start_pass(self, model: Any) -> None:
        """What a learner does before every pass of a re-optimisation."""

    def certificates(self, arrays: Arrays) -> list[Certificate]:
        """How far the re-optimisations of every learner went; under regime reoptimised alone."""
        return [certificate(arrays[f"{number}/certificate"]) for number in range(len(arrays["keys"]))]

    def begin(self, practice: Practice, keys: Keys) -> Arrays:
        """Networks with their first, random weights."""
        return self.advance(practice, {"keys": np.asarray(keys, np.uint64)}, 0, 0)

    def advance(self, practice: Practice, arrays: Arrays, done: int, until: int) -> Arrays:
        """Train every network to its first update at or after ``until`` steps."""
        from arena.learn.snapshot import snapshot, train_until

        found = {"keys": arrays["keys"]}
        for number, model in enumerate(self._models(practice, arrays)):
            if model.num_timesteps < min(until, self.steps):
                train_until(model, until, self.steps)
                if self.regime == Regime.REOPTIMISED and model.num_timesteps >= self.steps:
                    own_up(model, kebab(type(self).__name__), self.tolerance)
            found |= {f"{number}/{name}": array for name, array in snapshot(model).items()}
        return found

    def tabulate(self, practice: Practice, arrays: Arrays) -> Sequence[Policy]:
        """What every network does at every observation."""
        return [self.read(practice, model.policy) for model in self._models(practice, arrays)]

    def _models(self, practice: Practice, arrays: Arrays) -> Iterator[Any]:
        """One network a key, as it was left; on one thread, so that it does not depend on the machine's cores.

        All of them draw from the same global generators: each is to be done with before the next is asked for.
        """
        import torch
        from stable_baselines3.common.logger import Logger

        from arena.learn.snapshot import restore

        torch.set_num_threads(1)
        for number, key in enumerate(arrays["keys"]):
            environment = practice.vector(self.copies, int(key))
            if self.regime == Regime.FROZEN:
                environment.end_at_deployment()
            model = self.make(
                environment,
                self.rounds(practice.view.horizon),
                learning_rate=self.learning_rate,
                gamma=practice.view.discount,
                seed=int(key) % 2**31,
                device="cpu",
            )
            model.set_logger(Logger(None, []))  # or it leaves a folder in the system's temporary one
            if self.regime == Regime.REOPTIMISED:
                answers, start = partial(self.answers, practice, model.policy), partial(self.start_pass, model)
                until_still(model, answers, start, self.tolerance, self.passes)
            left = {name.removeprefix(f"{number}/"): a for name, a in arrays.items() if name.startswith(f"{number}/")}
            if left:
                restore(model, left)
            yield model


@dataclass(frozen=True)
class PPO(Library):
    """PPO of stable-baselines3, on copies stepped as arrays, then tabulated.

    Schulman et al., Proximal Policy Optimization Algorithms (2017), arXiv 1707.06347.
    """

    entropy: float = 0.0

    def make(self, environment: Any, rounds: int, **common: Any) -> Any:
        """Two small networks of their own for actor and critic, 5 epochs an update."""
        whole = self.copies * rounds
        return self.algorithm()(
            "MlpPolicy",
            environment,
            n_steps=rounds,
            batch_size=whole if self.regime == Regime.REOPTIMISED else min(512, whole),
            n_epochs=5,
            ent_coef=self.entropy,
            **common,
        )


@dataclass(frozen=True)
class A2C(Library):
    """A2C of stable-baselines3, on copies stepped as arrays, then tabulated.

    ``reoptimised`` is refused: there is no optimum to go to. Mnih et al., Asynchronous Methods for Deep Reinforcement
    Learning, ICML 2016.
    """

    refused: ClassVar[dict[Regime, str | None]] = Library.refused | {Regime.REOPTIMISED: NO_OPTIMUM}

    steps: int = 60_000
    rollout: int = 8
    entropy: float = 0.0

    def make(self, environment: Any, rounds: int, **common: Any) -> Any:
        """Two small networks of their own for actor and critic, one gradient step an update."""
        return self.algorithm()("MlpPolicy", environment, n_steps=rounds, ent_coef=self.entropy, **common)


@dataclass(frozen=True)
class DQN(Library):
    """DQN of stable-baselines3, measured as the greedy policy on what it has learned.

    It explores with a probability that falls from 1 to ``epsilon`` over the first ``exploration`` of its training; what
    is measured does not explore. ``reoptimised``, a pass is an iteration of fitted Q on all that is remembered, and the
    values are to stand still. Mnih et al., Human-level control through deep reinforcement learning, Nature 518
    (2015).
    """

    copies: int = 32
    rollout: int = 1
    tolerance: float = 0.1  # of the range of the values, which tremble as they are fitted to samples
    epsilon: float = 0.05
    exploration: float = 0.5
    target: int = 25  # rounds between copies of the network that values the next observation
    memory: int = 30_000  # steps remembered

    def __post_init__(self) -> None:
        super().__post_init__()
        for setting in ("epsilon", "exploration"):
            if not 0 <= getattr(self, setting) <= 1:
                raise ValueError(f"{setting} must lie between 0 and 1, not {getattr(self, setting)}")
        if self.target < 1:
            raise ValueError(f"target must be at least 1, not {self.target}")
        if self.memory < self.copies:
            raise ValueError(f"memory must hold a round of every copy: at least {self.copies}, not {self.memory}")

    def make(self, environment: Any, rounds: int, **common: Any) -> Any:
        """One small network and its delayed copy, one gradient step on 128 remembered steps an update."""
        return self.algorithm()(
            "MlpPolicy",
            environment,
            buffer_size=self.memory,
            learning_starts=min(1_000, self.steps // 10),
            batch_size=1024 if self.regime == Regime.REOPTIMISED else 128,
            train_freq=rounds,
            gradient_steps=1,
            target_update_interval=self.target * self.copies,
            exploration_fraction=self.exploration,
            exploration_final_eps=self.epsilon,
            **common,
        )

    def weigh(self, policy: Any, vectors: Any) -> Any:
        """One for the action valued most."""
        import torch

        values = policy.q_net(vectors)
        return torch.nn.functional.one_hot(values.argmax(dim=1), values.shape[1])

    def answers(self, practice: Practice, policy: Any) -> Floats:
        """The values everywhere, in units of their range."""
        import torch

        with torch.no_grad():
            values: NDArray[np.float64] = policy.q_net(torch.as_tensor(practice.view.vectors())).numpy().astype(float)
        return values / max(float(np.ptp(values)), 1e-12)

    def start_pass(self, model: Any) -> None:
        """Value the next observation by the network as it stands: a pass is one iteration of fitted Q."""
        model.q_net_target.load_state_dict(model.q_net.state_dict())


@dataclass(frozen=True)
class RecurrentPPO(PPO):
    """PPO of sb3-contrib with an LSTM, tabulated over everything that its seat can remember.

    The library's memory goes through the steps of an overseer's simulation like through any other; where it is
    tabulated, such a step leaves no memory, as it leaves none in any policy here. ``online`` is refused, and so is
    ``frozen``, as both update after every round: a rollout of one round has nothing to send back through time.
    ``reoptimised`` is refused as well: whether it stands still would be asked of every history after every pass.

    Hochreiter and Schmidhuber, Long Short-Term Memory, Neural Computation 9 (1997); sb3-contrib, RecurrentPPO.
    """

    library: ClassVar[str] = "sb3_contrib"
    refused: ClassVar[dict[Regime, str | None]] = Library.refused | {
        Regime.ONLINE: NO_TIME,
        Regime.FROZEN: NO_TIME,
        Regime.REOPTIMISED: "whether it stands still would be asked of every history, after every pass; use batch",
    }

    units: int = 32  # of the LSTM

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.units < 1:
            raise ValueError(f"units must be at least 1, not {self.units}")

    def make(self, environment: Any, rounds: int, **common: Any) -> Any:
        """One LSTM each for actor and critic under a small network, 5 epochs an update."""
        from stable_baselines3.common.torch_layers import FlattenExtractor

        class Flat(FlattenExtractor):
            """Counts its features in Python's integers: torch's LSTM refuses the NumPy integer that they come in."""

            def __init__(self, space: Any) -> None:
                super().__init__(space)
                self._features_dim = int(self._features_dim)

        return self.algorithm()(
            "MlpLstmPolicy",
            environment,
            n_steps=rounds,
            batch_size=min(512, self.copies * rounds),
            n_epochs=5,
            ent_coef=self.entropy,
            policy_kwargs={"lstm_hidden_size": self.units, "features_extractor_class": Flat},
            **common,
        )

    def read(self, practice: Practice, policy: Any) -> Policy:
        """What it does after every history: the LSTM carried from every information state to those after it."""
        import torch

        memory = practice.memory
        weight = np.zeros(memory.legal.shape)
        lstm = policy.lstm_actor
        hidden, cell = torch.zeros(2, lstm.num_layers, len(memory), lstm.hidden_size)
        vectors = torch.as_tensor(memory.vectors)
        with torch.no_grad():
            for level in memory.levels:
                begins = torch.as_tensor(memory.parent[level] < 0, dtype=torch.float32)
                before = torch.as_tensor(np.maximum(memory.parent[level], 0))
                left = hidden[:, before].contiguous(), cell[:, before].contiguous()
                chosen, (now, kept) = policy.get_distribution(vectors[level], left, begins)
                hidden[:, level], cell[:, level] = now, kept
                weight[level] = chosen.distribution.probs.numpy()
        return remembering(memory, weight / weight.sum(axis=1, keepdims=True))

    def wiped(self, practice: Practice, arrays: Arrays) -> Sequence[Policy]:
        """What every network does with the LSTM put back to its beginning before every observation."""
        import torch

        told = practice.view
        vectors, found = torch.as_tensor(told.vectors()), []
        for model in self._models(practice, arrays):
            lstm = model.policy.lstm_actor
            blank = torch.zeros(2, lstm.num_layers, len(vectors), lstm.hidden_size).unbind()
            with torch.no_grad():
                chosen, _ = model.policy.get_distribution(vectors, blank, torch.ones(len(vectors)))
            weight = chosen.distribution.probs.numpy().astype(np.float64)
            weight /= weight.sum(axis=1, keepdims=True)
            found.append(told.table(weight.reshape(told.clocks, len(told.rows), -1)))
        return found
