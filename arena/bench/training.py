"""A learner's whole training: where stepping is only a part, what is gained by doing it in arrays."""

from collections.abc import Callable
from typing import Any

from arena.bench.row import Row, compare

COPIES, ROLLOUT, ITERATIONS = 256, 64, 3
STEPS = COPIES * ROLLOUT * ITERATIONS


def ppo() -> Row:
    """stable-baselines3's PPO on the native ``VecEnv`` and on its ``DummyVecEnv`` of as many Gymnasium views.

    Same learner, same settings, same number of steps, one thread. With 256 copies a rollout of 64 rounds is 16,384
    steps, learned from in 4 epochs of batches of 4,096: settings for many copies, where half of the native run is the
    learner's own arithmetic. Smaller batches and more epochs are the same for both sides and bring the ratio nearer to
    one (with SB3's defaults for one copy, 64 and 10, nearly all the time is the learner's).
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
            training(lambda: vector_env(game, COPIES)),
            training(lambda: DummyVecEnv([lambda: gym_env(game)] * COPIES)),
            repeats=3,
        )
    finally:
        torch.set_num_threads(threads)
    what = f"SB3 PPO, VecEnv of {COPIES} copies"
    return Row(what, f"SB3 PPO, DummyVecEnv of {COPIES} Gymnasium views", STEPS / ours, STEPS / theirs, target=2.0)


def training(make: Callable[[], Any]) -> Callable[[], None]:
    """A function that trains a new learner from scratch."""
    from stable_baselines3 import PPO

    def train() -> None:
        learner = PPO("MlpPolicy", make(), n_steps=ROLLOUT, batch_size=4096, n_epochs=4, seed=0, device="cpu")
        learner.learn(STEPS)

    return train
