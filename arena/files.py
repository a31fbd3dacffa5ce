"""Files that are whole or not there."""

import os
from pathlib import Path

from arena.errors import TurncoatError


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; a TurncoatError when it cannot be written."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except OSError as error:
        raise TurncoatError(f"{path}: {error.strerror or error}") from None
