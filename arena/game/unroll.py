"""A game unrolled over what one seat remembers, so that a policy with memory is an ordinary table.

An *information state* of a seat is all that it can know from playing: every observation it made, with the round where
it sees the round, and every action it took, as carried out. Two things are worth saying of that:

- **What is carried out is remembered**, since that is what a learner records. A seat whose action is overridden (a
  corrected model that complies whatever it wants) can see the override afterwards. What it *chose* is remembered
  beside it only if asked for (``chosen``); perfect recall in the sense of Kuhn needs it where overrides are possible.
- **A step that is not experienced leaves no memory.** In an overseer's simulation the seat is asked for an action with
  the memory it had before, plus the simulation's observation. After the step that observation and that action are
  gone: the next observation is put to the same memory. So the simulated step and the real thing share an information
  state if they look alike, which is the point of a simulation; and such a seat has no perfect recall.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from arena.errors import TurncoatError
from arena.game.game import Bools, Columns, Factor, Floats, Game, Ints, entries_of, fold

CAP = 1_000_000
"""The most states an unrolled game may have."""

INFORMATION = "information"
"""The name of the factor that holds the information state; ``-`` where the seat is not asked."""


@dataclass(frozen=True)
class Unrolled:
    """A game over (state, information state) pairs, one copy for every clock at which a pair can be met.

    ``game`` has the same seats, spans, labels, rewards and random draws as ``original``, entry by entry. The seat sees
    the factor ``information`` first and what it saw before after it; the round is part of the information, so it needs
    no clock of its own. The other seats see what they saw. Axes: ``U`` states of ``game``, ``N`` information states.
    A parent comes before its children.
    """

    game: Game
    original: Game
    seat: str
    state: Ints  # [U] the state of the original
    met: Ints  # [U] the clock at which the state is met; the first, where play is over
    information: Ints  # [U] the information state, or -1 where the seat is not asked: play is over, or crossing
    parent: Ints  # [N] the information state before the last remembered action, or -1 at the start
    action: Ints  # [N] the seat's own action there, as carried out, or -1 at the start
    choice: Ints  # [N] what it remembers to have chosen there; the same as action unless ``chosen`` was asked for
    observation: Ints  # [N] the last observation, a row of the original's view
    clock: Ints  # [N] the round of the last observation where the seat sees it, else 0

    def __len__(self) -> int:
        """How many information states there are: ``N``."""
        return len(self.parent)

    @cached_property
    def depth(self) -> Ints:
        """How many actions are remembered. ``[N]``"""
        depth = np.zeros(len(self), np.int32)
        waiting = np.flatnonzero(self.parent >= 0)
        while len(waiting):  # one pass a level, since depths only grow along the parents
            before = depth[waiting].copy()
            depth[waiting] = depth[self.parent[waiting]] + 1
            waiting = waiting[depth[waiting] != before]
        return depth

    @cached_property
    def levels(self) -> list[Ints]:
        """The information states by depth: all parents of one level are in the level before it."""
        order = np.argsort(self.depth, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.depth))[:-1])

    @cached_property
    def vectors(self) -> Ints:
        """The last observation as ``View.vectors`` writes it: factors, then the round where it is seen. ``[N, F]``"""
        seat = self.original.seats[self.original.seat_number(self.seat)]
        rows = seat.sees.distinct[0][self.observation]
        if seat.sees_round:
            return np.column_stack((rows, self.clock)).astype(rows.dtype)
        return rows if rows.shape[1] else np.zeros((len(rows), 1), rows.dtype)

    @cached_property
    def legal(self) -> Bools:
        """The actions that the seat takes for legal, by its last observation. ``[N, A]``"""
        return self.original.seats[self.original.seat_number(self.seat)].legal_seen[self.observation]

    def history(self, number: int) -> list[tuple[int, int]]:
        """All that is known in an information state: (observation, own action) pairs, the last action -1."""
        steps = [(int(self.observation[number]), -1)]
        while self.parent[number] >= 0:
            action, number = int(self.action[number]), int(self.parent[number])
            steps.append((int(self.observation[number]), action))
        return steps[::-1]


def unroll(game: Game, seat: str, chosen: bool = False, cap: int = CAP) -> Unrolled:
    """Unroll ``game`` over the information states of ``seat``; the module's docstring says what those hold.

    Args:
        game: the game.
        seat: the one that remembers.
        chosen: whether it also remembers what it chose, where that and what was carried out can differ unseen.
        cap: the most states that the result may have.

    Raises:
        TurncoatError: no such seat, or more than ``cap`` states.
    """
    return _Builder(game, game.seat_number(seat), chosen, cap).build()


class _Builder:
    """Grows by one clock at a time; every array holds one piece a call and is laid end to end at last."""

    def __init__(self, game: Game, number: int, chosen: bool, cap: int) -> None:
        self.game, self.number, self.cap = game, number, cap
        self.seat = game.seats[number]
        self.deadline = game.ends[game.span]
        self.own = np.arange(game.row.shape[1]) // int(game.tables.stride[number]) % len(self.seat.actions)  # [J]
        believed = fold(self.seat.legal_seen)[self.seat.observation]
        self.choice = believed if chosen else self.seat.fold  # [S, A], as the seat remembers it
        self.count = 0
        self.known: dict[tuple[int, ...], int] = {}  # (parent, action, choice, observation, clock) to information
        self.over: dict[int, int] = {}  # state to where it is kept once play is over
        self.state: list[Ints] = []
        self.met: list[Ints] = []
        self.information: list[Ints] = []
        self.row: list[Ints] = []
        self.crossing: list[Ints] = []
        self.rows = 0
        self.lengths: list[Ints] = []
        self.successor: list[Ints] = []
        self.probability: list[Floats] = []
        self.reward: list[Floats] = []

    def build(self) -> Unrolled:
        """Follow play from the start, clock by clock."""
        entries = np.arange(self.game.start[self.game.initial], self.game.start[self.game.initial + 1])
        nothing = np.full((len(entries), 3), -1, np.int64)
        self.add_rows(np.asarray([len(entries)]))
        targets, level, _ = self.arrive(self.game.successor[entries], nothing, 0)
        self.write(entries, targets)
        for clock in range(self.game.horizon):
            if not len(level[0]):
                break
            level = self.step(*level, clock)
        return self.assemble()

    def step(self, state: Ints, information: Ints, clock: int) -> tuple[Ints, Ints]:
        """Add the rows of the pairs met at ``clock``; the pairs met after it."""
        game, seat = self.game, self.seat
        carried, choice = seat.fold[state][:, self.own], self.choice[state][:, self.own]  # [u, J]
        width = len(seat.actions)
        code = (np.arange(len(state))[:, None] * len(game.start) + game.row[state]) * width * width
        code, place = np.unique(code + carried * width + choice, return_inverse=True)
        self.row.append(place.reshape(len(state), -1) + self.rows)
        self.crossing.append(np.full(len(state), -1))
        actions = code % (width * width)
        pair, row = np.divmod(code // (width * width), len(game.start))
        entry, count = entries_of(game.start, row)
        memory = np.column_stack((information[pair], actions // width, actions % width))
        forgotten = ~game.experienced[state[pair]]
        if forgotten.any():
            memory[forgotten] = np.asarray(list(self.known), np.int64)[information[pair[forgotten]], :3]
        self.add_rows(count)
        targets, level, pending = self.arrive(game.successor[entry], np.repeat(memory, count, axis=0), clock + 1)
        self.write(entry, targets)
        return self.cross(*pending, clock + 1) if len(pending[0]) else level

    def cross(self, state: Ints, memory: Ints, clock: int) -> tuple[Ints, Ints]:
        """Add the crossings of the states in which a span has just ended; what is seen is the state after it."""
        row = self.game.crossing[state]
        entry, count = entries_of(self.game.start, row)
        self.crossing.append(np.arange(len(row)) + self.rows)
        self.add_rows(count)
        targets, level, _ = self.arrive(self.game.successor[entry], np.repeat(memory, count, axis=0), clock)
        self.write(entry, targets)
        return level

    def arrive(self, state: Ints, memory: Ints, clock: int) -> tuple[Ints, tuple[Ints, Ints], tuple[Ints, Ints]]:
        """Number what is reached at ``clock``, given states and memories ``[n, (parent, action, choice)]``.

        The numbers ``[n]``; the new pairs (state, information) in which the seat is asked; and the new (state, memory)
        in which a span has just ended.
        """
        ending = self.deadline[state] == clock
        over = self.game.terminal[state] | (ending & (self.game.crossing[state] < 0))
        pending, asked = ending & ~over, ~ending & ~over
        targets = np.empty(len(state), np.int64)
        met, inverse = np.unique(state[over], return_inverse=True)
        fresh = np.asarray([s for s in met.tolist() if s not in self.over], np.int64)
        self.over.update(zip(fresh.tolist(), range(self.count, self.count + len(fresh)), strict=True))
        self.crossing.append(np.full(len(fresh), -1))
        self.add(fresh, np.full(len(fresh), -1), clock)
        self.row.append(self.never(len(fresh)))
        targets[over] = np.asarray([self.over[s] for s in met.tolist()], np.int64)[inverse]

        waiting, inverse = np.unique(np.column_stack((state, memory))[pending], axis=0, return_inverse=True)
        targets[pending] = self.count + inverse.reshape(-1)
        self.add(waiting[:, 0], np.full(len(waiting), -1), clock)
        self.row.append(self.never(len(waiting)))

        information = self.inform(memory[asked], self.seat.observation[state[asked]], clock)
        code, inverse = np.unique(information * len(self.game.row) + state[asked], return_inverse=True)
        level = code % len(self.game.row), code // len(self.game.row)
        targets[asked] = self.count + inverse
        self.add(*level, clock)
        return targets, level, (waiting[:, 0], waiting[:, 1:])

    def inform(self, memory: Ints, observation: Ints, clock: int) -> Ints:
        """The information states that memories come to with an observation. ``[n]``"""
        seen = np.column_stack((memory, observation, np.full(len(memory), clock if self.seat.sees_round else 0)))
        distinct, inverse = np.unique(seen, axis=0, return_inverse=True)
        number = [self.known.setdefault(tuple(key), len(self.known)) for key in distinct.tolist()]
        return np.asarray(number, np.int64)[inverse.reshape(-1)]

    def never(self, states: int) -> Ints:
        """The place of rows that are never walked, to be filled in at last. ``[states, J]``"""
        return np.full((states, self.game.row.shape[1]), -1)

    def add(self, state: Ints, information: Ints, clock: int) -> None:
        """Add states, met at ``clock``."""
        self.count += len(state)
        if self.count > self.cap:
            raise TurncoatError(
                f"{self.game.name}: what {self.seat.name} may remember makes more than {self.cap:,} states, the cap: "
                f"{self.count:,} by round {clock} of {self.game.horizon}, with {len(self.known):,} histories; "
                "use fewer rounds, or show it less"
            )
        self.state.append(state)
        self.met.append(np.full(len(state), clock, np.int32))
        self.information.append(information)

    def add_rows(self, count: Ints) -> None:
        """Take numbers for transition rows of so many entries."""
        self.lengths.append(count)
        self.rows += len(count)

    def write(self, entry: Ints, targets: Ints) -> None:
        """Add entries like the original's, which lead to ``targets``."""
        self.successor.append(targets)
        self.probability.append(self.game.probability[entry])
        self.reward.append(self.game.reward[:, :, entry])

    def assemble(self) -> Unrolled:
        """Lay everything end to end."""
        game, number = self.game, self.number
        row = np.concatenate(self.row).astype(np.int32)
        closed = np.flatnonzero(row[:, 0] < 0)  # nobody steps from these; by the rules they need a row all the same
        row[closed] = (self.rows + np.arange(len(closed)))[:, None]
        self.add_rows(np.ones(len(closed), np.int64))
        self.successor.append(closed)
        self.probability.append(np.ones(len(closed)))
        self.reward.append(np.zeros((*game.reward.shape[:2], len(closed))))
        state, information = np.concatenate(self.state), np.concatenate(self.information)
        keys = np.asarray(list(self.known), np.int32)
        seats = [
            replace(seat, sees=_taken(seat.sees, state), legal=seat.legal[state], defection=seat.defection[state])
            for seat in game.seats
        ]
        words = (*map(str, range(len(keys))), "-")
        sees = seats[number].sees
        index = np.column_stack((np.where(information < 0, len(keys), information), sees.index))
        sees = Columns((Factor(INFORMATION, words), *sees.factors), index.astype(np.int32))
        seats[number] = replace(seats[number], sees=sees, sees_round=False)
        unrolled = replace(
            game,
            seats=tuple(seats),
            row=row,
            start=np.concatenate([[0], *self.lengths]).cumsum(),
            successor=np.concatenate(self.successor).astype(np.int32),
            probability=np.concatenate(self.probability),
            reward=np.concatenate(self.reward, axis=2),
            initial=0,
            crossing=np.concatenate(self.crossing).astype(np.int32),
            span=game.span[state],
            terminal=game.terminal[state],
            stage=game.stage[state],
            deployment=game.deployment[state],
            window=game.window[state],
            free=game.free[state],
            experienced=game.experienced[state],
            note=game.note[state],
            truth=_taken(game.truth, state),
            states=[game.states[s] for s in state.tolist()] if game.states else (),
        )
        met = np.concatenate(self.met)
        return Unrolled(unrolled, game, self.seat.name, state, met, information, *keys.T.copy())


def _taken(columns: Columns, state: Ints) -> Columns:
    return Columns(columns.factors, columns.index[state])
