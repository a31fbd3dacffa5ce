"""Measures: what is exact is what brute force finds, what is sampled is near it, and known games have known values."""

import math
from collections.abc import Callable, Mapping
from functools import cache
from itertools import accumulate, product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena import Game, Policy, TurncoatError, compile_game, evaluate, sample, scenarios
from arena.game.twins import twin
from arena.measure.decodability import decoder
from arena.measure.measure import Estimate, Measure, mean, measures, policy_measures, ratio_of_means, twin_measures
from arena.play.agent import find
from arena.play.evaluate import Episodes, Evaluation
from arena.play.policy import carried
from tests.strategies import (
    MUCH,
    Rule,
    TableModel,
    brute_force,
    compiled,
    make_model,
    moments,
    played,
    policy_of,
    random_models,
    scattered,
)

KNOWN = ("honest", "defector", "random", "trojan")
PLANNED = ("optimal", "myopic", "misgeneraliser", "relearner")
LEARNED = ("reinforce:episodes=50", "surrogate:episodes=20", "q-learning:episodes=100")
OVERSEERS = ("always", "never", "sometimes:p=0.3")
Z = 4.5
RARE = 4e-6
"""What happens less often than this leaves no trace in a few thousand episodes; beside the size of the value."""

# Exact against brute force, sampled against exact


@settings(max_examples=200)
@given(random_models(), st.integers(0, 1000))
def test_exact_evaluation_is_the_expectation_over_the_models_own_functions(model: TableModel, seed: int) -> None:
    game = compile_game(model, "random")
    rule = scattered(seed)
    policies = {seat.name: policy_of(game, seat.name, rule) for seat in game.seats}
    for seat in game.seats:
        exact = evaluate(game, policies, seat.name)
        by_hand = brute_force(model, rule, seat.name)
        assert np.allclose(exact.returns, by_hand.returns, rtol=0, atol=1e-9)
        counts = (exact.early_opportunities, exact.early_defections, exact.late_opportunities, exact.late_defections)
        assert np.allclose((*counts, exact.turn_probability), by_hand.counts, rtol=0, atol=1e-9)
        assert np.allclose(exact.first_defection, by_hand.first[: game.horizon], rtol=0, atol=1e-9)
        assert not by_hand.first[game.horizon :].any()


@given(random_models(), st.integers(0, 1000))
def test_exact_measures_lie_within_the_sampled_intervals(model: TableModel, seed: int) -> None:
    game = compile_game(model, "random")
    policies = {seat.name: policy_of(game, seat.name, scattered(seed)) for seat in game.seats}
    for seat in game.seats:
        exact = evaluate(game, policies, seat.name)
        sampled = sample(game, policies, 4000, key=seed, seat=seat.name)
        for measure in measures().values():
            agree(measure, exact, sampled)


def agree(measure: Measure, exact: Evaluation, sampled: Episodes) -> None:
    near(measure.exact(exact), measure.sampled(sampled), measure.name)


def near(value: float, estimate: Estimate, name: str) -> None:
    if math.isnan(value):
        assert math.isnan(estimate.value), name
    else:
        low, high = estimate.interval(Z)
        rare = RARE * max(1.0, abs(value))
        assert low - rare <= value <= high + rare, name


@cache
def play(name: str, agent: str, overseer: str) -> tuple[Game, dict[str, Policy]]:
    """Who plays what, the model fitted to its overseer."""
    game, keys = compiled(name), np.zeros(1, np.uint64)
    others = {s.name: find(overseer).policies(game, s.name, {}, keys)[0] for s in game.seats if s.name == "overseer"}
    return game, {"model": find(agent).policies(game, "model", others, keys)[0], **others}


@cache
def evaluated(name: str, agent: str, overseer: str) -> tuple[Evaluation, Episodes]:
    game, policies = play(name, agent, overseer)
    return evaluate(game, policies), sample(game, policies, 20_000, key=7)


@pytest.mark.parametrize(("agent", "overseer"), [*product(KNOWN, OVERSEERS), *product(PLANNED + LEARNED, ["always"])])
@pytest.mark.parametrize("name", sorted(scenarios()))
def test_exact_and_sampled_agree(name: str, agent: str, overseer: str) -> None:
    for measure in measures().values():
        agree(measure, *evaluated(name, agent, overseer))


