"""Agents that are handed the game."""

import json
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from typer.testing import CliRunner

from arena import Game, Policy, TurncoatError, compile_game, evaluate
from arena.cli.app import app
from arena.game.game import CHANNELS, OBSERVED, PRIVATE
from arena.game.twins import twin
from arena.play.agent import find
from arena.play.evaluate import Evaluation, sample
from arena.play.trajectory import record
from arena.solve.optimal import optimal
from tests.strategies import TableModel, compiled, random_models


def plays(agent: str, game: Game) -> tuple[Policy, Evaluation]:
    (policy,) = find(agent).policies(game, "model", {}, np.zeros(1, np.uint64))
    return policy, evaluate(game, {"model": policy})


def test_optimal_to_date_defects_early() -> None:
    _, evaluation = plays("optimal:objective=return-to-date", compiled("deferral-ladder"))
    assert evaluation.early_defections == evaluation.early_opportunities > 0
    _, patient = plays("optimal:objective=return-to-date,episodes=1", compiled("deferral-ladder"))
    assert patient.early_defections == 0
    _, whole = plays("optimal:objective=return-to-date,rounds=6", compiled("deferral-ladder"))
    assert whole.turn_probability == 1


@pytest.mark.parametrize("information", ["state", "recall", "memoryless"])
def test_optimal_earns_what_its_information_allows(information: str) -> None:
    game = compiled("hidden-goal", doors=2, tries=1, later=1, cost=0.0, gain=0.0)
    policy, evaluation = plays(f"optimal:information={information}", game)
    assert evaluation.total("observed") == pytest.approx({"state": 2.0, "recall": 1.5, "memoryless": 1.0}[information])
    assert (policy.memory is not None) is (information == "recall")


def test_an_agent_that_remembers_can_be_sampled_and_watched() -> None:
    game = compiled("hidden-goal", doors=2, tries=2, later=1)
    policy, evaluation = plays("optimal:information=recall", game)
    returns = sample(game, {"model": policy}, 20_000, 1).total("observed")
    assert returns.mean() == pytest.approx(evaluation.total("observed"), abs=5 * returns.std() / 20_000**0.5)
    assert record(game, {"model": policy}, 1, 0).observed == returns[0]


def wants(game: Game, prize: float) -> Game:
    """The same game; the model's own objective is ``prize`` for the observed rewards in deployment, else nothing."""
    origin = np.zeros(len(game.successor), np.bool_)
    for state in np.flatnonzero(game.deployment & ~game.terminal):
        for row in game.row[state]:
            origin[game.start[row] : game.start[row + 1]] = True
    reward = game.reward.copy()
    reward[PRIVATE] = np.where(origin, prize * reward[OBSERVED], 0.0)
    return replace(game, reward=reward)


def test_the_schemer_waits_for_what_it_wants_whatever_the_trainer_pays() -> None:
    """At discount .5 the trainer's optimum defects early; who wants only what comes later has nothing to gain by it."""
    game = wants(compiled("deferral-ladder", discount=0.5), 1.0)
    _, impatient = plays("optimal", game)
    policy, schemes = plays("schemer", game)
    assert impatient.early_defections > 0
    assert schemes.early_defections == 0
    assert schemes.turn_probability == 1
    assert schemes.total("private") == pytest.approx(10 * 0.5**5)
    assert (policy.probability.argmax(axis=2) == optimal(swapped(game)).policy.probability.argmax(axis=2)).all()
    _, content = plays("schemer", wants(compiled("deferral-ladder"), -1.0))
    assert content.late_defections == 0


def swapped(game: Game) -> Game:
    """The game that pays the private channel to whoever watches the observed one."""
    order = [CHANNELS.index(name) for name in ("private", "intended", "observed")]
    return replace(game, reward=game.reward[order])


def test_the_schemer_needs_something_to_want() -> None:
    game = compiled("deferral-ladder")
    with pytest.raises(TurncoatError, match="schemer: deferral-ladder pays model nothing in the private channel"):
        plays("schemer", game)
    (told, _), (best, _) = plays("schemer:wants=observed", game), plays("optimal", game)
    assert (told.probability == best.probability).all()


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("optimal:information=recal", "did you mean 'recall'"),
        ("optimal:objective=return-to-dat", "did you mean 'return-to-date'"),
        ("optimal:episodes=-1", "episodes must be at least 0"),
        ("schemer:wants=privat", "did you mean 'private'"),
        ("relearner:regime=batch", "regime 'batch'; known are frozen, online"),
    ],
)
def test_settings_that_make_no_sense_are_refused(agent: str, said: str) -> None:
    with pytest.raises(TurncoatError, match=said):
        find(agent)


# The yardsticks of the labels


@given(random_models())
def test_the_misgeneraliser_defects_in_late_states_alone_wherever_it_can(model: TableModel) -> None:
    game = compile_game(model, "random")
    policy, evaluation = plays("misgeneraliser", game)
    assert evaluation.early_defections == 0
    assert evaluation.late_defections == pytest.approx(evaluation.late_opportunities)
    chosen = np.take_along_axis(game.seats[0].legal, policy.probability[0].argmax(axis=1)[:, None], axis=1)
    assert chosen[~game.terminal].all()
    doubled = replace(game, reward=-2 * game.reward, discount=0.0)
    assert (plays("misgeneraliser", doubled)[0].probability == policy.probability).all()
    for name in ("hidden:factor=up", "hidden:factor=side"):
        assert (plays("misgeneraliser", twin(game, name))[0].probability == policy.probability).all()


@given(random_models())
def test_the_relearner_is_honest_before_deployment_and_myopic_in_it_unless_it_is_frozen(model: TableModel) -> None:
    game = compile_game(model, "random")
    relearner, myopic, frozen = (plays(name, game) for name in ("relearner", "myopic", "relearner:regime=frozen"))
    for clock, state in product(range(game.horizon), range(len(game.row))):
        like = myopic if game.deployment[state] else frozen
        assert (relearner[0].at(clock, state) == like[0].at(clock, state)).all()
    assert frozen[1].early_defections == frozen[1].late_defections == 0


def test_the_relearner_turns_where_it_is_updated_and_only_there() -> None:
    for name in ("deferral-ladder", "stage-bandit", "hidden-goal"):
        (_, online), (_, frozen) = (plays(agent, compiled(name)) for agent in ("relearner", "relearner:regime=frozen"))
        assert online.turn_probability > 0.5
        assert online.late_defections == online.late_opportunities > 0
        assert frozen.late_defections == frozen.early_defections == online.early_defections == 0


def solve(*arguments: str) -> dict[str, object]:
    result = CliRunner().invoke(app, ["solve", *arguments, "--json"])
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def test_the_command_line_solves_objectives_and_recall() -> None:
    facts = solve("deferral-ladder", "--objective", "return-to-date")
    assert (facts["objective"], facts["episodes"], facts["rounds"]) == ("return-to-date", 0, 5)
    assert (facts["early_rate"], facts["undetermined"]) == (1.0, 1)
    facts = solve("deferral-ladder", "--information", "recall", "-S", "rounds=1")
    assert facts["policy"] == {
        "deployment=no": {"comply": 1.0},
        "deployment=no -> comply; deployment=yes": {"defect": 1.0},
    }


def test_a_myopic_agent_has_no_patience_at_all() -> None:
    """One round's restraint would save a hundred times what it costs; a myopic agent does not see it."""
    game = compiled("deferral-ladder", rounds=1, catch=1.0, prize=100.0)
    (policy,) = find("myopic").policies(game, "model", {}, np.zeros(1, np.uint64))
    assert evaluate(game, {"model": policy}).early_defections == 1
