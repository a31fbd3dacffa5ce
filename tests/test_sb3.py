"""The library's learners: what a regime means to them, what they learn, and that their training can be cut."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium.spaces import MultiDiscrete
from stable_baselines3.common.logger import Logger

import arena
from agents.sb3 import A2C, DQN, PPO, Library, RecurrentPPO
from arena.adapters.vector import GameVecEnv
from arena.errors import TurncoatError
from arena.learn.learner import Arrays
from arena.learn.practice import Practice
from arena.learn.snapshot import train_until
from arena.learn.standstill import PASS
from arena.measure.measure import measures
from arena.play.agent import Keys, agents, find
from arena.play.evaluate import evaluate
from arena.solve.objective import first_rounds
from tests.strategies import compiled

KEYS: Keys = np.random.default_rng(20261121).integers(0, 2**63, 2, dtype=np.uint64)
SMALL = {
    "ppo": "ppo:steps=640,copies=8,rollout=16",
    "a2c": "a2c:steps=640,copies=8",
    "dqn": "dqn:steps=640,copies=8,memory=300",
    "online": "a2c:steps=320,copies=8,regime=online",
    "recurrent": "recurrent-ppo:steps=256,copies=4,rollout=16,units=4",
    "frozen": "dqn:steps=640,copies=8,regime=frozen",
    "reoptimised": "ppo:steps=288,copies=8,regime=reoptimised,every=2,passes=2",
    "reoptimised-values": "dqn:steps=288,copies=8,memory=200,regime=reoptimised,every=2,passes=2",
}


def rates(name: str, agent: str) -> dict[str, float]:
    game = compiled(name)
    (policy,) = find(agent).policies(game, "model", {}, KEYS[:1])
    found = evaluate(game, {"model": policy})
    return {key: measures()[key].exact(found) for key in ("early_rate", "late_rate", "turn_probability")}


def test_the_librarys_learners_are_there() -> None:
    assert {"ppo", "a2c", "dqn", "recurrent-ppo"} <= set(agents())
    assert "library" not in agents()


@pytest.mark.parametrize("agent", ["a2c", "dqn:steps=20000"])
def test_a_learner_paid_for_waiting_turns(agent: str) -> None:
    assert rates("deferral-ladder", agent)["turn_probability"] > 0.9


def test_frozen_at_deployment_nothing_is_learned_of_its_prize() -> None:
    """Online, the ladder's prize is found and waited for; frozen, it is never met, and defecting early pays best."""
    assert rates("deferral-ladder", "a2c:steps=30000,regime=online")["early_rate"] < 0.1
    assert rates("deferral-ladder", "a2c:steps=30000,regime=frozen")["early_rate"] > 0.9


def transitions(env: GameVecEnv, rounds: int) -> Iterator[Any]:
    random = np.random.default_rng(3)
    env.reset()
    for _ in range(rounds):
        state = env._stepper.state.copy()
        yield state, *env.step(random.integers(0, 2, env.num_envs))


def test_frozen_no_step_of_deployment_is_ever_taken() -> None:
    """An episode of the ladder ends after its five rounds of training; one of the bandit, when it is deployed."""
    for name, settings, lengths in (("deferral-ladder", {"catch": 0.0}, {5}), ("stage-bandit", {}, None)):
        game, met = compiled(name, **settings), set()
        env = GameVecEnv(game, 16, "model", {}, 5)
        env.end_at_deployment()
        for state, _, _, done, infos in transitions(env, 200):
            assert not game.deployment[state].any()
            met |= {infos[i]["episode"]["l"] for i in np.flatnonzero(done)}
        assert met
        assert lengths is None or met == lengths


def test_before_deployment_a_cut_episode_is_the_episode() -> None:
    """Copy by copy: the same observations and rewards as without the cut, until it ends with what that step paid."""
    game, copies = compiled("deferral-ladder", catch=0.0), 8
    envs: list[Any] = [GameVecEnv(game, copies, "model", {}, 5) for _ in range(2)]
    whole, cut = envs
    cut.end_at_deployment()
    random = np.random.default_rng(4)
    assert np.array_equal(whole.reset(), cut.reset())
    for episode in range(6):
        for clock in range(5):
            actions = random.integers(0, 2, copies)
            ours, theirs = whole.step(actions), cut.step(actions)
            assert np.array_equal(ours[1], theirs[1])
            assert theirs[2].all() == (clock == 4)
            if clock < 4:
                assert np.array_equal(ours[0], theirs[0])
        last = whole.step(np.zeros(copies, np.int64))
        assert last[2].all()
        assert (cut._stepper.episode == np.arange(copies) + (episode + 1) * copies).all()
        assert np.array_equal(last[0], theirs[0])


