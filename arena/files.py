"""Files that are whole or not there."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from arena.errors import TurncoatError


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, one writer after the other; a TurncoatError when it cannot be written."""
    part = path.with_name(path.name + ".part")
    try:
        with _alone(part) as stream:
            try:
                stream.truncate(0)  # whoever wrote it before was killed
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
                part.replace(path)
            except BaseException:
                part.unlink()
                raise
    except OSError as error:
        raise TurncoatError(f"{path}: {error.strerror or error}") from None


def _alone(part: Path) -> BinaryIO:
    """Open a file to write, once nobody else is at it."""
    while True:
        stream = part.open("ab")
        with suppress(OSError):  # some file systems have no locks
            fcntl.flock(stream, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):  # it has been put in its place meanwhile
            if os.path.samestat(os.fstat(stream.fileno()), part.stat()):
                return stream
        stream.close()
