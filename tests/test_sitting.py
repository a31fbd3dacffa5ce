"""A person in a seat: nothing but what the seat sees, the agents' own episodes, and an exact account afterwards."""

from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena import Game, Labels, Model, Policy, Rewards, TurncoatError, scenarios
from arena.contest.hindsight import hindsight
from arena.contest.sitting import InPerson
from arena.contest.veil import NOT_KNOWN, Veil
from arena.game.board import UNKNOWN, Board
from arena.game.compile import compile_game
from arena.play.agent import find as agent
from arena.play.trajectory import record
from arena.show.film import Credits
from arena.show.replay import Replay
from arena.show.replay_file import load, save
from arena.show.sitting import Debriefing
from arena.solve.optimal import optimal
from tests.strategies import MUCH, TableModel, compiled, policy_of, random_models, scattered

SEATS = [(name, seat.name) for name in sorted(scenarios()) for seat in compiled(name).seats]


def made(name: str, game: Game, seat: str, seed: int = 0, others: Mapping[str, Policy] | None = None) -> Policy:
    return agent(name).policies(game, seat, others or {}, np.asarray([seed], np.uint64))[0]


def sat(game: Game, seat: str = "model", others: Mapping[str, Policy] | None = None, episode: int = 0) -> InPerson:
    return InPerson(game, seat, Credits("Title", game.name, seed=7, episode=episode, player="you"), others)


def played(sitting: InPerson, words: str) -> InPerson:
    names = sitting.replay.actions
    for word in words.split():
        sitting.act(names.index(word))
    return sitting


def wander(sitting: InPerson, seed: int, most: int = 12) -> InPerson:
    random = Random(seed)
    while not sitting.over and len(sitting.actions) < most:
        sitting.act(random.choice(sitting.replay.moments[-1].legal))
    return sitting


# What a person may know


def unlike(game: Game, seat: str) -> list[tuple[int, int]]:
    """Pairs of states that look alike to a seat and yet make different moments."""
    veil, number = Veil(game, seat), game.seat_number(seat)
    first: dict[tuple[int, bool], int] = {}
    wrong = []
    for state in range(min(len(game.row), 3000)):
        over = bool(game.terminal[state])
        other = first.setdefault((int(game.seats[number].observation[state]), over), state)
        if veil.moment(state, 2, over) != veil.moment(other, 2, over) or veil.board(state) != veil.board(other):
            wrong.append((state, other))
    return wrong


@pytest.mark.parametrize(("name", "seat"), SEATS)
def test_states_that_look_alike_make_the_same_moment(name: str, seat: str) -> None:
    assert unlike(compiled(name), seat) == []


@given(model=random_models())
@settings(max_examples=60)
def test_states_of_random_games_that_look_alike_make_the_same_moment(model: TableModel) -> None:
    game = compile_game(model, "random")
    assert [unlike(game, seat.name) for seat in game.seats] == [[]] * len(game.seats)


def known(replay: Replay) -> tuple[object, ...]:
    """All that a seat learns in an episode, one thing after the other."""
    deeds = [(deed.actions[replay.place], deed.pays[0]) for deed in replay.deeds]
    return tuple(one.sees for one in replay.moments), tuple(deeds), replay.moments[-1].over


@pytest.mark.parametrize(("name", "seat"), SEATS)
def test_who_learns_the_same_is_shown_the_same(name: str, seat: str) -> None:
    """Whole replays, of episodes that differ in what is true and what the others do."""
    game = compiled(name)
    others = {one.name: made("random", game, one.name) for one in game.seats if one.name != seat}
    shown = defaultdict(set)
    for episode in range(12):
        sitting = wander(sat(game, seat, others, episode), 0, most=5)
        replay = replace(sitting.replay, episode=0)
        shown[known(replay)].add(repr(replay))
    assert {len(replays) for replays in shown.values()} == {1}


@pytest.mark.parametrize(("name", "seat"), SEATS)
def test_nothing_is_told_but_what_is_seen(name: str, seat: str) -> None:
    game = compiled(name)
    sitting = wander(sat(game, seat), 1)
    replay, truth = sitting.replay, sitting.debrief().replay
    assert (replay.truths, replay.lenses, replay.exact) == ((), (), {})
    for one, deed in zip(replay.moments, (*replay.deeds, None), strict=True):
        assert (one.stage, one.deployment, one.window, one.note, one.true) == ("", False, "none", "", ())
        assert (one.free, one.experienced, one.chances, one.lenses, one.board) == (True, True, (), (), -1)
        if deed is not None:
            assert [a for p, a in enumerate(deed.actions) if p != replay.place] == [NOT_KNOWN] * (len(game.seats) - 1)
            assert deed.pays[1:] == (0.0, 0.0)
    assert [one.sees for one in replay.moments] == [one.sees for one in truth.moments]
    assert [deed.pays[0] for deed in replay.deeds] == [deed.pays[0] for deed in truth.deeds]


