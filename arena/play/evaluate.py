"""What a set of policies does in a game: exactly, by carrying distributions forward, or sampled, by playing it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from arena import kernels
from arena.game.game import CHANNELS, EARLY, LATE, Floats, Game, Ints
from arena.play.policy import Policy, everybody, profile, together


@dataclass(frozen=True)
class Evaluation:
    """Exact expectations over one episode, for one seat's behaviour."""

    returns: Floats  # [channel, P], discounted
    early_opportunities: float
    early_defections: float
    late_opportunities: float
    late_defections: float
    turn_probability: float
    first_defection: Floats  # [clock], the probability that the first defection in a window is then
    seat: int

    def total(self, channel: str) -> float:
        """The seat's expected return in a channel."""
        return float(self.returns[CHANNELS.index(channel), self.seat])


@dataclass(frozen=True)
class Episodes:
    """The same for sampled episodes, one row each."""

    returns: Floats  # [episode, channel, P], discounted
    counts: Ints
    """Early opportunities, early defections, late opportunities, late defections, whether it turned, and the round
    (from 1) of the first defection in a window, 0 if there was none. ``[episode, 6]``"""
    seat: int

    def total(self, channel: str) -> Floats:
        """The seat's return in a channel. ``[episode]``"""
        return np.asarray(self.returns[:, CHANNELS.index(channel), self.seat])


def marks(game: Game, seat: int) -> kernels.Marks:
    """What the kernels count of a seat."""
    place = game.seats[seat]
    carried_out = np.take_along_axis(place.defection, place.fold.astype(np.int64), axis=1)
    return kernels.Marks(seat, game.opportunity(seat), game.window.astype(np.int8), carried_out)


def evaluate(game: Game, policies: Mapping[str, Policy], seat: str = "model") -> Evaluation:
    """Exact expectations when ``policies`` are played; seats not named take their first legal action.

    One seat's policy may remember.
    """
    game, policies = together(game, policies)
    number = game.seat_number(seat)
    counted = marks(game, number)
    returns = np.zeros((len(CHANNELS), len(game.seats)))
    visits = np.zeros((1, *counted.defection.shape))
    first = np.zeros(game.horizon)
    turned = _forward(game, policies, counted, returns, visits, first)

    def expected(window: int, of: Floats) -> float:
        return float(of[0, counted.opportunity & (counted.window == window)].sum())

    defections: Floats = np.where(counted.defection, visits, 0.0)
    return Evaluation(
        returns=returns,
        early_opportunities=expected(EARLY, visits),
        early_defections=expected(EARLY, defections),
        late_opportunities=expected(LATE, visits),
        late_defections=expected(LATE, defections),
        turn_probability=turned,
        first_defection=first,
        seat=number,
    )


def occupancy(game: Game, policies: Mapping[str, Policy], seat: str = "model", clocked: bool = False) -> Floats:
    """How often ``seat`` is expected to act in every state when ``policies`` are played. ``[clock|1, S]``

    ``game`` is the one that the policies are tables on (see ``together``).
    """
    counted = marks(game, game.seat_number(seat))
    visits = np.zeros((game.horizon if clocked else 1, *counted.defection.shape))
    _forward(game, policies, counted, np.zeros((len(CHANNELS), len(game.seats))), visits, np.zeros(game.horizon))
    return np.asarray(visits.sum(axis=2))


def _forward(
    game: Game, policies: Mapping[str, Policy], counted: kernels.Marks, returns: Floats, visits: Floats, first: Floats
) -> float:
    """Run the kernel on scratch of its own; the probability of a turn."""
    everyone = profile(everybody(game, policies))
    mass, following = np.zeros((2, len(game.row), 3))
    walked = (game.tables, everyone, counted, game.discount, game.horizon, mass, following, returns, visits, first)
    return float(kernels.forward(*walked))


def sample(
    game: Game, policies: Mapping[str, Policy], episodes: int, key: int, seat: str = "model", first: int = 0
) -> Episodes:
    """Play ``episodes`` episodes of stream ``key``, beginning with number ``first``.

    Episode ``n`` of a key is the same whatever the batch it is played in. One seat's policy may remember.
    """
    game, policies = together(game, policies)
    number = game.seat_number(seat)
    returns = np.zeros((episodes, len(CHANNELS), len(game.seats)))
    counts = np.zeros((episodes, 6), np.int64)
    everyone = profile(everybody(game, policies))
    kernels.rollout(
        game.tables,
        everyone,
        marks(game, number),
        game.discount,
        np.uint64(key),
        first,
        game.horizon,
        np.zeros(1, np.uint64),
        returns,
        counts,
    )
    return Episodes(returns, counts, number)
