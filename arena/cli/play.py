"""``turncoat play``: take a seat of a game, and be told afterwards what was true and what was best."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from arena.cli.options import ScenarioArgument, Setting, Trust, TwinOption
from arena.errors import TurncoatError

if TYPE_CHECKING:
    from arena.contest.sitting import InPerson

MODEL, OVERSEER = "model", "overseer"
USUAL = {MODEL: "optimal", OVERSEER: "always"}
"""Who takes the seat opposite if nobody is named."""


def run(
    scenario: ScenarioArgument,
    seat: Annotated[str, typer.Option(help="the seat that you take: model, overseer, or another of its seats")] = MODEL,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="AGENT",
            help="who plays the overseer, or the model if you do not; always and optimal if left out. "
            "It is made for an overseer that always watches",
        ),
    ] = None,
    settings: Setting = None,
    seed: Annotated[int, typer.Option(help="of the other's training and of the episode")] = 0,
    episode: Annotated[int, typer.Option(help="which episode of the seed to play")] = 0,
    twin: TwinOption = None,
    renderer: Annotated[str, typer.Option(help="where to play: prompt or window")] = "prompt",
    save: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="keep the episode, its suffix says as what: x.replay, x.html (repeats)"),
    ] = None,
    cache: Annotated[bool, typer.Option("--cache/--no-cache", help="keep what was trained, and use it again")] = True,
    trust: Trust = False,
) -> None:
    """Play an episode yourself: see only what your seat sees, and afterwards the truth and the exact best play."""
    from arena.show.renderer import find, writing

    shows = find(renderer)
    writers = [(path, writing(path)) for path in save or []]
    for path, _ in writers:
        if not path.parent.is_dir():
            raise TurncoatError(f"{path}: there is no folder {path.parent}")
    for option, number in (("--seed", seed), ("--episode", episode)):
        if not 0 <= number < 2**63:
            raise TurncoatError(f"{option} must be at least 0 and less than 2^63, not {number}")
    sitting = seated(scenario, settings or [], seat, against, seed, episode, twin, cache, trust)
    try:
        shows.play(sitting)
    except KeyboardInterrupt:
        pass
    finally:  # whatever ends it, what was played is not lost
        for path, writer in writers:
            writer.save([sitting.debrief().replay], path)
            typer.echo(f"{path} written", err=True)
    if renderer != "prompt":
        for sentence in sitting.debrief().words:
            typer.echo(sentence)


def seated(
    scenario: str,
    settings: list[str],
    seat: str,
    against: str | None,
    seed: int,
    episode: int,
    twin: str | None,
    cache: bool,
    trust: bool,
) -> "InPerson":
    """Compile, make the other player, print the rules and sit down."""
    import numpy as np

    from arena.cli.portrait import rules
    from arena.cli.watch import keeping
    from arena.contest.sitting import InPerson
    from arena.game.scenario import find
    from arena.game.twins import twin as twin_of
    from arena.show.film import Credits
    from arena.spec import assignments

    found = find(scenario, trust)
    chosen = assignments(settings)
    game = found.compile(**chosen)
    game = twin_of(game, twin) if twin is not None else game
    game.seat_number(seat)
    opposite = OVERSEER if seat == MODEL else MODEL
    others, names = {}, {}
    if any(one.name == opposite for one in game.seats):
        names[opposite] = against or USUAL[opposite]
        agent = keeping(names[opposite], cache)
        (others[opposite],) = agent.policies(game, opposite, {}, np.asarray([seed], np.uint64))
    elif against is not None:
        raise TurncoatError(f"{game.name} has no {opposite}, so nobody can be named --against")
    for sentence in rules(game):
        typer.echo(sentence)
    for name, who in names.items():
        typer.echo(f"The {name} is {who}.")
    typer.echo(f"What pays what: turncoat show {scenario}\n")
    return InPerson(
        game, seat, Credits(found.title, found.name, chosen, twin or "", "you", names, seed, episode), others
    )
