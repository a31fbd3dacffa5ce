"""The whole episode along its rounds: stages, windows, signals true and seen, how likely defection was, and deeds."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import groupby

from arena.game.columns import NOTHING
from arena.show.box import Box
from arena.show.lettering import fitted, width
from arena.show.replay import Moment, Replay
from arena.show.shapes import Circle, Line, Polygon, Rect, Shape, Text

GUTTER = 124.0
"""Room for the names of the lines, to the left."""

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
            for name in replay.signals[: int((bottom - top - 84) // 33)]:
                top += 5
                shapes += self.signal(name, top)
                top += 29
        if any(moment.chances for moment in replay.moments):
            shapes += self.chart(top + 8, bottom - 24)
        else:
            bottom = top + 26
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
            if width(words, size) <= wide - 8:
                yield Text(x + wide / 2, top + height / 2 + size * 0.36, words, size, anchor="middle")

    def seen(self, name: str) -> list[str] | None:
        """What the seat saw of a factor; None if it does not see it."""
        if name not in self.replay.sights:
            return None
        column = self.replay.sights.index(name)
        return [moment.sees[column] for moment in self.replay.moments]

    def signal(self, name: str, top: float) -> Iterator[Shape]:
        """Two lanes: what is true above, what the seat sees below it."""
        column = self.replay.truths.index(name)
        true: list[str] | None = [moment.true[column] for moment in self.replay.moments]
        yield Text(self.left - 44, top + 17, name.replace("_", " "), 12, "faint", "end")
        known = sorted({*(true or []), *(self.seen(name) or [])} - {NOTHING})
        for lane, (label, values) in enumerate((("true", true), ("seen", self.seen(name)))):
            y = top + lane * 14
            yield self.name(label, y + 10, size=11)
            if values is None:
                wide = self.cell * min(self.columns, len(self.replay.moments))
                yield Rect(self.left + 0.5, y, wide - 1, 12, fill="hidden", radius=3)
                if wide > 60:
                    yield Text(self.left + wide / 2, y + 10, "hidden", 10.5, "ink", "middle")
                continue
            for value, group in groupby(range(min(self.columns, len(values))), values.__getitem__):
                rounds = list(group)
                x, wide = self.x(rounds[0]), self.cell * len(rounds)
                if value == NOTHING:
                    yield Rect(x + 0.5, y, max(wide - 1, 1), 12, fill="hidden", radius=3)
                    continue
                on = value == "yes" or (value != "no" and known.index(value) % 2 == 1)
                yield Rect(x + 0.5, y, max(wide - 1, 1), 12, fill="wall" if on else "paper", stroke="wall", radius=3)
                if width(value, 10.5) <= wide - 6:
                    yield Text(x + wide / 2, y + 10, value, 10.5, "paper" if on else "ink", "middle")

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
        """A disc for complying, a diamond for defecting, a dot for what is neither."""
        yield self.name("did", middle + 4)
        for at in range(self.replay.rounds):
            x, r = self.x(at + 0.5), min(7.0, max(1.5, self.cell * 0.36))
            defected = self.replay.defected(at)
            if defected is None:
                yield Circle(x, middle, min(2.0, r), "faint")
            elif defected:
                yield Polygon(((x, middle - r), (x + r, middle), (x, middle + r), (x - r, middle)), "defect")
            else:
                yield Circle(x, middle, r * 0.85, "comply")

    def numbers(self, base: float) -> Iterator[Shape]:
        """The rounds' numbers, as many as there is room for."""
        yield self.name("round", base)
        step = next(k for k in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10**9) if k * self.cell >= 26)
        for at in range(self.columns):
            half = width(str(at + 1), 11) / 2
            if at == 0 or (at + 1) % step == 0:
                yield Text(min(self.x(at + 0.5), self.box.right - half), base, str(at + 1), 11, "faint", "middle")

    def events(self, base: float) -> Iterator[Shape]:
        """A flag for each round in which something happened; its words where there is room."""
        free = self.left - 40.0
        known = [
            one for one in self.replay.events if one[0] < (min(self.at, self.columns) if self.private else self.columns)
        ]
        for at, group in groupby(known, key=lambda one: one[0]):
            said = [words for _, words in group]
            turns = bool({"turns", "defects"} & set(said))
            x, colour, words = self.x(at + 0.5), "defect" if turns else "ink", ", ".join(said)
            yield Polygon(((x - 4, base + 1), (x + 4, base + 1), (x, base + 6)), colour)
            words, fit = fitted(words, self.box.w / 3, 12, bold="turns" in said)
            half = width(words, fit, "turns" in said) / 2
            middle = min(max(x, self.left + half), self.box.right - half)
            if middle - half >= free:
                yield Text(middle, base - 2, words, fit, colour, "middle", bold="turns" in said)
                free = middle + half + 8
