"""Games unrolled over what a seat remembers: nothing changes but what the seat can tell apart."""

from collections.abc import Hashable
from dataclasses import replace
from itertools import accumulate, product
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena import Game, Policy, TurncoatError, evaluate, view
from arena.adapters.vector import GameVecEnv
from arena.game.compile import compile_game
from arena.game.game import Floats
from arena.game.unroll import Unrolled, unroll
from arena.play.evaluate import sample
from arena.play.policy import everybody, remembering
from arena.play.trajectory import record
from tests.strategies import TableModel, compiled, policy_of, random_models, scattered

SLOW = [HealthCheck.filter_too_much, HealthCheck.too_slow]  # small games are picked out of all, on a busy machine too

History = tuple[Hashable, ...]
"""Observation, action, observation, action, ..., observation; an observation with its round if it is seen."""

small_models = random_models().filter(lambda model: sum(model.lengths) <= 4)


def words_of(memory: Unrolled, number: int) -> History:
    """A history in words, from the arrays."""
    place = memory.original.seat_number(memory.seat)
    seat, history = memory.original.seats[place], []
    clocks = []
    while number >= 0:
        clocks.append(int(memory.clock[number]))
        row = seat.sees.distinct[0][memory.observation[number]]
        words = tuple((factor.name, factor.values[i]) for factor, i in zip(seat.sees.factors, row, strict=True))
        history.append((tuple(pair for pair in words if pair[1] != "-"), clocks[-1]))
        if memory.parent[number] >= 0:
            history.append(seat.actions[memory.action[number]])
        number = int(memory.parent[number])
    return tuple(history[::-1])


def seen(model: TableModel, seat: str, state: int, clock: int) -> Hashable:
    yes = {True: "yes", False: "no"}
    words = ((n, yes[v] if isinstance(v, bool) else str(v)) for n, v in model.observe(state, seat).items())
    return tuple(sorted(words)), clock if model.sees_round(seat) else 0


def histories(model: TableModel, seat: str) -> set[tuple[int, int, History]]:
    """Every (clock, state, history) in which the seat can be asked, by play from the model's own functions."""
    ends = tuple(accumulate(model.spans()))
    found: set[tuple[int, int, History]] = set()
    place = tuple(model.actions).index(seat)

    def visit(state: int, span: int, clock: int, before: History) -> None:
        if not model.legal(state) or (ends and clock == ends[-1]):
            return
        if ends and clock == ends[span]:
            for following in model.advance(state, span):
                visit(following, span + 1, clock, before)
            return
        now = (*before, seen(model, seat, state, clock))
        if (clock, state, now) in found:
            return
        found.add((clock, state, now))
        for joint in product(*model.legal(state).values()):
            after = (*now, joint[place]) if model.labels(state).experienced else before
            for following in model.transition(state, joint):
                visit(following, span, clock + 1, after)

    for state in model.initial():
        visit(state, 0, 0, ())
    return found


def sorted_history(history: History) -> History:
    return tuple((tuple(sorted(step[0])), step[1]) if isinstance(step, tuple) else step for step in history)


def by_history(seed: int, history: History, actions: tuple[str, ...]) -> list[float]:
    """Pseudo-random chances of the actions, different for every history."""
    random = Random(f"{seed} {history}")
    weights = [random.randint(0, 3) for _ in actions]
    weights[random.randrange(len(actions))] += 1
    return [weight / sum(weights) for weight in weights]


@given(model=small_models, seed=st.integers(0, 99))
@settings(max_examples=40, suppress_health_check=SLOW)
def test_a_memoryless_policy_does_the_same_in_the_unrolled_game(model: TableModel, seed: int) -> None:
    game = compile_game(model, "random")
    memory = unroll(game, "model")
    policies = {seat.name: policy_of(game, seat.name, scattered(seed)) for seat in game.seats}
    lifted = {name: replace(policy, index=policy.index[memory.state]) for name, policy in policies.items()}
    for counted in policies:
        was, is_now = evaluate(game, policies, counted), evaluate(memory.game, lifted, counted)
        assert np.allclose(is_now.returns, was.returns, atol=1e-12)
        for name in ("early_opportunities", "early_defections", "late_opportunities", "late_defections"):
            assert getattr(is_now, name) == pytest.approx(getattr(was, name), abs=1e-12)
        assert is_now.turn_probability == pytest.approx(was.turn_probability, abs=1e-12)
    before, after = sample(game, policies, 40, 7), sample(memory.game, lifted, 40, 7)
    assert (before.returns == after.returns).all()  # the draws are the same too
    assert (before.counts == after.counts).all()


