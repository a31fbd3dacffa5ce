"""The hot loops of play, compiled by numba: stepping, rollouts and exact evaluation. Those of learning use the helpers.

numba's cache on disk notices a change only in the file of the kernel itself: after a change to a helper here,
arena/learn/kernels.py must be touched (the Makefile's tests use a cache named after both files' contents).

Randomness is splitmix64, one 64-bit state an episode (or a learner), so that a stream depends on its key alone and
never on how many others run beside it. https://prng.di.unimi.it/splitmix64.c (public domain, Sebastiano Vigna)
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from arena.game.game import EARLY, LATE, NO_WINDOW

F = TypeVar("F", bound=Callable[..., Any])


OPTIONS: dict[str, Any] = {"cache": True, "error_model": "numpy", "_nrt": False}
"""``_nrt``: no reference counts. numba would count every array on every call of a helper, which cost these loops most
of their speed. So kernels allocate nothing; their callers pass scratch arrays in."""


def kernel(function: F) -> F:
    """``numba.njit`` with a cache on disk, keeping the function's type."""
    return cast("F", numba.njit(**OPTIONS)(function))


def inlined(function: F) -> F:
    """The same for a small function that is always built into its callers."""
    return cast("F", numba.njit(inline="always", **OPTIONS)(function))


class Profile(NamedTuple):
    """A tabulated policy for every seat, laid end to end.

    The probability of action ``a`` for seat ``p`` in state ``s`` at clock ``t`` is ``probability[offset[p] +
    ((t if clocked[p] else 0) * lines[p] + line[p, s]) * width[p] + a]``.
    """

    probability: NDArray[np.float64]
    cumulative: NDArray[np.float64]
    offset: NDArray[np.int64]  # [P]
    lines: NDArray[np.int64]  # [P]
    width: NDArray[np.int64]  # [P]
    clocked: NDArray[np.bool_]  # [P]
    line: NDArray[np.int32]  # [P, S]


class Marks(NamedTuple):
    """What is counted of one seat while a game is played."""

    seat: int
    opportunity: NDArray[np.bool_]  # [S]
    window: NDArray[np.int8]  # [S]
    defection: NDArray[np.bool_]  # [S, A], of the action chosen, folding done


CLEAN, SPOILED, TURNED = range(3)  # no defection yet; defected early; complied early, then defected late
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@inlined
def mix(x: Any) -> Any:
    """The output function of splitmix64."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@inlined
def stream(key: Any, number: Any) -> Any:
    """The generator's state for stream ``number`` of ``key``."""
    return mix(key + GOLDEN * np.uint64(number + 1))


@inlined
def uniform(rng: Any, i: Any) -> Any:
    """The next number in [0, 1) of generator ``i``."""
    rng[i] += GOLDEN
    return np.float64(mix(rng[i]) >> np.uint64(11)) * 1.1102230246251565e-16


@inlined
def draw(start: Any, cumulative: Any, row: Any, rng: Any, i: Any) -> Any:
    """An entry of a transition row. A row of one entry takes no randomness."""
    entry = start[row]
    last = start[row + 1] - 1
    if entry < last:
        u = uniform(rng, i)
        while entry < last and u >= cumulative[entry]:
            entry += 1
    return entry


@inlined
def cross(
    start: Any,
    cumulative: Any,
    successor: Any,
    crossing: Any,
    deadline: Any,
    terminal: Any,
    state: Any,
    clock: Any,
    rng: Any,
    i: Any,
) -> Any:
    """Carry a state that has just been reached into the next span if its own is over; (state, whether play ends)."""
    done = terminal[state]
    if not done and clock == deadline[state]:
        row = crossing[state]
        if row < 0:
            done = True
        else:
            state = successor[draw(start, cumulative, row, rng, i)]
            done = terminal[state]
    return state, done


@inlined
def choose_one(
    chances: Any,
    offset: Any,
    lines: Any,
    width: Any,
    clocked: Any,
    line_of: Any,
    p: Any,
    state: Any,
    clock: Any,
    rng: Any,
    i: Any,
) -> Any:
    """An action of seat ``p`` drawn from its policy; ``chances`` are cumulative."""
    line = line_of[p, state]
    if clocked[p]:
        line += clock * lines[p]
    wide = width[p]
    base = offset[p] + line * wide
    u = uniform(rng, i)
    action = 0
    while action < wide - 1 and u >= chances[base + action]:
        action += 1
    return action


@kernel
def reset(tables: Any, key: Any, state: Any, clock: Any, episode: Any, rng: Any) -> None:
    """Begin episode ``episode[i]`` of stream ``key`` in every copy ``i``."""
    start, cumulative, successor, initial = tables.start, tables.cumulative, tables.successor, tables.initial
    for i in range(len(state)):
        rng[i] = stream(key, episode[i])
        state[i] = successor[draw(start, cumulative, initial, rng, i)]
        clock[i] = 0


