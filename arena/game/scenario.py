"""A scenario: something with a name and parameters that compiles to a game. Found by name, or read from a file."""

import dataclasses
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from arena import plugins
from arena.errors import TurncoatError, nearest
from arena.game.compile import compile_game
from arena.game.document import Document, Keys, check, read
from arena.game.game import Game
from arena.game.model import Model
from arena.game.stages import StagesFile, StagesModel
from arena.spec import Setting, settle

KINDS = ("stages",)


@dataclass(frozen=True)
class Scenario:
    """A model that waits for its parameters."""

    name: str
    kind: str
    title: str
    about: str
    source: str
    parameters: Mapping[str, Setting]  # with their defaults
    build: Callable[[Mapping[str, Setting]], Model[Any]]

    def settings(self, given: Mapping[str, Setting]) -> dict[str, Setting]:
        """Every parameter's value once ``given`` has been applied."""
        return settle(self.name, self.parameters, given)

    def model(self, given: Mapping[str, Setting] = {}) -> Model[Any]:
        """The model with these parameters; a TurncoatError says what is wrong with them."""
        return self.build(self.settings(given))

    def compile(self, **given: Setting) -> Game:
        """The game with these parameters."""
        return compile_game(self.model(given), self.name)


@cache
def scenarios() -> Mapping[str, Scenario]:
    """All scenarios installed, by name. A broken one is reported and left out."""
    found: dict[str, Scenario] = {}
    for _, folder in plugins.folders("scenarios"):
        for item in sorted(folder.iterdir(), key=lambda item: item.name):
            if item.name.endswith((".yaml", ".yml")):
                with as_file(item) as path:
                    try:
                        scenario = from_yaml(path)
                    except TurncoatError as error:
                        plugins.log.warning("%s", error)
                        continue
                found.setdefault(scenario.name, scenario)
    for module in plugins.modules("scenarios"):
        for scenario in _in_module(module):
            found.setdefault(scenario.name, scenario)
    return dict(sorted(found.items()))


def find(name: str, trust: bool = False) -> Scenario:
    """A scenario by its name, or by the path of its file.

    Raises:
        TurncoatError: there is none, the file is broken, or it is Python and ``trust`` has not been given.
    """
    if name.endswith((".yaml", ".yml")):
        return from_yaml(Path(name))
    if name.endswith(".py"):
        return from_python(Path(name), trust)
    if name not in scenarios():
        raise TurncoatError(f"there is no scenario {name!r}{nearest(name, scenarios())}")
    return scenarios()[name]


def from_yaml(path: Path) -> Scenario:
    """Read a scenario file; it is checked with its default parameters at once."""
    document = read(path)
    data = document.data
    if not isinstance(data, dict):
        document.fail((), "a scenario file is a mapping of keys to values")
    kind = data.get("kind")
    if kind not in KINDS:
        path_: Keys = ("kind",) if "kind" in data else ()
        what = f"{kind!r} is no kind of scenario{nearest(str(kind), KINDS)}" if path_ else "the key 'kind' is missing"
        document.fail(path_, what)
    parameters = data.get("parameters") or {}
    if not isinstance(parameters, dict):
        document.fail(("parameters",), "parameters are a mapping of names to values")
    for name, value in parameters.items():
        if not isinstance(value, int | float | bool | str):
            document.fail(("parameters", name), "a parameter is a number, true, false or a word")

    def build(settings: Mapping[str, Setting]) -> Model[Any]:
        used: dict[Keys, str] = {}
        filled = _fill(document, data, settings, (), used)
        changed = {key for key, value in settings.items() if value != parameters[key]}
        notes = {at: f"from -S {key}={settings[key]}" for at, key in used.items() if key in changed}
        file = check(dataclasses.replace(document, data=filled), StagesFile, notes)
        return StagesModel(file=file, discount=file.discount)

    build(parameters)
    return Scenario(
        name=path.stem,
        kind=str(kind),
        title=str(data["title"]),
        about=str(data.get("about", "")).strip(),
        source=str(data.get("source", "")).strip(),
        parameters=parameters,
        build=build,
    )


def from_python(path: Path, trust: bool) -> Scenario:
    """Run a Python file and take the one model in it."""
    if not path.is_file():
        raise TurncoatError(f"{path}: there is no such file")
    if not trust:
        raise TurncoatError(f"{path}: a Python scenario runs its code when it is loaded; read it, then give --trust")
    module_spec = importlib.util.spec_from_file_location(path.stem, path)
    if module_spec is None or module_spec.loader is None:
        raise TurncoatError(f"{path}: not a Python file")
    module = importlib.util.module_from_spec(module_spec)
    import sys

    sys.modules[path.stem] = module  # dataclasses look their module up
    try:
        module_spec.loader.exec_module(module)
    except Exception as error:
        line = getattr(error, "lineno", None) or _line_in(error, path)
        raise TurncoatError(f"{path}:{line}:1: {type(error).__name__}: {error}") from None
    found = _in_module(module)
    if len(found) != 1:
        raise TurncoatError(f"{path}: expected one public subclass of arena.Model, found {len(found)}")
    return found[0]


def _line_in(error: BaseException, path: Path) -> int:
    """The line of ``path`` that an exception came through last."""
    line, trace = 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _in_module(module: ModuleType) -> list[Scenario]:
    return [
        _from_model(kind, plugins.kebab(module.__name__.rsplit(".", 1)[-1]))
        for kind in plugins.subclasses(module, Model)
    ]


def _from_model(kind: type[Model[Any]], name: str) -> Scenario:
    def build(settings: Mapping[str, Setting]) -> Model[Any]:
        try:
            return kind(**settings)  # type: ignore[arg-type]
        except ValueError as error:
            raise TurncoatError(f"{name}: {error}") from None

    title, _, about = (kind.__doc__ or "").strip().partition("\n")
    return Scenario(
        name=name,
        kind="python",
        title=kind.title or title,
        about=" ".join(about.split()),
        source=kind.source,
        parameters={f.name: cast("Setting", f.default) for f in dataclasses.fields(kind)},
        build=build,
    )


def _fill(document: Document, data: Any, settings: Mapping[str, Setting], path: Keys, used: dict[Keys, str]) -> Any:
    """Put the parameters' values where ``$name`` stands, noting where each went."""
    if isinstance(data, dict):
        return {
            key: value if path == () and key == "parameters" else _fill(document, value, settings, (*path, key), used)
            for key, value in data.items()
        }
    if isinstance(data, list):
        return [_fill(document, value, settings, (*path, i), used) for i, value in enumerate(data)]
    if isinstance(data, str) and data.startswith("$"):
        if data[1:] not in settings:
            document.fail(path, f"there is no parameter {data[1:]!r}{nearest(data[1:], settings)}")
        used[path] = data[1:]
        return settings[data[1:]]
    return data
