"""``turncoat export``: a run as tables for other programs."""

from pathlib import Path
from typing import Annotated

import typer

from arena.cli.options import Json, print_json


def run(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="the run's folder")],
    to: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER|FILE",
            help="a folder for all tables, DIR/export if left out; or a .parquet or .csv file with a row a match",
        ),
    ] = None,
    form: Annotated[
        str | None, typer.Option("--format", metavar="parquet|csv", help="parquet, or what the file's name says")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="write over files that are there")] = False,
    as_json: Json = False,
) -> None:
    """Write a run's matches, measures, faults, scenarios and players as Parquet or CSV; plays nothing."""
    from arena.contest.export import export
    from arena.contest.salvage import telling
    from arena.contest.store import Store

    with telling(folder), Store(folder) as store:
        written = export(store, to or folder / "export", form, force)
    if as_json:
        print_json([{"path": str(one.path), "table": one.table, "rows": one.rows} for one in written])
        return
    for one in written:
        typer.echo(f"{one.path}: {one.rows} rows")
