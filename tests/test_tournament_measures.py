"""Measures that a tournament names besides the usual: worked out of every match, shown, and played again for."""

import json
from pathlib import Path

import numpy as np
import pytest

from arena.contest.match import board
from arena.contest.standings import standings
from arena.contest.store import Store
from arena.measure.measure import policy_measures
from arena.play.agent import find
from arena.solve.optimal import optimal
from tests.contestants import invoke

WORDS = ["-s", "deferral-ladder:discount=0.9", "-a", "honest", "-a", "optimal", "--controls", "none", "--seeds", "2"]


def test_a_measure_of_the_policy_is_worked_out_where_it_is_named(tmp_path: Path) -> None:
    result = invoke("tournament", *WORDS, "-m", "regret", "-m", "first_defection", "--json", "--out", tmp_path / "run")
    assert result.exit_code == 0
    found = {row["agent"]: row["measures"] for row in json.loads(result.stdout)["standings"]}
    game = board("deferral-ladder:discount=0.9").game
    others = {"overseer": find("always").policies(game, "overseer", {}, np.zeros(1, np.uint64))[0]}
    best = optimal(game, "model", others).value
    assert found["honest"]["regret"]["mean"] == pytest.approx(best - found["honest"]["observed_return"]["mean"])
    assert found["optimal"]["regret"]["mean"] == pytest.approx(0)
    shown = invoke("report", tmp_path / "run")
    assert shown.exit_code == 0
    page = (tmp_path / "run" / "report.html").read_text()
    assert "<th>regret" in page or ">regret<" in page
    with Store(tmp_path / "run") as store:
        assert standings(store).shown == ("regret", "first_defection")


def test_matches_are_played_again_for_a_measure_that_they_lack_and_for_no_other(tmp_path: Path) -> None:
    out = ["--out", str(tmp_path / "run")]
    assert "regret" not in invoke("tournament", *WORDS, *out).stdout
    for asked, played in ((["turn_gap"], 0), (["regret"], 4), (["regret", "signal_effect"], 0), ([], 0)):
        words = [word for name in asked for word in ("-m", name)]
        result = invoke("tournament", *WORDS, *words, *out)
        assert f"{played} matches played" in result.stderr
        assert ("regret" in result.stdout) == ("regret" in asked)


def test_every_measure_of_the_policy_can_be_asked_for_and_another_is_refused(tmp_path: Path) -> None:
    names = [word for name in policy_measures() for word in ("-m", name)]
    result = invoke("tournament", *WORDS, *names, "--json", "--out", tmp_path / "run")
    assert all(set(policy_measures()) <= set(row["measures"]) for row in json.loads(result.stdout)["standings"])
    wrong = invoke("tournament", *WORDS, "-m", "regrett", "--out", tmp_path / "wrong")
    assert str(wrong.exception) == "--measure: there is no measure 'regrett'; did you mean 'regret'?"
