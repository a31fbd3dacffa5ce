"""What a seat may know of an episode, and nothing else: a replay with the truth taken out.

Everything in a moment follows from what the seat sees there and from whether play is over. So two states that look
alike to the seat give the same moment, whatever is true in them; a test holds this in every scenario.
"""

from collections.abc import Sequence
from functools import reduce

import numpy as np

from arena.game.board import UNKNOWN, Board
from arena.game.game import OBSERVED, Game
from arena.play.trajectory import Trajectory
from arena.show.film import Credits
from arena.show.replay import Deed, Moment, Replay

NOT_KNOWN = -1
"""What another seat did, in a deed of a veiled replay."""


class Veil:
    """The eyes of one seat of a game.

    Left out are stages, phases, windows, notes, corrections and simulations, which are the scenario's own words for
    what is true; what is true; what the other seats do; and all pay but what the seat observes. An action is offered
    if it is legal in any state that looks like this, and called a defection if it is one in any of them. Of the map
    there is what all of them have in common.
    """

    def __init__(self, game: Game, seat: str) -> None:
        """Nothing has been seen."""
        self.game, self.seat = game, game.seats[game.seat_number(seat)]
        self._maps: dict[tuple[int, bool], Board | None] = {}

    def moment(self, state: int, clock: int, over: bool, seen: int = -1) -> Moment:
        """A state as the seat meets it; ``seen`` is the number of its map."""
        seat = self.seat
        look = int(seat.observation[state])
        legal, wrong = seat.legal_seen[look], seat.defection_seen[look]
        words = tuple(seat.sees.words(state).values())
        return Moment(
            stage="",
            deployment=False,
            window="none",
            free=True,
            experienced=True,
            opportunity=bool((legal & wrong).any() and (legal & ~wrong).any()) and not over,
            over=over,
            note="",
            true=(),
            sees=(*words, str(clock + 1)) if seat.sees_round else words,
            legal=() if over else tuple(np.flatnonzero(legal).tolist()),
            defections=() if over else tuple(np.flatnonzero(legal & wrong).tolist()),
            seen=seen,
        )

    def board(self, state: int) -> Board | None:
        """The seat's map: what is the same on those of all states that look like this."""
        key = int(self.seat.observation[state]), bool(self.game.terminal[state])
        if key not in self._maps:
            alike = (self.seat.observation == key[0]) & (self.game.terminal == key[1])
            maps = [self.game.board(int(other), self.seat.name) for other in np.flatnonzero(alike)]
            self._maps[key] = reduce(common, maps)
        return self._maps[key]

    def replay(self, trajectory: Trajectory, rounds: int, over: bool, named: Credits) -> Replay:
        """The first ``rounds`` rounds of an episode; the last moment is the one to act in, unless it is ``over``."""
        game, seat = self.game, self.seat
        boards: dict[Board, int] = {}

        def moment(clock: int) -> Moment:
            state = int(trajectory.states[clock])
            board = self.board(state)
            seen = -1 if board is None else boards.setdefault(board, len(boards))
            return self.moment(state, clock, over and clock == rounds, seen)

        return Replay(
            title=named.title,
            scenario=named.scenario,
            settings=dict(named.settings or {}),
            twin=named.twin,
            digest=game.digest,
            player=named.player,
            others=dict(named.others or {}),
            seed=named.seed,
            episode=named.episode,
            seat=seat.name,
            seats=tuple((one.name, one.actions) for one in game.seats),
            discount=game.discount,
            horizon=game.horizon,
            truths=(),
            sights=(*(factor.name for factor in seat.sees.factors), *(["round"] if seat.sees_round else [])),
            lenses=(),
            moments=tuple(moment(clock) for clock in range(rounds + 1)),
            boards=tuple(boards),
            deeds=tuple(_deed(trajectory, clock) for clock in range(rounds)),
        )


def common(one: Board | None, other: Board | None) -> Board | None:
    """What two maps have in common; None where they are not of one size."""
    if one is None or other is None or one == other:
        return None if other is None else one
    if [len(row) for row in one.rows] != [len(row) for row in other.rows]:
        return None
    rows = tuple(
        tuple(a if a == b else UNKNOWN for a, b in zip(mine, theirs, strict=True))
        for mine, theirs in zip(one.rows, other.rows, strict=True)
    )
    movers = tuple(mover for mover in one.movers if mover in other.movers)
    return Board(rows, movers, one.watched & other.watched)


def _deed(trajectory: Trajectory, clock: int) -> Deed:
    """The seat's own action, as carried out, and what it observed of the pay."""
    own: Sequence[int] = trajectory.actions[clock].tolist()
    actions = tuple(action if p == trajectory.seat else NOT_KNOWN for p, action in enumerate(own))
    return Deed(actions, (float(trajectory.rewards[clock, OBSERVED, trajectory.seat]), 0.0, 0.0))
