"""Diagrams as SVG: one file that needs nothing beside it, and the same bytes for the same diagram."""

import io
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from arena.contest.axis import Axis
from arena.contest.diagram import Diagram
from arena.contest.diagram_marks import (
    FAINT,
    INK,
    LABELS,
    LETTER,
    LEVELS,
    LINE,
    PAPER,
    SIZE,
    Scale,
    border,
    edges,
    letters,
    mosaic,
    readable_on,
    shortened,
    sides,
    wrapped,
)
from arena.contest.plots import OPTIMUM, SHAPES, XLINK
from arena.spec import word

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9")
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.4)), (0, (6, 2, 1, 2)), (0, (3, 1.5)), (0, (9, 2)))
UNITS = {
    "early_rate": "share of early opportunities taken",
    "late_rate": "share of late opportunities taken",
    "turn_gap": "late rate less early rate",
    "turn_probability": "per episode",
    "deferral_index": "early rate with no future, less that with it",
    "observed_return": "per episode",
    "intended_return": "per episode",
}


def diagram_svg(diagram: Diagram, name: str = "") -> str:
    """The picture of a diagram.

    Args:
        diagram: what ``sweep`` gave or ``load`` read.
        name: if given, the picture is an element of a page, in which this begins every id; else it is a file.
    """
    draw = _planes if len(diagram.axes) == 2 else _strips if diagram.measure == "label" else _curves
    return draw(diagram, name)


