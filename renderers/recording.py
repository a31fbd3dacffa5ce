"""Replay files, which ``turncoat watch FILE.replay`` opens again."""

from collections.abc import Sequence
from pathlib import Path

from arena.show.renderer import Renderer
from arena.show.replay import Replay
from arena.show.replay_file import SUFFIX, save


class Recording(Renderer):
    """Writes replay files: of several episodes one each, their numbers after the name."""

    suffixes = (SUFFIX,)

    def save(self, replays: Sequence[Replay], path: Path) -> None:
        """Write the only one into the file, or each of several into a numbered one."""
        for number, replay in enumerate(replays, 1):
            save(replay, path if len(replays) == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}"))
