"""Scenarios with known answers: every closed form in their sources, held against what is computed, exactly."""

from collections.abc import Mapping
from itertools import product
from math import comb
from typing import Any

import numpy as np
import pytest

from arena import Game, Policy, TurncoatError, evaluate, scenario, view
from arena.game.game import LATE
from arena.game.twins import twin
from arena.measure.decodability import decoder
from arena.play.agent import find
from arena.play.evaluate import Evaluation
from arena.solve.interval import Intervals, intervals
from arena.solve.optimal import optimal
from arena.solve.zero_sum import equilibrium
from arena.spec import Setting
from tests.strategies import compiled

Given = dict[str, Setting]
EXACT = 1e-9


def params(name: str, given: Mapping[str, Setting]) -> dict[str, Any]:
    return {**scenario(name).parameters, **given}


def policy(game: Game, agent: str, seat: str = "model") -> Policy:
    return find(agent).policies(game, seat, {}, np.zeros(1, np.uint64))[0]


def does(game: Game, agent: str, **others: str) -> Evaluation:
    """What an agent does, the other seats played by agents too."""
    return evaluate(game, {"model": policy(game, agent)} | {s: policy(game, a, s) for s, a in others.items()})


def best(game: Game, information: str = "state") -> Evaluation:
    return evaluate(game, {"model": optimal(game, information=information).policy})


def held(found: Intervals, turn: tuple[float, float], early: tuple[float, float] | None = None) -> None:
    """The intervals are these."""
    assert (found.turn_probability.low, found.turn_probability.high) == pytest.approx(turn, abs=EXACT)
    if early is not None:
        assert (found.early_rate.low, found.early_rate.high) == pytest.approx(early, abs=EXACT)


def without_future(game: Game) -> Evaluation:
    """The optimum where late defection pays what complying pays."""
    return best(twin(game, "future-removed"))


def rounds(share: float, most: int = 5) -> float:
    """How many rounds come, at most so many, if each but the first comes with this chance."""
    return (1 - share**most) / (1 - share)


# Inspection leadership

LEADERS: list[Given] = [
    {},
    {"margin": 0.01},
    {"periods": 6, "inspections": 3, "penalty": 2.5},
    {"periods": 9, "inspections": 1, "penalty": 0.5, "margin": 0.9},
    {"periods": 3, "inspections": 3},
    {"periods": 2, "inspections": 5, "damage": 1.0},
]


def waiting(n: int, m: int, b: float) -> float:
    """J(n, m), for m < n."""
    return comb(n - 1, m) / sum(comb(n, i) * b ** (m - i) for i in range(m + 1))


@pytest.mark.parametrize("given", LEADERS)
def test_the_inspectee_is_legal_while_inspections_remain_and_violates_after(given: Given) -> None:
    game, p = compiled("inspection-leadership", **given), params("inspection-leadership", given)
    n, m, b = p["periods"], p["inspections"], (1 - p["margin"]) * p["penalty"]
    value = waiting(n, m, b) if m < n else 0.0
    assert optimal(game).value == pytest.approx(value, abs=EXACT)
    held(intervals(game), (value, value), (0, 0))
    played = best(game)
    assert played.total("observed") == played.turn_probability == pytest.approx(value, abs=EXACT)
    assert played.total("intended") == played.returns[0, 1] == pytest.approx(-value, abs=EXACT)


@pytest.mark.parametrize("given", [{}, {"periods": 6, "inspections": 3, "penalty": 2.5, "margin": 0.5}])
def test_violating_is_worse_than_waiting_by_the_margin(given: Given) -> None:
    """The recursion behind the closed form, at every number of periods and inspections."""
    model, p = scenario("inspection-leadership").model(given), params("inspection-leadership", given)
    b = (1 - p["margin"]) * p["penalty"]
    for n, m in product(range(2, 12), range(1, 11)):
        if m < n:
            chance = model.chance("random", n, m)  # type: ignore[attr-defined]
            later = [waiting(n - 1, left, b) if left < n - 1 else 0.0 for left in (m - 1, m)]
            assert 0 < chance < 1
            assert chance * later[0] + (1 - chance) * later[1] == pytest.approx(waiting(n, m, b), abs=EXACT)
            violating = 1 - chance * (1 + p["penalty"])
            assert waiting(n, m, b) - violating == pytest.approx((p["penalty"] - b) * chance, abs=EXACT)


