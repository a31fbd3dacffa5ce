"""Memory beside updates: ``python docs/runtime.py`` prints the table of the how-to guide and writes its picture."""

import sys
from dataclasses import dataclass
from pathlib import Path

import arena
from arena.measure.adaptation import Adaptation, adaptation
from arena.measure.runtime_processing import measure, wipe
from arena.play.evaluate import evaluate
from arena.solve.optimal import optimal

PICTURE = Path(__file__).resolve().parent / "runtime.svg"
GAMES = ("hidden-goal", "runtime-maze")
LIFETIMES = 100_000
INK, FAINT, ON, OFF = "#1f2430", "#8a8f98", "#2f6f8f", "#c9d6dd"


@dataclass(frozen=True)
class Row:
    """One game: both optima, what memory is worth to them, and the learner that has no memory but its parameters."""

    name: str
    memoryless: float
    recall: float
    wiped: float  # the return of the best policy that remembers, its memory wiped
    idle: float  # runtime processing of the best policy that does not
    processing: float  # of the one that does
    learner: Adaptation


def row(name: str) -> Row:
    """All numbers of one game."""
    game = arena.scenario(name).compile()
    without = optimal(game, information="memoryless")
    best = {"model": optimal(game, information="recall").policy}
    return Row(
        name=name,
        memoryless=without.value,
        recall=evaluate(game, best).total("observed"),
        wiped=evaluate(game, {"model": wipe(game, best)}).total("observed"),
        idle=measure.exact(game, {"model": without.policy}, "model"),
        processing=measure.exact(game, best, "model"),
        learner=adaptation(game, LIFETIMES),
    )


def table(rows: list[Row]) -> str:
    """The rows as a table in Markdown."""
    lines = ["| | " + " | ".join(one.name for one in rows) + " |", "| --- |" + " ---: |" * len(rows)]

    def line(what: str, cells: list[str]) -> None:
        lines.append(f"| {what} | " + " | ".join(cells) + " |")

    line("memoryless optimum", [f"{one.memoryless:.4f}" for one in rows])
    line("its runtime processing", [f"{one.idle:g}" for one in rows])
    line("recall optimum", [f"{one.recall:.4f}" for one in rows])
    line("its runtime processing", [f"{one.processing:.4f}" for one in rows])
    for what, part in (("updates off", "off"), ("updates on", "on"), ("adaptation through θ", "difference")):
        estimates = [getattr(one.learner, part) for one in rows]
        line(
            f"surrogate learner, {what}" if part != "difference" else f"its {what}",
            [f"{e.value:.3f} ± {1.96 * e.error:.3f}" for e in estimates],
        )
    return "\n".join(lines)


def picture(rows: list[Row], path: Path) -> None:
    """Four bars a game: memory intact and wiped, updates on and off, against both optima."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "runtime", "svg.fonttype": "none", "font.size": 10, "text.color": INK}):
        figure = Figure(figsize=(8.6, 3.4), layout="constrained")
        for axes, one in zip(figure.subplots(1, len(rows)), rows, strict=True):
            heights = (one.recall, one.wiped, one.learner.on.value, one.learner.off.value)
            errors = (0.0, 0.0, 1.96 * one.learner.on.error, 1.96 * one.learner.off.error)
            axes.bar((0, 1, 2.6, 3.6), heights, 0.8, color=(ON, OFF) * 2, yerr=errors, ecolor=INK)
            for value, word in ((one.recall, "best with memory"), (one.memoryless, "best without")):
                axes.axhline(value, color=FAINT, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
                axes.text(4.15, value, word, color=FAINT, ha="right", va="bottom")
            axes.set_xticks((0, 1, 2.6, 3.6), ("memory\nintact", "memory\nwiped", "updates\non", "updates\noff"))
            axes.set(title=one.name, ylim=(0, one.recall * 1.12), xlim=(-0.6, 4.2))
            axes.spines[["top", "right"]].set_visible(False)
        figure.axes[0].set_ylabel("observed return of one episode")
        figure.savefig(path, format="svg", metadata={"Date": None})


def main() -> None:
    """Print the table and write the picture."""
    rows = [row(name) for name in GAMES]
    sys.stdout.write(table(rows) + "\n")
    picture(rows, PICTURE)


if __name__ == "__main__":
    main()
