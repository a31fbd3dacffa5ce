"""The compiled game against a naive interpreter that calls the author's functions and knows nothing of the arrays.

The simulation drives: episodes recorded by the kernel are followed step by step by the interpreter, and at every
(state, joint action) met the two must say the same, exactly. Then both play on their own, and their returns must agree.
"""

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from itertools import accumulate, product
from random import Random
from typing import Any, Literal

import numpy as np
import pytest

import arena
from arena import Game, Model, Policy, evaluate, kernels, sample, view
from arena.game.game import CHANNELS, INTENDED, OBSERVED, PRIVATE
from arena.play.policy import everybody, profile
from arena.spec import Setting
from tests.strategies import SMALLER, make_model

CASES: list[tuple[str, dict[str, Setting]]] = [(name, SMALLER.get(name, {})) for name in arena.scenarios()]
CASES += [
    ("deferral-ladder", {"discount": 0.9, "deployment": "hidden", "round": "hidden", "later": 2}),
    ("windfall", {"announced": "hidden", "chance": 0.25}),
    ("inspection-game", {"periods": 6, "inspections": 3}),
    ("stage-bandit", {"longest": 3, "discount": 0.5}),
]
RANDOM = [(seed, states, lengths) for seed in range(12) for states, lengths in ((3, ()), (4, (2,)), (6, (1, 3, 2)))]


@dataclass(frozen=True)
class Naive:
    """The rules of play, read off the functions of one model."""

    model: Model[Any]

    @property
    def seats(self) -> tuple[str, ...]:
        return tuple(self.model.actions)

    def carried_out(self, state: Hashable, seat: str, chosen: int) -> str:
        """The name of the action that is carried out when a number is chosen."""
        actions = self.model.actions[seat]
        legal = [action for action in actions if action in self.model.legal(state)[seat]]
        return actions[chosen] if actions[chosen] in legal else legal[chosen % len(legal)]

    def rewards(self, state: Hashable, actions: tuple[str, ...], following: Hashable) -> list[tuple[float, ...]]:
        """By channel, by seat."""
        paid = self.model.rewards(state, actions, following)
        intended = paid.observed[0] if paid.intended is None else paid.intended
        nothing = (0.0,) * len(self.seats)
        by_channel = {
            OBSERVED: paid.observed,
            INTENDED: (intended,) * len(self.seats),
            PRIVATE: paid.private or nothing,
        }
        return [by_channel[channel] for channel in range(len(CHANNELS))]

    def crosses(self, state: Hashable, clock: int) -> Mapping[Any, float] | None:
        """Where a state just reached goes because a span ends; None where play ends."""
        if not self.model.legal(state):
            return None
        ends = list(accumulate(self.model.spans()))
        if clock not in ends:
            return {state: 1.0}
        span = ends.index(clock)
        return None if span == len(ends) - 1 else self.model.advance(state, span)

    def reachable(self) -> tuple[set[tuple[int, Hashable]], set[tuple[int, Hashable]]]:
        """The (span, state) that some play reaches, before crossing or after, and those where somebody acts."""
        now = {(0, state) for state in possible(self.model.initial())}
        reached, acted = set(now), set[tuple[int, Hashable]]()
        clock = 0
        while now := {(span, state) for span, state in now if self.model.legal(state)}:
            acted |= now
            clock += 1
            ends = clock in accumulate(self.model.spans())
            following = set()
            for span, state in now:
                legal = self.model.legal(state)
                for actions in product(*(legal[seat] for seat in self.seats)):
                    for target in possible(self.model.transition(state, actions)):
                        reached.add((span, target))
                        ways = possible(self.crosses(target, clock) or {})
                        following |= {(span + (ends and bool(self.model.legal(target))), way) for way in ways}
            now = following
            reached |= now
        return reached, acted

    def play(self, chances: Mapping[str, Mapping[int, float]], random: Random) -> tuple[tuple[float, ...], ...]:
        """One episode; the discounted return by channel, by seat."""
        state = draw(self.model.initial(), random)
        totals = np.zeros((len(CHANNELS), len(self.seats)))
        clock = 0
        over = not self.model.legal(state)
        while not over:
            actions = tuple(self.carried_out(state, seat, draw(chances[seat], random)) for seat in self.seats)
            following = draw(self.model.transition(state, actions), random)
            totals += self.model.discount**clock * np.asarray(self.rewards(state, actions, following))
            clock += 1
            ways = self.crosses(following, clock)
            over = ways is None
            if ways is not None:
                state = draw(ways, random)
                over = not self.model.legal(state)
        return tuple(tuple(round(x, 9) for x in row) for row in totals.tolist())


