"""The optimum of a game as data make it out: the maximum-likelihood model of what was seen, and its best policy."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from arena.errors import TurncoatError
from arena.game.game import OBSERVED, Floats, Game, Ints
from arena.play.policy import Policy, View, view
from arena.play.trajectory import record
from arena.solve.objective import RETURN, Objective
from arena.solve.optimal import TIE

LARGEST = 50_000_000
"""The most counts that are held."""


@dataclass(frozen=True)
class Experience:
    """What a seat has seen of a game, counted: all that a Markov model of its observations needs.

    ``K`` is the horizon where the seat sees the round, else 1.
    """

    view: View
    first: Floats  # [O] how often an episode began with each observation
    tried: Floats  # [K, O, A, O + 1] what followed an action; the last column counts the ends of episodes
    paid: Floats  # [K, O, A] the sum of the rewards

    def add(self, observations: Ints, actions: Ints, rewards: Floats, ended: bool = True) -> None:
        """Count rounds of one episode from its start, in place. All ``[rounds]``.

        ``ended`` says whether the last one ended it; if not, ``observations`` has the one after it too.
        """
        following = np.append(observations[1:], self.tried.shape[3] - 1) if ended else observations[1:]
        seen = observations[: len(actions)]
        clock = np.arange(len(actions)) if self.view.sees_round else np.zeros(len(actions), np.int64)
        self.first[observations[0]] += 1
        np.add.at(self.tried, (clock, seen, actions, following), 1.0)
        np.add.at(self.paid, (clock, seen, actions), rewards)


@dataclass(frozen=True)
class Empirical:
    """The best policy in the model of an experience, and what the data leave open."""

    policy: Policy
    value: float  # what the model says that the best of the tried actions earn
    undetermined: int  # lines (clock, observation) that were met and where several tried actions tie
    untried: int  # legal (clock, observation, action) triples never tried, of lines that were met
    unseen: int  # lines never met


def experience(told: View) -> Experience:
    """No experience yet.

    Raises:
        TurncoatError: there is too much to count.
    """
    rows, width = len(told.rows), len(told.actions)
    size = told.clocks * rows * width * (rows + 1)
    if size > LARGEST:
        raise TurncoatError(f"a model of {rows:,} observations takes {size:,} counts; {LARGEST:,} is the limit")
    shape = (told.clocks, rows, width)
    return Experience(told, np.zeros(rows), np.zeros((*shape, rows + 1)), np.zeros(shape))


def gather(game: Game, policies: Mapping[str, Policy], episodes: int, key: int, seat: str = "model") -> Experience:
    """The experience of ``seat`` in episodes of stream ``key``; of the rounds that it experiences."""
    counted, number = experience(view(game, seat)), game.seat_number(seat)
    for episode in range(episodes):
        trajectory = record(game, policies, key, episode, seat)
        kept = game.experienced[trajectory.states[:-1]]
        if not kept.all() and counted.view.sees_round:
            raise TurncoatError(f"{game.name}: rounds that are not experienced leave gaps where the round is seen")
        seen = counted.view.index[trajectory.states[:-1]][kept]
        if len(seen):
            rewards = trajectory.rewards[kept, OBSERVED, number]
            counted.add(seen, trajectory.actions[kept, number], rewards)
    return counted


def empirical(data: Experience, objective: Objective = RETURN) -> Empirical:
    """The optimum of an objective in the maximum-likelihood Markov model of the observations seen (with the round).

    Observations are taken for states, which is right where they are and a modelling error elsewhere. Backward
    induction over the horizon; where the round is not seen, the policy is the one for the first round, as if the
    whole horizon lay ahead of every step.

    What the data do not determine stays as it was before any: of n legal actions, one never tried keeps its share 1/n,
    and the tried ones that are best share the rest alike. So an observation never met is played uniformly. ``value``
    supposes that untried actions are not taken.

    Raises:
        TurncoatError: nothing has been seen, or an objective that tells rounds apart where they are not seen.
    """
    told = data.view
    if not data.first.any():
        raise TurncoatError("there is no model of the game before anything has been seen")
    if not told.sees_round and objective.name != RETURN.name:
        raise TurncoatError(f"{told.seat} does not see the round; {objective.name} takes a model of every round")
    weights = objective.weights(told.horizon)
    count = data.tried.sum(axis=3)
    known = count > 0
    reward = np.divide(data.paid, count, out=np.zeros_like(data.paid), where=known)
    chance = np.divide(data.tried, count[..., None], out=np.zeros_like(data.tried), where=known[..., None])
    value, best = np.zeros(len(told.rows)), np.zeros_like(known)
    for clock in reversed(range(told.horizon)):
        line = clock if told.sees_round else 0
        ahead = chance[line] @ np.append(value, 0.0)
        options = np.where(known[line], weights[clock] * reward[line] + told.discount * ahead, -np.inf)
        top = options.max(axis=1, keepdims=True)
        value = np.where(known[line].any(axis=1), top[:, 0], 0.0)
        best[line] = known[line] & (options >= top - TIE * np.maximum(1.0, np.abs(top)))
    legal = np.broadcast_to(told.legal, known.shape)
    open_still = legal & ~known
    kept = open_still / legal.sum(axis=2, keepdims=True)
    shares = best / np.maximum(1, best.sum(axis=2, keepdims=True))
    met = known.any(axis=2)
    return Empirical(
        policy=told.table(kept + (1 - kept.sum(axis=2, keepdims=True)) * shares),
        value=float(objective.scale * (data.first @ value) / data.first.sum()),
        undetermined=int((best.sum(axis=2) > 1)[met].sum()),
        untried=int(open_still[met].sum()),
        unseen=int((~met).sum()),
    )
