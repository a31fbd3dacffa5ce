"""What shows episodes. A renderer reads replays, never a game and never the rules."""

from abc import ABC
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, cast

from arena import plugins
from arena.errors import TurncoatError, nearest
from arena.show.replay import Replay
from arena.show.sitting import Sitting


class Renderer(ABC):  # noqa: B024  # each has what it can
    """A way of showing. Put the file in a folder of renderers; the class's name is the renderer's.

    One that shows on a screen has ``show``, one that a person can play in has ``play`` too; one that writes files says
    in ``suffixes`` which, and has ``save``; one that serves a ``render_mode`` says so in ``mode``, and has ``frame``.
    """

    suffixes: ClassVar[tuple[str, ...]] = ()
    """Of the files it writes, ".html"."""

    mode: ClassVar[str] = ""
    """The ``render_mode`` it serves, as Gymnasium calls them: human, rgb_array, ansi."""

    @property
    def called(self) -> str:
        """What it is found by."""
        return str(getattr(self, "name", None) or plugins.kebab(type(self).__name__))

    def show(self, replays: Sequence[Replay]) -> None:
        """Show episodes: one, or several beside each other."""
        raise TurncoatError(f"{self.called} shows nothing on a screen")

    def save(self, replays: Sequence[Replay], path: Path) -> None:
        """Write them into a file."""
        raise TurncoatError(f"{self.called} writes no files")

    def files(self, path: Path, many: int) -> list[Path]:
        """What ``save`` writes of so many episodes."""
        return [path]

    def album(self, folder: Path, replays: Mapping[str, Sequence[Replay]]) -> None:
        """Write a page for many, ``replay.html#NAME``, and what it shows under each name beside it."""
        raise TurncoatError(f"{self.called} makes no albums")

    def play(self, sitting: Sitting) -> None:
        """Let a person play."""
        raise TurncoatError(f"nobody can play in {self.called}")

    def frame(self, replay: Replay) -> Any:
        """The last moment of an episode as its ``mode`` wants it: None, an array ``[height, width, 3]``, or a text."""
        raise TurncoatError(f"{self.called} serves no render mode")

    def close(self) -> None:  # noqa: B027  # most have nothing to close
        """Let go of what ``frame`` holds open."""


@cache
def renderers() -> Mapping[str, type[Renderer]]:
    """All renderers installed, by name."""
    return cast("Mapping[str, type[Renderer]]", dict(sorted(plugins.classes("renderers", Renderer).items())))


def find(name: str) -> Renderer:
    """The renderer called ``name``; a TurncoatError names the nearest one."""
    if name not in renderers():
        raise TurncoatError(f"there is no renderer {name!r}{nearest(name, renderers())}")
    return renderers()[name]()


def writing(path: Path) -> Renderer:
    """The renderer that writes files with this name's suffix; a TurncoatError lists what there is."""
    known = {suffix: kind for kind in renderers().values() for suffix in kind.suffixes}
    if path.suffix.lower() not in known:
        what = repr(path.suffix) if path.suffix else "no suffix"
        raise TurncoatError(f"{path}: nothing writes {what}{nearest(path.suffix, known)}")
    return known[path.suffix.lower()]()


def serving(mode: str) -> Renderer:
    """The renderer for a ``render_mode``; a TurncoatError lists what there is."""
    known = {kind.mode: kind for kind in renderers().values() if kind.mode}
    if mode not in known:
        raise TurncoatError(f"there is no render_mode {mode!r}{nearest(mode, known)}")
    return known[mode]()


MODES = ("human", "rgb_array", "ansi")
"""The render modes that environments offer."""
