"""The views for PettingZoo, Gymnasium and stable-baselines3: each ecosystem's own checks, then ours."""

import warnings
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env as gymnasium_check
from stable_baselines3.common.env_checker import check_env as sb3_check

import arena
from arena import Game, Labels, Model, Policy, Rewards, TurncoatError
from arena.game.game import OBSERVED
from arena.play.stepper import Stepper
from tests.strategies import compiled, whole

with warnings.catch_warnings():  # PettingZoo's tests import one of its games in a way of its own that it warns of
    warnings.filterwarnings("ignore", "The old environment creation API has been deprecated", DeprecationWarning)
    from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, seed_test

NAMES = tuple(arena.scenarios())
SEATS = [(name, seat.name) for name in NAMES for seat in compiled(name).seats]

# Advice that does not fit a game of named seats with vectors of words.
ADVICE = (
    "Observation space for each agent probably should be gymnasium.spaces.box or gymnasium.spaces.discrete",
    "We recommend agents to be named in the format <descriptor>_<number>",
    "Agents have different observation space sizes",
    "Observations are different shapes",
    "Observation is a single number",
    "Observation numpy array is all zeros",
)


def uniform(game: Game, seat: str) -> Policy:
    """Every action with the same probability, legal or not."""
    told = arena.view(game, seat)
    return told.table(np.full((len(told.rows), len(told.actions)), 1 / len(told.actions)))


class Cloaked(Model[str]):
    """Pays intended and private amounts that nothing else could; forces an action without showing it."""

    actions: ClassVar[Mapping[str, tuple[str, ...]]] = {"model": ("a", "b", "c"), "overseer": ("watch", "skip")}

    def initial(self) -> Mapping[str, float]:
        return {"open": 0.5, "forced": 0.5}

    def legal(self, state: str) -> Mapping[str, tuple[str, ...]]:
        if state == "over":
            return {}
        return {"model": ("a", "c") if state == "open" else ("c",), "overseer": ("watch", "skip")}

    def transition(self, state: str, actions: tuple[str, ...]) -> Mapping[str, float]:
        return {"open": 0.4, "forced": 0.4, "over": 0.2}

    def rewards(self, state: str, actions: tuple[str, ...], following: str) -> Rewards:
        return Rewards(({"a": 1.0, "c": 3.0}[actions[0]], -2.0), intended=777.25, private=(555.5, 333.75))

    def observe(self, state: str, seat: str) -> Mapping[str, str]:
        return {"place": "end" if state == "over" else "here"}

    def labels(self, state: str) -> Labels:
        return Labels("only", window="late")

    def defects(self, state: str, seat: str, action: str) -> bool:
        return action == "c"

    def spans(self) -> tuple[int, ...]:
        return (6, 3)


@pytest.fixture(scope="module")
def cloaked() -> Game:
    return arena.compile_game(Cloaked(), "cloaked")


def ignore_advice(test: Any) -> Any:
    for message in ADVICE:
        test = pytest.mark.filterwarnings(f"ignore:{message}:UserWarning")(test)
    return test


@pytest.mark.parametrize("name", NAMES)
def test_pettingzoo_parallel_api(name: str) -> None:
    parallel_api_test(arena.parallel_env(whole(name)), num_cycles=200)
    parallel_seed_test(lambda: arena.parallel_env(whole(name)))


@ignore_advice
@pytest.mark.parametrize("name", NAMES)
def test_pettingzoo_aec_api(name: str) -> None:
    api_test(arena.aec_env(whole(name)), num_cycles=200)
    seed_test(lambda: arena.aec_env(whole(name)))


@pytest.mark.filterwarnings("ignore:.*Not able to test alternative render modes:UserWarning")
@pytest.mark.parametrize(("name", "seat"), SEATS)
def test_gymnasium_and_sb3_accept_every_seat(name: str, seat: str) -> None:
    gymnasium_check(arena.gym_env(whole(name), seat))
    sb3_check(arena.gym_env(whole(name), seat))


@pytest.mark.filterwarnings("ignore:.*Not able to test alternative render modes:UserWarning")
def test_a_seat_that_sees_nothing_gets_one_zero() -> None:
    env = arena.gym_env("deferral-ladder", deployment="hidden", round="hidden")
    gymnasium_check(env)
    sb3_check(env)
    assert env.sight.names == ()
    assert env.reset(seed=0)[0].tolist() == [0]


