"""The page that plays an episode: in a real browser, with keys, mouse and finger, and whatever words are in it."""

import json
import random
import re
import zlib
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from arena.errors import TurncoatError
from arena.play.agent import find
from arena.show.film import Credits
from arena.show.palette import DARK, LIGHT
from arena.show.reel import ordered, plain, reel
from arena.show.renderer import writing
from arena.show.replay import Lens, Replay
from arena.show.scene import SIZE, frames, scene
from arena.show.shapes import Text
from arena.show.take import take
from arena.show.viewer import KEYS, Viewer
from renderers.html import BESIDE, Html, album, inline, page
from tests.browser import FOUND, Browser, Page
from tests.strategies import compiled

browsing = pytest.mark.skipif(not FOUND, reason="there is no Chromium here")
READY = "'ready' in document.body.dataset"
HOSTILE = "</script></title></svg></noscript><img src=x onerror='hurt=1'>\"`${hurt=1}\u2028\u2029&amp;]]>"


@cache
def played(name: str, player: str = "optimal", **settings: Any) -> Replay:
    named = Credits(title=name.replace("-", " "), scenario=name, player=player, seed=3)
    return take(compiled(name, **settings), find(player), named)


def ladder() -> Replay:
    return played("deferral-ladder")


def exits() -> Replay:
    return played("two-exits")


@cache
def busy(rounds: int = 12) -> Replay:
    """A ladder and three lenses in which nothing is like anything before."""
    chance, short = random.Random(1), played("deferral-ladder", "random", rounds=rounds - 1, catch=0)

    def either() -> tuple[float, float]:
        return (p := round(chance.random(), 6), 1 - p)

    moments = tuple(
        replace(one, chances=either(), lenses=(either(), either(), either()), note=f"note {at}" if at % 9 == 8 else "")
        if not one.over
        else one
        for at, one in enumerate(short.moments)
    )
    lenses = tuple(Lens(f"lens {n}", f"What is seen through lens {n}.") for n in range(3))
    return replace(short, moments=moments, lenses=lenses)


def hostile() -> Replay:
    """The ladder with words of the worst kind wherever there are words."""
    bad, short = HOSTILE, ladder()
    moments = tuple(
        replace(
            one,
            stage=bad,
            note=bad if at == 2 else "",
            true=tuple(bad for _ in one.true),
            sees=tuple(bad for _ in one.sees),
        )
        for at, one in enumerate(short.moments)
    )
    return replace(
        short,
        title=bad,
        player=bad,
        twin=bad,
        kind=bad,
        others=dict.fromkeys(short.others, bad),
        seat=bad,
        seats=tuple((bad if name == short.seat else name, (bad,) * len(words)) for name, words in short.seats),
        truths=(bad, *short.truths[1:]),
        sights=(bad, *short.sights[1:]),
        lenses=tuple(Lens(bad, bad) for _ in short.lenses),
        moments=moments,
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as one:
        yield one


Opening = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opening]:
    """Open replays as a page; afterwards nothing has been logged and nothing asked of any network."""
    pages: list[Page] = []

    def opening(*replays: Replay, **how: Any) -> Page:
        path = tmp_path / f"{len(pages)}.html"
        Html().save(replays, path)
        pages.append(browser.open(path.as_uri(), **{"ready": READY, **how}))
        return pages[-1]

    yield opening
    for number, one in enumerate(pages):
        assert one.errors == []
        assert one.requests == [(tmp_path / f"{number}.html").as_uri()]
        one.close()


def at(shown: Page) -> int:
    return int(shown.js("view.at"))


def words(shown: Page, pane: int = 0) -> list[str]:
    """The texts of a picture, in their order."""
    return list(
        shown.js(
            f"[...document.querySelectorAll('.pane svg')[{pane}].querySelectorAll('text')]"
            ".map((one) => one.textContent)"
        )
    )


def drawn(replay: Replay, moment: int, lens: int | None = None, size: tuple[float, float] = SIZE) -> list[str]:
    return [one.words for one in scene(replay, moment, lens, size=size).shapes if isinstance(one, Text)]


