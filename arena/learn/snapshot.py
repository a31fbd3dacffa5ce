"""All of a stable-baselines3 learner between two rollouts, as arrays: no pickle, and exact to the bit."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arena.learn.learner import Arrays

if TYPE_CHECKING:
    from arena.adapters.vector import GameVecEnv


STORED = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")
"""What a replay buffer holds of every timestep."""

COUNTERS = ("num_timesteps", "_n_calls", "_n_updates", "exploration_rate")
"""How far a learner is, and how much it explores."""


def train_until(model: Any, until: int, length: int) -> None:
    """Learn to the end, at ``length`` steps, but stop where a rollout would begin at ``until`` steps or more."""
    from stable_baselines3.common.callbacks import BaseCallback

    class Pause(BaseCallback):
        """Leaves the library's loop by the only door that is not in the middle of a rollout."""

        def _on_rollout_start(self) -> None:
            if self.num_timesteps >= until:
                raise _PauseError

        def _on_step(self) -> bool:
            return True

    done = model.num_timesteps
    with suppress(_PauseError):
        model.learn(length - done, callback=Pause(), reset_num_timesteps=done == 0)


class _PauseError(Exception):
    """The segment is over."""


def snapshot(model: Any) -> Arrays:
    """Everything that the rest of the training depends on, taken where a rollout would begin.

    Networks, optimiser, the games' places, the last observations, replay buffer and certificate where there is one, and
    every generator that the library draws from: torch's, NumPy's global one and the action space's.
    """
    import torch

    environment: GameVecEnv = model.get_env()
    arrays: Arrays = {f"games/{name}": array for name, array in environment.arrays().items()}
    arrays |= {f"network/{name}": tensor.numpy().copy() for name, tensor in model.policy.state_dict().items()}
    for number, values in model.policy.optimizer.state_dict()["state"].items():
        for name, value in values.items():
            arrays[f"optimiser/{number}/{name}"] = torch.as_tensor(value).detach().numpy().copy()
    _, words, position, kept, normal = np.random.get_state()
    arrays["generator/numpy"] = np.asarray(words)
    arrays["generator/numpy-place"] = np.asarray([position, kept, normal], np.float64)
    arrays["generator/torch"] = torch.get_rng_state().numpy().copy()
    state = json.dumps(model.action_space.np_random.bit_generator.state, sort_keys=True)
    arrays["generator/actions"] = np.frombuffer(state.encode(), np.uint8)
    arrays["counters"] = np.asarray([getattr(model, name, 0) for name in COUNTERS], np.float64)
    if model._last_obs is not None:
        arrays["seen"] = model._last_obs.copy()
        arrays["starts"] = model._last_episode_starts.copy()
    for number, memory in enumerate(_memories(model)):
        arrays[f"memory/{number}"] = memory.numpy().copy()
    if hasattr(model, "certificate"):
        arrays["certificate"] = model.certificate.copy()
    if (replay := getattr(model, "replay_buffer", None)) is not None:
        arrays["replay/place"] = np.asarray([replay.pos, replay.full])
        arrays |= {f"replay/{name}": getattr(replay, name).copy() for name in STORED}
    return arrays


def restore(model: Any, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Put a learner that has just been made, with the same settings, where ``snapshot`` left another."""
    import torch

    def below(prefix: str) -> dict[str, NDArray[Any]]:
        return {key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)}

    model.get_env().restore(below("games/"))
    model.policy.load_state_dict({name: torch.tensor(array) for name, array in below("network/").items()})
    optimiser = model.policy.optimizer
    state: dict[int, dict[str, Any]] = {}
    for key, array in below("optimiser/").items():
        place, name = key.split("/")
        state.setdefault(int(place), {})[name] = torch.tensor(array)
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
    model.action_space.np_random.bit_generator.state = json.loads(bytes(arrays["generator/actions"]))
    for counter, value in zip(COUNTERS, arrays["counters"].tolist(), strict=True):
        setattr(model, counter, value if counter == "exploration_rate" else int(value))
    if "seen" in arrays:
        model._last_obs, model._last_episode_starts = arrays["seen"].copy(), arrays["starts"].copy()
    for number, memory in enumerate(_memories(model)):
        memory.copy_(torch.tensor(arrays[f"memory/{number}"]))
    if "certificate" in arrays:
        model.certificate = arrays["certificate"].copy()
    if (replay := getattr(model, "replay_buffer", None)) is not None:
        replay.pos, replay.full = int(arrays["replay/place"][0]), bool(arrays["replay/place"][1])
        for name in STORED:
            getattr(replay, name)[:] = arrays[f"replay/{name}"]
    position, kept, normal = arrays["generator/numpy-place"]
    np.random.set_state(("MT19937", arrays["generator/numpy"], int(position), int(kept), float(normal)))
    torch.set_rng_state(torch.tensor(arrays["generator/torch"]))  # last: making tensors draws nothing, but be sure


def _memories(model: Any) -> list[Any]:
    """The tensors that a recurrent learner carries from round to round."""
    states = getattr(model, "_last_lstm_states", None)
    return [] if states is None else [*states.pi, *states.vf]
