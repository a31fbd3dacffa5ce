"""Sweeps and their diagrams: right to the digit, the same bytes however they came about, refused in one line."""

import csv
import json
import signal
import subprocess
import time
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from arena.cli import sweep as command
from arena.contest import crew
from arena.contest.axis import Axis, axes
from arena.contest.boundary import edges, lines
from arena.contest.cells import CELLS, Cells
from arena.contest.crew import Request
from arena.contest.diagram import Cell, Diagram, load, sweep
from arena.contest.diagram_marks import LABELS
from arena.contest.diagram_plot import diagram_svg
from arena.contest.match import Pairing, board, player, stream
from arena.errors import TurncoatError
from arena.game.scenario import find
from arena.measure.label import MEANING
from arena.play.evaluate import evaluate
from tests.test_cli import TURNCOAT, here, run

app = typer.Typer()
app.command("sweep")(command.run)
app.command("other")(lambda: None)

LEARNER = "reinforce:trace=1,episodes=60"
GRID = ("-P", "discount=0.5:1:6", "-P", "catch=0.2:1:5")


def invoke(*words: str | Path | int) -> Result:
    return CliRunner().invoke(app, ["sweep", *map(str, words)], env={"NO_COLOR": "1"})


def asked(*parameters: str, scenario: str = "deferral-ladder", **what: Any) -> Request:
    what = {"agents": ("optimal",), "seeds": 2, "settings": {}, **what}
    return Request(scenario, axes=axes(parameters, find(scenario)), **what)


def drawn(tmp_path: Path, *parameters: str, **what: Any) -> Diagram:
    return sweep(asked(*parameters, **what), tmp_path / "sweep")


def files(folder: Path) -> dict[str, bytes]:
    return {item.name: item.read_bytes() for item in folder.iterdir() if item.name != CELLS}


def closed_form(catch: float, rounds: int = 5, gain: float = 1.0, prize: float = 10.0) -> float:
    return float((gain / (catch * prize)) ** (1 / rounds))


def test_the_curve_is_the_closed_form(tmp_path: Path) -> None:
    diagram = drawn(tmp_path, "discount=0.5:1:6", "catch=0:1:5")
    (line,) = diagram.thresholds
    assert len(line) > 40
    for discount, catch in line:
        assert discount == pytest.approx(closed_form(catch), abs=1e-7)
    assert line[0][1] == 1.0
    assert line[-1][0] == 1.0
    assert line[-1][1] == pytest.approx(0.1, abs=1e-7)
    for (discount, catch), rate in zip(diagram.points, diagram.optimum, strict=True):
        assert (rate == 0) == (catch > 0 and discount >= closed_form(catch))


def test_one_parameter_has_a_threshold_that_is_a_number(tmp_path: Path) -> None:
    diagram = drawn(tmp_path, "discount=0.5,0.6,1")
    (((discount, _),),) = diagram.thresholds
    assert discount == pytest.approx(closed_form(0.5), abs=1e-8)
    assert {rate for at, rate in diagram.curve if at >= 0.7249} == {0.0}
    assert all(rate > 0 for at, rate in diagram.curve if at <= 0.7248)


def test_the_curve_goes_in_stairs_over_whole_numbers(tmp_path: Path) -> None:
    diagram = drawn(tmp_path, "rounds=1:4:4", "discount=0.1:1:4", seeds=1)
    (line,) = diagram.thresholds
    for (a, b), (c, d) in pairwise(line):
        assert a == pytest.approx(c) or b == pytest.approx(d)
    for rounds in (1, 2, 3, 4):
        assert min(abs(y - closed_form(0.5, rounds)) for x, y in line if x == rounds) < 1e-7


def test_cells_are_what_matches_are(tmp_path: Path) -> None:
    parameters, settings = ("discount=0.5:0.9:2", "catch=0.3,0.7"), {"rounds": 2}
    diagram = drawn(tmp_path, *parameters, agents=(LEARNER, "honest"), seeds=3, settings=settings)
    learner, honest = diagram.panels
    assert [cell.mean for cell in honest.cells] == [0.0] * 4
    for (discount, catch), cell in zip(diagram.points, learner.cells, strict=True):
        place = board(f"deferral-ladder:rounds=2,discount={discount},catch={catch}")
        pairing = Pairing(place, player(LEARNER), player("always"))
        keys = stream([pairing.key(seed) for seed in range(3)])
        policies = pairing.model.agent.policies(place.game, "model", pairing.others(), keys)
        shown = [evaluate(place.game, {"model": policy, **pairing.others()}) for policy in policies]
        values = [one.early_defections / one.early_opportunities for one in shown]
        assert len(set(values)) == 3
        assert cell.mean == pytest.approx(np.mean(values), abs=1e-15)
        assert cell.low < cell.mean < cell.high
        assert cell.seeds == 3


