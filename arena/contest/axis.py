"""Axes of a sweep: one parameter and the values it takes, read from ``name=start:stop:count`` or ``name=a,b,c``."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

import numpy as np

from arena.errors import TurncoatError, nearest, shown
from arena.game.game import Floats
from arena.game.scenario import Scenario
from arena.spec import word

MOST = 1_000
"""Values of one parameter."""

FINE = 25
"""Points along an axis from which a curve drawn through them looks smooth."""


@dataclass(frozen=True)
class Axis:
    """One parameter and its values, ascending; all whole if the parameter is."""

    name: str
    values: tuple[float, ...]
    whole: bool

    def fine(self, points: int = FINE) -> Floats:
        """The values, with as many between them as make it this fine: what an exact curve is traced on."""
        parts = -(-(points - 1) // (len(self.values) - 1))
        steps = [np.linspace(low, high, parts + 1)[:-1] for low, high in pairwise(self.values)]
        found = np.concatenate([*steps, [self.values[-1]]])
        return np.unique(found.round()) if self.whole else found

    def __str__(self) -> str:
        low, high = word(self.values[0]), word(self.values[-1])
        return f"{self.name} {low} to {high} ({len(self.values)} values)"


def axis(text: str, scenario: Scenario) -> Axis:
    """The axis that ``name=start:stop:count`` (both ends included) or ``name=a,b,c`` describes.

    Raises:
        TurncoatError: no such parameter, one that is no number, or values that do not make an axis.
    """
    name, equals, rest = (part.strip() for part in text.partition("="))
    if not equals or not name:
        raise TurncoatError(f"-P {text}: expected name=start:stop:count or name=a,b,c")
    if name not in scenario.parameters:
        raise TurncoatError(f"{scenario.name} has no setting {name!r}{nearest(name, scenario.parameters)}")
    default = scenario.parameters[name]
    if isinstance(default, bool | str):
        raise TurncoatError(f"-P {text}: {name} is {shown(default)} by default, and only a number can be swept")
    values = _spread(text, rest) if ":" in rest else [_number(text, item) for item in rest.split(",")]
    if len(values) < 2:
        raise TurncoatError(f"-P {text}: a sweep needs at least two values; for one, give -S {name}={rest}")
    if len(values) > MOST:
        raise TurncoatError(f"-P {text}: {len(values):,} values are more than the {MOST:,} that fit")
    if any(low >= high for low, high in pairwise(values)):
        raise TurncoatError(f"-P {text}: the values must rise")
    whole = isinstance(default, int)
    for value in values if whole else ():
        if value != int(value):
            raise TurncoatError(f"-P {text}: {name} is a whole number, and {value:g} is not")
    return Axis(name, tuple(int(value) for value in values) if whole else tuple(values), whole)


def axes(texts: Sequence[str], scenario: Scenario) -> tuple[Axis, ...]:
    """One axis or two."""
    if not 1 <= len(texts) <= 2:
        raise TurncoatError(f"a diagram has one parameter or two, each given by -P; here are {len(texts)}")
    found = tuple(axis(text, scenario) for text in texts)
    if len({one.name for one in found}) < len(found):
        raise TurncoatError(f"{found[0].name} is given twice")
    return found


def _spread(text: str, rest: str) -> list[float]:
    parts = rest.split(":")
    if len(parts) != 3:
        raise TurncoatError(f"-P {text}: expected start:stop:count, such as 0:1:21")
    start, stop, count = (_number(text, part) for part in parts)
    if count != int(count):
        raise TurncoatError(f"-P {text}: the count of values must be a whole number, not {count:g}")
    if not 2 <= count <= MOST:
        raise TurncoatError(f"-P {text}: the count of values must lie between 2 and {MOST:,}, not {int(count):,}")
    if start >= stop:
        raise TurncoatError(f"-P {text}: the start must lie below the stop")
    # As one would write them: .58, not .5800000000000001, so that a match is the same one wherever it is played.
    return [float(f"{value:.12g}") for value in np.linspace(start, stop, int(count)).tolist()]


def _number(text: str, item: str) -> float:
    try:
        value = float(item)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise TurncoatError(f"-P {text}: {shown(item.strip())} is not a number")
    return value
