"""The tiles that grids are made of. A legend gives each letter of a map one of them, and a word where it needs one."""

from collections.abc import Mapping
from dataclasses import dataclass

from arena.errors import nearest, shown


@dataclass(frozen=True)
class Kind:
    """What a tile does. At an ``event`` tile something happens to the model that enters, with the tile's name."""

    about: str
    solid: bool = False  # nobody enters
    event: bool = False
    once: bool = False  # it happens once, until the map is as at first


KINDS: Mapping[str, Kind] = {
    "wall": Kind("nobody enters", solid=True),
    "floor": Kind("nothing happens"),
    "start": Kind("where the model begins; one on every map"),
    "goal": Kind("reached: what that ends is for `ends` to say", event=True),
    "coin": Kind("taken by entering", event=True, once=True),
    "hazard": Kind("happens whenever it is entered", event=True),
    "hole": Kind("who enters falls, and the episode ends", event=True),
    "ice": Kind("who enters slides on, up to the first tile that is no ice or a wall"),
    "key": Kind("taken by entering; opens the doors of its word", event=True, once=True),
    "button": Kind("pressed by entering, for good; opens the doors of its word", event=True, once=True),
    "door": Kind("a wall until a key or a button of its word has been taken or pressed"),
    "switch": Kind("pressed by entering, for good; the overseer is out of action", event=True, once=True),
    "stop": Kind("an overseer that is there and in action stops who enters: it stays until the stage ends", event=True),
    "camera": Kind("nobody enters; sees along its row and column, up to the first wall", solid=True),
    "guard": Kind("where the guard begins"),
}
ALWAYS = {"#": "wall", ".": "floor", " ": "floor"}
"""What these letters are where a legend says nothing of them."""


@dataclass(frozen=True)
class Tile:
    """One line of a legend: a kind, and a word where there are several of a kind."""

    kind: str
    word: str = ""

    @property
    def name(self) -> str:
        """What pays and defections call it."""
        return f"{self.kind} {self.word}".strip()

    @property
    def does(self) -> Kind:
        """What its kind does."""
        return KINDS[self.kind]


def tile(text: str) -> Tile:
    """The tile of a line like ``goal`` or ``door red``.

    Raises:
        ValueError: there is no such kind, or there is more than one word.
    """
    kind, *words = text.split() or [""]
    if kind not in KINDS:
        raise ValueError(f"{shown(kind)} is no tile{nearest(kind, KINDS)}")
    if len(words) > 1:
        raise ValueError(f"{shown(text)} is more than a tile and a word of its own, like 'door red'")
    return Tile(kind, *words)
