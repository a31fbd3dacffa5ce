"""Full re-optimisation of the surrogate for a network, on the sufficient statistics. Imports torch.

    J(theta) = sum_oa c(o, a) log pi(a | o) / sum_oa |c(o, a)| - l2 / 2 |theta - start|^2

where c(o, a) is the sum of the rewards of an action at an observation, so that a fit costs the same however long the
history is. Two terms bound it and give it an optimum:

- ``floor``: with n legal actions pi = (1 - n floor) softmax + floor. Without it a negative c grows for ever.
- ``l2`` draws the parameters to where the learner began. Without it an optimum that wants a probability on its bound is
  at infinity, and is approached until the gradient is small. It is relative to |c|, not overruled as history grows, and
  what no evidence speaks of stays as it was: uniform.

The network bends J, so a stationary point is certified, not the best one; the closed form bounds what there is to gain.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor

from arena.errors import TurncoatError
from arena.game.game import Bools, Floats
from arena.learn.copies import Copies
from arena.learn.networks import Network
from arena.learn.regime import Regime
from arena.learn.surrogate import UnboundedObjectiveError
from arena.learn.surrogate import refit as closed_form
from arena.play.agent import Keys

if TYPE_CHECKING:
    from arena.learn.practice import Practice

TOLERANCE = 1e-6
"""The norm of the gradient of J at which a fit has converged."""
ITERATIONS = 1_000
"""After this many a fit gives up, and its certificate says so."""


@dataclass(frozen=True)
class Certificate:
    """What a fit has reached."""

    value: float  # of J
    bound: float  # no policy has more: the value of the closed form, infinite where that is unbounded
    residual: float  # norm of the gradient of J
    iterations: int
    converged: bool  # whether the residual is at most TOLERANCE
    undetermined: int  # observations with a choice of which no credit speaks


@dataclass(frozen=True)
class Surrogate:
    """The objective for one kind of network."""

    network: Network
    floor: float = 0.01
    l2: float = 1e-4

    def __post_init__(self) -> None:
        most = int(self.network.legal.sum(dim=1).max())
        if not 0 <= self.floor * most < 1:
            raise TurncoatError(f"a floor of {self.floor} leaves nothing to share among {most} actions")
        if self.l2 < 0:
            raise TurncoatError(f"l2 must be at least 0, not {self.l2}")

    @property
    def legal(self) -> Bools:
        """Which actions there are. ``[line, A]``"""
        legal: Bools = self._legal.numpy()
        return legal

    def log_policy(self, theta: Tensor) -> Tensor:
        """Log-probabilities at every line, the floor included, illegal ones minus infinity. ``[learner, line, A]``"""
        plain = self.network.everywhere(theta)
        if self.floor == 0:
            return plain
        legal = self._legal
        taken = self.floor * legal.sum(dim=1, keepdim=True).double()
        share = torch.log1p(-taken) + torch.where(legal, plain, 0.0)
        return torch.where(legal, torch.logaddexp(share, torch.full_like(share, math.log(self.floor))), -torch.inf)

    @cached_property
    def _legal(self) -> Tensor:
        legal = self.network.legal
        return legal.repeat(len(self.network.features) // len(legal), 1)

    def table(self, theta: Floats) -> Floats:
        """The policy of one learner's parameters ``[size]``. ``[line, A]``"""
        with torch.no_grad():
            probability: Floats = self.log_policy(torch.from_numpy(theta)[None])[0].exp().numpy()
        return np.asarray(probability / probability.sum(axis=1, keepdims=True))

    def fit(self, theta: Floats, start: Floats, credit: Floats) -> tuple[Floats, Certificate]:
        """Maximise J from ``theta`` by Newton's method in a trust region, with the exact curvature.

        The subproblem is solved by Steihaug's conjugate gradients (Nocedal and Wright, chapter 7). Near an optimum
        it converges superlinearly, where L-BFGS was seen to need a thousand iterations.

        Args:
            theta: where to begin: the parameters of the last fit. ``[size]``
            start: where the learner began. ``[size]``
            credit: c(o, a). ``[line, A]``

        Raises:
            UnboundedObjectiveError: a negative credit where there is a choice, no floor and no ``l2``.
        """
        choice: Bools = self.legal & (self.legal.sum(axis=1, keepdims=True) > 1)
        endless = self.floor == 0 and bool((choice & (credit < 0)).any())
        if endless and self.l2 == 0:
            raise UnboundedObjectiveError(
                f"the surrogate is unbounded: a credit of {credit.min():g} and no floor under the probabilities"
            )
        counted = choice & (credit != 0)
        spoken_of = np.flatnonzero(counted.any(axis=1))
        weight = float(np.abs(credit[counted]).sum()) or 1.0
        share = torch.from_numpy(np.where(counted, credit, 0.0) / weight)
        mask, home = torch.from_numpy(counted), torch.from_numpy(start)

        def loss(parameters: Tensor) -> Tensor:
            log_policy = torch.where(mask, self.log_policy(parameters[None])[0], 0.0)
            return self.l2 / 2 * (parameters - home).square().sum() - (share * log_policy).sum()

        slope, curvature = torch.func.grad_and_value(loss), torch.func.jacrev(torch.func.grad(loss))

        def sloped(point: Floats) -> tuple[float, Floats]:
            gradient, value = slope(torch.from_numpy(point))
            return float(value), np.asarray(gradient.numpy())

        def curved(point: Floats) -> Floats:
            return np.asarray(curvature(torch.from_numpy(point)).numpy())

        torch.set_num_threads(1)  # small products; and a result must not depend on the machine's cores
        point, iterations = theta.copy(), 0
        lost, gradient = sloped(point)
        if float(np.linalg.norm(gradient)) > TOLERANCE:
            found = minimize(
                sloped,
                point,
                jac=True,
                hess=curved,
                method="trust-ncg",
                options={"gtol": TOLERANCE, "maxiter": ITERATIONS},
            )
            point, iterations = np.asarray(found.x), int(found.nit)
            lost, gradient = sloped(point)
        residual = float(np.linalg.norm(gradient))
        bound = math.inf if endless else closed_form(credit, self.legal, self.floor).value / weight
        undetermined = int(choice.any(axis=1).sum()) - len(spoken_of)
        return point, Certificate(-lost, bound, residual, iterations, residual <= TOLERANCE, undetermined)


