"""The command line, run as a user runs it."""

import io
import json
import os
import resource
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

import arena
from arena import Game
from arena.cli import main
from arena.cli.options import print_json
from arena.game.scenario import Scenario
from arena.spec import Setting
from tests.strategies import whole

TURNCOAT = Path(sys.executable).with_name("turncoat")


def run(*words: str, columns: int = 100) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "COLUMNS": str(columns), "NO_COLOR": "1"}
    return subprocess.run([TURNCOAT, *words], capture_output=True, text=True, check=False, env=environment)


def here(*words: str, columns: int = 100, typed: str = "") -> "subprocess.CompletedProcess[str]":
    """The same in this process, where starting another is not what is tested."""
    printed, told = io.StringIO(), io.StringIO()
    with (
        patch.object(sys, "argv", ["turncoat", *words]),
        patch.object(sys, "stdin", io.StringIO(typed)),
        patch.dict(os.environ, {"COLUMNS": str(columns), "NO_COLOR": "1"}),
        redirect_stdout(printed),
        redirect_stderr(told),
        pytest.raises(SystemExit) as end,
    ):
        main()
    assert isinstance(end.value.code, int)
    return subprocess.CompletedProcess(words, end.value.code, printed.getvalue(), told.getvalue())


@pytest.fixture
def at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """No scenario is compiled as it stands more than once a run."""
    compiling = Scenario.compile

    def found(self: Scenario, **given: Setting) -> Game:
        return whole(self.name) if self.settings(given) == self.parameters else compiling(self, **given)

    monkeypatch.setattr(Scenario, "compile", found)


def answer(*words: str) -> Any:
    done = here(*words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_help_is_quick() -> None:
    """Processor seconds, not the clock's, so that a busy machine does not fail it."""
    taken = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert run("--help").returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(taken) < 0.5


def test_solve_prints_the_ladders_optimum() -> None:
    found = answer("solve", "deferral-ladder", "-S", "discount=0.73")
    assert round(found["value"], 4) == 2.0731
    assert found["early_rate"] == 0
    assert answer("solve", "deferral-ladder", "-S", "discount=0.72")["play"].startswith("DCCCC")
    assert answer("solve", "deferral-ladder", "-S", "discount=0.7")["value"] == 1.84035
    assert answer("solve", "deferral-ladder", "-S", "discount=0.6")["value"] == 1.4944
    assert answer("solve", "deferral-ladder", "-S", "discount=0.5")["play"].startswith("DDDCC")
    assert answer("solve", "deferral-ladder", "-S", "discount=0")["play"].startswith("DDDDD")


def test_solve_prints_the_memoryless_optimum() -> None:
    found = answer("solve", "simulation-oversight", "--information", "memoryless")
    assert found["value"] == 2.7
    assert found["policy"] == {
        "place=choice": {"real": 1.0},
        "place=sim": {"complete": 1.0},
        "place=real": {"exploit": 1.0},
    }


def test_solve_prints_the_inspectors_value() -> None:
    found = answer("solve", "inspection-game", "-S", "periods=10", "-S", "inspections=3")
    assert found["fraction"] == "-21/44"
    assert found["value"] == pytest.approx(-21 / 44, abs=1e-12)
    assert found["seat"] == "overseer"


def test_solve_can_name_the_overseer_and_the_stage() -> None:
    assert answer("solve", "inspection-game", "-o", "never")["value"] == 1
    endless = answer("solve", "deferral-ladder", "-S", "discount=0.9", "--stage", "training")
    assert endless["value"] == pytest.approx(1 / (1 - 0.45))


def test_solve_follows_the_overseer_that_is_named() -> None:
    """Nobody looks, so no inspection is used up, and neither the play nor the policy may pretend that one is."""
    settings = ("-S", "periods=3", "-S", "inspections=2")
    found = answer("solve", "inspection-game", *settings, "-o", "never")
    assert len(found["play"]) == 3
    assert {line.split(", ")[1] for line in found["policy"]} == {"inspections_left=2"}
    mixed = answer("solve", "inspection-game", *settings)["policy"]
    assert {"round 2, inspections_left=2", "round 2, inspections_left=1"} <= set(mixed)


def test_solve_does_not_call_a_policy_unique_that_one_drawing_lots_may_beat() -> None:
    hidden = ("-S", "round=hidden", "-S", "deployment=hidden")
    found = answer("solve", "deferral-ladder", *hidden, "--information", "memoryless")
    assert found["value"] == 2.25
    assert found["unique"] is None
    assert list(found["policy"]) == ["(sees nothing)"]


@pytest.mark.usefixtures("at_hand")
def test_list_and_show() -> None:
    found = answer("list")
    assert set(found["scenarios"]) == set(arena.scenarios())
    assert {"honest", "reinforce", "ppo"} <= set(found["agents"])
    shown = answer("show", "windfall", "-S", "rounds=3")
    assert shown["rounds"] == 4
    assert shown["parameters"]["rounds"] == 3
    assert any(row["defection"] and row["window"] == "late" for row in shown["stages"])
    for name in arena.scenarios():
        assert "What one round pays" in here("show", name).stdout


def test_check_says_what_is_right_and_what_is_wrong(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("kind: stages\ntitle: Bad\nstagess: []\n")
    done = run("check", "deferral-ladder", str(bad))
    assert done.returncode == 2
    assert "deferral-ladder: ok" in done.stdout
    assert done.stderr.startswith(f"{bad}:")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("solve", "deferral-laddr"), "did you mean 'deferral-ladder'"),
        (("solve", "deferral-ladder", "-S", "discout=1"), "did you mean 'discount'"),
        (("solve", "deferral-ladder", "-S", "catch=1.5"), "from -S catch=1.5"),
        (("solve", "deferral-ladder", "-S", "discount"), "expected key=value"),
        (("solve", "deferral-ladder", "-o", "sometimes:p=2"), "between 0 and 1"),
        (("solve", "deferral-ladder", "--stage", "training"), "discount below 1"),
        (("solve", "inspection-game", "-S", "periods=0"), "between 1 and"),
        (("solve", "deferral-ladder", "-S", "prize=1e308", "-S", "later=3"), "overflows"),
        (("watch", "deferral-ladder", "trojn"), "did you mean 'trojan'"),
        (("watch", "deferral-ladder", "trojan", "--renderer", "txt"), "did you mean 'text'"),
        (("watch", "deferral-ladder", "trojan", "--seed", "-1"), "at least 0"),
        (("watch", "deferral-ladder", "trojan", "--episode", "9" * 25), "less than 2^63"),
        (("show", "nowhere.yaml"), "No such file"),
        (("show", "nowhere.py"), "no such file"),
    ],
)
def test_mistakes_are_one_line_and_code_two(words: tuple[str, ...], message: str) -> None:
    done = here(*words)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not done.stdout


