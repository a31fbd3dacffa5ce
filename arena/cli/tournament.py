"""``turncoat tournament``: every agent on every scenario, as often as there are seeds."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import typer

from arena.cli.options import Json, Trust, print_json

if TYPE_CHECKING:
    from arena.contest.match import Pairing
    from arena.contest.run import Outcome
    from arena.contest.standings import Standings

NARROWEST, PIPED = 100, 1000  # columns


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
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="the run's folder; runs/NAME for a file")] = None,
    as_json: Json = False,
    trust: Trust = False,
) -> None:
    """Play agents against scenarios and write a report. The same command again plays only what is missing."""
    from arena.contest.manifest import record
    from arena.contest.report import write_report
    from arena.contest.run import run as play
    from arena.contest.standings import standings
    from arena.contest.store import Store
    from arena.contest.tournament import Lineup, Tournament, from_file
    from arena.errors import TurncoatError

    asked = {"scenarios": scenario, "agents": agent, "overseers": overseer, "seeds": seeds}
    given: dict[str, object] = {**asked, "controls": named(controls) if controls else None}
    given = {key: value for key, value in given.items() if value is not None}
    document = None
    if file is not None:
        if set(given) - {"seeds", "controls"}:
            raise TurncoatError("give a tournament file or -s, -a and -o, not both")
        tournament, document = from_file(file)
        tournament = Tournament.model_validate(tournament.model_dump() | given)
        out = out or Path("runs") / tournament.name
    else:
        if "scenarios" not in given or "agents" not in given:
            raise TurncoatError("give a tournament file, or at least one -s SCENARIO and one -a AGENT")
        if out is None:
            raise TurncoatError("give --out DIR, the run's folder")
        tournament = Tournament.model_validate({"name": "tournament", **given})

    lineup = Lineup(tournament, document, trust)
    with Store(out, writing=True) as store:
        record(out, lineup)
        try:
            with Bar() as bar:
                outcome = play(lineup, store, bar)
        except KeyboardInterrupt:
            typer.echo("stopped; the same command goes on from here", err=True)
            raise typer.Exit(130) from None
        final = standings(store)
        report = write_report(out, final, trust)
    show(final, as_json)
    summarise(outcome, report)
    if outcome.failures:
        raise typer.Exit(1)


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

    from arena.contest.table import data, text

    console = Console()
    if as_json:
        print_json(data(final))
    elif console.is_terminal:
        typer.echo(text(final, max(NARROWEST, console.width), colour=not console.no_color))
    else:
        typer.echo(text(final, PIPED))


def summarise(outcome: "Outcome", report: Path) -> None:
    """Say on stderr what was played, what failed, and where the report is."""
    for pairing, error in outcome.failures:
        typer.echo(f"failed: {pairing}: {type(error).__name__}: {' '.join(str(error).split())}", err=True)
    kept = f", {outcome.kept} kept" if outcome.kept else ""
    typer.echo(f"{outcome.played} matches played{kept}; {report}", err=True)


class Bar:
    """A progress bar on stderr, where that is a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
        console = Console(stderr=True)
        self._progress = Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty())
        self._task = self._progress.add_task("", total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def start(self, total: int, kept: int) -> None:
        """There are so many matches, and so many are there already."""
        self._progress.update(self._task, total=total, completed=kept)

    def advance(self, pairing: "Pairing", matches: int) -> None:
        """Some matches of a pairing are over."""
        from rich.markup import escape

        self._progress.update(self._task, advance=matches, description=escape(str(pairing)))
