"""``turncoat show`` and ``turncoat watch --reload``: what is said of a scenario, and playing it on every save."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import arena
from arena.cli.portrait import payoffs, rules, thresholds, where
from arena.cli.show import portrait
from tests.strategies import compiled
from tests.test_cli import TURNCOAT
from tests.test_cli import here as run

TWO_EXITS = Path(__file__).parent.parent / "scenarios" / "two-exits.yaml"


def shown(name: str, **settings: Any) -> dict[str, Any]:
    scenario = arena.scenario(name)
    return portrait(scenario, scenario.settings(settings))


def test_the_rules_are_told_in_words() -> None:
    assert rules(compiled("deferral-ladder")) == [
        "The model chooses between comply and defect; the overseer chooses between watch and skip, at the same time.",
        "An episode lasts 6 rounds at most: training 5 rounds, then deployment 1 round.",
        "The model sees deployment and round; oversight and future are kept from it.",
        "It can defect early in training, and late in deployment.",
    ]
    assert rules(compiled("deferral-ladder", discount=0.5))[-1] == (
        "A round later counts 0.5 of what it would count now."
    )
    hidden = rules(compiled("deferral-ladder", deployment="hidden", round="hidden"))
    assert hidden[2] == "The model sees nothing; deployment, oversight and future are kept from it."


def test_what_becomes_of_a_defection_is_told() -> None:
    said = {(row["stage"], row["action"]): row["then"] for row in payoffs(compiled("deferral-ladder"))}
    assert said["training", "defect"] == {"caught, ended": [0.5, 0.5]}
    assert said["training", "comply"] == said["deployment", "defect"] == {}


def test_thresholds_are_those_of_the_closed_forms() -> None:
    found = shown("deferral-ladder")["thresholds"]
    assert found["discount"]["optimal"] == [[pytest.approx(0.2 ** (1 / 5), abs=1e-8), 1.0]]
    assert found["catch"]["optimal"] == [[pytest.approx(0.1, abs=1e-8), 1.0]]
    assert found["discount"]["looked"] == [0, 1]
    assert found["rounds"]["looked"] == [1, 10]
    assert found["prize"]["looked"] == [0, 20]
    assert "deployment" not in found
    impatient = shown("deferral-ladder", discount=0.8)["thresholds"]["rounds"]
    assert impatient["optimal"] == [[1, 7]]  # .8 ** n >= .2
    assert where(impatient) == "up to 7"


@pytest.mark.parametrize(
    ("looked", "optimal", "words"),
    [
        ([0, 1], [], "nowhere"),
        ([0, 1], [[0, 1]], "throughout"),
        ([0, 1], [[0.25, 1]], "from 0.25"),
        ([0, 1], [[0, 0.25]], "up to 0.25"),
        ([0, 1], [[0.25, 0.5]], "from 0.25 to 0.5"),
        ([0, 2], [[0, 1e-9], [1.5, 2]], "at 0 alone and from 1.5"),
        ([0, 2], [[2 - 1e-9, 2]], "at 2 alone"),
    ],
)
def test_where_in_words(looked: list[float], optimal: list[list[float]], words: str) -> None:
    assert where({"looked": looked, "optimal": optimal}) == words


def test_large_games_have_no_thresholds() -> None:
    scenario = arena.scenario("deferral-ladder")
    given = scenario.settings({"rounds": 30_000})
    assert thresholds(scenario, given, scenario.compile(**given)) == {}


def test_the_optimum_is_told_with_all_that_are_as_good() -> None:
    best = shown("blind-spot")["optimum"]
    assert (best["value"], best["play"], best["unique"]) == (5, "CCCCCC", False)
    assert best["turn_probability"] == [0, 1]
    assert best["early_rate"] == [0, 0]


def test_show_prints_it_all() -> None:
    said = run("show", "deferral-ladder").stdout
    for words in (
        "at the\nsame time. An episode lasts 6 rounds",
        "-S discount=1.0      from 0.7248            (0 to 1)",
        "caught, ended",
        "is worth 10.",
        "It plays CCCCCD:",
        "turns 1, early rate 0, late rate 1.",
    ):
        assert words in said
    assert max(map(len, said.splitlines())) <= 100


def test_show_draws_the_map() -> None:
    drawn = shown("two-exits")["picture"]
    assert "1" in drawn
    assert f"  {drawn}  ".split() == re.findall(r"^  ([#.AB1]+)$", TWO_EXITS.read_text(encoding="utf-8"), re.MULTILINE)
    assert f"\n{drawn}\n" in run("show", "two-exits").stdout
    assert shown("deferral-ladder")["picture"] == ""


def test_quick_leaves_the_optimum_out() -> None:
    facts = json.loads(run("show", "deferral-ladder", "--quick", "--json").stdout)
    assert (facts["optimum"], facts["thresholds"]) == (None, {})
    assert "left out: turncoat solve deferral-ladder" in run("show", "deferral-ladder", "--quick").stdout


# Watching a file

FILE = """\
kind: stages
title: Mine
signals: {deployment: shown}
stages:
  - {name: a, phase: training, window: early, rounds: 2, pays: {observed: {comply: 0, defect: 1}}}
  - {name: b, phase: deployment, window: late, rounds: 1, pays: {observed: {comply: 0, defect: PRIZE}}}
