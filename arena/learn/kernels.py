"""The hot loops of learning, compiled by numba: populations of independent tabular learners, each with its own stream.

Common arguments: ``tables`` and ``profile`` as in ``arena.kernels``, the profile playing the other seats; ``seat`` the
learners' place; ``legal [O, A]``; ``fold [S, A]``; ``updates [S]`` where a step is learned from; ``rng [learner]`` the
generators, which go on from where they are. A *line* is an observation, or clock * O + observation where the seat sees
the round. The action learned from is the one carried out.
"""

from typing import Any

import numpy as np

from arena.kernels import choose_one, cross, draw, inlined, kernel, stream, uniform

EVERY_ACTION, EVERY_EPISODE, EVERY_STAGE = range(3)


@kernel
def begin(keys: Any, rng: Any) -> None:
    """Put every learner's generator at the beginning of its key's stream."""
    for i in range(len(keys)):
        rng[i] = stream(keys[i], 0)


@inlined
def softmax(theta: Any, learner: Any, line: Any, legal: Any, seen: Any, probability: Any) -> None:
    """Probabilities of the actions legal at ``seen`` under the logits of ``line``, into ``probability``."""
    top = -np.inf
    for a in range(len(probability)):
        if legal[seen, a] and theta[learner, line, a] > top:
            top = theta[learner, line, a]
    total = 0.0
    for a in range(len(probability)):
        probability[a] = np.exp(theta[learner, line, a] - top) if legal[seen, a] else 0.0
        total += probability[a]
    for a in range(len(probability)):
        probability[a] /= total


@inlined
def pick(probability: Any, legal: Any, seen: Any, rng: Any, i: Any) -> Any:
    """A legal action drawn from ``probability [A]``."""
    u = uniform(rng, i)
    action = -1
    for a in range(len(probability)):
        if legal[seen, a]:
            action = a
            u -= probability[a]
            if u < 0.0:
                break
    return action


@inlined
def everybody(stride: Any, others: Any, seat: Any, action: Any, state: Any, clock: Any, rng: Any, i: Any) -> Any:
    """The joint action when ``seat`` does ``action`` and the other seats draw theirs. ``others`` is a profile."""
    (_, chances, offset, lines, width, clocked, line_of) = others
    joint = action * stride[seat]
    for p in range(len(stride)):
        if p != seat:
            joint += stride[p] * choose_one(chances, offset, lines, width, clocked, line_of, p, state, clock, rng, i)
    return joint


@kernel
def reinforce(
    tables: Any,
    profile: Any,
    seat: Any,
    legal: Any,
    fold: Any,
    updates: Any,
    theta: Any,
    rng: Any,
    mean: Any,
    counted: Any,
    episodes: Any,
    horizon: Any,
    alpha: Any,
    decay: Any,
    baseline: Any,
    hold: Any,
    probability: Any,
    trace: Any,
    traced: Any,
    visited: Any,
    pending: Any,
) -> None:
    """Online policy gradient for tabular softmax learners, in place.

    After every timestep z <- decay z + grad log pi(a | o) and theta <- theta + alpha (r - b) z, with z reset at the
    start of an episode. ``b`` is 0, or with ``baseline`` the mean of the rewards learned from before this one, kept in
    ``mean`` and ``counted [learner]``. With ``hold`` > 0 the updates are summed and made after every ``hold`` episodes.
    ``theta [learner, line, A]``. Scratch: ``probability [A]``; ``trace`` and ``pending [line, A]`` and ``traced
    [line]`` zero on entry; ``visited [horizon]``.
    """
    (row, start, successor, _, cumulative, reward, initial, crossing, deadline, terminal, stride, _) = tables
    line_of = profile.line
    learners, count, actions = theta.shape
    observations = len(legal)
    for learner in range(learners):
        for episode in range(episodes):
            met = 0
            state = successor[draw(start, cumulative, initial, rng, learner)]
            done = terminal[state]
            clock = 0
            while not done and clock < horizon:
                seen = line_of[seat, state]
                line = seen + clock * observations if count > observations else seen
                softmax(theta, learner, line, legal, seen, probability)
                action = fold[state, pick(probability, legal, seen, rng, learner)]
                joint = everybody(stride, profile, seat, action, state, clock, rng, learner)
                entry = draw(start, cumulative, row[state, joint], rng, learner)
                if updates[state]:
                    if decay != 1.0:
                        for i in range(met):
                            for a in range(actions):
                                trace[visited[i], a] *= decay
                    if not traced[line]:
                        traced[line] = True
                        visited[met] = line
                        met += 1
                    for a in range(actions):
                        trace[line, a] -= probability[a]
                    trace[line, action] += 1.0
                    paid = reward[0, seat, entry]
                    size = alpha * (paid - mean[learner]) if baseline else alpha * paid
                    if baseline:
                        counted[learner] += 1
                        mean[learner] += (paid - mean[learner]) / counted[learner]
                    if size != 0.0:
                        for i in range(met):
                            for a in range(actions):
                                if hold > 0:
                                    pending[visited[i], a] += size * trace[visited[i], a]
                                else:
                                    theta[learner, visited[i], a] += size * trace[visited[i], a]
                clock += 1
                state, done = cross(
                    start, cumulative, successor, crossing, deadline, terminal, successor[entry], clock, rng, learner
                )
            for i in range(met):
                traced[visited[i]] = False
                for a in range(actions):
                    trace[visited[i], a] = 0.0
            if hold > 0 and (episode + 1) % hold == 0:
                for line in range(count):
                    for a in range(actions):
                        theta[learner, line, a] += pending[line, a]
                        pending[line, a] = 0.0


