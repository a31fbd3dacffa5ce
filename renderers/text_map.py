"""Maps as letters: two signs a cell, so that it is about as wide as it is high."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from arena.game.board import UNKNOWN, Board
from renderers.text_marks import COMPLIES, DEFECTS, LENS, LOUD, QUIET, cut, ink

LETTERS = {
    "floor": ("·", QUIET),
    "start": ("·", QUIET),
    "goal": ("G", "bold green"),
    "coin": ("$", "yellow"),
    "hazard": ("!", "bold red"),
    "hole": ("o", "red"),
    "ice": ("~", COMPLIES),
    "key": ("k", "yellow"),
    "button": ("b", LENS),
    "door": ("D", LENS),
    "switch": ("s", LENS),
    "stop": ("x", "bold red"),
    "camera": ("c", DEFECTS),
    "guard": ("g", DEFECTS),
    "model": ("@", "bold reverse"),
}
"""The letter and the style of what has one; anything else has its first, as a capital."""

PLAIN = ("floor", "start", "wall", UNKNOWN)
GAP = 3


def drawn(board: Board) -> list[Text]:
    """The rows of a map, and who stands where."""
    lines = []
    standing = {(x, y): name for name, x, y in board.movers}
    for y, row in enumerate(board.rows):
        line = Text()
        for x, word in enumerate(row):
            line.append_text(cell(standing.get((x, y), word), (x, y) in board.watched))
        lines.append(line)
    return lines


def cell(name: str, watched: bool = False) -> Text:
    """One cell: a letter, and that of its word where there are several of a kind; under watch it is shaded."""
    if name == "wall":
        return ink("██", QUIET)
    if name == UNKNOWN:
        return ink("??", QUIET)
    kind, _, word = name.partition(" ")
    letter, style = LETTERS.get(kind, (kind[:1].upper(), LOUD))
    rest = word[:1] or ("░" if watched else " ")
    if watched and kind in PLAIN:
        return ink("░░", DEFECTS)
    return ink(letter, style) + ink(rest, DEFECTS if rest == "░" else style)


def width(board: Board) -> int:
    """How wide it is drawn."""
    return 2 * len(board.rows[0])


def strips(maps: Sequence[tuple[str, Board]], room: int) -> Iterator[Text]:
    """Maps beside each other under their captions, as many in a line as there is room for."""
    line: list[tuple[str, Board]] = []
    used = 0
    for one in maps:
        wide = max(width(one[1]), len(one[0])) + GAP
        if line and used + wide - GAP > room:
            yield from _strip(line, room)
            yield Text()
            line, used = [], 0
        line.append(one)
        used += wide
    if line:
        yield from _strip(line, room)


def _strip(maps: Sequence[tuple[str, Board]], room: int) -> Iterator[Text]:
    columns = [(caption, drawn(board), max(width(board), len(caption))) for caption, board in maps]
    for row in range(-1, max(len(rows) for _, rows, _ in columns)):
        line = Text()
        for caption, rows, wide in columns:
            part = ink(caption, QUIET) if row < 0 else rows[row].copy() if row < len(rows) else Text()
            part.pad_right(wide + GAP - len(part))
            line.append_text(part)
        line.rstrip()
        line.truncate(room)
        yield line


def legend(boards: Sequence[Board], room: int) -> Iterator[Text]:
    """What the letters say, of what is on some map."""
    words = {word for board in boards for row in board.rows for word in row}
    names = {name for board in boards for name, _, _ in board.movers} | (words - set(PLAIN))
    told = [(cell(name), name.replace("_", " ")) for name in sorted(names, key=lambda name: (name != "model", name))]
    told += [(cell("floor", True), "in view")] if any(board.watched for board in boards) else []
    told += [(cell(UNKNOWN), "not seen")] if UNKNOWN in words else []
    line = Text()
    for sign, name in told:
        sign.rstrip()
        part = sign + ink(f" {cut(name, room - 3)}", QUIET)
        if line and len(line) + 2 + len(part) > room:
            yield line
            line = Text()
        line = line + ink("  ") + part if line else part
    yield line
