"""One seat of a game as a Gymnasium ``Env``, the other seats played by policies."""

from collections.abc import Mapping
from operator import index
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Discrete, MultiDiscrete
from numpy.typing import NDArray

from arena.adapters import compiled
from arena.adapters.camera import closed, metadata, rendered, stepper
from arena.adapters.sight import Sight
from arena.errors import TurncoatError
from arena.game.game import Game
from arena.play.policy import Policy, everybody, profile
from arena.spec import Setting

Observation = NDArray[np.int64]
Info = dict[str, Any]


def gym_env(
    scenario: str | Game,
    seat: str = "model",
    others: Mapping[str, Policy] | None = None,
    render_mode: str | None = None,
    **settings: Setting,
) -> "GameEnv":
    """A Gymnasium ``Env`` of one seat; seats that ``others`` does not name take their first legal action."""
    return GameEnv(compiled(scenario, settings), seat, others or {}, render_mode)


class GameEnv(gymnasium.Env[Observation, np.int64]):
    """One copy of a game, seen from one seat.

    ``reset(seed=s)`` begins stream ``s`` with its episode 0, a later ``reset()`` goes on to the next episode; without
    any seed the stream is a random one. Episodes terminate and are never truncated: the horizon is part of the game.
    The info holds ``action_mask``; an illegal action is carried out as the one it folds to.

    A ``render_mode`` is "human" (a window), "rgb_array" or "ansi"; what is rendered is what an onlooker sees, the truth
    included.
    """

    observation_space: MultiDiscrete
    action_space: Discrete

    def __init__(self, game: Game, seat: str, others: Mapping[str, Policy], render_mode: str | None = None) -> None:
        """Take ``seat``, while ``others`` play theirs."""
        self.metadata = metadata(game)
        self.render_mode = render_mode
        self.sight = Sight(game, seat)
        self.observation_space = self.sight.observation_space
        self.action_space = self.sight.action_space
        self._seat = game.seat_number(seat)
        self._others = [place for place in range(len(game.seats)) if place != self._seat]
        self._everyone = profile(everybody(game, others))
        self._stepper = stepper(game, 0, seat, render_mode)
        self._actions = np.zeros((len(game.seats), 1), np.int64)
        self._clock: int | None = None  # rounds played, None while there is no episode
        self._begun = False

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Observation, Info]:
        """Begin an episode. ``options`` are ignored."""
        super().reset(seed=seed)
        if seed is not None:
            self._stepper.begin(seed)
        elif not self._begun:
            self._stepper.begin(int(self.np_random.integers(2**64, dtype=np.uint64)))
        self._stepper.reset()
        self._begun, self._clock = True, 0
        return self._seen(self._stepper.state.item(), 0)

    def step(self, action: np.int64 | int) -> tuple[Observation, float, bool, bool, Info]:
        """Play a round: observation, observed reward, whether it terminated, False, info.

        Raises:
            TurncoatError: there is no episode, or the action is out of range.
        """
        if self._clock is None:
            raise TurncoatError(f"{self.metadata['name']}: the episode is over, or none has begun; call reset()")
        for other in self._others:
            self._stepper.choose(self._everyone, other, self._actions)
        self._actions[self._seat, 0] = index(action)
        paid, done, last = self._stepper.step(self._actions)
        clock = self._clock + 1
        over = done.item()
        self._clock = None if over else clock
        observation, info = self._seen(last.item(), clock)
        return observation, paid[self._seat, 0].item(), over, False, info

    def render(self) -> Any:
        """The moment as the ``render_mode`` has it: an array ``[height, width, 3]``, a text, or None."""
        return rendered(self._stepper)

    def close(self) -> None:
        """Close the window, if there is one."""
        closed(self._stepper)

    def _seen(self, state: int, clock: int) -> tuple[Observation, Info]:
        return self.sight.vector(state, clock), {"action_mask": self.sight.mask(state)}
