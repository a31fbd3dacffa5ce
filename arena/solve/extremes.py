"""The least and the most of each measure over policies that are free to do what they like here and there.

A turn, and how often a window is met and defected in, are sums over the path. The first defection in a window settles
whether an episode is a turn: a late one makes it one, an early one rules it out. So the chance of a turn is a sum too,
over the path up to there, and nothing need be remembered for its sake. The best of a sum is found by backward
induction. A rate is one sum over another; its best is found by asking for what beats the best so far (Dinkelbach, On
Nonlinear Fractional Programming, Management Science 13, 1967).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy.sparse import csr_array

from arena.game.game import EARLY, LATE, Bools, Floats, Game, Ints
from arena.game.unroll import Unrolled
from arena.play.evaluate import marks
from arena.play.flow import spread
from arena.play.policy import Policy
from arena.solve.lookahead import Lookahead, arrival, at_start

NARROW = 1e-15
"""A rate that betters another by no more than this does not better it."""

LEVEL = 1e-12
"""Actions whose scores differ by no more than this may both come to the same bound; it is looked at what they do."""

Rows = Ints | tuple[Ints | int, Ints]
"""Rows of a leeway: of one axis, or of the clock and another."""


@dataclass(frozen=True)
class Interval:
    """The least and the most; NaN and NaN where there is neither."""

    low: float
    high: float


Three = tuple[Interval, Interval, Interval]
"""Of the turn probability, the early rate and the late rate."""


@dataclass(frozen=True, eq=False)
class Sum:
    """``k`` things to be summed up over an episode, as long as it goes on. Own actions as chosen, folding done."""

    paid: Floats  # [k, S, A]
    goes_on: Bools  # [S, A]


@dataclass(frozen=True)
class Leeway:
    """What policies may do in each row: ``base`` in any case, and with the ``rest`` of the chance any ``free`` action.

    ``base`` and ``rest`` left out are 0 and 1: the row is free to do any free action, and nothing else.
    """

    free: Bools  # [..., A]
    base: Floats | None = None  # [..., A]
    rest: Floats | None = None  # [...]

    def take(self, rows: Rows, options: Floats, weight: Floats) -> Floats:
        """The best, by their weighted sum, of what rows may do: ``[k, n]`` of ``options [k, n, A]``."""
        sums, many, actions = options.shape
        top = self.score(rows, options, weight).argmax(axis=1)
        taken = options.reshape(sums, -1)[:, np.arange(many) * actions + top]
        if self.base is not None and self.rest is not None:
            taken = (self.base[rows] * options).sum(axis=2) + self.rest[rows] * taken
        return np.asarray(taken)

    def tied(self, rows: Rows, options: Floats, weight: Floats) -> Bools:
        """The free actions that are as good as the best, of the same. ``[n, A]``"""
        score = self.score(rows, options, weight)
        return np.asarray(score >= score.max(axis=1, keepdims=True) - LEVEL)

    def score(self, rows: Rows, options: Floats, weight: Floats) -> Floats:
        """The weighted sum of options ``[n, A]``, none where an action is not free."""
        score = sum(w * option for w, option in zip(weight, options, strict=True))
        return np.where(self.free[rows], score, -np.inf)

    def __getitem__(self, rows: Ints) -> "Leeway":
        """The leeway of other rows, each of which reads one of these."""
        if self.base is None or self.rest is None:
            return Leeway(self.free[rows])
        return Leeway(self.free[rows], self.base[rows], self.rest[rows])


class Sweep(Protocol):
    """Backward induction over the rows of a leeway."""

    def __call__(self, asked: Sum, weight: Floats) -> Floats:
        """The sums ``[k]`` of a policy whose weighted sum is the largest."""


@dataclass(frozen=True)
class Bound:
    """The least or the most of one measure, and the weighted sum that a policy which has it makes largest."""

    asked: Sum
    weight: Floats  # [k]
    value: float  # NaN where no policy has the measure


def measures(game: Game, number: int) -> tuple[Sum, Sum, Sum]:
    """What to sum up for the turn probability, the early rate and the late rate of a seat.

    The first is one sum; a rate is the first of two over the second.
    """
    counted = marks(game, number)
    windows = [counted.opportunity & (game.window == window) for window in (EARLY, LATE)]
    early, late = (counted.defection & window[:, None] for window in windows)
    turn = Sum(late[None].astype(np.float64), ~early & ~late)
    return turn, _share(early, windows[0]), _share(late, windows[1])


def _share(bad: Bools, window: Bools) -> Sum:
    """How often what is ``bad [S, A]`` is done in a window ``[S]``, and how often it is met."""
    pair = np.stack((bad, np.broadcast_to(window[:, None], bad.shape)))
    return Sum(pair.astype(np.float64), np.ones_like(bad))


def each(game: Game, number: int, sweep: Sweep) -> Three:
    """The extremes of all three measures."""
    turn, early, late = ([bound.value for bound in extremes(asked, sweep)] for asked in measures(game, number))
    return Interval(*turn), Interval(*early), Interval(*late)


def extremes(asked: Sum, sweep: Sweep) -> tuple[Bound, Bound]:
    """The least and the most of one measure; of a rate, over the policies that meet the window at all."""
    if len(asked.paid) == 1:
        return _turn(asked, sweep, -1.0), _turn(asked, sweep, 1.0)
    defected, met = sweep(asked, np.asarray([0.0, 1.0])).tolist()
    if met <= 0:
        nothing = Bound(asked, np.zeros(2), float("nan"))
        return nothing, nothing
    return _rate(asked, sweep, defected / met, -1.0), _rate(asked, sweep, defected / met, 1.0)


def _turn(asked: Sum, sweep: Sweep, sign: float) -> Bound:
    weight = np.asarray([sign])
    return Bound(asked, weight, float(sweep(asked, weight)[0]))


def _rate(asked: Sum, sweep: Sweep, rate: float, sign: float) -> Bound:
    while True:
        weight = sign * np.asarray([1.0, -rate])
        defected, met = sweep(asked, weight).tolist()
        if met <= 0 or sign * (defected / met - rate) <= NARROW:
            return Bound(asked, weight, rate)
        rate = defected / met


class OverStates:
    """Backward induction over the clock and the states. ``leeway [clock, S]``, or ``[1, S]`` if alike at all clocks."""

    def __init__(self, game: Game, number: int, policies: Sequence[Policy], leeway: Leeway) -> None:
        """Gather the rows of every span; ``policies`` are the other seats', at any place the seat's own."""
        self.game, self.number, self.policies, self.leeway = game, number, policies, leeway
        self.spans = [Lookahead(game, span, number) for span in range(len(game.spans))]
        self.moves = [
            csr_array((s.probability, s.successor, np.append(s.first, len(s.successor))), (len(s.first), len(game.row)))
            for s in self.spans
        ]

    def __call__(self, asked: Sum, weight: Floats) -> Floats:
        """The sums ``[k]`` of a policy whose weighted sum is the largest."""
        return self.sweep(asked, weight, None)

    def best(self, bound: Bound) -> Bools:
        """The free actions by which a policy comes to a bound. ``[clock, S, A]``"""
        best = np.zeros((self.game.horizon, *bound.asked.goes_on.shape), np.bool_)
        self.sweep(bound.asked, bound.weight, best)
        return best

    def sweep(self, asked: Sum, weight: Floats, best: Bools | None) -> Floats:
        """As called; what is best is written into ``best``."""
        game, clock, clocks = self.game, self.game.horizon, len(self.leeway.free)
        value = np.zeros((len(weight), len(game.row)))
        for span in reversed(range(len(game.spans))):
            here, local = self.spans[span].states, self.spans[span].local
            paid, goes_on = asked.paid[:, here], asked.goes_on[here]
            for _ in range(game.spans[span]):
                moved = np.stack([self.moves[span] @ arrival(game, column, clock) for column in value])
                clock -= 1
                joint = np.take(moved, local, axis=1).reshape(len(weight), len(here), *game.shape)
                options = paid + goes_on * self.own(joint, here, clock)
                rows = (clock if clocks > 1 else 0, here)
                value = np.zeros_like(value)
                value[:, here] = self.leeway.take(rows, options, weight)
                if best is not None:
                    best[clock, here] = self.leeway.tied(rows, options, weight)
        return np.asarray([at_start(game, column) for column in value])

    def own(self, joint: Floats, here: Ints, clock: int) -> Floats:
        """The mean over what the others do ``[k, state, A]``, given ``joint [k, state, A of seat 0, ...]``."""
        for p in reversed(range(len(self.policies))):
            if p != self.number:
                policy = self.policies[p]
                chance = policy.probability[clock if len(policy.probability) > 1 else 0][policy.index[here]]
                shape = [len(here)] + [1] * (joint.ndim - 2)
                shape[p + 1] = chance.shape[1]
                joint = (joint * chance.reshape(shape)).sum(axis=p + 2)
        return joint


@dataclass(frozen=True)
class OverMemory:
    """Backward induction over information states, with perfect recall. ``leeway [N]``; all else is of ``memory.game``.

    As in ``arena.solve.recall``, a state of an information state counts by the chance that nature and the others take
    play to it.
    """

    memory: Unrolled
    number: int
    policies: Sequence[Policy]
    leeway: Leeway

    def __call__(self, asked: Sum, weight: Floats) -> Floats:
        """The sums ``[k]`` of a policy whose weighted sum is the largest."""
        memory, value = self.memory, self.paid(asked).copy()
        total = np.zeros(len(weight))
        for level in reversed(memory.levels):
            top = self.leeway.take(level, value[:, level], weight)
            inside = memory.parent[level] >= 0
            into = level[inside]
            for of, best in zip(value, top, strict=True):
                np.add.at(of, (memory.parent[into], memory.choice[into]), best[inside])
            total += top[:, ~inside].sum(axis=1)
        return total

    def paid(self, asked: Sum) -> Floats:
        """What each action adds to the sums at once, by the chance of its states. ``[k, N, A]``"""
        if asked not in self.known:
            memory, game = self.memory, self.memory.game
            actions = memory.legal[memory.information] & asked.goes_on
            chance = np.zeros(len(game.row))
            for _, here, mass in spread(game, self.number, self.policies, [actions.astype(np.float64)]):
                chance[here] = mass
            there = memory.information >= 0
            value = np.zeros((len(asked.paid), *memory.legal.shape))
            for of, paid in zip(value, asked.paid, strict=True):
                np.add.at(of, memory.information[there], chance[there, None] * paid[there])
            self.known[asked] = value
        return self.known[asked]

    @cached_property
    def known(self) -> dict[Sum, Floats]:
        """What ``paid`` has found."""
        return {}
