"""Enumerate what a model's functions reach, once, into the arrays of a ``Game``. Time is linear in what is reached."""

from array import array
from collections.abc import Hashable, Mapping
from itertools import product
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from arena.errors import TurncoatError, nearest
from arena.game.game import CHANNELS, NO_WINDOW, WINDOWS, Bools, Columns, Factor, Game, Ints, Seat, entries_of
from arena.game.model import Labels, Model, Rewards
from arena.game.validate import validate

CAP = 4_000_000
TOLERANCE = 1e-9


def compile_game(model: Model[Any], name: str, cap: int = CAP) -> Game:
    """Compile a model to a game.

    Raises:
        TurncoatError: a function of the model breaks its contract (the state is named in the author's words), there
            are more than ``cap`` states, or the game can go on for ever and ``spans`` gives no horizon.
    """
    return _Compiler(model, name, cap).run()


class _ColumnsBuilder:
    """Collects the factor values of one state after another, and gives each value a number."""

    def __init__(self) -> None:
        self.rows: list[Mapping[str, Hashable]] = []

    def build(self) -> Columns:
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        index = np.zeros((len(self.rows), len(names)), np.int32)
        factors = []
        for column, name in enumerate(names):
            raw = [row.get(name) for row in self.rows]
            distinct = list(dict.fromkeys(raw))
            if all(isinstance(value, int | float) for value in distinct):
                distinct.sort(key=float)  # type: ignore[arg-type]
            number = {value: i for i, value in enumerate(distinct)}
            index[:, column] = [number[value] for value in raw]
            factors.append(Factor(name, tuple(_word(value) for value in distinct)))
        return Columns(tuple(factors), index)


def _word(value: Hashable) -> str:
    return {True: "yes", False: "no", None: "-"}[value] if value is None or isinstance(value, bool) else str(value)


