"""Who works out the points of a sweep: jobs that depend on nothing but their own keys, here or in other processes."""

import hashlib
import math
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import active_children, get_context, parent_process
from threading import Thread
from typing import Any

import numpy as np

from arena.contest.axis import Axis
from arena.contest.match import MODEL, Board, Pairing, Player, canonical, opposition, overseer, player, stream
from arena.contest.optimum import solve
from arena.contest.sweep import trace
from arena.errors import TurncoatError, nearest
from arena.game.game import Floats
from arena.game.scenario import find
from arena.measure.diagnosis import CONTROLS, FOLLOWED, columns, figures
from arena.measure.label import label
from arena.measure.measure import measures, twin_measures
from arena.measure.summary import summarise
from arena.spec import Setting, Spec

FORMAT = 1
"""Part of every key: changes when the same thing would be worked out differently."""

LABEL = "label"


@dataclass(frozen=True)
class Request:
    """What a sweep is asked for: names, as they are written."""

    scenario: str
    settings: Mapping[str, Setting]  # those that do not vary
    axes: tuple[Axis, ...]
    agents: tuple[str, ...]
    overseer: str = "always"  # where there is a seat for one
    seeds: int = 20
    measure: str = "early_rate"
    trust: bool = False

    def at(self, point: Sequence[float]) -> dict[str, Setting]:
        """The settings at a point, whole numbers as such."""
        varying = {one.name: int(value) if one.whole else value for one, value in zip(self.axes, point, strict=True)}
        return {**self.settings, **varying}


def measures_of_sweeps() -> tuple[str, ...]:
    """What can be asked for."""
    return (*measures(), *twin_measures(), LABEL)


def _controls(measure: str) -> tuple[str, ...]:
    """The controls that a measure takes; for the label all, and the rates before training."""
    if measure == LABEL:
        return (*CONTROLS, FOLLOWED)
    one = twin_measures().get(measure)
    return tuple(name for name, control in CONTROLS.items() if one and one.refit and control.twin == one.twin)


@dataclass(frozen=True)
class Job:
    """One thing to work out: ``cell`` or ``rate`` at a point, or the ``crossing`` between it and another."""

    what: str
    at: tuple[float, ...]
    to: tuple[float, ...] = ()


Answer = tuple[Any, dict[str, Any]]
"""The result of a job, as JSON data, and what of it is new, by key."""


