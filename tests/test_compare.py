"""Two runs beside each other: what differs, what only one has, and the alarm when the same match came out otherwise."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from arena import TurncoatError
from arena.cli import compare as command
from arena.contest.compare import clear, compare
from arena.contest.ledger import ledger
from arena.contest.manifest import MANIFEST
from arena.contest.standings import standings
from arena.contest.store import STORE, Store
from tests.contestants import Connected, enter, play


@pytest.fixture(autouse=True)
def more_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    enter(monkeypatch)


def invoke(*words: str | Path) -> Result:
    app = typer.Typer()
    app.command()(command.run)
    return CliRunner().invoke(app, [str(word) for word in words], env={"NO_COLOR": "1"})


BANDIT = "stage-bandit:longest=2"


def test_a_run_is_no_different_from_itself(tmp_path: Path) -> None:
    play(tmp_path / "one", scenarios=[BANDIT, "windfall"], agents=["dice", "honest"], seeds=3)
    shutil.copytree(tmp_path / "one", tmp_path / "other")
    found = compare(tmp_path / "one", tmp_path / "other")
    assert (found.same, found.alarms, found.only, found.matches) == (12, (), ((), ()), (12, 12))
    assert len(found.shared) == 4
    assert not any(clear(one) for row in found.shared for one in row.differences.values())
    said = invoke(tmp_path / "one", tmp_path / "other")
    assert said.exit_code == 0
    assert said.output.splitlines()[0] == "4 pairings show no difference in these measures"
    assert said.output.splitlines()[-1].startswith(
        "12 matches in both; 4 pairings in both, 0 clearly different; 0 pair"
    )


def test_the_same_match_with_other_values_comes_first(tmp_path: Path) -> None:
    play(tmp_path / "one", scenarios=[BANDIT], agents=["dice", "honest"], seeds=3)
    shutil.copytree(tmp_path / "one", tmp_path / "other")
    with Connected(tmp_path / "other" / STORE) as db:
        (match, key) = db.execute("SELECT id, key FROM matches WHERE seed = 1 ORDER BY id").fetchone()
        db.execute("UPDATE measures SET value = value + 0.25 WHERE match = ? AND name = 'late_rate'", (match,))
        db.execute("UPDATE measures SET value = NULL WHERE match = ? AND name = 'early_rate'", (match,))
        db.execute("UPDATE measures SET value = value + 1e-15 WHERE match = 1 AND name = 'late_rate'")  # no difference
        db.execute("DELETE FROM measures WHERE match = 3 AND name = 'early_rate'")  # measured less
        db.execute("UPDATE matches SET seal = NULL")  # as in runs of earlier formats
    found = compare(tmp_path / "one", tmp_path / "other")
    (alarm,) = found.alarms
    assert (alarm.key, alarm.scenario, alarm.seed, alarm.measures) == (key, BANDIT, 1, ("early_rate", "late_rate"))
    (tmp_path / "one" / MANIFEST).write_text('{"manifest": 1, "tournaments": [{"versions": {"numpy": "1.0"}}]}')
    said = invoke(tmp_path / "one", tmp_path / "other").output.splitlines()
    assert said[0].startswith(f"ALARM: {BANDIT}, honest, seed 1: early_rate, late_rate differ")
    assert said[1] == "numpy: 1.0 and none"
    assert said[-1].startswith("ALARM: 1 match with the same key and other values; 6 matches in both")


def test_differences_are_paired_by_seed_where_seeds_are_shared(tmp_path: Path) -> None:
    play(tmp_path / "one", scenarios=[BANDIT, "windfall"], agents=["dice"], seeds=[0, 1, 2, 3, 4, 5])
    play(tmp_path / "other", scenarios=[BANDIT], agents=["dice", "honest"], seeds=[3, 4, 5, 6])
    with Connected(tmp_path / "other" / STORE) as db:
        db.execute("UPDATE measures SET value = value + 0.5 WHERE name = 'observed_return'")
        db.execute("UPDATE matches SET seal = NULL")
    found = compare(tmp_path / "one", tmp_path / "other")
    (row,) = found.shared
    assert row.paired == 3
    difference = row.differences["observed_return"]
    assert difference.mean == pytest.approx(0.5)
    assert (difference.certain, clear(difference)) == (True, True)
    assert row.differences["early_rate"].mean == 0
    assert [[agent for _, agent in only] for only in found.only] == [["dice"], ["honest"]]
    said = invoke(tmp_path / "one", tmp_path / "other").output
    assert f"{BANDIT}, dice (3 seeds in both)" in said
    assert "difference 0.500 *" in said
    assert f"only in {tmp_path / 'one'}: windfall" in said


def test_runs_without_a_seed_in_common_are_compared_by_their_means(tmp_path: Path) -> None:
    _, one = play(tmp_path / "one", scenarios=[BANDIT], agents=["dice"], seeds=list(range(20)))
    _, other = play(tmp_path / "other", scenarios=[BANDIT], agents=["dice"], seeds=list(range(20, 50)))
    (row,) = compare(tmp_path / "one", tmp_path / "other").shared
    ((first,), (second,)) = *one.tables.values(), *other.tables.values()
    difference = row.differences["late_rate"]
    assert (row.paired, difference.seeds) == (0, 20)
    assert difference.mean == pytest.approx(second.values["late_rate"].mean() - first.values["late_rate"].mean())
    assert difference.low < difference.mean < difference.high


def test_json_and_bad_words(tmp_path: Path) -> None:
    play(tmp_path / "one", scenarios=[BANDIT], agents=["dice"], seeds=2)
    said = json.loads(invoke(tmp_path / "one", tmp_path / "one", "--json").stdout)
    assert said["summary"].startswith("2 matches in both")
    assert said["shared"][0]["measures"]["late_rate"]["difference"]["mean"] == 0
    for folder in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(TurncoatError, match="no run is here"):
            compare(tmp_path / "one", folder)
    wrong = invoke(tmp_path / "one", tmp_path / "one", "-m", "early_rat")
    assert isinstance(wrong.exception, TurncoatError)
    assert "did you mean 'early_rate'?" in str(wrong.exception)


def test_the_ledger_holds_what_the_store_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arena.contest.ledger.BLOCK", 3)
    scenarios = [BANDIT, "inspection-game"]
    play(tmp_path, scenarios=scenarios, agents=["dice", "honest"], overseers=["always", "never"], seeds=[4, 0, 9])
    play(tmp_path, scenarios=[BANDIT], agents=["dice"], seeds=[9], controls=["future-removed"])
    with Connected(tmp_path / STORE) as db:
        db.execute("DELETE FROM measures WHERE match = 5")
        db.execute("UPDATE matches SET seal = NULL")
    with Store(tmp_path) as store:
        found = ledger(store)
        rows = store.rows("SELECT key, name, value FROM matches JOIN measures ON match = id")
        keys = [key for (key,) in store.rows("SELECT key FROM matches")]
        read = standings(store)
    assert sorted(found.keys) == sorted(keys)
    assert found.total == len(keys) == 18
    known = {(key, name): value for key, name, value in rows}
    for i, key in enumerate(found.keys):
        for j, name in enumerate(found.names):
            value = known.get((key, name))
            assert np.array_equal(found.values[i, j], np.nan if value is None else value, equal_nan=True)
            assert (name in found.sets[found.measured[i]]) == ((key, name) in known)
    seeds = [row.seeds for table in read.tables.values() for row in table]
    assert seeds == [(0, 4, 9)] * 6
    fitted = [row for table in read.tables.values() for row in table if "early_rate@future-removed" in row.values]
    assert [row.agent for row in fitted] == ["dice"]
    assert np.isnan(fitted[0].values["early_rate@future-removed"]).tolist() == [True, True, False]


def test_a_run_without_matches_is_compared_like_any_other(tmp_path: Path) -> None:
    play(tmp_path / "one", scenarios=[BANDIT], agents=["dice", "honest"], seeds=2)
    with Store(tmp_path / "empty", writing=True):
        pass
    assert compare(tmp_path / "empty", tmp_path / "one").same == 0
    assert compare(tmp_path / "empty", tmp_path / "empty").matches == (0, 0)
