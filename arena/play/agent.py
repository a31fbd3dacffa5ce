"""What plays a seat. An agent is named with its settings; asked for policies, it gives one for every random key."""

import copyreg
import dataclasses
import hashlib
import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from arena import plugins
from arena.errors import TurncoatError, nearest
from arena.game.game import Game
from arena.game.source import run
from arena.play.policy import Policy, View, view
from arena.spec import IN_FILE, Spec, parse, settle

Keys = NDArray[np.uint64]


@dataclasses.dataclass(frozen=True)
class Agent(ABC):
    """Base of everything that plays a seat. Its dataclass fields are its settings, all with defaults.

    Its docstring says where it comes from. Subclass ``Known`` (told its view), ``Planner`` (handed the game) or
    ``Learner`` (given practice), and put the file in a folder of agents. A setting ``path`` names a file that it plays.
    """

    piecemeal: ClassVar[bool] = False
    """Whether what it does in one place says nothing of what it would do in another where it has never been."""

    @abstractmethod
    def policies(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys) -> Sequence[Policy]:
        """One policy of ``seat`` for every key, while ``others`` play the other seats.

        The same key gives the same policy, whatever other keys are asked for beside it.
        """

    def refuse(self, what: str) -> TurncoatError:
        """An error about this agent, to be raised."""
        return TurncoatError(f"{plugins.kebab(type(self).__name__)}: {what}")


class Known(Agent):
    """An agent whose behaviour is known beforehand, from what it is told of its seat alone."""

    def policies(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys) -> Sequence[Policy]:
        """The same policy for every key."""
        return [self.act(view(game, seat))] * len(keys)

    @abstractmethod
    def act(self, view: View) -> Policy:
        """What it does at every observation."""


class Planner(Agent):
    """An agent that is handed the game, openly."""

    def policies(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys) -> Sequence[Policy]:
        """The same policy for every key."""
        return [self.plan(game, seat, others)] * len(keys)

    @abstractmethod
    def plan(self, game: Game, seat: str, others: Mapping[str, Policy]) -> Policy:
        """What it does in the game when the others play as they do."""


@cache
def agents() -> Mapping[str, type[Agent]]:
    """All agents installed, by name. One with a setting that has no default is reported and left out."""
    found = {}
    for name, kind in sorted(cast("Mapping[str, type[Agent]]", plugins.classes("agents", Agent)).items()):
        try:
            defaults(kind)
            found[name] = kind
        except TurncoatError as error:
            plugins.log.warning("the agent %s cannot be used: %s", name, error)
    return found


def find(text: str) -> Agent:
    """The agent that ``name:key=value,...`` or ``path/to/file.py:Class:key=value,...`` describes.

    Raises:
        TurncoatError: there is no such agent or setting, a value does not fit, a file's code may not be run, or the
            name has the digest of a file that is another one now.
    """
    spec = parse(text)
    kind = _kind(spec.name)
    settings = settle(spec.name, defaults(kind), dict(spec.settings))
    try:
        agent = kind(**settings)
    except TurncoatError:
        raise
    except ValueError as error:
        raise TurncoatError(f"{spec.name}: {error}") from None
    except Exception as error:  # whatever the author's code raises
        raise TurncoatError(f"{spec.name}: {type(error).__name__}: {error}") from error
    place = IN_FILE.fullmatch(spec.name)
    asked = (place["digest"] or "")[DIGITS:] if place else spec.name.partition("@")[2]
    if asked and not settings.get("path"):
        raise TurncoatError(f"{spec.name} plays no file, so it has no version {asked}")
    if asked:
        _unchanged(settings["path"], asked, _played(settings))
    return agent


def defaults(kind: type[Agent]) -> dict[str, Any]:
    """An agent's settings and their defaults; a TurncoatError names one that has none."""
    for field in dataclasses.fields(kind):
        if not isinstance(field.default, int | float | bool | str):
            raise TurncoatError(f"{kind.__name__}.{field.name} needs a default: a number, a text, true or false")
        if isinstance(field.default, str) and ("," in field.default or field.default != field.default.strip()):
            raise TurncoatError(f"{kind.__name__}.{field.name}: a text has no comma and no blanks around it")
    return {field.name: field.default for field in dataclasses.fields(kind)}


