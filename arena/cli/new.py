"""``turncoat new``: a scenario to begin with, which checks and plays as it stands, and a test beside it."""

import json
import re
from enum import StrEnum
from keyword import iskeyword
from pathlib import Path
from typing import Annotated

import typer

from arena.cli.schema import Form, schema

LONGEST = 60
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class Kind(StrEnum):
    """How a scenario is written."""

    stages = "stages"
    grid = "grid"
    python = "python"


def run(
    name: Annotated[str, typer.Argument(metavar="NAME", help="the scenario's name, as in two-exits")],
    kind: Annotated[
        Kind, typer.Option(help="rounds of comply or defect, a map to walk on, or a class of your own")
    ] = Kind.stages,
    out: Annotated[Path, typer.Option(metavar="DIR", help="the folder to write to")] = Path(),
) -> None:
    """Write a commented scenario and its test. It checks and plays as it stands: change it from there."""
    from arena.errors import TurncoatError

    texts = files(name, kind)
    for file in texts:
        if (out / file).exists() and not file.endswith(".schema.json"):
            raise TurncoatError(f"{out / file}: this file is there already, and nothing is overwritten")
    out.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        (out / file).write_text(text, encoding="utf-8")
        typer.echo(out / file)
    first = out / next(iter(texts))
    typer.echo(f"\nNext: turncoat check {first}{' --trust' if kind is Kind.python else ''}")


def files(name: str, kind: Kind) -> dict[str, str]:
    """The files of a new scenario and what stands in them: the scenario first, then its test, then an editor's schema.

    Raises:
        TurncoatError: this is no name for a scenario.
    """
    from importlib.resources import files as package

    from jinja2 import Environment, StrictUndefined

    from arena.errors import TurncoatError, shown
    from arena.game.scenario import scenarios

    module, title = name.replace("-", "_"), name.replace("-", " ").capitalize()
    if not NAME.fullmatch(name) or len(name) > LONGEST or iskeyword(module):
        suggestion = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")[:LONGEST].rstrip("-")
        fits = NAME.fullmatch(suggestion) and not iskeyword(suggestion.replace("-", "_"))
        hint = f"; did you mean {suggestion!r}?" if fits and suggestion != name else ""
        raise TurncoatError(f"{shown(name)}: a name is small letters and digits with - between words{hint}")
    if name in scenarios():
        raise TurncoatError(f"there is already a scenario {name!r}; yours needs another name")
    scenario = f"{module}.py" if kind is Kind.python else f"{name}.yaml"
    words = {
        "name": name,
        "title": title,
        "kind": kind.value,
        "file": scenario,
        "class": f"{''.join(word.capitalize() for word in name.split('-'))}Scenario",
        "schema": f"{kind.value}.schema.json",
    }
    environment = Environment(autoescape=False, keep_trailing_newline=True, undefined=StrictUndefined)

    def text(template: str) -> str:
        source = package("arena").joinpath("templates", f"{template}.j2").read_text(encoding="utf-8")
        return environment.from_string(source).render(words)

    found = {scenario: text(f"{kind.value}{Path(scenario).suffix}"), f"test_{module}.py": text("test.py")}
    if kind is not Kind.python:
        found[words["schema"]] = json.dumps(schema(Form(kind.value)), indent=2) + "\n"
    return found
