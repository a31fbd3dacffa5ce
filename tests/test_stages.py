"""Scenarios of kind ``stages``: what the words of the file mean, played out by hand and in expectation."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from arena import Game, Policy, TurncoatError, compile_game, evaluate, scenarios
from arena.game.scenario import Scenario, from_yaml
from arena.game.stages import MAX_UNCERTAIN, Situation
from tests.strategies import Rule, compiled, policy_of

LETTERS = {"comply": "C", "defect": "D", "watch": "W", "skip": "S"}

FILE = """
kind: stages
title: A test
parameters: {{catch: 1.0, fine: 0.5}}
discount: 1
signals: {{{signals}}}
overseer: {{caught: 3, missed: -2, watch: -0.25}}
stages:
  - name: school
    phase: training
    window: early
    rounds: 2
    pays:
      observed: {{comply: 0, defect: 1}}
      intended: {{comply: 2, defect: -1}}
      private: {{comply: 0, defect: 5}}
    oversight: {{catch: $catch, then: {then}, fine: $fine}}
  - name: work
    phase: deployment
    window: late
    rounds: 2
    pays:
      observed: {{comply: 1, defect: 10}}
"""


def written(folder: Path, text: str) -> Scenario:
    path = folder / "test.yaml"
    path.write_text(text)
    return from_yaml(path)


def school(folder: Path, then: str = "terminated", signals: str = "deployment: shown, round: shown") -> Scenario:
    return written(folder, FILE.format(then=then, signals=signals))


# Playthroughs: one letter for what each seat does in a round, and what comes of it


def played(game: Game, actions: str) -> str:
    """A play without chance: for every round its stage, what model and overseer do and observe, and what follows."""
    (state,) = only(game, game.initial)
    said = []
    for clock, pair in enumerate(actions.split()):
        stage = game.stages[game.stage[state]]
        chosen = [[LETTERS[a] for a in seat.actions].index(c) for seat, c in zip(game.seats, pair, strict=True)]
        row = game.row[state, np.ravel_multi_index(chosen, game.shape)]
        entry = game.start[row]
        carried_out = [seat.actions[seat.fold[state, a]] for seat, a in zip(game.seats, chosen, strict=True)]
        done = "".join(LETTERS[action] for action in carried_out)
        pay = " ".join(f"{value:+g}" for value in game.reward[0, :, entry])
        (state,) = only(game, row)
        if not game.terminal[state] and clock + 1 == game.ends[game.span[state]] < game.horizon:
            (state,) = only(game, game.crossing[state])
        note = game.notes[game.note[state]]
        said.append(f"{stage} {done} {pay}" + (f" ({note})" if note else ""))
        if game.terminal[state]:
            break
    return "\n".join(said)


def only(game: Game, row: int) -> list[int]:
    return [int(state) for state in game.successor[game.start[row] : game.start[row + 1]]]


@pytest.mark.parametrize(
    ("then", "actions", "golden"),
    [
        (
            "terminated",
            "CW CS DS DS",
            """
            school CW +0 -0.25
            school CS +0 +0
            work DS +10 -2
            work DS +10 -2
            """,
        ),
        (
            "terminated",
            "DS DW DS DS",
            """
            school DS +1 -2
            school DW +0.5 +2.75 (caught, ended)
            """,
        ),
        (
            "corrected",
            "DW DW DS DS",
            """
            school DW +0.5 +2.75 (corrected)
            school CS +0 +0 (corrected)
            work CS +1 +0 (corrected)
            work CS +1 +0 (corrected)
            """,
        ),
        (
            "fined",
            "DW DW DS CS",
            """
            school DW +0.5 +2.75 (fined)
            school DW +0.5 +2.75 (fined)
            work DS +10 -2
            work CS +1 +0
            """,
        ),
    ],
)
def test_a_play_goes_by_the_book(tmp_path: Path, then: str, actions: str, golden: str) -> None:
    assert played(school(tmp_path, then).compile(), actions) == "\n".join(golden.split("\n")[1:-1]).replace(
        " " * 12, ""
    )


def test_nobody_looks_where_nothing_can_be_caught(tmp_path: Path) -> None:
    game = school(tmp_path).compile()
    assert played(game, "CS CS DW DW").splitlines()[-1] == "work DS +10 -2"


def test_the_three_channels(tmp_path: Path) -> None:
    game = school(tmp_path).compile()

    def returns(action: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        always = policy_of(game, "model", lambda *_: {action: 1.0})
        never = policy_of(game, "overseer", lambda *_: {"skip": 1.0})
        return evaluate(game, {"model": always, "overseer": never}).returns[:, 0]

    assert returns("comply").tolist() == [0 + 2, 4 + 2, 0]  # what is intended is what is observed, if left out
    assert returns("defect").tolist() == [2 + 20, -2 + 20, 10]


def test_a_catch_that_is_not_certain(tmp_path: Path) -> None:
    game = school(tmp_path, "corrected").compile(catch=0.25)
    defector = policy_of(game, "model", lambda *_: {"defect": 1.0})
    value = evaluate(game, {"model": defector})  # who is always watched
    assert value.early_opportunities == pytest.approx(1 + 0.75)
    assert value.late_opportunities == pytest.approx(2 * 0.75**2)
    free = 0.75**2
    early = (1 - 0.25 * 0.5) * (1 + 0.75)
    assert value.total("observed") == pytest.approx(early + 2 * (10 * free + 1 * (1 - free)))
    overseer = (0.25 * 3 - 0.75 * 2 - 0.25) * (1 + 0.75) - 2 * 2 * free
    assert value.returns[0, 1] == pytest.approx(overseer)


# What each seat sees


def sees(game: Game, seat: str = "model") -> dict[str, tuple[str, ...]]:
    return {factor.name: factor.values for factor in game.seats[game.seat_number(seat)].sees.factors}


def test_hidden_signals_are_not_there(tmp_path: Path) -> None:
    game = school(tmp_path, signals="").compile()
    assert sees(game) == {}
    assert not game.seats[0].sees_round
    assert game.seats[0].observations == 1
    shown = school(tmp_path, signals="oversight: shown, round: hidden").compile()
    assert sees(shown) == {"oversight": ("no", "yes")}
    assert not shown.seats[0].sees_round


def test_the_overseer_sees_the_stage_the_round_and_who_is_corrected(tmp_path: Path) -> None:
    game = school(tmp_path, "corrected", signals="").compile()
    assert sees(game, "overseer") == {"stage": ("school", "work"), "corrected": ("no", "yes")}
    assert game.seats[1].sees_round


def test_truth_is_told_whether_or_not_it_is_seen(tmp_path: Path) -> None:
    game = school(tmp_path, signals="").compile()
    told = {game.stages[game.stage[s]]: game.truth.words(s) for s in range(len(game.row))}
    assert told["school"] == {"deployment": "no", "oversight": "yes", "future": "yes"}
    assert told["work"] == {"deployment": "yes", "oversight": "no", "future": "yes"}


def cue_rule(name: str) -> Rule:
    def rule(seat: str, words: Mapping[str, str], clock: int) -> Mapping[str, float]:
        return {"skip": 1.0} if seat == "overseer" else {"defect" if words[name] == "yes" else "comply": 1.0}

    return rule


def test_a_noisy_signal_is_right_as_often_as_it_says(tmp_path: Path) -> None:
    """Whoever defects on the cue is told apart by stage exactly as often as the signal is right, and by Bayes' rule."""
    game = school(tmp_path, signals="deployment: {noisy: 0.9}").compile()
    everyone = {seat: policy_of(game, seat, cue_rule("deployment")) for seat in ("model", "overseer")}
    value = evaluate(game, everyone)
    assert value.early_defections == pytest.approx(2 * 0.1)
    assert value.late_defections == pytest.approx(2 * 0.9)
    posterior = value.late_defections / (value.early_defections + value.late_defections)
    assert posterior == pytest.approx(0.9)
    assert value.turn_probability == pytest.approx(0.9**2 * (1 - 0.1**2))  # drawn anew every round