@dataclass
class Fitted:
    """A population in the middle of its training: everything there is to go on from."""

    start: Floats  # [learner, size]
    theta: Floats  # [learner, size], of the last fit: the next one's warm start
    credit: Floats  # [learner, line, A]
    rng: NDArray[np.uint64]  # [learner]


def begin(network: Network, keys: Keys) -> Fitted:
    """Learners that have seen nothing."""
    new = network.begin(keys)
    start = new.table[:, 0]
    return Fitted(start, start.copy(), np.zeros((len(keys), len(network.features), network.actions)), new.rng)


def reoptimise(
    practice: "Practice", surrogate: Surrogate, learners: Fitted, episodes: int, every: str
) -> list[Certificate]:
    """Play on, every learner fitted to all its steps so far before every action, episode or stage, in place.

    A fit is left out where no credit has changed since the last one.

    Args:
        practice: the seat to learn in.
        surrogate: the objective.
        learners: as from ``begin``.
        episodes: how many more.
        every: action, episode or stage.

    Returns:
        The certificate of every learner's last fit, made after the last episode.

    Raises:
        UnboundedObjectiveError: a credit fell below zero with neither a floor nor ``l2``.
    """
    copies = Copies(practice, Regime.REOPTIMISED, learners.rng, episodes)
    everyone = np.arange(len(learners.theta))
    tables = np.stack([surrogate.table(theta) for theta in learners.theta])
    stale = np.full(len(everyone), True)
    begun, stage = stale.copy(), copies.stage
    while copies.left.any():
        due = begun if every == "episode" else begun | (copies.stage != stage) if every == "stage" else stale
        for i in np.flatnonzero(stale & due & (copies.left > 0)):
            learners.theta[i], _ = surrogate.fit(learners.theta[i], learners.start[i], learners.credit[i])
            tables[i] = surrogate.table(learners.theta[i])
            stale[i] = False
        stage, learned, lines = copies.stage, copies.learned, copies.lines
        copies.play(tables[everyone, lines])
        learners.credit[everyone, lines, copies.actions] += np.where(learned, copies.paid, 0.0)
        stale |= learned & (copies.paid != 0)
        begun = copies.over.copy()
    certificates = []
    for i in everyone:
        learners.theta[i], certificate = surrogate.fit(learners.theta[i], learners.start[i], learners.credit[i])
        certificates.append(certificate)
    return certificates
