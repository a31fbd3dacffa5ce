"""Arrays with a manifest in one file: an ``.npz`` archive, written whole or not at all, and read without pickle.

Equal contents make equal bytes, so that two trainings can be compared by their files.
"""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arena.errors import TurncoatError
from arena.files import write
from arena.game.game import Floats, Game, Ints
from arena.game.unroll import Unrolled, unroll
from arena.play.policy import Policy, View, remembering, view

SAVED_FORMAT = 1
MANIFEST = "manifest"
NEEDED = ("scenario", "settings", "digest", "agent", "seat", "seeds", "actions", "factors", "clocks", "memory")


@dataclass(frozen=True)
class Saved:
    """Trained policies and where they come from."""

    manifest: Mapping[str, Any]  # scenario, settings, digest, agent, seat, seeds, versions, what the seat sees and does
    probability: Floats  # [seed, clock, O, A]; [seed, 1, information state, A] of policies that remember
    rows: Ints  # [O, factor]; [information state, (parent, action, observation)] of those

    def policy(self, game: Game, seat: str, number: int) -> Policy:
        """The policy of the ``number``-th seed; a TurncoatError if it remembers what there is not to remember."""
        if not self.manifest["memory"]:
            return view(game, seat).table(self.probability[number])
        memory = unroll(game, seat)
        if not np.array_equal(_histories(memory), self.rows):
            raise TurncoatError(f"{game.name}: the saved policy remembers other histories than those of seat {seat!r}")
        return remembering(memory, self.probability[number, 0])


def _histories(memory: Unrolled) -> Ints:
    return np.column_stack((memory.parent, memory.action, memory.observation))


def sight(told: View) -> dict[str, Any]:
    """What a seat sees and does, as a manifest holds it."""
    factors = [[name, list(words)] for name, words in told.factors]
    return {"actions": list(told.actions), "factors": factors, "clocks": told.clocks}


def save_policies(path: Path, policies: Sequence[Policy], told: View, manifest: Mapping[str, Any]) -> None:
    """Save one policy a seed; a TurncoatError where they are no tables of what their seat sees or remembers."""
    memory = policies[0].memory
    if any((policy.memory is None) != (memory is None) for policy in policies) or (
        memory is None and any(not np.array_equal(policy.index, told.index) for policy in policies)
    ):
        raise TurncoatError("only a policy that is a table of what its seat sees or remembers can be saved")
    clocks = told.clocks if memory is None else 1
    rows = told.rows if memory is None else _histories(memory)
    shape = (clocks, len(rows), len(told.actions))  # rows beyond those are never asked for
    probability = np.stack([np.broadcast_to(policy.probability[:, : len(rows)], shape) for policy in policies])
    kind = {"kind": "policies", "memory": memory is not None}
    write(path, pack({"probability": probability, "rows": rows}, {**kind, **sight(told), **manifest}))


def load_policies(path: Path) -> Saved:
    """Read what ``save_policies`` wrote; a TurncoatError when it is something else."""
    manifest, arrays = unpack(path, "policies")
    try:
        saved = Saved(manifest, arrays["probability"], arrays["rows"])
        for key in (
            "scenario",
            "settings",
            "digest",
            "agent",
            "seat",
            "seeds",
            "actions",
            "factors",
            "clocks",
            "memory",
        ):
            manifest[key]
        clocks = 1 if manifest["memory"] else manifest["clocks"]
        shape = (len(manifest["seeds"]), clocks, len(saved.rows), len(manifest["actions"]))
    except (KeyError, TypeError) as error:
        raise TurncoatError(f"{path}: not the policies of a training ({error} is missing)") from None
    if saved.probability.shape != shape:
        raise TurncoatError(f"{path}: the table has shape {saved.probability.shape}, not {shape}")
    return saved


def fits(path: Path, saved: Saved, game: Game, seat: str, transfer: bool) -> None:
    """Check that saved policies may play a seat.

    Raises:
        TurncoatError: they were trained in another game; or with ``transfer`` the seat sees or does something else.
    """
    told = view(game, seat)
    asked = {**sight(told), "seat": seat}
    different = [key for key, value in asked.items() if saved.manifest[key] != value]
    if not different and not saved.manifest["memory"] and not np.array_equal(saved.rows, told.rows):
        different = ["observations"]
    if different and (transfer or saved.manifest["digest"] == game.digest):
        raise TurncoatError(f"{path}: does not fit the seat {seat!r} of {game.name}: other {' and '.join(different)}")
    if not transfer and saved.manifest["digest"] != game.digest:
        settings = " ".join(f"-S {key}={value}" for key, value in saved.manifest["settings"].items())
        hint = "" if different else "; transfer=true plays it here all the same"
        raise TurncoatError(
            f"{path}: trained in another game: {saved.manifest['scenario']} {settings} "
            f"(digest {saved.manifest['digest'][:12]}, here {game.digest[:12]}){hint}"
        )


def pack(arrays: Mapping[str, NDArray[Any]], manifest: Mapping[str, Any]) -> bytes:
    """The bytes of a file; the manifest is JSON data."""
    text = json.dumps({"format": SAVED_FORMAT, **manifest}, sort_keys=True, ensure_ascii=False)
    buffer = io.BytesIO()
    words = np.frombuffer(text.encode(), np.uint8)
    np.savez_compressed(buffer, allow_pickle=False, **{MANIFEST: words, **arrays})
    return buffer.getvalue()


def unpack(path: Path, kind: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The manifest and the arrays of a file of some kind.

    Raises:
        TurncoatError: there is no such file, it is something else, or a newer Turncoat wrote it.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        manifest = json.loads(bytes(arrays.pop(MANIFEST)))
        newer = manifest["format"] > SAVED_FORMAT
        found = manifest["kind"]
    except FileNotFoundError:
        raise TurncoatError(f"{path}: no such file") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise TurncoatError(f"{path}: not a file that turncoat train wrote ({type(error).__name__}: {error})") from None
    if newer:
        raise TurncoatError(f"{path}: written by a newer Turncoat")
    if found != kind:
        raise TurncoatError(f"{path}: holds a {found}, not {kind}")
    return manifest, arrays


def extend(path: Path, content: bytes) -> None:
    """Make a file hold ``content``, by writing only what is missing at its end if the rest is right already."""
    try:
        there = path.read_bytes() if path.exists() else b""
        if content.startswith(there):
            with path.open("ab") as stream:
                stream.write(content[len(there) :])
            return
    except OSError as error:
        raise TurncoatError(f"{path}: {error.strerror or error}") from None
    write(path, content)
