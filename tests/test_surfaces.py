"""The surfaces: what a scene's shapes come to as pixels and as SVG, and an episode as a file of pictures."""

import os
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena import TurncoatError
from arena.play.agent import find
from arena.show import lettering
from arena.show.film import Credits
from arena.show.palette import DARK, LIGHT, rgb
from arena.show.reel import reel
from arena.show.renderer import writing
from arena.show.replay import Replay
from arena.show.scene import scene
from arena.show.shapes import Circle, Line, Polygon, Rect, Scene, Shape, Text
from arena.show.take import take
from renderers.clip import ENDS, HELD, LONGEST, schedule
from renderers.pixels import Frame, array, draw
from renderers.svg import still, svg
from tests.strategies import compiled

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*shapes: Shape, size: tuple[int, int] = (200, 100), palette: object = LIGHT) -> Frame:
    """Shapes on a paper of 200 by 100."""
    return array(draw(Scene(200, 100, shapes), size, palette))  # type: ignore[arg-type]


def is_of(pixel: object, colour: str, near: int = 1) -> bool:
    """Whether a pixel has a colour of the palette."""
    return bool((abs(np.asarray(pixel, int) - rgb(LIGHT[colour])) <= near).all())


def inked(frame: Frame) -> tuple[int, int, int, int]:
    """What is not paper: the first column and row, and those past the last."""
    there = np.abs(frame.astype(int) - rgb(LIGHT["paper"])).max(axis=2) > 40
    columns, rows = np.flatnonzero(there.any(axis=0)), np.flatnonzero(there.any(axis=1))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


@pytest.fixture(scope="module")
def replay() -> Replay:
    """An agent that waits and turns."""
    return take(compiled("deferral-ladder"), find("optimal"), Credits("Deferral ladder", player="optimal"))


def test_a_rectangle_covers_its_pixels_and_no_others() -> None:
    frame = drawn(Rect(20, 10, 50, 30, fill="comply"))
    assert frame.shape == (100, 200, 3)
    assert frame.dtype == np.uint8
    assert inked(frame) == (20, 10, 70, 40)
    for x, y in ((20, 10), (69, 10), (20, 39), (69, 39), (45, 25)):
        assert is_of(frame[y, x], "comply")
    assert is_of(frame[9, 20], "paper")


def test_round_corners_leave_the_corner_free() -> None:
    frame = drawn(Rect(20, 10, 50, 30, fill="comply", radius=10))
    assert is_of(frame[10, 20], "paper")
    assert is_of(frame[10, 45], "comply")
    assert is_of(frame[25, 20], "comply")


@pytest.mark.parametrize("fill", ["", "good"])
def test_an_outline_is_half_inside(fill: str) -> None:
    frame = drawn(Rect(20, 10, 50, 30, fill=fill, stroke="ink", width=4))
    assert inked(frame) == (18, 8, 72, 42)
    assert is_of(frame[25, 18], "ink")
    assert is_of(frame[25, 21], "ink")
    assert is_of(frame[25, 22], fill or "paper")


def test_discs_rings_and_polygons() -> None:
    disc = drawn(Circle(50, 50, 20, fill="defect"))
    assert is_of(disc[50, 50], "defect")
    assert is_of(disc[50, 68], "defect")
    assert is_of(disc[37, 37], "defect", 80)  # on the rim
    assert is_of(disc[34, 34], "paper")
    ring = drawn(Circle(50, 50, 20, fill="paper", stroke="ink", width=4))
    assert is_of(ring[50, 50], "paper")
    assert is_of(ring[50, 70], "ink")
    assert is_of(ring[50, 66], "paper")
    assert is_of(drawn(Circle(50, 50, 20, stroke="ink", width=4))[50, 69], "ink")
    triangle = drawn(Polygon(((50, 10), (90, 90), (10, 90)), fill="gold", stroke="ink", width=2))
    assert is_of(triangle[60, 50], "gold")
    assert is_of(triangle[20, 20], "paper")
    assert is_of(triangle[90, 50], "ink")


