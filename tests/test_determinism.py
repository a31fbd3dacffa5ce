"""Same key, same episodes: whatever the view, the number of copies, the process or Python's hash seed."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import chain

import numpy as np
import pytest

import arena
from arena import Game, kernels
from arena.bench.ladder import branching, branchless
from arena.bench.stepping import by_hand
from arena.game.game import Ints
from arena.play.policy import everybody, profile
from arena.play.stepper import Stepper
from tests.strategies import compiled
from tests.test_adapters import uniform

NAMES = tuple(arena.scenarios())
EPISODES = 40


def together(game: Game, seed: int) -> Iterator[object]:
    """Everything that whole episodes of the parallel view give out; the actions do not depend on the seed."""
    env, random = arena.parallel_env(game), np.random.default_rng(0)
    for episode in range(EPISODES):
        yield [plain(part) for part in env.reset(seed=seed if episode == 0 else None)]
        while env.agents:
            actions = {seat.name: int(random.integers(len(seat.actions))) for seat in game.seats}
            yield [plain(part) for part in env.step(actions)]


def alone(game: Game, seed: int) -> Iterator[object]:
    """The same of the views from one seat, where the other seats' policies are random too."""
    random = np.random.default_rng(0)
    single = arena.gym_env(game, others=others(game))
    for episode in range(EPISODES):
        yield plain(single.reset(seed=seed if episode == 0 else None)[0])
        over = False
        while not over:
            observation, reward, over, *_ = single.step(int(random.integers(single.action_space.n)))
            yield plain(observation), reward, over
    batch = arena.vector_env(game, copies=16, others=others(game), key=seed)
    yield plain(batch.reset())
    for _ in range(EPISODES):
        yield [plain(part) for part in batch.step(random.integers(batch.action_space.n, size=16))]


def others(game: Game) -> dict[str, arena.Policy]:
    return {seat.name: uniform(game, seat.name) for seat in game.seats[1:]}


def plain(value: object) -> object:
    """Arrays as lists, the order of a dictionary kept."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return [(key, plain(item)) for key, item in value.items()]
    return [plain(item) for item in value] if isinstance(value, list) else value


def fingerprints() -> str:
    """One line a scenario and seed."""
    lines = []
    for name in NAMES:
        game = compiled(name)
        for seed in (0, 1):
            hasher = hashlib.sha256(game.digest.encode())
            for part in chain(together(game, seed), alone(game, seed)):
                hasher.update(repr(part).encode())
            lines.append(f"{name} {seed} {hasher.hexdigest()}")
    return "\n".join(lines)


def test_whole_episodes_are_the_same_in_other_processes() -> None:
    command = [sys.executable, "-c", "from tests.test_determinism import fingerprints; print(fingerprints())"]
    runs = [
        subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True)
        for seed in ("0", "424242")
    ]
    first, second = (run.stdout.strip().splitlines() for run in runs)
    assert first == second == fingerprints().splitlines()
    assert len(first) == 2 * len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_gives_other_episodes_where_there_is_chance(name: str) -> None:
    """And the same ones where there is none: then the actions settle everything."""
    game = compiled(name)
    chance = bool((np.diff(game.start) > 1).any())
    assert (list(together(game, 0)) != list(together(game, 1))) == chance
    chance |= any((seat.legal.sum(axis=1) > 1).any() for seat in game.seats if seat.name != "model")
    assert (list(alone(game, 0)) != list(alone(game, 1))) == chance


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("copies", [1, 3, 64])
def test_the_stepper_plays_the_episodes_that_are_recorded(name: str, copies: int) -> None:
    """With every seat's actions drawn by ``choose``, however many copies there are."""
    game = compiled(name)
    everyone = profile(everybody(game, {seat.name: uniform(game, seat.name) for seat in game.seats}))
    stepper = Stepper(game, copies, 12)
    actions = np.zeros((len(game.seats), copies), np.int64)
    recorded = {episode: record(game, everyone, 12, episode) for episode in range(2 * copies + 20)}
    checked = 0
    while any(episode in recorded for episode in stepper.episode.tolist()):
        episodes, clocks, states = stepper.episode.tolist(), stepper.clock.tolist(), stepper.state.tolist()
        for seat in range(len(game.seats)):
            stepper.choose(everyone, seat, actions)
        paid, done, last = stepper.step(actions)
        for i, (episode, clock) in enumerate(zip(episodes, clocks)):
            if episode not in recorded:
                continue
            rounds, was, did, entries = recorded[episode]
            assert states[i] == was[clock]
            assert actions[:, i].tolist() == did[clock].tolist()
            assert paid[:, i].tolist() == game.reward[0, :, entries[clock]].tolist()
            assert last[i] == was[clock + 1]
            assert done[i] == (clock + 1 == rounds)
            checked += 1
    assert checked == sum(rounds for rounds, *_ in recorded.values())


@pytest.mark.parametrize("loop", [branching, branchless])
def test_the_loops_of_the_benchmark_do_what_the_stepper_does(loop: Callable[..., None]) -> None:
    """Or the ratio would compare different work."""
    actions = np.random.default_rng(4).integers(0, 2, (50, 2, 200))
    stepper = Stepper(compiled("deferral-ladder"), 200, 0)
    for rounds in range(1, 51):
        paid, done, last = stepper.step(actions[rounds - 1])
        if rounds % 10 == 0:
            theirs = by_hand(loop, 200, actions)(rounds)
            ours = (stepper.state, stepper.clock, stepper.episode, paid, done, last)
            assert [part.tolist() for part in ours] == [part.tolist() for part in theirs]


def record(game: Game, everyone: kernels.Profile, key: int, episode: int) -> tuple[int, Ints, Ints, Ints]:
    """Rounds, states, actions as chosen, entries."""
    states = np.zeros(game.horizon + 1, np.int32)
    actions = np.zeros((game.horizon, len(game.seats)), np.int32)
    entries = np.zeros(game.horizon, np.int64)
    rng = np.zeros(1, np.uint64)
    rounds = kernels.record(game.tables, everyone, np.uint64(key), episode, game.horizon, rng, states, actions, entries)
    return rounds, states, actions, entries
