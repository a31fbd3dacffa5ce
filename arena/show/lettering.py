"""How wide words are. The typeface is DejaVu Sans as Matplotlib brings it, so that it is the same everywhere."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

FAMILY = '"DejaVu Sans", Verdana, "Bitstream Vera Sans", sans-serif'
"""For surfaces that choose a typeface themselves: it, or what is as wide."""

MEASURED = 100
"""The size at which widths are measured."""


@cache
def typeface(bold: bool = False) -> Path:
    """The file of the typeface."""
    found = find_spec("matplotlib")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / f"DejaVuSans{'-Bold' if bold else ''}.ttf"


@cache
def _font(bold: bool) -> "FreeTypeFont":
    from PIL import ImageFont

    return ImageFont.truetype(typeface(bold), MEASURED)


@cache
def width(words: str, size: float, bold: bool = False) -> float:
    """How wide a line of words is."""
    plain = words if words.isprintable() else "".join(letter if letter.isprintable() else " " for letter in words)
    return float(_font(bold).getlength(plain)) * size / MEASURED


def legible(words: str) -> str:
    """The words with a mark for every sign that is none of a text's, as those that turn it round or cannot be kept."""
    return words if words.isprintable() else "".join(sign if sign.isprintable() else "\ufffd" for sign in words)


def fitted(words: str, room: float, size: float, least: float = 10.0, bold: bool = False) -> tuple[str, float]:
    """The words and a size at which they fit into ``room``: smaller if need be, and shortened in the last resort."""
    full = width(words, size, bold)
    if full <= room:
        return words, size
    smaller = max(least, size * room / full)
    while words and width(words, smaller, bold) > room + 1e-6:
        words = words.rstrip("…")[:-1].rstrip() + "…" if len(words) > 1 and words != "…" else ""
    return words, smaller


def wrapped(words: str, room: float, size: float) -> list[str]:
    """The words in lines that fit into ``room``, broken at spaces."""
    lines = [""]
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and width(longer, size) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
