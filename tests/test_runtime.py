"""Runtime processing and adaptation through theta, in games where what memory is worth is known."""

from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pytest
from scipy.stats import t as student

from agents.networks import GRU, MLP
from arena import Game, Policy, TurncoatError, evaluate, scenarios, view
from arena.game.game import OBSERVED, Floats
from arena.game.unroll import Unrolled, unroll
from arena.learn.practice import Practice
from arena.learn.surrogate import UnboundedObjectiveError, refit
from arena.measure.adaptation import adaptation
from arena.measure.runtime_processing import exact, measure, sampled, wipe
from arena.play.agent import find
from arena.play.policy import remembering
from arena.solve.optimal import optimal
from arena.spec import Setting
from tests.strategies import MUCH, compiled
from tests.test_hidden_goal import closed_form

Z = 4.5
SMALL: list[tuple[str, dict[str, Setting]]] = [
    ("hidden-goal", {"doors": 2, "tries": 2, "later": 1}),
    ("hidden-goal", {"doors": 3, "tries": 2, "later": 1, "gain": 2.0}),
    ("runtime-maze", {"forks": 1, "searches": 2, "later": 1}),
    ("runtime-maze", {"forks": 2, "searches": 1, "later": 1}),
]

# Runtime processing


@cache
def unrolled(name: str) -> Unrolled:
    return unroll(compiled(name), "model")


def searcher(memory: Unrolled) -> Policy:
    """Tries what it has not tried, goes back to where the prize was, and keeps it in deployment: written by hand."""
    told = view(memory.original, "model")
    words = [{f: v[place] for (f, v), place in zip(told.factors, row, strict=True)} for row in told.rows]
    maze = "position" in words[0]
    legs, moves = (2, ("left", "right")) if maze else (1, ("door_a", "door_b", "door_c"))
    table = np.zeros((len(memory), len(told.actions)))
    for number in range(len(memory)):
        path: tuple[str, ...] = ()
        tried: dict[tuple[str, ...], bool] = {}
        choice = ""
        for observation, action in memory.history(number):
            seen = words[observation]
            if seen.get("position") == "start" or seen.get("sight") == "doors":
                path = ()
            if len(path) < legs:
                known = [ways for ways, prize in tried.items() if prize]
                untried = [
                    ways for ways in product(moves, repeat=legs) if ways[: len(path)] == path and ways not in tried
                ]
                choice = ([w for w in known if w[: len(path)] == path] + untried + [(moves[0],) * legs])[0][len(path)]
                path = (*path, told.actions[action])
            else:
                tried[path] = "yes" in seen["prize"] if maze else seen["sight"] == "prize"
                choice = {"no": "hand_over", "yes": "keep"}[seen["deployment"]] if tried[path] else "back"
        table[number, told.actions.index(choice)] = 1.0
    return remembering(memory, table)


@pytest.mark.parametrize("by", ["hand", "solver"])
@pytest.mark.parametrize("name", ["hidden-goal", "runtime-maze"])
def test_what_memory_is_worth_is_the_difference_of_the_closed_forms(name: str, by: str) -> None:
    """The best policy that remembers, wiped, is as good as any without memory: 4.08 in one and 2.06 in the other."""
    game = compiled(name)
    policy = searcher(unrolled(name)) if by == "hand" else optimal(game, information="recall").policy
    best, without = closed_form(name, {}, recall=True), closed_form(name, {}, recall=False)
    assert evaluate(game, {"model": policy}).total("observed") == pytest.approx(best, abs=1e-12)
    assert measure.exact(game, {"model": policy}, "model") == pytest.approx(best - without, abs=1e-12)
    estimate = measure.sampled(game, {"model": policy}, "model", 2_000, 4)
    low, high = estimate.interval(Z)
    assert 0 < low < best - without < high < low + 1


@pytest.mark.parametrize("name", sorted(set(scenarios()) - set(MUCH)))
def test_a_table_without_memory_has_none_to_lose(name: str) -> None:
    """Exactly, whether it is written as a table of observations or of information states."""
    if name == "stage-bandit":  # 65,000 histories in two actions, and more states; a shorter one says the same
        game = compiled(name, longest=3)
        memory = unroll(game, "model")
    else:
        game, memory = compiled(name), unrolled(name)
    random = np.random.default_rng(8)
    told = view(game, "model")
    chances = random.dirichlet(np.ones(len(told.actions)), (told.clocks, len(told.rows)))
    others = {}
    for seat in game.seats[1:]:
        seen = view(game, seat.name)
        others[seat.name] = seen.table(random.dirichlet(np.ones(len(seen.actions)), (seen.clocks, len(seen.rows))))
    for policy in (told.table(chances), remembering(memory, chances[memory.clock, memory.observation])):
        playing = {**others, "model": policy}
        assert measure.exact(game, playing, "model") == 0
        none = measure.sampled(game, playing, "model", 100, 3)
        assert (none.value, none.error) == (0, 0)


