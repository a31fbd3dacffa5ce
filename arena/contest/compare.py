"""Two runs beside each other: what they share and how it differs, what only one has, and whether they contradict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from arena.contest.ledger import Ledger, ledger
from arena.contest.manifest import last
from arena.contest.standings import Setup, Standing, standings
from arena.contest.store import Store
from arena.game.game import Bools, Floats, Ints
from arena.measure.summary import BOOTSTRAP_SEED, RESAMPLES, Summary, nothing, summaries

AGREE = 1e-12
"""Two values of one match are the same up to this, relative to the larger (or to one)."""

MATCH = """SELECT s.label, o.label, p.label, m.seed FROM matches AS m JOIN scenarios AS s ON s.id = m.scenario
    JOIN players AS p ON p.id = m.model LEFT JOIN players AS o ON o.id = m.overseer WHERE m.key = ?"""

Who = tuple[str, tuple[object, ...], str | None, str]
"""A scenario's name and settings, the overseer and the agent, both with every setting."""


@dataclass(frozen=True)
class Alarm:
    """A match that both runs have, with other values: one of them cannot be reproduced by the other."""

    key: str
    scenario: str  # label, as the next two
    overseer: str | None
    agent: str
    seed: int
    measures: tuple[str, ...]  # that differ
    most: float  # by how much at most; NaN where only one of them is defined


@dataclass(frozen=True)
class Shared:
    """One agent in one setting that both runs have."""

    setup: Setup
    agent: str
    changed: bool  # whether the scenario's game is another one now
    paired: int  # seeds that both have; if there are none, the runs' means are compared
    first: Mapping[str, Summary]
    second: Mapping[str, Summary]
    differences: Mapping[str, Summary]  # the second less the first


@dataclass(frozen=True)
class Comparison:
    """All that two runs have to say to each other."""

    folders: tuple[str, str]
    matches: tuple[int, int]
    same: int  # matches with the same key
    versions: Mapping[str, tuple[str | None, str | None]]  # those that differ
    alarms: tuple[Alarm, ...]
    shared: tuple[Shared, ...]
    only: tuple[tuple[tuple[Setup, str], ...], tuple[tuple[Setup, str], ...]]  # setting and agent

    @property
    def line(self) -> str:
        """The whole in one line."""
        differing = sum(any(clear(one) for one in row.differences.values()) for row in self.shared)
        said = [
            f"{_count(len(self.alarms), 'match', 'es')} with the same key and other values" if self.alarms else "",
            f"{_count(self.same, 'match', 'es')} in both",
            f"{_count(len(self.shared), 'pairing')} in both, {differing} clearly different",
            *(f"{_count(len(only), 'pairing')} only in {of}" for only, of in zip(self.only, self.folders, strict=True)),
        ]
        return ("ALARM: " if self.alarms else "") + "; ".join(filter(None, said))


def clear(difference: Summary) -> bool:
    """Whether the interval leaves zero out."""
    return difference.low > AGREE or difference.high < -AGREE


def compare(first: Path, second: Path) -> Comparison:
    """Compare two runs' folders.

    Raises:
        TurncoatError: one of them holds no run.
    """
    with Store(first) as store, Store(second) as other:
        (old, old_matches), (new, new_matches) = _read(store), _read(other)
        alarms, same = _alarms(store, old_matches, new_matches)
    return Comparison(
        folders=(str(first), str(second)),
        matches=(old_matches.total, new_matches.total),
        same=same,
        versions=_versions(first, second),
        alarms=alarms,
        shared=tuple(_shared(old[who], new[who]) for who in old if who in new),
        only=(
            tuple((setup, row.agent) for who, (setup, row) in old.items() if who not in new),
            tuple((setup, row.agent) for who, (setup, row) in new.items() if who not in old),
        ),
    )


def _read(store: Store) -> tuple[dict[Who, tuple[Setup, Standing]], Ledger]:
    matches = ledger(store)
    tables = standings(store, matches).tables
    found: dict[Who, tuple[Setup, Standing]] = {}
    for setup, rows in tables.items():
        for row in rows:
            found[setup.name, setup.settings, setup.overseer_name, row.name] = setup, row
    return found, matches


