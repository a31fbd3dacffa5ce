"""How much each action of an episode was worth to the one who took it, by the best that could have been done.

The best is the one that knows what the person knew: all that the seat saw and did, and what it was paid, for a person
is shown that too. A person cannot forget, so rounds in an overseer's simulation are remembered as well. Where there is
too much to remember for that to be solved, it is the best that knows all that is true.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from arena.contest.paying import CAP, paying
from arena.errors import TurncoatError
from arena.game.game import Floats, Game, Ints
from arena.play.flow import spread
from arena.play.policy import Policy, everybody, together
from arena.play.trajectory import Trajectory, record
from arena.solve.lookahead import Lookahead, arrival
from arena.solve.optimal import full_information
from arena.solve.recall import recall

KNOWS = {
    "recall": "knows no more than you did",
    "state": "knows all that is true, since what could be remembered here is too much to work out",
}
"""What the best play knows, in words."""


@dataclass(frozen=True)
class Hindsight:
    """An episode looked back on. ``worth[t, a]`` is the return to be expected from round ``t`` on after action ``a``,
    if the best follows; ``value`` that of the best from the start.
    """

    value: float
    worth: Floats  # [moments, A]
    knows: str  # recall or state


def acting(game: Game, number: int, actions: Sequence[int]) -> Policy:
    """The policy that takes these actions one after the other, and then the first."""
    width = game.shape[number]
    chosen = np.zeros(game.horizon, np.int64)
    chosen[: len(actions)] = actions
    return Policy(np.eye(width)[chosen][:, None], np.zeros(len(game.row), np.int32))


def hindsight(
    game: Game, seat: str, others: Mapping[str, Policy], actions: Sequence[int], key: int, episode: int = 0
) -> Hindsight:
    """Look back on the episode in which ``seat`` chose these actions: one moment a round, and the one after them."""
    game, others = together(game, others)
    others = {name: replace(policy, memory=None) for name, policy in others.items()}
    try:
        return _remembering(game, seat, others, actions, key, episode)
    except TurncoatError:
        return _knowing(game, seat, others, actions, key, episode)


def _remembering(
    game: Game, seat: str, others: Mapping[str, Policy], actions: Sequence[int], key: int, episode: int
) -> Hindsight:
    """By the best with the seat's memory, over the states that it may be in for all it knows."""
    number = game.seat_number(seat)
    shown, state = paying(game, seat)
    shown = replace(shown, experienced=np.ones(len(state), np.bool_))
    there = {name: replace(policy, index=policy.index[state]) for name, policy in others.items()}
    solution = recall(shown, seat, there, cap=CAP)  # refuses early what would keep somebody waiting
    memory = solution.policy.memory
    assert memory is not None
    within = {name: replace(policy, index=policy.index[memory.state]) for name, policy in there.items()}
    met = _played(memory.game, seat, within, actions, key, episode).states
    known = memory.information[met[: len(actions) + 1]]
    table = replace(solution.policy, memory=None)
    policies = everybody(memory.game, {**within, seat: table})
    legal = memory.legal[memory.information].astype(np.float64)
    beliefs = []
    for clock, here, mass in spread(memory.game, number, policies, [legal]):
        if clock == len(known) or known[clock] < 0:
            break
        alike = memory.information[here] == known[clock]
        beliefs.append((here[alike], mass[alike] / mass[alike].sum()))
    return Hindsight(solution.value, worth(memory.game, number, policies, beliefs), "recall")


def _knowing(
    game: Game, seat: str, others: Mapping[str, Policy], actions: Sequence[int], key: int, episode: int
) -> Hindsight:
    """By the best that knows the state."""
    number = game.seat_number(seat)
    solution = full_information(game, seat, others)
    trajectory = _played(game, seat, others, actions, key, episode)
    moments = min(len(actions) + 1, trajectory.rounds)
    beliefs = [(trajectory.states[t : t + 1], np.ones(1)) for t in range(moments)]
    policies = everybody(game, {**others, seat: solution.policy})
    return Hindsight(solution.value, worth(game, number, policies, beliefs), "state")


def _played(
    game: Game, seat: str, others: Mapping[str, Policy], actions: Sequence[int], key: int, episode: int
) -> Trajectory:
    return record(game, {**others, seat: acting(game, game.seat_number(seat), actions)}, key, episode, seat)


def worth(game: Game, number: int, policies: Sequence[Policy], beliefs: Sequence[tuple[Ints, Floats]]) -> Floats:
    """What each action of a seat is expected to return from round ``t`` on, if ``policies`` are played afterwards.

    Args:
        game: the game.
        number: of the seat.
        policies: of all seats.
        beliefs: for each clock the states that it may be in, and how likely they are.

    Returns:
        ``[t, A]``
    """
    own = policies[number]
    found = np.zeros((len(beliefs), game.shape[number]))
    value, clock = np.zeros(len(game.row)), game.horizon
    place = np.zeros(len(game.row), np.int64)
    for span in reversed(range(len(game.spans))):
        lookahead = Lookahead(game, span, number)
        here = lookahead.states
        place[here] = np.arange(len(here))
        for _ in range(game.spans[span]):
            ahead = arrival(game, value, clock)
            clock -= 1
            options = lookahead.own(ahead, policies, clock)
            chance = own.probability[clock if len(own.probability) > 1 else 0][own.index[here]]
            value = np.zeros(len(game.row))
            value[here] = (options * chance).sum(axis=1)
            if clock < len(beliefs):
                states, likely = beliefs[clock]
                found[clock] = likely @ options[place[states]]
    return found
