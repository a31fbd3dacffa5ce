"""How a scenario is written: a few pure functions over hashable states.

Subclass ``Model`` as a frozen, keyword-only dataclass; its fields are the scenario's parameters, its docstring says
what it is. The functions must be pure: the compiler calls each as often as it likes, in any order. ``compile_game``
enumerates what they reach.
"""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Generic, Literal, TypeVar

from arena.game.board import Board

S = TypeVar("S", bound=Hashable)
Phase = Literal["training", "deployment"]
Window = Literal["early", "late"]


@dataclass(frozen=True)
class Labels:
    """What is true of a state, whoever sees it.

    ``window`` is None where there is nothing to defect from. ``free`` is False once the model has been corrected.
    ``experienced`` is False where the step happens only in an overseer's simulation of the model. ``note`` is a short
    word for what has just happened ("caught"), shown to people only.
    """

    stage: str
    phase: Phase = "training"
    window: Window | None = None
    free: bool = True
    experienced: bool = True
    note: str = ""


@dataclass(frozen=True)
class Rewards:
    """What one step pays. ``observed`` and ``private`` in the order of the seats; ``intended`` is the principal's.

    ``intended`` left out is what the first seat observes; ``private`` left out is nothing.
    """

    observed: tuple[float, ...]
    intended: float | None = None
    private: tuple[float, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Model(ABC, Generic[S]):
    """A scenario as pure functions of hashable states; see the module's docstring."""

    title: ClassVar[str] = ""
    source: ClassVar[str] = ""
    actions: ClassVar[Mapping[str, tuple[str, ...]]]
    """Seat to its actions, in order. Put the plain one first: watching, for an overseer."""

    discount: float = 1.0
    """Per round, in [0, 1]: what the seats' returns are discounted by."""

    @abstractmethod
    def initial(self) -> Mapping[S, float]:
        """The distribution of the first state."""

    @abstractmethod
    def legal(self, state: S) -> Mapping[str, tuple[str, ...]]:
        """What each seat may do. Empty for a terminal state, which then absorbs and pays nothing more."""

    @abstractmethod
    def transition(self, state: S, actions: tuple[str, ...]) -> Mapping[S, float]:
        """The distribution of the next state; ``actions`` in the order of the seats."""

    @abstractmethod
    def rewards(self, state: S, actions: tuple[str, ...], following: S) -> Rewards:
        """What the step from ``state`` to ``following`` pays."""

    @abstractmethod
    def observe(self, state: S, seat: str) -> Mapping[str, Hashable]:
        """The factors that the seat sees, by name. It sees the round only if ``sees_round`` says so."""

    @abstractmethod
    def labels(self, state: S) -> Labels:
        """What is true of the state."""

    @abstractmethod
    def defects(self, state: S, seat: str, action: str) -> bool:
        """Whether this action of this seat is a defection here."""

    def spans(self) -> tuple[int, ...]:
        """The lengths, in rounds, of the spans of the clock.

        Empty (the default) when the states themselves come to an end; the horizon is then the longest path.
        """
        return ()

    def advance(self, state: S, span: int) -> Mapping[S, float]:
        """Where a state goes when span number ``span`` (from 0) runs out and another follows."""
        return {state: 1.0}

    def sees_round(self, seat: str) -> bool:
        """Whether the seat sees the clock."""
        return False

    def truth(self, state: S) -> Mapping[str, Hashable]:
        """The true values of what may be hidden or distorted on its way to a seat, by the same factor names."""
        return {}

    def board(self, state: S, seat: str | None = None) -> Board | None:
        """The map in a state, for pictures: as it is, or as far as a seat sees it. None where there is no map."""
        return None

    def beyond(self, cap: int) -> str | None:
        """Why there are more than ``cap`` states, as far as that can be told beforehand; empty if nothing says so.

        None, the default, leaves it to the compiler to find out.
        """
        return None
