"""Options and output that commands share."""

import json
from typing import Annotated, Any

import typer

from arena.plugins import trust

ScenarioArgument = Annotated[str, typer.Argument(metavar="SCENARIO", help="a scenario's name, or the path of its file")]
Setting = Annotated[
    list[str] | None, typer.Option("-S", "--set", metavar="KEY=VALUE", help="a parameter of the scenario (repeats)")
]
TwinOption = Annotated[
    str | None, typer.Option("--twin", metavar="TWIN", help="in this twin of it, as name:key=value,...+name")
]
Json = Annotated[bool, typer.Option("--json", help="print JSON")]


def _trust(given: bool) -> bool:
    """Let agents know as well; scenarios are told by whoever looks for them."""
    if given:
        trust()
    return given


Trust = Annotated[
    bool,
    typer.Option(
        "--trust", callback=_trust, help="allow files named here or in a run (Python, sb3 archives) to run code"
    ),
]


def print_json(data: Any) -> None:
    """Print data as JSON; numbers to 12 significant digits, NaN as null."""
    typer.echo(json.dumps(_plain(data), indent=2, ensure_ascii=False))


def _plain(data: Any) -> Any:
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(item) for item in data]
    if isinstance(data, float):
        return float(f"{data:.12g}") if data - data == 0 else None
    return data.item() if hasattr(data, "item") else data  # a number of NumPy's
