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
        for replay, one in zip(replays, self.files(path, len(replays)), strict=True):
            save(replay, one)

    def files(self, path: Path, many: int) -> list[Path]:
        """The file, or the numbered ones."""
        numbered = [path.with_name(f"{path.stem}-{number}{path.suffix}") for number in range(1, many + 1)]
        return numbered if many > 1 else [path]
