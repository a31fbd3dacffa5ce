"""One step of dynamic programming in one span of the clock, as array code."""

from collections.abc import Sequence

import numpy as np

from arena.game.game import OBSERVED, Bools, Floats, Game, Ints, entries_of
from arena.play.policy import Policy


class Lookahead:
    """The transition rows of one span, gathered once, and the values of joint actions computed from them."""

    def __init__(self, game: Game, span: int, seat: int) -> None:
        """Gather the rows of span number ``span``; values are seat number ``seat``'s."""
        self.game, self.seat = game, seat
        self.states: Ints = np.flatnonzero((game.span == span) & ~game.terminal)
        rows, local = np.unique(game.row[self.states], return_inverse=True)
        self.local = local.reshape(len(self.states), game.row.shape[1])  # [state, J] into the rows gathered
        entry, count = entries_of(game.start, rows)
        self.first = (np.cumsum(count) - count).astype(np.int64)
        self.successor = game.successor[entry]
        self.probability = game.probability[entry]
        self.reward = np.add.reduceat(self.probability * game.reward[OBSERVED, seat, entry], self.first)

    def joint(self, arrival: Floats, weight: float = 1.0) -> Floats:
        """Values ``[state, A of seat 0, A of seat 1, ...]`` of joint actions, given values on arrival ``[S]``.

        ``weight`` multiplies the reward of this round.
        """
        following = np.add.reduceat(self.probability * arrival[self.successor], self.first)
        value = weight * self.reward + self.game.discount * following
        return value[self.local].reshape(len(self.states), *self.game.shape)

    def own(self, arrival: Floats, policies: Sequence[Policy], clock: int, weight: float = 1.0) -> Floats:
        """Values ``[state, A]`` of the seat's own actions while the others play ``policies``."""
        value = self.joint(arrival, weight)
        for p in reversed(range(len(policies))):
            if p != self.seat:
                policy = policies[p]
                line = policy.probability[clock if len(policy.probability) > 1 else 0]
                chance = line[policy.index[self.states]]
                shape = [len(self.states)] + [1] * (value.ndim - 1)
                shape[p + 1] = chance.shape[1]
                value = (value * chance.reshape(shape)).sum(axis=p + 1)
        return value

    @property
    def legal(self) -> Bools:
        """The seat's legal actions in the span's states. ``[state, A]``"""
        return self.game.seats[self.seat].legal[self.states]


def arrival(game: Game, value: Floats, clock: int) -> Floats:
    """The value of reaching each state at ``clock``, given values ``[S]`` of being in it then.

    The crossing into the next span is taken where one ends; terminal states, and all at the horizon, are worth zero.
    """
    worth = np.where(game.terminal, 0.0, value)
    ending = np.flatnonzero((game.ends[game.span] == clock) & ~game.terminal)
    if len(ending):
        going = game.crossing[ending]
        worth[ending] = 0.0
        crossing = ending[going >= 0]
        if len(crossing):
            entry, count = entries_of(game.start, going[going >= 0])
            ahead = np.where(game.terminal, 0.0, value)[game.successor[entry]]
            first = np.concatenate(([0], np.cumsum(count)[:-1]))
            worth[crossing] = np.add.reduceat(game.probability[entry] * ahead, first)
    return worth


def at_start(game: Game, value: Floats) -> float:
    """The value of the initial distribution, given values ``[S]`` at clock 0."""
    entries = slice(int(game.start[game.initial]), int(game.start[game.initial + 1]))
    worth = np.where(game.terminal, 0.0, value)[game.successor[entries]]
    return float(game.probability[entries] @ worth)
