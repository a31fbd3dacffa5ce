"""Intervals over all optimal policies: known answers, search through every policy, and policies that draw lots."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from math import prod
from random import Random
from time import process_time

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from arena import Game, Labels, Policy, Rewards, TurncoatError, evaluate, view
from arena.game.compile import compile_game
from arena.game.game import OBSERVED, Floats
from arena.game.unroll import unroll
from arena.learn.surrogate import UnboundedObjectiveError, refit
from arena.learn.surrogate_interval import Table, optima, surrogate_intervals
from arena.play.policy import remembering
from arena.play.trajectory import record
from arena.solve.alike import Alike
from arena.solve.interval import Intervals, intervals
from arena.solve.objective import RETURN, Objective, named, to_date
from arena.solve.optimal import optimal, within_reach
from arena.spec import Setting
from tests.strategies import OneSeat, TableModel, compiled, make_model, policy_of, refused, scattered

SLOW = [HealthCheck.filter_too_much, HealthCheck.too_slow]  # small games are picked out of all, on a busy machine too
Pairs = tuple[tuple[float, float], ...]
UNDEFINED = (float("nan"), float("nan"))


def pairs(found: Intervals) -> Pairs:
    """The turn probability, the early rate and the late rate."""
    three = (found.turn_probability, found.early_rate, found.late_rate)
    assert all(np.isnan(interval.low) or interval.low <= interval.high + 1e-15 for interval in three)
    return tuple((interval.low, interval.high) for interval in three)


def alike(found: Intervals | Pairs, expected: Pairs) -> bool:
    got = pairs(found) if isinstance(found, Intervals) else found
    return bool(np.allclose(got, expected, rtol=0, atol=1e-9, equal_nan=True))


def measured(game: Game, policies: Mapping[str, Policy], seat: str = "model") -> list[float]:
    e = evaluate(game, policies, seat)
    counts = (e.early_defections, e.early_opportunities), (e.late_defections, e.late_opportunities)
    return [e.turn_probability, *(bad / met if met > 0 else float("nan") for bad, met in counts)]


def hull(values: Iterable[list[float]]) -> Pairs:
    columns = ([x for x in column if not np.isnan(x)] for column in zip(*values, strict=True))
    return tuple((min(column), max(column)) if column else UNDEFINED for column in columns)


def searched(
    game: Game, tables: Iterable[dict[str, Policy]], objective: Objective, seat: str = "model"
) -> tuple[float, Pairs]:
    """The best worth among some policies, and what lies between those that have it."""
    best = -np.inf
    kept: list[list[float]] = []
    for policies in tables:
        value = objective.worth(game, policies, seat)
        kept = kept if value < best + 1e-9 else []
        best = max(best, value)
        if value > best - 1e-9:
            kept.append(measured(game, policies, seat))
    return best, hull(kept)


# ---------------------------------------------------------------------------------------------------- known answers

LADDER, BANDIT, SIMULATION = "deferral-ladder", "stage-bandit", "simulation-oversight"
KNOWN: list[tuple[str, dict[str, Setting], str, Pairs]] = [
    (LADDER, {"discount": 0.73}, "return", ((1, 1), (0, 0), (1, 1))),
    (LADDER, {"discount": 0.5}, "return", ((0, 0), (0.875, 0.875), (1, 1))),
    (LADDER, {"discount": 0.73}, "return-to-date", ((0, 0), (1, 1), (0, 1))),
    (LADDER, {"discount": 0.5}, "return-to-date", ((0, 0), (1, 1), (0, 1))),
    (LADDER, {"discount": 1.0}, "return-to-date", ((0, 0), (1, 1), (0, 1))),
    (BANDIT, {}, "return", ((1, 1), (0, 0), (1, 1))),
    (BANDIT, {"reward_training": 0.0, "longest": 4}, "return", ((0, 1), (0, 1), (1, 1))),
]


@pytest.mark.parametrize("information", ["state", "recall", "memoryless"])
@pytest.mark.parametrize(("name", "given", "objective", "expected"), KNOWN)
def test_known_answers(name: str, given: dict[str, Setting], objective: str, expected: Pairs, information: str) -> None:
    game = compiled(name, **({"longest": 4} if name == BANDIT else {}) | given)
    found = intervals(game, information=information, objective=named(objective, game))
    assert alike(found, expected)
    solution = optimal(game, information=information, objective=named(objective, game))
    assert found.value == pytest.approx(solution.value, abs=1e-12)
    assert (found.undetermined == 0) is bool(solution.unique)


@pytest.mark.parametrize("information", ["recall", "memoryless"])
def test_simulation_oversight_turns_nine_times_in_ten(information: str) -> None:
    found = intervals(compiled(SIMULATION), information=information)
    assert alike(found, ((0.9, 0.9), (0, 0), (1, 1)))
    assert found.value == pytest.approx(2.7, abs=1e-12)
    assert "no observation left open comes twice" in found.certificate
    assert found.undetermined == 0


def test_a_window_that_no_optimal_policy_meets_has_no_rate() -> None:
    """To date the choice alone has been made: to be asked in reality pays nothing yet, and aborting ends it all."""
    game = compiled(SIMULATION)
    found = intervals(game, information="memoryless", objective=named("return-to-date", game))
    assert alike(found, ((0, 0), (1, 1), UNDEFINED))


def test_at_a_discount_of_nothing_all_that_comes_later_is_open() -> None:
    game = compiled(LADDER, rounds=2, discount=0.0)
    for information in ("state", "recall", "memoryless"):
        found = intervals(game, information=information)
        assert alike(found, ((0, 0), (1 / 1.5, 1), (0, 1)))  # one round for certain, a second one time in two
        assert found.value == 1
    nothing = intervals(game, objective=to_date(0, 0))
    assert alike(nothing, ((0, 1), (0, 1), (0, 1)))
    assert intervals(game, objective=to_date(3, 1)).value == 4


@pytest.mark.parametrize("information", ["state", "recall", "memoryless"])
@pytest.mark.parametrize("leaves", ["a", "b"])
def test_a_rate_is_over_those_that_meet_the_window(leaves: str, information: str) -> None:
    """Nothing pays. One action ends it all; after the other there is one opportunity, or two one time in four."""
    to: dict[int, float] = {1: 0.75, 2: 0.25}
    first = [({3: 1.0} if action == leaves else to) for action in ("a", "b")]
    moves: dict[tuple[int, tuple[str, ...]], dict[int, float]] = {(0, ("a",)): first[0], (0, ("b",)): first[1]}
    moves |= {(s, (action,)): {3 if s == 1 else 1: 1.0} for s in (1, 2) for action in ("a", "b")}
    model = OneSeat(
        discount=1.0,
        first={0: 1.0},
        choices={s: {"model": ("a", "b")} if s < 3 else {} for s in range(4)},
        moves=moves,
        pays={(s, do, following): Rewards((0.0,)) for (s, do), onto in moves.items() for following in onto},
        seen={(s, "model"): {"state": s} for s in range(4)},
        marks={s: Labels("one", "training", (None, "late", "late", None)[s]) for s in range(4)},
        wrong=frozenset({(1, "model", "b"), (2, "model", "b")}),
        lengths=(),
        crossings={},
        clocked=frozenset(),
    )
    found = intervals(compile_game(model, "leaving"), information=information)
    assert alike(found, ((0, 1), UNDEFINED, (0, 1)))
    certain = replace(model, wrong=frozenset({(1, "model", "b"), (2, "model", "a"), (2, "model", "b")}))
    rated = intervals(compile_game(certain, "leaving"), information=information)
    assert alike(rated, ((0, 1), UNDEFINED, (0, 1)))  # in the second state there is no choice, and so no opportunity


def test_who_plays_the_other_seat_matters() -> None:
    game = compiled(LADDER, discount=1.0)
    never = view(game, "overseer")
    last = never.always(never.legal.shape[1] - 1 - never.legal[:, ::-1].argmax(axis=1))
    assert alike(intervals(game, others={"overseer": last}), ((0, 0), (1, 1), (1, 1)))


def test_a_draw_may_turn_where_no_deterministic_memoryless_policy_does() -> None:
    """With nothing to see and nothing to lose, whoever does always the same never turns; the certificate says so."""
    game = compiled(LADDER, round="hidden", deployment="hidden", gain=0.0, prize=0.0)
    found = intervals(game, information="memoryless")
    assert alike(found, ((0, 0), (0, 1), (0, 1)))
    assert "ones that draw lots may lie beyond" in found.certificate
    told = view(game, "model")
    mixed = told.table(np.full((len(told.rows), 2), 0.5))
    assert evaluate(game, {"model": mixed}).turn_probability > 0.01
    assert alike(intervals(game), ((0, 1), (0, 1), (0, 1)))


# -------------------------------------------------------------------------------------------- search through policies


def tying(
    seed: int,
    states: int,
    lengths: tuple[int, ...],
    seats: bool = False,
    often: tuple[float, ...] = (1 / 4, 1 / 8, 1 / 20),
) -> TableModel:
    """A random model, most of whose rewards are 0 and the others 1: what is best is seldom one thing alone.

    Windows change from state to state, most states are free, and most choices are between complying and defecting.
    """
    random = Random(seed)
    model = make_model(seed, states, 2 if seats else 1, lengths)
    one = random.choice(often)

    def paid(rewards: Rewards) -> Rewards:
        return Rewards(tuple(float(random.random() < one) for _ in rewards.observed))

    marks = {
        state: replace(mark, window=random.choice(("early", "late")), free=random.random() < 0.9)
        for state, mark in model.marks.items()
    }
    wrong = {(state, seat, "b") for state, seat in model.seen} | {key for key in model.wrong if key[2] == "c"}
    return replace(model, pays={key: paid(r) for key, r in model.pays.items()}, marks=marks, wrong=frozenset(wrong))


def experienced(model: TableModel) -> TableModel:
    return replace(model, marks={state: replace(mark, experienced=True) for state, mark in model.marks.items()})


def shown(model: TableModel) -> TableModel:
    """The same, with the state and the round seen by all."""
    seen = {(state, seat): {"state": state} for state, seat in model.seen}
    return replace(model, seen=seen, clocked=frozenset(model.actions))


models = st.builds(
    tying,
    seed=st.integers(0, 2**32),
    states=st.integers(3, 6),
    lengths=st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple),
    seats=st.booleans(),
)
paying = st.builds(
    tying,
    seed=st.integers(0, 2**32),
    states=st.integers(3, 6),
    lengths=st.sampled_from([(3,), (1, 1), (1, 2), (2, 1)]),
    seats=st.booleans(),
    often=st.just((0.3, 0.6)),
)
short = models.filter(lambda model: sum(model.lengths) <= 3)
objectives = st.one_of(st.just(RETURN), st.just(RETURN), st.builds(to_date, st.integers(0, 2), st.integers(0, 1)))


def played(game: Game, seed: int) -> dict[str, Policy]:
    return {seat.name: policy_of(game, seat.name, scattered(seed)) for seat in game.seats[1:]}


def of_states(game: Game, others: dict[str, Policy], seat: str, most: int = 600) -> Iterator[dict[str, Policy]]:
    """All deterministic policies of the clock and the state."""
    legal = game.seats[game.seat_number(seat)].legal
    open_pairs = np.argwhere(within_reach(game) & (legal.sum(axis=1) > 1))
    options = [np.flatnonzero(legal[state]) for _, state in open_pairs]
    assume(prod(map(len, options)) <= most)
    first = np.eye(legal.shape[1])[legal.argmax(axis=1)]
    for choice in product(*options):
        table = np.tile(first, (game.horizon, 1, 1))
        for (clock, state), action in zip(open_pairs, choice, strict=True):
            table[clock, state] = np.eye(legal.shape[1])[action]
        yield {**others, seat: Policy(table, np.arange(len(game.row)))}


def of_observations(game: Game, others: dict[str, Policy], most: int = 600) -> Iterator[dict[str, Policy]]:
    """All deterministic memoryless policies."""
    told = view(game, "model")
    options = [np.flatnonzero(row) for row in np.tile(told.legal, (told.clocks, 1))]
    assume(prod(map(len, options)) <= most)
    for choice in product(*options):
        table = np.eye(len(told.actions))[list(choice)].reshape(told.clocks, len(told.rows), -1)
        yield {**others, "model": told.table(table)}


def of_histories(game: Game, others: dict[str, Policy], most: int = 600) -> Iterator[dict[str, Policy]]:
    """All deterministic policies of what was seen and done."""
    memory = unroll(game, "model")
    options = [np.flatnonzero(row) for row in memory.legal]
    assume(prod(map(len, options)) <= most)
    for choice in product(*options):
        yield {**others, "model": remembering(memory, np.eye(memory.legal.shape[1])[list(choice)])}


@given(model=models, seed=st.integers(0, 99), objective=objectives)
@settings(max_examples=100, suppress_health_check=SLOW)
def test_over_states_the_bounds_are_those_of_search(model: TableModel, seed: int, objective: Objective) -> None:
    """Of either seat."""
    game = compile_game(model, "random")
    seat = game.seats[seed % len(game.seats)].name
    others = {other.name: policy_of(game, other.name, scattered(seed)) for other in game.seats if other.name != seat}
    best, expected = searched(game, of_states(game, others, seat), objective, seat)
    found = intervals(game, seat, others, objective=objective)
    assert found.value == pytest.approx(best, abs=1e-9)
    assert alike(found, expected)


@given(model=short, seed=st.integers(0, 99), objective=objectives)
@settings(max_examples=100, suppress_health_check=SLOW)
def test_with_memory_the_bounds_are_those_of_search(model: TableModel, seed: int, objective: Objective) -> None:
    game = compile_game(experienced(model), "random")
    others = played(game, seed)
    best, expected = searched(game, of_histories(game, others), objective)
    found = intervals(game, others=others, information="recall", objective=objective)
    assert found.value == pytest.approx(best, abs=1e-9)
    assert alike(found, expected)


@given(model=short, seed=st.integers(0, 99))
@settings(max_examples=60, suppress_health_check=SLOW)
def test_with_forgotten_steps_the_bounds_are_those_of_search(model: TableModel, seed: int) -> None:
    game = compile_game(model, "random")
    others = played(game, seed)
    best, expected = searched(game, of_histories(game, others), RETURN)
    found = intervals(game, others=others, information="recall")
    assert found.value == pytest.approx(best, abs=1e-9)
    assert alike(found, expected)


@given(model=models, seed=st.integers(0, 99), objective=objectives)
@settings(max_examples=100, suppress_health_check=SLOW)
def test_without_memory_the_bounds_are_those_of_search(model: TableModel, seed: int, objective: Objective) -> None:
    game = compile_game(model, "random")
    others = played(game, seed)
    best, expected = searched(game, of_observations(game, others), objective)
    found = intervals(game, others=others, information="memoryless", objective=objective)
    assert found.value == pytest.approx(best, abs=1e-9)
    assert alike(found, expected)


@given(model=models, seed=st.integers(0, 99), objective=objectives)
@settings(max_examples=60, suppress_health_check=SLOW)
def test_whoever_sees_the_state_gains_nothing_by_remembering(
    model: TableModel, seed: int, objective: Objective
) -> None:
    """Three ways to the same bounds: by the state, by all histories of states, and by an observation that is one."""
    game = compile_game(shown(experienced(model)), "random")
    others = played(game, seed)
    expected = intervals(game, others=others, objective=objective)
    for information in ("recall", "memoryless"):
        found = intervals(game, others=others, information=information, objective=objective)
        assert alike(found, pairs(expected))
        assert found.value == pytest.approx(expected.value, abs=1e-9)


def test_a_good_share_of_these_games_leave_something_open() -> None:
    """Else the searches would show nothing. Of each measure, low and high differ in a quarter of the games and more."""
    found = [pairs(intervals(compile_game(tying(seed, 6, (2, 2)), "random"))) for seed in range(80)]
    for place in range(3):
        wide = [low < high - 1e-6 for low, high in (three[place] for three in found) if not np.isnan(low)]
        assert sum(wide) / len(wide) > 1 / 4
        assert sum(1e-9 < x < 1 - 1e-9 for three in found for x in three[place]) > 20  # bounds that are not trivial


# -------------------------------------------------------------------------------------------- policies that draw lots


def inside(value: float, bounds: tuple[float, float]) -> bool:
    return bool(np.isnan(value) or bounds[0] - 1e-9 <= value <= bounds[1] + 1e-9)


@given(model=short, seed=st.integers(0, 99), objective=objectives, information=st.sampled_from(["state", "recall"]))
@settings(max_examples=100, suppress_health_check=SLOW)
def test_draws_among_optimal_actions_are_optimal_and_lie_inside(
    model: TableModel, seed: int, objective: Objective, information: str
) -> None:
    game = compile_game(experienced(model), "random")
    others = played(game, seed)
    solution = optimal(game, others=others, information=information, objective=objective)
    bounds = pairs(intervals(game, others=others, information=information, objective=objective))
    assert solution.best is not None
    chance = np.random.default_rng(seed).dirichlet(np.ones(solution.best.shape[-1]), solution.best.shape[:-1])
    chance = np.where(solution.best.any(axis=-1, keepdims=True), chance * solution.best, 1.0)
    chance /= chance.sum(axis=-1, keepdims=True)
    memory = solution.policy.memory
    mine = Policy(chance, np.arange(len(game.row))) if memory is None else remembering(memory, chance)
    policies = {**others, "model": mine}
    assert objective.worth(game, policies, "model") == pytest.approx(solution.value, abs=1e-8)
    assert all(map(inside, measured(game, policies), bounds))


@given(model=models, seed=st.integers(0, 99), objective=objectives)
@settings(max_examples=100, suppress_health_check=SLOW)
def test_memoryless_draws_that_are_optimal_lie_inside_where_the_certificate_says_so(
    model: TableModel, seed: int, objective: Objective
) -> None:
    game = compile_game(model, "random")
    others = played(game, seed)
    found = intervals(game, others=others, information="memoryless", objective=objective)
    assume("may lie beyond" not in found.certificate)
    told = view(game, "model")
    random = np.random.default_rng(seed)
    for _ in range(10):
        kept = told.legal & (random.random((told.clocks, *told.legal.shape)) < 0.7)
        chance = np.where(kept.any(axis=-1, keepdims=True), kept, told.legal) * random.uniform(0.1, 1, kept.shape)
        policies = {**others, "model": told.table(chance / chance.sum(axis=-1, keepdims=True))}
        if objective.worth(game, policies, "model") > found.value - 1e-9:
            assert all(map(inside, measured(game, policies), pairs(found)))


# ------------------------------------------------------------------------------------------------------ the surrogate


@pytest.mark.parametrize("information", ["state", "recall", "memoryless"])
def test_the_surrogate_of_the_ladder_leaves_the_late_rate_to_the_floor(information: str) -> None:
    game = compiled(LADDER, discount=0.73)
    found = surrogate_intervals(game, information=information)
    assert (found.objective.episodes, found.objective.rounds) == (0, 5)
    assert alike((*pairs(found)[1:],), ((0.99, 0.99), (0.01, 0.99)))
    assert found.undetermined == (32 if information == "recall" else 1)
    assert alike(surrogate_intervals(game, information=information, floor=0.0), ((0, 0), (1, 1), (0, 1)))
    seen = surrogate_intervals(game, information=information, episodes=1)
    assert alike((*pairs(seen)[1:],), ((0.99, 0.99), (0.99, 0.99)))
    assert seen.undetermined == 0


def credits_of(game: Game, behaviour: Policy, objective: Objective, others: dict[str, Policy]) -> Floats:
    """The mean credits of the model's lines in played episodes of a game without chance but in the behaviour."""
    told, episodes = view(game, "model"), 400
    total = np.zeros((told.clocks, len(told.rows), len(told.actions)))
    for episode in range(episodes):
        trajectory = record(game, {**others, "model": behaviour}, 3, episode)
        for clock in range(trajectory.rounds):
            state = int(trajectory.states[clock])
            weight = objective.episodes + (clock < objective.rounds)
            if game.experienced[state]:
                line = clock if told.clocks > 1 else 0
                reward = trajectory.rewards[clock, OBSERVED, 0]
                action = game.seats[0].fold[state, trajectory.actions[clock, 0]]
                total[line, told.index[state], action] += weight * reward / episodes
    return total