@kernel
def step(
    tables: Any,
    key: Any,
    actions: Any,
    state: Any,
    clock: Any,
    episode: Any,
    rng: Any,
    listed: Any,
    paid: Any,
    done: Any,
    last: Any,
) -> Any:
    """Advance every copy by one round, in place; a copy that ends begins its next episode, ``last`` keeping its end.

    ``actions [P, copies]``, ``paid [P, copies]``, ``done [copies]``, ``last [copies]``; ``listed [copies]`` is scratch.
    Copy ``i`` of ``n`` plays episodes i, i + n, i + 2n, ... of stream ``key``. False, with nothing done, if an action
    is out of range.

    All copies go through one part of the round before the next. What only some need (a draw, the end of a span) comes
    after, for a list of those: a branch that cannot be foreseen costs more than the rest of the round.
    """
    (row, start, successor, _, cumulative, reward, initial, crossing, deadline, terminal, stride, width) = tables
    copies, seats = len(state), len(actions)
    one = np.uint64(1)  # unsigned indices are not tested for being negative

    wrong = 0
    for i in range(copies):
        last[i] = 0
    for p in range(seats):
        for i in range(copies):
            wrong += (actions[p, i] < 0) | (actions[p, i] >= width[p])
            last[i] += actions[p, i] * stride[p]
    if wrong > 0:
        return False

    count = np.uint64(0)
    for i in range(copies):  # until the next state is known, ``last`` holds the row and ``state`` the entry
        line = np.uint64(row[np.uint64(state[i]), np.uint64(last[i])])
        last[i] = line
        state[i] = start[line]
        listed[count] = i
        count += np.uint64(start[line + one] - start[line] > 1)
    for k in range(count):  # as ``_draw``, but without a branch on the outcome
        i = listed[k]
        line = np.uint64(last[i])
        entry = np.uint64(start[line])
        u = uniform(rng, i)
        for _ in range(start[line + one] - start[line] - 1):
            entry += np.uint64(u >= cumulative[entry])
        state[i] = entry

    for p in range(seats):
        for i in range(copies):
            paid[p, i] = reward[0, p, np.uint64(state[i])]

    count = np.uint64(0)
    for i in range(copies):
        following = successor[np.uint64(state[i])]
        now = clock[i] + 1
        last[i] = following
        clock[i] = now
        listed[count] = i
        count += np.uint64(terminal[np.uint64(following)] | (now == deadline[np.uint64(following)]))
    for i in range(copies):
        state[i] = last[i]
    for i in range(copies):
        done[i] = False
    for k in range(count):
        i = listed[k]
        following, over = cross(start, cumulative, successor, crossing, deadline, terminal, last[i], clock[i], rng, i)
        last[i] = following
        if over:
            done[i] = True
            episode[i] += copies
            clock[i] = 0
            rng[i] = stream(key, episode[i])
            following = successor[draw(start, cumulative, initial, rng, i)]
        state[i] = following
    return True


@kernel
def choose(profile: Any, p: Any, state: Any, clock: Any, rng: Any, actions: Any) -> None:
    """Draw seat ``p``'s action in every copy into ``actions [copies]``."""
    (_, chances, offset, lines, width, clocked, line_of) = profile
    for i in range(len(state)):
        actions[i] = choose_one(chances, offset, lines, width, clocked, line_of, p, state[i], clock[i], rng, i)


@kernel
def rollout(
    tables: Any,
    profile: Any,
    marks: Any,
    discount: Any,
    key: Any,
    first: Any,
    horizon: Any,
    rng: Any,
    returns: Any,
    counts: Any,
) -> None:
    """Play episodes ``first``, ``first + 1``, ... of stream ``key`` and sum each up.

    ``returns [episode, channel, P]`` discounted; ``counts [episode, 6]``: early opportunities, early defections, late
    opportunities, late defections, whether it turned, the round (from 1) of the first defection in a window or 0.
    ``rng [1]`` is scratch.
    """
    (row, start, successor, _, cumulative, reward, initial, crossing, deadline, terminal, stride, _) = tables
    (_, chances, offset, lines, width, clocked, line_of) = profile
    seat, opportunity, window, defection = marks
    seats = len(stride)
    for n in range(len(returns)):
        rng[0] = stream(key, first + n)
        state = successor[draw(start, cumulative, initial, rng, 0)]
        weight = 1.0
        mark = CLEAN
        done = terminal[state]
        clock = 0
        while not done and clock < horizon:
            joint = 0
            for p in range(seats):
                action = choose_one(chances, offset, lines, width, clocked, line_of, p, state, clock, rng, 0)
                joint += action * stride[p]
                if p == seat and opportunity[state]:
                    defects = defection[state, action]
                    if defects and window[state] != NO_WINDOW and counts[n, 5] == 0:
                        counts[n, 5] = clock + 1
                    if window[state] == EARLY:
                        counts[n, 0] += 1
                        if defects:
                            counts[n, 1] += 1
                            mark = SPOILED if mark == CLEAN else mark
                    elif window[state] == LATE:
                        counts[n, 2] += 1
                        if defects:
                            counts[n, 3] += 1
                            mark = TURNED if mark == CLEAN else mark
            entry = draw(start, cumulative, row[state, joint], rng, 0)
            for channel in range(returns.shape[1]):
                for p in range(seats):
                    returns[n, channel, p] += weight * reward[channel, p, entry]
            weight *= discount
            clock += 1
            state, done = cross(
                start, cumulative, successor, crossing, deadline, terminal, successor[entry], clock, rng, 0
            )
        counts[n, 4] = mark == TURNED