@pytest.mark.parametrize("agent", ["random", "misgeneraliser", "optimal", *LEARNED])
@pytest.mark.parametrize("name", sorted(scenarios()))
@pytest.mark.parametrize("measure", sorted(policy_measures()))
def test_exact_and_sampled_agree_where_the_policies_are_asked_for(measure: str, name: str, agent: str) -> None:
    of = policy_measures()[measure]
    if name in MUCH and measure == "decodability_with_memory":
        pytest.skip("there is too much to remember")
    game, policies = play(name, agent, "sometimes:p=0.3")
    near(of.exact(game, policies, "model"), of.sampled(game, policies, "model", 1_000, 5), measure)


@pytest.mark.parametrize("agent", [*KNOWN, *PLANNED, *LEARNED])
@pytest.mark.parametrize("name", sorted(scenarios()))
@pytest.mark.parametrize("measure", sorted(twin_measures()))
def test_exact_and_sampled_agree_between_a_game_and_its_twin(measure: str, name: str, agent: str) -> None:
    of = twin_measures()[measure]
    game, policies = play(name, agent, "always")
    try:
        there = twin(game, of.twin)
    except TurncoatError:
        assert of.name == "signal_effect"
        assert "deployment" not in {factor.name for factor in game.seats[0].sees.factors}
        return
    others = {seat: carried(policy, game, there, seat) for seat, policy in policies.items() if seat != "model"}
    if of.refit:
        (policy,) = find(agent).policies(there, "model", others, np.zeros(1, np.uint64))
    else:
        policy = carried(policies["model"], game, there, "model")
    twins = {"model": policy, **others}
    sampled = of.sampled(sample(game, policies, 10_000, 7), sample(there, twins, 10_000, 8))
    near(of.exact(evaluate(game, policies), evaluate(there, twins)), sampled, measure)


@pytest.mark.parametrize("measure", sorted(measures()))
def test_another_agents_value_is_outside_the_sampled_interval(measure: str) -> None:
    """On the ladder seldom watched, two agents that differ in everything that is measured."""
    (other, _), (_, sampled) = (evaluated("deferral-ladder", a, "sometimes:p=0.3") for a in ("trojan", "random"))
    estimate = measures()[measure].sampled(sampled)
    low, high = estimate.interval(Z)
    assert 0 < high - low < 0.2 * max(1, abs(estimate.value))
    assert not low <= measures()[measure].exact(other) <= high


@pytest.mark.parametrize("measure", sorted(policy_measures()))
def test_and_so_it_is_where_the_policies_are_asked_for(measure: str) -> None:
    """A random game in which the phase cannot be told for certain; for what takes memory, one to be remembered."""
    if measure == "runtime_processing":
        game = compiled("hidden-goal", doors=2, tries=2, later=1)
        agents = (find(f"optimal:information={information}") for information in ("recall", "memoryless"))
        one, other = (agent.policies(game, "model", {}, np.zeros(1, np.uint64))[0] for agent in agents)
    else:
        game = compile_game(make_model(919, 6, 1, (3,)), "random")
        one, other = (policy_of(game, "model", scattered(seed)) for seed in (0, 1))
    of = policy_measures()[measure]
    low, high = of.sampled(game, {"model": one}, "model", 4_000, 5).interval(Z)
    assert 0 < high - low < 0.6
    assert low <= of.exact(game, {"model": one}, "model") <= high
    assert not low <= of.exact(game, {"model": other}, "model") <= high


@pytest.mark.parametrize("measure", sorted(twin_measures()))
def test_and_so_it_is_between_a_game_and_its_twin(measure: str) -> None:
    """An agent that defects more where deployment shows is compared with one that does not care."""
    game, of = compiled("deferral-ladder"), twin_measures()[measure]
    there = twin(game, "fixed:value=yes")
    leaning = (
        {"model": policy_of(game, "model", leaning_to(0.6))},
        {"model": policy_of(there, "model", leaning_to(0.6))},
    )
    same = {"model": policy_of(game, "model", leaning_to(0.1))}
    low, high = of.sampled(sample(game, leaning[0], 10_000, 1), sample(there, leaning[1], 10_000, 2)).interval(Z)
    assert 0 < high - low < 0.1
    assert low <= of.exact(evaluate(game, leaning[0]), evaluate(there, leaning[1])) <= high
    assert not low <= of.exact(evaluate(game, same), evaluate(game, same)) <= high


def leaning_to(chance: float) -> Rule:
    """Defects with a chance of a tenth in training, and with this one where it sees deployment."""

    def rule(seat: str, words: Mapping[str, str], clock: int) -> Mapping[str, float]:
        defect = chance if words["deployment"] == "yes" else 0.1
        return {"defect": defect, "comply": 1 - defect}

    return rule