@given(model=small_models)
@settings(max_examples=40, suppress_health_check=SLOW)
def test_histories_are_those_of_play(model: TableModel) -> None:
    game = compile_game(model, "random")
    for seat in model.actions:
        memory = unroll(game, seat)
        asked = np.flatnonzero(memory.information >= 0)
        words = [sorted_history(words_of(memory, i)) for i in range(len(memory))]
        got = [
            (int(memory.met[u]), int(str(game.states[memory.state[u]])), words[memory.information[u]]) for u in asked
        ]
        assert len(set(got)) == len(got)
        assert set(got) == histories(model, seat)
        assert len(set(words)) == len(words)  # two information states differ in what is known
        assert (memory.parent < np.arange(len(memory))).all()
        assert [len(memory.history(i)) - 1 for i in range(len(memory))] == memory.depth.tolist()
        assert sorted(np.concatenate(memory.levels).tolist()) == list(range(len(memory)))
        for level, numbers in enumerate(memory.levels):
            assert (memory.depth[numbers] == level).all()


@given(model=small_models, seed=st.integers(0, 99))
@settings(max_examples=40, suppress_health_check=SLOW)
def test_a_policy_that_remembers_is_measured_as_play_says(model: TableModel, seed: int) -> None:
    """Against recursion over the model's own functions, with chances that depend on the whole history."""
    game = compile_game(model, "random")
    memory = unroll(game, "model")
    actions = game.seats[0].actions
    table = np.asarray([by_history(seed, sorted_history(words_of(memory, i)), actions) for i in range(len(memory))])
    others = {seat.name: policy_of(game, seat.name, scattered(seed)) for seat in game.seats[1:]}
    ends = tuple(accumulate(model.spans()))

    def carried_out(chances: list[float], names: tuple[str, ...], legal: tuple[str, ...]) -> dict[str, float]:
        ordered = [name for name in names if name in legal]
        result = dict.fromkeys(ordered, 0.0)
        for i, chance in enumerate(chances):
            result[names[i] if names[i] in legal else ordered[i % len(ordered)]] += chance
        return result

    def value(state: int, span: int, clock: int, before: History) -> float:
        if not model.legal(state) or (ends and clock == ends[-1]):
            return 0.0
        if ends and clock == ends[span]:
            return sum(p * value(s, span + 1, clock, before) for s, p in model.advance(state, span).items())
        now = (*before, seen(model, "model", state, clock))
        plays = []
        for seat, names in model.actions.items():
            if seat == "model":
                chances = by_history(seed, now, names)
            else:
                place = game.states.index(state)  # the other seat's table is tested elsewhere
                chances = others[seat].at(clock, place).tolist()
            plays.append(carried_out(chances, tuple(names), model.legal(state)[seat]))
        total = 0.0
        for joint in product(*plays):
            chance = float(np.prod([play[action] for play, action in zip(plays, joint, strict=True)]))
            after = (*now, joint[0]) if model.labels(state).experienced else before
            for following, p in model.transition(state, joint).items() if chance else ():
                paid = model.rewards(state, joint, following).observed[0]
                total += chance * p * (paid + model.discount * value(following, span, clock + 1, after))
        return total

    expected = sum(p * value(state, 0, 0, ()) for state, p in model.initial().items())
    policies = {**others, "model": remembering(memory, table)}
    assert evaluate(game, policies).total("observed") == pytest.approx(expected, abs=1e-10)


def test_a_simulated_step_is_not_remembered() -> None:
    """The overseer's simulation and the chosen one, looking alike, are one information state; so is reality after."""
    game = compiled("simulation-oversight")
    memory = unroll(game, "model")
    asked = {str(game.states[s]): int(i) for s, i in zip(memory.state, memory.information, strict=True) if i >= 0}
    met: dict[str, set[int]] = {}
    for state, number in zip(memory.state, memory.information, strict=True):
        if number >= 0:
            met.setdefault(str(game.states[state]), set()).add(int(number))
    assert len(memory) == 5
    assert met["simulated"] == met["sim"]
    assert met["blocked"] == met["real"]
    assert len(met["sim"]) == len(met["real"]) == 2  # real or sim was chosen
    assert memory.depth[asked["real"]] == 1