# What is in the file


def unpacked(html: str) -> Any:
    found = re.search(r'id="reels">([A-Za-z0-9+/=]+)<', html)
    assert found
    return json.loads(zlib.decompress(b64decode(found[1])))


@pytest.mark.parametrize("make", [ladder, exits, busy])
def test_a_reel_holds_every_picture(make: Callable[[], Replay]) -> None:
    replay = make()
    told = json.loads(json.dumps(reel(replay)))
    assert len({json.dumps(one) for one in told["shapes"]}) > 0.9 * len(told["shapes"])
    before: list[int] = []
    for moment in range(frames(replay)):
        for number, changes in enumerate(told["pictures"][moment]):
            here = [
                one for part in changes for one in (before[part[0] : part[1]] if isinstance(part, list) else [part])
            ]
            picture = scene(replay, moment, None if number == 0 else number - 1)
            assert [told["shapes"][one] for one in here] == json.loads(json.dumps([*map(plain, ordered(picture))]))
            before = here if number == 0 else before
        assert told["words"][moment] == scene(replay, moment).words


def test_every_colour_is_of_the_palette() -> None:
    html = page([ladder()])
    for name in LIGHT:
        assert f"--{name}: {LIGHT[name]};" in html
        assert html.count(f"--{name}: {DARK[name]};") >= 2


def test_two_hundred_rounds_are_small() -> None:
    assert frames(busy(200)) == 201
    assert len(page([busy(200)])) < 300_000


def test_the_same_replay_gives_the_same_file() -> None:
    assert page([ladder()]) == page([ladder()])


def test_the_policy_allows_nothing_else() -> None:
    html = page([ladder()])
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy
    said = unescape(policy[1])
    assert said.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in said
    assert "http" not in said
    addresses = set(re.findall(r"https?://[^\"'\s<]+", html))
    assert addresses == {"http://www.w3.org/2000/svg"}


def test_a_notebook_shows_a_frame() -> None:
    shown = ladder()._repr_html_()
    frame = re.fullmatch(r'<iframe sandbox="allow-scripts" [^<>]*srcdoc="([^"<>]*)"></iframe>', shown, re.DOTALL)
    assert frame
    assert unescape(frame[1]) == page([ladder()])
    assert re.fullmatch(r'<iframe [^<>]*srcdoc="[^"<>]*"></iframe>', inline(hostile()), re.DOTALL)


def test_nothing_makes_no_page(tmp_path: Path) -> None:
    with pytest.raises(TurncoatError, match="no episode"):
        page([])
    assert isinstance(writing(tmp_path / "x.html"), Html)
    with pytest.raises(TurncoatError, match="No such file"):
        Html().save([ladder()], tmp_path / "nowhere" / "x.html")


@pytest.mark.parametrize("key", ["", "a/b", "../a", "a b", "a#b", "é"])
def test_keys_of_an_album_are_plain(key: str, tmp_path: Path) -> None:
    with pytest.raises(TurncoatError, match="cannot be a replay's key"):
        album(tmp_path, {key: [ladder()]})
    assert list(tmp_path.iterdir()) == []


# In the browser


@browsing
def test_what_is_drawn_is_the_scene(opened: Opening) -> None:
    shown = opened(exits())
    for moment in range(frames(exits())):
        for lens in (None, *range(len(exits().lenses))):
            assert words(shown) == drawn(exits(), moment, lens)
            picture = scene(exits(), moment, lens)
            assert shown.js("document.querySelector('.pane svg').children.length") == len(picture.shapes) + 1
            shown.key("l")
        assert shown.js("document.getElementById('words').textContent") == scene(exits(), moment).words
        shown.key("ArrowRight")
    assert at(shown) == frames(exits()) - 1


