"""``turncoat check agent``: every shipped agent passes; each way to break the contract is found by its check."""

import json
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arena import plugins, view
from arena.learn.saved import save_policies
from arena.measure.compliance import CHECKS, comply
from arena.play import agent as agent_module
from arena.play.agent import agents, find
from tests.bad_agents import Unpicklable
from tests.strategies import compiled
from tests.test_cli import here as run

BAD = Path(__file__).parent / "bad_agents.py"
SCENARIOS = Path(__file__).parent.parent / "scenarios"
FEW = ("deferral-ladder", "windfall")

SETTINGS = {
    "reinforce": "episodes=9",
    "q-learning": "episodes=9",
    "sarsa": "episodes=9",
    "exact-gradient": "steps=5",
    "surrogate": "episodes=3",
    "empirical-return": "episodes=2",
    "mlp": "episodes=2",
    "gru": "episodes=2",
    "surrogate-mlp": "episodes=1",
    "ppo": "steps=128,copies=4,rollout=8",
    "a2c": "steps=128,copies=4",
    "dqn": "steps=128,copies=4",
    "recurrent-ppo": "steps=128,copies=4,rollout=8",
}
"""So little training that it can be asked for many times."""

QUICK = ("honest", "sometimes", "tit-for-tat", "misgeneraliser", "optimal", "reinforce", "surrogate")
SLOW = ("gru", "mlp", "empirical-return", "return-to-date", "ppo", "a2c", "dqn", "recurrent-ppo", "surrogate-mlp")
ELSEWHERE = ("saved", "sb3")
"""Play from files alone."""


def studied(names: Collection[str], quick: Collection[str]) -> list[Any]:
    """Names as parameters; those that are not quick are for ``-m study``: each takes a process of its own."""
    return [name if name in quick else pytest.param(name, marks=pytest.mark.study) for name in sorted(names)]


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(plugins.TRUST, "1")


def named(name: str) -> str:
    return f"{name}:{SETTINGS[name]}" if name in SETTINGS else name


# What is shipped


@pytest.mark.parametrize("name", studied(set(agents()) - {*ELSEWHERE, *SLOW}, QUICK))
def test_a_shipped_agent_complies(name: str) -> None:
    report = comply(named(name))
    assert (report.findings, report.left) == ([], [])
    assert len(report.played) + len(report.refused) == 21


@pytest.mark.parametrize("name", studied(SLOW, ("gru",)))
def test_so_does_a_slow_one(name: str) -> None:
    report = comply(named(name), FEW)
    assert report.findings == []
    assert set(report.played) == set(FEW)


def test_so_does_a_saved_policy_in_its_own_game(tmp_path: Path) -> None:
    game = compiled("windfall")
    policies = find("random").policies(game, "model", {}, np.zeros(1, np.uint64))
    told = {"scenario": "windfall", "settings": {}, "digest": game.digest, "agent": "random", "seat": "model"}
    save_policies(tmp_path / "policies.npz", policies, view(game, "model"), {**told, "seeds": [0]})
    report = comply(f"saved:path={tmp_path / 'policies.npz'}", FEW)
    assert report.findings == []
    assert (set(report.played), set(report.refused)) == ({"windfall"}, {"deferral-ladder"})


@pytest.mark.usefixtures("trusting")
def test_the_other_process_is_asked_about_the_files_that_are_named(tmp_path: Path) -> None:
    """Whether or not there is an installed scenario of that name; Python too, where it is trusted."""
    copies = {"elsewhere.yaml": "windfall.yaml", "windfall.yaml": "two-exits.yaml", "mine.py": "stage_bandit.py"}
    for name, original in copies.items():
        shutil.copyfile(SCENARIOS / original, tmp_path / name)
    files = [str(tmp_path / name) for name in copies]
    report = comply("honest", [*files, "windfall"])
    assert report.findings == []
    assert set(report.played) == {*files, "windfall"}


# What is bad

