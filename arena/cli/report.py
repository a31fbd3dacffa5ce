"""``turncoat report``: write a run's report again from its store, or from what is left of it."""

from pathlib import Path
from typing import Annotated

import typer

from arena.cli.options import Json, Trust, print_json


def run(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="the run's folder")],
    rescue: Annotated[
        Path | None,
        typer.Option("--salvage", metavar="NEW", help="first save what is left of a damaged run in this new folder"),
    ] = None,
    as_json: Json = False,
    trust: Trust = False,
) -> None:
    """Write report.html again from what the run's folder holds; plays nothing."""
    from arena.contest.footage import album
    from arena.contest.report import write_report
    from arena.contest.salvage import salvage, telling
    from arena.contest.standings import standings
    from arena.contest.store import Store
    from arena.contest.table import data

    if rescue is not None:
        typer.echo(salvage(folder, rescue).line, err=True)
        folder = rescue
    with telling(folder), Store(folder) as store:
        final = standings(store)
        report = write_report(store.folder, final, trust)
        album(store, store.folder)
    if as_json:
        print_json(data(final))
    typer.echo(report, err=as_json)
