"""What a solver returns: a value, a policy that attains it, and how far both can be trusted."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from arena.game.game import Bools, Game
from arena.play.policy import Policy, everybody
from arena.solve.objective import RETURN, Objective


@dataclass(frozen=True)
class Solution:
    """An optimum of one seat's objective, and a policy that attains it.

    ``undetermined`` counts the places that some optimal policy reaches and where more than one action is optimal:
    (clock, state) pairs, or information states if the policy remembers. It is 0 exactly when the optimum is unique.
    """

    seat: str
    information: str  # what the policy may depend on: state, recall, memoryless, equilibrium or stationary
    value: float
    policy: Policy
    play: str  # C and D along the free path, one letter an opportunity
    unique: bool | None  # whether no other action is as good anywhere this policy goes; None: not determined
    certificate: str  # why the value is the optimum, in words
    best: Bools | None = None  # every optimal action, where known: [clock, S, A], or [N, A] of policy.memory
    undetermined: int | None = None  # where known
    objective: Objective = RETURN  # the value is of this, not scaled


def play_string(game: Game, seat: str, policy: Policy, others: Mapping[str, Policy]) -> str:
    """The opportunities on the likeliest path that stays free, as C (complies) and D (defects).

    The path takes the policy's likeliest action, and of what may follow the likeliest state in which the seat is still
    free and the game goes on; the other seats take their policies' likeliest actions.
    """
    number = game.seat_number(seat)
    policies = everybody(game, others)
    place, opportunity, tables = game.seats[number], game.opportunity(number), game.tables
    letters = []
    state = _likeliest(game, tables.initial)
    for clock in range(game.horizon):
        if game.terminal[state]:
            break
        choices = [int(other.at(clock, state).argmax()) for other in policies]
        choices[number] = action = int(place.fold[state, int(policy.at(clock, state).argmax())])
        if opportunity[state]:
            letters.append("D" if place.defection[state, action] else "C")
        state = _likeliest(game, int(tables.row[state, int(np.dot(choices, tables.stride))]))
        if not game.terminal[state] and clock + 1 == tables.deadline[state]:
            if tables.crossing[state] < 0:
                break
            state = _likeliest(game, int(tables.crossing[state]))
    return "".join(letters)


def _likeliest(game: Game, row: int) -> int:
    """The likeliest successor of a row among those that are free and live, if there are any."""
    entries = slice(int(game.start[row]), int(game.start[row + 1]))
    targets = game.successor[entries]
    favour = game.probability[entries] + 2.0 * (game.free[targets] & ~game.terminal[targets])
    return int(targets[int(np.argmax(favour))])
