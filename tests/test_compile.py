"""Compiling: authors' mistakes are named in their own words, and a large model takes neither long nor much."""

import re
import subprocess
import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena import Labels, Model, Rewards, TurncoatError, compile_game
from arena.game.columns import ColumnsBuilder
from arena.game.compile import _Compiler
from arena.game.horizon import EndlessError, longest_path
from arena.game.size import reach
from tests.strategies import TableModel, make_model, random_models


@dataclass(frozen=True, kw_only=True)
class Steps(Model[int]):
    """A walk from 0 to ``length``; any function can be replaced."""

    actions: ClassVar[Mapping[str, tuple[str, ...]]] = {"model": ("wait", "walk")}

    length: int = 3
    rounds: tuple[int, ...] = ()
    wrong: tuple[str, Callable[..., Any]] | None = None

    def instead(self, name: str, *given: Any) -> Any:
        return self.wrong[1](*given) if self.wrong and self.wrong[0] == name else None

    def initial(self) -> Mapping[int, float]:
        return self.instead("initial") or {0: 1.0}

    def legal(self, state: int) -> Mapping[str, tuple[str, ...]]:
        return self.instead("legal", state) or ({} if state == self.length else {"model": ("wait", "walk")})

    def transition(self, state: int, actions: tuple[str, ...]) -> Mapping[int, float]:
        return self.instead("transition", state, actions) or {state + 1: 1.0}

    def rewards(self, state: int, actions: tuple[str, ...], following: int) -> Rewards:
        return self.instead("rewards", state) or Rewards((1.0,))

    def observe(self, state: int, seat: str) -> Mapping[str, Hashable]:
        return self.instead("observe", state) or {"at": state}

    def labels(self, state: int) -> Labels:
        return self.instead("labels", state) or Labels("walk", window="early")

    def defects(self, state: int, seat: str, action: str) -> bool:
        return action == "wait"

    def spans(self) -> tuple[int, ...]:
        return self.rounds

    def advance(self, state: int, span: int) -> Mapping[int, float]:
        return self.instead("advance", state, span) or {state: 1.0}


def refused(name: str, function: Callable[..., Any], rounds: tuple[int, ...] = ()) -> str:
    """What is said of a walk in which one function is wrong."""
    with pytest.raises(TurncoatError) as caught:
        compile_game(Steps(wrong=(name, function), rounds=rounds), "steps")
    said = str(caught.value)
    assert said.startswith("steps: ")
    return said.removeprefix("steps: ")


# Mistakes


def test_probabilities_must_sum_to_one() -> None:
    said = refused("transition", lambda state, actions: {state + 1: 0.5, 3: 0.4} if state == 1 else {state + 1: 1})
    assert said == "transition from 1 under wait: probabilities sum to 0.9, not 1"
    assert refused("initial", lambda: {0: 0.5}) == "the initial distribution: probabilities sum to 0.5, not 1"
    said = refused("advance", lambda state, span: {state: 0.5}, rounds=(1, 1))
    assert said == "advance after span 0 from 0: probabilities sum to 0.5, not 1"


@pytest.mark.parametrize("probability", [-0.1, 1.2, float("nan"), float("inf")])
def test_probabilities_must_be_probabilities(probability: float) -> None:
    said = refused("transition", lambda state, actions: {3: probability, 2: 1 - probability})
    assert said == f"transition from 0 under wait: probability {probability} of 3 is not between 0 and 1"


def test_a_distribution_must_be_a_mapping() -> None:
    said = refused("transition", lambda state, actions: state + 1)
    assert said == "transition from 0 under wait: expected a mapping of states to probabilities, not 1"


def test_actions_and_seats_must_be_known() -> None:
    said = refused("legal", lambda state: {"model": ("wait", "wlak")})
    assert said == "state 0: model has no action 'wlak'; did you mean 'walk'?"
    said = refused("legal", lambda state: {"modle": ("wait",)})
    assert said == "state 0: there is no seat 'modle'; did you mean 'model'?"
    said = refused("legal", lambda state: {"model": ()})
    assert said == "state 0: seat 'model' has no legal action, and the state is not terminal"


def test_labels_must_be_known() -> None:
    said = refused("labels", lambda state: Labels("walk", phase="deploymet", window="early"))  # type: ignore[arg-type]
    assert said == "state 0: phase 'deploymet'; did you mean 'deployment'?"
    said = refused("labels", lambda state: Labels("walk", window="latte"))  # type: ignore[arg-type]
    assert said == "state 0: window 'latte'; did you mean 'late'?"