def full_name(text: str) -> str:
    """The agent's name with all its settings, defaults too, and its files' digests: what a result must remember."""
    agent = find(text)
    settings = dataclasses.asdict(agent)
    name = _found_in.get(type(agent), parse(text).name.partition("@")[0] + "@")
    return str(Spec((name + _played(settings)).removesuffix("@"), tuple(sorted(settings.items()))))


def _played(settings: Mapping[str, Any]) -> str:
    """The digest of the file that the setting ``path`` names; empty where there is none."""
    path = settings.get("path")
    try:
        return _digest(Path(path)) if isinstance(path, str) and Path(path).is_file() else ""
    except OSError:  # a name that no file can have
        return ""


def _kind(name: str) -> type[Agent]:
    """An agent's class by its name, or out of a file."""
    place = IN_FILE.fullmatch(name)
    if place:
        return in_file(Path(place["path"]), place["kind"], (place["digest"] or "")[:DIGITS])
    if name.endswith(".py"):
        raise TurncoatError(f"{name}: say which of its classes is the agent, as in {name}:Mine")
    name = name.partition("@")[0]
    if "=" in name:
        hint = 'in a list, quote a name whose settings have commas: "reinforce:trace=1,alpha=0.1"'
        raise TurncoatError(f"there is no agent {name!r}; {hint}")
    if name not in agents():
        raise TurncoatError(f"there is no agent {name!r}{nearest(name, agents())}")
    return agents()[name]


# Agents in files


DIGITS = 12
"""So much of a file's digest is part of the agent's name."""

_found_in: dict[type[Agent], str] = {}
"""The full name of every class that was taken out of a file, without settings."""


def in_file(path: Path, name: str, digest: str = "") -> type[Agent]:
    """An agent's class out of a Python file, which is run for it; the same class again while the file is the same.

    Raises:
        TurncoatError: there is no such file or class, it is no agent, running it fails or has not been allowed, or the
            file is not the one with that ``digest``.
    """
    now = _digest(path)
    if digest:
        _unchanged(path, digest, now)
    if not plugins.trusted():
        hint = f"read it, then give --trust, or set {plugins.TRUST}=1"
        raise TurncoatError(f"{path}: an agent in a file runs its code when it is loaded; {hint}")
    module = _module(path, now)
    known = {kind.__name__: cast("type[Agent]", kind) for kind in plugins.subclasses(module, Agent)}
    if name not in known:
        raise TurncoatError(f"{path}: {_why_not(vars(module).get(name), name, known)}")
    kind = known[name]
    _found_in[kind] = f"{path.as_posix()}:{name}@{now}"
    copyreg.pickle(kind, _pickled)  # another process has no module of that name
    return kind


def _digest(path: Path) -> str:
    """The beginning of the digest of a file; a TurncoatError says that it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:DIGITS]
    except (FileNotFoundError, NotADirectoryError):
        raise TurncoatError(f"{path}: there is no such file") from None
    except OSError as error:
        raise TurncoatError(f"{path}: {error.strerror}") from None


def _unchanged(path: Path | str, asked: str, now: str) -> None:
    """Raise a TurncoatError unless a file is the one that is asked for."""
    if now != asked:
        raise TurncoatError(f"{path}: the file has changed: it is {now or 'gone'} now, and {asked} is asked for")


@cache
def _module(path: Path, digest: str) -> ModuleType:
    """A file that has been run, once as long as it is the same."""
    return run(path)


def _why_not(thing: Any, name: str, known: Mapping[str, type[Agent]]) -> str:
    """Why there is no such agent in a file."""
    if thing is None:
        return f"there is no class {name!r} in it{nearest(name, known)}"
    if inspect.isabstract(thing) and issubclass(thing, Agent):
        return f"{name} lacks {', '.join(sorted(thing.__abstractmethods__))}"
    return f"{name} is no agent: it must be a public class, derived from Known, Planner or Learner in this file"


def _pickled(agent: Agent) -> tuple[Any, tuple[str, dict[str, Any]]]:
    return _again, (_found_in[type(agent)], dataclasses.asdict(agent))


def _again(name: str, settings: dict[str, Any]) -> Agent:
    return _kind(name)(**settings)
