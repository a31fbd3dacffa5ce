"""What one seat sees and may do, as arrays to look things up in, and the spaces they belong to."""

import numpy as np
from gymnasium.spaces import Discrete, MultiDiscrete
from numpy.typing import NDArray

from arena.game.game import Game, Ints
from arena.play.policy import view


class Sight:
    """A seat's observations as vectors of integers.

    A vector holds the place of every factor's value in its list of words, then the round (from 0) if the seat sees it;
    the last round's end is round ``horizon``. A seat that sees nothing gets a single zero.
    """

    def __init__(self, game: Game, seat: str) -> None:
        """Look through ``seat``; a TurncoatError names the nearest one if there is none of that name."""
        told = view(game, seat)
        sizes = [len(words) for _, words in told.factors] + [game.horizon + 1] * told.sees_round
        self.names = tuple(name for name, _ in told.factors) + ("round",) * told.sees_round
        self.observation_space = MultiDiscrete(sizes or [1])
        self.action_space: Discrete = Discrete(len(told.actions))
        self._sees_round = told.sees_round
        self._rows: NDArray[np.int64] = np.zeros((len(told.rows), max(len(sizes), 1)), np.int64)
        self._rows[:, : len(told.factors)] = told.rows
        self._row = told.index
        self._legal: NDArray[np.int8] = told.legal.astype(np.int8)

    def vectors(self, states: Ints, clocks: Ints) -> NDArray[np.int64]:
        """The observations in some states at some clocks ``[n]``, new each time. ``[n, factors]``"""
        seen = self._rows.take(self._row.take(states), axis=0)
        if self._sees_round:
            seen[:, -1] = clocks
        return seen

    def vector(self, state: int, clock: int) -> NDArray[np.int64]:
        """The observation in one state at a clock, new each time. ``[factors]``"""
        seen: NDArray[np.int64] = self._rows[self._row[state]].copy()
        if self._sees_round:
            seen[-1] = clock
        return seen

    def mask(self, state: int) -> NDArray[np.int8]:
        """Which actions are legal as far as the seat can tell, new each time. ``[A]``

        Where it is left one action in a state that looks like others, they are the others' actions: a mask must not
        show what the observation hides.
        """
        legal: NDArray[np.int8] = self._legal[self._row[state]].copy()
        return legal
