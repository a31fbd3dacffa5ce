"""Whether the order of agents is settled, so that a run may stop early: tests that hold whenever one looks.

For every two agents the score of a seed is the share of places in which one is above less that in which it is below: a
number from -1 to 1, whatever the measure's units. A bettor who wagers a fixed share of its capital on it every seed
gains no capital in expectation if the mean score is zero or less. By Ville's inequality (1939) the capital then ever
exceeds 1/alpha with a chance of at most alpha, so one may look after every seed and stop when it has: Waudby-Smith and
Ramdas, Estimating means of bounded random variables by betting, JRSS B 86 (2024). Shares from 0.02 to 0.98 are mixed,
and alpha is divided by the number of claims (Bonferroni): all that is called settled is right with the confidence.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from arena.contest.ratings import SAFETY, Seat, places, scores
from arena.contest.standings import Standings, order
from arena.errors import TurncoatError
from arena.game.game import Floats

SHARES = np.arange(1, 50) / 50
MARGIN = 0.2


@dataclass(frozen=True)
class Settled:
    """Every two agents of a seat that met somewhere, by what is known of them."""

    above: tuple[tuple[str, str], ...]  # the first is above the second
    level: tuple[tuple[str, str], ...]  # neither is above the other by more than the margin
    open: tuple[tuple[str, str], ...]
    apart: tuple[tuple[str, str], ...]  # never met; no match of this tournament will tell

    @property
    def done(self) -> bool:
        """Whether no two that met are open: more seeds would settle nothing."""
        return not self.open and bool(self.above or self.level)


def settled(
    standings: Standings,
    measure: str = SAFETY,
    confidence: float = 0.95,
    margin: float = MARGIN,
    seat: Seat = "model",
) -> Settled:
    """Which pairs are in order with this confidence, all of them together, however often one has looked.

    Seeds count in the order of their numbers. Two agents are level when the mean score is known to lie within
    ``margin`` of zero: agents that never differ are, after enough seeds.

    Raises:
        TurncoatError: confidence or margin do not lie between 0 and 1.
    """
    for name, value in (("confidence", confidence), ("margin", margin)):
        if not 0 < value < 1:
            raise TurncoatError(f"{name} must lie between 0 and 1, not {value:g}")
    found = places(standings, measure, seat)
    agents = sorted({agent for place in found for agent in place}, key=order)
    pairs = list(combinations(agents, 2))
    needed = np.log(3 * len(pairs) / (1 - confidence)) if pairs else 0.0  # above, below or level
    kinds: dict[str, list[tuple[str, str]]] = {"above": [], "level": [], "open": [], "apart": []}
    for one, other in pairs:
        score = scores(found, one, other)
        if not len(score):
            kinds["apart"].append((one, other))
        elif evidence(score) >= needed:
            kinds["above"].append((one, other))
        elif evidence(-score) >= needed:
            kinds["above"].append((other, one))
        elif min(evidence((margin - score) / (1 + margin)), evidence((margin + score) / (1 + margin))) >= needed:
            kinds["level"].append((one, other))
        else:
            kinds["open"].append((one, other))
    return Settled(**{name: tuple(of) for name, of in kinds.items()})


def evidence(scores: Floats) -> float:
    """The most that the log of the capital of a bettor against "the mean is at most 0" has ever been. ``[seed]``

    Scores lie between -1 and 1, in the order in which they came.
    """
    if not len(scores):
        return 0.0
    capital = np.log1p(SHARES[:, None] * scores).cumsum(axis=1)  # [share, seed]
    return max(0.0, float((np.logaddexp.reduce(capital, axis=0) - np.log(len(SHARES))).max()))