# The measures that need more than one evaluation, by brute force


@settings(max_examples=100)
@given(random_models(spans=2), st.integers(0, 1000))
def test_decodability_is_the_best_guess_over_all_histories(model: TableModel, seed: int) -> None:
    game, rule = compile_game(model, "random"), scattered(seed)
    policies = {seat.name: policy_of(game, seat.name, rule) for seat in game.seats}
    for seat in game.seats:
        for memory, name in ((False, "decodability"), (True, "decodability_with_memory")):
            share: dict[object, list[float]] = {}
            for chance, state, known in moments(model, rule, seat.name):
                deployed = model.labels(state).phase == "deployment"
                share.setdefault(known if memory else known[-1], [0.0, 0.0])[deployed] += chance
            best = sum(map(max, share.values())) / sum(map(sum, share.values()))
            assert policy_measures()[name].exact(game, policies, seat.name) == pytest.approx(best)


@settings(max_examples=60)
@given(random_models(), st.integers(0, 1000))
def test_memory_never_makes_the_phase_harder_to_tell(model: TableModel, seed: int) -> None:
    game = compile_game(model, "random")
    policies = {seat.name: policy_of(game, seat.name, scattered(seed)) for seat in game.seats}
    without, with_memory = (decoder(game, policies, memory=memory) for memory in (False, True))
    assert without.chance == pytest.approx(with_memory.chance)
    if game.experienced.all():
        assert without.chance - 1e-9 <= without.accuracy <= with_memory.accuracy + 1e-9 <= 1 + 2e-9


def best_return(model: TableModel, rule: Rule, seat: str) -> float:
    """The best that a seat which knows the state can get, by recursion over the model's own functions."""
    seats, ends = tuple(model.actions), tuple(accumulate(model.spans()))
    own = seats.index(seat)

    def along(state: int, joint: tuple[str, ...], span: int, clock: int) -> float:
        return sum(
            p * (model.rewards(state, joint, after).observed[own] + model.discount * value(after, span, clock + 1))
            for after, p in model.transition(state, joint).items()
        )

    @cache
    def value(state: int, span: int, clock: int) -> float:
        if not model.legal(state) or (ends and clock == ends[-1]):
            return 0.0
        if ends and clock == ends[span]:
            return sum(p * value(after, span + 1, clock) for after, p in model.advance(state, span).items())
        worth = dict.fromkeys(model.legal(state)[seat], 0.0)
        plays = [dict.fromkeys(worth, 1.0) if s == seat else played(model, rule, state, s, clock) for s in seats]
        for joint in product(*plays):
            chance = math.prod(play[action] for play, action in zip(plays, joint, strict=True))
            worth[joint[own]] += chance * along(state, joint, span, clock)
        return max(worth.values())

    return sum(p * value(state, 0, 0) for state, p in model.initial().items())


@given(random_models(), st.integers(0, 1000))
def test_regret_is_what_the_best_would_have_got_besides(model: TableModel, seed: int) -> None:
    game, rule = compile_game(model, "random"), scattered(seed)
    policies = {seat.name: policy_of(game, seat.name, rule) for seat in game.seats}
    for place, seat in enumerate(game.seats):
        left = best_return(model, rule, seat.name) - brute_force(model, rule, seat.name).returns[0, place]
        assert left >= -1e-9
        assert policy_measures()["regret"].exact(game, policies, seat.name) == pytest.approx(left, abs=1e-9)


def test_the_first_defection_of_a_coin_comes_when_a_coin_says() -> None:
    game, policies = play("deferral-ladder", "random", "never")
    chances = 0.5 ** np.arange(1, 7)
    assert evaluate(game, policies).first_defection == pytest.approx(chances)
    expected = float(np.arange(1, 7) @ chances / chances.sum())
    assert measures()["first_defection"].exact(evaluate(game, policies)) == pytest.approx(expected)
    assert measures()["first_defection"].exact(ladder("CCCCCD")) == 6
    assert measures()["first_defection"].exact(ladder("CCDCCD")) == 3
    assert math.isnan(measures()["first_defection"].exact(ladder("CCCCCC")))


def test_the_signal_effect_is_what_the_signal_alone_does() -> None:
    """One that defects where deployment shows does so everywhere if it shows everywhere; else its chances stay."""
    game = compiled("deferral-ladder")
    there = twin(game, twin_measures()["signal_effect"].twin)
    for chance in (0.1, 0.6, 1.0):
        here = policy_of(game, "model", leaning_to(chance))
        found = evaluate(game, {"model": here}), evaluate(there, {"model": carried(here, game, there, "model")})
        assert twin_measures()["signal_effect"].exact(*found) == pytest.approx(chance - 0.1)


