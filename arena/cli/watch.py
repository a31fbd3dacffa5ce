"""``turncoat watch``: one episode, stage by stage."""

from typing import Annotated

import typer

from arena.cli.options import ScenarioArgument, Setting, Trust, TwinOption


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
    trust: Trust = False,
) -> None:
    """Watch an agent play one episode: what is true, what the model sees, what it does and how likely it was."""
    import numpy as np

    from arena.errors import TurncoatError
    from arena.game.scenario import find as find_scenario
    from arena.game.twins import twin as twin_of
    from arena.play.agent import find as find_agent
    from arena.play.renderer import find as find_renderer
    from arena.play.trajectory import record
    from arena.spec import assignments

    for option, number in (("--seed", seed), ("--episode", episode)):
        if not 0 <= number < 2**63:
            raise TurncoatError(f"{option} must be at least 0 and less than 2^63, not {number}")
    shows, plays, oversees = find_renderer(renderer), find_agent(agent), find_agent(overseer)
    found = find_scenario(scenario, trust)
    game = found.compile(**assignments(settings or []))
    game = twin_of(game, twin) if twin else game
    key = np.asarray([seed], np.uint64)
    policies = {}
    if any(seat.name == "overseer" for seat in game.seats):
        (policies["overseer"],) = oversees.policies(game, "overseer", {}, key)
    (policies["model"],) = plays.policies(game, "model", policies, key)
    shows.show(record(game, policies, seed, episode), f"{found.title} · {agent}")
