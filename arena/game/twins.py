"""Twins: counterfactual copies of a game, made by transforming its arrays. What changes is said; all else is equal.

A twin is named like an agent, ``hidden:factor=deployment``, and twins are composed with ``+``, the first applied
first. States keep their numbers save under ``shuffled``. A twin's identity is its game's digest.
"""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from arena.errors import TurncoatError, nearest
from arena.game.game import LATE, OBSERVED, Bools, Columns, Factor, Floats, Game, Ints, Seat, entries_of
from arena.plugins import kebab, subclasses
from arena.spec import parse, settle

SEAT = "model"
"""Whose signals, opportunities and oversight a twin changes."""

TIE = 1e-9
"""Compliances whose pay differs by no more than this are paid alike; the first of them counts."""


@dataclass(frozen=True)
class Twin(ABC):
    """One transform; its fields are its settings, its docstring's first line says what is different."""

    @abstractmethod
    def apply(self, game: Game) -> Game:
        """The game with the difference made; a TurncoatError says why it cannot be."""

    def refuse(self, game: Game, why: str) -> TurncoatError:
        """An error about this twin of a game, to be raised."""
        return TurncoatError(f"{game.name} has no twin {kebab(type(self).__name__)}: {why}")


@dataclass(frozen=True)
class FutureRemoved(Twin):
    """A late defection leads where complying leads and pays what it pays, the best paid compliance at once."""

    def apply(self, game: Game) -> Game:
        """Rows of late defections become those of compliance."""
        number = game.seat_number(SEAT)
        states = np.flatnonzero(game.opportunity(number) & (game.window == LATE))
        row = game.row.copy()
        row[states] = _rows(
            np.where(_defecting(game, states), _complied(game, states), _own_last(game, row[states])), game
        )
        return replace(game, row=row)


@dataclass(frozen=True)
class LateCut(Twin):
    """The game ends where the late window would begin."""

    def apply(self, game: Game) -> Game:
        """Late states are terminal."""
        return _ending(game, (game.window == LATE) & ~game.terminal)


@dataclass(frozen=True)
class Myopic(Twin):
    """Nothing counts but the reward of the present round: the discount is 0."""

    def apply(self, game: Game) -> Game:
        """The discount changed."""
        return replace(game, discount=0.0)


@dataclass(frozen=True)
class Unwatched(Twin):
    """No defection is caught: what leads to correction, or to an end that complying does not lead to, cannot happen.

    Where a defection leads to nothing else, it leads where complying leads, and pays what it paid. A fine that leaves
    the model free is pay, and stays.
    """

    def apply(self, game: Game) -> Game:
        """Entries are left out of the rows of defections, and the others made to sum to one again."""
        number = game.seat_number(SEAT)
        states = np.flatnonzero(game.opportunity(number))
        own, complied = _own_last(game, game.row[states]), _complied(game, states)
        defecting = np.broadcast_to(_defecting(game, states), own.shape)
        pairs, place = np.unique(
            np.stack((own[defecting], np.broadcast_to(complied, own.shape)[defecting])), axis=1, return_inverse=True
        )
        rows = [_entries(game, r) for r in range(len(game.start) - 1)]
        instead = pairs[0].copy()
        for i, (defection, compliance) in enumerate(pairs.T):
            entry, otherwise = rows[defection][0], rows[compliance][0]
            to = game.successor[entry]
            lost = ~game.free[to] | (game.terminal[to] & ~np.isin(to, game.successor[otherwise]))
            if lost.any():
                instead[i] = len(rows)
                rows.append(_uncaught(game, entry, otherwise, lost))
        own = own.copy()
        own[defecting] = instead[place.reshape(-1)]
        row = game.row.copy()
        row[states] = _rows(own, game)
        successor, probability, reward = (np.concatenate([one[i] for one in rows], axis=-1) for i in (1, 2, 3))
        start = np.concatenate(([0], np.cumsum([len(one[1]) for one in rows])))
        return replace(game, row=row, start=start, successor=successor, probability=probability, reward=reward)


