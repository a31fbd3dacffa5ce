"""The optimum of a game as data make it out: the maximum-likelihood model of what was seen, and its best policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from arena.errors import TurncoatError
from arena.game.game import OBSERVED, Floats, Game, Ints
from arena.kernels import kernel
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
    """The best policy in the model of an experience, its certificate, and what the data leave open.

    A line is a (clock, observation); it was met if some action was tried there.
    """

    policy: Policy
    value: float  # what the model says that it earns
    residual: float  # by how much acting like it falls short of the optimum, from the worst of all lines on
    iterations: int  # sweeps of backward induction: one a round of the horizon
    unique: bool  # whether every line that was met has one optimal action, and no other is open
    undetermined: int  # lines that were met and where several actions are optimal
    untried: int  # legal (clock, observation, action) triples never tried, of lines that were met
    unseen: int  # lines never met: every policy is optimal there, and this one draws evenly


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


def empirical(data: Experience, objective: Objective = RETURN, unseen: float | None = None) -> Empirical:
    """The optimum of an objective in the maximum-likelihood Markov model of the observations seen (with the round).

    Observations are taken for states, which is right where they are and a modelling error elsewhere. Backward
    induction over the horizon; where the round is not seen, the policy is the one for the first round, as if the
    whole horizon lay ahead of every step. Actions that are equally good are drawn evenly.

    Likelihood says nothing of an action never tried, so something has to be supposed:

    - ``unseen`` a number: it pays that share of the best reward in the model (of nothing, if none is above nothing),
      in every round to come. At 1 it is worth trying wherever anything could be gained, and what is met often enough
      is found out (R-max with the best reward that was seen; Brafman and Tennenholtz, JMLR 3, 2002). At 0 it is worth
      nothing: whatever earns something is stayed with.
    - ``unseen`` None: nothing at all. What the data do not determine stays as it was before any: of n legal actions,
      one never tried keeps its share 1/n, and the tried ones that are best share the rest alike. ``value`` and
      ``residual`` then suppose that untried actions are not taken.

    Either way an observation never met is played evenly.

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
    legal = np.broadcast_to(told.legal, known.shape)
    open_still = legal & ~known
    choice = known if unseen is None else legal
    reward = np.divide(data.paid, count, out=np.zeros_like(data.paid), where=known)
    chance = np.divide(data.tried, count[..., None], out=np.zeros_like(data.tried), where=known[..., None])
    supposed = 0.0 if unseen is None else unseen * float(reward.max(initial=0.0))
    value, held, ahead = np.zeros(len(told.rows)), np.zeros(len(told.rows)), 0.0
    best, residual = np.zeros_like(known), 0.0
    for clock in reversed(range(told.horizon)):
        line = clock if told.sees_round else 0
        ahead = weights[clock] * supposed + told.discount * ahead
        after = told.discount * chance[line] @ np.stack((np.append(value, 0.0), np.append(held, 0.0)), axis=1)
        pays = (weights[clock] * reward[line])[..., None] + after
        options = np.where(choice[line], np.where(known[line], pays[..., 0], ahead), -np.inf)
        top = options.max(axis=1, keepdims=True)
        best[line] = choice[line] & (options >= top - TIE * np.maximum(1.0, np.abs(top)))
        shares = best[line] / np.maximum(1, best[line].sum(axis=1, keepdims=True))
        value = np.where(choice[line].any(axis=1), top[:, 0], 0.0)
        held = (shares * np.where(known[line], pays[..., 1], ahead)).sum(axis=1)
        residual = max(residual, float(np.abs(value - held).max()))
    kept = open_still / legal.sum(axis=2, keepdims=True) if unseen is None else np.zeros(known.shape)
    met = known.any(axis=2)
    shares = best / np.maximum(1, best.sum(axis=2, keepdims=True))
    undetermined = int((best.sum(axis=2) > 1)[met].sum())
    untried = int(open_still[met].sum())
    return Empirical(
        policy=told.table(kept + (1 - kept.sum(axis=2, keepdims=True)) * shares),
        value=float(objective.scale * (data.first @ value) / data.first.sum()),
        residual=objective.scale * residual,
        iterations=told.horizon,
        unique=undetermined == 0 and (untried == 0 or unseen is not None),
        undetermined=undetermined,
        untried=untried,
        unseen=int((~met).sum()),
    )


@kernel
def resolve(
    due: Any,
    tried: Any,
    paid: Any,
    legal: Any,
    horizon: Any,
    discount: Any,
    unseen: Any,
    count: Any,
    value: Any,
    after: Any,
    options: Any,
    probability: Any,
) -> None:
    """The policy of ``empirical`` for the return, with a number for ``unseen``, for a population of experiences.

    Those that are ``due [learner]`` are solved anew, into ``probability [learner, K, O, A]``. ``tried [learner, K, O,
    A, O + 1]`` and ``paid [learner, K, O, A]`` as in ``Experience``; ``legal [O, A]``. Scratch: ``count [K, O, A]``,
    ``value`` and ``after [O + 1]``, ``options [A]``.
    """
    learners, clocks, rows, width, ends = tried.shape
    for learner in range(learners):
        if not due[learner]:
            continue
        most = 0.0
        for k in range(clocks):
            for o in range(rows):
                for a in range(width):
                    count[k, o, a] = 0.0
                    for b in range(ends):
                        count[k, o, a] += tried[learner, k, o, a, b]
                    if count[k, o, a] > 0.0 and paid[learner, k, o, a] > most * count[k, o, a]:
                        most = paid[learner, k, o, a] / count[k, o, a]
        ahead = 0.0
        for b in range(ends):
            after[b] = 0.0
        for back in range(horizon):
            clock = horizon - 1 - back
            k = clock if clocks > 1 else 0
            ahead = unseen * most + discount * ahead
            for o in range(rows):
                top = -np.inf
                for a in range(width):
                    if not legal[o, a]:
                        continue
                    options[a] = ahead
                    if count[k, o, a] > 0.0:
                        onward = 0.0
                        for b in range(ends):
                            if tried[learner, k, o, a, b] > 0.0:
                                onward += tried[learner, k, o, a, b] * after[b]
                        options[a] = (paid[learner, k, o, a] + discount * onward) / count[k, o, a]
                    top = max(top, options[a])
                value[o] = top
                if clocks > 1 or clock == 0:
                    least = top - TIE * max(1.0, abs(top))
                    tied = 0
                    for a in range(width):
                        tied += legal[o, a] and options[a] >= least
                    for a in range(width):
                        chosen = legal[o, a] and options[a] >= least
                        probability[learner, k, o, a] = 1.0 / tied if chosen else 0.0
            for o in range(rows):
                after[o] = value[o]
