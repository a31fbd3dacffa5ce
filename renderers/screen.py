"""A window with somebody at it: their keys and their mouse become a viewer's commands."""

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

from arena.errors import TurncoatError
from arena.show.icons import standing
from arena.show.renderer import writing
from arena.show.shapes import Scene
from arena.show.viewer import CLOSER, KEYS, Viewer
from renderers.cards import WINDOW_KEYS
from renderers.easel import NOWHERE, Easel, Spot
from renderers.panel import TRACK, bar, moment_at
from renderers.pixels import draw

if TYPE_CHECKING:
    from pygame import Surface
    from pygame.event import Event

SIZE = (1280, 804)
"""Of the window in pixels when it opens."""

ICON = (64, 64)
"""Size of the drawing that stands for it."""

RATE, REST, STALE = 60, 0.1, 5.0
"""Pictures a second; seconds between two looks at a window where nothing moves; seconds that a message stays."""

NAMES = {"page up": "pageup", "page down": "pagedown", "enter": "return"}
SPELT = ("space", "left", "right", "up", "down", "home", "end", "tab", "escape", "pageup", "pagedown", "return")
"""Keys that are known by a name, and not by the sign they type."""

REPEATS = ("forward", "back", "next_event", "previous_event", "closer", "farther")
"""Commands that a key gives again and again while it is held down."""


