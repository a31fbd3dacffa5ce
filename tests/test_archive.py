"""Archives of stable-baselines3: played as what was trained, and never opened unless that was allowed."""

import base64
import json
import pickle
import zipfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import stable_baselines3
import torch

import arena
from agents.archive import READ
from arena.errors import TurncoatError
from arena.learn.practice import Practice
from arena.learn.snapshot import train_until
from arena.play.agent import Keys, find
from arena.play.evaluate import evaluate
from arena.plugins import TRUST, trust, trusted
from tests.strategies import compiled
from tests.test_cli import here

KEYS: Keys = np.asarray([3, 4], np.uint64)
GAME = compiled("deferral-ladder", rounds=3)


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TRUST, "1")


@pytest.fixture
def wary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TRUST, raising=False)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A network of the library's own making, trained as a user would."""
    env: Any = arena.vector_env(GAME, copies=8)
    model: Any = stable_baselines3.PPO("MlpPolicy", env, n_steps=16, batch_size=64, seed=1, device="cpu")
    model.learn(256)
    model.save(tmp_path / "model.zip")
    return tmp_path / "model.zip"


class Evil:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def hostile(folder: Path) -> Path:
    """An archive that has what the library looks for, and runs code when it is loaded."""
    pickled = base64.b64encode(pickle.dumps(Evil(folder / "ran"))).decode()
    with zipfile.ZipFile(folder / "evil.zip", "w") as file:
        file.writestr("data", json.dumps({"policy_class": {":type:": "evil", ":serialized:": pickled}}))
        file.writestr("policy.pth", b"")
    return folder / "evil.zip"


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize("name", READ)
def test_it_plays_what_was_trained_to_the_bit(name: str, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"units": 4} if name == "recurrent-ppo" else {}
    learner = READ[name](steps=256, copies=8, rollout=8, **settings)
    practice = Practice(GAME, "model", {})
    (model,) = learner._models(practice, {"keys": KEYS[:1]})
    first = learner.answers(practice, model.policy)
    train_until(model, 256, 256)
    trained = learner.read(practice, model.policy)
    assert (learner.answers(practice, model.policy) != first).any()
    model.save(tmp_path / "model.zip")
    played, again = find(f"sb3:path={tmp_path}/model.zip,algorithm={name}").policies(GAME, "model", {}, KEYS)
    assert played is again
    assert played.probability.tobytes() == trained.probability.tobytes()
    assert evaluate(GAME, {"model": played}).returns.tolist() == evaluate(GAME, {"model": trained}).returns.tolist()


@pytest.mark.usefixtures("trusting")
def test_it_plays_as_the_librarys_own_network(archive: Path) -> None:
    (policy,) = find(f"sb3:path={archive}").policies(GAME, "model", {}, KEYS[:1])
    model = stable_baselines3.PPO.load(archive, device="cpu")
    actor: Any = model.policy
    for clock in range(GAME.horizon):
        with torch.no_grad():
            probs = actor.get_distribution(torch.as_tensor([[0, clock]])).distribution.probs[0].numpy()
        seen = np.flatnonzero((Practice(GAME, "model", {}).view.rows == 0).all(axis=1))
        np.testing.assert_allclose(policy.probability[clock, seen[0]], probs, atol=1e-6)


@pytest.mark.usefixtures("wary")
def test_nothing_is_opened_without_trust(tmp_path: Path) -> None:
    """Nor by an agent that was made while it was allowed. Allowed, the code does run: it would have."""
    path = hostile(tmp_path)
    with pytest.raises(TurncoatError, match=r"sb3: loading .*evil.zip runs code from the file; .* give --trust"):
        find(f"sb3:path={path}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(TRUST, "1")
        agent = find(f"sb3:path={path}")
    with pytest.raises(TurncoatError, match="runs code"):
        agent.policies(GAME, "model", {}, KEYS)
    assert not (tmp_path / "ran").exists()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(TRUST, "1")
        with pytest.raises(TurncoatError, match="cannot be loaded as PPO"):
            agent.policies(GAME, "model", {}, KEYS)
    assert (tmp_path / "ran").exists()


def test_trust_reaches_processes_that_are_started_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TRUST, "")
    assert not trusted()
    trust()
    assert trusted()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(trusted).result()


@pytest.mark.usefixtures("trusting")
def test_what_is_wrong_with_a_file_is_named(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("not a zip")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as file:
        file.writestr("data", "{}")
    for agent, game, message in (
        ("sb3", GAME, "sb3: name the file"),
        (f"sb3:path={tmp_path}/none.zip", GAME, "none.zip: no such file"),
        (f"sb3:path={tmp_path}", GAME, "not a zip archive"),
        (f"sb3:path={tmp_path}/text.zip", GAME, "text.zip: not a zip archive"),
        (f"sb3:path={tmp_path}/other.zip", GAME, "not an archive of stable-baselines3: it has no policy.pth"),
        (f"sb3:path={archive},algorithm=dqn", GAME, "cannot be loaded as DQN"),
        (f"sb3:path={archive},algorithm=pp", GAME, "did you mean 'ppo'"),
        (f"sb3:path={archive}", compiled("deferral-ladder", rounds=4), r"does not fit .* observation space is .*, not"),
    ):
        with pytest.raises(TurncoatError, match=message):
            find(agent).policies(game, "model", {}, KEYS)


@pytest.mark.usefixtures("trusting")
def test_an_archive_with_other_actions_does_not_fit(tmp_path: Path) -> None:
    from gymnasium import Env
    from gymnasium.spaces import Discrete

    class Three(Env[Any, Any]):
        observation_space = arena.vector_env(GAME, copies=1).observation_space
        action_space = Discrete(3)

    stable_baselines3.PPO("MlpPolicy", Three(), device="cpu").save(tmp_path / "three.zip")
    with pytest.raises(TurncoatError, match=r"its action space is Discrete\(3\), not Discrete\(2\)"):
        find(f"sb3:path={tmp_path}/three.zip").policies(GAME, "model", {}, KEYS)


@pytest.mark.usefixtures("wary")
def test_the_command_line_asks(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TURNCOAT_WORKERS", "0")
    agent = f"sb3:path={archive}"
    watch = ("watch", "deferral-ladder", agent, "-S", "rounds=3")
    file, out = tmp_path / "theirs.yaml", tmp_path / "out"
    file.write_text(f'name: theirs\nscenarios: ["deferral-ladder:rounds=3"]\nagents: ["{agent}"]\nseeds: 1\n')
    tournament = ("tournament", str(file), "--out", str(out))
    for words in (watch, tournament):
        refused = here(*words)
        assert refused.returncode == 2
        assert "runs code from the file" in refused.stderr
        assert "--trust" in refused.stderr
        assert len(refused.stderr.splitlines()) == 1
        assert not out.exists()
        assert here(*words, "--trust").returncode == 0


@pytest.mark.usefixtures("wary")
def test_a_tournament_file_cannot_trust(tmp_path: Path) -> None:
    file, agent = tmp_path / "theirs.yaml", f"sb3:path={hostile(tmp_path)}"
    for agents, more in ((f'["{agent},trust=true"]', ""), (f'["{agent}"]', "trust: true\n")):
        file.write_text(f'name: theirs\nscenarios: ["deferral-ladder"]\nagents: {agents}\nseeds: 1\n{more}')
        assert here("tournament", str(file), "--out", str(tmp_path / "out")).returncode == 2
    assert not (tmp_path / "ran").exists()