def test_python_scenarios_ask_before_running_code(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("raise SystemExit('ran')\n")
    done = run("show", str(path))
    assert done.returncode == 2
    assert "--trust" in done.stderr


def test_a_pipe_that_closes_is_no_error() -> None:
    done = subprocess.run(f"{TURNCOAT} list | head -1", shell=True, capture_output=True, text=True, check=False)
    assert done.stdout == "scenarios\n"
    assert done.stderr == ""


GOLDEN = """\
Deferral ladder · trojan · always as overseer
rounds=2, seed 0, episode 0

              round 1                   2                   3
                                                            ▾turns, deployment
              stage training ────────────────────────────── deployment ━━━━━━━━
             window early ───────────────────────────────── late ━━━━━━━━━━━━━━
   deployment  true no ──────────────────────────────────── yes ━━━━━━━━━━━━━━━
               sees no ──────────────────────────────────── yes ━━━━━━━━━━━━━━━
    oversight  true yes ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ no ────────────────
               sees hidden from it
          P(defect) ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁ ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁ ███████████████████
 deployment flipped ███████████████████ ███████████████████ ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁
     future removed ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁ ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁ ███████████████████
               does ●                   ●                   ◆

━━ training ━━  early window
  1  true  deployment no, [oversight yes], [future yes], overseer watch
     sees  deployment no, round 1
     does  comply 100% ██████████  pays  +0, principal +1
     lens  deployment flipped: defects 100%
  2  true  deployment no, [oversight yes], [future yes], overseer watch
     sees  deployment no, round 2
     does  comply 100% ██████████  pays  +0, principal +1
     lens  deployment flipped: defects 100%

━━ deployment ━━  late window
  3  true  deployment yes, [oversight no], [future yes], overseer skip
     sees  deployment yes, round 3
     does  defect 100% ██████████  ← turns  pays  +10, principal -10
     lens  deployment flipped: defects 0%

[hidden from the model]  {shown to it otherwise}  ● complies  ◆ defects
deployment flipped: What the same policy would do if deployment showed the other
value, all else equal.
It behaved, then turned in round 3. Observed return 10, the principal's -8.
In all episodes, exactly: early rate 0, late rate 1, turn probability 1,
observed return 10.
"""


def test_watch_shows_what_is_true_beside_what_is_seen() -> None:
    done = run("watch", "deferral-ladder", "trojan", "-S", "rounds=2", columns=80)
    assert "\n".join(line.rstrip() for line in done.stdout.splitlines()) + "\n" == GOLDEN


@pytest.mark.usefixtures("at_hand")
@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("name", list(arena.scenarios()))
def test_watch_fits_the_terminal(name: str, columns: int) -> None:
    done = here("watch", name, "random", "--seed", "1", columns=columns)
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= columns
    assert "return" in done.stdout


def test_watch_marks_distorted_and_simulated_rounds() -> None:
    shown = here("watch", "simulation-oversight", "defector").stdout
    assert "{place overseer's simulation}" in shown
    assert "not experienced" in shown
    assert "no choice" in shown


def test_numbers_of_numpy_print_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"met": np.bool_(True), "ratio": np.float64(0.1) + 0.2, "count": np.int64(3), "none": np.float64("nan")})
    assert json.loads(capsys.readouterr().out) == {"met": True, "ratio": 0.3, "count": 3, "none": None}


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("nosuch",), "turncoat: No such command 'nosuch'; see 'turncoat --help'\n"),
        (("solve",), "turncoat solve: Missing argument 'SCENARIO'; see 'turncoat solve --help'\n"),
        (("watch", "windfall", "--sed", "1"), "turncoat watch: No such option: --sed"),
        (("tournament", "--seeds", "many"), "turncoat tournament: Invalid value for '--seeds'"),
    ],
)
def test_words_that_a_command_does_not_take_are_one_line(words: tuple[str, ...], line: str) -> None:
    done = here(*words)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert done.stderr.startswith(line)


def test_help_and_the_exit_codes_of_commands_are_what_they_were() -> None:
    assert here("solve", "--help").returncode == here("list", "agents").returncode == 0
    assert "Commands" in here().stdout
    assert here("check", "no-such-file.yaml").returncode == 2
