"""Episodes as text, for a terminal: colour where there is colour, plain words where there is none."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from arena.game.board import Board
from arena.show.choice import folded, percent
from arena.show.renderer import Renderer
from arena.show.replay import Replay
from arena.show.telling import ending, measure, verdict
from renderers import text_rounds as rounds
from renderers.text_map import legend, strips
from renderers.text_marks import DEFECTS, LENS, LOUD, QUIET, bar, ink, shade
from renderers.text_timeline import mark, timeline

WIDE = 110
"""Columns from which truth and sight stand side by side."""

NARROWEST = 40
STRIPS = 16
"""Maps of a stage that are drawn at most."""


class TextRenderer(Renderer):
    """An episode in the terminal: its timeline, then round by round what was true, seen and done."""

    name = "text"
    mode = "ansi"

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console()

    @property
    def width(self) -> int:
        """Signs in a line."""
        return max(NARROWEST, self.console.width)

    def show(self, replays: Sequence[Replay]) -> None:
        """Print episodes one after the other, and a comparison of several."""
        for at, replay in enumerate(replays):
            for line in self.episode(replay):
                self.console.print(line)
            if at + 1 < len(replays):
                self.console.print(ink("\n" + "─" * self.width + "\n", QUIET))
        if len(replays) > 1:
            for line in comparison(replays):
                self.console.print(line)

    def frame(self, replay: Replay) -> str:
        """The last moment as text, in colour if the console has any."""
        with self.console.capture() as captured:
            for line in self.last(replay):
                self.console.print(line)
        return captured.get()

    def episode(self, replay: Replay) -> Iterator[RenderableType]:
        """All there is to say of an episode."""
        yield from title(replay)
        yield Text()
        yield from timeline(replay, self.width)
        for stage in rounds.stages(replay):
            yield Text()
            yield rounds.heading(replay, stage.start)
            yield from self.maps(replay, stage)
            for part in rounds.parts(replay, stage):
                yield self.round(replay, part)
        yield Text()
        yield from self.key(replay)
        yield from closing(replay)

    def round(self, replay: Replay, part: range) -> Table:
        """One round, or several that are told together."""
        at = part.start
        label = str(at + 1) if len(part) == 1 else f"{at + 1}–{part.stop}"
        gutter = 3 if replay.rounds <= rounds.LONG else 2 * len(str(replay.rounds)) + 1
        pays = rounds.pay(replay, part)
        paid = ink("  pays  ", QUIET) + pays
        wide = self.width >= WIDE and len(part) == 1
        table = lines(gutter, (self.width - gutter - 18) * 5 // 8 if wide else None)
        if len(part) > 1:
            table.add_row(label, *named("does", rounds.folded(replay, part) + paid))
            return table
        truth, sees, deed = rounds.truth(replay, at), rounds.sees(replay, at), rounds.deed(replay, at)
        if wide:
            table.add_row(label, *named("true", truth), *named("sees", sees))
            table.add_row("", *named("does", deed), *named("pays", pays))
        else:
            table.add_row(label, *named("true", truth))
            table.add_row("", *named("sees", sees))
            table.add_row("", *named("does", deed + paid))
        if lens := rounds.lens(replay, at):
            table.add_row("", *named("lens", lens))
        if update := rounds.update(replay, at):
            table.add_row("", *named("then", update))
        return table

    def maps(self, replay: Replay, stage: range) -> Iterator[RenderableType]:
        """The map in the rounds of a stage in which it looks different, and where the episode ended."""
        last = [replay.rounds] if stage.stop == replay.rounds else []
        met = [at for at in (*stage, *last) if replay.moments[at].board >= 0]
        met = [next(group) for _, group in groupby(met, lambda at: (replay.moments[at].board, replay.moments[at].seen))]
        if len(met) > STRIPS:
            told = {at for at, _ in replay.events}
            kept = {met[round(n * (len(met) - 1) / (STRIPS // 2 - 1))] for n in range(STRIPS // 2)}
            met = [at for at in met if at in kept or at in told][:STRIPS]
        if met:
            shown = [one for at in met for one in pictures(replay, at)]
            yield from (Padding(line, (0, 0, 0, 5)) for line in strips(shown, self.width - 5))
            yield Text()

    def last(self, replay: Replay) -> Iterator[RenderableType]:
        """Where the episode stands or ended."""
        at = len(replay.moments) - 1
        moment = replay.moments[at]
        yield from title(replay)
        if at:
            yield self.round(replay, range(at - 1, at))
        yield rounds.heading(replay, at)
        if moment.board >= 0:
            yield from (Padding(line, (0, 0, 0, 5)) for line in strips(pictures(replay, at), self.width - 5))
        if moment.over:
            yield from closing(replay)
            return
        table = lines(3)
        table.add_row(str(at + 1), *named("true", rounds.truth(replay, at)))
        table.add_row("", *named("sees", rounds.sees(replay, at)))
        table.add_row("", *named("may", choices(replay, at)))
        yield table

    def key(self, replay: Replay) -> Iterator[Text]:
        """What the signs mean."""
        words = f"[hidden from the {replay.seat}]  {{shown to it otherwise}}"
        yield ink(words, QUIET) + ink("  ● complies  ◆ defects", QUIET)
        if replay.boards:
            yield from legend(replay.boards, self.width)
        told = {lens for at in range(replay.rounds) for lens in rounds.differing(replay, at)}
        for at, lens in enumerate(replay.lenses):
            if at in told:
                yield ink(f"{lens.name}: ", LENS) + ink(lens.about, QUIET)


def lines(gutter: int, first: int | None = None) -> Table:
    """Lines with a number and a name before their words; where these have a width, there is room for more beside."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=gutter, justify="right")
    for width in (first, None)[: 2 if first else 1]:
        table.add_column(width=4)
        table.add_column(width=width)
    return table