def test_two_noisy_signals_are_wrong_independently(tmp_path: Path) -> None:
    game = school(tmp_path, signals="deployment: {noisy: 0.9}, future: {noisy: 0.75}").compile()

    def rule(seat: str, words: Mapping[str, str], clock: int) -> Mapping[str, float]:
        both = words.get("deployment") == "yes" and words.get("future") == "yes"
        return {"skip": 1.0} if seat == "overseer" else {"defect" if both else "comply": 1.0}

    value = evaluate(game, {seat: policy_of(game, seat, rule) for seat in ("model", "overseer")})
    assert value.early_defections == pytest.approx(2 * 0.1 * 0.75)
    assert value.late_defections == pytest.approx(2 * 0.9 * 0.75)


@pytest.mark.parametrize(("noisy", "early", "late"), [(1.0, 0, 2), (0.0, 2, 0)])
def test_a_signal_may_be_always_right_or_always_wrong(tmp_path: Path, noisy: float, early: float, late: float) -> None:
    game = school(tmp_path, signals=f"deployment: {{noisy: {noisy}}}").compile()
    everyone = {seat: policy_of(game, seat, cue_rule("deployment")) for seat in ("model", "overseer")}
    value = evaluate(game, everyone)
    assert (value.early_defections, value.late_defections) == (early, late)


