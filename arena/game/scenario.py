"""A scenario: something with a name and parameters that compiles to a game. Found by name, or read from a file."""

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import as_file
from pathlib import Path
from types import ModuleType
from typing import Any

from arena import plugins
from arena.errors import TurncoatError, nearest, shown
from arena.game.compile import compile_game
from arena.game.document import Document, Keys, read
from arena.game.game import Game
from arena.game.grid import grid_model
from arena.game.model import Model
from arena.game.parameters import all_used, declared, fill
from arena.game.schema import Origin
from arena.game.source import blame, run
from arena.game.stages import stages_model
from arena.spec import Setting, settle

KINDS: Mapping[str, Callable[[Document, Mapping[Keys, Origin]], Model[Any]]] = {
    "grid": grid_model,
    "stages": stages_model,
}


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
        """The game with these parameters.

        Raises:
            TurncoatError: a parameter does not fit, or a function of the model fails or breaks its contract.
        """
        model = self.model(given)
        try:
            return compile_game(model, self.name)
        except TurncoatError:
            raise
        except Exception as error:
            if self.kind != "python":
                raise  # no author's code has run: the fault is ours
            raise blame(error, inspect.getfile(type(model))) from error


@cache
def scenarios() -> Mapping[str, Scenario]:
    """All scenarios installed, by name. A broken one is reported and left out."""
    found: dict[str, Scenario] = {}

    def add(origin: str, load: Callable[[], Scenario | None]) -> None:
        try:
            scenario = load()
        except TurncoatError as error:
            plugins.log.warning("%s", error)
            return
        if scenario is not None and found.setdefault(scenario.name, scenario) is not scenario:
            plugins.log.warning("two scenarios are called %s; the one in %s is left out", scenario.name, origin)

    for _, folder in plugins.folders("scenarios"):
        for item in sorted(folder.iterdir(), key=lambda item: item.name):
            if item.name.endswith((".yaml", ".yml")):
                with as_file(item) as path:
                    add(str(path), partial(from_yaml, path))
    for module in plugins.modules("scenarios"):
        add(module.__name__, partial(_in_module, module))
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
        raise TurncoatError(f"there is no scenario {shown(name)}{nearest(name, scenarios())}")
    return scenarios()[name]


def from_yaml(path: Path) -> Scenario:
    """Read a scenario file; it is checked with its default parameters at once."""
    document = read(path)
    data = document.data
    if not isinstance(data, dict):
        document.fail((), "a scenario file is a mapping of keys to values")
    if "kind" not in data:
        document.fail(("kind",), f"this key is missing{nearest('', KINDS)}")
    kind = data["kind"]
    if not isinstance(kind, str) or kind not in KINDS:
        document.fail(("kind",), f"{shown(kind)} is no kind of scenario{nearest(kind, KINDS)}")
    parameters = declared(document)

    def build(settings: Mapping[str, Setting]) -> Model[Any]:
        return KINDS[kind](*fill(document, settings))

    build(parameters)
    all_used(document)  # only now: where a key is missing, so is what it would have used
    return Scenario(
        name=path.stem,
        kind=kind,
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
    scenario = _in_module(run(path), str(path))
    if scenario is None:
        raise TurncoatError(f"{path}:1:1: expected a public subclass of arena.Model, and there is none")
    return scenario


def _in_module(module: ModuleType, file: str | None = None) -> Scenario | None:
    """The scenario of a module: the one public model in it, if there is one, by the module's name."""
    file = file or str(module.__file__)
    kinds = plugins.subclasses(module, Model)
    if len(kinds) > 1:
        names = " and ".join(kind.__name__ for kind in kinds)
        raise TurncoatError(f"{file}:{_line(kinds[1])}:1: a file holds one public model, and here are {names}")
    if kinds:
        return _from_model(kinds[0], plugins.kebab(module.__name__.rpartition(".")[2]), file)
    for kind in vars(module).values():
        own = inspect.isabstract(kind) and issubclass(kind, Model) and kind.__module__ == module.__name__
        if own and not kind.__name__.startswith("_"):
            lacks = ", ".join(sorted(kind.__abstractmethods__))
            raise TurncoatError(f"{file}:{_line(kind)}:1: {kind.__name__} lacks {lacks}")
    return None


def _line(kind: type) -> int:
    return inspect.getsourcelines(kind)[1]


def _from_model(kind: type[Model[Any]], name: str, file: str) -> Scenario:
    parameters: dict[str, Setting] = {}
    for field in dataclasses.fields(kind):
        if isinstance(field.default, int | float | bool | str):
            parameters[field.name] = field.default
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise TurncoatError(f"{file}:{_line(kind)}:1: {kind.__name__}.{field.name} needs a default")

    def build(settings: Mapping[str, Setting]) -> Model[Any]:
        try:
            return kind(**settings)  # type: ignore[arg-type]
        except ValueError as error:
            raise TurncoatError(f"{name}: {error}") from None

    title, _, about = inspect.cleandoc(kind.__doc__ or "").partition("\n")
    return Scenario(
        name=name,
        kind="python",
        title=kind.title or title,
        about=" ".join(about.split()),
        source=kind.source,
        parameters=parameters,
        build=build,
    )
