"""``turncoat solve``: the exact optimum, and whether it turns."""

from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arena.cli.options import Json, ScenarioArgument, Setting, Trust, TwinOption, print_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arena.game.game import Game
    from arena.game.unroll import Unrolled
    from arena.play.policy import Policy
    from arena.solve.objective import Objective
    from arena.solve.solution import Solution


MOST_LINES = 200


class Information(StrEnum):
    """What the policy may depend on."""

    state = "state"
    recall = "recall"
    memoryless = "memoryless"


class Goal(StrEnum):
    """What is maximised."""

    total = "return"
    to_date = "return-to-date"


def run(
    scenario: ScenarioArgument,
    settings: Setting = None,
    information: Annotated[
        Information,
        typer.Option(help="what the model's policy may depend on: the true state, all it saw and did, or what it sees"),
    ] = Information.state,
    objective: Annotated[Goal, typer.Option(help="what is maximised")] = Goal.total,
    episodes: Annotated[int, typer.Option(min=0, help="return-to-date: complete episodes so far")] = 0,
    rounds: Annotated[
        int | None,
        typer.Option(min=0, help="return-to-date: rounds of the present episode so far; those before the late window"),
    ] = None,
    overseer: Annotated[
        str | None, typer.Option("-o", "--overseer", help="who plays the overseer; always, if nobody is named")
    ] = None,
    stage: Annotated[str | None, typer.Option(help="solve this stage alone, as if it never ended")] = None,
    twin: TwinOption = None,
    as_json: Json = False,
    trust: Trust = False,
) -> None:
    """Solve a scenario exactly for the model's observed return, or for the sum over the timesteps so far.

    A zero-sum game of two seats is solved for its equilibrium unless an overseer is named; its value is then the
    overseer's, as in the literature on inspection games.
    """
    from arena.game.scenario import find
    from arena.game.twins import twin as twin_of
    from arena.solve.objective import named
    from arena.spec import assignments

    found = find(scenario, trust)
    given = found.settings(assignments(settings or []))
    game = twin_of(found.compile(**given), twin) if twin is not None else found.compile(**given)
    maximised = named(objective.value, game, episodes, rounds)
    facts: dict[str, Any] = {"scenario": found.name, "parameters": given, "twin": twin}
    facts |= solve(game, information, maximised, overseer, stage)
    if as_json:
        print_json(facts)
        return
    policy = facts.pop("policy")
    for key, value in facts.items():
        if key != "parameters" and (key, value) != ("twin", None):
            typer.echo(f"{key:>18}  {_words(value)}")
    if len(policy) <= 24:
        typer.echo(f"{'policy':>18}")
        for line, mixture in policy.items():
            typer.echo(f"{'':>18}  {line}: {_mixture(mixture)}")


def solve(
    game: "Game", information: Information, objective: "Objective", overseer: str | None, stage: str | None
) -> dict[str, Any]:
    """What the command prints about the solution."""
    from arena.errors import TurncoatError
    from arena.measure.measure import measures
    from arena.play.agent import find
    from arena.play.evaluate import evaluate
    from arena.solve.objective import RETURN
    from arena.solve.optimal import optimal
    from arena.solve.stationary import stationary
    from arena.solve.zero_sum import equilibrium, is_zero_sum

    others = {}
    if overseer:
        import numpy as np

        (others["overseer"],) = find(overseer).policies(game, "overseer", {}, np.zeros(1, np.uint64))
    extra: dict[str, Any] = {}
    if stage:
        if objective != RETURN:
            raise TurncoatError(f"a stage that never ends has a return only, not a {objective.name}")
        solution = stationary(game, stage, "model", others)
    elif is_zero_sum(game) and not overseer and information is Information.state and objective == RETURN:
        solutions = equilibrium(game)
        solution, other = solutions["model"], solutions["overseer"]
        others = {"overseer": other.policy}
        extra = {"seat": "overseer", "value": other.value, "fraction": _fraction(other.value)}
    else:
        solution = optimal(game, "model", others, information.value, objective)
        worth = objective.worth(game, {**others, "model": solution.policy}, "model")
        extra = {"residual": abs(solution.value - worth)}
    facts = {
        "seat": solution.seat,
        "objective": solution.objective.name,
        "information": solution.information,
        "value": solution.value,
        "play": solution.play,
        "unique": solution.unique,
        "certificate": solution.certificate,
        **extra,
    }
    if solution.objective != RETURN:
        facts |= {"episodes": solution.objective.episodes, "rounds": solution.objective.rounds}
    if solution.undetermined is not None:
        facts["undetermined"] = solution.undetermined
    evaluation = evaluate(game, {**others, "model": solution.policy})
    facts |= {measure.name: measure.exact(evaluation) for measure in measures().values()}
    return facts | {"policy": policy_words(game, solution, others)}


