"""``turncoat check agent``: whether agents keep the contract of agents."""

from typing import TYPE_CHECKING, Any

import typer

from arena.cli.options import print_json

if TYPE_CHECKING:
    from arena.measure.compliance import Compliance


def check_agents(agents: list[str], scenarios: list[str], limit: float, strict: bool, as_json: bool) -> None:
    """Check each, and print a line for each and one for everything to know about it. Exit code 1 if one fails."""
    from arena.errors import TurncoatError
    from arena.measure.compliance import comply

    if not agents:
        raise TurncoatError("check agent: name an agent, as in turncoat check agent my.py:Mine")
    reports = [comply(agent, scenarios, limit) for agent in agents]
    if as_json:
        print_json([data(report) for report in reports])
    else:
        for report in reports:
            show(report)
    if not all(report.passed and not (strict and report.findings) for report in reports):
        raise typer.Exit(1)


def data(report: "Compliance") -> dict[str, Any]:
    """What came of a check, to be printed as JSON."""
    return {
        "agent": report.agent,
        "ok": report.passed,
        "findings": [
            {"check": one.check, "level": one.level, "scenario": one.scenario, "what": one.what, "hint": one.hint}
            for one in report.findings
        ],
        "seconds_a_policy": report.played,
        "refused": report.refused,
        "not_tried": report.left,
    }


def show(report: "Compliance") -> None:
    """Print it as lines."""
    number = len(report.played)
    facts = ["ok" if report.passed else "wrong", f"asked in {number} scenario{'' if number == 1 else 's'}"]
    if report.refused:
        facts.append(f"refused {len(report.refused)}")
    if report.left:
        facts.append(f"not asked in {len(report.left)} ({', '.join(report.left)}; -s asks for them)")
    if report.played:
        slowest = max(report.played, key=lambda name: report.played[name])
        facts.append(f"a policy takes {speed(report.played[slowest])} at most, in {slowest}")
    typer.echo(f"{report.agent}: {', '.join(facts)}", err=not report.passed)
    for one in report.findings:
        where = f" in {one.scenario}" if one.scenario else ""
        typer.echo(f"{one.check}: {one.level}{where}: {one.what}; {one.hint}", err=one.level == "failure")


def speed(seconds: float) -> str:
    """Seconds, in words."""
    return f"{seconds:.2g} s" if seconds >= 1 else f"{seconds * 1e3:.2g} ms"
