"""Standings: what a store says of every agent, averaged over seeds, in an order of its own."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from arena.contest.ledger import NOBODY, Columns, Ledger, ledger
from arena.contest.manifest import last
from arena.contest.store import NAMED, Store
from arena.measure.summary import Summary, nothing, summaries
from arena.spec import Setting, Spec, parse


@dataclass(frozen=True)
class Setup:
    """A scenario with its settings, and the overseer if it has a seat for one: where agents are compared."""

    scenario: int  # row in the store
    name: str
    label: str
    settings: tuple[tuple[str, Setting], ...]  # every parameter, by name
    digest: str
    title: str
    about: str
    source: str
    found: str
    overseer: str | None  # label
    overseer_name: str | None  # with every setting


@dataclass(frozen=True)
class Standing:
    """One agent in one setup: every measure of every seed."""

    agent: str  # label
    name: str  # with every setting
    kind: str  # known, planner or learner
    seeds: tuple[int, ...]
    values: Columns  # by measure, in the order of the seeds; NaN where it is undefined
    replays: tuple[tuple[int, str], ...] = ()  # seeds of which an episode was kept, and the names of their files

    @cached_property
    def summaries(self) -> dict[str, Summary]:
        """Every measure over the seeds."""
        return dict(zip(self.values.names, summaries(self.values.table), strict=True))

    def summary(self, measure: str) -> Summary:
        """A measure over the seeds."""
        return self.summaries.get(measure, nothing())


@dataclass(frozen=True)
class Failure:
    """Faults of one pairing that have one cause."""

    setup: Setup
    agent: str
    error: str  # the cause
    message: str  # of the first seed that has it
    matches: int  # that ended in a fault; 0 where an earlier format did not say
    policy: str  # what they cost


@dataclass(frozen=True)
class Gap:
    """A match that has no result, for a fault of its agent's."""

    setup: Setup
    agent: str  # label
    name: str  # with every setting
    seed: int
    cause: str
    policy: str  # forfeit: it counts as lost; else as not played


@dataclass(frozen=True)
class Standings:
    """All that a run has to say, setups and agents in the order of their names."""

    tables: Mapping[Setup, tuple[Standing, ...]]
    failures: tuple[Failure, ...]
    outdated: int  # matches in earlier versions of scenarios, kept in the store and left out here
    gaps: tuple[Gap, ...] = ()
    shown: tuple[str, ...] = ()  # measures that tables show besides the usual


def standings(store: Store, matches: Ledger | None = None) -> Standings:
    """Read a store. Of several games with the same name and settings, the one asked for last counts."""
    with store.moment():
        return _read(store, matches or ledger(store))


def _read(store: Store, matches: Ledger) -> Standings:
    newest = "SELECT max(asked) FROM scenarios AS later WHERE later.name = s.name AND later.settings = s.settings"
    scenarios = store.rows(
        "SELECT id, digest, name, settings, label, title, about, source, found FROM scenarios AS s"
        f" WHERE asked = ({newest})"
    )
    players = {row[0]: row[1:] for row in store.rows("SELECT id, name, label, kind FROM players")}
    labels = _distinct({number: (label, name) for number, (name, label, _) in players.items()})
    titles = _distinct({row[0]: (row[4], str(Spec(row[2], _pairs(row[3])))) for row in scenarios})
    current = {row[0]: row for row in scenarios}

    def setup(scenario: int, overseer: int | None) -> Setup:
        _, digest, name, settings, _, title, about, source, found = current[scenario]
        over = (None, None) if overseer is None else (labels[overseer], players[overseer][0])
        what = (titles[scenario], _pairs(settings), digest, title, about, source, found)
        return Setup(scenario, name, *what, *over)

    setups: dict[tuple[int, int | None], Setup] = {}
    found: dict[tuple[int, int | None], list[Standing]] = {}
    replays = set(store.filmed())
    for rows, values in matches.pairings():
        scenario, over, model = (int(one[rows.start]) for one in (matches.scenario, matches.overseer, matches.model))
        if scenario in current:
            overseer = None if over == NOBODY else over
            name, _, kind = players[model]
            setups.setdefault((scenario, overseer), setup(scenario, overseer))
            seeds = tuple(matches.seed[rows].tolist())
            kept = zip(seeds, matches.keys[rows], strict=True) if replays else ()
            named = tuple((seed, key[:NAMED]) for seed, key in kept if key in replays)
            standing = Standing(labels[model], name, kind, seeds, values, named)
            found.setdefault((scenario, overseer), []).append(standing)
    faults = [
        (Gap(setup(scenario, overseer), labels[model], players[model][0], seed, cause, policy), message, bool(without))
        for scenario, overseer, model, seed, cause, message, policy, without in _faults(store)
        if scenario in current
    ]
    gaps = [gap for gap, _, without in faults if without]
    shown = sum(len(standing.seeds) for table in found.values() for standing in table)
    return Standings(
        tables={
            setups[key]: tuple(sorted(found[key], key=lambda standing: order(standing.agent)))
            for key in sorted(found, key=lambda key: setup_order(setups[key]))
        },
        failures=_failures([(gap, message) for gap, message, _ in faults]),
        outdated=matches.total - shown,
        shown=tuple(last(store.folder).get("configuration", {}).get("measures", ())),
        gaps=tuple(sorted(gaps, key=lambda one: (setup_order(one.setup), order(one.agent), one.seed))),
    )


