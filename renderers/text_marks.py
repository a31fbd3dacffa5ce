"""What texts are made of: styles, and words that can do nothing to a terminal."""

from rich.text import Text

from arena.show.choice import folded, percent
from arena.show.replay import Replay

COMPLIES, DEFECTS, LENS, LEARNS, QUIET, LOUD = "cyan", "bold yellow", "magenta", "green", "dim", "bold"

BAR = 10
"""The width of a bar for probability 1."""

STEPS = "▁▂▃▄▅▆▇█"


def ink(words: str, style: str = "") -> Text:
    """Words in a style. Signs that are none of a text's, as those that command a terminal, become marks."""
    # appended, since the style that a text is made with is that of all that is added to it
    return Text().append("".join(sign if sign.isprintable() else "�" for sign in words), style)


def cut(words: str, room: int) -> str:
    """Words, or as many of their signs as there is room for."""
    return words if len(words) <= room else words[: max(0, room - 1)] + "…"[:room]


def shade(replay: Replay, at: int, action: int) -> str:
    """The style of an action: defecting, complying where it could defect, or neither."""
    moment = replay.moments[at]
    return DEFECTS if action in moment.defections else COMPLIES if moment.opportunity else QUIET


def bar(chance: float, style: str) -> Text:
    """A probability as a bar."""
    full = round(chance * BAR)
    return ink("█" * full, style) + ink("░" * (BAR - full), QUIET)


def chances(replay: Replay, at: int, action: int) -> Text:
    """How likely an action was, in figures and as a bar; nothing where it is not known."""
    moment = replay.moments[at]
    if len(moment.legal) == 1:
        return ink("no choice", QUIET)
    chance = folded(replay, at, moment.chances).get(action)
    if chance is None:
        return Text()
    return Text(f"{percent(chance):>4} ") + bar(chance, shade(replay, at, action))


def step(chance: float) -> str:
    """A probability as one sign of a line."""
    return STEPS[min(len(STEPS) - 1, int(chance * len(STEPS)))]
