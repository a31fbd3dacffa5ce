"""What plays a seat. An agent is named with its settings; asked for policies, it gives one for every random key."""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from arena import plugins
from arena.errors import TurncoatError, nearest
from arena.game.game import Game
from arena.play.policy import Policy, View, view
from arena.spec import Spec, parse, settle

Keys = NDArray[np.uint64]


@dataclasses.dataclass(frozen=True)
class Agent(ABC):
    """Base of everything that plays a seat. Its dataclass fields are its settings, all with defaults.

    Its docstring says where it comes from. Subclass ``Known`` (told its view), ``Planner`` (handed the game) or
    ``Learner`` (given practice), and put the file in a folder of agents.
    """

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
    """All agents installed, by name."""
    return cast("Mapping[str, type[Agent]]", dict(sorted(plugins.classes("agents", Agent).items())))


def find(text: str) -> Agent:
    """The agent that ``name:key=value,...`` describes.

    Raises:
        TurncoatError: there is no such agent or setting, or a value does not fit.
    """
    spec = parse(text)
    if spec.name not in agents():
        raise TurncoatError(f"there is no agent {spec.name!r}{nearest(spec.name, agents())}")
    kind = agents()[spec.name]
    try:
        return kind(**settle(spec.name, defaults(kind), dict(spec.settings)))
    except ValueError as error:
        raise TurncoatError(f"{spec.name}: {error}") from None


def defaults(kind: type[Agent]) -> dict[str, Any]:
    """An agent's settings and their defaults."""
    return {field.name: field.default for field in dataclasses.fields(kind)}


def full_name(text: str) -> str:
    """The agent's name with all its settings, defaults too: what a result must remember."""
    spec, agent = parse(text), find(text)
    return str(Spec(spec.name, tuple(sorted(dataclasses.asdict(agent).items()))))