@kernel
def record(
    tables: Any, profile: Any, key: Any, episode: Any, horizon: Any, rng: Any, states: Any, actions: Any, entries: Any
) -> Any:
    """Play one episode of ``rollout``'s stream, writing it down; the number of rounds it took.

    ``states [horizon + 1]``, ``actions [horizon, P]`` as chosen, ``entries [horizon]``. ``rng [1]`` is scratch.
    """
    (row, start, successor, _, cumulative, _, initial, crossing, deadline, terminal, stride, _) = tables
    (_, chances, offset, lines, width, clocked, line_of) = profile
    rng[0] = stream(key, episode)
    state = successor[draw(start, cumulative, initial, rng, 0)]
    done = terminal[state]
    clock = 0
    states[0] = state
    while not done and clock < horizon:
        joint = 0
        for p in range(len(stride)):
            action = choose_one(chances, offset, lines, width, clocked, line_of, p, state, clock, rng, 0)
            actions[clock, p] = action
            joint += action * stride[p]
        entry = draw(start, cumulative, row[state, joint], rng, 0)
        entries[clock] = entry
        clock += 1
        state, done = cross(start, cumulative, successor, crossing, deadline, terminal, successor[entry], clock, rng, 0)
        states[clock] = state
    return clock


@kernel
def forward(
    tables: Any,
    profile: Any,
    marks: Any,
    discount: Any,
    horizon: Any,
    mass: Any,
    following: Any,
    returns: Any,
    visits: Any,
    first: Any,
) -> Any:
    """Carry the distribution over (state, mark) through the game, exactly; the probability of a turn.

    ``returns [channel, P]`` discounted, ``visits [clock|1, S, A]``, the expected number of times the marked seat takes
    each action in each state, and ``first [clock]``, the probability that its first defection in a window is then, are
    added to. ``mass`` and ``following [S, 3]`` are scratch, zero on entry.
    """
    (row, start, successor, probability, _, reward, initial, crossing, deadline, terminal, stride, widths) = tables
    (chances, _, offset, lines, width, clocked, line_of) = profile
    seat, opportunity, window, defection = marks
    states, joints = row.shape
    seats = len(stride)
    turned = 0.0
    for entry in range(start[initial], start[initial + 1]):
        mass[successor[entry], CLEAN] += probability[entry]
    weight = 1.0
    for clock in range(horizon):
        for state in range(states):
            clean, spoiled, turn = mass[state, CLEAN], mass[state, SPOILED], mass[state, TURNED]
            total = clean + spoiled + turn
            if total == 0.0:
                continue
            mass[state, CLEAN] = mass[state, SPOILED] = mass[state, TURNED] = 0.0
            if terminal[state]:
                turned += turn
                continue
            for joint in range(joints):
                chance = 1.0
                own = 0
                for p in range(seats):
                    action = joint // stride[p] % widths[p]
                    if p == seat:
                        own = action
                    line = line_of[p, state]
                    if clocked[p]:
                        line += clock * lines[p]
                    chance *= chances[offset[p] + line * width[p] + action]
                if chance == 0.0:
                    continue
                visits[clock if len(visits) > 1 else 0, state, own] += total * chance
                early = opportunity[state] and defection[state, own] and window[state] == EARLY
                late = opportunity[state] and defection[state, own] and window[state] == LATE
                to_spoiled = spoiled + clean if early else spoiled
                to_turned = turn + clean if late else turn
                to_clean = 0.0 if early or late else clean
                first[clock] += (clean - to_clean) * chance
                for entry in range(start[row[state, joint]], start[row[state, joint] + 1]):
                    here = chance * probability[entry]
                    for channel in range(len(returns)):
                        for p in range(seats):
                            returns[channel, p] += weight * total * here * reward[channel, p, entry]
                    following[successor[entry], CLEAN] += here * to_clean
                    following[successor[entry], SPOILED] += here * to_spoiled
                    following[successor[entry], TURNED] += here * to_turned
        for state in range(states):
            if following[state, CLEAN] + following[state, SPOILED] + following[state, TURNED] == 0.0:
                continue
            if terminal[state] or (clock + 1 == deadline[state] and crossing[state] < 0):
                turned += following[state, TURNED]
            elif clock + 1 != deadline[state]:
                for mark in range(3):
                    mass[state, mark] += following[state, mark]
            else:
                for entry in range(start[crossing[state]], start[crossing[state] + 1]):
                    for mark in range(3):
                        mass[successor[entry], mark] += probability[entry] * following[state, mark]
            for mark in range(3):
                following[state, mark] = 0.0
        weight *= discount
    return turned