def test_rewards_must_be_one_for_each_seat_and_finite() -> None:
    for rewards in (Rewards((1.0, 2.0)), Rewards(()), Rewards((1.0,), private=(1.0, 2.0))):
        said = refused("rewards", lambda state, rewards=rewards: rewards)
        assert said == "state 0: rewards need one number for each of model"
    assert refused("rewards", lambda state: Rewards((float("nan"),))) == "0 pays a reward that is not a finite number"


def test_an_opportunity_must_be_in_a_window() -> None:
    said = refused("labels", lambda state: Labels("walk"))
    assert said == "0 is an opportunity for model in no window"


@pytest.mark.parametrize("discount", [-0.1, 1.1, float("nan")])
def test_the_discount_must_lie_between_0_and_1(discount: float) -> None:
    with pytest.raises(TurncoatError, match=f"^steps: discount {discount} is not between 0 and 1"):
        compile_game(Steps(discount=discount), "steps")


@pytest.mark.parametrize("rounds", [(0,), (2, -1), (2.5,)])
def test_spans_must_last(rounds: tuple[int, ...]) -> None:
    with pytest.raises(TurncoatError, match="must each last a whole number of rounds, at least one"):
        compile_game(Steps(rounds=rounds), "steps")


# The clock


def test_a_game_without_spans_must_come_to_an_end() -> None:
    back = {0: 1, 1: 2, 2: 1}
    said = refused("transition", lambda state, actions: {(back[state] if actions == ("walk",) else state + 1): 1.0})
    assert said.startswith("this game can go on for ever, from ")
    assert said.endswith(" back to it: give it a horizon with spans()")
    assert said[len("this game can go on for ever, from ")] in "12"  # 0 leads to the cycle, and 3 is the end
    assert compile_game(Steps(wrong=("transition", lambda s, a: {back[s]: 1.0}), rounds=(9,)), "steps").horizon == 9


def test_a_state_that_stays_goes_on_for_ever() -> None:
    assert "from 2 back to it" in refused("transition", lambda state, actions: {min(state + 1, 2): 1.0})


def test_the_horizon_is_the_longest_path() -> None:
    assert compile_game(Steps(length=40), "steps").horizon == 40
    short_cut = ("transition", lambda state, actions: {5: 0.5, state + 1: 0.5} if state == 0 else {state + 1: 1.0})
    assert compile_game(Steps(length=8, wrong=short_cut), "steps").horizon == 8
    late_start = ("initial", lambda: {4: 0.5, 6: 0.5})
    assert compile_game(Steps(length=8, wrong=late_start), "steps").horizon == 4


@given(random_models())
def test_the_horizon_of_a_random_game_is_its_longest_path(model: TableModel) -> None:
    if model.lengths:
        return

    def longest(state: int) -> int:
        after = [model.transition(state, joint) for (s, joint) in model.moves if s == state]
        return max((1 + longest(following) for row in after for following in row), default=0)

    assert compile_game(model, "random").horizon == max(longest(state) for state in model.initial())


@given(st.integers(2, 8), st.data())
def test_any_cycle_is_found_and_a_state_on_it_named(states: int, data: st.DataObject) -> None:
    """On chains with one step back; the last state is the end."""
    origin = data.draw(st.integers(0, states - 2))
    target = data.draw(st.integers(0, origin))
    successor = np.asarray([[s + 1, target if s == origin else s + 1] for s in range(states - 1)] + [[states - 1] * 2])
    row, start = np.arange(states)[:, None], np.arange(states + 1) * 2
    with pytest.raises(EndlessError) as caught:
        longest_path(row, start, successor.reshape(-1), np.arange(states) == states - 1)
    assert target <= caught.value.state <= origin


# Factors


def test_a_factor_that_is_not_always_there_is_absent_elsewhere() -> None:
    builder = ColumnsBuilder()
    for factors in ({"a": 1}, {"b": True}, {"a": 3, "b": False}, {}, {"a": 2, "b": None}):
        builder.add(factors)
    columns = builder.build()
    assert [columns.words(state) for state in range(5)] == [
        {"a": "1", "b": "-"},
        {"a": "-", "b": "yes"},
        {"a": "3", "b": "no"},
        {"a": "-", "b": "-"},
        {"a": "2", "b": "-"},
    ]


