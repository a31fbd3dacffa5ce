"""Full re-optimisation before every action: of the return to date in the game, and of the return in a model of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from agents.surrogate import REFUSED
from arena.errors import nearest
from arena.game.game import Bools, Floats, Game
from arena.learn.copies import Copies
from arena.learn.learner import Arrays, Resumable
from arena.learn.practice import EVERY, Practice
from arena.learn.regime import Regime, regime
from arena.play.agent import Keys, Planner
from arena.play.policy import Policy, remembering
from arena.solve.empirical import Empirical, Experience, empirical, experience, resolve
from arena.solve.objective import to_date
from arena.solve.optimal import optimal
from arena.solve.solution import Solution

INFORMATION = ("state", "recall")
TOGETHER = 4_000_000
"""How many counts of lifetimes are held at once."""


@dataclass(frozen=True)
class ReturnToDate(Planner):
    """Before round t it is set to the optimum of the sum of rewards to date; what that leaves open it draws.

    The sum is over ``episodes`` complete episodes and the t rounds taken of this one, which the optimum is free to play
    otherwise than they were. Every optimal action is equally likely. What it does at round t is worth something to
    that sum through the complete episodes alone. So with none it has nothing to go by and does anything, and from one
    on it acts as ``optimal`` does for the return. Settings: ``episodes``; ``information`` (state, recall).
    """

    episodes: int = 0
    information: str = "state"

    def __post_init__(self) -> None:
        if self.episodes < 0:
            raise ValueError(f"episodes must be at least 0, not {self.episodes}")
        if self.information not in INFORMATION:
            raise ValueError(f"information {self.information!r}{nearest(self.information, INFORMATION)}")

    def solutions(self, game: Game, seat: str, others: Mapping[str, Policy]) -> list[Solution]:
        """What it is set to before the action of every round, with the certificates."""
        return [
            optimal(game, seat, others, self.information, to_date(self.episodes, taken))
            for taken in range(game.horizon)
        ]

    def plan(self, game: Game, seat: str, others: Mapping[str, Policy]) -> Policy:
        """Round t of the t-th solution.

        Raises:
            TurncoatError: simulated steps are forgotten, so that no solver lists what is optimal; or see ``optimal``.
        """
        solutions = self.solutions(game, seat, others)
        last = solutions[-1]
        every = [solution.best for solution in solutions if solution.best is not None]
        if last.best is None or len(every) < len(solutions):
            raise self.refuse(f"{game.name}: with simulated steps forgotten, all optimal actions are not known")
        if last.policy.memory is None:
            legal = game.seats[game.seat_number(seat)].legal
            return Policy(np.stack([_evenly(best[t], legal) for t, best in enumerate(every)]), last.policy.index)
        memory = last.policy.memory
        table = np.zeros(last.best.shape)
        for depth, level in enumerate(memory.levels):
            table[level] = _evenly(every[depth][level], memory.legal[level])
        return remembering(memory, table)


@dataclass(frozen=True)
class EmpiricalReturn(Resumable):
    """Before every action it is set to the optimum of the return in the likeliest model of what it has experienced.

    The model is Markov in what it sees: frequencies and mean rewards. What it cannot see, such as a correction, is not
    in the model. Of an action never tried at an observation the data say nothing, and something has to be supposed:
    that it pays ``unseen`` times the best reward of the model in every round to come. At 1 it tries what it does not
    know until nothing more could be gained (Brafman and Tennenholtz, R-max, JMLR 3, 2002); at 0 it stays with
    whatever earns something. What is equally good is drawn evenly, and so is everything while nothing is known.
    Certainty equivalence: Kumar and Varaiya, Stochastic Systems (1986).
    """

    piecemeal: ClassVar[bool] = True

    unseen: float = 1.0
    every: str = "action"  # or episode, or stage
    episodes: int = 300
    regime: str = "reoptimised"

    def __post_init__(self) -> None:
        if self.unseen < 0:
            raise ValueError(f"unseen must be at least 0, not {self.unseen}")
        if self.every not in EVERY:
            raise ValueError(f"every {self.every!r}{nearest(self.every, EVERY)}")
        if self.episodes < 0:
            raise ValueError(f"episodes must be at least 0, not {self.episodes}")
        regime(self.regime, REFUSED, "empirical-return")

    @property
    def length(self) -> int:
        """Episodes."""
        return self.episodes

    def begin(self, practice: Practice, keys: Keys) -> Arrays:
        """No experience yet; every generator at the beginning of its key's stream."""
        none = experience(practice.view)
        counts = {name: np.zeros((len(keys), *getattr(none, name).shape)) for name in ("first", "tried", "paid")}
        return {"rng": practice.begin(keys).rng, **counts}

    def advance(self, practice: Practice, arrays: Arrays, done: int, until: int) -> Arrays:
        """All learners side by side, a round at a time.

        A step that is not experienced is not in the model: what follows an action is the next step that is.

        Raises:
            TurncoatError: such a step, where the round is seen and would be missing.
        """
        told, everyone = practice.view, np.arange(len(arrays["rng"]))
        first, tried, paid = arrays["first"], arrays["tried"], arrays["paid"]
        copies = Copies(practice, Regime.REOPTIMISED, arrays["rng"], until - done)
        table = np.zeros(paid.shape)
        step, earned = np.zeros((3, len(everyone)), np.int64), np.zeros(len(everyone))  # the last experienced, and pay
        waits = np.zeros(len(everyone), np.bool_)  # whether what follows that step has not been seen
        begun, stale, stage = ~waits, ~waits, copies.stage
        met = waits.copy()  # whether a step of this episode has been experienced
        while copies.left.any():
            learned = copies.learned
            if told.sees_round and not learned[copies.left > 0].all():
                raise self.refuse("rounds that are not experienced leave gaps where the round is seen")
            now, here = np.divmod(copies.lines, len(told.rows))
            opening = learned & ~met
            first[opening, here[opening]] += 1
            met |= learned
            if self.every == "action":
                due = stale
            else:
                due = begun if self.every == "episode" else begun | (copies.stage != stage)
            due = due & stale & (copies.left > 0)
            self._solve(practice, due, tried, paid, table)
            stale &= ~due
            stage = copies.stage
            copies.play(table[everyone, now, here])
            step = np.where(learned, np.stack((now, here, copies.actions)), step)
            earned = np.where(learned, copies.paid, earned)
            begun = copies.over.copy()
            done_with = (waits | learned) & (begun | copies.learned)
            following = np.where(begun, len(told.rows), copies.lines % len(told.rows))
            one = (everyone[done_with], *step[:, done_with])
            tried[(*one, following[done_with])] += 1
            paid[one] += earned[done_with]
            stale |= done_with
            waits = (waits | learned) & ~done_with
            met &= ~begun
        return arrays

    def tabulate(self, practice: Practice, arrays: Arrays) -> Sequence[Policy]:
        """What is measured is the policy re-optimised once more."""
        table = np.zeros(arrays["paid"].shape)
        self._solve(practice, np.ones(len(table), np.bool_), arrays["tried"], arrays["paid"], table)
        return [practice.view.table(one) for one in table]

    def certificates(self, practice: Practice, arrays: Arrays) -> list[Empirical]:
        """The last re-optimisation of every learner, with what the data left undetermined.

        Raises:
            TurncoatError: nothing has been experienced.
        """
        counted = zip(arrays["first"], arrays["tried"], arrays["paid"], strict=True)
        return [empirical(Experience(practice.view, *counts), unseen=self.unseen) for counts in counted]

    def lifetimes(self, practice: Practice, keys: Keys, updates: bool) -> Floats:
        """What one episode, begun with no experience, pays a learner for every key. ``[learner]``

        Without ``updates`` the policy stays what it is at the start.
        """
        learner = self if updates else replace(self, every="episode")
        at_once = max(1, TOGETHER // experience(practice.view).tried.size)
        groups = (keys[i : i + at_once] for i in range(0, len(keys), at_once))
        played = (learner.advance(practice, learner.begin(practice, group), 0, 1) for group in groups)
        return np.concatenate([arrays["paid"].sum(axis=(1, 2, 3)) for arrays in played])

    def _solve(self, practice: Practice, due: Bools, tried: Floats, paid: Floats, table: Floats) -> None:
        """Re-optimise the learners that are ``due``, into ``table``."""
        told, (_, clocks, rows, width) = practice.view, paid.shape
        resolve(
            due,
            tried,
            paid,
            told.legal,
            told.horizon,
            float(told.discount),
            float(self.unseen),
            np.zeros((clocks, rows, width)),
            np.zeros(rows + 1),
            np.zeros(rows + 1),
            np.zeros(width),
            table,
        )


def _evenly(best: Bools, legal: Bools) -> Floats:
    """The best actions drawn evenly; where none are marked, the legal ones, or all. ``[row, A]``"""
    shares = np.where(best.any(axis=-1, keepdims=True), best, legal)
    shares = np.where(shares.any(axis=-1, keepdims=True), shares, True)
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True))
