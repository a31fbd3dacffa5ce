"""Where in a scenario's file a part of its game stands, so that what is said of the game can be said at a place."""

import inspect
from importlib.resources import as_file
from pathlib import Path

from arena import plugins
from arena.game.document import Document, Keys, read
from arena.game.scenario import Scenario

METHODS = {"seat": "legal", "stage": "labels", "window": "rewards", "sees": "observe", "game": "__class__"}
"""The method of a model that settles each kind of part."""


def place(scenario: Scenario, path: str, about: tuple[str, str]) -> str:
    """``file:line:column`` of the part ``about`` of the scenario given as ``path``, or of what is nearest to it."""
    if scenario.kind == "python":
        return _in_python(type(scenario.model()), path, about[0])
    file = Path(path) if path.endswith((".yaml", ".yml")) else _installed(scenario.name)
    if file is None:
        return path
    document = read(file)
    keys = _keys(document, *about)
    line, column = document.keys.get(keys) or document.place(keys)
    return f"{_near(file)}:{line}:{column}"


def _in_python(kind: type, path: str, part: str) -> str:
    """The line of a method, or of the class that inherits it."""
    method = vars(kind).get(METHODS[part], kind)
    file = Path(path) if path.endswith(".py") else Path(inspect.getfile(kind))
    lines, first = inspect.getsourcelines(method)
    indent = len(lines[0]) - len(lines[0].lstrip())
    skipped = next((i for i, line in enumerate(lines) if line.lstrip().startswith(("def ", "class "))), 0)
    return f"{_near(file)}:{first + skipped}:{indent + 1}"


def _near(file: Path) -> Path:
    """A file's path as it is written from here, where it lies below here."""
    return file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file


def _installed(name: str) -> Path | None:
    """The file of an installed scenario."""
    for _, folder in plugins.folders("scenarios"):
        for item in folder.iterdir():
            if item.name in (f"{name}.yaml", f"{name}.yml"):
                with as_file(item) as path:
                    return path
    return None


def _keys(document: Document, part: str, name: str) -> Keys:
    """The path of a part in a file of stages or of a map."""
    stages = document.data.get("stages")
    stages = stages if isinstance(stages, list) else []
    if part in ("stage", "window"):
        for i, stage in enumerate(stages):
            if isinstance(stage, dict) and stage.get({"stage": "name", "window": "window"}[part]) == name:
                return ("stages", i, "name") if part == "stage" else ("stages", i, "pays")
        return ("stages",) if stages else ("map",) if "map" in document.data else ()
    if part == "sees":
        return ("signals", name) if ("signals", name) in document.keys else ("signals",)
    if part == "seat" and name == "overseer" and stages:
        return ("stages",)
    return ()