BROKEN = {
    "Undecorated": ("settings", "", "boldness is no setting yet: decorate the class with @dataclass(frozen=True)"),
    "Garbled": ("settings", "", "stands for Garbled(bold=1.0, word='why not', when='1000.0'), not for Garbled("),
    "Endless": ("answers", "deferral-ladder", "no answer within 2 seconds"),
    "Exits": ("answers", "deferral-ladder", "it ends its process, with code 3"),
    "Raises": ("raises", "deferral-ladder", "bad_agents.py:98:16: KeyError: 'overseer'"),
    "Quits": ("raises", "deferral-ladder", "SystemExit: 0"),
    "RaisesLater": ("raises", "deferral-ladder", "IndexError: index 1 is out of bounds"),
    "OneForAll": ("policies", "deferral-ladder", "for 4 keys it gives 1 policies"),
    "Misfit": (
        "policies",
        "deferral-ladder",
        "deferral-ladder: a policy of shape (1, 1, 1) does not fit the seat 'model'",
    ),
    "Tables": ("policies", "deferral-ladder", "it gives ndarray for a policy"),
    "Halves": ("policies", "deferral-ladder", "chances that are negative or do not sum to one"),
    "Nowhere": (
        "policies",
        "deferral-ladder",
        "a policy's probabilities must be non-negative and sum to one in every row",
    ),
    "Payer": ("inputs", "deferral-ladder", "it changes the game, the keys or the others' policies"),
    "Whisperer": ("inputs", "deferral-ladder", "it changes the game, the keys or the others' policies"),
    "KeyEater": ("inputs", "deferral-ladder", "it changes the game, the keys or the others' policies"),
    "Unseeded": ("repeatable", "deferral-ladder", "asked the same again it gives another policy"),
    "Counts": ("repeatable", "deferral-ladder", "asked the same again it gives another policy"),
    "Shared": (
        "global randomness",
        "deferral-ladder",
        "its policy depends on random generators that others use as well",
    ),
    "SharedToo": (
        "global randomness",
        "deferral-ladder",
        "its policy depends on random generators that others use as well",
    ),
    "Places": ("keys", "deferral-ladder", "the same key gives another policy beside other keys"),
    "Stream": ("keys", "deferral-ladder", "the same key gives another policy beside other keys"),
    "Hashes": ("process", "deferral-ladder", "the same key gives another policy in another process"),
    "Hoards": ("order", "", "after other games it gives another policy"),
    "Leaves": ("raises", "", "RuntimeError: not again"),
    "Picky": ("refusals", "", "it refuses every scenario: picky: this is beneath me"),
    "Forgets": ("segments", "deferral-ladder", "trained in two segments it is not what it is when trained in one"),
}
"""The check that finds each of them out, where, and what it says."""

AGAIN = ("Garbled", "Quits", "RaisesLater", "Misfit", "Tables", "Nowhere", "Whisperer", "Counts", "SharedToo", "Stream")
"""Those that another one stands for."""


@pytest.mark.parametrize("name", studied(BROKEN, set(BROKEN) - set(AGAIN)))
@pytest.mark.usefixtures("trusting")
def test_a_bad_agent_is_found_out_by_the_right_check(name: str) -> None:
    """And by that one alone, though it is asked about all of them."""
    check, where, what = BROKEN[name]
    report = comply(f"{BAD}:{name}", FEW, limit=2)
    (found,) = report.findings
    assert not report.passed
    assert (found.check, found.level) == (check, "failure")
    assert what in found.what
    assert found.scenario in ((where,) if where else ("", *FEW))
    assert found.hint == CHECKS[check]
    assert report.left == (["windfall"] if check == "answers" else [])


def test_one_that_cannot_be_pickled_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is installed; of one in a file only the settings are pickled."""
    monkeypatch.setattr(agent_module, "agents", lambda: {"unpicklable": Unpicklable})
    (found,) = comply("unpicklable", FEW).findings
    assert (found.check, found.what) == (
        "pickle",
        "it cannot be pickled: TypeError: cannot pickle '_thread.lock' object",
    )


@pytest.mark.usefixtures("trusting")
def test_every_check_can_fail_and_a_sound_agent_passes_them() -> None:
    assert {check for check, _, _ in BROKEN.values()} | {"pickle"} == set(CHECKS)
    report = comply(f"{BAD}:Sound:bold=.5", FEW)
    assert (report.findings, list(report.played)) == ([], ["deferral-ladder", "windfall"])
    (warned,) = comply(f"{BAD}:Undescribed", FEW).findings
    assert (warned.check, warned.level) == ("settings", "warning")


def test_scenarios_for_which_there_is_no_time_are_named() -> None:
    report = comply("honest", patience=0.0)
    assert (len(report.played), len(report.left)) == (1, 20)


# The command


def test_the_command_says_it_in_lines_or_as_json() -> None:
    fine = run("check", "agent", "honest", "tit-for-tat")
    first, second = fine.stdout.splitlines()
    assert (fine.returncode, fine.stderr) == (0, "")
    assert first.startswith("honest: ok, asked in 21 scenarios, a policy takes ")
    assert second.startswith("tit-for-tat: ok, asked in 1 scenario, refused 20, a policy takes ")
    bad = run("check", "agent", f"{BAD}:Places", "-s", "windfall", "--trust")
    assert (bad.returncode, bad.stdout) == (1, "")
    assert bad.stderr.splitlines()[1] == (
        "keys: failure in windfall: the same key gives another policy beside other keys; a policy may depend on its "
        "own key alone, not on its place or on how many there are"
    )
    (told,) = json.loads(run("check", "agent", "honest", "-s", "windfall", "--json").stdout)
    assert (told["ok"], told["findings"], list(told["seconds_a_policy"])) == (True, [], ["windfall"])


def test_a_warning_fails_a_strict_check() -> None:
    done = run("check", "agent", f"{BAD}:Undescribed", "-s", "windfall", "--trust", "--strict")
    assert (done.returncode, done.stderr) == (1, "")
    assert "settings: warning: no docstring says what it is" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["honset"], "there is no agent 'honset'; did you mean 'honest'?"),
        (["honest", "-s", "windfal"], "there is no scenario 'windfal'; did you mean 'windfall'?"),
        ([f"{BAD}:Sound"], "an agent in a file runs its code when it is loaded; read it, then give --trust"),
        ([], "check agent: name an agent, as in turncoat check agent my.py:Mine"),
    ],
)
def test_what_cannot_be_checked_is_said_in_one_line(words: list[str], said: str) -> None:
    done = run("check", "agent", *words)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert said in done.stderr
