"""``turncoat bench``: speed, both sides of every ratio in one run."""

import dataclasses

import typer

from arena.cli.options import Json, print_json


def run(as_json: Json = False) -> None:
    """Time Turncoat against its peers. Exit code 1 if a target is missed."""
    from arena import bench

    rows = bench.run()
    if as_json:
        print_json([dataclasses.asdict(row) | {"ratio": row.ratio, "passed": row.passed} for row in rows])
    else:
        from rich.console import Console

        Console().print(bench.table(rows))
    if not all(row.passed for row in rows):
        raise typer.Exit(1)
