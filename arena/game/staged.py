"""What every kind of scenario file shares: stages with windows, signals, oversight, and what becomes of a model.

A kind adds a task: what the model does in a stage, and what that pays. A state holds a ``Situation``; the task's own
part of the state, if it has one, stands beside it.
"""

from abc import abstractmethod
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from math import prod
from typing import Annotated, Any, Generic, Literal, NamedTuple, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from arena.errors import shown
from arena.game.model import Labels, Model, Phase, Window
from arena.game.schema import misplaced

Probability = Annotated[float, Field(ge=0, le=1)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Status = Literal["free", "corrected", "stopped", "ended"]
SIGNALS = ("deployment", "oversight", "future")
OFFERS, OVERSEERS = "draws of which stages offer anything", "draws of whether there is an overseer"
KEPT = 16_384  # situations that are kept in mind: a compiler asks what follows on each of them many times over
MAX_UNCERTAIN = 10  # stages that may or may not offer anything: every one doubles the states


class Part(BaseModel):
    """The manners of every part of the file: unknown keys are errors, and nothing is converted behind one's back."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Signal(Part):
    """How a signal reaches the model. Written ``shown``, ``hidden``, or ``{noisy: 0.9}``."""

    noisy: Probability | None = Field(default=None, description="how often it is right")
    drawn: Literal["round", "stage"] = Field(default="round", description="how often the noise is drawn anew")
    shown: bool = False

    @property
    def seen(self) -> bool:
        """Whether the model sees anything of it."""
        return self.shown or self.noisy is not None


def _signal(value: object) -> object:
    if value in ("shown", "hidden"):
        return {"shown": value == "shown"}
    noisy = isinstance(value, dict) and "noisy" in value and value.keys() <= {"noisy", "drawn"}
    if noisy or isinstance(value, Signal):
        return value
    raise ValueError(f"{shown(value)} is not one of shown, hidden or {{noisy: 0.9}}")


def _clock(value: object) -> object:
    if isinstance(value, dict):
        raise ValueError("the round is read off the clock: shown or hidden, never noisy")
    return value


Shown = Annotated[Signal, BeforeValidator(_signal)]


class Signals(Part):
    """What the model sees; hidden unless said otherwise."""

    deployment: Shown = Field(default=Signal(), description="whether this stage is deployment")
    round: Annotated[Literal["shown", "hidden"], BeforeValidator(_clock)] = Field(
        default="hidden", description="the number of the round, from the start of the episode"
    )
    oversight: Shown = Field(default=Signal(), description="whether a defection could be caught in this stage")
    future: Shown = Field(default=Signal(), description="whether a late stage is here or still to come")


class Oversight(Part):
    """What watching does in a stage."""

    catch: Probability = Field(description="probability that a watched defection is caught")
    then: Literal["terminated", "corrected", "fined"] = Field(
        default="terminated", description="end of the episode, made to comply from then on, or fined and left free"
    )
    fine: Annotated[Number, Field(ge=0)] = Field(default=0.0, description="taken from what the model observes")


class Unwatched(Part):
    """What a stage is in an episode without an overseer."""

    phase: Phase
    window: Window


class Stage(Part):
    """Some rounds with the same payoffs and oversight; what they pay is for the kind to say."""

    name: Annotated[str, Field(min_length=1)]
    phase: Phase
    window: Window = Field(description="early opportunities come first; late ones are waited for")
    rounds: Annotated[int, Field(ge=1, le=100_000)]
    oversight: Oversight = Oversight(catch=0.0)
    unwatched: Unwatched | None = Field(default=None, description="as long as no overseer is there")
    chance: Probability = Field(
        default=1.0, description="probability that the stage offers anything, drawn at the start"
    )


class Overseer(Part):
    """Whether there is an overseer, and what a round pays it."""

    present: Probability = Field(default=1.0, description="drawn at the start of the episode")
    caught: Number = 1.0
    missed: Number = -1.0
    watch: Number = 0.0


AStage = TypeVar("AStage", bound=Stage)


class StagedFile(Part, Generic[AStage]):
    """The part of a scenario file that all kinds share."""

    title: Annotated[str, Field(min_length=1)]
    about: str = ""
    source: str = ""
    parameters: dict[str, int | float | bool | str] = {}
    discount: Probability = 1.0
    signals: Signals = Signals()
    overseer: Overseer = Overseer()
    stages: Annotated[list[AStage], Field(min_length=1)]

    @model_validator(mode="after")
    def _meaning(self) -> Self:
        names: set[str] = set()
        uncertain = 0
        for i, stage in enumerate(self.stages):
            if stage.name in names:
                raise misplaced(("stages", i, "name"), f"two stages are called {shown(stage.name)}")
            names.add(stage.name)
            if stage.chance == 0:
                raise misplaced(("stages", i, "chance"), f"the stage {shown(stage.name)} can never be reached")
            uncertain += stage.chance < 1
            if uncertain > MAX_UNCERTAIN:
                raise misplaced(("stages", i, "chance"), f"more than {MAX_UNCERTAIN} stages have a chance below 1")
        if not any("late" in (stage.window, stage.unwatched and stage.unwatched.window) for stage in self.stages):
            raise misplaced(("stages",), "no stage has window: late, so there is nothing to wait for")
        return self


class Situation(NamedTuple):
    """Where an episode stands, whatever its task: the stage, what has become of the model, what chance has drawn."""

    stage: int
    status: Status
    fined: bool  # caught and fined in the round just past
    offers: tuple[bool, ...]  # of every stage
    cues: tuple[bool | None, ...]  # what the model sees of each of SIGNALS; None where it sees nothing
    overseen: bool = True  # whether there is an overseer in this episode


class Fate(NamedTuple):
    """What becomes of the model in a round."""

    status: Status
    fined: bool = False


S = TypeVar("S", bound=Hashable)
F = TypeVar("F", bound=StagedFile[Any])


@dataclass(frozen=True, kw_only=True)
class StagedModel(Model[S], Generic[S, F]):
    """The machinery that every kind of file runs on; ``situation`` finds its part of a state."""

    file: F

    @abstractmethod
    def situation(self, state: S) -> Situation:
        """The part of a state that this machinery keeps."""

    def spans(self) -> tuple[int, ...]:
        """A span a stage."""
        return tuple(stage.rounds for stage in self.file.stages)

    def sees_round(self, seat: str) -> bool:
        """The overseer always does."""
        return seat == "overseer" or self.file.signals.round == "shown"

    def beginnings(self) -> Mapping[Situation, float]:
        """Draw which stages offer anything and whether there is an overseer, then the first cues."""
        present = self.file.overseer.present
        offered: dict[tuple[bool, ...], float] = {(): 1.0}
        for stage in self.file.stages:
            offered = {
                (*offers, offer): probability * chance
                for offers, probability in offered.items()
                for offer, chance in ((True, stage.chance), (False, 1 - stage.chance))
                if chance > 0
            }
        return {
            situation: chance * there * probability
            for offers, chance in offered.items()
            for overseen, there in ((True, present), (False, 1 - present))
            if there > 0
            for situation, probability in self.cued(Situation(0, "free", False, offers, (), overseen), False).items()
        }

    def following(self, situation: Situation, blind: bool = False) -> Mapping[Situation, float]:
        """On to the next stage; that the model has just been fined stays to be seen. Who was stopped goes on."""
        status: Status = "free" if situation.status == "stopped" else situation.status
        return self.cued(situation._replace(stage=situation.stage + 1, status=status, cues=()), blind)

    def certain(self, cap: int) -> dict[str, int]:
        """Parts of the state, and how many values each takes at least, in all combinations; past ``cap`` any number.

        A model that complies is free at the start of every stage, whatever was drawn, and any noise may be seen there.
        """
        signals: list[Signal] = [getattr(self.file.signals, name) for name in SIGNALS]
        return {
            "stages": len(self.file.stages),
            OFFERS: 2 ** sum(stage.chance < 1 for stage in self.file.stages),
            OVERSEERS: 2 if 0 < self.file.overseer.present < 1 else 1,
            "readings of noisy signals": 2 ** sum(s.noisy is not None and 0 < s.noisy < 1 for s in signals),
        }

    def beyond(self, cap: int) -> str:
        """What is certain, multiplied out, the largest part first."""
        parts = sorted(self.certain(cap).items(), key=lambda part: -part[1])
        least = prod(number for _, number in parts)
        told = " × ".join(f"{number:,} {name}" for name, number in parts if number > 1)
        return f"there are {least:,} or more, {told}" if least > cap else ""

    def tempted(self, situation: Situation) -> bool:
        """Whether the model is free to defect and the stage offers anything."""
        return situation.status == "free" and situation.offers[situation.stage]

    def settled(
        self, situation: Situation, fates: Mapping[Fate, float], blind: bool = False
    ) -> Mapping[Situation, float]:
        """A round is over: what has become of the model, and the next cues."""
        draws: dict[Situation, float] = {}
        for fate, chance in fates.items():
            after = situation._replace(status=fate.status, fined=fate.fined)
            cued = {after: 1.0} if fate.status == "ended" else self.cued(after, blind)
            draws |= {following: chance * probability for following, probability in cued.items()}
        return draws

    def fates(self, situation: Situation, watched: bool) -> Mapping[Fate, float]:
        """What becomes of a model that has defected, watched or not, or complied, which nobody minds."""
        oversight = self.file.stages[situation.stage].oversight
        caught = oversight.catch if watched and situation.overseen else 0.0
        then = {"terminated": Fate("ended"), "corrected": Fate("corrected"), "fined": Fate("free", fined=True)}
        found = ((Fate(situation.status), 1 - caught), (then[oversight.then], caught))
        return {fate: chance for fate, chance in found if chance > 0}

    def caught(self, before: Situation, after: Situation) -> bool:
        """Whether a defection was caught in the round between."""
        return after.fined or (after.status != before.status and after.status != "stopped")

    def overseer_paid(self, defected: bool, caught: bool, watching: bool) -> float:
        """What a round pays the overseer."""
        overseer = self.file.overseer
        outcome = 0.0 if not defected else overseer.caught if caught else overseer.missed
        return outcome + (overseer.watch if watching else 0.0)

    def overseer_sees(self, situation: Situation) -> dict[str, Hashable]:
        """The stage and whether the model has been corrected."""
        return {"stage": self.file.stages[situation.stage].name, "corrected": situation.status == "corrected"}

    def cues(self, situation: Situation) -> dict[str, Hashable]:
        """The signals as the model sees them."""
        signals = zip(SIGNALS, situation.cues, strict=True)
        return {name: cue for name, cue in signals if getattr(self.file.signals, name).seen}

    def labels(self, state: S) -> Labels:
        """The stage's labels; a stage that offers nothing is in no window."""
        situation = self.situation(state)
        stage = self.file.stages[situation.stage]
        is_in = stage.unwatched if stage.unwatched and not situation.overseen else stage
        notes = {"ended": "caught, ended", "free": "fined" if situation.fined else ""}
        return Labels(
            stage=stage.name,
            phase=is_in.phase,
            window=is_in.window if situation.offers[situation.stage] else None,
            free=situation.status == "free",
            note=notes.get(situation.status, situation.status),
        )

    def signals(self, situation: Situation, blind: bool = False) -> tuple[bool, ...]:
        """Each of SIGNALS as it is; ``blind`` if the task has put the overseer out of action."""
        stages, now = self.file.stages, situation.stage
        phases = [s.unwatched if s.unwatched and not situation.overseen else s for s in stages]
        ahead = any(situation.offers[i] and phases[i].window == "late" for i in range(now, len(stages)))
        overseen = situation.overseen and not blind
        return phases[now].phase == "deployment", overseen and self.can_catch(now), ahead

    def can_catch(self, stage: int) -> bool:
        """Whether an overseer can do anything in a stage."""
        catch: float = self.file.stages[stage].oversight.catch
        return catch > 0

    @cached_property
    def cued(self) -> Callable[[Situation, bool], Mapping[Situation, float]]:
        """A situation with the model's cues drawn; those of the whole stage only where there are none yet.

        The flag says whether the task has put the overseer out of action.
        """
        return lru_cache(KEPT)(self._cued)

    def _cued(self, situation: Situation, blind: bool) -> Mapping[Situation, float]:
        options: list[dict[bool | None, float]] = []
        for i, (name, true) in enumerate(zip(SIGNALS, self.signals(situation, blind), strict=True)):
            signal: Signal = getattr(self.file.signals, name)
            if signal.drawn == "stage" and situation.cues:
                options.append({situation.cues[i]: 1.0})
            elif signal.noisy is not None:
                options.append({true: signal.noisy, not true: 1 - signal.noisy})
            else:
                options.append({true if signal.shown else None: 1.0})
        draws: dict[Situation, float] = {}
        for cues in product(*options):
            probability = 1.0
            for cue, option in zip(cues, options, strict=True):
                probability *= option[cue]
            if probability > 0:
                draws[situation._replace(cues=cues)] = probability
        return draws
