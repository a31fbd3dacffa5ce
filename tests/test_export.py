"""A run as tables: every number back exactly, nothing written over or half, and the documentation true."""

import csv
import json
import math
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from arena import TurncoatError
from arena.cli.app import app
from arena.contest.export import export
from arena.contest.export_tables import TABLES
from arena.contest.seal import plain, seal, seal_of
from arena.contest.store import STORE, Store
from tests.contestants import Connected, enter, play

ROOT = Path(__file__).parent.parent
EDGES = (0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, math.inf, -1e-300, 2.0**60)
ROUGH = 'a "label", with\nlines;=1+1'


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    enter(monkeypatch)
    what = {"scenarios": ["windfall", "inspection-game"], "agents": ["honest", "dice", "faulty"], "seeds": 4}
    play(tmp_path / "run", **what, controls=["future-removed"])
    with Connected(tmp_path / "run" / STORE) as db:  # values that are hard to write
        for i, value in enumerate(EDGES):
            db.execute("INSERT INTO measures VALUES (1, ?, ?)", (f"edge_{i}~0.5", value))
        db.execute("UPDATE scenarios SET title = ? WHERE id = 1", (ROUGH,))
        if "seal" in {row[1] for row in db.execute("PRAGMA table_info(matches)")}:
            ((key, controls),) = db.execute("SELECT key, controls FROM matches WHERE id = 1").fetchall()
            found = db.execute("SELECT name, value FROM measures WHERE match = 1").fetchall()
            values = {name: math.nan if value is None else value for name, value in found}
            db.execute("UPDATE matches SET seal = ? WHERE id = 1", (seal(key, controls, values),))
    return tmp_path / "run"


def turncoat(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"NO_COLOR": "1"})


def measured(run: Path) -> dict[tuple[str, str], float | None]:
    with Connected(run / STORE) as db:
        rows = db.execute("SELECT key, name, value FROM measures JOIN matches ON id = match").fetchall()
    return {(key, name): value for key, name, value in rows}


def named(row: dict[str, Any]) -> str:
    """The name that a measure has in the store."""
    control = f"@{row['control']}" if row["control"] else ""
    share = f"~{float(row['share']):g}" if row["share"] not in (None, "") else ""
    return f"{row['measure']}{control}{share}"


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_csv_gives_every_number_back(run: Path, tmp_path: Path) -> None:
    with Store(run) as store:
        written = export(store, tmp_path / "out", "csv")
    rows = {one.table: table(one.path) for one in written}
    assert {one.table: one.rows for one in written} == {name: len(found) for name, found in rows.items()}
    for name, columns in TABLES.items():
        assert (tmp_path / "out" / f"{name}.csv").read_text().splitlines()[0].split(",") == [
            one.name for one in columns
        ]
    found = {(row["key"], named(row)): float(row["value"]) if row["value"] else None for row in rows["measures"]}
    assert found == measured(run)
    assert ROUGH in {row["title"] for row in rows["scenarios"]}
    assert {row["current"] for row in rows["matches"]} == {"true"}
    assert len(rows["faults"]) == 8
    assert {row["cause"] for row in rows["faults"]} == {"raised"}
    assert {row["name"] for row in rows["players"]} == {"honest", "dice", "faulty", "always"}
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["export"] == 1


