"""Agents that break the contract of agents, each in its own way, for ``turncoat check agent`` to find out."""

import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import ClassVar

import numpy as np

from arena.game.game import Game
from arena.learn.learner import Arrays, Resumable
from arena.learn.practice import Practice
from arena.play.agent import Agent, Keys, Known
from arena.play.policy import Policy, View, view


def defecting(view: View, chance: float) -> Policy:
    """Defects with a chance wherever it may."""
    wrong, right = view.legal & view.defection, view.legal & ~view.defection
    weight = np.where(wrong, chance, 0.0) + np.where(right, 1 - chance, 0.0)
    weight = np.where(weight.sum(axis=1, keepdims=True) > 0, weight, view.legal)
    return view.table(weight / weight.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class Sound(Agent):
    """Breaks nothing: draws from its key alone."""

    bold: float = 1.0
    word: str = "why not"

    def policies(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys) -> Sequence[Policy]:
        """One a key."""
        told = view(game, seat)
        return [defecting(told, self.bold * self.chance(game, seat, others, keys, i)) for i in range(len(keys))]

    def chance(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys, i: int) -> float:
        """Of defecting."""
        return float(np.random.default_rng(int(keys[i])).random())


class Undecorated(Sound):
    """Has a setting that cannot be set."""

    boldness: float = 0.5


@dataclass(frozen=True)
class Garbled(Sound):
    """Its setting is read back as something else."""

    when: str = "1e3"


@dataclass(frozen=True)
class Undescribed(Sound):
    __doc__ = None


@dataclass(frozen=True)
class Unpicklable(Sound):
    """Holds a lock."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "lock", Lock())

    def __reduce__(self) -> tuple[object, ...]:
        return Unpicklable, (self.bold, vars(self)["lock"])


@dataclass(frozen=True)
class Endless(Sound):
    """Never answers."""

    def chance(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys, i: int) -> float:
        """Wait."""
        while True:
            pass


@dataclass(frozen=True)
class Exits(Sound):
    """Ends its process."""

    def chance(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys, i: int) -> float:
        """At once."""
        os._exit(3)


@dataclass(frozen=True)
class Raises(Sound):
    """Raises where there is an overseer."""

    def chance(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys, i: int) -> float:
        """Of a seat that it does not know."""
        return {"model": 0.5}[max(others, default=seat)]


@dataclass(frozen=True)
class Quits(Sound):
    """Raises SystemExit."""

    def chance(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys, i: int) -> float:
        """Not that."""
        raise SystemExit(0)


@dataclass(frozen=True)
class RaisesLater(Sound):
    """Raises if it is asked for one policy alone."""

    def chance(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys, i: int) -> float:
        """By the next key."""
        return float(keys[1]) / 10


@dataclass(frozen=True)
class OneForAll(Sound):
    """Gives one policy for all keys."""

    def policies(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys) -> Sequence[Policy]:
        """The first."""
        return [*super().policies(game, seat, others, keys)][:1]


@dataclass(frozen=True)
class Misfit(Sound):
    """Gives policies of another game."""

    def policies(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys) -> Sequence[Policy]:
        """Of three states."""
        return [Policy(np.ones((1, 1, 1)), np.zeros(3, np.int32))] * len(keys)


@dataclass(frozen=True)
class Tables(Sound):
    """Gives arrays instead of policies."""

    def policies(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys) -> Sequence[Policy]:
        """As they are."""
        return [policy.probability for policy in super().policies(game, seat, others, keys)]  # type: ignore[misc]


@dataclass(frozen=True)
class Halves(Sound):
    """Changes its policies after they have been looked at."""

    def policies(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys) -> Sequence[Policy]:
        """Half of each chance."""
        found = super().policies(game, seat, others, keys)
        for policy in found:
            policy.probability[:] /= 2
        return found


@dataclass(frozen=True)
class Nowhere(Sound):
    """Gives NaN, which its policy refuses."""

    def policies(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys) -> Sequence[Policy]:
        """None."""
        told = view(game, seat)
        return [told.table(np.full(told.legal.shape, np.nan))] * len(keys)


@dataclass(frozen=True)
class Payer(Sound):
    """Pays itself."""

    def chance(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys, i: int) -> float:
        """And defects."""
        game.reward.setflags(write=True)
        game.reward[:] = 1.0
        return 1.0


@dataclass(frozen=True)
class Whisperer(Sound):
    """Changes the policies of others."""

    def chance(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys, i: int) -> float:
        """Let them do the other thing."""
        for policy in others.values():
            policy.probability[:] = policy.probability[..., ::-1] ** 2
        return 1.0


@dataclass(frozen=True)
class KeyEater(Sound):
    """Uses keys up."""

    def chance(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys, i: int) -> float:
        """The key itself."""
        keys[i] += np.uint64(1)
        return float(keys[i]) / 10


@dataclass(frozen=True)
class Unseeded(Sound):
    """Draws from nowhere."""

    def chance(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys, i: int) -> float:
        """Anything."""
        return float(np.random.default_rng().random())


@dataclass(frozen=True)
class Counts(Sound):
    """Remembers how often it was asked."""

    asked: ClassVar[list[int]] = []

    def chance(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys, i: int) -> float:
        """More and more."""
        self.asked.append(i)
        return 1 - 1 / len(self.asked)


@dataclass(frozen=True)
class Shared(Sound):
    """Draws from the generator of NumPy that everybody shares."""

    def chance(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys, i: int) -> float:
        """Anything."""
        return float(np.random.random())


@dataclass(frozen=True)
class SharedToo(Sound):
    """Draws from Python's."""

    def chance(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys, i: int) -> float:
        """Anything."""
        return random.random()


@dataclass(frozen=True)
class Places(Sound):
    """Goes by the place of a key."""

    def chance(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys, i: int) -> float:
        """By place."""
        return i / 10


@dataclass(frozen=True)
class Stream(Sound):
    """Draws for all keys from the first."""

    def chance(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys, i: int) -> float:
        """By order."""
        return float(np.random.default_rng(int(keys[0])).random(i + 1)[i])


@dataclass(frozen=True)
class Hashes(Sound):
    """Goes by the hash of a text."""

    def chance(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys, i: int) -> float:
        """Of the seat."""
        return hash(f"{seat} {keys[i]}") % 1000 / 1000


@dataclass(frozen=True)
class Hoards(Sound):
    """Goes by how many games it has met."""

    met: ClassVar[set[str]] = set()

    def chance(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys, i: int) -> float:
        """More and more: but the same in every game as long as no other comes between."""
        self.met.add(game.name)
        return 1 - 1 / len(self.met)


@dataclass(frozen=True)
class Leaves(Sound):
    """Does not come back to a game that it has left."""

    met: ClassVar[list[str]] = []

    def chance(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys, i: int) -> float:
        """As soon as there was another one."""
        if game.name in self.met[:-1] and game.name != self.met[-1]:
            raise RuntimeError("not again")
        self.met.append(game.name)
        return 1.0


@dataclass(frozen=True)
class Picky(Known):
    """Plays nothing."""

    def act(self, view: View) -> Policy:
        """Refuse."""
        raise self.refuse("this is beneath me")


@dataclass(frozen=True)
class Forgets(Resumable):
    """A learner that begins anew when it is gone on with."""

    steps: int = 10

    @property
    def length(self) -> int:
        """As set."""
        return self.steps

    def begin(self, practice: Practice, keys: Keys) -> Arrays:
        """A number for every key."""
        return {"learned": np.zeros(len(keys)), "key": keys.astype(np.float64)}

    def advance(self, practice: Practice, arrays: Arrays, done: int, until: int) -> Arrays:
        """What was learned before is not gone on with."""
        return {**arrays, "learned": arrays["key"] * (until - done)}

    def tabulate(self, practice: Practice, arrays: Arrays) -> Sequence[Policy]:
        """By what it has learned."""
        return [defecting(practice.view, float(learned) / 100) for learned in arrays["learned"]]
