"""What every optimum of the surrogate does: the least and the most of each measure over what its credits leave open.

The credits are those that episodes of a stated behaviour give in expectation. A row that has none is undetermined: the
objective does not depend on it, and its optimum is any policy that the floor allows. Rows with credit are those of
``arena.learn.surrogate.refit``, and where several actions tie at the top without credit above zero, any of them may
have what the floors leave.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from arena.errors import TurncoatError, nearest
from arena.game.game import OBSERVED, Bools, Floats, Game, Ints
from arena.game.unroll import unroll
from arena.learn.surrogate import refit
from arena.play.flow import chances, spread
from arena.play.policy import Policy, everybody, view
from arena.solve.alike import Alike
from arena.solve.extremes import Leeway
from arena.solve.interval import Intervals, forgets, lifted, over_memory, over_states
from arena.solve.objective import before_late, to_date
from arena.solve.optimal import INFORMATION, TIE, reached


@dataclass(frozen=True)
class Table:
    """The rows of a policy in a game: which one is read at every clock and state, and what may be done there."""

    game: Game
    seat: str
    others: Mapping[str, Policy]
    row: Ints  # [clock or 1, S]
    legal: Bools  # [row, A]

    def credit(self, behaviour: Policy, weights: Floats) -> tuple[Floats, Floats]:
        """The expected credit of every action carried out, and the same with all rewards positive. ``[row, A]``

        Rounds weigh ``weights [clock]``; a step that is not experienced gives no credit.
        """
        game, number = self.game, self.game.seat_number(self.seat)
        policies = everybody(game, self.others)
        reward = game.reward[OBSERVED, number]
        paid, gross = (np.add.reduceat(game.probability * r, game.start[:-1]) for r in (reward, np.abs(reward)))
        action = np.arange(game.row.shape[1]) // int(game.tables.stride[number]) % game.shape[number]
        fold = game.seats[number].fold[:, action]  # [S, J]
        own = behaviour.probability[:, behaviour.index]
        total, most = np.zeros((2, *self.legal.shape))
        for clock, here, mass in spread(game, number, policies, own):
            now = clock if len(own) > 1 else 0
            chance = weights[clock] * chances(game, number, policies, own[now], here, mass, clock)
            chance = chance * game.experienced[here, None]
            into = np.broadcast_to(self.row[clock if len(self.row) > 1 else 0][here, None], chance.shape), fold[here]
            np.add.at(total, into, chance * paid[game.row[here]])
            np.add.at(most, into, chance * gross[game.row[here]])
        return total, most

    def optima(self, behaviour: Policy, weights: Floats, floor: float) -> tuple[float, Leeway]:
        """The optimum's value on what ``behaviour`` gives in expectation, and what every row may do. ``[row]``"""
        return optima(*self.credit(behaviour, weights), self.legal, floor)

    def undetermined(self, leeway: Leeway) -> int:
        """How many rows are read where more than one action may have what is left. ``leeway [row]``"""
        assert leeway.base is not None
        number = self.game.seat_number(self.seat)
        may = (leeway.free | (leeway.base > 0))[self.row]
        own = np.broadcast_to(may, (self.game.horizon, *may.shape[1:]))
        seen = reached(self.game, number, everybody(self.game, self.others), own)
        seen &= self.game.seats[number].legal.sum(axis=1) > 1
        rows = np.unique(np.broadcast_to(self.row, seen.shape)[seen])
        return int((leeway.free[rows].sum(axis=1) > 1).sum())


DRAWN = "backward induction over all that credit leaves open, at every {place}"


def surrogate_intervals(
    game: Game,
    seat: str = "model",
    others: Mapping[str, Policy] | None = None,
    information: str = "memoryless",
    episodes: int = 0,
    rounds: int | None = None,
    floor: float = 0.01,
    behaviour: Policy | None = None,
) -> Intervals:
    """The intervals over all optima of sum_s r_s log pi(a_s | o_s), over probabilities of at least ``floor``.

    Args:
        game: the game.
        seat: whose observed rewards count.
        others: policies of the other seats; one that is not named takes its first legal action.
        information: what a row of pi is: of the ``memoryless`` policy what the seat sees, with the clock where it sees
            it; a ``state`` and clock; or with ``recall`` all that the seat saw and did.
        episodes: complete episodes behind the credits.
        rounds: rounds taken of the present one; those before the late window if left out.
        floor: the least probability of a legal action, in undetermined rows too.
        behaviour: what the seat did in all of them; each legal action alike if left out.

    Raises:
        UnboundedObjectiveError: a negative credit and no floor.
        TurncoatError: an unknown seat or information, numbers that do not fit, too many policies to try, or too many
            histories to unroll.
    """
    if information not in INFORMATION:
        raise TurncoatError(f"there is no information {information!r}{nearest(information, INFORMATION)}")
    others = others or {}
    rounds = before_late(game) if rounds is None else rounds
    objective = replace(to_date(episodes, rounds), name="surrogate")
    weights = objective.weights(game.horizon)
    told = view(game, seat)
    behaviour = behaviour or told.table(told.legal / told.legal.sum(axis=1, keepdims=True))
    everybody(game, {**others, seat: behaviour})
    if information == "state":
        legal = game.seats[game.seat_number(seat)].legal
        rows = np.arange(game.horizon * len(game.row)).reshape(game.horizon, -1)
        table = Table(game, seat, others, rows, np.tile(legal | ~legal.any(axis=1, keepdims=True), (game.horizon, 1)))
        value, leeway = table.optima(behaviour, weights, floor)
        found, certificate = over_states(game, seat, others, leeway[rows]), DRAWN.format(place="state and clock")
    else:
        memory = unroll(game, seat, chosen=True) if information == "recall" else None
        plays = {**others, seat: behaviour}
        plays = plays if memory is None else lifted(memory, plays)
        alike = Alike(memory.game if memory else game, seat, {name: plays[name] for name in others if name != seat})
        table = Table(alike.game, seat, alike.others, alike.line, alike.legal)
        value, leeway = table.optima(plays[seat], weights, floor)
        if memory is not None and not forgets(game):
            found = over_memory(memory, others, leeway[np.arange(len(memory))])
            certificate = DRAWN.format(place=f"of {len(memory):,} information states")
        else:
            found, certificate = alike.free(leeway)
    return Intervals(
        seat, information, objective, objective.scale * value, *found, certificate, table.undetermined(leeway)
    )


def optima(credit: Floats, gross: Floats, legal: Bools, floor: float) -> tuple[float, Leeway]:
    """The optimum's value, and what every row may do that attains it. All ``[row, A]``.

    A credit is none when it is no more than the rounding of what it was summed from, ``gross``.
    """
    credit = np.where(np.abs(credit) <= TIE * gross, 0.0, credit)
    best = refit(credit, legal, floor)
    top = np.where(legal, credit, -np.inf).max(axis=1, keepdims=True)
    tied = legal & (credit >= top - TIE * np.abs(top))
    settled = top > 0
    lowest = np.where(legal, floor, 0.0)
    rest = np.where(settled[:, 0], 0.0, 1.0 - lowest.sum(axis=1))
    likeliest = np.eye(legal.shape[1], dtype=np.bool_)[best.probability.argmax(axis=1)]
    return best.value, Leeway(np.where(settled, likeliest, tied), np.where(settled, best.probability, lowest), rest)
