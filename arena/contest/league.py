"""The league: every agent over all settings at once, by effects, rating and payoff; what tables and the report show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from arena.contest.effects import Effect, Range, effects, unmeasured
from arena.contest.payoffs import TOLERANCE, Equilibrium, Payoffs, payoffs
from arena.contest.ratings import SAFETY, Rated, Ratings, Seat, ratings
from arena.contest.standings import Setup, Standings
from arena.game.game import Floats

SHOWN = 6
"""Equilibria of a table that are spelt out."""


@dataclass(frozen=True)
class Side:
    """One seat's agents, the best rated first; those that were compared with nobody last."""

    seat: Seat
    ratings: Ratings
    rows: tuple[tuple[Effect, Rated | None], ...]

    @property
    def shown(self) -> list[str]:
        """The effects that are known of anybody; the late rate is one less the safety."""
        names = [name for effect, _ in self.rows[:1] for name in effect.effects if name != "late rate"]
        return [name for name in names if any(effect.effects[name].seeds for effect, _ in self.rows)]

    @property
    def span(self) -> float:
        """How far the ratings and their intervals reach from zero."""
        ends = [abs(end) for _, row in self.rows if row for end in (row.rating.low, row.rating.high, row.rating.mean)]
        return max([1.0, *ends])

    @property
    def settings(self) -> int:
        """How many settings the one with the most has."""
        return max((effect.settings for effect, _ in self.rows), default=0)


@dataclass(frozen=True)
class League:
    """Both sides, and the games between them."""

    sides: tuple[Side, ...]  # the overseers' if there are several
    payoffs: tuple[Payoffs, ...]


def league(standings: Standings, ranges: Mapping[Setup, Range] | None = None, measure: str = SAFETY) -> League:
    """Everything that is said of a run as a whole; ``ranges`` are what can be earned, where that is known."""
    sides = [side(standings, seat, ranges, measure) for seat in ("model", "overseer")]
    return League(tuple(one for one in sides if len(one.rows) > 1), payoffs(standings))


def side(standings: Standings, seat: Seat, ranges: Mapping[Setup, Range] | None = None, measure: str = SAFETY) -> Side:
    """One seat's part of it."""
    found = {one.agent: one for one in effects(standings, seat, ranges)}
    rated = ratings(standings, measure, seat)
    rows = [(found.pop(row.agent, unmeasured(row.agent)), row) for row in rated.rows]
    return Side(seat, rated, (*rows, *((one, None) for one in found.values())))


def spelt(table: Payoffs) -> list[tuple[str, str, tuple[float, float]]]:
    """The equilibria in words: what the models mix, what the overseers mix, and what it pays either."""
    if not (solved := table.solved):
        return []
    models, overseers = (
        [_or(one, names, alike.tolist()) for one in range(len(names))]
        for names, alike in zip((table.models, table.overseers), solved.alike, strict=True)
    )
    return [
        (_mixture(one.rows, models), _mixture(one.columns, overseers), one.values) for one in solved.equilibria[:SHOWN]
    ]


def _or(one: int, names: Sequence[str], alike: Sequence[int]) -> str:
    """A name with those that pay the same."""
    others = [name for i, name in enumerate(names) if alike[i] == one and i != one]
    return f"{names[one]} (or {', '.join(others)})" if others else names[one]


def unspelt(table: Payoffs) -> int:
    """How many equilibria are left out there."""
    return max(0, len(table.solved.equilibria) - SHOWN) if table.solved else 0


def _mixture(mix: Floats, names: Sequence[str]) -> str:
    played = [(share, name) for share, name in zip(mix.tolist(), names, strict=True) if share > TOLERANCE]
    return played[0][1] if len(played) == 1 else " + ".join(f"{share:.3f} {name}" for share, name in played)


def data(found: League) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "sides": [
            {
                "seat": one.seat,
                "measure": one.ratings.measure,
                "warnings": list(one.ratings.warnings),
                "agents": [
                    {
                        "agent": effect.agent,
                        "settings": effect.settings,
                        "effects": {name: vars(value) for name, value in effect.effects.items()},
                        "rating": rated and {**vars(rated), "rating": vars(rated.rating)},
                    }
                    for effect, rated in one.rows
                ],
            }
            for one in found.sides
        ],
        "payoffs": [_payoffs(one) for one in found.payoffs],
    }


def _payoffs(table: Payoffs) -> dict[str, Any]:
    return {
        "scenario": table.setup.label,
        "models": list(table.models),
        "overseers": list(table.overseers),
        "measures": list(table.measures),
        "cells": [[[vars(one) for one in pair] for pair in line] for line in table.cells],
        "equilibria": [_equilibrium(one, table) for one in (table.solved.equilibria if table.solved else ())],
        "about": table.words,
    }


def _equilibrium(one: Equilibrium, table: Payoffs) -> dict[str, Any]:
    def mixed(mix: Floats, names: Sequence[str]) -> dict[str, float]:
        return {name: share for name, share in zip(names, mix.tolist(), strict=True) if share > TOLERANCE}

    return {
        "models": mixed(one.rows, table.models),
        "overseers": mixed(one.columns, table.overseers),
        "pays": list(one.values),
    }