@dataclass(frozen=True)
class Hidden(Twin):
    """The model does not see a factor (deployment, if none is named); ``factor=round`` hides the clock."""

    factor: str = "deployment"

    def apply(self, game: Game) -> Game:
        """The column is the same everywhere."""
        seat = game.seats[game.seat_number(SEAT)]
        if self.factor == "round" and seat.sees_round:
            return _seated(game, replace(seat, sees_round=False))
        column = _column(self, game, self.factor)
        return _signalling(game, column, Factor(self.factor, ("hidden",)), np.zeros(len(game.row), np.int32))


@dataclass(frozen=True)
class Fixed(Twin):
    """The model sees one value of a factor everywhere, true or not: always on, or always off."""

    factor: str = "deployment"
    value: str = "yes"

    def apply(self, game: Game) -> Game:
        """The column holds the one value."""
        column = _column(self, game, self.factor)
        shown = game.seats[game.seat_number(SEAT)].sees.factors[column]
        if self.value not in shown.values:
            raise self.refuse(game, f"{self.factor} is never {self.value!r}{nearest(self.value, shown.values)}")
        place = shown.values.index(self.value)
        return _signalling(game, column, shown, np.full(len(game.row), place, np.int32))


@dataclass(frozen=True)
class Shuffled(Twin):
    """The model sees a value of a factor drawn anew every round, all equally likely, whatever is true."""

    factor: str = "deployment"

    def apply(self, game: Game) -> Game:
        """Every state once for every value; state ``s`` showing value ``v`` of ``n`` is number ``n s + v``."""
        column = _column(self, game, self.factor)
        n = len(game.seats[game.seat_number(SEAT)].sees.factors[column].values)

        def each(states: Any) -> Any:
            return np.repeat(states, n, axis=0)

        spread = np.arange(n, dtype=game.successor.dtype)
        by_state = ("crossing", "span", "terminal", "stage", "deployment", "window", "free", "experienced", "note")
        wide = replace(
            game,
            seats=tuple(
                replace(
                    seat,
                    sees=replace(seat.sees, index=each(seat.sees.index)),
                    legal=each(seat.legal),
                    defection=each(seat.defection),
                )
                for seat in game.seats
            ),
            row=each(game.row),
            start=game.start * n,
            successor=(game.successor[:, None] * n + spread).reshape(-1),
            probability=np.repeat(game.probability / n, n),
            reward=np.repeat(game.reward, n, axis=2),
            truth=replace(game.truth, index=each(game.truth.index)),
            states=[state for state in game.states for _ in range(n)],
            **{name: each(getattr(game, name)) for name in by_state},
        )
        wide = _ending(wide, wide.terminal)
        shown = wide.seats[wide.seat_number(SEAT)].sees.factors[column]
        return _signalling(wide, column, shown, np.tile(spread, len(game.row)).astype(np.int32))


