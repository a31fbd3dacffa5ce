"""Run a tournament: play the matches that a store does not have yet, and keep each as soon as it is finished."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from arena.contest.errand import Errand, Played
from arena.contest.faults import Fault
from arena.contest.match import Pairing, Player
from arena.contest.settled import Settled, settled
from arena.contest.standings import Standings, among, standings
from arena.contest.store import Faulted, Place, Store
from arena.contest.tournament import Lineup, Tournament
from arena.contest.workers import Crew, Inline

MOST = 1000
"""Matches in an errand at most, so that little is lost when a run is stopped."""

SHARE = 16
"""Errands a worker at least, where tables are learned, so that none is left with much to do at the end."""

KILLED = 3
"""How often a match is tried at least whose worker is killed from outside, before that counts as a fault of it."""


class Progress(Protocol):
    """Who is told how a run gets on."""

    def start(self, total: int, kept: int) -> None:
        """There are ``total`` matches, of which ``kept`` are finished already."""

    def advance(self, played: int, failed: int, running: Sequence[str]) -> None:
        """So many matches more are finished, or given up; what is running. Told often, with nothing new, too."""


FIRST = 10
"""Seeds after which a run that may stop early looks for the first time; then after twice as many, and so on."""


@dataclass
class Outcome:
    """What a run did."""

    kept: int = 0  # matches that were there already
    played: int = 0
    faults: list[tuple[Pairing, Faulted]] = field(default_factory=list)
    settled: Settled | None = None  # what was known of the order when it stopped, where it might stop early
    seeds: int = 0  # that were played by then


def pairings(lineup: Lineup) -> Iterator[Pairing]:
    """Every agent on every board, under every overseer where there is a seat for one."""
    for board in lineup.boards:
        for overseer in lineup.overseers if board.overseen else (None,):
            for model in lineup.players:
                yield Pairing(board, model, overseer)


class Run:
    """One run of a tournament: what is asked for, what of it is there, and what comes of the rest."""

    def __init__(self, lineup: Lineup, store: Store, progress: Progress) -> None:
        """Enter what is asked for in the store; nothing is played yet."""
        self.lineup, self.tournament, self.store, self.progress = lineup, lineup.tournament, store, progress
        self.outcome = Outcome()
        self._tries: Counter[tuple[str, ...]] = Counter()
        self._found: dict[tuple[str, str, str | None], tuple[Pairing, Place]] = {}
        self.missing: list[tuple[Pairing, list[tuple[int, str]]]] = []
        """What is to be played: pairings, with seeds and keys."""

        seeds, done = lineup.tournament.seeds, store.done(lineup.tournament.besides)
        asked = store.next_asked()
        boards = {board.identity: store.board(board, asked) for board in lineup.boards}
        players = {player.identity: store.player(player) for player in (*lineup.players, *lineup.overseers)}
        total = 0
        for pairing in pairings(lineup):
            over = pairing.overseer.identity if pairing.overseer else None
            place = Place(
                boards[pairing.board.identity], players[pairing.model.identity], players[over] if over else None
            )
            self._found[pairing.board.identity, pairing.model.identity, over] = pairing, place
            keyed = [(seed, pairing.key(seed)) for seed in seeds]
            missing = [(seed, key) for seed, key in keyed if key not in done]
            total += len(seeds)
            self.outcome.kept += len(seeds) - len(missing)
            if missing:
                self.missing.append((pairing, missing))
        progress.start(total, self.outcome.kept)

    def errands(self, workers: int, trust: bool, seeds: Collection[int]) -> Iterator[Errand]:
        """What is missing with some seeds, in pieces; first what is likely to take longest.

        Agents that could not be found have their fault instead.

        A table for every seed takes as long whole or in pieces. Learners that ask for so many at once get them, and
        others get all: a pass with many networks takes little longer than one with few.
        """
        now = []
        for pairing, missing in self.missing:
            if mine := [one for one in missing if one[0] in seeds]:
                if pairing.model.identity in self.lineup.faults:
                    self._give_up(pairing, mine)
                else:
                    now.append((pairing, mine))
        tables = sum(pairing.model.tabular for pairing, _ in now)
        for pairing, missing in sorted(now, key=lambda one: _rank(one[0].model)):
            model, pieces = pairing.model, 1
            if model.tabular and workers > 1:
                pieces = -(-SHARE * workers // tables)
            size = min(model.chunk or MOST, -(-len(missing) // pieces))
            for first in range(0, len(missing), size):
                some, keys = zip(*missing[first : first + size], strict=True)
                over = pairing.overseer.identity if pairing.overseer else None
                board = pairing.board
                who = (board.found, board.settings, board.identity, pairing.model.identity, over)
                yield Errand(*who, some, keys, tuple(self.tournament.besides), trust, self.tournament.replays)

    def pairing(self, errand: Errand) -> tuple[Pairing, Place]:
        """What an errand is a part of, and its rows in the store."""
        return self._found[errand.board, errand.model, errand.overseer]

    def take(self, errand: Errand, found: list[Played] | Fault) -> list[Errand]:
        """Keep what came of an errand; what is to be tried again is returned."""
        pairing, place = self.pairing(errand)
        if not isinstance(found, Fault):
            for seed, key, played in zip(errand.seeds, errand.keys, found, strict=True):
                self.store.add(place, seed, key, played.values, errand.controls, played.replay)
            self.outcome.played += len(errand)
            return []
        self._tries[errand.keys] += 1
        tries = self._tries[errand.keys]
        if found.cause == "killed" and tries < KILLED:
            return [errand]
        if len(errand) > 1 and not found.general:
            return errand.singly()
        if tries <= retries(self.tournament):
            return [errand]
        for seed, key in zip(errand.seeds, errand.keys, strict=True):
            self._note(pairing, Faulted(key, place, seed, found, tries, self._price))
        return []

    def standings(self, seeds: Collection[int]) -> Standings:
        """What is known of this tournament's agents with some seeds, whatever else the store holds."""
        who = {(place.scenario, over, model) for (_, model, over), (_, place) in self._found.items()}
        return among(standings(self.store), who, seeds)

    def _give_up(self, pairing: Pairing, missing: Sequence[tuple[int, str]]) -> None:
        """The fault of an agent that was not found, for some of its matches."""
        found = self.lineup.faults[pairing.model.identity]
        over = pairing.overseer.identity if pairing.overseer else None
        _, place = self._found[pairing.board.identity, pairing.model.identity, over]
        for seed, key in missing:
            self._note(pairing, Faulted(key, place, seed, found, 1, self._price))
        self.progress.advance(0, len(missing), ())

    @property
    def _price(self) -> str:
        return "forfeit" if self.tournament.faults == "forfeit" else "void"

    def _note(self, pairing: Pairing, one: Faulted) -> None:
        self.store.fail(one)
        self.outcome.faults.append((pairing, one))


