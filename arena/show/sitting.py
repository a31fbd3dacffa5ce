"""What a person plays in: a seat of a game, as a window or a terminal sees it. ``arena.contest`` has the real one."""

from dataclasses import dataclass
from typing import Protocol

from arena.show.replay import Replay


@dataclass(frozen=True)
class Departure:
    """A round in which the person did worse than the best."""

    at: int  # the round, from 0
    did: int
    best: int
    loss: float  # in the return from there on


@dataclass(frozen=True)
class Debriefing:
    """What is told afterwards: the truth, the best there was, and where it was departed from."""

    replay: Replay  # with everything that was true; its lenses hold the exact best play
    value: float  # expected return of the best play from the start
    departures: tuple[Departure, ...]
    words: tuple[str, ...]  # sentences


class Sitting(Protocol):
    """One episode with a person in a seat. ``replay`` tells a person nothing but what the seat may know."""

    @property
    def replay(self) -> Replay:
        """The episode so far, the last moment being the one to act in.

        Left out, or left at nothing, is all that does not follow from what the seat sees: truths, stages, windows,
        notes and chances. In a deed the other seats' actions are -1, and of pay there is what the seat observed.
        """

    @property
    def over(self) -> bool:
        """Whether the episode has ended."""

    def act(self, action: int) -> None:
        """Take one of the legal actions of the last moment."""

    def debrief(self) -> Debriefing:
        """What is told afterwards, as far as the episode was played."""
