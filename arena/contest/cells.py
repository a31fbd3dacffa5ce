"""What a sweep has worked out so far, by key: a file that is only ever added to, a line at a time."""

import fcntl
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from arena.errors import TurncoatError
from arena.files import write

CELLS = "cells.jsonl"


class Cells:
    """The lines of a sweep's folder, open for one process to add to. Use it in a ``with`` statement.

    A process that was killed leaves at most its last line unfinished, and that line is then as good as not there.
    """

    def __init__(self, folder: Path, name: str, place: bytes) -> None:
        """Make the folder where it is missing.

        Args:
            folder: of the sweep.
            name: the file that says what it is a sweep of.
            place: what that file holds. A folder that says anything else is of another sweep.

        Raises:
            TurncoatError: the folder holds something else, is in use or cannot be written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            strangers = sorted(item.name for item in folder.iterdir() if item.name not in (name + ".part", CELLS))
            if strangers and name not in strangers:
                raise TurncoatError(f"{folder}: holds {strangers[0]} and no sweep; give a new or empty folder")
            if strangers and (folder / name).read_bytes() != place:
                raise TurncoatError(f"{folder}: holds a sweep of something else (see {name}); give a new folder")
            self._file = (folder / CELLS).open("ab+")
        except (FileExistsError, NotADirectoryError):
            raise TurncoatError(f"{folder}: a file stands where the sweep's folder should be") from None
        except OSError as error:
            raise TurncoatError(f"{folder}: {error.strerror or error}") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise TurncoatError(f"{folder}: another process is writing this sweep") from None
        if not strangers:
            write(folder / name, place)
        self.known: dict[str, Any] = {}
        self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, news: Mapping[str, Any]) -> None:
        """Keep results by their keys; what a key held before is added to."""
        for key, value in news.items():
            self._file.write(json.dumps([key, value], separators=(",", ":")).encode() + b"\n")
            self.known[key] = _merged(self.known.get(key), value)
        if news:
            self._file.flush()

    def _read(self) -> None:
        self._file.seek(0)
        content = self._file.read()
        for line in content.splitlines():
            try:
                key, value = json.loads(line)
                self.known[key] = _merged(self.known.get(key), value)
            except (ValueError, TypeError):  # cut off
                continue
        self._file.truncate(content.rfind(b"\n") + 1)


def _merged(before: Any, value: Any) -> Any:
    return {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
