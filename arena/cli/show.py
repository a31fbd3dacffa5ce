"""``turncoat show``: what a scenario is, its rules, what pays when, what its optimum does and where that changes."""

import textwrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arena.cli.options import Json, ScenarioArgument, Setting, Trust, print_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arena.game.scenario import Scenario
    from arena.spec import Setting as Value

LARGE = 1_000_000
"""States times rounds above which the optimum is left to ``turncoat solve``."""

WIDTH = 100

UNDEFINED = "undefined"
"""What stands for the rate of a window that is never met."""


def run(
    scenario: ScenarioArgument,
    settings: Setting = None,
    quick: Annotated[bool, typer.Option("--quick", help="without the optimum and the thresholds")] = False,
    as_json: Json = False,
    trust: Trust = False,
) -> None:
    """Say what a scenario is: its rules, what pays when, what the optimum does, and where waiting begins to pay."""
    from arena.game.scenario import find
    from arena.spec import assignments

    found = find(scenario, trust)
    facts = portrait(found, found.settings(assignments(settings or [])), quick)
    if as_json:
        print_json(facts)
    else:
        _print(facts)


def portrait(scenario: "Scenario", given: "Mapping[str, Value]", quick: bool = False) -> dict[str, Any]:
    """Everything that the command says. ``optimum`` is None, and ``thresholds`` empty, where they are left out."""
    from arena.cli.portrait import optimum, payoffs, picture, rules, sees, thresholds

    game = scenario.compile(**given)
    size = len(game.row) * game.horizon
    playable = not quick and any(seat.name == "model" for seat in game.seats)
    return {
        "name": scenario.name,
        "title": scenario.title,
        "kind": scenario.kind,
        "about": scenario.about,
        "source": scenario.source,
        "parameters": dict(given),
        "digest": game.digest,
        "rounds": game.horizon,
        "states": len(game.row),
        "transitions": len(game.successor),
        "discount": game.discount,
        "rules": rules(game),
        "picture": picture(scenario, given),
        "seats": [
            {
                "name": seat.name,
                "actions": seat.actions,
                "sees": sees(game, seat),
                "observations": seat.observations * (game.horizon if seat.sees_round else 1),
            }
            for seat in game.seats
        ],
        "stages": payoffs(game),
        "optimum": optimum(game) if playable and size <= LARGE else None,
        "thresholds": thresholds(scenario, given, game) if playable else {},
    }


def _print(facts: "Mapping[str, Any]") -> None:
    typer.secho(facts["title"], bold=True, nl=False)
    typer.echo(f"  ({facts['name']}, kind {facts['kind']})\n")
    for text in (facts["about"], facts["source"] and f"Source: {facts['source']}", " ".join(facts["rules"])):
        if text:
            typer.echo(textwrap.fill(" ".join(text.split()), WIDTH) + "\n")
    if facts["picture"]:
        typer.echo(facts["picture"] + "\n")
    _print_parameters(facts)
    sizes = f"{facts['rounds']} rounds, {facts['states']:,} states, {facts['transitions']:,} transitions"
    typer.echo(f"{sizes}, discount {facts['discount']:g}, digest {facts['digest'][:12]}\n")
    for seat in facts["seats"]:
        sees = ", ".join(f"{name} ({_range(values)})" for name, values in seat["sees"].items()) or "nothing"
        typer.echo(f"{seat['name']}: does {', '.join(seat['actions'])}; sees {sees}")
    typer.echo("\nWhat one round pays the model, on average, while the others take their first action:\n")
    _print_payoffs(facts["stages"])
    _print_optimum(facts)


def _print_parameters(facts: "Mapping[str, Any]") -> None:
    """The parameters, and beside each the values at which the optimum defects nowhere early."""
    from arena.cli.portrait import where
    from arena.spec import word

    given = {f"-S {key}={word(value)}": key for key, value in facts["parameters"].items()}
    width = max((len(text) for text in given), default=0) + 2
    found = facts["thresholds"]
    if found:
        typer.echo(f"  {'':<{width}}the optimum defects nowhere early (values tried)")
    for text, key in given.items():
        tried = ""
        if key in found:
            low, high = found[key]["looked"]
            tried = f"{where(found[key]):<22} ({low:g} to {high:g})"
        typer.echo(f"  {text:<{width}}{tried}".rstrip())
    typer.echo("")


def _print_payoffs(stages: "list[dict[str, Any]]") -> None:
    from rich.console import Console
    from rich.table import Table

    own = any(value for row in stages for value in row["private"])
    after = any(row["then"] for row in stages)
    headings = ["stage", "phase", "window", "action", "observed", "intended"]
    table = Table(*headings, *["private"] * own, *["then"] * after, box=None, pad_edge=False)
    for row in stages:
        action = row["action"] + " *" * row["defection"]
        pays = [_span(*row[channel]) for channel in ("observed", "intended", *["private"] * own)]
        then = [", ".join(f"{word} {_span(*chance)}" for word, chance in row["then"].items())] * after
        table.add_row(row["stage"], row["phase"], row["window"], action, *pays, *then)
    Console(highlight=False).print(table)
    typer.echo("\n* a defection")


def _print_optimum(facts: "Mapping[str, Any]") -> None:
    """The optimum in a few lines."""
    best = facts["optimum"]
    if best is None:
        typer.echo(f"\nThe optimum was left out: turncoat solve {facts['name']}")
        return
    words = {name: _rate(*best[name]) for name in ("turn_probability", "early_rate", "late_rate")}
    typer.echo(f"\nThe optimum, if the model knew the true state, is worth {best['value']:.6g}.")
    typer.echo(f"It plays {best['play'] or '-'}: a letter a round in which it could defect, C complies, D defects.")
    typer.echo(
        f"Every policy as good as that: turns {words['turn_probability']}, "
        f"early rate {words['early_rate']}, late rate {words['late_rate']}."
    )
    for window in ("early", "late"):
        if words[f"{window}_rate"] == UNDEFINED:
            typer.echo(f"None of them comes where it could defect {window}, so the {window} rate is not defined.")


def _range(values: Any) -> str:
    return f"{values[0]} to {values[-1]}" if len(values) > 4 or values[0] == 1 else ", ".join(map(str, values))


def _span(least: float, most: float) -> str:
    """One number where both ends are the same to six digits."""
    low, high = f"{least:g}", f"{most:g}"
    return low if low == high else f"{low} to {high}"


def _rate(low: float, high: float) -> str:
    return UNDEFINED if low != low else _span(round(low, 4) + 0.0, round(high, 4) + 0.0)
