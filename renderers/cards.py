"""What is laid upon the picture in a window: the keys, sentences, a message."""

from collections.abc import Sequence

from arena.show.lettering import fitted, width
from arena.show.shapes import Line, Rect, Scene, Shape, Text
from arena.show.viewer import KEYS, Key
from renderers.panel import ARROWS

WINDOW_KEYS = (
    Key(("s",), "picture", "save this picture"),
    Key(("c",), "clip", "save a clip"),
    Key(("f",), "fullscreen", "the whole screen, or not"),
    Key(("q", "escape"), "quit", "close"),
)
"""Keys of a window alone."""

PLAY_KEYS = (Key(("1 – 9",), "act", "an action, by its number"),)
"""Keys of who plays."""

SIGNS = {
    **ARROWS,
    "escape": "esc",
    "shift+tab": "shift tab",
    "pageup": "page up",
    "pagedown": "page down",
}


def card(title: str, rows: Sequence[tuple[str, str]], columns: int = 2) -> Scene:
    """A card to lay upon the picture: a title, and rows of keys and what they do."""
    each, step, wide = -(-len(rows) // columns), 29.0, 430.0
    across, down = wide * columns + 40, 96 + step * each
    shapes: list[Shape] = _sheet(title, across, down)
    for number, (key, about) in enumerate(rows):
        x, y = 28 + number // each * wide, 92 + number % each * step
        shapes.append(Text(x + 124, y, key, 14, "comply", "end", bold=True))
        words, size = fitted(about, wide - 156, 15)
        shapes.append(Text(x + 142, y, words, size))
    return Scene(across, down, tuple(shapes))


def letter(title: str, sentences: Sequence[str]) -> Scene:
    """A card with sentences, in as many lines as they need."""
    across, size, step = 860.0, 16.0, 24.0
    y, lines = 96.0, []
    for sentence in sentences:
        for line in wrapped(sentence, across - 56, size):
            lines.append(Text(28, y, line, size))
            y += step
        y += step / 3
    down = y + 24
    close = Text(across - 28, down - 20, "any key: look at it round by round", 13, "faint", "end")
    return Scene(across, down, (*_sheet(title, across, down), *lines, close))


def slip(words: str, across: float) -> Scene:
    """A slip with a message."""
    told, size = fitted(words, across - 80, 15)
    wide = width(told, size) + 40
    return Scene(wide, 40, (Rect(0, 0, wide, 40, "ink"), Text(20, 20 + size * 0.36, told, size, "paper")))


def _sheet(title: str, across: float, down: float) -> list[Shape]:
    return [
        Rect(0, 0, across, down, "paper", "faint", 3),
        Text(28, 48, title, 21, bold=True),
        Line(((28, 62), (across - 28, 62)), "line", 1.5),
    ]


def wrapped(sentence: str, room: float, size: float) -> list[str]:
    """The lines of a sentence."""
    lines = [""]
    for word in sentence.split():
        longer = f"{lines[-1]} {word}".lstrip()
        if width(longer, size) <= room or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def keys(playing: bool = False) -> Scene:
    """The help: every key and what it does."""
    rows = [
        ("   ".join(SIGNS.get(name, name) for name in key.keys), key.about)
        for key in (*(PLAY_KEYS if playing else ()), *KEYS, *WINDOW_KEYS)
    ]
    return card("Keys", [*rows, ("wheel", "closer, or farther away"), ("drag", "scrub the bar, move the picture")])
