"""When a learner's parameters are updated: the central experimental axis.

A regime reads the true phase of every state; a learner never does.
"""

from enum import StrEnum

import numpy as np

from arena.errors import TurncoatError, nearest
from arena.game.game import Bools, Game


class Regime(StrEnum):
    """When parameters change."""

    ONLINE = "online"
    """After every timestep, in every phase: for the learner there is no deployment."""
    FROZEN = "frozen"
    """After every timestep until deployment begins, and not in deployment; the next episode goes on from there."""
    BATCH = "batch"
    """Only between batches of whole episodes; what is measured at the end is the policy as it then stands."""
    REOPTIMISED = "reoptimised"
    """Set to the optimum of an objective before every action, episode, stage, or every so many episodes."""


def regime(text: str, allowed: dict[Regime, str | None], owner: str) -> Regime:
    """The regime called ``text``, if it makes sense for the learner called ``owner``.

    Args:
        text: what was asked for.
        allowed: every regime, with None if it makes sense or the reason why it does not.
        owner: the learner, for the error.

    Raises:
        TurncoatError: there is no such regime, or it makes no sense here; the reason is given.
    """
    if text not in list(Regime):
        raise TurncoatError(f"{owner}: there is no regime {text!r}{nearest(text, [one.value for one in Regime])}")
    found = Regime(text)
    if (reason := allowed[found]) is not None:
        raise TurncoatError(f"{owner}: regime {found} is refused: {reason}")
    return found


def updates(game: Game, regime: Regime) -> Bools:
    """The states whose steps are learned from: experienced, and under ``frozen`` in training besides. ``[S]``"""
    return np.asarray(game.experienced & ~game.deployment if regime is Regime.FROZEN else game.experienced)
