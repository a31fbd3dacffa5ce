"""How things are named on the command line and in tournament files: ``name`` or ``name:key=value,key=value``.

The name of a class in a Python file has a colon of its own, ``path/to/file.py:Class``. A name may end in ``@`` with the
beginning of a file's digest, where one version of the file is meant.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from sys import float_info
from typing import Any

from arena.errors import TurncoatError, nearest, shown
from arena.game.document import scalar

Setting = int | float | bool | str
LARGEST = float_info.max
IN_FILE = re.compile(r"(?P<path>[^=]*?\.py):(?P<kind>[^\W\d]\w*)(@(?P<digest>[0-9a-f]+))?")
"""The name of a class in a file."""


@dataclass(frozen=True)
class Spec:
    """A name and the settings given with it."""

    name: str
    settings: tuple[tuple[str, Setting], ...] = ()

    def __str__(self) -> str:
        given = ",".join(f"{key}={word(value)}" for key, value in self.settings)
        return f"{self.name}:{given}" if given else self.name


def word(value: Setting) -> str:
    """A setting as it is written."""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def listed(words: Sequence[str]) -> str:
    """Words as a list in a sentence."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def parse(text: str) -> Spec:
    """Read ``name:key=value,...``; settings are kept in alphabetical order so that equal things are written alike.

    Raises:
        TurncoatError: a setting without ``=``, or one given twice.
    """
    of_file = IN_FILE.match(text.strip())
    if of_file and text.strip()[of_file.end() :][:1] in ("", ":"):
        name, rest = of_file[0], text.strip()[of_file.end() + 1 :]
    else:
        name, _, rest = text.partition(":")
    return Spec(name.strip(), tuple(sorted(assignments(rest.split(",") if rest else [], text).items())))


def assignments(words: list[str], where: str = "") -> dict[str, Setting]:
    """Read ``key=value`` words: as a number, true or false what would be written just so again, all else as text."""
    settings: dict[str, Setting] = {}
    for item in words:
        key, equals, value = item.partition("=")
        key = key.strip()
        if not equals or not key:
            raise TurncoatError(f"{where or item}: expected key=value, not {item!r}")
        if key in settings:
            raise TurncoatError(f"{where or item}: {key} is given twice")
        settings[key] = _plain(value.strip())
    return settings


def _plain(text: str) -> Setting:
    read = scalar(text)
    fits = isinstance(read, int | float) and abs(read) <= LARGEST and word(read) == text
    return read if fits else text


def settle(owner: str, defaults: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults with the given settings in their place, each of the type of its default.

    Raises:
        TurncoatError: a setting that ``owner`` does not have, or of the wrong type.
    """
    settings = dict(defaults)
    for key, value in given.items():
        if key not in defaults:
            raise TurncoatError(f"{owner} has no setting {key!r}{nearest(key, defaults)}")
        settings[key] = _like(defaults[key], value, f"{owner}: {key}")
    return settings


def _like(default: Any, given: Any, where: str) -> Any:
    value = scalar(given) if isinstance(given, str) and isinstance(default, int | float) else given
    number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST  # NaN is not
    if isinstance(default, bool):
        fits, kind = isinstance(value, bool), "true or false"
    elif isinstance(default, int):
        fits, kind = number and value == int(value), "a whole number"
    elif isinstance(default, float):
        fits, kind = number, "a number"
    else:
        return word(value)
    if not fits:
        raise TurncoatError(f"{where} must be {kind}, not {shown(given)}")
    return type(default)(value)