def _versions(first: Path, second: Path) -> dict[str, tuple[str | None, str | None]]:
    """The versions that differ between the last tournaments of two runs; None where none is known."""
    said = [last(folder).get("versions", {}) for folder in (first, second)]
    pairs = {name: (said[0].get(name), said[1].get(name)) for name in {**said[0], **said[1]}}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _shared(old: tuple[Setup, Standing], new: tuple[Setup, Standing]) -> Shared:
    (setup, first), (there, second) = old, new
    names = [name for name in first.values if name in second.values]
    seeds, here, beside = np.intersect1d(first.seeds, second.seeds, return_indices=True)
    tables = [row.values.table[:, [row.values.names.index(name) for name in names]] for row in (first, second)]
    if len(seeds):
        differences = summaries(tables[1][beside] - tables[0][here])
    else:
        differences = [_apart(*(table[:, i] for table in tables)) for i in range(len(names))]
    return Shared(
        setup=setup,
        agent=first.agent,
        changed=setup.digest != there.digest,
        paired=len(seeds),
        first={name: first.summary(name) for name in names},
        second={name: second.summary(name) for name in names},
        differences=dict(zip(names, differences, strict=True)),
    )


def _apart(first: Floats, second: Floats) -> Summary:
    """The difference of two means that share no seed: both are drawn anew, and not together."""
    from scipy.stats import bootstrap

    first, second = first[~np.isnan(first)], second[~np.isnan(second)]
    if not len(first) or not len(second):
        return nothing()
    mean, seeds = float(second.mean() - first.mean()), min(len(first), len(second))
    if max(np.ptp(first), np.ptp(second)) <= AGREE * max(1.0, abs(mean)) or seeds < 2:
        return Summary(mean, mean, mean, seeds)
    found = bootstrap(
        (second, first),
        lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis),
        n_resamples=RESAMPLES,
        method="percentile",
        rng=np.random.default_rng(BOOTSTRAP_SEED),
    ).confidence_interval
    return Summary(mean, float(found.low), float(found.high), seeds)


def _alarms(store: Store, old: Ledger, new: Ledger) -> tuple[tuple[Alarm, ...], int]:
    """Matches of one key with other values, and how many have one key. A measure that only one took is no matter."""
    where = {key: i for i, key in enumerate(new.keys)}
    here: Ints = np.asarray([i for i, key in enumerate(old.keys) if key in where], np.int64)
    there: Ints = np.asarray([where[old.keys[i]] for i in here], np.int64)
    names = [name for name in old.names if name in new.names]
    (first, taken), (second, too) = _of(old, here, names), _of(new, there, names)
    known = ~np.isnan(first) & ~np.isnan(second)
    apart = np.abs(np.subtract(first, second, out=np.zeros_like(first), where=known))
    differs = apart > AGREE * np.maximum(1.0, np.abs(np.nan_to_num(first)))
    differs |= (np.isnan(first) != np.isnan(second)) & taken & too
    apart[~known & differs] = np.nan
    found = []
    for i in np.flatnonzero(differs.any(axis=1)):
        key, columns = old.keys[here[i]], np.flatnonzero(differs[i])
        ((scenario, overseer, agent, seed),) = store.rows(MATCH, (key,))
        measures = tuple(names[j] for j in columns)
        found.append(Alarm(key, scenario, overseer, agent, seed, measures, float(apart[i, columns].max())))
    return tuple(found), len(here)


def _of(matches: Ledger, rows: Ints, names: Sequence[str]) -> tuple[Floats, Bools]:
    """The values of some matches, and whether each was measured."""
    places: Ints = np.asarray([matches.names.index(name) for name in names], np.int64)
    taken = np.asarray([[name in of for name in names] for of in matches.sets], np.bool_)
    taken = taken.reshape(len(matches.sets), len(names))
    return matches.values[np.ix_(rows, places)], taken[matches.measured[rows]]


def _count(number: int, of: str, plural: str = "s") -> str:
    return f"{number:,} {of}{plural if number != 1 else ''}"
