"""What every game must satisfy, checked on the arrays; the first offence is named in the author's words."""

import numpy as np

from arena.errors import TurncoatError
from arena.game.game import NO_WINDOW, Bools, Game, Ints, entries_of

TOLERANCE = 1e-9


def validate(game: Game) -> None:
    """Raise a TurncoatError naming the first state that breaks a rule of the game.

    The rules: probabilities lie in [0, 1] and rows sum to one; terminal states absorb and pay nothing; every live
    state has a legal action for each seat; what a seat may do it can read off its observation, or it is left one action
    only; every opportunity is labelled early or late; nothing is unreachable; all numbers are finite.
    """
    first_row = game.row[:, 0]
    sums = np.add.reduceat(game.probability, game.start[:-1])
    _require(game, np.abs(sums - 1)[game.row].max(axis=1) <= TOLERANCE, "has a row that does not sum to one")
    inside = np.minimum.reduceat(game.probability, game.start[:-1]) >= 0
    _require(game, inside[game.row].all(axis=1), "has a negative probability")
    finite = np.logical_and.reduceat(np.isfinite(game.reward).all(axis=(0, 1)), game.start[:-1])
    _require(game, finite[game.row].all(axis=1), "pays a reward that is not a finite number")

    own = game.successor[game.start[first_row]] == np.arange(len(game.row))
    absorbs = own & (np.diff(game.start)[first_row] == 1) & (game.row == first_row[:, None]).all(axis=1)
    _require(game, ~game.terminal | absorbs, "is terminal but does not absorb")
    quiet = ~game.reward[:, :, game.start[first_row]].any(axis=(0, 1))
    _require(game, ~game.terminal | quiet, "is terminal but pays")

    for place, seat in enumerate(game.seats):
        _require(game, game.terminal | seat.legal.any(axis=1), f"leaves {seat.name} no legal action")
        told = (seat.legal == seat.legal_seen[seat.observation]).all(axis=1)
        forced = seat.legal.sum(axis=1) == 1
        _require(
            game,
            game.terminal | told | forced,
            f"allows {seat.name} other actions than a state that looks the same to it; "
            "show the difference, or leave one action only",
        )
        labelled = game.window != NO_WINDOW
        _require(game, ~game.opportunity(place) | labelled, f"is an opportunity for {seat.name} in no window")

    _require(game, reachable(game), "cannot be reached")


def reachable(game: Game) -> Bools:
    """States that some play reaches, the lengths of the spans left out of account. ``[S]``"""
    seen = np.zeros(len(game.row), np.bool_)
    frontier = _targets(game, np.asarray([game.initial]))
    while len(frontier):
        seen[frontier] = True
        crossing = game.crossing[frontier]
        rows = np.concatenate((game.row[frontier].reshape(-1), crossing[crossing >= 0]))
        following = _targets(game, np.unique(rows))
        frontier = following[~seen[following]]
    return seen


def _targets(game: Game, rows: Ints) -> Ints:
    """The distinct successors of some rows."""
    entry, _ = entries_of(game.start, rows)
    return np.unique(game.successor[entry])


def _require(game: Game, holds: Bools | np.bool_, otherwise: str) -> None:
    if not holds.all():
        raise TurncoatError(f"{game.name}: {game.words(int(np.argmin(holds)))} {otherwise}")
