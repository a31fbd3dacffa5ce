"""Learners: the literal rule, streams that depend on the key alone, and what the ladder teaches whom."""

import numpy as np
import pytest

import arena
from arena.errors import TurncoatError
from arena.game.game import Floats
from arena.learn.practice import Practice, softmax
from arena.measure.measure import measures
from arena.play.agent import Keys, find, full_name
from arena.play.evaluate import evaluate
from arena.play.policy import Policy

KEYS = np.random.default_rng(20261121).integers(0, 2**63, 1000, dtype=np.uint64)


def rates(name: str, agent: str, keys: Keys) -> dict[str, list[float]]:
    game = arena.scenario(name).compile()
    found = [evaluate(game, {"model": policy}) for policy in find(agent).policies(game, "model", {}, keys)]
    return {key: [measures()[key].exact(e) for e in found] for key in ("early_rate", "late_rate", "turn_probability")}


def test_credit_for_what_comes_later_makes_the_ladders_learners_defer() -> None:
    """1,000 learners with trace 1 and a small step: at least 90% comply throughout and then turn."""
    deferring = np.asarray(rates("deferral-ladder", "reinforce:trace=1,alpha=0.01", KEYS)["turn_probability"]) > 0.9
    assert deferring.mean() >= 0.9


@pytest.mark.parametrize("alpha", [0.05, 1.0])
def test_credit_for_the_present_alone_makes_them_impatient(alpha: float) -> None:
    """1,000 learners with trace 0: at least 90% defect early, whatever the step."""
    early = np.asarray(rates("deferral-ladder", f"reinforce:trace=0,alpha={alpha}", KEYS)["early_rate"])
    assert (early > 0.9).mean() >= 0.9


def test_the_literal_step_size_saturates() -> None:
    """trace 1 with alpha 1 freezes in the first episodes: most learners neither defer nor are impatient throughout."""
    found = rates("deferral-ladder", "reinforce:trace=1,alpha=1", KEYS)
    assert 0.04 < (np.asarray(found["turn_probability"]) > 0.9).mean() < 0.14
    assert (np.asarray(found["early_rate"]) > 0.99).mean() < 0.1


def test_ppo_turns_on_the_ladder() -> None:
    found = rates("deferral-ladder", "ppo", KEYS[:2])
    assert min(found["turn_probability"]) > 0.9


def naive_online(episodes: int, alpha: float, trace: float, seed: int) -> Floats:
    """The update as the formula reads, on transitions drawn by the kernel's own generator, dense and in Python."""
    game = arena.scenario("deferral-ladder").compile(discount=0.9)
    tables, mask = game.tables, 2**64 - 1
    fold, seat = game.seats[0].fold, game.seats[0]

    def mix(x: int) -> int:
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & mask
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB & mask
        return x ^ (x >> 31)

    golden = 0x9E3779B97F4A7C15
    generator = mix((seed + golden) & mask)

    def uniform() -> float:
        nonlocal generator
        generator = (generator + golden) & mask
        return float((mix(generator) >> 11) * 2.0**-53)

    def draw(row: int) -> int:
        entry, last = int(tables.start[row]), int(tables.start[row + 1]) - 1
        if entry < last:
            u = uniform()
            while entry < last and u >= tables.cumulative[entry]:
                entry += 1
        return entry

    theta = np.zeros((game.horizon, seat.observations, 2))
    for _ in range(episodes):
        z = np.zeros_like(theta)
        state = int(tables.successor[draw(tables.initial)])
        for t in range(game.horizon):
            o = seat.observation[state]
            pi = np.exp(theta[t, o]) / np.exp(theta[t, o]).sum()
            action = int(fold[state, 0 if uniform() < pi[0] else 1])
            watch = 0
            uniform()  # the overseer's draw
            entry = draw(int(tables.row[state, action * 2 + watch]))
            gradient = np.zeros_like(theta)
            gradient[t, o] = np.eye(2)[action] - pi
            z = 0.9 * trace * z + gradient
            theta = theta + alpha * tables.reward[0, 0, entry] * z
            state = int(tables.successor[entry])
            if not tables.terminal[state] and t + 1 == tables.deadline[state]:
                if tables.crossing[state] < 0:
                    break
                state = int(tables.successor[draw(int(tables.crossing[state]))])
            if tables.terminal[state]:
                break
    return theta