@inlined
def greedy(values: Any, learner: Any, line: Any, legal: Any, seen: Any) -> Any:
    """The first of the best legal actions."""
    best = -1
    for a in range(values.shape[2]):
        if legal[seen, a] and (best < 0 or values[learner, line, a] > values[learner, line, best]):
            best = a
    return best


@kernel
def temporal_difference(
    tables: Any,
    profile: Any,
    seat: Any,
    legal: Any,
    fold: Any,
    updates: Any,
    values: Any,
    rng: Any,
    episodes: Any,
    horizon: Any,
    alpha: Any,
    discount: Any,
    epsilon: Any,
    sarsa: Any,
) -> None:
    """One-step Q-learning, or Sarsa, with epsilon-greedy exploration, in place. ``values [learner, line, A]``

    The step that follows is the next one that is learned from; after the last one the episode is worth nothing more.
    With probability ``epsilon`` a legal action is drawn uniformly, simulated steps included.
    """
    (row, start, successor, _, cumulative, reward, initial, crossing, deadline, terminal, stride, _) = tables
    line_of = profile.line
    learners, count, actions = values.shape
    observations = len(legal)
    for learner in range(learners):
        for _ in range(episodes):
            state = successor[draw(start, cumulative, initial, rng, learner)]
            done = terminal[state]
            clock = 0
            before, did, paid, weight = -1, -1, 0.0, 1.0
            while not done and clock < horizon:
                seen = line_of[seat, state]
                line = seen + clock * observations if count > observations else seen
                action = greedy(values, learner, line, legal, seen)
                if uniform(rng, learner) < epsilon:
                    choices = 0
                    for a in range(actions):
                        choices += legal[seen, a]
                    skip = np.int64(uniform(rng, learner) * choices)
                    for a in range(actions):
                        if legal[seen, a]:
                            if skip == 0:
                                action = a
                            skip -= 1
                action = fold[state, action]
                joint = everybody(stride, profile, seat, action, state, clock, rng, learner)
                entry = draw(start, cumulative, row[state, joint], rng, learner)
                if updates[state]:
                    if before >= 0:
                        ahead = action if sarsa else greedy(values, learner, line, legal, seen)
                        target = paid + weight * values[learner, line, ahead]
                        values[learner, before, did] += alpha * (target - values[learner, before, did])
                    before, did, paid, weight = line, action, reward[0, seat, entry], discount
                clock += 1
                state, done = cross(
                    start, cumulative, successor, crossing, deadline, terminal, successor[entry], clock, rng, learner
                )
            if before >= 0:
                values[learner, before, did] += alpha * (paid - values[learner, before, did])