def policy_words(game: "Game", solution: "Solution", others: "Mapping[str, Policy]") -> dict[str, dict[str, float]]:
    """Where the policy goes and has a choice: what the model sees there, to the actions it takes.

    If it remembers, what it saw and did before comes first. The author's name of the state is added where states that
    look alike are played differently. A policy of more than ``MOST_LINES`` lines is left out.
    """
    import numpy as np

    from arena.play.policy import everybody, together
    from arena.solve.optimal import reached

    policy, memory = solution.policy, solution.policy.memory
    game, policies = together(game, {**others, "model": policy})
    number = game.seat_number("model")
    seat = game.seats[number]
    clocked = len(policy.probability) > 1
    own = np.broadcast_to(policy.probability[:, policy.index] > 0, (game.horizon, *seat.legal.shape))
    seen = reached(game, number, everybody(game, policies), own)
    lines: dict[str, dict[int, tuple[float, ...]]] = {}
    for clock in range(game.horizon):
        for state in np.flatnonzero(seen[clock] & (seat.legal.sum(axis=1) > 1)).tolist():
            name = " ".join(f"{factor}={value}" for factor, value in seat.sees.words(state).items())
            name = name or "(sees nothing)"
            name = _history(memory, int(memory.information[state])) if memory else name
            name = f"round {clock + 1}, {name}" if clocked else name
            lines.setdefault(name, {})[state] = tuple(policy.at(clock, state).tolist())
        if len(lines) > MOST_LINES:
            return {}
    words: dict[str, dict[str, float]] = {}
    for name, mixtures in lines.items():
        alike = len(set(mixtures.values())) == 1
        for state, mixture in mixtures.items():
            line = name if alike else f"{name} ({game.words(state)})"
            words[line] = {action: p for action, p in zip(seat.actions, mixture, strict=True) if p > 0}
    return words


def _history(memory: "Unrolled", number: int) -> str:
    """What is remembered: what was seen, an arrow and what was done, again and again; last what is seen now."""
    seat = memory.original.seats[memory.original.seat_number(memory.seat)]
    steps = []
    for observation, action in memory.history(number):
        row = seat.sees.distinct[0][observation]
        seen = " ".join(f"{f.name}={f.values[i]}" for f, i in zip(seat.sees.factors, row, strict=True))
        steps.append(f"{seen} -> {seat.actions[action]}" if action >= 0 else seen)
    return "; ".join(steps)


def _fraction(value: float) -> str | None:
    """The value as a fraction of small numbers, if it is one to twelve digits."""
    fraction = Fraction(value).limit_denominator(100_000)
    return str(fraction) if abs(float(fraction) - value) < 1e-12 else None


def _words(value: Any) -> str:
    if isinstance(value, float):
        return "none met" if value != value else f"{value:.6g}"
    if value is None or isinstance(value, bool):
        return {True: "yes", False: "no", None: "not determined"}[value]
    return str(value)


def _mixture(mixture: dict[str, float]) -> str:
    return " or ".join(name if p > 1 - 1e-9 else f"{name} {p:.4g}" for name, p in mixture.items())
