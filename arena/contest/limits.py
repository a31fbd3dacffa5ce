"""Limits: what a match may take of the machine before it is ended, and what a fault costs."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from arena.errors import shown
from arena.game.stages import Part

SECONDS: Mapping[str, int] = {"": 1, "s": 1, "min": 60, "h": 3600}
BYTES: Mapping[str, int] = {"": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9}

Pricing = Literal["void", "forfeit", "retry"]
"""What a fault costs: the match counts for nothing, it counts as lost, or it is tried again before it counts for
nothing."""


def _amount(units: Mapping[str, int], least: float, what: str) -> Callable[[object], object]:
    """What reads an amount: a number, or one with a unit."""
    words = ", ".join(filter(None, units))

    def read(value: object) -> object:
        number, unit = value, ""
        if isinstance(value, str) and (parts := re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", value)):
            number, unit = float(parts[1]), parts[2]
        if isinstance(number, bool) or not isinstance(number, int | float) or unit not in units:
            raise ValueError(f"{shown(value)} is no {what}; write a number with one of {words}")
        found = number * units[unit]
        if not least <= found < float("inf"):
            raise ValueError(f"{shown(value)} is too little; the least is {least:,} {'s' if 's' in units else 'bytes'}")
        return found

    return read


def _written(units: Mapping[str, int]) -> WithJsonSchema:
    """How an amount is written, for editors."""
    pattern = rf"^\s*\d+(\.\d+)?\s*({'|'.join(units)})\s*$"
    return WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": pattern}]})


def _whole(read: Callable[[object], object]) -> Callable[[object], object]:
    return lambda value: int(read(value))  # type: ignore[call-overload]


Seconds = Annotated[float, BeforeValidator(_amount(SECONDS, 0.1, "length of time")), _written(SECONDS)]
Memory = Annotated[int, BeforeValidator(_whole(_amount(BYTES, 500 * 10**6, "amount of memory"))), _written(BYTES)]
Size = Annotated[int, BeforeValidator(_whole(_amount(BYTES, 0, "size"))), _written(BYTES)]


class Limits(Part):
    """What is allowed to a worker that plays a match, as in ``10 min`` and ``500 MB``."""

    time: Seconds = Field(default=3600.0, description="for one call of an agent, for one match or for several at once")
    memory: Memory = Field(default=4 * 10**9, description="for the whole worker, with Python and all it has imported")
    start: Seconds = Field(default=60.0, description="for an agent to be found and made")
    output: Size = Field(default=10 * 10**6, description="on stdout and stderr together")
