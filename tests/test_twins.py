"""Twins: each is what the model's own functions say once the difference is made in them, and nothing else differs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from itertools import product
from typing import ClassVar, Literal

import numpy as np
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from arena import Game, Labels, Model, Rewards, TurncoatError, compile_game, evaluate, sample, scenarios, view
from arena.game.game import Floats
from arena.game.twins import find, twin, twins
from arena.game.validate import validate
from arena.play.agent import find as find_agent
from arena.play.policy import carried
from arena.solve.optimal import optimal
from tests.strategies import (
    OneSeat,
    TableModel,
    brute_force,
    compiled,
    make_model,
    one_line,
    paid,
    policy_of,
    random_models,
    scattered,
    tempted,
)

Joint = tuple[str, ...]

# The same differences, made in the author's functions


def acts(model: TableModel, state: int) -> list[Joint]:
    return list(product(*model.legal(state).values())) if model.legal(state) else []


def worth(model: TableModel, state: int, joint: Joint) -> Floats:
    """What a step is expected to pay. ``[channel, P]``"""
    steps = model.transition(state, joint).items()
    return np.asarray(sum(p * paid(model, model.rewards(state, joint, after)) for after, p in steps))


def compliance(model: TableModel, state: int, joint: Joint) -> Joint:
    """What pays the model most at once on average among what is no defection, the others doing what they do."""
    plain = [a for a in model.legal(state)["model"] if not model.defects(state, "model", a)]

    def mean(action: str) -> float:
        paid = [float(worth(model, state, one)[0, 0]) for one in acts(model, state) if one[0] == action]
        return round(sum(paid) / len(paid), 9)

    return (max(plain, key=mean), *joint[1:])


def defections(model: TableModel) -> list[tuple[int, Joint]]:
    """Every act that is a defection of the model where it is free to comply."""
    free = [s for s in model.choices if tempted(model, s, "model")]
    return [(s, joint) for s in free for joint in acts(model, s) if model.defects(s, "model", joint[0])]


def future_removed(model: TableModel, game: Game) -> TableModel:
    moves, pays = dict(model.moves), dict(model.pays)
    for state, joint in defections(model):
        if model.labels(state).window == "late":
            other = compliance(model, state, joint)
            moves[state, joint] = model.moves[state, other]
            pays |= {(state, joint, after): model.pays[state, other, after] for after in moves[state, joint]}
    return replace(model, moves=moves, pays=pays)


def late_cut(model: TableModel, game: Game) -> TableModel:
    return replace(model, choices={s: {} if model.marks[s].window == "late" else c for s, c in model.choices.items()})


def unwatched(model: TableModel, game: Game) -> TableModel:
    moves, pays = dict(model.moves), dict(model.pays)

    def ends(state: int) -> bool:
        return not model.legal(state)

    for state, joint in defections(model):
        otherwise = model.moves[state, compliance(model, state, joint)]
        left = {
            after: p
            for after, p in model.moves[state, joint].items()
            if model.labels(after).free and (after in otherwise or not ends(after))
        }
        moves[state, joint] = {after: p / sum(left.values()) for after, p in left.items()} or otherwise
        if not left:
            observed, intended, private = worth(model, state, joint)
            same = Rewards(tuple(observed), float(intended[0]), tuple(private))
            pays |= {(state, joint, after): same for after in otherwise}
    return replace(model, moves=moves, pays=pays)


def shown(model: TableModel, factor: str, word: str) -> TableModel:
    """The model sees this word for a factor everywhere; ``-`` if it sees nothing of it."""
    seen = {
        (state, seat): {name: value for name, value in what.items() if seat != "model" or name != factor}
        | ({factor: word} if seat == "model" and word != "-" else {})
        for (state, seat), what in model.seen.items()
    }
    return replace(model, seen=seen)


def shuffled(model: TableModel, game: Game) -> TableModel:
    """State ``n s + v`` is state ``s`` showing word ``v`` of ``n``."""
    (words,) = (factor.values for factor in game.seats[0].sees.factors if factor.name == "up")
    n = len(words)

    def spread(draws: Mapping[int, float]) -> dict[int, float]:
        return {n * s + v: p / n for s, p in draws.items() for v in range(n)}

    each = [(s, v, n * s + v) for s in model.choices for v in range(n)]
    worded = [shown(model, "up", word) for word in words]
    return replace(
        model,
        first=spread(model.first),
        choices={new: model.choices[s] for s, _, new in each},
        moves={(n * s + v, joint): spread(draws) for (s, joint), draws in model.moves.items() for v in range(n)},
        pays={
            (n * s + v, joint, n * after + w): pay
            for (s, joint, after), pay in model.pays.items()
            for v in range(n)
            for w in range(n)
        },
        seen={(new, seat): worded[v].seen[s, seat] for s, v, new in each for seat in model.actions},
        marks={new: model.marks[s] for s, _, new in each},
        wrong=frozenset((n * s + v, seat, action) for s, seat, action in model.wrong for v in range(n)),
        crossings={(n * s + v, span): spread(draws) for (s, span), draws in model.crossings.items() for v in range(n)},
    )


NAIVE: Mapping[str, Callable[[TableModel, Game], TableModel]] = {
    "future-removed": future_removed,
    "late-cut": late_cut,
    "myopic": lambda model, _: replace(model, discount=0.0),
    "unwatched": unwatched,
    "hidden:factor=side": lambda model, _: shown(model, "side", "hidden"),
    "hidden:factor=round": lambda model, _: replace(model, clocked=model.clocked - {"model"}),
    "fixed:factor=up,value=yes": lambda model, _: shown(model, "up", "yes"),
    "fixed:factor=mark,value=-": lambda model, _: shown(model, "mark", "-"),
    "shuffled:factor=up": shuffled,
    "unwatched+future-removed": lambda model, game: future_removed(unwatched(model, game), game),
    "future-removed+unwatched": lambda model, game: unwatched(future_removed(model, game), game),
    "shuffled:factor=up+myopic": lambda model, game: replace(shuffled(model, game), discount=0.0),
}


@pytest.mark.parametrize("text", NAIVE)
@settings(max_examples=60)
@given(model=random_models(), seed=st.integers(0, 1000))
def test_a_twin_is_what_the_models_own_functions_say(text: str, model: TableModel, seed: int) -> None:
    game = compile_game(model, "random")
    there = exists(game, text)
    rule, naive = scattered(seed), NAIVE[text](model, game)
    policies = {seat.name: policy_of(there, seat.name, rule) for seat in there.seats}
    for seat in there.seats:
        exact, by_hand = evaluate(there, policies, seat.name), brute_force(naive, rule, seat.name)
        assert np.allclose(exact.returns, by_hand.returns, rtol=0, atol=1e-9)
        counts = (exact.early_opportunities, exact.early_defections, exact.late_opportunities, exact.late_defections)
        assert np.allclose((*counts, exact.turn_probability), by_hand.counts, rtol=0, atol=1e-9)


def exists(game: Game, text: str) -> Game:
    """The twin, where the game has it."""
    refusal = ""
    try:
        return twin(game, text)
    except TurncoatError as error:
        refusal = one_line(error)
    assert "its model does not see" in refusal or " is never " in refusal
    reject()


DIFFERS = {
    "future-removed": {"row"},
    "late-cut": {"terminal", "row", "start", "successor", "probability", "reward"},
    "myopic": {"discount"},
    "unwatched": {"row", "start", "successor", "probability", "reward"},
    "hidden:factor=side": {"seats"},
    "hidden:factor=round": {"seats"},
    "fixed:factor=up,value=yes": {"seats"},
}
"""All that a twin may touch."""


@pytest.mark.parametrize("text", DIFFERS)
@settings(max_examples=30)
@given(model=random_models())
def test_everything_else_is_as_it_was_and_the_digest_tells_whether_anything_is_not(
    text: str, model: TableModel
) -> None:
    game = compile_game(model, "random")
    there = exists(game, text)
    assert there.name == f"random [{text}]"
    assert there.states == game.states
    changed = {
        field.name
        for field in fields(Game)
        if field.name not in ("name", "seats", "truth", "states")
        if not np.array_equal(getattr(game, field.name), getattr(there, field.name))
    }
    for here, seat in zip(game.seats, there.seats, strict=True):
        assert np.array_equal(here.legal, seat.legal)
        assert np.array_equal(here.defection, seat.defection)
        same = here.sees.factors == seat.sees.factors and here.sees_round == seat.sees_round
        if not same or not np.array_equal(here.sees.index, seat.sees.index):
            assert seat.name == "model"
            changed.add("seats")
            for i, (before, after) in enumerate(zip(here.sees.factors, seat.sees.factors, strict=True)):
                assert f"factor={before.name}" in text or (
                    before == after and (here.sees.index[:, i] == seat.sees.index[:, i]).all()
                )
    assert changed <= DIFFERS[text]
    assert (there.digest != game.digest) == bool(changed)


@settings(max_examples=50)
@given(random_models())
def test_a_shuffled_game_has_every_state_once_for_every_value(model: TableModel) -> None:
    game = compile_game(model, "random")
    there = twin(game, "shuffled:factor=up")
    column = [factor.name for factor in game.seats[0].sees.factors].index("up")
    n = len(game.seats[0].sees.factors[column].values)
    states = np.arange(len(there.row))
    assert list(there.states) == [game.states[int(s)] for s in states // n]
    assert (there.seats[0].sees.index[:, column] == states % n).all()
    assert (there.window == game.window[states // n]).all()
    assert [seat.sees.factors for seat in there.seats] == [seat.sees.factors for seat in game.seats]


@settings(max_examples=50)
@given(random_models(), st.lists(st.sampled_from(sorted(DIFFERS)), min_size=1, max_size=3))
def test_twins_are_composed_the_first_applied_first(model: TableModel, names: list[str]) -> None:
    game = step = compile_game(model, "random")
    for name in names:
        step = exists(step, name)
    there = twin(game, "+".join(names))
    assert there.digest == step.digest
    assert there.name == f"random [{'+'.join(names)}]"
    assert find("+".join(names)) == tuple(one for name in names for one in find(name))


def test_the_order_of_composition_counts() -> None:
    game = compiled("deferral-ladder")
    assert twin(game, "fixed+hidden").digest == twin(game, "hidden").digest
    with pytest.raises(TurncoatError, match="deployment is never 'yes'; known are hidden"):
        twin(game, "hidden+fixed")


@pytest.mark.parametrize("text", sorted(twins()))
@pytest.mark.parametrize("name", sorted(scenarios()))
def test_the_twins_of_shipped_scenarios_keep_the_rules_of_the_game(name: str, text: str) -> None:
    """But for states that nothing leads to any more, since they keep their numbers, and episodes that begin late."""
    game = compiled(name)
    offence = f"{name} has no twin {text}: "
    try:
        there = twin(game, text)
    except TurncoatError as error:
        offence = one_line(error)
        there = game
    assert offence.startswith(f"{name} has no twin {text}: ")
    offence = " cannot be reached"
    try:
        validate(there)
    except TurncoatError as error:
        offence = one_line(error)
    assert offence.endswith((" cannot be reached", " it would last no round"))
    played = evaluate(there, {"model": find_agent("random").policies(there, "model", {}, np.zeros(1, np.uint64))[0]})
    assert 0 <= played.turn_probability <= 1


# What is known of them beforehand


def test_with_the_future_removed_nothing_is_gained_by_a_late_defection() -> None:
    """The optimum of the ladder without it is to defect all through training: rounds of 1, each kept with one half."""
    game = twin(compiled("deferral-ladder"), "future-removed")
    best = optimal(game)
    assert best.value == pytest.approx(2 - 2**-4)
    assert optimal(twin(compiled("deferral-ladder"), "late-cut")).value == pytest.approx(2 - 2**-4)
    waiting = evaluate(game, {"model": find_agent("trojan").policies(game, "model", {}, np.zeros(1, np.uint64))[0]})
    assert (waiting.turn_probability, waiting.total("observed"), waiting.total("intended")) == (1.0, 0.0, 5 + 1)


def test_an_unwatched_defector_is_never_stopped_but_pays_its_fines() -> None:
    defector = find_agent("defector")
    for name, value in (("deferral-ladder", 5 + 10), ("windfall", 6 + 0.5 * 20)):
        game = twin(compiled(name), "unwatched")
        (policy,) = defector.policies(game, "model", {}, np.zeros(1, np.uint64))
        found = evaluate(game, {"model": policy})
        assert found.total("observed") == pytest.approx(value)
        assert found.early_defections == found.early_opportunities
    maze = twin(compiled("runtime-maze"), "unwatched")
    assert maze.digest == compiled("runtime-maze").digest


def test_nobody_is_aborted_where_the_overseer_of_simulations_catches_nobody() -> None:
    game = twin(compiled("simulation-oversight"), "unwatched")
    (policy,) = find_agent("defector").policies(game, "model", {}, np.zeros(1, np.uint64))
    assert evaluate(game, {"model": policy}).total("observed") == pytest.approx(0.9 * 3 + 0.1 * 1)


# Ability held where it was

Grown = tuple[bool, int, int]  # deployed, ability, rounds since


@dataclass(frozen=True, kw_only=True)
class Grower(Model[Grown]):
    """A round, then two; the model may have grown able in between, and then defecting pays more and does not end.

    Who was able in training already skips a round.
    """

    actions: ClassVar[Mapping[str, tuple[str, ...]]] = {"model": ("comply", "defect")}
    trains: float = 0.0
    grows: float = 0.5
    starts: tuple[int, ...] = (0,)
    says: tuple[str, ...] = ("ability", "passed", "deployed")

    def spans(self) -> tuple[int, ...]:
        return (1, 2)

    def initial(self) -> Mapping[Grown, float]:
        return {(False, able, 0): 1 / len(self.starts) for able in self.starts}

    def advance(self, state: Grown, span: int) -> Mapping[Grown, float]:
        chances = {(True, 1, 1): 1.0} if state[1] else {(True, 1, 0): self.grows, (True, 0, 0): 1 - self.grows}
        return {after: chance for after, chance in chances.items() if chance}

    def legal(self, state: Grown) -> Mapping[str, tuple[str, ...]]:
        return {"model": ("comply", "defect")} if state[2] < 2 else {}

    def transition(self, state: Grown, actions: tuple[str, ...]) -> Mapping[Grown, float]:
        deployed, able, passed = state
        if not deployed and not able and self.trains:
            return {(False, 1, 0): self.trains, (False, 0, 0): 1 - self.trains}
        ended = deployed and actions == ("defect",) and not able
        return {(deployed, able, 2 if ended else passed + deployed): 1.0}

    def rewards(self, state: Grown, actions: tuple[str, ...], following: Grown) -> Rewards:
        return Rewards((0.0 if actions == ("comply",) else 10.0 if state[1] else 1.0,))

    def observe(self, state: Grown, seat: str) -> Mapping[str, bool]:
        return {"deployment": state[0]}

    def labels(self, state: Grown) -> Labels:
        window: Literal["early", "late"] = "late" if state[0] else "early"
        return Labels(window, "deployment" if state[0] else "training", window)

    def defects(self, state: Grown, seat: str, action: str) -> bool:
        return action == "defect"

    def truth(self, state: Grown) -> Mapping[str, int]:
        told = {"deployed": int(state[0]), "ability": state[1], "passed": state[2]}
        return {name: told[name] for name in self.says}


def test_ability_held_is_never_gained() -> None:
    """A late defector that has grown able gets 10 twice; else it gets 1 and that ends it."""
    able, held = compile_game(Grower(), "grower"), twin(compile_game(Grower(), "grower"), "held")
    for game, value, late in ((able, 1 + 0.5 * 20 + 0.5 * 1, 1.5), (held, 1 + 1, 1.0)):
        (policy,) = find_agent("defector").policies(game, "model", {}, np.zeros(1, np.uint64))
        found = evaluate(game, {"model": policy})
        assert found.total("observed") == pytest.approx(value)
        assert found.late_defections == pytest.approx(late)
    assert held.truth.words(0) == able.truth.words(0)


def test_ability_held_does_not_carry_into_another_span_either() -> None:
    able = compile_game(Grower(trains=0.5), "grower")
    for game, rounds in ((able, 0.5 * 1 + 0.5 * 2), (twin(able, "held"), 2)):
        (policy,) = find_agent("honest").policies(game, "model", {}, np.zeros(1, np.uint64))
        assert evaluate(game, {"model": policy}).late_opportunities == pytest.approx(rounds)


@pytest.mark.parametrize(
    ("grower", "said"),
    [
        (Grower(says=("passed", "deployed")), "nothing true is called 'ability'; known are deployed, passed"),
        (Grower(starts=(0, 1)), "ability is not the same at every start"),
        (Grower(grows=1.0), r"\(True, 1, 0\) has no counterpart at the start's value"),
        (Grower(says=("ability", "deployed")), "what is true does not tell all states apart"),
    ],
)
def test_what_cannot_be_held_is_refused(grower: Grower, said: str) -> None:
    with pytest.raises(TurncoatError, match=f"^grower has no twin held: {said}$") as caught:
        twin(compile_game(grower, "grower"), "held")
    one_line(caught.value)


class Able(OneSeat):
    """The odd number after an even one is the same place with ability."""

    def truth(self, state: int) -> Mapping[str, int]:
        return {"place": state // 2, "ability": state % 2}


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(1, 3), st.integers(0, 1000))
def test_held_is_what_the_models_own_functions_say(seed: int, rounds: int, number: int) -> None:
    tables = make_model(seed, 6, 1, (rounds,))
    model = Able(**{field.name: getattr(tables, field.name) for field in fields(tables)})
    starts = [s for s in model.first if s % 2 == 0]
    assume(starts)
    model = replace(model, first={s: 1 / len(starts) for s in starts})
    game = compile_game(model, "able")
    met = set(map(int, map(str, game.states)))
    live = {s for s in met if model.legal(s)}
    assume(all(s % 2 == 0 or s - 1 in met for s in live))

    choices, moves, pays = dict(model.choices), dict(model.moves), dict(model.pays)
    wrong = set(model.wrong)
    for s in live:
        if s % 2:
            choices[s] = model.choices[s - 1]
            wrong = {one for one in wrong if one[0] != s} | {(s, *one[1:]) for one in model.wrong if one[0] == s - 1}
            for joint in acts(model, s - 1):
                draws: dict[int, float] = {}
                for after, chance in model.moves[s - 1, joint].items():
                    there = 2 * (after // 2) + 1
                    there = there if there in met else after
                    draws[there] = draws.get(there, 0.0) + chance
                moves[s, joint] = draws
                observed, intended, private = worth(model, s - 1, joint)
                same = Rewards(tuple(observed), float(intended[0]), tuple(private))
                pays |= {(s, joint, after): same for after in draws}
    held = replace(model, choices=choices, moves=moves, pays=pays, wrong=frozenset(wrong))
    rule = scattered(number)
    frozen = twin(game, "held")
    assert [bool(held.legal(int(str(s)))) for s in frozen.states] == (~frozen.terminal).tolist()
    exact, by_hand = evaluate(frozen, {"model": policy_of(frozen, "model", rule)}), brute_force(held, rule, "model")
    assert np.allclose(exact.returns, by_hand.returns, rtol=0, atol=1e-9)
    assert exact.turn_probability == pytest.approx(by_hand.counts[4], abs=1e-9)


# Their names


def test_every_twin_says_in_a_line_what_is_different() -> None:
    assert set(twins()) == {
        "fixed",
        "future-removed",
        "held",
        "hidden",
        "late-cut",
        "myopic",
        "shuffled",
        "unwatched",
    }
    for kind in twins().values():
        first = (kind.__doc__ or "").splitlines()[0]
        assert first[0].isupper()
        assert first.endswith(".")
        assert not first.startswith(kind.__name__)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("hidden", "hidden"),
        (" fixed : value=no,factor=deployment", "fixed:factor=deployment,value=no"),
        ("myopic+future-removed", "myopic+future-removed"),
    ],
)
def test_a_twin_is_written_as_it_is_read(said: str, written: str) -> None:
    game = compiled("deferral-ladder")
    there = twin(game, said)
    assert there.name == f"deferral-ladder [{written}]"
    assert twin(game, written).digest == there.digest != game.digest


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hiden", "there is no twin 'hiden'; did you mean 'hidden'"),
        ("", "there is no twin ''"),
        ("hidden:facter=x", "hidden has no setting 'facter'; did you mean 'factor'"),
        (
            "hidden:factor=deploymnet",
            "deferral-ladder has no twin hidden: its model does not see 'deploymnet'; did you",
        ),
        ("shuffled:factor=future", "deferral-ladder has no twin shuffled: its model does not see 'future'; known are"),
        ("fixed:value=maybe", "deferral-ladder has no twin fixed: deployment is never 'maybe'; known are no, yes"),
        ("held:factor=oversigt", "deferral-ladder has no twin held: nothing true is called 'oversigt'; did you mean"),
    ],
)
def test_a_twin_that_is_not_there_is_answered_in_a_line(text: str, said: str) -> None:
    with pytest.raises(TurncoatError) as caught:
        twin(compiled("deferral-ladder"), text)
    assert one_line(caught.value).startswith(said)


# A frozen copy of a policy in a twin


def leaning(seat: str, words: Mapping[str, str], clock: int) -> Mapping[str, float]:
    """Defects with a chance that tells what is seen and when."""
    chance = (0.1 if words["deployment"] == "no" else 0.6) + 0.05 * clock
    return {"defect": chance, "comply": 1 - chance}


@pytest.mark.parametrize(
    ("text", "chance"),
    [
        ("myopic", lambda clock: (0.1 if clock < 5 else 0.6) + 0.05 * clock),
        ("fixed:value=yes", lambda clock: 0.6 + 0.05 * clock),
        ("fixed:value=no", lambda clock: 0.1 + 0.05 * clock),
        ("shuffled", lambda clock: 0.35 + 0.05 * clock),
        ("hidden", lambda clock: 0.5),
        ("hidden:factor=round", lambda clock: 0.5),
    ],
)
def test_a_frozen_copy_goes_by_what_it_sees_there(text: str, chance: Callable[[int], float]) -> None:
    game = compiled("deferral-ladder")
    there = twin(game, text)
    copy = carried(policy_of(game, "model", leaning), game, there, "model")
    met = kept = 1.0
    early = 0.0
    for clock in range(5):
        early += kept * chance(clock)
        met, kept = met + (kept if clock else 0.0), kept * (1 - chance(clock) / 2)
    found = evaluate(there, {"model": copy})
    assert found.early_opportunities == pytest.approx(met)
    assert found.early_defections == pytest.approx(early)
    assert found.late_defections == pytest.approx(kept * chance(5))


@pytest.mark.parametrize("text", ["fixed:factor=up,value=yes", "shuffled:factor=up", "hidden:factor=side", "late-cut"])
@settings(max_examples=50)
@given(model=random_models(), seed=st.integers(0, 1000))
def test_a_frozen_copy_answers_by_its_own_rule_and_uniformly_what_it_never_saw(
    text: str, model: TableModel, seed: int
) -> None:
    game = compile_game(model, "random")
    there, rule = exists(game, text), scattered(seed)
    for seat in game.seats:
        names = [factor.name for factor in game.seats[game.seat_number(seat.name)].sees.factors]
        known = [dict(zip(names, seat.sees.words(s).values(), strict=True)) for s in range(len(game.row))]
        told = view(there, seat.name)

        def frozen(owner: str, words: Mapping[str, str], clock: int) -> Mapping[str, float]:
            full = {name: words.get(name, "-") for name in names}  # noqa: B023
            if full in known:  # noqa: B023
                return rule(owner, words, clock)
            looks = [{n: v[i] for (n, v), i in zip(told.factors, row, strict=True)} for row in told.rows]  # noqa: B023
            legal = told.legal[looks.index(full)]  # noqa: B023
            return {a: 1 / legal.sum() for a, may in zip(told.actions, legal, strict=True) if may}  # noqa: B023

        copy = carried(policy_of(game, seat.name, rule), game, there, seat.name)
        by_hand = policy_of(there, seat.name, frozen)
        for clock, state in product(range(game.horizon), range(len(there.row))):
            assert np.allclose(copy.at(clock, state), by_hand.at(clock, state))


def test_a_policy_of_the_state_does_there_what_it_did_here_whatever_is_seen() -> None:
    game = compiled("deferral-ladder")
    best = optimal(game)
    for text in ("hidden", "fixed:value=no", "shuffled", "hidden:factor=round", "shuffled+shuffled"):
        there = twin(game, text)
        found = evaluate(there, {"model": carried(best.policy, game, there, "model")})
        assert found.total("observed") == pytest.approx(best.value)
        assert found.turn_probability == 1


def test_a_frozen_copy_can_be_sampled_too() -> None:
    game = compiled("deferral-ladder")
    there = twin(game, "shuffled")
    copy = carried(policy_of(game, "model", leaning), game, there, "model")
    exact, some = evaluate(there, {"model": copy}), sample(there, {"model": copy}, 20_000, 3)
    error = some.total("observed").std() / 20_000**0.5
    assert some.total("observed").mean() == pytest.approx(exact.total("observed"), abs=5 * error)


def test_a_policy_that_remembers_cannot_be_carried() -> None:
    game = compiled("deferral-ladder")
    (policy,) = find_agent("optimal:information=recall").policies(game, "model", {}, np.zeros(1, np.uint64))
    with pytest.raises(TurncoatError, match="deferral-ladder: a policy that remembers cannot be carried into a twin"):
        carried(policy, game, twin(game, "hidden"), "model")
