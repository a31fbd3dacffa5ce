"""The compiled game: its numbers come from the model, its digest is of all of them, and broken ones are refused."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from arena import Game, TurncoatError, compile_game
from arena.game.game import NO_WINDOW, Columns, Factor, fold
from arena.game.validate import reachable, validate
from tests.strategies import TableModel, compiled, make_model, random_models

LADDER = {"rounds": 2, "later": 1}


def put(values: Any, place: Any, value: Any) -> Any:
    """A copy of an array with one value changed."""
    changed = values.copy()
    changed[place] = value
    return changed


# What a game holds


@given(random_models())
def test_rows_sum_to_one_and_everything_is_reached(model: TableModel) -> None:
    game = compile_game(model, "random")
    assert np.allclose(np.add.reduceat(game.probability, game.start[:-1]), 1, rtol=0, atol=1e-12)
    assert game.probability.min() > 0
    assert reachable(game).all()
    if model.lengths:
        assert game.spans == model.lengths
        assert game.horizon == sum(model.lengths)
    else:
        assert 1 <= game.horizon < len(game.row)


def words_of(factors: Any) -> dict[str, str]:
    return {k: {True: "yes", False: "no"}[v] if isinstance(v, bool) else str(v) for k, v in factors.items()}


@given(random_models())
def test_labels_and_observations_are_those_of_the_model(model: TableModel) -> None:
    game = compile_game(model, "random")
    for number, state in enumerate(game.states):
        assert isinstance(state, int)
        labels = model.labels(state)
        assert game.terminal[number] == (not model.legal(state))
        assert game.stages[game.stage[number]] == labels.stage
        assert game.notes[game.note[number]] == labels.note
        assert game.deployment[number] == (labels.phase == "deployment")
        assert (game.free[number], game.experienced[number]) == (labels.free, labels.experienced)
        assert ("none", "early", "late")[game.window[number]] == (labels.window or "none")
        assert game.truth.words(number) == words_of(model.truth(state))
        for seat in game.seats:
            seen = {name: word for name, word in seat.sees.words(number).items() if word != "-"}
            assert seen == words_of(model.observe(state, seat.name))
            legal = model.legal(state).get(seat.name, ())
            assert {action for place, action in enumerate(seat.actions) if seat.legal[number, place]} == set(legal)
            wrong = {action for action in legal if model.defects(state, seat.name, action)}
            assert {action for place, action in enumerate(seat.actions) if seat.defection[number, place]} == wrong


@given(random_models())
def test_observations_are_the_same_exactly_where_their_words_are(model: TableModel) -> None:
    game = compile_game(model, "random")
    for seat in game.seats:
        by_words: dict[tuple[str, ...], set[int]] = {}
        for number in range(len(game.row)):
            words = tuple(seat.sees.words(number).values())
            by_words.setdefault(words, set()).add(int(seat.observation[number]))
        assert sorted(place for places in by_words.values() for place in places) == list(range(seat.observations))
        assert all(len(places) == 1 for places in by_words.values())


def test_observations_are_told_apart_when_their_factors_have_too_many_values_for_one_integer() -> None:
    factor = Factor("wide", tuple(str(i) for i in range(2**16)))
    index = np.random.default_rng(1).integers(0, 2, (50, 4))
    narrow = Columns((Factor("narrow", ("0", "1")),) * 4, index)
    rows, number = Columns((factor,) * 4, index * (2**16 - 1)).distinct
    assert (number == narrow.distinct[1]).all()
    assert (rows[number] == index * (2**16 - 1)).all()


def test_numbers_are_put_in_order_and_words_are_not() -> None:
    seat = compiled("inspection-game", periods=12, inspections=11).seats[0]
    (factor,) = seat.sees.factors
    assert factor.values[0] == "11"  # with "caught" and "undetected" among them the order is that of discovery
    lengths = compiled("stage-bandit", longest=3).seats[0].sees.factors[0]
    assert lengths.values == ("1", "2", "3")


@pytest.mark.parametrize(
    ("legal", "carried_out"),
    [
        ([1, 1, 1], [0, 1, 2]),
        ([0, 1, 0], [1, 1, 1]),
        ([0, 1, 1], [1, 1, 2]),
        ([1, 0, 1], [0, 2, 2]),
        ([1, 1, 0], [0, 1, 0]),
    ],
)
def test_an_illegal_action_is_the_legal_one_that_it_counts_round_to(legal: list[int], carried_out: list[int]) -> None:
    assert fold(np.asarray([legal], np.bool_)).tolist() == [carried_out]


@given(random_models())
def test_illegal_joint_actions_share_the_row_of_what_they_are_carried_out_as(model: TableModel) -> None:
    game = compile_game(model, "random")
    for number, joint in np.ndindex(game.row.shape):
        actions = np.unravel_index(joint, game.shape)
        same = [int(seat.fold[number, a]) for seat, a in zip(game.seats, actions, strict=True)]
        assert game.row[number, joint] == game.row[number, np.ravel_multi_index(same, game.shape)]


def test_a_seat_that_is_not_there_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(TurncoatError, match=r"deferral-ladder has no seat 'modle'; did you mean 'model'\?"):
        compiled("deferral-ladder").seat_number("modle")


# The digest


def test_the_digest_does_not_depend_on_the_process() -> None:
    code = (
        "from arena import compile_game, scenarios\n"
        "from tests.strategies import make_model\n"
        "print([s.compile().digest for n, s in scenarios().items() if n in ('deferral-ladder', 'windfall')])\n"
        "print([compile_game(make_model(seed, 6, 2, (2, 1)), 'random').digest for seed in range(5)])\n"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]
    here = [compile_game(make_model(seed, 6, 2, (2, 1)), "random").digest for seed in range(5)]
    assert str(here) in said[0]
    assert len(set(here)) == 5


NOT_DIGESTED = {"name", "states", "seats", "truth", "spans", "stages", "notes", "discount", "initial", "drawn"}
ARRAYS = [field.name for field in fields(Game) if field.name not in NOT_DIGESTED]


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("end", [0, -1])
def test_the_digest_changes_with_every_number(name: str, end: int) -> None:
    game = compiled("deferral-ladder", **LADDER)
    values: Any = getattr(game, name)
    place = (end,) * values.ndim
    value = ~values[place] if values.dtype == np.bool_ else values[place] + 1
    assert replace(game, **{name: put(values, place, value)}).digest != game.digest


@pytest.mark.parametrize(
    "change",
    [
        lambda g: replace(g, discount=0.5),
        lambda g: replace(g, spans=(2, 2)),
        lambda g: replace(g, stages=("training", "production")),
        lambda g: replace(g, notes=("", "seen")),
        lambda g: replace(g, initial=g.initial + 1),
        lambda g: replace(g, truth=replace(g.truth, index=put(g.truth.index, (0, 0), 1))),
        lambda g: replace(g, seats=(replace(g.seats[0], sees_round=False), g.seats[1])),
        lambda g: replace(g, seats=(replace(g.seats[0], actions=("obey", "defect")), g.seats[1])),
        lambda g: replace(g, seats=(replace(g.seats[0], legal=~g.seats[0].legal), g.seats[1])),
        lambda g: replace(g, seats=(g.seats[0], replace(g.seats[1], defection=~g.seats[1].defection))),
        lambda g: replace(g, seats=(g.seats[0], replace(g.seats[1], sees=g.seats[0].sees))),
    ],
)
def test_the_digest_changes_with_every_word(change: Callable[[Game], Game]) -> None:
    game = compiled("deferral-ladder", **LADDER)
    assert change(game).digest != game.digest


def test_the_digest_does_not_see_names_and_integer_widths() -> None:
    game = compiled("deferral-ladder", **LADDER)
    same = replace(game, name="other", states=(), row=game.row.astype(np.int64), spans=tuple(np.asarray(game.spans)))
    assert same.digest == game.digest


# The rules of every game, each broken in one place. The states of this ladder, in the order they are found:
# training (0), ended there (1), deployment (2).

TRAINING, ENDED, DEPLOYMENT = (
    "Situation(stage=0, status='free'",
    "Situation(stage=0, status='ended'",
    "Situation(stage=1",
)


def entry(game: Game, state: int, joint: int = 0) -> int:
    """The first entry of what a joint action does in a state."""
    return int(game.start[game.row[state, joint]])


def change(name: str, place: Any, value: Any) -> Callable[[Game], Game]:
    """A game with one number changed; the place is given, or found in the game."""
    return lambda g: replace(g, **{name: put(getattr(g, name), place(g) if callable(place) else place, value)})


def model_seat(**changes: Any) -> Callable[[Game], Game]:
    """A game with the model's seat changed, each array by (place, value)."""

    def apply(game: Game) -> Game:
        arrays = {name: put(getattr(game.seats[0], name), *how) for name, how in changes.items()}
        return replace(game, seats=(replace(game.seats[0], **arrays), *game.seats[1:]))

    return apply


