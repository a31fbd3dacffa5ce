"""Equilibria of two-seat zero-sum games: Shapley's recursion over the clock, a matrix game at every state."""

from typing import Any

import numpy as np

from arena.errors import TurncoatError
from arena.game.game import OBSERVED, Floats, Game
from arena.play.policy import Policy
from arena.solve.lookahead import Lookahead, arrival, at_start
from arena.solve.solution import Solution, play_string

TOLERANCE = 1e-9


def is_zero_sum(game: Game) -> bool:
    """Whether there are two seats, both with a choice somewhere, whose observed rewards cancel."""
    chooses = all(bool((seat.legal.sum(axis=1) > 1).any()) for seat in game.seats)
    return len(game.seats) == 2 and chooses and bool(np.abs(game.reward[OBSERVED].sum(axis=0)).max() <= TOLERANCE)


def equilibrium(game: Game) -> dict[str, Solution]:
    """A subgame-perfect equilibrium of a zero-sum game in which both see the state: a solution for each seat.

    Shapley, Stochastic Games, PNAS 39 (1953).

    Raises:
        TurncoatError: the game is not a two-seat zero-sum one.
    """
    if not is_zero_sum(game):
        raise TurncoatError(f"{game.name} is not a game of two seats whose observed rewards sum to zero")
    states = len(game.row)
    value = np.zeros(states)
    mixes = [np.zeros((game.horizon, states, width)) for width in game.shape]
    for mix in mixes:
        mix[:, :, 0] = 1.0
    clock = game.horizon
    for span in reversed(range(len(game.spans))):
        lookahead = Lookahead(game, span, 0)
        for _ in range(game.spans[span]):
            payoff = lookahead.joint(arrival(game, value, clock))
            clock -= 1
            value = np.zeros(states)
            for i, state in enumerate(lookahead.states):
                own, other = (np.flatnonzero(seat.legal[state]) for seat in game.seats)
                value[state], row, column = matrix_game(payoff[i][np.ix_(own, other)])
                for mix, actions, weights in zip(mixes, (own, other), (row, column), strict=True):
                    mix[clock, state] = 0.0
                    mix[clock, state, actions] = weights
    index = np.arange(states, dtype=np.int32)
    first = at_start(game, value)
    policies = {seat.name: Policy(mix, index) for seat, mix in zip(game.seats, mixes, strict=True)}
    return {
        name: Solution(
            seat=name,
            information="equilibrium",
            value=sign * first,
            policy=policy,
            play=play_string(game, name, policy, policies),
            unique=None,
            certificate="Shapley's recursion: a matrix game solved at every state and clock",
        )
        for (name, policy), sign in zip(policies.items(), (1, -1), strict=True)
    }


def matrix_game(payoff: Floats) -> tuple[float, Floats, Floats]:
    """The value of a matrix game to the row player, and an optimal mixture for each. ``payoff [row, column]``

    A saddle point in pure strategies if there is one, the closed form for two by two, else a linear programme.
    """
    rows, columns = payoff.shape
    floor, ceiling = payoff.min(axis=1), payoff.max(axis=0)
    if floor.max() >= ceiling.min():
        return float(floor.max()), np.eye(rows)[floor.argmax()], np.eye(columns)[ceiling.argmin()]
    if payoff.shape == (2, 2):
        (a, b), (c, d) = payoff
        total = a + d - b - c
        top, left = (d - c) / total, (d - b) / total
        return float((a * d - b * c) / total), np.asarray([top, 1 - top]), np.asarray([left, 1 - left])
    value, row = linear_programme(payoff)
    _, column = linear_programme(-payoff.T)
    return value, row, column


def linear_programme(payoff: Floats) -> tuple[float, Floats]:
    """A matrix game's value and the row player's mixture x, by HiGHS: maximise v with x payoff >= v."""
    from scipy.optimize import linprog

    rows, columns = payoff.shape
    result: Any = linprog(
        c=np.append(np.zeros(rows), -1.0),
        A_ub=np.hstack((-payoff.T, np.ones((columns, 1)))),
        b_ub=np.zeros(columns),
        A_eq=np.append(np.ones(rows), 0.0)[None],
        b_eq=[1.0],
        bounds=[(0, None)] * rows + [(None, None)],
        method="highs",
    )
    if not result.success:
        raise TurncoatError(f"the linear programme of a matrix game failed: {result.message}")
    mixture = np.maximum(result.x[:-1], 0.0)
    return float(-result.fun), mixture / mixture.sum()
