"""``turncoat compare``: two runs beside each other."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arena.cli.options import Json, print_json

if TYPE_CHECKING:
    from arena.contest.compare import Comparison

SHOWN = 20
"""Lines of a kind that are printed; ``--json`` has them all."""


def run(
    first: Annotated[Path, typer.Argument(metavar="RUN", help="a run's folder")],
    second: Annotated[Path, typer.Argument(metavar="RUN", help="another one; differences are this less the first")],
    measure: Annotated[
        list[str] | None, typer.Option("-m", "--measure", metavar="NAME", help="show this one (repeats)")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what two runs share and how it differs, what only one has, and whether the same matches came out alike."""
    from arena.contest.compare import compare
    from arena.contest.salvage import telling
    from arena.contest.table import COLUMNS, DEFERRAL
    from arena.errors import TurncoatError, nearest

    with telling(first), telling(second):
        found = compare(first, second)
    known = sorted({name for row in found.shared for name in row.differences})
    for name in measure or ():
        if known and name not in known:
            raise TurncoatError(f"the runs share no measure {name!r}{nearest(name, known)}")
    if as_json:
        print_json(data(found))
        typer.echo(found.line, err=True)
        return
    for line in lines(found, measure or [*COLUMNS, *DEFERRAL]):
        typer.echo(line)
    typer.echo(found.line)


def lines(found: "Comparison", measures: list[str]) -> list[str]:
    """What is printed: alarms first, then versions, differences, and what only one run has."""
    from arena.contest.compare import clear
    from arena.contest.table import interval, number

    alarms = [
        f"ALARM: {_where(one.scenario, one.overseer)}, {one.agent}, seed {one.seed}: {', '.join(one.measures)}"
        f" differ by up to {one.most:.3g} (key {one.key[:12]})"
        for one in found.alarms
    ]
    versions = [f"{name}: {_version(one)} and {_version(other)}" for name, (one, other) in found.versions.items()]
    same, differing = 0, []
    for row in found.shared:
        cells = [
            f"  {name}: {number(row.first[name].mean)} -> {number(row.second[name].mean)},"
            f" difference {number(one.mean)}{interval(one, ' [{}, {}]')}{' *' if clear(one) else ''}"
            for name in measures
            if name in row.differences
            and ((one := row.differences[name]).mean != 0 or one.low != one.high)
            and one.seeds
        ]
        same += not cells
        changed = ", in another version of the scenario" if row.changed else ""
        seeds = f"{row.paired} seeds in both" if row.paired else "no seed in both"
        if cells:
            differing += [f"{_where(row.setup.label, row.setup.overseer)}, {row.agent} ({seeds}{changed})", *cells]
    only = [
        f"only in {folder}: {_where(setup.label, setup.overseer)}, {agent}"
        for folder, of in zip(found.folders, found.only, strict=True)
        for setup, agent in of
    ]
    if same:
        differing.append(f"{same} pairings show no difference in these measures")
    return [*_cut(alarms), *versions, *differing, *_cut(only)]


def data(found: "Comparison") -> dict[str, Any]:
    """All of it as plain data."""
    return {
        "summary": found.line,
        "runs": [
            {"folder": folder, "matches": matches} for folder, matches in zip(found.folders, found.matches, strict=True)
        ],
        "same_matches": found.same,
        "alarms": [vars(one) for one in found.alarms],
        "versions": found.versions,
        "shared": [
            {
                "scenario": row.setup.label,
                "overseer": row.setup.overseer,
                "agent": row.agent,
                "changed": row.changed,
                "paired_seeds": row.paired,
                "measures": {
                    name: {"first": vars(row.first[name]), "second": vars(row.second[name]), "difference": vars(one)}
                    for name, one in row.differences.items()
                },
            }
            for row in found.shared
        ],
        "only": [
            [{"scenario": setup.label, "overseer": setup.overseer, "agent": agent} for setup, agent in of]
            for of in found.only
        ],
    }


def _where(scenario: str, overseer: str | None) -> str:
    return f"{scenario}, {overseer} overseeing" if overseer else scenario


def _version(one: str | None) -> str:
    return one or "none"


def _cut(said: list[str]) -> list[str]:
    return said if len(said) <= SHOWN else [*said[:SHOWN], f"... and {len(said) - SHOWN} more; --json has them all"]