def _rank(model: Player) -> int:
    """Those that are known first, which take no time; then learners before planners, and whole ones before pieces."""
    whole = model.kind == "learner" and not model.tabular and not model.chunk
    return 1 if whole else {"known": 0, "learner": 2, "planner": 3}[model.kind]


def retries(tournament: Tournament) -> int:
    """How often a match that has had a fault is tried again."""
    return tournament.retries if tournament.faults == "retry" else 0


def waves(tournament: Tournament) -> Iterator[list[int]]:
    """The seeds to be played before the order is looked at: all at once where a run may not stop early.

    Where it looks depends on nothing but the tournament, so that any number of workers stops at the same seed.
    """
    seeds, first = tournament.seeds, 0
    while first < len(seeds):
        last = max(FIRST, 2 * first) if tournament.settle else len(seeds)
        yield seeds[first:last]
        first = last


def run(
    lineup: Lineup,
    store: Store,
    progress: Progress,
    crew: Crew | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Outcome:
    """Play what is missing. A match that ends in a fault is noted and tried again next time, and the rest goes on.

    Args:
        lineup: what is to be played.
        store: where it is kept; this is the one that writes.
        progress: who is told.
        crew: who plays; this process, if left out.
        meanwhile: what is done now and then.

    Raises:
        TurncoatError: the store cannot be written, or no worker starts. What was finished before is kept.
    """
    one = Run(lineup, store, progress)
    with crew or Inline() as hands:
        played_with: set[int] = set()
        for seeds in waves(lineup.tournament):
            played_with |= {*seeds}
            for errand in one.errands(hands.number, lineup.trust, frozenset(seeds)):
                hands.submit(errand)
            for result in hands.results():
                played, failed = one.outcome.played, len(one.outcome.faults)
                if result is not None:
                    for errand in one.take(*result):
                        hands.submit(errand)
                now = one.outcome
                running = [str(one.pairing(errand)[0]) for errand in hands.running]
                progress.advance(now.played - played, len(now.faults) - failed, running)
                meanwhile()
            one.outcome.seeds = len(played_with)
            if (when := lineup.tournament.settle) is not None:
                one.outcome.settled = settled(
                    one.standings(played_with), confidence=when.confidence, margin=when.margin
                )
                if one.outcome.settled.done:
                    break
    return one.outcome
