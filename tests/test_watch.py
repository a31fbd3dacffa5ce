"""``turncoat watch``: what is kept of a training, several episodes side by side, files written and opened again."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from arena.cli.app import app
from arena.errors import TurncoatError
from arena.game.game import Game
from arena.game.twins import twin
from arena.play.agent import Agent, Keys, full_name
from arena.play.agent import find as agent
from arena.play.policy import Policy
from arena.play.trajectory import record
from arena.show import trained
from arena.show.film import Credits
from arena.show.replay import Replay
from arena.show.replay_file import load, save
from arena.show.take import take, takes
from arena.show.trained import Kept
from tests.strategies import compiled
from tests.test_cli import here as run
from tests.test_replay_file import OLD

KEYS: Keys = np.asarray([3, 8], np.uint64)
Watch = Callable[..., tuple[str, str]]


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Watch:
    """Run the command in this process; what it printed, and what it said beside."""
    monkeypatch.setenv("TURNCOAT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")

    def watched(*words: str | Path) -> tuple[str, str]:
        capsys.readouterr()
        app(["watch", *map(str, words)], standalone_mode=False)
        told = capsys.readouterr()
        return told.out, told.err

    return watched


def mistake(watch: Watch, *words: str | Path) -> str:
    with pytest.raises(TurncoatError) as caught:
        watch(*words)
    return str(caught.value)


# What was trained


@dataclass(frozen=True)
class Counting(Agent):
    """Plays as another does, and counts how often it is asked to."""

    agent: Agent
    asked: list[int]

    def policies(self, game: Game, seat: str, others: object, keys: Keys) -> Sequence[Policy]:
        self.asked.extend(int(key) for key in keys)
        return self.agent.policies(game, seat, {}, keys)


def kept(text: str, folder: Path) -> tuple[Kept, list[int]]:
    asked: list[int] = []
    return Kept(Counting(agent(text), asked), full_name(text), folder), asked


def same(ones: Sequence[Policy], others: Sequence[Policy]) -> bool:
    return all(
        np.array_equal(one.probability, other.probability) and np.array_equal(one.index, other.index)
        for one, other in zip(ones, others, strict=True)
    )


@pytest.mark.parametrize("text", ["reinforce:episodes=50", "q-learning:episodes=50", "gru:episodes=20"])
def test_what_was_trained_is_not_trained_again(text: str, tmp_path: Path) -> None:
    """One that remembers too; each key by itself."""
    game = compiled("deferral-ladder")
    one, asked = kept(text, tmp_path)
    first = one.policies(game, "model", {}, KEYS)
    again = one.policies(game, "model", {}, KEYS[::-1])
    assert asked == [3, 8]
    assert same(first, again[::-1])
    assert [policy.memory is None for policy in again] == [text[0] != "g"] * 2
    one.policies(game, "model", {}, np.asarray([8, 9], np.uint64))
    assert asked == [3, 8, 9]
    assert same(first, agent(text).policies(game, "model", {}, KEYS))
    named = Credits("x", seed=3)
    assert take(game, one, named, refit=False) == take(game, agent(text), named, refit=False)


def test_whatever_makes_another_policy_makes_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    game, other = compiled("deferral-ladder"), compiled("deferral-ladder", discount=0.9)
    one, _ = kept("reinforce", tmp_path)
    watching = agent("sometimes:p=0.5").policies(game, "overseer", {}, KEYS[:1])[0]
    faces = {
        one.identity(game, "model", {}, 3),
        one.identity(game, "model", {}, 4),
        one.identity(game, "overseer", {}, 3),
        one.identity(other, "model", {}, 3),
        one.identity(twin(game, "future-removed"), "model", {}, 3),
        one.identity(game, "model", {"overseer": watching}, 3),
        replace(one, name=full_name("reinforce:alpha=0.02")).identity(game, "model", {}, 3),
        replace(one, agent=agent("reinforce")).identity(game, "model", {}, 3),  # its code is in another file
    }
    assert len(faces) == 8
    assert one.identity(game, "model", {}, 3) in faces
    monkeypatch.setattr(trained, "FORMAT", trained.FORMAT + 1)
    assert one.identity(game, "model", {}, 3) not in faces


@pytest.mark.parametrize("text", ["reinforce:episodes=9", "gru:episodes=9"])
def test_a_damaged_file_is_as_good_as_none(text: str, tmp_path: Path) -> None:
    game = compiled("deferral-ladder")
    one, asked = kept(text, tmp_path)
    first = one.policies(game, "model", {}, KEYS[:1])
    (path,) = tmp_path.iterdir()
    content = path.read_bytes()
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    damaged = [b"", b"PK\x03\x04", content[: len(content) // 2], bytes(len(content))]
    damaged += [content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :] for at in range(0, len(content), 40)]
    for number, broken in enumerate(damaged):
        path.write_bytes(broken)
        assert same(one.policies(game, "model", {}, KEYS[:1]), first), number
    changes = (
        {"probability": arrays["probability"][:, :, :1]},
        {"probability": arrays["probability"] * 2},
        {"index": arrays["index"] + 10_000},
        {"index": arrays["index"][:-1]},
        {"index": np.asarray([None] * len(arrays["index"]))},
        {"histories": np.zeros((2, 3), np.int64)},
    )
    for change in changes:
        np.savez(path, **{**arrays, **change})
        before = len(asked)
        assert same(one.policies(game, "model", {}, KEYS[:1]), first)
        assert len(asked) == before + 1
    assert path.read_bytes() == content


def test_where_nothing_can_be_kept_it_is_trained_each_time(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("no folder")
    one, asked = kept("reinforce:episodes=9", file)
    for _ in range(2):
        one.policies(compiled("deferral-ladder"), "model", {}, KEYS[:1])
    assert asked == [3, 3]


def test_the_cache_is_where_it_is_looked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TURNCOAT_CACHE", str(tmp_path))
    assert trained.folder() == tmp_path
    monkeypatch.delenv("TURNCOAT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert trained.folder() == tmp_path / "turncoat"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert trained.folder() == Path.home() / ".cache" / "turncoat"


def test_a_learner_is_trained_once_and_says_so(watch: Watch, tmp_path: Path) -> None:
    words = ("deferral-ladder", "reinforce:episodes=200", "-S", "rounds=2")
    out, err = watch(*words, "--episodes", "3")
    assert err.splitlines() == [
        "training reinforce:episodes=200 in deferral-ladder ...",
        "training reinforce:episodes=200 in deferral-ladder [future-removed] ...",
    ]
    assert len(list((tmp_path / "cache").iterdir())) == 2
    assert watch(*words, "--episodes", "3") == (out, "")
    fresh, err = watch(*words, "--no-cache", "--no-refit")
    assert err.count("training") == 1
    assert "future removed" in out
    assert "future removed" not in fresh
    assert watch("deferral-ladder", "optimal")[1] == ""


def test_what_was_trained_opens_without_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TURNCOAT_CACHE", str(tmp_path))
    words = ["watch", "deferral-ladder", "mlp:episodes=3"]
    assert run(*words).returncode == 0
    code = (
        f"import sys\nfrom arena.cli.app import app\napp({words!r}, standalone_mode=False)\n"
        "print('torch' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "False\n"


# Several


def test_several_episodes_are_of_one_policy() -> None:
    game, asked = compiled("random-length-training"), list[int]()
    player = Counting(agent("random"), asked)
    named = Credits("x", seed=3)
    several = takes(game, player, named, [0, 4, 2], refit=False)
    assert asked == [3]
    assert several == [take(game, agent("random"), replace(named, episode=n), refit=False) for n in (0, 4, 2)]
    assert [one.episode for one in several] == [0, 4, 2]
    others = record(game, {"model": agent("random").policies(game, "model", {}, KEYS)[0]}, 3, 4)
    assert [list(deed.actions) for deed in several[1].deeds] == others.actions.tolist()
    assert several[0].deeds != several[1].deeds


def test_measures_of_the_policy_are_exact() -> None:
    (found,) = takes(compiled("deferral-ladder"), agent("random"), Credits("x"), [0])
    assert found.exact["early rate"] == pytest.approx(0.5)
    assert found.exact["turn probability"] == pytest.approx(0.75**5 * 0 + 0.5**5 * 0.5)
    assert set(found.exact) == {"early rate", "late rate", "turn probability", "observed return"}


def test_agents_and_twins_stand_beside_each_other(watch: Watch) -> None:
    words = ("deferral-ladder", "optimal", "-S", "rounds=3")
    out, _ = watch(*words, "--beside", "honest", "--beside-twin", "future-removed")
    compared = out[out.index("side by side") :].splitlines()[1:]
    assert [line.split("  ")[0] for line in compared] == [
        "optimal, as it is",
        "honest, as it is",
        "optimal, future-removed",
        "honest, future-removed",
    ]
    out, _ = watch(*words, "--episode", "5", "--episode", "2")
    assert "episode 2  ●●●◆" in out
    assert "episode 5  ●●●◆" in out


# Files


def test_a_recording_is_saved_and_opened(watch: Watch, tmp_path: Path) -> None:
    path, page = tmp_path / "one.replay", tmp_path / "page.html"
    shown, _ = watch("deferral-ladder", "trojan")
    out, err = watch("deferral-ladder", "trojan", "--save", path)
    assert (out, err) == ("", f"{path} written\n")
    assert load(path).player == "trojan"
    assert watch(path) == (shown, "")
    assert watch(path, "--save", page) == ("", f"{page} written\n")
    assert "Deferral ladder" in page.read_text(encoding="utf-8")
    both, _ = watch(path, OLD)
    assert "side by side" in both
    again = tmp_path / "again.replay"
    assert watch(path, "--save", again, "--renderer", "text")[0] == shown
    assert again.read_bytes() == path.read_bytes()


def test_mistakes_come_before_any_work(watch: Watch, tmp_path: Path) -> None:
    ladder = ("deferral-ladder", "reinforce")
    assert "known are .gif, .html" in mistake(watch, *ladder, "--save", tmp_path / "x.txt")
    assert ".replay" in mistake(watch, *ladder, "--save", tmp_path / "x.replya")
    assert "there is no folder" in mistake(watch, *ladder, "--save", tmp_path / "no" / "x.replay")
    assert "did you mean 'text'" in mistake(watch, *ladder, "--renderer", "txt")
    assert "did you mean 'trojan'" in mistake(watch, *ladder, "--beside", "trojn")
    assert "name an agent" in mistake(watch, "deferral-ladder")
    assert "in place of --episode" in mistake(watch, *ladder, "--episodes", "2", "--episode", "1")
    assert "from 1 to 1000" in mistake(watch, *ladder, "--episodes", "0")
    assert "did you mean" in mistake(watch, *ladder, "--beside-twin", "future-remvd")
    assert not (tmp_path / "cache").exists()
    assert "without --twin" in mistake(watch, OLD, "--twin", "future-removed")
    assert "without --learning" in mistake(watch, OLD, "--learning")
    assert "'optimal' could be another recording" in mistake(watch, OLD, "optimal")
    assert "No such file" in mistake(watch, tmp_path / "gone.replay")
    assert "recording writes no" not in mistake(watch, OLD, "--renderer", "recording")


# Learning


def test_an_episode_of_training_shows_its_updates(watch: Watch, tmp_path: Path) -> None:
    path = tmp_path / "one.replay"
    learner = "reinforce:trace=0,alpha=0.5,episodes=20"
    words = ("deferral-ladder", learner, "-S", "rounds=2", "-S", "catch=0")
    out, err = watch(*words, "--learning", "--episode", "0")
    assert err == ""
    assert "seed 0, episode 0, while training" in out
    assert "then  after its update: defects 50.0% →" in out
    watch(*words, "--learning", "--save", path)
    found = load(path)
    assert (found.kind, found.episode) == ("while training", 19)
    assert all(deed.update for deed in found.deeds)
    assert [lens.name for lens in found.lenses] == ["deployment flipped"]
    several, _ = watch(*words, "--learning", "--episode", "7", "--episode", "1")
    assert several.index("episode 1") < several.index("episode 7")
    assert "there is no episode 20" in mistake(watch, *words, "--learning", "--episode", "20")
    said = mistake(watch, "deferral-ladder", "ppo", "--learning")
    assert said == "--learning follows tabular online learners, q-learning, reinforce, sarsa; ppo is none of them"


def test_saving_beside_a_game_that_is_over_at_once(tmp_path: Path) -> None:
    """A replay of no rounds is one too."""
    one: Replay = load(OLD)
    none = replace(one, moments=one.moments[-1:], deeds=())
    save(none, tmp_path / "none.replay")
    assert load(tmp_path / "none.replay") == none