CAUGHT = 2  # the joint action (defect, watch), after which the episode ends or goes on
BROKEN = [
    (change("probability", lambda g: entry(g, 0, CAUGHT), 0.4), f"{TRAINING}.* has a row that does not sum to one"),
    (change("probability", lambda g: entry(g, 2), 0.9), f"{DEPLOYMENT}.* has a row that does not sum to one"),
    (change("probability", lambda g: entry(g, 0), np.nan), f"{TRAINING}.* has a row that does not sum to one"),
    (
        change("probability", lambda g: [entry(g, 0, CAUGHT), entry(g, 0, CAUGHT) + 1], (1.5, -0.5)),
        f"{TRAINING}.* has a row with a negative probability",
    ),
    (change("probability", 0, 0.5), "the initial distribution is a row that does not sum to one"),
    (
        change("probability", lambda g: g.start[g.crossing[0]], 0.5),
        f"{TRAINING}.* crosses into the next span by a row that does not sum to one",
    ),
    (change("reward", lambda g: (2, 1, entry(g, 2)), np.inf), f"{DEPLOYMENT}.* pays a reward that is not a finite"),
    (change("start", 2, 1), "a transition row is empty"),
    (change("span", 1, 1), f"{TRAINING}.* steps out of its span"),
    (change("crossing", 0, 0), f"{TRAINING}.* crosses elsewhere than into the next span"),
    (lambda g: replace(g, spans=(2,)), f"{TRAINING}.* crosses where there is no next span"),
    (change("crossing", 0, -1), f"{TRAINING}.* does not cross into the next span"),
    (change("terminal", 0, True), f"{TRAINING}.* is terminal but does not absorb"),
    (change("successor", lambda g: entry(g, 1), 0), f"{ENDED}.* is terminal but does not absorb"),
    (change("reward", lambda g: (1, 0, entry(g, 1)), 1.0), f"{ENDED}.* is terminal but pays"),
    (change("successor", 0, 1), f"{ENDED}.* is terminal, and an episode begins there"),
    (model_seat(legal=(2, False)), f"{DEPLOYMENT}.* leaves model no legal action"),
    (change("window", 2, NO_WINDOW), f"{DEPLOYMENT}.* is an opportunity for model in no window"),
    (
        change("successor", lambda g: entry(g, 0, CAUGHT) + np.arange(2), 0),
        f"{ENDED}.* cannot be reached",
    ),
]


@pytest.mark.parametrize(("broken", "what"), BROKEN)
def test_a_broken_game_is_refused_by_the_name_of_its_state(broken: Callable[[Game], Game], what: str) -> None:
    game = compiled("deferral-ladder", **LADDER)
    for number, words in enumerate((TRAINING, ENDED, DEPLOYMENT)):
        assert game.words(number).startswith(words)
    validate(game)
    with pytest.raises(TurncoatError, match="^deferral-ladder: " + what.replace("(", "[(]")):
        validate(broken(game))


def test_a_seat_may_do_the_same_wherever_things_look_the_same_to_it() -> None:
    game = compiled("simulation-oversight")
    simulated = [game.words(state) for state in range(len(game.row))].index("simulated")
    with pytest.raises(TurncoatError, match=r"^simulation-oversight: simulated allows model other actions than"):
        validate(model_seat(legal=((simulated, 2), False))(game))


def test_a_game_without_its_authors_states_names_their_numbers() -> None:
    game = replace(compiled("deferral-ladder", **LADDER), states=())
    with pytest.raises(TurncoatError, match=r"^deferral-ladder: state 2 is an opportunity for model in no window"):
        validate(change("window", 2, NO_WINDOW)(game))
