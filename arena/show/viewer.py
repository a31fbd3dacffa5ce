"""Somebody watching: which moment, how fast, through which lens, how close. No surface is known here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from arena.show.replay import Replay


@dataclass(frozen=True)
class Key:
    """Keys that give one command. A name is the sign that is typed, or "space", "left", "tab" and so on in words."""

    keys: tuple[str, ...]
    command: str
    about: str


KEYS = (
    Key(("space",), "play", "play or pause"),
    Key(("right", "pagedown"), "forward", "a moment forward"),
    Key(("left", "pageup"), "back", "a moment back"),
    Key(("home",), "first", "to the beginning"),
    Key(("end",), "last", "to the end"),
    Key(("up",), "faster", "faster"),
    Key(("down",), "slower", "slower"),
    Key(("n", "]"), "next_event", "to the next event"),
    Key(("p", "["), "previous_event", "to the event before"),
    Key(("l",), "next_lens", "look through the next lens, or none"),
    Key(("e", "tab"), "next_episode", "the next episode"),
    Key(("E", "shift+tab"), "previous_episode", "the episode before"),
    Key(("v",), "together", "all side by side, or one"),
    Key(("+", "="), "closer", "closer"),
    Key(("-",), "farther", "farther away"),
    Key(("0",), "whole", "the whole picture"),
    Key(("d",), "night", "dark or light"),
    Key(("h", "?"), "help", "these keys"),
)
"""The keys of every surface, in the order of its help; each command is a method of ``Viewer``."""

SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
"""Moments a second."""

PATIENCE = 30.0
"""Seconds that an episode takes at most at the speed it begins with."""

CLOSER, CLOSEST = 1.25, 6.0


@dataclass
class Viewer:
    """What is being looked at. Its commands take nothing, and none of them can leave what there is to see."""

    replays: tuple[Replay, ...]
    at: int = 0
    playing: bool = False
    speed: float = 0.0  # 0 for what suits the longest of the replays
    lens: str = ""  # its name, since replays may have different ones; "" for none
    episode: int = 0
    beside: bool = False
    private: bool = False
    live: bool = False  # the episode goes on by itself, and playing means that it may
    dark: bool = False
    helping: bool = False
    marks: tuple[tuple[int, str], ...] = ()  # events besides the replays' own
    zoom: float = 1.0
    corner: tuple[float, float] = (0.0, 0.0)  # of what is visible, in parts of the whole
    pointer: tuple[float, float] = (0.5, 0.5)  # in parts of what is visible: what zooming keeps in place
    passed: float = 0.0  # the part of the moment that has been played

    def __post_init__(self) -> None:
        """Choose the speed."""
        if not self.replays:
            raise ValueError("there is nothing to watch")
        longest = max(replay.rounds for replay in self.replays)
        self.speed = self.speed or next((one for one in SPEEDS[1:] if longest <= one * PATIENCE), SPEEDS[-1])
        self.go(self.at)

    @property
    def replay(self) -> Replay:
        """The one that was chosen."""
        return self.replays[self.episode]

    @property
    def final(self) -> int:
        """The last moment there is."""
        return max(len(replay.moments) for replay in (self.replays if self.beside else (self.replay,))) - 1

    @property
    def lenses(self) -> tuple[str, ...]:
        """The names of the lenses there are to look through."""
        through = () if self.private else self.replays if self.beside else (self.replay,)
        return tuple(dict.fromkeys(lens.name for replay in through for lens in replay.lenses))

    @property
    def events(self) -> tuple[tuple[int, str], ...]:
        """What is worth jumping to, in order. Somebody who plays is told of nothing that others know."""
        if self.private:
            return self.marks
        found = [event for replay in (self.replays if self.beside else (self.replay,)) for event in replay.events]
        return tuple(sorted(dict.fromkeys([*found, *self.marks]), key=lambda event: event[0]))

    def moment(self, replay: Replay) -> int:
        """Where a replay stands: a shorter one waits at its end."""
        return min(self.at, len(replay.moments) - 1)

    def through(self, replay: Replay) -> int | None:
        """The number of the lens in a replay; None if it has none of the name."""
        names = [lens.name for lens in replay.lenses]
        return names.index(self.lens) if self.lens in names and not self.private else None

    def shown(self, room: int = 1) -> Sequence[Replay]:
        """The replays to draw, the chosen one among them, where there is room for so many side by side."""
        if not self.beside:
            return (self.replay,)
        first = max(0, min(self.episode, len(self.replays) - room))
        return self.replays[first : first + max(1, room)]

    def tick(self, seconds: float) -> None:
        """Time passes."""
        if self.playing and not self.live:
            self.passed += seconds * self.speed
            whole = int(self.passed)
            self.passed -= whole
            self.at = min(self.at + whole, self.final)
            self.playing = self.at < self.final

    def go(self, at: int) -> None:
        """To a moment, or the nearest there is."""
        self.at, self.passed = max(0, min(at, self.final)), 0.0

    def choose(self, episode: int) -> None:
        """Look at another episode, counted round."""
        self.episode = episode % len(self.replays)
        self.lens = self.lens if self.lens in self.lenses else ""
        self.go(self.at)

    def follow(self, replay: Replay) -> None:
        """The chosen episode has gone on. Whoever looked at its end still does."""
        here = self.at >= self.final
        self.replays = (*self.replays[: self.episode], replay, *self.replays[self.episode + 1 :])
        self.at = self.final if here else self.at
        self.choose(self.episode)

    def look(self, factor: float, about: tuple[float, float] | None = None) -> None:
        """Closer by a factor, with what is at a point of the visible part (the pointer) staying there."""
        x, y = about or self.pointer
        zoom = max(1.0, min(self.zoom * factor, CLOSEST))
        left, top = self.corner
        self.corner = left + x / self.zoom - x / zoom, top + y / self.zoom - y / zoom
        self.zoom = zoom
        self.pan(0.0, 0.0)

    def pan(self, x: float, y: float) -> None:
        """Move what is visible, in parts of it."""
        room = 1 - 1 / self.zoom
        left, top = self.corner[0] + x / self.zoom, self.corner[1] + y / self.zoom
        self.corner = max(0.0, min(left, room)), max(0.0, min(top, room))

    def do(self, command: str) -> bool:
        """Carry out a command by its name; False if it is none of these."""
        known = command in {key.command for key in KEYS}
        if known:
            getattr(self, command)()
        return known

    def play(self) -> None:
        """Play or pause; from the beginning if it was at the end."""
        if not self.playing and not self.live and self.at >= self.final:
            self.go(0)
        self.playing = not self.playing

    def forward(self) -> None:
        """A moment on, and pause."""
        self._pause()
        self.go(self.at + 1)

    def back(self) -> None:
        """A moment back, and pause."""
        self._pause()
        self.go(self.at - 1)

    def first(self) -> None:
        """To the beginning."""
        self.go(0)

    def last(self) -> None:
        """To the end."""
        self.go(self.final)

    def faster(self) -> None:
        """The next greater speed."""
        self.speed = next((one for one in SPEEDS if one > self.speed), SPEEDS[-1])

    def slower(self) -> None:
        """The next smaller speed."""
        self.speed = next((one for one in reversed(SPEEDS) if one < self.speed), SPEEDS[0])

    def next_event(self) -> None:
        """To the next event, if there is one."""
        self._jump(at for at, _ in self.events if at > self.at)

    def previous_event(self) -> None:
        """To the event before, if there is one."""
        self._jump(at for at, _ in reversed(self.events) if at < self.at)

    def _jump(self, to: Iterable[int]) -> None:
        self._pause()
        self.go(next(iter(to), self.at))

    def _pause(self) -> None:
        self.playing = self.playing and self.live

    def next_lens(self) -> None:
        """Through the next lens; after the last through none."""
        names = ("", *self.lenses)
        self.lens = names[(names.index(self.lens) + 1) % len(names)] if self.lens in names else ""

    def next_episode(self) -> None:
        """To the next episode."""
        self.choose(self.episode + 1)

    def previous_episode(self) -> None:
        """To the episode before."""
        self.choose(self.episode - 1)

    def together(self) -> None:
        """All side by side, or one alone."""
        self.beside = not self.beside and len(self.replays) > 1
        self.choose(self.episode)

    def closer(self) -> None:
        """Closer to what is under the pointer."""
        self.look(CLOSER)

    def farther(self) -> None:
        """Farther away."""
        self.look(1 / CLOSER)

    def whole(self) -> None:
        """The whole picture."""
        self.zoom, self.corner = 1.0, (0.0, 0.0)

    def night(self) -> None:
        """Dark or light."""
        self.dark = not self.dark

    def help(self) -> None:
        """Show the keys, or hide them."""
        self.helping = not self.helping
