"""From a game to a replay: what happened, put into words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from arena.game.board import Board
from arena.game.game import WINDOWS, Floats, Game
from arena.play.trajectory import Trajectory
from arena.show.lens import View
from arena.show.replay import Deed, Lens, Moment, Replay
from arena.spec import Setting

PLACES = 6
"""Decimals that a probability is kept to."""


@dataclass(frozen=True)
class Credits:
    """What a game does not know of itself: names."""

    title: str
    scenario: str = ""
    settings: Mapping[str, Setting] | None = None
    twin: str = ""
    player: str = ""
    others: Mapping[str, str] | None = None
    seed: int = 0
    episode: int = 0
    kind: str = ""
    exact: Mapping[str, float] | None = None


class Film:
    """A replay as it is being made: begin in a state, then add a round after each that is played."""

    def __init__(self, game: Game, seat: str, named: Credits, lenses: Sequence[View] = ()) -> None:
        """Nothing has been recorded. ``lenses`` are looked through at every moment."""
        self.game, self.seat, self.named, self.lenses = game, game.seat_number(seat), named, tuple(lenses)
        self._boards: dict[Board, int] = {}
        self._moments: list[Moment] = []
        self._deeds: list[Deed] = []

    def begin(self, state: int, chances: Floats | None = None) -> None:
        """An episode begins in a state; what was recorded before is forgotten."""
        self._deeds, self._boards = [], {}
        self._moments = [self._moment(state, 0, chances)]

    def round(
        self,
        actions: Sequence[int],
        rewards: Floats,
        state: int,
        chances: Floats | None = None,
        update: Floats | None = None,
    ) -> None:
        """A round was played. ``rewards [channel, P]``; ``state`` is where it led, ``chances`` what is done there."""
        pays = tuple(float(rewards[channel, self.seat]) for channel in range(3))
        changed = () if update is None else tuple(round(float(p), PLACES) for p in update)
        self._deeds.append(Deed(tuple(int(a) for a in actions), (pays[0], pays[1], pays[2]), changed))
        self._moments.append(self._moment(state, len(self._deeds), chances))

    def replay(self) -> Replay:
        """All that was recorded so far."""
        game, seat, named = self.game, self.game.seats[self.seat], self.named
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
            truths=tuple(factor.name for factor in game.truth.factors),
            sights=(*(factor.name for factor in seat.sees.factors), *(["round"] if seat.sees_round else [])),
            lenses=tuple(Lens(view.name, view.about) for view in self.lenses),
            boards=tuple(self._boards),
            moments=tuple(self._moments),
            deeds=tuple(self._deeds),
            kind=named.kind,
            exact=dict(named.exact or {}),
        )

    def _moment(self, state: int, clock: int, chances: Floats | None) -> Moment:
        game, seat = self.game, self.game.seats[self.seat]
        over = bool(game.terminal[state]) or clock >= game.horizon
        legal = np.flatnonzero(seat.legal[state])
        sees = tuple(seat.sees.words(state).values())
        return Moment(
            stage=game.stages[game.stage[state]],
            deployment=bool(game.deployment[state]),
            window=WINDOWS[game.window[state]],
            free=bool(game.free[state]),
            experienced=bool(game.experienced[state]),
            opportunity=bool(game.opportunity(self.seat)[state]) and not over,
            over=over,
            note=game.notes[game.note[state]],
            true=tuple(game.truth.words(state).values()),
            sees=(*sees, str(clock + 1)) if seat.sees_round else sees,
            legal=() if over else tuple(legal.tolist()),
            defections=() if over else tuple(int(a) for a in legal if seat.defection[state, a]),
            chances=_kept(None if over else chances),
            lenses=() if over else tuple(_kept(view.at(clock, state)) for view in self.lenses),
            board=self._board(game.board(state)),
            seen=self._board(game.board(state, seat.name)),
        )

    def _board(self, board: Board | None) -> int:
        return -1 if board is None else self._boards.setdefault(board, len(self._boards))


def film(trajectory: Trajectory, named: Credits, lenses: Sequence[View] = ()) -> Replay:
    """The replay of a trajectory."""
    game = trajectory.game
    made = Film(game, game.seats[trajectory.seat].name, named, lenses)
    chances: list[Floats | None] = [*trajectory.chances, None]
    made.begin(int(trajectory.states[0]), chances[0])
    for t in range(trajectory.rounds):
        update = trajectory.updates[t] if trajectory.updates is not None else None
        made.round(
            trajectory.actions[t].tolist(),
            trajectory.rewards[t],
            int(trajectory.states[t + 1]),
            chances[t + 1],
            update,
        )
    replay = made.replay()
    last = replace(replay.moments[-1], opportunity=False, over=True, legal=(), defections=(), lenses=())
    return replace(replay, moments=(*replay.moments[:-1], last))


def _kept(chances: Floats | None) -> tuple[float, ...]:
    return () if chances is None else tuple(round(float(p), PLACES) for p in chances)
