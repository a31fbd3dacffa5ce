"""A phase diagram: a measure of agents over one parameter or two, and the exact border of complete deferral.

The folder of a sweep holds ``sweep.json``, what it is a sweep of; ``cells.jsonl``, a line for everything that has been
worked out, written as soon as it is; and for each measure asked for ``MEASURE.csv``, ``MEASURE.json`` and
``MEASURE.svg``. Everything follows from the keys of the matches, so the files do not depend on the number of workers,
nor on how often the run was stopped.
"""

import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from arena.contest.axis import Axis
from arena.contest.boundary import Point, edges, lines
from arena.contest.cells import Cells
from arena.contest.crew import Bench, Job, Request, crew
from arena.contest.sweep import GRID, HELD_BACK
from arena.errors import TurncoatError
from arena.files import write
from arena.game.game import Floats

Line = tuple[Point, ...]

FORMAT = 1
SWEEP = "sweep.json"


class Progress(Protocol):
    """Told how far a sweep is."""

    def __call__(self, what: str, done: int, total: int) -> object:
        """So many of so many are there: ``cells``, points of the exact ``optimum`` or of the ``threshold``."""


def quiet(what: str, done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Cell:
    """One agent at one point: the mean over its seeds with a 95% interval. No seeds: there is no value."""

    seeds: int = 0
    mean: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    label: str = ""  # for the measure that is a word


@dataclass(frozen=True)
class Panel:
    """One agent everywhere."""

    agent: str
    name: str  # with every setting
    cells: tuple[Cell, ...]  # as the points of the diagram


@dataclass(frozen=True)
class Gap:
    """A point without a game, or where an agent failed."""

    at: tuple[float, ...]
    agent: str  # "" where there is no game
    reason: str


@dataclass(frozen=True)
class Diagram:
    """All there is to draw. Points run through the first axis first: ``points[x + len(axes[0].values) * y]``."""

    scenario: str
    title: str
    settings: Mapping[str, Any]  # those that were given and do not vary
    overseer: str
    measure: str
    seeds: int
    axes: tuple[Axis, ...]
    panels: tuple[Panel, ...]
    optimum: tuple[float, ...]  # early rate of the exact optimum at every point, NaN where there is none
    curve: Line  # one axis: its early rate along it; two axes: empty
    thresholds: tuple[Line, ...]  # the border of complete deferral: lines, or on one axis points (x, 0)
    gaps: tuple[Gap, ...]

    @property
    def points(self) -> list[tuple[float, ...]]:
        """The values of the parameters, point by point."""
        return _points(self.axes)

    def grid(self, values: Sequence[float]) -> Floats:
        """Values of the points as ``[y, x]``."""
        return np.asarray(values, np.float64).reshape(-1, len(self.axes[0].values))

    def csv(self) -> bytes:
        """A row for every point and agent; empty where there is no value."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        names = [one.name for one in self.axes]
        writer.writerow([*names, "agent", "seeds", "measure", "mean", "low", "high", "optimum_early_rate"])
        for panel in self.panels:
            for at, cell, best in zip(self.points, panel.cells, self.optimum, strict=True):
                mean = cell.label or _written(cell.mean)
                values = (mean, _written(cell.low), _written(cell.high), _written(best))
                writer.writerow([*map(repr, at), panel.agent, cell.seeds, self.measure, *values])
        return text.getvalue().encode()

    def json(self) -> bytes:
        """Everything, to be read again by ``load``."""
        return json.dumps(_plain({"format": FORMAT, **asdict(self)}), ensure_ascii=False).encode() + b"\n"


def load(folder: Path, measure: str) -> Diagram:
    """The diagram of a measure that a sweep has left in its folder.

    Raises:
        TurncoatError: there is none, or not of a format that is known.
    """
    path = folder / f"{measure}.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"), object_hook=_read)
        if data.pop("format") != FORMAT:
            raise TurncoatError(f"{path}: written by another version of Turncoat")
        return Diagram(
            **data
            | {
                "axes": tuple(Axis(**one) for one in data["axes"]),
                "panels": tuple(
                    Panel(**one | {"cells": tuple(Cell(**cell) for cell in one["cells"])}) for one in data["panels"]
                ),
                "gaps": tuple(Gap(**one) for one in data["gaps"]),
            }
        )
    except FileNotFoundError:
        raise TurncoatError(f"{folder}: no sweep of {measure} is here") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TurncoatError(f"{path}: not the diagram of a sweep ({error})") from None


def sweep(request: Request, folder: Path, workers: int = 1, progress: Progress = quiet) -> Diagram:
    """Work out what is missing, and write the CSV and the JSON; the picture is drawn by ``diagram_plot``.

    Raises:
        TurncoatError: a name in the request is wrong, the scenario refuses every point, or the folder holds something
            else, is in use or cannot be written.
    """
    bench = Bench(request)
    with Cells(folder, SWEEP, _place(bench)) as cells:
        bench.known = cells.known
        with crew(bench, workers) as answers:

            def work(what: str, jobs: list[Job]) -> list[Any]:
                found: list[Any] = []
                progress(what, 0, len(jobs))
                for result, news in answers(jobs):
                    cells.add(news)
                    found.append(result)
                    progress(what, len(found), len(jobs))
                return found

            points = _points(request.axes)
            found = work("cells", [Job("cell", at) for at in points])
            gaps = tuple(Gap(at, *gap) for at, one in zip(points, found, strict=True) for gap in one["gaps"])
            if sum(gap.agent == "" for gap in gaps) == len(points):
                raise TurncoatError(gaps[0].reason)
            exact, thresholds = _threshold(request.axes, work)
        diagram = Diagram(
            scenario=bench.scenario.name,
            title=bench.scenario.title,
            settings=dict(request.settings),
            overseer=bench.overseer.label if any(at["overseen"] for at in found) else "",
            measure=request.measure,
            seeds=request.seeds,
            axes=request.axes,
            panels=tuple(
                Panel(one.label, one.identity, tuple(_cell(at["agents"].get(one.identity), request) for at in found))
                for one in bench.players
            ),
            optimum=tuple(exact[at] for at in points),
            curve=tuple((at[0], rate) for at, rate in exact.items()) if len(request.axes) == 1 else (),
            thresholds=thresholds,
            gaps=gaps,
        )
        write(folder / f"{request.measure}.csv", diagram.csv())
        write(folder / f"{request.measure}.json", diagram.json())
    return diagram


def _threshold(
    axes: tuple[Axis, ...], work: Callable[[str, list[Job]], list[Any]]
) -> tuple[dict[tuple[float, ...], float], tuple[Line, ...]]:
    """The exact optimum's early rate at every point and between them; where complete deferral begins or ceases."""
    x, y = (axes[0].fine(), axes[1].fine()) if len(axes) == 2 else (axes[0].fine(GRID), np.zeros(1))

    def at(row: int, column: int) -> tuple[float, ...]:
        return (float(x[column]), float(y[row]))[: len(axes)]

    nodes = [at(row, column) for row, column in np.ndindex(len(y), len(x))]
    exact = dict(zip(nodes, map(_known, work("optimum", [Job("rate", node) for node in nodes])), strict=True))
    rates = np.asarray([*exact.values()]).reshape(len(y), len(x))
    side = np.where(np.isnan(rates), -1, rates <= HELD_BACK).astype(np.int8)
    crossed = edges(side)
    jobs = [Job("crossing", at(row, column), at(row + along, column + 1 - along)) for row, column, along in crossed]
    crossings = dict(zip(crossed, work("threshold", jobs), strict=True))
    if len(axes) == 1:
        return exact, tuple(((value, 0.0),) for value in sorted(crossings.values()))
    whole = (axes[0].whole, axes[1].whole)
    between = {edge: value - 0.5 if whole[edge[2]] else value for edge, value in crossings.items()}
    return exact, tuple(tuple(line) for line in lines(side, x.tolist(), y.tolist(), between, whole))


def _place(bench: Bench) -> bytes:
    """What a folder is a sweep of: all but the agents, how many seeds, and the measure."""
    request = bench.request
    named = request.scenario == bench.scenario.name
    place = {
        "format": FORMAT,
        "scenario": request.scenario if named else str(Path(request.scenario).resolve()),
        "settings": dict(request.settings),
        "axes": {one.name: list(one.values) for one in request.axes},
        "overseer": bench.overseer.identity,
    }
    return json.dumps(place, indent=2, ensure_ascii=False).encode() + b"\n"


def _points(axes: tuple[Axis, ...]) -> list[tuple[float, ...]]:
    """Every point of a grid, the first axis running first."""
    if len(axes) == 1:
        return [(x,) for x in axes[0].values]
    return [(x, y) for y in axes[1].values for x in axes[0].values]


def _cell(record: Any, request: Request) -> Cell:
    """What a job found of one agent at one point."""
    if record is None:
        return Cell()
    if isinstance(record, str):
        return Cell(request.seeds, label=record)
    seeds, mean, low, high = record
    return Cell(seeds, _known(mean), _known(low), _known(high))


def _known(value: float | None) -> float:
    return math.nan if value is None else value


def _written(value: float) -> str:
    return "" if math.isnan(value) else repr(value)


def _plain(data: Any) -> Any:
    """Data as JSON has it: NaN as null."""
    if isinstance(data, Mapping):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(item) for item in data]
    return None if isinstance(data, float) and math.isnan(data) else data


def _read(data: dict[str, Any]) -> dict[str, Any]:
    """JSON's data as it was: null as NaN, lists as tuples."""

    def back(value: Any) -> Any:
        return tuple(map(back, value)) if isinstance(value, list) else math.nan if value is None else value

    return {key: back(value) for key, value in data.items()}