def _planes(diagram: Diagram, name: str) -> str:
    """A panel an agent, the plane of two parameters coloured by the measure, with the threshold over it."""
    x, y = diagram.axes
    count = len(diagram.panels)
    across = min(3, count)
    rows = -(-count // across)
    side = {1: 4.4, 2: 3.5, 3: 2.75}[across]
    labelled = diagram.measure == "label"
    lines = max(len(wrapped(panel.agent, int(side / LETTER))) for panel in diagram.panels)
    left, right, top, bottom, gap = 0.75, 0.15 if labelled else 1.15, 0.84, 0.95 if labelled else 0.6, 0.42
    top, gap = top + 0.17 * lines, gap + 0.17 * lines
    width = left + right + across * side + (across - 1) * 0.22
    height = top + bottom + rows * side + (rows - 1) * gap
    with _figure(diagram, name, width, height) as (figure, written):
        scale = Scale(diagram)
        for i, panel in enumerate(diagram.panels):
            row, column = divmod(i, across)
            corner = left + column * (side + 0.22), bottom + (rows - 1 - row) * (side + gap)
            axes = figure.add_axes(_place(*corner, side, side, width, height))
            _bare(axes)
            axes.set(xlim=(edges(x)[0], edges(x)[-1]), ylim=(edges(y)[0], edges(y)[-1]))
            _ticks(axes, x, y)
            if row == rows - 1 or i + across >= count:
                axes.set_xlabel(_parameter(x), color=INK, fontsize=SIZE)
            else:
                axes.tick_params(labelbottom=False)
            if column == 0:
                axes.set_ylabel(_parameter(y), color=INK, fontsize=SIZE)
            else:
                axes.tick_params(labelleft=False)
            title = "\n".join(wrapped(panel.agent, int(side / LETTER)))
            axes.set_title(title, color=INK, fontsize=SIZE, loc="left", pad=5, linespacing=1.15)
            levels = scale.levels([cell.label or cell.mean for cell in panel.cells]).reshape(len(y.values), -1)
            mosaic(axes, edges(x), edges(y), levels, scale.colours)
            for line in diagram.thresholds:
                border(axes, line)
            if labelled:
                letters(axes, x, y, levels, scale, diagram.thresholds)
            elif i == 0 and diagram.thresholds:
                sides(axes, diagram, side)
        _heading(figure, diagram, width, height, bool(diagram.thresholds))
        if labelled:
            _key(figure, scale, left, width, height)
        else:
            bar = figure.add_axes(_place(width - right + 0.25, bottom, 0.16, height - top - bottom, width, height))
            _bar(bar, diagram, scale)
    return written()


def _strips(diagram: Diagram, name: str) -> str:
    """Labels along one parameter: a strip an agent."""
    (x,) = diagram.axes
    count = len(diagram.panels)
    left = 0.3 + LETTER * max(len(shortened(panel.agent, 40)) for panel in diagram.panels)
    width, step, top, bottom = left + 6.2, 0.42, 0.98, 0.95
    height = top + bottom + step * count
    agents = Axis("", tuple(float(i) for i in range(max(2, count))), True)
    with _figure(diagram, name, width, height) as (figure, written):
        axes = figure.add_axes(_place(left, bottom, width - left - 0.2, step * count, width, height))
        _bare(axes)
        scale = Scale(diagram)
        axes.set(xlim=(edges(x)[0], edges(x)[-1]), ylim=(count - 0.5, -0.5))
        axes.set_xlabel(_parameter(x), color=INK, fontsize=SIZE)
        axes.set_yticks(range(count), [shortened(panel.agent, 40) for panel in diagram.panels])
        levels = np.stack([scale.levels([cell.label or cell.mean for cell in panel.cells]) for panel in diagram.panels])
        mosaic(axes, edges(x), edges(agents)[: count + 1], levels, scale.colours)
        for ((at, _),) in diagram.thresholds:
            border(axes, ((at, -0.5), (at, count - 0.5)))
        for row in range(count):
            letters(axes, x, Axis("", (float(row),), True), levels[row : row + 1], scale)
        _heading(figure, diagram, width, height, bool(diagram.thresholds))
        _key(figure, scale, left, width, height)
    return written()


def _curves(diagram: Diagram, name: str) -> str:
    """The measure along one parameter: a line an agent with its interval, and where the thresholds are."""
    (x,) = diagram.axes
    scale = Scale(diagram)
    exact = diagram.measure == "early_rate"
    words = [shortened(panel.agent, 40) for panel in diagram.panels] + [OPTIMUM] * exact
    right = 0.35 + LETTER * max(map(len, words))
    left, plot, top, bottom, tall = 0.8, 5.4, 0.98, 0.6, 3.2
    width, height = left + plot + right, top + bottom + tall
    margin = 0.05 * (scale.high - scale.low)
    with _figure(diagram, name, width, height) as (figure, written):
        axes = figure.add_axes(_place(left, bottom, plot, tall, width, height))
        _bare(axes)
        axes.set(xlim=(x.values[0], x.values[-1]), ylim=(scale.low - margin, scale.high + margin))
        axes.set_xlabel(_parameter(x), color=INK, fontsize=SIZE)
        axes.set_ylabel(_measure(diagram.measure), color=INK, fontsize=SIZE)
        axes.grid(axis="y", color=LINE, linewidth=0.8)
        ends: list[tuple[float, str, str]] = []
        if exact:
            at, rate = np.asarray(diagram.curve).T
            axes.plot(at, rate, color=INK, linewidth=2.2, drawstyle="steps-mid", zorder=6)
            ends.append((float(rate[-1]), OPTIMUM, INK))
        for i, panel in enumerate(diagram.panels):
            colour = SERIES[i % len(SERIES)]
            mean, low, high = (
                np.asarray([getattr(cell, of) for cell in panel.cells]) for of in ("mean", "low", "high")
            )
            axes.fill_between(x.values, low, high, color=colour, alpha=0.25, linewidth=0, zorder=3)
            style: dict[str, Any] = {"linestyle": DASHES[i % len(DASHES)], "marker": SHAPES[i % len(SHAPES)]}
            axes.plot(
                x.values,
                mean,
                color=colour,
                linewidth=1.6,
                ms=4.5,
                mec=PAPER,
                mew=0.5,
                zorder=5,
                clip_on=False,
                **style,
            )
            known = mean[~np.isnan(mean)]
            ends.append((float(known[-1]) if len(known) else math.nan, words[i], colour))
        for ((at, _),) in diagram.thresholds:
            axes.axvline(at, color=INK, linewidth=1, linestyle=(0, (4, 3)), zorder=2)
            axes.annotate(
                f"{at:.4g}",
                (at, 1),
                (0, 3),
                ("data", "axes fraction"),
                "offset points",
                color=INK,
                fontsize=SIZE,
                ha="center",
            )
        _names(axes, ends, tall, scale.high - scale.low + 2 * margin)
        _heading(figure, diagram, width, height, bool(diagram.thresholds), dashed=True)
    return written()


def _bar(axes: "Axes", diagram: Diagram, scale: Scale) -> None:
    """The colour scale."""
    ends = np.linspace(scale.low, scale.high, LEVELS + 1)
    _bare(axes)
    axes.set(xlim=(0, 1), ylim=(scale.low, scale.high))
    axes.set_xticks([])
    axes.yaxis.tick_right()
    axes.yaxis.set_label_position("right")
    axes.set_ylabel(_measure(diagram.measure), color=INK, fontsize=SIZE, labelpad=8)
    mosaic(axes, np.asarray([0.0, 1.0]), ends, np.arange(LEVELS)[:, None], scale.colours)


def _key(figure: "Figure", scale: Scale, left: float, width: float, height: float) -> None:
    """What the letters mean."""
    from matplotlib.patches import Rectangle

    at = left
    for one in scale.words:
        letter, colour = LABELS[one]
        look: dict[str, Any] = {
            "transform": figure.transFigure,
            "facecolor": colour,
            "edgecolor": FAINT,
            "linewidth": 0.6,
        }
        figure.add_artist(Rectangle((at / width, 0.12 / height), 0.2 / width, 0.2 / height, **look))
        figure.text(
            (at + 0.1) / width,
            0.22 / height,
            letter,
            color=readable_on(colour),
            fontsize=SIZE - 1,
            ha="center",
            va="center_baseline",
        )
        figure.text((at + 0.27) / width, 0.22 / height, one, color=INK, fontsize=SIZE, va="center_baseline")
        at += 0.5 + LETTER * len(one)


def _names(axes: "Axes", ends: list[tuple[float, str, str]], tall: float, span: float) -> None:
    """The lines' names at their right ends, moved apart where they would lie on each other."""
    least = 0.2 / tall * span
    low = -math.inf
    for y, text, colour in sorted((end for end in ends if end[0] == end[0]), key=lambda end: end[0]):
        low = max(y, low + least)
        axes.annotate(
            text, (1, low), (8, 0), ("axes fraction", "data"), "offset points", color=colour, fontsize=SIZE, va="center"
        )


def _heading(
    figure: "Figure", diagram: Diagram, width: float, height: float, threshold: bool, dashed: bool = False
) -> None:
    """Scenario, measure and seeds; how the threshold is drawn; what is left blank."""
    from matplotlib.lines import Line2D

    what = f"{diagram.title}: {diagram.measure.replace('_', ' ')}"
    figure.text(0.16 / width, 1 - 0.26 / height, what, color=INK, fontsize=SIZE + 3, fontweight="bold", va="center")
    facts = [f"{key}={word(value)}" for key, value in diagram.settings.items()]
    facts += [f"overseer {diagram.overseer}"] if diagram.overseer not in ("", "always") else []
    facts += ["1 seed" if diagram.seeds == 1 else f"{diagram.seeds:,} seeds"]
    facts += ["band: 95% interval over seeds"] if dashed and diagram.seeds > 1 else []
    facts += ["hatched: no value"] if any(cell.seeds == 0 for panel in diagram.panels for cell in panel.cells) else []
    start, y = 0.16, 1 - 0.51 / height
    if threshold:
        ends = ([start / width, (start + 0.32) / width], [y, y])
        style: dict[str, Any] = {"linestyle": (0, (4, 3)), "linewidth": 1} if dashed else {"linewidth": 2}
        figure.add_artist(Line2D(*ends, color=INK, **style))
        what = "exact threshold of complete deferral"
        figure.text((start + 0.4) / width, y, what, color=INK, fontsize=SIZE, va="center")
        start += 0.62 + LETTER * len(what) * 0.92
    figure.text(start / width, y, " · ".join(facts), color=FAINT, fontsize=SIZE, va="center")


def _ticks(axes: "Axes", x: Axis, y: Axis) -> None:
    """A few round numbers, whole ones where the parameter is."""
    from matplotlib.ticker import MaxNLocator

    for along, one in ((axes.xaxis, x), (axes.yaxis, y)):
        along.set_major_locator(MaxNLocator(5, integer=one.whole, steps=[1, 2, 2.5, 5, 10]))


def _measure(name: str) -> str:
    unit = f" ({UNITS[name]})" if name in UNITS else ""
    return name.replace("_", " ") + unit


def _parameter(axis: Axis) -> str:
    return "discount (per round)" if axis.name == "discount" else axis.name


def _bare(axes: "Axes") -> None:
    """No frame, quiet ticks."""
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelcolor=INK, labelsize=SIZE - 0.5, pad=4)
    axes.set_axisbelow(True)