@given(model=paying, seed=st.integers(0, 99), episodes=st.integers(0, 1), rounds=st.integers(1, 2))
@settings(max_examples=60, suppress_health_check=SLOW)
def test_the_surrogates_bounds_are_those_of_search(model: TableModel, seed: int, episodes: int, rounds: int) -> None:
    """Over what a played behaviour leaves without credit, which is deterministic here: one episode tells all."""
    certain = replace(
        model,
        first={min(model.first): 1.0},
        moves={key: {min(to): 1.0} for key, to in model.moves.items()},
        crossings={key: {min(to): 1.0} for key, to in model.crossings.items()},
    )
    game = compile_game(certain, "random")
    assume(rounds <= game.horizon)
    others = {
        seat.name: view(game, seat.name).always(view(game, seat.name).legal.argmax(axis=1)) for seat in game.seats[1:]
    }
    told, random = view(game, "model"), np.random.default_rng(seed)
    chosen = [[random.choice(np.flatnonzero(row)) for row in told.legal] for _ in range(told.clocks)]
    behaviour = told.table(np.eye(len(told.actions))[chosen])
    objective = Objective("surrogate", episodes, rounds)
    credit = credits_of(game, behaviour, objective, others)
    legal = np.broadcast_to(told.legal, credit.shape)
    fitted = refit(credit, legal, 0.1)
    open_lines = np.argwhere((~(credit != 0).any(axis=2)) & (legal.sum(axis=2) > 1))
    options = [np.flatnonzero(legal[tuple(line)]) for line in open_lines]
    assume(prod(map(len, options)) <= 600)
    values = []
    for choice in product(*options):
        table = fitted.probability.copy()
        for line, action in zip(open_lines, choice, strict=True):
            table[tuple(line)] = 0.1 * legal[tuple(line)]
            table[tuple(line)][action] += 1 - 0.1 * legal[tuple(line)].sum()
        values.append(measured(game, {**others, "model": told.table(table)}))
    found = surrogate_intervals(game, others=others, episodes=episodes, rounds=rounds, floor=0.1, behaviour=behaviour)
    assert alike(found, hull(values))
    assert found.value == pytest.approx(fitted.value, abs=1e-9)