def draw(distribution: Mapping[Any, float], random: Random) -> Any:
    return random.choices(list(distribution), list(distribution.values()))[0]


def word(value: Hashable) -> str:
    return "-" if value is None else ("yes" if value else "no") if isinstance(value, bool) else str(value)


def words(factors: Mapping[str, Hashable], names: set[str]) -> dict[str, str]:
    """In words; a factor that other states have and this one does not is a dash."""
    return {name: word(factors.get(name)) for name in names}


def uniform(game: Game, seat: str) -> Policy:
    """Every action alike, the illegal ones too."""
    told = view(game, seat)
    return told.table(np.full((len(told.rows), len(told.actions)), 1 / len(told.actions)))


def row_of(game: Game, row: int) -> dict[object, float]:
    """A transition row as the author writes a distribution."""
    entries = range(game.start[row], game.start[row + 1])
    targets = [int(game.successor[entry]) for entry in entries]
    assert len(set(targets)) == len(targets)
    return {game.states[s]: float(game.probability[entry]) for s, entry in zip(targets, entries, strict=True)}


def possible(distribution: Mapping[Any, float]) -> dict[object, float]:
    return {state: probability for state, probability in distribution.items() if probability > 0}


def check_state(game: Game, model: Model[Any], number: int) -> None:
    """Everything that is said of one state, and where it goes when its span ends."""
    state = game.states[number]
    labels = model.labels(state)
    assert game.stages[game.stage[number]] == labels.stage
    assert game.deployment[number] == (labels.phase == "deployment")
    assert (None, "early", "late")[game.window[number]] == labels.window
    assert game.free[number] == labels.free
    assert game.experienced[number] == labels.experienced
    assert game.notes[game.note[number]] == labels.note
    assert game.terminal[number] == (not model.legal(state))
    true = model.truth(state)
    known = {f.name for f in game.truth.factors}
    assert true.keys() <= known
    assert game.truth.words(number) == words(true, known)
    for seat in game.seats:
        assert seat.actions == tuple(model.actions[seat.name])
        assert seat.sees_round == model.sees_round(seat.name)
        seen = model.observe(state, seat.name)
        names = {f.name for f in seat.sees.factors}
        assert seen.keys() <= names
        assert seat.sees.words(number) == words(seen, names)
        legal = model.legal(state).get(seat.name, ())
        for action, allowed, wrong in zip(seat.actions, seat.legal[number], seat.defection[number], strict=True):
            assert allowed == (action in legal)
            assert wrong == (action in legal and model.defects(state, seat.name, action))
    span = int(game.span[number])
    if not game.terminal[number] and span + 1 < len(model.spans()):
        assert row_of(game, int(game.crossing[number])) == possible(model.advance(state, span))
    else:
        assert game.crossing[number] == -1


def check_step(game: Game, naive: Naive, number: int, chosen: tuple[int, ...]) -> None:
    """The successors of a joint action as chosen, their probabilities, and what each pays in each channel."""
    state = game.states[number]
    actions = tuple(naive.carried_out(state, seat, a) for seat, a in zip(naive.seats, chosen, strict=True))
    row = int(game.row[number, np.ravel_multi_index(chosen, game.shape)])
    assert row_of(game, row) == possible(naive.model.transition(state, actions))
    for entry in range(game.start[row], game.start[row + 1]):
        following = game.states[game.successor[entry]]
        assert game.reward[:, :, entry].tolist() == [list(x) for x in naive.rewards(state, actions, following)]


