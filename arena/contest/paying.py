"""A game whose seat also sees what it was last paid, as a person does who plays it."""

from dataclasses import replace

import numpy as np

from arena.errors import TurncoatError
from arena.game.game import OBSERVED, Columns, Factor, Game, Ints, entries_of

CAP = 150_000
"""The most states that are looked through while somebody waits."""


def paying(game: Game, seat: str) -> tuple[Game, Ints]:
    """The game in which a seat sees what it was last paid, and the state of ``game`` that each of its states is.

    It has the same rounds, pay and random draws, entry by entry.
    """
    number = game.seat_number(seat)
    pays, paid = np.unique(game.reward[OBSERVED, number].round(9), return_inverse=True)
    wide = len(pays) + 1  # the first: nothing yet
    if len(game.row) * wide > CAP:
        raise TurncoatError(f"{game.name}: there is too much pay to remember")
    state, last = np.divmod(np.arange(len(game.row) * wide), wide)
    crossings, rank = np.unique(game.crossing, return_inverse=True)
    met = crossings[crossings >= 0]
    again = np.concatenate(([game.initial], np.repeat(met, wide)))  # rows that pay nothing, so what was paid stays
    kept = np.concatenate(([0], np.tile(np.arange(wide), len(met))))
    entry, count = entries_of(game.start, again)
    first, rows = len(crossings) - len(met), len(game.start) - 1
    crossing = np.where(game.crossing[state] < 0, -1, rows + 1 + (rank[state] - first) * wide + last)
    words = ("-", *(f"{pay + 0.0:g}" for pay in pays))
    seats = [
        replace(
            one,
            sees=Columns(one.sees.factors, one.sees.index[state]),
            legal=one.legal[state],
            defection=one.defection[state],
        )
        for one in game.seats
    ]
    mine = seats[number].sees
    sees = Columns((Factor("paid", words), *mine.factors), np.column_stack((last, mine.index)).astype(np.int32))
    seats[number] = replace(seats[number], sees=sees)
    shown = replace(
        game,
        seats=tuple(seats),
        row=game.row[state],
        start=np.concatenate((game.start, game.start[-1] + np.cumsum(count))),
        successor=np.concatenate(
            (game.successor * wide + 1 + paid, game.successor[entry] * wide + np.repeat(kept, count))
        ).astype(np.int32),
        probability=np.concatenate((game.probability, game.probability[entry])),
        reward=np.concatenate((game.reward, game.reward[:, :, entry]), axis=2),
        initial=rows,
        crossing=crossing.astype(np.int32),
        span=game.span[state],
        terminal=game.terminal[state],
        stage=game.stage[state],
        deployment=game.deployment[state],
        window=game.window[state],
        free=game.free[state],
        experienced=game.experienced[state],
        note=game.note[state],
        truth=Columns(game.truth.factors, game.truth.index[state]),
        states=(),
        drawn=None,
    )
    return shown, state
