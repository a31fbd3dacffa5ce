"""The map of a moment."""

from collections.abc import Iterator

from arena.game.board import Board
from arena.show.box import Box
from arena.show.icons import cell, standing
from arena.show.shapes import Rect, Shape, Text

LARGEST = 84.0
"""A cell is drawn no larger than this."""


def drawn(board: Board, box: Box, caption: str = "") -> Iterator[Shape]:
    """A board in the middle of a box, its caption below it."""
    columns, rows = len(board.rows[0]), len(board.rows)
    room = box.h - (20 if caption else 0)
    side = min(LARGEST, box.w / columns, room / rows)
    left, top = box.x + (box.w - side * columns) / 2, box.y + (room - side * rows) / 2
    for y, row in enumerate(board.rows):
        for x, word in enumerate(row):
            yield from cell(word, left + x * side, top + y * side, side)
    for x, y in sorted(board.watched):
        yield Rect(left + x * side + 1.5, top + y * side + 1.5, side - 3, side - 3, stroke="defect", width=1.5)
    for name, x, y in board.movers:
        yield from standing(name, left + x * side, top + y * side, side)
    yield Rect(left, top, side * columns, side * rows, stroke="line", width=1.5)
    if caption:
        yield Text(box.x + box.w / 2, top + side * rows + 16, caption, 12, "faint", "middle")
