"""A policy as a table: the probability of every action for every clock and every observation (or state)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from arena.errors import TurncoatError
from arena.game.game import Bools, Floats, Game, Ints, Seat
from arena.kernels import Profile

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Policy:
    """Probabilities ``[clock, row, action]`` and the row that each state reads, ``index[state]``.

    The clock axis has length 1 where the policy does not depend on the round, else the horizon. A row is an
    observation for whoever plays through a seat's eyes, a state for a planner that sees all. A probability on an
    action that is illegal in a state goes to the one it folds to (``Seat.fold``).
    """

    probability: Floats  # [clock, row, A]
    index: Ints  # [S]

    def __post_init__(self) -> None:
        sums = self.probability.sum(axis=-1)
        if not (np.abs(sums - 1) <= TOLERANCE).all() or self.probability.min(initial=0.0) < 0:
            raise TurncoatError("a policy's probabilities must be non-negative and sum to one in every row")

    def at(self, clock: int, state: int) -> Floats:
        """The probabilities of the actions in a state at a clock. ``[A]``"""
        return np.asarray(self.probability[clock if len(self.probability) > 1 else 0, self.index[state]])

    @cached_property
    def cumulative(self) -> Floats:
        """Running sums over the actions, as the kernels compare them."""
        return np.cumsum(self.probability, axis=-1)


@dataclass(frozen=True)
class View:
    """What an agent is told about its seat: what it can see and do, how long it lasts. Never the game."""

    seat: str
    actions: tuple[str, ...]
    factors: tuple[tuple[str, tuple[str, ...]], ...]  # name and the words for its values
    sees_round: bool
    horizon: int
    discount: float
    rows: Ints  # [O, factor]: every observation there is, as places in the factors' values
    legal: Bools  # [O, A]
    defection: Bools  # [O, A]: actions that the scenario calls defections in something that looks like this
    index: Ints  # [S] -> row, for tables to carry

    @property
    def clocks(self) -> int:
        """The length of the clock axis of a policy for this seat: the horizon if it sees the round, else 1."""
        return self.horizon if self.sees_round else 1

    def vectors(self) -> Ints:
        """Every observation as a vector of integers, the round last where it is seen. ``[clocks * O, factors]``

        A seat that sees nothing has one observation, a single zero.
        """
        rows = np.tile(self.rows, (self.clocks, 1))
        if not self.sees_round:
            return rows if rows.shape[1] else np.zeros((len(rows), 1), rows.dtype)
        return np.column_stack((rows, np.repeat(np.arange(self.clocks), len(self.rows)))).astype(rows.dtype)

    def table(self, probability: Floats) -> Policy:
        """A policy from probabilities ``[O, A]`` or ``[clock, O, A]``."""
        return Policy(probability if probability.ndim == 3 else probability[None], self.index)

    def always(self, choice: Ints) -> Policy:
        """The deterministic policy that takes ``choice[o]`` at observation ``o``."""
        return self.table(np.eye(len(self.actions))[choice])


def view(game: Game, seat: str) -> View:
    """What the agent in ``seat`` is told."""
    place: Seat = game.seats[game.seat_number(seat)]
    return View(
        seat=seat,
        actions=place.actions,
        factors=tuple((f.name, f.values) for f in place.sees.factors),
        sees_round=place.sees_round,
        horizon=game.horizon,
        discount=game.discount,
        rows=place.sees.distinct[0],
        legal=place.legal_seen,
        defection=place.defection_seen,
        index=place.observation,
    )


def first_legal(game: Game, seat: str) -> Policy:
    """The policy that always takes the first legal action: an overseer that always watches."""
    told = view(game, seat)
    return told.always(told.legal.argmax(axis=1))


def everybody(game: Game, policies: Mapping[str, Policy]) -> list[Policy]:
    """A policy for every seat in order; seats not named take their first legal action always.

    Raises:
        TurncoatError: a seat is named that the game does not have, or a table has the wrong shape for it.
    """
    for name in policies:
        game.seat_number(name)
    complete = [policies.get(seat.name) or first_legal(game, seat.name) for seat in game.seats]
    for seat, policy in zip(game.seats, complete, strict=True):
        clocks, _, width = policy.probability.shape
        if clocks not in (1, game.horizon) or width != len(seat.actions) or len(policy.index) != len(game.row):
            shape = policy.probability.shape
            raise TurncoatError(f"{game.name}: a policy of shape {shape} does not fit the seat {seat.name!r}")
    return complete


def profile(policies: Sequence[Policy]) -> Profile:
    """Lay the policies of all seats end to end for the kernels."""
    sizes = [policy.probability.size for policy in policies]
    return Profile(
        probability=np.concatenate([policy.probability.reshape(-1) for policy in policies]),
        cumulative=np.concatenate([policy.cumulative.reshape(-1) for policy in policies]),
        offset=np.concatenate(([0], np.cumsum(sizes)[:-1])).astype(np.int64),
        lines=np.asarray([policy.probability.shape[1] for policy in policies], np.int64),
        width=np.asarray([policy.probability.shape[2] for policy in policies], np.int64),
        clocked=np.asarray([policy.probability.shape[0] > 1 for policy in policies]),
        line=np.stack([policy.index for policy in policies]).astype(np.int32),
    )
