"""``turncoat train``: a learner's whole training, with its curve, checkpoints and the policies at the end."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arena.cli.options import Json, ScenarioArgument, Setting, Trust, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arena.contest.match import Pairing
    from arena.learn.training import Training
    from arena.play.policy import Policy

SHOWN = ("observed_return", "intended_return", "early_rate", "late_rate", "turn_probability")


def run(
    scenario: ScenarioArgument,
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="who learns, as name:key=value,...")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="the training's folder")],
    settings: Setting = None,
    overseer: Annotated[
        str, typer.Option("-o", "--overseer", help="who plays the overseer, if there is one")
    ] = "always",
    seeds: Annotated[int, typer.Option(min=1, help="how many learners, the same as a tournament's")] = 1,
    points: Annotated[int, typer.Option(min=1, help="how often to measure them and to save everything")] = 20,
    as_json: Json = False,
    trust: Trust = False,
) -> None:
    """Train an agent and save it. The same command again goes on where it was stopped, to the same result."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    pairing = paired(scenario, settings or [], agent, overseer, trust)
    training = prepare(pairing, out, seeds, points)
    kept = training.finished
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[unit]}"), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    task = bar.add_task("", total=None, unit=getattr(training.learner, "unit", ""))
    try:
        with bar:
            policies = training.run(lambda done, length: bar.update(task, completed=done, total=length))
    except KeyboardInterrupt:
        typer.echo("stopped; the same command goes on from here", err=True)
        raise typer.Exit(130) from None
    facts = summary(pairing, training, policies)
    if as_json:
        print_json(facts)
    else:
        for name, (low, mean, high) in facts["measures"].items():
            spread = f"  ({low:.4g} to {high:.4g})" if seeds > 1 else ""
            typer.echo(f"{name.replace('_', ' '):>18}  " + (f"{mean:.4g}{spread}" if mean == mean else "none met"))
    typer.echo(f"{'trained before' if kept else 'trained'}: {facts['policies']}", err=True)


def paired(scenario: str, settings: list[str], agent: str, overseer: str, trust: bool) -> "Pairing":
    """The learner and what it learns in, as a tournament has them.

    Raises:
        TurncoatError: there is no such thing, or the agent does not learn.
    """
    from arena.contest.match import Pairing, board, player
    from arena.contest.match import overseer as watcher
    from arena.errors import TurncoatError
    from arena.learn.learner import Learner
    from arena.play.agent import agents
    from arena.spec import Spec, assignments

    model = player(agent)
    if not isinstance(model.agent, Learner):
        learners = ", ".join(name for name, kind in agents().items() if issubclass(kind, Learner))
        raise TurncoatError(f"{model.label} does not learn; learners are {learners}")
    arena = board(str(Spec(scenario, tuple(assignments(settings).items()))), trust)
    return Pairing(arena, model, watcher(overseer) if arena.overseen else None)


def prepare(pairing: "Pairing", folder: Path, seeds: int, points: int) -> "Training":
    """The training of a pairing's learners; its seeds mean what they mean in a tournament."""
    from collections.abc import Callable

    from arena.contest.manifest import versions
    from arena.contest.match import MODEL, stream
    from arena.errors import TurncoatError
    from arena.learn.learner import Learner
    from arena.learn.practice import Practice
    from arena.learn.training import Training
    from arena.measure.measure import measures
    from arena.play.evaluate import evaluate
    from arena.play.policy import Policy

    board, others, learner = pairing.board, pairing.others(), pairing.model.agent
    if not isinstance(learner, Learner):
        raise TurncoatError(f"{pairing.model.label} does not learn")
    manifest = {
        "scenario": board.found,
        "settings": dict(board.settings),
        "digest": board.game.digest,
        "agent": pairing.model.identity,
        "overseer": pairing.overseer.identity if pairing.overseer else None,
        "seat": MODEL,
        "seeds": list(range(seeds)),
        "versions": versions(),
    }

    def measure(name: str) -> Callable[[Policy], float]:
        exact = measures()[name].exact
        return lambda policy: exact(evaluate(board.game, {**others, MODEL: policy}))

    keys = stream([pairing.key(seed) for seed in range(seeds)])
    practice = Practice(board.game, MODEL, others)
    return Training(folder, learner, practice, keys, manifest, {name: measure(name) for name in SHOWN}, points)


def summary(pairing: "Pairing", training: "Training", policies: "Sequence[Policy]") -> dict[str, Any]:
    """What came of it: every measure as [least, mean, most] over the seeds that have it."""
    import numpy as np

    from arena.learn.training import POLICIES

    found = {}
    for name, measure in training.measures.items():
        values = np.asarray([measure(policy) for policy in policies])
        values = values[~np.isnan(values)]
        found[name] = [values.min(), values.mean(), values.max()] if len(values) else [float("nan")] * 3
    return {
        "scenario": pairing.board.label,
        "agent": pairing.model.identity,
        "seeds": len(policies),
        "measures": found,
        "policies": str(training.folder / POLICIES),
    }
