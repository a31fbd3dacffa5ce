"""Enumerate what a model's functions reach, once, into the arrays of a ``Game``. Time is linear in what is reached."""

from array import array
from collections.abc import Hashable, Mapping
from contextlib import suppress
from itertools import product
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np

from arena.errors import TurncoatError, nearest
from arena.game.columns import ColumnsBuilder
from arena.game.game import CHANNELS, NO_WINDOW, WINDOWS, Bools, Game, Seat
from arena.game.horizon import EndlessError, longest_path
from arena.game.model import Labels, Model, Rewards
from arena.game.size import Joints, culprit, reach
from arena.game.validate import validate
from arena.plugins import log

CAP = 1_500_000
"""The most states, unless the caller says otherwise."""

LARGE = 100_000
"""States from which on it is found out whether they are too many before the rest is compiled."""

LONG = 2_000_000
"""Entries from which on the same is done."""

TOLERANCE = 1e-9


def compile_game(model: Model[Any], name: str, cap: int = CAP) -> Game:
    """Compile a model to a game.

    Raises:
        TurncoatError: a function of the model breaks its contract (the state is named in the author's words), there
            are more than ``cap`` states, or the game can go on for ever and ``spans`` gives no horizon.
    """
    game = _Compiler(model, name, cap).run()
    validate(game)
    return game


class _Choice(NamedTuple):
    """What a set of legal actions comes to; made once for every set there is."""

    legal: tuple[tuple[int, ...], ...]  # of each seat
    masks: tuple[bytes, ...]  # the same, one byte an action
    joints: Joints  # the legal joint actions
    row: tuple[int, ...]  # for every joint action, which of those it is carried out as


