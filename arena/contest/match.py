"""One match: a scenario, who plays it, a seed. Its key is its identity in the store and its randomness."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from arena.errors import TurncoatError
from arena.game.game import Game
from arena.game.scenario import Scenario
from arena.game.scenario import find as find_scenario
from arena.play.agent import Agent, Keys, Known, Planner, full_name
from arena.play.agent import find as find_agent
from arena.play.policy import Policy
from arena.spec import Setting, Spec, parse

KEY_FORMAT = 1
"""Part of every key: changes when a match of the same description would be played differently."""

MODEL, OVERSEER = "model", "overseer"


@dataclass(frozen=True)
class Board:
    """A scenario with all its settings, compiled: what matches are played on."""

    scenario: Scenario
    settings: Mapping[str, Setting]  # every parameter
    label: str  # the name with the settings that were written
    found: str  # the name or the path by which the scenario is found again
    game: Game

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
    """An agent with all its settings."""

    agent: Agent
    label: str  # the name with the settings that were written
    identity: str  # the name with all settings

    @property
    def kind(self) -> str:
        """``known``, ``planner`` or ``learner``: how it comes by its policy."""
        return "known" if isinstance(self.agent, Known) else "planner" if isinstance(self.agent, Planner) else "learner"


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


def board(text: str, trust: bool = False) -> Board:
    """The board that ``scenario:key=value,...`` describes.

    Raises:
        TurncoatError: there is no such scenario or setting, or the game has no seat for a model.
    """
    spec = parse(text)
    scenario = find_scenario(spec.name, trust)
    settings = scenario.settings(dict(spec.settings))
    game = scenario.compile(**settings)
    game.seat_number(MODEL)
    written = Spec(scenario.name, tuple((key, settings[key]) for key, _ in spec.settings))
    found = str(Path(spec.name).resolve()) if spec.name != scenario.name else spec.name
    return Board(scenario, settings, str(written), found, game)


def player(text: str) -> Player:
    """The agent that ``name:key=value,...`` describes; a TurncoatError says what is wrong with it."""
    spec, agent = parse(text), find_agent(text)
    written = Spec(spec.name, tuple((key, getattr(agent, key)) for key, _ in spec.settings))
    return Player(agent, str(written), full_name(text))


def overseer(text: str) -> Player:
    """The same for an overseer, whose policy must be known beforehand."""
    one = player(text)
    if one.kind != "known":
        raise TurncoatError(f"{one.label} cannot oversee: an overseer here is one whose behaviour is known beforehand")
    return one


def canonical(data: object) -> str:
    """The one way to write data as JSON, so that equal data have equal hashes."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
