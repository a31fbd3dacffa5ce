"""The manifest of a run: what was asked for, in full, and with which versions. Never read to decide what to play."""

import json
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from arena.contest.tournament import Lineup
from arena.errors import TurncoatError
from arena.files import write
from arena.spec import Spec

MANIFEST = "manifest.json"
MANIFEST_FORMAT = 1
PACKAGES = ("turncoat", "numpy", "numba", "scipy", "torch", "stable-baselines3", "choix", "nashpy")


def versions() -> dict[str, str | None]:
    """The versions that can change a result, read without importing anything; None for what is not installed."""
    found: dict[str, str | None] = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


def describe(lineup: Lineup) -> dict[str, Any]:
    """A tournament with every setting written out, its games' digests and the versions."""
    seeds = lineup.tournament.seeds
    return {
        "configuration": {
            "name": lineup.tournament.name,
            "scenarios": [str(Spec(board.found, tuple(sorted(board.settings.items())))) for board in lineup.boards],
            "agents": [player.identity for player in lineup.players],
            "overseers": [overseer.identity for overseer in lineup.overseers],
            "controls": lineup.tournament.controls,
            "measures": lineup.tournament.measures,
            "replays": lineup.tournament.replays,
            "seeds": len(seeds) if seeds == list(range(len(seeds))) else seeds,
            "faults": lineup.tournament.faults,
            "retries": lineup.tournament.retries,
            "limits": lineup.tournament.limits.model_dump(),
            "settle": lineup.tournament.settle and lineup.tournament.settle.model_dump(),
        },
        "games": {board.label: board.game.digest for board in lineup.boards},
        "versions": versions(),
    }


def record(folder: Path, lineup: Lineup) -> None:
    """Add a tournament to the folder's manifest, unless it is the last one there."""
    data = load(folder)
    entry = describe(lineup)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    last = data["tournaments"][-1] if data["tournaments"] else {}
    if {key: value for key, value in last.items() if key != "started"} == entry:
        return
    data["tournaments"].append({"started": now, **entry})
    write(folder / MANIFEST, json.dumps({"created": now, **data}, indent=2, ensure_ascii=False).encode() + b"\n")


def last(folder: Path) -> dict[str, Any]:
    """The tournament that was played last in a folder, as the manifest has it; empty if none was."""
    return dict((load(folder)["tournaments"] or [{}])[-1])


def load(folder: Path) -> dict[str, Any]:
    """The manifest of a run, or an empty one."""
    try:
        data = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if data["manifest"] > MANIFEST_FORMAT:
            raise TurncoatError(f"{folder / MANIFEST}: written by a newer Turncoat")
        data["tournaments"] = [dict(one) for one in data["tournaments"]]
        for one in data["tournaments"]:
            one |= {part: dict(one.get(part, {})) for part in ("configuration", "versions")}
        return dict(data)
    except FileNotFoundError:
        pass
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise TurncoatError(f"{folder / MANIFEST}: not the manifest of a run ({error}); move it away") from None
    return {"manifest": MANIFEST_FORMAT, "tournaments": []}
