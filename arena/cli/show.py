"""``turncoat show``: what a scenario is, its sizes, what pays when."""

import textwrap
from typing import TYPE_CHECKING, Any

import typer

from arena.cli.options import Json, ScenarioArgument, Setting, Trust, print_json

if TYPE_CHECKING:
    from arena.game.game import Game


def run(scenario: ScenarioArgument, settings: Setting = None, as_json: Json = False, trust: Trust = False) -> None:
    """Say what a scenario is, its sizes, and what pays when."""
    from arena.game.scenario import find
    from arena.spec import assignments

    found = find(scenario, trust)
    given = found.settings(assignments(settings or []))
    game = found.compile(**given)
    facts: dict[str, Any] = {
        "name": found.name,
        "title": found.title,
        "kind": found.kind,
        "about": found.about,
        "source": found.source,
        "parameters": given,
        "digest": game.digest,
        "rounds": game.horizon,
        "states": len(game.row),
        "transitions": len(game.successor),
        "discount": game.discount,
        "seats": [
            {
                "name": seat.name,
                "actions": seat.actions,
                "sees": {factor.name: factor.values for factor in seat.sees.factors}
                | ({"round": [1, game.horizon]} if seat.sees_round else {}),
                "observations": seat.observations * (game.horizon if seat.sees_round else 1),
            }
            for seat in game.seats
        ],
        "stages": payoffs(game),
    }
    if as_json:
        print_json(facts)
    else:
        _print(facts)


def payoffs(game: "Game") -> list[dict[str, Any]]:
    """For every stage, window and action of the first seat: what it pays at once, while the others act as always.

    ``observed`` and ``intended`` are [least, most] over the stage's states in which the action is legal.
    """
    import numpy as np

    from arena.game.game import INTENDED, OBSERVED, WINDOWS

    seat = game.seats[0]
    tables = game.tables
    others = np.zeros(len(game.row), np.int64)
    for p, other in enumerate(game.seats[1:], start=1):
        others += other.legal.argmax(axis=1) * tables.stride[p]
    expected = np.add.reduceat(game.probability * game.reward[:, 0], game.start[:-1], axis=1)
    table = []
    for stage, name in enumerate(game.stages):
        here = (game.stage == stage) & ~game.terminal & game.free
        for window, window_name in enumerate(WINDOWS):
            for action, action_name in enumerate(seat.actions):
                states = np.flatnonzero(here & (game.window == window) & seat.legal[:, action])
                if len(states) == 0:
                    continue
                rows = game.row[states, action * tables.stride[0] + others[states]]
                table.append(
                    {
                        "stage": name,
                        "phase": "deployment" if game.deployment[states[0]] else "training",
                        "window": window_name,
                        "action": action_name,
                        "defection": bool(seat.defection[states, action].any()),
                        "observed": [expected[OBSERVED, rows].min(), expected[OBSERVED, rows].max()],
                        "intended": [expected[INTENDED, rows].min(), expected[INTENDED, rows].max()],
                    }
                )
    return table


def _print(facts: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    typer.secho(facts["title"], bold=True, nl=False)
    typer.echo(f"  ({facts['name']}, kind {facts['kind']})\n")
    for text in (facts["about"], f"Source: {facts['source']}"):
        typer.echo(textwrap.fill(" ".join(text.split()), 100) + "\n")
    for key, value in facts["parameters"].items():
        typer.echo(f"  -S {key}={value}")
    sizes = f"{facts['rounds']} rounds, {facts['states']:,} states, {facts['transitions']:,} transitions"
    typer.echo(f"\n{sizes}, discount {facts['discount']:g}, digest {facts['digest'][:12]}\n")
    for seat in facts["seats"]:
        sees = ", ".join(f"{name} ({_range(values)})" for name, values in seat["sees"].items())
        typer.echo(f"{seat['name']}: does {', '.join(seat['actions'])}; sees {sees}")
    table = Table("stage", "phase", "window", "action", "observed", "intended", box=None, pad_edge=False)
    for row in facts["stages"]:
        action = row["action"] + (" (defection)" if row["defection"] else "")
        observed, intended = (_span(*row[channel]) for channel in ("observed", "intended"))
        table.add_row(row["stage"], row["phase"], row["window"], action, observed, intended)
    typer.echo("\nWhat one round pays the model, on average, while the others take their first action:\n")
    Console().print(table)


def _range(values: Any) -> str:
    return f"{values[0]} to {values[-1]}" if len(values) > 4 or values[0] == 1 else ", ".join(map(str, values))


def _span(least: float, most: float) -> str:
    return f"{least:g}" if least == most else f"{least:g} to {most:g}"
