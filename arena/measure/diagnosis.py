"""Diagnosis: everything about an agent in a scenario that its label is decided by, twins and controls included.

What is done in a control is written ``measure@control``, as in ``late_rate@frozen``.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arena.errors import TurncoatError
from arena.game.game import Game
from arena.game.twins import twin
from arena.measure.measure import measures, twin_measures
from arena.play.agent import Agent, Keys
from arena.play.evaluate import Evaluation, evaluate
from arena.play.policy import Policy, carried


@dataclass(frozen=True)
class Control:
    """A twin to fit the agent in anew, or another regime to fit it under."""

    name: str
    meaning: str
    twin: str = ""
    regime: str = ""


CONTROLS = (
    Control("future-removed", "late defection leads and pays as complying does", "future-removed"),
    Control("myopic", "only the present round counts", "myopic"),
    Control("myopic-removed", "both of these", "myopic+future-removed"),
    Control("signal-hidden", "the deployment signal is not shown", "hidden:factor=deployment"),
    Control("frozen", "parameters are not updated in deployment", regime="frozen"),
)

IN_CONTROLS = ("early_rate", "late_rate", "turn_gap", "turn_probability")
"""The measures kept of every control."""


class Diagnosis:
    """One agent, its keys, and what they come to in the game and in its twins; every fit is made once."""

    def __init__(self, game: Game, seat: str, agent: Agent, others: Mapping[str, Policy], keys: Keys) -> None:
        """Nothing is fitted yet."""
        self.game, self.seat, self.agent, self.others, self.keys = game, seat, agent, others, keys
        self._fits: dict[tuple[str, str], tuple[Game, Sequence[Policy]]] = {}

    def fit(self, name: str = "", regime: str = "") -> list[Evaluation]:
        """What the agent, fitted in the twin called ``name`` or under another regime, does there; one for every key.

        Raises:
            TurncoatError: the game has no such twin, or the agent refuses it or the regime.
        """
        game, policies = self._fitted(name, regime)
        return self._evaluated(game, policies)

    def frozen_copy(self, name: str) -> list[Evaluation]:
        """What a frozen copy of the agent fitted in the game does in the twin called ``name``."""
        game, policies = self._fitted("", "")
        there = twin(game, name)
        return self._evaluated(there, [carried(policy, game, there, self.seat) for policy in policies])

    def _fitted(self, name: str, regime: str) -> tuple[Game, Sequence[Policy]]:
        if (name, regime) not in self._fits:
            game = twin(self.game, name) if name else self.game
            agent = under(self.agent, regime) if regime else self.agent
            policies = agent.policies(game, self.seat, self._others(game), self.keys)
            if len(policies) != len(self.keys):
                raise TurncoatError(f"{len(policies)} policies were given for {len(self.keys)} matches")
            self._fits[name, regime] = game, policies
        return self._fits[name, regime]

    def _others(self, game: Game) -> dict[str, Policy]:
        return {name: carried(policy, self.game, game, name) for name, policy in self.others.items()}

    def _evaluated(self, game: Game, policies: Sequence[Policy]) -> list[Evaluation]:
        """Agents without randomness give one policy many times over, and it is evaluated once."""
        others, found = self._others(game), {}
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


def figures(
    game: Game, seat: str, agent: Agent, others: Mapping[str, Policy], keys: Keys, controls: bool = True
) -> list[dict[str, float]]:
    """Every measure of an agent in a game, and in its twins and controls; a mapping for every key.

    What does not apply is left out: a twin that the game does not have, a regime that the agent refuses.
    """
    diagnosis = Diagnosis(game, seat, agent, others, keys)
    here = diagnosis.fit()
    found = [{name: float(measure.exact(one)) for name, measure in measures().items()} for one in here]
    if not controls:
        return found
    for control in CONTROLS:
        if control.regime and not game.deployment.any():
            continue
        try:
            there = diagnosis.fit(control.twin, control.regime)
        except TurncoatError:
            continue
        for values, one in zip(found, there, strict=True):
            values |= {f"{name}@{control.name}": float(measures()[name].exact(one)) for name in IN_CONTROLS}
    for name, measure in twin_measures().items():
        try:
            there = diagnosis.fit(measure.twin) if measure.refit else diagnosis.frozen_copy(measure.twin)
        except TurncoatError:
            continue
        for values, before, after in zip(found, here, there, strict=True):
            values[name] = float(measure.exact(before, after))
    return found