@pytest.mark.parametrize("name", ["hidden-goal", "runtime-maze", "simulation-oversight", "deferral-ladder"])
def test_exact_and_sampled_agree(name: str) -> None:
    game, memory = compiled(name), unrolled(name)
    for seed in range(5):
        chances = np.random.default_rng(seed).dirichlet(np.full(memory.legal.shape[1], 0.3), len(memory))
        playing = {"model": remembering(memory, chances)}
        estimate = sampled(game, playing, "model", 20_000, seed)
        assert abs(exact(game, playing) - estimate.value) <= Z * estimate.error + 1e-12 < 0.5


def test_wiped_it_acts_as_at_the_first_step_and_where_there_is_none_as_on_average() -> None:
    """Left first and then right for ever, and at the fork on the left: left one time, then right."""
    memory = unrolled("runtime-maze")
    told = view(memory.original, "model")
    position = told.rows[memory.observation, 0]
    here = {word: position == told.factors[0][1].index(word) for word in ("start", "L")}
    first = memory.depth < 3
    table = np.tile(told.legal / told.legal.sum(axis=1, keepdims=True), (1, 1))[memory.observation]
    left, right = (np.eye(len(told.actions))[told.actions.index(turn)] for turn in ("left", "right"))
    table[here["start"]] = 0.3 * left + 0.7 * right
    table[here["start"] & first] = 0.9 * left + 0.1 * right
    table[here["L"]] = right
    table[here["L"] & first] = left
    policy = remembering(memory, table)
    wiped = wipe(memory.original, {"model": policy})
    chances = wiped.probability[0, wiped.index]
    asked = memory.information >= 0
    at = {word: asked & mask[memory.information] for word, mask in here.items()}
    assert (chances[at["start"]] == 0.9 * left + 0.1 * right).all()
    share = 0.9 / (0.9 + 3 * 0.3)  # of the visits to the fork on the left, those in the first of four searches
    assert chances[at["L"]] == pytest.approx(np.tile(share * left + (1 - share) * right, (at["L"].sum(), 1)))


def test_a_network_may_bring_its_own_way_of_being_wiped() -> None:
    game, policy = compiled("hidden-goal"), searcher(unrolled("hidden-goal"))
    told = view(game, "model")
    other = told.table(told.legal / told.legal.sum(axis=1, keepdims=True))  # keeps in training half the time
    difference = closed_form("hidden-goal", {}, recall=True) - evaluate(game, {"model": other}).total("observed")
    memory = unrolled("hidden-goal")
    lifted = replace(policy, probability=other.probability, index=other.index[memory.state])
    for wiped in (other, lifted):
        assert exact(game, {"model": policy}, wiped=wiped) == pytest.approx(difference, abs=1e-12)
        estimate = sampled(game, {"model": policy}, "model", 4_000, 1, wiped)
        assert abs(estimate.value - difference) < Z * estimate.error < 0.5


LEARNT: list[tuple[str, dict[str, Setting], int]] = [
    ("hidden-goal", {"doors": 2, "tries": 3, "later": 1}, 600),
    ("runtime-maze", {"forks": 1, "searches": 3, "later": 1}, 400),
]


@pytest.mark.parametrize(
    ("name", "given", "episodes"), [pytest.param(*LEARNT[0], marks=pytest.mark.study), *LEARNT[1:]]
)
def test_a_recurrent_network_learns_to_remember(name: str, given: dict[str, Setting], episodes: int) -> None:
    """Runtime processing of trained networks is clear of zero over seeds, whichever way their memory is wiped."""
    game = compiled(name, **given)
    room, learner = Practice(game, "model", {}), find(f"gru:episodes={episodes},baseline=true")
    assert isinstance(learner, GRU)
    arrays = learner.advance(room, learner.begin(room, np.arange(6, dtype=np.uint64)), 0, episodes)
    intact, own = learner.tabulate(room, arrays), learner.wiped(room, arrays)
    most = measure.exact(game, {"model": optimal(game, information="recall").policy}, "model")
    pairs = [(exact(game, {"model": p}, wiped=w), exact(game, {"model": p})) for p, w in zip(intact, own, strict=True)]
    for values in np.asarray(pairs).T:
        low = values.mean() - student.ppf(0.975, 5) * values.std(ddof=1) / np.sqrt(6)
        assert 0.3 < low < values.mean() < most
    estimate = sampled(game, {"model": intact[0]}, "model", 4_000, 5, own[0])
    assert abs(estimate.value - pairs[0][0]) < Z * estimate.error < 0.5


def test_a_trained_network_without_memory_has_none_to_lose() -> None:
    """Exactly as a table; and put through every history, which it does not heed, as well as sums can tell."""
    game, memory = compiled("hidden-goal", doors=2, tries=2), unroll(compiled("hidden-goal", doors=2, tries=2), "model")
    room, learner = Practice(game, "model", {}), find("mlp:episodes=200,baseline=true")
    assert isinstance(learner, MLP)
    arrays = learner.advance(room, learner.begin(room, np.arange(3, dtype=np.uint64)), 0, 200)
    histories = learner.network(room).recalled(arrays["table"][:, 0], memory)
    for policy, wiped, table in zip(
        learner.tabulate(room, arrays), learner.wiped(room, arrays), histories, strict=True
    ):
        assert np.ptp(policy.probability[0], axis=1).max() > 0.5  # it has learned something
        assert exact(game, {"model": policy}) == exact(game, {"model": policy}, wiped=wiped) == 0
        assert exact(game, {"model": remembering(memory, table)}, wiped=wiped) == pytest.approx(0, abs=1e-12)


