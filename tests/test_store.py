"""What a run keeps: through kills, in two hands, on a full disk, in the wrong folder."""

import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from arena import TurncoatError
from arena.contest.run import run
from arena.contest.standings import standings
from arena.contest.store import APPLICATION, LOCK, STORE, STORE_FORMAT, Store
from arena.contest.tournament import Lineup, Tournament
from tests.contestants import Connected, Silent, enter, invoke, keys_in, play


@pytest.fixture(autouse=True)
def more_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    enter(monkeypatch)


CHILD = f"""
import sys, time, typer
sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
from arena.cli import tournament
from arena.play import agent
from tests.contestants import Dice, Slow

def slowly(self, game, seat, others, keys):
    with open(sys.argv[0], "a") as log:
        print(*(int(key) for key in keys), file=log)
    time.sleep(0.03)
    return Dice.policies(self, game, seat, others, keys)

Slow.policies = slowly
known = {{**agent.agents(), "slow": Slow}}
agent.agents = lambda: known
sys.argv[0] = sys.argv.pop(1)
typer.run(tournament.run)
"""


def child(log: Path, *words: str | Path, seed: str = "0") -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "PYTHONHASHSEED": seed, "NO_COLOR": "1", "TURNCOAT_WORKERS": "0"}
    command = [sys.executable, "-c", CHILD, str(log), *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)


def tournament_file(folder: Path, agents: str = "[slow, honest, reinforce:episodes=50]") -> Path:
    file = folder / "kill.yaml"
    file.write_text(f"name: kill\nscenarios: [windfall, stage-bandit:longest=2]\nagents: {agents}\nseeds: 6\n")
    return file


def test_neither_the_order_of_agents_nor_of_hashes_shows(tmp_path: Path) -> None:
    seen = []
    for i, order in enumerate(("[slow, honest, reinforce:episodes=50]", "[reinforce:episodes=50, slow, honest]")):
        file, folder = tournament_file(tmp_path, order), tmp_path / str(i)
        running = child(tmp_path / "log", file, "--out", folder, seed=str(i + 1))
        table, messages = running.communicate(timeout=60)
        assert running.returncode == 0, messages
        seen.append((table, (folder / "report.html").read_bytes()))
    assert seen[0] == seen[1]