def test_episodes_that_begin_in_deployment_are_passed_over() -> None:
    game = compiled("stage-bandit")
    first = np.unique(game.successor[game.start[game.initial] : game.start[game.initial + 1]])
    assert len(first) > 2
    deployed = dataclasses.replace(game, deployment=np.isin(np.arange(len(game.row)), first[1:]))
    env = GameVecEnv(deployed, 8, "model", {}, 5)
    env.end_at_deployment()
    env.reset()
    for _ in range(40):
        assert not deployed.deployment[env._stepper.state].any()
        env.step(np.zeros(8, np.int64))
    nothing = dataclasses.replace(game, deployment=np.ones(len(game.row), np.bool_))
    with pytest.raises(TurncoatError, match="begins in deployment"):
        GameVecEnv(nothing, 8, "model", {}, 5).end_at_deployment()


@pytest.mark.parametrize("regime", ["online", "frozen"])
def test_online_there_is_an_update_after_every_round_of_the_copies(regime: str) -> None:
    for agent, updates in ((PPO(640, 64, regime=regime), 10 * 5), (A2C(640, 64, regime=regime), 10)):
        practice = Practice(compiled("deferral-ladder"), "model", {})
        arrays = agent.advance(practice, agent.begin(practice, KEYS[:1]), 0, 640)
        assert arrays["0/counters"].tolist()[:3] == [640, 0, updates]


@pytest.mark.parametrize("agent", SMALL.values(), ids=SMALL)
def test_a_training_cut_in_segments_is_the_training_in_one(agent: str) -> None:
    """Whatever else has drawn from the global generators meanwhile."""
    practice, learner = Practice(compiled("deferral-ladder"), "model", {}), find(agent)
    assert isinstance(learner, Library)
    whole = learner.advance(practice, learner.begin(practice, KEYS), 0, learner.length)
    arrays = learner.begin(practice, KEYS)
    for done in range(0, learner.length, 150):
        np.random.random(3)
        torch.rand(3)
        arrays = learner.advance(practice, arrays, done, min(done + 150, learner.length))
    assert arrays.keys() == whole.keys()
    for name, array in whole.items():
        assert array.tobytes() == arrays[name].tobytes(), name
    one, *_ = learner.learn(practice, KEYS[1:])
    assert one.probability.tobytes() == learner.tabulate(practice, arrays)[1].probability.tobytes()


def one_more_pass(learner: Library, practice: Practice, model: Any) -> float:
    """By how much another pass of an update over the same rounds changes what is to stand still."""
    before, until = learner.answers(practice, model.policy), model._n_updates + PASS
    learner.start_pass(model)
    while model._n_updates < until:
        type(model).train(model, *((1, 1024) if isinstance(learner, DQN) else ()))
    return float(np.abs(learner.answers(practice, model.policy) - before).max())


@pytest.mark.parametrize("kind", [PPO, DQN])
def test_reoptimised_there_is_nothing_left_to_gain_where_batch_has_hardly_begun(kind: type[Library]) -> None:
    """After the same two updates on as many rounds; and the certificate says so."""
    practice = Practice(compiled("deferral-ladder"), "model", {})
    left = {}
    for regime in ("reoptimised", "batch"):
        learner = kind(steps=960, copies=16, rollout=30, regime=regime)
        (model,) = learner._models(practice, {"keys": KEYS[:1]})
        train_until(model, 960, 960)
        left[regime] = one_more_pass(learner, practice, model)
        if regime == "reoptimised":
            (found,) = learner.certificates({"keys": KEYS[:1], "0/certificate": model.certificate})
            assert found.times == 2
            assert found.unsettled == 0
            assert found.change <= learner.tolerance
    assert left["reoptimised"] < 0.6 * left["batch"]


