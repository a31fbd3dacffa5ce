"""One match: a scenario, who plays it, a seed. Its key is its identity in the store and its randomness."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from weakref import WeakValueDictionary

import numpy as np

from arena.errors import TurncoatError
from arena.game.game import Game
from arena.game.scenario import Scenario
from arena.game.scenario import find as find_scenario
from arena.game.twins import find as find_twins
from arena.game.twins import spelled, twin
from arena.learn.learner import Tabular
from arena.play.agent import Agent, Keys, Known, Planner, full_name
from arena.play.agent import find as find_agent
from arena.play.policy import Policy
from arena.spec import Setting, Spec, parse

KEY_FORMAT = 1
"""Part of every key: changes when a match of the same description would be played differently."""

MODEL, OVERSEER = "model", "overseer"

TWIN = "twin"
"""The setting that asks for a twin of a scenario, in place of a parameter of its own."""


@dataclass(frozen=True)
class Board:
    """A scenario with all its settings, compiled: what matches are played on."""

    scenario: Scenario
    settings: Mapping[str, Setting]  # every parameter, and the twin where it is one
    label: str  # the name with the settings that were written
    found: str  # the name or the path by which the scenario is found again
    game: Game

    @classmethod
    def compiled(
        cls, found: str, settings: Mapping[str, Setting], trust: bool = False, written: Mapping[str, Setting] = {}
    ) -> Self:
        """The board of a scenario by its name or path; ``written`` is what its label says of the settings.

        Raises:
            TurncoatError: there is no such scenario, setting or twin, or the game has no seat for a model.
        """
        scenario = find_scenario(found, trust)
        asked = None if TWIN in scenario.parameters else settings.get(TWIN)
        complete = scenario.settings({key: settings[key] for key in settings if asked is None or key != TWIN})
        game = scenario.compile(**complete)
        if asked is not None:
            written_so = spelled(str(asked).replace(";", ","))
            game = twin(game, written_so)
            complete[TWIN] = written_so.replace(",", ";")
        game.seat_number(MODEL)
        label = Spec(scenario.name, tuple((key, complete[key]) for key in sorted(written)))
        path = str(Path(found).resolve()) if found != scenario.name else found
        return cls(scenario, complete, str(label), path, game)

    @property
    def identity(self) -> str:
        """What makes two boards the same."""
        return canonical([self.scenario.name, dict(self.settings), self.game.digest])

    @property
    def overseen(self) -> bool:
        """Whether there is a seat for an overseer."""
        return any(seat.name == OVERSEER for seat in self.game.seats)


@dataclass(frozen=True)
class Player:
    """An agent with all its settings, and what a tournament must know to have it play."""

    agent: Agent
    label: str  # the name with the settings that were written
    identity: str  # the name with all settings
    kind: str = "learner"  # known, planner or learner: how it comes by its policy; or unknown
    chunk: int | None = None  # how many keys it asks for at once; None for all
    tabular: bool = False  # whether so many keys take so many times as long


@dataclass(frozen=True)
class Absent(Agent):
    """Stands for an agent whose code is not run in this process."""

    def policies(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys) -> Sequence[Policy]:
        """There is none here."""
        raise self.refuse("this agent is played by workers alone")


@dataclass(frozen=True)
class Pairing:
    """The matches of one agent on one board under one overseer; they differ in their seeds alone."""

    board: Board
    model: Player
    overseer: Player | None

    def key(self, seed: int) -> str:
        """The key of the match with this seed: 64 hexadecimal digits."""
        over = self.overseer.identity if self.overseer else None
        scenario, settings = self.board.scenario.name, self.board.settings
        return match_key(self.board.game.digest, scenario, settings, self.model.identity, over, seed)

    def others(self) -> dict[str, Policy]:
        """The policies of the seats that the model meets; those not named take their first legal action."""
        return opposition(self.board.game, self.overseer)

    def __str__(self) -> str:
        over = f", {self.overseer.label} overseeing" if self.overseer else ""
        return f"{self.board.label}, {self.model.label}{over}"


def match_key(
    digest: str, scenario: str, settings: Mapping[str, Setting], model: str, overseer: str | None, seed: int
) -> str:
    """SHA-256 of all that can change a match: its game, both players with every setting, and its seed."""
    described = [KEY_FORMAT, digest, scenario, dict(settings), model, overseer, seed]
    return hashlib.sha256(canonical(described).encode()).hexdigest()


def opposition(game: Game, overseer: Player | None) -> dict[str, Policy]:
    """The overseer's policy by its seat; empty where there is none."""
    if overseer is None:
        return {}
    return {OVERSEER: overseer.agent.policies(game, OVERSEER, {}, np.zeros(1, np.uint64))[0]}


def stream(keys: list[str]) -> Keys:
    """The random keys of matches: the first eight bytes of each key."""
    return np.asarray([int(key[:16], 16) for key in keys], np.uint64)


_boards: WeakValueDictionary[str, Board] = WeakValueDictionary()


def board(text: str, trust: bool = False, of_it: str = "") -> Board:
    """The board that ``scenario:key=value,...`` describes, or a twin ``of_it``.

    Raises:
        TurncoatError: there is no such scenario, setting or twin, or the game has no seat for a model.
    """
    spec = parse(text)
    settings = dict(spec.settings)
    if of_it:
        first = settings.get(TWIN)
        settings[TWIN] = "+".join(filter(None, (str(first) if first else "", twin_name(of_it))))
    one = Board.compiled(spec.name, settings, trust, settings)
    _boards[one.identity] = one
    return one


def again(identity: str) -> Board | None:
    """A board that somebody in this process still holds."""
    return _boards.get(identity)


def twin_name(text: str) -> str:
    """A twin as the value of a setting, which has no commas; a TurncoatError says that there is none such."""
    find_twins(text)
    return text.replace(",", ";")


def player(text: str) -> Player:
    """The agent that ``name:key=value,...`` describes; a TurncoatError says what is wrong with it."""
    spec, agent = parse(text), find_agent(text)
    written = Spec(spec.name, tuple((key, getattr(agent, key)) for key, _ in spec.settings))
    kind = "known" if isinstance(agent, Known) else "planner" if isinstance(agent, Planner) else "learner"
    chunk, tabular = getattr(agent, "chunk", None), isinstance(agent, Tabular)
    return Player(agent, str(written), full_name(text), kind, chunk, tabular)


def unknown(text: str) -> Player:
    """What is known of an agent without finding it."""
    name = str(parse(text))
    return Player(Absent(), name, name, "unknown")


def overseer(text: str, find: Callable[[str], Player] = player) -> Player:
    """The same for an overseer, whose policy must be known beforehand."""
    one = find(text)
    if one.kind != "known":
        raise TurncoatError(f"{one.label} cannot oversee: an overseer here is one whose behaviour is known beforehand")
    return one


def canonical(data: object) -> str:
    """The one way to write data as JSON, so that equal data have equal hashes."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
