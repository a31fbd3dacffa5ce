"""A game as a PettingZoo ``AECEnv``: the seats choose one after another, none seeing what the others chose."""

from typing import Any

from pettingzoo.utils.conversions import parallel_to_aec

from arena.adapters.parallel import parallel_env
from arena.game.game import Game
from arena.spec import Setting


def aec_env(scenario: str | Game, render_mode: str | None = None, **settings: Setting) -> Any:
    """A PettingZoo ``AECEnv`` of a scenario, by name or compiled: PettingZoo's own conversion of the parallel view."""
    return parallel_to_aec(parallel_env(scenario, render_mode, **settings))
