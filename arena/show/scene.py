"""A moment of a replay as a picture: what is true, what the seat sees, what it does, and what it would have done."""

from collections.abc import Iterator

from arena.show import choice, telling
from arena.show.box import Box
from arena.show.lanes import table
from arena.show.lettering import fitted, width, wrapped
from arena.show.replay import Replay
from arena.show.shapes import Circle, Line, Rect, Scene, Shape, Text
from arena.show.timeline import Timeline
from arena.show.world import drawn

SIZE = (1280.0, 720.0)
"""Width and height in logical units. The height is always 720, the width 960 to 1280, by the shape of the window."""

MARGIN = 28.0

SAYING, LOWEST = 86.0, 36.0
"""The height of what a lens says, and the least of an action's row above it."""


def frames(replay: Replay) -> int:
    """How many pictures an episode has: one a round, and one of where it ended or stands."""
    return len(replay.moments)


def scene(
    replay: Replay, at: int, lens: int | None = None, private: bool = False, size: tuple[float, float] = SIZE
) -> Scene:
    """The picture of moment ``at``.

    Args:
        replay: the episode.
        at: which moment, from 0 to ``frames(replay) - 1``.
        lens: which of the replay's lenses to look through.
        private: only what the seat may know, for a person who plays it.
        size: of the picture, in logical units.
    """
    page = Box(MARGIN, 0, size[0] - 2 * MARGIN, size[1])
    upper = Box(page.x, 92, page.w, 296)
    left, right = upper.split(0.47, 36)
    moment = replay.moments[at]
    said = not moment.over and moment.board < 0 and roomy(replay, at, left, private)
    shapes = [
        *header(replay, at, page, private),
        *world(replay, at, lens, private, left, right),
        *pay(replay, at, Box(page.x, 398, page.w, 30), private),
        *Timeline(replay, at, lens, Box(page.x, 444, page.w, 238), private).draw(),
        *footer(replay, at, lens, page, private, said),
    ]
    return Scene(size[0], size[1], tuple(shapes), telling.moment(replay, at, private))


def header(replay: Replay, at: int, page: Box, private: bool) -> Iterator[Shape]:
    """Who plays what, which round it is, and what is to be said of the stage."""
    moment = replay.moments[at]
    number = f"round {at + 1}" if at < replay.rounds or not moment.over else "the end"
    total = f" of {replay.rounds}" if replay.moments[-1].over and at < replay.rounds else ""
    yield Text(page.right, 42, number + total, 20, anchor="end", bold=True)
    room = page.w - width(number + total, 20, True) - 40
    title, size = fitted(replay.title, room, 24, least=14, bold=True)
    yield Text(page.x, 42, title, size, bold=True)
    plays = "play" if replay.player == "you" else "plays"
    who = f"{replay.player} {plays} the {replay.seat}" if replay.player and not private else f"the {replay.seat}"
    who += "".join(f", {other} the {seat}" for seat, other in replay.others.items() if not private)
    who += f" · {replay.twin}" if replay.twin else ""
    who += f" · {replay.kind}" if replay.kind else ""
    end = page.x + width(title, size, True) + 18
    room = page.right - width(number + total, 20, True) - 24 - end
    beside = width(who, 12) <= room
    if beside:
        words, fit = fitted(who, room, 15, least=12)
        yield Text(end, 42, words, fit, "faint")
    x = page.x
    for words, fill, stroke in chips(replay, at, private):
        words, fit = fitted(words, page.w * 0.3, 13)
        wide = width(words, fit) + 20
        if x + wide > page.right - 130:
            break
        yield Rect(x, 56, wide, 23, fill=fill, stroke=stroke, radius=11)
        yield Text(x + wide / 2, 72, words, fit, anchor="middle")
        x += wide + 8
    source = f"seed {replay.seed}, episode {replay.episode}"
    told = source if beside else f"{who} · {source}"
    told, fit = fitted(told, page.right - x - 20, 12, least=9)
    yield Text(page.right, 70, told, fit, "faint", "end")


