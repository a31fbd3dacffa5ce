"""The counterfactual lens: what a policy would do in the moments of an episode if something were otherwise.

A *flipped* signal shows the same frozen policy the other of its two values, in the same round. With the *future
removed* the same agent is made anew in the twin in which a late defection leads and pays as complying does. A learner
that is a table has no answer where it never was, whatever stands in the table there, and neither has a planner: it has
planned for nothing that cannot be met.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from arena.errors import TurncoatError
from arena.game.game import Bools, Floats, Game, Ints
from arena.game.twins import twin
from arena.game.validate import reachable
from arena.play.agent import Agent, Keys, Planner
from arena.play.flow import spread
from arena.play.policy import Policy, carried, everybody
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
    met: Bools | None = None  # [clock or 1, O] what its learner can have met; None for one that answers everywhere

    def at(self, clock: int, state: int) -> Floats | None:
        """What it does at the other observation; None where it never met that, or tells apart states that look so."""
        seen = self.game.seats[self.number].observation
        other = int(self.other[seen[state]])
        lookalikes = np.flatnonzero((seen == other) & ~self.game.terminal)
        if other < 0 or not len(lookalikes) or not _knows(self.met, clock, other):
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
    seen: Ints  # [S] the seat's observation
    met: Bools | None = None  # as of ``Flipped``

    def at(self, clock: int, state: int) -> Floats | None:
        """What it does there; None where it never was."""
        return self.policy.at(clock, state) if _knows(self.met, clock, int(self.seen[state])) else None


def _knows(met: Bools | None, clock: int, observation: int) -> bool:
    return met is None or bool(met[clock if len(met) > 1 else 0, observation])


def piecemeal(agent: Agent) -> bool:
    """Whether an agent, or the one that it wraps, has no answer where it has never been, or has planned for nothing."""
    while isinstance(within := getattr(agent, "agent", None), Agent):  # one that is kept, or counted
        agent = within
    return agent.piecemeal or isinstance(agent, Planner)


def met(game: Game, seat: str, others: Mapping[str, Policy]) -> Bools | None:
    """What a seat may see in each round if it tries everything ``[clock, O]``, or ever, if it sees no clock ``[1, O]``.

    None where another seat remembers, and that is not worked out.
    """
    number = game.seat_number(seat)
    place = game.seats[number]
    if any(policy.memory is not None for policy in others.values()):
        return None
    found = np.zeros((game.horizon if place.sees_round else 1, int(place.observation.max()) + 1), np.bool_)
    if not place.sees_round:
        found[0, place.observation[reachable(game)]] = True
        return found
    tries = place.legal / np.maximum(place.legal.sum(axis=1, keepdims=True), 1)
    for clock, here, _ in spread(game, number, everybody(game, others), [tries]):
        found[clock, place.observation[here]] = True
    return found


def flipped(
    game: Game, seat: str, policy: Policy, agent: Agent | None = None, others: Mapping[str, Policy] | None = None
) -> list[View]:
    """A lens for every signal of two values that the seat sees; none for a policy that remembers.

    Of an ``agent`` that is a table there is no answer to what it cannot have met with these ``others``.
    """
    if policy.memory is not None:
        return []
    number = game.seat_number(seat)
    sees = game.seats[number].sees
    rows, _ = sees.distinct
    at = {tuple(row): o for o, row in enumerate(rows.tolist())}
    known = met(game, seat, others or {}) if agent is not None and piecemeal(agent) else None
    found: list[View] = []
    for column, factor in enumerate(sees.factors):
        if factor.name in SIGNALS and len(factor.values) == 2:
            turned = rows.copy()
            turned[:, column] = 1 - turned[:, column]
            other = np.asarray([at.get(tuple(row), -1) for row in turned.tolist()])
            about = f"What the same policy would do if {factor.name} showed the other value, all else equal."
            found.append(Flipped(f"{factor.name} flipped", about, game, policy, number, other, known))
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
    return through(there, seat, agent, policy, company)


def through(there: Game, seat: str, agent: Agent, policy: Policy, others: Mapping[str, Policy]) -> list[View]:
    """The lens of a policy that an agent was made into in the twin ``there``; none if it remembers."""
    if policy.memory is not None:
        return []
    about = "What the same agent does if it is made where defecting late gains nothing over complying."
    known = met(there, seat, others) if piecemeal(agent) else None
    return [Remade("future removed", about, policy, there.seats[there.seat_number(seat)].observation, known)]
