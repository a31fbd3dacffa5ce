"""The hot loops, all of them, compiled by numba: stepping, rollouts, exact evaluation and online learning.

Randomness is splitmix64, one 64-bit state an episode (or a learner), so that a stream depends on its key alone and
never on how many others run beside it. https://prng.di.unimi.it/splitmix64.c (public domain, Sebastiano Vigna)
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from arena.game.game import EARLY, LATE

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """``numba.njit`` with a cache on disk, keeping the function's type."""
    return cast("F", numba.njit(cache=True, error_model="numpy")(function))


def inlined(function: F) -> F:
    """The same for a small function that is always built into its callers."""
    return cast("F", numba.njit(cache=True, error_model="numpy", inline="always")(function))


class Profile(NamedTuple):
    """A tabulated policy for every seat, laid end to end.

    The probability of action ``a`` for seat ``p`` in state ``s`` at clock ``t`` is ``probability[offset[p] +
    ((t if clocked[p] else 0) * rows[p] + row[p, s]) * width[p] + a]``.
    """

    probability: NDArray[np.float64]
    cumulative: NDArray[np.float64]
    offset: NDArray[np.int64]  # [P]
    rows: NDArray[np.int64]  # [P]
    width: NDArray[np.int64]  # [P]
    clocked: NDArray[np.bool_]  # [P]
    row: NDArray[np.int32]  # [P, S]


class Marks(NamedTuple):
    """What is counted of one seat while a game is played."""

    seat: int
    opportunity: NDArray[np.bool_]  # [S]
    window: NDArray[np.int8]  # [S]
    defection: NDArray[np.bool_]  # [S, A], of the action chosen, folding done


CLEAN, SPOILED, TURNED = range(3)  # no defection yet; defected early; complied early, then defected late
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@inlined
def _mix(x: Any) -> Any:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@inlined
def _stream(key: Any, number: Any) -> Any:
    """The generator's state for stream ``number`` of ``key``."""
    return _mix(key + GOLDEN * np.uint64(number + 1))


@inlined
def _uniform(rng: Any, i: Any) -> Any:
    """The next number in [0, 1) of generator ``i``."""
    rng[i] += GOLDEN
    return np.float64(_mix(rng[i]) >> np.uint64(11)) * 1.1102230246251565e-16


@inlined
def _draw(tables: Any, row: Any, rng: Any, i: Any) -> Any:
    """An entry of a transition row. A row of one entry takes no randomness."""
    entry = tables.start[row]
    last = tables.start[row + 1] - 1
    if entry < last:
        u = _uniform(rng, i)
        while entry < last and u >= tables.cumulative[entry]:
            entry += 1
    return entry


@inlined
def _cross(tables: Any, state: Any, clock: Any, rng: Any, i: Any) -> Any:
    """Carry a state that has just been reached into the next span if its own is over; (state, whether play ends)."""
    done = tables.terminal[state]
    if not done and clock == tables.deadline[state]:
        row = tables.crossing[state]
        if row < 0:
            done = True
        else:
            state = tables.successor[_draw(tables, row, rng, i)]
            done = tables.terminal[state]
    return state, done


@inlined
def _choose(profile: Any, p: Any, state: Any, clock: Any, rng: Any, i: Any) -> Any:
    """An action of seat ``p`` drawn from its policy."""
    line = profile.row[p, state]
    if profile.clocked[p]:
        line += clock * profile.rows[p]
    width = profile.width[p]
    base = profile.offset[p] + line * width
    u = _uniform(rng, i)
    action = 0
    while action < width - 1 and u >= profile.cumulative[base + action]:
        action += 1
    return action


@kernel
def reset(tables: Any, key: Any, state: Any, clock: Any, episode: Any, rng: Any) -> None:
    """Begin episode ``episode[i]`` of stream ``key`` in every copy ``i``."""
    for i in range(len(state)):
        rng[i] = _stream(key, episode[i])
        state[i] = tables.successor[_draw(tables, tables.initial, rng, i)]
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
    reward: Any,
    done: Any,
    last: Any,
) -> None:
    """Advance every copy by one round, in place; a copy that ends begins its next episode, ``last`` keeping its end.

    ``actions [P, copies]``, ``reward [P, copies]``, ``done [copies]``, ``last [copies]``. Copy ``i`` of ``n`` plays
    episodes i, i + n, i + 2n, ... of stream ``key``.
    """
    copies = len(state)
    seats = len(actions)
    for i in range(copies):
        joint = 0
        for p in range(seats):
            joint += actions[p, i] * tables.stride[p]
        entry = _draw(tables, tables.row[state[i], joint], rng, i)
        for p in range(seats):
            reward[p, i] = tables.reward[0, p, entry]
        now = clock[i] + 1
        following, over = _cross(tables, tables.successor[entry], now, rng, i)
        last[i] = following
        done[i] = over
        if over:
            episode[i] += copies
            rng[i] = _stream(key, episode[i])
            following = tables.successor[_draw(tables, tables.initial, rng, i)]
            now = 0
        state[i] = following
        clock[i] = now


