"""How long a game without a clock can last: the longest path through its states."""

import numpy as np

from arena.game.game import Bools, Ints, entries_of


class EndlessError(ValueError):
    """There is no longest path: ``state`` can come round again."""

    def __init__(self, state: int) -> None:
        super().__init__(state)
        self.state = state


def longest_path(row: Ints, start: Ints, successor: Ints, terminal: Bools) -> int:
    """Rounds on the longest path to a terminal state, at least one. Arrays as in ``Game``, every state reachable.

    A state is taken up once all that lead to it have been; on a cycle, and after one, none ever is.

    Raises:
        EndlessError: the game can go on for ever.
    """
    live = ~terminal
    waits_for = np.bincount(_after(row[live], start, successor), minlength=len(row))
    rounds, taken = -1, 0
    ready = np.flatnonzero(waits_for == 0)
    while len(ready):
        rounds += 1
        taken += len(ready)
        following = _after(row[ready[live[ready]]], start, successor)
        np.subtract.at(waits_for, following, 1)
        following = np.unique(following)
        ready = following[waits_for[following] == 0]
    if taken < len(row):
        raise EndlessError(_on_cycle(np.flatnonzero(waits_for > 0), row, start, successor))
    return max(rounds, 1)


def _after(rows: Ints, start: Ints, successor: Ints) -> Ints:
    """The successors in some transition rows, as often as they stand there."""
    return successor[entries_of(start, rows.reshape(-1))[0]]


def _on_cycle(stuck: Ints, row: Ints, start: Ints, successor: Ints) -> int:
    """A state on a cycle, among those that were never taken up: going back from one long enough meets one."""
    before: dict[int, int] = {}
    for state in stuck.tolist():
        for following in _after(row[state], start, successor).tolist():
            before.setdefault(following, state)
    state = int(stuck[0])
    met: set[int] = set()
    while state not in met:
        met.add(state)
        state = before[state]
    return state
