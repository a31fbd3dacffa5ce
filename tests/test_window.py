"""The window on a display that shows nothing, and without one."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from arena import TurncoatError
from arena.show import renderer
from arena.show.replay import Moment, Replay
from arena.show.shapes import Circle, Scene, Text
from arena.show.sitting import Debriefing, Departure
from arena.show.viewer import Viewer
from renderers import easel, screen
from renderers.panel import bar, told
from renderers.screen import Screen
from renderers.shelf import Shelf
from renderers.window import Window, offers
from tests.test_viewer import episode

ROOT = Path(__file__).parent.parent


@pytest.fixture
def dummy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A display that shows nothing."""
    import pygame

    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    yield
    pygame.display.quit()


def opened(*replays: Replay, **state: Any) -> Screen:
    return Screen(Viewer(replays, **state), "a window")


def press(window: Screen, *names: str) -> None:
    """Press keys, as events."""
    import pygame

    for name in names:
        code, typed = (pygame.key.key_code(name), "") if len(name) > 1 else (ord(name.lower()), name)
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=code, unicode=typed, mod=0))
        pygame.event.post(pygame.event.Event(pygame.KEYUP, key=code, unicode=typed, mod=0))
        window.step()


def click(window: Screen, x: float, y: float) -> None:
    """Click on a point of the window."""
    import pygame

    for kind in (pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP):
        pygame.event.post(pygame.event.Event(kind, button=1, pos=(round(x), round(y))))
    window.step()


def seen(window: Screen) -> bytes:
    return window.easel.surface.get_buffer().raw


@pytest.mark.usefixtures("dummy")
@pytest.mark.parametrize("size", [(800, 600), (1280, 720), (1920, 1080), (600, 1000), (300, 200), (2560, 900)])
@pytest.mark.parametrize("many", [1, 2])
@pytest.mark.parametrize("playing", [False, True])
def test_everything_has_its_place(size: tuple[int, int], many: int, playing: bool) -> None:
    import pygame

    window = opened(*[episode(4)] * many, beside=many > 1)
    window.see(pygame.event.Event(pygame.VIDEORESIZE, size=size))
    window.easel.surface = pygame.Surface(size)
    if playing:
        window.easel.strip = told(["words"], window.easel.across)
    whole, strip, below = window.easel.areas()
    cells = [cell for _, cell in window.easel.cells(whole)]
    places = [*cells, below, *([strip] if playing else [])]
    for number, place in enumerate(places):
        assert place.collidelist(places[:number]) < 0
    assert all(whole.contains(cell) for cell in cells)
    if size >= (600, 0):
        frame = pygame.Rect(0, 0, *size)
        assert all(frame.contains(place) for place in places)
    assert all(4 / 3 - 0.01 <= cell.w / cell.h <= 16 / 9 + 0.01 for cell in cells)
    assert abs(sum(cell.centerx for cell in cells) / len(cells) - whole.centerx) <= many
    assert (strip.h > 0) == playing
    assert window.easel.paint()


@pytest.mark.usefixtures("dummy")
def test_it_is_painted_only_when_something_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[tuple[Any, ...]] = []

    def scene(replay: Replay, *how: Any) -> Scene:
        drawn.append(how)
        return Scene(1280, 720, (Circle(100 + 50 * how[0], 100, 40, "ink"),))

    monkeypatch.setattr(easel, "scene", scene)
    window = opened(episode(5, ("flipped",)), private=True)
    assert not window.paint()
    before = seen(window)
    press(window, "right")
    assert window.viewer.at == 1
    assert seen(window) != before
    press(window, "left")
    assert seen(window) == before
    for _ in range(10):
        window.step()
    assert {at for at, *_ in drawn} == {0, 1, 2, 3, 4, 5}  # those to come while there is time
    many = len(drawn)
    press(window, "end", "left", "home")
    assert seen(window) == before
    assert len(drawn) == many
    assert all(private and lens is None for _, lens, private, _ in drawn)
    middle = window.easel.areas()[0].center
    light = window.easel.surface.get_at(middle)
    press(window, "d")
    assert sum(window.easel.surface.get_at(middle)[:3]) < sum(light[:3]) / 2
    for _ in range(10):
        window.step()
    assert len(window.easel._shelf) == 12
    window.viewer.follow(episode(2))
    assert window.paint()
    assert len(window.easel._shelf) == 0


