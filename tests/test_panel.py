"""What is drawn around the picture in a window: nothing is cut, and nothing lies upon anything else."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from arena.show.lettering import width
from arena.show.shapes import Circle, Polygon, Rect, Scene, Text
from arena.show.viewer import KEYS, Viewer
from renderers.cards import SIGNS, WINDOW_KEYS, keys, letter, slip, wrapped
from renderers.panel import BAR, CHOICES, Choice, bar, choices, moment_at, told, whole
from tests.test_viewer import episode

ROOT = Path(__file__).parent.parent
LONG = "a word that is longer than any that was ever seen"


def legible(scene: Scene) -> None:
    """Nothing is cut off, and no words lie upon others."""
    for shape in scene.shapes:
        if isinstance(shape, Rect):
            assert -1 <= shape.x <= shape.x + shape.w <= scene.width + 1
            assert -1 <= shape.y <= shape.y + shape.h <= scene.height + 1
        if isinstance(shape, Circle):
            assert shape.r <= shape.x <= scene.width - shape.r
    taken: list[tuple[str, tuple[float, ...]]] = []
    for text in scene.shapes:
        if isinstance(text, Text):
            wide = width(text.words, text.size, text.bold)
            left = text.x - {"start": 0, "middle": wide / 2, "end": wide}[text.anchor]
            box = (left, text.y - text.size * 0.75, left + wide, text.y + text.size * 0.22)
            assert box[0] >= 0
            assert box[2] <= scene.width
            assert 0 <= box[1] <= box[3] <= scene.height
            for name, other in taken:
                apart = box[2] <= other[0] or other[2] <= box[0] or box[3] <= other[1] or other[3] <= box[1]
                assert apart, (text.words, name)
            taken.append((text.words, box))


@pytest.mark.parametrize("across", [960, 1100, 1280, 1700])
@pytest.mark.parametrize("many", [1, 3])
def test_the_bar_is_legible(across: float, many: int) -> None:
    replays = tuple(episode(200, (LONG, "flipped"), turns=9) for _ in range(many))
    for marks in ((), ((9, LONG), (9, f"{LONG}, too"), (200, LONG))):
        for at in (0, 9, 200):
            for lens in ("", LONG):
                viewer = Viewer(replays, at, lens=lens, marks=marks)
                panel = bar(viewer, across)
                legible(panel.scene)
                assert all(0 <= b.x < b.x + b.w <= across and 0 <= b.y < b.y + b.h <= BAR for b in panel.buttons)
                given = [button.command for button in panel.buttons]
                assert len(given) == len(set(given))
                assert set(given) <= {key.command for key in KEYS}
                assert ("next_episode" in given) == (many > 1)


def test_what_else_happens_does_not_lie_upon_a_defection() -> None:
    one = episode(6, turns=4)
    fined = tuple(replace(moment, note="fined" if at >= 5 else "") for at, moment in enumerate(one.moments))
    viewer = Viewer((replace(one, moments=fined),))
    assert [word for at, word in viewer.events if at == 4] == ["deployment", "turns", "fined"]
    drawn = [shape.fill for shape in bar(viewer, 960).scene.shapes if isinstance(shape, Polygon) and shape.stroke]
    assert drawn[:3] == ["ink", "gold", "defect"]


def test_the_bar_tells_where_it_is_and_what_happens_there() -> None:
    viewer = Viewer((episode(6, turns=4),), 4)

    def words(**hover: Any) -> list[str]:
        return [shape.words for shape in bar(viewer, 1000, **hover).scene.shapes if isinstance(shape, Text)]

    assert "round 5 of 6 · deployment · turns" in words()
    viewer.last()
    assert "the end" in words()
    assert "round 5 of 6 · deployment · turns" in words(hover=(24 + 952 * 4 / 6, 20))
    private = Viewer((episode(6, turns=4, over=False),), 4, private=True)
    shapes = bar(private, 1000).scene.shapes
    assert "round 5" in [shape.words for shape in shapes if isinstance(shape, Text)]
    assert not any(getattr(shape, "fill", "").startswith(("defect", "gold")) for shape in shapes)


def test_a_place_on_the_bar_is_a_moment() -> None:
    viewer = Viewer((episode(10),))
    assert [moment_at(viewer, x, 1000) for x in (-50, 24, 119, 442, 500, 976, 2000)] == [0, 0, 1, 4, 5, 10, 10]


@pytest.mark.parametrize("across", [960, 1280])
@pytest.mark.parametrize("many", [1, 2, 5, 8, 13])
def test_the_choices_are_legible(across: float, many: int) -> None:
    offered = [Choice(n, LONG, (str(n + 1), "left")) for n in range(many)]
    panel = choices(offered, across, (LONG, LONG))
    legible(panel.scene)
    assert [button.action for button in panel.buttons] == list(range(many))
    for button in panel.buttons:
        assert panel.under(button.x + 1, button.y + 1) is button


def test_the_words_of_eight_actions_are_not_cut() -> None:
    names = [f"{verb} {way}" for verb in ("go", "shoot") for way in ("up", "right", "down", "left")]
    offered = [Choice(n, name, (str(n + 1), "right")) for n, name in enumerate(names)]
    words = {
        one.words for one in choices(offered, 960, ("Round 200: your turn", "")).scene.shapes if isinstance(one, Text)
    }
    assert set(names) <= words


def test_cards_are_legible() -> None:
    for scene in (keys(), keys(True), letter("It is over", [f"{LONG}. " * 9, "Short."]), slip(LONG * 9, 960)):
        legible(scene)
    for many in (1, 2, 3):
        assert told([LONG * 4] * many, 960).scene.height == CHOICES
        legible(told([LONG * 4] * many, 960).scene)
    lines = wrapped(LONG * 9, 300, 16)
    assert " ".join(lines) == LONG * 9
    assert all(width(line, 16) <= 300 for line in lines)


def test_the_help_lists_every_key() -> None:
    told = " ".join(shape.words for shape in keys().shapes if isinstance(shape, Text))
    for key in (*KEYS, *WINDOW_KEYS):
        assert key.about in told
    pressed = [name for key in (*KEYS, *WINDOW_KEYS) for name in key.keys]
    assert len(pressed) == len(set(pressed))
    assert not set(pressed) & set("123456789")


def test_the_page_lists_every_key() -> None:
    page = (ROOT / "docs" / "how-to" / "watch.md").read_text(encoding="utf-8")
    for key in (*KEYS, *WINDOW_KEYS):
        assert key.about in page
        for name in key.keys:
            assert f"{SIGNS.get(name, name)}" in page


def test_the_bar_leaves_out_what_there_is_no_room_for_rather_than_cutting_it() -> None:
    words = "round 6 of 6 · deployment · turns"
    assert whole(words, 500) == (words, 500)
    assert whole(words, 90) == ("round 6 of 6", 90)
    assert whole(words, 20) == ("", 20)
    viewer = Viewer((episode(6, ("flipped",), turns=4), episode(6, ("flipped",), turns=4)), 4, lens="flipped")
    assert not [text for text in bar(viewer, 960).scene.shapes if isinstance(text, Text) and "…" in text.words]