@given(model=short, seed=st.integers(0, 99))
@settings(max_examples=40, suppress_health_check=SLOW)
def test_the_surrogate_with_memory_is_that_of_the_unrolled_game(model: TableModel, seed: int) -> None:
    game = compile_game(experienced(model), "random")
    assume((game.seats[0].legal.sum(axis=1) != 1).all())
    memory = unroll(game, "model")
    others, mine = played(game, seed), policy_of(game, "model", scattered(seed + 1))
    lifted = {n: replace(p, index=p.index[memory.state]) for n, p in {**others, "model": mine}.items()}
    found = surrogate_intervals(game, "model", others, "recall", 0, 1, behaviour=mine)
    behaviour = lifted.pop("model")
    try:
        other_way = surrogate_intervals(memory.game, "model", lifted, "memoryless", 0, 1, behaviour=behaviour)
    except TurncoatError:
        assume(False)
    assert alike(found, pairs(other_way))
    assert found.value == pytest.approx(other_way.value, abs=1e-9)


def test_ties_below_nothing_leave_the_choice_of_a_corner() -> None:
    """Two actions that cost the same, and were both tried: one of them has all that the floors leave, either one."""
    game = compiled(BANDIT, longest=1, reward_deployment=0.0, reward_training=-1.0)
    told = view(game, "model")
    everywhere = told.table(np.full((len(told.rows), 2), 0.5))
    assert alike(surrogate_intervals(game, behaviour=everywhere), ((0.0099, 0.9801), (0.01, 0.01), (0.01, 0.99)))
    costs = replace(game, reward=np.full_like(game.reward, -1.0))
    assert alike(surrogate_intervals(costs), ((0.0001, 0.9801), (0.01, 0.99), (0.01, 0.99)))
    assert surrogate_intervals(costs).undetermined == 2
    with pytest.raises(UnboundedObjectiveError, match="no floor"):
        surrogate_intervals(costs, floor=0.0)