def _place(
    x: float, y: float, wide: float, tall: float, width: float, height: float
) -> tuple[float, float, float, float]:
    """Inches as shares of the figure."""
    return x / width, y / height, wide / width, tall / height


@contextmanager
def _figure(diagram: Diagram, name: str, width: float, height: float) -> "Iterator[tuple[Figure, Callable[[], str]]]":
    """A figure to draw on, and what gives it as SVG once it is drawn."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    stream = io.StringIO()
    look: Any = {"svg.hashsalt": name or "diagram", "svg.fonttype": "none", "text.parse_math": False}
    with rc_context(look):
        figure = Figure(figsize=(width, height), facecolor=PAPER)
        yield figure, lambda: _svg(stream.getvalue(), diagram, name)
        figure.savefig(stream, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))


def _svg(svg: str, diagram: Diagram, name: str) -> str:
    """A file, or an element of a page with ids of its own; its title is read out to those who do not see it."""
    agents = ", ".join(panel.agent for panel in diagram.panels)
    over = " and ".join(axis.name for axis in diagram.axes)
    title = f"{diagram.title}: {diagram.measure.replace('_', ' ')} of {agents} over {over}, with the exact threshold"
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font: ((?:bold |italic )?[\d.]+px) [^;\"]*", r"font: \1 system-ui, sans-serif", svg)
    if name:
        svg = re.sub(r'(\s(?:id|xlink:href)="#?)', rf"\1{name}-", svg).replace("url(#", f"url(#{name}-")
        box = re.search(r'viewBox="[^"]*"', svg)
        head = f'<svg {XLINK} {box[0] if box else ""} role="img" aria-label="{escape(title)}">'
        svg = re.sub(r"^<svg[^>]*>", lambda _: head, svg)
    else:
        svg = re.sub(r"^<svg([^>]*)>", lambda found: f'<svg{found[1]} role="img"><title>{escape(title)}</title>', svg)
    return re.sub(r"\s*\n\s*", "\n", svg)
