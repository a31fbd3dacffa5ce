"""The optimum of one seat while the others' policies are fixed, by backward induction over the clock."""

from collections.abc import Mapping

import numpy as np

from arena.errors import TurncoatError, nearest
from arena.game.game import Bools, Game, successors
from arena.play.policy import Policy, everybody
from arena.solve.lookahead import Lookahead, arrival, at_start
from arena.solve.solution import Solution, play_string

TIE = 1e-9
"""Two actions are equally good when their values differ by no more than this, relative to the larger (or to one)."""

INFORMATION = ("state", "memoryless")


def optimal(
    game: Game, seat: str = "model", others: Mapping[str, Policy] | None = None, information: str = "state"
) -> Solution:
    """The best that ``seat`` can do against ``others`` (a seat not named takes its first legal action).

    Args:
        game: the game.
        seat: whose observed return is maximised.
        others: policies of the other seats.
        information: ``state`` if the policy may depend on the state and the clock, ``memoryless`` if on the
            observation alone (and the clock where the seat sees it).

    Raises:
        TurncoatError: an unknown seat or information, or a memoryless problem too large to enumerate.
    """
    if information == "state":
        return full_information(game, seat, others or {})
    if information == "memoryless":
        from arena.solve.memoryless import memoryless

        return memoryless(game, seat, others or {})
    raise TurncoatError(f"there is no information {information!r}{nearest(information, INFORMATION)}")


def full_information(game: Game, seat: str, others: Mapping[str, Policy]) -> Solution:
    """The optimum among all policies; one of the state and the clock attains it. Ties go to the first action."""
    number = game.seat_number(seat)
    policies = everybody(game, others)
    states, width = len(game.row), game.shape[number]
    best = np.zeros((game.horizon, states, width), np.bool_)
    probability = np.zeros((game.horizon, states, width))
    probability[:, :, 0] = 1.0  # where the clock never finds a state, anything will do
    value = np.zeros(states)
    clock = game.horizon
    for span in reversed(range(len(game.spans))):
        lookahead = Lookahead(game, span, number)
        legal, here = lookahead.legal, lookahead.states
        for _ in range(game.spans[span]):
            worth = arrival(game, value, clock)
            clock -= 1
            actions = np.where(legal, lookahead.own(worth, policies, clock), -np.inf)
            top = actions.max(axis=1, keepdims=True)
            value = np.zeros(states)
            value[here] = top[:, 0]
            best[clock, here] = actions >= top - TIE * np.maximum(1.0, np.abs(top))
            probability[clock, here] = np.eye(width)[best[clock, here].argmax(axis=1)]
    policy = Policy(probability, np.arange(states, dtype=np.int32))
    return Solution(
        seat=seat,
        information="state",
        value=at_start(game, value),
        policy=policy,
        play=play_string(game, seat, policy),
        unique=_unique(game, number, policies, policy, best),
        certificate="backward induction over every state and clock",
        best=best,
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


def _unique(game: Game, number: int, policies: list[Policy], policy: Policy, best: Bools) -> bool:
    """Whether the policy never passes a state where another action is as good."""
    seen = reached(game, number, policies, policy.probability > 0)
    return not bool((best.sum(axis=2)[seen] > 1).any())
