"""One worker: a process that carries out errands, and what its parent knows of it."""

import faulthandler
import fcntl
import io
import os
import pickle
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext
from threading import Thread
from typing import TYPE_CHECKING, Any

from arena.contest.faults import KEPT, Fault, fault_of_exit

if TYPE_CHECKING:
    from arena.contest.errand import Enquiry, Errand, Played
    from arena.contest.limits import Limits
    from arena.contest.match import Player

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
"""Libraries of numbers get one thread: workers share the cores, and results must not depend on how many there are."""

GIVEN = "given"
"""What an errand is while its worker has not said that it has begun it."""

COMES_UP = 120.0
"""Seconds in which a worker must come up, before it meets any agent that is not installed. It has as many to compile a
scenario, or as many as an agent has to answer if those are more."""

READS = 64
"""So much of what it says or writes is read at once, each time what a pipe holds."""

HEAD = 8
"""Bytes before a message that say how long it is."""


class Worker:
    """The parent's side. ``news`` never waits for the process, and never raises for what it does.

    No more is read than is there: an agent may have written half a message into the pipe.
    """

    def __init__(self, context: SpawnContext, memory: int) -> None:
        """Start the process; it is ``up`` when it says so."""
        self.up = self.gone = self._deaf = False
        self.why = ""  # it is gone
        self.errand: Errand | Enquiry | None = None
        self.board = ""  # of its last errand
        self.served: set[str] = set()  # models that it has played for
        self._memory, self._said = memory, bytearray()  # the beginning of a message
        self._phase, self._since, self._written, self._output = "", time.monotonic(), 0, b""
        self._pipe, theirs = context.Pipe()
        self._ear, mouth = context.Pipe(duplex=False)
        self._process = context.Process(target=work, args=(theirs, mouth, memory, os.getpid()), name="turncoat-worker")
        with _environment():
            self._process.start()
        theirs.close()
        mouth.close()
        os.set_blocking(self._ear.fileno(), False)

    @property
    def output(self) -> str:
        """The beginning of what was written in the last errand."""
        return self._output.decode(errors="replace")

    def waits_on(self) -> list[Connection | int]:
        """What there may be news on."""
        return [self._pipe, self._process.sentinel, *([] if self._deaf else [self._ear])]

    def give(self, errand: "Errand | Enquiry") -> None:
        """Have an errand carried out."""
        self._listen()
        self.errand, self.board = errand, errand.board
        self._phase, self._since, self._written, self._output = GIVEN, time.monotonic(), 0, b""
        self.served.add(errand.model)
        with suppress(OSError):  # it has died just now, as the next news will say
            self._pipe.send(errand)

    def due(self, limits: "Limits") -> float | None:
        """When what it is at will have taken too long."""
        if self.up and self.errand is None:
            return None
        if not self.up or self._phase == GIVEN:
            return self._since + COMES_UP
        if self._phase == "start":
            return self._since + limits.start
        return self._since + (limits.time if self._phase == "play" else max(limits.time, COMES_UP))

    def news(self, limits: "Limits") -> "list[Played] | Player | Fault | None":
        """What has come of its errand, if anything has. An errand that it has died over before beginning it is left."""
        code = self._process.exitcode
        found = self._heard()
        self._listen()
        if found is not None:
            self.errand = None
            if isinstance(found, Fault):
                found = Fault(found.cause, found.message, self.output)
                self.gone = found.cause not in ("raised", "refused", "illegal")
            return found
        if self.errand is not None and self._written > limits.output:
            return self._fault("output", f"wrote more than {limits.output:,} bytes")
        if code is not None or self.gone:
            self._process.join(1)
            if (code := self._process.exitcode) is None:
                return self._fault("exited", "it closed the pipe that results come through, or wrote into it")
            ended = fault_of_exit(code, self.output)
            return self._fault(ended.cause, ended.message)
        if (due := self.due(limits)) is not None and time.monotonic() > due:
            if self._phase == "play":
                return self._fault("time", f"no answer within {limits.time:g} s")
            if self._phase == "board":  # refused, as is whatever else is wrong with a scenario here
                return self._fault("refused", f"the scenario was not compiled within {due - self._since:g} s")
            return self._fault("start", f"not ready within {limits.start if self.up else COMES_UP:g} s")
        return None

    def end(self) -> None:
        """End the process, and whatever it has started."""
        with suppress(OSError):
            os.killpg(self._process.pid or 0, signal.SIGKILL)
        self._process.kill()
        self._process.join()
        self._pipe.close()
        self._ear.close()

    def _fault(self, cause: str, message: str) -> Fault | None:
        self.gone, self.why = True, message
        if self.errand is None or self._phase == GIVEN:
            return None
        self.errand = None
        return Fault(cause, message, self.output)

    def _heard(self) -> "list[Played] | Player | Fault | None":
        """Read what it says: that it is up, what it is at, what has come of its errand."""
        try:
            for _ in range(READS):
                while (message := self._message()) is not None:
                    kind, what = pickle.loads(message)
                    if kind == "done":
                        return what  # type: ignore[no-any-return]
                    self.up, self._phase, self._since = True, what, time.monotonic()
                if not self._pipe.poll():
                    break
                if not (heard := os.read(self._pipe.fileno(), 1 << 16)):
                    raise EOFError
                self._said += heard
        except Exception:  # it is dying, or something else has written into its pipe
            self.gone = True
        return None

    def _message(self) -> bytes | None:
        """The next message, once all of it is there; a ValueError if a worker cannot hold one of that length."""
        end = HEAD + int.from_bytes(self._said[:HEAD])
        if end > self._memory:
            raise ValueError
        if len(self._said) < end:
            return None
        message = bytes(self._said[HEAD:end])
        del self._said[:end]
        return message

    def _listen(self) -> None:
        """Read what was written on stdout and stderr."""
        with suppress(OSError):
            for _ in range(READS):  # a flood has no end
                heard = os.read(self._ear.fileno(), 1 << 16)
                self._deaf = not heard
                self._written += len(heard)
                self._output += heard[: KEPT - len(self._output)]