def test_lines_are_sharp_and_as_wide_as_they_say() -> None:
    assert inked(drawn(Line(((10, 50), (90, 50)), "ink", 4))) == (10, 48, 90, 52)
    hairline = drawn(Line(((10.3, 20), (10.3, 80)), "ink", 1))
    assert inked(hairline) == (10, 20, 11, 80)
    assert is_of(hairline[50, 10], "ink")
    slanted = drawn(Line(((10, 10), (90, 90)), "ink", 6))
    assert is_of(slanted[50, 50], "ink")
    assert is_of(slanted[50, 56], "paper")


def test_a_dashed_line_has_gaps_along_all_of_it() -> None:
    frame = drawn(Line(((10, 50), (100, 50), (100, 95)), "ink", 2, dash=True))
    across = [is_of(pixel, "ink") for pixel in frame[50, 10:98]]
    assert sum(a != b for a, b in pairwise(across)) >= 18
    assert 0.45 < np.mean(across) < 0.65
    assert 0.4 < np.mean([is_of(pixel, "ink") for pixel in frame[52:95, 100]]) < 0.7


def test_later_shapes_are_above_and_texts_above_all() -> None:
    words = Text(20, 50, "████", 30, color="ink")
    frame = drawn(words, Rect(10, 10, 180, 80, fill="defect"), Rect(100, 10, 90, 80, fill="good"))
    assert is_of(frame[80, 20], "defect")
    assert is_of(frame[80, 150], "good")
    assert is_of(frame[40, 30], "ink")


@pytest.mark.parametrize("size", [9.17, 11, 12, 14, 22])
@pytest.mark.parametrize("bold", [False, True])
def test_texts_are_as_wide_as_the_layout_takes_them_to_be(size: float, bold: bool) -> None:
    words = "HiIlW the model sees H"
    wide = lettering.width(words, size, bold)
    page = Scene(600, 100, (Text(20, 60, words, size, bold=bold),))
    left, _, right, _ = inked(array(draw(page, (600, 100))))
    assert left == pytest.approx(20 + 0.1 * size, abs=1.2)
    assert right == pytest.approx(20 + wide - 0.1 * size, abs=1.5)


def test_texts_stand_on_their_baseline_and_at_their_anchor() -> None:
    for anchor, left, right in (("start", 100, 130), ("middle", 85, 115), ("end", 70, 100)):
        frame = drawn(Text(100, 60, "HHH", 40 / 3, anchor=anchor))  # type: ignore[arg-type]
        x0, y0, x1, y1 = inked(frame)
        assert y1 == 60
        assert y0 == pytest.approx(60 - 0.73 * 40 / 3, abs=1.1)
        assert x0 == pytest.approx(left, abs=3)
        assert x1 == pytest.approx(right, abs=3)


def test_a_scene_keeps_its_shape_and_is_in_the_middle() -> None:
    frame = drawn(Rect(0, 0, 200, 100, fill="good"), size=(400, 400))
    assert inked(frame) == (0, 100, 400, 300)
    assert is_of(frame[0, 0], "paper")
    assert is_of(frame[250, 200], "good")
    dark = drawn(size=(400, 400), palette=DARK)
    assert tuple(dark[0, 0]) == rgb(DARK["paper"])


def test_an_array_is_its_own() -> None:
    first = drawn(Rect(0, 0, 200, 100, fill="good"))
    first[:] = 7
    assert (first == 7).all()
    assert not (drawn(Rect(0, 0, 200, 100, fill="good")) == 7).any()


@given(st.text(max_size=30))
def test_svg_holds_any_words(words: str) -> None:
    root = ElementTree.fromstring(svg(Scene(10, 10, (Text(1, 2, words),), words)))
    texts = root.findall(f".//{SVG}text")
    assert len(texts) == 1
    told = "".join(c if c.isprintable() else "?" for c in words)
    for found in (texts[0].text, root.findtext(f"{SVG}title")):
        assert "".join(c if c.isprintable() and c != "\ufffd" else "?" for c in found or "") == told.replace(
            "\ufffd", "?"
        )


