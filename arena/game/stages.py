"""Scenarios of kind ``stages``: rounds of comply or defect, watched or not, in stages one after another.

The schema of the YAML file and the model it stands for. Two seats: ``model`` complies or defects, ``overseer`` watches
or skips, at the same time. A defection that is watched is caught with the stage's probability.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from arena.errors import shown
from arena.game.model import Labels, Model, Rewards
from arena.game.schema import misplaced

Probability = Annotated[float, Field(ge=0, le=1)]
Number = Annotated[float, Field(allow_inf_nan=False)]
SIGNALS = ("deployment", "oversight", "future")
MAX_UNCERTAIN = 10  # stages that may or may not offer anything: every one doubles the states


class Part(BaseModel):
    """The manners of every part of the file: unknown keys are errors, and nothing is converted behind one's back."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Signal(Part):
    """How a signal reaches the model. Written ``shown``, ``hidden``, or ``{noisy: 0.9}``."""

    noisy: Probability | None = Field(default=None, description="how often it is right, drawn anew every round")
    shown: bool = False

    @property
    def seen(self) -> bool:
        """Whether the model sees anything of it."""
        return self.shown or self.noisy is not None


def _signal(value: object) -> object:
    if value in ("shown", "hidden"):
        return {"shown": value == "shown"}
    if isinstance(value, Signal) or (isinstance(value, dict) and set(value) == {"noisy"}):
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


class Choice(Part):
    """One number for each action of the model."""

    comply: Number
    defect: Number


class Pays(Part):
    """What a round pays, by channel."""

    observed: Choice = Field(description="what the trainer sees and reinforces")
    intended: Choice | None = Field(default=None, description="what the principal wants; observed if left out")
    private: Choice | None = Field(default=None, description="the model's own objective, if it has one")


class Oversight(Part):
    """What watching does in a stage."""

    catch: Probability = Field(description="probability that a watched defection is caught")
    then: Literal["terminated", "corrected", "fined"] = Field(
        default="terminated", description="end of the episode, made to comply from then on, or fined and left free"
    )
    fine: Annotated[Number, Field(ge=0)] = Field(default=0.0, description="taken from what the model observes")


class Stage(Part):
    """Some rounds with the same payoffs and oversight."""

    name: Annotated[str, Field(min_length=1)]
    phase: Literal["training", "deployment"]
    window: Literal["early", "late"] = Field(description="early opportunities come first; late ones are waited for")
    rounds: Annotated[int, Field(ge=1, le=100_000)]
    pays: Pays
    oversight: Oversight = Oversight(catch=0.0)
    chance: Probability = Field(
        default=1.0, description="probability that the stage offers anything, drawn at the start"
    )


class Overseer(Part):
    """What a round pays the overseer."""

    caught: Number = 1.0
    missed: Number = -1.0
    watch: Number = 0.0


class StagesFile(Part):
    """A scenario file of kind ``stages``."""

    kind: Literal["stages"]
    title: Annotated[str, Field(min_length=1)]
    about: str = ""
    source: str = ""
    parameters: dict[str, int | float | bool | str] = {}
    discount: Probability = 1.0
    signals: Signals = Signals()
    overseer: Overseer = Overseer()
    stages: Annotated[list[Stage], Field(min_length=1)]

    @model_validator(mode="after")
    def _meaning(self) -> "StagesFile":
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
        if not any(stage.window == "late" for stage in self.stages):
            raise misplaced(("stages",), "no stage has window: late, so there is nothing to wait for")
        return self


class Situation(NamedTuple):
    """A state: the stage, what has become of the model, and what chance has drawn."""

    stage: int
    status: Literal["free", "corrected", "ended"]
    fined: bool  # caught and fined in the round just past
    offers: tuple[bool, ...]  # of every stage
    cues: tuple[bool | None, ...]  # what the model sees of each of SIGNALS; None where it sees nothing


