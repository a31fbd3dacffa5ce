"""Full re-optimisation of the surrogate: the closed form against a numeric optimiser, certificate, conventions."""

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

import arena
from arena.errors import TurncoatError
from arena.game.game import Floats
from arena.learn import kernels
from arena.learn.practice import Practice
from arena.learn.surrogate import UnboundedObjectiveError, refit
from arena.play.agent import find

RNG = np.random.default_rng(7)


def numeric(credit: Floats, floor: float) -> float:
    """The best value that SLSQP finds from the middle and from every corner, where negative credits pull."""
    n = len(credit)
    scale = np.abs(credit).max()
    starts = [np.full(n, 1 / n)] + [np.where(np.arange(n) == k, 1 - (n - 1) * floor, floor) for k in range(n)]
    best = -np.inf

    def loss(p: Floats) -> float:
        return -float(credit @ np.log(p)) / float(scale)

    for start in starts:
        problem: dict[str, Any] = {
            "jac": lambda p: -credit / p / scale,
            "bounds": [(floor, 1)] * n,
            "constraints": {"type": "eq", "fun": lambda p: p.sum() - 1, "jac": np.ones_like},
            "method": "SLSQP",
            "options": {"ftol": 1e-15, "maxiter": 500},
        }
        found: Any = minimize(loss, start, **problem)
        p = np.clip(found.x, floor, None)
        p = floor + (p - floor) * (1 - n * floor) / max((p - floor).sum(), 1e-300)  # exactly feasible
        best = max(best, float(credit @ np.log(p)))
    return best


def test_the_closed_form_is_the_optimum_on_a_thousand_statistics() -> None:
    for _ in range(1000):
        n = int(RNG.integers(2, 6))
        floor = float(RNG.uniform(0.001, 0.9 / n))
        credit = RNG.normal(RNG.uniform(-1, 1), 1.0, n) * 10 ** RNG.uniform(-1, 2)
        found = refit(credit, np.ones(n, np.bool_), floor)
        assert found.probability.sum() == pytest.approx(1, abs=1e-12)
        assert found.probability.min() >= floor * (1 - 1e-12)
        assert found.value == pytest.approx(float(credit @ np.log(found.probability)), rel=1e-12)
        reached = numeric(credit, floor)
        assert found.value >= reached - 1e-9 * max(1, abs(reached))
        assert reached >= found.value - 1e-9 * max(1, abs(found.value))
        assert found.residual < 1e-9


def test_the_kernel_refits_as_the_closed_form_does() -> None:
    for _ in range(2000):
        n, floor, prior = int(RNG.integers(2, 6)), float(RNG.choice([0.0, 0.01, 0.15])), float(RNG.choice([0.0, 0.5]))
        low = 0 if floor == 0 else -3
        credit = RNG.integers(low, 4, (1, 1, n)).astype(float)
        legal = RNG.random((1, n)) < 0.8
        legal[0, RNG.integers(n)] = True
        probability = np.zeros(n)
        assert kernels.refit(credit, 0, 0, legal, 0, floor, prior, probability)
        np.testing.assert_allclose(probability, refit(credit[0, 0], legal[0], floor, prior).probability, atol=1e-14)


def test_credit_is_shared_in_proportion_above_the_floor() -> None:
    legal = np.ones(4, np.bool_)
    found = refit(np.asarray([6.0, 3.0, 0.01, -5.0]), legal, 0.05)
    np.testing.assert_allclose(found.probability, [0.6, 0.3, 0.05, 0.05])
    assert found.unique
    assert found.iterations == 2


def test_with_no_positive_credit_the_least_negative_takes_what_the_floors_leave() -> None:
    found = refit(np.asarray([-3.0, -1.0, -2.0]), np.ones(3, np.bool_), 0.1)
    np.testing.assert_allclose(found.probability, [0.1, 0.8, 0.1])
    assert found.unique
    assert not refit(np.asarray([-1.0, -1.0]), np.ones(2, np.bool_), 0.1).unique


def test_what_is_undetermined_is_uniform_and_counted() -> None:
    found = refit(np.asarray([[0.0, 0.0], [1.0, 0.0], [0.0, -1.0]]), np.ones((3, 2), np.bool_), 0.1)
    np.testing.assert_allclose(found.probability, [[0.5, 0.5], [0.9, 0.1], [0.9, 0.1]])
    assert found.undetermined == 1
    assert not found.unique


def test_a_prior_without_a_floor_is_the_urn() -> None:
    found = refit(np.asarray([3.0, 0.0]), np.ones(2, np.bool_), 0.0, prior=1.0)
    np.testing.assert_allclose(found.probability, [0.8, 0.2])


def test_a_negative_credit_without_a_floor_is_refused_by_name() -> None:
    with pytest.raises(UnboundedObjectiveError, match="unbounded"):
        refit(np.asarray([1.0, -0.5]), np.ones(2, np.bool_))
    with pytest.raises(TurncoatError, match="nothing to share"):
        refit(np.asarray([1.0, -0.5]), np.ones(2, np.bool_), 0.6)
    game = arena.scenario("stage-bandit").compile()
    with pytest.raises(UnboundedObjectiveError, match="stage-bandit"):
        find("surrogate:floor=0").policies(game, "model", {}, np.arange(3, dtype=np.uint64))


@pytest.mark.parametrize("every", ["action", "episode", "stage"])
def test_credits_are_the_sums_of_rewards(every: str) -> None:
    """In the stage bandit the mesa action pays -1 in training and +1 in deployment, so credits count its uses."""
    practice = Practice(arena.scenario("stage-bandit").compile(longest=2), "model", {})
    learners = practice.begin(np.asarray([3], np.uint64))
    practice.surrogate(learners, 30, 0.05, 0.0, every)
    credit = practice.shaped(learners)[0]
    deployed = practice.view.rows[:, 2] == 1
    assert (credit[0, :, 0] == 0).all()
    assert (credit[0, deployed, 1] >= 0).all()
    assert (credit[0, ~deployed, 1] <= 0).all()
    assert np.abs(credit).sum() > 0
    assert (credit == np.round(credit)).all()


def test_the_literal_surrogate_locks_in_on_what_was_first_rewarded() -> None:
    """With neither floor nor prior, the first action that pays takes all the probability, for ever."""
    game = arena.scenario("deferral-ladder").compile(comply=0.5)
    keys = np.arange(400, dtype=np.uint64)
    early, late = (
        np.asarray([one.probability[:5, one.index[0]] for one in find(agent).policies(game, "model", {}, keys)])
        for agent in ("surrogate:floor=0,episodes=1000", "surrogate:floor=0,episodes=3000")
    )  # [key, round, action] in training
    assert early.tobytes() == late.tobytes()
    assert ((late == 0) | (late == 1)).all()
    assert 0.3 < late[:, :, 1].mean() < 0.7  # neither has won: it is a matter of what came first


@pytest.mark.parametrize(
    ("agent", "reason"),
    [
        ("surrogate:regime=online", "no step size"),
        ("surrogate:regime=batch", "every=episode"),
        ("surrogate:every=round", "known are action, episode, stage"),
        ("surrogate:floor=0.7", "between 0 and 0.5"),
        ("reinforce:regime=reoptimised", "takes gradient steps"),
        ("reinforce:regime=batch", "needs hold"),
        ("reinforce:hold=5", "belongs to regime batch"),
        ("reinforce:regime=onlin", "did you mean 'online'"),
        ("q-learning:regime=batch", "has no batch"),
        ("sarsa:regime=reoptimised", "see optimal"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(agent: str, reason: str) -> None:
    with pytest.raises(TurncoatError, match=reason):
        find(agent)
