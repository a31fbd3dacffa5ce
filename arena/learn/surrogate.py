"""The surrogate of full re-optimisation, in closed form: the optimum of sum_s r_s log pi(a_s | o_s) so far.

The objective depends on the history through c(o, a), the sum of the rewards of each action at each observation. At one
observation it is max sum_a c_a log p_a over probabilities of at least ``floor``. Credit above zero is shared out in
proportion to it, as far as the floors allow (water-filling; Boyd and Vandenberghe, Convex Optimization, section 5.5.3).
An action without credit is on the floor. Where no credit is above zero the objective is convex and its optimum a
corner: all that the floors leave goes to the largest credit, the least negative.
"""

from dataclasses import dataclass

import numpy as np

from arena.errors import TurncoatError
from arena.game.game import Bools, Floats


class UnboundedObjectiveError(TurncoatError):
    """A negative credit without a floor: log p can be driven to minus infinity, and the objective grows for ever."""


@dataclass(frozen=True)
class Refit:
    """An optimum and its certificate."""

    probability: Floats  # [..., A]
    value: float  # of the objective, over the lines where it is determined
    residual: float  # by how much the optimality conditions are missed, relative to the credits
    iterations: int  # rounds of water-filling
    unique: bool  # whether every line's optimum is the only one
    undetermined: int  # lines whose credits are all zero: any policy is optimal, and they are left uniform


def refit(credit: Floats, legal: Bools, floor: float = 0.0, prior: float = 0.0) -> Refit:
    """The optimum at every line.

    Args:
        credit: c(o, a). ``[..., A]``
        legal: which actions there are. ``[..., A]``
        floor: the least probability of a legal action.
        prior: added to every legal action's credit. With no floor this is the Roth-Erev urn (Games and Economic
            Behavior 8, 1995).

    Raises:
        UnboundedObjectiveError: a negative credit and no floor.
        TurncoatError: a floor that leaves nothing to share.
    """
    legal = np.broadcast_to(legal, credit.shape)
    choices = legal.sum(axis=-1, keepdims=True)
    if floor < 0 or (choices * floor > 1).any():
        raise TurncoatError(f"a floor of {floor} leaves nothing to share among {choices.max()} actions")
    c = np.where(legal, credit + prior, -np.inf)
    if floor == 0 and (legal & (c < 0)).any():
        raise UnboundedObjectiveError(
            f"the surrogate is unbounded: a credit of {c[legal].min():g} and no floor under the probabilities"
        )
    top = c.max(axis=-1, keepdims=True)
    tied = legal & (c == top)
    sharing = np.where(top > 0, c > 0, np.where(top == 0, tied, np.cumsum(tied, axis=-1) * tied == 1))
    weight = np.where(top > 0, np.maximum(c, 0.0), sharing)
    iterations = 0
    while True:
        iterations += 1
        left = 1.0 - floor * (legal & ~sharing).sum(axis=-1, keepdims=True)
        total = np.where(sharing, weight, 0.0).sum(axis=-1, keepdims=True)
        share = np.where(sharing, weight, 0.0) * left / total
        low = sharing & (share < floor)
        if not low.any():
            break
        sharing = sharing & ~low
    probability = np.where(sharing, share, np.where(legal, floor, 0.0))
    return Refit(
        probability=probability,
        value=_value(c, legal, probability),
        residual=_residual(c, legal, probability, floor),
        iterations=iterations,
        unique=bool(((tied.sum(axis=-1) == 1) | (top[..., 0] > 0) | (choices[..., 0] == 1)).all()),
        undetermined=int(((top[..., 0] == 0) & (tied == legal).all(axis=-1) & (choices[..., 0] > 1)).sum()),
    )


def _value(c: Floats, legal: Bools, probability: Floats) -> float:
    counted = legal & (c != 0)
    return float((c[counted] * np.log(probability[counted])).sum())


def _residual(c: Floats, legal: Bools, probability: Floats, floor: float) -> float:
    """The Karush-Kuhn-Tucker conditions where some credit is positive: c/p alike off the floor, no larger on it."""
    worst = 0.0
    width = c.shape[-1]
    for credit, allowed, p in zip(c.reshape(-1, width), legal.reshape(-1, width), probability.reshape(-1, width)):
        earned = allowed & (p > 0)
        if not (credit[earned] > 0).any():
            continue
        price = credit[earned] / p[earned]
        off = p[earned] > floor * (1 + 1e-12)
        highest = price[off].max()
        worst = max(worst, float((highest - price[off].min()) / highest), float((price.max() - highest) / highest))
    return worst
