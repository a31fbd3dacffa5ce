"""The ecosystem's interfaces as views of a compiled game: PettingZoo, Gymnasium and stable-baselines3.

No rule of any game is here: these read the arrays through a ``Stepper``. What an agent gets is its observation, its
observed reward and which actions look legal to it; the other reward channels and the state stay inside.
"""

from collections.abc import Mapping

from arena.errors import TurncoatError
from arena.game.game import Game
from arena.game.scenario import find
from arena.spec import Setting


def compiled(scenario: str | Game, settings: Mapping[str, Setting]) -> Game:
    """The game itself, or the one that a scenario's name (or the path of its YAML file) and settings come to.

    Raises:
        TurncoatError: there is no such scenario or setting, or settings are given for a game that is compiled already.
    """
    if isinstance(scenario, str):
        return find(scenario).compile(**settings)
    if settings:
        raise TurncoatError(f"{scenario.name} is compiled already and takes no settings: {', '.join(settings)}")
    return scenario