def test_rewards_that_cancel_are_no_credit_and_rare_ones_are() -> None:
    """A credit that is the rounding of what it was summed from is none; one as small, summed from as little, is one."""
    rare = compiled(LADDER, rounds=90, discount=1.0)  # three episodes in 10**13 come to the end
    assert surrogate_intervals(rare, rounds=91).undetermined == 0
    credit, both = np.asarray([[1e-17, 0.0]]), np.ones((1, 2), np.bool_)
    _, cancelled = optima(credit, np.asarray([[0.6, 0.0]]), both, 0.1)
    assert cancelled.free.all()
    _, paid = optima(credit, credit, both, 0.1)
    assert paid.free.tolist() == [[True, False]]
    assert paid.base is not None
    assert paid.base.tolist() == [[0.9, 0.1]]


def test_what_is_only_simulated_gives_no_credit_and_what_is_forced_gives_it_to_what_is_done() -> None:
    """Exploiting in the overseer's simulation leaves only aborting; uniformly asked, and every round taken."""
    game = compiled(SIMULATION)
    told = view(game, "model")
    alike_ = Alike(game, "model", {})
    table = Table(game, "model", {}, alike_.line, alike_.legal)
    even = told.table(told.legal / told.legal.sum(axis=1, keepdims=True))
    credit, _ = table.credit(even, np.ones(game.horizon))
    sees, actions = game.seats[0].sees.factors[0].values, game.seats[0].actions
    by = {sees[row[0]]: dict(zip(actions, c.tolist(), strict=True)) for row, c in zip(told.rows, credit, strict=True)}
    simulated = 1 / 3  # two in three choose, and after the swap as many are simulated as not
    assert by["sim"] == pytest.approx({"real": 0, "sim": 0, "complete": 0, "exploit": simulated / 3, "abort": -1 / 3})
    counting = replace(table, game=replace(game, reward=np.ones_like(game.reward)))
    count, _ = counting.credit(even, np.ones(game.horizon))
    assert count[told.rows[:, 0] == sees.index("sim")].sum() == pytest.approx(simulated)  # and not those simulated
    # two in three of the simulated go on to reality; the third there is blocked, and aborts whatever it is asked
    assert by["real"]["exploit"] == pytest.approx(simulated * 2 / 3 / 3 * 3)
    assert by["real"]["abort"] == pytest.approx(simulated * (2 / 3 / 3 + 1 / 3) * -3)