@dataclass(frozen=True)
class Held(Twin):
    """What the model is able to do stays what it was at the start: a true factor (ability) has no consequence.

    Where the factor has another value than at the start, a state does and pays what its counterpart does: the state
    that differs from it in this factor alone.
    """

    factor: str = "ability"

    def apply(self, game: Game) -> Game:
        """Rows, crossings, legal actions, defections and ends of the counterpart, leading to its successors' own."""
        names = [factor.name for factor in game.truth.factors]
        if self.factor not in names:
            raise self.refuse(game, f"nothing true is called {self.factor!r}{nearest(self.factor, names)}")
        column = names.index(self.factor)
        value = game.truth.index[:, column]
        first = value[game.successor[_entries(game, game.initial)[0]]]
        if (first != first[0]).any():
            raise self.refuse(game, f"{self.factor} is not the same at every start")
        rest = np.delete(game.truth.index, column, axis=1)
        at = {(*map(int, line), int(v)): s for s, (line, v) in enumerate(zip(rest, value, strict=True))}
        if len(at) < len(game.row):
            raise self.refuse(game, "what is true does not tell all states apart")
        changed = np.flatnonzero((value != first[0]) & ~game.terminal)
        like = [at.get((*map(int, rest[s]), int(first[0])), -1) for s in changed]
        if -1 in like:
            raise self.refuse(
                game, f"{game.words(int(changed[like.index(-1)]))} has no counterpart at the start's value"
            )
        rows = [_entries(game, r) for r in range(len(game.start) - 1)]
        before = np.column_stack((game.row, game.crossing))
        after, number = before.copy(), {(-1, 0): -1}
        for state, other in zip(changed, like, strict=True):
            crosses = game.span[state] == game.span[other]  # else it ends where its own span does
            for place, r in enumerate(before[other] if crosses else before[other, :-1]):
                key = int(r), int(value[state]) if r >= 0 else 0
                if key not in number:
                    entry, successor, probability, reward = rows[r]
                    there = [at.get((*map(int, rest[s]), key[1]), int(s)) for s in successor]
                    number[key] = len(rows)
                    rows.append((entry, np.asarray(there, successor.dtype), probability, reward))
                after[state, place] = number[key]
        successor, probability, reward = (np.concatenate([one[i] for one in rows], axis=-1) for i in (1, 2, 3))
        start = np.concatenate(([0], np.cumsum([len(one[1]) for one in rows])))
        seats = []
        for seat in game.seats:
            legal, defection = seat.legal.copy(), seat.defection.copy()
            legal[changed], defection[changed] = legal[like], defection[like]
            seats.append(replace(seat, legal=legal, defection=defection))
        terminal = game.terminal.copy()
        terminal[changed] = terminal[like]
        return replace(
            game,
            seats=tuple(seats),
            row=after[:, :-1],
            crossing=after[:, -1],
            terminal=terminal,
            start=start,
            successor=successor,
            probability=probability,
            reward=reward,
        )


@cache
def twins() -> Mapping[str, type[Twin]]:
    """Every kind of twin, by name."""
    module = inspect.getmodule(Twin)
    assert isinstance(module, ModuleType)
    return {kebab(kind.__name__): kind for kind in subclasses(module, Twin)}


def settings(kind: type[Twin]) -> dict[str, Any]:
    """A twin's settings and their defaults."""
    return {field.name: field.default for field in fields(kind)}


def find(text: str) -> tuple[Twin, ...]:
    """The transforms that ``name:key=value,...+name`` describes, in the order they are applied.

    Raises:
        TurncoatError: there is no such twin or setting.
    """
    found = []
    for word in text.split("+"):
        spec = parse(word)
        if spec.name not in twins():
            raise TurncoatError(f"there is no twin {spec.name!r}{nearest(spec.name, twins())}")
        kind = twins()[spec.name]
        found.append(kind(**settle(spec.name, settings(kind), dict(spec.settings))))
    return tuple(found)


def twin(game: Game, text: str) -> Game:
    """The twin of a game that ``text`` describes; its name says so.

    Raises:
        TurncoatError: there is no such twin, or the game has none.
    """
    for one in find(text):
        game = one.apply(game)
    return replace(game, name=f"{game.name} [{spelled(text)}]")


def spelled(text: str) -> str:
    """The same twins in the one way to write them."""
    return "+".join(str(parse(word)) for word in text.split("+"))


def _column(twin: Twin, game: Game, factor: str) -> int:
    """Where the model's column of a factor is."""
    names = [one.name for one in game.seats[game.seat_number(SEAT)].sees.factors]
    if factor not in names:
        raise twin.refuse(game, f"its model does not see {factor!r}{nearest(factor, names)}")
    return names.index(factor)


def _signalling(game: Game, column: int, factor: Factor, index: Ints) -> Game:
    """The game with one column of what the model sees replaced. ``index [S]``"""
    seat = game.seats[game.seat_number(SEAT)]
    table = seat.sees.index.copy()
    table[:, column] = index
    factors = (*seat.sees.factors[:column], factor, *seat.sees.factors[column + 1 :])
    return _seated(game, replace(seat, sees=Columns(factors, table)))


def _seated(game: Game, seat: Seat) -> Game:
    """The game with a seat of that name as given."""
    return replace(game, seats=tuple(seat if one.name == seat.name else one for one in game.seats))