@contextmanager
def _environment() -> Iterator[None]:
    """What a process that is started here finds in its environment."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def work(pipe: Connection, mouth: Connection, memory: int, parent: int) -> None:
    """The worker's side: errands, one after the other, until the parent is gone."""
    # In a group of its own it can be ended with whatever an agent has started, and a terminal's Ctrl-C is not for it.
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent(parent)
    os.dup2(mouth.fileno(), 1)
    os.dup2(mouth.fileno(), 2)
    mouth.close()
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(io.FileIO(to, "w", closefd=False), "utf-8", "replace", write_through=True) for to in (1, 2)
    )
    faulthandler.enable()
    _bound(memory)

    from arena.contest.errand import Enquiry, answer, carry_out
    from arena.contest.faults import fault_of
    from arena.play.agent import agents

    agents()
    say(pipe, "at", "")
    while True:
        try:
            errand = pipe.recv()
        except EOFError:
            return
        try:
            does: Callable[..., Any] = answer if isinstance(errand, Enquiry) else carry_out
            found = does(errand, lambda phase: say(pipe, "at", phase))
        except BaseException as error:
            found = fault_of(error)
            if not found.general:
                traceback.print_exc()
        say(pipe, "done", found)


def say(pipe: Connection, kind: str, what: object) -> None:
    """Tell the parent something."""
    message = pickle.dumps((kind, what))
    with os.fdopen(pipe.fileno(), "wb", closefd=False) as stream:
        stream.write(len(message).to_bytes(HEAD) + message)


def _end_with_parent(parent: int) -> None:
    """Have the whole group killed when the parent is, however it ends and whatever an agent is at."""
    if sys.platform == "linux" and (process := parent_process()) is not None:
        # Linux does so when the parent's end of this pipe is closed, even if native code lets no thread of ours run.
        # PR_SET_PDEATHSIG would kill this process alone, and, beside this, sometimes before the group.
        fcntl.fcntl(process.sentinel, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(process.sentinel, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(process.sentinel, fcntl.F_SETFL, os.O_ASYNC)
    if os.getppid() != parent:
        os._exit(1)
    Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    if (parent := parent_process()) is not None:
        parent.join()
        os.killpg(0, signal.SIGKILL)


def _bound(memory: int) -> None:
    """Have the system refuse more memory than that, and leave no core dumps about."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]  # which only root may raise
        least = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (least, least))
    else:  # which refuses nothing
        Thread(target=_weigh, args=(memory,), daemon=True).start()


def _weigh(memory: int) -> None:
    while resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < memory:  # bytes on macOS
        time.sleep(0.1)
    print("out of memory", file=sys.stderr)  # noqa: T201 - where the parent looks for it
    os.abort()
