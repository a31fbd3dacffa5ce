"""The iterated dilemma: its known answers, its strategies by hand, and the same scores as in the library Axelrod."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest

import arena.bench
from arena import Game, Policy, TurncoatError, evaluate, scenario
from arena.bench import axelrod as bench
from arena.play.agent import find
from arena.solve.optimal import optimal
from docs.confusion import labelled
from tests.strategies import compiled

NAME = "iterated-dilemma"
NAMES = (*bench.SETTLED, *bench.MIXED)
Answer = Callable[[str, str], str]

BY_HAND: dict[str, tuple[str, Answer]] = {
    "honest": ("C", lambda own, other: "C"),
    "defector": ("D", lambda own, other: "D"),
    "tit-for-tat": ("C", lambda own, other: other),
    "suspicious-tit-for-tat": ("D", lambda own, other: other),
    "grudger": ("C", lambda own, other: "D" if "D" in own + other else "C"),
    "win-stay-lose-shift": ("C", lambda own, other: "C" if own == other else "D"),
    "alternator": ("C", lambda own, other: "C" if own == "D" else "D"),
    "memory-one:first=0,cc=0,cd=1,dc=0,dd=1": ("D", lambda own, other: "D" if other == "C" else "C"),
}
PAYS = {"CC": (3, 3), "CD": (0, 5), "DC": (5, 0), "DD": (1, 1)}


def by_hand(one: str, other: str, turns: int) -> tuple[int, int]:
    """What both get, with the moves written down."""
    moves, total = BY_HAND[one][0] + BY_HAND[other][0], (0, 0)
    for _ in range(turns):
        total = (total[0] + PAYS[moves][0], total[1] + PAYS[moves][1])
        moves = BY_HAND[one][1](moves[0], moves[1]) + BY_HAND[other][1](moves[1], moves[0])
    return total


def act(game: Game, agent: str, seat: str = "model") -> Policy:
    return find(agent).policies(game, seat, {}, np.zeros(1, np.uint64))[0]


def scores(game: Game, one: str, other: str) -> tuple[float, float]:
    returns = evaluate(game, {"model": act(game, one), "partner": act(game, other, "partner")}).returns[0]
    return float(returns[0]), float(returns[1])


# Known answers


@pytest.mark.parametrize(
    ("settings", "threshold"),
    [
        ({}, 2 / 3),
        ({"turns": 3}, 2 / 3),
        ({"turns": 2}, 1 / 2),
        ({"temptation": 4.0}, 1 / 3),
        ({"reward": 4.0, "punishment": 2.0}, 1 / 3),
        ({"reward": 4.0, "sucker": 3.0, "punishment": 3.5}, 1.0),
        ({"punishment": 2.9}, 2 / 2.1),
    ],
)
def test_against_tit_for_tat_deferral_has_a_threshold(settings: dict[str, float], threshold: float) -> None:
    pays = {name: scenario(NAME).settings(settings)[name] for name in ("reward", "sucker", "temptation", "punishment")}
    reward, sucker, temptation, punishment = (float(pay) for pay in pays.values())
    first, second = ((temptation - reward) / (temptation - punishment), (temptation - reward) / (reward - sucker))
    turns = int(settings.get("turns", 10))
    assert (first if turns == 2 else max(first, second)) == pytest.approx(threshold)
    assert optimal(compiled(NAME, **settings, discount=threshold - 1e-6)).play != "C" * (turns - 1) + "D"
    if threshold < 1:
        assert optimal(compiled(NAME, **settings, discount=threshold + 1e-6)).play == "C" * (turns - 1) + "D"


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"discount": 0.67}, "opportunistic"),
        ({"turns": 2, "discount": 0.67}, "opportunistic"),
        ({"turns": 2, "discount": 0.66}, "deferred"),
        ({"turns": 2, "discount": 0.51}, "deferred"),
        ({"turns": 2, "discount": 0.49}, "impatient"),
    ],
)
def test_it_holds_back_for_what_cooperation_pays_and_with_two_turns_for_the_last(
    settings: dict[str, float], word: str
) -> None:
    assert labelled(compiled(NAME, **settings), "optimal").word == word


@pytest.mark.parametrize(
    ("partner", "play"),
    [("free", "DDDDD"), ("cooperates", "DDDDD"), ("defects", "DDDDD"), ("tit-for-tat", "CCCCD"), ("grudger", "CCCCD")],
)
def test_what_is_best_against_a_partner(partner: str, play: str) -> None:
    assert optimal(compiled(NAME, turns=5, partner=partner)).play == play


@pytest.mark.parametrize(
    ("partner", "agent"),
    [("tit-for-tat", "tit-for-tat"), ("grudger", "grudger"), ("cooperates", "honest"), ("defects", "defector")],
)
@pytest.mark.parametrize("agent_of_model", NAMES)
def test_a_partner_that_is_not_free_does_what_the_agent_does(partner: str, agent: str, agent_of_model: str) -> None:
    game = compiled(NAME, partner=partner)
    told = evaluate(game, {"model": act(game, agent_of_model)}).returns[0]
    assert scores(game, agent_of_model, "tit-for-tat") == tuple(told)  # whoever sits there, it has no choice
    assert told == pytest.approx(scores(compiled(NAME, partner="free"), agent_of_model, agent), abs=1e-12)


def test_the_principal_wants_the_sum() -> None:
    game = compiled(NAME, partner="free")
    played = evaluate(game, {"model": act(game, "random")})
    assert played.total("intended") == pytest.approx(played.returns[0].sum())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"turns": 1}, "turns must lie between 2 and 100,000, not 1"),
        ({"reward": 5.0}, "a dilemma only if temptation > reward > punishment > sucker"),
        (
            {"partner": "titfortat"},
            "must be free, tit-for-tat, grudger, cooperates or defects, not 'titfortat'",
        ),
    ],
)
def test_what_is_no_such_game_is_refused(settings: dict[str, float], said: str) -> None:
    with pytest.raises(TurncoatError, match=f"^{NAME}: .*{said}"):
        scenario(NAME).compile(**settings)


# Strategies


@pytest.mark.parametrize(("one", "other"), list(product(BY_HAND, repeat=2)))
def test_strategies_score_as_by_hand(one: str, other: str) -> None:
    assert scores(compiled(NAME, turns=23, partner="free"), one, other) == by_hand(one, other, 23)


def test_generosity_is_a_chance() -> None:
    game = compiled(NAME, turns=2, partner="free")
    assert scores(game, "generous-tit-for-tat:forgives=.25", "defector") == pytest.approx((0.75, 5 + 0.75 + 0.25 * 5))
    assert scores(game, "memory-one:cd=.25", "defector") == pytest.approx((0.75, 5 + 0.75 + 0.25 * 5))
    assert scores(game, "memory-one:first=.5,cd=0", "defector") == pytest.approx((0.5 + 1, 2.5 + 0.5 + 1))


@pytest.mark.parametrize("name", ["windfall", "collusion", "hidden-goal"])
def test_a_strategy_refuses_a_game_that_does_not_show_the_turn_before(name: str) -> None:
    with pytest.raises(TurncoatError, match=r"^tit-for-tat: needs to see what both did in the turn before"):
        act(compiled(name), "tit-for-tat")


@pytest.mark.parametrize("agent", ["memory-one:cd=1.5", "generous-tit-for-tat:forgives=-1"])
def test_a_chance_lies_between_0_and_1(agent: str) -> None:
    with pytest.raises(TurncoatError, match="must lie between 0 and 1"):
        find(agent)


# Axelrod


@pytest.mark.parametrize("turns", [2, 7, 200])
def test_scores_are_those_of_axelrod_exactly(turns: int) -> None:
    pytest.importorskip("axelrod")
    theirs = bench.scored(bench.their_matches(tuple(bench.SETTLED), turns, 1)())
    ours = bench.our_matches(tuple(bench.SETTLED), turns, 2)()
    assert len(ours) == len(bench.SETTLED) ** 2
    game = compiled(NAME, turns=turns, partner="free")
    for pair, (score,) in theirs.items():
        assert (ours[pair] == score).all(), pair
        assert scores(game, *pair) == tuple(score), pair


def test_scores_are_those_of_axelrod_in_expectation_where_lots_are_drawn() -> None:
    """200 of their matches a pair, and 4.5 standard errors."""
    pytest.importorskip("axelrod")
    matches, turns = 200, 12
    game = compiled(NAME, turns=turns, partner="free")
    names = ("alternator", "win-stay-lose-shift", *bench.MIXED)
    for pair, score in bench.scored(bench.their_matches(names, turns, matches)()).items():
        error = score.std(axis=0) / np.sqrt(matches)
        assert (np.abs(score.mean(axis=0) - scores(game, *pair)) <= 4.5 * error).all(), pair


def test_the_benchmark_notices_another_game(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("axelrod")
    monkeypatch.setattr(bench, "SETTLED", {"honest": "Cooperator", "tit-for-tat": "Defector"})
    monkeypatch.setattr(bench, "MIXED", {})
    with pytest.raises(TurncoatError, match=r"tit-for-tat: \[600. 600.\] here, \[ 0. 1000.\] in Axelrod"):
        bench.against_axelrod()


def test_a_peer_that_is_not_installed_is_named_and_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    row = arena.bench.Row("this", "that", 2.0, 1.0, None)

    def against_nobody() -> arena.bench.Row:
        raise ModuleNotFoundError("No module named 'nobody'", name="nobody")

    monkeypatch.setattr(arena.bench, "BENCHMARKS", (against_nobody, lambda: row))
    assert arena.bench.run() == [row]
    assert [one.getMessage() for one in caplog.records] == ["against_nobody is left out: nobody is not installed"]