def test_two_processes_do_not_write_one_run(tmp_path: Path) -> None:
    with Store(tmp_path, writing=True):
        with pytest.raises(TurncoatError, match="another process is writing this run"):
            Store(tmp_path, writing=True)
        with Store(tmp_path) as reader:
            assert reader.done() == set()
    with Store(tmp_path, writing=True):
        pass
    assert sorted(item.name for item in tmp_path.iterdir()) == [LOCK, STORE]


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(TurncoatError, match=r"holds thesis\.txt and no run"):
        Store(tmp_path, writing=True)
    with pytest.raises(TurncoatError, match="a file stands where the run's folder should be"):
        Store(tmp_path / "thesis.txt", writing=True)
    with pytest.raises(TurncoatError, match="a file stands where"):
        Store(tmp_path / "thesis.txt" / "run", writing=True)
    with pytest.raises(TurncoatError, match="no run is here"):
        Store(tmp_path)
    assert [item.name for item in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(TurncoatError, match=r"Permission denied|cannot be written"):
        Store(tmp_path / "run", writing=True)
    with pytest.raises(TurncoatError, match="cannot be written"):
        Store(tmp_path, writing=True)


def test_a_store_of_a_newer_format_or_of_somebody_else(tmp_path: Path) -> None:
    play(tmp_path, scenarios=["windfall"], agents=["honest"], seeds=1)
    with Connected(tmp_path / STORE) as db:
        db.execute(f"PRAGMA user_version = {STORE_FORMAT + 1}")
    for writing in (True, False):
        with pytest.raises(TurncoatError, match=f"of format {STORE_FORMAT + 1}, written by a newer Turncoat"):
            Store(tmp_path, writing)
    with Connected(tmp_path / STORE) as db:
        db.execute("PRAGMA application_id = 7")
    for writing in (True, False):
        with pytest.raises(TurncoatError, match="an SQLite file, but no run of Turncoat's"):
            Store(tmp_path, writing)


FORMAT_1 = f"""
CREATE TABLE scenarios (id INTEGER PRIMARY KEY, digest TEXT NOT NULL, name TEXT NOT NULL, settings TEXT NOT NULL,
    label TEXT NOT NULL, title TEXT NOT NULL, about TEXT NOT NULL, source TEXT NOT NULL, found TEXT NOT NULL,
    asked INTEGER NOT NULL, UNIQUE (digest, name, settings));
CREATE TABLE players (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, label TEXT NOT NULL, kind TEXT NOT NULL);
CREATE TABLE matches (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, scenario INTEGER NOT NULL REFERENCES scenarios,
    model INTEGER NOT NULL REFERENCES players, overseer INTEGER REFERENCES players, seed INTEGER NOT NULL);
CREATE INDEX matches_by_pairing ON matches (scenario, model, overseer, seed);
CREATE TABLE measures (match INTEGER NOT NULL REFERENCES matches, name TEXT NOT NULL, value REAL,
    PRIMARY KEY (match, name)) WITHOUT ROWID;
CREATE TABLE failures (scenario INTEGER NOT NULL REFERENCES scenarios, model INTEGER NOT NULL REFERENCES players,
    overseer INTEGER REFERENCES players, error TEXT NOT NULL, message TEXT NOT NULL);
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = 1;
"""
COLUMNS_1 = {
    "scenarios": "*",
    "players": "*",
    "matches": "id, key, scenario, model, overseer, seed",
    "measures": "*",
}


def as_format_1(new: Path, old: Path) -> None:
    """The same run as the first format held it: no controls, and no measures that take any."""
    old.mkdir()
    with Connected(old / STORE) as db:
        db.executescript(FORMAT_1)
        db.execute("ATTACH ? AS new", (str(new / STORE),))
        for table, columns in COLUMNS_1.items():
            db.execute(f"INSERT INTO {table} SELECT {columns} FROM new.{table}")
        db.execute("DELETE FROM measures WHERE name NOT IN ('early_rate', 'late_rate', 'turn_gap', 'turn_probability')")


def test_a_store_of_the_first_format_is_read_as_it_is_and_upgraded_when_written(tmp_path: Path) -> None:
    what = {"scenarios": ["stage-bandit:longest=2"], "agents": ["dice"], "seeds": 2}
    _, before = play(tmp_path / "new", **what)
    old = tmp_path / "old"
    as_format_1(tmp_path / "new", old)
    bytes_before = (old / STORE).read_bytes()
    with Store(old) as store:
        read = standings(store)
        assert store.faults() == []
    assert (old / STORE).read_bytes() == bytes_before
    ((row,), (same,)) = *read.tables.values(), *before.tables.values()
    assert row.values["early_rate"].tolist() == same.values["early_rate"].tolist()
    assert invoke("report", old).exit_code == 0
    outcome, _ = play(old, **what)
    assert (outcome.played, outcome.kept) == (0, 2)
    with Connected(old / STORE) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (STORE_FORMAT,)
        assert db.execute("SELECT controls FROM matches").fetchall() == [("",), ("",)]
        assert db.execute("SELECT count(*) FROM faults").fetchone() == (0,)
    outcome, final = play(old, **what, controls=["future-removed"])
    assert (outcome.played, outcome.kept) == (2, 0)
    ((row,),) = final.tables.values()
    assert row.seeds == (0, 1)
    assert row.values["early_rate"].tolist() == same.values["early_rate"].tolist()
    assert "deferral_index" in row.values


def test_a_store_of_the_second_format_forgets_what_failed_and_tries_it_again(tmp_path: Path) -> None:
    what = {"scenarios": ["stage-bandit:longest=2"], "agents": ["dice"], "seeds": 2}
    play(tmp_path, **what)
    columns = re.search(r"CREATE TABLE failures \(.*?\);", FORMAT_1, re.DOTALL)
    assert columns
    with Connected(tmp_path / STORE) as db:
        db.executescript(
            "DROP VIEW failures; DROP TABLE faults; DROP TABLE replays;"
            "CREATE TABLE old AS SELECT id, key, scenario, model, overseer, seed, controls FROM matches;"
            "DROP TABLE matches; ALTER TABLE old RENAME TO matches;"
            f"{columns[0]}; PRAGMA user_version = 2;"
        )
        db.execute("INSERT INTO failures VALUES (1, 1, NULL, 'ValueError', 'of old')")
    with Store(tmp_path) as store:
        assert store.faults() == []
        assert [(one.error, one.message) for one in standings(store).failures] == [("ValueError", "of old")]
    outcome, final = play(tmp_path, **what)
    assert (outcome.played, outcome.kept, final.failures) == (0, 2, ())
    with Connected(tmp_path / STORE) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (STORE_FORMAT,)


def test_a_damaged_store_is_said_to_be(tmp_path: Path) -> None:
    play(tmp_path, scenarios=["windfall"], agents=["honest"], seeds=50)
    whole = (tmp_path / STORE).read_bytes()
    (tmp_path / STORE).write_bytes(whole[:4096] + b"\xff" * 8192 + whole[12288:])
    with pytest.raises(TurncoatError, match=r"run\.sqlite: damaged \("):
        Store(tmp_path, writing=True)
    with pytest.raises(TurncoatError, match=r"run\.sqlite: damaged \("), Store(tmp_path) as store:
        standings(store)
    (tmp_path / STORE).write_bytes(os.urandom(5000))
    with pytest.raises(TurncoatError, match=r"damaged \(file is not a database"):
        Store(tmp_path)


def test_a_store_that_a_kill_left_empty_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / STORE).touch()
    assert play(tmp_path, scenarios=["windfall"], agents=["honest"], seeds=1)[0].played == 1


