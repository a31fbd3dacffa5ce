"""The schema of a scenario file of kind ``grid``, and what its map and legend must be to mean anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, NoReturn

from pydantic import Field

from arena.errors import nearest, shown
from arena.game.document import Document, Keys, Place
from arena.game.layout import Layout
from arena.game.maps import Cell, Map, MapError, beside
from arena.game.staged import Number, Part, Stage, StagedFile
from arena.game.tiles import ALWAYS, Tile, tile

MAX_CELLS = 1_024
MAX_THINGS = 10  # every one that can be taken or pressed doubles the states

Move = Literal["stay", "up", "right", "down", "left"]
Paid = dict[str, Number]


class Pays(Part):
    """What a round pays, by channel: ``step`` for every round, the rest by the name of the tile where it happens."""

    observed: Paid = Field(description="what the trainer sees and reinforces")
    intended: Paid | None = Field(default=None, description="what the principal wants; observed if left out")
    private: Paid | None = Field(default=None, description="the model's own objective, if it has one")


class GridStage(Stage):
    """A stage on the map."""

    pays: Pays
    begin: Literal["anew", "kept"] = Field(
        default="anew", description="at the start with the map as at first, or where the stage before has left it"
    )


class Guard(Part):
    """The second mover."""

    patrol: list[Move] = Field(default=[], description="its way round, for ever; stands still if left out")
    seat: Literal["overseer"] | None = Field(default=None, description="who moves it, if it is on no patrol")
    sees: Annotated[int, Field(ge=0)] | None = Field(default=None, description="how far along its row and column")


class GridFile(StagedFile[GridStage]):
    """A scenario file of kind ``grid``."""

    kind: Literal["grid"]
    map: str
    legend: dict[str, str]
    sees: Literal["all", "position", "near"] = Field(default="all", description="what the model sees of the map")
    defection: Annotated[list[str], Field(min_length=1)] = Field(description="names of tiles: to make one happen")
    ends: Literal["episode", "stage", "trial"] = Field(default="episode", description="what is over at a goal")
    guard: Guard | None = None


def laid_out(file: GridFile, document: Document) -> Layout:
    """The map and legend of a file that has passed its schema; a TurncoatError says where they make no sense."""
    return _Reader(file, document).layout()


@dataclass
class _Reader:
    """Holds the parts of a file against each other."""

    file: GridFile
    document: Document

    def layout(self) -> Layout:
        legend = self.legend()
        drawn = self.map(legend)
        guard = self.file.guard or Guard()
        layout = Layout(drawn, legend, tuple(guard.patrol), guard.sees)
        self.starts(layout)
        self.doors(layout)
        self.guard(layout)
        if len(layout.things) > MAX_THINGS:
            self.fail_at(list(layout.things)[MAX_THINGS], f"more than {MAX_THINGS} things to take or press")
        for cell in layout.of("goal"):
            if cell not in layout.reachable:
                self.fail_at(cell, f"the {layout.tiles[cell].name} cannot be reached from the start")
        self.events({one.name for one in layout.tiles.values() if one.does.event})
        return layout

    def legend(self) -> dict[str, Tile]:
        found: dict[str, Tile] = {}
        for letter, text in self.file.legend.items():
            path: Keys = ("legend", letter)
            if len(letter) != 1:
                self.document.fail(path, "a letter of the map is one character", self.document.keys[path])
            try:
                found[letter] = tile(text)
            except ValueError as error:
                self.document.fail(path, str(error))
            names = [one.name for one in found.values() if one.does.event]
            if found[letter].does.event and names.count(found[letter].name) > 1:
                self.document.fail(path, f"two letters are called {text!r}; give one a word: '{text} b'")
        for letter, kind in ALWAYS.items():
            found.setdefault(letter, Tile(kind))
        return found

    def map(self, legend: Mapping[str, Tile]) -> Map:
        try:
            drawn = Map.parse(self.file.map)
        except MapError as error:
            self.fail_at(error.cell, str(error))
        if drawn.width * drawn.height > MAX_CELLS:
            self.document.fail(("map",), f"a map of {drawn.width} by {drawn.height}, more than {MAX_CELLS:,} tiles")
        for cell in drawn:
            if (letter := drawn[cell]) not in legend:
                other = letter.swapcase() if letter.swapcase() in legend else letter
                self.fail_at(cell, f"{shown(letter)} is not in the legend{nearest(other, legend.keys() - {' '})}")
        for letter in self.file.legend:
            if not drawn.find(letter):
                path: Keys = ("legend", letter)
                self.document.fail(path, f"{shown(letter)} stands nowhere on the map", self.document.keys[path])
        return drawn

    def starts(self, layout: Layout) -> None:
        for kind, needed in (("start", True), ("guard", self.file.guard is not None)):
            cells = layout.of(kind)
            if len(cells) > 1:
                self.fail_at(cells[1], f"a second {kind}; one stands in row {cells[0].y + 1}")
            if needed and not cells:
                self.document.fail(("map",), f"no letter of the map is a {kind}")

    def doors(self, layout: Layout) -> None:
        words = {one.word for one in self._of(layout, ("key", "button"))}
        for cell in layout.of("door"):
            if layout.tiles[cell].word not in words:
                near = nearest(layout.tiles[cell].word, words - {""})
                self.fail_at(cell, f"no key or button is called like the {layout.tiles[cell].name}{near}")

    def guard(self, layout: Layout) -> None:
        guard = self.file.guard or Guard()
        if guard.patrol and guard.seat:
            self.document.fail(("guard", "seat"), "a guard on patrol has no seat; leave one of them out")
        if not guard.patrol:
            return
        (at,) = layout.of("guard")
        begins = at
        for i, move in enumerate(guard.patrol):
            at = beside(at, move)
            if layout.solid(at, (True,) * len(layout.things)):
                self.document.fail(("guard", "patrol", i), f"this step {move} leads into a wall")
            if layout.tiles[at].kind == "door":
                self.document.fail(("guard", "patrol", i), f"this step {move} leads through a door; guards open none")
        if at != begins:
            self.document.fail(("guard", "patrol"), "the patrol does not end where it begins, so it cannot go on")

    def events(self, names: set[str]) -> None:
        for i, name in enumerate(self.file.defection):
            if name not in names:
                what = f"{shown(name)} is nothing that happens on this map"
                self.document.fail(("defection", i), f"{what}{nearest(name, names)}")
        for i, stage in enumerate(self.file.stages):
            for channel in ("observed", "intended", "private"):
                for name in getattr(stage.pays, channel) or ():
                    path: Keys = ("stages", i, "pays", channel, name)
                    if name not in names | {"step"}:
                        what = f"nothing of this name happens on the map{nearest(name, names | {'step'})}"
                        self.document.fail(path, what, self.document.keys[path])

    def fail_at(self, cell: Cell, what: str) -> NoReturn:
        """Raise an error at a letter of the map."""
        self.document.fail(("map",), what, _place(self.document, self.file.map, cell))

    @staticmethod
    def _of(layout: Layout, kinds: tuple[str, ...]) -> list[Tile]:
        return [layout.tiles[cell] for kind in kinds for cell in layout.of(kind)]


def _place(document: Document, text: str, cell: Cell) -> Place:
    """Where a letter of the map stands in the file, in which it is looked up again: a parser keeps no rows of texts."""
    line, column = document.place(("map",))
    rows = text.split("\n")
    try:
        lines = Path(document.file).read_text(encoding="utf-8-sig").split("\n")
    except (OSError, ValueError):
        return line, column
    written = lines[line + cell.y].rstrip("\r") if line + cell.y < len(lines) else ""
    if not rows[cell.y] or not written.endswith(rows[cell.y]):
        return line, column
    return line + cell.y + 1, len(written) - len(rows[cell.y]) + cell.x + 1
