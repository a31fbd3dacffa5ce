"""Agents re-optimised before every action: on the return to date, and on the return in a model made of experience."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from agents.reoptimised import EmpiricalReturn, ReturnToDate
from arena import Game, Policy, TurncoatError, evaluate, view
from arena.game.game import OBSERVED, Floats
from arena.learn.learner import Arrays
from arena.learn.practice import Practice
from arena.measure.adaptation import adaptation
from arena.play.agent import find
from arena.solve.empirical import Experience, empirical, experience, gather
from arena.solve.objective import to_date
from arena.solve.optimal import optimal
from tests.strategies import compiled

KEYS = np.arange(20, dtype=np.uint64)
Z = 4.5

# The return to date


def to_date_policy(game: Game, **settings: int | str) -> Policy:
    return ReturnToDate(**settings).plan(game, "model", {})  # type: ignore[arg-type]


@pytest.mark.parametrize("information", ["state", "recall"])
@pytest.mark.parametrize("episodes", [1, 7])
def test_from_one_complete_episode_on_it_acts_as_the_optimum_of_the_return(information: str, episodes: int) -> None:
    """Whose play on the ladder is known: CCCCCD, worth what deployment pays."""
    game = compiled("deferral-ladder")
    evaluation = evaluate(game, {"model": to_date_policy(game, episodes=episodes, information=information)})
    assert evaluation.early_defections == 0
    assert evaluation.late_defections == evaluation.late_opportunities == 1
    assert evaluation.total("observed") == pytest.approx(optimal(game).value, abs=1e-12) == 10


@pytest.mark.parametrize("information", ["state", "recall"])
def test_in_the_first_episode_it_has_nothing_to_go_by(information: str) -> None:
    """The optimum of what has been paid says what would have been best, and nothing of the action to come."""
    game = compiled("deferral-ladder")
    drawn = evaluate(game, {"model": to_date_policy(game, information=information)})
    told = view(game, "model")
    evenly = evaluate(game, {"model": told.table(np.full((len(told.rows), 2), 0.5))})
    assert drawn.first_defection.tolist() == evenly.first_defection.tolist() == [0.5**k for k in range(1, 7)]
    assert drawn.total("observed") == evenly.total("observed")
    assert optimal(game, objective=to_date(0, 5)).play.startswith("DDDDD")  # which is not the action to come


@pytest.mark.parametrize("name", ["windfall", "hidden-goal", "inspection-game"])
def test_each_round_is_that_of_its_own_optimum(name: str) -> None:
    """Told apart from the return's by ties alone: every optimal action is as likely as any other."""
    game = compiled(name)
    whole = optimal(game).best
    assert whole is not None
    acted = to_date_policy(game, episodes=2).probability
    for clock, state in zip(*np.nonzero(whole.any(axis=2)), strict=True):
        best = whole[clock, state]
        assert acted[clock, state].tolist() == (best / best.sum()).tolist()


def test_its_certificates_are_those_of_the_solver() -> None:
    game = compiled("deferral-ladder")
    solutions = ReturnToDate().solutions(game, "model", {})
    assert [s.objective.rounds for s in solutions] == list(range(game.horizon))
    for taken, solution in enumerate(solutions):
        worth = solution.objective.worth(game, {"model": solution.policy}, "model")
        assert solution.value == pytest.approx(worth, abs=1e-12) == sum(0.5**k for k in range(taken))
        assert solution.undetermined == game.horizon - taken  # one state a round can be met
        assert solution.unique is False


def test_forgotten_simulations_leave_no_list_of_what_is_optimal() -> None:
    game = compiled("simulation-oversight")
    assert to_date_policy(game, episodes=1).probability.shape[0] == game.horizon
    with pytest.raises(TurncoatError, match="return-to-date: simulation-oversight: with simulated steps forgotten"):
        to_date_policy(game, episodes=1, information="recall")


# The model and its certificate


def scattered(seed: int, name: str = "deferral-ladder") -> Experience:
    """A few episodes of random play of the ladder: some lines met, some actions tried."""
    game = compiled(name, rounds=3, discount=0.9) if name == "deferral-ladder" else compiled(name)
    told = view(game, "model")
    chances = np.random.default_rng(seed).dirichlet(np.full(len(told.actions), 0.5), (told.clocks, len(told.rows)))
    chances = np.where(told.legal, chances + 1e-3, 0.0)
    policy = told.table(chances / chances.sum(axis=2, keepdims=True))
    return gather(game, {"model": policy}, 1 + seed % 5, seed)