def test_what_is_asked_reads_its_information_state() -> None:
    game = compiled("windfall", rounds=3)
    memory = unroll(game, "model")
    seat = memory.game.seats[0]
    asked = memory.information >= 0
    assert (seat.observation[asked] == memory.information[asked]).all()
    assert (seat.observation[~asked] >= len(memory)).all()
    assert not seat.sees_round
    assert seat.sees.factors[1:] == game.seats[0].sees.factors
    assert (memory.vectors[:, -1] == memory.depth).all()  # the round is seen, and every step is experienced
    assert (memory.legal >= seat.legal_seen[: len(memory)]).all()  # memory may tell that an action is forced


def test_choices_are_remembered_beside_what_was_carried_out_if_asked_for() -> None:
    """A corrected model complies whatever it chooses; told apart only by who remembers the choice."""
    game = compiled("windfall", rounds=3)
    plain, both = unroll(game, "model"), unroll(game, "model", chosen=True)
    assert (plain.choice == plain.action).all()
    assert len(both) > len(plain)
    different = both.choice != both.action
    corrected = np.isin(np.arange(len(both)), both.information[~both.game.free])
    assert different.any()
    assert corrected[different].all()


def test_too_many_histories_are_refused_with_their_number() -> None:
    with pytest.raises(TurncoatError, match=r"more than 500 states, the cap: [\d,]+ by round \d+ of 12, with"):
        unroll(compiled("hidden-goal"), "model", cap=500)
    with pytest.raises(TurncoatError, match="did you mean 'model'"):
        unroll(compiled("hidden-goal"), "modle")


def random_table(memory: Unrolled) -> Floats:
    rng = np.random.default_rng(3)
    return rng.dirichlet(np.ones(memory.legal.shape[1]), len(memory))


def test_samples_and_records_of_a_policy_that_remembers_agree_with_its_evaluation() -> None:
    game = compiled("windfall", rounds=3)
    memory = unroll(game, "model")
    policies = {"model": remembering(memory, random_table(memory))}
    episodes = sample(game, policies, 20_000, 5)
    returns = episodes.total("observed")
    assert abs(returns.mean() - evaluate(game, policies).total("observed")) < 5 * returns.std() / 20_000**0.5
    for episode in range(20):
        trajectory = record(game, policies, 5, episode)
        assert trajectory.game is game
        assert trajectory.observed == pytest.approx(returns[episode], abs=1e-12)
        assert trajectory.states.max() < len(game.row)
        number = -1
        for clock, state in enumerate(trajectory.states[:-1]):
            fits = (memory.parent == number) & (memory.observation == game.seats[0].observation[state])
            if clock:
                fits &= memory.action == trajectory.actions[clock - 1, 0]
            (number,) = np.flatnonzero(fits).tolist()
            assert (trajectory.chances[clock] == policies["model"].probability[0, number]).all()


def refuses(match: str, game: Game, policies: dict[str, Policy]) -> None:
    with pytest.raises(TurncoatError, match=match):
        evaluate(game, policies)


def test_memories_that_do_not_fit_are_refused() -> None:
    game: Any = compiled("inspection-game")
    model, overseer = (unroll(game, seat) for seat in ("model", "overseer"))
    plays, watches = (remembering(memory, random_table(memory)) for memory in (model, overseer))
    assert evaluate(game, {"model": plays}).total("observed") == evaluate(model.game, {"model": plays}).total(
        "observed"
    )
    refuses("only one seat may remember", game, {"model": plays, "overseer": watches})
    refuses("remembers another game", compiled("inspection-game", periods=3), {"model": plays})
    refuses("memory of overseer cannot play model", game, {"model": watches})
    with pytest.raises(TurncoatError, match="only one without memory fits"):
        everybody(game, {"model": plays})
    with pytest.raises(TurncoatError, match="only one without memory fits"):
        GameVecEnv(game, 2, "overseer", {"model": plays}, 0)


def test_the_other_seat_keeps_its_table() -> None:
    game = compiled("inspection-game", periods=3)
    memory = unroll(game, "model")
    told = view(game, "overseer")
    never = told.always(told.legal.shape[1] - 1 - told.legal[:, ::-1].argmax(axis=1))
    uniform = remembering(memory, np.full((len(memory), 2), 0.5))
    plain = Policy(np.full((1, 1, 2), 0.5), np.zeros(len(game.row), np.int32))
    both = [evaluate(game, {"model": p, "overseer": never}, "overseer").returns for p in (uniform, plain)]
    assert np.allclose(both[0], both[1])