@pytest.mark.usefixtures("dummy")
def test_pictures_are_kept_as_long_as_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    import pygame

    def picture(number: int) -> pygame.Surface:
        made = pygame.Surface((60, 40), 0, 32)
        pygame.draw.circle(made, (200, 10, 3 * number), (30, 20), 10)
        return made

    shelf = Shelf(2**30)
    shelf.put("first", picture(0))
    shelf.room = 8 * shelf._bytes
    for number in range(20):
        shelf.put(number, picture(number))
        assert shelf.get("first")  # whoever is asked for stays
    assert 5 < len(shelf) <= shelf.fits < 10
    assert 3 not in shelf
    assert shelf.get(3) is None
    kept = shelf.get(19)
    assert kept is not None
    assert kept.get_buffer().raw == picture(19).get_buffer().raw
    shelf.clear()
    assert len(shelf) == 0

    monkeypatch.setattr(screen, "REST", 0.001)
    window = opened(episode(20))
    window.easel.surface = pygame.Surface((480, 320))
    window.easel._shelf.room = 1
    for _ in range(30):
        window.step()
    assert not window._ahead  # it does not draw for ever what it cannot keep


@pytest.mark.usefixtures("dummy")
def test_keys_are_commands() -> None:
    window = opened(episode(9, ("flipped",), turns=4), episode(3))
    viewer = window.viewer
    assert viewer.beside
    press(window, "v")
    assert not viewer.beside
    press(window, "right", "right", "left")
    assert viewer.at == 1
    press(window, "n")
    assert viewer.at == 4
    press(window, "p", "end")
    assert viewer.at == 9
    press(window, "home", "l", "up", "e")
    assert (viewer.at, viewer.speed, viewer.episode) == (0, 2, 1)
    press(window, "E", "l")
    assert (viewer.lens, viewer.episode) == ("flipped", 0)
    press(window, "+")
    assert viewer.zoom > 1
    press(window, "?")
    assert viewer.helping
    press(window, "escape")
    assert not viewer.helping
    assert window.open
    press(window, "space")
    assert viewer.playing
    press(window, "q")
    assert not window.open


@pytest.mark.usefixtures("dummy")
def test_a_key_that_is_held_down_repeats_steps_alone() -> None:
    import pygame

    window = opened(episode(9))

    def hold(name: str) -> None:
        typed = name if len(name) == 1 else ""
        event = pygame.event.Event(pygame.KEYDOWN, key=pygame.key.key_code(name), unicode=typed, mod=0)
        for _ in range(4):
            window.see(event)

    hold("right")
    assert window.viewer.at == 4
    for dark in (True, False, True):
        hold("d")
        assert window.viewer.dark == dark
        window.see(pygame.event.Event(pygame.KEYUP, key=pygame.K_d, unicode="d", mod=0))
    window.offered = {"1": 0}
    window.viewer.last()
    hold("1")
    assert window.chosen == 0
    window.chosen = -1
    hold("1")
    assert window.chosen == -1
    hold("h")
    assert window.viewer.helping