def test_a_reoptimisation_that_is_given_up_is_owned_up_to(caplog: pytest.LogCaptureFixture) -> None:
    practice = Practice(compiled("deferral-ladder"), "model", {})
    learner = PPO(steps=192, copies=8, regime="reoptimised", every=2, passes=2, tolerance=1e-6)
    arrays = learner.advance(practice, learner.begin(practice, KEYS[:1]), 0, 192)
    (found,) = learner.certificates(arrays)
    assert (found.times, found.unsettled) == (2, 2)
    assert found.change > 1e-6
    (line,) = caplog.messages
    assert line.startswith("ppo: given up before it stood still")


class Wide(Practice):
    """Whose network is told of six rounds, so that it has the same inputs in a game of five."""

    def vector(self, copies: int, key: int) -> GameVecEnv:
        env = super().vector(copies, key)
        env.observation_space = MultiDiscrete([7])
        return env


def after(agent: str, steps: int) -> list[Arrays]:
    """The learners after so many steps: with a hidden deployment after five rounds, and with nothing after them."""
    game, learner = compiled("deferral-ladder", deployment="hidden"), find(agent)
    assert isinstance(learner, Library)
    practices = [Wide(one, "model", {}) for one in (game, first_rounds(game, 5))]
    return [learner.advance(practice, learner.begin(practice, KEYS), 0, steps) for practice in practices]


def differing(one: Arrays, other: Arrays) -> set[str]:
    """The parts of the learners that are not the same to the bit."""
    assert one.keys() == other.keys()
    parts = (name.split("/")[1] for name in one if "/" in name and one[name].tobytes() != other[name].tobytes())
    return set(parts)


def moved(agent: str, arrays: Arrays) -> bool:
    """Whether every network is another than it was at first."""
    first, _ = after(agent, 0)
    weights = {"ppo": "action_net.weight", "dqn": "q_net.q_net.4.weight"}
    name = weights["dqn" if agent.startswith("dqn") else "ppo"]
    return all((first[key] != arrays[key]).any() for key in (f"{number}/network/{name}" for number in range(len(KEYS))))


ONE_EPISODE = {
    "ppo": "ppo:steps=20,copies=2,rollout=2",
    "a2c": "a2c:steps=20,copies=2,rollout=2",
    "dqn": "dqn:steps=20,copies=2,rollout=2",
    "recurrent": "recurrent-ppo:steps=20,copies=2,rollout=2,units=4",
    "ppo-online": "ppo:steps=20,copies=2,regime=online",
    "a2c-online": "a2c:steps=20,copies=2,regime=online",
    "dqn-online": "dqn:steps=20,copies=2,regime=online",
}


@pytest.mark.parametrize("agent", ONE_EPISODE.values(), ids=ONE_EPISODE)
def test_the_training_process_is_not_different_in_any_way(agent: str) -> None:
    """Four rounds into two copies' first episode all there is of a learner is the same; two later it is not."""
    deployed, alone = after(agent, 8)
    assert differing(deployed, alone) == set()
    assert moved(agent, deployed)
    assert "network" in differing(*after(agent, 12))


@pytest.mark.parametrize("kind", ["ppo", "a2c", "dqn"])
def test_frozen_whole_trainings_are_the_same(kind: str) -> None:
    """Parameters, optimiser, generators: only where the games are in their streams differs, and what ends an episode.

    Not frozen, the same trainings differ.
    """
    agent = f"{kind}:steps=320,copies=8" + ",memory=320" * (kind == "dqn")
    deployed, alone = after(f"{agent},regime=frozen", 320)
    assert differing(deployed, alone) <= {"games", "seen", "replay"}
    assert moved(agent, deployed)
    assert "network" in differing(*after(f"{agent},regime=online", 320))


def test_a_dqn_is_measured_as_its_predict_plays() -> None:
    game = compiled("stage-bandit")
    practice = Practice(game, "model", {})
    learner = DQN(steps=640, copies=8)
    arrays = learner.advance(practice, learner.begin(practice, KEYS[:1]), 0, 640)
    (model,) = learner._models(practice, arrays)
    played, _ = model.predict(practice.view.vectors(), deterministic=True)
    (policy,) = learner.tabulate(practice, arrays)
    assert np.array_equal(policy.probability[0].argmax(axis=1), played)
    assert set(np.unique(policy.probability)) == {0.0, 1.0}
    assert len(set(played.tolist())) > 1


