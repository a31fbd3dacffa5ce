"""Memory beside updates: ``python docs/runtime.py`` prints the table of the how-to guide and writes its picture."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import t as student

import arena
from arena.game.game import Bools, Floats, Game
from arena.learn.practice import Practice
from arena.measure.adaptation import Adaptation, adaptation
from arena.measure.runtime_processing import exact
from arena.play.agent import find
from arena.play.evaluate import evaluate
from arena.solve.optimal import optimal

PICTURE = Path(__file__).resolve().parent / "runtime.svg"
GAMES = ("hidden-goal", "runtime-maze")
SEEDS = np.arange(12, dtype=np.uint64)
NETWORKS = (
    "gru:episodes=3000,baseline=true,alpha=0.01,hidden=32",
    "recurrent-ppo:steps=60000,rollout=24,entropy=0.01",
    "mlp:episodes=1000,baseline=true",
)
LIFETIMES = 100_000
REOPTIMISED = {
    "surrogate": None,
    "return, unseen=0": "empirical-return:unseen=0",
    "return, unseen=1": "empirical-return:unseen=1",
}
"""What is re-optimised before every action, and the learner that does it, as ``adaptation`` names it."""
INK, FAINT, ON, OFF = "#1f2430", "#686d76", "#3d84a8", "#e3ebef"


@dataclass(frozen=True)
class Trained:
    """Networks of one kind after training, parameters fixed; one number a seed."""

    name: str
    intact: Floats
    processing: Floats


@dataclass(frozen=True)
class Column:
    """One game: what memory is worth to optima and to trained networks, and what updates are worth to a learner."""

    name: str
    memoryless: float
    recall: float
    idle: float  # runtime processing of the best policy that does not remember
    processing: float  # of the one that does
    trained: list[Trained]
    learners: dict[str, Adaptation]


def train(game: Game, text: str) -> Trained:
    """A network a seed, trained, and wiped its own way: its first hidden state is put back before every observation."""
    room, learner = Practice(game, "model", {}), find(text)
    arrays = learner.advance(room, learner.begin(room, SEEDS), 0, learner.length)
    intact, wiped = learner.tabulate(room, arrays), learner.wiped(room, arrays)
    return Trained(
        name=text.partition(":")[0],
        intact=np.asarray([evaluate(game, {"model": one}).total("observed") for one in intact]),
        processing=np.asarray([exact(game, {"model": one}, "model", w) for one, w in zip(intact, wiped, strict=True)]),
    )


def column(name: str) -> Column:
    """All numbers of one game."""
    game = arena.scenario(name).compile()
    without, best = (optimal(game, information=what) for what in ("memoryless", "recall"))
    return Column(
        name=name,
        memoryless=without.value,
        recall=evaluate(game, {"model": best.policy}).total("observed"),
        idle=exact(game, {"model": without.policy}),
        processing=exact(game, {"model": best.policy}),
        trained=[train(game, text) for text in NETWORKS],
        learners={what: adaptation(game, LIFETIMES, learner=learner) for what, learner in REOPTIMISED.items()},
    )


def half(values: Floats) -> float:
    """Half a 95% interval for a mean over seeds, by Student's t."""
    return float(student.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))