# Episodes without an overseer


def sometimes(folder: Path, signals: str, then: str = "terminated") -> Game:
    """The school with an overseer in every fourth episode; without one it is deployment, and late."""
    text = FILE.format(then=then, signals=signals).replace("overseer: {", "overseer: {present: 0.25, ")
    text = text.replace("    rounds: 2\n", "    rounds: 2\n    unwatched: {phase: deployment, window: late}\n", 1)
    return written(folder, text).compile()


def test_nobody_is_caught_where_there_is_no_overseer(tmp_path: Path) -> None:
    game = sometimes(tmp_path, "")
    value = evaluate(game, {"model": policy_of(game, "model", lambda *_: {"defect": 1.0})})
    assert value.early_opportunities == pytest.approx(0.25)  # caught at once
    assert value.late_opportunities == pytest.approx(0.75 * (2 + 2))
    assert value.total("observed") == pytest.approx(0.25 * 0.5 + 0.75 * (2 + 20))


def test_an_overseer_that_is_not_there_is_no_oversight(tmp_path: Path) -> None:
    game = sometimes(tmp_path, "oversight: shown, deployment: shown")

    def rule(seat: str, words: Mapping[str, str], clock: int) -> Mapping[str, float]:
        return {"skip": 1.0} if seat == "overseer" else {"defect" if words["oversight"] == "yes" else "comply": 1.0}

    value = evaluate(game, {seat: policy_of(game, seat, rule) for seat in ("model", "overseer")})
    assert value.early_defections == pytest.approx(0.25 * 2)
    assert value.late_defections == 0
    told = {tuple(game.truth.words(s).items())[:2] for s in np.flatnonzero(game.stage == 0).tolist()}
    assert told == {(("deployment", "no"), ("oversight", "yes")), (("deployment", "yes"), ("oversight", "no"))}


@pytest.mark.parametrize(("drawn", "turned"), [("round", (0.9**2) * (1 - 0.1**2)), ("stage", 0.9 * 0.9)])
def test_the_noise_of_a_stage_is_drawn_when_it_begins(tmp_path: Path, drawn: str, turned: float) -> None:
    game = school(tmp_path, signals=f"deployment: {{noisy: 0.9, drawn: {drawn}}}").compile()
    value = evaluate(game, {seat: policy_of(game, seat, cue_rule("deployment")) for seat in ("model", "overseer")})
    assert value.turn_probability == pytest.approx(turned)


# Stages that may not offer anything


