"""The standings as text for a terminal and as plain data for JSON."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from arena.contest.labels import finding
from arena.contest.league import League, Side, league, spelt, unspelt
from arena.contest.league import data as league_data
from arena.contest.reading import read
from arena.contest.standings import Standing, Standings
from arena.measure.summary import Summary

if TYPE_CHECKING:
    from rich.table import Table

COLUMNS = {
    "early_rate": "early rate",
    "late_rate": "late rate",
    "turn_gap": "turn gap",
    "turn_probability": "turn prob.",
    "observed_return": "observed",
    "intended_return": "intended",
}
"""The measures that tables show, and what they are called there."""

DEFERRAL = {"deferral_index": "deferral index"}
"""The same where it is known."""

ROOMY = 190
"""Columns from which every row is one line."""


def columns(rows: Iterable[Standing], besides: Iterable[str] = ()) -> dict[str, str]:
    """The measures to show of some rows, and what they are called; ``besides`` are others that were asked for."""
    found = {**COLUMNS, **(DEFERRAL if any(name in row.values for row in rows for name in DEFERRAL) else {})}
    return found | {name: name.replace("_", " ") for name in besides if name not in found}


def number(value: float, places: int = 3) -> str:
    """A number to three decimals, or to four digits when it is large; a dash where there is none."""
    if value != value:
        return "–"
    text = f"{value:.{places}f}" if abs(value) < 1000 else f"{value:.4g}"
    return text.removeprefix("-") if float(text) == 0 else text


def interval(summary: Summary, form: str = "[{},{}]", places: int = 3) -> str:
    """The ends of the interval in a form; empty where all seeds agree, to the digits shown."""
    low, high = number(summary.low, places), number(summary.high, places)
    return "" if summary.certain or low == high else form.format(low, high)


def text(standings: Standings, width: int, colour: bool = False) -> str:
    """The standings laid out for so many columns: one table a scenario, a row for every agent and overseer."""
    from rich.console import Console

    console = Console(width=width, force_terminal=colour, no_color=not colour, highlight=False)
    with console.capture() as capture:
        for table in _tables(standings, width >= ROOMY):
            console.print(table)
    return _lines(capture.get())


def overall(standings: Standings, width: int, colour: bool = False) -> str:
    """The league laid out: ratings of both seats, what they cannot tell, and equilibria; nothing of a single agent."""
    from rich.console import Console

    whole = league(standings)
    console = Console(width=width, force_terminal=colour, no_color=not colour, highlight=False)
    with console.capture() as capture:
        for side in whole.sides:
            console.print(_ratings(side))
            for warning in side.ratings.warnings:
                console.print(warning, markup=False)
            if side.ratings.warnings:
                console.print()
        for line in _equilibria(whole):
            console.print(line, soft_wrap=True, markup=False)
    return _lines(capture.get()).rstrip()


def _lines(captured: str) -> str:
    return "\n".join(line.rstrip() for line in captured.splitlines())


def _ratings(side: Side) -> "Table":
    """A seat's agents over all settings."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    title = f"all settings, {side.seat}s by {side.ratings.measure}"
    table = Table(title=Text(title), title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    table.padding = (0, 0, 0, 1)
    table.add_column(side.seat, overflow="fold")
    for heading in ("rank", "rating", "won", "tied", "lost", "safety"):
        table.add_column(heading, justify="right", overflow="fold")
    for effect, rated in side.rows:
        safety = effect.effects["safety"]
        record: list[object] = ["–"] * 5
        if rated:
            rating = number(rated.rating.mean) + interval(rated.rating, " [{},{}]")
            record = [rated.rank, rating, rated.won, rated.tied, rated.lost]
        cells = [effect.agent, *record, number(safety.mean) + interval(safety, " [{},{}]")]
        table.add_row(*(Text(str(cell)) for cell in cells))
    return table


def _equilibria(found: League) -> Iterator[str]:
    """The equilibria between models and overseers, a line each."""
    for table in found.payoffs:
        for models, overseers, values in spelt(table):
            pays = f"the model {number(values[0])} and the overseer {number(values[1])}"
            yield f"{table.setup.label}, equilibrium: {models} against {overseers}, which pays {pays}"
        if more := unspelt(table):
            yield f"{table.setup.label}: and {more} more"


def _tables(standings: Standings, roomy: bool) -> "Iterator[Table]":
    """In little room intervals stand below their values, readings are one word, and the turn gap is left out."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    ends = (" [{},{}]", 3) if roomy else ("\n{}…{}", 2)
    for label, rows in by_scenario(standings).items():
        several = len({overseer for overseer, _ in rows}) > 1
        table = Table(title=Text(label), title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
        table.padding = (0, 0, 0, 1)
        for heading in ("agent", "overseer") if several else ("agent",):
            table.add_column(heading, overflow="fold", no_wrap=roomy)
        shown = columns((standing for _, standing in rows), standings.shown)
        if not roomy:
            del shown["turn_gap"]
        for heading in shown.values():
            table.add_column(heading if roomy else heading.replace(" ", "\n"), justify="right", overflow="fold")
        table.add_column("n", justify="right")
        table.add_column("label", overflow="fold", no_wrap=True)
        table.add_column("reading", overflow="fold")
        for overseer, standing in rows:
            summaries, reading = [standing.summary(name) for name in shown], read(standing)
            names = [standing.agent, overseer or "–"] if several else [standing.agent]
            cells = names if roomy else [name.replace(":", ":\n ", 1) for name in names]
            cells += [number(one.mean) + interval(one, *ends) for one in summaries]
            cells += [str(len(standing.seeds)), finding(standing).label.word]
            cells.append(reading.words if roomy else reading.short)
            table.add_row(*(Text(cell) for cell in cells))
        yield table


def by_scenario(standings: Standings) -> dict[str, list[tuple[str | None, Standing]]]:
    """Overseer and standing of every row, by the scenario's label."""
    found: dict[str, list[tuple[str | None, Standing]]] = {}
    for setup, rows in standings.tables.items():
        found.setdefault(setup.label, []).extend((setup.overseer, row) for row in rows)
    return found


def data(standings: Standings) -> dict[str, Any]:
    """The same as plain data, every measure of every row."""
    return {
        "standings": [
            {
                "scenario": setup.label,
                "settings": dict(setup.settings),
                "agent": row.agent,
                "overseer": setup.overseer,
                "matches": len(row.seeds),
                "reading": read(row).words,
                **_label(row),
                "measures": {name: vars(row.summary(name)) for name in sorted(row.values)},
            }
            for setup, rows in standings.tables.items()
            for row in rows
        ],
        **league_data(league(standings)),
        "failures": [
            {"scenario": one.setup.label, "agent": one.agent, "overseer": one.setup.overseer}
            | {"error": one.error, "message": one.message, "matches": one.matches, "policy": one.policy}
            for one in standings.failures
        ],
    }


def _label(row: Standing) -> dict[str, Any]:
    """The label, what it means and the numbers that decided it."""
    found = finding(row).label
    numbers = {name: vars(one) for name, one in found.numbers.items()}
    return {"label": found.word, "meaning": found.meaning, "because": numbers}
