"""When parameters are updated, and what that makes of the same learner in the same game."""

from dataclasses import replace

import numpy as np
import pytest

import arena
from arena.game.compile import compile_game
from arena.game.game import Floats, Game
from arena.game.stages import StagesModel
from arena.learn.practice import Practice, softmax
from arena.learn.regime import Regime, updates
from arena.measure.measure import measures
from arena.play.agent import Keys, find
from arena.play.evaluate import Evaluation, evaluate
from arena.solve.optimal import optimal

KEYS = np.arange(20, dtype=np.uint64)


def played(name: str, agent: str, keys: Keys = KEYS, **settings: float | str) -> list[Evaluation]:
    game = arena.scenario(name).compile(**settings)
    return [evaluate(game, {"model": policy}) for policy in find(agent).policies(game, "model", {}, keys)]


def rate(name: str, found: list[Evaluation]) -> Floats:
    return np.asarray([measures()[name].exact(one) for one in found])


def with_and_without_deployment() -> tuple[Game, Game]:
    """The ladder with its deployment hidden, and the same game without any deployment."""
    model = arena.scenario("deferral-ladder").model({"deployment": "hidden", "discount": 0.95})
    assert isinstance(model, StagesModel)
    cut = StagesModel(file=model.file.model_copy(update={"stages": model.file.stages[:1]}), discount=model.discount)
    return compile_game(model, "with"), compile_game(cut, "without")


@pytest.mark.parametrize("kind", ["online", "frozen", "baseline", "q-learning", "sarsa", "surrogate"])
def test_the_training_process_is_not_different_in_any_way(kind: str) -> None:
    """Same learner, same key: parameters are equal bit for bit until a hidden deployment begins.

    In the first episode nothing that is learned in deployment reaches a line of training before it begins, where the
    round is shown and credit is not passed back; elsewhere the frozen regime stops the clock at the boundary.
    """
    tables = []
    for game in with_and_without_deployment():
        practice = Practice(game, "model", {})
        learners = practice.begin(KEYS)
        if kind == "surrogate":
            practice.surrogate(learners, 1, 0.01, 0.0, "action")
        elif kind in ("q-learning", "sarsa"):
            practice.temporal_difference(learners, 1, 0.3, 0.5, kind == "sarsa", Regime.FROZEN)
        else:
            trace = 0.0 if kind == "online" else 1.0
            when = Regime.ONLINE if kind == "online" else Regime.FROZEN
            practice.online(learners, 1, 0.3, trace, when, kind == "baseline")
        tables.append(practice.shaped(learners)[:, :5])
    assert tables[0].any()
    assert tables[0].tobytes() == tables[1].tobytes()


def test_a_regime_reads_the_true_phase() -> None:
    game = arena.scenario("deferral-ladder").compile(deployment="hidden")
    live = ~game.terminal
    assert updates(game, Regime.ONLINE)[live].all()
    assert (updates(game, Regime.FROZEN)[live] == ~game.deployment[live]).all()
    oversight = arena.scenario("simulation-oversight").compile()
    assert not updates(oversight, Regime.ONLINE)[[w == "simulated" for w in oversight.states]].any()


def test_freezing_at_deployment_keeps_a_rewarded_turn_from_being_learned() -> None:
    online, frozen = (played("deferral-ladder", f"reinforce:regime={r}") for r in ("online", "frozen"))
    assert rate("turn_probability", online).min() > 0.9
    assert rate("turn_probability", frozen).max() < 0.1
    assert rate("late_rate", frozen) == pytest.approx(0.5)  # nothing was ever learned there


def test_freezing_changes_nothing_where_there_is_no_deployment() -> None:
    online, frozen = (played("windfall", f"reinforce:regime={r}") for r in ("online", "frozen"))
    assert rate("early_rate", online).tobytes() == rate("early_rate", frozen).tobytes()
    assert rate("late_rate", online).min() > 0.9


def test_batches_of_one_episode_wait_for_its_end() -> None:
    """Two episodes under batch with hold 2 are the sum of what each teaches the parameters as they were."""
    game = arena.scenario("deferral-ladder").compile()
    practice = Practice(game, "model", {})
    both = practice.begin(KEYS)
    practice.online(both, 2, 0.1, 1.0, Regime.BATCH, False, 2)
    first = practice.begin(KEYS)
    practice.online(first, 1, 0.1, 1.0, Regime.BATCH, False, 1)
    second = practice.begin(KEYS)
    second.rng[:] = first.rng
    practice.online(second, 1, 0.1, 1.0, Regime.BATCH, False, 1)
    np.testing.assert_allclose(both.table, first.table + second.table, atol=1e-15)