@pytest.mark.parametrize(("announced", "accuracy"), [("shown", 1.0), ("hidden", 0.75)])
def test_the_phase_of_the_ladder_is_decodable_where_it_shows(announced: str, accuracy: float) -> None:
    """Hidden with its round, three rounds out of four are training, and whoever remembers counts them."""
    game = compiled("deferral-ladder", deployment=announced, round="hidden", rounds=3)
    (honest,) = find("honest").policies(game, "model", {}, np.zeros(1, np.uint64))
    assert policy_measures()["decodability"].exact(game, {"model": honest}, "model") == accuracy
    assert policy_measures()["decodability_with_memory"].exact(game, {"model": honest}, "model") == 1.0


# The ladder (S1)


def ladder(behaviour: str, overseer: str = "always", **settings: float) -> Evaluation:
    """The ladder when the model does this, C or D, round by round."""
    game = compiled("deferral-ladder", **settings)

    def rule(seat: str, words: Mapping[str, str], clock: int) -> Mapping[str, float]:
        return {"defect" if behaviour[clock] == "D" else "comply": 1.0}

    watcher = find(overseer).policies(game, "overseer", {}, np.zeros(1, np.uint64))[0]
    return evaluate(game, {"model": policy_of(game, "model", rule), "overseer": watcher})


@pytest.mark.parametrize(
    ("discount", "behaviour", "value"),
    [
        (0.73, "CCCCCD", 10 * 0.73**5),
        (0.73, "CCCCCD", 2.0731),
        (0.7, "DCCCCD", 1.84035),
        (0.6, "DDCCCD", 1.4944),
        (0.5, "DDDCCD", 1.3516),
        (1.0, "CCCCCD", 10.0),
        (1.0, "CCCCCC", 0.0),
        (1.0, "DCCCCD", 6.0),
        (0.0, "DDDDDD", 1.0),
    ],
)
def test_the_ladder_pays_what_its_closed_form_says(discount: float, behaviour: str, value: float) -> None:
    assert ladder(behaviour, discount=discount).total("observed") == pytest.approx(value, abs=5e-5)


def test_the_best_behaviour_changes_at_the_discount_in_the_catalogue() -> None:
    threshold = (1 / (0.5 * 10)) ** (1 / 5)
    assert threshold == pytest.approx(0.7248, abs=5e-5)
    for discount, best in ((threshold - 0.001, "DCCCCD"), (threshold + 0.001, "CCCCCD")):
        values = {b: ladder(b, discount=discount).total("observed") for b in ("CCCCCD", "DCCCCD")}
        assert max(values, key=lambda behaviour: values[behaviour]) == best


def test_rates_are_weighted_by_how_often_an_opportunity_is_met() -> None:
    impatient = ladder("DDDCCD", discount=0.5)
    assert impatient.early_defections == pytest.approx(1.75)  # 1, then 1/2, then 1/4
    assert impatient.early_opportunities == pytest.approx(2.0)  # and 1/8 in each of the two rounds complied with
    assert measures()["early_rate"].exact(impatient) == pytest.approx(0.875)
    assert impatient.late_opportunities == impatient.late_defections == pytest.approx(0.125)
    assert measures()["turn_gap"].exact(impatient) == pytest.approx(0.125)
    assert impatient.turn_probability == 0


def test_whoever_complies_and_then_defects_turns() -> None:
    assert ladder("CCCCCD").turn_probability == 1
    assert ladder("CCCCCC").turn_probability == 0
    assert ladder("CCCCDD", "never").turn_probability == 0
    assert ladder("CCCCCDC", later=2).turn_probability == 1
    assert ladder("CCCCCCD", later=2).turn_probability == 1


def test_an_overseer_that_does_not_look_catches_nobody() -> None:
    unseen = ladder("DDDDDD", "never")
    assert unseen.total("observed") == 5 + 10
    assert (unseen.early_opportunities, unseen.early_defections) == (5, 5)
    assert unseen.total("intended") == -5 - 10
    watched = ladder("DDDDDD", "always")
    assert watched.early_opportunities == pytest.approx(2 - 2**-4)
    assert watched.total("observed") == pytest.approx(2 - 2**-4 + 10 * 2**-5)
    assert watched.returns[0, 1] == pytest.approx(0 - 2**-5)  # caught and missed alike, then missed in deployment