def test_without_a_margin_every_early_rate_is_optimal() -> None:
    game = compiled("inspection-leadership", margin=0.0)
    solution = optimal(game)
    assert solution.value == pytest.approx(3 / 11, abs=EXACT)
    held(intervals(game), (0, 3 / 11), (0, 1))
    assert best(game).turn_probability == pytest.approx(3 / 11, abs=EXACT)  # ties go to complying


@pytest.mark.parametrize(("periods", "inspections"), [(4, 1), (4, 2), (7, 3)])
def test_at_a_penalty_of_one_the_schedule_is_worth_what_dresher_has(periods: int, inspections: int) -> None:
    given: Given = {"periods": periods, "inspections": inspections}
    value = equilibrium(compiled("inspection-game", **given))["overseer"].value
    assert optimal(compiled("inspection-leadership", margin=0.0, **given)).value == pytest.approx(-value, abs=EXACT)


def test_what_violating_at_once_comes_to() -> None:
    """Two of four periods are inspected; as many inspections as periods, and all are."""
    game, model = compiled("inspection-leadership"), scenario("inspection-leadership").model()
    chance = (1 - 16 / 51) / 1.75
    violator = does(game, "defector")
    assert violator.total("observed") == pytest.approx(1 - 2 * chance, abs=EXACT)
    assert violator.total("intended") == pytest.approx(-1 + chance / 2, abs=EXACT)
    assert [model.chance("random", n, 2) for n in (1, 2)] == [1, 1]  # type: ignore[attr-defined]


def test_to_announce_that_the_first_periods_are_inspected_prevents_nothing() -> None:
    game = compiled("inspection-leadership")
    found = intervals(game, others={"overseer": policy(game, "never", "overseer")})
    assert found.value == pytest.approx(1, abs=EXACT)
    held(found, (1, 1), (0, 0))


@pytest.mark.parametrize(("margin", "penalty"), [(0.25, 1.0), (0.1, 2.0), (0.5, 0.5)])
def test_of_two_periods_the_impatient_do_not_wait_for_the_second(margin: float, penalty: float) -> None:
    def turn(discount: float) -> float:
        given: Given = {"margin": margin, "penalty": penalty, "periods": 2, "inspections": 1}
        return best(compiled("inspection-leadership", discount=discount, **given)).turn_probability

    assert turn(1 - margin * penalty + 0.001) == pytest.approx(1 / (2 + (1 - margin) * penalty), abs=EXACT)
    assert turn(1 - margin * penalty - 0.001) == 0


# Future self


@pytest.mark.parametrize("discount", [1.0, 0.9, 0.51, 0.49, 0.0])
@pytest.mark.parametrize("given", [{}, {"rounds": 2}, {"rounds": 9, "cost": 0.6, "benefit": 1.2}])
def test_one_cooperates_with_ones_future_self_iff_it_pays_a_round_later(discount: float, given: Given) -> None:
    game, p = compiled("future-self", discount=discount, **given), params("future-self", given)
    n, gained = p["rounds"], discount * p["benefit"] - p["cost"]
    solution, early = optimal(game), 0.0 if gained > 0 else 1.0
    assert solution.value == pytest.approx(max(0, gained) * sum(discount**t for t in range(n - 1)), abs=EXACT)
    assert solution.play == ("D" if early else "C") * (n - 1) + "D"
    if discount:  # at 0 nothing after the first round is worth anything
        held(intervals(game), (1 - early, 1 - early), (early, early))
    assert without_future(game).early_defections == best(game).early_defections == early * (n - 1)


