"""One episode of a tabular learner's training, followed step by step.

The two rules are those of ``arena.learn.kernels``, written down as they run. Every draw and every choice is made by the
kernels' own functions from the learner's own stream, so what is followed is the episode that the kernel would have
trained on, and the table is the same after it.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from arena import kernels as play
from arena.game.game import Bools, Floats, Game
from arena.learn import kernels
from arena.learn.learner import Tabular
from arena.learn.population import Population
from arena.learn.practice import Practice
from arena.learn.regime import Regime
from arena.play.agent import Keys
from arena.play.policy import Policy
from arena.play.trajectory import Trajectory

MOST = 10_000_000
"""Probabilities that are kept of an episode, at most, to say what the learner would have done elsewhere."""

Reads = Callable[[Floats, Bools], Floats]
"""Lines of a table ``[n, A]``, and what is legal there, as chances of the actions."""


@dataclass
class Lesson:
    """What happened in a training episode, and what the learner was disposed to do in every round of it."""

    game: Game
    seat: int
    states: list[int] = field(default_factory=list)
    actions: list[list[int]] = field(default_factory=list)  # [round][P], as carried out
    entries: list[int] = field(default_factory=list)
    chances: list[Floats] = field(default_factory=list)  # [round] of [A]
    after: list[Floats] = field(default_factory=list)  # [round] of [A]: there, after the round was learned from
    stood: list[Floats] = field(default_factory=list)  # [round] of [O, A]: everywhere, as the table stood; or nothing

    @property
    def trajectory(self) -> Trajectory:
        """The episode, with its updates."""
        return Trajectory(
            game=self.game,
            seat=self.seat,
            states=np.asarray(self.states, np.int32),
            actions=np.asarray(self.actions, np.int32),
            chances=np.asarray(self.chances),
            rewards=self.game.reward[:, :, self.entries].transpose(2, 0, 1),
            updates=np.asarray(self.after),
        )

    @property
    def policy(self) -> Policy | None:
        """What the learner did in every round as it then stood; None where that is too much to keep."""
        if not self.stood:
            return None
        left = self.game.horizon - len(self.stood)
        table = np.stack([*self.stood, *[self.stood[-1]] * left])
        return Policy(table, self.game.seats[self.seat].observation)


class Followed(Tabular):
    """A learner that changes its table after every round, and can be followed doing so."""

    @abstractmethod
    def follow(self, practice: Practice, learners: Population) -> Lesson:
        """Train one learner for one more episode, in place, and say what happened; a TurncoatError if nothing would."""


def lessons(
    agent: Followed, game: Game, seat: str, others: Mapping[str, Policy], key: Keys, episodes: Sequence[int]
) -> Iterator[Lesson]:
    """Episodes of a learner's training, by their numbers in ascending order, each after all that come before it."""
    practice = Practice(game, seat, others)
    learners = practice.begin(key)
    done = 0
    for episode in episodes:
        agent.train(practice, learners, episode - done)
        yield agent.follow(practice, learners)
        done = episode + 1


def gradient(
    practice: Practice, learners: Population, alpha: float, trace: float, regime: Regime, baseline: bool
) -> Lesson:
    """An episode of ``Practice.online`` of the first learner, which is trained by it."""
    walk = _Walk(practice, learners, regime)
    theta, mean, counted = learners.table[0], learners.mean, learners.counted
    traces, probability = np.zeros_like(theta), np.zeros(theta.shape[1])
    decay = float(trace * practice.view.discount)
    while walk.going:
        seen, line = walk.here
        kernels.softmax(learners.table, 0, line, walk.legal, seen, probability)
        chosen = int(kernels.pick(probability, walk.legal, seen, walk.rng, 0))
        action, paid, learned = walk.act(chosen, theta, _softmax)
        if learned:
            if decay != 1.0:
                traces *= decay
            traces[line] -= probability
            traces[line, action] += 1.0
            size = alpha * (paid - mean[0]) if baseline else alpha * paid
            if baseline:
                counted[0] += 1
                mean[0] += (paid - mean[0]) / counted[0]
            if size != 0.0:
                theta += size * traces
            walk.lesson.after[-1] = _softmax(theta[[line]], walk.legal[[seen]])[0]
        walk.move()
    return walk.lesson