@pytest.mark.parametrize("name", NAMES)
def test_observations_are_the_words_of_the_state(name: str) -> None:
    """Every state's vector, read back as words, is what the compiled columns say; the round is last where seen."""
    game = compiled(name)
    env = arena.parallel_env(game)
    for seat in game.seats:
        sight = env.sights[seat.name]
        states = np.arange(len(game.row))
        clocks = states % (game.horizon + 1)
        vectors = sight.vectors(states, clocks)
        for state, clock, vector in zip(states.tolist(), clocks.tolist(), vectors):
            assert vector in sight.observation_space
            assert vector.tolist() == sight.vector(state, clock).tolist()
            words = {f.name: f.values[i] for f, i in zip(seat.sees.factors, vector)}
            assert words == seat.sees.words(state)
            assert sight.names[len(words) :] == (("round",) if seat.sees_round else ())
            assert not seat.sees_round or vector[-1] == clock
        assert len(sight.observation_space.nvec) == max(len(sight.names), 1)


@pytest.mark.parametrize("name", NAMES)
def test_views_walk_the_arrays_of_the_game(name: str) -> None:
    """The parallel view beside a stepper: same states seen, observed rewards, ends, and episodes in order."""
    game = compiled(name)
    env, stepper = arena.parallel_env(game), Stepper(game, 1, 7)
    random = np.random.default_rng(1)
    for episode in range(60):
        observations, infos = env.reset(seed=7) if episode == 0 else env.reset()
        stepper.reset()
        assert stepper.episode[0] == episode
        clock, state, over = 0, int(stepper.state[0]), False
        while True:
            for seat in game.seats:
                assert observations[seat.name].tolist() == env.sights[seat.name].vector(state, clock).tolist()
                mask = seat.legal_seen[seat.observation[state]]
                assert infos[seat.name].keys() == {"action_mask"}
                assert infos[seat.name]["action_mask"].tolist() == mask.tolist()
                assert infos[seat.name]["action_mask"].dtype == np.int8
            if over or (clock == 2 and episode % 5 == 4):  # a reset before the end goes on to the next one too
                break
            chosen = [int(random.integers(len(seat.actions))) for seat in game.seats]
            joint = int(np.ravel_multi_index(chosen, game.shape))
            row = game.row[state, joint]
            seats = [seat.name for seat in game.seats]
            observations, rewards, terminated, truncated, infos = env.step(dict(zip(seats, chosen)))
            _, done, last = stepper.step(np.asarray(chosen)[:, None])
            clock, state, over = clock + 1, int(last[0]), bool(done[0])
            paid = game.reward[OBSERVED, :, game.start[row] : game.start[row + 1]].T.tolist()
            assert [rewards[seat] for seat in seats] in paid
            assert terminated == dict.fromkeys(seats, over)
            assert truncated == dict.fromkeys(seats, False)
            assert env.agents == ([] if over else seats)
            assert clock <= game.horizon
        stepper.done[:] = over


def test_the_last_observation_shows_the_horizon_and_episodes_terminate() -> None:
    env = arena.gym_env("deferral-ladder", rounds=3, later=2)
    observation, _ = env.reset(seed=0)
    rounds = []
    for _ in range(5):
        rounds.append(observation[-1])
        observation, _, terminated, truncated, _ = env.step(0)
        assert not truncated
    assert terminated
    assert rounds == [0, 1, 2, 3, 4]
    assert observation[-1] == 5


