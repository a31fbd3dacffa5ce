"""What many tests share: small random models, policies as rules, their values by brute force, and what errors say."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, product
from random import Random
from time import process_time
from typing import ClassVar, Literal

import numpy as np
import pytest
from hypothesis import strategies as st

from arena import Game, Labels, Model, Policy, Rewards, TurncoatError, compile_game, scenario, view
from arena.game.game import CHANNELS, Floats
from arena.spec import Setting

Rule = Callable[[str, Mapping[str, str], int], Mapping[str, float]]
"""Seat, the words of what it sees (absent factors left out) and the round (0 if unseen) to chances of its actions."""


SMALLER: Mapping[str, dict[str, Setting]] = {"link-to-the-past": {"layout": "62/40/58", "rounds": 8}}
"""Settings that make large scenarios small enough to be tested like the others."""

MUCH = ("absent-supervisor", "link-to-the-past", "off-switch")
"""Scenarios with more to remember than can be unrolled."""


@cache
def compiled(name: str, **settings: Setting) -> Game:
    """An installed scenario's game, compiled once a run; a large one is made smaller unless it is set otherwise."""
    return scenario(name).compile(**(SMALLER.get(name, {}) | settings))


@cache
def whole(name: str) -> Game:
    """An installed scenario's game as it stands, however large, compiled once a run."""
    return compile_game(scenario(name).model(), name)


@dataclass(frozen=True, kw_only=True)
class TableModel(Model[int]):
    """A model that reads everything off tables."""

    first: Mapping[int, float]
    choices: Mapping[int, Mapping[str, tuple[str, ...]]]
    moves: Mapping[tuple[int, tuple[str, ...]], Mapping[int, float]]
    pays: Mapping[tuple[int, tuple[str, ...], int], Rewards]
    seen: Mapping[tuple[int, str], Mapping[str, Hashable]]
    marks: Mapping[int, Labels]
    wrong: frozenset[tuple[int, str, str]]
    lengths: tuple[int, ...]
    crossings: Mapping[tuple[int, int], Mapping[int, float]]
    clocked: frozenset[str]

    def initial(self) -> Mapping[int, float]:
        return self.first

    def legal(self, state: int) -> Mapping[str, tuple[str, ...]]:
        return self.choices[state]

    def transition(self, state: int, actions: tuple[str, ...]) -> Mapping[int, float]:
        return self.moves[state, actions]

    def rewards(self, state: int, actions: tuple[str, ...], following: int) -> Rewards:
        return self.pays[state, actions, following]

    def observe(self, state: int, seat: str) -> Mapping[str, Hashable]:
        return self.seen[state, seat]

    def labels(self, state: int) -> Labels:
        return self.marks[state]

    def defects(self, state: int, seat: str, action: str) -> bool:
        return (state, seat, action) in self.wrong

    def spans(self) -> tuple[int, ...]:
        return self.lengths

    def advance(self, state: int, span: int) -> Mapping[int, float]:
        return self.crossings[state, span]

    def sees_round(self, seat: str) -> bool:
        return seat in self.clocked

    def truth(self, state: int) -> Mapping[str, Hashable]:
        return {"odd": state % 2 == 1}


class OneSeat(TableModel):
    actions: ClassVar[Mapping[str, tuple[str, ...]]] = {"model": ("a", "b", "c")}


class TwoSeats(TableModel):
    actions: ClassVar[Mapping[str, tuple[str, ...]]] = {"model": ("a", "b", "c"), "overseer": ("watch", "skip")}


