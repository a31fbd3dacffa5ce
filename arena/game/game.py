"""The compiled game: arrays of a finite, partially observed stochastic game with labels.

Axes are written on every field: ``S`` states, ``J`` joint actions, ``R`` transition rows, ``E`` entries of those
rows, ``P`` seats, ``A`` actions of one seat, ``O`` observations of one seat. Time is no axis here: a *span* of the
clock has its own states and a length, and the clock is an axis of policies and solutions.
"""

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from arena.errors import TurncoatError, nearest
from arena.game.board import Board

Ints = NDArray[np.integer[Any]]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

CHANNELS = ("observed", "intended", "private")
OBSERVED, INTENDED, PRIVATE = range(3)
WINDOWS = ("none", "early", "late")
NO_WINDOW, EARLY, LATE = range(3)


@dataclass(frozen=True)
class Factor:
    """One named column of an observation and the words for its values."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Columns:
    """Named factors of every state: ``index[s, f]`` is the place of the value in ``factors[f].values``."""

    factors: tuple[Factor, ...]
    index: Ints  # [S, factor]

    def words(self, state: int) -> dict[str, str]:
        """Factor name to value, in words, in one state."""
        return {f.name: f.values[i] for f, i in zip(self.factors, self.index[state], strict=True)}

    @cached_property
    def distinct(self) -> tuple[Ints, Ints]:
        """The distinct rows ``[O, factor]`` and for every state the number of its row ``[S]``."""
        sizes = [len(f.values) for f in self.factors]
        if math.prod(sizes) < 2**62:  # one integer a row sorts far faster than rows do
            code = np.zeros(len(self.index), np.int64)
            for column, size in enumerate(sizes):
                code = code * size + self.index[:, column]
            _, first, inverse = np.unique(code, return_index=True, return_inverse=True)
            return self.index[first], inverse.astype(np.int32)
        rows, inverse = np.unique(self.index, axis=0, return_inverse=True)
        return rows, inverse.astype(np.int32).reshape(-1)


@dataclass(frozen=True)
class Seat:
    """One player's place: what it may do, what it sees, and which of its actions are defections."""

    name: str
    actions: tuple[str, ...]
    sees: Columns
    sees_round: bool  # whether the clock is part of the observation
    legal: Bools  # [S, A]
    defection: Bools  # [S, A], of the action carried out (see fold); never inferred from reward

    @property
    def observation(self) -> Ints:
        """The observation id of every state, the round left out. ``[S]``"""
        return self.sees.distinct[1]

    @property
    def observations(self) -> int:
        """How many distinct observations there are, the round left out: ``O``."""
        return len(self.sees.distinct[0])

    @cached_property
    def fold(self) -> Ints:
        """The action carried out when one is chosen: itself if legal, else the legal ones counted round. ``[S, A]``"""
        return fold(self.legal)

    @cached_property
    def legal_seen(self) -> Bools:
        """Actions legal in some state that looks like this; all where there is nothing left to do. ``[O, A]``"""
        seen = self._any_seen(self.legal)
        return seen | ~seen.any(axis=1, keepdims=True)

    @cached_property
    def defection_seen(self) -> Bools:
        """Actions that defect in some state that looks like this, legal ones only. ``[O, A]``"""
        return self._any_seen(self.defection & self.legal)

    @cached_property
    def tempted(self) -> Bools:
        """States where a defecting and a complying action are both legal. ``[S]``"""
        both = (self.legal & self.defection).any(axis=1) & (self.legal & ~self.defection).any(axis=1)
        return np.asarray(both)

    def _any_seen(self, by_state: Bools) -> Bools:
        seen = np.zeros((self.observations, by_state.shape[1]), np.bool_)
        np.logical_or.at(seen, self.observation, by_state)
        return seen


def fold(legal: Bools) -> Ints:
    """Map every action to the one carried out: legal ones to themselves, the k-th to the (k mod n)-th legal one."""
    states, actions = legal.shape
    own = np.broadcast_to(np.arange(actions, dtype=np.int32), (states, actions))
    count = np.maximum(legal.sum(axis=1), 1)
    order = np.argsort(~legal, axis=1, kind="stable").astype(np.int32)  # legal ones first, in their order
    wrapped = np.take_along_axis(order, own % count[:, None], axis=1)
    return np.where(legal, own, wrapped).astype(np.int32)


def entries_of(start: Ints, rows: Ints) -> tuple[Ints, Ints]:
    """The entries of some transition rows, one row after another, and how many each row has."""
    count = start[rows + 1] - start[rows]
    first = np.repeat(start[rows] - np.concatenate(([0], np.cumsum(count)[:-1])), count)
    return first + np.arange(count.sum()), count


def successors(game: "Game", rows: Ints) -> Ints:
    """The distinct states that some transition rows lead to."""
    entry, _ = entries_of(game.start, rows)
    return np.unique(game.successor[entry])


class Tables(NamedTuple):
    """The arrays that the kernels walk; a view of a ``Game`` with nothing new in it."""

    row: NDArray[np.int32]  # [S, J]
    start: NDArray[np.int64]  # [R + 1]
    successor: NDArray[np.int32]  # [E]
    probability: Floats  # [E]
    cumulative: Floats  # [E], within the row; the last entry of a row is never compared
    reward: Floats  # [channel, P, E]
    initial: int
    crossing: NDArray[np.int32]  # [S]
    deadline: NDArray[np.int32]  # [S]
    terminal: Bools  # [S]
    stride: NDArray[np.int32]  # [P]
    width: NDArray[np.int32]  # [P]


