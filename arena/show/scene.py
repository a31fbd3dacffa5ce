"""A moment of a replay as a picture: what is true, what the seat sees, what it does, and what it would have done."""

from arena.show.replay import Replay
from arena.show.shapes import Scene, Text

SIZE = (1280.0, 720.0)
"""Width and height in logical units. The height is always 720, the width 960 to 1280, by the shape of the window."""


def frames(replay: Replay) -> int:
    """How many pictures an episode has: one a round, and one of where it ended or stands."""
    return len(replay.moments)


def scene(
    replay: Replay, at: int, lens: int | None = None, private: bool = False, size: tuple[float, float] = SIZE
) -> Scene:
    """The picture of moment ``at``.

    Args:
        replay: the episode.
        at: which moment, from 0 to ``frames(replay) - 1``.
        lens: which of the replay's lenses to look through.
        private: only what the seat may know, for a person who plays it.
        size: of the picture, in logical units.
    """
    width, height = size
    return Scene(width, height, (Text(24, 40, replay.title, 22, bold=True),), replay.title)
