"""What an update costs: online against loops that others would write, and re-optimised as the history grows."""

from typing import Any

import numpy as np

from arena.bench.row import Row, compare
from arena.game.game import Game
from arena.game.scenario import find
from arena.learn.population import Population
from arena.learn.practice import Practice

LEARNERS, EPISODES = 1000, 200
WHAT = f"reinforce, {LEARNERS:,} learners"
LEVEL = 1e4**-0.05  # a growth exponent of .05 from 10^2 to 10^6 timesteps


def online_speed(game: Game) -> tuple[Any, int]:
    """Our side: a population trained by the kernel, and how many rounds that is at most."""
    practice, keys = Practice(game, "model", {}), np.arange(LEARNERS, dtype=np.uint64)
    return lambda: practice.online(practice.begin(keys), EPISODES, 0.01, 1.0), LEARNERS * EPISODES * game.horizon


def against_torch() -> Row:
    """The same rule as one writes it with automatic differentiation: a backward pass after every timestep."""
    import torch

    from arena.adapters.single import gym_env

    game = find("deferral-ladder").compile()
    ours, rounds = online_speed(game)
    torch.set_num_threads(1)
    environment, theta = gym_env(game), torch.zeros((7, 2, 2), dtype=torch.float64, requires_grad=True)
    peers = 300

    def play() -> None:
        seen, _ = environment.reset(seed=0)
        for _ in range(peers):
            logits = theta[seen[-1], seen[0]]
            chance = torch.log_softmax(logits, 0)
            action = int(torch.multinomial(chance.detach().exp(), 1))
            (slope,) = torch.autograd.grad(chance[action], theta)
            seen, reward, over, _, _ = environment.step(action)
            with torch.no_grad():
                theta.add_(slope, alpha=0.01 * reward)
            if over:
                seen, _ = environment.reset()

    mine, theirs = compare(ours, play, repeats=5)
    return Row(WHAT, "a loop with a backward pass a timestep in torch", rounds / mine, peers / theirs, target=1000.0)


def against_a2c() -> Row:
    """stable-baselines3's A2C with its own settings, on 16 copies: another algorithm, for orientation only."""
    import stable_baselines3
    import torch

    from arena.adapters.vector import GameVecEnv

    game = find("deferral-ladder").compile()
    ours, rounds = online_speed(game)
    torch.set_num_threads(1)
    learner = stable_baselines3.A2C("MlpPolicy", GameVecEnv(game, 16, "model", {}, 0), device="cpu", seed=0)
    peers = 2_000
    mine, theirs = compare(ours, lambda: learner.learn(peers), repeats=3)
    return Row(WHAT, "stable-baselines3 A2C, 16 copies", rounds / mine, peers / theirs, target=None)


def refit_growth() -> Row:
    """A re-optimised step after 10^6 timesteps against one after 10^2: the history's length must not show."""
    game = find("deferral-ladder").compile(discount=0.9)
    practice, keys = Practice(game, "model", {}), np.arange(200, dtype=np.uint64)
    young, old = practice.begin(keys), practice.begin(keys)
    practice.surrogate(young, 100 // game.horizon, 0.1, 0.0, "action")
    practice.surrogate(old, 10**6 // game.horizon, 0.1, 0.0, "action")

    def go_on(learners: Population) -> Any:
        def play() -> None:
            copy = Population(learners.table.copy(), learners.rng.copy(), learners.mean, learners.counted)
            practice.surrogate(copy, 500, 0.1, 0.0, "action")

        return play

    mine, theirs = compare(go_on(old), go_on(young), repeats=7)
    rounds = 200 * 500 * game.horizon
    what, against = "surrogate refitted before every action, after 10^6 timesteps", "the same after 10^2"
    return Row(what, against, rounds / mine, rounds / theirs, target=LEVEL)


def refit_against_history() -> Row:
    """The same optimum, refitted in torch on the raw history of 10^4 timesteps by L-BFGS."""
    import torch

    game = find("deferral-ladder").compile(discount=0.9)
    practice = Practice(game, "model", {})
    rng = np.random.default_rng(0)
    lines = torch.as_tensor(rng.integers(0, 12, 10**4))
    actions = torch.as_tensor(rng.integers(0, 2, 10**4))
    rewards = torch.as_tensor(rng.random(10**4))
    torch.set_num_threads(1)

    def refit() -> None:
        theta = torch.zeros((12, 2), dtype=torch.float64, requires_grad=True)
        solver: Any = torch.optim.LBFGS([theta], max_iter=100, tolerance_grad=1e-6, line_search_fn="strong_wolfe")

        def closure() -> Any:
            solver.zero_grad()
            chance = torch.log_softmax(theta, 1)[lines, actions]
            loss: Any = -(rewards * chance).mean()
            loss.backward()
            return loss

        solver.step(closure)

    learners = practice.begin(np.arange(200, dtype=np.uint64))
    mine, theirs = compare(lambda: practice.surrogate(learners, 500, 0.1, 0.0, "action"), refit, repeats=5)
    rounds = 200 * 500 * game.horizon
    what, against = "surrogate refitted before every action", "refitting on the raw history of 10^4 timesteps in torch"
    return Row(what, against, rounds / mine, 1 / theirs, target=1000.0)
