"""Whether an agent keeps the contract of agents: asked in small scenarios, here and in another process."""

import dataclasses
import inspect
import pickle
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Literal

import numpy as np

from arena.errors import TurncoatError
from arena.game.game import Game
from arena.game.scenario import scenarios
from arena.game.source import blame
from arena.learn.learner import Resumable
from arena.learn.practice import Practice
from arena.measure.elsewhere import Elsewhere
from arena.measure.questions import KEYS, SEAT, ask, digest, handed, others, small
from arena.play.agent import Agent, find, full_name
from arena.play.policy import Policy

Level = Literal["failure", "warning"]

CHECKS = {
    "settings": "a setting is a dataclass field with a number, a text, true or false as its default",
    "pickle": "keep nothing but the settings in the agent; open files and make locks in policies()",
    "answers": "ask for less (fewer episodes), or give --limit more seconds",
    "raises": "refuse what it cannot play: raise self.refuse(why)",
    "policies": "give one Policy for every key, as view.table and view.always make it",
    "inputs": "copy an array before writing to it",
    "repeatable": "draw from np.random.default_rng(int(key)) alone, and keep nothing from one call to the next",
    "global randomness": "draw from np.random.default_rng(int(key)), not from np.random, random or torch at large",
    "keys": "a policy may depend on its own key alone, not on its place or on how many there are",
    "process": "the order of a set, hash() and id() differ from process to process; sort, or use hashlib",
    "segments": "all that training goes on from must be in the arrays",
    "order": "keep nothing from one game to the next",
    "refusals": "name a scenario that it plays with -s",
}
"""What is looked at, and what helps where it fails."""


@dataclass(frozen=True)
class Finding:
    """Something to know about an agent."""

    check: str  # one of CHECKS
    level: Level
    scenario: str  # where it was seen first, as it was named, or empty
    what: str

    @property
    def hint(self) -> str:
        """What helps."""
        return CHECKS[self.check]


@dataclass
class Compliance:
    """What came of it."""

    agent: str  # the full name
    findings: list[Finding] = field(default_factory=list)  # the first of every check
    played: dict[str, float] = field(default_factory=dict)  # seconds that a policy takes, by scenario
    refused: dict[str, str] = field(default_factory=dict)  # why, by scenario
    left: list[str] = field(default_factory=list)  # scenarios in which it was not asked

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return all(one.level != "failure" for one in self.findings)

    def add(self, check: str, scenario: str, what: str, level: Level = "failure") -> None:
        """Add a finding, if it is the first of its check."""
        if all(one.check != check for one in self.findings):
            self.findings.append(Finding(check, level, scenario, " ".join(what.split())))


def comply(text: str, names: Sequence[str] = (), limit: float = 60.0, patience: float = 60.0) -> Compliance:
    """Check the agent that ``text`` names, in these scenarios or in all that are installed, the small ones first.

    An answer may take ``limit`` seconds; after one that does not come no other scenario is begun. Neither is one after
    ``patience`` seconds, unless all are named.

    Raises:
        TurncoatError: there is no such agent or scenario.
    """
    agent = find(text)
    report = Compliance(full_name(text))
    games = sorted(
        ((name, small(name)) for name in names or scenarios()), key=lambda one: len(one[1].row) * one[1].horizon
    )
    _settings(report, agent)
    fine: dict[str, str] = {}
    begun, over = perf_counter(), False
    with Elsewhere(report.agent, _pickled(report, agent)) as other:
        for name, game in games:
            if over:
                report.left.append(name)
                continue
            answer = other.ask(name, limit)
            if answer.status == "fine":
                with _guarded(report, agent, name):
                    failed = _failure(report, agent, name, game, answer.what)
                    if failed is None:
                        fine[name] = answer.what
                    else:
                        report.add(failed[0], name, failed[1])
            elif answer.status == "refused":
                report.refused[name] = answer.what
            else:
                report.add(answer.status, name, answer.what)
            over = answer.status == "answers" or (not names and perf_counter() - begun > patience)
    for name, game in reversed(games):
        with _guarded(report, agent, name):
            if name in fine and digest(ask(agent, game)) != fine[name]:
                report.add("order", name, "after other games it gives another policy")
    if not report.played and report.passed:
        report.add("refusals", "", f"it refuses every scenario: {next(iter(report.refused.values()))}")
    return report


