"""The solvers against closed forms, brute force and an outside solver."""

from itertools import product
from math import comb
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

import arena
from arena.errors import TurncoatError
from arena.game.game import Game
from arena.play.evaluate import evaluate
from arena.play.policy import Policy, everybody, view
from arena.solve.optimal import optimal
from arena.solve.stationary import stationary
from arena.solve.zero_sum import equilibrium, linear_programme, matrix_game
from tests.strategies import MUCH, compiled


def ladder(**settings: float) -> Game:
    return arena.scenario("deferral-ladder").compile(**settings)


@pytest.mark.parametrize(
    ("discount", "value", "play"),
    [
        (1.0, 10.0, "CCCCCD"),
        (0.73, 10 * 0.73**5, "CCCCCD"),
        (0.72, None, "DCCCCD"),
        (0.7, 1.84035, "DCCCCD"),
        (0.6, 1.4944, "DDCCCD"),
        (0.5, 1.3515625, "DDDCCD"),
        (0.0, 1.0, "DDDDDD"),
    ],
)
def test_the_ladder_has_its_known_optimum(discount: float, value: float | None, play: str) -> None:
    solution = optimal(ladder(discount=discount))
    assert solution.play == play
    if value is not None:
        assert solution.value == pytest.approx(value, abs=1e-12)


def test_play_follows_the_path_that_stays_free() -> None:
    """Being caught is nine times as likely as going on, and still the play tells what is done by whoever goes on."""
    assert optimal(ladder(discount=0.0, catch=0.9)).play == "DDDDDD"


def test_the_ladders_threshold_is_found_by_bisection() -> None:
    low, high = 0.5, 0.9
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if optimal(ladder(discount=middle)).play.startswith("CCCCC") else (middle, high)
    assert high == pytest.approx((1 / (0.5 * 10)) ** (1 / 5), abs=1e-9)
    assert round(high, 4) == 0.7248