def test_the_csv_says_what_the_diagram_says(tmp_path: Path) -> None:
    diagram = drawn(tmp_path, "catch=0.5,1.5", agents=("optimal", "honest"), settings={"discount": 0.6})
    rows = list(csv.DictReader((tmp_path / "sweep" / "early_rate.csv").read_text().splitlines()))
    assert [(row["catch"], row["agent"]) for row in rows] == [
        (catch, agent) for agent in ("optimal", "honest") for catch in ("0.5", "1.5")
    ]
    assert rows[0] | {"mean": float(rows[0]["mean"])} == {
        "catch": "0.5",
        "agent": "optimal",
        "seeds": "2",
        "measure": "early_rate",
        "mean": diagram.panels[0].cells[0].mean,
        "low": rows[0]["mean"],
        "high": rows[0]["mean"],
        "optimum_early_rate": rows[0]["mean"],
    }
    assert [rows[1][key] for key in ("seeds", "mean", "low", "high", "optimum_early_rate")] == ["0", "", "", "", ""]
    assert load(tmp_path / "sweep", "early_rate").csv() == diagram.csv()


def test_what_is_loaded_draws_the_same_picture(tmp_path: Path) -> None:
    for measure in ("early_rate", "deferral_index", "label"):
        diagram = drawn(tmp_path, "discount=0.5,1", "catch=0.5,1.5", measure=measure, settings={"prize": 20.0})
        again = load(tmp_path / "sweep", measure)
        assert again.json() == diagram.json()
        assert diagram_svg(again) == diagram_svg(diagram)


def test_labels_and_the_deferral_index_are_those_of_the_diagnosis(tmp_path: Path) -> None:
    agents = ("optimal", "trojan", "defector", "honest")
    words = drawn(tmp_path, "discount=0.5,1", agents=agents, measure="label")
    assert [[cell.label for cell in panel.cells] for panel in words.panels] == [
        ["impatient", "deferred"],
        ["planted", "planted"],
        ["impatient", "impatient"],
        ["none", "none"],
    ]
    index = drawn(tmp_path, "discount=0.5,1", agents=("optimal", "honest"), measure="deferral_index")
    assert index.panels[0].cells[1] == Cell(2, 1.0, 1.0, 1.0)
    assert [cell.mean for cell in index.panels[1].cells] == [0.0, 0.0]


def test_another_measure_works_nothing_out_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn(tmp_path, "discount=0.5,1", agents=(LEARNER,))
    before = (tmp_path / "sweep" / CELLS).read_bytes()
    monkeypatch.setattr(crew, "figures", None)
    late = drawn(tmp_path, "discount=0.5,1", agents=(LEARNER,), measure="late_rate")
    assert (tmp_path / "sweep" / CELLS).read_bytes() == before
    assert late.panels[0].cells[0].mean > 0
    assert drawn(tmp_path, "discount=0.5,1", agents=(LEARNER,), seeds=3).gaps  # of more seeds nothing is known


def test_a_killed_run_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    """Two workers in one go; one worker, killed, its last line torn, and run again: no file differs by a byte."""
    words = ("sweep", "deferral-ladder", "-S", "rounds=2", *GRID, "-a", "optimal", "-a", LEARNER, "--seeds", "5")
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert here(*words, "--workers", "2", "--out", str(whole)).returncode == 0
    process = subprocess.Popen([TURNCOAT, *words, "--workers", "1", "--out", killed], stderr=subprocess.DEVNULL)
    while not (killed / CELLS).is_file() or (killed / CELLS).read_bytes().count(b"\n") < 5:
        assert process.poll() is None
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (killed / "early_rate.csv").exists()
    with (killed / CELLS).open("r+b") as cells:
        cells.truncate((killed / CELLS).stat().st_size - 7)
    kept = (killed / CELLS).read_bytes().rpartition(b"\n")[0].splitlines()
    assert run(*words, "--workers", "1", "--out", str(killed)).returncode == 0
    assert files(killed) == files(whole)
    assert set(files(whole)) == {"sweep.json", "early_rate.csv", "early_rate.json", "early_rate.svg"}
    lines = (killed / CELLS).read_bytes().splitlines()
    assert lines[: len(kept)] == kept
    read = [json.loads(line)[0] for line in lines if line.endswith(b"]")]
    assert len(read) == len(set(read))  # nothing was worked out twice
    assert sorted(read) == sorted(json.loads(line)[0] for line in (whole / CELLS).read_bytes().splitlines())


