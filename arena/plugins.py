"""Find scenarios, agents and renderers: the built-in ones and those of other packages, on the same footing.

A package offers them by an entry point in the group ``turncoat.scenarios``, ``turncoat.agents`` or
``turncoat.renderers`` that names one of its packages; every module in it is looked at. Importing a plug-in runs its
code, as installing it did. One that fails to import is reported, once, and skipped.
"""

import inspect
import logging
import os
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import ModuleType

log = logging.getLogger("turncoat")

TRUST = "TURNCOAT_TRUST"
"""The environment variable that, at 1, says that files which are named may run their code."""


def trust() -> None:
    """Allow files that agents are given to run their code, in this process and in those that it starts from now on."""
    os.environ[TRUST] = "1"


def trusted() -> bool:
    """Whether that is allowed. No file and no agent's setting can say so: only who runs the process."""
    return os.environ.get(TRUST) == "1"


def folders(group: str) -> Iterator[tuple[str, Traversable]]:
    """The import name and the folder of every package that offers things of a group, the built-in one first."""
    for package in packages(group):
        yield package.__name__, files(package)


@cache
def packages(group: str) -> tuple[ModuleType, ...]:
    """Every package that offers things of a group, imported; broken ones are reported and left out."""
    found = {}
    points = entry_points(group=f"turncoat.{group}")
    for point in sorted(points, key=lambda point: (point.name != "turncoat", point.name, point.value)):
        package = _import(point.value.partition(":")[0].strip(), "__path__")
        if package is not None:
            found[package.__name__] = package
    return tuple(found.values())


@cache
def modules(group: str) -> tuple[ModuleType, ...]:
    """Every module offered in a group, imported; broken ones are reported and left out."""
    names = [f"{p.__name__}.{info.name}" for p in packages(group) for info in pkgutil.iter_modules(p.__path__)]
    return tuple(module for name in names if (module := _import(name)) is not None)


@cache
def _import(name: str, needs: str = "__name__") -> ModuleType | None:
    """Import a plug-in's module; None, and a warning, if anything at all goes wrong."""
    try:
        module = import_module(name)
        if not hasattr(module, needs):
            raise TypeError("an entry point must name a package, and this is a single module")
        return module
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit, and whatever else it may raise
        log.warning("plug-in %s cannot be used: %s: %s", name, type(error).__name__, " ".join(str(error).split()))
        return None


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
    """The public, complete subclasses of ``base`` that a module defines itself, in the order it defines them.

    One that still lacks a method is a base of others, and left out.
    """
    found = {
        kind: None
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, base) and kind.__module__ == module.__name__
        if not name.startswith("_") and not inspect.isabstract(kind)
    }
    return list(found)  # a second name for a class is not a second class


def kebab(name: str) -> str:
    """``TwoExits`` or ``two_exits`` as ``two-exits``, and ``RecurrentPPO`` as ``recurrent-ppo``."""
    return re.sub("(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])", "-", name).lower().replace("_", "-")
