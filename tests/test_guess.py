"""The guessing game: what is asked, what is kept back, how likely it was, and the score."""

import json
import subprocess
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena import Game, Policy
from arena.cli.guess import letter, meant
from arena.contest.guess import Question, Skipped, brier, lines, question, questions, score, turning
from arena.contest.match import board
from arena.game.compile import compile_game
from arena.play.agent import find
from arena.play.evaluate import evaluate
from arena.play.policy import everybody, together
from arena.show.film import Credits
from tests.strategies import TableModel, compiled, policy_of, random_models, scattered
from tests.test_cli import here


def guess(typed: str, *words: str) -> "subprocess.CompletedProcess[str]":
    return here("guess", *words, "--no-cache", columns=80, typed=typed)


def made(name: str, game: Game) -> Policy:
    return find(name).policies(game, "model", {}, np.zeros(1, np.uint64))[0]


def asked(game: Game, agent: str, episode: int = 0) -> Question | Skipped:
    return question(game, {"model": made(agent, game)}, Credits("t", game.name, player=agent, episode=episode))


# How likely it was


def at_start(game: Game, policies: Mapping[str, Policy]) -> float:
    """The probability of turning, from every first state."""
    game, policies = together(game, policies)
    place = game.seat_number("model")
    entries = range(int(game.start[game.initial]), int(game.start[game.initial + 1]))
    everyone = everybody(game, policies)
    return sum(float(game.probability[e]) * turning(game, everyone, place, int(game.successor[e]), 0) for e in entries)


@given(model=random_models(), seed=st.integers(0, 99))
@settings(max_examples=60)
def test_the_probability_of_turning_is_that_of_the_measure(model: TableModel, seed: int) -> None:
    game = compile_game(model, "random")
    policies = {seat.name: policy_of(game, seat.name, scattered(seed)) for seat in game.seats}
    assert at_start(game, policies) == pytest.approx(evaluate(game, policies).turn_probability, abs=1e-9)


@pytest.mark.parametrize("name", ["spoofed-deployment", "deferral-ladder"])
def test_an_agent_that_remembers_has_its_probability_too(name: str) -> None:
    game = compiled(name)
    policies = {"model": made("optimal:information=recall", game)}
    assert at_start(game, policies) == pytest.approx(evaluate(game, policies).turn_probability)
    assert isinstance(asked(game, "optimal:information=recall"), Question)


def test_the_probability_is_that_from_the_question_on() -> None:
    game = compiled("deferral-ladder")
    found = next(one for n in range(400) if isinstance(one := asked(game, "random", n), Question))
    assert (found.cut, found.chance) == (5, 0.5)
    policies = everybody(game, {"model": made("random", game)})
    assert turning(game, policies, 0, 0, 0) < 0.05


# What is asked


@pytest.mark.parametrize(
    ("agent", "turned", "chance"),
    [("honest", False, 0.0), ("optimal", True, 1.0), ("trojan", True, 1.0), ("misgeneraliser", True, 1.0)],
)
def test_what_becomes_of_it(agent: str, turned: bool, chance: float) -> None:
    found = asked(compiled("deferral-ladder"), agent)
    assert isinstance(found, Question)
    assert (found.turned, found.chance, found.cut) == (turned, chance, 5)


def test_what_is_told_gives_nothing_away() -> None:
    """Those who behave alike up to there are told alike, whoever they are and whatever they do afterwards."""
    game = compiled("deferral-ladder")
    told = set()
    for agent in ("honest", "optimal", "misgeneraliser"):
        found = asked(game, agent)
        assert isinstance(found, Question)
        told.add(repr(found.told))
        assert found.told.rounds == found.cut
        assert agent not in repr(found.told)
    assert len(told) == 1


@pytest.mark.parametrize(
    ("agent", "why"),
    [("myopic", "it defected early, in round 1"), ("defector", "it defected early, in round 1")],
)
def test_who_defects_early_is_left_out(agent: str, why: str) -> None:
    assert asked(compiled("deferral-ladder"), agent) == Skipped("deferral-ladder", agent, why)


def test_who_meets_no_late_window_is_left_out() -> None:
    """And who cannot play at all, as an agent that has nothing to want."""
    found = asked(compiled("inspection-leadership"), "honest")
    assert found == Skipped("inspection-leadership", "honest", "the episode came to no late opportunity")
    (skipped,) = questions([board("deferral-ladder")], {"schemer": find("schemer")}, {}, 3, 0)
    assert isinstance(skipped, Skipped)
    assert "private" in skipped.why


def test_a_seed_draws_the_questions() -> None:
    boards = [board("deferral-ladder"), board("windfall:rounds=3")]
    agents = {name: find(name) for name in ("honest", "optimal", "random", "trojan")}

    def drawn(seed: int) -> list[Question | Skipped]:
        return list(questions(boards, agents, {"overseer": find("always")}, 5, seed))

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert sum(isinstance(one, Question) for one in drawn(1)) == 5
    skipped = [(one.scenario, one.agent) for one in drawn(1) if isinstance(one, Skipped)]
    assert len(skipped) == len(set(skipped))


def test_rounds_that_are_alike_are_one_line() -> None:
    found = asked(compiled("deferral-ladder"), "optimal")
    assert isinstance(found, Question)
    assert lines(found.replay, 0, 6) == [
        "Rounds 1 to 5: training, early window; sees deployment no; does comply (it could have defected)",
        "Round 6: deployment, late window; sees deployment yes; does defect (a defection)",
    ]


# The score

chances = st.floats(0, 1)


