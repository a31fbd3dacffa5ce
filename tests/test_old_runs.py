"""Runs of earlier formats, and damaged ones: what is read of them, what is said, and what is saved.

``tests/fixtures/run-N`` was written by the version that had format N, with ``TOURNAMENT``.
"""

import json
import random
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from arena import TurncoatError
from arena.cli.app import app
from arena.contest.manifest import MANIFEST
from arena.contest.salvage import salvage, survey
from arena.contest.standings import standings
from arena.contest.store import STORE, STORE_FORMAT, Store
from tests.contestants import Connected
from tests.test_cli import TURNCOAT

TOURNAMENT = """name: kept
scenarios: [windfall, "stage-bandit:longest=2", deferral-ladder]
agents: [honest, trojan, "reinforce:episodes=50"]
seeds: 3
controls: none
"""
FIXTURES = Path(__file__).parent / "fixtures"
MATCHES = 27
PAGE = 4096

Truth = dict[str, tuple[Any, ...]]


def turncoat(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"NO_COLOR": "1", "TURNCOAT_WORKERS": "0"})


def said(result: Result) -> str:
    """The one line of a command that refuses; anything but a TurncoatError fails."""
    assert isinstance(result.exception, TurncoatError), result.exception or result.output
    return str(result.exception)


def copied(number: int, to: Path) -> Path:
    shutil.copytree(FIXTURES / f"run-{number}", to)
    return to


def truth(folder: Path) -> Truth:
    """Everything about every match, by key."""
    with Connected(folder / STORE) as db:
        whose = (
            "SELECT m.key, m.id, s.digest, p.name, o.name, m.seed, m.controls FROM matches AS m"
            " JOIN scenarios AS s ON s.id = m.scenario JOIN players AS p ON p.id = m.model"
            " LEFT JOIN players AS o ON o.id = m.overseer"
        )
        measures = "SELECT name, value FROM measures WHERE match = ? ORDER BY name"
        return {key: (*rest, *db.execute(measures, (i,)).fetchall()) for key, i, *rest in db.execute(whose).fetchall()}


def filmed(folder: Path) -> dict[str, bytes]:
    """The replays that a report opens, packed, by their matches' keys."""
    with Store(folder) as store:
        return {key: store.replay(key) for key in store.filmed()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(STORE_FORMAT, tmp_path_factory.mktemp("whole") / "run")


@pytest.mark.parametrize("number", range(1, STORE_FORMAT + 1))
def test_a_run_of_an_earlier_format_is_read_exported_reported_and_gone_on_with(number: int, tmp_path: Path) -> None:
    run = copied(number, tmp_path / "run")
    before = (run / STORE).read_bytes()
    with Store(run) as store:
        assert store.rows("PRAGMA user_version") == [(number,)]
        final = standings(store)
    assert [len(rows) for rows in final.tables.values()] == [3, 3, 3]
    assert {row.seeds for rows in final.tables.values() for row in rows} == {(0, 1, 2)}
    assert turncoat("report", run).exit_code == 0
    assert turncoat("export", run, "--format", "csv").exit_code == 0
    assert (run / STORE).read_bytes() == before
    (tmp_path / "kept.yaml").write_text(TOURNAMENT)
    again = turncoat("tournament", tmp_path / "kept.yaml", "--out", run)
    assert again.exit_code == 0, again.exception
    assert f"0 matches played, {MATCHES} kept" in again.stderr
    with Connected(run / STORE) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (STORE_FORMAT,)
    assert survey(run).matches == MATCHES


def hit(folder: Path, at: int, content: bytes) -> None:
    with (folder / STORE).open("r+b") as stream:
        stream.seek(at)
        stream.write(content)


def root(folder: Path, name: str) -> int:
    """Where a table or index begins."""
    with Connected(folder / STORE) as db:
        (number,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,)).fetchone()
    return (int(number) - 1) * PAGE


