"""One take: an agent plays an episode of a game, looked at through every lens there is."""

from collections.abc import Mapping

import numpy as np

from arena.game.game import Game
from arena.play.agent import Agent
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
    others, key = others or {}, np.asarray([named.seed], np.uint64)
    (policy,) = agent.policies(game, seat, others, key)
    lenses = flipped(game, seat, policy)
    if refit:
        lenses += remade(game, seat, agent, others, key)
    return film(record(game, {seat: policy, **others}, named.seed, named.episode, seat), named, lenses)
