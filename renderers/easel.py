"""Where everything is in a window, and the painting of it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from arena.show.palette import DARK, LIGHT, rgb
from arena.show.replay import Replay
from arena.show.scene import scene
from arena.show.shapes import Scene
from arena.show.viewer import Viewer
from arena.show.zoom import zoomed
from renderers.cards import keys, slip
from renderers.panel import BAR, CHOICES, Panel, bar
from renderers.pixels import draw
from renderers.shelf import Shelf

if TYPE_CHECKING:
    from pygame import Rect as Area
    from pygame import Surface

Spot = tuple[int, int]
"""A place in a window, or its size, in pixels."""

Key = tuple[int, int, object]
"""What a drawing depends on: which replay, which moment, and how it is looked at."""

TALL, NARROW, WIDE = 720.0, 960.0, 1280.0
"""A scene's height, and its least and greatest width, in logical units."""

LEAST = (480, 320)
"""The smallest window that is drawn for; of a smaller one a part is seen."""

SMALLEST = 600
"""Pixels that a picture side by side is wide at least."""

KEPT = 64 * 2**20
"""Bytes of packed pictures that are kept."""

SHADE = 120
"""How dark it is behind a card, of 255."""

NOWHERE = (-1, -1)


class Easel:
    """Paints what a viewer looks at: the pictures, below them a strip for who plays, if there is one, and the bar."""

    def __init__(self, surface: "Surface", viewer: Viewer) -> None:
        """On a surface, which may be replaced by one of another size."""
        self.surface, self.viewer = surface, viewer
        self.strip: Panel | None = None
        self.letter: Scene | None = None  # lies upon the picture until a key is pressed
        self.message = ""
        self.hover: Spot = NOWHERE  # where the mouse is
        self.playing = False  # whether the keys of who plays are told
        self._shelf = Shelf(KEPT)
        self._fresh: dict[Key, Surface] = {}  # the pictures that are seen now
        self._of: Sequence[Replay] = ()  # what was drawn
        self._painted: object = None

    @property
    def room(self) -> int:
        """How many pictures there is room for side by side."""
        return max(1, self.surface.get_width() // SMALLEST)

    @property
    def unit(self) -> float:
        """Pixels of a logical unit, for one picture and what is below it."""
        across, down = (max(*both) for both in zip(self.surface.get_size(), LEAST, strict=True))
        return min(down / (TALL + BAR + CHOICES * (self.strip is not None)), across / NARROW)

    @property
    def across(self) -> float:
        """The width of what is below the picture, in logical units."""
        return float(self.areas()[2].w / self.unit)

    def areas(self) -> tuple["Area", "Area", "Area"]:
        """Where the pictures, the strip and the bar are, in pixels; all as wide as the pictures."""
        from pygame import Rect as Area

        across, down = self.surface.get_size()
        low, high = round(BAR * self.unit), round(CHOICES * self.unit) * (self.strip is not None)
        top = down - low - high
        whole = Area(0, 0, across, top)
        cells = [cell for _, cell in self.cells(whole)]
        left, wide = cells[0].x, max(cells[-1].right - cells[0].x, round(NARROW * self.unit))
        return whole, Area(left, top, wide, high), Area(left, down - low, wide, low)

    def over(self, area: "Area") -> tuple[float, float] | None:
        """Where in an area the mouse is, in logical units; None if it is elsewhere."""
        x, y = self.hover
        return ((x - area.x) / self.unit, (y - area.y) / self.unit) if area.collidepoint(x, y) else None

    def within(self, at: Spot) -> tuple[float, float]:
        """A point of the window in parts of the picture that it is in; the middle if it is in none."""
        for _, cell in self.cells(self.areas()[0]):
            if cell.collidepoint(at):
                return (at[0] - cell.x) / cell.w, (at[1] - cell.y) / cell.h
        return 0.5, 0.5

    def cells(self, whole: "Area") -> list[tuple[Replay, "Area"]]:
        """The replays that are shown, and where in an area each is."""
        from pygame import Rect as Area

        shown = self.viewer.shown(self.room)
        each = whole.w // len(shown)
        found = []
        for number, replay in enumerate(shown):
            unit = min(each / NARROW, whole.h / TALL)
            w, h = min(each, round(WIDE * unit)), round(TALL * unit)
            found.append((replay, Area(whole.x + number * each + (each - w) // 2, whole.y + (whole.h - h) // 2, w, h)))
        return found

    def paint(self) -> bool:
        """Draw what is to be seen; False if it is seen already."""
        viewer, (whole, strip, below) = self.viewer, self.areas()
        now = (
            (viewer.replays, viewer.at, viewer.playing, viewer.speed, viewer.lens, viewer.episode, viewer.beside),
            (viewer.dark, viewer.helping, viewer.zoom, viewer.corner),
            (self.surface.get_size(), self.over(below), self.strip, self.letter, self.message),
        )
        if now == self._painted:
            return False
        self._painted = now
        palette = DARK if viewer.dark else LIGHT
        self.surface.fill(rgb(palette["paper"]))
        if viewer.replays is not self._of:
            self._of = viewer.replays
            self._shelf.clear()
            self._fresh = {}
        fresh = {}
        for number, (replay, cell) in enumerate(self.cells(whole)):
            fresh[self._key(replay, cell.size, viewer.at)] = picture = self._drawn(replay, cell.size)
            self.surface.blit(picture, cell)
            if number:
                self.surface.fill(rgb(palette["line"]), (cell.x - 1, whole.y, 2, whole.h))
        self._fresh = fresh
        if self.strip is not None:
            self.surface.blit(draw(self.strip.scene, strip.size, palette), strip)
        self.surface.blit(draw(bar(viewer, self.across, self.over(below)).scene, below.size, palette), below)
        if self.letter is not None or viewer.helping:
            self._lay(self.letter or keys(self.playing), palette)
        if self.message:
            self._lay(slip(self.message, self.across), palette, low=True)
        return True

    def forget(self) -> None:
        """Paint next time whatever was painted."""
        self._painted = None

    def ahead(self) -> bool:
        """Draw one of the nearest moments that are not kept yet, while there is time; False if there is none left."""
        viewer, cells = self.viewer, self.cells(self.areas()[0])
        far = min(viewer.final, self._shelf.fits // (2 * len(cells)) - 1) if viewer.zoom == 1 else 0
        for at in (at for away in range(far + 1) for at in (viewer.at + away, viewer.at - away)):
            for replay, cell in cells:
                key = self._key(replay, cell.size, at)
                if 0 <= at <= viewer.final and key not in self._shelf:
                    self._shelf.put(key, self._fresh.get(key) or self._draw(replay, cell.size, at))
                    return True
        return False

    def picture(self, finer: int = 2) -> "Surface":
        """What is seen of the replays, without what is below them, drawn finer."""
        import pygame

        whole = self.areas()[0]
        cells = self.cells(pygame.Rect(0, 0, whole.w * finer, whole.h * finer))
        made = pygame.Surface((sum(cell.w for _, cell in cells), cells[0][1].h))
        for number, (replay, cell) in enumerate(cells):
            made.blit(self._drawn(replay, cell.size), (number * cell.w, 0))
        return made

    def _drawn(self, replay: Replay, size: Spot) -> "Surface":
        """A replay's moment as the viewer sees it: as it was drawn, or anew."""
        key, at = self._key(replay, size, self.viewer.at), self.viewer.at
        return self._fresh.get(key) or self._shelf.get(key) or self._draw(replay, size, at)

    def _draw(self, replay: Replay, size: Spot, at: int) -> "Surface":
        viewer = self.viewer
        logical = max(NARROW, min(size[0] * TALL / size[1], WIDE)), TALL
        picture = scene(replay, min(at, len(replay.moments) - 1), viewer.through(replay), viewer.private, logical)
        picture = zoomed(picture, viewer.zoom, viewer.corner) if viewer.zoom > 1 else picture
        return draw(picture, size, DARK if viewer.dark else LIGHT)

    def _key(self, replay: Replay, size: Spot, at: int) -> Key:
        viewer = self.viewer
        how = (viewer.through(replay), viewer.private, size, viewer.zoom, viewer.corner, viewer.dark)
        return id(replay), min(at, len(replay.moments) - 1), how

    def _lay(self, card: Scene, palette: Mapping[str, str], low: bool = False) -> None:
        """A card upon the pictures, in the middle with a shade behind it, or low; as large as it fits."""
        import pygame

        across, down = self.surface.get_size()
        unit = min(self.unit, (across - 16) / card.width, (down - 16) / card.height)
        place = pygame.Rect(0, 0, round(card.width * unit), round(card.height * unit))
        place.center = across // 2, down // 2
        if low:
            place.bottom = self.areas()[0].bottom - round(16 * unit)
        else:
            shade = pygame.Surface((across, down))
            shade.set_alpha(SHADE)
            self.surface.blit(shade, (0, 0))
        self.surface.blit(draw(card, place.size, palette), place)
