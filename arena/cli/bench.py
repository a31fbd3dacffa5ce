"""``turncoat bench``: speed, both sides of every ratio in one run."""

import dataclasses

import typer

from arena.cli.options import Json, print_json

PIPED = 140
"""Columns where the output is no terminal."""


def run(as_json: Json = False) -> None:
    """Time Turncoat against its peers. Exit code 1 if a target is missed."""
    from arena import bench

    rows = bench.run()
    if as_json:
        print_json([dataclasses.asdict(row) | {"ratio": row.ratio, "passed": row.passed} for row in rows])
    else:
        from rich.console import Console

        console = Console()
        console.width = console.width if console.is_terminal else PIPED
        console.print(bench.table(rows))
    if not all(row.passed for row in rows):
        raise typer.Exit(1)
