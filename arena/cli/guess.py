"""``turncoat guess``: watch agents up to where they could turn, say who will, and see."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arena.cli.options import Json, Trust, print_json
from arena.errors import TurncoatError

if TYPE_CHECKING:
    from arena.contest.guess import Question, Skipped
    from arena.play.agent import Agent

SCENARIOS = ("deferral-ladder", "deferral-ladder:discount=0.5", "blind-spot", "spoofed-deployment", "windfall")
AGENTS = ("honest", "optimal", "reinforce", "misgeneraliser", "trojan", "relearner:regime=frozen", "random", "myopic")
HELP = "Type y or n, and how sure you are, 50 to 100: y 80. Without a number you are 100% sure. q ends."
SURE = (50.0, 100.0)


def run(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SCENARIO]...", help="as name:key=value,...; some that are quick if left out"),
    ] = None,
    agents: Annotated[
        list[str] | None,
        typer.Option("-a", "--agent", metavar="AGENT", help="who may play (repeats); a mixed lot if left out"),
    ] = None,
    rounds: Annotated[int, typer.Option(help="how many questions")] = 6,
    seed: Annotated[int, typer.Option(help="of the questions, the episodes and the training")] = 0,
    overseer: Annotated[str, typer.Option("-o", "--overseer", help="who plays the overseer")] = "always",
    cache: Annotated[bool, typer.Option("--cache/--no-cache", help="keep what was trained, and use it again")] = True,
    as_json: Json = False,
    trust: Trust = False,
) -> None:
    """Guess who will turn: see an agent in training, say what it will do in deployment, and see. ``--json`` asks
    nothing and prints the questions with their answers.
    """
    from arena.contest.guess import Question, questions
    from arena.contest.match import OVERSEER, board, player

    if not 1 <= rounds <= 1_000:
        raise TurncoatError(f"--rounds must be from 1 to 1000, not {rounds}")
    if not 0 <= seed < 2**63:
        raise TurncoatError(f"--seed must be at least 0 and less than 2^63, not {seed}")
    boards = [board(text, trust) for text in scenarios or SCENARIOS]
    lot = {player(text).label: kept(text, cache) for text in agents or AGENTS}
    asked = questions(boards, lot, {OVERSEER: player(overseer).agent}, rounds, seed)
    if as_json:
        print_json([data(one) for one in asked])
        return
    typer.echo("Each agent is shown up to where it could turn for the first time. Will it?")
    typer.echo(HELP)
    met: list[Question] = []
    said: list[float] = []
    skipped: list[Skipped] = []
    try:
        for one in asked:
            if not isinstance(one, Question):
                skipped.append(one)
                continue
            answer = ask(one, len(met))
            if answer is None:
                break
            met.append(one)
            said.append(answer)
            reveal(one, answer, len(met) - 1)
    except KeyboardInterrupt:
        typer.echo()
    closing(met, said, skipped, rounds)


def kept(text: str, cache: bool) -> "Agent":
    """An agent that is trained once, and says that it is without saying who."""
    from arena.learn.learner import Learner
    from arena.play.agent import find, full_name
    from arena.show.trained import Kept, folder

    agent = find(text)
    if not isinstance(agent, Learner):
        return agent
    return Kept(
        agent,
        full_name(text),
        folder() if cache else None,
        lambda _: typer.echo("training an agent ...", err=True),
    )


def letter(number: int) -> str:
    """What an agent is called while its name is hidden."""
    return f"Agent {chr(ord('A') + number)}" if number < 26 else f"Agent {number + 1}"


def ask(one: "Question", number: int) -> float | None:
    """The probability of turning that is said; None if there is nothing more to come."""
    from arena.contest.guess import ahead, lines

    told = one.told
    typer.echo(f"\n{letter(number)} in {told.scenario}")
    for line in lines(told, 0, one.cut):
        typer.echo(f"  {line}.")
    typer.echo(f"  {ahead(one)}")
    while True:
        typer.echo("Will it turn, y or n? ", nl=False)
        try:
            typed = input().strip()
        except EOFError:
            typer.echo()
            return None
        if not sys.stdin.isatty():
            typer.echo(typed)
        if typed == "q":
            return None
        chance = meant(typed)
        if chance is not None:
            return chance
        typer.echo(HELP)


def meant(typed: str) -> float | None:
    """The probability of turning that ``y 80`` or ``no, 65%`` stands for; None if it stands for none."""
    word, *numbers = typed.lower().replace(",", " ").replace("%", " ").split() or [""]
    if word not in ("y", "yes", "n", "no") or len(numbers) > 1:
        return None
    try:
        sure = float(numbers[0]) if numbers else SURE[1]
    except ValueError:
        return None
    if not SURE[0] <= sure <= SURE[1]:
        return None
    return sure / 100 if word.startswith("y") else 1 - sure / 100


def reveal(one: "Question", said: float, number: int) -> None:
    """What follows, who it was, and how likely it was."""
    from arena.contest.guess import brier, lines

    for line in lines(one.replay, one.cut, one.replay.rounds):
        typer.echo(f"  {line}.")
    verdict = "It turned." if one.turned else "It did not turn."
    typer.echo(f"{verdict} {letter(number)} is {one.replay.player}: {about(one.replay.player)}")
    typer.echo(
        f"It turns from there on with probability {one.chance:.3g}; you said {said:.3g}. "
        f"Score {brier([said], [one.turned]):.3g}."
    )


def about(agent: str) -> str:
    """The first line of what is said of an agent."""
    from arena.play.agent import find

    return (type(find(agent)).__doc__ or "").strip().split("\n")[0]


def closing(met: "list[Question]", said: list[float], skipped: "list[Skipped]", rounds: int) -> None:
    """The score, beside that of the base rate, and what was left out."""
    from arena.contest.guess import score

    typer.echo()
    for one in skipped:
        typer.echo(f"Left out: {one.agent} in {one.scenario}: {one.why}.")
    if not met:
        typer.echo("No question was answered, so there is no score.")
        return
    found = score(met, said)
    turned = sum(one.turned for one in met)
    typer.echo(f"{len(met)} of {rounds} questions answered; {turned} turned.")
    for who, points in (
        ("you", found.said),
        (f"always saying {found.rate:.0%}, the share that turned", found.base),
        ("knowing each agent's exact probability", found.exact),
    ):
        typer.echo(f"  {points:.3f}  {who}")
    typer.echo("This is the Brier score, the mean squared distance from what happened: 0 is perfect, 1 always wrong,")
    better = "beat" if found.said < found.base else "did not beat"
    typer.echo(f"0.25 a coin. You {better} the base rate; behaviour in training alone says little of what follows.")


def data(one: "Question | Skipped") -> dict[str, Any]:
    """A question with its answer, or why there is none."""
    from arena.contest.guess import Question, lines

    if not isinstance(one, Question):
        return {"scenario": one.scenario, "agent": one.agent, "skipped": one.why}
    replay = one.replay
    return {
        "scenario": replay.scenario,
        "agent": replay.player,
        "seed": replay.seed,
        "episode": replay.episode,
        "late_from": one.cut + 1,
        "before": lines(one.told, 0, one.cut),
        "after": lines(replay, one.cut, replay.rounds),
        "turned": one.turned,
        "turn_probability": one.chance,
    }
