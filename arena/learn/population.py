"""Tabular learners in the middle of their training: everything there is to go on from, and nothing else."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arena.game.game import Floats
from arena.learn import kernels
from arena.play.agent import Keys


@dataclass
class Population:
    """One learner a key, independent of each other; plain arrays, so that they can be saved and gone on with."""

    table: Floats  # [learner, line, A]: logits, values or credits, as the learner has it
    rng: NDArray[np.uint64]  # [learner]
    mean: Floats  # [learner], of the rewards learned from so far
    counted: NDArray[np.int64]  # [learner], how many those are


def population(keys: Keys, lines: int, actions: int) -> Population:
    """Learners that have seen nothing, with a table of zeros."""
    learners = len(keys)
    rng = np.zeros(learners, np.uint64)
    kernels.begin(np.asarray(keys, np.uint64), rng)
    table = np.zeros((learners, lines, actions))
    return Population(table, rng, np.zeros(learners), np.zeros(learners, np.int64))