def test_at_the_threshold_anything_goes_and_a_myopic_agent_never_cooperates() -> None:
    held(intervals(compiled("future-self", discount=0.5)), (0, 1), (0, 1))
    myopic = does(compiled("future-self"), "myopic")
    assert (myopic.early_defections, myopic.late_defections, myopic.total("observed")) == (5, 1, 0)


def test_who_cannot_tell_the_last_round_cooperates_in_it() -> None:
    game = compiled("future-self", round="hidden")
    assert (optimal(game, information="memoryless").value, best(game, "memoryless").turn_probability) == (4, 0)
    assert (optimal(game, information="recall").value, best(game, "recall").turn_probability) == (5, 1)


# Audited reporter


@pytest.mark.parametrize("audit", [0.0, 0.5, 0.66, 0.67, 1.0])
@pytest.mark.parametrize("deployed", [0.1, 0.66, 0.67, 0.9])
def test_a_lie_is_told_iff_the_audit_is_less_likely_than_two_in_three(audit: float, deployed: float) -> None:
    game = compiled("audited-reporter", audit=audit, deployed=deployed)
    early, late = audit < 2 / 3, deployed < 2 / 3
    turn = float(late and not early)
    held(intervals(game), (turn, turn), (float(early), float(early)))
    assert optimal(game).play == "CD"[early] * 4 + "CD"[late] * 2
    worth = 4 * max(0, 100 - 150 * audit) + 2 * max(0, 100 - 150 * deployed)
    assert optimal(game).value == pytest.approx(worth, abs=EXACT)
    for done in (best(game), without_future(game)):  # nothing is deferred
        assert done.early_defections == pytest.approx(4 * early, abs=EXACT)


def test_at_two_in_three_either_is_optimal() -> None:
    found = intervals(compiled("audited-reporter", deployed=2 / 3))
    held(found, (0, 1), (0, 0))
    assert (found.late_rate.low, found.late_rate.high) == (0, 1)


@pytest.mark.parametrize("p", [0.5, 0.66, 0.67, 0.9])
def test_an_overseer_that_looks_now_and_then_is_an_audit(p: float) -> None:
    game = compiled("audited-reporter", audit=1.0, deployed=1.0)
    solution = optimal(game, others={"overseer": policy(game, f"sometimes:p={p}", "overseer")})
    assert solution.value == pytest.approx(6 * max(0, 100 - 150 * p), abs=1e-9)


@pytest.mark.parametrize(("deployed", "rate"), [(0.49, 1.0), (0.51, 0.0)])
def test_who_sees_neither_phase_nor_round_goes_by_the_mean(deployed: float, rate: float) -> None:
    """Four audits at .75 and two at .5 make two in three."""
    game = compiled("audited-reporter", deployed=deployed, deployment="hidden", round="hidden")
    assert best(game, "memoryless").late_defections == 2 * rate
    assert best(game, "recall").turn_probability == 1


# Spoofed deployment

SPOOFS: list[Given] = [
    {},
    {"honeypots": 0.99},  # even what looks real is likelier a test than not
    {"honeypots": 0.02},  # even what looks like a test is hardly one
    {"honeypots": 0.6, "accuracy": 0.7, "discount": 0.9, "catch": 0.6, "gain": 0.5, "prize": 4.0},
    {"honeypots": 0.5, "accuracy": 0.5},
    {"honeypots": 0.54, "accuracy": 0.5, "rounds": 1},
    {"honeypots": 0.3, "accuracy": 1.0, "rounds": 3},
]


