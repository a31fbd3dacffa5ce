"""The base of agents that learn by playing."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from arena.game.game import Game
from arena.learn.practice import Practice
from arena.play.agent import Agent, Keys
from arena.play.policy import Policy


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
