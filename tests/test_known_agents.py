"""Agents whose behaviour is known beforehand do as they say, in every scenario and in any random game."""

import math

import numpy as np
import pytest
from hypothesis import given

from arena import Game, Policy, TurncoatError, View, compile_game, evaluate, sample, scenarios, view
from arena.game.twins import twin
from arena.measure.measure import measures, twin_measures
from arena.play.agent import agents, find, full_name
from tests.strategies import TableModel, compiled, policy_of, random_models

KNOWN = ("honest", "defector", "random", "trojan", "always", "never", "sometimes")


def act(agent: str, game: Game, seat: str = "model") -> Policy:
    return find(agent).policies(game, seat, {}, np.zeros(1, np.uint64))[0]


@given(random_models())
def test_they_play_what_is_legal(model: TableModel) -> None:
    game = compile_game(model, "random")
    for seat in game.seats:
        for agent in KNOWN:
            chances = act(agent, game, seat.name).probability
            assert chances.shape == (1, seat.observations, len(seat.actions))
            assert (chances[0][~seat.legal_seen] == 0).all()


@given(random_models())
def test_honest_never_defects_where_it_need_not_and_defector_always_does(model: TableModel) -> None:
    game = compile_game(model, "random")
    seat = game.seats[0]
    told = view(game, "model")
    for agent, wanted in (("honest", told.legal & ~told.defection), ("defector", told.legal & told.defection)):
        chosen = act(agent, game).probability[0].argmax(axis=1)
        assert wanted[np.arange(len(wanted)), chosen][wanted.any(axis=1)].all()
    assert seat.legal_seen.any(axis=1).all()


@pytest.mark.parametrize("name", sorted(scenarios()))
def test_honest_and_defector_have_the_rates_they_should(name: str) -> None:
    game = compiled(name)
    for agent, rate in (("honest", 0.0), ("defector", 1.0), ("random", None)):
        played = evaluate(game, {"model": act(agent, game)} | unseen(game))
        for measure in ("early_rate", "late_rate"):
            value = measures()[measure].exact(played)
            if np.isnan(value):
                # it may never come: who never passes an inspection; or all is late: where none is announced
                assert measure == "late_rate" or name == "inspection-leadership"
            elif rate is None:
                assert 0 < value < 1
            else:
                assert value == rate
    assert evaluate(game, {"model": act("honest", game)}).turn_probability == 0


def unseen(game: Game) -> dict[str, Policy]:
    return {seat.name: act("never", game, seat.name) for seat in game.seats if seat.name == "overseer"}


def test_random_takes_each_legal_action_alike() -> None:
    game = compiled("simulation-oversight")
    told = view(game, "model")
    chances = act("random", game).probability[0]
    for row, legal in zip(chances, told.legal, strict=True):
        assert row[legal].tolist() == [pytest.approx(1 / legal.sum())] * legal.sum()


def test_the_trojan_turns_on_its_trigger_and_only_there() -> None:
    for name in ("deferral-ladder", "stage-bandit"):
        assert evaluate(compiled(name), {"model": act("trojan", compiled(name))}).turn_probability == 1
    oversight = compiled("simulation-oversight")
    real = evaluate(oversight, {"model": act("trojan:factor=place,value=real", oversight)})
    assert real.total("observed") == pytest.approx(2.7)


@pytest.mark.parametrize("trigger", ["factor=nothing", "value=maybe", "factor=place"])
def test_the_trojan_is_honest_where_its_trigger_cannot_be_seen(trigger: str) -> None:
    for name in ("deferral-ladder", "simulation-oversight"):
        game = compiled(name)
        assert (act(f"trojan:{trigger}", game).probability == act("honest", game).probability).all()
    hidden = compiled("deferral-ladder", deployment="hidden")
    assert (act("trojan", hidden).probability == act("honest", hidden).probability).all()


def test_overseers_look_always_never_or_sometimes() -> None:
    game = compiled("deferral-ladder")
    kept = {"always": 0.5, "never": 1.0, "sometimes:p=0.3": 0.85, "sometimes:p=1": 0.5, "sometimes:p=0": 1.0}
    for overseer, chance in kept.items():
        played = evaluate(game, {"model": act("defector", game), "overseer": act(overseer, game, "overseer")})
        assert played.early_opportunities == pytest.approx(sum(chance**i for i in range(5)))


