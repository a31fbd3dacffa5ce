"""``turncoat list``: what there is."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from arena.cli.options import Json, print_json


class What(StrEnum):
    """The kinds of things to list."""

    scenarios = "scenarios"
    agents = "agents"
    renderers = "renderers"
    twins = "twins"
    measures = "measures"


def run(
    what: Annotated[What | None, typer.Argument(help="only these")] = None,
    as_json: Json = False,
) -> None:
    """List the scenarios, agents, renderers, twins and measures there are."""
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

        return {name: _first_line(agent) + _defaults(defaults(agent)) for name, agent in agents().items()}
    if kind is What.measures:
        from arena.measure.measure import measures, policy_measures, twin_measures

        found = {name: one.definition for name, one in measures().items()}
        found |= {name: one.definition for name, one in policy_measures().items()}
        return found | {name: one.definition for name, one in twin_measures().items()}
    if kind is What.twins:
        from arena.game.twins import settings, twins

        return {name: _first_line(twin) + _defaults(settings(twin)) for name, twin in twins().items()}
    from arena.show.renderer import renderers

    return {name: _first_line(renderer) for name, renderer in renderers().items()}


def _defaults(settings: dict[str, Any]) -> str:
    """Settings as they are written, each in brackets."""
    from arena.spec import word

    return "".join(f" [{key}={word(value)}]" for key, value in settings.items())


def _first_line(thing: type) -> str:
    """The first sentence of a docstring's first line."""
    return (thing.__doc__ or "").strip().split("\n")[0]
