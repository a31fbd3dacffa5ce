"""Trained policies, kept between runs, so that what has been trained once can be watched at once.

A file holds one policy as arrays. It is found by the hash of all that made it: the game, the agent with every setting
and its code, its seat, the policies it met, and the seed. One that cannot be read is as good as none.
"""

import hashlib
import inspect
import io
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from arena.errors import TurncoatError
from arena.files import write
from arena.game.game import Game, Ints
from arena.game.unroll import Unrolled, unroll
from arena.play.agent import Agent, Keys
from arena.play.policy import Policy

FORMAT = 1
"""Changes when a policy of the same description would be another one, or is kept in another way."""

LIBRARIES = ("turncoat", "numpy", "numba", "torch", "stable-baselines3", "sb3-contrib")


def folder() -> Path:
    """Where policies are kept: $TURNCOAT_CACHE, or where this system keeps such things."""
    if chosen := os.environ.get("TURNCOAT_CACHE"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "turncoat"


@dataclass(frozen=True)
class Kept(Agent):
    """Another agent, made anew only where it has not been made before."""

    agent: Agent
    name: str  # with all its settings
    folder: Path | None  # None to make it anew always
    says: Callable[[Game], object] = id  # called before it is made

    def policies(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys) -> Sequence[Policy]:
        """One policy of ``seat`` for every key, from its file where there is one."""
        if self.folder is None:
            self.says(game)
            return self.agent.policies(game, seat, others, keys)
        paths = [self.folder / f"{self.identity(game, seat, others, int(key))}.npz" for key in keys]
        found = [_read(path, game, seat) for path in paths]
        missing = [number for number, policy in enumerate(found) if policy is None]
        if missing:
            self.says(game)
            made = self.agent.policies(game, seat, others, keys[missing])
            for number, policy in zip(missing, made, strict=True):
                found[number] = policy
                _keep(paths[number], policy)
        return [policy for policy in found if policy is not None]

    def identity(self, game: Game, seat: str, others: Mapping[str, Policy], key: int) -> str:
        """A hash of all that makes a policy: 64 hexadecimal digits."""
        company = {name: _digest(policy) for name, policy in others.items()}
        versions = [version(name) for name in LIBRARIES]
        described = [FORMAT, versions, _source(type(self.agent)), game.digest, self.name, seat, company, key]
        return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()


def _digest(policy: Policy) -> str:
    hasher = hashlib.sha256(repr((policy.probability.shape, len(policy.index))).encode())
    hasher.update(policy.probability.astype(np.float64).tobytes())
    hasher.update(policy.index.astype(np.int64).tobytes())
    return hasher.hexdigest()


def _source(kind: type) -> str:
    """A hash of the files in which an agent and what it is a kind of are written."""
    files = {inspect.getfile(one) for one in kind.__mro__ if one is not object and one.__module__ != "abc"}
    return hashlib.sha256(b"".join(Path(file).read_bytes() for file in sorted(files))).hexdigest()


def _keep(path: Path, policy: Policy) -> None:
    """Write a policy down; where that is not possible it is not kept."""
    arrays = {"probability": policy.probability, "index": policy.index}
    if policy.memory is not None:
        arrays["histories"] = _histories(policy.memory)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, buffer.getvalue())
    except (OSError, TurncoatError):
        return


def _read(path: Path, game: Game, seat: str) -> Policy | None:
    """The policy in a file; None if there is none that fits the seat."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        probability, index = arrays["probability"], arrays["index"]
        memory = None
        if "histories" in arrays:
            memory = unroll(game, seat)
            if not np.array_equal(_histories(memory), arrays["histories"]):
                return None
        clocks, lines, actions = probability.shape
        states = len(game.row) if memory is None else len(memory.game.row)
        fits = (
            probability.dtype == np.float64
            and np.issubdtype(index.dtype, np.integer)
            and clocks in (1, game.horizon)
            and actions == len(game.seats[game.seat_number(seat)].actions)
            and index.shape == (states,)
            and 0 <= index.min() <= index.max() < lines
        )
        return Policy(probability, index, memory) if fits else None
    except (OSError, ValueError, KeyError, EOFError, MemoryError, zlib.error, zipfile.BadZipFile, TurncoatError):
        return None


def _histories(memory: Unrolled) -> Ints:
    return np.column_stack((memory.parent, memory.action, memory.observation))