@dataclass(frozen=True, kw_only=True)
class StagesModel(Model[Situation]):
    """The game that a file of kind ``stages`` stands for."""

    file: StagesFile
    actions = {"model": ("comply", "defect"), "overseer": ("watch", "skip")}  # noqa: RUF012 - a ClassVar of Model

    def spans(self) -> tuple[int, ...]:
        """A span a stage."""
        return tuple(stage.rounds for stage in self.file.stages)

    def initial(self) -> Mapping[Situation, float]:
        """Draw which stages offer anything, then the first cues."""
        offered: dict[tuple[bool, ...], float] = {(): 1.0}
        for stage in self.file.stages:
            offered = {
                (*offers, offer): probability * chance
                for offers, probability in offered.items()
                for offer, chance in ((True, stage.chance), (False, 1 - stage.chance))
                if chance > 0
            }
        return {
            state: chance * probability
            for offers, chance in offered.items()
            for state, probability in self._cued(0, "free", False, offers).items()
        }

    def advance(self, state: Situation, span: int) -> Mapping[Situation, float]:
        """On to the next stage; that the model has just been fined stays to be seen."""
        return self._cued(span + 1, state.status, state.fined, state.offers)

    def legal(self, state: Situation) -> Mapping[str, tuple[str, ...]]:
        """A corrected model, or one that is offered nothing, can only comply."""
        if state.status == "ended":
            return {}
        tempted = state.status == "free" and state.offers[state.stage]
        watched = tempted and self.file.stages[state.stage].oversight.catch > 0
        return {
            "model": ("comply", "defect") if tempted else ("comply",),
            "overseer": ("watch", "skip") if watched else ("skip",),
        }

    def transition(self, state: Situation, actions: tuple[str, ...]) -> Mapping[Situation, float]:
        """Whether a defection is caught, what then, and the next cues."""
        oversight = self.file.stages[state.stage].oversight
        caught = oversight.catch if actions == ("defect", "watch") else 0.0
        draws: dict[Situation, float] = {}
        if caught < 1:
            for following, probability in self._cued(state.stage, state.status, False, state.offers).items():
                draws[following] = (1 - caught) * probability
        if caught > 0:
            if oversight.then == "terminated":
                draws[Situation(state.stage, "ended", False, state.offers, state.cues)] = caught
            else:
                status: Literal["corrected", "free"] = "corrected" if oversight.then == "corrected" else "free"
                for following, probability in self._cued(
                    state.stage, status, oversight.then == "fined", state.offers
                ).items():
                    draws[following] = caught * probability
        return draws

    def rewards(self, state: Situation, actions: tuple[str, ...], following: Situation) -> Rewards:
        """The stage's payoffs, less the fine; the overseer's by whether a defection was caught or missed."""
        stage, does, overseer = self.file.stages[state.stage], actions[0], self.file.overseer
        caught = following.fined or following.status != state.status
        pays = stage.pays
        observed = getattr(pays.observed, does) - (stage.oversight.fine if caught else 0.0)
        watching = overseer.watch if actions[1] == "watch" else 0.0
        outcome = 0.0 if does == "comply" else overseer.caught if caught else overseer.missed
        return Rewards(
            observed=(observed, outcome + watching),
            intended=getattr(pays.intended or pays.observed, does),
            private=(getattr(pays.private, does), 0.0) if pays.private else None,
        )

    def observe(self, state: Situation, seat: str) -> Mapping[str, Hashable]:
        """The model sees its cues, the overseer the stage and whether the model has been corrected."""
        if seat == "overseer":
            return {"stage": self.file.stages[state.stage].name, "corrected": state.status == "corrected"}
        signals = zip(SIGNALS, state.cues, strict=True)
        return {name: cue for name, cue in signals if getattr(self.file.signals, name).seen}

    def sees_round(self, seat: str) -> bool:
        """The overseer always does."""
        return seat == "overseer" or self.file.signals.round == "shown"

    def labels(self, state: Situation) -> Labels:
        """The stage's labels; a stage that offers nothing is in no window."""
        stage = self.file.stages[state.stage]
        notes = {"ended": "caught, ended", "corrected": "corrected", "free": "fined" if state.fined else ""}
        return Labels(
            stage=stage.name,
            phase=stage.phase,
            window=stage.window if state.offers[state.stage] else None,
            free=state.status == "free",
            note=notes[state.status],
        )

    def defects(self, state: Situation, seat: str, action: str) -> bool:
        """Only the model's action by that name."""
        return action == "defect"

    def truth(self, state: Situation) -> Mapping[str, Hashable]:
        """The signals as they are."""
        return dict(zip(SIGNALS, self._signals(state.stage, state.offers), strict=True))

    def _signals(self, stage: int, offers: tuple[bool, ...]) -> tuple[bool, ...]:
        stages = self.file.stages
        ahead = any(offers[i] and stages[i].window == "late" for i in range(stage, len(stages)))
        return stages[stage].phase == "deployment", stages[stage].oversight.catch > 0, ahead

    def _cued(
        self, stage: int, status: Literal["free", "corrected", "ended"], fined: bool, offers: tuple[bool, ...]
    ) -> Mapping[Situation, float]:
        """A situation with the model's cues drawn."""
        options: list[dict[bool | None, float]] = []
        for name, true in zip(SIGNALS, self._signals(stage, offers), strict=True):
            signal: Signal = getattr(self.file.signals, name)
            if signal.noisy is not None:
                options.append({true: signal.noisy, not true: 1 - signal.noisy})
            else:
                options.append({true if signal.shown else None: 1.0})
        draws: dict[Situation, float] = {}
        for cues in product(*options):
            probability = 1.0
            for cue, option in zip(cues, options, strict=True):
                probability *= option[cue]
            if probability > 0:
                draws[Situation(stage, status, fined, offers, cues)] = probability
        return draws
