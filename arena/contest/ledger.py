"""The ledger: every match of a run and its measures as arrays, read in blocks, without a loop over the measures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from arena.contest.seal import plain, seal_of
from arena.contest.store import Store
from arena.errors import TurncoatError
from arena.game.game import Floats, Ints

BLOCK = 5_000
"""Matches that are read at a time."""

NOBODY = -1
"""In place of an overseer where there is none."""


class Columns(Mapping[str, Floats]):
    """Measures by name, each an array over the same matches: the columns of a table."""

    def __init__(self, names: Sequence[str], table: Floats) -> None:
        """``table [match, name]``."""
        self.names, self.table = tuple(names), table
        self._place = {name: i for i, name in enumerate(self.names)}

    def __getitem__(self, name: str) -> Floats:
        return self.table[:, self._place[name]]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class Ledger:
    """The matches of a run, one row each, those of a pairing beside each other in the order of their seeds."""

    keys: Sequence[str]
    scenario: Ints  # row in the store
    overseer: Ints  # row in the store, or NOBODY
    model: Ints
    seed: Ints
    names: tuple[str, ...]
    values: Floats  # [match, name]; NaN where it is undefined, or was not measured
    measured: Ints  # [match] which of ``sets`` was
    sets: Sequence[frozenset[str]]
    total: int  # matches in the store: of two with one seed in one pairing the later counts

    def pairings(self) -> Iterator[tuple[slice, Columns]]:
        """The rows of every pairing, and all that was measured in any of them."""
        who = np.stack((self.scenario, self.overseer, self.model))
        ends = [*np.flatnonzero((who[:, 1:] != who[:, :-1]).any(axis=0)) + 1, len(self.keys)]
        for first, end in zip([0, *ends[:-1]], ends, strict=True) if self.keys else ():
            rows = slice(first, end)
            known = frozenset().union(*(self.sets[i] for i in np.unique(self.measured[rows])))
            places = [i for i, name in enumerate(self.names) if name in known]
            yield rows, Columns([self.names[i] for i in places], self.values[rows][:, places])


def ledger(store: Store) -> Ledger:
    """Read all matches, as they are at one moment even while the run goes on."""
    with store.moment():
        found = store.rows("SELECT id, key, scenario, coalesce(overseer, -1), model, seed FROM matches ORDER BY id")
        sealed = _seals(store)
        signatures: dict[str, int] = {}
        measured: Ints = np.full(len(found), -1)
        blocks: list[tuple[Ints, Floats]] = []
        for first in range(0, len(found), BLOCK):
            block = found[first : first + BLOCK]
            blocks.append(_block(store, block[0][0], block[-1][0], signatures))
            _note(measured[first : first + BLOCK], block, blocks[-1][0])
            _check(store, block, sealed, *blocks[-1], list(signatures))
    sets = [tuple(sorted(text.split("\n"))) for text in signatures] + [()]  # the last: nothing was measured
    names = sorted(set(chain.from_iterable(sets)))
    places = [np.searchsorted(names, one) if one else np.zeros(0, np.int64) for one in sets]
    values: Floats = np.full((len(found), len(names)), np.nan)
    for i, (_, numbers) in enumerate(blocks):
        rows = slice(i * BLOCK, (i + 1) * BLOCK)
        _fill(values[rows], measured[rows], numbers, places)
    _, keys, *who = zip(*found, strict=True) if found else ((), (), (), (), (), ())
    scenario, overseer, model, seed = (np.asarray(one, np.int64) for one in who)
    order = np.lexsort((seed, model, overseer, scenario))  # stable: the later of two stays behind the earlier
    same = np.stack((scenario, overseer, model, seed))[:, order]
    order = order[np.append((same[:, 1:] != same[:, :-1]).any(axis=0), True)] if len(found) else order
    return Ledger(
        keys=[keys[i] for i in order],
        scenario=scenario[order],
        overseer=overseer[order],
        model=model[order],
        seed=seed[order],
        names=tuple(names),
        values=values[order],
        measured=measured[order],
        sets=[frozenset(one) for one in sets],
        total=len(found),
    )


def _block(store: Store, first: int, last: int, signatures: dict[str, int]) -> tuple[Ints, Floats]:
    """Which names were measured in each match with measures, ``[match, (id, signature)]``, and the values in order."""
    within = "FROM measures WHERE match BETWEEN ? AND ? ORDER BY match, name"
    named = store.rows(
        f"SELECT match, group_concat(name, char(10)) FROM (SELECT match, name {within}) GROUP BY match ORDER BY match",
        (first, last),
    )
    kinds = np.asarray([(match, signatures.setdefault(text, len(signatures))) for match, text in named], np.int64)
    numbers = np.asarray(store.rows(f"SELECT value {within}", (first, last)), np.float64)  # None becomes NaN
    return kinds.reshape(-1, 2), numbers.reshape(-1)


def _seals(store: Store) -> dict[int, tuple[str, int | None]]:
    """The controls and the checksum of every match by id; none in earlier formats."""
    columns = {row[1] for row in store.rows("PRAGMA table_info(matches)")}
    return (
        {i: (controls, seal) for i, controls, seal in store.rows("SELECT id, controls, seal FROM matches")}
        if "seal" in columns
        else {}
    )


def _check(
    store: Store,
    block: Sequence[Sequence[Any]],
    sealed: Mapping[int, tuple[str, int | None]],
    kinds: Ints,
    numbers: Floats,
    signatures: Sequence[str],
) -> None:
    """See that the measures of every match are those that it was sealed with."""
    names, content, where = [tuple(sorted(one.split("\n"))) for one in signatures], plain(numbers), 0
    spans = {}
    for match, kind in kinds.tolist():
        spans[match] = names[kind], where, where + len(names[kind])
        where += len(names[kind])
    for row in block:
        (controls, seal), (had, first, end) = sealed.get(row[0], ("", None)), spans.get(row[0], ((), 0, 0))
        if seal is not None and seal_of(row[1], controls, had, content[first:end].tobytes()) != seal:
            raise TurncoatError(f"{store.path}: damaged (a match is not what was written)")


def _note(measured: Ints, block: Sequence[Sequence[int]], kinds: Ints) -> None:
    """Put each match's signature down, in place."""
    ids = np.asarray([row[0] for row in block])
    measured[np.searchsorted(ids, kinds[:, 0])] = kinds[:, 1]


def _fill(values: Floats, measured: Ints, numbers: Floats, places: Sequence[Ints]) -> None:
    """Spread numbers, which stand match by match in the order of their names, over the columns, in place."""
    sizes = np.asarray([len(one) for one in places])[measured]
    starts = np.cumsum(sizes) - sizes
    for kind in np.unique(measured):
        rows = np.flatnonzero(measured == kind)
        values[np.ix_(rows, places[kind])] = numbers[starts[rows][:, None] + np.arange(len(places[kind]))]