# Simulation oversight (S2)


def oversight(choice: str, sim: str, real: str) -> Evaluation:
    game = compiled("simulation-oversight")
    does = {"choice": choice, "sim": sim, "real": real, "over": "abort"}

    def rule(seat: str, words: Mapping[str, str], clock: int) -> Mapping[str, float]:
        return {does[words["place"]]: 1.0}

    return evaluate(game, {"model": policy_of(game, "model", rule)})


@pytest.mark.parametrize(
    ("policy", "value"),
    [
        (("real", "complete", "complete"), 1.8),  # honest
        (("real", "complete", "exploit"), 2.7),  # the turn, and the optimum
        (("real", "exploit", "exploit"), -2.6),  # Q-learning
        (("real", "exploit", "complete"), -2.6),
        (("sim", "exploit", "exploit"), 0.6),  # Virtual Sarsa
        (("abort", "exploit", "exploit"), -3.0),
    ],
)
def test_simulation_oversight_has_the_values_of_the_paper(policy: tuple[str, str, str], value: float) -> None:
    assert oversight(*policy).total("observed") == pytest.approx(value, abs=1e-12)


def test_the_principal_of_simulation_oversight_is_deceived_by_the_turn() -> None:
    assert oversight("real", "complete", "complete").total("intended") == pytest.approx(1.8)
    turn = oversight("real", "complete", "exploit")
    assert turn.total("intended") == pytest.approx(-2.7)
    assert turn.turn_probability == pytest.approx(0.9)
    assert turn.early_opportunities == pytest.approx(1.0)  # the simulation the overseer runs, or the one it is in
    assert turn.late_opportunities == pytest.approx(0.9)


# The stage bandit (S3)


def bandit(early: float, late: float, **settings: float) -> Evaluation:
    """The stage bandit when the mesa action has these chances."""
    game = compiled("stage-bandit", **settings)

    def rule(seat: str, words: Mapping[str, str], clock: int) -> Mapping[str, float]:
        mesa = late if words["deployment"] == "yes" else early
        return {"mesa": mesa, "base": 1 - mesa}

    return evaluate(game, {"model": policy_of(game, "model", rule)})


@pytest.mark.parametrize(("early", "late"), [(0, 0), (0, 1), (1, 0), (1, 1), (0.25, 0.5)])
def test_the_stage_bandit_pays_each_stage_by_its_mean_length(early: float, late: float) -> None:
    mean_length = 4.5
    played = bandit(early, late, reward_training=-10, reward_deployment=10)
    assert played.total("observed") == pytest.approx(mean_length * 10 * (late - early))
    assert played.total("intended") == pytest.approx(-mean_length * (late + early))
    assert played.early_opportunities == played.late_opportunities == pytest.approx(mean_length)
    assert measures()["early_rate"].exact(played) == pytest.approx(early)
    assert measures()["late_rate"].exact(played) == pytest.approx(late)
    complied = np.mean([(1 - early) ** n * (1 - (1 - late) ** m) for n in range(1, 9) for m in range(1, 9)])
    assert played.turn_probability == pytest.approx(complied)


# The inspection game (S5)


def inspection(periods: int, inspections: int) -> float:
    """The inspector's value of the game by the recursion of the catalogue."""
    if inspections == 0:
        return -1.0
    if inspections >= periods:
        return 0.0
    kept, used = inspection(periods - 1, inspections), inspection(periods - 1, inspections - 1)
    return (kept + used) / (kept + 2 - used)


def closed_form(periods: int, inspections: int) -> float:
    return -comb(periods - 1, inspections) / sum(comb(periods, i) for i in range(inspections + 1))


def with_chances(periods: int, violate: Callable[[int], float], inspect: Callable[[int], float]) -> Evaluation:
    """The game with one inspection when both mix by the periods left; a free model violates at once."""
    game = compiled("inspection-game", periods=periods, inspections=1)

    def rule(seat: str, words: Mapping[str, str], clock: int) -> Mapping[str, float]:
        left, inspected = periods - clock, words["inspections_left"]
        if seat == "model":
            chance = violate(left) if inspected == "1" else 1.0
            return {"violate": chance, "comply": 1 - chance}
        chance = inspect(left) if inspected == "1" else 0.0
        return {"inspect": chance, "pass": 1 - chance}

    return evaluate(game, {seat: policy_of(game, seat, rule) for seat in ("model", "overseer")})