def order(label: str) -> tuple[object, ...]:
    """Where a label stands: by name, then by settings, numbers by size."""
    spec = parse(label)
    return (spec.name, *_sortable(spec.settings))


def setup_order(setup: Setup) -> tuple[object, ...]:
    """Where a setup stands: by scenario, settings, overseer."""
    return (setup.name, *_sortable(setup.settings), ("", 2, 0.0, ""), order(setup.overseer or ""))


def among(found: Standings, who: Collection[tuple[int, str | None, str]], seeds: Collection[int]) -> Standings:
    """What standings say of some pairings (scenario's row, overseer, model, both with every setting) and seeds."""
    tables = {}
    for setup, rows in found.tables.items():
        of = (setup.scenario, setup.overseer_name)
        if some := tuple(_some(row, seeds) for row in rows if (*of, row.name) in who):
            tables[setup] = some
    gaps = [
        gap
        for gap in found.gaps
        if gap.seed in seeds and (gap.setup.scenario, gap.setup.overseer_name, gap.name) in who
    ]
    return replace(found, tables=tables, gaps=tuple(gaps))


def _some(row: Standing, seeds: Collection[int]) -> Standing:
    kept = [i for i, seed in enumerate(row.seeds) if seed in seeds]
    values = Columns(row.values.names, row.values.table[kept])
    return replace(row, seeds=tuple(row.seeds[i] for i in kept), values=values)


def _faults(store: Store) -> list[tuple[int, int | None, int, int, str, str, str, int]]:
    """Scenario, overseer, model, seed, cause, message and policy of every fault, and whether its match has no result.

    Earlier formats kept one of a pairing, and not with which seed.
    """
    if not store.rows("SELECT 1 FROM sqlite_schema WHERE name = 'faults'"):
        return store.rows(f"SELECT scenario, overseer, model, {NOBODY}, error, message, '', 0 FROM failures")
    return store.rows(
        "SELECT scenario, overseer, model, seed, cause, message, policy, key NOT IN (SELECT key FROM matches)"
        " FROM faults ORDER BY seed, key"
    )


def _failures(faults: Iterable[tuple[Gap, str]]) -> tuple[Failure, ...]:
    """Faults of one pairing with one cause, put together; the first tells what was said."""
    found: dict[tuple[Setup, str, str, str], Failure] = {}
    for gap, message in faults:
        which = gap.setup, gap.agent, gap.cause, gap.policy
        one = found.get(which) or Failure(gap.setup, gap.agent, gap.cause, message, 0, gap.policy)
        found[which] = replace(one, matches=one.matches + (gap.seed != NOBODY))
    return tuple(sorted(found.values(), key=lambda one: (setup_order(one.setup), order(one.agent), one.error)))


def _distinct(named: Mapping[int, tuple[str, str]]) -> dict[int, str]:
    """Short labels where they are distinct, full names where two things share one."""
    count = Counter(label for label, _ in named.values())
    return {number: label if count[label] == 1 else full for number, (label, full) in named.items()}


def _pairs(settings: str) -> tuple[tuple[str, Setting], ...]:
    return tuple(sorted(json.loads(settings).items()))


def _sortable(settings: Iterable[tuple[str, Setting]]) -> list[tuple[str, int, float, str]]:
    """Settings as things that can be put in order: numbers by size, before words."""
    return [
        (key, 1, 0.0, str(value)) if isinstance(value, str) else (key, 0, float(value), "") for key, value in settings
    ]
