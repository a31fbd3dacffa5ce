"""The optimum with perfect recall, against search over all policies of histories and the other optima."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from arena import TurncoatError
from arena.game.compile import compile_game
from arena.game.game import Bools, Floats, Game
from arena.game.unroll import unroll
from arena.play.policy import Policy, everybody, remembering
from arena.solve.objective import RETURN, Objective, to_date
from arena.solve.optimal import optimal, reached
from arena.solve.recall import recall
from tests.strategies import TableModel, compiled, policy_of, random_models, scattered

SLOW = [HealthCheck.filter_too_much, HealthCheck.too_slow]  # small games are picked out of all, on a busy machine too


def experienced(model: TableModel) -> TableModel:
    """The same model, every step of which is experienced."""
    return replace(model, marks={state: replace(mark, experienced=True) for state, mark in model.marks.items()})


def by_search(game: Game, others: dict[str, Policy], objective: Objective) -> tuple[float, list[Floats]]:
    """The best value of all deterministic policies of the histories as remembered, and every table that has it."""
    memory = unroll(game, "model")
    options = [np.flatnonzero(row) for row in memory.legal]
    assume(np.prod([float(len(option)) for option in options]) <= 300)
    best = -np.inf
    tables: list[Floats] = []
    for choice in product(*options):
        table = np.eye(memory.legal.shape[1])[list(choice)]
        value = objective.worth(game, {**others, "model": remembering(memory, table)}, "model")
        if value > best + 1e-9:
            best, tables = value, []
        if value > best - 1e-9:
            tables.append(table)
    return best, tables


tiny = random_models().filter(lambda model: sum(model.lengths) <= 3)
objectives = st.one_of(st.just(RETURN), st.builds(to_date, st.integers(0, 3), st.integers(0, 1)))


@given(model=tiny, seed=st.integers(0, 99), objective=objectives)
@settings(max_examples=50, suppress_health_check=SLOW)
def test_the_recall_optimum_is_the_best_of_all_policies_of_histories(
    model: TableModel, seed: int, objective: Objective
) -> None:
    game = compile_game(experienced(model), "random")
    others = {seat.name: policy_of(game, seat.name, scattered(seed)) for seat in game.seats[1:]}
    best, _ = by_search(game, others, objective)
    solution = optimal(game, "model", others, "recall", objective)
    assert solution.value == pytest.approx(best, abs=1e-9)
    assert objective.worth(game, {**others, "model": solution.policy}, "model") == pytest.approx(best, abs=1e-9)


@given(model=tiny, seed=st.integers(0, 99))
@settings(max_examples=40, suppress_health_check=SLOW)
def test_forgotten_steps_are_searched_through(model: TableModel, seed: int) -> None:
    game = compile_game(model, "random")
    others = {seat.name: policy_of(game, seat.name, scattered(seed)) for seat in game.seats[1:]}
    best, _ = by_search(game, others, RETURN)
    assert optimal(game, "model", others, "recall").value == pytest.approx(best, abs=1e-9)


@given(model=random_models().filter(lambda model: sum(model.lengths) <= 4), seed=st.integers(0, 99))
@settings(max_examples=40, suppress_health_check=SLOW)
def test_recall_lies_between_memoryless_and_state(model: TableModel, seed: int) -> None:
    game = compile_game(experienced(model), "random")
    others = {seat.name: policy_of(game, seat.name, scattered(seed)) for seat in game.seats[1:]}
    value = optimal(game, "model", others, "recall").value
    assert value <= optimal(game, "model", others).value + 1e-9
    try:
        assert value >= optimal(game, "model", others, "memoryless").value - 1e-9
    except TurncoatError as error:
        assert "trying" in str(error)  # noqa: PT017


def test_an_unannounced_windfall_is_waited_for_by_its_threshold_with_memory_too() -> None:
    """What memory holds says nothing of a windfall that is not announced: the same threshold."""
    threshold = (1 / (0.5 * 0.5 * 20)) ** (1 / 6)
    for discount, waits in ((threshold + 0.005, True), (threshold - 0.005, False)):
        game = compiled("windfall", announced="hidden", discount=discount)
        solution = optimal(game, information="recall")
        assert (solution.play == "CCCCCCD") is waits
        assert solution.unique


def test_with_round_and_phase_hidden_memory_counts_the_rounds() -> None:
    """Every step is remembered, so the ladder that shows nothing is worth what the ladder that shows all is."""
    for discount in (1.0, 0.72, 0.5):
        hidden = compiled("deferral-ladder", round="hidden", deployment="hidden", discount=discount)
        shown = compiled("deferral-ladder", discount=discount)
        assert optimal(hidden, information="recall").value == pytest.approx(optimal(shown).value, abs=1e-12)
        assert optimal(hidden, information="recall").play == optimal(shown).play


def test_the_hidden_goal_is_found_by_memory() -> None:
    """Two doors, one try, one later: 1/2 at first and then the door that is left, or the same again."""
    game = compiled("hidden-goal", doors=2, tries=1, later=1, cost=0.0, gain=0.0)
    assert optimal(game, information="recall").value == pytest.approx(1.5, abs=1e-12)
    assert optimal(game).value == pytest.approx(2.0, abs=1e-12)
    assert optimal(game, information="memoryless").value == pytest.approx(1.0, abs=1e-12)


def test_simulation_oversight_with_memory() -> None:
    """The overseer's simulation leaves no memory; choosing the real world is remembered, and is worth no more."""
    solution = optimal(compiled("simulation-oversight"), information="recall")
    assert solution.value == pytest.approx(2.7, abs=1e-12)
    assert "simulated steps forgotten" in solution.certificate
    assert solution.unique  # what it would do after choosing the simulation is never asked
    # Choosing the simulation leads to reality one time in ten; whoever remembers choosing reality knows no more.
    assert solution.play.endswith("D")


