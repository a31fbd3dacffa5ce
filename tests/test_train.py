"""Training on disk: the same files at the end however often it is killed, and nothing wrong is ever taken for right."""

import csv
import json
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.sb3 import RecurrentPPO
from arena.errors import TurncoatError
from arena.files import write
from arena.game.game import Floats
from arena.learn import saved, training
from arena.learn.events import crc32c, event_file
from arena.learn.learner import Learner, Tabular
from arena.learn.population import Population
from arena.learn.practice import Practice, softmax
from arena.learn.training import Training
from arena.play.agent import Keys, find
from arena.play.evaluate import evaluate
from arena.play.policy import Policy
from tests.strategies import compiled
from tests.test_cli import TURNCOAT, here, run

KEYS: Keys = np.asarray([3, 4], np.uint64)
GAME = compiled("deferral-ladder")
MANIFEST: dict[str, Any] = {
    "scenario": "deferral-ladder",
    "settings": {"rounds": 5},
    "digest": GAME.digest,
    "agent": "some",
    "overseer": None,
    "seat": "model",
    "seeds": [0, 1],
    "versions": {"numpy": "2"},
}
MEASURES: dict[str, Callable[[Policy], float]] = {
    "observed_return": lambda policy: evaluate(GAME, {"model": policy}).total("observed"),
    "turn_probability": lambda policy: evaluate(GAME, {"model": policy}).turn_probability,
    "undefined": lambda policy: float("nan"),
}


@dataclass(frozen=True)
class Online(Tabular):
    """The online learner in segments."""

    episodes: int = 700
    every: int = 1

    @property
    def length(self) -> int:
        return self.episodes

    @property
    def grain(self) -> int:
        return self.every

    def train(self, practice: Practice, learners: Population, amount: int) -> None:
        assert amount % self.every == 0
        practice.online(learners, amount, 0.05, 1.0)

    def read(self, practice: Practice, table: Floats) -> Policy:
        return practice.view.table(softmax(table, practice.view))


class Whole(Learner):
    """A learner that cannot be stopped."""

    def learn(self, practice: Practice, keys: Keys) -> Sequence[Policy]:
        return Online().learn(practice, keys)


def prepared(folder: Path, learner: Learner | None = None, points: int = 4, **manifest: Any) -> Training:
    practice = Practice(GAME, "model", {})
    return Training(folder, learner or Online(), practice, KEYS, MANIFEST | manifest, MEASURES, points)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def read(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / "curve.csv").read_text().splitlines()))


