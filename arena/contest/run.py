"""Run a tournament: play the matches that a store does not have yet, and keep each as soon as it is finished."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from arena.contest.match import MODEL, Pairing, stream
from arena.contest.store import Place, Store
from arena.contest.tournament import Lineup
from arena.measure.diagnosis import figures


class Progress(Protocol):
    """Who is told how a run gets on."""

    def start(self, total: int, kept: int) -> None:
        """There are ``total`` matches, of which ``kept`` are finished already."""

    def advance(self, pairing: Pairing, matches: int) -> None:
        """Some matches of a pairing are finished, or given up; at 0 the pairing begins."""


@dataclass
class Outcome:
    """What a run did."""

    kept: int = 0  # matches that were there already
    played: int = 0
    failures: list[tuple[Pairing, Exception]] = field(default_factory=list)


def pairings(lineup: Lineup) -> Iterator[Pairing]:
    """Every agent on every board, under every overseer where there is a seat for one."""
    for board in lineup.boards:
        for overseer in lineup.overseers if board.overseen else (None,):
            for model in lineup.players:
                yield Pairing(board, model, overseer)


def run(lineup: Lineup, store: Store, progress: Progress) -> Outcome:
    """Play what is missing. An agent that raises fails its pairing, is tried again next time, and the rest goes on.

    Raises:
        TurncoatError: the store cannot be written. What was finished before is kept.
    """
    seeds, outcome = lineup.tournament.seeds, Outcome()
    done = store.done(lineup.tournament.controls)
    asked = store.next_asked()
    boards = {board.identity: store.board(board, asked) for board in lineup.boards}
    players = {player.identity: store.player(player) for player in (*lineup.players, *lineup.overseers)}
    waiting: list[tuple[Pairing, list[tuple[int, str]]]] = []
    for pairing in pairings(lineup):
        keyed = [(seed, pairing.key(seed)) for seed in seeds]
        waiting.append((pairing, [(seed, key) for seed, key in keyed if key not in done]))
        outcome.kept += len(seeds) - len(waiting[-1][1])
    progress.start(len(waiting) * len(seeds), outcome.kept)
    for pairing, missing in waiting:
        if not missing:
            continue
        over = players[pairing.overseer.identity] if pairing.overseer else None
        place = Place(boards[pairing.board.identity], players[pairing.model.identity], over)
        failure = _play(pairing, missing, store, place, lineup.tournament.controls, progress, outcome)
        store.fail(place, failure)
        if failure is not None:
            outcome.failures.append((pairing, failure))
    return outcome


def _play(
    pairing: Pairing,
    missing: list[tuple[int, str]],
    store: Store,
    place: Place,
    controls: list[str],
    progress: Progress,
    outcome: Outcome,
) -> Exception | None:
    """Play a pairing's missing matches, as many at a time as its agent wants; the error if the agent raises one."""
    size = getattr(pairing.model.agent, "chunk", None) or len(missing)
    progress.advance(pairing, 0)
    for first in range(0, len(missing), size):
        chunk = missing[first : first + size]
        try:
            values = play(pairing, [key for _, key in chunk], controls)
        except Exception as error:
            progress.advance(pairing, len(missing) - first)
            return error
        for (seed, key), value in zip(chunk, values, strict=True):
            store.add(place, seed, key, value, controls)
        outcome.played += len(chunk)
        progress.advance(pairing, len(chunk))
    return None


def play(pairing: Pairing, keys: list[str], controls: list[str]) -> list[dict[str, float]]:
    """Play the matches with these keys: every measure of each, exactly, in the scenario and in the controls."""
    return figures(pairing.board.game, MODEL, pairing.model.agent, pairing.others(), stream(keys), controls)
