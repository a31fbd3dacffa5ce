"""The store of a run: one SQLite file, one writer, every match committed whole.

The schema is below. ``PRAGMA application_id`` marks the file as a run of Turncoat and ``user_version`` is the format.
While it is written it is in write-ahead mode, so that it can be read meanwhile and a killed writer leaves every match
it had finished; at rest it is one plain file.
"""

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from arena.contest.faults import Fault
from arena.contest.match import Board, Player, canonical
from arena.contest.seal import seal
from arena.errors import TurncoatError
from arena.spec import parse

STORE = "run.sqlite"
LOCK = "run.lock"
STORE_FORMAT = 3
APPLICATION = 0x5475726E  # "Turn"

MOST = 2_000
"""Replays that a report opens at most; ``turncoat export`` and SQL have the others."""

NAMED = 16
"""Digits of its match's key that a replay's file is named by."""

SCHEMA = """
CREATE TABLE scenarios (      -- the games that matches were played in
    id INTEGER PRIMARY KEY,
    digest TEXT NOT NULL,     -- of the compiled game
    name TEXT NOT NULL,
    settings TEXT NOT NULL,   -- every parameter, canonical JSON
    label TEXT NOT NULL,      -- as written in a tournament
    title TEXT NOT NULL,
    about TEXT NOT NULL,
    source TEXT NOT NULL,
    found TEXT NOT NULL,      -- the name or path by which it was found
    asked INTEGER NOT NULL,   -- grows with every tournament; of two games with one name and settings, the later counts
    UNIQUE (digest, name, settings)
);
CREATE TABLE players (        -- agents and overseers
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE, -- with every setting
    label TEXT NOT NULL,      -- as written in a tournament
    kind TEXT NOT NULL        -- known, planner, learner; unknown if it was never found
);
CREATE TABLE matches (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE, -- 64 hexadecimal digits: identity and randomness
    scenario INTEGER NOT NULL REFERENCES scenarios,
    model INTEGER NOT NULL REFERENCES players,
    overseer INTEGER REFERENCES players, -- NULL where the game has no such seat
    seed INTEGER NOT NULL,
    controls TEXT NOT NULL DEFAULT '', -- that were played besides, and measures of the policy; commas between
    seal INTEGER              -- checksum, see arena/contest/seal.py; NULL in matches of earlier formats
);
CREATE INDEX matches_by_pairing ON matches (scenario, model, overseer, seed);
CREATE TABLE measures (       -- exact expectations over one episode
    match INTEGER NOT NULL REFERENCES matches,
    name TEXT NOT NULL,       -- measure, or measure@control
    value REAL,               -- NULL where it is undefined, for want of opportunities
    PRIMARY KEY (match, name)
) WITHOUT ROWID;
"""

FAULTS = """
CREATE TABLE faults (         -- matches whose last try ended without a result
    key TEXT PRIMARY KEY,     -- that the match would have
    scenario INTEGER NOT NULL REFERENCES scenarios,
    model INTEGER NOT NULL REFERENCES players,
    overseer INTEGER REFERENCES players,
    seed INTEGER NOT NULL,
    cause TEXT NOT NULL,      -- a word of arena/contest/faults.py
    message TEXT NOT NULL,    -- one line
    output TEXT NOT NULL,     -- the beginning of what was written on stdout and stderr
    tries INTEGER NOT NULL,   -- how often it was tried in that run
    policy TEXT NOT NULL      -- what it costs: void or forfeit
);
CREATE TABLE replays (        -- the first episode of matches that were asked for one
    key TEXT PRIMARY KEY,     -- of the match
    content BLOB NOT NULL     -- a replay file
);
CREATE VIEW failures AS       -- the first fault of every pairing
    SELECT scenario, model, overseer, cause AS error, message FROM faults AS f WHERE seed =
    (SELECT min(seed) FROM faults AS g WHERE g.scenario = f.scenario AND g.model = f.model AND g.overseer IS f.overseer)
    GROUP BY scenario, model, overseer;
"""

UPGRADES = {
    1: "ALTER TABLE matches ADD COLUMN controls TEXT NOT NULL DEFAULT '';",
    2: f"DROP TABLE failures; {FAULTS} ALTER TABLE matches ADD COLUMN seal INTEGER;",  # what failed is tried again
}
"""From each format to the next; done when an older run is written to again."""

LONGER = """CASE WHEN length(excluded.label) > length(label)
    OR (length(excluded.label) = length(label) AND excluded.label > label) THEN excluded.label ELSE label END"""
"""Of two ways of writing the same thing the longer, so that the order in which they came does not show."""


@dataclass(frozen=True)
class Place:
    """A pairing's rows in the store: scenario, model and overseer."""

    scenario: int
    model: int
    overseer: int | None