class KilledError(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


@pytest.fixture
def death(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Die at the n-th dealing with a file from now on, having done half of it."""
    left = [0]

    def mortal(deed: Callable[..., Any], half: Callable[..., Any]) -> Callable[..., Any]:
        def dealing(*words: Any, **more: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                half(*words, **more)
                raise KilledError
            return deed(*words, **more)

        return dealing

    def half_written(path: Path, content: bytes) -> None:
        path.with_name(path.name + ".part").write_bytes(content[: len(content) // 2])

    def half_extended(path: Path, content: bytes) -> None:
        there = path.read_bytes() if path.exists() else b""
        path.write_bytes(content[: (len(there) + len(content)) // 2])

    for module in (saved, training):
        monkeypatch.setattr(module, "write", mortal(write, half_written))
    monkeypatch.setattr(training, "extend", mortal(saved.extend, half_extended))
    monkeypatch.setattr(Path, "unlink", mortal(Path.unlink, lambda *_, **__: None))
    return lambda n: left.__setitem__(0, n)


@pytest.mark.parametrize("learner", [Online(), Whole()], ids=["segments", "whole"])
def test_wherever_it_dies_the_files_at_the_end_are_the_same(
    learner: Learner, tmp_path: Path, death: Callable[[int], None]
) -> None:
    """Death at every dealing with a file in turn, and again later in the same folder, half of the deed done."""
    expected = prepared(tmp_path / "whole", learner, 2).run()
    whole = files(tmp_path / "whole")
    assert set(whole) == {
        "policies.npz",
        "curve.csv",
        "tensorboard/seed-0/events.out.tfevents.0.turncoat",
        "tensorboard/seed-1/events.out.tfevents.0.turncoat",
    }
    deaths, died = 0, True
    while died:
        deaths, died = deaths + 1, False
        folder = tmp_path / str(deaths)
        for moment in (deaths, 2):
            death(moment)
            try:
                prepared(folder, learner, 2).run()
            except KilledError:
                died = died or moment == deaths
        death(0)
        policies = prepared(folder, learner, 2).run()
        assert {name: there for name, there in files(folder).items() if not name.endswith(".part")} == whole, deaths
        assert not [name for name in files(folder) if name.endswith(".part")]
        assert [p.probability.tobytes() for p in policies] == [p.probability.tobytes() for p in expected]
    assert deaths > (5 if isinstance(learner, Whole) else 11)


def test_what_was_done_is_not_done_again(tmp_path: Path, death: Callable[[int], None]) -> None:
    """Killed after two of four segments, only two are left to do."""
    trained = []

    @dataclass(frozen=True)
    class Counted(Online):
        def train(self, practice: Practice, learners: Population, amount: int) -> None:
            trained.append(amount)
            super().train(practice, learners, amount)

    death(7 + 1)  # three points of one checkpoint, one curve and two seeds' events would be twelve
    with pytest.raises(KilledError):
        prepared(tmp_path, Counted()).run()
    assert trained == [175]
    death(0)
    prepared(tmp_path, Counted()).run()
    assert trained == [175] * 4
    prepared(tmp_path, Counted()).run()
    assert trained == [175] * 4


def test_in_segments_it_learns_what_it_learns_in_one(tmp_path: Path) -> None:
    practice = Practice(GAME, "model", {})
    whole = Online().learn(practice, KEYS)
    for points in (1, 3, 50):
        policies = prepared(tmp_path / str(points), points=points).run()
        assert [p.probability.tobytes() for p in policies] == [p.probability.tobytes() for p in whole]


def test_segments_are_whole_grains(tmp_path: Path) -> None:
    prepared(tmp_path, Online(700, every=100)).run()
    rows = read(tmp_path)
    assert [int(row["episodes"]) for row in rows[::2]] == [0, 200, 400, 600, 700]


def test_the_curve_is_what_is_measured_along_the_way(tmp_path: Path) -> None:
    prepared(tmp_path).run()
    rows = read(tmp_path)
    assert [(row["episodes"], row["seed"]) for row in rows[:3]] == [("0", "0"), ("0", "1"), ("175", "0")]
    assert len(rows) == 5 * 2
    practice = Practice(GAME, "model", {})
    for row in rows:
        (policy,) = Online(int(row["episodes"])).learn(practice, KEYS[int(row["seed"]) :][:1])
        for name in ("observed_return", "turn_probability"):
            assert float(row[name]) == MEASURES[name](policy)
        assert row["undefined"] == ""


def test_a_folder_holds_one_training(tmp_path: Path, death: Callable[[int], None]) -> None:
    with pytest.raises(TurncoatError, match="at least one point"):
        prepared(tmp_path, points=0)
    death(4)
    with pytest.raises(KilledError):
        prepared(tmp_path).run()
    others: list[Mapping[str, Any]] = [{"agent": "other"}, {"points": 5}, {"versions": {"numpy": "3"}}]
    for other in others:
        with pytest.raises(
            TurncoatError, match=f"of another training, with {next(iter(other)).replace('versions', 'numpy')}"
        ):
            prepared(tmp_path, **other)
    death(0)
    prepared(tmp_path).run()
    with pytest.raises(TurncoatError, match="with agent some, not other; choose another folder"):
        prepared(tmp_path, agent="other")
    assert prepared(tmp_path, versions={"numpy": "3"}).finished


def test_a_curve_that_somebody_cut_or_changed_is_put_right(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for there in (b"", b"one", b"one two", b"ONE", b"one two three"):
        path.write_bytes(there)
        saved.extend(path, b"one two")
        assert path.read_bytes() == b"one two"


EVENTS = (
    "1800000000000000a37f4b220900000000000000001a0d627261696e2e4576656e743a32eedf28a31b000000000000001a0d"
    "9e13090000000000c0724010ac022a0d0a0b0a0472617465150000003f77088950"
)
"""What TensorBoard 2.21 reads as one scalar, rate, 0.5 at step 300."""


def test_event_files_are_tensorboards() -> None:
    assert crc32c(b"123456789") == 0xE3069283  # the check value that RFC 3720's polynomial is known by
    assert event_file([(300, {"rate": 0.5, "none": float("nan")})]).hex() == EVENTS


def table(folder: Path) -> np.ndarray[Any, Any]:
    return saved.load_policies(folder / "policies.npz").probability


def test_train_is_the_tournaments_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same seeds, the same learners: what a tournament measures of them is what train prints."""
    monkeypatch.setenv("TURNCOAT_WORKERS", "0")
    agent, seeds = "reinforce:episodes=300", ("--seeds", "3", "--json", "--out")
    board = "deferral-ladder:rounds=3"
    done = here("tournament", "-s", board, "-a", agent, *seeds, str(tmp_path / "t"))
    (played,) = json.loads(done.stdout)["standings"]
    words = ("deferral-ladder", agent, "-S", "rounds=3", *seeds, str(tmp_path / "m"))
    trained = json.loads(here("train", *words).stdout)
    assert trained["seeds"] == 3
    for name, (_, mean, _) in trained["measures"].items():
        assert mean == pytest.approx(played["measures"][name]["mean"], abs=1e-9)


def test_killed_at_any_moment_and_run_again_it_ends_the_same(tmp_path: Path) -> None:
    """SIGKILL, a different time after a different checkpoint each time."""

    def words(folder: Path) -> list[str]:
        return ["train", "deferral-ladder", "ppo:steps=2048,copies=16", "--points", "6", "--out", str(folder)]

    assert here(*words(tmp_path / "whole")).returncode == 0
    folder, killed = tmp_path / "killed", 0
    checkpoint = folder / "checkpoint.npz"
    for wait in (0.0, 0.1):
        before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
        process = subprocess.Popen([TURNCOAT, *words(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and not (checkpoint.exists() and checkpoint.stat().st_mtime_ns > before):
            time.sleep(0.005)
        time.sleep(wait)
        process.kill()
        killed += process.wait() == -signal.SIGKILL
    assert killed
    assert run(*words(folder)).returncode == 0
    assert files(folder) == files(tmp_path / "whole")


def test_a_saved_policy_plays_where_it_was_trained(tmp_path: Path) -> None:
    prepared(tmp_path).run()
    path = tmp_path / "policies.npz"
    played = find(f"saved:path={path},seed=1").policies(GAME, "model", {}, KEYS)
    assert len(played) == 2
    assert played[0].probability.tobytes() == table(tmp_path)[1].tobytes()
    other, shaped = compiled("deferral-ladder", discount=0.9), compiled("deferral-ladder", rounds=4)
    with pytest.raises(TurncoatError, match=r"trained in another game: deferral-ladder -S rounds=5 .*transfer=true"):
        find(f"saved:path={path}").policies(other, "model", {}, KEYS)
    (same, _) = find(f"saved:path={path},transfer=true").policies(other, "model", {}, KEYS)
    assert same.probability.tobytes() == table(tmp_path)[0].tobytes()
    for agent, game, seat, message in (
        (f"saved:path={path},transfer=true", shaped, "model", "does not fit the seat 'model' .*: other clocks"),
        (f"saved:path={path},transfer=true", GAME, "overseer", "does not fit the seat 'overseer'"),
        (f"saved:path={path},seed=7", GAME, "model", "has no seed 7; it has 0, 1"),
        ("saved", GAME, "model", "name the file"),
        (f"saved:path={tmp_path}/nothing.npz", GAME, "model", "no such file"),
        (f"saved:path={tmp_path}/curve.csv", GAME, "model", "not a file that turncoat train wrote"),
    ):
        with pytest.raises(TurncoatError, match=message):
            find(agent).policies(game, seat, {}, KEYS)


def test_a_policy_that_remembers_is_saved_with_its_histories(tmp_path: Path) -> None:
    learner = RecurrentPPO(64, 4, 8, units=4)
    game, manifest = compiled("deferral-ladder", rounds=2), MANIFEST | {"digest": "", "seeds": [0]}
    practice = Practice(game, "model", {})
    (trained,) = learner.learn(practice, KEYS[:1])
    saved.save_policies(tmp_path / "p.npz", [trained], practice.view, manifest | {"digest": game.digest})
    (played,) = find(f"saved:path={tmp_path}/p.npz").policies(game, "model", {}, KEYS[:1])
    assert played.memory is not None
    assert evaluate(game, {"model": played}).returns.tolist() == evaluate(game, {"model": trained}).returns.tolist()
    with pytest.raises(TurncoatError, match="other histories"):
        saved.load_policies(tmp_path / "p.npz").policy(compiled("deferral-ladder", rounds=3), "model", 0)


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path(tmp_path / "ran").touch, ())

    np.savez(tmp_path / "evil.npz", manifest=np.asarray([Evil()], object), probability=np.zeros(1))
    with pytest.raises(TurncoatError, match="not a file that turncoat train wrote"):
        saved.load_policies(tmp_path / "evil.npz")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("deferral-ladder", "honest"), "honest does not learn; learners are"),
        (("deferral-ladder", "reinforc"), "did you mean 'reinforce'"),
        (("deferral-laddr", "reinforce"), "did you mean 'deferral-ladder'"),
        (("deferral-ladder", "reinforce", "-o", "reinforce"), "cannot oversee"),
    ],
)
def test_mistakes_are_one_line_and_code_two(words: tuple[str, ...], message: str, tmp_path: Path) -> None:
    done = here("train", *words, "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()
