"""One seat of many copies of a game as a stable-baselines3 ``VecEnv``, stepped as arrays."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete, MultiDiscrete
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from arena.adapters import compiled
from arena.adapters.sight import Sight
from arena.game.game import Game
from arena.play.policy import Policy, everybody, profile
from arena.play.stepper import Stepper
from arena.spec import Setting

Observations = NDArray[np.int64]
Indices = None | int | Iterable[int]


def vector_env(
    scenario: str | Game,
    copies: int = 1024,
    seat: str = "model",
    others: Mapping[str, Policy] | None = None,
    key: int = 0,
    **settings: Setting,
) -> "GameVecEnv":
    """A stable-baselines3 ``VecEnv`` of one seat; seats that ``others`` does not name take their first legal action."""
    return GameVecEnv(compiled(scenario, settings), copies, seat, others or {}, key)


class GameVecEnv(VecEnv):
    """``copies`` copies of a game, all seen from one seat.

    Copy ``i`` of ``n`` plays episodes i, i + n, i + 2n, ... of stream ``key``; ``seed`` names another stream, begun at
    the next reset. The info of a copy that is done holds ``terminal_observation`` and ``episode``, its undiscounted
    return ``r`` and length ``l``; the others are empty. Illegal actions are carried out as what they fold to.
    """

    observation_space: MultiDiscrete
    action_space: Discrete

    def __init__(self, game: Game, copies: int, seat: str, others: Mapping[str, Policy], key: int) -> None:
        """Take ``seat`` in every copy, while ``others`` play theirs."""
        self.render_mode = None
        self.sight = Sight(game, seat)
        self._seat = game.seat_number(seat)
        self._others = [place for place in range(len(game.seats)) if place != self._seat]
        self._everyone = profile(everybody(game, others))
        self._stepper = Stepper(game, copies, key)
        self._actions = np.zeros((len(game.seats), copies), np.int64)
        self._return = np.zeros(copies)
        self._length = np.zeros(copies, np.int64)
        self._blank: list[dict[str, Any]] = [{} for _ in range(copies)]
        super().__init__(copies, self.sight.observation_space, self.sight.action_space)

    def reset(self) -> Observations:
        """Begin an episode in every copy. ``[copies, factors]``"""
        seed = self._seeds[0]
        if seed is not None:
            self._stepper.begin(seed)
        self._reset_seeds()
        self._reset_options()
        self._stepper.reset()
        self._return[:] = 0.0
        self._length[:] = 0
        return self.sight.vectors(self._stepper.state, self._stepper.clock)

    def step_async(self, actions: NDArray[Any]) -> None:
        """Note what the seat does in every copy. ``[copies]``"""
        np.copyto(self._actions[self._seat], actions)  # unlike assignment, refuses what is not whole

    def step_wait(self) -> tuple[Observations, NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Play the round: observations, observed rewards, which copies are done, infos."""
        for other in self._others:
            self._stepper.choose(self._everyone, other, self._actions)
        paid, done, last = self._stepper.step(self._actions)
        self._return += paid[self._seat]
        self._length += 1
        return (
            self.sight.vectors(self._stepper.state, self._stepper.clock),
            paid[self._seat].astype(np.float32),
            done.copy(),
            self._infos(np.flatnonzero(done), last),
        )

    def _infos(self, ended: NDArray[np.intp], last: NDArray[np.int32]) -> list[dict[str, Any]]:
        """An info for every copy. Empty ones are used again, unless somebody has written into them."""
        if any(self._blank):
            self._blank = [{} if info else info for info in self._blank]
        infos = self._blank.copy()
        if len(ended):
            returns, lengths = self._return[ended], self._length[ended]
            seen = self.sight.vectors(last[ended], lengths)
            for i, observation, r, length in zip(ended.tolist(), seen, returns.tolist(), lengths.tolist()):
                infos[i] = {"terminal_observation": observation, "episode": {"r": r, "l": length}}
            self._return[ended] = 0.0
            self._length[ended] = 0
        return infos

    def close(self) -> None:
        """Nothing to close."""

    def get_attr(self, attr_name: str, indices: Indices = None) -> list[Any]:
        """The attribute of the whole, once for every copy: the copies are no objects of their own."""
        return [getattr(self, attr_name)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices: Indices = None) -> None:
        """Refused: the copies are no objects of their own."""
        raise NotImplementedError(f"the copies are stepped as arrays; {attr_name!r} cannot be set on one")

    def env_method(
        self, method_name: str, *method_args: Any, indices: Indices = None, **method_kwargs: Any
    ) -> list[Any]:
        """Refused: the copies are no objects of their own."""
        raise NotImplementedError(f"the copies are stepped as arrays; {method_name!r} cannot be called on one")

    def env_is_wrapped(self, wrapper_class: type[Any], indices: Indices = None) -> list[bool]:
        """As good as wrapped in a ``Monitor``, whose infos these are; in nothing else."""
        from stable_baselines3.common.monitor import Monitor

        return [wrapper_class is Monitor] * len(list(self._get_indices(indices)))
