"""Episodes as films: GIF, and MP4 where PyAV is installed."""

from collections.abc import Iterable, Iterator, Sequence
from math import ceil
from pathlib import Path
from typing import ClassVar

import numpy as np

from arena.errors import TurncoatError
from arena.files import write
from arena.show.renderer import Renderer
from arena.show.replay import Replay
from arena.show.scene import frames, scene
from renderers.pixels import SIZE, Frame, array, draw

RATE = 10
"""Pictures a second. A moment is held for several, or for one at the least."""

HELD, ENDS, LONGEST = 8, 12, 300
"""Pictures that a moment is held for at the most, that the first and last are held longer, and altogether."""

WIDEST = 1920
"""Pixels across, of episodes beside each other."""

BT709, LIMITED = 1, 1
"""How an MP4 says what its numbers mean, as players take it for granted at this size."""

COLOURS, SAMPLED = 254, 8
"""Colours of a GIF, and pictures that they are chosen from. One number is left to say that nothing has changed."""


class Clip(Renderer):
    """A film of an episode, or of several beside each other."""

    suffixes: ClassVar[tuple[str, ...]] = (".gif", ".mp4")

    def save(self, replays: Sequence[Replay], path: Path) -> None:
        """Write it."""
        (mp4 if path.suffix.lower() == ".mp4" else gif)(replays, path)


def schedule(moments: int) -> list[tuple[int, int]]:
    """Which moments of so many are shown, and for how many pictures each; past a number not all can be."""
    room = LONGEST - 2 * ENDS
    shown = list(range(0, moments, ceil(moments / room)))
    if shown[-1] != moments - 1:
        shown[-1] = moments - 1
    held = min(HELD, room // len(shown))
    return [(at, held + ENDS * (at in (0, moments - 1))) for at in shown]


def each(many: int) -> tuple[int, int]:
    """The size of the picture of one of so many episodes; even numbers, as films have to have."""
    width = min(SIZE[1] * 4 // 3, WIDEST // many)
    return SIZE if many == 1 else (width // 2 * 2, width * 3 // 8 * 2)


def pictures(replays: Sequence[Replay], moments: Iterable[int]) -> Iterator[Frame]:
    """Some moments as pictures, the episodes beside each other. One that is over stays as it ended."""
    size = each(len(replays))
    logical = 720.0 * size[0] / size[1], 720.0
    for at in moments:
        scenes = [scene(replay, min(at, frames(replay) - 1), size=logical) for replay in replays]
        yield np.concatenate([array(draw(one, size)) for one in scenes], axis=1)


def gif(replays: Sequence[Replay], path: Path) -> None:
    """Write a GIF that repeats. Its colours are those of the whole film, so that what rests costs nothing."""
    from io import BytesIO

    from PIL import Image

    shown = schedule(max(frames(replay) for replay in replays))
    some = [at for at, _ in shown[:: max(len(shown) // SAMPLED, 1)]]
    sample = np.concatenate([*(picture[::2, ::2] for picture in pictures(replays, some))])
    colours = Image.fromarray(sample).quantize(COLOURS, dither=Image.Dither.NONE)
    film = [
        Image.fromarray(picture).quantize(palette=colours, dither=Image.Dither.NONE)
        for picture in pictures(replays, [at for at, _ in shown])
    ]
    held = [1000 * pictures // RATE for _, pictures in shown]
    made = BytesIO()
    film[0].save(made, "GIF", save_all=True, append_images=film[1:], duration=held, loop=0)
    write(path, made.getvalue())


def mp4(replays: Sequence[Replay], path: Path) -> None:
    """Write an MP4 that browsers play."""
    try:
        import av
    except ImportError:
        raise TurncoatError(f"{path}: to write it needs PyAV: pip install 'turncoat[video]'") from None

    shown = schedule(max(frames(replay) for replay in replays))
    part = path.with_name(path.name + ".part")
    with av.open(str(part), "w", format="mp4", options={"movflags": "faststart"}) as film:
        stream = film.add_stream("libx264", rate=RATE, options={"crf": "20", "tune": "animation"})
        width, stream.height = each(len(replays))
        stream.width = width * len(replays)
        stream.pix_fmt = "yuv420p"
        stream.codec_context.colorspace, stream.codec_context.color_range = BT709, LIMITED
        for (_, held), picture in zip(shown, pictures(replays, [at for at, _ in shown])):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame = frame.reformat(format="yuv420p", dst_colorspace=BT709, dst_color_range=LIMITED)
            for _ in range(held):
                frame.pts = None
                film.mux(stream.encode(frame))
        film.mux(stream.encode())
    try:
        part.replace(path)
    except OSError as error:
        part.unlink()
        raise TurncoatError(f"{path}: {error.strerror or error}") from None
