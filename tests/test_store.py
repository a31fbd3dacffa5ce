"""What a run keeps: through kills, in two hands, on a full disk, in the wrong folder."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from arena import TurncoatError
from arena.contest.run import run
from arena.contest.standings import standings
from arena.contest.store import LOCK, STORE, STORE_FORMAT, Store
from arena.contest.tournament import Lineup, Tournament
from tests.contestants import Connected, Silent, enter, keys_in, play


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
    environment = {**os.environ, "PYTHONHASHSEED": seed, "NO_COLOR": "1"}
    command = [sys.executable, "-c", CHILD, str(log), *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)


def tournament_file(folder: Path, agents: str = "[slow, honest, reinforce:episodes=50]") -> Path:
    file = folder / "kill.yaml"
    file.write_text(f"name: kill\nscenarios: [windfall, stage-bandit:longest=2]\nagents: {agents}\nseeds: 6\n")
    return file


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    file = tournament_file(tmp_path)
    undisturbed = child(tmp_path / "log0", file, "--out", tmp_path / "whole")
    table, messages = undisturbed.communicate(timeout=60)
    assert undisturbed.returncode == 0, messages

    folder, log = tmp_path / "killed", tmp_path / "log1"
    store = folder / STORE
    for goal in (2, 8):  # killed twice, in the first and in the second scenario
        running = child(log, file, "--out", folder)
        deadline = time.monotonic() + 60
        while len(keys_in(store)) < goal:
            assert time.monotonic() < deadline
            assert running.poll() is None
            time.sleep(0.005)
        running.send_signal(signal.SIGKILL)
        running.communicate()
        done = {int(key[:16], 16) for key in keys_in(store)}
        assert len(done) < 36
        log.rename(tmp_path / f"log1-{goal}")

    last = child(log, file, "--out", folder)
    again, messages = last.communicate(timeout=60)
    assert last.returncode == 0, messages
    assert not done & {int(word) for word in log.read_text().split()}
    assert again == table
    assert (folder / "report.html").read_bytes() == (tmp_path / "whole" / "report.html").read_bytes()
    assert len(keys_in(store)) == 36


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
        store.rows("PRAGMA max_page_count = 30")
        with pytest.raises(TurncoatError, match=r"full; every match finished so far is kept"):
            run(lineup, store, Silent())
    finished = len(keys_in(tmp_path / STORE))
    assert finished > 50
    assert play(tmp_path, scenarios=["windfall"], agents=["slow"], seeds=500)[0].kept == finished
