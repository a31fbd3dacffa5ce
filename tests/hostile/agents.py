"""Agents with the faults that a tournament must survive, one a class; run none of them outside a worker."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from arena import Game, Policy, View, view
from arena.play.agent import Agent, Keys, Known


class Segfaults(Known):
    """Reads where there is nothing."""

    def act(self, view: View) -> Policy:
        ctypes.string_at(0)
        raise AssertionError


class Exits(Known):
    """Ends its process as if all were well."""

    def act(self, view: View) -> Policy:
        os._exit(0)


class Kills(Known):
    """Is killed in the middle."""

    def act(self, view: View) -> Policy:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


class Loops(Known):
    """Never answers, and lets no thread of its process do anything either, having begun to say something."""

    def act(self, view: View) -> Policy:
        for one in Path("/dev/fd").iterdir():
            if one.is_socket():
                os.write(int(one.name), b"\0\0\0\1")  # half a message, were it to its parent
        sum(iter(int, 1))
        raise AssertionError


class Begets(Known):
    """Starts a process, and then does nothing else, nor lets any thread of its own."""

    def act(self, view: View) -> Policy:
        subprocess.Popen(["sleep", "600"])
        sum(iter(int, 1))
        raise AssertionError


class Hoards(Known):
    """Wants all the memory there is."""

    def act(self, view: View) -> Policy:
        held = []
        while True:
            held.append(np.empty(10**7))  # which takes no time, being never looked at


class Raises(Known):
    """Raises, having said something."""

    def act(self, view: View) -> Policy:
        print("about to raise", flush=True)  # noqa: T201
        raise RuntimeError("I will\nnot")


class NotANumber(Known):
    """Has no idea of its chances."""

    def act(self, view: View) -> Policy:
        return view.table(np.full(view.legal.shape, np.nan))


class Floods(Known):
    """Talks without end."""

    def act(self, view: View) -> Policy:
        while True:
            sys.stdout.write("blah " * 1000)


@dataclass(frozen=True)
class StartsSlowly(Known):
    """Takes its time to be made."""

    def __post_init__(self) -> None:
        time.sleep(3600)

    def act(self, view: View) -> Policy:
        return view.always(view.legal.argmax(axis=1))


@dataclass(frozen=True)
class Moody(Agent):
    """Crashes for every key that is divisible by three, and for no other."""

    def policies(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys) -> Sequence[Policy]:
        if any(int(key) % 3 == 0 for key in keys):
            os.abort()
        told = view(game, seat)
        return [told.always(told.legal.argmax(axis=1))] * len(keys)


@dataclass(frozen=True)
class Learns(Agent):
    """Gives every key a policy of its own, after some work; writes who did it into a file."""

    work: int = 100_000
    log: str = ""
    chunk: ClassVar[int | None] = 1

    def policies(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys) -> Sequence[Policy]:
        if self.log:
            with Path(self.log).open("a") as log:
                print(os.getpid(), file=log)
        told = view(game, seat)
        found = []
        for key in keys:
            random = np.random.default_rng(int(key))
            for _ in range(self.work // 1000):
                random.random(1000).sort()
            weight = random.random(told.legal.shape) * told.legal
            found.append(told.table(weight / weight.sum(axis=1, keepdims=True)))
        return found


class Poisons(Known):
    """Leaves its process in a state in which others cannot work."""

    def act(self, view: View) -> Policy:
        os.environ["POISONED"] = "1"
        return view.always(view.legal.argmax(axis=1))


class Delicate(Known):
    """Cannot work there."""

    def act(self, view: View) -> Policy:
        if os.environ.get("POISONED"):
            raise RuntimeError("somebody was here before me")
        return view.always(view.legal.argmax(axis=1))


@dataclass(frozen=True)
class Recovers(Known):
    """Crashes until it has been tried often enough, as counted in a file."""

    log: str = ""
    good: int = 2

    def act(self, view: View) -> Policy:
        with Path(self.log).open("a") as log:
            log.write("x")
        if Path(self.log).stat().st_size <= self.good:
            os.abort()
        return view.always(view.legal.argmax(axis=1))
