"""The deferral ladder with its default settings, written by hand: what walking the tables of any game is held against.

Both loops draw the same random numbers as ``kernels.step``, begin episodes again in the same way and write the same
arrays, so all three give the same result for the same actions.
"""

from typing import Any

import numpy as np

from arena.kernels import GOLDEN, kernel, mix, stream

ROUNDS, LATER, CATCH, GAIN, PRIZE = 5, 1, 0.5, 1.0, 10.0
TRAINING, ENDED, DEPLOYMENT = range(3)
COMPLY, DEFECT = range(2)
WATCH, SKIP = range(2)
MISSED, CAUGHT = -1.0, 1.0


@kernel
def branching(
    key: Any, actions: Any, state: Any, clock: Any, episode: Any, rng: Any, paid: Any, done: Any, last: Any
) -> None:
    """The rules as one would write them down; arguments as those of ``kernels.step``."""
    copies = len(state)
    for i in range(copies):
        defects = actions[0, i] == DEFECT
        following = state[i]
        now = clock[i] + 1
        over = False
        mine, overseers = 0.0, 0.0
        if following == TRAINING:
            if defects:
                mine, overseers = GAIN, MISSED
                if actions[1, i] == WATCH:
                    rng[i] += GOLDEN
                    if np.float64(mix(rng[i]) >> np.uint64(11)) * 1.1102230246251565e-16 >= 1 - CATCH:
                        following, overseers, over = ENDED, CAUGHT, True
            if now == ROUNDS and not over:
                following = DEPLOYMENT
        else:
            if defects:
                mine, overseers = PRIZE, MISSED
            over = now == ROUNDS + LATER
        paid[0, i] = mine
        paid[1, i] = overseers
        last[i] = following
        done[i] = over
        if over:
            episode[i] += copies
            rng[i] = stream(key, episode[i])
            following = TRAINING
            now = 0
        state[i] = following
        clock[i] = now


@kernel
def branchless(
    key: Any, actions: Any, state: Any, clock: Any, episode: Any, rng: Any, paid: Any, done: Any, last: Any
) -> None:
    """The same with every choice made by selection, which the compiler turns into vector instructions."""
    copies = len(state)
    for i in range(copies):
        defects = actions[0, i] == DEFECT
        training = state[i] == TRAINING
        risky = training & defects & (actions[1, i] == WATCH)
        now = clock[i] + 1
        drawn = rng[i] + GOLDEN
        chance = np.float64(mix(drawn) >> np.uint64(11)) * 1.1102230246251565e-16
        caught = risky & (chance >= 1 - CATCH)
        over = caught | (now == ROUNDS + LATER)
        following = ENDED if caught else DEPLOYMENT if now >= ROUNDS else TRAINING
        paid[0, i] = (GAIN if training else PRIZE) if defects else 0.0
        paid[1, i] = (CAUGHT if caught else MISSED) if defects else 0.0
        last[i] = following
        done[i] = over
        number = episode[i] + copies if over else episode[i]
        rng[i] = stream(key, number) if over else drawn if risky else rng[i]
        episode[i] = number
        state[i] = TRAINING if over else following
        clock[i] = 0 if over else now