class _Compiler:
    """One compilation: the growing lists, in the order that states are found."""

    def __init__(self, model: Model[Any], name: str, cap: int) -> None:
        self.model, self.name, self.cap = model, name, cap
        self.seats = tuple(model.actions)
        self.number = {seat: {a: i for i, a in enumerate(model.actions[seat])} for seat in self.seats}
        self.width = tuple(len(model.actions[seat]) for seat in self.seats)
        self.ids: dict[tuple[int, Hashable], int] = {}
        self.states: list[Any] = []
        self.span_of = array("h")
        self.labels: list[Labels] = []
        self.legal: list[tuple[tuple[int, ...], ...]] = []  # per state, per seat
        self.sees = {seat: _ColumnsBuilder() for seat in self.seats}
        self.truth = _ColumnsBuilder()
        self.row = array("i")
        self.start = array("q", [0])
        self.successor = array("i")
        self.probability = array("d")
        self.reward = array("d")  # [entry, channel, seat], turned at the end
        self.no_reward = array("d", [0.0] * (len(CHANNELS) * len(self.seats)))

    def run(self) -> Game:
        model = self.model
        if not 0 <= model.discount <= 1:
            raise self.error(f"discount {model.discount} is not between 0 and 1")
        spans = tuple(model.spans())
        if any(length < 1 for length in spans):
            raise self.error(f"spans {spans} must each last at least one round")
        initial = self.add_row(0, model.initial(), "the initial distribution")
        crossing: list[int] = []
        done = 0
        for span in range(max(len(spans), 1)):
            first = done
            while done < len(self.states):  # the queue is the list itself
                self.expand(span, done)
                done += 1
            for state in range(first, done):
                if span + 1 < len(spans) and self.legal[state]:
                    what = f"advance from {self.states[state]} after span {span}"
                    crossing.append(self.add_row(span + 1, model.advance(self.states[state], span), what))
                else:
                    crossing.append(-1)
        game = self.assemble(initial, np.asarray(crossing, np.int32), spans)
        validate(game)
        return game

    def error(self, what: str) -> TurncoatError:
        return TurncoatError(f"{self.name}: {what}")

    def state_id(self, span: int, state: Hashable) -> int:
        key = (span, state)
        found = self.ids.get(key)
        if found is not None:
            return found
        if len(self.states) >= self.cap:
            raise self.error(f"more than {self.cap:,} states, the cap; one of the last is {state}")
        number = self.ids[key] = len(self.states)
        self.states.append(state)
        self.span_of.append(span)
        return number

    def add_row(self, span: int, distribution: Mapping[Any, float], what: str) -> int:
        """Append a transition row that pays nothing; its number."""
        total = 0.0
        for state, probability in distribution.items():
            if not 0 <= probability <= 1 + TOLERANCE:
                raise self.error(f"{what}: probability {probability} of {state} is not between 0 and 1")
            total += probability
            if probability > 0:
                self.successor.append(self.state_id(span, state))
                self.probability.append(probability)
                self.reward.extend(self.no_reward)
        if abs(total - 1) > TOLERANCE:
            raise self.error(f"{what}: probabilities sum to {total:.12g}, not 1")
        self.start.append(len(self.successor))
        return len(self.start) - 2

    def expand(self, span: int, number: int) -> None:
        """Label a state and add the rows of its joint actions."""
        model, state = self.model, self.states[number]
        labels = model.labels(state)
        if labels.phase not in ("training", "deployment"):
            raise self.error(
                f"state {state}: phase {labels.phase!r}{nearest(labels.phase, ('training', 'deployment'))}"
            )
        if labels.window not in (None, "early", "late"):
            raise self.error(f"state {state}: window {labels.window!r}{nearest(labels.window, ('early', 'late'))}")
        self.labels.append(labels)
        self.truth.rows.append(model.truth(state))
        for seat in self.seats:
            self.sees[seat].rows.append(model.observe(state, seat))
        choices = model.legal(state)
        if not choices:
            self.legal.append(())
            row = self.add_row(span, {state: 1.0}, f"terminal state {state}")
            self.row.extend([row] * int(np.prod(self.width)))
            return
        self.legal.append(tuple(self.legal_numbers(state, seat, choices) for seat in self.seats))
        row_of: dict[tuple[int, ...], int] = {}
        for joint in product(*self.legal[number]):
            actions = tuple(model.actions[seat][a] for seat, a in zip(self.seats, joint, strict=True))
            before = len(self.successor)
            row_of[joint] = self.add_row(
                span, model.transition(state, actions), f"transition from {state} under {', '.join(actions)}"
            )
            for entry in range(before, len(self.successor)):
                self.pay(entry, model.rewards(state, actions, self.states[self.successor[entry]]), state)
        carried_out = [
            [a if a in legal else legal[a % len(legal)] for a in range(width)]
            for legal, width in zip(self.legal[number], self.width, strict=True)
        ]
        self.row.extend(row_of[joint] for joint in product(*carried_out))

    def legal_numbers(self, state: Hashable, seat: str, choices: Mapping[str, tuple[str, ...]]) -> tuple[int, ...]:
        names = choices.get(seat, ())
        if not names:
            raise self.error(f"state {state}: seat {seat!r} has no legal action, and the state is not terminal")
        for action in names:
            if action not in self.number[seat]:
                raise self.error(f"state {state}: {seat} has no action {action!r}{nearest(action, self.number[seat])}")
        return tuple(sorted(self.number[seat][action] for action in names))

    def pay(self, entry: int, rewards: Rewards, state: Hashable) -> None:
        intended = rewards.observed[0] if rewards.intended is None else rewards.intended
        seats = len(self.seats)
        private = rewards.private or (0.0,) * seats
        if len(rewards.observed) != seats or len(private) != seats:
            raise self.error(f"state {state}: rewards need one number for each of {', '.join(self.seats)}")
        base = entry * len(CHANNELS) * seats
        for offset, value in enumerate((*rewards.observed, *([intended] * seats), *private)):
            self.reward[base + offset] = value

    def assemble(self, initial: int, crossing: Ints, spans: tuple[int, ...]) -> Game:
        states, seats = len(self.states), len(self.seats)
        stages = tuple(dict.fromkeys(labels.stage for labels in self.labels))
        notes = tuple(dict.fromkeys(["", *(labels.note for labels in self.labels)]))
        stage_number, note_number = ({word: i for i, word in enumerate(words)} for words in (stages, notes))
        start = np.asarray(self.start, np.int64)
        successor = np.asarray(self.successor, np.int32)
        terminal = np.asarray([not legal for legal in self.legal])
        row = np.asarray(self.row, np.int32).reshape(states, -1)
        reward = np.asarray(self.reward).reshape(-1, len(CHANNELS), seats)
        return Game(
            name=self.name,
            seats=tuple(self.seat(p, name) for p, name in enumerate(self.seats)),
            spans=spans or (self.longest_path(initial, row, start, successor, terminal),),
            stages=stages,
            discount=float(self.model.discount),
            row=row,
            start=start,
            successor=successor,
            probability=np.asarray(self.probability),
            reward=np.ascontiguousarray(reward.transpose(1, 2, 0)),
            initial=initial,
            crossing=crossing,
            span=np.asarray(self.span_of, np.int16),
            terminal=terminal,
            stage=np.asarray([stage_number[labels.stage] for labels in self.labels], np.int16),
            deployment=np.asarray([labels.phase == "deployment" for labels in self.labels]),
            window=np.asarray(
                [WINDOWS.index(labels.window) if labels.window else NO_WINDOW for labels in self.labels], np.int8
            ),
            free=np.asarray([labels.free for labels in self.labels]),
            experienced=np.asarray([labels.experienced for labels in self.labels]),
            note=np.asarray([note_number[labels.note] for labels in self.labels], np.int32),
            notes=notes,
            truth=self.truth.build(),
            states=self.states,
        )

    def seat(self, place: int, name: str) -> Seat:
        legal = np.zeros((len(self.states), self.width[place]), np.bool_)
        defection = np.zeros_like(legal)
        for number, state in enumerate(self.states):
            for action in self.legal[number][place] if self.legal[number] else ():
                legal[number, action] = True
                defection[number, action] = self.model.defects(state, name, self.model.actions[name][action])
        return Seat(
            name=name,
            actions=tuple(self.model.actions[name]),
            sees=self.sees[name].build(),
            sees_round=self.model.sees_round(name),
            legal=legal,
            defection=defection,
        )

    def longest_path(self, initial: int, row: Ints, start: Ints, successor: Ints, terminal: Bools) -> int:
        """The horizon of a game without a clock: rounds on the longest path to a terminal state."""
        states = len(row)
        rounds = 0
        live = np.zeros(states, np.bool_)
        live[successor[start[initial] : start[initial + 1]]] = True
        live &= ~terminal
        entry, count = entries_of(start, row[~terminal].reshape(-1))
        origin, target = np.repeat(np.repeat(np.flatnonzero(~terminal), row.shape[1]), count), successor[entry]
        graph = csr_array((np.ones(len(origin), np.int8), (origin, target)), shape=(states, states))
        parts, _ = connected_components(graph, connection="strong")
        if parts < states or bool(np.any(origin == target)):
            raise self.error("this game can go on for ever: give it a horizon with spans()")
        while live.any():
            rounds += 1
            following = np.zeros(states, np.bool_)
            following[target[live[origin]]] = True
            live = following & ~terminal
        return max(rounds, 1)