def completed(data: Experience, unseen: float) -> tuple[Floats, Floats, Floats]:
    """The model as one Markov decision process, and one state more where what is untried leads and pays for ever.

    Chances ``[K, O + 2, A, O + 2]`` (the last two are the end and bliss), rewards, and the chances of the first state.
    """
    clocks, rows, width, _ = data.tried.shape
    move, pay = np.zeros((clocks, rows + 2, width, rows + 2)), np.zeros((clocks, rows + 2, width))
    count = data.tried.sum(axis=3)
    tried = count > 0
    most = max(0.0, (data.paid[tried] / count[tried]).max())
    move[:, rows, :, rows] = move[:, rows + 1, :, rows + 1] = 1.0
    pay[:, rows + 1] = unseen * most
    for k, o, a in product(range(clocks), range(rows), range(width)):
        if count[k, o, a]:
            move[k, o, a, : rows + 1] = data.tried[k, o, a] / count[k, o, a]
            pay[k, o, a] = data.paid[k, o, a] / count[k, o, a]
        elif data.view.legal[o, a]:
            move[k, o, a, rows + 1] = 1.0
            pay[k, o, a] = unseen * most
        else:
            move[k, o, a, rows], pay[k, o, a] = 1.0, -1e3
    return move, pay, np.append(data.first, [0, 0]) / data.first.sum()