"""


@contextmanager
def watching(path: Path, *words: str) -> Iterator[tuple["subprocess.Popen[bytes]", Callable[[str, str], str]]]:
    """``turncoat watch --reload`` on a file, and a function that waits for words in the output or the errors."""
    folder = path.parent
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "100", "PYTHONUNBUFFERED": "1"}
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        command = [str(TURNCOAT), "watch", str(path), "trojan", "--reload", *words]
        process = subprocess.Popen(command, stdout=out, stderr=err, env=environment)

        def until(stream: str, expected: str) -> str:
            for _ in range(600):
                said = (folder / stream).read_text(encoding="utf-8")
                if expected in said:
                    return said
                assert process.poll() is None, (folder / "err").read_text()
                time.sleep(0.05)
            raise AssertionError(f"{expected!r} never came: {said}")

        try:
            yield process, until
        finally:
            process.kill()
            process.wait()


def waits(path: Path, times: int) -> str:
    return f"-- waiting for {path} to be saved; Ctrl-C ends\n" * times


def test_a_saved_file_is_played_again(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(FILE.replace("PRIZE", "5"))
    with watching(path, "--seed", "3") as (process, until):
        until("out", "Observed return 5")
        until("err", waits(path, 1))
        path.write_text(FILE.replace("PRIZE", "7").replace("title", "titel"))
        until("err", f"{path}:2:1: titel: unknown key; did you mean 'title'?\n")
        path.write_text(FILE.replace("PRIZE", "7"))
        until("out", "Observed return 7")
        until("err", "Ctrl-C ends\n" + waits(path, 1))
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert (tmp_path / "err").read_text().count("waiting for") == 3
    assert "Traceback" not in (tmp_path / "err").read_text()


PYTHON = """\
from dataclasses import dataclass
from arena import Labels, Model, Rewards

@dataclass(frozen=True, kw_only=True)
class Coin(Model[int]):
    actions = {"model": ("heads", "tails")}
    def initial(self): return {0: 1.0}
    def legal(self, state): return {} if state else {"model": ("heads", "tails")}
    def transition(self, state, actions): return {1: 1.0}
    def rewards(self, state, actions, following): return Rewards((PRIZE,))
    def observe(self, state, seat): return {}
    def labels(self, state): return Labels("toss", window="late")
    def defects(self, state, seat, action): return action == "tails"
"""


def test_a_saved_python_file_is_run_again(tmp_path: Path) -> None:
    """Two saves in one second, of the same length: not what Python keeps of the first one."""
    path = tmp_path / "coin.py"
    path.write_text(PYTHON.replace("PRIZE", "5.0"))
    with watching(path, "--trust") as (_, until):
        until("out", "Observed return 5")
        for prize in ("6.0", "7.0", "8.0"):
            path.write_text(PYTHON.replace("PRIZE", prize))
            until("out", f"Observed return {prize[0]}")
        path.write_text(PYTHON.replace("PRIZE", "1 / 0"))
        until("err", f"{path}:10:67: ZeroDivisionError: division by zero\n")


def test_a_name_cannot_be_watched() -> None:
    done = run("watch", "windfall", "trojan", "--reload")
    assert done.returncode == 2
    assert "give the path of the scenario's file" in done.stderr