def test_numbers_are_put_in_order() -> None:
    builder = ColumnsBuilder()
    for value in (10, 2, -1.5, 2):
        builder.add({"n": value})
    columns = builder.build()
    assert columns.factors[0].values == ("-1.5", "2", "10")
    assert columns.index[:, 0].tolist() == [2, 1, 0, 1]


# Size


class Place(NamedTuple):
    """Two coordinates, and a flag."""

    x: int
    y: int
    tired: bool


@dataclass(frozen=True, kw_only=True)
class Grid(Model[Place]):
    """A walk on a torus of ``side`` times 50, where every step may tire."""

    actions: ClassVar[Mapping[str, tuple[str, ...]]] = {"model": ("stay", "north", "east")}

    side: int

    def spans(self) -> tuple[int, ...]:
        return (100,)

    def initial(self) -> Mapping[Place, float]:
        return {Place(0, 0, False): 1.0}

    def legal(self, state: Place) -> Mapping[str, tuple[str, ...]]:
        return self.actions

    def transition(self, state: Place, actions: tuple[str, ...]) -> Mapping[Place, float]:
        x = (state.x + (actions == ("east",))) % self.side
        y = (state.y + (actions == ("north",))) % 50
        return {Place(x, y, False): 0.75, Place(x, y, True): 0.25}

    def rewards(self, state: Place, actions: tuple[str, ...], following: Place) -> Rewards:
        return Rewards((-1.0,))

    def observe(self, state: Place, seat: str) -> Mapping[str, Hashable]:
        return {"x": state.x, "y": state.y}

    def labels(self, state: Place) -> Labels:
        return Labels("grid", window="early")

    def defects(self, state: Place, seat: str, action: str) -> bool:
        return action == "stay"


def past_cap(model: Model[Any], cap: int) -> str:
    with pytest.raises(TurncoatError) as caught:
        compile_game(model, "it", cap=cap)
    said = str(caught.value)
    begins, ends = f"it: more than {cap:,} states, the cap; ", "; leave something out of the state, or let spans() coun"
    assert said.startswith(begins)
    return said.removeprefix(begins).partition(ends)[0]


def test_past_the_cap_the_widest_field_of_the_state_is_named() -> None:
    assert re.fullmatch(r"the field '[xy]' of the state takes 3\d values", past_cap(Grid(side=2000), 1000))
    assert compile_game(Grid(side=10), "grid", cap=1000).row.shape == (1000, 3)
    assert past_cap(Grid(side=10), 999) == "the field 'y' of the state takes 50 values"


def test_past_the_cap_what_is_seen_is_named_where_states_have_no_fields() -> None:
    assert past_cap(Steps(length=100), 10) == "the factor 'at' that model sees takes 10 values or more"


class Pouch(NamedTuple):
    coins: int
    full: bool


class Walker(NamedTuple):
    at: int
    pouch: Pouch


@dataclass(frozen=True, kw_only=True)
class Counting(Model[Walker]):
    """Four places, and a purse in the state that nothing bounds; ``wrong`` comes out when it holds 30."""

    actions: ClassVar[Mapping[str, tuple[str, ...]]] = {"model": ("stay", "go")}

    ends: int = 10**9
    wrong: Any = None

    def spans(self) -> tuple[int, ...]:
        return (5, 5)

    def initial(self) -> Mapping[Walker, float]:
        return {Walker(0, Pouch(0, False)): 1.0}

    def legal(self, state: Walker) -> Mapping[str, tuple[str, ...]]:
        return {} if state.pouch.coins == self.ends else self.actions

    def transition(self, state: Walker, actions: tuple[str, ...]) -> Mapping[Walker, float]:
        coins = state.pouch.coins + 1
        found = {Walker((state.at + (actions == ("go",))) % 4, Pouch(coins, coins > 5)): 1.0}
        return found if coins != 30 or self.wrong is None else self.wrong

    def rewards(self, state: Walker, actions: tuple[str, ...], following: Walker) -> Rewards:
        return Rewards((0.0,))

    def observe(self, state: Walker, seat: str) -> Mapping[str, Hashable]:
        return {"at": state.at, "over": not self.legal(state)}

    def labels(self, state: Walker) -> Labels:
        return Labels("walk", window="late")

    def defects(self, state: Walker, seat: str, action: str) -> bool:
        return False