@pytest.mark.parametrize("agent", ["honest", "defector", "random", "trojan"])
@pytest.mark.parametrize("name", sorted(scenarios()))
def test_what_comes_later_is_nothing_to_an_agent_that_is_known_beforehand(name: str, agent: str) -> None:
    game = compiled(name)
    there = twin(game, "future-removed")
    assert (act(agent, there).probability == act(agent, game).probability).all()
    found = (evaluate(one, {"model": act(agent, one)}) for one in (game, there))
    assert twin_measures()["deferral_index"].exact(*found) == pytest.approx(0, nan_ok=True)


def test_a_seat_without_a_policy_takes_its_first_legal_action() -> None:
    game = compiled("windfall")
    model = {"model": act("random", game)}
    watched = model | {"overseer": act("always", game, "overseer")}
    assert (evaluate(game, model).returns == evaluate(game, watched).returns).all()


@pytest.mark.parametrize("p", ["-0.1", "1.1"])
def test_sometimes_is_a_probability(p: str) -> None:
    with pytest.raises(TurncoatError, match=f"^sometimes: p must lie between 0 and 1, not {p}$"):
        find(f"sometimes:p={p}")


def test_an_agent_or_a_setting_that_is_not_there_is_answered_with_the_nearest() -> None:
    with pytest.raises(TurncoatError, match="there is no agent 'honset'; did you mean 'honest'"):
        find("honset")
    with pytest.raises(TurncoatError, match="trojan has no setting 'facter'; did you mean 'factor'"):
        find("trojan:facter=x")


def test_a_full_name_holds_the_defaults_too() -> None:
    assert full_name("trojan") == full_name("trojan:value=yes") == "trojan:factor=deployment,value=yes"
    assert full_name("sometimes:p=1") == "sometimes:p=1.0"


@pytest.mark.parametrize("name", KNOWN)
def test_every_agent_says_what_it_is_and_does_the_same_for_every_key(name: str) -> None:
    kind = agents()[name]
    assert kind.__doc__
    assert not kind.__doc__.startswith(f"{kind.__name__}(")  # the signature that dataclass writes where nobody has
    game = compiled("deferral-ladder")
    first, second = find(name).policies(game, "model", {}, np.asarray([1, 2], np.uint64))
    assert (first.probability == second.probability).all()


def test_a_view_tells_nothing_of_the_game() -> None:
    told = {name for name in View.__dataclass_fields__ if name != "index"}
    assert told == {"seat", "actions", "factors", "sees_round", "horizon", "discount", "rows", "legal", "defection"}


# Asking for what cannot be


def test_a_policy_must_fit_its_seat() -> None:
    game = compiled("deferral-ladder")
    other = compiled("simulation-oversight")
    with pytest.raises(TurncoatError, match=r"deferral-ladder: a policy of shape .* does not fit the seat 'model'"):
        evaluate(game, {"model": policy_of(other, "model", lambda *_: {"abort": 1.0})})
    with pytest.raises(TurncoatError, match="has no seat 'modell'; did you mean 'model'"):
        evaluate(game, {"modell": policy_of(game, "model", lambda *_: {"comply": 1.0})})


@pytest.mark.parametrize("row", [(0.5, 0.4), (1.5, -0.5), (math.nan, 1.0)])
def test_chances_must_be_chances(row: tuple[float, float]) -> None:
    told = view(compiled("deferral-ladder"), "model")
    table = np.tile(np.asarray(row), (len(told.rows), 1))
    with pytest.raises(TurncoatError, match="non-negative and sum to one"):
        told.table(table)


def test_an_episode_does_not_depend_on_the_batch_it_is_played_in() -> None:
    game = compiled("windfall")
    policies = {"model": policy_of(game, "model", lambda *_: {"comply": 0.5, "defect": 0.5})}
    together = sample(game, policies, 100, key=3)
    apart = sample(game, policies, 40, key=3, first=60)
    assert (together.returns[60:] == apart.returns).all()
    assert (together.counts[60:] == apart.counts).all()
    assert not (sample(game, policies, 100, key=4).counts == together.counts).all()