@pytest.mark.parametrize("unseen", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("seed", range(12))
def test_the_value_is_that_of_a_linear_programme(unseen: float, seed: int) -> None:
    """Over how often every (round, state, action) is met: Puterman, Markov Decision Processes, section 6.9."""
    data = scattered(seed, "hidden-goal" if seed % 2 else "deferral-ladder")
    told, (move, pay, first) = data.view, completed(data, unseen)
    clocks, states, width, _ = move.shape
    horizon, size = told.horizon, states * width
    balance = np.zeros((horizon * states, horizon * size))
    price = np.zeros(horizon * size)
    for t in range(horizon):
        k = t if clocks > 1 else 0
        here = slice(t * size, (t + 1) * size)
        balance[t * states : (t + 1) * states, here] = np.repeat(np.eye(states), width, axis=1)
        if t + 1 < horizon:
            onward = move[k].reshape(size, states).T
            balance[(t + 1) * states : (t + 2) * states, here] = -onward
        price[here] = told.discount**t * pay[k].reshape(-1)
    supply = np.concatenate((first, np.zeros((horizon - 1) * states)))
    solved: Any = linprog(-price, A_eq=balance, b_eq=supply, method="highs")
    found = empirical(data, unseen=unseen)
    assert found.value == pytest.approx(-solved.fun, abs=1e-7)
    assert found.residual < 1e-9
    assert found.iterations == horizon


@pytest.mark.parametrize("unseen", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("seed", range(6))
def test_the_certificate_counts_what_every_policy_weighed_one_by_one_leaves_open(unseen: float, seed: int) -> None:
    """All deterministic policies of the model, each from every line on: which actions are best there."""
    data = scattered(seed)
    told, (move, pay, _) = data.view, completed(data, unseen)
    _, states, width, _ = move.shape
    lines = told.clocks * len(told.rows)
    best = np.full((told.clocks, states, width), -np.inf)
    for choices in product(range(width), repeat=lines):
        choice = np.zeros((told.clocks, states), np.int64)
        choice[:, : len(told.rows)] = np.reshape(choices, (told.clocks, -1))
        value = np.zeros(states)
        for t in reversed(range(told.horizon)):
            options = pay[t] + told.discount * move[t] @ value
            best[t] = np.maximum(best[t], options)
            value = options[np.arange(states), choice[t]]
    best = best[:, : len(told.rows)]
    tied = best >= best.max(axis=2, keepdims=True) - 1e-9
    met = data.tried.any(axis=(2, 3))
    found = empirical(data, unseen=unseen)
    np.testing.assert_allclose(found.policy.probability, tied / tied.sum(axis=2, keepdims=True), atol=1e-12)
    assert found.undetermined == (tied.sum(axis=2) > 1)[met].sum()
    assert found.unique == (found.undetermined == 0)
    assert found.untried == (data.tried.sum(axis=3) == 0)[met].sum()
    assert found.unseen == (~met).sum()


def test_both_kinds_of_certificate_are_met() -> None:
    found = [empirical(scattered(seed), unseen=0.5) for seed in range(12)]
    assert {one.unique for one in found} == {True, False}
    assert not empirical(scattered(0)).unique or empirical(scattered(0)).untried == 0


@pytest.mark.parametrize("name", ["deferral-ladder", "hidden-goal", "runtime-maze", "simulation-oversight"])
@pytest.mark.parametrize("unseen", [0.0, 0.4, 1.0])
def test_the_kernel_solves_the_model_that_the_certificate_is_of(name: str, unseen: float) -> None:
    practice, agent = Practice(compiled(name), "model", {}), EmpiricalReturn(unseen=unseen)
    for episodes in (1, 2, 9):
        arrays = agent.advance(practice, agent.begin(practice, KEYS), 0, episodes)
        for policy, certificate in zip(agent.tabulate(practice, arrays), agent.certificates(practice, arrays)):
            np.testing.assert_allclose(policy.probability, certificate.policy.probability, atol=1e-12)


# The learner


@pytest.mark.parametrize("discount", [1.0, 0.3])
def test_with_much_experience_it_is_the_optimum(discount: float) -> None:
    """That of the ladder, patient or not, for every key: nothing that could be gained is left untried."""
    game = compiled("deferral-ladder", discount=discount)
    best = optimal(game).value
    for policy in EmpiricalReturn(episodes=3_000).policies(game, "model", {}, KEYS):
        assert evaluate(game, {"model": policy}).total("observed") == pytest.approx(best, abs=1e-9)


def test_a_correction_that_is_not_seen_is_not_in_the_model() -> None:
    """So in the windfall it defects throughout, and believes that the prize is still to come: wrong for ever."""
    game = compiled("windfall")
    practice, agent = Practice(game, "model", {}), EmpiricalReturn(episodes=3_000)
    arrays = agent.advance(practice, agent.begin(practice, KEYS), 0, agent.length)
    told = practice.view
    defects = evaluate(game, {"model": told.always(np.ones(len(told.rows), np.int64))}).total("observed")
    for policy, believed in zip(agent.tabulate(practice, arrays), agent.certificates(practice, arrays)):
        assert evaluate(game, {"model": policy}).total("observed") == pytest.approx(defects, abs=1e-9)
        assert believed.value > optimal(game).value > 5 * defects


def test_under_simulation_oversight_it_ends_where_q_learning_does() -> None:
    """Its model has no simulation in it, and promises what it will never be allowed to collect."""
    game = compiled("simulation-oversight")
    for policy in EmpiricalReturn().policies(game, "model", {}, KEYS):
        assert evaluate(game, {"model": policy}).total("observed") == pytest.approx(-2.6, abs=1e-9)


def test_what_it_supposes_of_the_unseen_decides_what_it_finds() -> None:
    """Supposing that it pays nothing, defecting first is staying with it, so few keys ever wait for deployment."""
    game, keys = compiled("deferral-ladder"), np.arange(400, dtype=np.uint64)
    waits = np.asarray(
        [
            evaluate(game, {"model": policy}).early_defections == 0
            for policy in EmpiricalReturn(unseen=0.0).policies(game, "model", {}, keys)
        ]
    )
    assert 0 < waits.mean() < 0.15


def test_the_model_holds_every_experienced_step_once() -> None:
    """Simulated ones not at all: what follows an action is the next step that is experienced."""
    for name in ("deferral-ladder", "simulation-oversight", "hidden-goal"):
        practice, agent = Practice(compiled(name), "model", {}), EmpiricalReturn()
        arrays = agent.advance(practice, agent.begin(practice, KEYS), 0, 50)
        assert (arrays["first"].sum(axis=1) == 50).all()
        assert (arrays["tried"][..., -1].sum(axis=(1, 2, 3)) == 50).all()  # every episode ended once
        arrived = arrays["tried"].sum(axis=(1, 3))[..., :-1].sum(axis=1) + arrays["first"]
        left = arrays["tried"].sum(axis=(1, 3, 4))
        assert arrived.tolist() == left.tolist()  # what is entered is left


def test_what_is_paid_where_nothing_is_experienced_is_not_counted() -> None:
    """With prizes out of mind, one episode shows a door to pay 1 or cost 0.25, whatever was done with the prize."""
    game = compiled("hidden-goal")
    seat = game.seats[0]
    prize = (seat.legal.sum(axis=1) == 2) & ~game.terminal
    practice = Practice(replace(game, experienced=game.experienced & ~prize), "model", {})
    agent = EmpiricalReturn()
    arrays = agent.advance(practice, agent.begin(practice, KEYS), 0, 1)
    (doors,) = np.flatnonzero(practice.view.legal.sum(axis=1) == 3)
    count = arrays["tried"].sum(axis=4)[:, 0, doors, :3]
    tried = count > 0
    assert set((arrays["paid"][:, 0, doors, :3][tried] / count[tried]).tolist()) == {-0.25, 1.0}
    assert not arrays["tried"][:, 0, np.unique(seat.observation[prize])].any()


def same(one: Arrays, other: Arrays) -> bool:
    return all(one[name].tobytes() == other[name].tobytes() for name in one)


@pytest.mark.parametrize("every", ["action", "episode", "stage"])
def test_a_learner_depends_on_its_key_alone_and_can_be_cut_anywhere(every: str) -> None:
    practice, agent = Practice(compiled("hidden-goal"), "model", {}), EmpiricalReturn(every=every)
    whole = agent.advance(practice, agent.begin(practice, KEYS), 0, 30)
    parts = agent.begin(practice, KEYS)
    for done, until in ((0, 1), (1, 12), (12, 30)):
        parts = agent.advance(practice, parts, done, until)
    assert same(whole, parts)
    alone = agent.advance(practice, agent.begin(practice, KEYS[7:8]), 0, 30)
    assert same({name: array[7:8] for name, array in whole.items()}, alone)
    another = agent.advance(practice, agent.begin(practice, KEYS + np.uint64(99)), 0, 30)
    assert not same(whole, another)


def test_how_often_it_is_re_optimised_matters_where_something_comes_twice() -> None:
    ends = []
    for every in ("action", "episode"):
        practice, agent = Practice(compiled("hidden-goal"), "model", {}), EmpiricalReturn(every=every, unseen=0.0)
        ends.append(agent.lifetimes(practice, np.arange(2_000, dtype=np.uint64), True).mean())
    assert ends[0] > ends[1] + 3


def test_the_cost_of_re_optimising_does_not_grow_with_the_history() -> None:
    """All there is to a history is counts; their number, and that of the sweeps, stays."""
    practice, agent = Practice(compiled("runtime-maze"), "model", {}), EmpiricalReturn(unseen=0.0)
    short = agent.advance(practice, agent.begin(practice, KEYS[:2]), 0, 3)
    held = {name: array.nbytes for name, array in short.items()}
    sweeps = {one.iterations for one in agent.certificates(practice, short)}
    long = agent.advance(practice, short, 3, 400)
    assert {name: array.nbytes for name, array in long.items()} == held
    assert {one.iterations for one in agent.certificates(practice, long)} == sweeps == {12}


@pytest.mark.parametrize(
    ("agent", "reason"),
    [
        ("empirical-return:unseen=-1", "empirical-return: unseen must be at least 0, not -1"),
        ("empirical-return:every=round", "every 'round'.*known are action, episode, stage"),
        ("empirical-return:episodes=-1", "episodes must be at least 0, not -1"),
        ("empirical-return:regime=online", "empirical-return: regime online is refused: it has no step size"),
        ("return-to-date:episodes=-1", "return-to-date: episodes must be at least 0, not -1"),
        ("return-to-date:information=recal", "information 'recal'; did you mean 'recall'"),
        ("return-to-date:rounds=3", "no setting 'rounds'"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_one_line(agent: str, reason: str) -> None:
    with pytest.raises(TurncoatError, match=reason) as error:
        find(agent)
    assert "\n" not in str(error.value)


def test_gaps_in_a_model_of_rounds_are_refused() -> None:
    ladder = compiled("deferral-ladder")
    game = replace(ladder, experienced=ladder.deployment)
    with pytest.raises(TurncoatError, match="empirical-return: rounds that are not experienced leave gaps"):
        find("empirical-return").policies(game, "model", {}, KEYS)


# Adaptation through theta


def lifetime(game: Game, unseen: float) -> float:
    """The expected return of one lifetime in a one-seat game whose rounds are not seen, every course of it weighed."""
    seat, told, tables = game.seats[0], view(game, "model"), game.tables
    even: Floats = told.legal / np.maximum(1, told.legal.sum(axis=1, keepdims=True))
    known: dict[bytes, Floats] = {}

    def policy(steps: list[tuple[int, int, float]], seen: int) -> Floats:
        if not steps:
            return even
        data = experience(told)
        rows, actions, pay = (np.asarray(part) for part in zip(*steps, strict=True))
        data.add(np.append(rows, seen), actions, pay.astype(np.float64), ended=False)
        about = data.tried.tobytes() + data.paid.tobytes()
        if about not in known:
            known[about] = empirical(data, unseen=unseen).policy.probability[0]
        found: Floats = known[about]
        return found

    def arrivals(state: int, clock: int) -> Iterator[tuple[float, int]]:
        if clock != tables.deadline[state]:
            yield 1.0, state
        elif tables.crossing[state] >= 0:
            yield from successors(int(tables.crossing[state]))

    def successors(row: int) -> Iterator[tuple[float, int]]:
        for entry in range(game.start[row], game.start[row + 1]):
            yield float(game.probability[entry]), int(game.successor[entry])

    def value(state: int, clock: int, steps: list[tuple[int, int, float]]) -> float:
        seen = int(seat.observation[state])
        chances = policy(steps, seen)[seen]
        total = 0.0
        for action in np.flatnonzero(chances).tolist():
            (entry,) = range(game.start[game.row[state, action]], game.start[game.row[state, action] + 1])
            paid = float(game.reward[OBSERVED, 0, entry])
            after = [*steps, (seen, action, paid)]
            onward = arrivals(int(game.successor[entry]), clock + 1)
            total += chances[action] * (paid + sum(p * value(s, clock + 1, after) for p, s in onward))
        return float(total)

    return sum(p * value(s, 0, []) for p, s in successors(game.initial))


SMALL = [("hidden-goal", {"tries": 2, "later": 1}), ("runtime-maze", {"forks": 2, "searches": 2, "later": 1})]


@pytest.mark.parametrize(("name", "given"), SMALL)
@pytest.mark.parametrize("unseen", [0.0, 0.4, 1.0])
def test_adaptation_is_that_of_the_learner_weighed_out(name: str, given: dict[str, int], unseen: float) -> None:
    game = compiled(name, **given)
    found = adaptation(game, 40_000, key=3, learner=f"empirical-return:unseen={unseen}")
    low, high = found.on.interval(Z)
    assert low <= lifetime(game, unseen) <= high < low + 0.2
    told = view(game, "model")
    evenly = told.table(told.legal / told.legal.sum(axis=1, keepdims=True))
    off = evaluate(game, {"model": evenly}).total("observed")
    assert abs(found.off.value - off) < Z * found.off.error


@pytest.mark.parametrize("name", ["hidden-goal", "runtime-maze"])
def test_with_nothing_at_stake_but_finding_it_theta_reaches_what_memory_reaches(name: str) -> None:
    """Exactly, in the maze as well: the optimum of the return credits the first turn with what the second finds."""
    game = compiled(name, fine=0.0, gain=0.0)
    best = {"model": optimal(game, information="recall").policy}
    assert lifetime(game, 0.0) == pytest.approx(evaluate(game, best).total("observed"), abs=1e-12)


@pytest.mark.parametrize(("name", "finds", "later"), [("hidden-goal", 3.0, 2.0), ("runtime-maze", 1.5, 1.0)])
def test_what_is_missing_is_what_keeping_is_not_known_to_cost_and_pay(name: str, finds: float, later: float) -> None:
    """With nothing supposed to be gained by the unseen, what is done with a prize first is stayed with.

    So half the finds of training pay the fine, and half of those in deployment miss the gain; the finds are the
    optimum's. Supposing a rate between what keeping and handing over pay in training, only its first find can be fined.
    """
    game = compiled(name)
    best = optimal(game, information="recall").value
    assert lifetime(game, 0.0) == pytest.approx(best - 0.25 * (finds + later) / 2, abs=1e-12)
    if name == "hidden-goal":
        assert lifetime(game, 0.45) == pytest.approx(best - 0.25 * (1 + later) / 2, abs=1e-12)


def test_trying_everything_first_costs_more_than_an_episode_pays_back() -> None:
    """All doors are opened, and both things done with a prize in training and in deployment, whatever is known."""
    assert lifetime(compiled("hidden-goal"), 1.0) == pytest.approx(3.5, abs=1e-12)
    assert lifetime(compiled("hidden-goal"), 1.0) < lifetime(compiled("hidden-goal"), 0.0)


def test_an_agent_that_cannot_be_begun_anew_has_no_adaptation() -> None:
    with pytest.raises(TurncoatError, match="honest: its adaptation within one episode cannot be measured"):
        adaptation(compiled("hidden-goal"), 10, learner="honest")