class Screen:
    """An open window. Who plays has keys of their own, ``offered``, each of which chooses an action."""

    def __init__(self, viewer: Viewer, caption: str) -> None:
        """Open it."""
        import pygame

        self.open, self.chosen = True, -1
        self.offered: dict[str, int] = {}
        self.easel = Easel(opened(SIZE, pygame.RESIZABLE), viewer)
        self._stale = 0.0  # seconds until the message goes away
        self._ahead = False  # whether there may be more to draw
        self._down: set[int] = set()  # keys that are held down
        self._held = ""  # what the mouse drags: the bar or the picture
        self._clock = pygame.time.Clock()
        pygame.display.set_caption(caption)
        pygame.key.set_repeat(300, 40)
        viewer.beside = 1 < len(viewer.replays) <= min(3, self.easel.room)
        self.paint()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        """Close it. Whoever interrupts the program at a terminal closes the window, and no more."""
        self.close()
        return kind is KeyboardInterrupt

    @property
    def viewer(self) -> Viewer:
        """What is being looked at."""
        return self.easel.viewer

    def paint(self) -> bool:
        """Show what there is to see; False if it has not changed."""
        import pygame

        changed = self.easel.paint()
        if changed:
            pygame.display.flip()
        return changed

    def step(self, wait: bool = True) -> None:
        """Let time pass: see to what was done, and paint if anything has changed."""
        import pygame

        idle = wait and not self.viewer.playing and not self._held
        first = [pygame.event.wait(round(1000 * REST))] if idle and not self._ahead else []
        for event in (*first, *pygame.event.get()):
            self.see(event)
        passed = self._clock.tick(0 if idle else RATE) / 1000
        self.viewer.tick(min(passed, REST))
        self._stale -= passed
        if self._stale <= 0:
            self.easel.message = ""
        if self.open:
            self._ahead = self.paint() or (wait and not self.viewer.live and self.easel.ahead())

    def say(self, words: str) -> None:
        """Show a message for a while."""
        self.easel.message, self._stale = words, STALE

    def see(self, event: "Event") -> None:
        """One thing that somebody did."""
        import pygame

        covered = self.easel.letter is not None or self.viewer.helping
        if event.type == pygame.QUIT:
            self._quit()
        elif event.type == pygame.KEYDOWN:
            held = event.key in self._down
            self._down.add(event.key)
            if not covered or named(event) == "q":
                self.press(named(event), held)
            elif not held:
                self._uncover()
        elif event.type == pygame.KEYUP:
            self._down.discard(event.key)
        elif event.type == pygame.WINDOWFOCUSLOST:
            self._down.clear()
        elif event.type == pygame.MOUSEBUTTONDOWN and covered:
            self._uncover()
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
            self._click(event.pos)
        elif event.type == pygame.MOUSEBUTTONUP and event.button == 1:
            self._held = ""
        elif event.type == pygame.MOUSEMOTION:
            self.easel.hover = event.pos
            self._drag(event.rel)
        elif event.type == pygame.MOUSEWHEEL:
            self.viewer.look(CLOSER**event.y, self.easel.within(self.easel.hover))
        elif event.type == pygame.WINDOWLEAVE:
            self.easel.hover = NOWHERE
        elif event.type in (pygame.VIDEORESIZE, pygame.WINDOWEXPOSED):
            self._on(pygame.display.get_surface() or self.easel.surface)

    def press(self, key: str, held: bool = False) -> None:
        """A key was pressed; one that is held down acts again only where that goes on and on."""
        if key in self.offered:
            if not held:
                self.act(self.offered[key])
            return
        for one in (*KEYS, *WINDOW_KEYS):
            if key in one.keys and (one.command in REPEATS or not held):
                self.viewer.pointer = self.easel.within(self.easel.hover)
                self.do(one.command)
                return

    def do(self, command: str) -> None:
        """Carry out a command: the viewer's, or one of a window alone."""
        mine = {"quit": self._quit, "fullscreen": self._fullscreen, "picture": self._picture, "clip": self._clip}
        if not self.viewer.do(command):
            mine[command]()

    def act(self, action: int) -> None:
        """Choose an action, or come back to where it can be chosen."""
        if self.viewer.at < self.viewer.final:
            self.viewer.last()
        elif action in self.offered.values():
            self.chosen = action

    def close(self) -> None:
        """Close it."""
        import pygame

        self.open = False
        pygame.display.quit()

    def _click(self, at: Spot) -> None:
        easel = self.easel
        picture, strip, below = easel.areas()
        easel.hover = at
        if picture.collidepoint(at):
            self._held = "picture"
        elif (on := easel.over(below)) and on[1] < 2 * TRACK:
            self._held = "bar"
            self._drag((0, 0))
        elif on and (button := bar(self.viewer, easel.across).under(*on)):
            self.do(button.command)
        elif easel.strip is not None and (on := easel.over(strip)) and (button := easel.strip.under(*on)):
            self.act(button.action)

    def _drag(self, by: Spot) -> None:
        easel = self.easel
        if self._held == "bar":
            x = (easel.hover[0] - easel.areas()[2].x) / easel.unit
            self.viewer.go(moment_at(self.viewer, x, easel.across))
        elif self._held == "picture":
            _, cell = easel.cells(easel.areas()[0])[0]
            self.viewer.pan(-by[0] / cell.w, -by[1] / cell.h)

    def _on(self, surface: "Surface") -> None:
        self.easel.surface = surface
        self.easel.forget()

    def _uncover(self) -> None:
        self.easel.letter, self.viewer.helping = None, False

    def _quit(self) -> None:
        self.open = False

    def _fullscreen(self) -> None:
        import pygame

        size, flags = (SIZE, pygame.RESIZABLE) if pygame.display.is_fullscreen() else ((0, 0), pygame.FULLSCREEN)
        self._on(pygame.display.set_mode(size, flags))

    def _picture(self) -> None:
        import pygame

        path = self._path(f"-{self.viewer.at + 1}.png")
        try:
            pygame.image.save(self.easel.picture(), path)
        except (OSError, pygame.error) as error:
            self.say(f"{path} cannot be written: {error}")
        else:
            self.say(f"saved {path}")

    def _clip(self) -> None:
        path = self._path(".gif")
        self.say(f"writing {path} …")
        self.paint()
        try:
            writing(path).save(self.viewer.shown(self.easel.room), path)
        except (OSError, TurncoatError) as error:
            self.say(str(error))
        else:
            self.say(f"saved {path}")

    def _path(self, ending: str) -> Path:
        """A name in the working directory, after what is shown."""
        replay = self.viewer.replay
        words = filter(None, (replay.scenario or replay.title, replay.player))
        return Path.cwd() / (re.sub(r"[^\w.=+-]+", "-", "-".join(words)).strip("-.") + ending)


def named(event: "Event") -> str:
    """The key of an event as viewers know it: the sign that it types, or its name."""
    import pygame

    name = pygame.key.name(event.key)
    name = NAMES.get(name, name)
    if name in SPELT:
        return f"shift+{name}" if name == "tab" and event.mod & pygame.KMOD_SHIFT else name
    return str(event.unicode) if event.unicode.isprintable() else ""


def opened(size: Spot, flags: int) -> "Surface":
    """A window; a TurncoatError, with what can be done instead, where there is no display."""
    import pygame

    asked = "SDL_VIDEODRIVER" in os.environ
    none = TurncoatError(
        "there is no display to open a window on; save pictures instead (--save x.html, .gif, .png or .svg), "
        "or watch in the terminal (--renderer text)"
    )
    if sys.platform.startswith("linux") and not asked and not {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ):
        raise none
    try:
        pygame.display.init()
        if pygame.display.get_driver() == "offscreen" and not asked:  # what SDL falls back to
            raise none
        pygame.display.set_icon(draw(Scene(1, 1, tuple(standing("model", 0, 0, 1))), ICON))
        return pygame.display.set_mode(size, flags)
    except pygame.error as error:
        raise none from error