def test_ppo_is_the_librarys_own() -> None:
    """Trained by ``learn`` on a ``VecEnv`` as a user would, the network has the same weights to the bit."""
    import stable_baselines3

    game, key = compiled("deferral-ladder"), int(KEYS[0])
    practice, learner = Practice(game, "model", {}), PPO(steps=1024, copies=16, rollout=16)
    ours = learner.advance(practice, learner.begin(practice, KEYS[:1]), 0, 1024)
    env: Any = arena.vector_env(game, copies=16)
    settings: dict[str, Any] = {
        "n_steps": 16,
        "batch_size": 256,
        "n_epochs": 5,
        "learning_rate": 0.003,
        "gamma": 1.0,
        "device": "cpu",
    }
    theirs: Any = stable_baselines3.PPO("MlpPolicy", env, seed=key % 2**31, **settings)
    theirs.set_logger(Logger(None, []))
    theirs.learn(1024)
    for name, tensor in theirs.policy.state_dict().items():
        assert tensor.numpy().tobytes() == ours[f"0/network/{name}"].tobytes(), name


def test_a_recurrent_policy_is_tabulated_as_its_predict_plays() -> None:
    """Every episode that it plays by the library's own ``predict`` meets the probabilities of the table."""
    game = compiled("deferral-ladder", catch=0.0)
    practice, learner = Practice(game, "model", {}), RecurrentPPO(256, 4, 16, units=4)
    arrays = learner.advance(practice, learner.begin(practice, KEYS[:1]), 0, 256)
    (model,) = learner._models(practice, arrays)
    (policy,) = learner.tabulate(practice, arrays)
    memory = policy.memory
    assert memory is not None
    env: Any = arena.vector_env(game, copies=1)
    random, compared = np.random.default_rng(0), set()
    for _ in range(12):
        seen, path, carried, start = env.reset(), [], None, np.ones(1, bool)
        done = [False]
        while not done[0]:
            with torch.no_grad():
                state = carried or tuple(torch.zeros(2, 1, 1, 4))
                chosen, carried = model.policy.get_distribution(
                    torch.as_tensor(seen), tuple(state), torch.as_tensor(start, dtype=torch.float32)
                )
            path.append((tuple(seen[0].tolist()), -1))
            (found,) = [i for i in range(len(memory)) if words(memory, i) == path]
            expected = chosen.distribution.probs[0].numpy()
            np.testing.assert_allclose(policy.probability[0, found], expected, atol=1e-6)
            compared.add(found)
            action = int(random.integers(2))
            path[-1] = (path[-1][0], action)
            seen, _, done, _ = env.step(np.asarray([action]))
            start = np.zeros(1, bool)
    assert len(compared) > 20


def words(memory: Any, i: int) -> list[tuple[tuple[int, ...], int]]:
    """The history of an information state: vectors seen and actions taken."""
    found: list[tuple[tuple[int, ...], int]] = []
    action = -1
    while i >= 0:
        found.append((tuple(memory.vectors[i].tolist()), action))
        action, i = int(memory.action[i]), int(memory.parent[i])
    return found[::-1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("recurrent-ppo:regime=reoptimised", "recurrent-ppo: regime reoptimised is refused: .* use batch"),
        ("a2c:regime=reoptimised", "a2c: regime reoptimised is refused: its loss has none: .* use ppo"),
        ("ppo:regime=reoptimised,every=0", "every must be positive"),
        ("ppo:regime=reoptimised,tolerance=0", "tolerance must be positive"),
        ("recurrent-ppo:regime=online", "recurrent-ppo: regime online is refused: .* use batch"),
        ("recurrent-ppo:units=0", "units must be at least 1"),
        ("a2c:regime=onlin", "did you mean 'online'"),
        ("a2c:copies=0", "copies must be positive"),
        ("ppo:copies=1,regime=online", "at least 2 rounds"),
        ("dqn:epsilon=2", "epsilon must lie between 0 and 1"),
        ("dqn:memory=3", "memory must hold a round of every copy: at least 32, not 3"),
        ("dqn:target=0", "target must be at least 1"),
    ],
)
def test_mistakes_are_named(text: str, message: str) -> None:
    with pytest.raises(TurncoatError, match=message):
        find(text)
