"""Plots as inline SVG: colours are the page's CSS variables, text is text, and the same data give the same bytes."""

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from arena.contest.sweep import Curve
from arena.measure.summary import Summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Matplotlib knows no CSS: these stand for variables of the page, and are put back in the finished SVG.
INK, FAINT, LINE, PAPER = "#010203", "#010204", "#010205", "#010206"
VARIABLES = {INK: "ink", FAINT: "faint", LINE: "line", PAPER: "paper"}
SERIES = tuple(f"#0102{i:02x}" for i in range(0x10, 0x16))  # --series-0 and on
VARIABLES |= {colour: f"series-{i}" for i, colour in enumerate(SERIES)}
SHAPES = "osD^vP"

WIDTH = 8.6  # inches of 72 points; the page scales it
SIZE = 9.5  # points
LETTER = 0.0735  # inches, a generous average width of a letter at that size
LONGEST = 44  # letters of a label
QUARTERS = ((0, 0.25, 0.5, 0.75, 1), ("0", "¼", "½", "¾", "1"))
OPTIMUM = "exact optimum"
XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'


@dataclass(frozen=True)
class Series:
    """What one learner did along a sweep."""

    label: str
    at: Sequence[float]
    early: Sequence[Summary]


def threshold(name: str, title: str, parameter: str, curve: Curve, series: Sequence[Series]) -> str:
    """The optimum's early rate along a parameter with its thresholds, beside what learners learned."""
    longest = max([len(shortened(one.label)) for one in series] + [len(OPTIMUM)])
    columns = max(1, int((WIDTH - 0.8) / (LETTER * longest + 0.55)))
    lines = -(-(len(series) + 1) // columns)
    top, bottom, plot = 0.3, 0.62 + 0.22 * lines, 2.7
    height = top + bottom + plot
    with _figure(name, title, height) as (figure, written):
        axes = figure.add_axes((0.62 / WIDTH, bottom / height, 1 - 0.82 / WIDTH, plot / height))
        _plain(axes)
        low, high = float(curve.at[0]), float(curve.at[-1])
        margin = 0.04 * (high - low)
        axes.set(xlim=(low - margin, high + margin), ylim=(-0.04, 1.04), xlabel=parameter, ylabel="early rate")
        axes.set_yticks(*QUARTERS)
        axes.grid(axis="y", color=LINE, linewidth=0.8)
        axes.plot(curve.at, curve.early_rate, color=INK, linewidth=2, label=OPTIMUM, zorder=3, drawstyle="steps-mid")
        for x in curve.thresholds:
            axes.axvline(x, color=INK, linewidth=1, linestyle=(0, (4, 3)), zorder=2)
            side = "left" if x < low + 4 * margin else "right" if x > high - 4 * margin else "center"
            where: dict[str, Any] = {"xytext": (0, 4), "textcoords": "offset points", "ha": side}
            axes.annotate(f"threshold {x:.4g}", (x, 1.04), color=INK, fontsize=SIZE, **where)
        for i, one in enumerate(series):
            _points(axes, one, (i - (len(series) - 1) / 2) * 0.28 * margin, i)
        place: dict[str, Any] = {"bbox_to_anchor": (0.55 / WIDTH, 0.0), "ncols": columns, "borderaxespad": 0.2}
        spacing: dict[str, Any] = {"handletextpad": 0.5, "columnspacing": 1.6}
        figure.legend(loc="lower left", frameon=False, labelcolor=INK, fontsize=SIZE, **place, **spacing)
    return written()


def _points(axes: "Axes", one: Series, shift: float, number: int) -> None:
    """One learner's early rate at each value, moved a little sideways so that learners do not hide each other."""
    colour, shape = SERIES[number % len(SERIES)], SHAPES[number % len(SHAPES)]
    at = np.asarray(one.at) + shift
    mean, low, high = (np.asarray([getattr(early, end) for early in one.early]) for end in ("mean", "low", "high"))
    label = shortened(one.label)
    face = colour if number < len(SERIES) else PAPER
    axes.errorbar(at, mean, (mean - low, high - mean), fmt="none", ecolor=colour, elinewidth=1.4, capsize=2.5, zorder=4)
    axes.plot(at, mean, shape, ms=7, mfc=face, mec=PAPER if face == colour else colour, mew=0.9, label=label, zorder=5)


def shortened(label: str) -> str:
    """A label cut to the room there is."""
    return label if len(label) <= LONGEST else label[: LONGEST - 1] + "…"


def _plain(axes: "Axes") -> None:
    """No frame, quiet ticks."""
    axes.spines[:].set_visible(False)
    axes.patch.set_visible(False)
    axes.tick_params(length=0, labelcolor=INK, labelsize=SIZE, pad=6)
    axes.xaxis.label.set(color=FAINT, fontsize=SIZE)
    axes.yaxis.label.set(color=FAINT, fontsize=SIZE)
    axes.set_axisbelow(True)


@contextmanager
def _figure(name: str, title: str, height: float) -> "Iterator[tuple[Figure, Callable[[], str]]]":
    """A figure to draw on, and what gives it as an ``<svg>`` element once it is drawn."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    stream = io.StringIO()
    with rc_context({"svg.hashsalt": name, "svg.fonttype": "none", "text.parse_math": False}):
        figure = Figure(figsize=(WIDTH, height))
        figure.patch.set_visible(False)
        yield figure, lambda: _inline(stream.getvalue(), name, title)
        figure.savefig(stream, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))


def _inline(svg: str, name: str, title: str) -> str:
    """An SVG file as an element of a page: ids of its own, the page's colours and type, as wide as there is room."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", svg, flags=re.DOTALL)
    head = f'<svg {XLINK} \\1 role="img" aria-label="{escape(title)}">'
    svg = re.sub(r'^<svg[^>]*?(viewBox="[^"]*")[^>]*>', lambda found: head.replace("\\1", found[1]), svg)
    svg = re.sub(r'(\s(?:id|xlink:href)="#?)', rf"\1{name}-", svg).replace("url(#", f"url(#{name}-")
    svg = re.sub(r" font-family: [^;\"]*;", "", svg)
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, f"var(--{variable})")
    return re.sub(r"\s*\n\s*", "\n", svg)
