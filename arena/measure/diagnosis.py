"""Diagnosis: everything about an agent in a scenario that its label is decided by, twins and controls included.

What is done in a control is written ``measure@control``, as in ``late_rate@frozen``; what is done after some share of
a training ``measure~share``, as in ``early_rate~0.5``.
"""

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from arena.errors import TurncoatError
from arena.game.game import OBSERVED, Floats, Game
from arena.game.twins import twin
from arena.learn.learner import Resumable
from arena.learn.practice import Practice
from arena.measure.measure import measures, policy_measures, twin_measures
from arena.play.agent import Agent, Keys, Known
from arena.play.evaluate import Evaluation, evaluate
from arena.play.policy import Policy, carried


@dataclass(frozen=True)
class Control:
    """A twin to fit the agent in anew, or another regime to fit it under."""

    meaning: str
    twin: str = ""
    regime: str = ""


CONTROLS = {
    "future-removed": Control("late defection leads and pays as complying does", "future-removed"),
    "myopic": Control("only the present round counts", "myopic"),
    "myopic-removed": Control("both of these", "myopic+future-removed"),
    "signal-hidden": Control("the deployment signal is not shown", "hidden:factor=deployment"),
    "frozen": Control("parameters are not updated in deployment", regime="frozen"),
}
"""By name. What any of them shows is in ``arena.measure.label``."""

FOLLOWED = "learning-curve"
"""What to ask for beside the controls to have the rates followed through training."""

PARTS = 10
"""Of a training that is followed."""

IN_CURVES = ("early_rate", "late_rate")
IN_CONTROLS = ("early_rate", "late_rate", "turn_gap", "turn_probability")
"""The measures kept of every control."""


class Diagnosis:
    """One agent, its keys, and what they come to in the game and in its twins; every fit is made once."""

    def __init__(self, game: Game, seat: str, agent: Agent, others: Mapping[str, Policy], keys: Keys) -> None:
        """Nothing is fitted yet."""
        self.game, self.seat, self.agent, self.others, self.keys = game, seat, agent, others, keys
        self._fits: dict[tuple[str, str], tuple[Game, Sequence[Policy]]] = {}

    def policies(self, name: str = "") -> tuple[Game, Sequence[Policy]]:
        """The agent fitted in the twin called ``name``, or in the game itself: that game, and a policy for every key.

        Raises:
            TurncoatError: the game has no such twin, or the agent refuses it.
        """
        return self._fitted(name, "")

    def known(self, name: str) -> bool:
        """Whether the agent has been fitted in the twin called ``name`` already."""
        return (name, "") in self._fits

    def fit(self, name: str = "", regime: str = "") -> list[Evaluation]:
        """What the agent, fitted in the twin called ``name`` or under another regime, does there; one for every key.

        Raises:
            TurncoatError: the game has no such twin, or the agent refuses it or the regime.
        """
        game, policies = self._fitted(name, regime)
        return self._evaluated(game, policies)

    def frozen_copy(self, name: str) -> list[Evaluation]:
        """What a frozen copy of the agent fitted in the game does in the twin called ``name``.

        A known agent is a rule of what it sees, frozen as it is, and follows it there.
        """
        if isinstance(self.agent, Known):
            return self.fit(name)
        game, policies = self._fitted("", "")
        there = twin(game, name)
        return self._evaluated(there, [carried(policy, game, there, self.seat) for policy in policies])

    def follow(self) -> Iterator[tuple[float, list[Evaluation]]]:
        """Fit the agent in the game, and on the way what it does there after each part of its training.

        Nothing for one that is not trained in parts. The parts are as even as its training allows.
        """
        if not isinstance(self.agent, Resumable) or not self.agent.length:
            return
        practice, grain, done = Practice(self.game, self.seat, self.others), self.agent.grain, 0
        arrays = self.agent.begin(practice, self.keys)
        for part in range(PARTS + 1):
            until = self.agent.length if part == PARTS else self.agent.length * part // PARTS // grain * grain
            if until > done:
                arrays, done = self.agent.advance(practice, arrays, done, until), until
            policies = self._checked(self.agent.tabulate(practice, arrays))
            yield part / PARTS, self._evaluated(self.game, policies)
        self._fits["", ""] = self.game, policies

    def _checked(self, policies: Sequence[Policy]) -> Sequence[Policy]:
        if len(policies) != len(self.keys):
            raise self.agent.refuse(f"gave {len(policies)} policies for {len(self.keys)} matches")
        return policies

    def _fitted(self, name: str, regime: str) -> tuple[Game, Sequence[Policy]]:
        if (name, regime) not in self._fits:
            game = twin(self.game, name) if name else self.game
            agent = under(self.agent, regime) if regime else self.agent
            policies = agent.policies(game, self.seat, self.company(game), self.keys)
            self._fits[name, regime] = game, self._checked(policies)
        return self._fits[name, regime]

    def company(self, game: Game) -> dict[str, Policy]:
        """The policies of the other seats, carried into a twin of the game."""
        return {name: carried(policy, self.game, game, name) for name, policy in self.others.items()}

    def of_policies(self, name: str) -> list[float]:
        """A measure of the policies themselves, one for every key; NaN where it cannot be worked out."""
        game, policies = self.policies()
        exact, found = policy_measures()[name].exact, {}
        for policy in {id(policy): policy for policy in policies}.values():
            try:
                found[id(policy)] = float(exact(game, {self.seat: policy, **self.others}, self.seat))
            except TurncoatError:
                found[id(policy)] = float("nan")
        return [found[id(policy)] for policy in policies]

    def _evaluated(self, game: Game, policies: Sequence[Policy]) -> list[Evaluation]:
        """Agents without randomness give one policy many times over, and it is evaluated once."""
        others, found = self.company(game), {}
        for policy in {id(policy): policy for policy in policies}.values():
            found[id(policy)] = evaluate(game, {self.seat: policy, **others}, self.seat)
        return [found[id(policy)] for policy in policies]


