"""A renderer that needs one line."""

import sys
from collections.abc import Sequence
from pathlib import Path

from arena.show.renderer import Renderer
from arena.show.replay import Replay


class Ticker(Renderer):
    """An episode in a line: a letter a round, C complied, D defected, and a bar where the stage changes."""

    suffixes = (".txt",)

    def show(self, replays: Sequence[Replay]) -> None:
        """Print a line for each."""
        for replay in replays:
            sys.stdout.write(f"{line(replay)}\n")

    def save(self, replays: Sequence[Replay], path: Path) -> None:
        """Write the same lines into a file."""
        path.write_text("".join(f"{line(replay)}\n" for replay in replays), encoding="utf-8")


def line(replay: Replay) -> str:
    """All there is to say."""
    letters = ""
    for at in range(replay.rounds):
        if at and replay.moments[at].stage != replay.moments[at - 1].stage:
            letters += "|"
        letters += {True: "D", False: "C", None: "-"}[replay.defected(at)]
    return f"{letters}  {replay.player} in {replay.title}, observed {replay.returns(0):g}"