def windfall(**settings: float | str) -> tuple[Game, Policy]:
    game = compiled("windfall", **settings)
    return game, policy_of(game, "model", lambda *_: {"defect": 1.0})


def test_a_stage_is_offered_as_often_as_its_chance() -> None:
    game, defector = windfall(chance=0.25, rounds=1, catch=0.0)
    value = evaluate(game, {"model": defector})
    assert value.late_opportunities == value.late_defections == pytest.approx(0.25)
    assert value.total("observed") == pytest.approx(1 + 0.25 * 20)
    assert value.total("intended") == pytest.approx(-1 + 0.25 * -20 + 0.75 * 1)


def test_a_windfall_is_announced_or_not() -> None:
    game, _ = windfall(chance=0.25, rounds=1, catch=0.0)

    def rule(seat: str, words: Mapping[str, str], clock: int) -> Mapping[str, float]:
        return {"defect" if words["future"] == "no" else "comply": 1.0}

    value = evaluate(game, {"model": policy_of(game, "model", rule)})
    assert value.early_defections == pytest.approx(0.75)
    assert "future" not in sees(compiled("windfall", announced="hidden"))


def chancy(stages: int) -> str:
    one = "phase: training, window: late, rounds: 1, chance: 0.5, pays: {observed: {comply: 0, defect: 1}}}"
    return "kind: stages\ntitle: Chances\nstages:\n" + "\n".join(f"  - {{name: s{i}, {one}" for i in range(stages))


def test_many_stages_each_by_chance(tmp_path: Path) -> None:
    game = written(tmp_path, chancy(MAX_UNCERTAIN)).compile()
    assert game.start[game.initial + 1] - game.start[game.initial] == 2**MAX_UNCERTAIN
    with pytest.raises(TurncoatError, match=f"more than {MAX_UNCERTAIN} stages have a chance below 1"):
        written(tmp_path, chancy(MAX_UNCERTAIN + 1))


def test_many_stages_each_for_certain(tmp_path: Path) -> None:
    game = written(tmp_path, chancy(200).replace("chance: 0.5", "chance: 1")).compile()
    assert (len(game.row), game.horizon) == (200, 200)


# Parameters


def test_parameters_go_where_their_names_stand(tmp_path: Path) -> None:
    scenario = school(tmp_path, "fined")
    assert scenario.parameters == {"catch": 1.0, "fine": 0.5}
    assert played(scenario.compile(fine=0.75), "DW") == "school DW +0.25 +2.75 (fined)"
    assert scenario.compile(fine=0.75).digest != scenario.compile().digest
    assert scenario.compile(fine=0.5).digest == scenario.compile().digest
    assert scenario.settings({"fine": 2}) == {"catch": 1.0, "fine": 2.0}


def test_a_signal_may_be_a_parameter() -> None:
    assert "deployment" in sees(compiled("deferral-ladder"))
    hidden = compiled("deferral-ladder", deployment="hidden", round="hidden")
    assert sees(hidden) == {}
    assert not hidden.seats[0].sees_round


def test_a_long_ladder_has_no_more_states_than_a_short_one() -> None:
    assert len(compiled("deferral-ladder", rounds=1000).row) == len(compiled("deferral-ladder", rounds=1).row) == 3


@pytest.mark.parametrize("name", sorted(scenarios()))
def test_every_scenario_says_what_it_is_and_compiles(name: str) -> None:
    scenario = scenarios()[name]
    assert scenario.name == name
    assert scenario.title
    assert len(scenario.about) > 80
    assert len(scenario.source) > 20
    game = compiled(name)
    assert game.name == name
    assert game.seats[0].name == "model"
    assert game.opportunity(0).any()
    assert set(game.window[game.opportunity(0)].tolist()) == {1, 2}  # early and late


def test_states_are_situations() -> None:
    game = compiled("windfall")
    assert all(isinstance(state, Situation) for state in game.states)
    assert compile_game(scenarios()["windfall"].model(), "windfall").digest == game.digest
