"""A mass of probability carried forward through a game, round by round."""

from collections.abc import Iterator, Sequence

import numpy as np

from arena.game.game import Floats, Game, Ints, entries_of
from arena.play.policy import Policy


def spread(
    game: Game, number: int, policies: Sequence[Policy], own: Sequence[Floats] | Floats
) -> Iterator[tuple[int, Ints, Floats]]:
    """Carry a mass forward from the start: for every clock, the live states that have some and how much.

    The seat's own actions multiply it by ``own [clock or 1][S, A]``, which need not sum to one.
    """
    first = np.arange(game.start[game.initial], game.start[game.initial + 1])
    mass: Floats = np.bincount(game.successor[first], game.probability[first], len(game.row)).astype(np.float64)
    for clock in range(game.horizon):
        here = np.flatnonzero((mass > 0) & ~game.terminal)
        yield clock, here, mass[here]
        mass = onward(game, number, policies, own[clock if len(own) > 1 else 0], here, mass[here], clock)


def onward(
    game: Game, number: int, policies: Sequence[Policy], own: Floats, here: Ints, mass: Floats, clock: int
) -> Floats:
    """What a mass ``[n]`` in states ``here`` is one round on, crossings taken. ``[S]``"""
    chance = chances(game, number, policies, own, here, mass, clock)
    taken = chance > 0
    after = _flow(game, game.row[here][taken], chance[taken])
    ending = np.flatnonzero((after > 0) & ~game.terminal & (game.tables.deadline == clock + 1))
    crossing = ending[game.crossing[ending] >= 0]
    ahead = _flow(game, game.crossing[crossing], after[crossing])
    after[ending] = 0.0
    return after + ahead


def chances(
    game: Game, number: int, policies: Sequence[Policy], own: Floats, here: Ints, mass: Floats, clock: int
) -> Floats:
    """How much of a mass ``[n]`` in states ``here`` goes to each joint action. ``[n, J]``"""
    joint = np.arange(game.row.shape[1])
    chance = np.broadcast_to(mass[:, None], (len(here), len(joint)))
    for p, policy in enumerate(policies):
        line = policy.probability[clock if len(policy.probability) > 1 else 0]
        does = own[here] if p == number else line[policy.index[here]]
        chance = chance * does[:, joint // int(game.tables.stride[p]) % game.shape[p]]
    return chance


def _flow(game: Game, rows: Ints, chance: Floats) -> Floats:
    """What arrives by transition rows taken with some chance. ``[S]``"""
    entry, count = entries_of(game.start, rows)
    arriving = np.repeat(chance, count) * game.probability[entry]
    return np.bincount(game.successor[entry], arriving, len(game.row)).astype(np.float64)
