"""The seal of a match: a checksum over its key, controls and measures, so that a byte changed on the disk is seen.

SQLite sees a page that is torn, and not a digit that is another one. All else that a match is (the game, the players,
the seed) its key is a hash of, so that can be worked out again.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from zlib import crc32

import numpy as np

from arena.contest.match import KEY_FORMAT, canonical
from arena.game.game import Floats


def seal(key: str, controls: str, values: Mapping[str, float]) -> int:
    """The seal of a match with these measures; NaN is one that is undefined."""
    names = tuple(sorted(values))
    return seal_of(key, controls, names, plain(np.asarray([values[name] for name in names], np.float64)).tobytes())


def plain(values: Floats) -> Floats:
    """Values as they come back from the store: of the many NaN one, and 0 for -0."""
    return (np.where(np.isnan(values), np.nan, values) + 0.0).astype("<f8")


def seal_of(key: str, controls: str, names: Sequence[str], values: bytes) -> int:
    """The seal from plain values as bytes, in the order of their names, which are sorted."""
    return crc32(values, crc32(key.encode(), _head(controls, tuple(names))))


def key_of(digest: str, scenario: str, settings: str, model: str, overseer: str | None, seed: int) -> str:
    """The key that a match must have by what else the store says of it; ``settings`` are JSON.

    Raises:
        ValueError: they are not.
    """
    return hashlib.sha256(f"{_pairing(digest, scenario, settings, model, overseer)},{seed}]".encode()).hexdigest()


@lru_cache(maxsize=1000)
def _head(controls: str, names: tuple[str, ...]) -> int:
    return crc32("\n".join((controls, *names)).encode())


@lru_cache(maxsize=1000)
def _pairing(digest: str, scenario: str, settings: str, model: str, overseer: str | None) -> str:
    """What ``match_key`` hashes, up to the seed: the same for every match of a pairing."""
    return canonical([KEY_FORMAT, digest, scenario, json.loads(settings), model, overseer])[:-1]
