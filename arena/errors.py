"""Errors that are the caller's to mend: one line, what and where, and the nearest right answer."""

import math
from collections.abc import Iterable
from difflib import get_close_matches

LONGEST = 60


class TurncoatError(Exception):
    """Something asked of Turncoat cannot be done. The command line prints it and exits with code 2.

    The message is one line whatever went into it: white space is closed up and control characters are written out.
    """

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


def one_line(text: str) -> str:
    """A text as one line of what can be printed: white space is closed up, anything else is written out."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in " ".join(text.split()))


def nearest(word: object, options: Iterable[str]) -> str:
    """The end of an error line: the closest of ``options``, or all of them when none is close."""
    known = sorted(set(options))
    close = get_close_matches(str(word)[:LONGEST], known, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known are {', '.join(known)}" if known else ""


def many(number: int) -> str:
    """A number of things as an error line shows it, in powers of ten where it is past reading."""
    return f"{number:,}" if number < 10**12 else f"about 10^{math.log10(number):.0f}"


def shown(value: object) -> str:
    """A value as an error line shows it: in a few words, cut where it grows long."""
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