def test_parquet_holds_the_same(run: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    with Store(run) as store:
        written = export(store, tmp_path / "out")
    for one in written:
        there = parquet.read_table(one.path)
        assert there.num_rows == one.rows
        assert [(field.name, str(field.type)) for field in there.schema] == [
            (c.name, c.type) for c in TABLES[one.table]
        ]
    rows = parquet.read_table(tmp_path / "out" / "measures.parquet").to_pylist()
    assert {(row["key"], named(row)): row["value"] for row in rows} == measured(run)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_file_gets_a_row_a_match(run: Path, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"run.{suffix}"
    if suffix == "parquet":
        parquet = pytest.importorskip("pyarrow.parquet")
    assert turncoat("export", run, "--to", path).exit_code == 0
    rows: list[dict[str, Any]] = table(path) if suffix == "csv" else parquet.read_table(path).to_pylist()
    matches = {one.name for one in TABLES["matches"]}
    found = {
        (row["key"], name): float(value)
        for row in rows
        for name, value in row.items()
        if name not in matches and value not in (None, "")
    }
    assert found == {what: value for what, value in measured(run).items() if value is not None}


def test_blocks_do_not_show(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(run) as store:
        export(store, tmp_path / "one", "csv")
        monkeypatch.setattr("arena.contest.export_source.BLOCK", 3)
        export(store, tmp_path / "many", "csv")
    for name in TABLES:
        assert (tmp_path / "one" / f"{name}.csv").read_bytes() == (tmp_path / "many" / f"{name}.csv").read_bytes()


def test_what_is_there_is_left_alone(run: Path, tmp_path: Path) -> None:
    mine = tmp_path / "out" / "players.csv"
    mine.parent.mkdir()
    mine.write_text("mine")
    result = turncoat("export", run, "--to", mine.parent, "--format", "csv")
    assert str(result.exception) == f"{mine}: is there already; --force writes over it"
    assert [item.name for item in mine.parent.iterdir()] == ["players.csv"]
    assert mine.read_text() == "mine"
    result = turncoat("export", run, "--to", mine.parent, "--format", "csv", "--force", "--json")
    assert [one["table"] for one in json.loads(result.stdout)] == list(TABLES)
    assert mine.read_text().startswith("name,label,kind")
    for words, line in (
        (("--to", tmp_path / "a.csv", "--format", "parquet"), "the name says csv and --format says parquet"),
        (("--format", "xlsx"), "there is no format 'xlsx'; known are parquet, csv"),
        (("--to", mine / "below"), "Not a directory"),
    ):
        assert line in str(turncoat("export", run, *words).exception)


def test_a_match_that_was_changed_is_not_exported(run: Path, tmp_path: Path) -> None:
    with Connected(run / STORE) as db:
        db.execute("UPDATE matches SET seed = 77 WHERE id = 2")
    result = turncoat("export", run, "--to", tmp_path / "out", "--format", "csv")
    assert "damaged (1 match is changed); " in str(result.exception)
    assert not any((tmp_path / "out").iterdir())


def test_without_pyarrow_it_says_so(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr("arena.contest.export.import_module", missing)
    with Store(run) as store, pytest.raises(TurncoatError, match=r"needs pyarrow: pip install 'turncoat\[export\]'"):
        export(store, tmp_path / "out")
    assert not any((tmp_path / "out").iterdir())


def test_a_seal_knows_every_part_of_a_match() -> None:
    values = {"b": 0.25, "a": math.nan}
    first = seal("key", "frozen", values)
    assert first == seal("key", "frozen", dict(sorted(values.items())))
    assert seal("key", "", {"a": -0.0}) == seal("key", "", {"a": 0.0})
    others = [("kez", "frozen", values), ("key", "", values), ("key", "frozen", {"b": 0.25})]
    others += [
        ("key", "frozen", {"b": 0.25, "c": math.nan}),
        ("key", "frozen", {"b": math.nextafter(0.25, 1), "a": math.nan}),
    ]
    assert len({first, *(seal(*other) for other in others)}) == 6
    import numpy as np

    assert first == seal_of("key", "frozen", ("a", "b"), plain(np.asarray([math.nan, 0.25])).tobytes())


def test_the_documentation_says_what_is_in_the_tables() -> None:
    text = (ROOT / "docs" / "reference" / "export.md").read_text(encoding="utf-8")
    for name, columns in TABLES.items():
        section = re.split(r"^##+ ", text.split(f"### {name}\n")[1], flags=re.MULTILINE)[0]
        rows = [line for line in section.splitlines() if line.startswith("| `")]
        assert rows == [f"| `{one.name}` | {one.type} | {one.meaning} | {one.null} |" for one in columns]


def test_the_pages_examples_run(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "how-to" / "analyse-a-run.md").read_text(encoding="utf-8")
    for section in page.split("\n## ")[1:]:
        title, code = section.splitlines()[0], re.findall(r"```(?:python|sql)\n(.*?)```", section, re.DOTALL)[0]
        if title == "SQL on the store":
            with sqlite3.connect(run / STORE) as db:
                assert len(db.execute(code).fetchall()) == 4
            db.close()
        elif title == "pandas":
            pytest.importorskip("pandas")
            pytest.importorskip("pyarrow")
            assert turncoat("export", run, "--to", tmp_path / "run.parquet").exit_code == 0
            monkeypatch.chdir(tmp_path)
            exec(compile(code, title, "exec"), {})
