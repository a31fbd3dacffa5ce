"""The base of agents that learn by playing."""

import dataclasses
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from numpy.typing import NDArray

from arena.game.game import Floats, Game
from arena.learn.population import Population
from arena.learn.practice import Practice
from arena.play.agent import Agent, Keys
from arena.play.policy import Policy

Arrays = dict[str, NDArray[Any]]


class Learner(Agent):
    """An agent that practises in its seat and is then measured as it stands."""

    chunk: ClassVar[int | None] = None
    """How many keys to ask for at once in a tournament, so that little is lost when it is stopped; None for all."""

    def policies(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys) -> Sequence[Policy]:
        """A learner for every key, each trained from scratch."""
        return self.learn(Practice(game, seat, others), keys)

    @abstractmethod
    def learn(self, practice: Practice, keys: Keys) -> Sequence[Policy]:
        """Train one learner a key; a learner's randomness comes from its key alone."""


class Resumable(Learner):
    """A learner whose training can be cut into segments, with everything there is to go on from as plain arrays.

    However it is cut, at whole multiples of ``grain``, the policies at the end are the same to the bit: networks,
    tables, generators and the places in the games are all in the arrays.
    """

    unit: ClassVar[str] = "episodes"
    """What the length of a training is counted in."""

    @property
    @abstractmethod
    def length(self) -> int:
        """How long the whole training is."""

    @property
    def grain(self) -> int:
        """A segment is a multiple of this, save the last."""
        return 1

    @abstractmethod
    def begin(self, practice: Practice, keys: Keys) -> Arrays:
        """A learner for every key that has learned nothing yet."""

    @abstractmethod
    def advance(self, practice: Practice, arrays: Arrays, done: int, until: int) -> Arrays:
        """Train from ``done`` to ``until``; the arrays given may be written over."""

    @abstractmethod
    def tabulate(self, practice: Practice, arrays: Arrays) -> Sequence[Policy]:
        """What every learner does as it stands."""

    def learn(self, practice: Practice, keys: Keys) -> Sequence[Policy]:
        """The whole training in one segment."""
        return self.tabulate(practice, self.advance(practice, self.begin(practice, keys), 0, self.length))


class Tabular(Resumable):
    """A resumable learner that is a table: a population of them, one a key, is trained in one pass of a kernel."""

    piecemeal: ClassVar[bool] = True

    @abstractmethod
    def train(self, practice: Practice, learners: Population, amount: int) -> None:
        """Train so much more, in place."""

    @abstractmethod
    def read(self, practice: Practice, table: Floats) -> Policy:
        """The policy of one learner from its table ``[clock, O, A]``."""

    def begin(self, practice: Practice, keys: Keys) -> Arrays:
        """Tables of zeros, every generator at the beginning of its key's stream."""
        return _arrays(practice.begin(keys))

    def advance(self, practice: Practice, arrays: Arrays, done: int, until: int) -> Arrays:
        """One pass of the kernel."""
        learners = Population(**arrays)
        self.train(practice, learners, until - done)
        return _arrays(learners)

    def tabulate(self, practice: Practice, arrays: Arrays) -> Sequence[Policy]:
        """Every table read as a policy."""
        return [self.read(practice, table) for table in practice.shaped(Population(**arrays))]


def _arrays(learners: Population) -> Arrays:
    return {field.name: getattr(learners, field.name) for field in dataclasses.fields(learners)}
