"""Speed, both sides of every ratio in one run: ``run()`` gives the rows that ``turncoat bench`` prints.

A ratio taken in one run says more than a number of steps a second, which is the machine's as much as the program's.
"""

from arena.bench.axelrod import against_axelrod
from arena.bench.population import population
from arena.bench.row import Row, table
from arena.bench.stepping import against_a_loop, against_a_vectorised_loop, against_cartpole
from arena.bench.training import ppo
from arena.bench.updates import against_a2c, against_torch, network_refit_growth, refit_against_history, refit_growth
from arena.bench.views import against_rps
from arena.plugins import log

BENCHMARKS = (
    against_cartpole,
    against_a_loop,
    against_a_vectorised_loop,
    against_axelrod,
    against_rps,
    ppo,
    population,
    against_torch,
    against_a2c,
    refit_growth,
    network_refit_growth,
    refit_against_history,
)
"""Each takes nothing and gives a ``Row``. To add one, write the function and name it here."""


def run() -> list[Row]:
    """Time everything, in a minute or two; a peer that is not installed is named and left out."""
    rows = []
    for benchmark in BENCHMARKS:
        try:
            rows.append(benchmark())
        except ModuleNotFoundError as error:
            log.warning("%s is left out: %s is not installed", benchmark.__name__, error.name)
    return rows


__all__ = ["BENCHMARKS", "Row", "run", "table"]