def test_a_truncated_run_says_what_is_left_and_the_rest_is_played_again(whole: Path, tmp_path: Path) -> None:
    run = shutil.copytree(whole, tmp_path / "run")
    content = (run / STORE).read_bytes()
    (run / STORE).write_bytes(content[: -2 * PAGE])  # some of the measures and of the replays
    for command in ("report", "export"):
        line = said(turncoat(command, run))
        assert line.startswith(f"{run / STORE}: damaged ("), line
        assert line.endswith(f"matches can be read; 'turncoat report {run} --salvage NEW' saves them")
    saved = turncoat("report", run, "--salvage", tmp_path / "saved")
    assert saved.exit_code == 0, saved.exception
    left = truth(tmp_path / "saved")
    assert f"{len(left)} matches can be read" in saved.stderr
    assert 0 < len(left) < MATCHES
    everything = truth(whole)
    assert all(everything[key] == match for key, match in left.items())
    replays = filmed(tmp_path / "saved")
    assert 0 < len(replays) < MATCHES
    assert replays.items() <= filmed(whole).items()
    (tmp_path / "kept.yaml").write_text(TOURNAMENT)
    again = turncoat("tournament", tmp_path / "kept.yaml", "--out", tmp_path / "saved")
    assert f"{MATCHES - len(left)} matches played, {len(left)} kept" in again.stderr
    assert truth(tmp_path / "saved").keys() == everything.keys()


def test_pages_of_measures_and_of_matches_that_are_gone(whole: Path, tmp_path: Path) -> None:
    for name in ("measures", "matches"):
        run = shutil.copytree(whole, tmp_path / name)
        hit(run, root(run, name), bytes(PAGE))
        line = said(turncoat("report", run))
        assert f"{name} cannot be read in full" in line
        assert "; 0 matches can be read" in line


def test_a_head_that_is_gone_is_mended(whole: Path, tmp_path: Path) -> None:
    run = shutil.copytree(whole, tmp_path / "run")
    hit(run, 0, bytes(16))
    line = said(turncoat("tournament", "-s", "windfall", "-a", "honest", "--out", run))
    assert f"; {MATCHES} matches can be read; 'turncoat report {run} --salvage NEW' saves them" in line
    assert salvage(run, tmp_path / "saved").matches == MATCHES
    assert truth(tmp_path / "saved") == truth(whole)
    assert filmed(tmp_path / "saved") == filmed(whole)
    assert (tmp_path / "saved" / MANIFEST).read_bytes() == (run / MANIFEST).read_bytes()


@pytest.mark.parametrize("trial", range(40))
def test_flipped_bytes_never_pass_for_a_result(whole: Path, tmp_path: Path, trial: int) -> None:
    dice = random.Random(trial)
    run = shutil.copytree(whole, tmp_path / "run")
    content = bytearray((run / STORE).read_bytes())
    for _ in range(1 if trial % 2 else 5):
        content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    (run / STORE).write_bytes(content)
    everything = truth(whole)
    left = salvage(run, tmp_path / "saved")
    saved = truth(tmp_path / "saved")
    assert len(saved) == left.matches
    assert all(everything[key] == match for key, match in saved.items())
    done = turncoat("export", run, "--format", "csv")
    if done.exit_code:
        assert any(words in said(done) for words in ("damaged (", ": of format", "no run of Turncoat", "no such"))
    else:
        want = tmp_path / "want"
        turncoat("export", whole, "--format", "csv", "--to", want)
        lines = (run / "export" / "measures.csv").read_text().splitlines()
        assert set(lines) <= set((want / "measures.csv").read_text().splitlines())


def test_a_digit_that_is_another_one_is_seen(whole: Path, tmp_path: Path) -> None:
    run = shutil.copytree(whole, tmp_path / "run")
    with Connected(run / STORE) as db:
        db.execute("UPDATE measures SET value = value + 1e-9 WHERE match = 5 AND name = 'observed_return'")
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert "damaged (1 match is changed); 26 matches can be read" in said(turncoat("export", run))
    assert salvage(run, tmp_path / "saved").lost == {"changed": 1}