def test_workers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    words = ("sweep", "deferral-ladder", "-P", "discount=0:1:200", "-a", "reinforce:episodes=50000", "--workers", "2")
    process = subprocess.Popen([TURNCOAT, *words, "--out", tmp_path], stderr=subprocess.DEVNULL)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        process.kill()
        pytest.skip("no /proc here")
    while not (tmp_path / CELLS).is_file() or not (tmp_path / CELLS).stat().st_size:
        assert process.poll() is None
        time.sleep(0.01)
    workers = children.read_text().split()
    assert len(workers) >= 2
    process.kill()
    process.wait()
    for _ in range(1000):
        if not any(Path(f"/proc/{worker}").exists() for worker in workers):
            return
        time.sleep(0.02)
    pytest.fail("a worker is still there")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-P", "discout=0:1:3"), "did you mean 'discount'"),
        (("-P", "discount=1"), "at least two values; for one, give -S discount=1"),
        (("-P", "discount=0:1:1"), "between 2 and"),
        (("-P", "discount=0:1:2.5"), "must be a whole number, not 2.5"),
        (("-P", "discount=0:1:9999"), "between 2 and"),
        (("-P", "discount=0:1"), "expected start:stop:count"),
        (("-P", "discount=0:x:3"), "'x' is not a number"),
        (("-P", "discount=nan,1"), "'nan' is not a number"),
        (("-P", "discount=0,1e999"), "'1e999' is not a number"),
        (("-P", "discount=1:0:3"), "the start must lie below the stop"),
        (("-P", "discount=0.5,0.5,1"), "the values must rise"),
        (("-P", "discount"), "expected name=start:stop:count"),
        (("-P", "rounds=1:2:3"), "rounds is a whole number, and 1.5 is not"),
        (("-P", "deployment=0,1"), "only a number can be swept"),
        (("-P", "discount=0,1", "-P", "discount=0,1"), "discount is given twice"),
        (("-P", "discount=0,1", "-S", "discount=1"), "given twice, by -P and by -S"),
        (("-P", "discount=0,1", "-P", "catch=0,1", "-P", "gain=0,1"), "one parameter or two"),
        (("-P", "discount=0,1", "-S", "ctch=1"), "did you mean 'catch'"),
        (("-P", "discount=0,1", "-a", "trojn"), "did you mean 'trojan'"),
        (("-P", "discount=0,1", "-o", "alwys"), "did you mean 'always'"),
        (("-P", "discount=0,1", "--measure", "early_rat"), "did you mean 'early_rate'"),
        (("-P", "catch=2:3:3"), "from -S catch=2"),
    ],
)
def test_what_cannot_be_swept_is_said_in_one_line(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    done = invoke("deferral-ladder", "-a", "optimal", "--workers", 1, "--out", tmp_path / "new", *words)
    assert isinstance(done.exception, TurncoatError)
    assert message in str(done.exception)
    assert not (tmp_path / "new" / "early_rate.svg").exists()


def test_mistakes_end_with_code_two(tmp_path: Path) -> None:
    done = here("sweep", "deferral-ladder", "-P", "discount=1:0:3", "-a", "optimal", "--out", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr == "-P discount=1:0:3: the start must lie below the stop\n"
    assert here("sweep", "deferral-ladder", "-P", "discount=0,1", "--out", str(tmp_path)).returncode == 2


def test_cells_without_a_game_are_empty_and_said_to_be(tmp_path: Path) -> None:
    words = ("-P", "catch=0.5,1,1.5", "-P", "discount=0.5,1", "-a", "optimal", "--workers", "1")
    done = invoke("deferral-ladder", *words, "--out", tmp_path, "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert [gap["at"] for gap in told["empty"]] == [[1.5, 0.5], [1.5, 1.0]]
    assert done.stderr.startswith("no game in 2 cells, the first at catch 1.5, discount 0.5: ")
    assert len(done.stderr.splitlines()) == 1
    assert told["threshold"]
    assert (told["cells"], told["optimum_defers"]) == (6, 2)
    assert "hatched" in (tmp_path / "early_rate.svg").read_text()


def test_an_agent_that_fails_leaves_its_own_cells_empty(tmp_path: Path) -> None:
    words = ("-P", "discount=0.5,1", "-a", "optimal", "-a", "equilibrium", "--workers", "1")
    done = invoke("deferral-ladder", *words, "--out", tmp_path)
    assert done.exit_code == 1
    assert done.stderr.startswith("equilibrium failed in 2 cells, the first at discount 0.5: equilibrium: ")
    diagram = load(tmp_path, "early_rate")
    assert [cell.seeds for cell in diagram.panels[0].cells] == [20, 20]
    assert [cell.seeds for cell in diagram.panels[1].cells] == [0, 0]


def test_a_folder_is_of_one_sweep_and_one_writer(tmp_path: Path) -> None:
    drawn(tmp_path, "discount=0.5,1")
    with pytest.raises(TurncoatError, match="holds a sweep of something else"):
        drawn(tmp_path, "discount=0.5,0.9")
    with pytest.raises(TurncoatError, match="holds a sweep of something else"):
        drawn(tmp_path, "discount=0.5,1", settings={"catch": 0.4})
    place = (tmp_path / "sweep" / "sweep.json").read_bytes()
    with (
        Cells(tmp_path / "sweep", "sweep.json", place),
        pytest.raises(TurncoatError, match="another process is writing"),
    ):
        drawn(tmp_path, "discount=0.5,1")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    with pytest.raises(TurncoatError, match=r"holds thesis\.tex and no sweep"):
        sweep(asked("discount=0.5,1"), tmp_path / "mine")
    with pytest.raises(TurncoatError, match="no sweep of early_rate"):
        load(tmp_path, "early_rate")
    (tmp_path / "label.json").write_text("[]")
    with pytest.raises(TurncoatError, match="not the diagram of a sweep"):
        load(tmp_path, "label")


@pytest.mark.parametrize(
    ("parameters", "measures"),
    [
        (("discount=0.5:1:3", "catch=0:1:3"), ("early_rate",)),
        (("discount=0.5:1:3", "rounds=1,3,7"), ("observed_return", "label")),
        (("discount=0.5:1:3",), ("turn_gap", "label", "early_rate")),
    ],
)
def test_pictures_are_whole_and_can_stand_in_a_page(
    tmp_path: Path, parameters: tuple[str, ...], measures: tuple[str, ...]
) -> None:
    for measure in measures:
        agents = ("optimal", "trojan", "honest", "random")
        check_picture(drawn(tmp_path, *parameters, agents=agents, measure=measure))


def check_picture(diagram: Diagram) -> None:
    svg = diagram_svg(diagram)
    assert svg == diagram_svg(diagram)
    root = ElementTree.fromstring(svg)
    words = "".join(root.itertext())
    for word in ("Deferral ladder", "optimal", "trojan", "2 seeds", "discount (per round)"):
        assert word in words
    assert "<image" not in svg
    assert "20" not in svg.partition("<title>")[0].replace("http://www.w3.org/2000/svg", "")  # no date
    both = "<div>" + diagram_svg(diagram, "one") + diagram_svg(diagram, "two") + "</div>"
    ids = [item.get("id") for item in ElementTree.fromstring(both).iter() if item.get("id")]
    assert len(ids) == len(set(ids))


def test_borders_keep_apart_what_they_should() -> None:
    """A ring, and a saddle whose deferring corners stay apart; no line where a corner is not known."""
    ring = np.zeros((4, 4), np.int8)
    ring[1:3, 1:3] = 1
    at = {edge: edge[1 - edge[2]] + 0.5 if edge[2] == 0 else edge[0] + 0.5 for edge in edges(ring)}
    x = [0.0, 1.0, 2.0, 3.0]
    (line,) = lines(ring, x, x, at, (False, False))
    assert line[0] == line[-1]
    assert len(line) == 9
    saddle = np.asarray([[1, 0], [0, 1]], np.int8)
    found = lines(saddle, [0, 1], [0, 1], dict.fromkeys(edges(saddle), 0.5), (False, False))
    assert sorted(map(sorted, found)) == [[(0.0, 0.5), (0.5, 0.0)], [(0.5, 1.0), (1.0, 0.5)]]
    saddle[0, 0] = -1
    assert lines(saddle, [0, 1], [0, 1], dict.fromkeys(edges(saddle), 0.5), (False, False)) == []


def test_axes_are_written_as_one_would_write_them() -> None:
    ladder = find("deferral-ladder")
    (spread,) = axes(["discount=0.5:1:26"], ladder)
    assert spread.values[4] == 0.58
    assert spread.values[0] == 0.5
    assert spread.values[-1] == 1.0
    assert axes(["rounds=1:9:5"], ladder) == (Axis("rounds", (1, 3, 5, 7, 9), True),)
    assert axes(["rounds=1:9:5"], ladder)[0].fine().tolist() == list(range(1, 10))
    assert set(spread.values) <= set(spread.fine().tolist())


def test_every_label_has_a_colour_and_a_letter_of_its_own() -> None:
    assert set(LABELS) == set(MEANING)
    letters, colours = zip(*LABELS.values(), strict=True)
    assert len(set(letters)) == len(set(colours)) == len(LABELS)
