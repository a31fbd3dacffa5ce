"""Scenes as pixels, by pygame: for the window, for ``render_mode`` "rgb_array", and as PNG. It needs no display.

Shapes are drawn finer than they are shown and scaled down. Texts are set on top by the library that measures them, so
that they are as wide as the layout takes them to be.
"""

import math
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from arena.files import write
from arena.show.lettering import legible, typeface
from arena.show.palette import LIGHT, rgb
from arena.show.renderer import Renderer
from arena.show.replay import Replay
from arena.show.scene import frames, scene
from arena.show.shapes import Scene, Text
from renderers.brush import FINE, Brush
from renderers.svg import still

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont
    from pygame import Surface

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # pygame greets whoever imports it

SIZE = (1280, 720)
"""Width and height of a picture that nobody chose a size for."""

ANCHORS = {"start": 0.0, "middle": 0.5, "end": 1.0}

Frame = NDArray[np.uint8]


class Pixels(Renderer):
    """One picture of every episode, one below the other: where it turns, or else its last round."""

    mode = "rgb_array"
    suffixes: ClassVar[tuple[str, ...]] = (".png",)

    def frame(self, replay: Replay) -> Frame:
        """The last moment."""
        return array(draw(scene(replay, frames(replay) - 1), SIZE))

    def save(self, replays: Sequence[Replay], path: Path) -> None:
        """Write it."""
        from io import BytesIO

        import pygame

        whole = pygame.Surface((SIZE[0], SIZE[1] * len(replays)), 0, 32)
        for number, replay in enumerate(replays):
            whole.blit(draw(scene(replay, still(replay)), SIZE), (0, SIZE[1] * number))
        made = BytesIO()
        pygame.image.save(whole, made, path.name)
        write(path, made.getvalue())


def draw(scene: Scene, size: tuple[int, int], palette: Mapping[str, str] = LIGHT) -> "Surface":
    """A scene as large as fits into ``size``, in the middle, on its background."""
    import pygame

    scale = min(size[0] / scene.width, size[1] / scene.height)
    left, top = (size[0] - scale * scene.width) / 2, (size[1] - scale * scene.height) / 2
    fine = _sheet((size[0] * FINE, size[1] * FINE))
    fine.fill(rgb(palette[scene.background]))
    brush = Brush(fine, palette, scale, left, top)
    for shape in scene.shapes:
        brush.draw(shape)
    picture = pygame.transform.smoothscale(fine, size)
    for text in scene.shapes:
        if isinstance(text, Text):
            line = lettered(text.words, scale * text.size, palette[text.color], text.bold)
            x = left + scale * text.x - ANCHORS[text.anchor] * line.width
            picture.blit(line.surface, (round(x) - line.left, round(top + scale * text.y) - line.baseline))
    return picture


def array(surface: "Surface") -> Frame:
    """A picture as an array of its own ``[height, width, 3]``."""
    import pygame

    width, height = surface.get_size()
    return np.frombuffer(bytearray(pygame.image.tobytes(surface, "RGB")), np.uint8).reshape(height, width, 3)


class Lettered(NamedTuple):
    """A line of words, drawn."""

    surface: "Surface"
    left: int  # pixels before its origin
    baseline: int  # pixels above it
    width: float


@lru_cache(4096)
def lettered(words: str, size: float, colour: str, bold: bool = False) -> Lettered:
    """A line of words in a colour, see-through around the letters."""
    import pygame
    from PIL import Image, ImageDraw

    font = _font(max(size, 1.0), bold)
    words = legible(words)
    x0, y0, x1, y1 = font.getbbox(words, anchor="ls")
    left, top = math.floor(x0) - 1, math.floor(y0) - 1
    mask = Image.new("L", (math.ceil(x1) + 1 - left, math.ceil(y1) + 1 - top))
    ImageDraw.Draw(mask).text((-left, -top), words, fill=255, font=font, anchor="ls")
    picture = Image.new("RGBA", mask.size, colour)
    picture.putalpha(mask)
    surface = pygame.image.frombytes(picture.tobytes(), picture.size, "RGBA")
    return Lettered(surface, -left, -top, font.getlength(words))


@lru_cache(64)
def _font(size: float, bold: bool) -> "FreeTypeFont":
    from PIL import ImageFont

    return ImageFont.truetype(typeface(bold), size)


@lru_cache(4)  # those of a picture and of the bar below it
def _sheet(size: tuple[int, int]) -> "Surface":
    """What is drawn on, again and again: to make one anew takes as long as to draw on it."""
    import pygame

    return pygame.Surface(size, 0, 32)
