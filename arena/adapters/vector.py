"""One seat of many copies of a game as a stable-baselines3 ``VecEnv``, stepped as arrays."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete, MultiDiscrete
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from arena import kernels
from arena.adapters import compiled
from arena.adapters.sight import Sight
from arena.errors import TurncoatError
from arena.game.game import Bools, Floats, Game, Ints
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
        self._key = key
        self._actions = np.zeros((len(game.seats), copies), np.int64)
        self._return = np.zeros(copies)
        self._length = np.zeros(copies, np.int64)
        self._blank: list[dict[str, Any]] = [{} for _ in range(copies)]
        super().__init__(copies, self.sight.observation_space, self.sight.action_space)

    def end_at_deployment(self) -> None:
        """From now on, end every episode where deployment begins, as if the game ended there.

        What pays in deployment is then never seen. Nothing else shows: an observation is what it always was.

        Raises:
            TurncoatError: every episode begins in deployment, so that nothing would be left.
        """
        game = self._stepper.game
        self._stepper = CutStepper(game, self.num_envs, self._key, game.deployment)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Where every copy is in its episode and in its stream, and what it has been paid, to ``restore`` from."""
        return {name: array.copy() for name, array in self._places().items()}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Put every copy where ``arrays`` found those of an environment made in the same way."""
        self._stepper.begin(int(arrays["key"][0]))
        for name, array in self._places().items():
            array[:] = arrays[name]

    def _places(self) -> dict[str, NDArray[Any]]:
        return {"return": self._return, "length": self._length, **places(self._stepper)}

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


class CutStepper(Stepper):
    """Copies of a game whose episodes end where ``cut`` says, as if the game ended there.

    A step that leads into a cut state is paid and is the episode's last. Episodes that begin in one are passed over,
    from the first ``reset`` on.
    """

    def __init__(self, game: Game, copies: int, key: int, cut: Bools) -> None:
        """Begin as ``Stepper`` does; ``cut [S]``. A TurncoatError if every episode begins in a cut state."""
        first = game.successor[game.start[game.initial] : game.start[game.initial + 1]]
        if cut[first].all():
            raise TurncoatError(
                f"{game.name}: every episode begins in deployment: before it there is nothing to learn from"
            )
        self._cut = cut
        super().__init__(game, copies, key)

    def reset(self) -> None:
        """Go on to the next episode in every copy but those that have just begun one."""
        super().reset()
        self._pass_over()

    def step(self, actions: Ints) -> tuple[Floats, Bools, NDArray[np.int32]]:
        """Play one round in every copy, as ``Stepper.step`` does."""
        paid, done, last = super().step(actions)
        cut = self._cut[self.state] & ~done
        last[cut] = self.state[cut]
        done |= cut
        self._pass_over()
        return paid, done, last

    def _pass_over(self) -> None:
        """Go on to the next episode in every copy that is where it is cut, until none is."""
        while len(copies := np.flatnonzero(self._cut[self.state])):
            state, clock, rng = self.state[copies], self.clock[copies], self._rng[copies]
            self.episode[copies] += self.copies
            kernels.reset(self._tables, self._key, state, clock, self.episode[copies], rng)
            self.state[copies], self.clock[copies], self._rng[copies] = state, clock, rng


def places(stepper: Stepper) -> dict[str, NDArray[Any]]:
    """The arrays that say where a stepper's copies are; the key of its stream is in ``key [1]``, a copy."""
    return {
        "key": np.asarray([stepper._key], np.uint64),
        "state": stepper.state,
        "clock": stepper.clock,
        "episode": stepper.episode,
        "done": stepper.done,
        "random": stepper._rng,
    }
