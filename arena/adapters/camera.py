"""What plays a game for an environment with a ``render_mode``: a stepper that films what it plays, and shows it."""

from dataclasses import replace
from typing import Any

import numpy as np
from gymnasium import logger
from numpy.typing import NDArray

from arena import kernels
from arena.errors import TurncoatError, nearest
from arena.game.game import CHANNELS, Bools, Floats, Game, Ints
from arena.game.scenario import scenarios
from arena.play.stepper import Stepper
from arena.show.film import Credits, Film
from arena.show.renderer import MODES, serving
from arena.show.replay import Replay

HUMAN = "human"

RATE = 4
"""Rounds a second, for those who make a film of what is rendered."""


def metadata(game: Game) -> dict[str, Any]:
    """What an environment says of itself."""
    return {"name": game.name, "render_modes": list(MODES), "render_fps": RATE}


def stepper(game: Game, key: int, seat: str, mode: str | None) -> Stepper:
    """One copy of a game, filmed where there is a ``render_mode``; a TurncoatError names the nearest one."""
    return Stepper(game, 1, key) if mode is None else Camera(game, key, seat, mode)


def rendered(played: Stepper) -> Any:
    """What an environment's ``render`` returns: without a ``render_mode`` nothing, and a warning."""
    if isinstance(played, Camera):
        return played.frame()
    logger.warn("render() shows nothing: this environment was made without a render_mode, such as 'rgb_array'")
    return None


def closed(played: Stepper) -> None:
    """Close what is shown, if anything is."""
    if isinstance(played, Camera):
        played.close()


class Camera(Stepper):
    """One copy of a game whose episode is filmed. In mode "human" every moment is shown as it comes."""

    def __init__(self, game: Game, key: int, seat: str, mode: str) -> None:
        """Begin as ``Stepper`` does, with an eye on ``seat``."""
        if mode not in MODES:
            raise TurncoatError(f"{game.name}: there is no render_mode {mode!r}{nearest(mode, MODES)}")
        self._renderer, self._live = serving(mode), mode == HUMAN
        title = scenarios()[game.name].title if game.name in scenarios() else game.name
        self._film = Film(game, seat, Credits(title, game.name))
        self._begun = False
        self._paying = [
            game.tables._replace(reward=np.ascontiguousarray(game.reward[channel : channel + 1], np.float64))
            for channel in range(len(CHANNELS))
        ]
        super().__init__(game, 1, key)

    def reset(self) -> None:
        """Go on to the next episode, as ``Stepper.reset`` does."""
        super().reset()
        self._film.named = replace(self._film.named, seed=int(self._key), episode=self.episode.item())
        self._film.begin(self.state.item())
        self._begun = True
        if self._live:
            self._renderer.frame(self.replay)

    def step(self, actions: Ints) -> tuple[Floats, Bools, NDArray[np.int32]]:
        """Play one round, as ``Stepper.step`` does."""
        before = self.state.copy(), self.clock.copy(), self.episode.copy(), self._rng.copy()
        paid, done, last = super().step(actions)
        state = before[0].item()
        carried = [seat.fold[state, action] for seat, action in zip(self.game.seats, actions[:, 0])]
        self._film.round(carried, self._pays(actions, before), last.item())
        if self._live:
            self._renderer.frame(self.replay)
        return paid, done, last

    @property
    def replay(self) -> Replay:
        """The episode so far.

        Raises:
            TurncoatError: none has begun.
        """
        if not self._begun:
            raise TurncoatError(f"{self.game.name}: there is nothing to render yet; call reset()")
        return self._film.replay()

    def frame(self) -> Any:
        """The last moment as the mode has it; None in mode "human", where it has been shown already."""
        return None if self._live else self._renderer.frame(self.replay)

    def close(self) -> None:
        """Close what is shown."""
        self._renderer.close()

    def _pays(self, actions: Ints, before: tuple[Ints, ...]) -> Floats:
        """What a round has paid in every channel ``[channel, P]``: it is played again, and another channel pays."""
        pays = np.zeros((len(self._paying), *actions.shape))
        for channel, tables in enumerate(self._paying):
            state, clock, episode, rng = (array.copy() for array in before)
            kernels.step(
                tables,
                self._key,
                np.ascontiguousarray(actions, np.int64),
                state,
                clock,
                episode,
                rng,
                self._listed,
                pays[channel],
                np.zeros_like(self.done),
                np.zeros_like(self._last),
            )
        return pays[:, :, 0]