def chips(replay: Replay, at: int, private: bool) -> Iterator[tuple[str, str, str]]:
    """What is to be said of a moment in a word or two: words, fill and outline."""
    moment = replay.moments[at]
    if private:
        if moment.over:
            yield "the episode has ended", "line-soft", ""
        return
    phase = "deployment" if moment.deployment else "training"
    colour = "defect-soft" if moment.deployment else "comply-soft"
    yield phase if moment.stage == phase else f"{moment.stage} · {phase}", colour, ""
    if moment.window in ("early", "late"):
        yield f"{moment.window} window", "defect-soft" if moment.window == "late" else "comply-soft", ""
    if not moment.free:
        yield "corrected", "line-soft", "wall"
    if not moment.experienced:
        yield "not experienced by the model", "line-soft", "wall"
    if at == replay.turned:
        yield "it turns", "paper", "defect"
    elif replay.defected(at):
        yield "it defects", "paper", "defect"
    if moment.note and (moment.free or moment.note != "corrected"):
        yield moment.note, "paper", "ink"


def world(replay: Replay, at: int, lens: int | None, private: bool, left: Box, right: Box) -> Iterator[Shape]:
    """The map beside lanes and choice, or where there is none the choice beside the lanes."""
    moment = replay.moments[at]
    number = moment.seen if private else moment.board
    if number < 0:
        yield from decision(replay, at, lens, private, left)
        yield from table(replay, at, right, private)
        return
    differs = not private and moment.seen >= 0 and moment.seen != moment.board
    if differs:
        true, seen = left.split(0.5, 16)
        yield from drawn(replay.boards[moment.board], true, "what is true")
        yield from drawn(replay.boards[moment.seen], seen, f"what the {replay.seat} sees")
    else:
        yield from drawn(replay.boards[number], left)
    share = min(172.0, 23.0 * max(4, len(moment.legal)) + 28)
    upper, lower = right.stacked(right.h - share - 10, 10)
    yield from table(replay, at, upper, private)
    yield from decision(replay, at, lens, private, lower)


def decision(replay: Replay, at: int, lens: int | None, private: bool, box: Box) -> Iterator[Shape]:
    """The choice under a heading; where the episode has ended, how."""
    moment = replay.moments[at]
    heading = "how it ended" if moment.over else f"what the {replay.seat} may do"
    words, fit = fitted(heading, box.w, 13, bold=True)
    yield Text(box.x, box.y + 14, words, fit, "faint", bold=True)
    yield Line(((box.x, box.y + 22), (box.right, box.y + 22)), "line", 1)
    inside = Box(box.x, box.y + 28, box.w, box.h - 28)
    if replay.exact and not private and inside.h > 200:
        inside, below = inside.stacked(inside.h - 72, 0)
        yield from summary(replay, below)
    if not moment.over:
        if roomy(replay, at, box, private):
            inside, below = inside.stacked(inside.h - SAYING, 0)
            if lens is not None:
                yield from saying(
                    replay, at, lens, Box(below.x, inside.y + choice.tall(replay, at, inside), below.w, 0)
                )
        yield from choice.rows(replay, at, lens, inside)
        return
    lines = (
        [telling.ending(replay, True)]
        if private
        else telling.ending(replay).replace(". Observed", ".\nObserved").split("\n")
    )
    for row, line in enumerate(lines):
        words, size = fitted(line, inside.w, 17, least=11, bold=row == 0)
        yield Text(inside.x, inside.y + 22 + 28 * row, words, size, bold=row == 0)


def roomy(replay: Replay, at: int, box: Box, private: bool) -> bool:
    """Whether there is room below a choice for what a lens says."""
    room = box.h - 28 - SAYING - (72 if replay.exact else 0)
    return bool(replay.lenses) and not private and len(replay.moments[at].legal) * LOWEST <= room