@dataclass(frozen=True)
class Faulted:
    """A match without a result."""

    key: str
    place: Place
    seed: int
    fault: Fault
    tries: int
    policy: str  # void or forfeit


class Store:
    """A run's folder, open for reading or, by one process at a time, for writing. Use it in a ``with`` statement."""

    def __init__(self, folder: Path, writing: bool = False) -> None:
        """Open the store; when ``writing``, make the folder and the store where they are missing.

        Raises:
            TurncoatError: the folder cannot be written, holds something else, is being written by another process, or
                its store is damaged or of a newer format.
        """
        self.folder, self.path = folder, folder / STORE
        self._lock: sqlite3.Connection | None = None
        if writing:
            self._prepare()
        elif not self.path.is_file():
            raise TurncoatError(f"{folder}: no run is here; 'turncoat tournament --out {folder}' makes one")
        try:
            self._connection = self._connect(writing)
        except BaseException:
            self._unlock()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            with suppress(sqlite3.Error):  # somebody may be reading
                self._connection.execute("PRAGMA journal_mode = DELETE")
        self._connection.close()
        self._unlock()

    def board(self, board: Board, asked: int) -> int:
        """The row of a board, written if it is new; ``asked`` makes it the one that counts."""
        settings = canonical(dict(board.settings))
        about = (board.scenario.title, board.scenario.about, board.scenario.source, board.found)
        with self._changing() as db:
            db.execute(
                "INSERT INTO scenarios (digest, name, settings, label, title, about, source, found, asked)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET title = excluded.title,"
                " about = excluded.about, source = excluded.source, found = excluded.found, asked = excluded.asked,"
                f" label = {LONGER}",
                (board.game.digest, board.scenario.name, settings, board.label, *about, asked),
            )
            found = db.execute(
                "SELECT id FROM scenarios WHERE digest = ? AND name = ? AND settings = ?",
                (board.game.digest, board.scenario.name, settings),
            )
            return int(found.fetchone()[0])

    def player(self, player: Player) -> int:
        """The row of a player, written if it is new. What went wrong while it was unknown is forgotten."""
        with self._changing() as db:
            if player.kind != "unknown":
                for number, name in db.execute("SELECT id, name FROM players WHERE kind = 'unknown'").fetchall():
                    if parse(name) == parse(player.label):  # 1 and 1.0 are one setting
                        db.execute("DELETE FROM faults WHERE model = ?", (number,))
                        db.execute("DELETE FROM players WHERE id = ?", (number,))
            db.execute(
                "INSERT INTO players (name, label, kind) VALUES (?, ?, ?)"
                f" ON CONFLICT DO UPDATE SET kind = excluded.kind, label = {LONGER}",
                (player.identity, player.label, player.kind),
            )
            return int(db.execute("SELECT id FROM players WHERE name = ?", (player.identity,)).fetchone()[0])

    def next_asked(self) -> int:
        """A number above that of every tournament before."""
        return int(self.rows("SELECT coalesce(max(asked), 0) + 1 FROM scenarios")[0][0])

    def done(self, controls: Collection[str] = ()) -> set[str]:
        """The keys of all matches that are finished, with these controls at least."""
        found = self.rows("SELECT key, controls FROM matches")
        return {key for key, had in found if set(controls) <= set(had.split(","))}

    def add(
        self,
        place: Place,
        seed: int,
        key: str,
        values: Mapping[str, float],
        controls: Collection[str] = (),
        replay: bytes = b"",
    ) -> None:
        """Commit one match whole, in place of its fault or of itself with fewer controls; NaN is kept as NULL."""
        had = ",".join(controls)
        with self._changing() as db:
            db.execute("DELETE FROM measures WHERE match = (SELECT id FROM matches WHERE key = ?)", (key,))
            db.execute("DELETE FROM matches WHERE key = ?", (key,))
            db.execute("DELETE FROM faults WHERE key = ?", (key,))
            made = db.execute(
                "INSERT INTO matches (key, scenario, model, overseer, seed, controls, seal)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (key, place.scenario, place.model, place.overseer, seed, had, seal(key, had, values)),
            )
            db.executemany(
                "INSERT INTO measures (match, name, value) VALUES (?, ?, ?)",
                [(made.lastrowid, name, value) for name, value in values.items()],
            )
            if replay:
                db.execute("REPLACE INTO replays VALUES (?, ?)", (key, replay))

    def fail(self, one: Faulted) -> None:
        """Keep a fault, in place of an earlier one of the same match."""
        place, fault = one.place, one.fault
        who = (one.key, place.scenario, place.model, place.overseer, one.seed)
        row = (*who, fault.cause, fault.message, fault.output, one.tries, one.policy)
        with self._changing() as db:
            db.execute("REPLACE INTO faults VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def filmed(self) -> list[str]:
        """The keys of matches with a replay, ``MOST`` at most, low seeds first; none in runs of earlier formats."""
        (known,) = self.rows("SELECT count(*) FROM sqlite_schema WHERE name = 'replays'")[0]
        query = (
            "SELECT replays.key FROM replays JOIN matches ON matches.key = replays.key"
            " ORDER BY seed, replays.key LIMIT ?"
        )
        return [key for (key,) in self.rows(query, (MOST,))] if known else []

    def replay(self, key: str) -> bytes:
        """The packed replay of a match that has one."""
        return bytes(self.rows("SELECT content FROM replays WHERE key = ?", (key,))[0][0])

    def faults(self) -> list[Faulted]:
        """Every match without a result, by its key; none in runs of earlier formats, which did not say which."""
        (known,) = self.rows("SELECT count(*) FROM sqlite_schema WHERE name = 'faults'")[0]
        return [
            Faulted(key, Place(*place), seed, Fault(*fault), tries, policy)
            for key, *place, seed, cause, message, output, tries, policy in (
                self.rows("SELECT * FROM faults ORDER BY key") if known else []
            )
            for fault in [(cause, message, output)]
        ]

    def rows(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        """The rows that a query finds."""
        with self._guarded():
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def moment(self) -> Iterator[None]:
        """What is read inside belongs together, even while the run goes on: one read transaction, also in another."""
        if self._connection.in_transaction:
            yield
            return
        self.rows("BEGIN")
        try:
            yield
        finally:
            with suppress(TurncoatError):  # of a damaged store, which has been said
                self.rows("COMMIT")

    def _prepare(self) -> None:
        """Make the folder, see that it is ours, and keep other writers out until the store is closed."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            strangers = sorted(item.name for item in self.folder.iterdir() if not item.name.startswith(LOCK))
        except (FileExistsError, NotADirectoryError):
            raise TurncoatError(f"{self.folder}: a file stands where the run's folder should be") from None
        except OSError as error:
            raise TurncoatError(f"{self.folder}: {error.strerror or error}") from None
        if strangers and STORE not in strangers:
            raise TurncoatError(f"{self.folder}: holds {strangers[0]} and no run; give a new or empty folder")
        # SQLite's own file locks: they work everywhere and vanish with the process that holds them.
        try:
            self._lock = sqlite3.connect(self.folder / LOCK, timeout=0, isolation_level=None)
            self._lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            self._unlock()
            if "locked" in str(error):
                raise TurncoatError(f"{self.folder}: another process is writing this run") from None
            raise TurncoatError(f"{self.folder}: cannot be written ({error})") from None

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _connect(self, writing: bool) -> sqlite3.Connection:
        with self._guarded():
            try:
                return self._checked(self.path if writing else f"{self.path.resolve().as_uri()}?mode=ro", writing)
            except sqlite3.OperationalError:
                if writing:
                    raise
                # A folder that cannot be written has no room for the file that readers of a live run share.
                return self._checked(f"{self.path.resolve().as_uri()}?mode=ro&immutable=1", writing)

    def _checked(self, where: Path | str, writing: bool) -> sqlite3.Connection:
        """Connect, see that the file is a whole run of a format that is known, and give it the schema if it is new."""
        db = sqlite3.connect(where, uri=not writing, isolation_level=None, timeout=10)
        try:
            (application,) = db.execute("PRAGMA application_id").fetchone()
            (version,) = db.execute("PRAGMA user_version").fetchone()
            (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            if application != APPLICATION and (tables or not writing):
                raise TurncoatError(f"{self.path}: an SQLite file, but no run of Turncoat's")
            if version > STORE_FORMAT:
                what = f"of format {version}, written by a newer Turncoat; this one reads up to {STORE_FORMAT}"
                raise TurncoatError(f"{self.path}: {what}")
            if writing:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = NORMAL")  # a power cut may lose the last matches, a kill never
                if not tables:
                    marks = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {STORE_FORMAT};"
                    db.executescript(f"BEGIN; {SCHEMA} {FAULTS} {marks} COMMIT;")
                elif version < STORE_FORMAT:
                    steps = " ".join(UPGRADES[old] for old in range(version, STORE_FORMAT))
                    db.executescript(f"BEGIN; {steps} PRAGMA user_version = {STORE_FORMAT}; COMMIT;")
                (state,) = db.execute("PRAGMA quick_check(1)").fetchone()
                if state != "ok":
                    raise sqlite3.DatabaseError(str(state).splitlines()[-1])
        except BaseException:
            db.close()
            raise
        return db

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it or nothing."""
        with self._guarded():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Say in one line what the file's trouble is."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise TurncoatError(f"{self.path}: {error}; every match finished so far is kept") from None
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise TurncoatError(f"{self.path}: damaged ({error}); restore it, or begin in a new folder") from None
