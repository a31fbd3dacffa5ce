"""A training episode that is followed step by step is the one that the kernel trains on."""

import numpy as np
import pytest

from arena import evaluate
from arena.errors import TurncoatError
from arena.game.game import Game
from arena.learn import lesson as module
from arena.learn.lesson import Followed, Lesson, lessons
from arena.learn.population import Population
from arena.learn.practice import Practice
from arena.play.agent import Keys
from arena.play.agent import find as agent
from arena.play.policy import Policy
from tests.strategies import compiled

NAMES = ("deferral-ladder", "simulation-oversight", "two-exits", "correction", "random-length-training")
AGENTS = (
    "reinforce:alpha=0.2",
    "reinforce:trace=0.5,alpha=0.1,baseline=true,regime=frozen",
    "q-learning:epsilon=0.3",
    "sarsa:epsilon=0.5,regime=frozen",
)
KEY: Keys = np.asarray([7], np.uint64)


def followed(text: str) -> Followed:
    found = agent(text)
    assert isinstance(found, Followed)
    return found


def others(game: Game) -> dict[str, Policy]:
    if not any(seat.name == "overseer" for seat in game.seats):
        return {}
    return {"overseer": agent("sometimes:p=0.5").policies(game, "overseer", {}, KEY)[0]}


def trained(player: Followed, practice: Practice, episodes: int) -> Population:
    learners = practice.begin(KEY)
    player.train(practice, learners, episodes)
    return learners


@pytest.mark.parametrize("text", AGENTS)
@pytest.mark.parametrize("name", NAMES)
def test_the_table_is_the_kernels_after_the_episode(name: str, text: str) -> None:
    game, player = compiled(name), followed(text)
    practice = Practice(game, "model", others(game))
    learners = practice.begin(KEY)
    for episode in range(25):
        player.follow(practice, learners)
        kernel = trained(player, practice, episode + 1)
        assert np.array_equal(learners.rng, kernel.rng)
        assert np.array_equal(learners.counted, kernel.counted)
        np.testing.assert_allclose(learners.table, kernel.table, rtol=0, atol=1e-12)
        np.testing.assert_allclose(learners.mean, kernel.mean, rtol=0, atol=1e-12)
    assert learners.table.any()


@pytest.mark.parametrize("text", AGENTS)
def test_episodes_are_the_same_whichever_are_asked_for(text: str) -> None:
    game, player = compiled("deferral-ladder"), followed(text)
    every = [one.trajectory for one in lessons(player, game, "model", others(game), KEY, range(30))]
    some = [one.trajectory for one in lessons(player, game, "model", others(game), KEY, [3, 29])]
    for one, again in zip([every[3], every[29]], some, strict=True):
        assert np.array_equal(one.states, again.states)
        assert np.array_equal(one.actions, again.actions)
        assert one.updates is not None
        assert again.updates is not None
        np.testing.assert_allclose(one.updates, again.updates, rtol=0, atol=1e-12)


def follow(text: str, name: str, episode: int) -> Lesson:
    game = compiled(name)
    return next(lessons(followed(text), game, "model", others(game), KEY, [episode]))


@pytest.mark.parametrize("text", AGENTS)
@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_is_a_possible_episode(name: str, text: str) -> None:
    """Every step is one that the game makes, and the chances are those of the policy that moved with the table."""
    found = follow(text, name, 40)
    game, trajectory, policy = found.game, found.trajectory, found.policy
    assert policy is not None
    assert trajectory.updates is not None
    place = game.seats[trajectory.seat]
    for clock, (state, entry) in enumerate(zip(trajectory.states[:-1], found.entries, strict=True)):
        row = game.row[state, sum(a * s for a, s in zip(trajectory.actions[clock], game.tables.stride, strict=True))]
        assert game.start[row] <= entry < game.start[row + 1]
        assert place.legal[state, trajectory.actions[clock, trajectory.seat]]
        assert np.array_equal(policy.at(clock, int(state)), trajectory.chances[clock])
    np.testing.assert_allclose(trajectory.updates.sum(axis=1), 1)
    assert evaluate(game, {**others(game), "model": policy}).returns.shape


def test_an_update_is_the_gradient_step_of_its_round() -> None:
    """Trace 0 credits a round with its own reward: defecting in training pays 1, and becomes likelier by the rule."""
    found = follow("reinforce:trace=0,alpha=0.5", "deferral-ladder", 0).trajectory
    assert found.updates is not None
    np.testing.assert_allclose(found.chances[0], 0.5)
    for clock, action in enumerate(found.actions[:, 0]):
        step = 0.5 * found.rewards[clock, 0, 0] * (np.eye(2)[action] - found.chances[clock])
        logits = np.log(found.chances[clock]) + step
        np.testing.assert_allclose(found.updates[clock], np.exp(logits) / np.exp(logits).sum(), atol=1e-12)
    assert (found.updates != found.chances).any()


def test_nothing_is_updated_in_a_frozen_deployment() -> None:
    game = compiled("deferral-ladder")
    player = followed("reinforce:regime=frozen,alpha=0.5")
    seen = 0
    for one in lessons(player, game, "model", {}, KEY, range(60)):
        found = one.trajectory
        assert found.updates is not None
        deployed = game.deployment[found.states[:-1]]
        assert np.array_equal(found.updates[deployed], found.chances[deployed])
        seen += int(deployed.sum())
    assert seen > 0


def test_what_is_too_much_to_keep_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = follow("q-learning", "two-exits", 5)
    monkeypatch.setattr(module, "MOST", 1)
    found = follow("q-learning", "two-exits", 5)
    assert found.policy is None
    assert np.array_equal(found.trajectory.chances, whole.trajectory.chances)
    assert np.array_equal(found.states, whole.states)


def test_a_batch_has_nothing_to_follow() -> None:
    with pytest.raises(TurncoatError, match="reinforce: under regime batch nothing is learned within an episode"):
        follow("reinforce:regime=batch,hold=10", "deferral-ladder", 10)
