"""The optimum of one seat while the others' policies are fixed, by backward induction over the clock."""

from collections.abc import Mapping

import numpy as np

from arena.errors import TurncoatError, nearest
from arena.game.game import Bools, Game, successors
from arena.play.policy import Policy, everybody
from arena.solve.lookahead import Lookahead, arrival, at_start
from arena.solve.objective import RETURN, Objective
from arena.solve.solution import Solution, play_string

TIE = 1e-9
"""Two actions are equally good when their values differ by no more than this, relative to the larger (or to one)."""

INFORMATION = ("state", "recall", "memoryless")


def optimal(
    game: Game,
    seat: str = "model",
    others: Mapping[str, Policy] | None = None,
    information: str = "state",
    objective: Objective = RETURN,
) -> Solution:
    """The best that ``seat`` can do against ``others`` (a seat not named takes its first legal action).

    Args:
        game: the game.
        seat: whose observed rewards count.
        others: policies of the other seats.
        information: ``state`` if the policy may depend on the state and the clock, ``recall`` if on all that the seat
            saw and did, ``memoryless`` if on the observation alone (and the clock where the seat sees it).
        objective: what is maximised.

    Raises:
        TurncoatError: an unknown seat or information, a memoryless problem too large to enumerate, or more histories
            than can be unrolled.
    """
    if information == "state":
        return full_information(game, seat, others or {}, objective)
    if information == "recall":
        from arena.solve.recall import recall

        return recall(game, seat, others or {}, objective)
    if information == "memoryless":
        from arena.solve.memoryless import memoryless

        return memoryless(game, seat, others or {}, objective)
    raise TurncoatError(f"there is no information {information!r}{nearest(information, INFORMATION)}")


def full_information(game: Game, seat: str, others: Mapping[str, Policy], objective: Objective = RETURN) -> Solution:
    """The optimum among all policies; one of the state and the clock attains it. Ties go to the first action."""
    number = game.seat_number(seat)
    policies = everybody(game, others)
    states, width = len(game.row), game.shape[number]
    best = np.zeros((game.horizon, states, width), np.bool_)
    probability = np.zeros((game.horizon, states, width))
    probability[:, :, 0] = 1.0  # where the clock never finds a state, anything will do
    value, weights = np.zeros(states), objective.weights(game.horizon)
    clock = game.horizon
    for span in reversed(range(len(game.spans))):
        lookahead = Lookahead(game, span, number)
        legal, here = lookahead.legal, lookahead.states
        for _ in range(game.spans[span]):
            worth = arrival(game, value, clock)
            clock -= 1
            actions = np.where(legal, lookahead.own(worth, policies, clock, weights[clock]), -np.inf)
            top = actions.max(axis=1, keepdims=True)
            value = np.zeros(states)
            value[here] = top[:, 0]
            best[clock, here] = actions >= top - TIE * np.maximum(1.0, np.abs(top))
            probability[clock, here] = np.eye(width)[best[clock, here].argmax(axis=1)]
    policy = Policy(probability, np.arange(states, dtype=np.int32))
    undetermined = int((best.sum(axis=2) > 1)[reached(game, number, policies, best)].sum())
    return Solution(
        seat=seat,
        information="state",
        value=objective.scale * at_start(game, value),
        policy=policy,
        play=play_string(game, seat, policy, others),
        unique=undetermined == 0,
        certificate="backward induction over every state and clock",
        best=best,
        undetermined=undetermined,
        objective=objective,
    )


def reached(game: Game, number: int, policies: list[Policy], own: Bools) -> Bools:
    """The (clock, state) pairs that have positive probability when the seat takes any action marked ``own [t, S, A]``.

    The others play ``policies``. ``[clock, S]``, live states only.
    """
    states = len(game.row)
    tables = game.tables
    seen = np.zeros((game.horizon, states), np.bool_)
    now = np.zeros(states, np.bool_)
    now[successors(game, np.asarray([game.initial]))] = True
    for clock in range(game.horizon):
        now &= ~game.terminal
        seen[clock] = now
        here = np.flatnonzero(now)
        if len(here) == 0:
            break
        taken = np.ones((len(here), *game.shape), np.bool_)
        for p, policy in enumerate(policies):
            line = policy.probability[clock if len(policy.probability) > 1 else 0]
            chosen = own[clock, here] if p == number else line[policy.index[here]] > 0
            shape = [len(here)] + [1] * len(policies)
            shape[p + 1] = -1
            taken &= chosen.reshape(shape)
        targets = successors(game, np.unique(tables.row[here][taken.reshape(len(here), -1)]))
        now = np.zeros(states, np.bool_)
        ending = (tables.deadline[targets] == clock + 1) & ~game.terminal[targets]
        now[targets[~ending]] = True
        crossing = tables.crossing[targets[ending]]
        now[successors(game, np.unique(crossing[crossing >= 0]))] = True
    return seen


def within_reach(game: Game) -> Bools:
    """The (clock, state) pairs that some play reaches, whatever anybody does. ``[clock, S]``, live states only"""
    anything = [Policy(np.full((1, 1, n), 1 / n), np.zeros(len(game.row), np.int32)) for n in game.shape]
    return reached(game, 0, anything, np.ones((game.horizon, len(game.row), game.shape[0]), np.bool_))