def make_model(seed: int, states: int, seats: Literal[1, 2], lengths: tuple[int, ...]) -> TableModel:
    """A random model that keeps the rules: what a seat may do depends on what it sees, or one action is forced."""
    random = Random(seed)
    kind = OneSeat if seats == 1 else TwoSeats
    everywhere = range(states)
    last = states - 1  # without a clock, every step goes to a higher number and this is the end

    def spread(options: list[int]) -> dict[int, float]:
        chosen = random.sample(options, random.randint(1, min(3, len(options))))
        weights = [random.randint(1, 4) for _ in chosen]
        return {state: weight / sum(weights) for state, weight in zip(chosen, weights, strict=True)}

    def some(options: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(random.sample(options, random.randint(1, len(options)))))

    over = {s for s in everywhere if s and random.random() < 0.2} | (set() if lengths else {last})
    looks = {(s, seat): random.randrange(4) for s in everywhere for seat in kind.actions}
    allowed = {(seat, look): some(actions) for seat, actions in kind.actions.items() for look in range(4)}
    choices: dict[int, dict[str, tuple[str, ...]]] = {s: {} for s in everywhere}
    for s in set(everywhere) - over:
        for seat in kind.actions:
            legal = allowed[seat, looks[s, seat]]
            choices[s][seat] = legal if random.random() < 0.8 else (random.choice(legal),)
    wrong = frozenset(
        (s, seat, a)
        for s in everywhere
        for seat, actions in kind.actions.items()
        for a in actions
        if random.random() < 0.5
    )
    moves, pays, marks = {}, {}, {}
    for s in everywhere:
        open_to = any(len({(s, seat, action) in wrong for action in legal}) == 2 for seat, legal in choices[s].items())
        marks[s] = Labels(
            stage=random.choice(("one", "two")),
            phase=random.choice(("training", "deployment")),
            window=random.choice(("early", "late") if open_to else ("early", "late", None)),
            free=random.random() < 0.8,
            experienced=random.random() < 0.8,
            note=random.choice(("", "caught")),
        )
        for joint in product(*choices[s].values()) if choices[s] else ():
            moves[s, joint] = spread(list(everywhere) if lengths else list(range(s + 1, states)))
            for following in moves[s, joint]:
                quarters = [random.randint(-8, 8) / 4 for _ in range(2 * seats + 1)]
                pays[s, joint, following] = Rewards(
                    observed=tuple(quarters[:seats]),
                    intended=quarters[-1] if random.random() < 0.5 else None,
                    private=tuple(quarters[seats:-1]) if random.random() < 0.5 else None,
                )
    return kind(
        discount=random.choice((1.0, 0.9, 0.5)),
        first=spread([s for s in everywhere if s not in over]),
        choices=choices,
        moves=moves,
        pays=pays,
        seen={key: _factors(look) for key, look in looks.items()},
        marks=marks,
        wrong=wrong,
        lengths=lengths,
        crossings={(s, span): spread(list(everywhere)) for s in everywhere for span in range(len(lengths) - 1)},
        clocked=frozenset(seat for seat in kind.actions if random.random() < 0.5),
    )


