"""Errors that are the caller's to mend: one line, what and where, and the nearest right answer."""

from collections.abc import Iterable
from difflib import get_close_matches


class TurncoatError(Exception):
    """Something asked of Turncoat cannot be done. The command line prints it and exits with code 2."""


def nearest(word: str, options: Iterable[str]) -> str:
    """The end of an error line: the closest of ``options``, or all of them when none is close."""
    known = sorted(set(options))
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known are {', '.join(known)}" if known else ""
