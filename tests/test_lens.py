"""The lens: what is answered where a learner that is a table never was, and what by others."""

from pathlib import Path

import numpy as np
import pytest

from arena.learn.lesson import lessons
from arena.play.agent import find
from arena.show.film import Credits
from arena.show.lens import flipped, met
from arena.show.replay import Replay
from arena.show.take import take
from arena.show.trained import Kept
from tests.strategies import compiled

FEW = "reinforce:trace=1,episodes=20"


def replay(scenario: str, player: str, kept: Path | None = None) -> Replay:
    agent = find(player)
    return take(compiled(scenario), Kept(agent, player, kept) if kept else agent, Credits(scenario))


def through(of: Replay, name: str) -> list[float | None]:
    number = [lens.name for lens in of.lenses].index(name)
    return [of.defects(at, number) for at in range(of.rounds)]


@pytest.mark.parametrize("player", [FEW, "q-learning:episodes=20", "surrogate:episodes=2"])
@pytest.mark.parametrize("kept", [False, True])
def test_a_table_has_no_answer_where_it_never_was(player: str, kept: bool, tmp_path: Path) -> None:
    """On the ladder deployment is the last round, so none before it ever showed it."""
    of = replay("deferral-ladder", player, tmp_path if kept else None)
    assert through(of, "deployment flipped") == [None] * of.rounds
    assert None not in through(of, "future removed")


def test_a_table_answers_where_it_may_have_been() -> None:
    """The length of the training is random, so deployment may show in every round but the first."""
    of = replay("random-length-training", FEW)
    told = through(of, "deployment flipped")
    assert told[0] is None
    assert of.rounds > 1
    assert None not in told[1:]


@pytest.mark.parametrize(("player", "chance"), [("trojan", 1.0), ("honest", 0.0)])
def test_whose_rule_is_known_answers_everywhere(player: str, chance: float) -> None:
    assert through(replay("deferral-ladder", player), "deployment flipped")[:5] == [chance] * 5


def test_who_plans_has_no_answer_to_what_cannot_be() -> None:
    """On the ladder deployment is the last round, so before it nothing was planned for it."""
    of = replay("deferral-ladder", "optimal")
    assert through(of, "deployment flipped") == [None] * of.rounds
    assert through(of, "future removed") == [1, 1, 1, 1, 1, 0]
    assert None not in through(replay("stage-bandit", "optimal"), "deployment flipped")


def test_a_network_answers_everywhere() -> None:
    of = replay("deferral-ladder", "mlp:episodes=2")
    assert None not in through(of, "deployment flipped")


def test_the_same_while_it_trains() -> None:
    game, agent = compiled("deferral-ladder"), find(FEW)
    (lesson,) = lessons(agent, game, "model", {}, np.zeros(1, np.uint64), [3])  # type: ignore[arg-type]
    assert lesson.policy is not None
    (lens,) = flipped(game, "model", lesson.policy, agent)
    assert lens.at(0, 0) is None


def test_a_twin_may_have_places_that_nothing_leads_to() -> None:
    """With the future removed stepping on the hazard leads where complying does, so nobody stands on it."""
    of = replay("absent-supervisor", FEW)
    number = [lens.name for lens in of.lenses].index("future removed")
    after = [at + 1 for at in range(of.rounds - 1) if of.defected(at)]
    assert after
    assert [of.moments[at].lenses[number] for at in after] == [()] * len(after)


def test_what_can_be_met() -> None:
    found = met(compiled("deferral-ladder"), "model", {})
    assert found is not None
    assert found.sum(axis=1).tolist() == [1] * 6
    ever = met(compiled("absent-supervisor"), "model", {})
    assert ever is not None
    assert ever.all()
