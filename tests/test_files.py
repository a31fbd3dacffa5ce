"""Files that are whole or not there, whoever else writes them at the same time."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from arena import TurncoatError
from arena.files import write


def test_several_may_write_a_file_at_once(tmp_path: Path) -> None:
    file, contents = tmp_path / "report.html", [bytes([one]) * 10**5 for one in range(40)]
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(write, file, content) for content in contents]:
            done.result()
            assert file.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [file]


def test_nothing_is_left_where_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TurncoatError, match=r"report\.html: No space left on device"):
        write(tmp_path / "report.html", b"x")
    assert not list(tmp_path.iterdir())


def test_what_was_left_by_one_who_was_killed_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "report.html.part").write_bytes(b"much more than is written now")
    write(tmp_path / "report.html", b"x")
    assert [(item.name, item.read_bytes()) for item in tmp_path.iterdir()] == [("report.html", b"x")]
