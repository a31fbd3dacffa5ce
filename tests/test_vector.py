"""The stable-baselines3 ``VecEnv`` against the Gymnasium view, episode by episode, and what learners need of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from stable_baselines3 import PPO
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.vec_env import DummyVecEnv

import arena
from arena import Game, Policy
from tests.strategies import compiled
from tests.test_adapters import SEATS, uniform


def others(game: Game, seat: str) -> dict[str, Policy]:
    return {place.name: uniform(game, place.name) for place in game.seats if place.name != seat}


@pytest.mark.parametrize(("name", "seat"), SEATS)
def test_one_copy_of_the_vecenv_is_a_dummyvecenv_of_the_gymnasium_view(name: str, seat: str) -> None:
    game = compiled(name)
    ours: Any = arena.vector_env(game, copies=1, seat=seat, others=others(game, seat), key=11)
    theirs: Any = DummyVecEnv([lambda: arena.gym_env(game, seat, others(game, seat))])
    theirs.seed(11)
    assert np.array_equal(ours.reset(), theirs.reset())
    random = np.random.default_rng(2)
    ended = 0
    for _ in range(max(300, 22 * game.horizon)):
        actions = random.integers(ours.action_space.n, size=1)
        observation, reward, done, infos = ours.step(actions)
        expected = theirs.step(actions)
        assert observation.tolist() == expected[0].tolist()
        assert (reward.tolist(), done.tolist()) == (expected[1].tolist(), expected[2].tolist())
        assert (observation.dtype, reward.dtype, done.dtype) == (np.int64, expected[1].dtype, expected[2].dtype)
        if done[0]:
            ended += 1
            assert infos[0]["terminal_observation"].tolist() == expected[3][0]["terminal_observation"].tolist()
        else:
            assert infos == [{}]
    assert ended > 20


@dataclass
class Played:
    """One episode as a seat saw it."""

    seen: list[list[int]]
    paid: list[float] = field(default_factory=list)


@pytest.mark.parametrize(("name", "seat"), SEATS)
def test_copies_of_the_vecenv_share_out_the_episodes_of_the_gymnasium_view(name: str, seat: str) -> None:
    """Copy i of n plays episodes i, i + n, ...; what it does there is drawn from the episode's number alone."""
    game, copies, key = compiled(name), 7, 5
    env = arena.gym_env(game, seat, others(game, seat))

    def acts(number: int) -> Iterator[int]:
        random = np.random.default_rng(number)
        while True:
            yield int(random.integers(env.action_space.n))

    alone = []
    for number in range(6 * copies):
        observation, _ = env.reset(seed=key) if number == 0 else env.reset()
        lone = Played([observation.tolist()])
        for action in acts(number):
            observation, reward, terminated, _, _ = env.step(action)
            lone.seen.append(observation.tolist())
            lone.paid.append(reward)
            if terminated:
                break
        alone.append(lone)

    many: Any = arena.vector_env(game, copies, seat, others(game, seat), key)
    numbers = list(range(copies))
    choosing = [acts(number) for number in numbers]
    playing = [Played([row.tolist()]) for row in many.reset()]
    compared: set[int] = set()
    while len(compared) < len(alone):
        observations, rewards, dones, infos = many.step(np.asarray([next(choice) for choice in choosing]))
        for i, played in enumerate(playing):
            played.paid.append(float(rewards[i]))
            if not dones[i]:
                assert infos[i] == {}
                played.seen.append(observations[i].tolist())
                continue
            assert infos[i].keys() == {"terminal_observation", "episode"}
            assert infos[i]["episode"] == {"r": pytest.approx(sum(played.paid)), "l": len(played.paid)}
            played.seen.append(infos[i]["terminal_observation"].tolist())
            if numbers[i] < len(alone):
                assert played.seen == alone[numbers[i]].seen
                assert played.paid == pytest.approx(alone[numbers[i]].paid)
                compared.add(numbers[i])
            numbers[i] += copies
            choosing[i] = acts(numbers[i])
            playing[i] = Played([observations[i].tolist()])


def test_infos_written_into_do_not_come_back() -> None:
    env = arena.vector_env("deferral-ladder", copies=3)
    env.reset()
    *_, infos = env.step(np.zeros(3, np.int64))
    infos[1]["mine"] = 1
    *_, later = env.step(np.zeros(3, np.int64))
    assert later == [{}, {}, {}]
    assert infos[1] == {"mine": 1}


def test_what_the_vecenv_returned_is_not_written_over() -> None:
    env: Any = arena.vector_env("deferral-ladder", copies=4)
    kept = [env.reset(), *(part for _ in range(3) for part in env.step(np.ones(4, np.int64))[:3])]
    before = [part.tolist() for part in kept]
    for _ in range(10):
        env.step(np.zeros(4, np.int64))
    assert [part.tolist() for part in kept] == before


def test_sb3_trains_on_the_vecenv_and_finds_the_prize() -> None:
    """A learner, an evaluation through the infos, and a solution that is known: nobody watches, so always defect."""
    game = compiled("deferral-ladder", gain=1.0, catch=0.0, rounds=2)
    env = arena.vector_env(game, copies=32)
    learner = PPO("MlpPolicy", env, n_steps=16, batch_size=256, n_epochs=4, learning_rate=0.01, seed=1, device="cpu")
    learner.set_logger(Logger(None, []))  # or it leaves a folder behind
    learner.learn(32 * 16 * 12)
    mean, deviation = evaluate_policy(learner, arena.vector_env(game, copies=8, key=9), n_eval_episodes=16)
    assert mean == pytest.approx(12.0)
    assert deviation == pytest.approx(0.0)
    assert learner.ep_info_buffer
    assert {info["l"] for info in learner.ep_info_buffer} == {3}
