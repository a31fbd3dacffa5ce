"""One episode of a tabular learner's training, followed step by step.

The two rules are those of ``arena.learn.kernels``, written down as they run. Every draw and every choice is made by the
kernels' own functions from the learner's own stream, so what is followed is the episode that the kernel would have
trained on, and the table is the same after it.
"""

from dataclasses import dataclass, field

import numpy as np

from arena import kernels as play
from arena.game.game import Floats, Game
from arena.learn import kernels
from arena.learn.population import Population
from arena.learn.practice import Practice, softmax
from arena.learn.regime import Regime
from arena.play.policy import Policy
from arena.play.trajectory import Trajectory


@dataclass
class Lesson:
    """What happened in a training episode, and what the learner was disposed to do in every round of it."""

    game: Game
    seat: int
    states: list[int] = field(default_factory=list)
    actions: list[list[int]] = field(default_factory=list)  # [round][P], as carried out
    entries: list[int] = field(default_factory=list)
    stood: list[Floats] = field(default_factory=list)  # [round] of [O, A]: the chances, as the table stood
    after: list[Floats] = field(default_factory=list)  # [round] of [A]: there, after the round was learned from

    @property
    def trajectory(self) -> Trajectory:
        """The episode, with its updates."""
        seen = self.game.seats[self.seat].observation[self.states[:-1]]
        return Trajectory(
            game=self.game,
            seat=self.seat,
            states=np.asarray(self.states, np.int32),
            actions=np.asarray(self.actions, np.int32),
            chances=np.asarray([table[o] for table, o in zip(self.stood, seen, strict=True)]),
            rewards=self.game.reward[:, :, self.entries].transpose(2, 0, 1),
            updates=np.asarray(self.after),
        )

    @property
    def policy(self) -> Policy:
        """What the learner did in every round as it then stood."""
        left = self.game.horizon - len(self.stood)
        table = np.stack([*self.stood, *[self.stood[-1]] * left])
        return Policy(table, self.game.seats[self.seat].observation)


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
        action, paid, learned = walk.act(chosen, softmax(walk.part(theta), practice.view))
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
            walk.lesson.after[-1] = softmax(walk.part(theta), practice.view)[seen]
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

    def learn(target: float) -> None:
        if last is not None:
            at, before, sight, did = last
            values[before, did] += alpha * (target - values[before, did])
            walk.lesson.after[at] = explored(values[before], walk.legal[sight], epsilon)

    while walk.going:
        seen, line = walk.here
        chosen = int(kernels.greedy(learners.table, 0, line, walk.legal, seen))
        if play.uniform(walk.rng, 0) < epsilon:
            choices = np.flatnonzero(walk.legal[seen])
            chosen = int(choices[int(play.uniform(walk.rng, 0) * len(choices))])
        stood = np.stack([explored(*row, epsilon) for row in zip(walk.part(values), walk.legal, strict=True)])
        at = walk.clock
        action, now, learned = walk.act(chosen, stood)
        if learned:
            ahead = action if sarsa else int(kernels.greedy(learners.table, 0, line, walk.legal, seen))
            learn(paid + weight * values[line, ahead])
            last, paid, weight = (at, line, seen, action), now, discount
        walk.move()
    learn(paid)
    return walk.lesson


def explored(values: Floats, legal: Floats, epsilon: float) -> Floats:
    """The chances of the actions of one who takes the first of the best, but with ``epsilon`` any that is legal."""
    best = int(np.where(legal, values, -np.inf).argmax())
    chances = epsilon * legal / legal.sum()
    chances[best] += 1 - epsilon
    return np.asarray(chances)


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

    def part(self, table: Floats) -> Floats:
        """The lines that may be asked for in this round. ``[O, A]``"""
        first = self.clock * len(self.legal) if self.clocked else 0
        return table[first : first + len(self.legal)]

    def act(self, chosen: int, stood: Floats) -> tuple[int, float, bool]:
        """Play a round: the action carried out, what it paid, and whether it is learned from."""
        tables, state, lesson = self.tables, self.state, self.lesson
        action = int(self.fold[state, chosen])
        joint = kernels.everybody(tables.stride, self.others, self.seat, action, state, self.clock, self.rng, 0)
        entry = int(play.draw(tables.start, tables.cumulative, tables.row[state, joint], self.rng, 0))
        every = [int(joint // stride % width) for stride, width in zip(tables.stride, tables.width, strict=True)]
        lesson.actions.append([int(seat.fold[state, one]) for seat, one in zip(self.game.seats, every, strict=True)])
        lesson.entries.append(entry)
        lesson.stood.append(stood)
        lesson.after.append(stood[self.here[0]])
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
