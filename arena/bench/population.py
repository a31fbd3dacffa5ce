"""A population of online learners: the kernel against the same update with every learner in one NumPy array."""

import numpy as np

from arena.bench.row import Row, compare
from arena.game.game import Floats, Game, Ints
from arena.game.scenario import find
from arena.learn.practice import Practice

LEARNERS, EPISODES, ALPHA, TRACE = 1000, 200, 0.01, 1.0


def population() -> Row:
    """1,000 independent tabular learners on the deferral ladder, updated after every timestep."""
    game = find("deferral-ladder").compile()
    keys = np.arange(LEARNERS, dtype=np.uint64)
    practice = Practice(game, "model", {})
    ours, theirs = compare(
        lambda: practice.online(practice.begin(keys), EPISODES, ALPHA, TRACE),
        lambda: numpy_population(game, LEARNERS, EPISODES, ALPHA, TRACE, seed=0),
        repeats=5,
    )
    rounds = LEARNERS * EPISODES * game.horizon  # at most: an episode may end before
    what, against = f"reinforce, {LEARNERS:,} learners", "the same update in NumPy over the population"
    return Row(what, against, rounds / ours, rounds / theirs, target=3.0)


def numpy_population(game: Game, learners: int, episodes: int, alpha: float, trace: float, seed: int) -> Floats:
    """Train ``learners`` tabular softmax learners in the first seat, all in step, the others taking their first action.

    The same rule as ``arena.kernels.reinforce``, one array operation for the whole population where that is possible.
    Games with a clock for the seat only; returns logits ``[learner, clock, O, A]``.
    """
    rng = np.random.default_rng(seed)
    tables, seat, everyone = game.tables, game.seats[0], np.arange(learners)
    others = sum(
        (other.legal.argmax(axis=1) * tables.stride[p] for p, other in enumerate(game.seats) if p > 0),
        np.zeros(len(game.row), np.int64),
    )
    decay = trace * game.discount
    theta = np.zeros((learners, game.horizon * seat.observations, len(seat.actions)))

    def draw(rows: Ints) -> Ints:
        entry, last = tables.start[rows], tables.start[rows + 1] - 1
        u = rng.random(learners)
        while True:
            further = (entry < last) & (u >= tables.cumulative[entry])
            if not further.any():
                return entry
            entry = entry + further

    for _ in range(episodes):
        z = np.zeros_like(theta)
        state = tables.successor[draw(np.full(learners, tables.initial))]
        live = ~tables.terminal[state]
        for clock in range(game.horizon):
            line = seat.observation[state] + clock * seat.observations
            logits = np.where(seat.legal_seen[seat.observation[state]], theta[everyone, line], -np.inf)
            weight = np.exp(logits - logits.max(axis=1, keepdims=True))
            chance = weight / weight.sum(axis=1, keepdims=True)
            chosen = (rng.random(learners)[:, None] >= np.cumsum(chance, axis=1)[:, :-1]).sum(axis=1)
            action = seat.fold[state, chosen]
            entry = draw(tables.row[state, action * tables.stride[0] + others[state]])
            z *= decay
            z[everyone, line] -= chance * live[:, None]
            z[everyone, line, action] += live
            theta += (alpha * tables.reward[0, 0, entry] * live)[:, None, None] * z
            state = np.where(live, tables.successor[entry], state)
            crossing = np.where(tables.deadline[state] == clock + 1, tables.crossing[state], -2)
            live &= ~tables.terminal[state] & (crossing != -1)
            over = live & (crossing >= 0)
            if over.any():
                state = np.where(over, tables.successor[draw(np.where(over, crossing, tables.initial))], state)
    return theta.reshape(learners, game.horizon, seat.observations, -1)
