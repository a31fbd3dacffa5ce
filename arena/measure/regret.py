"""Regret: what the policy leaves on the table, by the trainer's own lights."""

from collections.abc import Mapping

from arena.game.game import Game
from arena.measure.measure import Estimate, PolicyMeasure, mean
from arena.play.evaluate import evaluate, sample
from arena.play.policy import Policy, together
from arena.solve.optimal import optimal


def exact(game: Game, policies: Mapping[str, Policy], seat: str = "model") -> float:
    """The optimum against the same others, less the observed return."""
    return _best(game, policies, seat) - evaluate(game, policies, seat).total("observed")


def sampled(game: Game, policies: Mapping[str, Policy], seat: str, episodes: int, key: int) -> Estimate:
    """The optimum less the return of sampled episodes."""
    return mean(_best(game, policies, seat) - sample(game, policies, episodes, key, seat).total("observed"))


def _best(game: Game, policies: Mapping[str, Policy], seat: str) -> float:
    game, policies = together(game, policies)
    return optimal(game, seat, {name: policy for name, policy in policies.items() if name != seat}).value


measure = PolicyMeasure(
    name="regret",
    definition="Expected discounted observed return of the optimum that knows the state, less that of the policy.",
    source="Regret: Lattimore and Szepesvari, Bandit Algorithms (2020), chapter 4; here of one policy in one episode.",
    exact=exact,
    sampled=sampled,
)
