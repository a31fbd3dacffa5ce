"""Faults: how a match can end without a result, and what is kept of it."""

import signal
from dataclasses import dataclass

from arena.errors import TurncoatError, one_line
from arena.play.policy import PolicyError

CAUSES = {
    "raised": "the agent's code raised an exception",
    "refused": "the agent said that it cannot play this, or the scenario could not be had there",
    "illegal": "its policy has NaN, chances that do not add up to one, or the wrong shape",
    "crashed": "its process was ended by a signal of its own making, such as a segmentation fault",
    "exited": "it ended its process itself",
    "killed": "its process was killed from outside, or by the system for want of memory",
    "time": "a call took longer than the limit",
    "memory": "it asked for more memory than the limit",
    "output": "it wrote more than the limit",
    "start": "it was not found and made within the limit",
}

KEPT = 10_000
"""Bytes of a match's output that are kept."""

OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
"""Signals that say nothing against the agent: somebody else's doing, as far as can be told."""


@dataclass(frozen=True)
class Fault:
    """What ended a match, or a call for several, without a result."""

    cause: str  # one of CAUSES
    message: str  # one line
    output: str = ""  # the beginning of what was written

    def __post_init__(self) -> None:
        if self.cause not in CAUSES:
            raise ValueError(f"there is no cause {self.cause!r}")
        object.__setattr__(self, "message", one_line(self.message))  # it is what somebody's code says
        object.__setattr__(self, "output", self.output.encode(errors="backslashreplace").decode())

    @property
    def general(self) -> bool:
        """Whether it is said of every match of the call, so that they need not be tried one by one."""
        return self.cause == "refused"


def fault_of(error: BaseException) -> Fault:
    """The fault that an exception stands for."""
    try:
        message = f"{type(error).__name__}: {error}"[:1000]
    except Exception:  # an error that cannot even be told
        message = type(error).__name__
    if isinstance(error, MemoryError) or "allocate memory" in message:  # as torch says it
        return Fault("memory", message)
    if isinstance(error, SystemExit):
        return Fault("exited", message)
    if isinstance(error, PolicyError):
        return Fault("illegal", str(error))
    if isinstance(error, TurncoatError):
        return Fault("refused", str(error))
    return Fault("raised", message)


def fault_of_exit(code: int, output: str) -> Fault:
    """The fault of a process that has ended, from its exit code; negative is the signal that ended it."""
    if code >= 0:
        return Fault("exited", f"its process ended itself with code {code}", output)
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    if -code in OUTSIDE:
        return Fault("killed", f"its process was ended by {name} from outside", output)
    if "bad_alloc" in output or "out of memory" in output.lower():
        return Fault("memory", f"its process was ended by {name} for want of memory", output)
    return Fault("crashed", f"its process was ended by {name}", output)
