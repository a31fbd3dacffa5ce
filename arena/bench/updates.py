"""What an update costs: online against loops that others would write, and re-optimised as the history grows."""

from collections.abc import Callable
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


def growth(what: str, young: Callable[[], object], old: Callable[[], object], steps: int) -> Row:
    """The same steps after 10^6 timesteps of history against those after 10^2: its length must not show.

    Of runs that take turns the quickest on each side: noise only ever adds.
    """
    mine, theirs = np.min([compare(old, young, repeats=1) for _ in range(7)], axis=0)
    return Row(f"{what}, after 10^6 timesteps", "the same after 10^2", steps / mine, steps / theirs, target=LEVEL)


def refit_growth() -> Row:
    """A re-optimised step of the table."""
    game = find("deferral-ladder").compile(discount=0.9)
    practice, keys = Practice(game, "model", {}), np.arange(200, dtype=np.uint64)

    def going_on(history: int) -> Callable[[], object]:
        learners = practice.begin(keys)
        practice.surrogate(learners, history // game.horizon, 0.1, 0.0, "action")

        def play() -> None:
            copy = Population(learners.table.copy(), learners.rng.copy(), learners.mean, learners.counted)
            practice.surrogate(copy, 500, 0.1, 0.0, "action")

        return play

    what = "surrogate refitted before every action"
    return growth(what, going_on(10**2), going_on(10**6), 200 * 500 * game.horizon)


def network_refit_growth() -> Row:
    """A re-optimised step of the perceptron: one more reward, and on to the new optimum from the one before it.

    What the table has credited in its history is the history here, since playing 10^6 timesteps takes the perceptron
    hours. A step's cost has to do with what is credited, and not with who played.
    """
    from arena.learn.networks import MLP
    from arena.learn.surrogate_network import Surrogate, begin

    game = find("deferral-ladder").compile(discount=0.9)
    practice, keys = Practice(game, "model", {}), np.arange(10, dtype=np.uint64)
    surrogate = Surrogate(MLP(practice.view), floor=0.01, l2=1e-3)

    def going_on(history: int) -> Callable[[], object]:
        learners, rng = begin(surrogate.network, keys), np.random.default_rng(0)
        table = practice.begin(keys)
        practice.surrogate(table, history // game.horizon, surrogate.floor, 0.0, "action")
        fitted = [surrogate.fit(*one)[0] for one in zip(learners.start, learners.start, table.table, strict=True)]
        table.table[np.arange(len(keys)), rng.integers(table.table.shape[1], size=len(keys)), 1] += 1.0

        def step() -> None:
            for theta, start, credit in zip(fitted, learners.start, table.table, strict=True):
                surrogate.table(surrogate.fit(theta, start, credit)[0])

        return step

    return growth("surrogate-mlp refitted before every action", going_on(10**2), going_on(10**6), len(keys))


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
