"""A learner's whole training: where stepping is only a part, what is gained by doing it in arrays."""

from collections.abc import Callable
from typing import Any

from arena.bench.row import Row, compare

COPIES, ROLLOUT, EPOCHS, BATCHES, ITERATIONS = 256, 128, 4, 4, 2
STEPS = COPIES * ROLLOUT * ITERATIONS
BATCH = COPIES * ROLLOUT // BATCHES


def ppo() -> Row:
    """stable-baselines3's PPO on the native ``VecEnv`` and on its ``DummyVecEnv`` of as many Gymnasium views.

    Same settings, same number of steps, one thread. A rollout is 256 copies for 128 rounds, learned from in 4 epochs
    of 4 batches, as PPO's reference implementations do. More than half of the native run is then the learner's own
    arithmetic, which is the same on both sides: the ratio says what a user gains, not how fast the stepping is, and
    comes nearer to one with more epochs or smaller batches.
    """
    import torch
    from stable_baselines3.common.vec_env import DummyVecEnv

    from arena.adapters.single import gym_env
    from arena.adapters.vector import vector_env
    from arena.game.scenario import find

    game = find("deferral-ladder").compile()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        ours, theirs = compare(
            training(vector_env(game, COPIES)),
            training(DummyVecEnv([lambda: gym_env(game)] * COPIES)),
            repeats=5,
        )
    finally:
        torch.set_num_threads(threads)
    what = f"SB3 PPO, VecEnv of {COPIES} copies"
    return Row(what, f"SB3 PPO, DummyVecEnv of {COPIES} Gymnasium views", STEPS / ours, STEPS / theirs, target=2.0)


def training(environment: Any) -> Callable[[], None]:
    """A function that trains a new learner from scratch."""
    from stable_baselines3 import PPO
    from stable_baselines3.common.logger import Logger

    def train() -> None:
        learner = PPO(
            "MlpPolicy", environment, n_steps=ROLLOUT, batch_size=BATCH, n_epochs=EPOCHS, seed=0, device="cpu"
        )
        learner.set_logger(Logger(None, []))  # or it makes a folder in the system's temporary one every time
        learner.learn(STEPS)

    return train
