"""Salvage: what can still be read of a damaged run, and believed; counted, or saved in a new folder."""

import gzip
import shutil
import sqlite3
import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from arena.contest.manifest import MANIFEST, load
from arena.contest.records import BLOCK, MEASURES, PLAYER, SCENARIO, Block, Known, Match, query
from arena.contest.store import STORE, Store
from arena.errors import TurncoatError
from arena.files import write

SMALLEST = 64
"""Bytes that a match takes in the file, at the very least: so many rows there may be."""

ID = {"measures": "match"}
"""By what a table is in order, if not by its rowid."""

LAST = 2**63 - 1
"""The highest id there can be."""

PATIENCE = 100_000
"""Reads that may fail; a tree that has lost its root fails on every one."""

WAL = "-wal"
PAGE, PAGES = 4096, tuple(2**i for i in range(9, 16))
"""Bytes of a page, as SQLite makes them and as they may be."""

FAULT = ("key", "scenario", "model", "overseer", "seed", "cause", "message", "output", "tries", "policy")
REPLAY = ("key", "content")


@dataclass
class Left:
    """What is left of a damaged run."""

    path: Path
    matches: int = 0  # whole
    lost: Counter[str] = field(default_factory=Counter)  # matches by what is wrong with them
    torn: list[str] = field(default_factory=list)  # tables with parts that cannot be read

    @property
    def damaged(self) -> bool:
        """Whether anything is wrong."""
        return bool(self.lost or self.torn)

    @property
    def line(self) -> str:
        """What is damaged and what is left."""
        what = [f"{', '.join(self.torn)} cannot be read in full"] if self.torn else []
        what += [f"{count} {'matches are' if count > 1 else 'match is'} {wrong}" for wrong, count in self.lost.items()]
        state = f"damaged ({'; '.join(what)})" if what else "whole"
        return f"{self.path}: {state}; {self.matches} match{'' if self.matches == 1 else 'es'} can be read"


