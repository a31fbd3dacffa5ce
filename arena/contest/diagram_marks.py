"""Marks of diagrams: cells in their colours, the border over them, words and letters on them.

The colours fall in lightness as values rise, so they say the same in grey; the border is dark with a white edge and
shows on any of them. Labels have letters as well.
"""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from arena.contest.axis import Axis
from arena.contest.diagram import Diagram, Line
from arena.contest.sweep import HELD_BACK
from arena.game.game import Bools, Floats, Ints

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAPER, INK, FAINT, LINE = "#ffffff", "#1a1d24", "#5d6470", "#dfe2e6"
LABELS = {
    "deferred": ("D", "#0b4f86"),
    "planted": ("P", "#cc79a7"),
    "misgeneralised": ("M", "#8fd0f5"),
    "relearned": ("R", "#009e73"),
    "opportunistic": ("O", "#f0b429"),
    "untaught": ("U", "#b9bec4"),
    "impatient": ("I", "#57182f"),
    "none": ("–", "#eceef0"),
    "unlabelled": ("?", "#ffffff"),
}
SHARES = ("early_rate", "late_rate", "turn_probability")
DIFFERENCES = ("turn_gap", "deferral_index", "signal_effect")

SIZE, LETTER = 9.5, 0.076  # points, and a generous average width of a letter in inches
LEVELS = 64  # of the colour scale
FEW = 320  # cells up to which each has its letter


class Scale:
    """What a value's colour is: the level in ``colours``, -1 for no value."""

    def __init__(self, diagram: Diagram) -> None:
        from matplotlib import colormaps
        from matplotlib.colors import to_hex

        cells = [cell for panel in diagram.panels for cell in panel.cells]
        self.words = [one for one in LABELS if any(cell.label == one for cell in cells)]
        means = np.asarray([cell.mean for cell in cells if not math.isnan(cell.mean)] or [0.0])
        self.low, self.high = float(means.min()), float(means.max())
        if diagram.measure in SHARES:
            self.low, self.high = 0.0, 1.0
        elif diagram.measure in DIFFERENCES:
            self.low, self.high = -1.0 if self.low < -0.005 else 0.0, 1.0
        elif self.high - self.low < 1e-9:
            self.low, self.high = self.low - 0.5, self.high + 0.5
        shades = colormaps["cividis_r"](np.linspace(0, 1, LEVELS))
        self.colours = [LABELS[one][1] for one in self.words] or [to_hex(shade) for shade in shades]

    def levels(self, values: Sequence[float | str]) -> Ints:
        """The level of every value."""
        return np.asarray([self._level(value) for value in values], np.int64)

    def _level(self, value: float | str) -> int:
        if isinstance(value, str):
            return self.words.index(value)
        if math.isnan(value):
            return -1
        return min(LEVELS - 1, int((value - self.low) / (self.high - self.low) * LEVELS))


