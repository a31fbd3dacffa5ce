"""Another process that asks an agent, so that one that hangs or ends its process does no harm here."""

import os
import pickle
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Literal, Self

HASHES = "PYTHONHASHSEED"
START = 120.0
"""Seconds that a process may take until it asks its first question."""


@dataclass(frozen=True)
class Answer:
    """What came of a question."""

    status: Literal["fine", "refused", "answers", "raises", "policies", "pickle"]  # or which check it fails
    what: str  # the digest of the policies where it is fine, else one line


class Elsewhere:
    """A process that has an agent and is asked about one scenario after the other. Use it in a ``with``."""

    def __init__(self, name: str, pickled: bytes | None) -> None:
        """``pickled`` is the agent; without it, it is found by its full name."""
        self._asked = (name, pickled)

    def __enter__(self) -> Self:
        """Start it, with hashes of its own."""
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        before = os.environ.get(HASHES)
        os.environ[HASHES] = "424242" if before != "424242" else "1"
        try:
            self._process = context.Process(target=_answering, args=(theirs,), daemon=True)
            self._process.start()
        finally:
            if before is None:
                del os.environ[HASHES]
            else:
                os.environ[HASHES] = before
        theirs.close()
        self._pipe.send(self._asked)
        return self

    def __exit__(self, *_: object) -> None:
        """End it, whatever it is at."""
        self._process.kill()
        self._process.join()
        self._pipe.close()

    def ask(self, scenario: str, limit: float) -> Answer:
        """What it answers in a scenario, by name or path, within ``limit`` seconds, the time to compile it left out."""
        try:
            self._pipe.send(scenario)
            if not self._pipe.poll(START):
                return Answer("answers", f"its process is not ready after {START:g} seconds")
            self._pipe.recv()  # now it is asked
            if not self._pipe.poll(limit):
                return Answer("answers", f"no answer within {limit:g} seconds")
            answer: Answer = self._pipe.recv()
        except (EOFError, OSError):
            self._process.join(5)
            return Answer("answers", f"it ends its process, with code {self._process.exitcode}")
        return answer


def _answering(pipe: Connection) -> None:
    """The other process: answer until nobody asks."""
    import inspect

    from arena.errors import TurncoatError
    from arena.game.source import blame
    from arena.measure.questions import ask, digest, small, wrong
    from arena.play.agent import Agent, find
    from arena.play.policy import PolicyError

    name, pickled = pipe.recv()
    agent: Agent | None = None
    with suppress(EOFError):
        while True:
            game = small(pipe.recv())
            pipe.send("asked")
            try:
                if agent is None:
                    agent = find(name) if pickled is None else pickle.loads(pickled)
            except Exception as error:
                pipe.send(Answer("pickle", f"another process cannot load it: {type(error).__name__}: {error}"))
                continue
            try:
                policies = ask(agent, game)
                said = wrong(game, policies)
                pipe.send(Answer("policies", said) if said else Answer("fine", digest(policies)))
            except PolicyError as error:
                pipe.send(Answer("policies", str(error)))
            except TurncoatError as error:
                pipe.send(Answer("refused", str(error)))
            except BaseException as error:
                pipe.send(Answer("raises", str(blame(error, inspect.getfile(type(agent))))))