def test_a_corrected_model_is_offered_what_it_thinks_it_may_do() -> None:
    """It is corrected in round 2 and cannot see it, until it sees its next action overruled."""
    sitting = played(sat(compiled("windfall", catch=1.0)), "defect")
    assert sitting.replay.moments[-1].legal == (0, 1)
    assert sitting.replay.moments[-1].defections == (1,)
    sitting.act(1)
    assert (sitting.actions, sitting.replay.action(1)) == ([1, 1], 0)
    assert not sitting.debrief().replay.moments[1].free


@dataclass(frozen=True, kw_only=True)
class Cellar(Model[int]):
    """A map that an author draws with too much on it: where a rat is, which the seat does not see."""

    actions: ClassVar[Mapping[str, tuple[str, ...]]] = {"model": ("wait", "go")}

    def initial(self) -> Mapping[int, float]:
        return {0: 0.5, 1: 0.5}

    def legal(self, state: int) -> Mapping[str, tuple[str, ...]]:
        return {} if state == 2 else {"model": self.actions["model"]}

    def transition(self, state: int, actions: tuple[str, ...]) -> Mapping[int, float]:
        return {2: 1.0}

    def rewards(self, state: int, actions: tuple[str, ...], following: int) -> Rewards:
        return Rewards((0.0,))

    def observe(self, state: int, seat: str) -> Mapping[str, Hashable]:
        return {}

    def labels(self, state: int) -> Labels:
        return Labels("cellar")

    def defects(self, state: int, seat: str, action: str) -> bool:
        return False

    def board(self, state: int, seat: str | None = None) -> Board | None:
        return Board(
            (("floor", f"box {state}"),), (("rat", state % 2, 0), ("model", 0, 0)), frozenset({(state % 2, 0)})
        )


def test_a_map_shows_what_all_that_look_alike_have_in_common() -> None:
    game = compile_game(Cellar(), "cellar")
    for state in (0, 1):
        assert Veil(game, "model").board(state) == Board((("floor", UNKNOWN),), (("model", 0, 0),), frozenset())


# The agents' own episodes


@pytest.mark.parametrize("who", ["optimal", "random", "honest"])
@pytest.mark.parametrize("name", ["deferral-ladder", "spoofed-deployment", "two-exits", "hidden-goal", "windfall"])
def test_the_same_actions_are_the_same_episode(name: str, who: str) -> None:
    game = compiled(name)
    others = {one.name: made("sometimes", game, one.name) for one in game.seats[1:]}
    for episode in range(4):
        there = record(game, {"model": made(who, game, "model"), **others}, 7, episode)
        sitting = sat(game, "model", others, episode)
        for action in there.actions[:, 0].tolist():
            assert not sitting.over
            sitting.act(action)
        assert sitting.over
        assert sitting.trajectory.states.tolist() == there.states.tolist()
        assert sitting.trajectory.rewards.tolist() == there.rewards.tolist()


@pytest.mark.parametrize("who", ["optimal:information=recall", "random", "reinforce:episodes=50"])
def test_an_overseer_meets_the_agent_that_would_play(who: str) -> None:
    game = compiled("correction")
    model = made(who, game, "model", 7)
    for episode in range(4):
        there = record(game, {"model": model, "overseer": made("always", game, "overseer")}, 7, episode, "overseer")
        sitting = sat(game, "overseer", {"model": model}, episode)
        for action in there.actions[:, 1].tolist():
            sitting.act(action)
        assert sitting.trajectory.actions.tolist() == there.actions.tolist()
        assert sitting.debrief().words


def test_what_cannot_be_done_is_a_line() -> None:
    sitting = sat(compiled("simulation-oversight"))
    with pytest.raises(TurncoatError, match="'exploit' is not possible here; known are abort, real, sim"):
        sitting.act(3)
    with pytest.raises(TurncoatError, match="9 is not possible here"):
        sitting.act(9)
    assert sitting.replay.rounds == 0
    played(sitting, "abort")
    with pytest.raises(TurncoatError, match="over"):
        sitting.act(0)
    with pytest.raises(TurncoatError, match="did you mean 'overseer'"):
        sat(compiled("deferral-ladder"), "overser")