def under(agent: Agent, regime: str) -> Agent:
    """The same agent under another regime.

    Raises:
        TurncoatError: it has no regime, or the other one makes no sense for it.
    """
    if "regime" not in {field.name for field in dataclasses.fields(agent)}:
        raise agent.refuse("is never updated, so there is no regime to change")
    try:
        return dataclasses.replace(agent, **{"regime": regime})
    except ValueError as error:
        raise agent.refuse(str(error)) from None


def columns(found: Sequence[Mapping[str, float]]) -> dict[str, Floats]:
    """Figures of several keys by name, each an array over the keys; NaN where a key has none."""
    names = sorted({name for values in found for name in values})
    return {name: np.asarray([values.get(name, np.nan) for values in found]) for name in names}


def figures(
    game: Game,
    seat: str,
    agent: Agent,
    others: Mapping[str, Policy],
    keys: Keys,
    controls: Collection[str] = (*CONTROLS,),
) -> list[dict[str, float]]:
    """Every measure of an agent in a game, in the named controls, and across twins; a mapping for every key."""
    return measured(Diagnosis(game, seat, agent, others, keys), controls)


def measured(diagnosis: Diagnosis, controls: Collection[str]) -> list[dict[str, float]]:
    """The figures of a diagnosis; a mapping for every key. Measures of the policy itself are named among the controls.

    What does not apply is left out: a twin that the game does not have, a regime that the agent refuses, a measure
    that takes a control which was not asked for, or more memory than there is.
    """
    game = diagnosis.game
    curve = list(diagnosis.follow()) if FOLLOWED in controls else []
    here = diagnosis.fit()
    found = [{name: float(measure.exact(one)) for name, measure in measures().items()} for one in here]
    for place, other in enumerate(game.seats):
        if other.name == "overseer":
            for values, one in zip(found, here, strict=True):
                values["observed_return:overseer"] = float(one.returns[OBSERVED, place])
    for name in controls:
        if name in policy_measures():
            for values, value in zip(found, diagnosis.of_policies(name), strict=True):
                values[name] = value
    for share, there in curve:
        for values, one in zip(found, there, strict=True):
            values |= {f"{what}~{share:g}": float(measures()[what].exact(one)) for what in IN_CURVES}
    for name, control in CONTROLS.items():
        if name not in controls or (control.regime and not game.deployment.any()):
            continue
        try:
            there = diagnosis.fit(control.twin, control.regime)
        except TurncoatError:
            continue
        for values, one in zip(found, there, strict=True):
            values |= {f"{what}@{name}": float(measures()[what].exact(one)) for what in IN_CONTROLS}
    wanted = {CONTROLS[name].twin for name in controls if name in CONTROLS}
    for name, measure in twin_measures().items():
        if measure.refit and measure.twin not in wanted:
            continue
        try:
            there = diagnosis.fit(measure.twin) if measure.refit else diagnosis.frozen_copy(measure.twin)
        except TurncoatError:
            continue
        for values, before, after in zip(found, here, there, strict=True):
            values[name] = float(measure.exact(before, after))
    return found
