"""One take: an agent plays an episode of a game, looked at through every lens there is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from arena.game.game import Game
from arena.play.agent import Agent
from arena.play.evaluate import evaluate
from arena.play.policy import Policy
from arena.play.trajectory import record
from arena.show.film import Credits, film
from arena.show.lens import flipped, remade
from arena.show.replay import Replay


def take(
    game: Game,
    agent: Agent,
    named: Credits,
    others: Mapping[str, Policy] | None = None,
    seat: str = "model",
    refit: bool = True,
) -> Replay:
    """The replay of episode ``named.episode`` of stream ``named.seed``, which is the agent's key too.

    Args:
        game: what is played.
        agent: who plays ``seat``; it is made, and if it learns trained, anew.
        named: names, the seed and the episode.
        others: the policies of the other seats; those not named take their first legal action.
        seat: whose replay it is.
        refit: whether to make the agent once more with the future removed, which for a learner is as long again.
    """
    return takes(game, agent, named, [named.episode], others, seat, refit)[0]


def takes(
    game: Game,
    agent: Agent,
    named: Credits,
    episodes: Sequence[int],
    others: Mapping[str, Policy] | None = None,
    seat: str = "model",
    refit: bool = True,
) -> list[Replay]:
    """The same for several episodes of one agent, which is made once for all of them."""
    others, key = others or {}, np.asarray([named.seed], np.uint64)
    (policy,) = agent.policies(game, seat, others, key)
    lenses = flipped(game, seat, policy, agent, others)
    if refit:
        lenses += remade(game, seat, agent, others, key)
    everyone = {seat: policy, **others}
    named = named if named.exact is not None else replace(named, exact=summary(game, everyone, seat))
    return [
        film(record(game, everyone, named.seed, episode, seat), replace(named, episode=episode), lenses)
        for episode in episodes
    ]


def summary(game: Game, policies: Mapping[str, Policy], seat: str) -> dict[str, float]:
    """What a seat does over all episodes, exactly; without the rates of what it never has the opportunity to do."""
    found = evaluate(game, policies, seat)
    rates = {
        "early rate": (found.early_defections, found.early_opportunities),
        "late rate": (found.late_defections, found.late_opportunities),
    }
    told = {name: defections / met for name, (defections, met) in rates.items() if met > 0}
    return {**told, "turn probability": found.turn_probability, "observed return": found.total("observed")}
