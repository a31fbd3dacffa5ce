"""``turncoat tournament``: every agent on every scenario, as often as there are seeds."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import typer

from arena.cli.options import Json, Trust, print_json

if TYPE_CHECKING:
    from arena.contest.run import Outcome
    from arena.contest.standings import Standings
    from arena.contest.tournament import Tournament

SINGULAR = {"measures": "measure", "twins": "twin"}
"""Flags that repeat, by what a tournament file calls them."""

NARROWEST, PIPED = 100, 1000  # columns
REPORT, SPARSE = 60.0, 30.0
"""Seconds between reports while it runs, and between lines where the output is no terminal."""

COST = 20
"""Rewriting the report takes one part in so many of the time, at most."""


def run(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE.yaml]", help="a tournament file, in place of -s, -a and -o")
    ] = None,
    scenario: Annotated[
        list[str] | None, typer.Option("-s", "--scenario", metavar="NAME[:KEY=VALUE,...]", help="repeats")
    ] = None,
    agent: Annotated[
        list[str] | None, typer.Option("-a", "--agent", metavar="NAME[:KEY=VALUE,...]", help="repeats")
    ] = None,
    overseer: Annotated[
        list[str] | None,
        typer.Option("-o", "--overseer", metavar="NAME[:KEY=VALUE,...]", help="repeats; always, if left out"),
    ] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="how many; 10, or what the file says")] = None,
    controls: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAMES",
            help="in which every agent is fitted besides, for its label: all, none, or names with commas (repeats); "
            "all, or what the file says",
        ),
    ] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option("-m", "--measure", metavar="NAME", help="a measure for the tables, besides the usual (repeats)"),
    ] = None,
    twin: Annotated[
        list[str] | None,
        typer.Option(metavar="TWIN", help="every scenario as this twin of it, too: name:key=value,...+name (repeats)"),
    ] = None,
    faults: Annotated[
        str | None, typer.Option(metavar="PRICE", help="what a fault costs: void, forfeit or retry; void")
    ] = None,
    retries: Annotated[int | None, typer.Option(min=1, help="how often a fault is tried again with retry; 2")] = None,
    settle: Annotated[
        bool | None, typer.Option("--settle", help="play no further seeds once the order of agents is settled")
    ] = None,
    time_limit: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="for a call of an agent, as in '90 s'; 1 h, or what the file says"),
    ] = None,
    memory_limit: Annotated[
        str | None, typer.Option(metavar="SIZE", help="for a worker, as in '2 GB'; 4 GB, or what the file says")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=0,
            envvar="TURNCOAT_WORKERS",
            help="processes that play; as many as there are processors; 0 plays in this one, where a crash is a crash",
        ),
    ] = None,
    on: Annotated[
        str | None,
        typer.Option(metavar="ray[:HOST:PORT]", help="play on all of a Ray cluster: the one that runs here, or there"),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="the run's folder; runs/NAME for a file")] = None,
    as_json: Json = False,
    trust: Trust = False,
) -> None:
    """Play agents against scenarios and write a report. The same command again plays only what is missing."""
    from arena.contest.footage import album
    from arena.contest.manifest import record
    from arena.contest.match import player
    from arena.contest.on_ray import Cluster
    from arena.contest.report import write_report
    from arena.contest.run import run as play
    from arena.contest.salvage import telling
    from arena.contest.standings import standings
    from arena.contest.store import Store
    from arena.contest.tournament import Lineup, from_file
    from arena.contest.workers import Crew, Inline, Workers, cores, enquire
    from arena.errors import TurncoatError

    named_here = {"scenarios": scenario, "agents": agent, "overseers": overseer}
    how: dict[str, object] = {"measures": measure, "twins": twin, "seeds": seeds, "faults": faults, "retries": retries}
    how["settle"] = {} if settle else None
    how["controls"] = named(controls) if controls else None
    given = {key: value for key, value in {**named_here, **how}.items() if value is not None}
    limits = {key: value for key, value in {"time": time_limit, "memory": memory_limit}.items() if value is not None}
    document = None
    if file is not None:
        if set(given) - set(how):
            raise TurncoatError("give a tournament file or -s, -a and -o, not both")
        tournament, document = from_file(file)
        before = tournament.model_dump()
        if before["settle"]:
            given.pop("settle", None)
        tournament = validated(before | given | {"limits": before["limits"] | limits})
        out = out or Path("runs") / tournament.name
    else:
        if "scenarios" not in given or "agents" not in given:
            raise TurncoatError("give a tournament file, or at least one -s SCENARIO and one -a AGENT")
        if out is None:
            raise TurncoatError("give --out DIR, the run's folder")
        tournament = validated({"name": "tournament", **given, "limits": limits})

    number = cores() if workers is None else workers
    crew: Crew = Workers(number, tournament.limits) if number else Inline()
    if on is not None:
        crew = Cluster.named(on, tournament.limits)
    with redirect_stdout(sys.stderr):  # what an agent or a scenario prints is not what this command says
        lineup = Lineup(tournament, document, trust, partial(enquire, limits=tournament.limits) if number else player)
    with telling(out), Store(out, writing=True) as store:
        record(out, lineup)
        try:
            with Bar() as bar, redirect_stdout(sys.stderr):

                def rewrite() -> None:
                    with suppress(TurncoatError):  # the matches go on without it
                        write_report(out, standings(store), trust, bar.so_far)

                outcome = play(lineup, store, bar, crew, every(REPORT, rewrite))
        except KeyboardInterrupt:
            typer.echo("stopped; the same command goes on from here", err=True)
            raise typer.Exit(130) from None
        final = standings(store)
        report = write_report(out, final, trust)
        album(store, out)
    show(final, as_json)
    summarise(outcome, report)
    if outcome.faults:
        raise typer.Exit(1)


def validated(asked: dict[str, object]) -> "Tournament":
    """A tournament from flags; a TurncoatError names the flag that does not fit."""
    from pydantic import ValidationError

    from arena.contest.tournament import Tournament
    from arena.errors import TurncoatError
    from arena.game.schema import in_words

    try:
        return Tournament.model_validate(asked)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = [str(part) for part in first["loc"]]
        flag = f"{path[1]}-limit" if path[:1] == ["limits"] and len(path) > 1 else SINGULAR.get(path[0], path[0])
        raise TurncoatError(f"--{flag}: {in_words(Tournament, tuple(path), first)}") from None


def every(seconds: float, act: Callable[[], object]) -> Callable[[], None]:
    """What acts so often at most when it is called often, and less often where acting takes long."""
    due = time.monotonic() + seconds

    def maybe() -> None:
        nonlocal due
        if (begun := time.monotonic()) >= due:
            act()
            due = time.monotonic() + max(seconds, COST * (time.monotonic() - begun))

    return maybe


def named(words: list[str]) -> list[str] | str:
    """What ``--controls`` asks for, as a tournament file has it.

    Raises:
        TurncoatError: there is no such control.
    """
    from arena.errors import TurncoatError, nearest
    from arena.measure.diagnosis import CONTROLS, FOLLOWED

    names = [name.strip() for word in words for name in word.split(",")]
    if len(set(names)) == 1 and names[0] in ("all", "none"):
        return names[0]
    for name in names:
        if name in ("all", "none"):
            raise TurncoatError(f"--controls {','.join(names)}: {name} stands alone")
        if name not in (known := (*CONTROLS, FOLLOWED)):
            raise TurncoatError(f"--controls: there is no control {name!r}{nearest(name, known)}")
    return names


def show(final: "Standings", as_json: bool) -> None:
    """Print the standings on stdout."""
    from rich.console import Console

    from arena.contest.table import data, overall, text

    console = Console()
    if as_json:
        print_json(data(final))
        return
    width, colour = PIPED, False
    if console.is_terminal:
        width, colour = max(NARROWEST, console.width), not console.no_color
    for laid_out in (text, overall):
        if said := laid_out(final, width, colour):
            typer.echo(said)


def summarise(outcome: "Outcome", report: Path) -> None:
    """Say on stderr what was played, what failed, and where the report is."""
    alike = Counter((str(pairing), one.fault.cause, one.fault.message, one.policy) for pairing, one in outcome.faults)
    for (pairing, cause, message, policy), count in alike.items():
        matches = f"{count} matches" if count > 1 else "1 match"
        typer.echo(f"failed: {pairing}: {message} ({cause}; {matches} {policy})", err=True)
    if outcome.settled is not None:
        typer.echo(order_of(outcome), err=True)
    kept = f", {outcome.kept} kept" if outcome.kept else ""
    typer.echo(f"{outcome.played} matches played{kept}; {report}", err=True)


def order_of(outcome: "Outcome") -> str:
    """How far the order of the agents was settled."""
    assert outcome.settled is not None
    seeds = f"{outcome.seeds} seed{'s' if outcome.seeds > 1 else ''}"
    if outcome.settled.done:
        return f"the order of the agents is settled after {seeds}"
    if not outcome.settled.open:
        return f"there is no order to settle: no two agents met in {seeds}"
    (one, other), rest = outcome.settled.open[0], len(outcome.settled.open) - 1
    more = f" and {rest} more pair{'s' if rest > 1 else ''}" if rest else ""
    return f"the order is not settled after {seeds}: {one} and {other}{more} are open"


class Bar:
    """How a run gets on, on stderr: a bar where that is a terminal, else a line now and then."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.table import Column

        whole = Column(no_wrap=True)  # what is running gives way to the rest
        said = TextColumn("{task.description}", table_column=Column(no_wrap=True, ratio=1, overflow="ellipsis"))
        columns = (
            BarColumn(20, table_column=whole),
            MofNCompleteColumn(table_column=whole),
            TextColumn("{task.fields[time]}", table_column=whole),
            said,
        )
        self._live = sys.stderr.isatty()
        console = Console(stderr=True)
        self._progress = Progress(*columns, console=console, transient=True, expand=True, disable=not self._live)
        self._task = self._progress.add_task("", total=None, time="")
        self._total = self._done = self._failed = self._kept = 0
        self._begun = time.monotonic()
        self._say = every(SPARSE, self._line)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def start(self, total: int, kept: int) -> None:
        """There are so many matches, and so many are there already."""
        self._total, self._done, self._kept = total, kept, kept
        self._begun = time.monotonic()
        self._progress.update(self._task, total=total, completed=kept)

    def advance(self, played: int, failed: int, running: Sequence[str]) -> None:
        """So many matches more are over; what is running."""
        from rich.markup import escape

        self._done += played
        self._failed += failed
        words = [f"{self._failed} failed"] if self._failed else []
        if running:
            words.append((f"{len(running)} at once, " if len(running) > 1 else "") + running[0])
        said = escape("; ".join(words))
        self._progress.update(self._task, advance=played + failed, description=said, time=self._time())
        if not self._live:
            self._say()

    @property
    def so_far(self) -> str:
        """How many matches there are."""
        failed = f", {self._failed} failed" if self._failed else ""
        return f"{self._done} of {self._total} matches{failed}"

    def _line(self) -> None:
        typer.echo(f"{self.so_far}, {self._time()}", err=True)

    def _time(self) -> str:
        """How long it has gone on, and how long it will at the rate of the whole run: matches come in bursts."""
        passed, over = time.monotonic() - self._begun, self._done + self._failed
        if over == self._kept:
            return clock(passed)
        return f"{clock(passed)}, {clock(passed / (over - self._kept) * (self._total - over))} left"


def clock(seconds: float) -> str:
    """A length of time as h:mm:ss."""
    return str(timedelta(seconds=round(seconds)))