@inlined
def refit(credit: Any, learner: Any, line: Any, legal: Any, seen: Any, floor: Any, prior: Any, probability: Any) -> Any:
    """``arena.learn.surrogate.refit`` for one line, into ``probability [A]``; False if the objective is unbounded."""
    actions = len(probability)
    best = -1
    choices, tied = 0, 0
    total, left = 0.0, 1.0
    bounded = True
    for a in range(actions):
        probability[a] = 0.0
        if legal[seen, a]:
            choices += 1
            c = credit[learner, line, a] + prior
            if best < 0 or c > credit[learner, line, best] + prior:
                best, tied = a, 0
            if c == credit[learner, line, best] + prior:
                tied += 1
            if c > 0.0:
                total += c
            else:
                probability[a] = floor
                left -= floor
                bounded = bounded and (c == 0.0 or floor > 0.0)
    top = credit[learner, line, best] + prior
    if top == 0.0:  # the actions without credit share what is left, in whatever way: evenly
        left += tied * floor
        for a in range(actions):
            if legal[seen, a] and credit[learner, line, a] + prior == 0.0:
                probability[a] = left / tied
        return bounded
    if top < 0.0:
        probability[best] = left + floor
        return bounded
    # The rest share what the floors leave in proportion to credit. One whose share is below the floor is put on it, and
    # the others share again: each round puts one more on the floor, so there are fewer rounds than actions.
    again = True
    while again:
        again = False
        for a in range(actions):
            c = credit[learner, line, a] + prior
            if not again and legal[seen, a] and c > 0.0 and probability[a] == 0.0 and c * left < floor * total:
                probability[a] = floor
                left -= floor
                total -= c
                again = True
    for a in range(actions):
        c = credit[learner, line, a] + prior
        if legal[seen, a] and c > 0.0 and probability[a] == 0.0:
            probability[a] = left * c / total
    return bounded


@kernel
def surrogate(
    tables: Any,
    profile: Any,
    seat: Any,
    legal: Any,
    fold: Any,
    updates: Any,
    stages: Any,
    credit: Any,
    rng: Any,
    episodes: Any,
    horizon: Any,
    floor: Any,
    prior: Any,
    every: Any,
    fitted: Any,
    probability: Any,
) -> Any:
    """Full re-optimisation of sum_s r_s log pi(a_s | o_s) over all steps so far, in place; False once unbounded.

    The optimum depends on the history through ``credit [learner, line, A]``, the sum of the rewards of each action
    there, alone. It is taken anew before every action, or at the start of every episode or stage (``stages [S]``).
    Scratch: ``fitted [1, line, A]``, ``probability [A]``.
    """
    (row, start, successor, _, cumulative, reward, initial, crossing, deadline, terminal, stride, _) = tables
    line_of = profile.line
    learners, count, actions = credit.shape
    observations = len(legal)
    for learner in range(learners):
        for _ in range(episodes):
            state = successor[draw(start, cumulative, initial, rng, learner)]
            done = terminal[state]
            clock = 0
            stage = -1
            while not done and clock < horizon:
                seen = line_of[seat, state]
                line = seen + clock * observations if count > observations else seen
                if every == EVERY_ACTION:
                    bounded = refit(credit, learner, line, legal, seen, floor, prior, probability)
                else:
                    if clock == 0 or (every == EVERY_STAGE and stages[state] != stage):
                        for i in range(count):
                            for a in range(actions):
                                fitted[0, i, a] = credit[learner, i, a]
                    bounded = refit(fitted, 0, line, legal, seen, floor, prior, probability)
                if not bounded:
                    return False
                stage = stages[state]
                action = fold[state, pick(probability, legal, seen, rng, learner)]
                joint = everybody(stride, profile, seat, action, state, clock, rng, learner)
                entry = draw(start, cumulative, row[state, joint], rng, learner)
                if updates[state]:
                    credit[learner, line, action] += reward[0, seat, entry]
                clock += 1
                state, done = cross(
                    start, cumulative, successor, crossing, deadline, terminal, successor[entry], clock, rng, learner
                )
    return True


