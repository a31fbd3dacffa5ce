"""The parameters of a scenario file: their defaults, and putting their values where ``$name`` stands."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from arena.errors import nearest, shown
from arena.game.document import Document, Keys
from arena.game.schema import Origin
from arena.spec import Setting, word


def declared(document: Document) -> dict[str, Setting]:
    """The names and defaults under ``parameters``."""
    parameters = document.data.get("parameters")
    if parameters is None:
        return {}
    if not isinstance(parameters, dict):
        document.fail(("parameters",), f"must be a mapping of names to values, not {shown(parameters)}")
    for name, value in parameters.items():
        path = ("parameters", name)
        if not name.isidentifier():
            document.fail(path, "a parameter's name is made of letters, digits and _", document.keys[path])
        if not isinstance(value, int | float | bool | str):
            document.fail(path, f"must be a number, true, false or a word, not {shown(value)}")
    return parameters


def fill(document: Document, settings: Mapping[str, Setting]) -> tuple[Document, dict[Keys, Origin]]:
    """The document with the settings put in, and where each of the values put in is to be mended.

    Raises:
        TurncoatError: a parameter is asked for that is not declared.
    """
    defaults = declared(document)
    used: dict[Keys, str] = {}
    data = _filled(document, _rest(document), settings, (), used)
    origins: dict[Keys, Origin] = {}
    for path, name in used.items():
        if settings[name] == defaults[name]:
            origins[path] = Origin(f"the parameter {name}", document.place(("parameters", name)))
        else:
            origins[path] = Origin(f"from -S {name}={word(settings[name])}", document.place(path))
    return replace(document, data=data), origins


def all_used(document: Document) -> None:
    """Raise a TurncoatError if a parameter is declared and nowhere used."""
    defaults = declared(document)
    used: dict[Keys, str] = {}
    _filled(document, _rest(document), defaults, (), used)
    for name in defaults:
        if name not in used.values():
            path: Keys = ("parameters", name)
            document.fail(path, f"used nowhere; write ${name} where its value belongs", document.keys[path])


def _rest(document: Document) -> dict[str, Any]:
    """All but the parameters."""
    return {key: value for key, value in document.data.items() if key != "parameters"}


def _filled(document: Document, data: Any, settings: Mapping[str, Setting], path: Keys, used: dict[Keys, str]) -> Any:
    if isinstance(data, dict):
        return {key: _filled(document, value, settings, (*path, key), used) for key, value in data.items()}
    if isinstance(data, list):
        return [_filled(document, value, settings, (*path, i), used) for i, value in enumerate(data)]
    if isinstance(data, str) and data.startswith("$"):
        name = data[1:]
        if name not in settings:
            document.fail(path, f"there is no parameter {shown(name)}{nearest(name, settings)}")
        used[path] = name
        return settings[name]
    return data
