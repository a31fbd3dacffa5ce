"""Turncoat: does an agent behave while it is watched and turn later, because waiting pays?

The names here are the front door; each is imported when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arena.adapters.aec import aec_env
    from arena.adapters.parallel import parallel_env
    from arena.adapters.single import gym_env
    from arena.adapters.vector import vector_env
    from arena.errors import TurncoatError
    from arena.game.compile import compile_game
    from arena.game.game import Game
    from arena.game.model import Labels, Model, Rewards
    from arena.game.scenario import find as scenario
    from arena.game.scenario import scenarios
    from arena.play.evaluate import evaluate, sample
    from arena.play.policy import Policy, View, view

_HOMES = {
    "Game": "arena.game.game",
    "Labels": "arena.game.model",
    "Model": "arena.game.model",
    "Policy": "arena.play.policy",
    "Rewards": "arena.game.model",
    "TurncoatError": "arena.errors",
    "View": "arena.play.policy",
    "aec_env": "arena.adapters.aec",
    "compile_game": "arena.game.compile",
    "evaluate": "arena.play.evaluate",
    "gym_env": "arena.adapters.single",
    "parallel_env": "arena.adapters.parallel",
    "sample": "arena.play.evaluate",
    "scenario": "arena.game.scenario:find",
    "scenarios": "arena.game.scenario",
    "vector_env": "arena.adapters.vector",
    "view": "arena.play.policy",
}

__all__ = [
    "Game",
    "Labels",
    "Model",
    "Policy",
    "Rewards",
    "TurncoatError",
    "View",
    "aec_env",
    "compile_game",
    "evaluate",
    "gym_env",
    "parallel_env",
    "sample",
    "scenario",
    "scenarios",
    "vector_env",
    "view",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'arena' has no attribute {name!r}")
    module, _, attribute = _HOMES[name].partition(":")
    value = globals()[name] = getattr(import_module(module), attribute or name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
