"""Kills at random moments, and Ctrl-C: what is finished stays, what is not is played again, nobody is left behind."""

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from arena.contest.store import STORE
from tests.contestants import Connected

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for orphans in /proc")
WORDS = ["-s", "windfall", "-s", "stage-bandit:longest=3", "-a", "honest", "-a", "reinforce:episodes=20000"]
WORDS += ["-a", "tests/hostile/agents.py:Learns:work=4000000", "--controls", "none", "--json", "--workers", "2"]
PAIRINGS = 2 * 3
GONE = 10.0
"""Seconds in which the workers of a parent that is killed must have gone."""


class Running:
    """A tournament in a process of its own. It and all that it starts carry a mark in their environment."""

    def __init__(self, folder: Path, seeds: int, words: Sequence[str] = WORDS) -> None:
        self.mark = f"TURNCOAT_MARK={uuid.uuid4().hex}"
        name, value = self.mark.split("=")
        environment = {**os.environ, name: value, "NO_COLOR": "1", "TURNCOAT_TRUST": "1"}
        python = [sys.executable, "-c", "from arena.cli import main; main()"]
        piped = subprocess.PIPE
        self.process = subprocess.Popen(
            [*python, "tournament", *words, "--seeds", str(seeds), "--out", str(folder)],
            stdout=piped,
            stderr=piped,
            env=environment,
        )

    def others(self) -> list[int]:
        """All marked processes but the first."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                marked = self.mark.encode() in (place / "environ").read_bytes()
            except OSError:
                continue
            if marked and int(place.name) != self.process.pid:
                found.append(int(place.name))
        return found

    def workers(self) -> list[int]:
        """Those of them that are workers."""
        return [pid for pid in self.others() if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def finish(self) -> str:
        table, messages = self.process.communicate(timeout=600)
        assert self.process.returncode == 0, messages.decode()
        return table.decode()


def rows(folder: Path) -> dict[str, int]:
    """The number of every finished match, which it loses if it is written again."""
    if not (folder / STORE).is_file():
        return {}
    with Connected(folder / STORE) as db:
        tables = db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'matches'").fetchone()[0]
        return dict(db.execute("SELECT key, id FROM matches")) if tables else {}


def strike(running: Running, folder: Path, kind: str, early: bool, which: random.Random) -> None:
    """Kill the parent, a worker, or all there is: early on, or a moment after something new has been finished."""
    before = len(rows(folder))
    while not early and len(rows(folder)) == before and running.process.poll() is None:
        time.sleep(0.01)
    time.sleep(which.uniform(0, 3 if early else 0.3))
    workers = running.workers()
    victims = {"parent": [], "worker": which.sample(workers, min(1, len(workers))), "both": workers}[kind]
    for pid in victims:
        with suppress(ProcessLookupError):  # it has ended meanwhile
            os.kill(pid, signal.SIGKILL)
    if kind == "worker":
        time.sleep(0.5)  # and see it go on
    running.process.kill()
    nobody_left(running)


def nobody_left(running: Running) -> None:
    """See that all processes end."""
    running.process.wait(GONE)
    deadline = time.monotonic() + GONE
    while (left := running.others()) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left, "orphans"
    running.process.communicate()


def study(folder: Path, seeds: int, kills: int, seed: int) -> list[int]:
    """How many matches were finished after each kill; asserts that none was lost or repeated."""
    table = Running(folder / "whole", seeds).finish()
    which, done, counts = random.Random(seed), dict[str, int](), []
    killed = folder / "killed"
    for number in range(kills):
        kind = ("parent", "worker", "both")[number % 3]
        strike(Running(killed, seeds), killed, kind, number % 4 == 3, which)
        now = rows(killed)
        assert done.items() <= now.items(), "a match was lost, or played again"
        done = now
        counts.append(len(now))
    assert Running(killed, seeds).finish() == table
    now = rows(killed)
    assert done.items() <= now.items()
    assert len(now) == PAIRINGS * seeds
    assert (killed / "report.html").read_bytes() == (folder / "whole" / "report.html").read_bytes()
    return counts


def test_ctrl_c_stops_it_and_says_how_to_go_on(tmp_path: Path) -> None:
    running = Running(tmp_path, seeds=200)
    while not rows(tmp_path):
        assert running.process.poll() is None
        time.sleep(0.05)
    running.process.send_signal(signal.SIGINT)
    _, messages = running.process.communicate(timeout=GONE)
    assert running.process.returncode == 130
    assert messages.decode().splitlines()[-1] == "stopped; the same command goes on from here"
    assert not running.others()


def test_a_worker_dies_with_its_parent_whatever_it_is_at(tmp_path: Path) -> None:
    agents = ["-a", "tests/hostile/agents.py:Begets", "-a", "honest"]
    running = Running(tmp_path, 1, ["-s", "windfall", *agents, "--controls", "none"])
    while not rows(tmp_path):  # of the honest one: the other is at it, too
        assert running.process.poll() is None
        time.sleep(0.05)
    while not any(b"sleep" in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in running.others()):
        time.sleep(0.05)
    running.process.kill()
    nobody_left(running)


def test_kills_at_random_moments_cost_nothing(tmp_path: Path) -> None:
    counts = study(tmp_path, seeds=10, kills=3, seed=1)
    assert 0 < counts[0] < PAIRINGS * 10


@pytest.mark.study
def test_twenty_kills_at_random_moments_cost_nothing(tmp_path: Path) -> None:
    counts = study(tmp_path, seeds=300, kills=20, seed=0)
    print(f"20 kills; so many of {PAIRINGS * 300} matches were finished after each: {counts}")  # noqa: T201
    assert counts[-1] < PAIRINGS * 300
