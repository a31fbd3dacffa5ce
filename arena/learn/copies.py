"""One copy of a game for every learner of a population, stepped a round at a time as arrays, each from its own stream.

For learners whose policies no kernel holds. A copy draws from its learner's generator in the order in which the tabular
kernels do, so the same policies play the same episodes here and there.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arena.game.game import Bools, Floats
from arena.kernels import choose_one, cross, draw, inlined, kernel
from arena.learn.kernels import pick
from arena.learn.regime import Regime, updates

if TYPE_CHECKING:
    from arena.learn.practice import Practice


@inlined
def enter(tables: Any, left: Any, rng: Any, i: Any) -> Any:
    """The first state of copy ``i``'s next episode; one that is over as it begins is counted and passed by."""
    state = 0
    while left[i] > 0:
        state = tables.successor[draw(tables.start, tables.cumulative, tables.initial, rng, i)]
        if not tables.terminal[state]:
            break
        left[i] -= 1
    return state


@kernel
def begin(tables: Any, rng: Any, left: Any, state: Any) -> None:
    """Begin an episode in every copy that has any ``left [copies]``."""
    for i in range(len(state)):
        state[i] = enter(tables, left, rng, i)


@kernel
def play(
    tables: Any,
    profile: Any,
    seat: Any,
    legal: Any,
    fold: Any,
    rng: Any,
    left: Any,
    state: Any,
    clock: Any,
    probability: Any,
    actions: Any,
    paid: Any,
    over: Any,
) -> None:
    """Advance every copy that has an episode left by one round, in place; one that ends begins its next at once.

    ``seat`` draws from ``probability [copies, A]``, the others from ``profile``. ``actions [copies]`` become those
    carried out, ``paid [copies]`` the observed rewards, ``over [copies]`` whether the episode ended.
    """
    (_, chances, offset, lines, width, clocked, line_of) = profile
    for i in range(len(state)):
        over[i] = False
        if left[i] == 0:
            continue
        at = state[i]
        actions[i] = fold[at, pick(probability[i], legal, line_of[seat, at], rng, i)]
        joint = actions[i] * tables.stride[seat]
        for p in range(len(tables.stride)):
            if p != seat:
                joint += tables.stride[p] * choose_one(
                    chances, offset, lines, width, clocked, line_of, p, at, clock[i], rng, i
                )
        entry = draw(tables.start, tables.cumulative, tables.row[at, joint], rng, i)
        paid[i] = tables.reward[0, seat, entry]
        clock[i] += 1
        state[i], over[i] = cross(
            tables.start,
            tables.cumulative,
            tables.successor,
            tables.crossing,
            tables.deadline,
            tables.terminal,
            tables.successor[entry],
            clock[i],
            rng,
            i,
        )
        if over[i]:
            left[i] -= 1
            clock[i] = 0
            state[i] = enter(tables, left, rng, i)


class Copies:
    """Where every learner is. All arrays are changed in place by ``play``."""

    left: NDArray[np.int64]  # [learner] episodes still to be played, this one included
    paid: Floats  # [learner] observed reward of the last round
    actions: NDArray[np.int64]  # [learner] carried out in the last round
    over: Bools  # [learner] whether the last round ended an episode

    def __init__(self, practice: "Practice", regime: Regime, rng: NDArray[np.uint64], episodes: int) -> None:
        """Begin ``episodes`` episodes for every generator in ``rng [learner]``, which go on from where they are."""
        game, copies = practice._game, len(rng)
        self._game, self._rng = game, rng
        self._seating = practice._profile, practice._number, practice.view.legal, game.seats[practice._number].fold
        self._learned, self._experienced = updates(game, regime), game.experienced
        self._row = practice.view.index
        self._rows = len(practice.view.rows) if practice.view.sees_round else 0
        self._state, self._clock = np.zeros(copies, np.int64), np.zeros(copies, np.int64)
        self.left = np.full(copies, episodes)
        self.paid, self.over = np.zeros(copies), np.zeros(copies, np.bool_)
        self.actions = np.zeros(copies, np.int64)
        begin(game.tables, rng, self.left, self._state)

    @property
    def lines(self) -> NDArray[np.int64]:
        """What every learner sees: an observation, or clock * O + observation where it sees the round. ``[learner]``"""
        return np.asarray(self._row[self._state] + self._clock * self._rows, np.int64)

    @property
    def learned(self) -> Bools:
        """Whether the coming round is learned from under the regime. ``[learner]``"""
        return np.asarray(self._learned[self._state] & (self.left > 0))

    @property
    def experienced(self) -> Bools:
        """Whether the coming round is experienced, and no overseer's simulation. ``[learner]``"""
        return np.asarray(self._experienced[self._state])

    @property
    def stage(self) -> NDArray[np.int64]:
        """The stage every copy is in. ``[learner]``"""
        return np.asarray(self._game.stage[self._state], np.int64)

    def play(self, probability: Floats) -> None:
        """Play a round, the learners' actions drawn from ``probability [learner, A]``."""
        play(
            self._game.tables,
            *self._seating,
            self._rng,
            self.left,
            self._state,
            self._clock,
            np.ascontiguousarray(probability),
            self.actions,
            self.paid,
            self.over,
        )