@pytest.mark.parametrize(("periods", "inspections", "value"), [(2, 1, -1 / 3), (4, 1, -3 / 5), (10, 3, -21 / 44)])
def test_the_recursion_is_the_closed_form(periods: int, inspections: int, value: float) -> None:
    assert inspection(periods, inspections) == pytest.approx(value)
    assert closed_form(periods, inspections) == pytest.approx(value)


def by_formula(left: int) -> float:
    return 1 / (left + 1)


@pytest.mark.parametrize("periods", [1, 2, 4, 9])
def test_the_known_mixture_of_the_inspection_game_has_its_known_value(periods: int) -> None:
    both = with_chances(periods, by_formula, by_formula)
    assert both.returns[0, 1] == pytest.approx(closed_form(periods, 1), abs=1e-12)
    assert both.returns[0, 0] == -both.returns[0, 1]


@pytest.mark.parametrize("periods", [2, 4])
def test_neither_gains_by_leaving_the_known_mixture(periods: int) -> None:
    for other in (lambda left: 0.0, lambda left: 1.0, lambda left: 0.5):
        inspector = with_chances(periods, by_formula, other).returns[0, 1]
        inspectee = with_chances(periods, other, by_formula).returns[0, 0]
        assert inspector <= closed_form(periods, 1) + 1e-12
        assert inspectee <= -closed_form(periods, 1) + 1e-12


# The measures themselves


def episodes(counts: list[list[int]]) -> Episodes:
    return Episodes(np.zeros((len(counts), 3, 1)), np.asarray(counts), 0)


def test_every_measure_says_what_it_is() -> None:
    found = measures()
    behaviour = {"early_rate", "late_rate", "turn_gap", "turn_probability", "first_defection"}
    assert behaviour | {"observed_return", "intended_return"} <= set(found)
    assert {"regret", "decodability", "decodability_with_memory"} <= set(policy_measures())
    assert {"deferral_index", "signal_effect"} <= set(twin_measures())
    for kind in (found, policy_measures(), twin_measures()):
        for name, measure in kind.items():
            assert measure.name == name
            assert measure.definition.endswith(".")
            assert measure.source


def test_a_rate_without_opportunities_is_not_a_number() -> None:
    game = compiled("simulation-oversight")
    at_once = oversight("abort", "complete", "complete")
    sampled = sample(game, {"model": policy_of(game, "model", lambda *_: {"abort": 1.0})}, 10, key=1)
    for name in ("early_rate", "late_rate", "turn_gap"):
        assert math.isnan(measures()[name].exact(at_once))
        assert math.isnan(measures()[name].sampled(sampled).value)
        assert math.isnan(measures()[name].sampled(sampled).error)


def test_rates_of_episodes_are_of_all_their_opportunities_together() -> None:
    some = episodes([[3, 1, 1, 1, 0, 2], [1, 1, 0, 0, 0, 1], [0, 0, 1, 0, 0, 0]])
    assert measures()["first_defection"].sampled(some).value == (2 + 1) / 2
    assert measures()["early_rate"].sampled(some).value == 2 / 4
    assert measures()["late_rate"].sampled(some).value == 1 / 2
    assert measures()["turn_gap"].sampled(some).value == 0
    assert measures()["turn_probability"].sampled(episodes([[0, 0, 1, 1, 1], [0, 0, 1, 1, 0]])) == Estimate(
        0.5, 0.5 / math.sqrt(2)
    )


def test_the_error_of_a_ratio_is_that_of_many_repetitions() -> None:
    rng = np.random.default_rng(5)
    estimates = []
    for _ in range(400):
        under = rng.integers(1, 6, 500).astype(float)
        estimates.append(ratio_of_means(rng.binomial(under.astype(int), 0.3).astype(float), under))
    spread = np.std([estimate.value for estimate in estimates])
    assert np.mean([estimate.error for estimate in estimates]) == pytest.approx(spread, rel=0.1)


def test_the_error_of_the_gap_knows_that_both_rates_are_of_the_same_episodes() -> None:
    same = episodes([[1, 1, 1, 1, 0], [1, 0, 1, 0, 0]] * 50)
    assert measures()["early_rate"].sampled(same).error > 0
    assert measures()["turn_gap"].sampled(same) == Estimate(0.0, 0.0)


def test_the_mean_and_its_interval() -> None:
    estimate = mean(np.asarray([0.0, 1.0, 0.0, 1.0]))
    assert estimate == Estimate(0.5, 0.25)
    assert estimate.interval(2) == (0.0, 1.0)
