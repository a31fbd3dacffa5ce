"""``turncoat list``: what there is."""

from enum import StrEnum
from typing import Annotated

import typer

from arena.cli.options import Json, print_json


class What(StrEnum):
    """The kinds of things to list."""

    scenarios = "scenarios"
    agents = "agents"
    renderers = "renderers"


def run(
    what: Annotated[What | None, typer.Argument(help="only these")] = None,
    as_json: Json = False,
) -> None:
    """List the scenarios, agents and renderers there are."""
    found = {kind.value: _names(kind) for kind in ([what] if what else What)}
    if as_json:
        print_json(found)
        return
    width = max(len(name) for names in found.values() for name in names) + 2
    for kind, names in found.items():
        typer.secho(kind, bold=True)
        for name, line in names.items():
            typer.echo(f"  {name:<{width}}{line}")


def _names(kind: What) -> dict[str, str]:
    """Names and a line about each."""
    if kind is What.scenarios:
        from arena.game.scenario import scenarios

        return {name: scenario.title for name, scenario in scenarios().items()}
    if kind is What.agents:
        from arena.play.agent import agents, defaults
        from arena.spec import word

        return {
            name: _first_line(agent) + "".join(f" [{key}={word(value)}]" for key, value in defaults(agent).items())
            for name, agent in agents().items()
        }
    from arena.play.renderer import renderers

    return {name: _first_line(renderer) for name, renderer in renderers().items()}


def _first_line(thing: type) -> str:
    """The first sentence of a docstring's first line."""
    return (thing.__doc__ or "").strip().split("\n")[0]