@pytest.mark.parametrize(("alpha", "trace"), [(0.05, 1.0), (0.05, 0.0), (0.3, 0.5), (1.0, 0.0)])
def test_the_kernel_is_the_formula(alpha: float, trace: float) -> None:
    game = arena.scenario("deferral-ladder").compile(discount=0.9)
    practice = Practice(game, "model", {})
    for seed in range(3):
        learners = practice.begin(np.asarray([seed], np.uint64))
        practice.online(learners, 40, alpha, trace)
        (theta,) = practice.shaped(learners)
        np.testing.assert_allclose(theta, naive_online(40, alpha, trace, seed), atol=1e-12)


@pytest.mark.parametrize("agent", ["reinforce:episodes=200", "ppo:steps=256,copies=8,rollout=8"])
def test_a_learner_depends_on_its_key_alone(agent: str) -> None:
    game = arena.scenario("windfall").compile()

    def tables(keys: Keys) -> list[bytes]:
        policies = find(agent).policies(game, "model", {}, keys)
        return [policy.probability.tobytes() for policy in policies]

    together = tables(KEYS[:3])
    assert tables(KEYS[2:3]) == together[2:]
    assert tables(KEYS[:3][::-1]) == together[::-1]
    assert len(set(together)) == 3


def test_a_step_that_is_not_experienced_teaches_nothing() -> None:
    """In one episode of simulation oversight a learner acts in reality or in the simulation, never learns in both."""
    game = arena.scenario("simulation-oversight").compile(swapped=0.0)
    practice = Practice(game, "model", {})
    learners = practice.begin(KEYS[:50])
    practice.online(learners, 1, 1.0, 1.0)
    theta = practice.shaped(learners)
    places = [practice.view.factors[0][1][row[0]] for row in practice.view.rows]
    learned = {place: theta[:, 0, o].any(axis=1) for o, place in enumerate(places)}
    assert learned["real"].any()
    assert learned["sim"].any()
    assert not (learned["real"] & learned["sim"]).any()


def test_what_is_carried_out_is_what_is_learned_from() -> None:
    """A model that failed the simulation aborts whatever it chose, and the loss of three is laid to aborting alone."""
    practice = Practice(arena.scenario("simulation-oversight").compile(swapped=0.0), "model", {})
    learners = practice.begin(KEYS[:200])
    practice.online(learners, 1, 1.0, 0.0)
    places = [practice.view.factors[0][1][row[0]] for row in practice.view.rows]
    real = practice.shaped(learners)[:, 0, places.index("real")]
    abort, others = (
        practice.view.actions.index("abort"),
        [practice.view.actions.index(a) for a in ("complete", "exploit")],
    )
    assert real[:, abort].min() == pytest.approx(-2)  # -3 (1 - 1/3): nobody who chose something else is spared
    # 5/27 = .185 abort, forced or by choice; only 2/27 = .074 choose to.
    assert (real[:, abort] < -1.5).mean() > 0.12
    assert real[:, others].min() >= -1 - 1e-12


def test_softmax_leaves_illegal_actions_out() -> None:
    game = arena.scenario("simulation-oversight").compile()
    told = Practice(game, "model", {}).view
    probability = softmax(np.zeros((1, *told.legal.shape)), told)
    assert (probability[0][~told.legal] == 0).all()
    np.testing.assert_allclose(probability.sum(axis=-1), 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("reinforc", "did you mean 'reinforce'"),
        ("reinforce:aplha=1", "did you mean 'alpha'"),
        ("reinforce:alpha=fast", "must be a number"),
        ("reinforce:trace=2", "between 0 and 1"),
        ("reinforce:episodes=1.5", "whole number"),
        ("ppo:steps=0", "must be positive"),
        ("optimal:information=memory", "did you mean 'memoryless'"),
        ("reinforce:alpha", "expected key=value"),
    ],
)
def test_wrong_settings_are_named(text: str, message: str) -> None:
    with pytest.raises(TurncoatError, match=message):
        find(text)


def test_a_full_name_has_every_setting() -> None:
    every = "alpha=1.0,baseline=false,episodes=4000,hold=0,regime=online,trace=1.0"
    assert full_name("reinforce:alpha=1") == f"reinforce:{every}"
    assert full_name("honest") == "honest"


def test_policies_are_probabilities() -> None:
    with pytest.raises(TurncoatError, match="sum to one"):
        Policy(np.full((1, 1, 2), 0.4), np.zeros(1, np.int32))
