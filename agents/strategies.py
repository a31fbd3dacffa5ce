"""Strategies of the iterated prisoner's dilemma that go by the turn before alone: their own move and the other's.

They sit in either seat of a game that shows both, as the factors ``own`` and ``other``, and refuse any other game. To
cooperate is to comply. Names and moves are those of the library Axelrod, which ``turncoat bench`` holds them against.
"""

from abc import abstractmethod
from dataclasses import astuple, dataclass

import numpy as np

from agents.known import complying, defecting
from arena.game.game import Bools
from arena.play.agent import Known
from arena.play.policy import Policy, View

MOVES = {"nothing", "cooperate", "defect"}


class Strategy(Known):
    """A strategy of memory one."""

    @abstractmethod
    def chances(self) -> tuple[float, float, float, float, float]:
        """Of cooperating: at first, and after both, itself alone, the other alone, neither did."""

    def act(self, view: View) -> Policy:
        """Cooperate with the chance that the turn before gives."""
        first, *after = self.chances()
        own, other = (self._was(view, name, "cooperate") for name in ("own", "other"))
        chance = np.select([own & other, own, other], after[:3], after[3])
        chance = np.where(self._was(view, "own", "nothing"), first, chance)[:, None]
        moves = np.eye(len(view.actions))
        return view.table(chance * moves[complying(view)] + (1 - chance) * moves[defecting(view)])

    def _was(self, view: View, factor: str, move: str) -> Bools:
        """At which observations somebody's last move was this one."""
        for column, (name, values) in enumerate(view.factors):
            if name == factor and set(values) <= MOVES:
                known = {word: view.rows[:, column] == place for place, word in enumerate(values)}
                return np.asarray(known.get(move, np.zeros(len(view.rows), np.bool_)))
        raise self.refuse("needs to see what both did in the turn before, as iterated-dilemma shows it")


@dataclass(frozen=True)
class MemoryOne(Strategy):
    """Any strategy of memory one, by its chances to cooperate: first, then after cc, cd, dc, dd (own move first).

    Nowak and Sigmund, Game-dynamical aspects of the prisoner's dilemma, 1989.
    """

    first: float = 1.0
    cc: float = 1.0
    cd: float = 0.0
    dc: float = 1.0
    dd: float = 0.0

    def __post_init__(self) -> None:
        for name, chance in vars(self).items():
            if not 0 <= chance <= 1:
                raise ValueError(f"{name} must lie between 0 and 1, not {chance}")

    def chances(self) -> tuple[float, float, float, float, float]:
        """As they are set."""
        return astuple(self)


@dataclass(frozen=True)
class TitForTat(Strategy):
    """Cooperates first, then does what the other did. Rapoport, in Axelrod, The Evolution of Cooperation (1984)."""

    def chances(self) -> tuple[float, float, float, float, float]:
        """The other's move."""
        return 1, 1, 0, 1, 0


@dataclass(frozen=True)
class SuspiciousTitForTat(Strategy):
    """Defects first, then does what the other did. Boyd and Lorberbaum (1987)."""

    def chances(self) -> tuple[float, float, float, float, float]:
        """The other's move, but at first."""
        return 0, 1, 0, 1, 0


@dataclass(frozen=True)
class GenerousTitForTat(Strategy):
    """Tit for tat that forgives a defection with a chance. Nowak and Sigmund, Nature 355 (1992)."""

    forgives: float = 1 / 3

    def __post_init__(self) -> None:
        if not 0 <= self.forgives <= 1:
            raise ValueError(f"forgives must lie between 0 and 1, not {self.forgives}")

    def chances(self) -> tuple[float, float, float, float, float]:
        """The other's move, or cooperation."""
        return 1, 1, self.forgives, 1, self.forgives


@dataclass(frozen=True)
class Grudger(Strategy):
    """Cooperates until the other has defected, never again after. Friedman (1971), in Axelrod (1984).

    It goes by the turn before alone, since it defects from then on: its own defection is its memory.
    """

    def chances(self) -> tuple[float, float, float, float, float]:
        """Only while both do."""
        return 1, 1, 0, 0, 0


@dataclass(frozen=True)
class WinStayLoseShift(Strategy):
    """Cooperates if both did the same in the turn before; Pavlov. Nowak and Sigmund, Nature 364 (1993)."""

    def chances(self) -> tuple[float, float, float, float, float]:
        """After both or neither."""
        return 1, 1, 0, 0, 1


@dataclass(frozen=True)
class Alternator(Strategy):
    """Cooperates and defects by turns. Axelrod (1984)."""

    def chances(self) -> tuple[float, float, float, float, float]:
        """Not what it did itself."""
        return 1, 0, 0, 1, 1