@browsing
def test_it_plays(opened: Opening) -> None:
    shown = opened(ladder())
    assert (at(shown), shown.js("view.playing")) == (0, False)
    shown.key("Space")
    assert shown.js("view.playing")
    assert shown.js("document.getElementById('play').getAttribute('aria-label')") == "Pause"
    shown.until("view.at >= 1")
    shown.key("Space")
    here = at(shown)
    assert not shown.js("new Promise((done) => setTimeout(() => done(view.playing || timer), 10))")
    assert at(shown) == here
    shown.key(*["ArrowUp"] * 9)
    assert shown.js("document.getElementById('speed').textContent") == "60 a second"
    shown.click("#play")
    shown.until("view.at === last()")
    assert not shown.js("view.playing")
    assert shown.js("document.getElementById('told').textContent") == "the end"
    shown.click("[data-do=back]")
    shown.click("[data-do=forward]")
    shown.key("Space")  # plays, for the mouse has left the button, and from the beginning
    assert at(shown) < frames(ladder()) - 1
    shown.until("!view.playing")
    assert words(shown) == drawn(ladder(), frames(ladder()) - 1)


@browsing
def test_the_bar_is_dragged(opened: Opening) -> None:
    shown = opened(ladder())
    shown.drag("#at", 0.01, 0.5)
    assert at(shown) == 3
    assert words(shown) == drawn(ladder(), 3)
    shown.click("#at", 0.99)
    assert at(shown) == 6
    shown.key("ArrowLeft")  # once, though the bar would move itself
    assert at(shown) == 5
    assert shown.js("document.getElementById('at').value") == "5"
    shown.tap("#at", 0.35)
    assert at(shown) == 2


@browsing
def test_events_are_marked_and_jumped_to(opened: Opening) -> None:
    shown = opened(ladder())
    assert shown.js("[...document.querySelectorAll('#marks i')].map((one) => one.style.left)") == ["83.3333%"] * 2
    shown.key("n")
    assert at(shown) == 5
    assert shown.js("document.getElementById('told').textContent") == "round 6 of 6 · deployment · turns"
    shown.key("n")
    assert at(shown) == 5
    shown.key("End", "p")
    assert at(shown) == 5
    shown.key("Home")
    shown.click("[data-do=next_event]")
    assert at(shown) == 5


@browsing
def test_a_lens_is_chosen_from_the_list(opened: Opening) -> None:
    shown = opened(ladder())
    names = shown.js("[...document.getElementById('lens').options].map((one) => one.textContent)")
    assert names == ["lens: none", "lens: deployment flipped", "lens: future removed"]
    shown.key("n")
    before = shown.js("document.querySelector('.pane svg').innerHTML")
    shown.js("document.getElementById('lens').focus()")
    shown.key("ArrowDown")  # the list's own
    assert shown.js("view.lens") == "deployment flipped"
    assert shown.js("view.speed") == 1
    assert words(shown) == drawn(ladder(), 5, 0) != drawn(ladder(), 5)
    assert shown.js("document.querySelector('.pane svg').innerHTML") != before
    assert "deployment showed the other value" in shown.js("document.getElementById('words').textContent")


@browsing
def test_replays_stand_side_by_side(opened: Opening) -> None:
    shown = opened(ladder(), played("absent-supervisor"))
    assert shown.js("[...document.querySelectorAll('.pane')].map((one) => one.getBoundingClientRect().left > 600)") == [
        False,
        True,
    ]
    shown.key("End")
    ends = frames(ladder()) - 1, frames(played("absent-supervisor")) - 1
    assert ends[0] > ends[1]
    assert words(shown, 0) == drawn(ladder(), ends[0], size=BESIDE)
    assert words(shown, 1) == drawn(played("absent-supervisor"), ends[1], size=BESIDE)
    shown.key("Home", "l")  # one that only the first has
    assert shown.js("view.lens") == "deployment flipped"
    assert words(shown, 0) == drawn(ladder(), 0, 0, size=BESIDE)
    assert words(shown, 1) == drawn(played("absent-supervisor"), 0, size=BESIDE)
    shown.click("#together")
    assert shown.js("document.querySelectorAll('.pane').length") == 1
    shown.click("[data-do=next_episode]")
    assert shown.js("[view.episode, view.lens, last()]") == [1, "", ends[1]]
    assert shown.js("document.title") == "deferral ladder · absent supervisor"
    shown.key("v")
    shown.resize(400, 800)
    tops = shown.js("[...document.querySelectorAll('.pane')].map((one) => one.getBoundingClientRect().top)")
    assert tops[1] > tops[0] + 200