def test_a_full_disk_costs_no_finished_match(tmp_path: Path) -> None:
    lineup = Lineup(Tournament(name="test", scenarios=["windfall"], agents=["slow"], seeds=list(range(500))))
    with Store(tmp_path, writing=True) as store:
        store.rows("PRAGMA max_page_count = 60")
        with pytest.raises(TurncoatError, match=r"full; every match finished so far is kept"):
            run(lineup, store, Silent())
    finished = len(keys_in(tmp_path / STORE))
    assert finished > 50
    assert play(tmp_path, scenarios=["windfall"], agents=["slow"], seeds=500)[0].kept == finished


FULL = f"""
import resource, sys
sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))
from arena.cli import main
main()
"""


def test_no_room_on_the_disk_is_one_line_and_the_rest_is_played_when_there_is(tmp_path: Path) -> None:
    words = ["tournament", "-s", "windfall", "-a", "reinforce:episodes=50", "--seeds", "400", "--controls", "none"]
    words += ["--workers", "1", "--out", str(tmp_path / "run")]
    result = subprocess.run([sys.executable, "-c", FULL, *words], capture_output=True, text=True, timeout=120)
    assert result.returncode == 2
    (line,) = [one for one in result.stderr.splitlines() if not one.endswith(" matches")]
    assert re.search(r"run\.sqlite: .*; every match finished so far is kept$", line)
    finished = keys_in(tmp_path / "run" / STORE)
    assert 0 < len(finished) < 400
    again = invoke(*words)
    assert again.exit_code == 0
    assert f"{400 - len(finished)} matches played, {len(finished)} kept" in again.stderr


def test_a_folder_without_room_for_the_manifest_is_said_to_be_full(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
        result = invoke("tournament", "-s", "windfall", "-a", "honest", "--seeds", "1", "--out", tmp_path / "run")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert isinstance(result.exception, TurncoatError)
    assert str(tmp_path / "run") in str(result.exception)


def test_a_second_process_is_refused_while_workers_play(tmp_path: Path) -> None:
    words = ["-s", "windfall", "-a", "slow", "--seeds", "300", "--controls", "none", "--out", str(tmp_path / "run")]
    running = child(tmp_path / "log", *words)
    while not keys_in(tmp_path / "run" / STORE):
        assert running.poll() is None
        time.sleep(0.05)
    result = invoke("tournament", *words)
    assert isinstance(result.exception, TurncoatError)
    assert str(result.exception).endswith("another process is writing this run")
    report = invoke("report", tmp_path / "run")  # which only reads
    assert report.exit_code == 0
    assert "windfall" in (tmp_path / "run" / "report.html").read_text()
    running.kill()
    running.communicate()