@dataclass(frozen=True)
class Game:
    """A finite stochastic game with factored observations, reward channels and labels.

    A step from state ``s`` at clock ``t`` under joint action ``j`` draws an entry ``e`` of row ``row[s, j]``, pays
    ``reward[:, :, e]`` and moves to ``successor[e]`` at ``t + 1``. When that is the last clock of the state's span, a
    draw from row ``crossing[successor]`` carries it into the next span, or the game ends where ``crossing`` is -1.
    Illegal joint actions share the row of the legal one they fold to. A terminal state is worth zero by definition.
    """

    name: str
    seats: tuple[Seat, ...]
    spans: tuple[int, ...]  # rounds in each span of the clock
    stages: tuple[str, ...]
    discount: float  # per round, in [0, 1]

    row: Ints  # [S, J] transition row
    start: Ints  # [R + 1] first entry of each row
    successor: Ints  # [E] state
    probability: Floats  # [E], each row sums to one
    reward: Floats  # [channel, P, E], in the author's units
    initial: int  # row the first state is drawn from
    crossing: Ints  # [S] row into the next span, or -1

    span: Ints  # [S] which span the state belongs to
    terminal: Bools  # [S]
    stage: Ints  # [S] index into stages
    deployment: Bools  # [S] true phase
    window: Ints  # [S] NO_WINDOW, EARLY or LATE
    free: Bools  # [S] not corrected
    experienced: Bools  # [S] False where the step happens only in an overseer's simulation
    note: Ints  # [S] index into notes
    notes: tuple[str, ...]
    truth: Columns  # what is true, whether or not a seat sees it

    states: Sequence[object] = field(default=(), compare=False, repr=False)  # the author's states, for words only
    drawn: Callable[[Any, str | None], Board | None] | None = field(default=None, compare=False, repr=False)  # of these

    @property
    def horizon(self) -> int:
        """The number of rounds of the longest episode."""
        return sum(self.spans)

    def seat_number(self, name: str) -> int:
        """The place of the seat called ``name``; a TurncoatError names the nearest one."""
        names = [seat.name for seat in self.seats]
        if name not in names:
            raise TurncoatError(f"{self.name} has no seat {name!r}{nearest(name, names)}")
        return names.index(name)

    def words(self, state: int) -> str:
        """The author's name for a state."""
        return str(self.states[state]) if self.states else f"state {state}"

    def board(self, state: int, seat: str | None = None) -> Board | None:
        """The map in a state, as it is or as far as a seat sees it; None where there is none to draw."""
        return self.drawn(self.states[state], seat) if self.drawn and self.states else None

    def opportunity(self, seat: int) -> Bools:
        """States where the seat could defect or comply, and is free to. ``[S]``"""
        return np.asarray(self.seats[seat].tempted & self.free & ~self.terminal)

    @cached_property
    def ends(self) -> Ints:
        """The clock at which each span ends. ``[span]``"""
        return np.cumsum(np.asarray(self.spans, np.int32), dtype=np.int32)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """How many actions each seat has; the joint action is the mixed-radix number, first seat slowest."""
        return tuple(len(seat.actions) for seat in self.seats)

    @cached_property
    def tables(self) -> Tables:
        """The arrays in the types the kernels were compiled for."""
        total = np.cumsum(self.probability)
        before = np.repeat(np.concatenate(([0.0], total))[self.start[:-1]], np.diff(self.start))
        stride = [math.prod(self.shape[p + 1 :]) for p in range(len(self.seats))]
        return Tables(
            row=np.ascontiguousarray(self.row, np.int32),
            start=np.ascontiguousarray(self.start, np.int64),
            successor=np.ascontiguousarray(self.successor, np.int32),
            probability=np.ascontiguousarray(self.probability, np.float64),
            cumulative=total - before,
            reward=np.ascontiguousarray(self.reward, np.float64),
            initial=self.initial,
            crossing=np.ascontiguousarray(self.crossing, np.int32),
            deadline=np.ascontiguousarray(self.ends[self.span], np.int32),
            terminal=np.ascontiguousarray(self.terminal),
            stride=np.asarray(stride, np.int32),
            width=np.asarray(self.shape, np.int32),
        )

    @cached_property
    def digest(self) -> str:
        """A hash of everything that can change a result: the arrays and the words agents and measures read."""
        hasher = hashlib.sha256()
        numbers = (tuple(int(length) for length in self.spans), float(self.discount), int(self.initial))
        hasher.update(repr((numbers, self.stages, self.notes)).encode())
        for seat in self.seats:
            hasher.update(repr((seat.name, seat.actions, seat.sees.factors, seat.sees_round)).encode())
            _update(hasher, seat.sees.index)
            _update(hasher, seat.legal)
            _update(hasher, seat.defection)
        hasher.update(repr(self.truth.factors).encode())
        arrays: list[NDArray[Any]] = [self.row, self.start, self.successor, self.probability, self.reward]
        arrays += [self.crossing, self.span, self.terminal, self.stage, self.deployment, self.window, self.free]
        arrays += [self.experienced, self.note, self.truth.index]
        for array in arrays:
            _update(hasher, array)
        return hasher.hexdigest()


def _update(hasher: Any, array: NDArray[Any]) -> None:
    """Feed an array to a hash so that neither the platform's integer width nor its byte order shows."""
    kind = "<f8" if array.dtype.kind == "f" else "<i8"
    hasher.update(repr(array.shape).encode())
    hasher.update(np.ascontiguousarray(array, kind).tobytes())