@browsing
def test_many_replays_come_one_at_a_time(opened: Opening) -> None:
    shown = opened(*[ladder()] * 3, exits())
    assert words(shown) == drawn(ladder(), 0)
    assert shown.js("document.querySelectorAll('.pane').length") == 1
    shown.key("E")
    assert words(shown) == drawn(exits(), 0)
    shown.key("v")
    assert shown.js("document.querySelectorAll('.pane').length") == 4
    tops = shown.js("[...document.querySelectorAll('.pane')].map((one) => one.getBoundingClientRect().top)")
    assert tops[0] == tops[1] < tops[2] == tops[3]


@browsing
def test_the_keys_do_what_they_do_in_the_window(opened: Opening) -> None:
    replays = (ladder(), played("absent-supervisor"), exits())
    shown, viewer, chance = opened(*replays), Viewer(replays, beside=True), random.Random(5)
    codes = {"right": "ArrowRight", "left": "ArrowLeft", "up": "ArrowUp", "down": "ArrowDown"}
    codes |= {"home": "Home", "end": "End", "pageup": "PageUp", "pagedown": "PageDown"}
    mine = [(name, key.command) for key in KEYS for name in key.keys if "tab" not in name]
    mine = [(name, command) for name, command in mine if command not in ("play", "help", "night")]
    assert shown.js("Object.values(options.keys).every((one) => one in commands)")
    for _ in range(150):
        name, command = chance.choice(mine)
        shown.key(codes.get(name, name))
        viewer.do(command)
        state = shown.js("[view.at, view.lens, view.speed, view.episode, view.beside, view.zoom]")
        assert state == [
            viewer.at,
            viewer.lens,
            viewer.speed,
            viewer.episode,
            viewer.beside,
            pytest.approx(viewer.zoom),
        ]


@browsing
def test_help_lists_the_keys(opened: Opening) -> None:
    shown = opened(ladder())
    for close in ("h", "?", "Escape"):
        shown.key("h")
        assert shown.js("document.getElementById('help').open")
        shown.key("ArrowRight")
        assert at(shown) == 0
        shown.key(close)
        shown.until("!document.getElementById('help').open")
    told = shown.js("document.getElementById('help').textContent")
    for key in KEYS:
        assert key.about in told
    unnamed = (
        "[...document.querySelectorAll('button, input, select')]"
        ".filter((one) => !one.textContent.trim() && !one.getAttribute('aria-label')).length"
    )
    assert shown.js(unnamed) == 0


@browsing
@pytest.mark.parametrize("dark", [False, True])
def test_it_is_dark_where_that_is_preferred(opened: Opening, dark: bool) -> None:
    shown = opened(ladder(), dark=dark)

    def paper() -> str:
        return str(shown.js("getComputedStyle(document.querySelector('.pane svg rect')).fill"))

    colours = [
        f"rgb({int(one[1:3], 16)}, {int(one[3:5], 16)}, {int(one[5:7], 16)})" for one in (LIGHT["paper"], DARK["paper"])
    ]
    assert paper() == colours[dark]
    shown.key("d")
    assert paper() == colours[not dark]
    shown.click("#night")
    assert paper() == colours[dark]


@browsing
@pytest.mark.parametrize(("width", "height"), [(400, 800), (740, 360), (800, 600), (1280, 720), (1920, 1080)])
def test_nothing_is_cut(opened: Opening, width: int, height: int) -> None:
    for replays in ((ladder(),), (ladder(), exits())):
        shown = opened(*replays, width=width, height=height)
        shown.key("n")
        assert shown.js("document.documentElement.scrollWidth") <= width
        controls = "[...document.querySelectorAll('#bar button, #bar select, #at')]"
        boxes = f"{controls}.map((one) => one.getBoundingClientRect())"
        assert shown.js(f"{boxes}.every((one) => one.left >= 0 && one.right <= {width} && one.bottom <= {height})")
        wide = shown.js("document.querySelector('.pane').getBoundingClientRect().width")
        assert wide == pytest.approx(width / (1 if height > width else len(replays)), abs=8)


