"""Records: matches with their measures as a store has them, block by block, and whether each can be believed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np

from arena.contest.seal import key_of, plain, seal_of
from arena.game.game import Floats, Ints

Rows = Sequence[tuple[Any, ...]]
Thing = Mapping[str, Any]
"""A row by column."""

BLOCK = 5_000
"""Matches that are read at a time."""

SCENARIO = ("id", "digest", "name", "settings", "label", "title", "about", "source", "found", "asked")
PLAYER = ("id", "name", "label", "kind")
KIND = {"id": int, "asked": int}
"""What is no text."""

LATER = {"controls": "''", "seal": "NULL"}
"""Columns of matches that earlier formats did not have, and what stands for them."""

MEASURES = "SELECT match, name, value FROM measures WHERE match BETWEEN ? AND ? ORDER BY match, name"

NOTHING = type(None)
NUMBER = (float, NOTHING)
NOBODY: Thing = {"name": None}


def query(columns: Collection[str]) -> str:
    """What reads matches from some row to another, in order, whatever the format; ``columns`` are the table's."""
    later = [name if name in columns else f"{instead} AS {name}" for name, instead in LATER.items()]
    return (
        f"SELECT id, key, scenario, model, overseer, seed, {', '.join(later)} FROM matches"
        " WHERE id BETWEEN ? AND ? ORDER BY id"
    )


class Match(NamedTuple):
    """A match's row."""

    id: int
    key: str
    scenario: int
    model: int
    overseer: int | None
    seed: int
    controls: str  # with commas
    seal: int | None  # none was kept in earlier formats


TYPES = ((int,), (str,), (int,), (int,), (int, NOTHING), (int,), (str,), (int, NOTHING))
"""Of a match's columns; SQLite keeps what it is given, or finds."""


@dataclass(frozen=True)
class Known:
    """What matches refer to: scenarios and players by id."""

    scenarios: Mapping[int, Thing]
    players: Mapping[int, Thing]

    @classmethod
    def of(cls, scenarios: Rows, players: Rows) -> Self:
        """From rows of ``SCENARIO`` and of ``PLAYER``; those that are not legible are left out."""

        def things(rows: Rows, columns: Sequence[str]) -> dict[int, Thing]:
            found = [dict(zip(columns, row, strict=True)) for row in rows]
            return {one["id"]: one for one in found if all(type(one[name]) is KIND.get(name, str) for name in columns)}

        return cls(things(scenarios, SCENARIO), things(players, PLAYER))

    @cached_property
    def current(self) -> frozenset[int]:
        """The scenarios that count: of those with one name and the same settings, the last that was asked for."""
        newest: dict[tuple[str, str], int] = {}
        for one in self.scenarios.values():
            what = one["name"], one["settings"]
            newest[what] = max(newest.get(what, 0), one["asked"])
        return frozenset(i for i, one in self.scenarios.items() if one["asked"] == newest[one["name"], one["settings"]])

    def key(self, scenario: Any, model: Any, overseer: Any, seed: Any) -> str | None:
        """The key of a match of these; None if there are none such."""
        game, agent = self.scenarios.get(scenario), self.players.get(model)
        over = NOBODY if overseer is None else self.players.get(overseer)
        if game is None or agent is None or over is None or type(seed) is not int:
            return None
        try:
            return key_of(game["digest"], game["name"], game["settings"], agent["name"], over["name"], seed)
        except ValueError:
            return None

    def problem(self, match: Match) -> str:
        """What is wrong with a match's row, or nothing."""
        if any(type(value) not in types for value, types in zip(match, TYPES, strict=True)):
            return "not legible"
        key = self.key(match.scenario, match.model, match.overseer, match.seed)
        return "without scenario or player" if key is None else "" if key == match.key else "changed"


@dataclass(frozen=True)
class Block:
    """Some matches, and their measures one after the other."""

    matches: Sequence[Match]
    first: Ints  # [match] where its measures begin
    end: Ints  # [match] and end
    names: Sequence[str]
    values: Floats  # NaN where undefined
    odd: frozenset[int]  # matches, by id, with a measure that is no number or has no name

    @classmethod
    def of(cls, matches: Rows, measures: Rows) -> Self:
        """A block of rows; the measures are (match, name, value), in order unless the store is damaged."""
        odd = {row[0] for row in measures if type(row[1]) is not str or type(row[2]) not in NUMBER}
        odd |= {row[0] for row in measures if type(row[0]) is not int}
        if odd:
            measures = [row for row in measures if row[0] not in odd]
        ids, names, values = zip(*measures, strict=True) if measures else ((), (), ())
        of: Ints = np.asarray(ids, np.int64)
        if (of[1:] < of[:-1]).any():
            return cls.of(matches, sorted(measures, key=lambda row: row[:2]))
        mine: Ints = np.asarray([match[0] for match in matches], np.int64)
        first, end = np.searchsorted(of, mine), np.searchsorted(of, mine, side="right")
        numbers = plain(np.asarray(values, np.float64))
        return cls([Match(*row) for row in matches], first, end, names, numbers, frozenset(odd))

    def measures(self, i: int) -> tuple[Sequence[str], Floats]:
        """Names and values of the i-th match."""
        where = slice(self.first[i], self.end[i])
        return self.names[where], self.values[where]

    def problem(self, i: int, known: Known) -> str:
        """What is wrong with the i-th match, or nothing."""
        match, (names, values) = self.matches[i], self.measures(i)
        if wrong := known.problem(match):
            return wrong
        if match.id in self.odd or not names or len(set(names)) < len(names):
            return "without all measures"
        sealed = match.seal in (None, seal_of(match.key, match.controls, names, values.tobytes()))
        return "" if sealed else "changed"