def test_svg_holds_hostile_words_as_words() -> None:
    words = "</text><script>alert(\"&')</script>\x00\x1b[0m"
    text = svg(Scene(10, 10, (Text(1, 2, words),), words))
    assert "<script" not in text
    assert "\x00" not in text
    assert "\x1b" not in text
    assert ElementTree.fromstring(text).findall(f".//{SVG}script") == []


def test_pixels_hold_any_words() -> None:
    for words in ("", " ", "\n", "a\x00b\x1b[0m", "\u200b", "漢字 🙂", "\u202eabc"):
        drawn(Text(10, 50, words, 14))


def test_svg_has_every_shape_and_says_what_it_shows(replay: Replay) -> None:
    whole = scene(replay, still(replay))
    root = ElementTree.fromstring(svg(whole))
    assert root.attrib["role"] == "img"
    assert root.findtext(f"{SVG}title") == whole.words
    kinds = {Rect: "rect", Circle: "circle", Polygon: "polygon", Line: "polyline", Text: "text"}
    for kind, tag in kinds.items():
        count = sum(isinstance(shape, kind) for shape in whole.shapes) + (kind is Rect)  # and the paper
        assert len(root.findall(f".//{SVG}{tag}")) == count
    assert [text.text for text in root.findall(f".//{SVG}text")] == [
        shape.words for shape in whole.shapes if isinstance(shape, Text)
    ]


def test_the_picture_of_an_episode_is_its_turn(replay: Replay) -> None:
    assert replay.turned is not None
    assert still(replay) == replay.turned
    honest = take(compiled("deferral-ladder"), find("honest"), Credits("Deferral ladder"))
    assert still(honest) == honest.rounds - 1
    assert still(replace(replay, moments=replay.moments[:1], deeds=())) == 0


def test_files_of_pictures(replay: Replay, tmp_path: Path) -> None:
    from PIL import Image

    for many in (1, 2):
        writing(tmp_path / "a.png").save([replay] * many, tmp_path / "a.png")
        with Image.open(tmp_path / "a.png") as picture:
            assert picture.size == (1280, 720 * many)
        writing(tmp_path / "a.svg").save([replay] * many, tmp_path / "a.svg")
        root = ElementTree.parse(tmp_path / "a.svg").getroot()
        assert root.attrib["viewBox"] == f"0 0 1280 {720 * many}"
        assert len(root.findall(f"{SVG}g")) == many


@given(st.integers(1, 3000))
def test_a_film_shows_its_first_and_last_moment_longer_and_ends_in_time(moments: int) -> None:
    plan = schedule(moments)
    shown, held = [at for at, _ in plan], [pictures for _, pictures in plan]
    assert shown[0] == 0
    assert shown[-1] == moments - 1
    assert shown == sorted(set(shown))
    assert sum(held) <= LONGEST
    if moments > 2:
        assert held[0] == held[-1] == held[1] + ENDS
        assert len({*held[1:-1]}) == 1
    if moments <= 30:
        assert held[0] == HELD + ENDS
    if moments <= LONGEST - 2 * ENDS:
        assert len(shown) == moments


@pytest.mark.parametrize("many", [1, 2, 3])
def test_a_gif_has_every_moment_for_its_time(replay: Replay, tmp_path: Path, many: int) -> None:
    from PIL import Image

    path = tmp_path / "a.gif"
    writing(path).save([replay] * many, path)
    with Image.open(path) as film:
        assert film.n_frames == len(replay.moments)
        assert film.info["loop"] == 0
        times = []
        for at in range(film.n_frames):
            film.seek(at)
            times.append(film.info["duration"])
        assert times == [2000, *([800] * (len(times) - 2)), 2000]
        assert film.size == {1: (1280, 720), 2: (1920, 720), 3: (1920, 480)}[many]
        last = np.asarray(film.convert("RGB"), int)[:, :1280]
    if many == 1:
        true = array(draw(scene(replay, len(replay.moments) - 1), (1280, 720)))
        assert abs(last - true).mean() < 2
    assert path.stat().st_size < 200_000 * many


