"""Policies that somebody trained with stable-baselines3, played from the archives that its ``save`` writes."""

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.sb3 import A2C, DQN, PPO, Library, RecurrentPPO
from arena.errors import TurncoatError, nearest
from arena.game.game import Game
from arena.learn.practice import Practice
from arena.play.agent import Agent, Keys
from arena.play.policy import Policy
from arena.plugins import TRUST, kebab, trusted

READ: dict[str, type[Library]] = {kebab(kind.__name__): kind for kind in (PPO, A2C, DQN, RecurrentPPO)}
PARTS = {"data", "policy.pth"}


@dataclass(frozen=True)
class SB3(Agent):
    """A policy from a stable-baselines3 archive: sb3:path=model.zip,algorithm=ppo.

    It is tabulated as the learner of the same name is, and plays where the spaces are those it was trained in. Loading
    an archive runs code from the file, so it is refused unless ``arena.plugins.trust`` or ``--trust`` allowed that.
    Only what is in the archive is loaded: whatever wrapped the environment, such as a normaliser, is not. Every key
    gets the same policy.
    """

    path: str = ""
    algorithm: str = "ppo"

    def __post_init__(self) -> None:
        if self.algorithm not in READ:
            raise self.refuse(f"there is no algorithm {self.algorithm!r}{nearest(self.algorithm, READ)}")
        if self.path:
            self._ask()

    def policies(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys) -> Sequence[Policy]:
        """The one policy; a TurncoatError says what is wrong with the file, or where it would fit."""
        if not self.path:
            raise self.refuse("name the file, as in sb3:path=model.zip,algorithm=ppo")
        self._ask()
        learner, path = READ[self.algorithm](), Path(self.path)
        model = load(path, learner)
        check(path, model, game, seat)
        model.policy.set_training_mode(False)
        return [learner.read(Practice(game, seat, others), model.policy)] * len(keys)

    def _ask(self) -> None:
        if not trusted():
            hint = f"if you trust whoever made it, give --trust, or set {TRUST}=1"
            raise self.refuse(f"loading {self.path} runs code from the file; {hint}")


def load(path: Path, learner: Library) -> Any:
    """The library's object from an archive, which runs code from it.

    Raises:
        TurncoatError: there is no such file, it is no such archive, or another algorithm's.
    """
    import torch

    kind = learner.algorithm()
    try:
        with zipfile.ZipFile(path) as archive:
            lacking = PARTS - set(archive.namelist())
    except FileNotFoundError:
        raise TurncoatError(f"{path}: no such file") from None
    except (OSError, zipfile.BadZipFile) as error:
        raise TurncoatError(f"{path}: not a zip archive ({error})") from None
    if lacking:
        raise TurncoatError(
            f"{path}: not an archive of stable-baselines3: it has no {' and no '.join(sorted(lacking))}"
        )
    torch.set_num_threads(1)
    try:
        with path.open("rb") as stream:
            return kind.load(stream, device="cpu")
    except Exception as error:  # whatever code the file runs may raise anything
        raise TurncoatError(f"{path}: cannot be loaded as {kind.__name__}: {type(error).__name__}: {error}") from None


def check(path: Path, model: Any, game: Game, seat: str) -> None:
    """Check that a loaded model sees and does what the seat does; a TurncoatError says what else it does."""
    from arena.adapters.sight import Sight

    sight = Sight(game, seat)
    for what, here in (("observation", sight.observation_space), ("action", sight.action_space)):
        there = getattr(model, f"{what}_space")
        if there != here:
            raise TurncoatError(
                f"{path}: does not fit the seat {seat!r} of {game.name}: its {what} space is {there}, not {here}"
            )
