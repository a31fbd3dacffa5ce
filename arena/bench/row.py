"""One comparison: how it is timed, what comes out, and how it is printed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True)
class Row:
    """What was timed against what. ``ours`` and ``peer`` are steps a second, one copy's round being a step."""

    what: str
    against: str
    ours: float
    peer: float
    target: float | None  # the least ratio that is wanted, if one is

    @property
    def ratio(self) -> float:
        """How many times as fast we are."""
        return self.ours / self.peer

    @property
    def passed(self) -> bool:
        """Whether the target is met, where there is one."""
        return self.target is None or self.ratio >= self.target


def compare(ours: Callable[[], object], peer: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Median seconds of each side. They take turns, so that what slows the machine down for a while slows both."""
    times: tuple[list[float], list[float]] = [], []
    for side in (ours, peer):  # compilation, caches
        side()
    for _ in range(repeats):
        for side, taken in zip((ours, peer), times, strict=True):
            begun = perf_counter()
            side()
            taken.append(perf_counter() - begun)
    return median(times[0]), median(times[1])


def table(rows: Sequence[Row]) -> "Table":
    """The rows for a terminal."""
    from rich.table import Table

    grid = Table("", "against", "steps/s", "theirs", "ratio", "target")
    for column in grid.columns[:2]:
        column.overflow = "fold"
    for column in grid.columns[2:]:
        column.justify = "right"
        column.no_wrap = True
    for row in rows:
        target = "" if row.target is None else "≥ " + f"{row.target:,.2f}".rstrip("0").rstrip(".")
        colour = "default" if row.target is None else "green" if row.passed else "red"
        ratio = f"[{colour}]{row.ratio:,.2f}[/]"
        grid.add_row(row.what, row.against, f"{row.ours:,.0f}", f"{row.peer:,.0f}", ratio, target)
    return grid