@pytest.mark.usefixtures("dummy")
def test_the_mouse_scrubs_clicks_zooms_and_drags() -> None:
    import pygame

    window = opened(episode(10, ("flipped",)))
    viewer, place = window.viewer, window.easel

    def on_bar(x: float, y: float) -> tuple[float, float]:
        below = place.areas()[2]
        return below.x + x * place.unit, below.y + y * place.unit

    click(window, *on_bar(place.across - 24, 22))
    assert viewer.at == 10
    for command, found in (("back", 9), ("forward", 10)):
        button = next(one for one in bar(viewer, place.across).buttons if one.command == command)
        click(window, *on_bar(button.x + button.w / 2, button.y + button.h / 2))
        assert viewer.at == found
    x, y = map(round, on_bar(place.across / 2, 22))
    window.see(pygame.event.Event(pygame.MOUSEBUTTONDOWN, button=1, pos=on_bar(30, 22)))
    window.see(pygame.event.Event(pygame.MOUSEMOTION, pos=(x, y), rel=(0, 0)))
    assert viewer.at == 5
    window.see(pygame.event.Event(pygame.MOUSEBUTTONUP, button=1, pos=(x, y)))
    window.see(pygame.event.Event(pygame.MOUSEMOTION, pos=on_bar(30, 22), rel=(0, 0)))
    assert viewer.at == 5

    cell = place.cells(place.areas()[0])[0][1]
    window.see(pygame.event.Event(pygame.MOUSEMOTION, pos=cell.topleft, rel=(0, 0)))
    window.see(pygame.event.Event(pygame.MOUSEWHEEL, y=2, x=0))
    assert viewer.zoom > 1
    assert viewer.corner == (0, 0)
    window.see(pygame.event.Event(pygame.MOUSEBUTTONDOWN, button=1, pos=cell.center))
    window.see(pygame.event.Event(pygame.MOUSEMOTION, pos=cell.center, rel=(-50, -20)))
    assert viewer.corner[0] > viewer.corner[1] > 0


@pytest.mark.usefixtures("dummy")
def test_a_picture_and_a_clip_are_saved_where_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pygame

    monkeypatch.chdir(tmp_path)
    window = opened(replace(episode(3), player="../ppo:seed=1"))
    press(window, "right", "s")
    path = tmp_path / "made-up-..-ppo-seed=1-2.png"
    assert str(path) in window.easel.message
    w, h = pygame.image.load(path).get_size()
    assert h > 1000
    assert 4 / 3 < w / h < 16 / 9 + 0.01

    @dataclass
    class Clips:
        saved: list[Path] = field(default_factory=list)

        def save(self, replays: object, path: Path) -> None:
            self.saved.append(path)

    clips = Clips()
    monkeypatch.setattr(screen, "writing", lambda path: clips)
    press(window, "c")
    assert clips.saved == [tmp_path / "made-up-..-ppo-seed=1.gif"]
    monkeypatch.setattr(screen, "STALE", -1)
    tmp_path.joinpath("made-up-..-ppo-seed=1-3.png").mkdir()
    press(window, "right")
    window.do("picture")
    assert "cannot be written" in window.easel.message


@pytest.mark.usefixtures("dummy")
def test_an_episode_goes_on_when_its_window_is_closed() -> None:
    import pygame

    shown = renderer.serving("human")
    assert isinstance(shown, Window)
    for rounds in range(3):
        assert shown.frame(episode(rounds, over=False)) is None  # type: ignore[func-returns-value]
        assert shown._screen is not None
        assert shown._screen.viewer.at == rounds
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    shown.frame(episode(3, over=False))
    assert not pygame.display.get_init()
    shown.frame(episode(4, over=False))
    assert not pygame.display.get_init()
    shown.close()
    shown.close()
    shown.frame(episode(1))
    assert pygame.display.get_init()
    shown.close()
    assert not pygame.display.get_init()


def test_without_a_display_one_line_says_what_there_is_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(TurncoatError, match=r"no display .*--save x\.html.*--renderer text") as told:
        Window().show([episode(1)])
    assert "\n" not in str(told.value)
    monkeypatch.setenv("SDL_VIDEODRIVER", "no such driver")
    with pytest.raises(TurncoatError, match="no display"):
        Window().frame(episode(1))


def test_nothing_heavy_is_imported_to_list_renderers() -> None:
    code = "import sys, renderers.window; print('pygame' in sys.modules, 'matplotlib' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True)
    assert found.stdout == "False False\n"


