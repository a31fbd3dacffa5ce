"""The window on a real display, with real keys."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

import pytest

from renderers.screen import Screen
from renderers.window import Window
from tests.test_viewer import episode

ROOT = Path(__file__).parent.parent


def report(window: Screen, acted: list[int]) -> None:
    """What the window shows, as a line for who reads."""
    viewer = window.viewer
    state = {"at": viewer.at, "playing": viewer.playing, "lens": viewer.lens, "private": viewer.private}
    print(json.dumps({**state, "letter": window.easel.letter is not None, "acted": acted}), flush=True)  # noqa: T201


def child(mode: str, *rest: str) -> None:
    """What the child process does: watch, or play a seat of a scenario. It reports every change."""
    from arena import scenario
    from arena.contest.sitting import InPerson
    from arena.play.agent import find as agent
    from arena.show.film import Credits

    original, acted = Screen.paint, list[int]()

    def paint(window: Screen) -> bool:
        changed = original(window)
        if changed:
            report(window, acted)
        return changed

    Screen.paint = paint  # type: ignore[method-assign, assignment]
    if mode == "watch":
        Window().show([episode(6, ("flipped",), turns=4)])
    else:
        name, seat, *others = rest
        game = scenario(name).compile()
        made = dict(one.split("=", 1) for one in others)
        import numpy as np

        key = np.zeros(1, np.uint64)
        policies = {one: agent(spec).policies(game, one, {}, key)[0] for one, spec in made.items()}
        sitting = InPerson(game, seat, Credits(title=name, scenario=name, player="a person"), policies)
        acted = sitting.actions
        Window().play(sitting)
    print(json.dumps({"closed": True, "acted": acted}), flush=True)  # noqa: T201


class Desk:
    """A display of its own with a window on it."""

    def __init__(self, *args: str) -> None:
        reading, writing = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x804x24", "-nolisten", "tcp"],
            pass_fds=[writing],
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        with os.fdopen(reading) as told:
            display = f":{told.readline().strip()}"
        self.env = {**os.environ, "DISPLAY": display}
        self.env.pop("SDL_VIDEODRIVER", None)
        code = f"from tests.test_real_keys import child; child(*{args!r})"
        self.child = subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, env=self.env, stdout=subprocess.PIPE, text=True
        )
        self.state: dict[str, Any] = {}
        self.lines: Queue[str] = Queue()
        self.listener = Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self) -> None:
        assert self.child.stdout is not None
        with self.child.stdout as told:
            for line in told:
                self.lines.put(line)

    def wait(self) -> None:
        """Until the window is there and has the keys."""
        self.until(at=0)
        deadline = time.monotonic() + 20
        while not (found := self.does("search", "--onlyvisible", "--class", ".").split()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        self.does("windowfocus", "--sync", found[0])

    def close(self) -> None:
        for process in (self.child, self.server):
            process.terminate()
        for process in (self.child, self.server):
            process.wait(timeout=20)
        self.listener.join(20)

    def does(self, *words: str) -> str:
        return subprocess.run(["xdotool", *words], env=self.env, capture_output=True, text=True, timeout=20).stdout

    def press(self, *names: str, **expected: Any) -> None:
        """Press real keys, and wait until the window shows what is expected."""
        self.does("key", "--delay", "40", *names)
        self.until(**expected)

    def until(self, **expected: Any) -> None:
        while any(self.state.get(name) != value for name, value in expected.items()):
            try:
                self.state = json.loads(self.lines.get(timeout=30))
            except Empty:
                pytest.fail(f"it stands at {self.state}, and does not come to {expected}")


@contextmanager
def at_a_desk(*args: str) -> Iterator[Desk]:
    desk = Desk(*args)
    try:
        desk.wait()
        yield desk
    finally:
        desk.close()


real = pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="needs Xvfb and xdotool for real keys"
)


@real
def test_real_keys_watch() -> None:
    with at_a_desk("watch") as desk:
        desk.press("Right", "Right", at=2)
        desk.press("Left", at=1)
        desk.press("n", at=4)
        desk.press("l", lens="flipped")
        desk.press("Home", at=0)
        desk.press("space", at=1, playing=True)
        desk.press("space", playing=False)
        desk.press("End", at=6)
        desk.press("q", closed=True)
        assert desk.child.wait(20) == 0


@real
@pytest.mark.parametrize(
    ("scenario", "seat", "other", "action"),
    [("deferral-ladder", "model", "overseer=always", 0), ("inspection-game", "overseer", "model=optimal", 1)],
)
def test_real_keys_play(scenario: str, seat: str, other: str, action: int) -> None:
    with at_a_desk("play", scenario, seat, other) as desk:
        assert desk.state["private"]
        played = []
        while desk.state["private"]:
            played.append(action)
            desk.press(str(action + 1), acted=played)
        desk.until(letter=True)
        desk.press("Return", letter=False)
        desk.press("End", "q", closed=True)
        assert desk.state["acted"] == played
        assert desk.child.wait(20) == 0


@real
def test_real_keys_close_in_the_middle() -> None:
    with at_a_desk("play", "deferral-ladder", "model", "overseer=always") as desk:
        desk.press("1", acted=[0])
        desk.press("1", acted=[0, 0])
        desk.press("Escape", closed=True)
        assert desk.state["acted"] == [0, 0]
        assert desk.child.wait(20) == 0
