"""The choice of a moment: what may be done, how likely each is, what was done, and what the lens says."""

from collections.abc import Iterator

from arena.show.box import Box
from arena.show.lettering import fitted, width
from arena.show.replay import Replay
from arena.show.shapes import Circle, Line, Polygon, Rect, Shape, Text

TALLEST = 62.0
"""A row is no higher than this."""


def rows(replay: Replay, at: int, lens: int | None, box: Box) -> Iterator[Shape]:
    """A row for every legal action: its word, a bar for its probability, a mark on what was done."""
    moment = replay.moments[at]
    done = replay.action(at)
    height = tall(replay, at, box) / max(1, len(moment.legal))
    size = min(18.0, height * 0.6)
    names = [replay.actions[action] for action in moment.legal]
    told = folded(replay, at, moment.chances)
    through = folded(replay, at, moment.lenses[lens]) if lens is not None and lens < len(moment.lenses) else {}
    first = min(box.w * 0.42, max((width(name, size, True) for name in names), default=0) + 30)
    bar = Box(box.x + first + 10, 0, box.w - first - 10 - size * 3.4 - 18, 0)
    for number, (action, name) in enumerate(zip(moment.legal, names, strict=True)):
        top = box.y + number * height
        middle, colour = top + height / 2, shade(replay, at, action)
        if action == done:
            yield Rect(box.x, top + 1, box.w, height - 2, fill=f"{colour}-soft", radius=6)
            yield Polygon(
                ((box.x + 9, middle - 5), (box.x + 17, middle), (box.x + 9, middle + 5)),
                fill="ink" if colour == "line" else colour,
            )
        words, fit = fitted(name.replace("_", " "), first - 28, size, bold=action == done)
        yield Text(box.x + 24, middle + fit * 0.36, words, fit, bold=action == done)
        if len(moment.legal) == 1:
            yield Text(box.right - 8, middle + size * 0.36, "no choice", size, "faint", "end")
            continue
        if action not in told:
            continue
        thick = min(18.0, height * 0.44)
        yield Rect(bar.x, middle - thick / 2, bar.w, thick, fill="paper", stroke="line", radius=3)
        if told[action] > 0:
            full = max(3.0, bar.w * told[action])
            yield Rect(bar.x, middle - thick / 2, full, thick, fill="faint" if colour == "line" else colour, radius=3)
        yield Text(box.right - 8, middle + size * 0.36, percent(told[action]), size, anchor="end", bold=action == done)
        if action in through:
            x = bar.x + bar.w * through[action]
            yield Line(((x, middle - thick / 2 - 5), (x, middle + thick / 2 + 5)), "lens", 2.5)
            yield Circle(x, middle, thick * 0.36, "paper", "lens", 2.5)


def tall(replay: Replay, at: int, box: Box) -> float:
    """How high the rows are together."""
    return min(TALLEST * len(replay.moments[at].legal), box.h)


def shade(replay: Replay, at: int, action: int) -> str:
    """The colour of an action there: defecting, complying where it could defect, or neither."""
    moment = replay.moments[at]
    if action in moment.defections:
        return "defect"
    return "comply" if moment.defections else "line"


def folded(replay: Replay, at: int, chances: tuple[float, ...]) -> dict[int, float]:
    """The probability of every legal action, with what the illegal ones fold to; nothing where it is not known."""
    legal = replay.moments[at].legal
    found = dict.fromkeys(legal, 0.0) if chances else {}
    for action, chance in enumerate(chances if legal else ()):
        found[action if action in found else legal[action % len(legal)]] += chance
    return found


def percent(chance: float) -> str:
    """A probability as people read it; only a sure thing is 0% or 100%."""
    if 0 < chance < 0.005:
        return "<1%"
    if 0.995 < chance < 1:
        return ">99%"
    return f"{chance:.0%}"
