"""An errand: matches to be played in one go, as plain data that any process anywhere can carry out alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from arena.contest.match import MODEL, Absent, Board, Player, again, opposition, player, stream
from arena.errors import TurncoatError
from arena.measure.diagnosis import figures
from arena.spec import Setting

Values = dict[str, float]
"""Every measure of a match by name; NaN where it is undefined."""

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
    controls: tuple[str, ...]
    trust: bool = False

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


def carry_out(errand: Errand, told: Callable[[str], None] = lambda phase: None) -> list[Values]:
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
    game = _board(errand).game
    told("play")
    try:
        against = opposition(game, over)
    except Exception as error:
        raise TurncoatError(f"the overseer {errand.overseer}: {type(error).__name__}: {error}") from error
    values = figures(game, MODEL, model.agent, against, stream(list(errand.keys)), errand.controls)
    return [{name: float(value) for name, value in one.items()} for one in values]


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
