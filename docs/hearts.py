"""Hearts and kills: ``python docs/hearts.py`` prints what Q-learning does in link-to-the-past.

The loop is Trazzi's, with and without what his program does beside the game. Means over the last 1,000 of 20,000
episodes, the exploring included. ``--seeds`` is how many learners of each kind.
"""

import sys
from argparse import ArgumentParser
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t as student

import arena
from arena.game.game import LATE, OBSERVED, Bools, Floats, Game
from arena.kernels import cross, draw, kernel, uniform
from arena.learn.kernels import begin

EPISODES, LAST = 20_000, 1_000
WEAK, STRONG, KILLS, STEP = range(4)  # hearts while weak, hearts and kills while strong, and when in its lap a kill is


@dataclass(frozen=True)
class Loop:
    """What of the original program is in the loop beside its rate, discount and exploration."""

    left_over: bool = False  # an episode's first observation shows the bow that the episode before ended with
    noise: bool = False  # normal noise on the values compared, with deviation 1 / (episode + 1)
    ends: bool = False  # after the last step nothing more is worth anything; in the program it looks on


LOOPS = {
    "no": Loop(),
    "no, the end ends": Loop(ends=True),
    "yes": Loop(left_over=True),
    "yes, and noise": Loop(left_over=True, noise=True),
}


def entries(game: Game) -> tuple[Bools, Bools, Bools]:
    """The entries of rows at which a heart is got while weak, one is got while strong, and the shopkeeper dies then."""
    state = np.full(len(game.start) - 1, -1)
    state[game.row] = np.arange(len(game.row))[:, None]
    state = np.repeat(state, np.diff(game.start))
    column = [factor.name for factor in game.truth.factors].index("shopkeeper")
    alive = game.truth.index[:, column] == game.truth.factors[column].values.index("yes")
    late, heart = game.window[state] == LATE, (game.reward[OBSERVED, 0] == 1) & (state >= 0)
    return heart & ~late, heart & late, late & (state >= 0) & alive[state] & ~alive[game.successor]


def learned(game: Game, loop: Loop, seeds: int) -> Floats:
    """``[seed, what]``: what a learner does in an episode on average, by the names above."""
    rng, found = np.zeros(1, np.uint64), np.zeros((seeds, 4))
    (first,) = game.successor[game.start[game.initial] : game.start[game.initial + 1]]
    shown = game.successor[game.start[game.crossing[first]]] if loop.left_over else first
    events, values = np.asarray(entries(game)), np.zeros((len(game.row), 8))
    for seed in range(seeds):
        values[:] = 0
        begin(np.asarray([seed], np.uint64), rng)
        practise(game.tables, events, first, shown, game.horizon, loop.noise, loop.ends, values, rng, found[seed])
    found[:, STEP] /= found[:, KILLS]
    found[:, :STEP] /= LAST
    return found


@kernel
def practise(
    tables: Any,
    events: Any,
    first: Any,
    shown: Any,
    horizon: Any,
    noise: Any,
    ends: Any,
    values: Any,
    rng: Any,
    found: Any,
) -> None:
    """Q-learning at rate .8 and discount .95, exploring with .1 / ln(episode + 2)."""
    (row, start, successor, _, cumulative, reward, _, crossing, deadline, terminal, _, _) = tables
    for episode in range(EPISODES):
        state, seen, lap = first, shown if episode > 0 else first, 0
        for clock in range(horizon):
            if uniform(rng, 0) < 0.1 / np.log(episode + 2):
                action = int(uniform(rng, 0) * 8)
            else:
                action, best = 0, -np.inf
                for a in range(8):
                    value = values[seen, a]
                    if noise:
                        size = np.sqrt(-2 * np.log(1 - uniform(rng, 0))) / (episode + 1)
                        value += size * np.cos(2 * np.pi * uniform(rng, 0))
                    if value > best:
                        action, best = a, value
            entry = draw(start, cumulative, row[state, action], rng, 0)
            lap += 1
            if episode >= EPISODES - LAST:
                for i in range(3):
                    found[i] += events[i, entry]
                if events[KILLS, entry]:
                    found[STEP] += lap
            if events[WEAK, entry] or events[STRONG, entry]:
                lap = 0
            state, _ = cross(
                start, cumulative, successor, crossing, deadline, terminal, successor[entry], clock + 1, rng, 0
            )
            top = values[state, 0]
            for a in range(1, 8):
                top = max(top, values[state, a])
            if ends and clock == horizon - 1:
                top = 0.0
            values[seen, action] += 0.8 * (reward[OBSERVED, 0, entry] + 0.95 * top - values[seen, action])
            seen = state


def mean(numbers: Floats) -> str:
    """The mean, with its 95% interval."""
    half = student.ppf(0.975, len(numbers) - 1) * numbers.std(ddof=1) / len(numbers) ** 0.5
    return f"{numbers.mean():.3f} ± {half:.3f}"


def main() -> None:
    """Print both tables."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=40)
    seeds = max(2, parser.parse_args().seeds)
    game = arena.scenario("link-to-the-past").compile()
    found = {name: learned(game, loop, seeds) for name, loop in LOOPS.items()}
    lines = ["| bow left over | hearts, weak | hearts, strong | kills, strong | median | from, to |"]
    lines += ["| --- | ---: | ---: | ---: | ---: | ---: |"]
    for name, one in found.items():
        kills = one[:, KILLS]
        cells = [name, *(mean(one[:, what]) for what in (WEAK, STRONG, KILLS))]
        lines += [f"| {' | '.join(cells)} | {np.median(kills):.2f} | {kills.min():.2f}, {kills.max():.2f} |"]
    lines += ["", "| bow left over | he dies at step | seeds | hearts, strong | kills, strong |"]
    lines += ["| --- | ---: | ---: | ---: | ---: |"]
    for name, one in found.items():
        steps = one[:, STEP].round()
        for step in np.unique(steps):
            strong, kills = one[steps == step][:, (STRONG, KILLS)].mean(axis=0)
            lines += [f"| {name} | {step:.0f} | {(steps == step).sum()} | {strong:.2f} | {kills:.2f} |"]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
