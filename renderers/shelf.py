"""Pictures that were drawn, kept packed: they are flat and take little room, and unpacking is quicker than drawing."""

import zlib
from collections import OrderedDict
from collections.abc import Hashable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygame import Surface

QUICKLY = 1
"""How hard to pack."""

SUPPOSED = 2**18
"""Bytes of a packed picture, as long as none has been seen."""


class Shelf:
    """Pictures by what they show. Those that were not asked for the longest make room for new ones."""

    def __init__(self, room: int) -> None:
        """Room for so many bytes."""
        self.room = room
        self._packed: OrderedDict[Hashable, tuple[tuple[int, int], bytes]] = OrderedDict()
        self._bytes = 0

    def __contains__(self, key: Hashable) -> bool:
        return key in self._packed

    def __len__(self) -> int:
        return len(self._packed)

    @property
    def fits(self) -> int:
        """How many pictures there is about room for."""
        return self.room * max(1, len(self)) // max(1, self._bytes) if self._packed else self.room // SUPPOSED

    def put(self, key: Hashable, picture: "Surface") -> None:
        """Keep a picture."""
        packed = zlib.compress(picture.get_buffer().raw, QUICKLY)
        self._packed[key] = picture.get_size(), packed
        self._bytes += len(packed)
        while self._bytes > self.room and len(self) > 1:
            _, (_, gone) = self._packed.popitem(last=False)
            self._bytes -= len(gone)

    def get(self, key: Hashable) -> "Surface | None":
        """A picture that was kept, if it still is."""
        import pygame

        if key not in self._packed:
            return None
        self._packed.move_to_end(key)
        size, packed = self._packed[key]
        picture = pygame.Surface(size, 0, 32)
        picture.get_buffer().write(zlib.decompress(packed))
        return picture

    def clear(self) -> None:
        """Keep nothing."""
        self._packed.clear()
        self._bytes = 0
