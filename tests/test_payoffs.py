"""Payoff tables and their equilibria: games with known answers, and what a run makes of them."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from arena.contest.league import spelt
from arena.contest.payoffs import Solved, payoffs, solve
from arena.game.game import Floats
from arena.solve.zero_sum import linear_programme
from tests.contestants import play


def mixes(found: Solved) -> list[tuple[list[float], list[float]]]:
    return [(one.rows.round(9).tolist(), one.columns.round(9).tolist()) for one in found.equilibria]


def table(*rows: Sequence[float]) -> Floats:
    return np.asarray(rows, float)


def test_matching_pennies() -> None:
    pennies = table([1, -1], [-1, 1])
    found = solve(pennies, -pennies)
    assert mixes(found) == [([0.5, 0.5], [0.5, 0.5])]
    assert (found.complete, found.degenerate, found.zero_sum) == (True, False, True)
    assert found.equilibria[0].values == pytest.approx((0, 0))


def test_dilemma_and_battle() -> None:
    dilemma = table([3, 0], [5, 1])
    assert mixes(solve(dilemma, dilemma.T)) == [([0, 1], [0, 1])]
    battle = solve(table([2, 0], [0, 1]), table([1, 0], [0, 2]))
    assert [x + y for x, y in mixes(battle)] == [
        pytest.approx(mix) for mix in ([1, 0, 1, 0], [2 / 3, 1 / 3, 1 / 3, 2 / 3], [0, 1, 0, 1])
    ]
    assert (battle.complete, battle.degenerate, battle.zero_sum) == (True, False, False)


def by_supports(a: Floats, b: Floats) -> set[tuple[float, ...]]:
    """Equilibria with supports of one size, from their definition."""
    found = set()
    for size in range(1, min(a.shape) + 1):
        for i in map(list, combinations(range(len(a)), size)):
            for j in map(list, combinations(range(a.shape[1]), size)):
                x, y = np.zeros(len(a)), np.zeros(a.shape[1])
                for mix, own, pays in ((y, j, a[np.ix_(i, j)]), (x, i, b[np.ix_(i, j)].T)):
                    system = np.block([[pays, -np.ones((size, 1))], [np.ones((1, size)), np.zeros((1, 1))]])
                    mix[own] = np.linalg.solve(system, np.append(np.zeros(size), 1.0))[:size]
                if min(x[i].min(), y[j].min()) < 0:
                    continue
                if (a @ y).max() <= x @ a @ y + 1e-9 and (x @ b).max() <= x @ b @ y + 1e-9:
                    found.add(tuple(np.concatenate((x, y)).round(6).tolist()))
    return found


def test_every_equilibrium_of_small_games_is_found() -> None:
    rng = np.random.default_rng(2)
    for _ in range(15):
        a, b = rng.normal(size=(2, 4, 3))
        found = solve(a, b)
        assert {tuple(np.concatenate((x, y)).round(6).tolist()) for x, y in mixes(found)} == by_supports(a, b)
        assert len(found.equilibria) % 2 == 1


def test_zero_sum_games_have_the_value_of_the_linear_programme() -> None:
    rng = np.random.default_rng(4)
    for shape in ((5, 4), (30, 20)):
        a = rng.normal(size=shape)
        found, (value, _) = solve(a, 3 - a), linear_programme(a)
        assert [one.values[0] for one in found.equilibria] == pytest.approx([value] * len(found.equilibria))
        assert found.equilibria
        assert found.zero_sum
        assert found.complete == (sum(shape) <= 12)


def test_large_games_have_one_that_holds() -> None:
    rng = np.random.default_rng(6)
    for shape in (*[(20, 5)] * 10, (5, 20), (40, 10)):
        a, b = rng.normal(size=(2, *shape))
        (one,) = solve(a, b).equilibria
        assert (a @ one.columns).max() <= one.values[0] + 1e-8
        assert (one.rows @ b).max() <= one.values[1] + 1e-8


def test_degenerate_games_are_said_to_be() -> None:
    found = solve(table([1, 1], [1, 0]), table([1, 1], [0, 1]))
    assert found.degenerate
    assert "degenerate" in found.words
    nothing = solve(np.zeros((3, 2)), np.zeros((3, 2)))  # all alike: one of each stands for all
    assert mixes(nothing) == [([1, 0, 0], [1, 0])]
    assert nothing.alike[0].tolist() == [0, 0, 0]
    alone = solve(table([1, 2, 2]), table([0, 1, 1]))
    assert mixes(alone) == [([1], [0, 1, 0])]


def test_the_inspection_game_has_dreshers_value() -> None:
    """Two periods, one inspection: C(1, 1) / (C(2, 0) + C(2, 1)) for the inspectee."""
    at_once, then, then_if_free = [-1, 1], [1, -1], [1, 0]  # against inspecting in the first period, and in the second
    found = solve(table(at_once, then, then_if_free), -table(at_once, then, then_if_free))
    assert [one.values for one in found.equilibria] == [pytest.approx((1 / 3, -1 / 3))]
    ((row, column),) = mixes(found)
    assert row + column == pytest.approx([1 / 3, 0, 2 / 3, 1 / 3, 2 / 3])


def test_a_run_has_a_table_for_every_scenario_with_several_overseers(tmp_path: Path) -> None:
    _, found = play(
        tmp_path,
        scenarios=["inspection-game:periods=1,inspections=1", "stage-bandit:longest=2"],
        agents=["honest", "defector"],
        overseers=["always", "never"],
        seeds=1,
    )
    (game,) = payoffs(found)  # the other scenario has no such seat
    assert game.setup.name == "inspection-game"
    assert (game.models, game.overseers) == (("defector", "honest"), ("always", "never"))
    assert [[pair[0].mean for pair in line] for line in game.cells] == [[-1, 1], [0, 0]]
    assert [[pair[1].mean for pair in line] for line in game.cells] == [[1, -1], [0, 0]]
    assert game.solved
    assert game.solved.zero_sum
    assert game.solved.equilibria[0].values == pytest.approx((0, 0))  # C(0, 1) is 0
    assert spelt(game) == [
        ("honest", "always", (0, 0)),
        ("honest", "0.500 always + 0.500 never", (0, 0)),  # or anything between the two
    ]
    assert game.solved.degenerate
    assert game.measures == ("observed_return", "observed_return:overseer")
