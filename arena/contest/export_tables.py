"""The tables of an export, column by column. docs/reference/export.md says the same, which a test holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Columns = Mapping[str, Sequence[Any]]
"""Some rows of a table, by column; None for no value."""


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    type: str  # string, int64, double or bool
    meaning: str
    null: str = ""  # what no value means, where there may be none


GAME = (
    Column("scenario", "string", "its name"),
    Column(
        "setting",
        "string",
        "the scenario as it was written: its label in the report",
    ),
    Column("settings", "string", "every parameter, and the twin where it is one, as JSON"),
    Column("digest", "string", "of the compiled game"),
)
WHO = (
    Column("model", "string", "the agent with every setting"),
    Column("agent", "string", "the agent as it was written: its label in the report"),
    Column("kind", "string", "of the agent: known, planner or learner"),
    Column("overseer", "string", "the overseer with every setting", "the scenario has no seat for one"),
)
MATCH = (
    Column("key", "string", "64 hexadecimal digits: the match's identity"),
    *GAME,
    Column("current", "bool", "whether the report counts it: not if the scenario has changed since"),
    *WHO,
    Column("seed", "int64", "the seed"),
    Column("controls", "string", "in which the agent was fitted besides, and measures of its policy, with commas"),
)
TABLES: Mapping[str, tuple[Column, ...]] = {
    "matches": MATCH,
    "measures": (
        Column("key", "string", "of the match"),
        Column("measure", "string", "its name"),
        Column("control", "string", "in which it was measured", "in the scenario itself"),
        Column("share", "double", "of the training after which it was measured", "after all of it"),
        Column("value", "double", "exact, over one episode", "it is undefined, for want of opportunities"),
    ),
    "faults": (
        Column("key", "string", "that the match would have", "the run was written before faults had keys"),
        *GAME,
        *WHO,
        Column("seed", "int64", "the seed", "as for key"),
        Column("cause", "string", "in one word", "as for key"),
        Column("message", "string", "what happened, in a line"),
        Column("output", "string", "the beginning of what the agent wrote on stdout and stderr"),
        Column("tries", "int64", "how often it was tried", "as for key"),
        Column("policy", "string", "what it costs: void or forfeit", "as for key"),
    ),
    "scenarios": (
        *GAME,
        Column("current", "bool", "whether it is the last one asked for with this name and these settings"),
        Column("title", "string", "in words"),
        Column("about", "string", "what it is about"),
        Column("source", "string", "where it comes from"),
        Column("found", "string", "the name or path by which it was found"),
    ),
    "players": (
        Column("name", "string", "an agent or an overseer with every setting"),
        Column("label", "string", "as it was written"),
        Column("kind", "string", "known, planner or learner"),
    ),
}