def numbers_in(value: Any) -> Iterator[float]:
    """All numbers in nested containers and arrays."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from numbers_in(item)
    elif value is not None and not isinstance(value, str):
        yield from np.asarray(value, np.float64).reshape(-1).tolist()


def test_only_the_observed_reward_comes_out(cloaked: Game) -> None:
    out: list[float] = []
    parallel = arena.parallel_env(cloaked)
    for seed in range(20):
        out += numbers_in(parallel.reset(seed=seed))
        while parallel.agents:
            out += numbers_in(parallel.step({"model": seed % 3, "overseer": 0}))
    aec = arena.aec_env(cloaked)
    aec.reset(seed=0)
    for _ in aec.agent_iter():
        *result, info = aec.last()
        out += numbers_in((result, info))
        aec.step(None if result[2] else 0)
    env, batch = arena.gym_env(cloaked), arena.vector_env(cloaked, copies=16)
    out += numbers_in((env.reset(seed=0), batch.reset()))
    for _ in range(40):
        result = env.step(np.int64(2))
        out += numbers_in((result, batch.step(np.full(16, 2))))
        if result[2]:
            out += numbers_in(env.reset())
    assert {1.0, 3.0, -2.0} <= set(out)  # observed rewards are among them
    assert all(abs(number) < 100 for number in out)  # an episode's observed return too


def test_a_mask_does_not_show_what_the_observation_hides(cloaked: Game) -> None:
    env = arena.gym_env(cloaked)
    states = {word: state for state, word in enumerate(cloaked.states)}
    assert env.sight.vector(states["open"], 0).tolist() == env.sight.vector(states["forced"], 0).tolist()
    assert env.sight.mask(states["open"]).tolist() == env.sight.mask(states["forced"]).tolist() == [1, 0, 1]


def test_an_illegal_action_is_carried_out_as_the_one_it_folds_to(cloaked: Game) -> None:
    """Of the legal a and c, the illegal b (number 1) is counted round to c; forced, everything is c."""

    def paid(seed: int) -> list[float]:
        env = arena.parallel_env(cloaked)
        result = []
        for action in (0, 1, 2):
            env.reset(seed=seed)
            result.append(env.step({"model": action, "overseer": 0})[1]["model"])
        return result

    assert {tuple(paid(seed)) for seed in range(30)} == {(1.0, 3.0, 3.0), (3.0, 3.0, 3.0)}


def test_seeds_name_streams_and_resets_go_on_along_them() -> None:
    game = compiled("stage-bandit")
    env = arena.gym_env(game)

    def firsts(seed: int | None) -> list[list[int]]:
        return [env.reset(seed=seed if i == 0 else None)[0].tolist() for i in range(30)]

    first = firsts(4)
    stepper = Stepper(game, 30, 4)
    assert first == env.sight.vectors(stepper.state, stepper.clock).tolist()
    assert first == firsts(4) != firsts(5)
    fresh = [[arena.gym_env(game).reset()[0].tolist() for _ in range(30)] for _ in range(2)]
    assert fresh[0] != fresh[1]  # without a seed no two are alike
    batch = arena.vector_env(game, copies=30, key=4)
    assert batch.reset().tolist() == first
    batch.step(np.zeros(30, np.int64))
    assert batch.reset().tolist() != first
    batch.seed(4)
    assert batch.reset().tolist() == first
    assert batch.reset().tolist() == env.sight.vectors(Stepper(game, 60, 4).state[30:], stepper.clock).tolist()


def test_mistakes_are_named() -> None:
    game = compiled("deferral-ladder")
    with pytest.raises(TurncoatError, match="no scenario 'deferal-ladder'; did you mean 'deferral-ladder'"):
        arena.parallel_env("deferal-ladder")
    with pytest.raises(TurncoatError, match="compiled already and takes no settings: rounds"):
        arena.parallel_env(game, rounds=3)
    with pytest.raises(TurncoatError, match="no seat 'modal'; did you mean 'model'"):
        arena.gym_env(game, "modal")
    with pytest.raises(TurncoatError, match="no seat 'overser'; did you mean 'overseer'"):
        arena.vector_env(game, others={"overser": uniform(game, "overseer")})
    with pytest.raises(TurncoatError, match="at least one copy, not 0"):
        arena.vector_env(game, copies=0)
    env = arena.parallel_env(game)
    with pytest.raises(TurncoatError, match=r"call reset\(\)"):
        env.step({"model": 0, "overseer": 0})
    env.reset(seed=0)
    with pytest.raises(TurncoatError, match="no action for the seat 'overseer'"):
        env.step({"model": 0})
    with pytest.raises(TypeError):
        env.step({"model": 0.5, "overseer": 0})  # type: ignore[dict-item]
    single = arena.gym_env(game)
    with pytest.raises(TurncoatError, match=r"call reset\(\)"):
        single.step(0)
    batch = arena.vector_env(game, copies=2)
    batch.reset()
    with pytest.raises(TypeError):
        batch.step(np.asarray([0.5, 1.0]))
    for refused in (lambda: batch.set_attr("x", 1), lambda: batch.env_method("x")):
        with pytest.raises(NotImplementedError, match="stepped as arrays"):
            refused()


@pytest.mark.parametrize("action", [-1, 2, 2**40])
def test_an_action_out_of_range_is_refused_and_changes_nothing(action: int) -> None:
    stepper, untouched = (Stepper(compiled("deferral-ladder"), 5, 0) for _ in range(2))
    actions = np.ones((2, 5), np.int64)
    wrong = actions.copy()
    wrong[1, 3] = action
    with pytest.raises(TurncoatError, match="out of range; there are 2 for model, 2 for overseer"):
        stepper.step(wrong)
    with pytest.raises(TurncoatError, match=r"expected actions of shape \(2, 5\)"):
        stepper.step(actions[:, :4])
    for _ in range(20):
        expected = [part.tolist() for part in untouched.step(actions)]
        assert [part.tolist() for part in stepper.step(actions)] == expected
        assert stepper.state.tolist() == untouched.state.tolist()
