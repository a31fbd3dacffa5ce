"""Episodes as a page: one file that plays in any browser, with no network and the controls of the window."""

import json
import re
import zlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import ClassVar

from arena.errors import TurncoatError, shown
from arena.files import write
from arena.show.lettering import FAMILY
from arena.show.palette import DARK, LIGHT
from arena.show.reel import reel
from arena.show.renderer import Renderer
from arena.show.replay import Replay
from arena.show.scene import SIZE, scene
from arena.show.viewer import CLOSER, CLOSEST, KEYS, PATIENCE, SPEEDS
from renderers.svg import still, svg

BESIDE = (960.0, 720.0)
"""The size of pictures that stand beside each other."""

ABREAST = 3
"""So many episodes begin beside each other; more of them one at a time."""

LONGEST = 1_000
"""Rounds of the longest episode that a page holds; every moment is a picture of all rounds."""

HEIGHT = 640
"""Of a notebook's frame."""

OWN = "'self' file:"
"""Where an album's page may fetch its replays: beside itself."""

TAB = "tab"
"""A key that in a browser moves on to the next control, and is left to it."""

SIGNS = {
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "pageup": "page up",
    "pagedown": "page down",
    "E": "shift e",
}
"""How keys are written."""


class Html(Renderer):
    """A page for each file, with all the episodes in it: a few side by side, many one at a time."""

    suffixes: ClassVar[tuple[str, ...]] = (".html",)

    def save(self, replays: Sequence[Replay], path: Path) -> None:
        """Write the page."""
        write(path, page(replays).encode("utf-8", "replace"))

    def album(self, folder: Path, replays: Mapping[str, Sequence[Replay]]) -> None:
        """Write ``replay.html``, and a file beside it for each name."""
        album(folder, replays)

    def inline(self, replay: Replay) -> str:
        """An episode for a notebook."""
        return inline(replay)


def page(replays: Sequence[Replay]) -> str:
    """A page that holds one episode, or several.

    Raises:
        TurncoatError: there are none, or one is too long.
    """
    if not replays:
        raise TurncoatError("there is no episode to make a page of")
    stills = [svg(scene(one, still(one), size=size(replays)), variables()) for one in replays[:ABREAST]]
    title = " · ".join(dict.fromkeys(replay.title for replay in replays))
    return rendered(title, packed(replays), stills)


def inline(replay: Replay) -> str:
    """The page in a frame of its own, for a notebook: it can touch nothing outside."""
    return (
        f'<iframe sandbox="allow-scripts" title="{escape(replay.title)}" width="100%" height="{HEIGHT}" '
        f'frameborder="0" srcdoc="{escape(page([replay]))}"></iframe>'
    )


def album(folder: Path, replays: Mapping[str, Sequence[Replay]]) -> Path:
    """One page for many: ``replay.html#KEY`` shows the episodes of a key, kept in ``replays/KEY.js`` beside it.

    Raises:
        TurncoatError: a key is more than letters, digits, ``.``, ``_`` and ``-``, or a file cannot be written.
    """
    for key in replays:
        if not re.fullmatch(r"[\w.-]+", key, re.ASCII):
            raise TurncoatError(f"{shown(key)} cannot be a replay's key: letters, digits, '.', '_' and '-' can")
    try:
        (folder / "replays").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TurncoatError(f"{folder / 'replays'}: {error.strerror or error}") from None
    for key, several in replays.items():
        write(folder / "replays" / f"{key}.js", f'var packed = "{packed(several)}";\n'.encode())
    path = folder / "replay.html"
    write(path, rendered("Replay").encode())
    return path


def packed(replays: Sequence[Replay]) -> str:
    """Episodes as letters and digits: no text in them can be taken for anything but text."""
    longest = max(replay.rounds for replay in replays)
    if longest > LONGEST:
        raise TurncoatError(
            f"an episode of {longest:,} rounds is too long for a page, which holds {LONGEST:,}; "
            "save .mp4, .gif or .replay"
        )
    reels = [reel(replay, size(replays)) for replay in replays]
    plain = json.dumps(reels, ensure_ascii=False, separators=(",", ":"))
    return b64encode(zlib.compress(plain.encode("utf-8", "replace"), 9)).decode()


def size(replays: Sequence[Replay]) -> tuple[float, float]:
    """The size of the pictures."""
    return BESIDE if 1 < len(replays) <= ABREAST else SIZE


def rendered(title: str, reels: str = "", stills: Sequence[str] = ()) -> str:
    """The page laid out. Without ``reels`` it looks for them beside itself."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FunctionLoader(source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = source("replay.css").replace("/* colours */", colours()).replace("/* family */", FAMILY)
    script = source("replay.js")
    keys = [(key, [name for name in key.keys if TAB not in name]) for key in KEYS]
    return environment.get_template("replay.html.j2").render(
        title=title,
        style=Markup(style),
        script=Markup(script),
        policy=policy(f"{digest(script)} {'' if reels else OWN}", digest(style)),
        options={
            "keys": {name: key.command for key, names in keys for name in names},
            "speeds": SPEEDS,
            "patience": PATIENCE,
            "closer": CLOSER,
            "closest": CLOSEST,
            "abreast": ABREAST,
        },
        keys=[([SIGNS.get(name, name) for name in names], key.about) for key, names in keys],
        reels=reels,
        stills=[Markup(one) for one in stills],
    )


def policy(scripts: str, styles: str) -> str:
    """What a page may do: run its own script and wear its own styles."""
    allowed = {"script-src": scripts, "style-src": styles, "img-src": "data:"}
    rules = {"default-src": "'none'", **allowed, "base-uri": "'none'", "form-action": "'none'"}
    return "; ".join(f"{what} {where}".strip() for what, where in rules.items())


def digest(text: str) -> str:
    """What the policy knows a style or a script by."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


@cache
def source(name: str) -> str:
    """The text of a file beside this one."""
    return files("renderers").joinpath(name).read_text(encoding="utf-8")


def variables() -> Mapping[str, str]:
    """The palette as a page's styles know it."""
    return {name: f"var(--{name})" for name in LIGHT}


def colours() -> str:
    """The palettes as styles: light, or dark where that is preferred, or as the reader says."""
    light, dark = ("".join(f" --{name}: {value};" for name, value in palette.items()) for palette in (LIGHT, DARK))
    return (
        f":root {{ color-scheme: light;{light} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root:not([data-theme]) {{ color-scheme: dark;{dark} }} }}\n"
        f":root[data-theme=dark] {{ color-scheme: dark;{dark} }}"
    )