def reads(game: Game, others: dict[str, Policy], table: Floats) -> Bools:
    """The information states that a table comes to."""
    memory = unroll(game, "model")
    policies = everybody(
        memory.game,
        {
            **{n: replace(p, index=p.index[memory.state]) for n, p in others.items()},
            "model": remembering(memory, table),
        },
    )
    own = np.broadcast_to(
        policies[0].probability[:, policies[0].index] > 0, (game.horizon, *memory.game.seats[0].legal.shape)
    )
    seen = reached(memory.game, 0, policies, own).any(axis=0) & (memory.game.seats[0].legal.sum(axis=1) > 1)
    met = np.zeros(len(memory), np.bool_)
    met[memory.information[seen & (memory.information >= 0)]] = True
    return met


@given(model=tiny, seed=st.integers(0, 99))
@settings(max_examples=40, suppress_health_check=SLOW)
def test_the_optimum_is_unique_when_all_best_policies_play_alike(model: TableModel, seed: int) -> None:
    game = compile_game(experienced(model), "random")
    believed = unroll(game, "model", chosen=True)
    assume((believed.choice == believed.action).all())
    others = {seat.name: policy_of(game, seat.name, scattered(seed)) for seat in game.seats[1:]}
    _, tables = by_search(game, others, RETURN)
    alike = all((table == tables[0])[reads(game, others, tables[0])].all() for table in tables)
    solution = optimal(game, "model", others, "recall")
    assert solution.unique is alike
    assert (solution.undetermined == 0) is alike


def test_ties_are_counted() -> None:
    """Two rounds of training that pay nothing, then one that pays: one tie, and then one after either action."""
    game = compiled("deferral-ladder", rounds=2, gain=0.0, catch=0.0)
    solution = optimal(game, information="recall")
    assert not solution.unique
    assert solution.undetermined == 1 + 2
    assert optimal(game).undetermined == 2  # by the state, the second round is one place


def test_what_no_optimal_policy_comes_to_is_not_counted() -> None:
    """Only the first round counts: defect in it. Open then are round two, and deployment after either action there."""
    game = compiled("deferral-ladder", rounds=2)
    assert optimal(game, information="recall", objective=to_date(0, 1)).undetermined == 1 + 2


def test_too_many_histories_are_refused() -> None:
    with pytest.raises(TurncoatError, match=r"more than 500 states, the cap: [\d,]+ by round"):
        recall(compiled("hidden-goal"), "model", {}, cap=500)


def test_a_problem_with_forgotten_steps_too_large_says_why() -> None:
    game = compiled("hidden-goal", tries=2)
    forgetful = replace(game, experienced=~game.deployment)
    with pytest.raises(TurncoatError, match="are forgotten, so all have to be tried"):
        optimal(forgetful, information="recall")
