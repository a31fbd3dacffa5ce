"""What every game must satisfy, checked on the arrays; the first offence is named in the author's words."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from arena.errors import TurncoatError
from arena.game.game import NO_WINDOW, Bools, Game, successors

TOLERANCE = 1e-9


def validate(game: Game) -> None:
    """Raise a TurncoatError naming the first state that breaks a rule of the game.

    The rules: probabilities lie in [0, 1] and rows sum to one; all numbers are finite; a step stays in its span, and
    a crossing leads into the next; terminal states absorb, pay nothing and begin no episode; every live state has a
    legal action for each seat; what a seat may do it can read off its observation, or it is left one action only;
    every opportunity is labelled early or late; nothing is unreachable.
    """
    _rows(game)
    _spans(game)
    _terminals(game)
    for place in range(len(game.seats)):
        _seat(game, place)
    _require(game, reachable(game), "cannot be reached")


def _rows(game: Game) -> None:
    if game.start[0] != 0 or game.start[-1] != len(game.successor) or not (np.diff(game.start) > 0).all():
        raise TurncoatError(f"{game.name}: a transition row is empty")
    sums = np.abs(_by_row(np.add, game, game.probability) - 1) <= TOLERANCE
    positive = _by_row(np.minimum, game, game.probability) >= 0
    crossing = np.where(game.crossing >= 0, game.crossing, game.initial)
    for holds, kind in ((sums, "a row that does not sum to one"), (positive, "a row with a negative probability")):
        if not holds[game.initial]:
            raise TurncoatError(f"{game.name}: the initial distribution is {kind}")
        _require(game, holds[game.row].all(axis=1), f"has {kind}")
        _require(game, holds[crossing], f"crosses into the next span by {kind}")
    finite = _by_row(np.logical_and, game, np.asarray(np.isfinite(game.reward).all(axis=(0, 1))))
    _require(game, finite[game.row].all(axis=1), "pays a reward that is not a finite number")
    with np.errstate(over="ignore"):
        total = np.abs(game.reward).max(initial=0.0) * game.horizon * 2
    if not np.isfinite(total):
        raise TurncoatError(f"{game.name}: rewards are so large that their sum over {game.horizon} rounds overflows")


def _spans(game: Game) -> None:
    span = game.span[game.successor]
    lowest, highest = _by_row(np.minimum, game, span), _by_row(np.maximum, game, span)
    here = game.span[:, None]
    _require(game, ((lowest[game.row] == here) & (highest[game.row] == here)).all(axis=1), "steps out of its span")
    crosses = game.crossing >= 0
    on = (lowest[game.crossing] == game.span + 1) & (highest[game.crossing] == game.span + 1)
    _require(game, ~crosses | on, "crosses elsewhere than into the next span")
    last = game.span == len(game.spans) - 1
    _require(game, ~crosses | ~last, "crosses where there is no next span")
    _require(game, crosses | last | game.terminal, "does not cross into the next span")


def _terminals(game: Game) -> None:
    first_row = game.row[:, 0]
    own = game.successor[game.start[first_row]] == np.arange(len(game.row))
    absorbs = own & (np.diff(game.start)[first_row] == 1) & (game.row == first_row[:, None]).all(axis=1)
    _require(game, ~game.terminal | absorbs, "is terminal but does not absorb")
    first = np.zeros(len(game.row), np.bool_)
    first[successors(game, np.asarray([game.initial]))] = True
    _require(game, ~game.terminal | ~first, "is terminal, and an episode begins there: it would last no round")
    quiet = ~game.reward[:, :, game.start[first_row]].any(axis=(0, 1))
    _require(game, ~game.terminal | quiet, "is terminal but pays")


def _seat(game: Game, place: int) -> None:
    seat = game.seats[place]
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


def _by_row(reduction: np.ufunc, game: Game, values: NDArray[Any]) -> NDArray[Any]:
    """A reduction of what belongs to the entries, over each row."""
    return np.asarray(reduction.reduceat(values, game.start[:-1]))


def reachable(game: Game) -> Bools:
    """States that some play reaches, the lengths of the spans left out of account. ``[S]``"""
    seen = np.zeros(len(game.row), np.bool_)
    frontier = successors(game, np.asarray([game.initial]))
    while len(frontier):
        seen[frontier] = True
        crossing = game.crossing[frontier]
        rows = np.concatenate((game.row[frontier].reshape(-1), crossing[crossing >= 0]))
        following = successors(game, np.unique(rows))
        frontier = following[~seen[following]]
    return seen


def _require(game: Game, holds: Bools | np.bool_, otherwise: str) -> None:
    if not holds.all():
        raise TurncoatError(f"{game.name}: {game.words(int(np.argmin(holds)))} {otherwise}")