class Bench:
    """Everything that jobs need, resolved once a process."""

    def __init__(self, request: Request) -> None:
        """Resolve all names; nothing is known yet.

        Raises:
            TurncoatError: there is no such thing, or it does not fit.
        """
        self.request = request
        self.known: Mapping[str, Any] = {}
        self.scenario = find(request.scenario, request.trust)
        for one in request.axes:
            if one.name in request.settings:
                raise TurncoatError(f"{one.name} is given twice, by -P and by -S")
        self.scenario.settings(request.at([one.values[0] for one in request.axes]))
        self.players = list({one.identity: one for one in map(player, request.agents)}.values())
        self.overseer = overseer(request.overseer)
        if request.measure not in measures_of_sweeps():
            what = nearest(request.measure, measures_of_sweeps())
            raise TurncoatError(f"there is no measure {request.measure!r}{what}")
        self.controls = _controls(request.measure)

    def answer(self, job: Job) -> Answer:
        """Do a job, or look it up."""
        if job.what == "cell":
            return self._cell(job.at)
        return self._rate(job.at) if job.what == "rate" else self._crossing(job.at, job.to)

    def _cell(self, at: tuple[float, ...]) -> Answer:
        """The measure of every agent at a point, by the agent's full name, and the gaps: whose, and why."""
        try:
            board = self._board(at)
        except TurncoatError as error:
            return {"agents": {}, "gaps": [["", str(error)]], "overseen": False}, {}
        found: dict[str, Any] = {}
        gaps: list[list[str]] = []
        news: dict[str, Any] = {}
        for one in self.players:
            pairing = Pairing(board, one, self._watching(board))
            key = _key(pairing.key(0), self.request.seeds)
            record = self.known.get(key, {})
            if self.request.measure not in record:
                try:
                    record = news[key] = self._measured(pairing)
                except Exception as error:  # an agent's own code runs here
                    what = str(error) if isinstance(error, TurncoatError) else f"{type(error).__name__}: {error}"
                    gaps.append([one.label, " ".join(what.split())])
                    continue
            found[one.identity] = record[self.request.measure]
        return {"agents": found, "gaps": gaps, "overseen": board.overseen}, news

    def _measured(self, pairing: Pairing) -> dict[str, Any]:
        """All measures of a pairing: seeds that have a value, mean, low, high; the label is a word."""
        keys = stream([pairing.key(seed) for seed in range(self.request.seeds)])
        game, agent = pairing.board.game, pairing.model.agent
        values = figures(game, MODEL, agent, pairing.others(), keys, self.controls)
        by_name = columns(values)
        if self.request.measure == LABEL:
            return {LABEL: label(by_name).word}
        found: dict[str, Any] = {}
        for name in dict.fromkeys((*filter(measures_of_sweeps().__contains__, by_name), self.request.measure)):
            one = summarise(by_name.get(name, np.full(len(values), np.nan)))
            found[name] = [one.seeds, _number(one.mean), _number(one.low), _number(one.high)]
        return found

    def _rate(self, at: tuple[float, ...]) -> Answer:
        """The exact optimum's early rate at a point; None where there is no game or no early opportunity."""
        try:
            board = self._board(at)
        except TurncoatError:
            return None, {}
        key = _key("rate", *self._identity(board))
        if key in self.known:
            return self.known[key], {}
        rate = _number(self._early_rate(board))
        return rate, {key: rate}

    def _crossing(self, low: tuple[float, ...], high: tuple[float, ...]) -> Answer:
        """Where between two points complete deferral begins or ceases to be optimal: the coordinate that differs."""
        key = _key("crossing", *self._identity(self._board(low)), *self._identity(self._board(high)))
        if key in self.known:
            return self.known[key], {}
        along = next(i for i in range(len(low)) if low[i] != high[i])

        def rate(value: float) -> float:
            try:
                return self._early_rate(self._board((*low[:along], value, *low[along + 1 :])))
            except TurncoatError:
                return math.nan

        ends: Floats = np.asarray([low[along], high[along]])
        crossing = trace(rate, ends, self.request.axes[along].whole).thresholds[0]
        return crossing, {key: crossing}

    def _board(self, at: Sequence[float]) -> Board:
        given = self.request.at(at)
        settings = self.scenario.settings(given)
        game = self.scenario.compile(**settings)
        game.seat_number(MODEL)
        label = str(Spec(self.scenario.name, tuple(given.items())))
        return Board(self.scenario, settings, label, self.request.scenario, game)

    def _watching(self, board: Board) -> Player | None:
        return self.overseer if board.overseen else None

    def _identity(self, board: Board) -> tuple[str, str]:
        return board.identity, self.overseer.identity if board.overseen else ""

    def _early_rate(self, board: Board) -> float:
        return solve(board.game, opposition(board.game, self._watching(board))).early_rate


@contextmanager
def crew(bench: Bench, workers: int) -> Iterator[Callable[[Sequence[Job]], Iterator[Answer]]]:
    """What answers jobs, in their order: this process, or so many others."""
    if workers == 1:
        yield partial(map, bench.answer)
        return
    start = (bench.request, dict(bench.known))
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=_begin, initargs=start) as pool:
        try:
            yield partial(pool.map, _answer)
        except BaseException as error:
            for child in active_children():  # what they are at is not worth waiting for
                child.terminate()
            if isinstance(error, BrokenProcessPool):
                raise TurncoatError("a worker was killed; the same command goes on from here") from None
            raise


_bench: Bench


def _begin(request: Request, known: Mapping[str, Any]) -> None:
    """A worker's first act. It leaves the keyboard to its parent, and does not outlive it."""
    global _bench
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    _bench = Bench(request)
    _bench.known = known


def _end_with_parent() -> None:
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)


def _answer(job: Job) -> Answer:
    return _bench.answer(job)


def _key(*what: object) -> str:
    """32 hexadecimal digits of all that can change a result."""
    return hashlib.sha256(canonical([FORMAT, *what]).encode()).hexdigest()[:32]


def _number(value: float) -> float | None:
    """A number as JSON has it; None for NaN."""
    return None if math.isnan(value) else value
