"""The best policy that depends on the observation alone (and on the clock where it is seen)."""

from collections.abc import Mapping
from itertools import product
from math import prod

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

from arena.errors import TurncoatError, many
from arena.game.game import Bools, Game, Ints, entries_of
from arena.play.policy import Policy, View, everybody, view
from arena.solve.objective import RETURN, Objective
from arena.solve.optimal import TIE, full_information, reached
from arena.solve.solution import Solution, play_string

LIMIT = 100_000
"""The most deterministic policies that are tried one by one."""


def memoryless(game: Game, seat: str, others: Mapping[str, Policy], objective: Objective = RETURN) -> Solution:
    """The memoryless optimum: read off the full-information one where that needs no more, else by enumeration.

    Enumeration covers deterministic policies. They hold an optimum whenever no observation at which there is a choice
    can come twice in an episode, since the return is then linear in each of the policy's rows; otherwise a policy that
    draws lots may do better (Singh, Jaakkola and Jordan 1994), and the certificate says so.

    Raises:
        TurncoatError: more than ``LIMIT`` policies would have to be tried.
    """
    number = game.seat_number(seat)
    told = view(game, seat)
    above = full_information(game, seat, others, objective)
    assert above.best is not None
    legal_here = game.seats[number].legal
    seen = reached(game, number, everybody(game, others), np.broadcast_to(legal_here, above.best.shape))
    forced = legal_here.sum(axis=1) == 1  # whatever is chosen there folds to the one legal action
    lines, optimal_in_all = _lines(game, told.clocks, told.index, seen, above.best | forced[:, None])
    legal = np.tile(told.legal, (told.clocks, 1))
    if (optimal_in_all & legal)[lines].any(axis=1).all():
        choice = np.where(lines, (optimal_in_all & legal).argmax(axis=1), legal.argmax(axis=1))
        policy = _policy(told, choice)
        return Solution(
            seat=seat,
            information="memoryless",
            value=above.value,
            policy=policy,
            play=play_string(game, seat, policy, others),
            unique=above.unique,
            certificate="it attains the full-information optimum",
            objective=objective,
        )
    open_lines = np.flatnonzero(lines & (legal.sum(axis=1) > 1))
    options = [np.flatnonzero(legal[line]) for line in open_lines]
    size = prod(len(option) for option in options)
    if size > LIMIT:
        raise TurncoatError(
            f"{game.name}: the memoryless optimum would take trying {many(size)} policies ({len(open_lines)} "
            f"observations with a choice), and {LIMIT:,} is the limit; solve for --information state"
        )
    best_value, best_choice, unique = -np.inf, legal.argmax(axis=1), True
    read: Bools | None = None  # the lines that the best so far reads; a tie elsewhere is none
    for choices in product(*options):
        choice = legal.argmax(axis=1)
        choice[open_lines] = choices
        policy = _policy(told, choice)
        value = objective.worth(game, {**others, seat: policy}, seat) / objective.scale
        slack = TIE * max(1.0, abs(value))
        if value > best_value + slack:
            best_value, best_choice, unique, read = value, choice, True, None
        elif value >= best_value - slack and unique:
            read = _read(game, number, others, _policy(told, best_choice)) if read is None else read
            unique = bool((choice == best_choice)[read].all())
    policy = _policy(told, best_choice)
    twice = told.clocks == 1 and _comes_twice(game, number)
    certificate = f"the best of all {size:,} deterministic policies"
    certificate += (
        "; an observation can come twice in an episode, so one that draws lots may do better"
        if twice
        else ", which hold an optimum: no observation with a choice comes twice in an episode"
    )
    return Solution(
        seat=seat,
        information="memoryless",
        value=objective.scale * best_value,
        policy=policy,
        play=play_string(game, seat, policy, others),
        unique=None if twice else unique,
        certificate=certificate,
        objective=objective,
    )


def _lines(game: Game, clocks: int, index: Ints, seen: Bools, best: Bools) -> tuple[Bools, Bools]:
    """Which lines (clock, observation) of the policy are ever read, and the actions optimal wherever they are."""
    observations = int(index.max()) + 1
    read = np.zeros(clocks * observations, np.bool_)
    common = np.ones((clocks * observations, best.shape[2]), np.bool_)
    for clock in range(game.horizon):
        here = np.flatnonzero(seen[clock])
        line = index[here] + (clock * observations if clocks > 1 else 0)
        read[line] = True
        np.logical_and.at(common, line, best[clock, here])
    return read, common


def _read(game: Game, number: int, others: Mapping[str, Policy], policy: Policy) -> Bools:
    """The lines that a policy reads in play, where it is not forced."""
    own = np.broadcast_to(policy.probability[:, policy.index] > 0, (game.horizon, *game.seats[number].legal.shape))
    seen = reached(game, number, everybody(game, others), own) & (game.seats[number].legal.sum(axis=1) > 1)
    return _lines(game, len(policy.probability), policy.index, seen, own)[0]


def _policy(told: View, choice: Ints) -> Policy:
    """The deterministic policy that takes ``choice`` at each line (clock, observation)."""
    return told.table(np.eye(len(told.actions))[choice].reshape(told.clocks, len(told.rows), -1))


def _comes_twice(game: Game, number: int) -> bool:
    """Whether some observation with a choice can be met again later in the same episode."""
    states = len(game.row)
    rows = np.column_stack((game.row, np.where(game.crossing >= 0, game.crossing, game.row[:, 0])))
    entry, count = entries_of(game.start, rows.reshape(-1))
    origin = np.repeat(np.repeat(np.arange(states), rows.shape[1]), count)
    live = ~game.terminal[origin]
    graph = csr_array(
        (np.ones(int(live.sum()), np.int8), (origin[live], game.successor[entry][live])), shape=(states, states)
    )
    seat = game.seats[number]
    choosing = seat.legal_seen[seat.observation].sum(axis=1) > 1
    for state in np.flatnonzero(choosing & ~game.terminal):
        later = np.zeros(states, np.bool_)
        for following in graph.indices[graph.indptr[state] : graph.indptr[state + 1]]:
            later[breadth_first_order(graph, following, return_predecessors=False)] = True
        if (later & choosing & ~game.terminal & (seat.observation == seat.observation[state])).any():
            return True
    return False
