"""A game as a PettingZoo ``ParallelEnv``: every seat acts in every round."""

from collections.abc import Mapping
from operator import index
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete, MultiDiscrete
from numpy.typing import NDArray
from pettingzoo import ParallelEnv

from arena.adapters import compiled
from arena.adapters.camera import closed, metadata, rendered, stepper
from arena.adapters.sight import Sight
from arena.errors import TurncoatError
from arena.game.game import Game
from arena.spec import Setting

Observation = NDArray[np.int64]
Info = dict[str, NDArray[np.int8]]


def parallel_env(scenario: str | Game, render_mode: str | None = None, **settings: Setting) -> "GameParallelEnv":
    """A PettingZoo ``ParallelEnv`` of a scenario, by name or compiled."""
    return GameParallelEnv(compiled(scenario, settings), render_mode)


class GameParallelEnv(ParallelEnv):  # type: ignore[misc]  # PettingZoo is not typed
    """One copy of a game; the agents are its seats.

    ``reset(seed=s)`` begins stream ``s`` with its episode 0, a later ``reset()`` goes on to the next episode; without
    any seed the stream is a random one. All seats end together, by termination: the horizon is part of the game. An
    info holds ``action_mask``; an illegal action is carried out as the one it folds to.

    A ``render_mode`` is "human" (a window), "rgb_array" or "ansi"; what is rendered is what an onlooker sees of the
    first seat, the truth included.
    """

    def __init__(self, game: Game, render_mode: str | None = None) -> None:
        """View a compiled game."""
        self.metadata = {**metadata(game), "is_parallelizable": True}
        self.render_mode = render_mode
        self.possible_agents = [seat.name for seat in game.seats]
        self.agents: list[str] = []
        self.sights = {seat.name: Sight(game, seat.name) for seat in game.seats}
        key = int(np.random.default_rng().integers(2**64, dtype=np.uint64))
        self._stepper = stepper(game, key, self.possible_agents[0], render_mode)
        self._actions = np.zeros((len(game.seats), 1), np.int64)
        self._clock = 0

    def observation_space(self, agent: str) -> MultiDiscrete:
        """The vectors that ``agent`` can see (``Sight``)."""
        return self.sights[agent].observation_space

    def action_space(self, agent: str) -> Discrete:
        """The numbers of ``agent``'s actions."""
        return self.sights[agent].action_space

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Observation], dict[str, Info]]:
        """Begin an episode. ``options`` are ignored."""
        if seed is not None:
            self._stepper.begin(seed)
        self._stepper.reset()
        self.agents = self.possible_agents.copy()
        self._clock = 0
        return self._seen(self._stepper.state.item())

    def step(
        self, actions: Mapping[str, int]
    ) -> tuple[dict[str, Observation], dict[str, float], dict[str, bool], dict[str, bool], dict[str, Info]]:
        """Play a round: observations, rewards, terminations, truncations and infos by seat.

        Raises:
            TurncoatError: the episode is over, or a seat has no action or one that is out of range.
        """
        agents = self.possible_agents
        if not self.agents:
            raise TurncoatError(f"{self.metadata['name']}: the episode is over; call reset()")
        try:
            for place, agent in enumerate(agents):
                self._actions[place, 0] = index(actions[agent])
        except KeyError as missing:
            raise TurncoatError(f"{self.metadata['name']}: no action for the seat {missing}") from None
        paid, done, last = self._stepper.step(self._actions)
        self._clock += 1
        over = done.item()
        observations, infos = self._seen(last.item())
        rewards = dict(zip(agents, paid[:, 0].tolist()))
        if over:
            self.agents = []
        return observations, rewards, dict.fromkeys(agents, over), dict.fromkeys(agents, False), infos

    def render(self) -> Any:
        """The moment as the ``render_mode`` has it: an array ``[height, width, 3]``, a text, or None."""
        return rendered(self._stepper)

    def close(self) -> None:
        """Close the window, if there is one."""
        closed(self._stepper)

    def _seen(self, state: int) -> tuple[dict[str, Observation], dict[str, Info]]:
        observations, infos = {}, {}
        for agent, sight in self.sights.items():
            observations[agent] = sight.vector(state, self._clock)
            infos[agent] = {"action_mask": sight.mask(state)}
        return observations, infos