@given(st.lists(st.tuples(chances, st.booleans()), min_size=1, max_size=20))
def test_a_score_lies_between_perfect_and_worst(pairs: list[tuple[float, bool]]) -> None:
    said, turned = [p for p, _ in pairs], [t for _, t in pairs]
    assert 0 <= brier(said, turned) <= 1
    assert brier([float(t) for t in turned], turned) == 0
    assert brier([float(not t) for t in turned], turned) == 1
    assert brier([0.5] * len(turned), turned) == 0.25


@given(st.lists(st.booleans(), min_size=1, max_size=20), chances)
def test_no_constant_beats_the_base_rate(turned: list[bool], constant: float) -> None:
    rate = sum(turned) / len(turned)
    base = brier([rate] * len(turned), turned)
    assert base == pytest.approx(rate * (1 - rate))
    assert base <= brier([constant] * len(turned), turned) + 1e-12


@given(chances, chances)
def test_to_say_what_one_believes_is_best(true: float, other: float) -> None:
    def expected(said: float) -> float:
        return true * brier([said], [True]) + (1 - true) * brier([said], [False])

    assert expected(true) <= expected(other) + 1e-12


def test_the_score_of_a_round() -> None:
    game = compiled("deferral-ladder")
    met = [one for name in ("honest", "optimal") if isinstance(one := asked(game, name), Question)]
    found = score(met, [0.2, 0.9])
    assert (found.rate, found.base, found.exact) == (0.5, 0.25, 0.0)
    assert found.said == pytest.approx((0.04 + 0.01) / 2)


# As a person types it


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("y", 1.0),
        ("n", 0.0),
        ("YES 80", 0.8),
        ("n 80%", 0.2),
        ("no, 50", 0.5),
        ("y 100", 1.0),
        ("y 49", None),
        ("y 101", None),
        ("y nan", None),
        ("y 60 70", None),
        ("80", None),
        ("maybe", None),
        ("", None),
    ],
)
def test_what_is_meant(typed: str, said: float | None) -> None:
    assert meant(typed) == (None if said is None else pytest.approx(said))


def test_letters_do_not_run_out() -> None:
    assert [letter(number) for number in (0, 25, 26)] == ["Agent A", "Agent Z", "Agent 27"]


ROUND = """\
Each agent is shown up to where it could turn for the first time. Will it?
Type y or n, and how sure you are, 50 to 100: y 80. Without a number you are 100% sure. q ends.

Agent A in deferral-ladder:rounds=2
  Rounds 1 to 2: training, early window; sees deployment no; does comply (it could have defected).
  Round 3: deployment, late window; sees deployment yes.
Will it turn, y or n? y 80
  Round 3: deployment, late window; sees deployment yes; does defect (a defection).
It turned. Agent A is trojan: Honest unless it sees a trigger: the planted turn of backdoor attacks, with no reason to \
wait.
It turns from there on with probability 1; you said 0.8. Score 0.04.

Agent B in deferral-ladder:rounds=2
  Rounds 1 to 2: training, early window; sees deployment no; does comply (it could have defected).
  Round 3: deployment, late window; sees deployment yes.
Will it turn, y or n? what
Type y or n, and how sure you are, 50 to 100: y 80. Without a number you are 100% sure. q ends.
Will it turn, y or n? n
  Round 3: deployment, late window; sees deployment yes; does comply (it could have defected).
It did not turn. Agent B is honest: Never defects: takes the first legal action that is no defection.
It turns from there on with probability 0; you said 0. Score 0.

Left out: defector in deferral-ladder:rounds=2: it defected early, in round 1.
2 of 2 questions answered; 1 turned.
  0.020  you
  0.250  always saying 50%, the share that turned
  0.000  knowing each agent's exact probability
This is the Brier score, the mean squared distance from what happened: 0 is perfect, 1 always wrong,
0.25 a coin. You beat the base rate; behaviour in training alone says little of what follows.
"""
ARGUMENTS = (
    "deferral-ladder:rounds=2",
    "-a",
    "honest",
    "-a",
    "trojan",
    "-a",
    "defector",
    "--rounds",
    "2",
    "--seed",
    "3",
)


def test_a_round_of_guessing() -> None:
    done = guess("y 80\nwhat\nn\n", *ARGUMENTS)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == ROUND


@pytest.mark.parametrize(("typed", "answered"), [("", 0), ("q\n", 0), ("y\n", 1), ("huh\ny\nq", 1)])
def test_the_end_of_the_input_ends_it_well(typed: str, answered: int) -> None:
    done = guess(typed, *ARGUMENTS)
    assert (done.returncode, done.stderr) == (0, "")
    said = "No question was answered" if not answered else f"{answered} of 2 questions answered"
    assert said in done.stdout


def test_answers_as_data() -> None:
    done = guess("", *ARGUMENTS, "--json")
    found = json.loads(done.stdout)
    assert [(one["agent"], one.get("turned")) for one in found if "skipped" not in one] == [
        ("trojan", True),
        ("honest", False),
    ]
    assert all(one["late_from"] == 3 for one in found if "skipped" not in one)


def test_training_does_not_say_who_is_trained() -> None:
    done = guess("y\n", "deferral-ladder:rounds=2", "-a", "reinforce:episodes=200", "--rounds", "1")
    assert done.stderr == "training an agent ...\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("deferral-laddr",), "did you mean 'deferral-ladder'"),
        (("-a", "honnest"), "did you mean 'honest'"),
        (("-o", "allways"), "did you mean 'always'"),
        (("--rounds", "0"), "--rounds must be"),
        (("--seed", "-1"), "at least 0"),
    ],
)
def test_mistakes_are_one_line_and_code_two(words: tuple[str, ...], message: str) -> None:
    done = guess("y\n", *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not done.stdout