@dataclass
class Acting:
    """A sitting of three rounds, of which the second should have been a defection."""

    acted: list[int] = field(default_factory=list)

    @property
    def replay(self) -> Replay:
        return replace(episode(len(self.acted), over=self.over), deeds=tuple(self._deeds()))

    def _deeds(self) -> Iterator[Any]:
        for deed, action in zip(episode(len(self.acted)).deeds, self.acted, strict=True):
            yield replace(deed, actions=(action,))

    @property
    def over(self) -> bool:
        return len(self.acted) == 3

    def act(self, action: int) -> None:
        assert action in self.replay.moments[-1].legal
        self.acted.append(action)

    def debrief(self) -> Debriefing:
        departures = tuple(Departure(at, 0, 1, 2.5) for at in (1,) if self.acted[at] == 0)
        return Debriefing(replace(self.replay, lenses=episode(0, ("best",)).lenses), 4.0, departures, ("It is told.",))


Step = Callable[[Screen], None]


def play(monkeypatch: pytest.MonkeyPatch, sitting: Acting, *steps: Step) -> list[Screen]:
    """Play, doing something at each step of the window; then close it."""
    windows: list[Screen] = []
    turns, original = iter(steps), Screen.step

    def step(window: Screen, wait: bool = True) -> None:
        windows.append(window)
        next(turns, lambda window: window.do("quit"))(window)
        original(window, wait=False)

    monkeypatch.setattr(Screen, "step", step)
    Window().play(sitting)
    return windows


def key(name: str) -> Step:
    return lambda window: window.press(name)


@pytest.mark.usefixtures("dummy")
def test_a_person_plays_and_is_told_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    sitting = Acting()
    told: list[tuple[Any, ...]] = []

    def note(window: Screen) -> None:
        words = [one.words for one in window.easel.strip.scene.shapes if isinstance(one, Text)]  # type: ignore[union-attr]
        told.append((window.viewer.private, window.viewer.at, window.easel.letter is not None, words))

    play(
        monkeypatch,
        sitting,
        note,
        key("2"),
        key("3"),  # there is none
        key("pageup"),
        note,
        key("1"),  # comes back to the present
        note,
        key("1"),
        key("1"),
        note,
        key("n"),
        note,
    )
    assert sitting.acted == [1, 0, 0]
    first, back, present, after, departed = told
    assert first[:3] == (True, 0, False)
    assert "Round 1: your turn" in first[3]
    assert back[:2] == (True, 0)
    assert "You are looking back" in back[3]
    assert present[:2] == (True, 1)
    assert "Round 2: your turn" in present[3]
    assert "last time: defect" in present[3]
    assert after[:3] == (False, 0, True)
    assert after[3] == ["It is told."]
    assert departed[1] == 1
    assert departed[3] == ["Round 2: you did comply. The best was defect, worth 2.5 more from there on."]


@pytest.mark.usefixtures("dummy")
def test_closing_in_the_middle_leaves_what_was_played(monkeypatch: pytest.MonkeyPatch) -> None:
    import pygame

    sitting = Acting()
    play(monkeypatch, sitting, key("1"), key("2"))
    assert sitting.acted == [0, 1]
    assert not pygame.display.get_init()


@pytest.mark.usefixtures("dummy")
def test_interrupting_is_closing(monkeypatch: pytest.MonkeyPatch) -> None:
    sitting = Acting()

    def interrupt(window: Screen) -> None:
        raise KeyboardInterrupt

    play(monkeypatch, sitting, key("1"), interrupt)
    assert sitting.acted == [0]


def test_arrows_choose_ways_to_go() -> None:
    def keyed(*names: str) -> list[tuple[str, ...]]:
        replay = episode(1, over=False)
        moment: Moment = replace(replay.moments[-1], legal=tuple(range(1, len(names))))
        acting = replace(replay, seats=(("model", names),), moments=(*replay.moments[:-1], moment))
        return [one.keys for one in offers(acting)]

    assert keyed("stay", "up", "right") == [("2", "up"), ("3", "right")]
    assert keyed("stay", "go_up", "shoot_up", "upwards") == [("2", "up"), ("3",), ("4",)]
    assert keyed(*"abcdefghijk")[-2:] == [(), ()]
