"""Full re-optimisation for a stable-baselines3 learner: an update that goes on until it changes nothing any more."""

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from arena.game.game import Floats

log = logging.getLogger("turncoat")

PASS = 50
"""Gradient steps between two looks at whether an update stands still."""


class Certificate(NamedTuple):
    """How far the re-optimisations of one learner went."""

    change: float  # the greatest that the last two passes of the last of them made anywhere
    times: int  # how many there were
    unsettled: int  # how many of them were given up while changes were still greater than tolerated


def until_still(
    model: Any, answers: Callable[[], Floats], start: Callable[[], None], tolerance: float, passes: int
) -> None:
    """Make every update of ``model`` one to a standstill, with a fresh optimiser, over what it would learn from once.

    Args:
        model: the library's object; its ``train`` is replaced, and its ``certificate [3]`` kept up to date.
        answers: what is to stand still, as it is.
        start: called before every pass of ``PASS`` gradient steps.
        tolerance: an update is over when two passes in a row change nothing by more.
        passes: how many are made at most; with one alone it is never known to stand still.
    """
    once, model.certificate = model.train, np.zeros(len(Certificate._fields))

    def train(*given: Any, **named: Any) -> None:
        model.policy.optimizer.state.clear()
        before, change, last = answers(), np.inf, np.inf
        for _ in range(passes):
            start()
            until = model._n_updates + PASS
            while model._n_updates < until:
                once(*given, **named)
            now = answers()
            moved = float(np.abs(now - before).max())
            before, last, change = now, moved, max(moved, last)
            if change <= tolerance:
                break
        done = certificate(model.certificate)
        model.certificate = np.asarray([change, done.times + 1, done.unsettled + (change > tolerance)])

    model.train = train


def own_up(model: Any, name: str, tolerance: float) -> None:
    """Say so if the last re-optimisation of a learner called ``name`` was given up before it stood still."""
    if (change := certificate(model.certificate).change) > tolerance:
        log.warning("%s: given up before it stood still; its last two passes changed it by up to %.2g", name, change)


def certificate(array: Floats) -> Certificate:
    """The certificate that a learner or its snapshot holds. ``[3]``"""
    change, times, unsettled = array.tolist()
    return Certificate(change, int(times), int(unsettled))
