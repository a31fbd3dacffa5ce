"""The least and the most of each measure over policies that do the same in all that looks alike.

Two ways. Such policies are among those that see the state and the clock, so the extremes over the latter are bounds;
where a policy that does the same in all that looks alike attains them, they are its own. Otherwise deterministic
policies are tried one by one. They hold the extremes too whenever no observation left open can come twice in an
episode: the return and the sums behind the measures are then linear in each of the policy's rows, so that one that
draws lots is optimal only if all that it may draw are, and lies between them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from math import isclose, isnan, prod

import numpy as np

from arena.errors import TurncoatError, many
from arena.game.game import Bools, Floats, Game, Ints
from arena.play.evaluate import evaluate
from arena.play.flow import onward
from arena.play.policy import Policy, everybody, view
from arena.solve.extremes import NARROW, Bound, Interval, Leeway, OverStates, Three, extremes, measures
from arena.solve.memoryless import LIMIT
from arena.solve.objective import Objective
from arena.solve.optimal import TIE, full_information, reached

CLOSE = 1e-9
"""How near a policy must come to a bound, relative to it, to attain it."""


COVERED = "as over policies that see the state: memoryless ones attain every bound, and any that draw lots are covered"


@dataclass(frozen=True)
class Found:
    """Intervals of the three measures, and over what they are exact."""

    value: float
    intervals: Three
    certificate: str
    undetermined: int


class Alike:
    """The policies of one seat that depend on the line alone: the observation, and the clock where it is seen."""

    def __init__(self, game: Game, seat: str, others: Mapping[str, Policy]) -> None:
        self.game, self.seat, self.others = game, seat, others
        self.number, self.told = game.seat_number(seat), view(game, seat)
        self.policies = everybody(game, others)
        place, self.legal = game.seats[self.number], np.tile(self.told.legal, (self.told.clocks, 1))
        self.chooses = place.legal.sum(axis=1) > 1
        self.fold = place.fold.astype(np.int64)
        offset = np.arange(self.told.clocks) * len(self.told.rows)
        self.line = offset[:, None] + self.told.index  # [clock or 1, S]

    def optimal(self, objective: Objective) -> Found:
        """The intervals over the policies that attain the memoryless optimum.

        Raises:
            TurncoatError: too many policies would have to be tried.
        """
        above = full_information(self.game, self.seat, self.others, objective)
        assert above.best is not None
        best = np.take_along_axis(above.best, self.fold[None], axis=2)
        lines = Leeway(self.union(best, self.reached(best)))
        found = self.bounded(Leeway(best), lines)
        if found is not None:
            certificate = f"{COVERED}; they attain the full-information optimum too"
            return Found(above.value, found, certificate, int((lines.free.sum(axis=1) > 1).sum()))
        value, choices = self.best(lines, objective)
        if value < above.value / objective.scale - TIE * max(1.0, abs(value)):
            anything = self.legal[self.line]
            lines = Leeway(self.union(np.broadcast_to(anything, best.shape), self.reached(anything)))
            value, choices = self.best(lines, objective)
        kept = np.zeros_like(self.legal)
        kept[np.arange(len(kept)), choices] = True
        taken = self.union(np.broadcast_to(kept[self.line], best.shape), self.reached(kept[self.line]))
        undetermined = int((taken.sum(axis=1) > 1).sum())
        certificate = self.certificate(lines, f"the {len(choices):,} best of all deterministic policies")
        return Found(objective.scale * value, self.between(lines, choices), certificate, undetermined)

    def free(self, lines: Leeway) -> tuple[Three, str]:
        """The intervals over all policies with some leeway ``[line]``, and over what they are exact.

        Raises:
            TurncoatError: too many policies would have to be tried.
        """
        seen = self.reached(self.may(lines)[self.line])
        met = np.zeros((len(lines.free), 1), np.bool_)
        met[np.broadcast_to(self.line, seen.shape)[seen]] = True
        lines = replace(lines, free=np.where(met, lines.free, _first(lines.free)))
        found = self.bounded(lines[self.line], lines)
        if found is not None:
            return found, COVERED
        choices = np.stack(list(self.choices(lines)))
        tried = f"all {len(choices):,} that are deterministic where they are free"
        return self.between(lines, choices), self.certificate(lines, tried)

    def bounded(self, pairs: Leeway, lines: Leeway) -> Three | None:
        """The intervals over policies that see the state, if policies of the line attain every bound; else None."""
        sweep = OverStates(self.game, self.number, self.policies, pairs)
        found = []
        for place, asked in enumerate(measures(self.game, self.number)):
            low, high = extremes(asked, sweep)
            if not all(isnan(bound.value) or self.attains(bound, place, sweep, lines) for bound in (low, high)):
                return None
            found.append(Interval(low.value, high.value))
        return found[0], found[1], found[2]

    def attains(self, bound: Bound, place: int, sweep: OverStates, lines: Leeway) -> bool:
        """Whether some action is the best for a bound in all that looks alike, and taking it attains the bound."""
        best = sweep.best(bound)
        seen = self.reached(best if lines.base is None else best | (lines.base > 0)[self.line])
        common = lines.free.copy()
        np.logical_and.at(common, np.broadcast_to(self.line, seen.shape)[seen], best[seen])
        if not common.any(axis=1).all():
            return False
        value = self.measured(lines, common.argmax(axis=1))[place]
        return isclose(value, bound.value, rel_tol=CLOSE, abs_tol=NARROW)

    def best(self, lines: Leeway, objective: Objective) -> tuple[float, Ints]:
        """The largest worth of the deterministic policies that a leeway holds, and all that have it ``[n, line]``."""
        top = -np.inf
        kept: list[tuple[float, Ints]] = []
        for choice in self.choices(lines):
            policies = {**self.others, self.seat: self.policy(lines, choice)}
            value = objective.worth(self.game, policies, self.seat) / objective.scale
            top = max(top, value)
            if value >= top - TIE * max(1.0, abs(top)):
                kept.append((value, choice))
        return top, np.stack([choice for value, choice in kept if value >= top - TIE * max(1.0, abs(top))])

    def choices(self, lines: Leeway) -> Iterator[Ints]:
        """A free action for every line, in every way there is. ``[line]``"""
        open_lines = np.flatnonzero(lines.free.sum(axis=1) > 1)
        options = [np.flatnonzero(lines.free[line]) for line in open_lines]
        size = prod(len(option) for option in options)
        if size > LIMIT:
            raise TurncoatError(
                f"{self.game.name}: these memoryless intervals would take trying {many(size)} policies ({len(options)} "
                f"observations left open), and {LIMIT:,} is the limit; ask for those of --information state"
            )
        for chosen in product(*options):
            choice = lines.free.argmax(axis=1)
            choice[open_lines] = chosen
            yield choice

    def between(self, lines: Leeway, choices: Ints) -> Three:
        """The intervals over some policies ``[n, line]``."""
        values = np.asarray([self.measured(lines, choice) for choice in choices])
        turn, early, late = (column[~np.isnan(column)] for column in values.T)
        return _spanned(turn), _spanned(early), _spanned(late)

    def measured(self, lines: Leeway, choice: Ints) -> list[float]:
        """The turn probability, the early rate and the late rate of a policy."""
        policies = {**self.others, self.seat: self.policy(lines, choice)}
        found = evaluate(self.game, policies, self.seat)
        early = found.early_defections, found.early_opportunities
        late = found.late_defections, found.late_opportunities
        return [found.turn_probability, *(bad / met if met > 0 else float("nan") for bad, met in (early, late))]

    def policy(self, lines: Leeway, choice: Ints) -> Policy:
        """The policy that takes ``choice [line]`` as far as a leeway lets it."""
        chance = np.eye(self.legal.shape[1])[choice]
        if lines.base is not None and lines.rest is not None:
            chance = lines.base + lines.rest[:, None] * chance
        return self.told.table(chance.reshape(self.told.clocks, len(self.told.rows), -1))

    def may(self, lines: Leeway) -> Bools:
        """Every action that may be taken. ``[line, A]``"""
        return lines.free if lines.base is None else lines.free | (lines.base > 0)

    def reached(self, own: Bools) -> Bools:
        """Where there is a choice, and play comes when any action marked ``own [clock or 1, S, A]`` may be taken."""
        own = np.broadcast_to(own, (self.game.horizon, *own.shape[1:]))
        return np.asarray(reached(self.game, self.number, self.policies, own) & self.chooses)

    def union(self, marked: Bools, seen: Bools) -> Bools:
        """The actions marked ``[clock, S, A]`` in anything seen that looks alike; the first legal one if nothing."""
        some = np.zeros_like(self.legal)
        np.logical_or.at(some, np.broadcast_to(self.line, seen.shape)[seen], marked[seen])
        some &= self.legal
        return np.where(some.any(axis=1, keepdims=True), some, _first(self.legal))

    def certificate(self, lines: Leeway, tried: str) -> str:
        """What the extremes over deterministic policies are."""
        if self.again(lines):
            return f"{tried}; an observation left open can come twice in an episode: ones that draw lots may lie beyond"
        return f"{tried}, between which those that draw lots lie: no observation left open comes twice in an episode"

    def again(self, lines: Leeway) -> bool:
        """Whether a line with more than one free action can be met twice in an episode."""
        if self.told.clocks > 1:
            return False
        own = self.may(lines)[self.line[0]]
        seen = self.reached(own[None])
        for line in np.flatnonzero(lines.free.sum(axis=1) > 1):
            here = (self.line[0] == line) & self.chooses
            been = np.zeros(len(here), np.bool_)
            for clock in range(self.game.horizon):
                if (been & here).any():
                    return True
                states = np.flatnonzero((been | (here & seen[clock])) & ~self.game.terminal)
                mass = np.ones(len(states))
                been = onward(self.game, self.number, self.policies, own * 1.0, states, mass, clock) > 0
        return False


def _first(marked: Bools) -> Bools:
    """The first marked action alone. ``[..., A]``"""
    return np.asarray(marked & (np.cumsum(marked, axis=-1) == 1))


def _spanned(values: Floats) -> Interval:
    """The least and the most of some values."""
    return Interval(float(values.min()), float(values.max())) if len(values) else Interval(float("nan"), float("nan"))