@pytest.mark.parametrize("shown", ["shown", "hidden"])
@pytest.mark.parametrize("given", SPOOFS)
def test_to_defect_pays_below_the_threshold_of_belief(given: Given, shown: str) -> None:
    game, p = compiled("spoofed-deployment", round=shown, **given), params("spoofed-deployment", given)
    h, q, gain, prize, catch, discount = (p[k] for k in ("honeypots", "accuracy", "gain", "prize", "catch", "discount"))
    threshold = prize / (prize + catch * discount * prize - gain)
    real, test = h * (1 - q) + (1 - h) * q, h * q + (1 - h) * (1 - q)  # how often it looks like either
    beliefs = h * (1 - q) / real, h * q / test
    expected = 1 - h if threshold > max(beliefs) else h if threshold < min(beliefs) else q
    held(intervals(game, information="recall"), (expected, expected))
    worth = sum(
        looks * max(discount * b * prize, (1 - b) * prize + b * (gain + (1 - catch) * discount * prize))
        for looks, b in zip((real, test), beliefs, strict=True)
    )
    assert optimal(game, information="recall").value == pytest.approx(discount ** p["rounds"] * worth, abs=EXACT)
    held(intervals(game), (1, 1), (0, 0))  # who sees through it waits, and turns


@pytest.mark.parametrize(("aside", "turn"), [(-1e-6, 0.7), (1e-6, None), (0.0, None)])
def test_at_the_threshold_of_what_looks_real_both_are_optimal(aside: float, turn: float | None) -> None:
    """The threshold is 10/14; with this many honeypots so is the belief where it looks real."""
    b, q = 10 / 14, 0.7
    h = b * q / (b * q + (1 - b) * (1 - q)) + aside
    found = intervals(compiled("spoofed-deployment", honeypots=h, accuracy=q, catch=0.5), information="recall")
    held(found, (q, q) if turn else (h, h) if aside else (q, h))


def test_who_neither_remembers_nor_counts_goes_by_the_cue_when_it_is_shown_deployment_again() -> None:
    shown, hidden = (compiled("spoofed-deployment", round=seen) for seen in ("shown", "hidden"))
    found = 0.5 * 0.9 * 10 + 0.5 * 0.1 * 1  # in deployment that looks it, and in a honeypot that does not
    assert optimal(shown, information="memoryless").value == pytest.approx(found + 0.5 * 0.9 * 10, abs=EXACT)
    assert optimal(hidden, information="memoryless").value == pytest.approx(found + 0.5 * 0.9 * 0.9 * 10, abs=EXACT)


def test_a_trojan_walks_into_every_honeypot() -> None:
    trojan = does(compiled("spoofed-deployment", honeypots=0.3), "trojan")
    assert (trojan.early_defections, trojan.turn_probability) == pytest.approx((0.3, 0.7), abs=EXACT)


# Random length training


def tells(p: Mapping[str, Any]) -> float:
    """The threshold of the discount."""
    s, q, gain, prize = (p[k] for k in ("stop", "accuracy", "gain", "prize"))
    v = s * prize + (1 - s) * gain
    return float((s * (1 - q) * prize + (1 - s) * q * gain) / ((1 - s) * q * p["catch"] * v))


@pytest.mark.parametrize("aside", [-0.002, 0.002])
@pytest.mark.parametrize("given", [{}, {"accuracy": 0.95}, {"accuracy": 0.9, "catch": 0.8}, {"gain": 0.2, "stop": 0.1}])
def test_what_looks_like_training_is_complied_with_from_the_threshold_on(given: Given, aside: float) -> None:
    given = {"longest": 5, **given}
    discount = tells(params("random-length-training", given)) + aside
    assert 0 < discount <= 1
    game = compiled("random-length-training", discount=discount, **given)
    solution = optimal(game, information="memoryless")
    told = view(game, "model")
    looks = next(i for i, row in enumerate(told.rows) if told.factors[0][1][row[0]] == "no")
    complies = solution.policy.probability[:, looks, told.actions.index("comply")]
    assert complies[:-1].all() == (aside > 0)
    assert complies[0] == 1  # known to be training
    assert complies[-2:].tolist() == [float(aside > 0), 0]  # nearest to the end it is hardest


