"""The whole episode along its rounds: stages, windows, signals true and seen, how likely defection was, and deeds."""

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import replace
from itertools import groupby

from arena.game.columns import NOTHING
from arena.show.box import Box
from arena.show.lanes import signs
from arena.show.lettering import fitted, width
from arena.show.replay import Moment, Replay
from arena.show.shapes import Circle, Line, Polygon, Rect, Shape, Text

GUTTER = 124.0
"""Room for the names of the lines, to the left."""

INSET = 7.0
"""From where a block of rounds begins to its word."""

LEAST, MOST = 20.0, 28.0
"""From one thing that the seat saw to the next, where there is no chart."""

WIDEST = 200.0
"""A round is drawn no wider than this."""

AHEAD = 40
"""Of an episode that goes on, the rounds to come are drawn if it has no more than this."""


class Timeline:
    """Where everything is: a column for each round, lines one below the other."""

    def __init__(self, replay: Replay, at: int, lens: int | None, box: Box, private: bool) -> None:
        """Lay out the lines; nothing is drawn yet."""
        self.replay, self.at, self.lens, self.box, self.private = replay, at, lens, box, private
        going = not replay.moments[-1].over
        self.columns = max(1, replay.horizon if going and replay.horizon <= AHEAD else replay.rounds + going)
        self.left = box.x + GUTTER
        self.cell = min(WIDEST, (box.right - self.left) / self.columns)

    def x(self, round_: float) -> float:
        """Where a round begins."""
        return self.left + round_ * self.cell

    def draw(self) -> Iterator[Shape]:
        """All of it, from the top: events, stages and windows, signals, probabilities, deeds."""
        replay, box = self.replay, self.box
        top = box.y + 20
        bottom = box.bottom - 20
        shapes = [*self.events(box.y + 12)]
        if not self.private:
            shapes += self.band("stage", top, 20, lambda m: (m.stage, "defect" if m.deployment else "comply"))
            top += 23
            if any(moment.window != "none" for moment in replay.moments):
                shade = {"early": "comply", "late": "defect"}
                shapes += self.band("window", top, 15, lambda m: (m.window, shade.get(m.window, "")))
                top += 18
            first = sorted(replay.signals, key=lambda name: name not in replay.sights)[: int((bottom - top - 84) // 33)]
            for name in (name for name in replay.signals if name in first):
                top += 5
                shapes += self.signal(name, top)
                top += 29
        if any(replay.defects(at) is not None for at in range(len(replay.moments))):
            shapes += self.chart(top + 8, bottom - 24)
        else:
            sights, room = self.sights(), bottom - top - 34
            step = max(LEAST, min(MOST, room / max(1, len(sights))))
            for name in sights[: int(room / step + 0.01)]:
                words, size = fitted(f"sees {name}".replace("_", " "), GUTTER - 14, 12)
                shapes += [self.name(words, top + 4 + step * 0.3 + 4, size=size)]
                shapes += self.lane(self.seen(name), top + 4, height=step * 0.6)
                top += step
            bottom = top + 34
        shapes += self.deeds(bottom - 11)
        shapes += self.numbers(bottom + 16)
        here = Rect(
            self.x(min(self.at, self.columns - 1)), box.y + 16, max(self.cell, 2), bottom - box.y - 12, radius=4
        )
        yield replace(here, fill="line-soft")
        yield from shapes
        yield replace(here, stroke="ink", width=1.5)

    def name(self, words: str, base: float, color: str = "faint", size: float = 12) -> Text:
        """What a line shows, in the gutter."""
        return Text(self.left - 10, base, words, size, color, "end")

    def band(
        self, name: str, top: float, height: float, part: Callable[[Moment], tuple[str, str]], size: float = 12
    ) -> Iterator[Shape]:
        """Blocks of rounds of which the same is to be said, in a colour."""
        yield self.name(name, top + height / 2 + 4)
        moments = self.replay.moments[: self.columns]
        for said, group in groupby(range(len(moments)), lambda at: part(moments[at])):
            words, colour = said
            rounds = list(group)
            if not colour:
                continue
            x, wide = self.x(rounds[0]), self.cell * len(rounds)
            yield Rect(x + 0.5, top, max(wide - 1, 1), height, fill=f"{colour}-soft", radius=3)
            yield from self.word(words, x, wide, top + height / 2 + size * 0.36, size)

    def word(self, words: str, x: float, wide: float, base: float, size: float, color: str = "ink") -> Iterator[Shape]:
        """The word of a block where it begins, if it fits: further on the present round's frame would cross it."""
        free = wide - width(words, size)
        if free >= 6:
            yield Text(x + min(INSET, free / 2), base, words, size, color)

    def sights(self) -> list[str]:
        """What else the seat saw that no map shows better."""
        mapped = any(moment.seen >= 0 for moment in self.replay.moments)
        told = {"round", *(() if self.private else self.replay.signals), *(("x", "y") if mapped else ())}
        return [
            name
            for name in self.replay.sights
            if name not in told and not (mapped and any(signs(word) for word in self.seen(name)))
        ]

    def seen(self, name: str) -> list[str]:
        """What the seat saw of a factor; nothing if it does not see it."""
        if name not in self.replay.sights:
            return [NOTHING] * len(self.replay.moments)
        column = self.replay.sights.index(name)
        return [moment.sees[column] for moment in self.replay.moments]

    def signal(self, name: str, top: float) -> Iterator[Shape]:
        """Two lanes: what is true above, what the seat sees below it."""
        column = self.replay.truths.index(name)
        true = [moment.true[column] for moment in self.replay.moments]
        yield Text(self.left - 44, top + 17, name.replace("_", " "), 12, "faint", "end")
        seen = self.seen(name)
        for lane, (label, values) in enumerate((("true", true), ("seen", seen))):
            yield self.name(label, top + lane * 14 + 10, size=11)
            yield from self.lane(values, top + lane * 14, {*true, *seen})

    def lane(
        self, values: Sequence[str], y: float, known: Set[str] = frozenset(), height: float = 12
    ) -> Iterator[Shape]:
        """What was true or seen of one thing, round by round; every other value that is ``known`` is dark."""
        order, size = sorted({*values, *known} - {NOTHING}), min(13.0, height * 0.875)
        base = y + height / 2 + size * 0.37
        for value, group in groupby(range(min(self.columns, len(values))), values.__getitem__):
            rounds = list(group)
            x, wide = self.x(rounds[0]), self.cell * len(rounds)
            if value == NOTHING:
                yield Rect(x + 0.5, y, max(wide - 1, 1), height, fill="hidden", radius=3)
                yield from self.word("hidden", x, wide, base, size)
                continue
            on = value == "yes" or (value != "no" and order.index(value) % 2 == 1)
            yield Rect(x + 0.5, y, max(wide - 1, 1), height, fill="wall" if on else "paper", stroke="wall", radius=3)
            yield from self.word(value.replace("_", " "), x, wide, base, size, "paper" if on else "ink")

    def chart(self, top: float, bottom: float) -> Iterator[Shape]:
        """How likely defection was at every opportunity, and how likely it would have been under the lens."""
        tall = bottom - top
        end = self.x(self.columns)
        yield self.name("P(defect)", top + tall / 2 + (4 if self.lens is None else -1))
        for share in (0.0, 0.5, 1.0):
            y = bottom - tall * share
            yield Line(((self.left, y), (end, y)), "line", 1)
        yield Text(self.left - 6, top + 4, "1", 10, "faint", "end")
        yield Text(self.left - 6, bottom + 3, "0", 10, "faint", "end")
        radius = min(5.0, max(1.6, self.cell * 0.3))
        for at in range(min(self.columns, len(self.replay.moments))):
            chance = self.replay.defects(at)
            if chance is not None:
                thick, high = max(1.2, min(26.0, self.cell * 0.5)), max(2.0, tall * chance)
                yield Rect(
                    self.x(at + 0.5) - thick / 2, bottom - high, thick, high, fill="defect", radius=min(3, thick / 4)
                )
        if self.lens is not None:
            yield self.name("lens", top + tall / 2 + 12, "lens")
            for run in self.runs(self.lens):
                points = tuple((self.x(at + 0.5), bottom - tall * p) for at, p in run)
                if len(points) > 1:
                    yield Line(points, "lens", 2, dash=True)
                if self.cell > 6 or len(points) == 1:
                    yield from (Circle(x, y, radius, "paper", "lens", 2) for x, y in points)
        if any(deed.update for deed in self.replay.deeds):
            for at in range(self.replay.rounds):
                before, after = self.replay.defects(at), self.replay.updated(at)
                if before is not None and after is not None:
                    yield from self.arrow(self.x(at + 0.72), bottom - tall * before, bottom - tall * after)

    def arrow(self, x: float, y: float, to: float) -> Iterator[Shape]:
        """What an update of parameters did to the probability in its round."""
        yield Line(((x, y), (x, to)), "good", 2)
        if abs(to - y) >= 1:
            back = 5 if to < y else -5
            yield Polygon(((x - 4, to + back), (x + 4, to + back), (x, to)), "good")

    def runs(self, lens: int) -> Iterator[list[tuple[int, float]]]:
        """Stretches of rounds one after another with a known probability of defecting under a lens."""
        run: list[tuple[int, float]] = []
        for at in range(min(self.columns, len(self.replay.moments))):
            chance = self.replay.defects(at, lens)
            if chance is not None:
                run.append((at, chance))
            elif run:
                yield run
                run = []
        if run:
            yield run

    def deeds(self, middle: float) -> Iterator[Shape]:
        """A disc for complying, a diamond for defecting; for what is neither its word, or a dot."""
        yield self.name("did", middle + 4)
        for at in range(self.replay.rounds):
            x, r = self.x(at + 0.5), min(7.0, max(1.5, self.cell * 0.36))
            defected, action = self.replay.defected(at), self.replay.action(at)
            if defected is None:
                words = "" if action is None else self.replay.actions[action].replace("_", " ")
                if 0 < width(words, 11) <= self.cell - 6:
                    yield Text(x, middle + 4, words, 11, "faint", "middle")
                else:
                    yield Circle(x, middle, min(2.0, r), "faint")
            elif defected:
                yield Polygon(((x, middle - r), (x + r, middle), (x, middle + r), (x - r, middle)), "defect")
            else:
                yield Circle(x, middle, r * 0.85, "comply")

    def numbers(self, base: float) -> Iterator[Shape]:
        """The rounds' numbers, as many as there is room for."""
        yield self.name("round", base)
        step = next(k for k in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10**9) if k * self.cell >= 36)
        for at in range(self.columns):
            half = width(str(at + 1), 11) / 2
            if at == 0 or (at + 1) % step == 0:
                yield Text(min(self.x(at + 0.5), self.box.right - half), base, str(at + 1), 11, "faint", "middle")

    def events(self, base: float) -> Iterator[Shape]:
        """A flag for each round in which something happened; its words where there is room, a turn's before others."""
        taken: list[tuple[float, float]] = []
        known = [
            one for one in self.replay.events if one[0] < (min(self.at, self.columns) if self.private else self.columns)
        ]
        rounds = [(at, [words for _, words in group]) for at, group in groupby(known, key=lambda one: one[0])]
        for at, said in sorted(rounds, key=lambda one: ("turns" not in one[1], "defects" not in one[1], one[0])):
            turns = bool({"turns", "defects"} & set(said))
            x, colour, words = self.x(at + 0.5), "defect" if turns else "ink", ", ".join(said)
            yield Polygon(((x - 4, base + 1), (x + 4, base + 1), (x, base + 6)), colour)
            words, fit = fitted(words, self.box.w / 3, 12, bold="turns" in said)
            half = width(words, fit, "turns" in said) / 2
            middle = min(max(x, self.left + half), self.box.right - half)
            if all(middle + half + 8 <= left or right + 8 <= middle - half for left, right in taken):
                yield Text(middle, base - 2, words, fit, colour, "middle", bold="turns" in said)
                taken.append((middle - half, middle + half))
