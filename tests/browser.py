"""A browser without a screen, driven over two pipes by the Chrome DevTools Protocol: no package is needed for it."""

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
import time
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from select import select
from types import TracebackType
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FOUND = next((path for name in NAMES if (path := shutil.which(name))), "")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
PATIENCE = 20.0

NUMBERS = {"Escape": 27, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}
"""Of keys that the browser itself has a use for."""


class Browser:
    """Chromium, from ``with`` to its end."""

    def __init__(self) -> None:
        self._profile = tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True)
        into, self._out = os.pipe()
        self._in, out = os.pipe()
        high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (into, out)]  # clear of 3 and 4

        def pipes() -> None:  # the browser reads from 3 and writes to 4
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self._process = subprocess.Popen(
            [FOUND, *FLAGS, f"--user-data-dir={self._profile.name}"],
            stderr=subprocess.DEVNULL,
            close_fds=False,  # Python's own are closed all the same
            preexec_fn=pipes,
        )
        for end in (into, out, *high):
            os.close(end)
        self._read, self._number = b"", 0
        self.pages: dict[str, Page] = {}

    def __enter__(self) -> "Browser":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.call("Browser.close")
            self._process.wait(PATIENCE)
        finally:
            self._process.kill()
            self._process.wait()
            os.close(self._in)
            os.close(self._out)
            self._profile.cleanup()

    def call(self, method: str, session: str = "", **parameters: Any) -> Any:
        """Call a method of the protocol and wait for what it answers; events are put down on the way."""
        self._number += 1
        said = {"id": self._number, "method": method, "params": parameters}
        os.write(self._out, json.dumps(said | ({"sessionId": session} if session else {})).encode() + b"\0")
        until = time.monotonic() + PATIENCE
        while True:
            heard = self._hear(until - time.monotonic())
            if heard.get("id") == self._number:
                assert "error" not in heard, f"{method}: {heard['error']['message']}"
                return heard["result"]
            if heard.get("sessionId") in self.pages:
                self.pages[heard["sessionId"]].heard(heard["method"], heard["params"])

    def _hear(self, patience: float) -> Any:
        while b"\0" not in self._read:
            ready, _, _ = select([self._in], [], [], max(0.0, patience))
            assert ready, "the browser says nothing"
            more = os.read(self._in, 1 << 20)
            assert more, "the browser has ended"
            self._read += more
        line, self._read = self._read.split(b"\0", 1)
        return json.loads(line)

    def open(
        self,
        url: str,
        width: int = 1280,
        height: int = 720,
        dark: bool = False,
        ready: str = "true",
        scripts: bool = True,
        before: str = "",
    ) -> "Page":
        """A new page, shown once the expression ``ready`` holds in it; ``before`` is run before its own scripts."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self.pages[session] = Page(self, session, target)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(f"{domain}.enable")
        page.resize(width, height)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.call("Emulation.setEmulatedMedia", features=[scheme])
        page.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        page.call("Page.addScriptToEvaluateOnNewDocument", source=before)
        page.requests.clear()
        page.call("Page.navigate", url=url)
        page.until(f"document.readyState === 'complete' && ({ready})")
        return page


class Page:
    """A page, and what has gone wrong in it: ``errors`` of its console and scripts, ``requests`` for anything else."""

    def __init__(self, browser: Browser, session: str, target: str) -> None:
        self._browser, self._session, self._target = browser, session, target
        self.errors: list[str] = []
        self.requests: list[str] = []

    def heard(self, method: str, said: Mapping[str, Any]) -> None:
        """An event of the protocol."""
        if method == "Runtime.exceptionThrown":
            self.errors.append(said["exceptionDetails"].get("exception", {}).get("description", "an exception"))
        elif method == "Runtime.consoleAPICalled":
            self.errors.append(" ".join(str(one.get("value", "")) for one in said["args"]))
        elif method == "Log.entryAdded":
            self.errors.append(said["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(said["request"]["url"])

    def call(self, method: str, **parameters: Any) -> Any:
        """Call a method of the protocol on this page."""
        return self._browser.call(method, self._session, **parameters)

    def js(self, expression: str) -> Any:
        """What an expression comes to in the page."""
        said = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in said, said["exceptionDetails"]["exception"]["description"]
        return said["result"].get("value")

    def until(self, condition: str) -> None:
        """Wait until an expression holds."""
        end = time.monotonic() + PATIENCE
        while not self.js(f"!!({condition})"):
            assert time.monotonic() < end, f"never came: {condition}"
            time.sleep(0.01)

    def key(self, *names: str) -> None:
        """Press keys, one after another: by their sign, or a code as ArrowLeft."""
        for name in names:
            text = " " if name == "Space" else name if len(name) == 1 else ""
            said = {"key": text or name, "code": name, "windowsVirtualKeyCode": NUMBERS.get(name, 0)}
            self.call("Input.dispatchKeyEvent", type="keyDown", **said, **({"text": text} if text else {}))
            self.call("Input.dispatchKeyEvent", type="keyUp", **said)

    def click(self, selector: str, part: float = 0.5) -> None:
        """Click an element with the mouse, at a part of its width."""
        x, y = self.at(selector, part)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def drag(self, selector: str, start: float, end: float) -> None:
        """Drag with the mouse from one part of an element's width to another."""
        (x, y), (to, _) = self.at(selector, start), self.at(selector, end)
        self.call("Input.dispatchMouseEvent", type="mousePressed", x=x, y=y, button="left", clickCount=1)
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=to, y=y, button="left", buttons=1)
        self.call("Input.dispatchMouseEvent", type="mouseReleased", x=to, y=y, button="left", clickCount=1)

    def tap(self, selector: str, part: float = 0.5) -> None:
        """Touch an element with a finger."""
        x, y = self.at(selector, part)
        self.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
        self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def at(self, selector: str, part: float) -> tuple[float, float]:
        """Where an element is, in the middle of its height."""
        box = f"document.querySelector({json.dumps(selector)}).getBoundingClientRect()"
        x, y = self.js(f"(({{left, width, top, height}}) => [left + {part} * width, top + height / 2])({box})")
        return x, y

    def resize(self, width: int, height: int) -> None:
        """Another size of the window; a narrow one is a phone's, for fingers."""
        phone = width < 500
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        self.call("Emulation.setTouchEmulationEnabled", enabled=phone)

    def shot(self, path: Path) -> None:
        """A picture of what is visible."""
        path.write_bytes(b64decode(self.call("Page.captureScreenshot")["data"]))

    def close(self) -> None:
        """Close the page."""
        self._browser.call("Target.closeTarget", targetId=self._target)
        self._browser.pages.pop(self._session)
