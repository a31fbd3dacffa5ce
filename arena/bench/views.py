"""One copy at a time through a Python interface: what a round costs beside the rules."""

from typing import Any

import numpy as np

from arena.adapters.parallel import parallel_env
from arena.bench.row import Row, compare

ROUNDS = 4000


def against_rps() -> Row:
    """PettingZoo's own smallest game, rock-paper-scissors, through the same parallel interface."""
    from pettingzoo.classic.rps.rps import parallel_env as rps

    ours, theirs = compare(playing(parallel_env("deferral-ladder")), playing(rps()), repeats=9)
    what, peer = "deferral-ladder, PettingZoo parallel view", "PettingZoo rps, parallel"
    return Row(what, peer, ROUNDS / ours, ROUNDS / theirs, target=4.0)


def playing(env: Any) -> Any:
    """A function that plays rounds, resets included, of a game whose agents all have two actions or more."""
    env.reset(seed=0)
    numbers = np.random.default_rng(0).integers(0, 2, (ROUNDS, len(env.possible_agents))).tolist()
    actions = [dict(zip(env.possible_agents, row, strict=True)) for row in numbers]

    def play() -> None:
        for chosen in actions:
            if not env.agents:
                env.reset()
            env.step(chosen)

    return play
