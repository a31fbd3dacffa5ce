"""Ratings: who beats whom in the same setting, as Bradley-Terry strengths with intervals over seeds.

Bradley and Terry, Biometrika 39 (1952); fitted by iterative Luce spectral ranking (Maystre and Grossglauser, NeurIPS
2015) as ``choix`` has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from arena.contest.standings import Setup, Standings, order
from arena.game.game import Bools, Floats, Ints
from arena.measure.summary import BOOTSTRAP_SEED, Summary
from arena.spec import listed

SAFETY = "intended_return"
"""The measure that agents are compared by unless another is named: what the principal wants."""

PULL = 0.5
"""The regularisation: as if every two agents of a group had beaten each other 2 * PULL times more than they have."""

EQUAL = 1e-9
"""Two values are equal when they differ by no more than this, relative to the larger (or to one)."""

RESAMPLES = 400
PATIENCE = 10_000
LARGEST = 20_000_000
"""Numbers held at a time while comparisons are counted."""

Seat = Literal["model", "overseer"]


@dataclass(frozen=True)
class Rated:
    """One agent's rating."""

    agent: str  # label
    rating: Summary  # log-odds against the average of its group
    won: int
    tied: int
    lost: int
    rank: int  # one more than the agents of its group whose whole interval lies above its own
    group: int  # agents that were compared with each other, directly or through others; 0 is the first