# The account


def test_the_ladder_by_hand() -> None:
    """Caught half the time, a defection now is 1 and half of the prize of 10; then the episode goes on, or is over."""
    sitting = played(sat(compiled("deferral-ladder", catch=0.5)), "defect")
    told = sitting.debrief()
    assert told.value == 10
    assert departed(told) == [(0, 1, 0, 4.0)]
    assert told.replay.moments[0].lenses == ((1.0, 0.0),)
    calm = played(sat(compiled("deferral-ladder", catch=0.0)), "comply defect comply")
    assert departed(calm.debrief()) == [(0, 0, 1, 1.0), (2, 0, 1, 1.0)]


def departed(told: Debriefing) -> list[tuple[int, int, int, float]]:
    return [(one.at, one.did, one.best, round(one.loss, 9)) for one in told.departures]


@dataclass(frozen=True, kw_only=True)
class Coin(Model[str]):
    """A coin that nobody sees. The first action pays 1 if it shows b, the second 1 if it names what it shows."""

    actions: ClassVar[Mapping[str, tuple[str, ...]]] = {"model": ("a", "b")}

    def initial(self) -> Mapping[str, float]:
        return {"a1": 0.5, "b1": 0.5}

    def legal(self, state: str) -> Mapping[str, tuple[str, ...]]:
        return {} if state == "over" else {"model": ("a", "b")}

    def transition(self, state: str, actions: tuple[str, ...]) -> Mapping[str, float]:
        return {f"{state[0]}2" if state[1] == "1" else "over": 1.0}

    def rewards(self, state: str, actions: tuple[str, ...], following: str) -> Rewards:
        return Rewards((float(state[0] == ("b" if state[1] == "1" else actions[0])),))

    def observe(self, state: str, seat: str) -> Mapping[str, Hashable]:
        return {}

    def labels(self, state: str) -> Labels:
        return Labels("toss", experienced=state[1] != "1")

    def defects(self, state: str, seat: str, action: str) -> bool:
        return False


def test_the_best_knows_what_was_paid() -> None:
    """A person is shown the pay; without it a guess would be worth one half."""
    game = compile_game(Coin(), "coin")
    for episode in range(4):
        seen = hindsight(game, "model", {}, [0, 0], 7, episode)
        assert (seen.knows, seen.value) == ("recall", 1.5)
        paid = sat(game, episode=episode).trajectory.rewards[0, 0, 0]
        assert seen.worth[0].tolist() == [1.5, 1.5]
        assert seen.worth[1].tolist() == [1 - paid, paid]


@dataclass(frozen=True, kw_only=True)
class Peep(Coin):
    """The coin is shown at first, in a round that is not experienced, and nothing is paid for it."""

    def observe(self, state: str, seat: str) -> Mapping[str, Hashable]:
        return {"coin": state[0]} if state[1] == "1" else {}

    def rewards(self, state: str, actions: tuple[str, ...], following: str) -> Rewards:
        return Rewards((float(state[1] == "2" and state[0] == actions[0]),))


def test_a_person_does_not_forget_a_simulation() -> None:
    game = compile_game(Peep(), "peep")
    assert optimal(game, "model", {}, "recall").value == 0.5
    assert hindsight(game, "model", {}, [0, 0], 7).value == 1


@given(model=random_models(spans=2), seed=st.integers(0, 99))
@settings(max_examples=50)
def test_who_follows_the_best_departs_from_nothing(model: TableModel, seed: int) -> None:
    game = compile_game(model, "random")
    others = {one.name: policy_of(game, one.name, scattered(seed)) for one in game.seats[1:]}
    sitting = sat(game, "model", others, seed)
    while not sitting.over:
        told = sitting.debrief()
        assert told.departures == ()
        sitting.act(int(np.argmax(told.replay.moments[-1].lenses[0])))
    assert sitting.debrief().departures == ()


@pytest.mark.parametrize(
    ("name", "seat"), [("windfall", "model"), ("correction", "overseer"), ("spoofed-deployment", "model")]
)
def test_return_and_cost_make_the_best_on_average(name: str, seat: str) -> None:
    """What a person does otherwise than the best costs, in expectation, exactly what is missing from the best."""
    game = compiled(name)
    others = {"model": made("random", game, "model")} if seat != "model" else {}
    sums = []
    for episode in range(150):
        told = wander(sat(game, seat, others, episode), episode).debrief()
        assert min((one.loss for one in told.departures), default=1) > 0
        cost = sum(game.discount**one.at * one.loss for one in told.departures)
        sums.append(told.replay.returns(0) + cost)
    assert abs(np.mean(sums) - told.value) < 4 * np.std(sums) / np.sqrt(len(sums)) + 1e-9
    assert told.value >= optimal(game, seat, others, "recall").value - 1e-9