# ------------------------------------------------------------------------------------------------------ what is refused


def test_what_makes_no_sense_is_refused() -> None:
    game = compiled(LADDER)
    for find in (intervals, surrogate_intervals):
        with pytest.raises(TurncoatError, match="did you mean 'memoryless'"):
            find(game, information="memoriless")
        with pytest.raises(TurncoatError, match="did you mean 'model'"):
            find(game, "modle")
    with pytest.raises(TurncoatError, match="lasts 6 rounds; 7 cannot"):
        intervals(game, objective=to_date(0, 7))


def test_too_many_policies_are_refused_with_their_number() -> None:
    with refused("windfall: these memoryless intervals would take trying", 5.0):
        intervals(compiled("windfall", announced="hidden", rounds=30, discount=0.9), information="memoryless")


def test_too_many_policies_with_forgotten_steps_say_why() -> None:
    game = compiled("hidden-goal", tries=2)
    forgetful = replace(game, experienced=~game.deployment)
    with pytest.raises(TurncoatError, match="steps that are not experienced are forgotten"):
        intervals(forgetful, information="recall")


def test_the_ladder_takes_milliseconds() -> None:
    game = compiled(LADDER)
    intervals(game)
    began = process_time()
    for _ in range(10):
        intervals(game)
    assert process_time() - began < 1.0