class _Compiler:
    """One compilation: the growing arrays, in the order that states are found. No object is kept for a state but its
    own, so that a million of them fit.
    """

    def __init__(self, model: Model[Any], name: str, cap: int) -> None:
        self.model, self.name, self.cap = model, name, cap
        self.seats = tuple(model.actions)
        self.width = tuple(len(model.actions[seat]) for seat in self.seats)
        self.choices: dict[tuple[tuple[str, ...], ...], _Choice] = {}
        self.ids: dict[Hashable, int] = {}  # of the span that is being filled
        self.states: list[Any] = []
        self.span_of = array("h")
        self.sees = {seat: ColumnsBuilder() for seat in self.seats}
        self.truth = ColumnsBuilder()
        self.stages: dict[str, int] = {}
        self.notes: dict[str, int] = {"": 0}
        self.stage, self.note, self.window = array("i"), array("i"), array("b")
        self.deployment, self.free, self.experienced, self.terminal = (bytearray() for _ in range(4))
        self.legal = [bytearray() for _ in self.seats]  # [state, action]
        self.defection = [bytearray() for _ in self.seats]  # [state, action]
        self.row = array("i")
        self.start = array("q", [0])
        self.successor = array("i")
        self.probability = array("d")
        self.reward = array("d")  # [entry, channel, seat], turned at the end
        self.measured = False  # whether it is known that there are not too many states
        self.no_reward = array("d", [0.0] * (len(CHANNELS) * len(self.seats)))
        self.paid: Rewards | None = None  # by the last entry,
        self.payment = self.no_reward  # which comes to this

    def run(self) -> Game:
        if not 0 <= self.model.discount <= 1:
            raise self.error(f"discount {self.model.discount} is not between 0 and 1")
        spans = tuple(self.model.spans())
        if any(not isinstance(length, Integral) or length < 1 for length in spans):
            raise self.error(f"spans {spans} must each last a whole number of rounds, at least one")
        spans = tuple(int(length) for length in spans)
        if why := self.model.beyond(self.cap):
            raise self.error(f"more than {self.cap:,} states, the cap: {why}")
        self.measured = why is not None
        initial = self.add_row(0, self.model.initial(), "the initial distribution")
        crossing = array("i")
        for span in range(max(len(spans), 1)):
            while (state := len(self.terminal)) < len(self.states):  # the queue is the list itself
                self.expand(span, state)
                if not self.measured and (len(self.states) > LARGE or len(self.successor) > LONG):
                    self.measure()
            self.ids = {}
            for state in range(len(crossing), len(self.states)):
                if span + 1 < len(spans) and not self.terminal[state]:
                    where, author = f"advance after span {span} from ", self.states[state]
                    crossing.append(self.add_row(span + 1, self.model.advance(author, span), where, author))
                else:
                    crossing.append(-1)
        return self.assemble(initial, crossing, spans)

    def error(self, what: str) -> TurncoatError:
        return TurncoatError(f"{self.name}: {what}")

    def too_large(self, why: str) -> TurncoatError:
        advice = "leave something out of the state, or let spans() count the rounds"
        return self.error(f"more than {self.cap:,} states, the cap{why}; {advice}")

    def measure(self) -> None:
        """Raise an error at once if there are too many states; say so if finding out takes long."""

        def slow(found: list[Any]) -> None:
            log.warning(
                "%s: more than %s states, and counting%s; with more than %s it is refused",
                *(self.name, f"{len(found):,}", culprit(self.model, found), f"{self.cap:,}"),
            )

        self.measured = True
        reached: list[Any] = []
        with suppress(Exception):  # a mistake of the author's is for compiling to meet, and to name, in its turn
            reached = reach(self.model, self.cap, self.joints, slow)
        if len(reached) > self.cap:
            raise self.too_large(culprit(self.model, reached))

    def state_id(self, span: int, state: Hashable) -> int:
        found = self.ids.get(state)
        if found is not None:
            return found
        if len(self.states) >= self.cap:
            raise self.too_large(culprit(self.model, self.states))
        number = self.ids[state] = len(self.states)
        self.states.append(state)
        self.span_of.append(span)
        return number

    def add_row(
        self,
        span: int,
        distribution: Mapping[Any, float],
        where: str,
        state: object = "",
        actions: tuple[str, ...] | None = None,
    ) -> int:
        """Append a transition row, which pays if it is that of some ``actions``; its number."""

        def fault(what: str) -> TurncoatError:
            under = f" under {', '.join(actions)}" if actions else ""
            return self.error(f"{where}{state}{under}: {what}")

        if not isinstance(distribution, Mapping):
            raise fault(f"expected a mapping of states to probabilities, not {distribution!r}")
        total = 0.0
        for following, probability in distribution.items():
            if not 0 <= probability <= 1 + TOLERANCE:
                raise fault(f"probability {probability} of {following} is not between 0 and 1")
            total += probability
            if probability > 0:
                self.successor.append(self.state_id(span, following))
                self.probability.append(probability)
                if actions is None:
                    self.reward.extend(self.no_reward)
                else:
                    self.pay(state, actions, following)
        if abs(total - 1) > TOLERANCE:
            raise fault(f"probabilities sum to {total:.12g}, not 1")
        self.start.append(len(self.successor))
        return len(self.start) - 2

    def pay(self, state: Any, actions: tuple[str, ...], following: Any) -> None:
        """Append what one entry pays."""
        rewards = self.model.rewards(state, actions, following)
        if rewards is not self.paid:  # many in a row are often the same object
            seats = len(self.seats)
            private = rewards.private or (0.0,) * seats
            if not len(rewards.observed) == len(private) == seats:
                raise self.error(f"state {state}: rewards need one number for each of {', '.join(self.seats)}")
            intended = rewards.observed[0] if rewards.intended is None else rewards.intended
            self.paid, self.payment = rewards, array("d", (*rewards.observed, *([intended] * seats), *private))
        self.reward.extend(self.payment)

    def expand(self, span: int, number: int) -> None:
        """Write down what is true of a state and add the rows of its joint actions."""
        model, state = self.model, self.states[number]
        self.label(state, model.labels(state))
        self.truth.add(model.truth(state))
        for seat in self.seats:
            self.sees[seat].add(model.observe(state, seat))
        legal = model.legal(state)
        self.terminal.append(not legal)
        if not legal:
            for place, width in enumerate(self.width):
                self.legal[place].extend(bytes(width))
                self.defection[place].extend(bytes(width))
            row = self.add_row(span, {state: 1.0}, "terminal state ", state)
            self.row.extend([row] * int(np.prod(self.width)))
            return
        choice = self.choice(state, legal)
        for place, seat in enumerate(self.seats):
            self.legal[place].extend(choice.masks[place])
            defects = bytearray(self.width[place])
            for action in choice.legal[place]:
                defects[action] = bool(model.defects(state, seat, model.actions[seat][action]))
            self.defection[place].extend(defects)
        rows = [
            self.add_row(span, model.transition(state, actions), "transition from ", state, actions)
            for actions in choice.joints
        ]
        self.row.extend([rows[i] for i in choice.row])

    def label(self, state: object, labels: Labels) -> None:
        """Append a state's labels."""
        if labels.phase not in ("training", "deployment"):
            known = nearest(labels.phase, ("training", "deployment"))
            raise self.error(f"state {state}: phase {labels.phase!r}{known}")
        if labels.window not in (None, "early", "late"):
            raise self.error(f"state {state}: window {labels.window!r}{nearest(labels.window, ('early', 'late'))}")
        self.stage.append(self.stages.setdefault(labels.stage, len(self.stages)))
        self.note.append(self.notes.setdefault(labels.note, len(self.notes)))
        self.window.append(WINDOWS.index(labels.window) if labels.window else NO_WINDOW)
        self.deployment.append(labels.phase == "deployment")
        self.free.append(bool(labels.free))
        self.experienced.append(bool(labels.experienced))

    def joints(self, state: object, legal: Mapping[str, tuple[str, ...]]) -> Joints:
        """The legal joint actions of a state."""
        return self.choice(state, legal).joints

    def choice(self, state: object, legal: Mapping[str, tuple[str, ...]]) -> _Choice:
        """What the legal actions of a state come to."""
        key = tuple(tuple(legal.get(seat, ())) for seat in self.seats)
        found = self.choices.get(key)
        if found is None:
            found = self.choices[key] = self.new_choice(state, legal)
        return found

    def new_choice(self, state: object, legal: Mapping[str, tuple[str, ...]]) -> _Choice:
        """Check a set of legal actions and number it."""
        for seat in legal:
            if seat not in self.seats:
                raise self.error(f"state {state}: there is no seat {seat!r}{nearest(seat, self.seats)}")
        numbers = []
        for seat in self.seats:
            actions = self.model.actions[seat]
            if not legal.get(seat):
                raise self.error(f"state {state}: seat {seat!r} has no legal action, and the state is not terminal")
            for action in legal[seat]:
                if action not in actions:
                    raise self.error(f"state {state}: {seat} has no action {action!r}{nearest(action, actions)}")
            numbers.append(tuple(sorted({actions.index(action) for action in legal[seat]})))
        joints = list(product(*numbers))
        carried_out = (  # as Seat.fold has it
            [a if a in mine else mine[a % len(mine)] for a in range(width)]
            for mine, width in zip(numbers, self.width, strict=True)
        )
        names = [self.model.actions[seat] for seat in self.seats]
        return _Choice(
            legal=tuple(numbers),
            masks=tuple(bytes(a in mine for a in range(w)) for mine, w in zip(numbers, self.width, strict=True)),
            joints=tuple(tuple(n[a] for n, a in zip(names, joint, strict=True)) for joint in joints),
            row=tuple(joints.index(joint) for joint in product(*carried_out)),
        )

    def assemble(self, initial: int, crossing: "array[int]", spans: tuple[int, ...]) -> Game:
        start = np.asarray(self.start, np.int64)
        successor = np.asarray(self.successor, np.int32)
        terminal = _bools(self.terminal)
        row = np.asarray(self.row, np.int32).reshape(len(self.states), -1)
        reward = np.asarray(self.reward).reshape(-1, len(CHANNELS), len(self.seats))
        if not spans:
            try:
                spans = (longest_path(row, start, successor, terminal),)
            except EndlessError as error:
                where = f"from {self.states[error.state]} back to it"
                raise self.error(f"this game can go on for ever, {where}: give it a horizon with spans()") from None
        return Game(
            name=self.name,
            seats=tuple(self.seat(place) for place in range(len(self.seats))),
            spans=spans,
            stages=tuple(self.stages),
            discount=float(self.model.discount),
            row=row,
            start=start,
            successor=successor,
            probability=np.asarray(self.probability),
            reward=np.ascontiguousarray(reward.transpose(1, 2, 0)),
            initial=initial,
            crossing=np.asarray(crossing, np.int32),
            span=np.asarray(self.span_of, np.int16),
            terminal=terminal,
            stage=np.asarray(self.stage, np.int32),
            deployment=_bools(self.deployment),
            window=np.asarray(self.window, np.int8),
            free=_bools(self.free),
            experienced=_bools(self.experienced),
            note=np.asarray(self.note, np.int32),
            notes=tuple(self.notes),
            truth=self.truth.build(),
            states=self.states,
            drawn=self.model.board,
        )

    def seat(self, place: int) -> Seat:
        name = self.seats[place]
        return Seat(
            name=name,
            actions=tuple(self.model.actions[name]),
            sees=self.sees[name].build(),
            sees_round=self.model.sees_round(name),
            legal=_bools(self.legal[place]).reshape(-1, self.width[place]),
            defection=_bools(self.defection[place]).reshape(-1, self.width[place]),
        )


def _bools(raw: bytearray) -> Bools:
    return np.frombuffer(raw, np.uint8).astype(np.bool_)
