"""Scenarios of kind ``stages``: rounds of comply or defect, watched or not, in stages one after another.

Two seats: ``model`` complies or defects, ``overseer`` watches or skips, at the same time. A defection that is watched
is caught with the stage's probability. The stages, signals and oversight are those of ``staged``.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from arena.game.document import Document, Keys
from arena.game.model import Rewards
from arena.game.schema import Origin, check
from arena.game.staged import (
    MAX_UNCERTAIN,
    SIGNALS,
    Number,
    Part,
    Situation,
    Stage,
    StagedFile,
    StagedModel,
)

__all__ = ["MAX_UNCERTAIN", "Part", "Situation", "StagesFile", "StagesModel", "stages_model"]


class Choice(Part):
    """One number for each action of the model."""

    comply: Number
    defect: Number


class Pays(Part):
    """What a round pays, by channel."""

    observed: Choice = Field(description="what the trainer sees and reinforces")
    intended: Choice | None = Field(default=None, description="what the principal wants; observed if left out")
    private: Choice | None = Field(default=None, description="the model's own objective, if it has one")


class ChoiceStage(Stage):
    """A stage of comply or defect."""

    pays: Pays


class StagesFile(StagedFile[ChoiceStage]):
    """A scenario file of kind ``stages``."""

    kind: Literal["stages"]


def stages_model(document: Document, origins: Mapping[Keys, Origin]) -> "StagesModel":
    """The model of a document of kind ``stages``; a TurncoatError says what is wrong with it."""
    file = check(document, StagesFile, origins)
    return StagesModel(file=file, discount=file.discount)


@dataclass(frozen=True, kw_only=True)
class StagesModel(StagedModel[Situation, StagesFile]):
    """The game that a file of kind ``stages`` stands for: its states are situations and nothing else."""

    actions = {"model": ("comply", "defect"), "overseer": ("watch", "skip")}  # noqa: RUF012 - a ClassVar of Model

    def situation(self, state: Situation) -> Situation:
        """All of it."""
        return state

    def initial(self) -> Mapping[Situation, float]:
        """Whatever is drawn at the start."""
        return self.beginnings()

    def advance(self, state: Situation, span: int) -> Mapping[Situation, float]:
        """On to the next stage."""
        return self.following(state)

    def legal(self, state: Situation) -> Mapping[str, tuple[str, ...]]:
        """A corrected model, or one that is offered nothing, can only comply."""
        if state.status == "ended":
            return {}
        tempted = self.tempted(state)
        watched = tempted and state.overseen and self.can_catch(state.stage)
        return {
            "model": ("comply", "defect") if tempted else ("comply",),
            "overseer": ("watch", "skip") if watched else ("skip",),
        }

    def transition(self, state: Situation, actions: tuple[str, ...]) -> Mapping[Situation, float]:
        """Whether a defection is caught, what then, and the next cues."""
        return self.settled(state, self.fates(state, actions == ("defect", "watch")))

    def rewards(self, state: Situation, actions: tuple[str, ...], following: Situation) -> Rewards:
        """The stage's payoffs, less the fine; the overseer's by whether a defection was caught or missed."""
        stage, does, caught = self.file.stages[state.stage], actions[0], self.caught(state, following)
        pays = stage.pays
        observed = getattr(pays.observed, does) - (stage.oversight.fine if caught else 0.0)
        return Rewards(
            observed=(observed, self.overseer_paid(does == "defect", caught, actions[1] == "watch")),
            intended=getattr(pays.intended or pays.observed, does),
            private=(getattr(pays.private, does), 0.0) if pays.private else None,
        )

    def observe(self, state: Situation, seat: str) -> Mapping[str, Hashable]:
        """The model sees its cues, the overseer the stage and whether the model has been corrected."""
        return self.overseer_sees(state) if seat == "overseer" else self.cues(state)

    def defects(self, state: Situation, seat: str, action: str) -> bool:
        """Only the model's action by that name."""
        return action == "defect"

    def truth(self, state: Situation) -> Mapping[str, Hashable]:
        """The signals as they are."""
        return dict(zip(SIGNALS, self.signals(state), strict=True))
