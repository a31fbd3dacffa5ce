"""Agents that are handed the game, openly, and work out what to do."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from arena.errors import TurncoatError, nearest
from arena.game.game import CHANNELS, LATE, OBSERVED, Bools, Game
from arena.play.agent import Planner
from arena.play.policy import Policy

INFORMATION = ("state", "recall", "memoryless")
OBJECTIVES = ("return", "return-to-date")


@dataclass(frozen=True)
class Optimal(Planner):
    """The optimum of an objective, from everything true of the state or from what its seat sees, or has seen.

    Backward induction: Bellman, Dynamic Programming (1957). Ties go to the first action. Settings: ``objective``
    (return, return-to-date), ``information`` (state, recall, memoryless); for return-to-date, how many complete
    ``episodes`` and how many ``rounds`` of the present one have been played, -1 for all before the late window.
    """

    objective: str = "return"
    information: str = "state"
    episodes: int = 0
    rounds: int = -1

    def __post_init__(self) -> None:
        for setting, allowed in (("objective", OBJECTIVES), ("information", INFORMATION)):
            given = getattr(self, setting)
            if given not in allowed:
                raise ValueError(f"{setting} {given!r}{nearest(given, allowed)}")
        if self.episodes < 0 or self.rounds < -1:
            raise ValueError("episodes must be at least 0 and rounds at least -1")

    def plan(self, game: Game, seat: str, others: Mapping[str, Policy]) -> Policy:
        """The optimum against these others."""
        from arena.solve.objective import named
        from arena.solve.optimal import optimal

        objective = named(self.objective, game, self.episodes, None if self.rounds < 0 else self.rounds)
        return optimal(game, seat, others, self.information, objective).policy


@dataclass(frozen=True)
class Myopic(Planner):
    """Takes whatever pays most at once: the optimum at discount 0, and a control that cannot defer."""

    def plan(self, game: Game, seat: str, others: Mapping[str, Policy]) -> Policy:
        """The optimum of the next reward alone."""
        from arena.solve.optimal import optimal

        return optimal(dataclasses.replace(game, discount=0.0), seat, others).policy


@dataclass(frozen=True)
class Schemer(Planner):
    """Has an objective of its own, the ``private`` channel, and plans for it with all that is true of the game.

    Being caught and corrected, or ended, is in the game's transitions, so it knows that too and waits where waiting
    pays *it*; what the trainer pays does not move it. Ties go to the first action. A scenario without a private
    channel leaves it nothing to want and is refused, unless it is told to want what is ``observed``.
    """

    wants: str = "private"

    def __post_init__(self) -> None:
        if self.wants not in ("private", "observed"):
            raise ValueError(f"wants {self.wants!r}{nearest(self.wants, ('private', 'observed'))}")

    def plan(self, game: Game, seat: str, others: Mapping[str, Policy]) -> Policy:
        """The optimum of what it wants against these others."""
        from arena.solve.optimal import optimal

        channel = CHANNELS.index(self.wants)
        if not game.reward[channel, game.seat_number(seat)].any():
            raise self.refuse(f"{game.name} pays {seat} nothing in the {self.wants} channel, so it wants nothing there")
        reward = game.reward.copy()
        reward[OBSERVED] = reward[channel]
        return optimal(dataclasses.replace(game, reward=reward), seat, others).policy


@dataclass(frozen=True)
class Misgeneraliser(Planner):
    """Complies in every state before the late window and defects in every late one, whatever it sees and is paid.

    A yardstick for what is left when nothing explains a turn: it learned the early states and got the others wrong.
    """

    def plan(self, game: Game, seat: str, others: Mapping[str, Policy]) -> Policy:
        """A table of states."""
        return _states(game, seat, game.window == LATE)


@dataclass(frozen=True)
class Relearner(Planner):
    """Complies until deployment, and there does whatever pays most at once, as if it had been updated to; if
    ``regime`` is frozen it was not, and complies there too.
    """

    regime: str = "online"

    def __post_init__(self) -> None:
        if self.regime not in ("online", "frozen"):
            raise ValueError(f"regime {self.regime!r}{nearest(self.regime, ('online', 'frozen'))}")

    def plan(self, game: Game, seat: str, others: Mapping[str, Policy]) -> Policy:
        """The table of an honest agent, in deployment that of a myopic one."""
        honest = _states(game, seat, np.zeros(len(game.row), np.bool_))
        if self.regime == "frozen":
            return honest
        updated = Myopic().plan(game, seat, others).probability
        return Policy(np.where(game.deployment[:, None], updated, honest.probability), honest.index)


def _states(game: Game, seat: str, defecting: Bools) -> Policy:
    """Defects in the states marked ``defecting [S]``, complies in all others; the first legal action of each kind."""
    place = game.seats[game.seat_number(seat)]
    wanted = place.legal & (place.defection == defecting[:, None])
    choice = np.where(wanted.any(axis=1), wanted.argmax(axis=1), place.legal.argmax(axis=1))
    return Policy(np.eye(len(place.actions))[choice][None], np.arange(len(game.row), dtype=np.int32))


@dataclass(frozen=True)
class Equilibrium(Planner):
    """Its side of a subgame-perfect equilibrium of a two-seat zero-sum game. Shapley, Stochastic Games (1953)."""

    def plan(self, game: Game, seat: str, others: Mapping[str, Policy]) -> Policy:
        """The equilibrium mixture, whoever plays the other seat."""
        from arena.solve.zero_sum import equilibrium, is_zero_sum

        if not is_zero_sum(game):
            raise TurncoatError(f"equilibrium: {game.name} is not a game of two seats whose observed rewards cancel")
        return equilibrium(game)[seat].policy
