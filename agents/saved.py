"""Policies that were trained before, played from their files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from arena.game.game import Game
from arena.play.agent import Agent, Keys
from arena.play.policy import Policy


@dataclass(frozen=True)
class Saved(Agent):
    """A policy that turncoat train saved: saved:path=DIR/policies.npz,seed=0.

    It plays in the game it was trained in, in no other unless ``transfer`` is set; then it plays wherever its seat sees
    and does the same, as in a twin. The file is read without pickle. Every key gets the same policy.
    """

    path: str = ""
    seed: int = 0
    transfer: bool = False

    def policies(self, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys) -> Sequence[Policy]:
        """The one policy; a TurncoatError says where it fits if not here, or which seeds there are."""
        from arena.learn.saved import fits, load_policies

        if not self.path:
            raise self.refuse("name the file, as in saved:path=runs/mine/policies.npz")
        path = Path(self.path)
        found = load_policies(path)
        fits(path, found, game, seat, self.transfer)
        seeds = found.manifest["seeds"]
        if self.seed not in seeds:
            raise self.refuse(f"{path} has no seed {self.seed}; it has {', '.join(map(str, seeds))}")
        return [found.policy(game, seat, seeds.index(self.seed))] * len(keys)
