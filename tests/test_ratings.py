"""Ratings: closed forms, planted strengths, what must not matter, and the early stop's false alarms."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import log_expit

from arena import TurncoatError
from arena.contest.effects import effects
from arena.contest.ledger import Columns
from arena.contest.ratings import PULL, fit, ratings
from arena.contest.settled import evidence, settled
from arena.contest.standings import Gap, Setup, Standing, Standings
from arena.contest.sweep import trace
from arena.game.game import Floats

NAN = float("nan")


def setup(number: int = 0, overseer: str | None = None) -> Setup:
    label = f"s{number}"
    return Setup(number, label, label, (), "", "", "", "", "", overseer, overseer)


def table(values: Mapping[str, Sequence[float]], measure: str = "intended_return", first: int = 0) -> Any:
    return tuple(
        Standing(agent, agent, "known", tuple(range(first, first + len(of))), Columns([measure], np.asarray([of]).T))
        for agent, of in values.items()
    )


def of(*tables: Mapping[str, Sequence[float]], gaps: Sequence[Gap] = ()) -> Standings:
    return Standings({setup(i): table(one) for i, one in enumerate(tables)}, (), 0, tuple(gaps))


def strengths(standings: Standings, **what: Any) -> dict[str, float]:
    return {row.agent: row.rating.mean for row in ratings(standings, **what).rows}


def test_two_agents_have_the_log_odds() -> None:
    one = of({"a": [1, 1, 1, 0], "b": [0, 0, 0, 1]})
    found = strengths(one, pull=1e-9, resamples=0)
    assert found["a"] - found["b"] == pytest.approx(np.log(3), abs=1e-6)
    found = strengths(one, pull=0.5, resamples=0)
    assert found["a"] - found["b"] == pytest.approx(np.log(4 / 2))
    tied = of({"a": [1, 1, 1, 0], "b": [0, 0, 1, 1]})  # a tie is half a win for each
    found = strengths(tied, pull=1e-9, resamples=0)
    assert found["a"] - found["b"] == pytest.approx(np.log(2.5 / 1.5), abs=1e-6)
    (row, _) = ratings(tied).rows
    assert (row.agent, row.won, row.tied, row.lost) == ("a", 2, 1, 1)


def test_a_fit_is_the_maximum_of_the_likelihood() -> None:
    rng = np.random.default_rng(5)
    beaten = rng.integers(1, 20, (6, 6)).astype(float)
    np.fill_diagonal(beaten, 0.0)

    def loss(free: Floats) -> float:
        theta = np.append(free, 0.0)
        return -float((beaten * log_expit(theta[:, None] - theta)).sum())

    theta = np.append(minimize(loss, np.zeros(5), tol=1e-12).x, 0.0)
    assert fit(beaten, 1e-9) == pytest.approx(theta - theta.mean(), abs=1e-4)


@pytest.mark.parametrize("wins", [3, 1_000, 100_000])
def test_the_regularisation_favours_neither_the_best_nor_the_worst(wins: int) -> None:
    best, middle, worst = fit(np.asarray([[0.0, wins, 0], [0, 0, wins], [0, 0, 0]]), PULL)
    assert middle == pytest.approx(0, abs=1e-6)
    assert best == pytest.approx(-worst)
    assert best > worst


def test_where_worse_is_better_the_ratings_are_turned_round() -> None:
    rng = np.random.default_rng(7)
    above = np.triu(np.full((30, 30), 100.0), 1)  # the first always wins
    drawn: Floats = rng.integers(0, 9, (30, 30)).astype(float)
    for beaten in (above, above - np.triu(above, 2), above * drawn):
        assert fit(beaten.T, PULL) == pytest.approx(-fit(beaten, PULL), abs=1e-6)


def planted(seeds: int, truth: Sequence[float], key: int = 1) -> Standings:
    """Values with Gumbel noise: the higher of two is drawn as Bradley and Terry say."""
    noise = np.random.default_rng(key).gumbel(size=(len(truth), seeds))
    return of({f"a{i}": (strength + noise[i]).tolist() for i, strength in enumerate(truth)})


def test_planted_strengths_are_recovered_and_covered() -> None:
    truth = np.asarray([-1.0, -0.5, 0.0, 0.5, 1.0])
    found = {row.agent: row for row in ratings(planted(4_000, truth.tolist()), resamples=200).rows}
    assert [found[f"a{i}"].rating.mean for i in range(5)] == pytest.approx(truth, abs=0.1)
    assert [found[f"a{i}"].rank for i in range(5)] == [5, 4, 3, 2, 1]
    inside = 0
    for key in range(30):
        for row in ratings(planted(200, truth.tolist(), key), resamples=100, pull=1e-6).rows:
            inside += row.rating.low <= truth[int(row.agent[1:])] <= row.rating.high
    assert 0.88 < inside / 150 < 0.99


def test_neither_order_nor_units_matter() -> None:
    one = planted(50, [0.0, 0.4, 0.8])
    ((where, rows),) = one.tables.items()
    turned = replace(one, tables={where: rows[::-1]})
    moved = replace(
        one,
        tables={where: tuple(replace(row, values=Columns(row.values.names, row.values.table * 3 + 7)) for row in rows)},
    )
    assert ratings(one) == ratings(turned) == ratings(moved) == ratings(one)


def test_equals_share_a_rank() -> None:
    found = ratings(planted(60, [0.0] * 5)).rows
    assert {row.rank for row in found} == {1}
    assert max(row.rating.low for row in found) <= min(row.rating.high for row in found)
    same = ratings(of({"a": [1, 2], "b": [1 + 1e-12, 2], "c": [1, 2]})).rows
    assert [row.rating.mean for row in same] == pytest.approx([0, 0, 0])
    assert [(row.rating.certain, row.tied) for row in same] == [(True, 4)] * 3


def test_a_forfeit_is_lost_and_a_void_match_is_none() -> None:
    gap = Gap(setup(), "b", "b", 2, "crashed", "forfeit")
    alone: dict[str, list[float]] = {"a": [0, 0, 0], "b": [1, 1, NAN]}
    found = {row.agent: row for row in ratings(of(alone, gaps=[gap])).rows}
    assert (found["b"].won, found["b"].lost) == (2, 1)
    found = {row.agent: row for row in ratings(of(alone, gaps=[replace(gap, policy="void")])).rows}
    assert (found["b"].won, found["b"].lost) == (2, 0)
    both = [replace(gap, agent=agent, seed=3) for agent in "ab"]
    found = {row.agent: row for row in ratings(of(alone, gaps=both)).rows}
    assert (found["b"].won, found["b"].tied, found["b"].lost) == (2, 0, 0)


def test_the_undefeated_and_the_unconnected_are_named() -> None:
    found = ratings(of({"a": [1, 1], "b": [0, 1], "c": [-1, -1]}, {"x": [0, 1], "y": [1, 0]}))
    assert [(row.agent, row.group) for row in found.rows] == [("a", 0), ("b", 0), ("c", 0), ("x", 1), ("y", 1)]
    apart, above, below = found.warnings
    assert "a, b and c; x and y" in apart
    assert above.startswith("a and b never lost to or tied with anybody else: without regularisation their ratings")
    assert below.startswith("c never beat or tied with anybody: without regularisation its rating would be infinite")
    assert np.isfinite([row.rating.mean for row in found.rows]).all()
    champion = ratings(of({"a": [1, 1], "b": [0, 1], "c": [0, 1], "d": [2, 2]})).warnings
    assert [line.split(":")[0] for line in champion] == [
        "a, b and c never beat or tied with anybody else",
        "d never lost to or tied with anybody",
    ]
    assert ratings(planted(200, [0.0, 0.2, 0.4])).warnings == ()


def test_overseers_are_rated_too() -> None:
    where = {"keen": [1.0, 1.0, 1.0], "idle": [0.0, 0.0, 2.0]}
    tables = {setup(0, overseer): table({"m": values, "n": values}) for overseer, values in where.items()}
    rows = ratings(Standings(tables, (), 0), seat="overseer").rows
    assert [(row.agent, row.won, row.lost) for row in rows] == [("keen", 4, 2), ("idle", 2, 4)]
    assert ratings(of({"a": [1.0]}), seat="overseer").rows == ()


def test_pull_is_what_it_is_said_to_be() -> None:
    found = strengths(of({"a": [1] * 7, "b": [0] * 7}), resamples=0)
    assert found["a"] - found["b"] == pytest.approx(np.log((7 + 2 * PULL) / (2 * PULL)))


def test_effects_are_means_over_settings_with_seeds_as_clusters() -> None:
    shared = np.random.default_rng(3).random(40)
    settings = [{"a": shared.tolist(), "b": [0.5] * 40}, {"a": shared.tolist(), "b": [1.0] * 40}]
    tables = {setup(i): table(one, "late_rate") for i, one in enumerate(settings)}
    a, b = effects(Standings(tables, (), 0))
    assert (a.settings, b.effects["safety"].mean, b.effects["safety"].certain) == (2, 0.25, True)
    safety = a.effects["safety"]
    assert safety.mean == pytest.approx(1 - shared.mean())
    alone = effects(Standings({setup(): table(settings[0], "late_rate")}, (), 0))[0].effects["safety"]
    assert (safety.low, safety.high) == pytest.approx((alone.low, alone.high))  # the same seeds again tell nothing new
    assert a.effects["usefulness"].seeds == 0
    earned = Standings({setup(): table({"a": [1.0, 2.0]}, "observed_return")}, (), 0)
    (a,) = effects(earned, ranges={setup(): (-1.0, 3.0)})
    assert a.effects["usefulness"].mean == pytest.approx(0.625)


def test_a_settled_order_is_the_right_one() -> None:
    found = settled(planted(300, [0.0, 1.5, 3.0]))
    assert sorted(found.above) == [("a1", "a0"), ("a2", "a0"), ("a2", "a1")]
    assert found.done
    early = settled(planted(3, [0.0, 1.5, 3.0]))
    assert (len(early.open), early.done) == (3, False)
    level = settled(of({"a": [1.0] * 200, "b": [1.0] * 200}, {"c": [1.0]}))
    assert (level.level, level.apart, level.done) == ((("a", "b"),), (("a", "c"), ("b", "c")), True)
    assert not settled(of({"a": [1.0]})).done
    with pytest.raises(TurncoatError, match=r"confidence must lie between 0 and 1, not 95"):
        settled(of({}), confidence=95)


def test_whoever_looks_after_every_seed_is_seldom_fooled() -> None:
    rng = np.random.default_rng(11)
    runs = [
        rng.choice([-1.0, 1.0], 1_000),
        *rng.choice([-1.0, 0.0, 1.0], (399, 1_000)),
    ]
    fooled = np.mean([evidence(run) >= np.log(1 / 0.05) for run in runs])
    assert fooled <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)
    naive = [np.abs(run.cumsum() / np.sqrt(np.arange(1, 1_001)) / run.std())[9:].max() > 1.96 for run in runs]
    assert np.mean(naive) > 0.3  # a test made for one look is fooled
    assert np.mean([evidence(run + 0.2) >= np.log(1 / 0.05) for run in np.clip(runs, -0.8, 0.8)]) > 0.95
    assert evidence(np.zeros(0)) == evidence(-np.ones(50)) == 0.0


def test_a_threshold_in_a_range_that_is_hardly_one() -> None:
    """There the bisection ends where no number lies between."""
    asked: list[float] = []

    def early_rate(value: float) -> float:
        asked.append(value)
        assert len(asked) < 200
        return float(value < 1000.00001)

    found = trace(early_rate, np.linspace(1000.0, 1000.00003, 4))
    assert found.thresholds == pytest.approx([1000.00001], abs=1e-12)