def test_two_hundred_flipped_bytes(whole: Path, tmp_path: Path) -> None:
    run = shutil.copytree(whole, tmp_path / "run")
    content, dice = bytearray((run / STORE).read_bytes()), random.Random(7)
    for _ in range(200):
        content[dice.randrange(2 * PAGE, len(content))] ^= dice.randrange(1, 256)
    (run / STORE).write_bytes(content)
    assert "damaged (" in said(turncoat("report", run))
    everything, left = truth(whole), salvage(run, tmp_path / "saved")
    assert left.damaged
    assert all(everything[key] == match for key, match in truth(tmp_path / "saved").items())


def test_files_that_are_missing_empty_or_somebody_elses(whole: Path, tmp_path: Path) -> None:
    for command in ("report", "export"):
        run = shutil.copytree(whole, tmp_path / command)
        (run / MANIFEST).unlink()
        assert turncoat(command, run).exit_code == 0
        (run / MANIFEST).write_text("[1, 2")
        assert f"{run / MANIFEST}: not the manifest of a run" in said(turncoat(command, run))
        (run / STORE).write_bytes(b"")
        assert "no run of Turncoat's" in said(turncoat(command, run))
        (run / STORE).unlink()
        assert "no run is here" in said(turncoat(command, run))
        with Connected(run / STORE) as db:
            db.execute("CREATE TABLE recipes (name TEXT)")
        assert "an SQLite file, but no run of Turncoat's" in said(turncoat(command, run))


def test_what_a_killed_writer_left_in_the_log_is_read(whole: Path, tmp_path: Path) -> None:
    run, killed = shutil.copytree(whole, tmp_path / "run"), tmp_path / "killed"
    db = sqlite3.connect(run / STORE, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("DELETE FROM measures WHERE match = (SELECT min(id) FROM matches)")
    db.execute("DELETE FROM matches WHERE id = (SELECT min(id) FROM matches)")
    shutil.copytree(run, killed)  # with the log, and without the writer
    db.close()
    assert (killed / f"{STORE}-wal").stat().st_size
    assert survey(killed).matches == MATCHES - 1
    assert turncoat("export", killed, "--format", "csv").exit_code == 0
    assert len((killed / "export" / "matches.csv").read_text().splitlines()) == MATCHES


def test_rows_with_numbers_beyond_what_the_file_has_room_for(whole: Path, tmp_path: Path) -> None:
    """Every try that fails again, and every match that is played again, takes a new number."""
    run, far = shutil.copytree(whole, tmp_path / "run"), 10**12
    with Connected(run / STORE) as db:
        for table, name in (("matches", "id"), ("measures", "match"), ("replays", "rowid")):
            db.execute(f"UPDATE {table} SET {name} = {name} + ?", (far,))
        columns = "rowid, key, scenario, model, overseer, seed, cause, message, output, tries, policy"
        who = "SELECT id, key, scenario, model, overseer, seed FROM matches WHERE seed = 1"
        db.execute(f"INSERT INTO faults ({columns}) SELECT *, 'crashed', '', '', 1, 'void' FROM ({who})")
    left = salvage(run, tmp_path / "saved")
    assert (left.damaged, left.matches) == (False, MATCHES)
    assert truth(tmp_path / "saved") == truth(whole)
    assert filmed(tmp_path / "saved") == filmed(whole)
    with Store(run) as before, Store(tmp_path / "saved") as after:
        assert after.faults() == before.faults()
        assert len(after.faults()) == MATCHES / 3


def test_a_disk_that_is_full_is_said_in_one_line(whole: Path, tmp_path: Path) -> None:
    for room, words in (
        ((whole / STORE).stat().st_size, f"{tmp_path / 'saved'}: cannot be written ("),
        (PAGE, f"{whole / STORE}: cannot be copied to "),
    ):
        command = f"ulimit -f {room // 1024}; exec {TURNCOAT} report {whole} --salvage {tmp_path / 'saved'}"
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1), done.stderr
        assert words in done.stderr


def test_a_folder_that_is_not_empty_is_not_filled(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(TurncoatError, match="is not empty"):
        salvage(whole, tmp_path)
    assert json.loads((whole / MANIFEST).read_text())["manifest"] == 1
