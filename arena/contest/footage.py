"""Replays of matches: recorded where a match is played, packed, to be opened from the report."""

from collections.abc import Sequence
from pathlib import Path

from arena.contest.store import NAMED, Store
from arena.measure.diagnosis import Diagnosis
from arena.play.trajectory import record
from arena.show.film import Credits, film
from arena.show.lens import REMOVED, flipped, through
from arena.show.renderer import find
from arena.show.replay_file import packed, unpacked

LONGEST = 1_000
"""Rounds of an episode that is recorded at most."""


def footage(diagnosis: Diagnosis, named: Sequence[Credits]) -> list[bytes]:
    """The first episode of each of a diagnosis' keys, packed as replay files; nothing of a game that is too long.

    It is looked at through the lenses that cost nothing more: flipped signals, and the future removed where the agent
    was fitted there anyway. ``named`` is in the order of the keys.
    """
    (game, policies), seat, agent = diagnosis.policies(), diagnosis.seat, diagnosis.agent
    if game.horizon > LONGEST:
        return [b""] * len(policies)
    there, removed = diagnosis.policies(REMOVED) if diagnosis.known(REMOVED) else (game, [])
    others, company = diagnosis.company(game), diagnosis.company(there)
    found = []
    for place, (policy, key) in enumerate(zip(policies, diagnosis.keys, strict=True)):
        lenses = flipped(game, seat, policy, agent, others)
        if removed and (there.row != game.row).any():
            lenses += through(there, seat, agent, removed[place], company)
        trajectory = record(game, {seat: policy, **others}, int(key), 0, seat)
        found.append(packed(film(trajectory, named[place], lenses)))
    return found


def album(store: Store, folder: Path) -> None:
    """Write the page that a report's replays open in, and those of them that are not there yet.

    Raises:
        TurncoatError: the folder cannot be written, or a replay in the store is damaged.
    """
    fresh = {
        name: [unpacked(store.replay(key), f"{store.path}, replay {name}")]
        for key in store.filmed()
        if not (folder / "replays" / f"{(name := key[:NAMED])}.js").exists()
    }
    if fresh:
        find("html").album(folder, fresh)
