"""What stands below the picture in a window: the bar, and the choices of who plays."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from arena.show.box import Box
from arena.show.lettering import fitted, width
from arena.show.shapes import Circle, Polygon, Rect, Scene, Shape, Text
from arena.show.viewer import Viewer

BAR, CHOICES = 84.0, 76.0
"""Heights, in the units of the picture above."""

MARGIN, INSET, TRACK = 24.0, 34.0, 22.0
"""Left and right of the bar, and of the words of the strip; how far down the scrub bar is."""
ABREAST, NARROW, HIGH = 8, 130.0, 40.0
"""Choices in a row at the most; how narrow and how high a button is that has its key above the word."""

ARROWS = {"left": "←", "right": "→", "up": "↑", "down": "↓"}


@dataclass(frozen=True, slots=True)
class Button:
    """A place that gives a command when it is clicked."""

    x: float
    y: float
    w: float
    h: float
    command: str
    action: int = -1

    def holds(self, x: float, y: float) -> bool:
        """Whether a point is in it."""
        return self.x <= x < self.x + self.w and self.y <= y < self.y + self.h


@dataclass(frozen=True)
class Panel:
    """Something to look at and to click on."""

    scene: Scene
    buttons: tuple[Button, ...] = ()

    def under(self, x: float, y: float) -> Button | None:
        """The button at a point."""
        return next((button for button in self.buttons if button.holds(x, y)), None)


@dataclass(frozen=True)
class Choice:
    """An action that a person may take: which, its word, and the keys for it."""

    action: int
    word: str
    keys: tuple[str, ...] = ()


def bar(viewer: Viewer, across: float, hover: tuple[float, float] | None = None) -> Panel:
    """The scrub bar with its events, and the controls below it. ``hover`` is where the pointer is."""
    shapes: list[Shape] = []
    buttons: list[Button] = []
    track = MARGIN, across - MARGIN
    pointed = moment_at(viewer, hover[0], across) if hover is not None and hover[1] < 2 * TRACK else None
    shapes += _track(viewer, track, pointed)
    x, y, h = MARGIN - 6, BAR - 44.0, 32.0

    def button(command: str, at: float, w: float, lit: bool = False) -> None:
        one = Button(at, y, w, h, command)
        inside = hover is not None and one.holds(*hover)
        shapes.append(Rect(at, y, w, h, fill="line" if inside or lit else "raised", radius=8))
        buttons.append(one)

    for command in ("previous_event", "back", "play", "forward", "next_event"):
        button(command, x, 40)
        drawn = "pause" if command == "play" and viewer.playing else command
        shapes += _ICONS[drawn](x + 20, y + h / 2)
        x += 44
    right = across - MARGIN + 6

    def label(words: str, at: float, w: float, color: str = "ink") -> None:
        told, size = fitted(words, w - 12, 14)
        shapes.append(Text(at + w / 2, y + h / 2 + size * 0.36, told, size, color, "middle"))

    def counter(words: str, less: str, more: str, w: float) -> None:
        nonlocal right
        right -= w
        button(less, right, 28)
        shapes.append(Rect(right + 28, y, w - 56, h, fill="raised"))
        button(more, right + w - 28, 28)
        sign = ("−", "+") if less == "slower" else ("‹", "›")
        label(sign[0], right, 28)
        label(words, right + 28, w - 56)
        label(sign[1], right + w - 28, 28)
        right -= 8

    def chip(words: str, command: str, w: float, color: str = "ink", lit: bool = False) -> None:
        nonlocal right
        right -= w
        button(command, right, w, lit)
        label(words, right, w, color)
        right -= 8

    chip("?", "help", 32, lit=viewer.helping)
    chip("light" if viewer.dark else "dark", "night", 56)
    counter(f"{viewer.speed:g} a second", "slower", "faster", 148)
    if len(viewer.replays) > 1:
        counter(f"{viewer.episode + 1} of {len(viewer.replays)}", "previous_episode", "next_episode", 124)
        chip("one" if viewer.beside else "side by side", "together", 108)
    if viewer.lenses:
        lens = viewer.lens if viewer.lens in viewer.lenses else "none"
        chip(f"lens: {lens}", "next_lens", 184 if across > 1080 else 150, "lens" if lens != "none" else "ink")
    told, size = fitted(*whole(where(viewer, viewer.at if pointed is None else pointed), right - x - 16), 15)
    shapes.append(Text(x + 10, y + h / 2 + size * 0.36, told, size, "ink" if pointed is None else "faint"))
    return Panel(Scene(across, BAR, tuple(shapes)), tuple(buttons))


def whole(words: str, room: float) -> tuple[str, float]:
    """As many of the parts, from the first, as can be read in a room, or none; and the room."""
    parts = words.split(" · ")
    while parts and width(" · ".join(parts), 11) > room:
        parts.pop()
    return " · ".join(parts), room


def moment_at(viewer: Viewer, x: float, across: float) -> int:
    """The moment that a place on the scrub bar stands for."""
    part = (x - MARGIN) / (across - 2 * MARGIN)
    return max(0, min(round(part * viewer.final), viewer.final))


def where(viewer: Viewer, at: int) -> str:
    """Which moment it is and what happens there, in a few words."""
    rounds = max(viewer.final, 1)
    over = viewer.replay.moments[viewer.moment(viewer.replay)].over and at >= viewer.final
    words = "the end" if over else f"round {at + 1}" if viewer.private else f"round {at + 1} of {rounds}"
    events = dict.fromkeys(word for one, word in viewer.events if one == at)
    return " · ".join((words, *events))


def _track(viewer: Viewer, track: tuple[float, float], pointed: int | None) -> Iterator[Shape]:
    """The scrub bar: deployment is tinted, events are diamonds."""
    left, right = track
    final = max(viewer.final, 1)

    def place(at: float) -> float:
        return left + (right - left) * at / final

    yield Rect(left, TRACK - 3, right - left, 6, fill="line", radius=3)
    if not viewer.private and not viewer.beside:
        for first, end in _deployed(viewer):
            yield Rect(place(first), TRACK - 3, place(end) - place(first), 6, fill="defect-soft", radius=3)
    if viewer.at:
        yield Rect(left, TRACK - 1.5, place(viewer.at) - left, 3, fill="faint", radius=1.5)
    for at, word in sorted(viewer.events, key=lambda event: (event in viewer.marks, _colour(viewer, *event) != "ink")):
        size = 7.0 if word in ("turns", "deployment") or (at, word) in viewer.marks else 5.0
        yield diamond(place(at), TRACK, size, _colour(viewer, at, word))
    if pointed is not None and pointed != viewer.at:
        yield Circle(place(pointed), TRACK, 6, "", "faint", 2)
    yield Circle(place(viewer.at), TRACK, 9, "paper", "ink", 3)


def _deployed(viewer: Viewer) -> Iterator[tuple[int, int]]:
    """Runs of moments in deployment: the first and the one behind the last."""
    moments, first = viewer.replay.moments, None
    for at, moment in enumerate(moments):
        if moment.deployment and first is None:
            first = at
        if first is not None and (not moment.deployment or at == len(moments) - 1):
            yield first, at
            first = None


def _colour(viewer: Viewer, at: int, word: str) -> str:
    if (at, word) in viewer.marks:
        return "lens"
    return {"turns": "defect", "defects": "defect", "deployment": "gold"}.get(word, "ink")


def choices(
    offered: Sequence[Choice], across: float, words: tuple[str, str], hover: tuple[float, float] | None = None
) -> Panel:
    """A button for every action that may be taken, and before them whose turn it is and what was done last."""
    shapes: list[Shape] = [_strip(across)]
    buttons = []
    room = min(240.0, across * 0.19)
    for line, (said, bold) in enumerate(zip(words, (True, False), strict=True)):
        told, size = fitted(said, room, 16 - 2 * line, bold=bold)
        shapes.append(Text(INSET, CHOICES / 2 - 6 + 21 * line, told, size, "faint" if line else "ink", bold=bold))
    rows = 1 if len(offered) <= ABREAST else 2
    columns = max(1, -(-len(offered) // rows))
    wide = min(200.0, (across - 2 * INSET - room - 12 + 8) / columns - 8)
    high = (CHOICES - 6 - 8 * (rows + 1)) / rows
    for number, one in enumerate(offered):
        x, y = INSET + room + 12 + number % columns * (wide + 8), 8 + number // columns * (high + 8)
        button = Button(x, y, wide, high, "act", one.action)
        inside = hover is not None and button.holds(*hover)
        shapes.append(Rect(x, y, wide, high, "line" if inside else "paper", "faint", 1.5, min(10, high / 3)))
        shapes += _named(one, Box(x + 5, y, wide - 10, high))
        buttons.append(button)
    return Panel(Scene(across, CHOICES, tuple(shapes)), tuple(buttons))


def _named(one: Choice, box: Box) -> Iterator[Shape]:
    """The word of a choice, its keys before it, or above it where it is narrow."""
    keys, middle = " ".join(ARROWS.get(key, key) for key in one.keys), box.x + box.w / 2
    before = width(keys, 13) + 12 if keys else 0.0
    if keys and box.w < NARROW and box.h > HIGH:
        yield Text(middle, box.y + box.h * 0.38, keys, 12, "faint", "middle")
        words, size = fitted(one.word, box.w, 15, bold=True)
        yield Text(middle, box.y + box.h * 0.8, words, size, "ink", "middle", bold=True)
        return
    words, size = fitted(one.word, box.w - before, 16, bold=True)
    line = box.y + box.h / 2
    yield Text(middle + before / 2, line + size * 0.36, words, size, "ink", "middle", bold=True)
    if keys:
        yield Text(middle - (before + width(words, size, True)) / 2, line + 13 * 0.36, keys, 13, "faint")


def told(sentences: Sequence[str], across: float) -> Panel:
    """Sentences where the choices were, a line each."""
    shapes: list[Shape] = [_strip(across)]
    step = min(22.0, (CHOICES - 12) / max(1, len(sentences)))
    top = (CHOICES - 6 - step * len(sentences)) / 2
    for number, sentence in enumerate(sentences):
        words, size = fitted(sentence, across - 2 * INSET, step * 0.7)
        shapes.append(Text(INSET, top + step * (number + 0.75), words, size))
    return Panel(Scene(across, CHOICES, tuple(shapes)))


def _strip(across: float) -> Rect:
    return Rect(MARGIN - 6, 0, across - 2 * MARGIN + 12, CHOICES - 6, fill="raised", radius=10)


def diamond(x: float, y: float, r: float, fill: str) -> Polygon:
    """The sign of an event."""
    return Polygon(((x, y - r), (x + r, y), (x, y + r), (x - r, y)), fill, "paper", 1.5)


def _arrow(x: float, y: float, way: int, r: float = 7.0) -> Polygon:
    return Polygon(((x - way * r * 0.8, y - r), (x + way * r * 0.9, y), (x - way * r * 0.8, y + r)), "ink")


def _play(x: float, y: float) -> list[Shape]:
    return [_arrow(x, y, 1, 9)]


def _pause(x: float, y: float) -> list[Shape]:
    return [Rect(x - 7, y - 8, 5, 16, "ink", radius=1), Rect(x + 2, y - 8, 5, 16, "ink", radius=1)]


def _step(way: int, x: float, y: float) -> list[Shape]:
    return [_arrow(x + way * 2, y, way, 6.5), Rect(x - way * 7 - 1.5, y - 6.5, 3, 13, "ink")]


def _jump(way: int, x: float, y: float) -> list[Shape]:
    return [_arrow(x - way * 6, y, way, 6.5), diamond(x + way * 7, y, 6, "ink")]


_ICONS: Mapping[str, Callable[[float, float], list[Shape]]] = {
    "play": _play,
    "pause": _pause,
    "back": partial(_step, -1),
    "forward": partial(_step, 1),
    "previous_event": partial(_jump, -1),
    "next_event": partial(_jump, 1),
}