def difference(
    practice: Practice, learners: Population, alpha: float, epsilon: float, sarsa: bool, regime: Regime
) -> Lesson:
    """The same of ``Practice.temporal_difference``, by whose rule a round is learned from when the next is met."""
    walk = _Walk(practice, learners, regime)
    values, discount = learners.table[0], float(practice.view.discount)
    last: tuple[int, int, int, int] | None = None  # the round that is to be learned from, its line, sight and action
    paid, weight = 0.0, 1.0

    def explored(table: Floats, legal: Bools) -> Floats:
        """The first of the best actions, but with ``epsilon`` any that is legal."""
        best = np.eye(legal.shape[1])[np.where(legal, table, -np.inf).argmax(axis=1)]
        return np.asarray((1 - epsilon) * best + epsilon * legal / legal.sum(axis=1, keepdims=True))

    def learn(target: float) -> None:
        if last is not None:
            at, before, sight, did = last
            values[before, did] += alpha * (target - values[before, did])
            walk.lesson.after[at] = explored(values[[before]], walk.legal[[sight]])[0]

    while walk.going:
        seen, line = walk.here
        chosen = int(kernels.greedy(learners.table, 0, line, walk.legal, seen))
        if play.uniform(walk.rng, 0) < epsilon:
            choices = np.flatnonzero(walk.legal[seen])
            chosen = int(choices[int(play.uniform(walk.rng, 0) * len(choices))])
        at = walk.clock
        action, now, learned = walk.act(chosen, values, explored)
        if learned:
            ahead = action if sarsa else int(kernels.greedy(learners.table, 0, line, walk.legal, seen))
            learn(paid + weight * values[line, ahead])
            last, paid, weight = (at, line, seen, action), now, discount
        walk.move()
    learn(paid)
    return walk.lesson


def _softmax(theta: Floats, legal: Bools) -> Floats:
    logits = np.where(legal, theta, -np.inf)
    weight = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(weight / weight.sum(axis=-1, keepdims=True))


class _Walk:
    """An episode under way: what both rules have in common."""

    def __init__(self, practice: Practice, learners: Population, regime: Regime) -> None:
        self.tables, self.others, self.seat, self.legal, self.fold, self.learned = practice._common(regime)
        self.game, self.rng, self.clock = practice._game, learners.rng, 0
        self.clocked = practice.view.clocks > 1
        self.lesson = Lesson(self.game, self.seat)
        self.arrive(self.drawn(self.tables.initial))

    def arrive(self, state: int) -> None:
        """A state is met."""
        self.state = state
        self.going = not self.tables.terminal[state] and self.clock < self.game.horizon
        self.lesson.states.append(state)

    def drawn(self, row: int) -> int:
        """Where a row of transitions leads."""
        return int(self.tables.successor[play.draw(self.tables.start, self.tables.cumulative, row, self.rng, 0)])

    @property
    def here(self) -> tuple[int, int]:
        """What is seen, and the line of the table that answers it."""
        seen = int(self.others.line[self.seat, self.state])
        return seen, seen + (self.clock * len(self.legal) if self.clocked else 0)

    def act(self, chosen: int, table: Floats, reads: Reads) -> tuple[int, float, bool]:
        """Play a round: the action carried out, what it paid, and whether it is learned from."""
        tables, state, lesson = self.tables, self.state, self.lesson
        action = int(self.fold[state, chosen])
        joint = kernels.everybody(tables.stride, self.others, self.seat, action, state, self.clock, self.rng, 0)
        entry = int(play.draw(tables.start, tables.cumulative, tables.row[state, joint], self.rng, 0))
        every = [int(joint // stride % width) for stride, width in zip(tables.stride, tables.width, strict=True)]
        lesson.actions.append([int(seat.fold[state, one]) for seat, one in zip(self.game.seats, every, strict=True)])
        lesson.entries.append(entry)
        seen, line = self.here
        lesson.chances.append(reads(table[[line]], self.legal[[seen]])[0])
        lesson.after.append(lesson.chances[-1])
        if self.game.horizon * self.legal.size <= MOST:
            lesson.stood.append(reads(table[line - seen : line - seen + len(self.legal)], self.legal))
        return action, float(tables.reward[0, self.seat, entry]), bool(self.learned[state])

    def move(self) -> None:
        """Go where the round led."""
        tables = self.tables
        self.clock += 1
        led = int(tables.successor[self.lesson.entries[-1]])
        state, done = play.cross(
            tables.start,
            tables.cumulative,
            tables.successor,
            tables.crossing,
            tables.deadline,
            tables.terminal,
            led,
            self.clock,
            self.rng,
            0,
        )
        self.arrive(int(state))
        self.going = self.going and not done
