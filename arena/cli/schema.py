"""``turncoat schema``: the form of a file, for an editor."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from arena.cli.options import print_json


class Form(StrEnum):
    """The kinds of files."""

    stages = "stages"
    grid = "grid"
    tournament = "tournament"


def run(form: Annotated[Form, typer.Argument(help="of which kind of file")]) -> None:
    """Print the JSON Schema of a kind of file.

    An editor that speaks to yaml-language-server completes and checks a file whose first line is
    `# yaml-language-server: $schema=FILE`, FILE holding what this prints.
    """
    print_json(schema(form))


def schema(form: Form) -> dict[str, Any]:
    """The JSON Schema of a kind of file."""
    from arena.game.jsonschema import json_schema

    if form is Form.tournament:
        from arena.contest.tournament import LARGEST_SEED, MOST_SEEDS, Tournament
        from arena.measure.diagnosis import CONTROLS, FOLLOWED

        seed: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": LARGEST_SEED}
        written: dict[str, dict[str, Any]] = {
            "seeds": {
                "anyOf": [
                    {"type": "integer", "minimum": 1, "maximum": MOST_SEEDS},
                    {"type": "array", "items": seed, "minItems": 1},
                ]
            },
            "controls": {
                "anyOf": [{"enum": ["all", "none"]}, {"type": "array", "items": {"enum": [*CONTROLS, FOLLOWED]}}]
            },
        }
        return json_schema(Tournament, "A tournament of Turncoat", written=written)
    if form is Form.grid:
        from arena.game.grid_file import GridFile

        return json_schema(GridFile, "A scenario of Turncoat, kind grid", parameters=True)
    from arena.game.stages import StagesFile

    return json_schema(StagesFile, "A scenario of Turncoat, kind stages", parameters=True)