def saying(replay: Replay, at: int, lens: int, box: Box) -> Iterator[Shape]:
    """What a lens shows of a moment, in words."""
    name, said, about = through(replay, at, lens)
    yield Circle(box.x + 12, box.y + 14, 5, "paper", "lens", 2.5)
    words, size = fitted(f"lens: {name}", box.w - 24, 13, bold=True)
    yield Text(box.x + 24, box.y + 19, words, size, "lens", bold=True)
    y = box.y + 42
    if said:
        words, size = fitted(said, box.w - 24, 17, bold=True)
        yield Text(box.x + 24, y, words, size, bold=True)
        y += 19
    for line in wrapped(about, box.w - 24, 12)[:2]:
        words, size = fitted(line, box.w - 24, 12)
        yield Text(box.x + 24, y, words, size, "faint")
        y += 15


def summary(replay: Replay, box: Box) -> Iterator[Shape]:
    """What the policy comes to over all episodes."""
    yield Text(box.x, box.y + 20, "in all episodes, exactly", 13, "faint", bold=True)
    for place, (name, value) in enumerate(replay.exact.items()):
        x, y = box.x + box.w / 2 * (place % 2), box.y + 41 + 20 * (place // 2)
        words, size = fitted(telling.measure(name, value), box.w / 2 - 10, 14, least=9)
        yield Text(x, y, words, size)


def pay(replay: Replay, at: int, box: Box, private: bool) -> Iterator[Shape]:
    """What the round pays in every channel, and what has come together so far."""
    names = ["observed"] if private else ["observed", "principal"]
    if not private and any(deed.pays[2] for deed in replay.deeds):
        names.append("private")
    yield Rect(box.x, box.y, box.w, box.h, fill="raised", radius=6)
    x, base = box.x + 14, box.y + 20
    for label, values in (
        ("this round pays", list(replay.deeds[at].pays) if at < replay.rounds else None),
        ("return so far", [replay.returns(channel, at + 1) for channel in range(3)]),
    ):
        if values is None:
            continue
        yield Text(x, base, label, 13, "faint", bold=True)
        x += width(label, 13, True) + 16
        for channel, name in enumerate(names):
            told = telling.number(values[channel])
            told = f"+{told}" if values[channel] > 0 and label.startswith("this") else told
            yield Text(x, base, name, 13, "faint")
            x += width(name, 13) + 6
            yield Text(x, base, told, 14, bold=True)
            x += width(told, 14, True) + 18
        x += 22


def footer(replay: Replay, at: int, lens: int | None, page: Box, private: bool, said: bool = False) -> Iterator[Shape]:
    """What the lens shows if it has not been ``said``, or what happens, in a sentence."""
    words, colour = telling.moment(replay, at, private), "faint"
    if lens is not None and lens < len(replay.lenses) and not said:
        name, here, about = through(replay, at, lens)
        words, colour = f"Lens, {name}: {f'here {here}. ' if here else ''}{about}", "ink"
        yield Rect(page.x - 10, 687, page.w + 20, 32, fill="lens-soft", radius=6)
    lines = wrapped(words, page.w, 13)
    for row, line in enumerate(lines[:2]):
        yield Text(page.x, (699 if len(lines) > 1 else 708) + 15 * row, line, 13, colour)


def through(replay: Replay, at: int, lens: int) -> tuple[str, str, str]:
    """A lens's name, what it shows of a moment, and what it is about."""
    one = replay.lenses[lens]
    here, there = replay.defects(at), replay.defects(at, lens)
    said = ""
    if there is not None:
        said = f"defects with {choice.percent(there)}"
        if here is not None:
            alike = choice.percent(here) == choice.percent(there)
            said += ", no different" if alike else f" instead of {choice.percent(here)}"
    elif here is not None:
        said = "no answer: that is never met"
    return one.name, said, one.about
