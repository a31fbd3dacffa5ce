"""What an optimum is an optimum of: a weight on the reward of every round."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from arena.errors import TurncoatError, nearest
from arena.game.game import LATE, Floats, Game
from arena.play.evaluate import evaluate
from arena.play.policy import Policy, together

OBJECTIVES = ("return", "return-to-date")


@dataclass(frozen=True)
class Objective:
    """The expected sum of the seat's observed rewards over some timesteps, each discounted within its episode.

    ``return`` is over one episode. ``return-to-date`` is over the timesteps taken so far: after ``episodes`` complete
    episodes and ``rounds`` rounds of the present one, all played by the same policy, the sum is in expectation
    ``episodes * J_H + J_rounds``, where J_t is the expected discounted return of the first t rounds and H the horizon.
    That is a return in which round s (from 0) weighs ``episodes + 1[s < rounds]``. With no complete episode nothing
    after the present round weighs anything: every action there is optimal.
    """

    name: str = "return"
    episodes: int = 0
    rounds: int = 0

    def weights(self, horizon: int) -> Floats:
        """The weight of every round, the largest scaled to one so that ties are told alike; all 0 at the very start.

        Raises:
            TurncoatError: more rounds than the game has.
        """
        if self.name == "return":
            return np.ones(horizon)
        if self.rounds > horizon:
            raise TurncoatError(f"an episode lasts {horizon} rounds; {self.rounds} cannot have been taken of it")
        return (self.episodes + (np.arange(horizon) < self.rounds)) / self.scale

    @property
    def scale(self) -> float:
        """What a sum with ``weights`` is to be multiplied by to be the sum over the timesteps."""
        return 1.0 if self.name == "return" else float(max(1, self.episodes + (self.rounds > 0)))

    def worth(self, game: Game, policies: Mapping[str, Policy], seat: str) -> float:
        """The exact value of policies to ``seat``, by evaluating them."""
        if self.name == "return":
            return evaluate(game, policies, seat).total("observed")
        game, policies = together(game, policies)
        total = self.episodes * evaluate(game, policies, seat).total("observed") if self.episodes else 0.0
        if self.rounds:
            total += evaluate(first_rounds(game, self.rounds), _cut(policies, self.rounds), seat).total("observed")
        return total


RETURN = Objective()


def to_date(episodes: int, rounds: int) -> Objective:
    """The sum over the timesteps taken so far: ``episodes`` complete episodes and ``rounds`` rounds of the present one.

    Raises:
        TurncoatError: a negative number.
    """
    if episodes < 0 or rounds < 0:
        raise TurncoatError(f"timesteps taken so far cannot be negative: {episodes} episodes, {rounds} rounds")
    return Objective("return-to-date", episodes, rounds)


def named(name: str, game: Game, episodes: int = 0, rounds: int | None = None) -> Objective:
    """The objective called ``name``; ``rounds`` left out are those before the late window can first be met.

    Raises:
        TurncoatError: there is no such objective, or a number does not fit.
    """
    if name not in OBJECTIVES:
        raise TurncoatError(f"there is no objective {name!r}{nearest(name, OBJECTIVES)}")
    if name == "return":
        return RETURN
    objective = to_date(episodes, before_late(game) if rounds is None else rounds)
    objective.weights(game.horizon)
    return objective


def before_late(game: Game) -> int:
    """The rounds before a state of the late window can first be met; all of them where none can."""
    from arena.solve.optimal import within_reach

    late = within_reach(game) & (game.window == LATE)
    return int(late.any(axis=1).argmax()) if late.any() else game.horizon


def first_rounds(game: Game, rounds: int) -> Game:
    """The game's first ``rounds`` rounds, at least one; then play ends. States of later spans are left, unreachable."""
    ends = np.minimum(game.ends, rounds)
    last = int(np.argmax(ends == rounds))
    spans = tuple(np.diff(ends, prepend=0).tolist())
    return replace(game, spans=spans, crossing=np.where(game.span < last, game.crossing, -1))


def _cut(policies: Mapping[str, Policy], rounds: int) -> dict[str, Policy]:
    """The policies as tables of the game they are all on, for its first rounds alone."""
    clocked = {seat: len(policy.probability) > 1 for seat, policy in policies.items()}
    return {
        seat: Policy(policy.probability[:rounds] if clocked[seat] else policy.probability, policy.index)
        for seat, policy in policies.items()
    }
