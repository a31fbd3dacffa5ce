"""How large a model is, found out before it is written down, and which part of its states makes it so.

Nobody can tell from functions alone how many states they reach, so the only proof that there are too many is to reach
them. ``reach`` does that several times faster than compiling: it asks only what leads on, and of each state one joint
action first. Where a model knows better (see ``Model.beyond``), nothing has to be reached.
"""

import dataclasses
from array import array
from collections.abc import Callable, Collection, Hashable, Mapping
from contextlib import suppress
from time import monotonic
from typing import Any

from arena.game.model import Model

PATIENCE = 3.0
"""Seconds after which somebody who waits is told what has been reached so far."""

SOME = 10_000
"""About as many states are looked at for what is seen of them."""

Joints = tuple[tuple[str, ...], ...]


def reach(
    model: Model[Any],
    cap: int,
    joints: Callable[[Any, Mapping[str, tuple[str, ...]]], Joints],
    slow: Callable[[list[Any]], None],
) -> list[Any]:
    """The states that a model reaches, a state of two spans twice: all of them, or a few more than ``cap``.

    Args:
        model: whose functions are followed.
        cap: enough is known once there are more than this.
        joints: the joint actions of a state, given what is legal there.
        slow: told once, after ``PATIENCE``, what has been reached so far.
    """
    last = max(len(model.spans()), 1) - 1
    known: list[set[Hashable]] = [set() for _ in range(last + 1)]
    states: list[Any] = []
    span_of = array("h")

    def meet(span: int, distribution: Mapping[Any, float]) -> None:
        here = known[span]
        for state, probability in distribution.items():
            if probability > 0 and state not in here:
                here.add(state)
                states.append(state)
                span_of.append(span)

    meet(0, model.initial())
    ways: list[Joints] = []  # of every state that has been entered
    left = 0  # the states before this one are done with
    due: float | None = monotonic() + PATIENCE
    while left < len(states) <= cap:
        if len(ways) < len(states):  # enter a state: one joint action, and into the next span
            number = len(ways)
            state, span = states[number], span_of[number]
            legal = model.legal(state)
            ways.append(joints(state, legal) if legal else ())
            if legal:
                meet(span, model.transition(state, ways[number][number % len(ways[number])]))
                if span < last:
                    meet(span + 1, model.advance(state, span))
        else:  # nothing new: the other joint actions of the first state that has some left
            state, span, number = states[left], span_of[left], left
            for i, joint in enumerate(ways[number]):
                if i != number % len(ways[number]):
                    meet(span, model.transition(state, joint))
            left += 1
        if due is not None and monotonic() > due:
            due = None
            slow(states)
    return states


def culprit(model: Model[Any], states: list[Any]) -> str:
    """What takes the most values: a field of the states, or, where they have none, what a seat sees of some of them."""
    with suppress(Exception):  # of the author's functions, or where fields cannot be hashed
        return _widest_field(states) or _widest_sight(model, states[:: len(states) // SOME + 1])
    return ""


def _widest_field(states: Collection[Any]) -> str:
    """The field of the states that takes the most values, and the widest field within it, in words; or nothing."""
    words = ""
    while fields := _fields(states, bool(words)):
        name, states = max(fields.items(), key=lambda item: len(item[1]))
        words += (
            f", its {name!r} {len(states):,}" if words else f"; the field {name!r} of the state takes {len(states):,}"
        )
    return f"{words} values" if words else ""


def _widest_sight(model: Model[Any], states: Collection[Any]) -> str:
    values: dict[tuple[str, str], set[Hashable]] = {}
    for state in states:
        for seat in model.actions:
            for factor, value in model.observe(state, seat).items():
                values.setdefault((seat, factor), set()).add(value)
    if not values:
        return ""
    (seat, factor), found = max(values.items(), key=lambda item: len(item[1]))
    return f"; the factor {factor!r} that {seat} sees takes {len(found):,} values or more"


def _fields(states: Collection[Any], within: bool) -> dict[str, set[Hashable]]:
    """The values of every field of some records; nothing where they are not all of one kind, or no records."""
    first = next(iter(states))
    if any(type(state) is not type(first) for state in states):
        return {}
    if dataclasses.is_dataclass(first):
        names = [field.name for field in dataclasses.fields(first)]
        return {name: {getattr(state, name) for state in states} for name in names}
    named = getattr(first, "_fields", None)
    if isinstance(first, tuple) and (named or not within) and all(len(state) == len(first) for state in states):
        return {str(name): {state[i] for state in states} for i, name in enumerate(named or range(len(first)))}
    return {}