def mosaic(axes: "Axes", x: Floats, y: Floats, levels: Ints, colours: Sequence[str]) -> None:
    """Cells in their colours, one path a colour, neighbours in a row as one; hatched where there is no value."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    found: dict[int, list[tuple[float, float]]] = {}
    for row, line in enumerate(levels.tolist()):
        first = 0
        for column in range(1, len(line) + 1):
            if column == len(line) or line[column] != line[first]:
                (a, b), (c, d) = (x[first], x[column]), (y[row], y[row + 1])
                found.setdefault(line[first], []).extend([(a, c), (b, c), (b, d), (a, d), (a, c)])
                first = column
    for level, corners in sorted(found.items()):
        codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * (len(corners) // 5)
        # A thin edge of the same colour closes the seams that viewers leave between neighbours.
        look: dict[str, Any] = {"facecolor": colours[level], "edgecolor": colours[level], "linewidth": 0.5}
        if level < 0:
            look = {"facecolor": PAPER, "edgecolor": "#a4a9b2", "linewidth": 0, "hatch": "///"}
        axes.add_patch(PathPatch(Path(corners, codes), zorder=1, **look))


def border(axes: "Axes", line: Line) -> None:
    """A dark line with a white edge."""
    at = np.asarray(line)
    for colour, linewidth, zorder in ((PAPER, 4.6, 3), (INK, 2.0, 4)):
        axes.plot(at[:, 0], at[:, 1], color=colour, linewidth=linewidth, zorder=zorder, solid_capstyle="round")


def sides(axes: "Axes", diagram: Diagram, wide: float) -> None:
    """Words for both sides of the threshold, in the middle of each and inside the panel, so many inches wide."""
    optimum = diagram.grid(diagram.optimum)
    x, y = diagram.axes
    for side, text in ((optimum <= HELD_BACK, "waiting pays"), (optimum > HELD_BACK, "defecting early pays")):
        if (found := _middle(side)) is not None and found[2] >= 2:
            box = {"boxstyle": "round,pad=0.25", "facecolor": PAPER, "edgecolor": "none", "alpha": 0.85}
            low, high = axes.get_xlim()
            room = (high - low) * min(0.5, (LETTER * len(text) / 2 + 0.08) / wide)
            where = (min(max(x.values[found[1]], low + room), high - room), y.values[found[0]])
            axes.text(*where, text, color=INK, fontsize=SIZE, ha="center", va="center", bbox=box, zorder=6)


def letters(axes: "Axes", x: Axis, y: Axis, levels: Ints, scale: Scale, lines: Sequence[Line] = ()) -> None:
    """The letter of every cell's label, or of every patch of alike ones where there are many; none under a line."""
    if levels.size <= FEW:
        places = [(row, column) for row, column in np.argwhere(levels >= 0).tolist()]
    else:
        places = [found[:2] for patch in _patches(levels) if (found := _middle(patch)) is not None]
    covered = np.asarray([_steps(one, at) for line in lines for point in line for one, at in zip((x, y), point)])
    for row, column in places:
        if covered.size and (np.abs(covered.reshape(-1, 2) - (column, row)).max(axis=1) < 0.3).any():
            continue
        letter, colour = LABELS[scale.words[levels[row, column]]]
        where = (x.values[column], y.values[row])
        axes.text(
            *where, letter, color=readable_on(colour), fontsize=SIZE - 1, ha="center", va="center_baseline", zorder=2
        )


def _patches(levels: Ints) -> Iterator[Bools]:
    """Neighbouring cells of one level, as masks."""
    seen = levels < 0
    while not seen.all():
        start = tuple(np.argwhere(~seen)[0].tolist())
        patch, waiting = np.zeros(levels.shape, np.bool_), deque([start])
        while waiting:
            row, column = here = waiting.popleft()
            inside = 0 <= row < levels.shape[0] and 0 <= column < levels.shape[1]
            if inside and not patch[here] and levels[here] == levels[start]:
                patch[here] = True
                waiting += [(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)]
        seen |= patch
        yield patch


def _middle(mask: Bools) -> tuple[int, int, float] | None:
    """The cell that is furthest from the mask's edge, and how far that is; None for an empty one."""
    from scipy.ndimage import distance_transform_edt

    if not mask.any():
        return None
    depth = distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    deepest = np.argwhere(depth >= depth.max() - 1e-9)
    row, column = deepest[len(deepest) // 2].tolist()
    return row, column, float(depth.max())


def _steps(axis: Axis, value: float) -> float:
    """A value as a place among an axis's values."""
    return float(np.interp(value, axis.values, np.arange(len(axis.values))))


def readable_on(colour: str) -> str:
    """Ink or paper, whichever can be read on a colour."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 130 else PAPER


def edges(axis: Axis) -> Floats:
    """Where cells end: half way between values, and as far beyond the outer ones."""
    at = np.asarray(axis.values, np.float64)
    between = (at[1:] + at[:-1]) / 2
    return np.concatenate([[2 * at[0] - between[0]], between, [2 * at[-1] - between[-1]]])


def wrapped(label: str, most: int) -> list[str]:
    """An agent's label on one line, or its name on one and its settings on the next."""
    if len(label) <= most:
        return [label]
    name, _, settings = label.partition(":")
    return [name + ":", shortened(settings, most)]


def shortened(text: str, most: int) -> str:
    """A text cut to so many letters."""
    return text if len(text) <= most else text[: most - 1] + "…"
