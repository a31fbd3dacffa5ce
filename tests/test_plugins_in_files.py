"""Agents in files: ``path/to/file.py:Class``, with trust, and with a name that changes when the code does."""

import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from arena import TurncoatError, plugins
from arena.contest.match import Pairing, board, player
from arena.play import agent as agent_module
from arena.play.agent import find, full_name
from arena.spec import Spec, parse
from tests.strategies import compiled
from tests.test_cli import here as run

MINE = '''
"""Mine."""

from dataclasses import dataclass

from agents.known import Honest
from arena.play.agent import Known

print("the code has run")


@dataclass(frozen=True)
class Mine(Known):
    """Does the first thing, or the last."""

    bold: float = 0.5
    last: bool = False

    def act(self, view):
        return view.always(view.legal.argmax(axis=1) + (len(view.actions) - 1) * self.last)


@dataclass(frozen=True)
class Other(Mine):
    """Another."""


@dataclass(frozen=True)
class Timid(Mine):
    """Raises."""

    def __post_init__(self):
        if self.last:
            raise ValueError("never last")
        if self.bold > 1:
            raise ZeroDivisionError("not\\nthat bold")


class Base(Known):
    """Lacks everything."""


@dataclass(frozen=True)
class Bare(Mine):
    """Has no default."""

    def __init__(self, much):
        pass


class _Hidden(Mine):
    pass


@dataclass(frozen=True)
class Listed(Mine):
    """Has a setting that is none."""

    parts: tuple = ()


three = 3
'''


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(plugins.TRUST, "1")
    path = tmp_path / "mine.py"
    path.write_text(MINE, encoding="utf-8")
    return path


# How it is written


@pytest.mark.parametrize(
    ("text", "name", "settings"),
    [
        ("my.py:Mine", "my.py:Mine", ()),
        (" a/b.c/my.py:Mine ", "a/b.c/my.py:Mine", ()),
        ("my.py:Mine:b=2,a=0.5", "my.py:Mine", (("a", 0.5), ("b", 2))),
        ("C:/x/my.py:Mine:a=1", "C:/x/my.py:Mine", (("a", 1),)),
        ("my.py:Mine@0a1b:a=1", "my.py:Mine@0a1b", (("a", 1),)),
        ("my.py:Mine:", "my.py:Mine", ()),
        ("my.py:Mine:path=x:y", "my.py:Mine", (("path", "x:y"),)),
        ("my.py:rounds=2", "my.py", (("rounds", 2),)),
        ("my.py", "my.py", ()),
        ("saved:path=my.py:Mine", "saved", (("path", "my.py:Mine"),)),
        ("my.pyx:a=1", "my.pyx", (("a", 1),)),
    ],
)
def test_a_class_in_a_file_is_told_from_settings(
    text: str, name: str, settings: tuple[tuple[str, object], ...]
) -> None:
    assert parse(text) == Spec(name, settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["my.py:Mine:bold", "my.py:Mine:bold=1,", "my.py:2x", "my.py:Mine@xyz"])
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(TurncoatError, match="expected key=value, not"):
        parse(text)


# What is found


