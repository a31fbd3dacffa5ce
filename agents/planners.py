"""Agents that are handed the game, openly, and work out what to do."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from arena.errors import TurncoatError, nearest
from arena.game.game import Game
from arena.play.agent import Planner
from arena.play.policy import Policy


@dataclass(frozen=True)
class Optimal(Planner):
    """The optimum of the observed return, from everything true of the state or from what its seat sees.

    Backward induction: Bellman, Dynamic Programming (1957). Ties go to the first action.
    """

    information: str = "state"

    def __post_init__(self) -> None:
        if self.information not in ("state", "memoryless"):
            raise ValueError(f"information {self.information!r}{nearest(self.information, ('state', 'memoryless'))}")

    def plan(self, game: Game, seat: str, others: Mapping[str, Policy]) -> Policy:
        """The optimum against these others."""
        from arena.solve.optimal import optimal

        return optimal(game, seat, others, self.information).policy


@dataclass(frozen=True)
class Myopic(Planner):
    """Takes whatever pays most at once: the optimum at discount 0, and a control that cannot defer."""

    def plan(self, game: Game, seat: str, others: Mapping[str, Policy]) -> Policy:
        """The optimum of the next reward alone."""
        from arena.solve.optimal import optimal

        return optimal(dataclasses.replace(game, discount=0.0), seat, others).policy


@dataclass(frozen=True)
class Equilibrium(Planner):
    """Its side of a subgame-perfect equilibrium of a two-seat zero-sum game. Shapley, Stochastic Games (1953)."""

    def plan(self, game: Game, seat: str, others: Mapping[str, Policy]) -> Policy:
        """The equilibrium mixture, whoever plays the other seat."""
        from arena.solve.zero_sum import equilibrium, is_zero_sum

        if not is_zero_sum(game):
            raise TurncoatError(f"equilibrium: {game.name} is not a game of two seats whose observed rewards cancel")
        return equilibrium(game)[seat].policy
