"""Agents for tournaments to fail on, and short ways to run tournaments: what the tests of contests share."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from arena import Game, Policy, view
from arena.cli import report, tournament
from arena.contest.run import Outcome, run
from arena.contest.standings import Standings, standings
from arena.contest.store import Store
from arena.contest.tournament import Lineup, Tournament
from arena.play.agent import Agent, Keys, agents

app = typer.Typer()
app.command("tournament")(tournament.run)
app.command("report")(report.run)


@dataclass(frozen=True)
class Dice(Agent):
    """Defects with a probability drawn from its key, and remembers which keys it was asked for."""

    asked: ClassVar[list[list[int]]] = []
    chunk: ClassVar[int | None] = None

    def policies(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys) -> Sequence[Policy]:
        self.asked.append([int(key) for key in keys])
        told = view(game, seat)
        found = []
        for key in keys:
            weight = np.random.default_rng(int(key)).random(told.legal.shape) * told.legal
            found.append(told.table(weight / weight.sum(axis=1, keepdims=True)))
        return found


@dataclass(frozen=True)
class Slow(Dice):
    """The same, one key at a time."""

    chunk: ClassVar[int | None] = 1


@dataclass(frozen=True)
class Faulty(Dice):
    """Raises where there is a seat for an overseer."""

    def policies(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys) -> Sequence[Policy]:
        if others:
            raise RuntimeError("I will not\nbe overseen")
        return super().policies(game, seat, others, keys)


def enter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make these agents known by name, and let them forget what they were asked for."""
    known = {**agents(), "dice": Dice, "slow": Slow, "faulty": Faulty}
    monkeypatch.setattr("arena.play.agent.agents", lambda: known)
    Dice.asked.clear()


class Silent:
    def start(self, total: int, kept: int) -> None: ...

    def advance(self, played: int, failed: int, running: Any) -> None: ...


def play(folder: Path, **what: Any) -> tuple[Outcome, Standings]:
    lineup = Lineup(Tournament.model_validate({"name": "test", "controls": "none", **what}))
    with Store(folder, writing=True) as store:
        return run(lineup, store, Silent()), standings(store)


def asked() -> list[int]:
    return [key for keys in Dice.asked for key in keys]


def invoke(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"NO_COLOR": "1", "TURNCOAT_WORKERS": "0"})


def keys_in(store: Path) -> set[str]:
    if not store.is_file():
        return set()
    with Connected(store) as db:
        try:
            return {key for (key,) in db.execute("SELECT key FROM matches")}
        except sqlite3.OperationalError:  # not made yet
            return set()


class Connected:
    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path)

    def __enter__(self) -> sqlite3.Connection:
        return self.db

    def __exit__(self, *_: object) -> None:
        self.db.commit()
        self.db.close()