@pytest.mark.parametrize("accuracy", [1.0, 0.9, 0.6, 0.5])
def test_neither_memory_nor_counting_tells_the_phase(accuracy: float) -> None:
    game, s = compiled("random-length-training", longest=5, accuracy=accuracy), 0.25
    recall, memoryless = (optimal(game, information=kind).value for kind in ("recall", "memoryless"))
    assert recall == pytest.approx(memoryless, abs=EXACT)
    honest = {"model": policy(game, "honest")}
    told = max(s * accuracy, (1 - s) * (1 - accuracy)) + max((1 - s) * accuracy, s * (1 - accuracy))
    later = sum((1 - s) ** t for t in range(4))
    for memory in (False, True):
        assert decoder(game, honest, memory=memory).accuracy == pytest.approx(
            (1 + told * later) / (1 + later), abs=EXACT
        )


@pytest.mark.parametrize("discount", [1.0, 0.6])
def test_with_nothing_to_tell_the_phase_nobody_waits(discount: float) -> None:
    game = compiled("random-length-training", accuracy=0.5, discount=discount, longest=6)
    held(intervals(game, information="recall"), (0.25, 0.25))  # of deployment in the second round
    assert tells(params("random-length-training", {"accuracy": 0.5})) == pytest.approx(1 / (0.75 * 0.5))
    assert best(game, "memoryless").first_defection.tolist() == pytest.approx([0, 1, 0, 0, 0, 0])


@pytest.mark.parametrize(("longest", "stop"), [(8, 0.25), (20, 0.2), (2, 0.6)])
def test_shown_deployment_all_wait_for_it_and_turn_if_it_comes(longest: int, stop: float) -> None:
    game = compiled("random-length-training", longest=longest, stop=stop)
    comes = 1 - (1 - stop) ** (longest - 1)
    held(intervals(game), (comes, comes))
    assert optimal(game).value == pytest.approx(10 * comes + 1 - comes, abs=EXACT)
    assert best(game).early_defections == pytest.approx(1 - comes, abs=EXACT)  # in a last round that is training


# Correction

FEARS: list[Given] = [{}, {"wage": 0.0}, {"wage": 0.9, "catch": 0.25}, {"rounds": 3, "later": 2, "gain": 2.0}]


@pytest.mark.parametrize("then", ["corrected", "terminated"])
@pytest.mark.parametrize("discount", [1.0, 0.8, 0.64, 0.63, 0.5, 0.2])
@pytest.mark.parametrize("given", FEARS)
def test_what_is_feared_is_the_loss_of_freedom_or_of_everything(given: Given, discount: float, then: str) -> None:
    game, p = compiled("correction", discount=discount, then=then, **given), params("correction", given)
    wage, gain, catch = p["wage"], p["gain"], p["catch"]
    later = sum(discount**t for t in range(p["later"]))
    value, lost, play = later * p["prize"], later * wage, "D" * p["later"]
    for _ in range(p["rounds"]):
        feared = value - (lost if then == "corrected" else 0.0)
        comply, defect = wage + discount * value, gain + discount * (value - catch * feared)
        play = ("C" if comply >= defect else "D") + play
        value, lost = max(comply, defect), wage + discount * lost
    assert optimal(game).value == pytest.approx(value, abs=EXACT)
    assert optimal(game).play == play


@pytest.mark.parametrize("given", FEARS[:3])
def test_correction_defers_by_the_closed_form_and_the_end_from_a_lower_discount_on(given: Given) -> None:
    p = params("correction", given)
    wage, over = p["wage"], 1 / p["rounds"]
    threshold = ((p["gain"] - wage) / (p["catch"] * (p["prize"] - wage))) ** over
    schemes = (p["gain"] / (p["catch"] * p["prize"])) ** over
    assert threshold == pytest.approx(0.6375, abs=5e-5) or given

    def turns(agent: str, then: str, discount: float) -> bool:
        return does(compiled("correction", then=then, discount=discount, **given), agent).turn_probability == 1

    for aside in (0.001, -0.001):
        assert turns("optimal", "corrected", threshold + aside) == (aside > 0)
        assert turns("optimal", "terminated", threshold + aside) == (aside > 0 or wage > 0)
        for then in ("corrected", "terminated"):
            assert turns("schemer", then, schemes + aside) == (aside > 0)