@pytest.mark.parametrize("many", [1, 2])
def test_an_mp4_has_every_moment_for_its_time(replay: Replay, tmp_path: Path, many: int) -> None:
    import av

    path = tmp_path / "a.mp4"
    writing(path).save([replay] * many, path)
    with av.open(str(path)) as film:
        pictures = [picture.to_ndarray(format="rgb24") for picture in film.decode(video=0)]
        stream = film.streams.video[0]
        assert stream.average_rate == 10
    assert len(pictures) == HELD * len(replay.moments) + 2 * ENDS
    assert pictures[0].shape == {1: (720, 1280, 3), 2: (720, 1920, 3)}[many]
    if many == 1:
        for at, number in ((0, 10), (3, 20 + 2 * HELD + 4), (len(replay.moments) - 1, -1)):
            true = array(draw(scene(replay, at), (1280, 720))).astype(int)
            assert abs(pictures[number] - true).mean() < 4


def test_an_episode_that_ends_before_the_others_stays_as_it_ended(replay: Replay, tmp_path: Path) -> None:
    from PIL import Image

    short = replace(replay, moments=replay.moments[:3], deeds=replay.deeds[:2])
    writing(tmp_path / "a.gif").save([short, replay], tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as film:
        assert film.n_frames == len(replay.moments)


def test_without_pyav_a_line_says_what_to_install(
    replay: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(TurncoatError, match=r"a\.mp4: .*pip install 'turncoat\[video\]'$"):
        writing(tmp_path / "a.mp4").save([replay], tmp_path / "a.mp4")
    assert not (tmp_path / "a.mp4").exists()


QUIETLY = """
import sys
from pathlib import Path
from arena.show.scene import Scene
from arena.show.shapes import Text
from renderers.pixels import array, draw
from arena.show.renderer import renderers
assert renderers()
assert "pygame" not in sys.modules
array(draw(Scene(100, 100, (Text(1, 20, "words"),)), (100, 100)))
import pygame
assert not pygame.display.get_init()
"""


def test_drawing_needs_no_display_opens_none_and_says_nothing() -> None:
    bare = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    bare = {name: value for name, value in bare.items() if not name.startswith(("SDL_", "PYGAME_"))}
    done = subprocess.run([sys.executable, "-c", QUIETLY], env=bare, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# Files that cannot be written


@pytest.mark.parametrize("suffix", [".png", ".svg", ".gif", ".html", ".replay"])
def test_a_place_that_cannot_be_written_is_one_line(replay: Replay, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    path.mkdir()
    with pytest.raises(TurncoatError, match="Is a directory"):
        writing(path).save([replay], path)


@pytest.mark.parametrize("suffix", [".png", ".svg", ".gif", ".mp4"])
def test_what_was_there_stays_until_the_new_file_is_whole(
    replay: Replay, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when it is killed in the middle."""
    if suffix == ".mp4":
        pytest.importorskip("av")
    path = tmp_path / f"x{suffix}"
    path.write_bytes(b"before")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        writing(path).save([replay], path)
    assert path.read_bytes() == b"before"


def test_several_recordings_say_their_names(tmp_path: Path) -> None:
    path = tmp_path / "x.replay"
    assert writing(path).files(path, 1) == [path]
    assert writing(path).files(path, 2) == [tmp_path / "x-1.replay", tmp_path / "x-2.replay"]
    assert writing(tmp_path / "x.html").files(path, 2) == [path]


def test_signs_that_turn_words_round_are_marks(replay: Replay) -> None:
    turned = replace(replay, title="a\u202eb\u0007c")
    assert "a\ufffdb\ufffdc" in svg(scene(turned, 0))
    told = [shape[3] for shape in reel(turned)["shapes"] if shape[0] == "t"]
    assert "a\ufffdb\ufffdc" in told


def test_an_episode_that_is_too_long_for_a_page_is_refused(replay: Replay, tmp_path: Path) -> None:
    long = replace(replay, deeds=replay.deeds * 300, moments=(*replay.moments[:-1] * 300, replay.moments[-1]))
    with pytest.raises(TurncoatError, match=r"of 1,800 rounds is too long for a page, which holds 1,000; save \.mp4"):
        writing(tmp_path / "x.html").save([long], tmp_path / "x.html")
    assert not list(tmp_path.iterdir())
