"""One span of the clock as if it never ended: the discounted stationary optimum, by policy iteration."""

from collections.abc import Mapping

import numpy as np
from scipy.sparse import csr_array, eye_array
from scipy.sparse.linalg import spsolve

from arena.errors import TurncoatError, nearest
from arena.game.game import Floats, Game, entries_of
from arena.play.policy import Policy, everybody
from arena.solve.lookahead import Lookahead
from arena.solve.optimal import TIE
from arena.solve.solution import Solution, play_string


def stationary(game: Game, stage: str, seat: str = "model", others: Mapping[str, Policy] | None = None) -> Solution:
    """The optimum of the span that holds ``stage``, played for ever at the game's discount.

    The value is that of the initial states if they belong to the span, else of the states into which play crosses,
    taken alike. Howard, Dynamic Programming and Markov Processes (1960).

    Raises:
        TurncoatError: no such stage, a discount of 1, or another seat's policy that changes with the clock.
    """
    if stage not in game.stages:
        raise TurncoatError(f"{game.name} has no stage {stage!r}{nearest(stage, game.stages)}")
    if game.discount >= 1:
        raise TurncoatError(f"{game.name}: a stage that never ends needs a discount below 1, not {game.discount:g}")
    number = game.seat_number(seat)
    policies = everybody(game, others or {})
    if any(len(policy.probability) > 1 for p, policy in enumerate(policies) if p != number):
        raise TurncoatError(f"{game.name}: without a clock, the other seats' policies must not depend on it")
    span = int(game.span[np.flatnonzero(game.stage == game.stages.index(stage))[0]])
    lookahead = Lookahead(game, span, number)
    here, legal = lookahead.states, lookahead.legal
    value = np.zeros(len(game.row))
    choice = np.full(len(here), -1)
    rounds = 0
    while True:
        actions = np.where(legal, lookahead.own(value, policies, 0), -np.inf)
        top = actions.max(axis=1)
        good_enough = choice >= 0
        if rounds:
            kept = actions[np.arange(len(here)), choice]
            good_enough = kept >= top - TIE * np.maximum(1.0, np.abs(top))
        if good_enough.all():
            break
        choice = np.where(good_enough, choice, actions.argmax(axis=1))
        value[here] = _worth(game, lookahead, policies, choice)
        rounds += 1
    probability = np.zeros((1, len(game.row), game.shape[number]))
    probability[0, :, 0] = 1.0
    probability[0, here] = np.eye(game.shape[number])[choice]
    policy = Policy(probability, np.arange(len(game.row), dtype=np.int32))
    best = actions >= top[:, None] - TIE * np.maximum(1.0, np.abs(top))[:, None]
    return Solution(
        seat=seat,
        information="stationary",
        value=float(value[_starts(game, span)].mean()),
        policy=policy,
        play=play_string(game, seat, policy, others or {}),
        unique=bool((best.sum(axis=1) == 1).all()),
        certificate=f"policy iteration, {rounds} rounds, each evaluated by a sparse linear solve",
    )


def _worth(game: Game, lookahead: Lookahead, policies: list[Policy], choice: Floats) -> Floats:
    """The value of a deterministic stationary policy in the span's states: solve (I - discount P) v = r."""
    here, n = lookahead.states, len(lookahead.states)
    weight = np.ones((n, *game.shape))
    for p, policy in enumerate(policies):
        own = np.eye(game.shape[p])[choice] if p == lookahead.seat else policy.probability[0][policy.index[here]]
        shape = [n] + [1] * len(policies)
        shape[p + 1] = -1
        weight = weight * own.reshape(shape)
    weight = weight.reshape(n, -1)
    rows = lookahead.game.row[here]
    entry, count = entries_of(game.start, rows.reshape(-1))
    origin = np.repeat(np.repeat(np.arange(n), rows.shape[1]), count)
    chance = np.repeat(weight.reshape(-1), count) * game.probability[entry]
    local = np.full(len(game.row), -1)
    local[here] = np.arange(n)
    target = local[game.successor[entry]]
    inside = (target >= 0) & (chance > 0)
    step = csr_array((chance[inside], (origin[inside], target[inside])), shape=(n, n))
    reward = (weight * lookahead.reward[lookahead.local]).sum(axis=1)
    return np.atleast_1d(spsolve((eye_array(n) - game.discount * step).tocsc(), reward))


def _starts(game: Game, span: int) -> Floats:
    """The states in which play enters a span."""
    if span == 0:
        rows = np.asarray([game.initial])
    else:
        crossing = game.crossing[game.span == span - 1]
        rows = np.unique(crossing[crossing >= 0])
    entry, _ = entries_of(game.start, rows)
    return np.unique(game.successor[entry])
