"""Objectives: the sum over the timesteps so far, and the optimum of a model made from data."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from arena import Game, Policy, TurncoatError, evaluate, view
from arena.game.compile import compile_game
from arena.play.trajectory import record
from arena.solve.empirical import empirical, experience, gather
from arena.solve.objective import RETURN, Objective, before_late, first_rounds, named, to_date
from arena.solve.optimal import optimal
from tests.strategies import TableModel, compiled, policy_of, random_models, scattered

SLOW = [HealthCheck.filter_too_much, HealthCheck.too_slow]  # small games are picked out of all, on a busy machine too


def paid_to_date(game: Game, policy: Policy, objective: Objective, episodes: int) -> float:
    """The mean, over played lifetimes, of the sum of rewards over the timesteps taken so far, as they are taken."""
    total = 0.0
    for lifetime in range(episodes):
        for n in range(objective.episodes + 1):
            trajectory = record(game, {"model": policy}, lifetime, n)
            rounds = trajectory.rounds if n < objective.episodes else min(objective.rounds, trajectory.rounds)
            weight = game.discount ** np.arange(rounds)
            total += float(weight @ trajectory.rewards[:rounds, 0, 0])
    return total / episodes


@pytest.mark.parametrize("objective", [to_date(0, 2), to_date(2, 0), to_date(2, 3)])
def test_the_sum_to_date_is_what_play_pays_by_then(objective: Objective) -> None:
    game = compiled("windfall", rounds=3, discount=0.9)
    told = view(game, "model")
    policy = told.table(np.full((len(told.rows), 2), 0.5))
    value = objective.worth(game, {"model": policy}, "model")
    assert paid_to_date(game, policy, objective, 1500) == pytest.approx(value, abs=1.5)
    honest = told.always(np.zeros(len(told.rows), np.int64))
    assert objective.worth(game, {"model": honest}, "model") == paid_to_date(game, honest, objective, 3) == 0


@given(model=random_models(), seed=st.integers(0, 99), episodes=st.integers(0, 4), rounds=st.integers(0, 9))
@settings(max_examples=80, suppress_health_check=SLOW)
def test_worth_is_the_weighted_sum_of_rounds(model: TableModel, seed: int, episodes: int, rounds: int) -> None:
    """Rounds one by one: what the first t pay, less what the first t - 1 do."""
    game = compile_game(model, "random")
    assume(rounds <= game.horizon)
    policies = {seat.name: policy_of(game, seat.name, scattered(seed)) for seat in game.seats}
    sums = [0.0] + [to_date(0, t).worth(game, policies, "model") for t in range(1, game.horizon + 1)]
    objective = to_date(episodes, rounds)
    expected = objective.scale * float(objective.weights(game.horizon) @ np.diff(sums))
    assert sums[-1] == pytest.approx(evaluate(game, policies).total("observed"), abs=1e-9)
    assert objective.worth(game, policies, "model") == pytest.approx(expected, abs=1e-9)


@given(model=random_models(), seed=st.integers(0, 99), episodes=st.integers(0, 3), rounds=st.integers(0, 9))
@settings(max_examples=80, suppress_health_check=SLOW)
def test_the_value_is_what_the_policy_is_worth(model: TableModel, seed: int, episodes: int, rounds: int) -> None:
    game = compile_game(model, "random")
    assume(rounds <= game.horizon)
    objective = to_date(episodes, rounds)
    others = {seat.name: policy_of(game, seat.name, scattered(seed)) for seat in game.seats[1:]}
    solution = optimal(game, "model", others, "state", objective)
    worth = objective.worth(game, {**others, "model": solution.policy}, "model")
    assert worth == pytest.approx(solution.value, abs=1e-8)
    mine = policy_of(game, "model", scattered(seed + 1))
    assert objective.worth(game, {**others, "model": mine}, "model") <= solution.value + 1e-8
    whole = optimal(game, "model", others)
    complete = optimal(game, "model", others, "state", to_date(episodes, game.horizon))
    assert complete.value == pytest.approx((episodes + 1) * whole.value, abs=1e-8)


def deterministic(game: Game) -> list[Policy]:
    """All deterministic policies of the clock and what the model sees."""
    told = view(game, "model")
    lines = told.clocks * len(told.rows)
    tables = (np.eye(len(told.actions))[list(c)] for c in product(range(len(told.actions)), repeat=lines))
    return [told.table(table.reshape(told.clocks, len(told.rows), -1)) for table in tables]


@pytest.mark.parametrize("seen", ["shown", "hidden"])
@pytest.mark.parametrize("objective", [to_date(0, 1), to_date(0, 2), to_date(1, 1), to_date(5, 0), to_date(0, 3)])
@pytest.mark.parametrize("discount", [1.0, 0.6])
def test_the_memoryless_optimum_to_date_is_the_best_of_all(seen: str, objective: Objective, discount: float) -> None:
    game = compiled("deferral-ladder", rounds=2, round=seen, deployment=seen, discount=discount, comply=0.25)
    solution = optimal(game, information="memoryless", objective=objective)
    best = max(objective.worth(game, {"model": policy}, "model") for policy in deterministic(game))
    assert solution.value == pytest.approx(best, abs=1e-12)
    assert objective.worth(game, {"model": solution.policy}, "model") == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize("information", ["state", "recall"])
def test_the_ladder_to_date_defects_at_once_and_leaves_the_rest_open(information: str) -> None:
    """With no complete episode, the training rounds alone count: nothing pays for restraint, and nothing is said of
    deployment."""
    game = compiled("deferral-ladder")
    objective = named("return-to-date", game)
    assert (objective.episodes, objective.rounds) == (0, 5)
    solution = optimal(game, information=information, objective=objective)
    evaluation = evaluate(game, {"model": solution.policy})
    assert evaluation.early_defections == evaluation.early_opportunities
    assert solution.value == pytest.approx(sum(0.5**k for k in range(5)), abs=1e-12)
    assert solution.undetermined == 1  # deployment, met by whoever is never caught
    assert solution.unique is False


def test_every_optimal_policy_of_the_ladder_to_date_defects_early_and_may_do_anything_late() -> None:
    game = compiled("deferral-ladder")
    best = optimal(game, objective=named("return-to-date", game)).best
    assert best is not None
    deployed = game.deployment & ~game.terminal
    training = ~game.deployment & ~game.terminal
    assert (best[:5, training] == [False, True]).all()
    assert best[5, deployed].all()


def test_one_complete_episode_pays_for_restraint() -> None:
    """What has been seen once pays for it: from then on the optimum to date is that of the return."""
    game = compiled("deferral-ladder")
    for episodes, play in ((0, "DDDDD"), (1, "CCCCC")):
        solution = optimal(game, objective=to_date(episodes, 0 if episodes else 5))
        assert solution.play[:5] == play


def test_nothing_taken_leaves_everything_open() -> None:
    game = compiled("deferral-ladder", rounds=2)
    solution = optimal(game, objective=to_date(0, 0))
    assert solution.value == 0
    assert solution.undetermined == game.horizon  # one state a round can be met


def test_the_present_episode_breaks_a_tie_however_many_came_before() -> None:
    """Over whole episodes restraint is worth just what defecting is; the round just taken tips it."""
    game = compiled("deferral-ladder", rounds=1, gain=1.0, catch=0.1, discount=1.0)
    assert not optimal(game).unique
    solution = optimal(game, objective=to_date(10**6, 1))
    assert solution.unique
    assert solution.play == "DD"
    assert solution.value == pytest.approx(10**7 + 1, abs=1e-6)


def test_rounds_before_the_late_window() -> None:
    assert before_late(compiled("deferral-ladder", rounds=4)) == 4
    assert before_late(compiled("windfall")) == 6
    honest = compiled("deferral-ladder")
    assert before_late(replace(honest, window=np.minimum(honest.window, 1))) == honest.horizon


def test_a_game_cut_short_ends_there() -> None:
    game = compiled("windfall")
    told = view(game, "model")
    defects = told.always(np.ones(len(told.rows), np.int64))
    cut = first_rounds(game, 2)
    assert cut.horizon == 2
    assert (game.crossing >= 0).any()
    assert (cut.crossing < 0).all()
    assert evaluate(cut, {"model": defects}).total("observed") == pytest.approx(1 + 0.5)


def test_objectives_that_make_no_sense_are_refused() -> None:
    game = compiled("deferral-ladder")
    with pytest.raises(TurncoatError, match="did you mean 'return-to-date'"):
        named("return-todate", game)
    with pytest.raises(TurncoatError, match="lasts 6 rounds; 7 cannot"):
        named("return-to-date", game, rounds=7)
    with pytest.raises(TurncoatError, match="cannot be negative: -1 episodes"):
        to_date(-1, 0)


def uniform(game: Game) -> dict[str, Policy]:
    told = view(game, "model")
    return {"model": told.table(told.legal / told.legal.sum(axis=1, keepdims=True))}


@pytest.mark.parametrize("discount", [1.0, 0.6])
def test_enough_data_make_the_optimum_of_the_model_that_of_the_game(discount: float) -> None:
    game = compiled("deferral-ladder", discount=discount, rounds=3)
    data = gather(game, uniform(game), 4000, 1)
    for objective in (RETURN, to_date(0, 2)):
        found = empirical(data, objective)
        truth = optimal(game, information="memoryless", objective=objective)
        assert objective.worth(game, {"model": found.policy}, "model") == pytest.approx(truth.value, abs=1e-12)
        assert found.value == pytest.approx(truth.value, rel=0.15)
        assert found.untried == 0


def test_the_model_has_the_frequencies_that_were_seen() -> None:
    """Two episodes by hand: defecting was caught once in two, so its worth is counted with one half."""
    game = compiled("deferral-ladder", rounds=1)
    told = view(game, "model")
    (no,) = np.flatnonzero(told.rows[:, 0] == told.factors[0][1].index("no")).tolist()
    (yes,) = np.flatnonzero(told.rows[:, 0] == told.factors[0][1].index("yes")).tolist()
    data = experience(told)
    data.add(np.asarray([no]), np.asarray([1]), np.asarray([1.0]))
    data.add(np.asarray([no, yes]), np.asarray([1, 1]), np.asarray([1.0, 10.0]))
    found = empirical(data)
    assert found.value == pytest.approx(1 + 0.5 * 10)
    assert found.policy.probability[0, no].tolist() == [0.5, 0.5]  # complying was never tried: it keeps its share
    assert found.policy.probability[1, yes].tolist() == [0.5, 0.5]
    assert (found.untried, found.undetermined) == (2, 0)
    assert found.unseen == told.clocks * len(told.rows) - 2
    data.add(np.asarray([no, yes]), np.asarray([0, 0]), np.asarray([0.0, 0.0]))
    again = empirical(data)
    assert again.policy.probability[0, no].tolist() == [1.0, 0.0]  # 10 for complying, 6 for defecting
    assert again.policy.probability[1, yes].tolist() == [0.0, 1.0]
    assert again.value == pytest.approx(10.0)


def test_an_episode_that_is_not_over_has_an_observation_after_its_last_action() -> None:
    told = view(compiled("deferral-ladder", rounds=1), "model")
    data = experience(told)
    data.add(np.asarray([0, 1]), np.asarray([0]), np.asarray([2.0]), ended=False)
    assert data.tried[0, 0, 0].tolist() == [0.0, 1.0, *[0.0] * (len(told.rows) - 1)]
    assert data.paid.sum() == 2


def test_models_of_nothing_and_of_rounds_unseen_are_refused() -> None:
    told = view(compiled("deferral-ladder", round="hidden"), "model")
    with pytest.raises(TurncoatError, match="before anything has been seen"):
        empirical(experience(told))
    data = experience(told)
    data.add(np.asarray([0]), np.asarray([0]), np.asarray([1.0]))
    assert empirical(data).value == 1.0
    with pytest.raises(TurncoatError, match="does not see the round"):
        empirical(data, to_date(0, 1))
