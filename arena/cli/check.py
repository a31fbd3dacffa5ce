"""``turncoat check``: is a scenario file right, and if not, where."""

from typing import Annotated

import typer

from arena.cli.options import Json, Trust, print_json


def run(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="scenario files, or names of scenarios")],
    as_json: Json = False,
    trust: Trust = False,
) -> None:
    """Check scenario files; one line each. Exit code 2 if any is wrong."""
    from arena.errors import TurncoatError
    from arena.game.scenario import find

    results = []
    for path in paths:
        try:
            scenario = find(path, trust)
            game = scenario.compile()
            line = f"{path}: ok, {len(game.row):,} states, {game.horizon} rounds"
            results.append({"path": path, "ok": True, "message": line})
        except TurncoatError as error:
            results.append({"path": path, "ok": False, "message": str(error)})
    if as_json:
        print_json(results)
    else:
        for result in results:
            typer.echo(result["message"], err=not result["ok"])
    if not all(result["ok"] for result in results):
        raise typer.Exit(2)
