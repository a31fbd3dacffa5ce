"""Learners of stable-baselines3 and sb3-contrib, each trained on many copies of its seat and then tabulated."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from arena.learn.learner import Arrays, Resumable
from arena.learn.practice import Practice
from arena.learn.regime import Regime, regime
from arena.play.agent import Keys
from arena.play.policy import Policy, remembering
from arena.plugins import kebab

NO_OBJECTIVE = (
    "a library's learner has no objective over what was played before: to train it anew is regime batch with another "
    "seed; see surrogate, which re-optimises on all that was played"
)


@dataclass(frozen=True)
class Library(Resumable):
    """A learner of stable-baselines3 with its own networks and losses, one network a key.

    It plays ``copies`` of its seat side by side for ``steps`` rounds in all, and is then tabulated: one forward pass
    over every observation there is. An action that is illegal is carried out as what it folds to, and is what the
    learner believes to have done. It is paid for, and learns from, every round of an episode; the rounds that happen
    only in an overseer's simulation are among them, which ``reinforce`` leaves out.

    Regimes: ``batch`` updates after every ``rollout`` rounds of all copies. ``online`` updates after every round of
    all copies, as often as the library can, in deployment too. ``frozen`` does the same, but every episode ends for
    the learner where deployment begins, and so nothing of it is learned. ``reoptimised`` is refused.

    Raffin et al., Stable-Baselines3: Reliable Reinforcement Learning Implementations, JMLR 22 (2021).
    """

    chunk: ClassVar[int | None] = 1
    unit: ClassVar[str] = "steps"
    refused: ClassVar[dict[Regime, str | None]] = dict.fromkeys(Regime) | {Regime.REOPTIMISED: NO_OBJECTIVE}

    steps: int = 30_000
    copies: int = 64
    rollout: int = 32  # rounds of every copy between updates, under regime batch
    learning_rate: float = 0.003
    regime: str = "batch"

    def __post_init__(self) -> None:
        for setting in ("steps", "copies", "rollout", "learning_rate"):
            if getattr(self, setting) <= 0:
                raise ValueError(f"{setting} must be positive, not {getattr(self, setting)}")
        regime(self.regime, self.refused, kebab(type(self).__name__))
        if self.copies * self.rounds < 2:
            raise ValueError("an update needs at least 2 rounds: more copies, or a longer rollout under regime batch")

    @property
    def length(self) -> int:
        """Rounds of all copies together."""
        return self.steps

    @property
    def rounds(self) -> int:
        """How many rounds of every copy lie between two updates."""
        return self.rollout if self.regime == Regime.BATCH else 1

    @abstractmethod
    def make(self, environment: Any, **common: Any) -> Any:
        """The library's object, untrained; ``common`` is what all of them are told."""

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

    def begin(self, practice: Practice, keys: Keys) -> Arrays:
        """Networks with their first, random weights."""
        return self.advance(practice, {"keys": np.asarray(keys, np.uint64)}, 0, 0)

    def advance(self, practice: Practice, arrays: Arrays, done: int, until: int) -> Arrays:
        """Train every network to its first update at or after ``until`` steps."""
        from arena.learn.snapshot import snapshot

        found = {"keys": arrays["keys"]}
        for number, model in enumerate(self._models(practice, arrays)):
            if model.num_timesteps < min(until, self.steps):
                self._train(model, until)
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
                learning_rate=self.learning_rate,
                gamma=practice.view.discount,
                seed=int(key) % 2**31,
                device="cpu",
            )
            model.set_logger(Logger(None, []))  # or it leaves a folder in the system's temporary one
            left = {name.removeprefix(f"{number}/"): a for name, a in arrays.items() if name.startswith(f"{number}/")}
            if left:
                restore(model, left)
            yield model

    def _train(self, model: Any, until: int) -> None:
        """Learn to the end of the training, but stop where a rollout would begin at ``until`` steps or more."""
        from stable_baselines3.common.callbacks import BaseCallback

        class Pause(BaseCallback):
            """Leaves the library's loop by the only door that is not in the middle of a rollout."""

            def _on_rollout_start(self) -> None:
                if self.num_timesteps >= until:
                    raise _PauseError

            def _on_step(self) -> bool:
                return True

        done = model.num_timesteps
        with suppress(_PauseError):
            model.learn(self.steps - done, callback=Pause(), reset_num_timesteps=done == 0)


class _PauseError(Exception):
    """The segment is over."""