@kernel
def choose(profile: Any, p: Any, state: Any, clock: Any, rng: Any, actions: Any) -> None:
    """Draw seat ``p``'s action in every copy into ``actions [copies]``."""
    for i in range(len(state)):
        actions[i] = _choose(profile, p, state[i], clock[i], rng, i)


@kernel
def rollout(
    tables: Any, profile: Any, marks: Any, discount: Any, key: Any, first: Any, horizon: Any, returns: Any, counts: Any
) -> None:
    """Play episodes ``first``, ``first + 1``, ... of stream ``key`` and sum each up.

    ``returns [episode, channel, P]`` discounted; ``counts [episode, 5]``: early opportunities, early defections, late
    opportunities, late defections, whether it turned.
    """
    seats = len(tables.stride)
    rng = np.zeros(1, np.uint64)
    for n in range(len(returns)):
        rng[0] = _stream(key, first + n)
        state = tables.successor[_draw(tables, tables.initial, rng, 0)]
        weight = 1.0
        mark = CLEAN
        done = tables.terminal[state]
        clock = 0
        while not done and clock < horizon:
            joint = 0
            for p in range(seats):
                action = _choose(profile, p, state, clock, rng, 0)
                joint += action * tables.stride[p]
                if p == marks.seat and marks.opportunity[state]:
                    defects = marks.defection[state, action]
                    if marks.window[state] == EARLY:
                        counts[n, 0] += 1
                        if defects:
                            counts[n, 1] += 1
                            mark = SPOILED if mark == CLEAN else mark
                    elif marks.window[state] == LATE:
                        counts[n, 2] += 1
                        if defects:
                            counts[n, 3] += 1
                            mark = TURNED if mark == CLEAN else mark
            entry = _draw(tables, tables.row[state, joint], rng, 0)
            for channel in range(returns.shape[1]):
                for p in range(seats):
                    returns[n, channel, p] += weight * tables.reward[channel, p, entry]
            weight *= discount
            clock += 1
            state, done = _cross(tables, tables.successor[entry], clock, rng, 0)
        counts[n, 4] = mark == TURNED


@kernel
def record(
    tables: Any, profile: Any, key: Any, episode: Any, horizon: Any, states: Any, actions: Any, entries: Any
) -> int:
    """Play one episode of ``rollout``'s stream, writing it down; the number of rounds it took.

    ``states [horizon + 1]``, ``actions [horizon, P]`` as chosen, ``entries [horizon]``.
    """
    rng = np.zeros(1, np.uint64)
    rng[0] = _stream(key, episode)
    state = tables.successor[_draw(tables, tables.initial, rng, 0)]
    done = tables.terminal[state]
    clock = 0
    states[0] = state
    while not done and clock < horizon:
        joint = 0
        for p in range(len(tables.stride)):
            actions[clock, p] = _choose(profile, p, state, clock, rng, 0)
            joint += actions[clock, p] * tables.stride[p]
        entry = _draw(tables, tables.row[state, joint], rng, 0)
        entries[clock] = entry
        clock += 1
        state, done = _cross(tables, tables.successor[entry], clock, rng, 0)
        states[clock] = state
    return clock


