"""Errands on a Ray cluster: each is a task of one processor, and its results come back to the one who writes.

The task itself does little: on its node it gives the errand to a worker, a process with limits like any other. So a
fault has the same cause there as here, and what Ray has to tell is only that a process or a node of its own was lost.
A node that would give other results than this machine stops the run, with a line that says what is different on it.
"""

import hashlib
import logging
import os
import socket
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from arena import plugins
from arena.contest.errand import Errand, Played
from arena.contest.faults import Fault
from arena.contest.limits import Limits
from arena.contest.manifest import versions
from arena.contest.workers import TICK, Result, Workers
from arena.errors import TurncoatError
from arena.spec import IN_FILE, parse

if TYPE_CHECKING:
    from ray import ObjectRef

AHEAD = 2
"""Times as many tasks as processors are handed to Ray, so that none waits for this process, and it holds few."""

LOSSES = 20
"""So many nodes may be lost under an errand before that is held against it."""

REACH = 5.0
"""Seconds in which a cluster answers."""


@dataclass(frozen=True)
class Origin:
    """What a node needs to know of where a tournament was started, to play it as it would be played there."""

    folder: str  # in which relative paths are meant
    trust: bool
    versions: Mapping[str, str | None]


class Cluster:
    """All processors of a Ray cluster, each with one errand at a time, within limits."""

    def __init__(self, address: str, limits: Limits) -> None:
        """Nothing is connected yet. ``address`` is HOST:PORT, or empty for the cluster that runs here.

        Raises:
            TurncoatError: Ray is not installed.
        """
        try:
            import ray
        except ImportError:
            raise TurncoatError("--on ray needs Ray: pip install 'turncoat[ray]'") from None
        self._ray: Any = ray  # which is typed in part
        self._address, self._limits = address or os.environ.get("RAY_ADDRESS", ""), limits
        self._play = ray.remote(num_cpus=1, max_retries=0)(play)
        self._origin = Origin(str(Path.cwd()), plugins.trusted(), versions())
        self._waiting: deque[Errand] = deque()
        self._given: dict[ObjectRef[Any], Errand] = {}
        self._lost: Counter[tuple[str, ...]] = Counter()  # nodes, by errand

    @classmethod
    def named(cls, on: str, limits: Limits) -> Self:
        """What ``--on`` asks for: ``ray`` or ``ray:HOST:PORT``; a TurncoatError says why it cannot be."""
        name, _, address = on.partition(":")
        if name != "ray":
            raise TurncoatError(f"--on {on}: there is only ray, as in --on ray or --on ray:HOST:PORT")
        return cls(address, limits)

    @property
    def number(self) -> int:
        """How many processors there are just now; nodes may come and go."""
        return max(1, int(self._ray.cluster_resources().get("CPU", 0)))

    @property
    def running(self) -> list[Errand]:
        """What is being carried out, as far as can be told from here."""
        return list(self._given.values())[: self.number]

    def submit(self, errand: Errand) -> None:
        """Have an errand carried out."""
        self._waiting.append(errand)

    def results(self) -> Iterator[Result | None]:
        """What comes of every errand, as it comes."""
        while self._waiting or self._given:
            for _ in range(min(len(self._waiting), AHEAD * self.number - len(self._given))):
                errand = self._waiting.popleft()
                self._given[self._play.remote(errand, files(errand), self._limits, self._origin)] = errand
            ready, _ = self._ray.wait(list(self._given), timeout=TICK)
            if not ready:
                yield None
            for task in ready:
                errand = self._given.pop(task)
                found = self._found(task, errand)
                if found is None:
                    self._waiting.appendleft(errand)
                else:
                    yield errand, found

    def _found(self, task: "ObjectRef[Any]", errand: Errand) -> list[Played] | Fault | None:
        """What came of a task; None where its node was lost.

        Raises:
            TurncoatError: a node cannot play as this one would.
        """
        gone = self._ray.exceptions
        try:
            found: list[Played] | Fault = self._ray.get(task)
            return found
        except gone.RayTaskError as error:
            cause = getattr(error, "cause", error)
            if isinstance(cause, TurncoatError):
                raise TurncoatError(str(cause)) from None
            hint = "install the same Turncoat on every node"
            raise TurncoatError(f"a node cannot play: {_line(cause)}; {hint}") from None
        except (gone.NodeDiedError, gone.LocalRayletDiedError, gone.ObjectLostError):
            self._lost[errand.keys] += 1
            return None if self._lost[errand.keys] < LOSSES else Fault("killed", f"its node was lost {LOSSES} times")
        except gone.RayError as error:
            return Fault("killed", _line(error))

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            TurncoatError: there is no such cluster, or it does not answer or fit.
        """
        where = f"--on ray:{self._address}" if self._address else "--on ray"
        host, _, port = self._address.rpartition(":")
        try:
            if self._address:
                socket.create_connection((host, int(port)), REACH).close()  # Ray takes minutes to say that it cannot
            self._ray.init(address=self._address or "auto", log_to_driver=False, logging_level=logging.CRITICAL)
        except (OSError, ValueError) as error:
            hint = "'ray start --head' starts a cluster and says at which HOST:PORT"
            raise TurncoatError(f"{where}: {_line(error)}; {hint}") from None
        except RuntimeError as error:  # other versions there, or no node here
            raise TurncoatError(f"{where}: {error}") from None
        self._ray._private.worker._worker_logs_enabled = False  # else it tells of lost nodes on stdout
        return self

    def __exit__(self, *_: object) -> None:
        self._ray.shutdown()  # which ends the tasks


def files(errand: Errand) -> dict[str, str]:
    """The files that an errand names, and their digests: those of its scenario and of its agents."""
    paths = [errand.found] if Path(errand.found).is_absolute() else []
    for text in filter(None, (errand.model, errand.overseer)):
        spec = parse(text)
        if place := IN_FILE.fullmatch(spec.name):
            paths.append(place["path"])
        paths += [str(value) for key, value in spec.settings if key == "path" and value]
    return {path: digest for path in paths if (digest := _digest(Path(path)))}


def play(errand: Errand, known: Mapping[str, str], limits: Limits, origin: Origin) -> list[Played] | Fault:
    """Carry an errand out on this node, in a worker process of its own.

    Raises:
        TurncoatError: this node lacks something, or has something else.
    """
    try:
        _settle(known, origin)
        return _worked(errand, limits)
    except TurncoatError as error:
        raise TurncoatError(f"node {socket.gethostname()}: {error}") from None


def _settle(known: Mapping[str, str], origin: Origin) -> None:
    """Make this process like the one where the tournament was started, and see that it is."""
    if Path(origin.folder).is_dir():
        os.chdir(origin.folder)
    if origin.trust:
        plugins.trust()
    here = versions()
    if other := [f"{name} {here[name]}, not {asked}" for name, asked in origin.versions.items() if asked != here[name]]:
        raise TurncoatError(f"{'; '.join(other)}: results could differ; install the same on every node")
    for path, digest in known.items():
        if (there := _digest(Path(path))) != digest:
            what = "it is another file there" if there else "there is no such file"
            hint = "every node needs the same files in the same places"
            raise TurncoatError(f"{Path(origin.folder, path)}: {what}; {hint}")


_workers: Workers | None = None
"""Of this process on a node: one, kept from task to task, so that not every errand waits for Python to start."""


def _worked(errand: Errand, limits: Limits) -> list[Played] | Fault:
    """What a worker makes of an errand."""
    global _workers
    _workers = _workers or Workers(1, limits)
    try:
        _workers.submit(errand)
        ((_, found),) = [result for result in _workers.results() if result is not None]
        return found
    except BaseException:
        _workers = None
        raise


def _digest(path: Path) -> str:
    """Of a file's content; empty where there is no such file."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _line(error: BaseException) -> str:
    """The first sentence or so of an error."""
    return str(error).strip().split("\n")[0][:200].rstrip(".") or type(error).__name__