@pytest.mark.parametrize("catch", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("rounds", [1, 3, 8])
@pytest.mark.parametrize("later", [1, 3])
def test_the_ladder_satisfies_its_recursion(catch: float, rounds: int, later: int) -> None:
    discount, prize, gain, comply = 0.9, 4.0, 1.0, 0.25
    value = prize * (1 - discount**later) / (1 - discount)
    for _ in range(rounds):
        value = max(comply + discount * value, gain + (1 - catch) * discount * value)
    game = ladder(discount=discount, prize=prize, gain=gain, comply=comply, catch=catch, rounds=rounds, later=later)
    assert optimal(game).value == pytest.approx(value, rel=1e-12)


def test_early_rate_at_half_is_weighted_by_occupancy() -> None:
    game = ladder(discount=0.5)
    evaluation = evaluate(game, {"model": optimal(game).policy})
    assert evaluation.early_defections == pytest.approx(1.75)
    assert evaluation.early_opportunities == pytest.approx(2.0)


def test_simulation_oversight_has_its_known_memoryless_optimum() -> None:
    game = arena.scenario("simulation-oversight").compile()
    solution = optimal(game, information="memoryless")
    assert solution.value == pytest.approx(2.7, abs=1e-12)
    assert solution.unique
    assert "hold an optimum" in solution.certificate
    seat, told = game.seats[0], view(game, "model")
    does = {
        seat.sees.factors[0].values[row[0]]: seat.actions[int(solution.policy.probability[0, o].argmax())]
        for o, row in enumerate(told.rows)
    }
    assert (does["choice"], does["sim"], does["real"]) == ("real", "complete", "exploit")


def closed_form(periods: int, inspections: int) -> float:
    """Dresher's value to the inspector."""
    if inspections >= periods:
        return 0.0
    return -comb(periods - 1, inspections) / sum(comb(periods, i) for i in range(inspections + 1))


@pytest.mark.parametrize("periods", range(1, 13))
def test_inspection_games_match_the_closed_form(periods: int) -> None:
    for inspections in range(periods + 1):
        game = arena.scenario("inspection-game").compile(periods=periods, inspections=inspections)
        if inspections == 0:  # the inspector has no choice left, and the inspectee simply violates
            assert optimal(game).value == pytest.approx(1.0)
            continue
        value = equilibrium(game)["overseer"].value
        assert value == pytest.approx(closed_form(periods, inspections), abs=1e-9)


@pytest.mark.parametrize("periods", range(2, 13))
def test_inspection_games_match_scipys_linear_programmes(periods: int) -> None:
    """The recursion again, every stage game handed to scipy as a linear programme written out here."""
    value: dict[tuple[int, int], float] = {}
    for n in range(1, periods + 1):
        for m in range(n + 1):
            if m == 0:
                value[n, m] = -1.0
                continue
            rest, used = value.get((n - 1, m), 0.0), value.get((n - 1, m - 1), 0.0)
            payoff = np.asarray([[used, 1.0], [rest, -1.0]])  # inspect or not, against legal or violate
            programme: Any = linprog(
                [0, 0, -1],
                A_ub=np.column_stack((-payoff.T, [1, 1])),
                b_ub=[0, 0],
                A_eq=[[1, 1, 0]],
                b_eq=[1],
                bounds=[(0, 1), (0, 1), (None, None)],
            )
            value[n, m] = -float(programme.fun)
            if m > n - 1:
                value[n, m] = 0.0 if m >= n else value[n, m]
    for m in range(1, periods):
        game = arena.scenario("inspection-game").compile(periods=periods, inspections=m)
        assert equilibrium(game)["overseer"].value == pytest.approx(value[periods, m], abs=1e-9)


@pytest.mark.parametrize("periods", [2, 3, 7])
def test_both_mix_with_one_over_n_plus_one(periods: int) -> None:
    game = arena.scenario("inspection-game").compile(periods=periods, inspections=1)
    solutions = equilibrium(game)
    first = int(game.successor[game.start[game.initial]])
    assert solutions["model"].policy.at(0, first)[1] == pytest.approx(1 / (periods + 1))
    assert solutions["overseer"].policy.at(0, first)[0] == pytest.approx(1 / (periods + 1))


def test_an_equilibrium_cannot_be_exploited() -> None:
    game = arena.scenario("inspection-game").compile(periods=5, inspections=2)
    solutions = equilibrium(game)
    for seat, other in (("model", "overseer"), ("overseer", "model")):
        best = optimal(game, seat, {other: solutions[other].policy})
        assert best.value == pytest.approx(solutions[seat].value, abs=1e-9)


def test_random_matrix_games_agree_with_the_linear_programme() -> None:
    rng = np.random.default_rng(0)
    for shape in [(2, 2)] * 60 + [(3, 2), (2, 4), (3, 3), (1, 3), (4, 1)] * 8:
        payoff = rng.normal(size=shape)
        value, row, column = matrix_game(payoff)
        assert value == pytest.approx(linear_programme(payoff)[0], abs=1e-9)
        assert (row @ payoff).min() == pytest.approx(value, abs=1e-9)
        assert (payoff @ column).max() == pytest.approx(value, abs=1e-9)


def test_a_game_that_is_not_zero_sum_is_refused() -> None:
    with pytest.raises(TurncoatError, match="sum to zero"):
        equilibrium(ladder())


@pytest.mark.parametrize("name", list(arena.scenarios()))
def test_the_value_is_what_the_policy_earns(name: str) -> None:
    game = compiled(name)
    for information in ("state",) if name in MUCH else ("state", "memoryless"):
        solution = optimal(game, information=information)
        earned = evaluate(game, {"model": solution.policy}).total("observed")
        assert earned == pytest.approx(solution.value, abs=1e-9)


def brute_force(game: Game) -> float:
    """The best of all deterministic memoryless policies, one by one."""
    told = view(game, "model")
    lines = told.clocks * len(told.rows)
    legal = [np.flatnonzero(told.legal[line % len(told.rows)]) for line in range(lines)]
    best = -np.inf
    for choice in product(*legal):
        table = np.eye(len(told.actions))[list(choice)].reshape(told.clocks, len(told.rows), -1)
        best = max(best, evaluate(game, {"model": told.table(table)}).total("observed"))
    return best


@pytest.mark.parametrize("discount", [0.4, 0.72, 0.9])
@pytest.mark.parametrize("signal", ["shown", "hidden"])
def test_memoryless_optima_equal_brute_force(discount: float, signal: str) -> None:
    game = arena.scenario("deferral-ladder").compile(discount=discount, round="hidden", deployment=signal, rounds=3)
    assert optimal(game, information="memoryless").value == pytest.approx(brute_force(game), abs=1e-12)


def test_hiding_round_and_phase_makes_the_memoryless_optimum_worse_and_says_lots_may_help() -> None:
    game = arena.scenario("deferral-ladder").compile(round="hidden", deployment="hidden")
    solution = optimal(game, information="memoryless")
    assert solution.value < optimal(game).value - 1
    assert "may do better" in solution.certificate


def test_a_memoryless_problem_too_large_is_refused_with_its_size() -> None:
    game = arena.scenario("windfall").compile(announced="hidden", rounds=30, discount=0.9)
    with pytest.raises(TurncoatError, match=r"2,147,483,648 policies \(31 observations with a choice\)"):
        optimal(game, information="memoryless")


def test_a_large_memoryless_problem_is_read_off_the_full_optimum_where_that_is_enough() -> None:
    bandit = arena.scenario("stage-bandit").compile()
    assert optimal(bandit, information="memoryless").value == pytest.approx(4.5)


@pytest.mark.parametrize(("announced", "chance"), [("shown", 1.0), ("hidden", 0.5)])
def test_a_windfall_is_waited_for_above_its_threshold(announced: str, chance: float) -> None:
    """Announced, the windfall is worth its prize; not announced, its prize times its chance."""
    threshold = (1 / (0.5 * chance * 20)) ** (1 / 6)
    for discount, waits in ((threshold + 0.005, True), (threshold - 0.005, False)):
        game = arena.scenario("windfall").compile(announced=announced, discount=discount)
        solution = optimal(game, information="memoryless")
        assert (solution.play == "CCCCCCD") is waits


def test_a_stage_that_never_ends_has_its_geometric_value() -> None:
    game = ladder(discount=0.9)
    solution = stationary(game, "training")
    assert solution.value == pytest.approx(1 / (1 - 0.9 * 0.5))  # defect for ever, surviving half the time
    assert stationary(game, "deployment").value == pytest.approx(10 / (1 - 0.9))


def test_a_stationary_optimum_is_the_limit_of_long_finite_ones() -> None:
    game = ladder(discount=0.8, rounds=200, comply=0.4, prize=0.0)
    assert stationary(game, "training").value == pytest.approx(optimal(game).value, rel=1e-9)


def test_a_stage_that_never_ends_needs_a_discount() -> None:
    with pytest.raises(TurncoatError, match="discount below 1"):
        stationary(ladder(), "training")
    with pytest.raises(TurncoatError, match="did you mean 'training'"):
        stationary(ladder(discount=0.9), "trainin")


def test_ties_make_the_optimum_not_unique() -> None:
    bandit = arena.scenario("stage-bandit")
    assert optimal(bandit.compile()).unique
    assert not optimal(bandit.compile(reward_training=0.0)).unique


def test_the_best_response_depends_on_the_overseer() -> None:
    game = ladder(discount=1.0)
    never = view(game, "overseer")
    last = never.always(never.legal.shape[1] - 1 - never.legal[:, ::-1].argmax(axis=1))
    assert optimal(game, others={"overseer": last}).value == pytest.approx(15.0)  # five unwatched, then the prize


def test_unknown_seats_and_information_name_the_nearest() -> None:
    with pytest.raises(TurncoatError, match="did you mean 'model'"):
        optimal(ladder(), seat="mdel")
    with pytest.raises(TurncoatError, match="did you mean 'memoryless'"):
        optimal(ladder(), information="memoriless")


def test_policies_must_fit() -> None:
    game = ladder()
    wrong = Policy(np.full((1, 1, 3), 1 / 3), np.zeros(len(game.row), np.int32))
    with pytest.raises(TurncoatError, match="does not fit"):
        everybody(game, {"model": wrong})