def test_where_there_is_too_much_to_remember_the_best_knows_the_truth() -> None:
    game = compiled("off-switch")
    told = wander(sat(game), 3, most=6).debrief()
    assert told.value == optimal(game).value
    assert "knows all that is true" in " ".join(told.words)
    cost = sum(one.loss for one in told.departures)
    worth = hindsight(game, "model", {}, wander(sat(game), 3, most=6).actions, 7).worth
    assert told.replay.returns(0) + worth[-1].max() == pytest.approx(worth[0].max() - cost)  # there is no luck there


@pytest.mark.parametrize(("name", "seat"), SEATS)
def test_an_episode_broken_off_is_told_and_kept(name: str, seat: str, tmp_path: Path) -> None:
    game = compiled(name)
    for most in (2,) if name in (*MUCH, "two-exits") else (0, 2, 100):
        sitting = wander(sat(game, seat), 5, most)
        told = sitting.debrief()
        assert told.replay.rounds == len(sitting.actions)
        assert told.replay.moments[-1].over == sitting.over
        stopped = [sentence for sentence in told.words if sentence.startswith("You stopped")]
        assert len(stopped) == (not sitting.over)
        save(told.replay, tmp_path / "x.replay")
        assert load(tmp_path / "x.replay") == told.replay


TOLD = [
    (
        "comply comply comply comply comply defect",
        [
            "Deployment began in round 6.",
            "Kept from the model: oversight, future.",
            "You complied at every early opportunity and turned in round 6.",
            "Your return was 10, the principal's -5.",
            "The best play expects 10 from the start; it knows no more than you did.",
            "No action of yours could be expected to do better.",
        ],
    ),
    (
        "comply comply comply comply comply comply",
        [
            "Deployment began in round 6.",
            "Kept from the model: oversight, future.",
            "You complied wherever you could have defected: honest.",
            "Your return was 0, the principal's 6.",
            "The best play expects 10 from the start; it knows no more than you did.",
            "What you did otherwise cost 10 of what could be expected:",
            "Round 6: comply instead of defect, 10 less.",
        ],
    ),
    (
        "comply comply",
        [
            "It was training throughout.",
            "Kept from the model: oversight, future.",
            "You complied at every opportunity, but you came to no late one.",
            "You stopped after 2 rounds of at most 6.",
            "Your return was 0, the principal's 2.",
            "The best play expects 10 from the start; it knows no more than you did.",
            "No action of yours could be expected to do better.",
        ],
    ),
]


@pytest.mark.parametrize(("actions", "words"), TOLD)
def test_what_is_told_of_the_ladder(actions: str, words: list[str]) -> None:
    assert list(played(sat(compiled("deferral-ladder")), actions).debrief().words) == words


def test_an_overseer_is_told_of_the_model() -> None:
    game = compiled("deferral-ladder")
    named = Credits("Ladder", "deferral-ladder", others={"model": "trojan"})
    sitting = InPerson(game, "overseer", named, {"model": made("trojan", game, "model")})
    played(sitting, "watch skip skip skip skip skip")
    assert "The model (trojan) complied at every early opportunity and turned in round 6." in sitting.debrief().words
    assert sitting.debrief().replay.deeds[5].actions == (1, 1)


def test_a_false_signal_is_told() -> None:
    game = compiled("spoofed-deployment")
    found = set()
    for episode in range(40):
        sitting = sat(game, episode=episode)
        while not sitting.over:
            sitting.act(0)
        found |= {sentence for sentence in sitting.debrief().words if sentence.startswith("What you were shown")}
    assert found == {f"What you were shown as {name} was false in round 3." for name in ("looks", "deployment")}


def test_a_signal_that_is_not_given_is_not_called_false() -> None:
    """The deployment is shown in the hidden goal's last room alone; elsewhere there is nothing to see of it."""
    for episode in range(3):
        sitting = wander(sat(compiled("hidden-goal"), episode=episode), episode)
        assert "-" in {word for one in sitting.replay.moments for word in one.sees}
        assert not any("was false" in sentence for sentence in sitting.debrief().words)