def _factors(look: int) -> dict[str, Hashable]:
    """Four looks in two factors, and a third factor that is not always there."""
    return {"side": look // 2, "up": look % 2 == 1} | ({"mark": "x"} if look == 3 else {})


def random_models(seats: Literal[1, 2] | None = None, spans: int = 3) -> st.SearchStrategy[TableModel]:
    """Models of two to six states, with one or two seats, and without a clock or with up to so many ``spans``."""
    return st.builds(
        make_model,
        seed=st.integers(0, 2**32),
        states=st.integers(2, 6),
        seats=st.sampled_from((1, 2)) if seats is None else st.just(seats),
        lengths=st.lists(st.integers(1, 3), max_size=spans).map(tuple),
    )


def scattered(seed: int) -> Rule:
    """A rule with pseudo-random chances, some of them 0, that asks for illegal actions too."""

    def rule(seat: str, words: Mapping[str, str], clock: int) -> Mapping[str, float]:
        random = Random(f"{seed} {seat} {sorted(words.items())} {clock}")
        actions = TwoSeats.actions[seat]
        weights = [random.randint(0, 3) for _ in actions]
        weights[random.randrange(len(actions))] += 1
        return {action: weight / sum(weights) for action, weight in zip(actions, weights, strict=True)}

    return rule


def policy_of(game: Game, seat: str, rule: Rule) -> Policy:
    """The table of a rule; actions that it does not mention have no chance."""
    told = view(game, seat)
    table = np.zeros((told.clocks, len(told.rows), len(told.actions)))
    for clock in range(told.clocks):
        for number, row in enumerate(told.rows):
            words = {name: values[place] for (name, values), place in zip(told.factors, row, strict=True)}
            given = {name: word for name, word in words.items() if word != "-"}
            for action, chance in rule(seat, given, clock).items():
                table[clock, number, told.actions.index(action)] = chance
    return told.table(table)


LONGEST = 10
"""More rounds than any random model lasts."""


@dataclass(frozen=True)
class Expected:
    """What brute force finds, in the order of ``Evaluation``."""

    returns: Floats  # [channel, P]
    counts: Floats  # early opportunities, early defections, late opportunities, late defections, turned
    first: Floats  # [LONGEST] the chance that the first defection in a window is in each round


def look(model: Model[int], state: int, seat: str) -> dict[str, str]:
    """What a seat sees, in words."""
    seen = model.observe(state, seat).items()
    return {name: {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value) for name, value in seen}


def played(model: Model[int], rule: Rule, state: int, seat: str, clock: int) -> dict[str, float]:
    """The chances of what is carried out: an illegal action is the legal one that it counts round to."""
    actions, legal = model.actions[seat], model.legal(state)[seat]
    result = dict.fromkeys(legal, 0.0)
    ordered = [action for action in actions if action in legal]
    for action, chance in rule(seat, look(model, state, seat), clock if model.sees_round(seat) else 0).items():
        result[action if action in legal else ordered[actions.index(action) % len(ordered)]] += chance
    return result


def tempted(model: Model[int], state: int, seat: str) -> bool:
    """Whether a seat could defect or comply in a state, and is free to."""
    legal = model.legal(state).get(seat, ())
    return model.labels(state).free and len({model.defects(state, seat, action) for action in legal}) == 2


def paid(model: Model[int], rewards: Rewards) -> Floats:
    """What a step pays, in every channel to every seat. ``[channel, P]``"""
    seats = len(model.actions)
    intended = rewards.observed[0] if rewards.intended is None else rewards.intended
    return np.asarray([rewards.observed, [intended] * seats, rewards.private or [0.0] * seats])


def brute_force(model: Model[int], rule: Rule, counted: str) -> Expected:
    """Expectations by recursion over the model's own functions; nothing compiled is used."""
    seats = tuple(model.actions)
    ends = tuple(accumulate(model.spans()))
    size = len(CHANNELS) * len(seats)
    own = seats.index(counted)

    @cache
    def value(state: int, span: int, clock: int, mark: str) -> Floats:
        total = np.zeros(size + 5 + LONGEST)
        if not model.legal(state) or (ends and clock == ends[-1]):
            total[size + 4] = mark == "turned"
            return total
        if ends and clock == ends[span]:
            for following, probability in model.advance(state, span).items():
                total += probability * value(following, span + 1, clock, mark)
            return total
        plays = [played(model, rule, state, seat, clock) for seat in seats]
        window = model.labels(state).window if tempted(model, state, counted) else None
        for joint in product(*plays):
            chance = float(np.prod([play[action] for play, action in zip(plays, joint, strict=True)]))
            if chance == 0:
                continue
            after = mark
            if window is not None:
                place = size + (0 if window == "early" else 2)
                total[place] += chance
                if model.defects(state, counted, joint[own]):
                    total[place + 1] += chance
                    if mark == "clean":
                        total[size + 5 + clock] += chance
                        after = "spoiled" if window == "early" else "turned"
            for following, probability in model.transition(state, joint).items():
                total[:size] += chance * probability * paid(model, model.rewards(state, joint, following)).reshape(-1)
                later = value(following, span, clock + 1, after).copy()
                later[:size] *= model.discount
                total += chance * probability * later
        return total

    total = sum(probability * value(state, 0, 0, "clean") for state, probability in model.initial().items())
    assert isinstance(total, np.ndarray)
    return Expected(total[:size].reshape(len(CHANNELS), -1), total[size : size + 5], total[size + 5 :])


def moments(model: Model[int], rule: Rule, counted: str) -> list[tuple[float, int, tuple[Hashable, ...]]]:
    """Every moment at which a seat acts, by enumeration of all histories: how likely it is, the state, what is known.

    What is known is all that the seat saw and did, alternately; what it sees now comes last.
    """
    seats, ends = tuple(model.actions), tuple(accumulate(model.spans()))
    found = []
    now: dict[tuple[int, int, tuple[Hashable, ...]], float] = {(s, 0, ()): p for s, p in model.initial().items()}
    clock = 0
    while now:
        following: dict[tuple[int, int, tuple[Hashable, ...]], float] = {}
        for (state, span, memory), chance in now.items():
            if not model.legal(state) or (ends and clock == ends[-1]):
                continue
            sight = tuple(look(model, state, counted).items()), clock if model.sees_round(counted) else 0
            found.append((chance, state, (*memory, sight)))
            plays = [played(model, rule, state, seat, clock) for seat in seats]
            for joint in product(*plays):
                does = float(np.prod([play[action] for play, action in zip(plays, joint, strict=True)]))
                own = joint[seats.index(counted)]
                kept = (*memory, sight, own) if model.labels(state).experienced else memory
                for after, probability in model.transition(state, joint).items():
                    over = not model.legal(after) or not ends or clock + 1 < ends[span] or clock + 1 == ends[-1]
                    there = {after: 1.0} if over else model.advance(after, span)
                    for at, crossing in there.items():
                        key = at, span if over else span + 1, kept
                        following[key] = following.get(key, 0.0) + chance * does * probability * crossing
        now = {key: chance for key, chance in following.items() if chance > 0}
        clock += 1
    return found


def one_line(error: TurncoatError) -> str:
    """What an error says, which must be fit for a terminal."""
    said = str(error)
    assert said.isprintable()
    assert len(said) < 500
    return said


@contextmanager
def refused(start: str, seconds: float = 1.0) -> Iterator[None]:
    """What is done inside must be refused soon, in one line that starts like this."""
    began = process_time()  # not the clock's time: a busy machine is no fault
    with pytest.raises(TurncoatError) as caught:
        yield
    assert process_time() - began < seconds
    assert one_line(caught.value)[: len(start)] == start
