"""Find scenarios, agents and renderers: the built-in ones and those of other packages, on the same footing.

A package offers them by an entry point in the group ``turncoat.scenarios``, ``turncoat.agents`` or
``turncoat.renderers`` that names one of its packages; every module in it is looked at. Importing a plug-in runs its
code, as installing it did. One that fails to import is reported and skipped.
"""

import importlib
import logging
import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import ModuleType

log = logging.getLogger("turncoat")


def folders(group: str) -> Iterator[tuple[str, Traversable]]:
    """The import name and the folder of every package that offers things of a group, the built-in one first."""
    found = sorted(entry_points(group=f"turncoat.{group}"), key=lambda point: (point.name != "turncoat", point.name))
    for point in found:
        try:
            yield point.module, files(point.module)
        except Exception as error:
            log.warning("plug-in %s of %s cannot be used: %s", point.value, group, error)


@cache
def modules(group: str) -> tuple[ModuleType, ...]:
    """Every module offered in a group, imported; broken ones are reported and left out."""
    found = []
    for package, folder in folders(group):
        for info in pkgutil.iter_modules([str(folder)]):
            try:
                found.append(importlib.import_module(f"{package}.{info.name}"))
            except Exception as error:
                log.warning("plug-in %s.%s cannot be used: %s: %s", package, info.name, type(error).__name__, error)
    return tuple(found)


def classes(group: str, base: type) -> dict[str, type]:
    """The public subclasses of ``base`` defined in the modules of a group, by their ``name`` or their class's name."""
    found: dict[str, type] = {}
    for module in modules(group):
        for kind in subclasses(module, base):
            name = str(getattr(kind, "name", None) or kebab(kind.__name__))
            if name in found:
                log.warning("two %s are called %s; the one in %s is left out", group, name, module.__name__)
            else:
                found[name] = kind
    return found


def subclasses(module: ModuleType, base: type) -> list[type]:
    """The public subclasses of ``base`` that a module defines itself, in the order it defines them."""
    return [
        kind
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, base) and kind.__module__ == module.__name__ and name[0] != "_"
    ]


def kebab(name: str) -> str:
    """``TwoExits`` or ``two_exits`` as ``two-exits``."""
    return "".join(f"-{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name)).replace("_", "-")
