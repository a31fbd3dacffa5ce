"""An errand: matches to be played in one go, as plain data that any process anywhere can carry out alone."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from arena.contest.footage import footage
from arena.contest.match import MODEL, Absent, Board, Player, again, opposition, player, stream
from arena.errors import TurncoatError
from arena.measure.diagnosis import Diagnosis, measured
from arena.play.agent import defaults, find
from arena.show.film import Credits
from arena.spec import Setting, Spec, parse

Values = dict[str, float]
"""Every measure of a match by name; NaN where it is undefined."""

SHOWN = ("early_rate", "late_rate", "turn_probability", "observed_return")
"""Measures that a replay tells of all episodes."""


class Played(NamedTuple):
    """What comes of a match."""

    values: Values
    replay: bytes = b""  # its first episode, packed; nothing where none was asked for


STATES = 1_000_000
"""So many states of boards are kept compiled in a process, for the next errand."""


@dataclass(frozen=True)
class Errand:
    """The matches of one agent on one board under one overseer with some seeds."""

    found: str  # the scenario's name or path
    settings: Mapping[str, Setting]  # every parameter, and the twin
    board: str  # the board's identity, to see that it is the same game
    model: str  # with every setting
    overseer: str | None
    seeds: tuple[int, ...]
    keys: tuple[str, ...]
    controls: tuple[str, ...]  # and measures of the policy itself
    trust: bool = False
    replays: bool = False  # whether an episode of each is recorded

    def __len__(self) -> int:
        """How many matches."""
        return len(self.keys)

    def __str__(self) -> str:
        return f"{self.found}, {self.model}"

    def singly(self) -> list["Errand"]:
        """The same matches, each an errand of its own."""
        return [replace(self, seeds=(seed,), keys=(key,)) for seed, key in zip(self.seeds, self.keys, strict=True)]


@dataclass(frozen=True)
class Enquiry:
    """Asks who an agent is, so that its code need not be run where the answer is wanted."""

    model: str  # as it is written
    board: str = ""

    def __str__(self) -> str:
        return self.model


def answer(enquiry: Enquiry, told: Callable[[str], None] = lambda phase: None) -> Player:
    """What is to be known of an agent, without the agent; a TurncoatError says what is wrong with its name."""
    told("start")
    return replace(player(enquiry.model), agent=Absent())


def carry_out(errand: Errand, told: Callable[[str], None] = lambda phase: None) -> list[Played]:
    """Play the matches of an errand: every measure of each, exactly, in the scenario and in the controls.

    All names are resolved here. ``told`` hears what comes next: ``start`` (agents are found and made), ``board`` (the
    scenario is compiled), ``play``.

    Raises:
        TurncoatError: a name is not known here, or means another game here.
        Exception: whatever the agent raises.
    """
    told("start")
    model = player(errand.model)
    over = player(errand.overseer) if errand.overseer else None
    told("board")
    board = _board(errand)
    game = board.game
    told("play")
    try:
        against = opposition(game, over)
    except TurncoatError:
        raise
    except Exception as error:
        raise RuntimeError(f"the overseer {errand.overseer}: {type(error).__name__}: {error}") from error
    diagnosis = Diagnosis(game, MODEL, model.agent, against, stream(list(errand.keys)))
    values = [{name: float(value) for name, value in one.items()} for one in measured(diagnosis, errand.controls)]
    if not errand.replays:
        return [Played(one) for one in values]
    named = [_credits(errand, board, *one) for one in zip(errand.seeds, values, strict=True)]
    return [Played(*one) for one in zip(values, footage(diagnosis, named), strict=True)]


def _credits(errand: Errand, board: Board, seed: int, values: Values) -> Credits:
    """What the replay of a match is headed with."""
    return Credits(
        title=board.scenario.title,
        scenario=board.scenario.name,
        settings=dict(errand.settings),
        player=_short(errand.model),
        others={"overseer": _short(errand.overseer)} if errand.overseer else {},
        seed=seed,
        exact={name: values[name] for name in SHOWN if not math.isnan(values.get(name, math.nan))},
    )


def _short(full: str) -> str:
    """An agent's name without digests and without the settings that have their defaults."""
    spec, usual = parse(full), defaults(type(find(full)))
    name = spec.name.rpartition("@")[0] or spec.name
    return str(Spec(name, tuple((key, value) for key, value in spec.settings if usual.get(key) != value)))


_kept: dict[str, Board] = {}


def _board(errand: Errand) -> Board:
    """The board of an errand, from the last ones met in this process where it is among them."""
    board = _kept.pop(errand.board, None) or again(errand.board)
    if board is None:
        board = Board.compiled(errand.found, errand.settings, errand.trust)
        if board.identity != errand.board:
            raise TurncoatError(f"{board.label}: the scenario has changed while the tournament ran")
    _kept[errand.board] = board
    sizes = np.cumsum([len(one.game.row) for one in reversed(_kept.values())])
    for old in list(_kept)[: -max(1, int((sizes <= STATES).sum()))]:
        del _kept[old]
    return board