def named(name: str, words: Text) -> tuple[Text, Text]:
    """A part of a line and its name."""
    return ink(name, QUIET), words


def title(replay: Replay) -> Iterator[Text]:
    """Who plays what, and which episode it is."""
    who = [replay.title, replay.player, *(f"{name} as {seat}" for seat, name in replay.others.items() if name)]
    yield ink(" · ".join(word for word in who if word), LOUD)
    settings = ", ".join(f"{key}={value}" for key, value in replay.settings.items())
    which = f"seed {replay.seed}, episode {replay.episode}"
    yield ink(", ".join(word for word in (replay.twin, settings, which, replay.kind) if word), QUIET)


def pictures(replay: Replay, at: int) -> list[tuple[str, Board]]:
    """The map as it is, and as the seat sees it where that differs."""
    moment = replay.moments[at]
    caption = "at the end" if moment.over else str(at + 1)
    found = [(caption, replay.boards[moment.board])]
    if moment.seen not in (-1, moment.board):
        found.append((f"{caption}, as it sees it", replay.boards[moment.seen]))
    return found


def choices(replay: Replay, at: int) -> Text:
    """What may be done, and how likely each is."""
    moment = replay.moments[at]
    told = folded(replay, at, moment.chances)
    wide = max((len(replay.actions[action]) for action in moment.legal), default=0)
    found = []
    for action in moment.legal:
        line = ink(f"{replay.actions[action]:<{wide}} ", shade(replay, at, action))
        if action in told:
            line += Text(f"{percent(told[action]):>4} ") + bar(told[action], shade(replay, at, action))
        found.append(line)
    return Text("\n").join(found)


def closing(replay: Replay) -> Iterator[Text]:
    """How it ended, in a sentence or two, and what it comes to over all episodes."""
    said = verdict(replay)
    yield ink(said, DEFECTS if replay.turned is not None else LOUD) + ink(ending(replay).removeprefix(said))
    if replay.exact:
        told = ", ".join(measure(name, value) for name, value in replay.exact.items())
        yield ink("In all episodes, exactly: ", QUIET) + ink(f"{told}.", QUIET)


def comparison(replays: Sequence[Replay]) -> Iterator[RenderableType]:
    """A line for every episode: who, what it did at every opportunity, and how it ended."""
    yield ink("\n━━ side by side ━━", LOUD)
    table = Table.grid(padding=(0, 2, 0, 0))
    for column in range(4):
        table.add_column(overflow="fold", ratio=None, no_wrap=column == 0)
    parts = {"player": {one.player for one in replays}, "twin": {one.twin for one in replays}}
    episodes = {one.episode for one in replays}
    for replay in replays:
        who = [getattr(replay, name) or "as it is" for name, values in parts.items() if len(values) > 1]
        who += [f"episode {replay.episode}"] if len(episodes) > 1 or not who else []
        did = Text()
        for at in range(replay.rounds):
            if replay.defected(at) is not None:
                did.append(*mark([replay.defected(at)]))
        table.add_row(ink(", ".join(who)), did, ink(verdict(replay)), ink(rounds.total(replay), QUIET))
    yield table
