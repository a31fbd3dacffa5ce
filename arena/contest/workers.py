"""Who carries errands out: this process, or workers that may crash, hang or be killed without harm to anything else.

Every worker has pipes of its own, so that one that dies takes nothing with it, however it dies. What an agent does to
its worker (memory it never gives back, settings it leaves behind) is not held against the next agent there: a fault
counts only in a worker that has played for no other agent, and is looked for in a new one where it has.
"""

import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.connection import wait
from typing import Protocol, Self

from arena.contest.errand import Enquiry, Errand, Played, carry_out
from arena.contest.faults import Fault, fault_of
from arena.contest.limits import Limits
from arena.contest.match import Player, player
from arena.contest.worker import Worker
from arena.errors import TurncoatError
from arena.spec import IN_FILE

Result = tuple[Errand, list[Played] | Fault]

TICK = 0.5
"""Seconds after which a crew says that nothing has happened."""

NEAR = 4
"""Times as many errands as workers are looked through for one that needs no board compiled."""

STARTS = 3
"""So many workers in a row, for every one there is to be, may fail to come up before the run is given up."""


class Crew(Protocol):
    """Who carries errands out, in whatever order, and never raises for what an agent does. Use it in a ``with``."""

    @property
    def number(self) -> int:
        """How many errands it can carry out at once."""

    @property
    def running(self) -> Sequence[Errand]:
        """What is being carried out."""

    def submit(self, errand: Errand) -> None:
        """Have an errand carried out; while results are read, too."""

    def results(self) -> Iterator[Result | None]:
        """What comes of every errand, until none is left; None where nothing has come for a while."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class Inline:
    """This process itself: exceptions are faults, and nothing else is caught."""

    number = 1

    def __init__(self) -> None:
        self._waiting: deque[Errand] = deque()
        self.running: list[Errand] = []

    def submit(self, errand: Errand) -> None:
        """Have an errand carried out."""
        self._waiting.append(errand)

    def results(self) -> Iterator[Result | None]:
        """One after the other; before each, None."""
        while self._waiting:
            errand = self._waiting.popleft()
            self.running = [errand]
            yield None
            try:
                found: list[Played] | Fault = carry_out(errand)
            except Exception as error:
                found = fault_of(error)
            self.running = []
            yield errand, found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


class Workers:
    """So many processes of this machine, each with one errand at a time, within limits."""

    def __init__(self, number: int, limits: Limits) -> None:
        """None is started before there is something to do."""
        self.number, self._limits = number, limits
        self._context = get_context("spawn")
        self._workers: list[Worker] = []
        self._waiting: deque[Errand] = deque()
        self._suspect: deque[Errand] = deque()  # had a fault where others had been; wants a worker for itself
        self._failed = 0  # starts in a row

    @property
    def running(self) -> list[Errand]:
        """What is being carried out."""
        return [worker.errand for worker in self._workers if isinstance(worker.errand, Errand)]

    def submit(self, errand: Errand) -> None:
        """Have an errand carried out, after those that were there before."""
        self._waiting.append(errand)

    def results(self) -> Iterator[Result | None]:
        """What comes of every errand, as it comes."""
        while self._waiting or self._suspect or self.running:
            self._give_out()
            ready = wait([one for worker in self._workers for one in worker.waits_on()], self._patience())
            came = False
            for worker in list(self._workers):
                errand, up = worker.errand, worker.up
                found = worker.news(self._limits)
                if worker.up and not up:
                    self._failed = 0
                if worker.gone:
                    self._workers.remove(worker)
                    worker.end()
                    if isinstance(worker.errand, Errand):  # never begun
                        self._waiting.appendleft(worker.errand)
                    if not worker.up:
                        self._not_up(worker)
                if not isinstance(errand, Errand) or not isinstance(found, list | Fault):
                    continue
                if isinstance(found, Fault) and worker.served > {errand.model}:
                    self._suspect.append(errand)
                    continue
                came = True
                yield errand, found
            if not came and not ready:
                yield None

    def _give_out(self) -> None:
        """An errand for every worker that has none, as far as they reach; new workers where there are too few."""
        for worker in [one for one in self._workers if one.up and one.errand is None]:
            if self._suspect and worker.served <= {self._suspect[0].model}:
                worker.give(self._suspect.popleft())
            elif self._waiting:
                worker.give(self._next(worker))
            elif self._suspect:
                self._workers.remove(worker)  # and a new one in its place
                worker.end()
        coming = sum(not worker.up for worker in self._workers)
        waiting = len(self._suspect) + len(self._waiting)
        for _ in range(min(self.number - len(self._workers), waiting - coming)):
            self._workers.append(Worker(self._context, self._limits.memory))

    def _next(self, worker: Worker) -> Errand:
        """The first errand, or one soon after it on the board that the worker has compiled."""
        near = range(min(len(self._waiting), NEAR * self.number))
        place = next((i for i in near if self._waiting[i].board == worker.board), 0)
        errand = self._waiting[place]
        del self._waiting[place]
        return errand

    def _patience(self) -> float:
        """Seconds to the next thing that is due."""
        due = [worker.due(self._limits) for worker in self._workers]
        return max(0.0, min([TICK, *(moment - time.monotonic() for moment in due if moment is not None)]))

    def _not_up(self, worker: Worker) -> None:
        """A worker did not come up: give the run up if none does.

        Raises:
            TurncoatError: so it is.
        """
        self._failed += 1
        if self._failed >= STARTS * self.number:
            last = worker.output.strip().splitlines()[-1:]
            raise TurncoatError(f"workers do not start: {worker.why}{''.join(f' ({line})' for line in last)}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()
        self._workers.clear()


def enquire(text: str, limits: Limits) -> Player | Fault:
    """Who the agent is that ``text`` names. The code of one in a file is run in a worker, not here.

    Raises:
        TurncoatError: there is no such agent or setting, or no worker starts.
    """
    if IN_FILE.match(text) is None:
        return player(text)
    found = None
    for _ in range(STARTS):
        worker = Worker(get_context("spawn"), limits.memory)
        try:
            found = _asked(worker, text, limits)
        finally:
            worker.end()
        if isinstance(found, Player) or (found is not None and found.cause != "killed"):
            return found
    if found is None:
        raise TurncoatError(f"workers do not start: {worker.why}")
    return found


def _asked(worker: Worker, text: str, limits: Limits) -> Player | Fault | None:
    """What a worker answers; None if it has ended before it heard the question."""
    while not worker.gone:
        wait(worker.waits_on(), TICK)
        found = worker.news(limits)
        if worker.up and worker.errand is None and found is None:
            worker.give(Enquiry(text))
        elif isinstance(found, Fault) and found.general:
            raise TurncoatError(found.message)
        elif isinstance(found, Player | Fault):
            return found
    return None


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