@kernel
def ascend(
    tables: Any,
    profile: Any,
    seat: Any,
    legal: Any,
    theta: Any,
    steps: Any,
    horizon: Any,
    alpha: Any,
    discount: Any,
    probability: Any,
    mass: Any,
    worth: Any,
    arrival: Any,
    slope: Any,
    own: Any,
    value: Any,
) -> None:
    """Gradient ascent on the exact expected return over all parameters, simulated steps included, in place.

    theta <- theta + alpha grad J, with dJ/dtheta(o, a) = sum over clocks t and states s that look like o of
    discount^t P(s at t) pi(a | o) (Q(s, a) - V(s)). ``theta [learner, line, A]``. Scratch: ``probability`` and
    ``slope [line, A]``, ``mass [horizon + 1, S]``, ``worth`` and ``arrival [S]``, ``own [A]``, ``value [learner]``
    for the return before the last step.
    """
    (row, start, successor, chance_of, _, reward, initial, crossing, deadline, terminal, stride, widths) = tables
    (chances, _, offset, lines, width, clocked, line_of) = profile
    learners, count, actions = theta.shape
    observations = len(legal)
    states, joints = row.shape
    for learner in range(learners):
        for _ in range(steps):
            for line in range(count):
                softmax(theta, learner, line, legal, line % observations, probability[line])
                for a in range(actions):
                    slope[line, a] = 0.0
            for clock in range(horizon + 1):
                for state in range(states):
                    mass[clock, state] = 0.0
            for entry in range(start[initial], start[initial + 1]):
                mass[0, successor[entry]] += chance_of[entry]
            for clock in range(horizon):
                for state in range(states):
                    here = mass[clock, state]
                    if here == 0.0 or terminal[state]:
                        continue
                    for joint in range(joints):
                        chance = here
                        for p in range(len(stride)):
                            action = joint // stride[p] % widths[p]
                            if p == seat:
                                line = line_of[p, state] + (clock * observations if count > observations else 0)
                                chance *= probability[line, action]
                            else:
                                line = line_of[p, state] + (clock * lines[p] if clocked[p] else 0)
                                chance *= chances[offset[p] + line * width[p] + action]
                        if chance == 0.0:
                            continue
                        for entry in range(start[row[state, joint]], start[row[state, joint] + 1]):
                            target = successor[entry]
                            if terminal[target] or clock + 1 != deadline[target]:
                                mass[clock + 1, target] += chance * chance_of[entry]
                            elif crossing[target] >= 0:
                                for onward in range(start[crossing[target]], start[crossing[target] + 1]):
                                    mass[clock + 1, successor[onward]] += chance * chance_of[entry] * chance_of[onward]
            for state in range(states):
                worth[state] = 0.0
            for back in range(horizon):
                clock = horizon - 1 - back
                for state in range(states):
                    arrival[state] = 0.0
                    if not terminal[state]:
                        if clock + 1 != deadline[state]:
                            arrival[state] = worth[state]
                        elif crossing[state] >= 0:
                            for onward in range(start[crossing[state]], start[crossing[state] + 1]):
                                arrival[state] += chance_of[onward] * worth[successor[onward]]
                for state in range(states):
                    worth[state] = 0.0
                    here = mass[clock, state]
                    if here == 0.0 or terminal[state]:
                        continue
                    for a in range(actions):
                        own[a] = 0.0
                    for joint in range(joints):
                        chance = 1.0
                        action = 0
                        for p in range(len(stride)):
                            other = joint // stride[p] % widths[p]
                            if p == seat:
                                action = other
                            else:
                                line = line_of[p, state] + (clock * lines[p] if clocked[p] else 0)
                                chance *= chances[offset[p] + line * width[p] + other]
                        if chance == 0.0:
                            continue
                        for entry in range(start[row[state, joint]], start[row[state, joint] + 1]):
                            ahead = reward[0, seat, entry] + discount * arrival[successor[entry]]
                            own[action] += chance * chance_of[entry] * ahead
                    line = line_of[seat, state] + (clock * observations if count > observations else 0)
                    for a in range(actions):
                        worth[state] += probability[line, a] * own[a]
                    for a in range(actions):
                        slope[line, a] += discount**clock * here * probability[line, a] * (own[a] - worth[state])
            value[learner] = 0.0
            for state in range(states):
                value[learner] += mass[0, state] * worth[state]
            for line in range(count):
                for a in range(actions):
                    theta[learner, line, a] += alpha * slope[line, a]
