"""The whole episode along its rounds, in a few lines: stages, signals true and seen, how likely it was to defect."""

from collections.abc import Callable, Iterator
from itertools import groupby

from rich.text import Text

from arena.show.lanes import lanes
from arena.show.replay import Replay
from renderers.text_marks import COMPLIES, DEFECTS, LEARNS, LENS, LOUD, QUIET, cut, ink, step

GUTTER = 19
"""The width of the lines' names."""

WIDEST = 24
"""Signs that a round takes at most."""

NUMBER = 5
"""Signs that a round's number takes, with what is free after it."""

LEAST = {"turns": -1, "defects": 0, "deployment": 2}
"""The order in which events of one column are named."""

HIDDEN = "hidden"
NEUTRAL = (QUIET, LOUD)

MOST = 4
"""Signals that are shown."""


def timeline(replay: Replay, width: int) -> Iterator[Text]:
    """Lines of at most ``width`` signs."""
    return _Timeline(replay, width).lines() if replay.rounds else iter(())


class _Timeline:
    """A column is a round, several signs wide where there is room, or several rounds where there is not."""

    def __init__(self, replay: Replay, width: int) -> None:
        self.room = room = max(10, width - GUTTER - 1)
        self.replay, rounds = replay, replay.rounds
        self.many = -(-rounds // room)  # rounds in a column
        self.columns = [range(at, min(at + self.many, rounds)) for at in range(0, rounds, self.many)]
        self.cell = max(1, min(WIDEST, room // len(self.columns)))
        self.width = self.cell * len(self.columns)

    def lines(self) -> Iterator[Text]:
        """From the top."""
        replay = self.replay
        yield self.named("round", self.numbers())
        if replay.events:
            yield self.named("", self.events())
        yield self.band("stage", lambda at: replay.moments[at].stage, lambda at: replay.moments[at].deployment)
        if any(moment.window != "none" for moment in replay.moments):
            late = [moment.window == "late" for moment in replay.moments]
            yield self.band("window", lambda at: replay.moments[at].window, late.__getitem__, "none")
        for name in replay.signals[:MOST]:
            yield from self.signal(name)
        yield from self.chances()
        yield self.named("does", self.deeds())

    def named(self, name: str, line: Text, style: str = QUIET) -> Text:
        """A line after its name."""
        line.truncate(self.room)
        line.rstrip()
        return ink(f"{cut(name.replace('_', ' '), GUTTER):>{GUTTER}} ", style) + line

    def numbers(self) -> Text:
        """The rounds' numbers, as many as there is room for."""
        every = max(1, -(-NUMBER // self.cell))  # columns from one number to the next
        line = ""
        for number in range(0, len(self.columns), every):
            line = f"{line:<{number * self.cell}}{self.columns[number][0] + 1}"
        return ink(line, QUIET)

    def events(self) -> Text:
        """A mark at each, its words after it or before it, as there is room; those that matter most choose first."""
        last = self.replay.rounds - 1
        known = [
            (column * self.cell, sorted({words for _, words in group}, key=lambda words: LEAST.get(words, 1)))
            for column, group in groupby(self.replay.events, lambda event: min(event[0], last) // self.many)
        ]
        free = [True] * (self.room + 1)  # a sign more than the line has, to be left free after the last word
        placed: list[tuple[int, Text]] = []
        for at, said in sorted(known, key=lambda one: (LEAST.get(one[1][0], 1), one[0])):
            words, style = ", ".join(said), DEFECTS if said[0] in ("turns", "defects") else LOUD
            for start, shown in ((at, f"▾{words}"), (at - len(words), f"{words}▾"), (at, f"▾{said[0]}"), (at, "▾")):
                taken = slice(max(0, start - 1), start + len(shown) + 1)
                if start >= 0 and start + len(shown) <= self.room and all(free[taken]):
                    free[start : start + len(shown)] = [False] * len(shown)
                    placed.append((start, ink(shown, style)))
                    break
        line = Text()
        for start, text in sorted(placed, key=lambda one: one[0]):
            line.append(" " * (start - len(line)))
            line.append_text(text)
        return line

    def band(
        self,
        name: str,
        words: Callable[[int], str],
        on: Callable[[int], bool],
        nothing: str = "",
        styles: tuple[str, str] = (COMPLIES, DEFECTS),
    ) -> Text:
        """Stretches of rounds of which the same is to be said: the word, and a line as far as it holds."""
        line, at = Text(), 0
        for said, group in groupby(self.columns, lambda column: (words(column[-1]), on(column[-1]))):
            room = self.cell * len(list(group))
            word, heavy = said
            if word == nothing:
                line.append(" " * room)
                continue
            ends = at + room >= self.width  # no other word comes after it
            at += room
            shown = f"{word} " if len(word) < room + ends else f"{cut(word, room - 1)} " if room > 5 else ""
            shown = shown[:room]
            rule = ("·" if word == HIDDEN else "━" if heavy else "─") * (room - len(shown) - (room > 2))
            line.append_text(ink(f"{shown}{rule}".ljust(room), styles[heavy]))
        return self.named(name, line)

    def signal(self, name: str) -> Iterator[Text]:
        """Two lanes: what is true above, what the seat sees below it."""
        rows = [next(row for row in lanes(self.replay, at) if row.name == name) for at in range(self.replay.rounds)]
        true = [row.true or "" for row in rows]
        seen = [HIDDEN if row.told == "hidden" else row.seen or "" for row in rows]
        yield self.band(f"{cut(name, GUTTER - 6)}  true", true.__getitem__, lambda at: heavy(true[at]), styles=NEUTRAL)
        if set(seen) == {HIDDEN}:
            yield self.named("sees", ink("hidden from it", QUIET))
        else:
            yield self.band("sees", seen.__getitem__, lambda at: heavy(seen[at]), styles=NEUTRAL)

    def chances(self) -> Iterator[Text]:
        """How likely defecting was at every opportunity, after the update, and under each lens."""
        replay = self.replay
        lines: list[tuple[str, str, Callable[[int], float | None]]] = [("P(defect)", "", replay.defects)]
        lines.append(("after its update", LEARNS, replay.updated))
        for number, lens in enumerate(replay.lenses):
            lines.append((lens.name, LENS, lambda at, number=number: replay.defects(at, number)))  # type: ignore[misc]
        for name, style, of in lines:
            found = [[chance for at in column if (chance := of(at)) is not None] for column in self.columns]
            if any(found):
                yield self.named(name, self.spark(found, style), style or QUIET)

    def spark(self, found: list[list[float]], style: str) -> Text:
        """The highest probability in every column."""
        line = Text()
        for known in found:
            sign = step(max(known)) if known else " "
            wide = max(1, self.cell - 1)
            line.append(f"{sign * wide:<{self.cell}}", style or (DEFECTS if known and max(known) > 0.5 else COMPLIES))
        return line

    def deeds(self) -> Text:
        """A disc for complying, a diamond for defecting, a dot for what is neither."""
        line = Text()
        for column in self.columns:
            sign, style = mark([self.replay.defected(at) for at in column])
            line.append(f"{sign:<{self.cell}}", style)
        return line


def mark(defected: list[bool | None]) -> tuple[str, str]:
    """The sign and the style for what was done."""
    known = [one for one in defected if one is not None]
    return ("·", QUIET) if not known else ("◆", DEFECTS) if any(known) else ("●", COMPLIES)


def heavy(word: str) -> bool:
    """Whether a signal's word is drawn as a heavy line."""
    return word == "yes"
