"""Many copies of a game side by side, stepped a round at a time as arrays."""

import numpy as np
from numpy.typing import NDArray

from arena import kernels
from arena.errors import TurncoatError
from arena.game.game import Bools, Floats, Game, Ints


class Stepper:
    """``copies`` copies of a game and where each of them is.

    Copy ``i`` of ``n`` plays episodes i, i + n, i + 2n, ... of stream ``key``, each with randomness of its own, so an
    episode does not depend on how many copies run beside it. If every seat's actions come from ``choose``, in the order
    of the seats, the episodes are those that ``sample`` and ``record`` play.

    A copy whose episode ends begins its next one at once. An episode that begins in a terminal state takes one round
    that pays nothing.
    """

    state: NDArray[np.int32]  # [copies]
    clock: NDArray[np.int32]  # [copies] rounds played in this episode
    episode: NDArray[np.int64]  # [copies] number in the stream
    done: Bools  # [copies] whether the episode has just begun because the one before has ended

    def __init__(self, game: Game, copies: int, key: int) -> None:
        """Begin episodes 0 to ``copies`` - 1 of stream ``key``; a TurncoatError if ``copies`` is less than one."""
        if copies < 1:
            raise TurncoatError(f"{game.name}: there must be at least one copy, not {copies}")
        self.game, self.copies = game, copies
        self._tables = game.tables
        self.state = np.zeros(copies, np.int32)
        self.clock = np.zeros(copies, np.int32)
        self.episode = np.zeros(copies, np.int64)
        self.done = np.zeros(copies, np.bool_)
        self._rng = np.zeros(copies, np.uint64)
        self._paid = np.zeros((len(game.seats), copies))
        self._last = np.zeros(copies, np.int32)
        self._listed = np.zeros(copies, np.int32)
        self.begin(key)

    def begin(self, key: int) -> None:
        """Begin episodes 0 to ``copies`` - 1 of stream ``key``, a number from 0 to 2**64 - 1."""
        self._key = np.uint64(key)
        self.episode[:] = np.arange(self.copies)
        kernels.reset(self._tables, self._key, self.state, self.clock, self.episode, self._rng)
        self.done[:] = True

    def reset(self) -> None:
        """Go on to the next episode in every copy, leaving alone those that have just begun one of themselves."""
        self.episode[~self.done] += self.copies
        kernels.reset(self._tables, self._key, self.state, self.clock, self.episode, self._rng)
        self.done[:] = False

    def choose(self, everyone: kernels.Profile, seat: int, actions: Ints) -> None:
        """Draw a seat's actions from its policy into ``actions[seat]``, of an array ``[P, copies]``."""
        kernels.choose(everyone, seat, self.state, self.clock, self._rng, actions[seat])

    def step(self, actions: Ints) -> tuple[Floats, Bools, NDArray[np.int32]]:
        """Play one round in every copy; ``actions [P, copies]``, illegal ones carried out as what they fold to.

        Returns:
            The observed reward ``[P, copies]``, whether the episode ended ``[copies]``, and the state the round led to
            ``[copies]``: where the episode ended that is its last state, while ``state`` is the next one's first. The
            arrays are written over by the next round.

        Raises:
            TurncoatError: the shape is wrong or a number is not that of an action; then nothing has been done.
        """
        if actions.shape != self._paid.shape:
            raise TurncoatError(f"{self.game.name}: expected actions of shape {self._paid.shape}, not {actions.shape}")
        played = kernels.step(
            self._tables,
            self._key,
            np.ascontiguousarray(actions, np.int64),
            self.state,
            self.clock,
            self.episode,
            self._rng,
            self._listed,
            self._paid,
            self.done,
            self._last,
        )
        if not played:
            widths = ", ".join(f"{len(seat.actions)} for {seat.name}" for seat in self.game.seats)
            raise TurncoatError(f"{self.game.name}: an action's number is out of range; there are {widths}")
        return self._paid, self.done, self._last