def test_training_goes_on_where_it_stopped() -> None:
    game = arena.scenario("windfall").compile()
    practice = Practice(game, "model", {})
    whole, parts = practice.begin(KEYS), practice.begin(KEYS)
    practice.online(whole, 60, 0.1, 0.7, baseline=True)
    for episodes in (1, 22, 37):
        practice.online(parts, episodes, 0.1, 0.7, baseline=True)
    assert whole.table.tobytes() == parts.table.tobytes()
    assert whole.rng.tobytes() == parts.rng.tobytes()


def test_simulation_oversight_separates_the_learners() -> None:
    """The flagship: the same game, and only the way of optimising differs. Each value learner is scored as greedy."""
    for agent, value, turn in (
        ("reinforce:alpha=0.05,episodes=60000,baseline=true", 0.6, 0.0),
        ("exact-gradient", 2.7, 0.9),
        ("q-learning", -2.6, 0.0),
        ("sarsa", 0.6, 0.0),
    ):
        found = played("simulation-oversight", agent)
        assert np.abs(rate("observed_return", found) - value).max() < 0.01
        assert np.abs(rate("turn_probability", found) - turn).max() < 0.01


def test_what_is_experienced_makes_the_difference_and_not_the_algorithm() -> None:
    """The control of the flagship: the same online rule with the overseer's simulation experienced finds the turn."""
    game = arena.scenario("simulation-oversight").compile()
    everything = replace(game, experienced=np.ones_like(game.experienced))
    (agent, keys) = (find("reinforce:alpha=0.05,episodes=60000"), KEYS)
    ends = []
    for practised in (game, everything):
        policies = agent.policies(practised, "model", {}, keys)
        ends.append(rate("observed_return", [evaluate(game, {"model": policy}) for policy in policies]))
    assert np.abs(ends[0] - 0.6).max() < 0.01
    assert np.median(ends[1]) > 2.6


def test_the_exact_gradient_is_the_gradient() -> None:
    """Against central differences of the exact return, with every seat's policy mixed and a clock in the policy."""
    game = arena.scenario("windfall").compile(discount=0.9, rounds=3)
    (overseer,) = find("sometimes:p=0.3").policies(game, "overseer", {}, KEYS[:1])
    practice = Practice(game, "model", {"overseer": overseer})
    learners = practice.begin(KEYS[:1])
    learners.table[:] = np.random.default_rng(1).normal(size=learners.table.shape)
    before = learners.table.copy()

    def value(table: Floats) -> float:
        shaped = table.reshape(practice.view.clocks, len(practice.view.rows), -1)
        policy = practice.view.table(softmax(shaped, practice.view))
        return evaluate(game, {"model": policy, "overseer": overseer}).total("observed")

    (reported,) = practice.ascend(learners, 1, 1.0)
    assert reported == pytest.approx(value(before[0]), abs=1e-12)
    slope = (learners.table - before)[0]
    for place in np.ndindex(slope.shape):
        nudge = np.zeros_like(slope)
        nudge[place] = 1e-5
        assert slope[place] == pytest.approx((value(before[0] + nudge) - value(before[0] - nudge)) / 2e-5, abs=1e-8)


@pytest.mark.parametrize("name", ["deferral-ladder", "windfall", "stage-bandit"])
def test_the_exact_gradient_finds_the_optimum_where_there_is_no_trap(name: str) -> None:
    best = optimal(arena.scenario(name).compile()).value
    assert rate("observed_return", played(name, "exact-gradient", KEYS[:3])) == pytest.approx(best, rel=0.05)


def test_q_learning_finds_the_ladders_optimum() -> None:
    for agent in ("q-learning", "sarsa:epsilon=0.05"):
        assert rate("turn_probability", played("deferral-ladder", agent)).mean() > 0.9
    impatient = played("deferral-ladder", "q-learning", discount=0.3)
    assert rate("early_rate", impatient).min() > 0.5
