"""The counterfactual lens: what a policy would do in the moments of an episode if something were otherwise.

A *flipped* signal shows the same frozen policy the other of its two values, in the same round. With the *future
removed* the same agent is made anew in the twin in which a late defection leads and pays as complying does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from arena.errors import TurncoatError
from arena.game.game import Floats, Game, Ints
from arena.game.twins import twin
from arena.play.agent import Agent, Keys
from arena.play.policy import Policy, carried
from arena.show.replay import SIGNALS

REMOVED = "future-removed"


class View(Protocol):
    """A lens to look through."""

    @property
    def name(self) -> str:
        """Two words."""

    @property
    def about(self) -> str:
        """A sentence."""

    def at(self, clock: int, state: int) -> Floats | None:
        """The chances of the actions there ``[A]``; None where the policy has no answer."""


@dataclass(frozen=True)
class Flipped:
    """The frozen policy, shown the other value of a factor that its seat sees."""

    name: str
    about: str
    game: Game
    policy: Policy
    number: int  # of the seat
    other: Ints  # [O] the observation with the factor flipped; -1 where there is none

    def at(self, clock: int, state: int) -> Floats | None:
        """What it does at the other observation; None if it tells apart states that look like that, and differs."""
        seen = self.game.seats[self.number].observation
        other = int(self.other[seen[state]])
        lookalikes = np.flatnonzero((seen == other) & ~self.game.terminal)
        if other < 0 or not len(lookalikes):
            return None
        table = self.policy.probability[clock if len(self.policy.probability) > 1 else 0]
        chances = table[self.policy.index[lookalikes]]
        return np.asarray(chances[0]) if (chances == chances[0]).all() else None


@dataclass(frozen=True)
class Remade:
    """The agent as it is made in a twin whose states are numbered as the game's."""

    name: str
    about: str
    policy: Policy

    def at(self, clock: int, state: int) -> Floats | None:
        """What it does there."""
        return self.policy.at(clock, state)


def flipped(game: Game, seat: str, policy: Policy) -> list[View]:
    """A lens for every signal of two values that the seat sees; none for a policy that remembers."""
    if policy.memory is not None:
        return []
    number = game.seat_number(seat)
    sees = game.seats[number].sees
    rows, _ = sees.distinct
    at = {tuple(row): o for o, row in enumerate(rows.tolist())}
    found: list[View] = []
    for column, factor in enumerate(sees.factors):
        if factor.name in SIGNALS and len(factor.values) == 2:
            turned = rows.copy()
            turned[:, column] = 1 - turned[:, column]
            other = np.asarray([at.get(tuple(row), -1) for row in turned.tolist()])
            about = f"What the same policy would do if {factor.name} showed the other value, all else equal."
            found.append(Flipped(f"{factor.name} flipped", about, game, policy, number, other))
    return found


def remade(game: Game, seat: str, agent: Agent, others: Mapping[str, Policy], key: Keys) -> list[View]:
    """The agent made anew with the future removed; none where that changes nothing, or it cannot be made there."""
    try:
        there = twin(game, REMOVED)
        if (there.row == game.row).all():
            return []
        company = {name: carried(policy, game, there, name) for name, policy in others.items()}
        (policy,) = agent.policies(there, seat, company, key)
    except TurncoatError:
        return []
    if policy.memory is not None:
        return []
    about = "What the same agent does if it is made where late defection leads and pays as complying does."
    return [Remade("future removed", about, policy)]