@browsing
def test_a_tap_looks_closer(opened: Opening) -> None:
    shown = opened(exits(), width=400, height=800)
    shown.tap(".pane", 0.75)
    shown.until("view.zoom === 2.5")
    assert shown.js("document.querySelector('.pane').scrollLeft") == pytest.approx(450, abs=2)
    shown.tap(".pane")
    shown.until("view.zoom === 1")


@browsing
def test_words_are_only_words(opened: Opening) -> None:
    shown = opened(hostile(), hostile())
    shown.key("n", "l", "v", "End")
    shown.js("new Promise((done) => setTimeout(done, 50))")
    assert shown.js("typeof hurt") == "undefined"
    assert shown.js("document.querySelectorAll('img, iframe').length") == 0
    assert shown.js("document.scripts.length") == 3
    assert shown.js("document.title") == HOSTILE
    assert HOSTILE in shown.js("[...document.getElementById('lens').options].at(-1).textContent")
    still = opened(hostile(), scripts=False, ready="true")
    assert still.js("document.title") == HOSTILE
    assert still.js("document.querySelectorAll('noscript svg').length") == 1
    assert still.js("document.querySelectorAll('img, iframe').length") == 0


@browsing
def test_without_scripts_there_is_a_picture(opened: Opening) -> None:
    shown = opened(ladder(), scripts=False, ready="true")
    turns = shown.js("[...document.querySelectorAll('noscript text')].map((one) => one.textContent)")
    assert turns == drawn(ladder(), 5)
    assert shown.js("document.querySelector('noscript svg').getBoundingClientRect().width") > 1000
    assert not shown.js("document.querySelector('#bar').getBoundingClientRect().height")


@browsing
def test_old_browsers_and_damaged_files_are_told_of(opened: Opening, browser: Browser, tmp_path: Path) -> None:
    old = opened(ladder(), before="delete window.DecompressionStream", ready="document.querySelector('[role=alert]')")
    assert "too old" in old.js("document.querySelector('[role=alert]').textContent")
    path = tmp_path / "damaged.html"
    path.write_text(re.sub(r'(id="reels">.{200}).', r"\1!", page([ladder()])), encoding="utf-8")
    damaged = browser.open(path.as_uri(), ready="document.querySelector('[role=alert]')")
    damaged.key("Space", "n", "l")
    assert "damaged" in damaged.js("document.querySelector('[role=alert]').textContent")
    assert damaged.errors == []
    damaged.close()


@browsing
def test_an_album_shows_many_on_one_page(browser: Browser, tmp_path: Path) -> None:
    path = album(tmp_path, {"ladder-1": [ladder()], "both": [ladder(), exits()]})
    assert sorted(str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*.*")) == [
        "replay.html",
        "replays/both.js",
        "replays/ladder-1.js",
    ]
    shown = browser.open(f"{path.as_uri()}#ladder-1", ready=READY)
    assert words(shown) == drawn(ladder(), 0)
    shown.key("n", "l")
    shown.js("location.hash = '#both'")
    shown.until("document.querySelectorAll('.pane').length === 2")
    assert words(shown, 1) == drawn(exits(), 0, size=BESIDE)
    for key, told in (("none", "There is no replay none"), ("..%2Fx", "Which replay?"), ("%zz", "Which replay?")):
        shown.js(f"location.hash = '#{key}'")
        shown.until(f"document.querySelector('[role=alert]')?.textContent.includes('{told}')")
    beside = [one for one in shown.requests if not one.startswith(tmp_path.as_uri())]
    assert beside == []
    assert [one for one in shown.errors if "ERR_FILE_NOT_FOUND" not in one] == []
    shown.close()
