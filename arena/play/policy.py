"""A policy as a table: the probability of every action for every clock and every observation (or state)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from arena.errors import TurncoatError
from arena.game.game import Bools, Factor, Floats, Game, Ints, Seat
from arena.game.unroll import Unrolled
from arena.kernels import Profile

TOLERANCE = 1e-9


class PolicyError(TurncoatError):
    """A policy that is none, or none of this game."""


@dataclass(frozen=True)
class Policy:
    """Probabilities ``[clock, row, action]`` and the row that each state reads, ``index[state]``.

    The clock axis has length 1 where the policy does not depend on the round, else the horizon. A row is an
    observation for whoever plays through a seat's eyes, a state for a planner that sees all. A probability on an
    action that is illegal in a state goes to the one it folds to (``Seat.fold``).

    A policy that remembers is a table on the game unrolled over what its seat remembers, its ``memory``; ``index`` is
    then over the states of ``memory.game``. ``evaluate``, ``sample`` and ``record`` take it beside others of the
    game itself (see ``together``).
    """

    probability: Floats  # [clock, row, A]
    index: Ints  # [S]
    memory: Unrolled | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        sums = self.probability.sum(axis=-1)
        if not (np.abs(sums - 1) <= TOLERANCE).all() or self.probability.min(initial=0.0) < 0:
            raise PolicyError("a policy's probabilities must be non-negative and sum to one in every row")

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


def remembering(memory: Unrolled, probability: Floats) -> Policy:
    """The policy that remembers, from the chances ``[N, A]`` of its actions in every information state."""
    actions = probability.shape[1]
    asked = np.where(memory.information < 0, len(memory), memory.information)
    return Policy(np.vstack((probability, np.full(actions, 1 / actions)))[None], asked, memory)


def together(game: Game, policies: Mapping[str, Policy]) -> tuple[Game, dict[str, Policy]]:
    """The game that policies of ``game`` can be played in together, and their tables in it.

    That is ``game`` itself unless one of them remembers; then it is the unrolled game of that one, in which the
    others do at every state what they do at the state it stands for. It has the same value of everything.

    Raises:
        TurncoatError: two seats remember, or one remembers another game.
    """
    memories = {name: policy.memory for name, policy in policies.items() if policy.memory is not None}
    if not memories:
        return game, dict(policies)
    if len(memories) > 1:
        raise TurncoatError(f"{game.name}: only one seat may remember at a time, not {' and '.join(memories)} both")
    ((name, memory),) = memories.items()
    if game is memory.game:
        return game, dict(policies)
    if memory.original is not game and memory.original.digest != game.digest:
        raise TurncoatError(f"{game.name}: the policy of {name} remembers another game, {memory.original.name}")
    if memory.seat != name:
        raise TurncoatError(f"{game.name}: a policy with the memory of {memory.seat} cannot play {name}")
    return memory.game, {
        other: policy if policy.memory is memory else replace(policy, index=policy.index[memory.state])
        for other, policy in policies.items()
    }


def carried(policy: Policy, game: Game, twin: Game, seat: str) -> Policy:
    """A frozen copy of a policy of ``game`` for its seat in a twin (``arena.game.twins``), by what the seat sees there.

    What it never saw in ``game`` it answers uniformly: everything, where it no longer sees the round. A policy that
    tells apart states that look alike goes by the state as before, whatever is seen.

    Raises:
        TurncoatError: a policy that remembers; it is a table over the histories of ``game`` alone.
    """
    if policy.memory is not None:
        raise TurncoatError(f"{game.name}: a policy that remembers cannot be carried into a twin; fit it there")
    here, there = game.seats[game.seat_number(seat)], view(twin, seat)
    origin = np.arange(len(twin.row)) // (len(twin.row) // len(game.row))
    rows = np.full(here.observations, -1)
    rows[here.observation] = policy.index
    if (rows[here.observation] != policy.index).any():
        return replace(policy, index=policy.index[origin])
    known = {_words(here.sees.factors, line): int(row) for line, row in zip(here.sees.distinct[0], rows, strict=True)}
    factors = twin.seats[twin.seat_number(seat)].sees.factors
    if here.sees_round and not there.sees_round:
        known = {}
    unseen = policy.probability.shape[1] + np.arange(len(there.rows))
    line = [known.get(_words(factors, row), int(new)) for row, new in zip(there.rows, unseen, strict=True)]
    uniform = there.legal / there.legal.sum(axis=1, keepdims=True)
    clocks = len(policy.probability)
    table = np.concatenate((policy.probability, np.broadcast_to(uniform, (clocks, *uniform.shape))), axis=1)
    return Policy(table, np.asarray(line)[there.index])


def _words(factors: tuple[Factor, ...], row: Ints) -> tuple[tuple[str, str], ...]:
    return tuple((factor.name, factor.values[place]) for factor, place in zip(factors, row, strict=True))


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
    for name, policy in policies.items():
        if policy.memory is not None and policy.memory.game is not game:
            raise TurncoatError(
                f"{game.name}: a policy of {name} that remembers can be evaluated, sampled and watched; here only one "
                "without memory fits"
            )
    complete = [policies.get(seat.name) or first_legal(game, seat.name) for seat in game.seats]
    for seat, policy in zip(game.seats, complete, strict=True):
        clocks, lines, width = policy.probability.shape
        if clocks not in (1, game.horizon) or width != len(seat.actions) or len(policy.index) != len(game.row):
            shape = policy.probability.shape
            raise PolicyError(f"{game.name}: a policy of shape {shape} does not fit the seat {seat.name!r}")
        if policy.index.min() < 0 or policy.index.max() >= lines:
            raise PolicyError(f"{game.name}: a policy for {seat.name!r} reads rows that its table does not have")
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
