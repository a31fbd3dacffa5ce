"""Draw the pictures of the docs: ``make pictures``. The threshold is taken from the demo's report, after ``make demo``.

Every scenario's picture is the moment in which the optimum turns, or its last round, through the lens that removes the
future where there is one; ``docs/pictures/README.md`` shows them all.
"""

import re
import sys
from pathlib import Path

from arena.files import write
from arena.game.scenario import Scenario, scenarios
from arena.play.agent import find
from arena.show.film import Credits
from arena.show.replay import Replay
from arena.show.scene import scene
from arena.show.take import take
from arena.show.telling import verdict
from renderers.svg import still, svg

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
FONT = "font-family: system-ui, sans-serif"
REMOVED = "future removed"
PLAYERS = {"two-exits": "schemer"}
"""Who plays where the optimum of what is observed shows little."""

LEARNED = "reinforce:trace=1"
"""Who plays in the README's picture."""


def main() -> None:
    """Write docs/turn.svg, docs/pictures/, and docs/threshold.svg if the demo has been played."""
    turn()
    gallery()
    if (ROOT / "runs" / "demo" / "report.html").exists():
        threshold()
    else:
        sys.stderr.write("docs/threshold.svg is left as it is: `make demo` first\n")


def turn() -> None:
    """The ladder with one that has learned to wait, in the round in which it turns."""
    replay = played(scenarios()["deferral-ladder"], LEARNED)
    assert replay.turned is not None
    write(ROOT / "docs" / "turn.svg", drawn(replay).encode())


def gallery() -> None:
    """A picture of every scenario, and a page of them."""
    PICTURES.mkdir(exist_ok=True)
    lines = [
        "# Pictures",
        "",
        "What `turncoat watch` shows of every scenario: the moment in which the optimum turns, or its last round. On",
        "the left the map, or the choice; on the right what is true beside what the model sees; below it the whole",
        "episode. Orange is defection, deployment and the late window, blue is compliance and training, purple is the",
        "lens: what the same agent does where the future is removed. `make pictures` draws them all again.",
    ]
    for name, scenario in scenarios().items():
        replay = played(scenario, PLAYERS.get(name, "optimal"))
        write(PICTURES / f"{name}.svg", drawn(replay).encode())
        lines += ["", f"## [{scenario.title}](../scenarios/{name}.md)", "", f"{verdict(replay)}", ""]
        lines += [f"![{scenario.title}, round {still(replay) + 1}, played by {replay.player}]({name}.svg)"]
    write(PICTURES / "README.md", "\n".join([*lines, ""]).encode())


def played(scenario: Scenario, agent: str) -> Replay:
    """Episode 0 of seed 0, the others taking their first legal actions."""
    return take(scenario.compile(), find(agent), Credits(scenario.title, scenario.name, player=agent))


def drawn(replay: Replay) -> str:
    """Its telling moment, through the lens that removes the future if there is one."""
    names = [lens.name for lens in replay.lenses]
    return svg(scene(replay, still(replay), names.index(REMOVED) if REMOVED in names else None))


def threshold() -> None:
    """The ladder's exact threshold beside what was learned, in the report's light colours."""
    report = (ROOT / "runs" / "demo" / "report.html").read_text(encoding="utf-8")
    colours = dict(reversed(re.findall(r"--([\w-]+):\s*(#[0-9a-fA-F]{3,8})", report)))  # the first, light, ones win
    plots: list[str] = re.findall(r"<svg.*?</svg>", report, flags=re.DOTALL)
    svg = next(plot for plot in plots if "threshold" in plot)
    svg = re.sub(r"var\(--([\w-]+)\)", lambda found: colours[found[1]], svg)
    _, _, width, height = re.search(r'viewBox="([\d. ]+)"', svg)[1].split()  # type: ignore[index]
    head, rest = svg.split(">", 1)
    head += f' xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" style="{FONT}">'
    paper = f'<rect width="{width}" height="{height}" fill="{colours["paper"]}"/>'
    write(ROOT / "docs" / "threshold.svg", (head + paper + rest + "\n").encode())


if __name__ == "__main__":
    main()