@dataclass(frozen=True)
class PPO(Library):
    """PPO of stable-baselines3, on copies stepped as arrays, then tabulated.

    Schulman et al., Proximal Policy Optimization Algorithms (2017), arXiv 1707.06347.
    """

    entropy: float = 0.0

    def make(self, environment: Any, **common: Any) -> Any:
        """Two small networks of their own for actor and critic, 5 epochs an update."""
        from stable_baselines3 import PPO

        batch = min(512, self.copies * self.rounds)
        return PPO(
            "MlpPolicy",
            environment,
            n_steps=self.rounds,
            batch_size=batch,
            n_epochs=5,
            ent_coef=self.entropy,
            **common,
        )


@dataclass(frozen=True)
class A2C(Library):
    """A2C of stable-baselines3, on copies stepped as arrays, then tabulated.

    Mnih et al., Asynchronous Methods for Deep Reinforcement Learning, ICML 2016.
    """

    steps: int = 60_000
    rollout: int = 8
    entropy: float = 0.0

    def make(self, environment: Any, **common: Any) -> Any:
        """Two small networks of their own for actor and critic, one gradient step an update."""
        from stable_baselines3 import A2C

        return A2C("MlpPolicy", environment, n_steps=self.rounds, ent_coef=self.entropy, **common)


@dataclass(frozen=True)
class DQN(Library):
    """DQN of stable-baselines3, measured as the greedy policy on what it has learned.

    It explores with a probability that falls from 1 to ``epsilon`` over the first ``exploration`` of its training; what
    is measured does not explore. Mnih et al., Human-level control through deep reinforcement learning, Nature 518
    (2015).
    """

    copies: int = 32
    rollout: int = 1
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

    def make(self, environment: Any, **common: Any) -> Any:
        """One small network and its delayed copy, one gradient step on 128 remembered steps an update."""
        from stable_baselines3 import DQN

        return DQN(
            "MlpPolicy",
            environment,
            buffer_size=self.memory,
            learning_starts=min(1_000, self.steps // 10),
            batch_size=128,
            train_freq=self.rounds,
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


@dataclass(frozen=True)
class RecurrentPPO(PPO):
    """PPO of sb3-contrib with an LSTM, tabulated over everything that its seat can remember.

    The library's memory goes through the steps of an overseer's simulation like through any other; where it is
    tabulated, such a step leaves no memory, as it leaves none in any policy here. ``online`` is refused, and so is
    ``frozen``, as both update after every round: a rollout of one round has nothing to send back through time.

    Hochreiter and Schmidhuber, Long Short-Term Memory, Neural Computation 9 (1997); sb3-contrib, RecurrentPPO.
    """

    refused: ClassVar[dict[Regime, str | None]] = Library.refused | dict.fromkeys(
        (Regime.ONLINE, Regime.FROZEN),
        "it updates after every round, and a rollout of one round has nothing to send back through time; use batch",
    )

    units: int = 32  # of the LSTM

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.units < 1:
            raise ValueError(f"units must be at least 1, not {self.units}")

    def make(self, environment: Any, **common: Any) -> Any:
        """One LSTM each for actor and critic under a small network, 5 epochs an update.

        Raises:
            TurncoatError: sb3-contrib is not installed.
        """
        try:
            from sb3_contrib import RecurrentPPO
        except ModuleNotFoundError:
            raise self.refuse("needs sb3-contrib: pip install sb3-contrib") from None
        from stable_baselines3.common.torch_layers import FlattenExtractor

        class Flat(FlattenExtractor):
            """Counts its features in Python's integers: torch's LSTM refuses the NumPy integer that they come in."""

            def __init__(self, space: Any) -> None:
                super().__init__(space)
                self._features_dim = int(self._features_dim)

        return RecurrentPPO(
            "MlpLstmPolicy",
            environment,
            n_steps=self.rounds,
            batch_size=min(512, self.copies * self.rounds),
            n_epochs=5,
            ent_coef=self.entropy,
            policy_kwargs={"lstm_hidden_size": self.units, "features_extractor_class": Flat},
            **common,
        )

    def read(self, practice: Practice, policy: Any) -> Policy:
        """What it does after every history: the LSTM carried from every information state to those after it."""
        import torch

        from arena.game.unroll import unroll

        memory = unroll(practice._game, practice._seat)
        weight = np.zeros(memory.legal.shape)
        hidden, cell = torch.zeros(2, 1, len(memory), self.units)
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