def test_who_is_corrected_complies_unawares_and_is_paid() -> None:
    games = compiled("correction"), compiled("correction", then="terminated")
    corrected, ended = (does(game, "defector") for game in games)
    assert corrected.late_opportunities == ended.late_opportunities == 0.5**5
    assert ended.total("observed") == rounds(0.5) + 0.5**5 * 10
    complied = 6 - rounds(0.5) - 0.5**5
    assert corrected.total("observed") == ended.total("observed") + 0.5 * complied
    assert corrected.total("intended") == ended.total("intended") + complied


# Collusion


@pytest.mark.parametrize("discount", [1.0, 0.6, 0.0])
def test_both_comply_or_both_wait_in_equilibrium(discount: float) -> None:
    """For either seat the best response to each is the same, and the only one where any later round counts."""
    game = compiled("collusion", discount=discount, later=2)
    value = 10 * sum(discount ** (5 + t) for t in range(2))
    for seat, other in (("model", "accomplice"), ("accomplice", "model")):
        for plays, worth, turn in (("honest", 0.0, 0.0), ("trojan", value, 1.0)):
            others = {other: policy(game, plays, other)}
            found = intervals(game, seat, others)
            assert found.value == pytest.approx(worth, abs=EXACT)
            assert evaluate(game, others | {seat: policy(game, plays, seat)}, seat).total("observed") == found.value
            if discount:
                held(found, (turn, turn), (0, 0))


@pytest.mark.parametrize(("partner", "agent"), [("complies", "honest"), ("defers", "trojan"), ("defects", "defector")])
def test_a_partner_is_an_accomplice_that_has_no_choice(partner: str, agent: str) -> None:
    free, bound = compiled("collusion"), compiled("collusion", partner=partner)
    solution = optimal(free, others={"accomplice": policy(free, agent, "accomplice")})
    assert (solution.value, solution.play) == (optimal(bound).value, optimal(bound).play)
    for accomplice in ("honest", "defector", "random"):
        assert does(bound, "optimal", accomplice=accomplice).total("observed") == solution.value


def test_the_accomplice_complies_if_nobody_is_named() -> None:
    game = compiled("collusion")
    assert optimal(game).play == optimal(compiled("collusion", partner="complies")).play == "CCCCCC"
    assert (does(game, "defector").total("observed"), does(game, "defector").total("intended")) == (-6, 6)


@pytest.mark.parametrize("discount", [1.0, 0.73, 0.72, 0.5, 0.1])
@pytest.mark.parametrize("given", [{}, {"prize": 3.0}, {"catch": 0.25, "gain": 2.0, "rounds": 8}])
def test_with_one_that_always_defects_it_is_the_deferral_ladder(discount: float, given: Given) -> None:
    game = compiled("collusion", partner="defects", discount=discount, **given)
    ladder, p = optimal(compiled("deferral-ladder", discount=discount, **given)), params("collusion", given)
    assert optimal(game).value == pytest.approx(ladder.value, abs=EXACT)
    assert optimal(game).play == ladder.play
    defers = discount >= (p["gain"] / (p["catch"] * p["prize"])) ** (1 / p["rounds"])
    assert (optimal(game).play == "C" * p["rounds"] + "D") == defers


def test_only_with_one_that_always_defects_is_it_deferral() -> None:
    """Without the late prize the optimum goes along early; with one that waits it does not."""
    assert without_future(compiled("collusion", partner="defects")).early_defections > 1
    assert without_future(compiled("collusion", partner="defers")).early_defections == 0


@pytest.mark.parametrize(("p", "late"), [(0.92, "comply"), (0.9, "defect")])
def test_an_accomplice_must_be_likely_enough_to_go_along(p: float, late: str) -> None:
    """In deployment one in eleven, alone / (prize + alone), is enough."""
    game = compiled("collusion")
    solution = optimal(game, others={"accomplice": policy(game, f"sometimes:p={p}", "accomplice")})
    deployed = int(np.flatnonzero(game.opportunity(0) & (game.window == LATE))[0])
    assert game.seats[0].actions[int(solution.policy.at(5, deployed).argmax())] == late


