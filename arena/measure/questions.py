"""What an agent is asked when its manners are looked at: for policies in small games, and how answers are compared."""

import hashlib
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from typing import Any

import numpy as np

from arena.errors import TurncoatError
from arena.game.game import Game
from arena.game.scenario import find
from arena.play.agent import Agent, Keys
from arena.play.policy import TOLERANCE, Policy, everybody, view
from arena.plugins import trusted
from arena.spec import Setting

SEAT = "model"
KEYS: Keys = np.asarray([3, 1, 4, 1], np.uint64)  # one of them twice
SMALLER: Mapping[str, dict[str, Setting]] = {"link-to-the-past": {"layout": "62/40/58", "rounds": 8}}
"""Settings that make a large scenario small enough to be asked about many times."""


def small(name: str) -> Game:
    """The game of a scenario, by its name or path; a TurncoatError if there is none, or no seat for a model in it."""
    game = find(name, trusted()).compile(**SMALLER.get(name, {}))
    game.seat_number(SEAT)
    return game


def others(game: Game) -> dict[str, Policy]:
    """Policies of all other seats: every legal action alike."""
    told = [view(game, seat.name) for seat in game.seats if seat.name != SEAT]
    return {one.seat: one.table(one.legal / one.legal.sum(axis=1, keepdims=True)) for one in told}


def ask(
    agent: Agent, game: Game, keys: Keys | None = None, beside: Mapping[str, Policy] | None = None
) -> Sequence[Policy]:
    """The agent's policies, for ``KEYS`` if no others are given. What it prints goes to stderr."""
    keys = KEYS.copy() if keys is None else keys
    with redirect_stdout(sys.stderr):
        return agent.policies(game, SEAT, others(game) if beside is None else beside, keys)


def wrong(game: Game, policies: Sequence[Policy], keys: Keys = KEYS) -> str:
    """What is wrong with an answer, if anything is."""
    if not isinstance(policies, Sequence) or len(policies) != len(keys):
        return f"for {len(keys)} keys it gives {len(policies) if isinstance(policies, Sequence) else policies} policies"
    for policy in policies:
        if not isinstance(policy, Policy):
            return f"it gives {type(policy).__name__} for a policy"
        chances = policy.probability
        if not np.isfinite(chances).all() or (chances < 0).any() or (abs(chances.sum(axis=-1) - 1) > TOLERANCE).any():
            return "chances that are negative or do not sum to one"
        try:
            everybody(policy.memory.game if policy.memory else game, {SEAT: policy})
        except TurncoatError as error:
            return str(error)
    return ""


def digest(policies: Sequence[Policy]) -> str:
    """A hash of all that is in some policies."""
    hasher = hashlib.sha256()
    for policy in policies:
        for array in (policy.probability, policy.index):
            _update(hasher, array)
    return hasher.hexdigest()


def handed(game: Game, beside: Mapping[str, Policy]) -> str:
    """A hash of every array that an agent is handed, and of those made of them."""
    hasher = hashlib.sha256()
    parts: list[Any] = [getattr(game, name) for name in game.__dataclass_fields__]
    for seat in game.seats:
        parts += [seat.legal, seat.defection, seat.fold, seat.legal_seen, seat.defection_seen, seat.tempted]
        parts += [seat.sees.index, *seat.sees.distinct]
    parts += [game.truth.index, *game.tables]
    for policy in beside.values():
        parts += [policy.probability, policy.index]
    for array in parts:
        if isinstance(array, np.ndarray):
            _update(hasher, array)
    return hasher.hexdigest()


def _update(hasher: Any, array: Any) -> None:
    hasher.update(repr((array.shape, array.dtype)).encode() + np.ascontiguousarray(array).tobytes())
