"""Export: a run as tables in files that other programs read. What is in them is described in ``TABLES``."""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from arena.contest.export_source import WIDE, Source
from arena.contest.export_tables import TABLES, Column, Columns
from arena.contest.manifest import MANIFEST, load
from arena.contest.store import Store
from arena.errors import TurncoatError
from arena.files import write

EXPORT_FORMAT = 1
"""Changes when a column changes its meaning or goes; new ones may come at any time."""

FORMATS = ("parquet", "csv")


@dataclass(frozen=True)
class Written:
    """A file that was written."""

    path: Path
    table: str
    rows: int


def export(store: Store, to: Path, form: str | None = None, force: bool = False) -> list[Written]:
    """Write a run as tables: all into a folder, or into one file a row for every match with all of its measures.

    Args:
        store: the run, as it is at one moment even while it goes on.
        to: the folder; or the file, if it ends in .parquet or .csv.
        form: ``parquet`` or ``csv``; that of the file, or parquet.
        force: whether files that are there may be written over.

    Raises:
        TurncoatError: a file is there already or cannot be written, pyarrow is missing, or the run is damaged.
    """
    single = to.suffix[1:] in FORMATS
    form = form or (to.suffix[1:] if single else "parquet")
    if not single and to.suffix[1:].isalpha() and not to.is_dir():
        raise TurncoatError(f"{to}: a file's name must end in {' or '.join(f'.{one}' for one in FORMATS)}")
    if form not in FORMATS:
        raise TurncoatError(f"there is no format {form!r}; known are {', '.join(FORMATS)}")
    if single and to.suffix[1:] != form:
        raise TurncoatError(f"{to}: the name says {to.suffix[1:]} and --format says {form}")
    paths = {WIDE: to} if single else {table: to / f"{table}.{form}" for table in TABLES}
    manifest = json.dumps({"export": EXPORT_FORMAT, **load(store.folder)}, indent=2, ensure_ascii=False)
    beside = {} if single else {MANIFEST: to / MANIFEST}
    for path in () if force else (*paths.values(), *beside.values()):
        if path.exists():
            raise TurncoatError(f"{path}: is there already; --force writes over it")
    make = _Parquet if form == "parquet" else _Csv
    counts: Counter[str] = Counter()
    with store.moment(), _whole(list(paths.values())) as parts:
        run = Source(store)
        with ExitStack() as stack:
            writers = {
                table: stack.enter_context(closing(make(part, run.columns(table), manifest)))
                for table, part in zip(paths, parts, strict=True)
            }
            for table, columns in run.chunks(single):
                writers[table].add(columns)
                counts[table] += len(columns["key" if "key" in columns else next(iter(columns))])
    if beside:
        write(beside[MANIFEST], manifest.encode() + b"\n")
    return [Written(path, table, counts[table]) for table, path in paths.items()]


@contextmanager
def _whole(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """Files to write to, which take the places of ``paths`` when all are whole, or are gone."""
    parts = [path.with_name(path.name + ".part") for path in paths]
    try:
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
        yield parts
        for part, path in zip(parts, paths, strict=True):
            part.replace(path)
    except OSError as error:
        raise TurncoatError(f"{error.filename or paths[0]}: {error.strerror or error}") from None
    finally:
        for part in parts:
            with suppress(OSError):
                part.unlink(missing_ok=True)


class _Csv:
    """Rows into a CSV file: UTF-8, a line of names first; floats so that they are read back exactly."""

    def __init__(self, path: Path, columns: Sequence[Column], manifest: str) -> None:
        self._stream = path.open("w", encoding="utf-8", newline="")
        self._rows = csv.writer(self._stream, lineterminator="\n")
        self._columns = columns
        self._rows.writerow([column.name for column in columns])

    def add(self, columns: Columns) -> None:
        """Write some rows more."""
        self._rows.writerows(zip(*(_words(columns[one.name], one.type) for one in self._columns), strict=True))

    def close(self) -> None:
        """Nothing comes any more."""
        self._stream.close()


def _words(values: Sequence[Any], kind: str) -> Sequence[Any]:
    return [None if one is None else str(one).lower() for one in values] if kind == "bool" else values


class _Parquet:
    """Rows into a Parquet file, with the manifest in its metadata."""

    def __init__(self, path: Path, columns: Sequence[Column], manifest: str) -> None:
        try:
            self._arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
        except ImportError:
            what = "pip install 'turncoat[export]', or --format csv"
            raise TurncoatError(f"{path.with_suffix('')}: to write it needs pyarrow: {what}") from None
        types = {name: getattr(self._arrow, name) for name in ("string", "int64", "float64")}
        types |= {"double": self._arrow.float64, "bool": self._arrow.bool_}
        fields = [self._arrow.field(one.name, types[one.type]()) for one in columns]
        self._schema = self._arrow.schema(fields, metadata={"turncoat": manifest})
        self._file = parquet.ParquetWriter(path, self._schema, compression="zstd")

    def add(self, columns: Columns) -> None:
        """Write some rows more, as a row group."""
        arrays = [self._arrow.array(columns[one.name], one.type) for one in self._schema]
        self._file.write_table(self._arrow.Table.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        """Write the foot."""
        self._file.close()
