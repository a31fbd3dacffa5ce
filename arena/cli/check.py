"""``turncoat check``: is a scenario right, does it say what it seems to say, and if not, where; and agents likewise."""

from time import perf_counter
from typing import Annotated, Any

import typer

from arena.cli.check_agent import check_agents
from arena.cli.options import Json, Trust, print_json

SLOW = 10.0
"""Seconds of compiling from which on it is worth a warning."""


def run(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH... | agent AGENT...", help="scenario files or names of scenarios; or agents"),
    ],
    strict: Annotated[bool, typer.Option("--strict", help="fail for warnings too")] = False,
    thorough: Annotated[bool, typer.Option("--thorough", help="ask the costly questions of large games too")] = False,
    scenario: Annotated[
        list[str] | None, typer.Option("-s", "--scenario", metavar="NAME", help="of an agent: in this one (repeats)")
    ] = None,
    limit: Annotated[float, typer.Option(metavar="SECONDS", help="of an agent: how long an answer may take")] = 60.0,
    as_json: Json = False,
    trust: Trust = False,
) -> None:
    """Check scenarios: what is written, and what it means. Or agents: whether they keep the contract of agents.

    A line each, and one for everything to know about it: errors, warnings and notes. Exit code 2 if any is wrong, 1 if
    an agent fails.
    """
    if paths[0] == "agent":
        check_agents(paths[1:], scenario or [], limit, strict, as_json)
        return
    results = [examine(path, trust, thorough) for path in paths]
    if as_json:
        print_json(results)
    else:
        for result in results:
            typer.echo(result["message"], err=not result["compiles"])
            for one in result["remarks"]:
                hint = f"; {one['hint']}" if one["hint"] else ""
                typer.echo(f"{one['place']}: {one['level']}: {one['what']}{hint}", err=one["level"] == "error")
    levels = {one["level"] for result in results for one in result["remarks"]}
    if not all(result["ok"] for result in results) or (strict and "warning" in levels):
        raise typer.Exit(2)


def examine(path: str, trust: bool = False, thorough: bool = False) -> dict[str, Any]:
    """What there is to say about one scenario: whether it is right, a line in words, its sizes and the remarks."""
    from arena.cli.places import place
    from arena.errors import TurncoatError
    from arena.game.scenario import find
    from arena.measure.lint import Remark, lint

    try:
        scenario = find(path, trust)
        began = perf_counter()
        game = scenario.compile()
        taken = perf_counter() - began
        remarks = lint(game, thorough)
    except TurncoatError as error:
        return {"path": path, "ok": False, "compiles": False, "message": str(error), "remarks": []}
    if taken > SLOW:
        hint = "keep the round out of the state: let the clock count it"
        remarks.append(Remark("warning", ("game", ""), f"it took {taken:.0f} seconds to compile", hint))
    broken = sum(one.level == "error" for one in remarks)
    warnings = sum(one.level == "warning" for one in remarks)
    sizes = f"{_count(len(game.row), 'state')}, {_count(game.horizon, 'round')}, compiled in {_time(taken)}"
    counts = [_count(number, word) for number, word in ((broken, "error"), (warnings, "warning")) if number]
    return {
        "path": path,
        "ok": not broken,
        "compiles": True,
        "message": f"{path}: {'wrong' if broken else 'ok'}, {', '.join([sizes, *counts])}",
        "states": len(game.row),
        "rounds": game.horizon,
        "seconds": taken,
        "remarks": [
            {"level": one.level, "place": place(scenario, path, one.about), "what": one.what, "hint": one.hint}
            for one in remarks
        ],
    }


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 0.1 else f"{max(1, round(seconds * 1000))} ms"
