"""Online policy gradient for networks: the rule of the tabular learner, with autograd's gradient. Imports torch."""

from typing import TYPE_CHECKING

import numpy as np
import torch

from arena.learn.copies import Copies
from arena.learn.networks import Network
from arena.learn.population import Population
from arena.learn.regime import Regime

if TYPE_CHECKING:
    from arena.learn.practice import Practice


def online(
    practice: "Practice",
    network: Network,
    learners: Population,
    episodes: int,
    alpha: float,
    trace: float,
    regime: Regime = Regime.ONLINE,
    baseline: bool = False,
    hold: int = 0,
) -> None:
    """Train a population in place; after every timestep that is learned from:

        z <- discount trace z + grad log pi(a | what was seen in this episode)
        theta <- theta + alpha (r - b) z

    with z reset at the start of an episode. The action is the one carried out. The gradient is of the policy as it now
    stands, through the whole episode so far where there is a memory. A step in an overseer's simulation is not
    experienced: the network is asked what it would do there, and then its memory is as it was before. ``trace`` 0,
    ``alpha`` 1 and no baseline is the rule theta <- theta + r grad log pi; ``trace`` 1 is OLPOMDP (Baxter and Bartlett,
    Infinite-Horizon Policy-Gradient Estimation, JAIR 15, 2001).

    Args:
        practice: the seat to learn in.
        network: what all of them are.
        learners: as from ``network.begin``.
        episodes: how many more.
        alpha: step size.
        trace: lambda, in [0, 1].
        regime: online or frozen; with ``hold`` it is batch.
        baseline: whether b is the mean of the rewards learned from before; else it is 0.
        hold: updates are made after every so many episodes; 0 for after every timestep.
    """
    torch.set_num_threads(1)  # many small products; and the result must not depend on the machine's cores
    copies = Copies(practice, regime, learners.rng, episodes)
    decay = trace * practice.view.discount
    theta = learners.table[:, 0]
    z, pending = np.zeros_like(theta), np.zeros_like(theta)
    everyone = np.arange(len(theta))
    seen = np.zeros((len(theta), practice.view.horizon if network.memory else 1), np.int64)
    last = np.zeros(len(theta), np.int64)
    while copies.left.any():
        learned, experienced, playing = copies.learned, copies.experienced, copies.left > 0
        seen[everyone, last] = copies.lines
        parameters = torch.from_numpy(theta).requires_grad_()
        log_policy = network.log_policy(parameters, torch.from_numpy(seen), torch.from_numpy(last))
        copies.play(log_policy.detach().exp().numpy())
        if learned.any():
            chosen = log_policy[everyone, copies.actions].sum()  # a learner's row is in one term only
            gradient = torch.autograd.grad(chosen, parameters)[0].numpy()
            z = np.where(learned[:, None], decay * z + gradient, z)
            size = np.where(learned, alpha * (copies.paid - learners.mean if baseline else copies.paid), 0.0)
            if baseline:
                learners.counted += learned
                gap = copies.paid - learners.mean
                learners.mean += np.where(learned, gap / np.maximum(learners.counted, 1), 0.0)
            changed = pending if hold else theta
            changed += size[:, None] * z
        z[copies.over] = 0.0
        if network.memory:
            last = np.where(copies.over, 0, last + (experienced & playing))
        if hold:
            due = playing & copies.over & ((episodes - copies.left) % hold == 0)
            theta[due] += pending[due]
            pending[due] = 0.0
