"""``turncoat watch``: one episode, stage by stage; again on every save of the file, if asked."""

import sys
from collections.abc import Callable
from pathlib import Path
from time import sleep
from typing import Annotated

import typer

from arena.cli.options import ScenarioArgument, Setting, Trust, TwinOption

POLL = 0.2
"""Seconds between two looks at the file."""

GONE = (0, 0)
"""The stamp of a file that is not there, as for a moment while some editors save."""


def run(
    scenario: ScenarioArgument,
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="who plays the model, as name:key=value,...")],
    settings: Setting = None,
    overseer: Annotated[
        str, typer.Option("-o", "--overseer", help="who plays the overseer, if there is one")
    ] = "always",
    seed: Annotated[int, typer.Option(help="of the agent's training and of the episode")] = 0,
    episode: Annotated[int, typer.Option(help="which episode of the seed to watch")] = 0,
    renderer: Annotated[str, typer.Option(help="how to show it")] = "text",
    twin: TwinOption = None,
    reload: Annotated[
        bool, typer.Option("--reload", help="watch the scenario's file: play again whenever it is saved")
    ] = False,
    trust: Trust = False,
) -> None:
    """Watch an agent play one episode: what is true, what the model sees, what it does and how likely it was."""
    from arena.errors import TurncoatError
    from arena.game.scenario import find as find_scenario
    from arena.game.twins import twin as twin_of
    from arena.play.agent import find as find_agent
    from arena.show.film import Credits
    from arena.show.renderer import find as find_renderer
    from arena.show.take import take
    from arena.spec import assignments

    for option, number in (("--seed", seed), ("--episode", episode)):
        if not 0 <= number < 2**63:
            raise TurncoatError(f"{option} must be at least 0 and less than 2^63, not {number}")
    shows, plays, oversees = find_renderer(renderer), find_agent(agent), find_agent(overseer)

    def play() -> None:
        import numpy as np

        found = find_scenario(scenario, trust)
        chosen = assignments(settings or [])
        game = found.compile(**chosen)
        game = twin_of(game, twin) if twin is not None else game
        others, names = {}, {}
        if any(seat.name == "overseer" for seat in game.seats):
            (others["overseer"],) = oversees.policies(game, "overseer", {}, np.asarray([seed], np.uint64))
            names["overseer"] = overseer
        named = Credits(found.title, found.name, chosen, twin or "", agent, names, seed, episode)
        shows.show([take(game, plays, named, others)])

    if not reload:
        play()
        return
    if not scenario.endswith((".yaml", ".yml", ".py")):
        raise TurncoatError(f"--reload watches a file; {scenario!r} is a name, give the path of the scenario's file")
    again(play, Path(scenario))


def again(play: Callable[[], None], path: Path) -> None:
    """Play now and whenever the file is saved, until Ctrl-C. A mistake is one line, and the next save is waited for."""
    from arena.errors import TurncoatError

    sys.dont_write_bytecode = True  # Python takes two saves within a second for one
    try:
        while True:
            seen = _stamp(path)
            try:
                play()
            except TurncoatError as error:
                typer.echo(str(error), err=True)
            except Exception as error:  # an agent that cannot play this: the next save may suit it
                typer.echo(str(TurncoatError(f"{type(error).__name__}: {error}")), err=True)
            typer.echo(f"-- waiting for {path} to be saved; Ctrl-C ends", err=True)
            while _stamp(path) in (seen, GONE):
                sleep(POLL)
    except KeyboardInterrupt:
        typer.echo("", err=True)


def _stamp(path: Path) -> tuple[int, int]:
    """What changes when a file is saved."""
    try:
        found = path.stat()
    except OSError:
        return GONE
    return found.st_mtime_ns, found.st_size