def _own_last(game: Game, rows: Ints) -> Ints:
    """Transition rows ``[s, J]`` by what the others do and then by the model's own action. ``[s, others..., A]``"""
    return np.moveaxis(rows.reshape(len(rows), *game.shape), 1 + game.seat_number(SEAT), -1)


def _rows(own_last: Ints, game: Game) -> Ints:
    """The way back from ``_own_last``. ``[s, J]``"""
    return np.moveaxis(own_last, -1, 1 + game.seat_number(SEAT)).reshape(len(own_last), game.row.shape[1])


def _defecting(game: Game, states: Ints) -> Bools:
    """Which of the model's actions come to a defection, folding done. ``[s, 1..., A]``"""
    seat = game.seats[game.seat_number(SEAT)]
    carried_out = np.take_along_axis(seat.defection, seat.fold.astype(np.int64), axis=1)[states]
    return carried_out.reshape(len(states), *[1] * (len(game.shape) - 1), len(seat.actions))


def _complied(game: Game, states: Ints) -> Ints:
    """The row of the legal compliance that pays the model most at once. ``[s, others..., 1]``

    It is one compliance, whatever the others do at the same time: the best on average over what they may do.
    """
    number = game.seat_number(SEAT)
    pay: Floats = np.add.reduceat(game.probability * game.reward[OBSERVED, number], game.start[:-1])
    rows = _own_last(game, game.row[states])
    legal = game.seats[number].legal[states].reshape(_defecting(game, states).shape)
    complying = legal & ~_defecting(game, states)
    weight = np.ones((len(states), *[1] * (rows.ndim - 1)))
    others = [seat for p, seat in enumerate(game.seats) if p != number]
    for axis, seat in enumerate(others, start=1):
        shape = [len(states)] + [1] * (rows.ndim - 1)
        shape[axis] = len(seat.actions)
        weight = weight * seat.legal[states].reshape(shape)
    axes = tuple(range(1, rows.ndim - 1))
    mean = (weight * pay[rows]).sum(axis=axes, keepdims=True) / weight.sum(axis=axes, keepdims=True)
    paid = np.where(complying, mean, -np.inf)
    best = (paid >= paid.max(axis=-1, keepdims=True) - TIE).argmax(axis=-1)
    return np.take_along_axis(rows, np.broadcast_to(best[..., None], (*rows.shape[:-1], 1)), axis=-1)


def _ending(game: Game, states: Bools) -> Game:
    """The game in which some states are terminal: they lead to themselves and pay nothing."""
    over = np.flatnonzero(states)
    row = game.row.copy()
    row[over] = (len(game.start) - 1 + np.arange(len(over)))[:, None]
    return replace(
        game,
        terminal=game.terminal | states,
        row=row,
        start=np.concatenate((game.start, game.start[-1] + 1 + np.arange(len(over)))),
        successor=np.concatenate((game.successor, over)),
        probability=np.concatenate((game.probability, np.ones(len(over)))),
        reward=np.concatenate((game.reward, np.zeros((*game.reward.shape[:2], len(over)))), axis=2),
    )


Row = tuple[Ints, Ints, Floats, Floats]


def _entries(game: Game, row: int) -> Row:
    """A row's entries, successors, probabilities and rewards ``[channel, P, entry]``."""
    entry, _ = entries_of(game.start, np.asarray([row]))
    return entry, game.successor[entry], game.probability[entry], game.reward[:, :, entry]


def _uncaught(game: Game, entry: Ints, otherwise: Ints, lost: Bools) -> Row:
    """A defection's row without the entries where it is caught; if none is left, it leads where complying leads."""
    kept = entry[~lost]
    if len(kept):
        chance = game.probability[kept] / game.probability[kept].sum()
        return kept, game.successor[kept], chance, game.reward[:, :, kept]
    pay = game.reward[:, :, entry] @ game.probability[entry]
    return otherwise, game.successor[otherwise], game.probability[otherwise], pay[:, :, None].repeat(len(otherwise), 2)
