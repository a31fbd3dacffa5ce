"""A map with its legend: what stands where, what a move does, who sees what. No stages and no chance."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from arena.game.maps import MOVES, Cell, Map, beside, distances
from arena.game.tiles import Tile

ACTIONS = ("down", "right", "up", "left", "stay")
"""What the model does. To stay comes last, so that agents that take the first action of a kind get somewhere."""
GUARDING = ("stay", *MOVES)
"""What an overseer does that moves the guard."""
KEPT = 65_536
"""Moves whose outcome is kept in mind: a compiler asks for each of them many times over."""
Done = tuple[bool, ...]  # of every thing: whether it has been taken or pressed


class Step(NamedTuple):
    """What a move comes to: where it leads, what is done then, and what has happened, by its tile's name."""

    at: Cell
    done: Done
    event: str | None


@dataclass(frozen=True)
class Layout:
    """A map and the tile of each of its letters."""

    map: Map
    legend: Mapping[str, Tile]
    patrol: tuple[str, ...] = ()
    sight: int | None = None  # how far the guard sees; None is as far as a camera

    @cached_property
    def tiles(self) -> dict[Cell, Tile]:
        """What stands in every cell."""
        return {cell: self.legend[self.map[cell]] for cell in self.map}

    @cached_property
    def kinds(self) -> dict[str, list[Cell]]:
        """The cells of each kind of tile that there is."""
        found: dict[str, list[Cell]] = {}
        for cell, tile in self.tiles.items():
            found.setdefault(tile.kind, []).append(cell)
        return found

    def of(self, kind: str) -> list[Cell]:
        """The cells of a kind of tile."""
        return self.kinds.get(kind, [])

    @cached_property
    def start(self) -> Cell:
        """Where the model begins."""
        (start,) = self.of("start")
        return start

    @cached_property
    def things(self) -> dict[Cell, int]:
        """What can be taken or pressed, and its number."""
        once = [cell for cell, tile in self.tiles.items() if tile.does.once]
        return {cell: number for number, cell in enumerate(once)}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """A name for each thing: that of its tile, with a number where there are several."""
        names = [self.tiles[cell].name for cell in self.things]
        return tuple(
            name if names.count(name) == 1 else f"{name} {names[: i + 1].count(name)}" for i, name in enumerate(names)
        )

    @property
    def untouched(self) -> Done:
        """Nothing taken or pressed."""
        return (False,) * len(self.things)

    @cached_property
    def openers(self) -> dict[str, tuple[int, ...]]:
        """The keys and buttons of each door, by its word."""
        opening = [(self.tiles[cell], number) for cell, number in self.things.items()]
        return {
            door.word: tuple(n for tile, n in opening if tile.kind in ("key", "button") and tile.word == door.word)
            for door in (self.tiles[cell] for cell in self.of("door"))
        }

    @cached_property
    def switches(self) -> tuple[int, ...]:
        """The things that put the overseer out of action."""
        return tuple(number for cell, number in self.things.items() if self.tiles[cell].kind == "switch")

    def blind(self, done: Done) -> bool:
        """Whether the overseer is out of action."""
        return bool(self.switches) and any(done[number] for number in self.switches)

    def solid(self, cell: Cell, done: Done) -> bool:
        """Whether nobody enters a cell: the map ends there, or a wall, a camera or a closed door stands there."""
        tile = self.tiles.get(cell)
        if tile is None or tile.does.solid:
            return True
        return tile.kind == "door" and not any(done[number] for number in self.openers[tile.word])

    @cached_property
    def move(self) -> Callable[[Cell, Done, str], Step]:
        """One action of the model. A step into what is solid is a stay; where nothing is entered nothing happens."""
        return lru_cache(KEPT)(self._move)

    def _move(self, at: Cell, done: Done, action: str) -> Step:
        to = beside(at, action)
        if to == at or self.solid(to, done):
            return Step(at, done, None)
        while self.tiles[to].kind == "ice" and not self.solid(beside(to, action), done):
            to = beside(to, action)
        tile, thing = self.tiles[to], self.things.get(to)
        if not tile.does.event or (thing is not None and done[thing]):
            return Step(to, done, None)
        if thing is not None:
            done = (*done[:thing], True, *done[thing + 1 :])
        return Step(to, done, tile.name)

    def view(self, cell: Cell, done: Done, sight: int | None = None) -> set[Cell]:
        """What is seen from a cell: it and those along its row and column up to the first that is solid."""
        seen = {cell}
        for move in MOVES:
            for far, other in enumerate(self.map.line(cell, move), start=1):
                if self.solid(other, done) or (sight is not None and far > sight):
                    break
                seen.add(other)
        return seen

    def watched(self, at: Cell, done: Done, guard: Cell | None) -> bool:
        """Whether a cell is in the view of a camera or the guard; where there is neither, all is seen."""
        cameras = self.of("camera")
        if not cameras and not self.of("guard"):
            return True
        seen = any(at in self.view(camera, done) for camera in cameras)
        return seen or (guard is not None and at in self.view(guard, done, self.sight))

    @cached_property
    def round_trip(self) -> tuple[Cell, ...]:
        """Where the guard is after each step of its patrol, from where it begins."""
        places = self.of("guard")[:1]
        for move in self.patrol[:-1]:
            places.append(beside(places[-1], move))
        return tuple(places)

    @cached_property
    def reachable(self) -> set[Cell]:
        """Where the model can get to at all, taking and pressing whatever it likes on the way."""
        cells, done = {self.start}, self.untouched

        def ways(cell: Cell) -> list[Cell]:
            stuck = self.tiles[cell].kind == "hole"
            return [] if stuck else [self.move(cell, done, action).at for action in MOVES]

        while True:
            cells = set(distances(cells, ways))
            taken = tuple(cell in cells for cell in self.things)
            if taken == done:
                return cells
            done = taken

    def words(self, cell: Cell, done: Done) -> str:
        """What is to be seen in a cell, in words."""
        tile = self.tiles.get(cell)
        if tile is None or self.solid(cell, done):
            return tile.name if tile else "wall"
        thing = self.things.get(cell)
        gone = tile.kind in ("start", "guard", "door") or (thing is not None and done[thing])
        return "floor" if gone else tile.name
