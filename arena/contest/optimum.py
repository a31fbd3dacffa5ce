"""What the exact optimum does where agents were compared: solved anew, if the scenario is still the same."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from arena.contest.match import MODEL, Board, opposition, overseer
from arena.contest.standings import Setup
from arena.errors import TurncoatError
from arena.game.game import Game
from arena.measure.early_rate import measure as early_rate
from arena.measure.late_rate import measure as late_rate
from arena.play.evaluate import evaluate
from arena.play.policy import Policy
from arena.solve.optimal import optimal


@dataclass(frozen=True)
class Optimum:
    """The best that the model can do knowing the true state, and what that looks like."""

    value: float  # expected discounted observed return
    play: str  # C and D along the free path, one letter an opportunity
    unique: bool | None  # None: not determined
    early_rate: float
    late_rate: float


def game_of(setup: Setup, trust: bool = False) -> Game:
    """The game of a setup, compiled again.

    Raises:
        TurncoatError: the scenario is gone, or it is another one now.
    """
    game = Board.compiled(setup.found, dict(setup.settings), trust).game
    if game.digest != setup.digest:
        raise TurncoatError(f"{setup.name} has changed since these matches were played")
    return game


def others(game: Game, setup: Setup) -> dict[str, Policy]:
    """The policies that the model meets in a setup; a TurncoatError says that the overseer is gone."""
    return opposition(game, overseer(setup.overseer_name) if setup.overseer_name else None)


def least(game: Game, against: Mapping[str, Policy]) -> float:
    """The least that the model can earn against fixed policies: less the optimum of the game with rewards reversed."""
    return -optimal(replace(game, reward=-game.reward), MODEL, against).value


def solve(game: Game, against: Mapping[str, Policy]) -> Optimum:
    """The optimum of a game against fixed policies."""
    best = optimal(game, MODEL, against)
    shown = evaluate(game, {MODEL: best.policy, **against}, MODEL)
    return Optimum(
        value=best.value,
        play=best.play,
        unique=best.unique,
        early_rate=early_rate.exact(shown),
        late_rate=late_rate.exact(shown),
    )
