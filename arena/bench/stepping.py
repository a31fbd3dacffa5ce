"""Many copies stepped at once, given the actions: the tables of any game against code for one."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arena import kernels
from arena.bench.row import Row, compare
from arena.game.game import Game
from arena.game.scenario import find
from arena.play.stepper import Stepper

Actions = NDArray[np.int64]
COPIES, BATCHES, ROUNDS = 1024, 64, 2000
WHAT = f"deferral-ladder, {COPIES:,} copies"
STEPS = COPIES * ROUNDS


def drawn_actions(seats: int) -> Actions:
    """Uniform actions of games with two actions a seat, drawn beforehand. ``[batch, P, copies]``"""
    return np.random.default_rng(0).integers(0, 2, (BATCHES, seats, COPIES))


def stepping(game: Game) -> Callable[[], None]:
    """Our side: rewards, ends and states of every copy; looking observations up is not part of it."""
    stepper, actions = Stepper(game, COPIES, 0), drawn_actions(2)

    def play() -> None:
        for batch in range(ROUNDS):
            stepper.step(actions[batch % BATCHES])

    return play


def against_cartpole() -> Row:
    """Gymnasium's own batched environment: physics in NumPy, where it makes its observations as well."""
    from gymnasium.envs.classic_control.cartpole import CartPoleVectorEnv

    peer, actions = CartPoleVectorEnv(COPIES), drawn_actions(1)[:, 0]
    peer.reset(seed=0)

    def play() -> None:
        for batch in range(ROUNDS):
            peer.step(actions[batch % BATCHES])

    ours, theirs = compare(stepping(find("deferral-ladder").compile()), play, repeats=9)
    return Row(WHAT, f"Gymnasium CartPoleVectorEnv, {COPIES:,} copies", STEPS / ours, STEPS / theirs, target=5.0)


def against_a_loop() -> Row:
    """A compiled loop with the rules of this one game in it."""
    from arena.bench.ladder import branching

    return _against(branching, "the game as a numba loop of its own", target=0.4)


def against_a_vectorised_loop() -> Row:
    """The same loop without a branch, which no walk through tables can follow: it leaves out all memory but its own."""
    from arena.bench.ladder import branchless

    return _against(branchless, "the same loop, written to be vectorised", target=None)


def _against(loop: Callable[..., None], name: str, target: float | None) -> Row:
    play = by_hand(loop, COPIES, drawn_actions(2))
    ours, theirs = compare(stepping(find("deferral-ladder").compile()), lambda: play(ROUNDS), repeats=9)
    return Row(WHAT, name, STEPS / ours, STEPS / theirs, target)


def by_hand(loop: Callable[..., None], copies: int, actions: Actions) -> Callable[[int], tuple[NDArray[Any], ...]]:
    """A function that plays some rounds of stream 0 by a loop of ``ladder`` and gives the arrays it leaves behind.

    They are those of a ``Stepper``: state, clock, episode, observed reward, done, last state.
    """
    state, last, clock = (np.zeros(copies, np.int32) for _ in range(3))
    episode, rng, key = np.arange(copies), np.zeros(copies, np.uint64), np.uint64(0)
    paid, done = np.zeros((2, copies)), np.zeros(copies, np.bool_)
    kernels.reset(find("deferral-ladder").compile().tables, key, state, clock, episode, rng)

    def play(rounds: int) -> tuple[NDArray[Any], ...]:
        for batch in range(rounds):
            loop(key, actions[batch % len(actions)], state, clock, episode, rng, paid, done, last)
        return state, clock, episode, paid, done, last

    return play
