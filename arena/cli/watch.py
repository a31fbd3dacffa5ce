"""``turncoat watch``: episodes, stage by stage; again on every save of the file, if asked; or from a recording."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Annotated

import typer

from arena.cli.options import ScenarioArgument, Setting, Trust, TwinOption
from arena.errors import TurncoatError

if TYPE_CHECKING:
    from arena.game.game import Game
    from arena.play.agent import Agent
    from arena.play.policy import Policy
    from arena.show.film import Credits
    from arena.show.replay import Replay

RECORDED = ".replay"

POLL = 0.2
"""Seconds between two looks at the file."""

GONE = (0, 0)
"""The stamp of a file that is not there, as for a moment while some editors save."""


@dataclass(frozen=True)
class Order:
    """What is to be played, as it was asked for."""

    scenario: str
    settings: list[str]
    agents: list[str]
    overseer: str
    twins: list[str]  # "" for the scenario as it is
    seed: int
    episodes: list[int]  # none for the last of the training
    learning: bool
    refit: bool
    cache: bool
    trust: bool


def run(
    scenario: ScenarioArgument,
    agent: Annotated[
        str | None, typer.Argument(metavar="AGENT", help="who plays the model, as name:key=value,...")
    ] = None,
    settings: Setting = None,
    overseer: Annotated[
        str, typer.Option("-o", "--overseer", help="who plays the overseer, if there is one")
    ] = "always",
    seed: Annotated[int, typer.Option(help="of the agent's training and of the episode")] = 0,
    episode: Annotated[
        list[int] | None, typer.Option(metavar="N", help="which episode of the seed to watch (repeats); else the first")
    ] = None,
    episodes: Annotated[int | None, typer.Option(metavar="N", help="watch the first N")] = None,
    beside: Annotated[
        list[str] | None, typer.Option(metavar="AGENT", help="another agent beside it, same seed (repeats)")
    ] = None,
    twin: TwinOption = None,
    beside_twin: Annotated[
        list[str] | None, typer.Option(metavar="TWIN", help="the same in this twin beside it (repeats)")
    ] = None,
    renderer: Annotated[str | None, typer.Option(help="how to show it; text if left out")] = None,
    save: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="write a file instead, its suffix says what: x.html, x.replay (repeats)"),
    ] = None,
    learning: Annotated[
        bool,
        typer.Option(
            "--learning", help="an episode of its training with every update, the last if no other is asked for"
        ),
    ] = False,
    refit: Annotated[
        bool, typer.Option("--refit/--no-refit", help="make the agent once more with the future removed")
    ] = True,
    cache: Annotated[bool, typer.Option("--cache/--no-cache", help="keep what was trained, and use it again")] = True,
    reload: Annotated[
        bool, typer.Option("--reload", help="watch the scenario's file: play again whenever it is saved")
    ] = False,
    trust: Trust = False,
) -> None:
    """Watch an agent play: what is true, what the model sees, what it does, and what it would have done otherwise.

    SCENARIO may be a FILE.replay, and AGENT another; they are shown as they were recorded.
    """
    from arena.show.renderer import find, writing

    shows = find(renderer or "text") if renderer or not save else None
    writers = [(path, writing(path)) for path in save or []]
    for path, _ in writers:
        if not path.parent.is_dir():
            raise TurncoatError(f"{path}: there is no folder {path.parent}")

    def deliver(replays: "list[Replay]") -> None:
        for path, writer in writers:
            writer.save(replays, path)
            for one in writer.files(path, len(replays)):
                typer.echo(f"{one} written", err=True)
        if shows is not None:
            shows.show(replays)

    if scenario.endswith(RECORDED):
        odd = {"-S": settings, "--episode": episode, "--episodes": episodes, "--beside": beside, "--twin": twin}
        odd |= {"--beside-twin": beside_twin, "--seed": seed, "--learning": learning, "--reload": reload}
        deliver(recorded(scenario, agent, [option for option, value in odd.items() if value]))
        return
    if agent is None:
        raise TurncoatError(f"who plays {scenario}? name an agent, as in: turncoat watch {scenario} optimal")
    if episodes is not None and (episode or not 1 <= episodes <= 1_000):
        raise TurncoatError("--episodes is a number from 1 to 1000, in place of --episode")
    for option, number in (("--seed", seed), *(("--episode", number) for number in episode or [])):
        if not 0 <= number < 2**63:
            raise TurncoatError(f"{option} must be at least 0 and less than 2^63, not {number}")
    order = Order(
        scenario=scenario,
        settings=settings or [],
        agents=[agent, *(beside or [])],
        overseer=overseer,
        twins=[twin or "", *(beside_twin or [])],
        seed=seed,
        episodes=list(range(episodes)) if episodes else sorted(set(episode or [])),
        learning=learning,
        refit=refit,
        cache=cache,
        trust=trust,
    )
    if not reload:
        deliver(played(order))
        return
    if not scenario.endswith((".yaml", ".yml", ".py")):
        raise TurncoatError(f"--reload watches a file; {scenario!r} is a name, give the path of the scenario's file")
    again(lambda: deliver(played(order)), Path(scenario))


def recorded(first: str, second: str | None, odd: list[str]) -> "list[Replay]":
    """The replays of one file or two; options that have no place with them are a mistake."""
    from arena.show.replay_file import load

    if odd:
        raise TurncoatError(f"{first}: a recording is shown as it is, without {odd[0]}")
    if second is not None and not second.endswith(RECORDED):
        raise TurncoatError(f"{first}: a recording has its agent; {second!r} could be another recording")
    return [load(Path(path)) for path in (first, second) if path is not None]


def played(order: Order) -> "list[Replay]":
    """Compile, train where nothing is kept, and play: every agent in every twin, every episode."""
    import numpy as np

    from arena.game.scenario import find as find_scenario
    from arena.game.twins import twin as twin_of
    from arena.play.agent import find as find_agent
    from arena.show.film import Credits
    from arena.show.take import takes
    from arena.spec import assignments

    oversees = find_agent(order.overseer)
    players = [(name, following(name) if order.learning else keeping(name, order.cache)) for name in order.agents]
    found = find_scenario(order.scenario, order.trust)
    chosen = assignments(order.settings)
    game = found.compile(**chosen)
    games = [(twin, twin_of(game, twin) if twin else game) for twin in order.twins]
    replays = []
    for twin, here in games:
        others, names = {}, {}
        if any(seat.name == "overseer" for seat in here.seats):
            (others["overseer"],) = oversees.policies(here, "overseer", {}, np.asarray([order.seed], np.uint64))
            names["overseer"] = order.overseer
        for name, player in players:
            named = Credits(found.title, found.name, chosen, twin, name, names, order.seed)
            if order.learning:
                replays += taught(here, player, named, order.episodes, others)
            else:
                replays += takes(here, player, named, order.episodes or [0], others, refit=order.refit)
    return replays


def taught(
    game: "Game", agent: "Agent", named: "Credits", episodes: list[int], others: "Mapping[str, Policy]"
) -> "list[Replay]":
    """Episodes of a learner's training."""
    import numpy as np

    from arena.learn.lesson import Followed, lessons
    from arena.show.film import film
    from arena.show.lens import flipped

    assert isinstance(agent, Followed)
    wanted = episodes or [agent.length - 1]
    if not 0 <= wanted[-1] < agent.length:
        raise TurncoatError(f"{named.player} trains for {agent.length} episodes; there is no episode {wanted[-1]}")
    replays = []
    key = np.asarray([named.seed], np.uint64)
    for number, lesson in zip(wanted, lessons(agent, game, "model", others, key, wanted), strict=True):
        policy = lesson.policy
        lenses = flipped(game, "model", policy, agent, others) if policy is not None else []
        replays.append(film(lesson.trajectory, replace(named, episode=number, kind="while training"), lenses))
    return replays


def following(name: str) -> "Agent":
    """A learner that can be followed while it trains; a TurncoatError lists those there are."""
    from arena.learn.lesson import Followed
    from arena.play.agent import agents, find

    agent = find(name)
    if not isinstance(agent, Followed):
        known = [one for one, kind in agents().items() if issubclass(kind, Followed)]
        raise TurncoatError(f"--learning follows tabular online learners, {', '.join(known)}; {name} is none of them")
    return agent


def keeping(name: str, cache: bool) -> "Agent":
    """An agent that says so when it is trained, and with a cache is trained once."""
    from arena.learn.learner import Learner
    from arena.play.agent import find, full_name
    from arena.show.trained import Kept, folder

    agent = find(name)
    if not isinstance(agent, Learner):
        return agent

    def says(game: "Game") -> None:
        typer.echo(f"training {name} in {game.name} ...", err=True)

    return Kept(agent, full_name(name), folder() if cache else None, says)


def again(play: Callable[[], None], path: Path) -> None:
    """Play now and whenever the file is saved, until Ctrl-C. A mistake is one line, and the next save is waited for."""
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