def _settings(report: Compliance, agent: Agent) -> None:
    """What the class says of itself."""
    kind = type(agent)
    known = {one.name for one in dataclasses.fields(agent)}
    for name, said in vars(kind).get("__annotations__", {}).items():
        if name not in known and "ClassVar" not in str(said):
            report.add("settings", "", f"{name} is no setting yet: decorate the class with @dataclass(frozen=True)")
    try:
        if find(report.agent) != agent:
            report.add("settings", "", f"its full name {report.agent} stands for {find(report.agent)}, not for {agent}")
    except TurncoatError as error:
        report.add("settings", "", f"it is not found by its full name: {error}")
    if not kind.__doc__ or kind.__doc__.startswith(f"{kind.__name__}("):  # as dataclass writes it
        report.add("settings", "", "no docstring says what it is and where it comes from", "warning")


def _pickled(report: Compliance, agent: Agent) -> bytes | None:
    try:
        data = pickle.dumps(agent)
        if pickle.loads(data) != agent:
            report.add("pickle", "", "unpickled it is not equal to what was pickled")
        return data
    except Exception as error:
        report.add("pickle", "", f"it cannot be pickled: {type(error).__name__}: {error}")
        return None


@contextmanager
def _guarded(report: Compliance, agent: Agent, name: str) -> Iterator[None]:
    """Whatever the agent raises inside is a failure."""
    try:
        yield
    except (Exception, SystemExit) as error:
        report.add("raises", name, str(blame(error, inspect.getfile(type(agent)))))


def _failure(report: Compliance, agent: Agent, name: str, game: Game, elsewhere: str) -> tuple[str, str] | None:
    """Ask in one game, in several ways; the first check that fails, and what of it."""
    keys, beside = KEYS.copy(), others(game)
    before = handed(game, beside)
    _seed(0)
    first = ask(agent, game, keys, beside)
    if handed(game, beside) != before or (keys != KEYS).any():
        return "inputs", "it changes the game, the keys or the others' policies"
    found = digest(first)
    _seed(0)
    begun = perf_counter()
    again = ask(agent, game)
    report.played[name] = (perf_counter() - begun) / len(KEYS)
    if digest(again) != found:
        return "repeatable", "asked the same again it gives another policy"
    _seed(1)
    if digest(ask(agent, game)) != found:
        return "global randomness", "its policy depends on random generators that others use as well"
    alone = [ask(agent, game, KEYS[place : place + 1].copy())[0] for place in range(len(KEYS) - 1)]
    if digest([*alone, alone[1]]) != found or digest(ask(agent, game, KEYS[::-1].copy())[::-1]) != found:
        return "keys", "the same key gives another policy beside other keys"
    if elsewhere != found:
        return "process", "the same key gives another policy in another process"
    if isinstance(agent, Resumable) and digest(_in_segments(agent, game)) != found:
        return "segments", "trained in two segments it is not what it is when trained in one"
    return None


def _in_segments(agent: Resumable, game: Game) -> Sequence[Policy]:
    """What training comes to that was stopped in the middle, saved and gone on with."""
    practice = Practice(game, SEAT, others(game))
    middle = agent.length // 2 // agent.grain * agent.grain
    half = agent.advance(practice, agent.begin(practice, KEYS.copy()), 0, middle)
    return agent.tabulate(practice, agent.advance(practice, pickle.loads(pickle.dumps(half)), middle, agent.length))


def _seed(seed: int) -> None:
    """Set the generators that everybody shares."""
    random.seed(seed)
    np.random.seed(seed)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)