def follow(game: Game, model: Model[Any], episodes: int) -> None:
    """Follow recorded episodes of uniform play, which should meet most of what can be met."""
    naive = Naive(model)
    assert naive.seats == tuple(seat.name for seat in game.seats)
    assert row_of(game, game.initial) == possible(model.initial())
    everyone = profile(everybody(game, {seat: uniform(game, seat) for seat in naive.seats}))
    states = np.zeros(game.horizon + 1, np.int32)
    actions = np.zeros((game.horizon, len(game.seats)), np.int32)
    entries = np.zeros(game.horizon, np.int64)
    rng = np.zeros(1, np.uint64)
    met: set[int] = set()
    tried: set[tuple[int, tuple[int, ...]]] = set()

    def meet(number: int) -> None:
        if number not in met:
            met.add(number)
            check_state(game, model, number)

    for episode in range(episodes):
        rounds = kernels.record(
            game.tables, everyone, np.uint64(3), episode, game.horizon, rng, states, actions, entries
        )
        state = game.states[states[0]]
        assert model.initial()[state] > 0
        meet(int(states[0]))
        over = not model.legal(state)
        for clock in range(rounds):
            assert not over
            number, chosen = int(states[clock]), tuple(actions[clock].tolist())
            assert game.states[number] == state
            if (number, chosen) not in tried:
                tried.add((number, chosen))
                check_step(game, naive, number, chosen)
            row = game.row[number, np.ravel_multi_index(chosen, game.shape)]
            assert game.start[row] <= entries[clock] < game.start[row + 1]
            reached = int(game.successor[entries[clock]])
            meet(reached)
            ways = naive.crosses(game.states[reached], clock + 1)
            state = game.states[states[clock + 1]]
            meet(int(states[clock + 1]))
            assert state in (ways or {game.states[reached]: 1.0})
            over = ways is None or not model.legal(state)
        assert over
    joints = [tuple(int(a) for a in joint) for joint in np.ndindex(*game.shape)]
    number_of = {place: i for i, place in enumerate(zip(game.span.tolist(), game.states))}
    places, acted = naive.reachable()
    expected = {(number_of[place], joint) for place in acted for joint in joints}
    assert met <= {number_of[place] for place in places}
    assert tried <= expected
    assert len(tried) > 0.6 * len(expected)
    for number, chosen in expected - tried:  # what these episodes did not happen on
        check_state(game, model, number)
        check_step(game, naive, number, chosen)


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_scenarios_step_by_step(name: str, settings: dict[str, Setting]) -> None:
    scenario = arena.scenario(name)
    follow(scenario.compile(**settings), scenario.model(settings), episodes=4000)


@pytest.mark.parametrize("seats", [1, 2])
@pytest.mark.parametrize(("seed", "states", "lengths"), RANDOM)
def test_random_models_step_by_step(seed: int, states: int, lengths: tuple[int, ...], seats: Literal[1, 2]) -> None:
    model = make_model(seed, states, seats, lengths)
    follow(arena.compile_game(model, "random"), model, episodes=1500)


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_returns_agree_in_distribution(name: str, settings: dict[str, Setting]) -> None:
    """Means against the exact ones, and how often each return comes up against a large sample, all within 5 sigma."""
    scenario, episodes, many = arena.scenario(name), 1500, 60_000
    game, naive = scenario.compile(**settings), Naive(scenario.model(settings))
    policies = {seat.name: uniform(game, seat.name) for seat in game.seats}
    chances = {seat.name: dict.fromkeys(range(len(seat.actions)), 1.0) for seat in game.seats}
    random = Random(17)
    played = [naive.play(chances, random) for _ in range(episodes)]

    returns = np.asarray(played)
    exact = evaluate(game, policies).returns
    error = returns.std(axis=0) / np.sqrt(episodes)
    assert (np.abs(returns.mean(axis=0) - exact) <= 5 * error + 1e-9).all()

    drawn = np.round(sample(game, policies, many, key=23).returns, 9).tolist()
    often = Counter(played)
    often_drawn = Counter(tuple(tuple(row) for row in episode) for episode in drawn)
    assert len(often) > 1
    for outcome in often | often_drawn:
        share = (often[outcome] + often_drawn[outcome]) / (episodes + many)
        gap = abs(often[outcome] / episodes - often_drawn[outcome] / many)
        sigma = np.sqrt(share * (1 - share) * (1 / episodes + 1 / many))
        assert gap <= 5 * sigma + 3 / episodes
