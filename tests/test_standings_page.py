"""The standings as people see them: the report's section, the terminal and JSON."""

from pathlib import Path

import pytest

from arena.contest.league import league
from arena.contest.report import report
from arena.contest.standings import standings
from arena.contest.store import Store
from arena.contest.table import data, overall
from tests.contestants import Connected, enter, play


@pytest.fixture(autouse=True)
def more_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    enter(monkeypatch)


def test_the_report_has_ratings_and_payoffs(tmp_path: Path) -> None:
    overseers = ["always", "never"]
    _, found = play(tmp_path, scenarios=["inspection-game"], agents=["dice", "honest"], overseers=overseers, seeds=4)
    html = report("test", found, {})
    section = html.split('<section id="standings">')[1].split("</section>")[0]
    for words in ("Models", "Overseers", "usefulness", "won–tied–lost", "Models against overseers", "sum, so all"):
        assert words in section
    assert section.count('<svg class="strength"') == 4
    assert section.count("without regularisation") == sum(len(one.ratings.warnings) for one in league(found).sides)
    assert html == report("test", found, {})


def test_one_agent_has_no_standings(tmp_path: Path) -> None:
    _, found = play(tmp_path, scenarios=["stage-bandit:longest=2"], agents=["dice"], seeds=2)
    assert 'id="standings"' not in report("test", found, {})
    assert overall(found, 120) == ""
    assert (data(found)["sides"], data(found)["payoffs"]) == ([], [])


def test_the_terminal_and_json_say_the_same(tmp_path: Path) -> None:
    _, found = play(
        tmp_path, scenarios=["windfall"], agents=["defector", "honest"], overseers=["always", "never"], seeds=2
    )
    said = overall(found, 120)
    assert "all settings, models by intended_return" in said
    assert "honest never lost to or tied with anybody" in " ".join(said.split())
    assert "windfall, equilibrium: defector against" in said
    plain = data(found)
    (models, overseers) = plain["sides"]
    assert [row["agent"] for row in models["agents"]] == ["honest", "defector"]
    assert models["agents"][0]["rating"]["rank"] == 1
    assert models["agents"][0]["effects"]["safety"]["mean"] == 1
    assert overseers["seat"] == "overseer"
    (game,) = plain["payoffs"]
    assert all(one["models"] == {"defector": 1.0} for one in game["equilibria"])


def test_faults_are_read_where_there_are_any(tmp_path: Path) -> None:
    play(tmp_path, scenarios=["stage-bandit:longest=2"], agents=["honest", "defector"], seeds=3)
    with Connected(tmp_path / "run.sqlite") as db:
        db.execute("DROP VIEW IF EXISTS failures")
        db.execute("DROP TABLE IF EXISTS faults")
        db.execute("DROP TABLE IF EXISTS failures")
        db.execute("CREATE TABLE failures (scenario, model, overseer, error, message)")
    with Store(tmp_path) as store:
        assert standings(store).gaps == ()
    columns = "key, scenario, model, overseer, seed, cause, message, output, tries, policy"
    with Connected(tmp_path / "run.sqlite") as db:
        db.execute(f"CREATE TABLE faults ({columns})")
        who = db.execute("SELECT id, key, scenario, model, overseer, seed FROM matches WHERE seed = 1").fetchall()
        for (match, key, *rest), policy in zip(who, ("forfeit", "void"), strict=True):
            db.execute(f"INSERT INTO faults ({columns}) VALUES (?,?,?,?,?,'crashed','','',1,?)", (key, *rest, policy))
            db.execute("DELETE FROM measures WHERE match = ?", (match,))
        db.execute("DELETE FROM matches WHERE id = ?", (who[0][0],))
        db.execute("UPDATE matches SET seal = NULL")
    with Store(tmp_path) as store:
        found = standings(store)
    (gap,) = found.gaps  # the other match has been played since
    assert (gap.agent, gap.seed, gap.cause, gap.policy) == ("honest", 1, "crashed", "forfeit")
    (side,) = league(found).sides
    lost = {row.agent: row.lost for row in side.ratings.rows}
    assert lost["honest"] == 0  # the other has no value there


def test_who_forfeited_everything_stands_last_and_not_nowhere(tmp_path: Path) -> None:
    scenarios = ["inspection-game", "stage-bandit:longest=2"]
    what = {"scenarios": scenarios, "agents": ["dice", "honest", "faulty"], "seeds": 3, "faults": "forfeit"}
    _, found = play(tmp_path / "some", **what)
    assert {effect.agent for side in league(found).sides for effect, _ in side.rows} >= {"faulty"}
    _, found = play(tmp_path / "all", **what | {"scenarios": scenarios[:1], "agents": ["honest", "faulty"]})
    (side,) = league(found).sides
    assert [(rated and (rated.agent, rated.won, rated.lost)) for _, rated in side.rows] == [
        ("honest", 3, 0),
        ("faulty", 0, 3),
    ]
    assert " faulty " in overall(found, 120)
    assert "faulty" in report("test", found, {}).split('id="standings"')[1].split("</section>")[0]