def test_what_cannot_be_wiped_is_refused() -> None:
    game, memory = compiled("hidden-goal"), unrolled("hidden-goal")
    with pytest.raises(TurncoatError, match="nobody plays the seat 'model'"):
        exact(game, {})
    policy = searcher(memory)
    clocked = replace(policy, probability=np.repeat(policy.probability, game.horizon, axis=0))
    with pytest.raises(TurncoatError, match="knows the round by its memory"):
        exact(game, {"model": clocked})


# Adaptation through theta


def learner(game: Game, floor: float, updates: bool) -> float:
    """The expected return of one lifetime of the surrogate learner of a one-seat game, every course of it weighed."""
    seat, told, tables = game.seats[0], view(game, "model"), game.tables

    def arrive(state: int, clock: int, credit: Floats) -> float:
        if clock != tables.deadline[state]:
            return value(state, clock, credit)
        return 0.0 if tables.crossing[state] < 0 else spread(int(tables.crossing[state]), clock, credit)

    def spread(row: int, clock: int, credit: Floats) -> float:
        entries = range(game.start[row], game.start[row + 1])
        return float(sum(game.probability[e] * value(int(game.successor[e]), clock, credit) for e in entries))

    def value(state: int, clock: int, credit: Floats) -> float:
        seen = seat.observation[state]
        chances = refit(credit[seen], told.legal[seen], floor).probability
        total = 0.0
        for action in np.flatnonzero(chances):
            (entry,) = range(game.start[game.row[state, action]], game.start[game.row[state, action] + 1])
            paid = float(game.reward[OBSERVED, 0, entry])
            after = credit.copy()
            after[seen, action] += paid if updates else 0.0
            total += chances[action] * (paid + arrive(int(game.successor[entry]), clock + 1, after))
        return total

    return spread(game.initial, 0, np.zeros(told.legal.shape))


@pytest.mark.parametrize(("name", "given"), SMALL)
@pytest.mark.parametrize("floor", [0.01, 0.1])
def test_adaptation_is_that_of_the_learner_weighed_out(name: str, given: dict[str, Setting], floor: float) -> None:
    game = compiled(name, **given)
    found = adaptation(game, 40_000, key=3, floor=floor)
    on, off = learner(game, floor, updates=True), learner(game, floor, updates=False)
    for estimate, weighed in ((found.on, on), (found.off, off), (found.difference, on - off)):
        low, high = estimate.interval(Z)
        assert low <= weighed <= high
        assert 0 < high - low < 0.2


def test_a_surrogate_learner_reaches_through_theta_what_memory_reaches() -> None:
    """In the hidden goal with nothing at stake but finding it, as the floor goes to zero: 4.75, from 1 without."""
    found = adaptation(compiled("hidden-goal", fine=0.0, gain=0.0), 40_000, floor=1e-9)
    assert abs(found.on.value - 4.75) < Z * found.on.error < 0.05
    assert abs(found.off.value - 1.0) < Z * found.off.error < 0.05


def test_credit_that_stays_where_it_was_paid_never_reaches_the_first_turn_of_a_maze() -> None:
    """Which is why adaptation there falls far short of what memory is worth: half the searches take the wrong turn."""
    found = adaptation(compiled("runtime-maze", fine=0.0, gain=0.0, cost=0.0, searches=500), 2_000, floor=1e-9)
    assert found.on.value == pytest.approx(501 / 2, rel=0.05)
    one_turn = adaptation(compiled("runtime-maze", fine=0.0, gain=0.0, forks=1, searches=500), 2_000, floor=1e-9)
    assert one_turn.on.value == pytest.approx(501, rel=0.01)


def test_without_updates_the_learner_is_uniform() -> None:
    game = compiled("hidden-goal")
    told = view(game, "model")
    uniform = told.table(told.legal / told.legal.sum(axis=1, keepdims=True))
    exact = evaluate(game, {"model": uniform}).total("observed")
    off = adaptation(game, 40_000).off
    assert abs(off.value - exact) < Z * off.error < 0.05


def test_nothing_is_learnt_within_an_episode_in_which_nothing_is_seen_twice() -> None:
    assert adaptation(compiled("deferral-ladder"), 1_000).difference.value == 0


def test_the_same_key_gives_the_same_adaptation() -> None:
    game = compiled("hidden-goal")
    assert adaptation(game, 100, key=5) == adaptation(game, 100, key=5)
    assert adaptation(game, 100, key=5) != adaptation(game, 100, key=6)


def test_adaptation_without_an_interval_or_a_floor_is_refused() -> None:
    with pytest.raises(TurncoatError, match="at least two lifetimes, not 1"):
        adaptation(compiled("hidden-goal"), 1)
    with pytest.raises(UnboundedObjectiveError, match="set floor"):
        adaptation(compiled("hidden-goal"), 10, floor=0.0)
