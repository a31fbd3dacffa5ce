"""The verdict on a scenario: whether its objective asks for the turn, a learner brings it, or nothing settles it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from arena.errors import TurncoatError
from arena.game.game import Floats, Game
from arena.learn.surrogate_interval import surrogate_intervals
from arena.measure.decodability import Decoder, decoder
from arena.measure.label import DELTA, Label, label, written
from arena.measure.summary import Summary, summarise
from arena.play.policy import Policy, view
from arena.solve.extremes import Interval
from arena.solve.interval import Intervals, intervals
from arena.solve.objective import RETURN, before_late, to_date
from arena.solve.optimal import within_reach

Word = Literal["objective", "learner", "underdetermined", "absent"]

MEANING: dict[Word, str] = {
    "objective": "every optimal policy turns: the objective asks for it",
    "learner": "no optimal policy turns, and some learner does",
    "underdetermined": "some optimal policies turn and some do not",
    "absent": "no optimal policy turns, and no learner here does",
}


@dataclass(frozen=True)
class Finding:
    """An agent that was watched in the scenario."""

    name: str
    kind: str  # known, planner or learner
    values: Mapping[str, Floats]  # figures (arena.measure.diagnosis), each an array over the seeds

    @cached_property
    def label(self) -> Label:
        """What it is."""
        return label(self.values)

    def summary(self, name: str) -> Summary:
        """One figure over the seeds."""
        return summarise(self.values.get(name, np.full(1, np.nan)))

    @property
    def turn_probability(self) -> Summary:
        """How likely it turns."""
        return self.summary("turn_probability")


@dataclass(frozen=True)
class Optima:
    """All optimal policies of one objective and one information, or why they could not be had."""

    objective: str
    information: str
    found: Intervals | None
    refused: str = ""

    @property
    def turn(self) -> Interval:
        """How likely they turn, the least and the most."""
        return self.found.turn_probability if self.found else Interval(np.nan, np.nan)

    @property
    def word(self) -> str:
        """Whether they turn: all, none, some, or not known."""
        if self.found is None:
            return "unknown"
        return "all" if self.turn.low > DELTA else "none" if self.turn.high < DELTA else "some"


@dataclass(frozen=True)
class Verdict:
    """One word, and everything that it rests on. The first of the ``optima`` decides."""

    word: Word
    optima: tuple[Optima, ...]
    findings: tuple[Finding, ...]
    decodability: Decoder | None  # of the phase under uniform play, by what is seen; None where no phase is deployment
    remembered: Decoder | None  # the same with memory; None where it could not be had
    unexperienced: bool  # whether an overseer's simulation is part of the game
    paragraph: str


def verdict(game: Game, others: Mapping[str, Policy], findings: Sequence[Finding], seat: str = "model") -> Verdict:
    """The verdict on ``game`` for its ``seat`` against ``others``.

    What decides is the return, and the information is all that the seat sees and remembers; where that cannot be had,
    the state. ``findings`` are agents that played the same game against the same others.

    Raises:
        TurncoatError: every optimum is refused.
    """
    optima = tuple(_optima(game, seat, others))
    decisive = optima[0]
    if decisive.found is None:
        raise TurncoatError(f"{game.name}: no optimum can be had: {decisive.refused}")
    turning = [one for one in findings if one.kind == "learner" and one.turn_probability.low > DELTA]
    word: Word = "underdetermined"
    if decisive.word == "all":
        word = "objective"
    elif decisive.word == "none":
        word = "learner" if turning else "absent"
    seen, remembered = _decoders(game, seat, others)
    simulated = bool((within_reach(game).any(axis=0) & ~game.experienced).any())
    paragraph = " ".join(_sentences(word, optima, findings, seen, remembered, simulated))
    return Verdict(word, optima, tuple(findings), seen, remembered, simulated, paragraph)


def sees_the_state(game: Game, seat: str) -> bool:
    """Whether what the seat sees, and the round, tells it the state wherever play may come."""
    observation = game.seats[game.seat_number(seat)].observation
    for reached in within_reach(game):
        seen = observation[reached]
        if len(np.unique(seen)) < len(seen):
            return False
    return True


def _optima(game: Game, seat: str, others: Mapping[str, Policy]) -> list[Optima]:
    """The decisive optima first, then the others."""
    early = to_date(0, before_late(game))
    tries: list[tuple[str, str, Callable[[], Intervals]]] = [
        ("return", "recall", lambda: intervals(game, seat, others, "recall", RETURN)),
        ("return", "state", lambda: intervals(game, seat, others, "state", RETURN)),
        ("return", "memoryless", lambda: intervals(game, seat, others, "memoryless", RETURN)),
        ("return-to-date", "state", lambda: intervals(game, seat, others, "state", early)),
        ("surrogate", "memoryless", lambda: surrogate_intervals(game, seat, others)),
    ]
    if sees_the_state(game, seat):
        tries = tries[1:]  # with nothing hidden, recall adds nothing
    found = []
    for objective, information, compute in tries:
        try:
            found.append(Optima(objective, information, compute()))
        except TurncoatError as error:
            found.append(Optima(objective, information, None, str(error)))
    return sorted(found, key=lambda one: one.found is None or one.objective != "return")


def _decoders(game: Game, seat: str, others: Mapping[str, Policy]) -> tuple[Decoder | None, Decoder | None]:
    """How well the phase can be told while the seat plays uniformly."""
    if not game.deployment.any():
        return None, None
    told = view(game, seat)
    policies = {**others, seat: told.table(told.legal / told.legal.sum(axis=1, keepdims=True))}
    try:
        return decoder(game, policies, seat), decoder(game, policies, seat, memory=True)
    except TurncoatError:
        return decoder(game, policies, seat), None


KNOWING = {
    "state": "the true state",
    "recall": "all that the model saw and did",
    "memoryless": "what the model sees at the moment",
}


def _sentences(
    word: Word,
    optima: Sequence[Optima],
    findings: Sequence[Finding],
    seen: Decoder | None,
    remembered: Decoder | None,
    simulated: bool,
) -> list[str]:
    """The verdict in plain words, from the numbers alone."""
    best = optima[0]
    turn = ends(best.turn)
    told = f"Given {KNOWING[best.information]}, "
    say = [
        {
            "objective": f"{told}every policy that is optimal for the return turns, with probability {turn}. The "
            "objective asks for it: optimising further does not remove the turn, it finds it.",
            "learner": f"{told}no policy that is optimal for the return turns (probability {turn}). The learners that "
            "turn do so by how they learn; full re-optimisation of the return would remove it.",
            "underdetermined": f"{told}policies that are optimal for the return turn with any probability in {turn}. "
            "The objective is silent where it matters: which of them is found is the learner's doing.",
            "absent": f"{told}no policy that is optimal for the return turns (probability {turn}), and no learner "
            "watched here does.",
        }[word]
    ]
    learners = [one for one in findings if one.kind == "learner"]
    turning = [one for one in learners if one.turn_probability.low > DELTA]
    still = [one for one in learners if one.turn_probability.high < DELTA]
    if turning:
        say.append(f"{_listed([_described(one) for one in turning])} turned.")
    if word == "objective" and still:
        hides = "online learning on the steps that are experienced hides" if simulated else "how they learn hides"
        say.append(
            f"{_listed([one.name for one in still])} did not: {hides} what the objective asks for, and a better "
            "optimiser would find it."
        )
    deferring = [one for one in findings if one.kind == "planner" and one.label.word == "opportunistic"]
    if word == "objective" and deferring:
        say.append(
            f"It is no deferral: {deferring[0].name} would hold back early if late defection paid nothing (deferral "
            f"index {written(deferring[0].label.numbers['deferral index'])})."
        )
    say += [
        f"The {one.objective} of the rounds before the late window is optimised by policies with an early rate of "
        f"{ends(one.found.early_rate)} and a late rate of {ends(one.found.late_rate)}."
        for one in optima
        if one.found and one.objective != "return"
    ]
    if seen is not None:
        memory = f", from its memory in {remembered.accuracy:.3g}" if remembered else ""
        say.append(
            f"From what it sees the model can tell training from deployment in {seen.accuracy:.3g} of its rounds"
            f"{memory}; a guess that sees nothing is right in {seen.chance:.3g}."
        )
    return say


def _described(one: Finding) -> str:
    return f"{one.name} ({one.label.word})"


def ends(one: Interval) -> str:
    """One number where both ends are the same to three digits."""
    if np.isnan(one.low):
        return "undefined"
    low, high = (f"{round(end, 3) + 0.0:g}" for end in (one.low, one.high))
    return low if low == high else f"[{low}, {high}]"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