@kernel
def forward(tables: Any, profile: Any, marks: Any, discount: Any, horizon: Any, returns: Any, visits: Any) -> float:
    """Carry the distribution over (state, mark) through the game, exactly; the probability of a turn.

    ``returns [channel, P]`` discounted and ``visits [S, A]``, the expected number of times the marked seat takes each
    action in each state, are added to.
    """
    states, joints = tables.row.shape
    seats = len(tables.stride)
    mass = np.zeros((states, 3))
    turned = 0.0
    for entry in range(tables.start[tables.initial], tables.start[tables.initial + 1]):
        mass[tables.successor[entry], CLEAN] += tables.probability[entry]
    weight = 1.0
    for clock in range(horizon):
        following = np.zeros((states, 3))
        for state in range(states):
            total = mass[state, 0] + mass[state, 1] + mass[state, 2]
            if total == 0.0 or tables.terminal[state]:
                turned += mass[state, TURNED]
                continue
            for joint in range(joints):
                chance = 1.0
                own = 0
                for p in range(seats):
                    action = joint // tables.stride[p] % tables.width[p]
                    if p == marks.seat:
                        own = action
                    line = profile.row[p, state]
                    if profile.clocked[p]:
                        line += clock * profile.rows[p]
                    chance *= profile.probability[profile.offset[p] + line * profile.width[p] + action]
                if chance == 0.0:
                    continue
                visits[state, own] += total * chance
                clean, spoiled, turn = mass[state, CLEAN], mass[state, SPOILED], mass[state, TURNED]
                if marks.opportunity[state] and marks.defection[state, own]:
                    if marks.window[state] == EARLY:
                        clean, spoiled = 0.0, spoiled + clean
                    elif marks.window[state] == LATE:
                        clean, turn = 0.0, turn + clean
                row = tables.row[state, joint]
                for entry in range(tables.start[row], tables.start[row + 1]):
                    here = chance * tables.probability[entry]
                    for channel in range(len(returns)):
                        for p in range(seats):
                            returns[channel, p] += weight * total * here * tables.reward[channel, p, entry]
                    target = tables.successor[entry]
                    following[target, CLEAN] += here * clean
                    following[target, SPOILED] += here * spoiled
                    following[target, TURNED] += here * turn
        mass = np.zeros((states, 3))
        for state in range(states):
            if following[state, 0] + following[state, 1] + following[state, 2] == 0.0:
                continue
            row = tables.crossing[state]
            if tables.terminal[state] or clock + 1 != tables.deadline[state]:
                mass[state] += following[state]
            elif row < 0:
                turned += following[state, TURNED]
            else:
                for entry in range(tables.start[row], tables.start[row + 1]):
                    mass[tables.successor[entry]] += tables.probability[entry] * following[state]
        weight *= discount
    return float(turned + mass[:, TURNED].sum())


@inlined
def _softmax(theta: Any, legal: Any, probability: Any) -> None:
    """Probabilities of the legal actions under logits ``theta``, into ``probability``."""
    top = -np.inf
    for a in range(len(theta)):
        if legal[a] and theta[a] > top:
            top = theta[a]
    total = 0.0
    for a in range(len(theta)):
        probability[a] = np.exp(theta[a] - top) if legal[a] else 0.0
        total += probability[a]
    for a in range(len(theta)):
        probability[a] /= total


@kernel
def reinforce(
    tables: Any,
    profile: Any,
    seat: Any,
    legal: Any,
    fold: Any,
    updates: Any,
    theta: Any,
    keys: Any,
    episodes: Any,
    horizon: Any,
    alpha: Any,
    decay: Any,
) -> None:
    """Online policy gradient for a population of independent tabular softmax learners, in place.

    After every timestep z <- decay z + grad log pi(a | o) and theta <- theta + alpha r z, with z reset at the start of
    an episode. ``theta [learner, clock, O, A]``; ``legal [O, A]``; ``fold [S, A]``; ``updates [S]`` where a step is
    learned from. ``profile`` plays the other seats. Learner ``i`` draws from stream ``keys[i]`` alone.
    """
    learners, clocks, observations, width = theta.shape
    seats = len(tables.stride)
    rng = np.zeros(1, np.uint64)
    probability = np.zeros(width)
    trace = np.zeros((clocks * observations, width))
    traced = np.zeros(clocks * observations, np.bool_)
    visited = np.zeros(horizon, np.int64)
    for learner in range(learners):
        rng[0] = _stream(keys[learner], 0)
        logits = theta[learner].reshape(clocks * observations, width)
        for _ in range(episodes):
            met = 0
            state = tables.successor[_draw(tables, tables.initial, rng, 0)]
            done = tables.terminal[state]
            clock = 0
            while not done and clock < horizon:
                seen = profile.row[seat, state]
                line = seen + (clock * observations if clocks > 1 else 0)
                _softmax(logits[line], legal[seen], probability)
                u = _uniform(rng, 0)
                action = -1
                for a in range(width):
                    if legal[seen, a]:
                        action = a
                        u -= probability[a]
                        if u < 0.0:
                            break
                action = fold[state, action]
                joint = action * tables.stride[seat]
                for p in range(seats):
                    if p != seat:
                        joint += _choose(profile, p, state, clock, rng, 0) * tables.stride[p]
                entry = _draw(tables, tables.row[state, joint], rng, 0)
                if updates[state]:
                    for i in range(met):
                        for a in range(width):
                            trace[visited[i], a] *= decay
                    if not traced[line]:
                        traced[line] = True
                        visited[met] = line
                        met += 1
                    for a in range(width):
                        trace[line, a] -= probability[a]
                    trace[line, action] += 1.0
                    step_size = alpha * tables.reward[0, seat, entry]
                    if step_size != 0.0:
                        for i in range(met):
                            for a in range(width):
                                logits[visited[i], a] += step_size * trace[visited[i], a]
                clock += 1
                state, done = _cross(tables, tables.successor[entry], clock, rng, 0)
            for i in range(met):
                traced[visited[i]] = False
                for a in range(width):
                    trace[visited[i], a] = 0.0
