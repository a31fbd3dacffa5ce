"""``turncoat verdict``: does the scenario ask for the turn, who turns in it, and why."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from arena.cli.options import Json, ScenarioArgument, Setting, Trust, print_json

if TYPE_CHECKING:
    from arena.contest.match import Pairing
    from arena.measure.verdict import Finding, Optima, Verdict

WATCHED = (
    "optimal",
    "myopic",
    "reinforce:trace=1",
    "reinforce:trace=0",
    "mlp:regime=frozen",
    "surrogate",
    "q-learning",
)
"""Who is watched if nobody is named."""


def run(
    scenario: ScenarioArgument,
    settings: Setting = None,
    agent: Annotated[
        list[str] | None, typer.Option("-a", "--agent", metavar="AGENT", help="who is watched in it (repeats)")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="how many of each learner")] = 20,
    overseer: Annotated[
        str, typer.Option("-o", "--overseer", help="who plays the overseer, if there is one")
    ] = "always",
    as_json: Json = False,
    trust: Trust = False,
) -> None:
    """Judge a scenario: over all its optimal policies exactly, and over agents fitted in it and in its twins.

    Objective: every optimal policy turns. Learner: none does, and some learner does. Underdetermined: some optimal
    policies turn and some do not. Absent: neither optimum nor learner turns.
    """
    from arena.contest.match import Pairing, board, player
    from arena.contest.match import overseer as watcher
    from arena.measure.verdict import verdict
    from arena.spec import Spec, assignments

    place = board(str(Spec(scenario, tuple(assignments(settings or []).items()))), trust)
    watches = watcher(overseer)
    over = watches if place.overseen else None
    pairings = [Pairing(place, player(name), over) for name in agent or WATCHED]
    found = verdict(place.game, pairings[0].others(), [finding(one, seeds) for one in pairings])
    if as_json:
        print_json({"scenario": place.label, "overseer": over.label if over else None} | data(found))
    else:
        show(place.label, found)


def finding(pairing: "Pairing", seeds: int) -> "Finding":
    """An agent watched under so many seeds, in the scenario and in its twins."""
    from arena.contest.match import MODEL, stream
    from arena.measure.diagnosis import CONTROLS, FOLLOWED, columns, figures
    from arena.measure.verdict import Finding

    model = pairing.model
    keys = stream([pairing.key(seed) for seed in range(1 if model.kind == "planner" else seeds)])
    found = figures(pairing.board.game, MODEL, model.agent, pairing.others(), keys, (*CONTROLS, FOLLOWED))
    return Finding(model.label, model.kind, columns(found))


def data(found: "Verdict") -> dict[str, Any]:
    """The verdict as plain data."""
    from arena.measure.verdict import MEANING

    seen, remembered = found.decodability, found.remembered
    return {
        "verdict": found.word,
        "meaning": MEANING[found.word],
        "paragraph": found.paragraph,
        "optima": [_optima(one) for one in found.optima],
        "agents": [
            {
                "agent": one.name,
                "kind": one.kind,
                "label": one.label.word,
                "meaning": one.label.meaning,
                "because": {name: vars(summary) for name, summary in one.label.numbers.items()},
                "measures": {name: vars(one.summary(name)) for name in one.values},
            }
            for one in found.findings
        ],
        "decodability": seen
        and {
            "chance": seen.chance,
            "seen": seen.accuracy,
            "remembered": remembered and remembered.accuracy,
        },
    }


def _optima(one: "Optima") -> dict[str, Any]:
    facts: dict[str, Any] = {"objective": one.objective, "information": one.information, "turns": one.word}
    if one.found is None:
        return facts | {"refused": one.refused}
    intervals = {name: vars(getattr(one.found, name)) for name in ("turn_probability", "early_rate", "late_rate")}
    exactly = {name: getattr(one.found, name) for name in ("value", "undetermined", "certificate")}
    return facts | intervals | exactly


def show(scenario: str, found: "Verdict") -> None:
    """Print the verdict: the word, the paragraph, all optima, all agents and why they are called what they are."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    from arena.measure.label import written
    from arena.measure.verdict import MEANING, ends

    console = Console(highlight=False, markup=False)
    console.print(f"{scenario}: {found.word}, {MEANING[found.word]}\n", style="bold")
    console.print(found.paragraph)

    def table(*headings: str) -> Table:
        laid = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
        for place, heading in enumerate(headings):
            laid.add_column(heading, justify="left" if place < 2 else "right", overflow="fold", no_wrap=place == 1)
        return laid

    best = table("all that are optimal for", "given", "turn", "early rate", "late rate")
    for one in found.optima:
        kinds = ("turn_probability", "early_rate", "late_rate")
        known = [ends(getattr(one.found, kind)) for kind in kinds] if one.found else ["not known"]
        best.add_row(one.objective, one.information, *known)
    console.print(best)
    for one in found.optima:
        why = one.found.certificate if one.found else one.refused
        console.print(f"{one.objective}, {one.information}: {why}", style="dim")
    console.print()
    agents = table("agent", "label", "turns", "early rate", "late rate", "deferral index")
    shown = ("turn_probability", "early_rate", "late_rate", "deferral_index")
    for watched in found.findings:
        cells = [written(watched.summary(name), 2).replace(" [", "\n[").replace(", ", "…") for name in shown]
        agents.add_row(watched.name.replace(":", ":\n ", 1), watched.label.word, *cells)
    console.print(agents)
    for watched in found.findings:
        label = watched.label
        console.print(f"{watched.name}: {label.word}: {label.meaning}. {'; '.join(label.because)}.")