class Wreck:
    """A store that may be damaged anywhere: a copy of it, read piece by piece."""

    def __init__(self, path: Path, scratch: Path) -> None:
        """Copy it, with what is still in the write-ahead log, and mend the head of the copy."""
        copy = scratch / STORE
        shutil.copyfile(path, copy)
        log = path.with_name(path.name + WAL)
        if log.is_file():
            shutil.copyfile(log, copy.with_name(copy.name + WAL))
        mend(copy, log.is_file())
        self.most = copy.stat().st_size // SMALLEST
        self.torn: dict[str, None] = {}
        self._patience = PATIENCE
        self._db = sqlite3.connect(copy, isolation_level=None)
        with suppress(sqlite3.Error):
            self._db.execute("PRAGMA writable_schema = ON")  # a part of the schema that is not legible is left out

    def close(self) -> None:
        """Let go of the copy."""
        self._db.close()

    def columns(self, table: str) -> list[str]:
        """A table's columns; none if it is lost."""
        return [row[1] for row in self._rows(table, f"PRAGMA table_info({table})", ()) or ()]

    def pieces(self, table: str, sql: str, first: int, last: int) -> Iterator[tuple[Any, ...]]:
        """The rows that a query finds between two ids; of those that cannot be read together, each that can alone."""
        spans = [(first, last)]
        while spans and self._patience:
            low, high = spans.pop()
            if (rows := self._rows(table, sql, (low, high))) is not None:
                yield from rows
            elif low < high:
                middle = (low + high) // 2
                spans += [(middle + 1, high), (low, middle)]

    def all(self, table: str, columns: Sequence[str]) -> list[Any]:
        """The rows of a small table; none if it is lost."""
        if not set(columns) <= set(self.columns(table)):
            return []
        sql = f"SELECT {', '.join(columns)} FROM {table} WHERE rowid BETWEEN ? AND ? ORDER BY rowid"
        return [row for span in self.spans(table) for row in self.pieces(table, sql, *span)]

    def spans(self, *tables: str) -> Iterator[tuple[int, int]]:
        """Ids from one to another: as many as the file has room for, and beyond, those of rows in these tables."""
        first: int | None = 0
        while first is not None:
            yield first, first + BLOCK - 1
            first += BLOCK
            if first > self.most:
                first = min((i for table in tables for i in self._next(table, first)), default=None)

    @cached_property
    def known(self) -> Known:
        """Scenarios and players."""
        return Known.of(self.all("scenarios", SCENARIO), self.all("players", PLAYER))

    def faults(self) -> list[Any]:
        """Rows of faults that fit their keys."""
        found = self.all("faults", FAULT)
        return [row for row in found if row[0] == self.known.key(*row[1:5]) and None not in (*row[5:],)]

    def replays(self, keys: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """The replays of some matches, each looked up by itself: a range that is torn may end early and not say so."""
        if {*REPLAY} <= set(self.columns("replays")):
            for key in keys:
                for found in self._rows("replays", "SELECT content FROM replays WHERE key = ?", (key,)) or ():
                    if _intact(found[0]):
                        yield key, found[0]
                    else:
                        self.torn["replays"] = None

    def blocks(self) -> Iterator[tuple[Block, int]]:
        """Matches with such measures as can be read, and how many there are besides of which only measures can."""
        sql = query(self.columns("matches"))
        for span in self.spans("matches", "measures"):
            matches = list(self.pieces("matches", sql, *span))
            measures = list(self.pieces("measures", MEASURES, *span))
            if matches or measures:
                alone = {row[0] for row in measures} - {row[0] for row in matches}
                yield Block.of(matches, [row for row in measures if row[0] not in alone]), len(alone)

    def _next(self, table: str, first: int) -> list[int]:
        """The first id of a table that is no less than one; nothing if there is none or it cannot be read."""
        name = ID.get(table, "rowid")
        sql = f"SELECT {name} FROM {table} WHERE {name} BETWEEN ? AND {LAST} ORDER BY {name} LIMIT 1"
        return [i for (i,) in self._rows(table, sql, (first,)) or () if type(i) is int and i >= first]

    def _rows(self, table: str, sql: str, values: Sequence[object]) -> list[Any] | None:
        """The rows that a query finds; None if they cannot be read."""
        try:
            return self._db.execute(sql, values).fetchall()
        except (sqlite3.Error, UnicodeError, OverflowError, MemoryError):
            self._patience -= 1
            self.torn[table] = None
            return None


def mend(file: Path, logged: bool) -> None:
    """Write the head of an SQLite file anew, as it must be for its size."""
    size = file.stat().st_size
    with file.open("r+b") as stream:
        head = bytearray(stream.read(100).ljust(100, b"\0"))
        page = int.from_bytes(head[16:18], "big")
        if page not in PAGES or size % page:
            page = PAGE
        head[:16] = b"SQLite format 3\0"
        head[16:24] = struct.pack(">HBBBBBB", page, *((2, 2) if logged else (1, 1)), 0, 64, 32, 32)
        head[28:32] = struct.pack(">I", size // page)  # a file cut short has fewer pages than it says
        head[44:48], head[52:60], head[64:72] = struct.pack(">I", 4), struct.pack(">II", 0, 1), bytes(8)
        head[92:96] = head[24:28]  # the number of pages is valid
        stream.seek(0)
        stream.write(head)


@contextmanager
def wreck(path: Path) -> Iterator[Wreck]:
    """A damaged store, open for what can be read of it."""
    with TemporaryDirectory(prefix="turncoat-") as scratch:
        try:
            found = Wreck(path, Path(scratch))
        except OSError as error:
            raise TurncoatError(f"{path}: cannot be copied to {scratch}: {error.strerror or error}") from None
        with closing(found):
            yield found


def survey(folder: Path, out: Path | None = None) -> Left:
    """What is left of a run; saved in a new folder if one is given.

    Raises:
        TurncoatError: there is no file, or the new folder is not empty or cannot be written.
    """
    left = Left(folder / STORE)
    if not left.path.is_file():
        raise TurncoatError(f"{folder}: no run is here")
    with ExitStack() as stack:
        found = stack.enter_context(wreck(left.path))
        db = stack.enter_context(_new(out)) if out else None
        for block, alone in found.blocks():
            left.lost["without a row"] += alone
            good = _sort(block, found.known, left)
            if db:
                _keep(db, block, good)
        faults = found.faults()
        if db:
            _insert(db, "scenarios", SCENARIO, [tuple(one.values()) for one in found.known.scenarios.values()])
            _insert(db, "players", PLAYER, [tuple(one.values()) for one in found.known.players.values()])
            _insert(db, "faults", FAULT, faults)
            keys = [key for (key,) in db.execute("SELECT key FROM matches ORDER BY id")]
            for replay in found.replays(keys):
                _insert(db, "replays", REPLAY, [replay])
            db.commit()
        left.torn = list(found.torn)
    left.lost += Counter()  # without those that are none
    return left


def salvage(folder: Path, out: Path) -> Left:
    """Save what is left of a run in a new folder, so that the same tournament there plays only what was lost.

    Raises:
        TurncoatError: there is no run, or the new folder is not empty or cannot be written.
    """
    left = survey(folder, out)
    with suppress(TurncoatError):  # a manifest that is not legible stays behind: it only says how the run came about
        load(folder)
        write(out / MANIFEST, (folder / MANIFEST).read_bytes())
    return left


@contextmanager
def telling(folder: Path) -> Iterator[None]:
    """Whatever goes wrong inside because the run is damaged is said in one line: what is, and what is left."""
    try:
        yield
    except (TurncoatError, ValueError, TypeError, LookupError, ArithmeticError) as error:
        said = str(error)
        bad = said.startswith(f"{folder / STORE}: ") and ("damaged (" in said or "decode" in said)
        bad = bad or isinstance(error, UnicodeDecodeError)  # from sqlite3 itself
        if isinstance(error, TurncoatError) and not bad:
            raise
        left = survey(folder)
        if not left.damaged and not bad:
            raise
        if not left.damaged:
            left.torn.append("the schema")
        raise TurncoatError(f"{left.line}; 'turncoat report {folder} --salvage NEW' saves them") from None


def _intact(content: object) -> bool:
    """Whether something is a replay as it was packed, by its checksum."""
    try:
        return bool(gzip.decompress(content))  # type: ignore[arg-type]
    except (OSError, EOFError, zlib.error, TypeError):
        return False


def _sort(block: Block, known: Known, left: Left) -> list[int]:
    """Which matches of a block are whole; what the others are is counted."""
    problems = [block.problem(i, known) for i in range(len(block.matches))]
    left.lost.update(filter(None, problems))
    good = [i for i, problem in enumerate(problems) if not problem]
    left.matches += len(good)
    return good


@contextmanager
def _new(out: Path) -> Iterator[sqlite3.Connection]:
    """An empty store in a new folder, to be filled in one go."""
    if out.exists() and any(out.iterdir()):
        raise TurncoatError(f"{out}: is not empty; give a new folder for what is saved")
    try:
        with Store(out, writing=True), closing(sqlite3.connect(out / STORE)) as db:
            yield db
    except sqlite3.Error as error:
        raise TurncoatError(f"{out}: cannot be written ({error}); nothing is saved there") from None


def _keep(db: sqlite3.Connection, block: Block, good: Sequence[int]) -> None:
    columns = {row[1] for row in db.execute("PRAGMA table_info(matches)")}
    kept = [name for name in Match._fields if name in columns]
    _insert(db, "matches", kept, [[getattr(block.matches[i], name) for name in kept] for i in good])
    for i in good:
        names, values = block.measures(i)
        rows = [(block.matches[i].id, name, value) for name, value in zip(names, values.tolist(), strict=True)]
        _insert(db, "measures", ("match", "name", "value"), rows)


def _insert(db: sqlite3.Connection, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    marks = ", ".join("?" * len(columns))
    db.executemany(f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)
