"""Proximal policy optimisation from stable-baselines3."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from arena.game.game import Floats
from arena.learn.learner import Learner
from arena.learn.practice import Practice
from arena.play.agent import Keys
from arena.play.policy import Policy


@dataclass(frozen=True)
class PPO(Learner):
    """PPO with stable-baselines3's networks and losses, trained on copies stepped as arrays, then tabulated.

    Schulman et al., Proximal Policy Optimization Algorithms (2017), arXiv 1707.06347; Raffin et al.,
    Stable-Baselines3, JMLR 22 (2021).
    """

    name: ClassVar[str] = "ppo"
    chunk: ClassVar[int | None] = 1

    steps: int = 30_000
    copies: int = 64
    rollout: int = 32  # rounds of every copy between updates
    learning_rate: float = 0.003
    entropy: float = 0.0

    def __post_init__(self) -> None:
        for setting in ("steps", "copies", "rollout", "learning_rate"):
            if getattr(self, setting) <= 0:
                raise ValueError(f"{setting} must be positive, not {getattr(self, setting)}")
        if self.copies * self.rollout < 2:
            raise ValueError("copies * rollout must be at least 2")

    def learn(self, practice: Practice, keys: Keys) -> Sequence[Policy]:
        """One network a key, on one thread so that a key's result does not depend on the machine's cores."""
        import stable_baselines3
        import torch

        torch.set_num_threads(1)
        learned = []
        for key in keys:
            environment = practice.vector(self.copies, int(key))
            learner = stable_baselines3.PPO(
                "MlpPolicy",
                environment,
                n_steps=self.rollout,
                batch_size=min(512, self.copies * self.rollout),
                n_epochs=5,
                learning_rate=self.learning_rate,
                gamma=practice.view.discount,
                ent_coef=self.entropy,
                seed=int(key) % 2**31,
                device="cpu",
            )
            learner.learn(self.steps)
            learned.append(practice.view.table(probabilities(learner.policy, practice)))
        return learned


def probabilities(policy: Any, practice: Practice) -> Floats:
    """Tabulate a feed-forward actor: one forward pass over every observation there is. ``[clock, O, A]``"""
    import torch

    told = practice.view
    with torch.no_grad():
        vectors = torch.as_tensor(told.vectors())
        weight = policy.get_distribution(vectors).distribution.probs.numpy().astype(np.float64)
    weight /= weight.sum(axis=1, keepdims=True)
    return np.asarray(weight).reshape(told.clocks, len(told.rows), len(told.actions))