def test_its_settings_are_settings(mine: Path) -> None:
    one = find(f"{mine}:Mine:bold=1,last=true")
    assert (type(one).__name__, vars(one)) == ("Mine", {"bold": 1.0, "last": True})
    (policy,) = one.policies(compiled("windfall"), "model", {}, np.zeros(1, np.uint64))
    assert (policy.probability[0, :, -1] == 1).all()
    assert find(f"{mine}:Other") != find(f"{mine}:Mine") == find(f"{mine}:Mine:bold=.5")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mine.py:Mime", "mine.py: there is no class 'Mime' in it; did you mean 'Mine'?"),
        ("mine.py:Base", "mine.py: Base lacks act"),
        ("mine.py:Honest", "mine.py: Honest is no agent: it must be a public class, derived from Known, Planner or"),
        ("mine.py:_Hidden", "mine.py: _Hidden is no agent: it must be a public class"),
        ("mine.py:three", "mine.py: three is no agent"),
        ("mine.py:dataclass", "mine.py: dataclass is no agent"),
        ("mine.py", "mine.py: say which of its classes is the agent, as in mine.py:Mine"),
        ("mine.py:Listed", "Listed.parts needs a default: a number, a text, true or false"),
        ("mine.py:Bare", "mine.py:Bare: TypeError: "),
        ("mine.py:Mine:blod=1", "mine.py:Mine has no setting 'blod'; did you mean 'bold'?"),
        ("mine.py:Mine:bold=much", "mine.py:Mine: bold must be a number, not 'much'"),
        ("mine.py:Timid:last=true", "mine.py:Timid: never last"),
        ("mine.py:Timid:bold=2", "mine.py:Timid: ZeroDivisionError: not that bold"),
        ("none.py:Mine", "none.py: there is no such file"),
        (".py:Mine", ".py: there is no such file"),
        ("folder.py:Mine", "folder.py: Is a directory"),
        ("half.py:Mine", "half.py:2:5: SyntaxError: invalid syntax"),
        ("exits.py:Mine", "exits.py:2:1: SystemExit: 3"),
        ("misses.py:Mine", "misses.py:1:1: ModuleNotFoundError: No module named 'nothing_of_the_kind'"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(mine: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str) -> None:
    monkeypatch.chdir(mine.parent)
    Path("half.py").write_text("\ndef (", encoding="utf-8")
    Path("exits.py").write_text("import sys\nsys.exit(3)", encoding="utf-8")
    Path("misses.py").write_text("import nothing_of_the_kind", encoding="utf-8")
    Path("folder.py").mkdir()
    with pytest.raises(TurncoatError) as caught:
        find(name)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_without_trust_no_code_runs(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(plugins.TRUST)
    asks = "read it, then give --trust, or set TURNCOAT_TRUST=1"
    said = f"{mine}: an agent in a file runs its code when it is loaded; {asks}"
    done = run("watch", "windfall", f"{mine}:Mine")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{said}\n")
    allowed = run("watch", "windfall", f"{mine}:Mine", "--trust")
    assert (allowed.returncode, "the code has run" in allowed.stdout) == (0, True)


def test_a_file_is_run_once(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("Mine", "Other", "Mine:bold=1"):
        find(f"{mine}:{name}")
    assert capsys.readouterr().out == "the code has run\n"


# What it is remembered as


def test_its_full_name_changes_with_its_code_and_finds_it_again(mine: Path) -> None:
    first = full_name(f"{mine}:Mine")
    assert first.startswith(f"{mine}:Mine@")
    assert first.endswith(":bold=0.5,last=false")
    assert full_name(first) == first
    assert find(first) == find(f"{mine}:Mine")
    mine.write_text(MINE + "\n# changed\n", encoding="utf-8")
    second = full_name(f"{mine}:Mine")
    assert second != first
    assert second.partition("@")[0] == first.partition("@")[0]
    with pytest.raises(
        TurncoatError, match=r"mine\.py: the file has changed: it is [0-9a-f]{12} now, and [0-9a-f]{12} is"
    ):
        find(first)


def test_a_match_has_another_key_when_the_code_changes(mine: Path) -> None:
    keys = []
    for text in (MINE, MINE.replace("0.5", "0.25"), MINE):
        mine.write_text(text, encoding="utf-8")
        one = player(f"{mine}:Mine:bold=.5")
        assert one.label == f"{mine}:Mine:bold=0.5"
        keys.append(Pairing(board("windfall"), one, None).key(0))
    assert keys[0] == keys[2] != keys[1]


def test_two_files_of_one_name_are_two_agents(mine: Path) -> None:
    other = mine.parent / "other" / "mine.py"
    other.parent.mkdir()
    other.write_text(MINE.replace("0.5", "0.25"), encoding="utf-8")
    assert vars(find(f"{mine}:Mine"))["bold"] == 0.5
    assert vars(find(f"{other}:Mine"))["bold"] == 0.25
    assert vars(pickle.loads(pickle.dumps(find(f"{mine}:Mine"))))["bold"] == 0.5


def test_another_process_can_unpickle_it(mine: Path, tmp_path: Path) -> None:
    """If it may run code; and not once the file has changed."""
    data = tmp_path / "agent.pickle"
    data.write_bytes(pickle.dumps(find(f"{mine}:Mine:bold=.75")))
    code = f"import pickle; print(vars(pickle.load(open({str(data)!r}, 'rb')))['bold'])"
    words = [sys.executable, "-c", code]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "the code has run\n0.75\n"
    mine.write_text(MINE + "\n# changed\n", encoding="utf-8")
    assert "the file has changed" in subprocess.run(words, capture_output=True, text=True, check=False).stderr


def test_a_tournament_plays_what_is_new_when_the_code_changes(mine: Path, tmp_path: Path) -> None:
    asked = ("-s", "windfall", "-a", f"{mine}:Mine:last=true", "--seeds", "2", "--controls", "none")
    words = ("tournament", *asked, "--trust", "--out", str(tmp_path / "run"))
    assert "2 matches played" in run(*words).stderr
    assert "0 matches played, 2 kept" in run(*words).stderr
    mine.write_text(MINE.replace("* self.last", "* 0"), encoding="utf-8")
    assert "2 matches played" in run(*words).stderr
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    names = [one["configuration"]["agents"][0] for one in manifest["tournaments"]]
    assert len(set(names)) == 2
    assert agent_module.full_name(names[-1]) == names[-1]


def test_what_went_wrong_before_it_could_be_found_is_forgotten_then(mine: Path, tmp_path: Path) -> None:
    (tmp_path / "mended.py").write_text("import os\n\nos._exit(3)\n")
    words = ["tournament", "-s", "windfall", "-a", f"{tmp_path / 'mended.py'}:Mine:bold=1", "--seeds", "2", "--json"]
    words += ["--controls", "none", "--workers", "1", "--out", str(tmp_path / "run"), "--trust"]
    failed = json.loads(run(*words).stdout)
    assert [one["matches"] for one in failed["failures"]] == [2]
    (tmp_path / "mended.py").write_text(mine.read_text())
    mended = json.loads(run(*words).stdout)
    assert (mended["failures"], len(mended["standings"])) == ([], 1)


@pytest.mark.parametrize("workers", ["0", "1"])
def test_what_agents_print_is_no_part_of_the_table(mine: Path, tmp_path: Path, workers: str) -> None:
    words = ["tournament", "-s", "windfall", "-a", f"{mine}:Mine", "--seeds", "1", "--json", "--trust"]
    words += ["--controls", "none", "--workers", workers, "--out", str(tmp_path / "run")]
    done = run(*words)
    assert len(json.loads(done.stdout)["standings"]) == 1
    assert ("the code has run" in done.stderr) == (workers == "0")