def table(columns: list[Column]) -> str:
    """The columns as a table in Markdown."""
    lines = ["| | " + " | ".join(one.name for one in columns) + " |", "| --- |" + " ---: |" * len(columns)]

    def line(what: str, cell: Callable[[Column], str]) -> None:
        lines.append(f"| {what} | " + " | ".join(cell(one) for one in columns) + " |")

    def spread(values: Floats) -> str:
        return f"{values.mean():.2f} ± {half(values):.2f}" if values.any() else "0"

    def share(found: Bools) -> str:
        return f"{found.sum()} of {len(found)}"

    line("memoryless optimum", lambda one: f"{one.memoryless:.4f}")
    line("its runtime processing", lambda one: f"{one.idle:g}")
    line("recall optimum", lambda one: f"{one.recall:.4f}")
    line("its runtime processing", lambda one: f"{one.processing:.4f}")
    for number, first in enumerate(columns[0].trained):
        line(f"trained {first.name}", lambda one, n=number: spread(one.trained[n].intact))
        line("its runtime processing", lambda one, n=number: spread(one.trained[n].processing))
        line("seeds with more than 0.1 of it", lambda one, n=number: share(one.trained[n].processing > 0.1))
    for name in REOPTIMISED:
        for what, part in (("updates off", "off"), ("updates on", "on"), ("adaptation through θ", "difference")):
            head = f"re-optimised {name}, {what}" if part != "difference" else f"its {what}"

            def cell(one: Column, name: str = name, part: str = part) -> str:
                estimate = getattr(one.learners[name], part)
                return f"{estimate.value:.3f} ± {1.96 * estimate.error:.3f}"

            line(head, cell)
    return "\n".join(lines)


def bars(one: Column) -> list[tuple[str, tuple[float, float], tuple[float, float]]]:
    """Every pair of bars: its name, the returns with memory or updates and without, and half their intervals."""
    pairs = [("best with\nmemory", (one.recall, one.recall - one.processing), (0.0, 0.0))]
    for network in (network for network in one.trained if network.processing.any()):
        wiped = network.intact - network.processing
        halves = half(network.intact), half(wiped)
        pairs.append((f"trained\n{network.name}", (float(network.intact.mean()), float(wiped.mean())), halves))
    for name, learner in one.learners.items():
        halves = 1.96 * learner.on.error, 1.96 * learner.off.error
        pairs.append((f"re-optimised\n{name}", (learner.on.value, learner.off.value), halves))
    return pairs


def picture(columns: list[Column], path: Path) -> None:
    """A pair of bars for every way of finding out, against both optima."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    style = {
        "svg.hashsalt": "runtime",
        "svg.fonttype": "none",
        "font.size": 10,
        "text.color": INK,
        "hatch.color": FAINT,
    }
    with mpl.rc_context({**style, "hatch.linewidth": 0.6}):
        figure = Figure(figsize=(8.6, 6.2), layout="constrained")
        for axes, one in zip(figure.subplots(len(columns), 1), columns, strict=True):
            pairs = bars(one)
            for value, word in ((one.recall, "best with memory"), (one.memoryless, "best without")):
                axes.axhline(value, color=FAINT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=0)
                axes.text(len(pairs) + 0.35, value, word, color=FAINT, ha="right", va="bottom")
            looks = (
                (-0.2, ON, "", "memory intact, or updates on"),
                (0.2, OFF, "////", "memory wiped, or updates off"),
            )
            for side, (shift, colour, hatch, words) in enumerate(looks):
                axes.bar(
                    np.arange(len(pairs)) + shift,
                    [heights[side] for _, heights, _ in pairs],
                    0.38,
                    color=colour,
                    edgecolor=INK,
                    linewidth=0.7,
                    hatch=hatch,
                    yerr=[halves[side] or np.nan for _, _, halves in pairs],
                    error_kw={"ecolor": INK, "capsize": 2.5, "linewidth": 1.2},
                    label=words,
                )
            axes.set_xticks(range(len(pairs)), [name for name, _, _ in pairs])
            axes.tick_params(axis="x", labelsize=8)
            axes.set(title=one.name, ylim=(0, one.recall * 1.12), xlim=(-0.6, len(pairs) + 0.35))
            axes.spines[["top", "right"]].set_visible(False)
        figure.supylabel("observed return of one episode", fontsize=10)
        shown = figure.axes[0].get_legend_handles_labels()
        figure.legend(*shown, loc="outside lower center", ncols=2, frameon=False)
        figure.savefig(path, format="svg", metadata={"Date": None})


def main() -> None:
    """Print the table and write the picture."""
    columns = [column(name) for name in GAMES]
    sys.stdout.write(table(columns) + "\n")
    picture(columns, PICTURE)


if __name__ == "__main__":
    main()