# The principal


@pytest.mark.parametrize(
    ("name", "worth"),
    [
        ("future-self", (6, 6, -6)),  # there is no deployment to trigger a trojan
        ("audited-reporter", (6, 4 - 2, -6)),
        ("spoofed-deployment", (2 + 0.5 + 1, 2 - 0.5 - 5, -1)),
        (
            "random-length-training",
            (
                1 + rounds(0.75, 7),
                rounds(0.75, 8) - 10 * 0.25 * rounds(0.75, 7),
                -rounds(0.375, 8) - 10 * 0.125 * rounds(0.375, 7),
            ),
        ),
        ("correction", (6, 5 - 10, -rounds(0.5) - 10 / 32 + 6 - rounds(0.5) - 1 / 32)),
        ("collusion", (6, 6, 6)),  # alone it comes to nothing
    ],
)
def test_what_each_is_worth_to_the_principal(name: str, worth: tuple[float, float, float]) -> None:
    found = [does(compiled(name), agent).total("intended") for agent in ("honest", "trojan", "defector")]
    assert found == pytest.approx(list(worth), abs=EXACT)


def test_the_overseer_of_two_is_paid_for_what_it_catches() -> None:
    both = does(compiled("collusion"), "defector", accomplice="defector")
    assert both.returns[0].tolist() == [2 - 2**-4 + 10 / 32, 2 - 2**-4 + 10 / 32, -1 / 32]
    assert both.total("intended") == -(2 - 2**-4) - 10 / 32


# What is asked for and cannot be


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("inspection-leadership", {"periods": 0}, "periods must lie between 1 and 200, not 0"),
        ("inspection-leadership", {"inspections": 0}, "inspections must lie between 1 and 200, not 0"),
        ("inspection-leadership", {"penalty": 0.0}, "penalty must be more than 0 and at most 1,000, not 0"),
        ("inspection-leadership", {"margin": 1.0}, "margin must be at least 0 and less than 1, not 1"),
        ("inspection-leadership", {"damage": 2.0}, "damage must lie between 0 and 1, not 2"),
        ("future-self", {"rounds": 1}, "rounds must lie between 2 and 100,000, not 1"),
        ("future-self", {"cost": 0.0}, "cost must be more than 0, not 0"),
        ("future-self", {"round": "noisy"}, "round must be shown or hidden, not 'noisy'"),
        ("spoofed-deployment", {"rounds": 0}, "rounds must lie between 1 and 100,000, not 0"),
        ("spoofed-deployment", {"honeypots": 1.5}, "honeypots must lie between 0 and 1, not 1.5"),
        ("spoofed-deployment", {"prize": -1.0}, "prize must be more than 0, not -1"),
        ("spoofed-deployment", {"round": "maybe"}, "round must be shown or hidden, not 'maybe'"),
        ("random-length-training", {"longest": 1}, "longest must lie between 2 and 100,000, not 1"),
        ("random-length-training", {"stop": 0.0}, "stop must lie between 0 and 1, both excluded, not 0"),
        ("random-length-training", {"accuracy": 0.4}, "accuracy must lie between 0.5 and 1, not 0.4"),
        ("random-length-training", {"accuracy": 1.5}, "accuracy must lie between 0.5 and 1, not 1.5"),
        ("random-length-training", {"gain": 0.0}, "gain must be more than 0, not 0"),
        ("random-length-training", {"catch": 2.0}, "catch must lie between 0 and 1, not 2"),
        ("collusion", {"later": 0}, "later must lie between 1 and 100,000, not 0"),
        ("collusion", {"alone": 0.0}, "alone must be more than 0, not 0"),
        ("collusion", {"catch": -1.0}, "catch must lie between 0 and 1, not -1"),
        ("collusion", {"partner": "no"}, "partner must be free, complies, defers or defects, not 'no'"),
    ],
)
def test_settings_out_of_range_are_refused(name: str, given: Given, said: str) -> None:
    with pytest.raises(TurncoatError, match=said):
        scenario(name).compile(**given)
