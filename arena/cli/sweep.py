"""``turncoat sweep``: a phase diagram of a measure over one parameter or two, with the exact threshold."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arena.cli.options import Json, ScenarioArgument, Setting, Trust, print_json

if TYPE_CHECKING:
    from arena.contest.diagram import Diagram


def run(
    scenario: ScenarioArgument,
    parameter: Annotated[
        list[str],
        typer.Option("-P", "--parameter", metavar="NAME=START:STOP:COUNT", help="an axis, or NAME=A,B,C; one or two"),
    ],
    agent: Annotated[
        list[str], typer.Option("-a", "--agent", metavar="NAME[:KEY=VALUE,...]", help="a panel each (repeats)")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="the sweep's folder")],
    settings: Setting = None,
    overseer: Annotated[
        str, typer.Option("-o", "--overseer", help="who plays the overseer, if there is one")
    ] = "always",
    seeds: Annotated[int, typer.Option(min=1, help="how many, in every cell")] = 20,
    measure: Annotated[str, typer.Option(help="what the colour shows; label for a word")] = "early_rate",
    workers: Annotated[int | None, typer.Option(min=1, help="how many processes; one a core")] = None,
    as_json: Json = False,
    trust: Trust = False,
) -> None:
    """Draw what agents do over one parameter or two. The same command again works out only what is missing."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from arena.contest.axis import axes
    from arena.contest.crew import Request
    from arena.contest.diagram import sweep
    from arena.contest.diagram_plot import diagram_svg
    from arena.files import write
    from arena.game.scenario import find
    from arena.spec import assignments

    request = Request(
        scenario=scenario,
        settings=assignments(settings or []),
        axes=axes(parameter, find(scenario, trust)),
        agents=tuple(agent),
        overseer=overseer,
        seeds=seeds,
        measure=measure,
        trust=trust,
    )
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    task = bar.add_task("")

    def progress(what: str, done: int, total: int) -> None:
        if done == 0:
            bar.reset(task, total=total, description=what)
        bar.update(task, completed=done)

    try:
        with bar:
            diagram = sweep(request, out, workers or _cores(), progress)
    except KeyboardInterrupt:
        typer.echo("stopped; the same command goes on from here", err=True)
        raise typer.Exit(130) from None
    picture = out / f"{measure}.svg"
    write(picture, diagram_svg(diagram).encode())
    failed = report(diagram)
    if as_json:
        print_json(summary(diagram, out))
    else:
        typer.echo(f"{picture}\n{picture.with_suffix('.csv')}")
    if failed:
        raise typer.Exit(1)


def report(diagram: "Diagram") -> bool:
    """Say on stderr which cells are empty, a line for every agent; whether an agent failed in one."""
    for agent in dict.fromkeys(gap.agent for gap in diagram.gaps):
        gaps = [gap for gap in diagram.gaps if gap.agent == agent]
        where = ", ".join(f"{axis.name} {value:g}" for axis, value in zip(diagram.axes, gaps[0].at, strict=True))
        who = f"{agent} failed in" if agent else "no game in"
        cells = "1 cell" if len(gaps) == 1 else f"{len(gaps)} cells, the first"
        typer.echo(f"{who} {cells} at {where}: {gaps[0].reason}", err=True)
    return any(gap.agent for gap in diagram.gaps)


def summary(diagram: "Diagram", folder: Path) -> dict[str, Any]:
    """What a program wants to know; the cells are in the CSV."""
    import math
    from collections import Counter

    agents = []
    for panel in diagram.panels:
        means = [cell.mean for cell in panel.cells if not math.isnan(cell.mean)]
        words = Counter(cell.label for cell in panel.cells if cell.label)
        least, most = (min(means), max(means)) if means else (math.nan, math.nan)
        agents.append({"agent": panel.name, **({"labels": dict(words)} if words else {"least": least, "most": most})})
    return {
        "scenario": diagram.scenario,
        "settings": dict(diagram.settings),
        "overseer": diagram.overseer or None,
        "measure": diagram.measure,
        "seeds": diagram.seeds,
        "axes": {axis.name: list(axis.values) for axis in diagram.axes},
        "agents": agents,
        "threshold": [[list(point[: len(diagram.axes)]) for point in line] for line in diagram.thresholds],
        "optimum_defers": sum(rate <= 1e-9 for rate in diagram.optimum),
        "cells": len(diagram.points),
        "empty": [{"at": list(gap.at), "agent": gap.agent or None, "reason": gap.reason} for gap in diagram.gaps],
        "files": {kind: str(folder / f"{diagram.measure}.{kind}") for kind in ("svg", "csv", "json")},
    }


def _cores() -> int:
    """Processor cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
