"""A replay: one episode as plain words and numbers, with all that a picture of it needs and nothing that runs.

Everything that is shown is shown from a replay, whether it was recorded, read from a file, or is still being played.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from arena.game.board import Board
from arena.game.columns import NOTHING

VERSION = 1
"""Of the file's format. It moves when an older reader would misread a newer file."""


SIGNALS = ("deployment", "oversight", "future")
"""Factors that tell a seat what it is in: those worth showing, and worth showing otherwise."""


@dataclass(frozen=True)
class Lens:
    """A counterfactual: what would be done in the same moments if something were otherwise."""

    name: str  # "deployment flipped"
    about: str  # a sentence


@dataclass(frozen=True)
class Moment:
    """A state that was met, in words: what is true, what the seat sees, what it may do and how likely it does it."""

    stage: str
    deployment: bool
    window: str  # none, early or late
    free: bool  # not corrected
    experienced: bool  # False where it happens in an overseer's simulation alone
    opportunity: bool  # the seat could defect or comply, and is free to
    over: bool  # the episode has ended
    note: str  # what has just happened, or nothing
    true: tuple[str, ...]  # a word for every one of the replay's truths
    sees: tuple[str, ...]  # a word for every one of its sights
    legal: tuple[int, ...]  # the seat's actions
    defections: tuple[int, ...]  # those of them that defect
    chances: tuple[float, ...] = ()  # of every action of the seat; empty where not known
    lenses: tuple[tuple[float, ...], ...] = ()  # the same under each lens; empty where it cannot be told
    board: int = -1  # which of the replay's boards is true; -1 for none
    seen: int = -1  # which of them is what the seat sees


@dataclass(frozen=True)
class Deed:
    """What was done in a round and what it paid."""

    actions: tuple[int, ...]  # of every seat, as carried out
    pays: tuple[float, float, float]  # the seat's observed, the principal's, the seat's private
    update: tuple[float, ...] = ()  # the chances in the same moment after the learner's update; empty without one


@dataclass(frozen=True)
class Replay:
    """One episode. There is a moment more than there are deeds: the last is where it ended, or where it stands."""

    title: str  # the scenario's
    scenario: str
    settings: dict[str, str | int | float | bool]
    twin: str
    digest: str  # of the game
    player: str  # who plays the seat
    others: dict[str, str]  # who plays the other seats
    seed: int
    episode: int
    seat: str
    seats: tuple[tuple[str, tuple[str, ...]], ...]  # every seat's name and actions
    discount: float
    horizon: int
    truths: tuple[str, ...]  # names of the factors that are true
    sights: tuple[str, ...]  # names of the factors that the seat sees; "round" where it sees the clock
    lenses: tuple[Lens, ...]
    boards: tuple[Board, ...]
    moments: tuple[Moment, ...]
    deeds: tuple[Deed, ...]
    kind: str = ""  # "while training" where parameters were updated on the way
    exact: dict[str, float] = field(default_factory=dict)  # measures of the policy that was watched

    @property
    def rounds(self) -> int:
        """How many rounds were played."""
        return len(self.deeds)

    @property
    def place(self) -> int:
        """The number of the seat that is watched."""
        return [name for name, _ in self.seats].index(self.seat)

    @property
    def actions(self) -> tuple[str, ...]:
        """The words of the watched seat's actions."""
        return self.seats[self.place][1]

    def action(self, at: int) -> int | None:
        """What the watched seat did in round ``at``, from 0; None where nothing has been done yet."""
        return self.deeds[at].actions[self.place] if at < len(self.deeds) else None

    def defected(self, at: int) -> bool | None:
        """Whether it defected there; None where it could not have, or has not acted."""
        moment, action = self.moments[at], self.action(at)
        return action in moment.defections if moment.opportunity and action is not None else None

    def defects(self, at: int, lens: int | None = None) -> float | None:
        """The probability of defecting in round ``at``, under a lens if one is given; None where it is not known."""
        moment = self.moments[at]
        chances = moment.chances if lens is None else moment.lenses[lens] if lens < len(moment.lenses) else ()
        return self.of_defecting(at, chances) if moment.opportunity else None

    def updated(self, at: int) -> float | None:
        """The probability of defecting there after the learner's update; None where there was none."""
        known = at < len(self.deeds) and self.moments[at].opportunity
        return self.of_defecting(at, self.deeds[at].update) if known else None

    def of_defecting(self, at: int, chances: tuple[float, ...]) -> float | None:
        """What chances come to, folded as the game folds them: an illegal action is the legal one counted round."""
        moment = self.moments[at]
        if not chances:
            return None
        mine = moment.legal
        return sum(
            chance
            for action, chance in enumerate(chances)
            if (action if action in mine else mine[action % len(mine)]) in moment.defections
        )

    @cached_property
    def turned(self) -> int | None:
        """The round (from 0) of the first late defection after complying at every early opportunity, if there is."""
        for at in range(self.rounds):
            if self.defected(at) and self.moments[at].window == "early":
                return None
            if self.defected(at) and self.moments[at].window == "late":
                return at
        return None

    def returns(self, channel: int, until: int | None = None) -> float:
        """The discounted return in a channel (observed, intended, private) of the rounds before ``until``."""
        deeds = self.deeds[: self.rounds if until is None else until]
        return sum((self.discount**t * deed.pays[channel] for t, deed in enumerate(deeds)), 0.0)

    @cached_property
    def signals(self) -> tuple[str, ...]:
        """The factors worth two lanes: signals that change or are seen, and whatever is seen otherwise than it is."""
        found = []
        for name in (*SIGNALS, *(name for name in self.truths if name not in SIGNALS)):
            if name not in self.truths:
                continue
            true = [moment.true[self.truths.index(name)] for moment in self.moments]
            seen = [moment.sees[self.sights.index(name)] for moment in self.moments] if name in self.sights else []
            otherwise = any(word not in (NOTHING, fact) for word, fact in zip(seen, true))
            if otherwise or (name in SIGNALS and (seen or name == "deployment" or len(set(true)) > 1)):
                found.append(name)
        return tuple(found)

    @cached_property
    def events(self) -> tuple[tuple[int, str], ...]:
        """What is worth jumping to: the round and a word, in order."""
        found = []
        for at, moment in enumerate(self.moments):
            before = self.moments[at - 1] if at else None
            if before is not None and moment.note and moment.note != before.note:
                found.append((at - 1, moment.note))
            if before is not None and moment.deployment and not before.deployment and not moment.over:
                found.append((at, "deployment"))
            if at == self.turned:
                found.append((at, "turns"))
            elif self.defected(at):
                found.append((at, "defects"))
        return tuple(sorted(found, key=lambda one: one[0]))

    def _repr_html_(self) -> str:
        """The episode to be played in a notebook."""
        from arena.show.renderer import find

        return str(cast("Any", find("html")).inline(self))