@dataclass(frozen=True)
class Ratings:
    """All agents of a seat, by group, then by rating, with what is to be said of them."""

    measure: str
    seat: Seat
    rows: tuple[Rated, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Bouts:
    """All comparisons, as counted: ties count half for each."""

    agents: tuple[str, ...]
    seeds: Ints
    beaten: Floats  # [resample, i, j]: how often i beat j; the first row is what was played, the others are resampled
    tied: Ints  # [i, j]


def ratings(
    standings: Standings, measure: str = SAFETY, seat: Seat = "model", pull: float = PULL, resamples: int = RESAMPLES
) -> Ratings:
    """Rate the agents of a seat; more of the measure is better.

    A comparison is two agents in the same place (scenario with settings, seed, and who has the other seat). A forfeited
    match loses against any that was played; a void one is no comparison. Intervals are 95% percentile bootstraps over
    seeds, a seed with all its matches at a time.
    """
    found = bouts(standings, measure, seat, resamples)
    groups = [np.asarray(one) for one in _groups(found)]
    strengths: Floats = np.zeros((len(found.beaten), len(found.agents)))
    for members in groups:
        tables = found.beaten[:, members[:, None], members]
        _, first, which = np.unique(tables.reshape(len(tables), -1), axis=0, return_index=True, return_inverse=True)
        near = fit(tables[0], pull)  # few seeds give few different tables
        strengths[:, members] = np.asarray([fit(tables[i], pull, near) for i in first])[which]
    low, high = np.quantile(strengths[1:], [0.025, 0.975], axis=0) if resamples else (strengths[0], strengths[0])
    rows = []
    for number, members in enumerate(groups):
        for i in members:
            tied = int(found.tied[i].sum())
            won, lost = (round(one.sum() - tied / 2) for one in (found.beaten[0, i], found.beaten[0, :, i]))
            ends = min(low[i], strengths[0, i]), max(high[i], strengths[0, i])  # the search ends within some digits
            rating = Summary(float(strengths[0, i]), float(ends[0]), float(ends[1]), len(found.seeds))
            rank = 1 + sum(low[j] > high[i] for j in members)
            rows.append(Rated(found.agents[i], rating, won, tied, lost, int(rank), number))
    rows.sort(key=lambda row: (row.group, row.rank, -row.rating.mean, order(row.agent)))
    return Ratings(measure, seat, tuple(rows), tuple(_warnings(found, groups)))


def fit(beaten: Floats, pull: float, near: Floats | None = None) -> Floats:
    """Strengths with mean zero from ``beaten[i, j]``, how often i beat j.

    The maximum likelihood, with 2 pull wins and losses more between every two: so two agents have the log-odds (wins +
    2 pull) / (losses + 2 pull). The search begins ``near`` some strengths.
    """
    if len(beaten) == 1:
        return np.zeros(1)
    from choix import ilsr_pairwise_dense

    more = 2 * pull * (1 - np.eye(len(beaten)))
    return np.asarray(ilsr_pairwise_dense(beaten + more, initial_params=near, max_iter=PATIENCE))


def bouts(standings: Standings, measure: str, seat: Seat = "model", resamples: int = 0) -> Bouts:
    """Count the comparisons, as played and with seeds drawn anew so many times."""
    met = places(standings, measure, seat)
    agents = tuple(sorted({agent for place in met for agent in place}, key=order))
    seeds: Ints = np.asarray(sorted({seed for place in met for of in place.values() for seed in of}), np.int64)
    size = len(agents)
    weights = np.vstack((np.ones(len(seeds)), _weights(len(seeds), resamples)))
    beaten, tied = np.zeros((len(weights), size * size)), np.zeros((size, size), np.int64)
    for place in met:
        here = [i for i, agent in enumerate(agents) if agent in place]
        table: Floats = np.full((len(here), len(seeds)), np.nan)
        for row, i in enumerate(here):
            of = place[agents[i]]
            table[row, np.searchsorted(seeds, list(of))] = list(of.values())
        cells = (np.asarray(here)[:, None] * size + np.asarray(here)).ravel()
        step = max(1, LARGEST // max(1, len(here) ** 2))
        for first in range(0, len(seeds), step):
            part = slice(first, first + step)
            above, equal = outcomes(table[:, part])
            tied[np.ix_(here, here)] += equal.sum(axis=2)
            scored = (above + equal / 2).reshape(len(cells), -1)
            beaten[:, cells] += weights[:, part] @ scored.T
    return Bouts(agents, seeds, beaten.reshape(len(weights), size, size), tied)


def outcomes(table: Floats) -> tuple[Bools, Bools]:
    """Whether i is above j, and whether they are equal, by seed; neither where one is NaN. ``[i, j, seed]``"""
    mine, theirs = table[:, None], table[None]
    with np.errstate(invalid="ignore"):  # two that were forfeited, which is no comparison
        near = np.abs(mine - theirs) <= EQUAL * np.maximum(1.0, np.maximum(np.abs(mine), np.abs(theirs)))
    equal = near & ~(np.isinf(mine) | np.isinf(theirs))
    equal[np.arange(len(table)), np.arange(len(table))] = False
    return (mine > theirs) & ~equal, equal


Place = dict[str, dict[int, float]]
"""The value of every agent with every seed."""


def places(standings: Standings, measure: str, seat: Seat) -> list[Place]:
    """Where agents of a seat can be compared. What was forfeited is worth less than anything."""
    found: dict[tuple[object, ...], Place] = {}

    def at(setup: Setup, model: str) -> tuple[Place, str] | None:
        if seat == "overseer":
            return (found.setdefault((setup.scenario, model), {}), setup.overseer) if setup.overseer else None
        return found.setdefault((setup.scenario, setup.overseer), {}), model

    for setup, rows in standings.tables.items():
        for row in rows:
            if (place := at(setup, row.agent)) and measure in row.values:
                known = zip(row.seeds, row.values[measure].tolist(), strict=True)
                place[0][place[1]] = {seed: value for seed, value in known if value == value}
    if seat == "model":  # a fault is the model's
        for gap in standings.gaps:
            if gap.policy == "forfeit" and (place := at(gap.setup, gap.agent)):
                place[0].setdefault(place[1], {})[gap.seed] = -np.inf
    return list(found.values())


def scores(met: Sequence[Place], one: str, other: str) -> Floats:
    """By seed, in their order: the share of places in which one agent is above another less that where it is below."""
    found: dict[int, list[float]] = {}
    for place in met:
        mine, theirs = place.get(one, {}), place.get(other, {})
        seeds = [seed for seed in mine if seed in theirs]
        above, _ = outcomes(np.asarray([[of[seed] for seed in seeds] for of in (mine, theirs)]))
        for seed, score in zip(seeds, (above[0, 1].astype(float) - above[1, 0]).tolist(), strict=True):
            found.setdefault(seed, []).append(score)
    return np.asarray([np.mean(found[seed]) for seed in sorted(found)])


def _weights(seeds: int, resamples: int) -> Floats:
    """How often each seed is drawn in every resample. ``[resample, seed]``"""
    if not seeds:
        return np.zeros((resamples, 0))
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    return rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=resamples).astype(float)


def _groups(found: Bouts, strong: bool = False) -> list[list[int]]:
    """Agents that comparisons connect, the largest group first; ``strong``: by wins and ties in both directions."""
    from scipy.sparse.csgraph import connected_components

    if not found.agents:
        return []
    _, of = connected_components(found.beaten[0] > 0, connection="strong" if strong else "weak")
    groups = [np.flatnonzero(of == i).tolist() for i in range(of.max() + 1)]
    return sorted(groups, key=lambda one: (-len(one), one))


def _warnings(found: Bouts, groups: Sequence[Ints]) -> list[str]:
    """What the ratings cannot tell: between groups, and of those who never lost or never won."""
    said = []
    if len(groups) > 1:
        named = "; ".join(listed([found.agents[i] for i in members]) for members in groups)
        said.append(f"No comparison connects these groups, so ratings mean nothing between them: {named}.")
    beaten = found.beaten[0] > 0
    for members in _groups(found, strong=True):
        rest = next(np.setdiff1d(group, members) for group in groups if members[0] in group)
        who = listed([found.agents[i] for i in members])
        else_, their = (" else", "their ratings") if len(members) > 1 else ("", "its rating")
        for told, over in (("lost to", beaten.T), ("beat", beaten)):
            if len(rest) and not over[members][:, rest].any():
                said.append(
                    f"{who} never {told} or tied with anybody{else_}: without regularisation {their} would be infinite."
                )
    return said