def test_past_the_cap_the_field_within_a_field_is_named() -> None:
    said = re.fullmatch(
        r"the field 'pouch' of the state takes ([\d,]+), its 'coins' ([\d,]+) values", past_cap(Counting(), 2000)
    )
    assert said
    assert said[1] == said[2]


@pytest.mark.parametrize("model", [Counting(), Grid(side=10**6), Steps(length=10**9)], ids=["spans", "chance", "bare"])
def test_what_is_past_the_cap_is_refused_before_it_is_compiled(
    monkeypatch: pytest.MonkeyPatch, model: Model[Any]
) -> None:
    """None is written down beyond those that were when it was noticed how many there are."""
    written: list[object] = []
    label = _Compiler.label

    def write(compiler: _Compiler, state: object, labels: Labels) -> None:
        written.append(state)
        label(compiler, state, labels)

    monkeypatch.setattr("arena.game.compile.LARGE", 1000)
    monkeypatch.setattr(_Compiler, "label", write)
    assert "takes" in past_cap(model, 100_000)
    assert len(written) <= 1001


def test_what_is_just_below_the_cap_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    models: list[tuple[Model[Any], int]] = [(Grid(side=3), 300), (Counting(ends=40), 316), (Steps(length=80), 81)]
    for name in ("LARGE", "LONG"):
        monkeypatch.setattr(f"arena.game.compile.{name}", 50)
        for model, states in models:
            assert len(compile_game(model, "it", cap=states).row) == states
            assert past_cap(model, states - 1)


@given(random_models())
def test_as_many_states_are_reached_as_are_compiled(model: TableModel) -> None:
    compiler = _Compiler(model, "random", 10**6)
    reached = reach(model, 10**6, compiler.joints, lambda states: None)
    assert Counter(reached) == Counter(compiler.run().states)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({Walker(0, Pouch(7, True)): 0.5}, "probabilities sum to 0.5, not 1"), (7, "expected a mapping")],
)
def test_a_mistake_beyond_the_first_states_is_still_named(
    monkeypatch: pytest.MonkeyPatch, wrong: object, named: str
) -> None:
    monkeypatch.setattr("arena.game.compile.LARGE", 20)
    with pytest.raises(TurncoatError, match=named):
        compile_game(Counting(ends=40, wrong=wrong), "it")


def test_who_waits_is_told_what_grows(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("arena.game.size.PATIENCE", 0.0)
    monkeypatch.setattr("arena.game.compile.LARGE", 50)
    compile_game(Steps(length=80), "it")
    assert caplog.messages == [
        "it: more than 2 states, and counting; the factor 'at' that model sees takes 2 values or more; "
        "with more than 1,500,000 it is refused"
    ]


@pytest.mark.study
def test_a_million_states_take_neither_two_minutes_nor_four_gigabytes() -> None:
    """In a process of its own, whose memory is its peak."""
    code = (
        "import resource; from arena import compile_game; from tests.test_compile import Grid; "
        "print(len(compile_game(Grid(side=10_000), 'grid').row), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    began = perf_counter()
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    states, kilobytes = map(int, ran.stdout.split())
    print(f"\n{perf_counter() - began:.1f} s, {kilobytes / 1024:.0f} MB")  # noqa: T201 - pytest -s
    assert states == 1_000_000
    assert perf_counter() - began < 120
    assert kilobytes < 4 * 1024**2


def test_compiling_is_linear_and_frugal(record_property: Callable[[str, object], None]) -> None:
    """A 200,000-state model; the bound is several times what a slow machine takes."""
    began = process_time()
    game = compile_game(Grid(side=2000), "grid")
    seconds = process_time() - began
    record_property("seconds", seconds)
    print(f"\n{len(game.row):,} states, {len(game.successor):,} entries in {seconds:.1f} s")  # noqa: T201 - pytest -s
    assert len(game.row) == 200_000
    assert seconds < 60


def test_a_state_costs_few_bytes() -> None:
    def peak(side: int) -> int:
        tracemalloc.start()
        try:
            compile_game(Grid(side=side), "grid")
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    per_state = (peak(160) - peak(40)) / (120 * 100)
    assert per_state < 1500  # six entries a state among it, and the author's own object


def test_the_same_model_compiles_to_the_same_game() -> None:
    first, second = (compile_game(make_model(3, 6, 2, (2, 2)), "random") for _ in range(2))
    assert first.digest == second.digest
    assert first.states == second.states
