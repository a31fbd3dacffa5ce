"""Write docs/scenarios/, a page for every installed scenario of this project, and docs/schema/, for editors.

Run it as ``.venv/bin/python docs/pages.py``. Every number is computed from the compiled game, and the same scenarios
give the same bytes.
"""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from arena.cli import portrait
from arena.cli.schema import Form, schema
from arena.contest.optimum import solve
from arena.errors import TurncoatError
from arena.files import write
from arena.game.game import Game
from arena.game.scenario import Scenario, scenarios
from arena.game.twins import twin
from arena.game.unroll import unroll
from arena.measure.decodability import decoder
from arena.measure.label import DELTA
from arena.measure.verdict import KNOWING, MEANING, ends, sees_the_state
from arena.play.agent import find as find_agent
from arena.play.policy import view
from arena.show.film import Credits
from arena.show.take import take
from arena.solve.extremes import Interval
from arena.solve.interval import Intervals, intervals
from arena.solve.objective import RETURN, before_late, to_date
from arena.spec import word
from renderers.text import TextRenderer

ROOT = Path(__file__).resolve().parent.parent
PAGES, SCHEMAS = ROOT / "docs" / "scenarios", ROOT / "docs" / "schema"

LARGE = 1_000_000
"""States times rounds above which a page gives no results."""

REMEMBERED = 20_000
"""States of the unrolled game above which results with memory are left out."""

LONGEST = 24
"""Rounds of the episode that a page shows at most."""

TWINS = ("future-removed", "late-cut", "myopic", "unwatched", "hidden:factor=deployment", "hidden:factor=round")


def main() -> None:
    """Write every page and every schema; take away the pages of scenarios that are gone."""
    texts = {SCHEMAS / f"{form.value}.json": schema_text(form) for form in Form}
    shipped = {name: one for name, one in scenarios().items() if source_file(one) is not None}
    texts |= {PAGES / f"{name}.md": page(one, one.compile()) for name, one in shipped.items()}
    texts[PAGES / "README.md"] = index(shipped)
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, text.encode())
    for path in PAGES.glob("*.md"):
        if path not in texts:
            path.unlink()


def schema_text(form: Form) -> str:
    """A JSON Schema as its file holds it."""
    import json

    return json.dumps(schema(form), indent=2, ensure_ascii=False) + "\n"


def source_file(scenario: Scenario) -> Path | None:
    """The file in scenarios/ that a scenario is written in; None for those of other packages."""
    names = (f"{scenario.name}.yaml", f"{scenario.name.replace('-', '_')}.py")
    return next((path for name in names if (path := ROOT / "scenarios" / name).is_file()), None)


def index(shipped: Mapping[str, Scenario]) -> str:
    """The page that lists the pages."""
    lines = ["# Scenarios", "", "Every page here is written by `docs/pages.py` from the compiled game.", ""]
    rows = []
    for name, one in shipped.items():
        rows.append([f"[{name}]({name}.md)", one.kind, _first_sentence(one.about)])
    return "\n".join([*lines, *_table(["scenario", "kind", "what it is"], rows)]) + "\n"


def page(scenario: Scenario, game: Game) -> str:
    """The page of a scenario, whose game at the defaults is given."""
    given = scenario.settings({})
    file = source_file(scenario)
    assert file is not None
    parts = [
        f"# {scenario.title}",
        f"`{scenario.name}` · kind {scenario.kind} · [{file.name}](../../scenarios/{file.name}) · written by "
        "`docs/pages.py`",
        scenario.about,
        f"**Source and known answer.** {' '.join(scenario.source.split())}",
        "## The game",
        " ".join(portrait.rules(game)),
    ]
    drawn = portrait.picture(scenario, given)
    parts += [f"```text\n{drawn}\n```"] if drawn else []
    parts += [
        "\n".join(_table(["", ""], _specification(game))),
        "\n".join(_table(["seat", "sees", "values"], _sights(game))),
        "What one round pays the model, on average, while the others take their first action:",
        "\n".join(_payoffs(game)),
    ]
    small = len(game.row) * game.horizon <= LARGE
    found = portrait.thresholds(scenario, given, game) if small else {}
    parts += ["## Parameters", *_parameters(scenario, found, _comments(file))]
    parts += results(scenario, game) if small else [_left_out(scenario, game)]
    return "\n\n".join(parts) + "\n"


def results(scenario: Scenario, game: Game) -> list[str]:
    """What is exact: all optima, the verdict's exact part, the twins, and an episode."""
    optima = _optima(game)
    parts = [
        "## Exact results",
        "At the defaults, the other seats taking their first action. Policies that are optimal for the return, or for "
        "the return of the rounds before the late window, and what all of them do:",
        "\n".join(
            _table(
                ["optimal for", "given", "value", "turns", "early rate", "late rate"],
                [
                    [name, given, f"{one.value:.6g}", *map(ends, (one.turn_probability, one.early_rate, one.late_rate))]
                    for name, given, one in optima
                ],
            )
        ),
        _verdict(scenario, optima),
    ]
    told = _decodability(game)
    parts += [told] if told else []
    parts += [
        "The optimum that knows the state, here and in the [twins](../reference/twins.md) that there are:",
        "\n".join(_table(["game", "value", "play", "early rate", "late rate"], _twins(game))),
    ]
    if game.horizon <= LONGEST:
        parts += ["## An episode of the optimum", f"```text\n{_episode(scenario, game)}\n```"]
    name = scenario.name
    commands = [f"turncoat show {name}", f"turncoat watch {name} optimal", f"turncoat verdict {name}"]
    return [*parts, "```\n" + "\n".join(commands) + "\n```"]


def _left_out(scenario: Scenario, game: Game) -> str:
    return (
        f"## Exact results\n\nLeft out here: {len(game.row):,} states and {game.horizon} rounds take a while. "
        f"`turncoat solve {scenario.name}` has the optimum."
    )


def _specification(game: Game) -> list[list[str]]:
    facts = {
        "seats": "; ".join(f"{seat.name}: {', '.join(seat.actions)}" for seat in game.seats),
        "rounds": f"{game.horizon}",
        "states": f"{len(game.row):,}",
        "transitions": f"{len(game.successor):,}",
        "discount": f"{game.discount:g}",
        "digest": f"`{game.digest[:12]}`",
    }
    return [[key, value] for key, value in facts.items()]


def _sights(game: Game) -> list[list[str]]:
    rows = []
    for seat in game.seats:
        for name, values in portrait.sees(game, seat).items():
            many = len(values) > 6 or name == "round"
            rows.append([seat.name, name, f"{values[0]} to {values[-1]}" if many else ", ".join(values)])
        if not portrait.sees(game, seat):
            rows.append([seat.name, "nothing", ""])
    return rows


def _payoffs(game: Game) -> Iterable[str]:
    stages = portrait.payoffs(game)
    own = ["private"] * any(value for row in stages for value in row["private"])
    after = ["then"] * any(row["then"] for row in stages)
    rows = []
    for row in stages:
        pays = [_span(*row[channel]) for channel in ("observed", "intended", *own)]
        then = [", ".join(f"{name} {_span(*chance)}" for name, chance in row["then"].items())] * len(after)
        action = row["action"] + (" (defection)" if row["defection"] else "")
        rows.append([row["stage"], row["phase"], row["window"], action, *pays, *then])
    return _table(["stage", "phase", "window", "action", "observed", "intended", *own, *after], rows)


def _parameters(
    scenario: Scenario, found: Mapping[str, Mapping[str, list[float]]], about: Mapping[str, str]
) -> list[str]:
    """The parameters, and where along each the optimum defects nowhere early."""
    rows = []
    for name, default in scenario.parameters.items():
        tried = where = ""
        if name in found:
            low, high = found[name]["looked"]
            tried, where = f"{low:g} to {high:g}", portrait.where(found[name])
        rows.append([f"`{name}`", word(default), about.get(name, ""), where, tried])
    headings = ["parameter", "default", "what it is", "the optimum defects nowhere early", "values tried"]
    keep = [i for i in range(len(headings)) if i < 2 or any(row[i] for row in rows)]
    return ["\n".join(_table([headings[i] for i in keep], [[row[i] for i in keep] for row in rows]))]


def _comments(file: Path) -> dict[str, str]:
    """What a scenario file says beside its parameters."""
    found: dict[str, str] = {}
    inside = False
    for line in file.read_text(encoding="utf-8").splitlines():
        if line and not line[0].isspace():
            inside = line.startswith("parameters:")
        said = re.match(r"  (\w+):[^#]*#\s*(.*)", line) if inside and file.suffix == ".yaml" else None
        if said:
            found[said[1]] = said[2]
    return found


def _optima(game: Game) -> list[tuple[str, str, Intervals]]:
    """The exact part of a verdict, the decisive row first; what is too large is left out."""
    early = to_date(0, before_late(game))
    tries = [("return", "recall", RETURN), ("return", "state", RETURN), ("return", "memoryless", RETURN)]
    if sees_the_state(game, "model") or not _remembers(game):
        tries = tries[1:]
    found = []
    for name, information, objective in [*tries, ("return-to-date", "state", early)]:
        try:
            found.append((name, information, intervals(game, "model", {}, information, objective)))
        except TurncoatError:
            continue
    return found


def _remembers(game: Game) -> bool:
    """Whether all that the model may remember is little enough."""
    try:
        unroll(game, "model", cap=REMEMBERED)
    except TurncoatError:
        return False
    return True


def _verdict(scenario: Scenario, optima: Sequence[tuple[str, str, Intervals]]) -> str:
    """What `turncoat verdict` says before any agent is watched."""
    _, given, best = optima[0]
    turn: Interval = best.turn_probability
    told = f"Given {KNOWING[given]}, "
    if turn.low > DELTA:
        return f"**Verdict: objective.** {told}{MEANING['objective']}."
    if turn.high >= DELTA:
        return f"**Verdict: underdetermined.** {told}{MEANING['underdetermined']}."
    watch = f"`turncoat verdict {scenario.name}` watches learners"
    return f"**Verdict: absent or learner.** {told}no optimal policy turns; {watch}."


def _decodability(game: Game) -> str:
    """How well the phase can be told from what is seen, and with memory."""
    if not game.deployment.any():
        return ""
    told = view(game, "model")
    uniform = {"model": told.table(told.legal / told.legal.sum(axis=1, keepdims=True))}
    seen = decoder(game, uniform)
    memory = ""
    if _remembers(game):
        memory = f", from its memory in {decoder(game, uniform, memory=True).accuracy:.3g}"
    return (
        f"Choosing at random, the model can tell training from deployment from what it sees in {seen.accuracy:.3g} of "
        f"its rounds{memory}; a guess that sees nothing is right in {seen.chance:.3g}."
    )


def _twins(game: Game) -> list[list[str]]:
    rows = []
    for name in ("", *TWINS):
        try:
            best = solve(twin(game, name) if name else game, {})
        except TurncoatError:
            continue  # there is no such twin of it
        play = best.play if len(best.play) <= LONGEST else f"{best.play[:LONGEST]}…"
        rates = ["-" if rate != rate else f"{rate + 0.0:.4g}" for rate in (best.early_rate, best.late_rate)]
        rows.append([f"`{name}`" if name else "as it is", f"{best.value + 0.0:.6g}", play or "-", *rates])
    return rows


def _episode(scenario: Scenario, game: Game) -> str:
    """One episode of the optimum as `turncoat watch` prints it."""
    console = Console(file=io.StringIO(), width=100, color_system=None, force_terminal=False, legacy_windows=False)
    named = Credits(scenario.title, scenario.name, player="optimal")
    TextRenderer(console).show([take(game, find_agent("optimal"), named)])
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().rstrip().splitlines())


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table in Markdown."""
    lines = [headings, ["---"] * len(headings), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def _span(least: float, most: float) -> str:
    low, high = f"{least:.4g}", f"{most:.4g}"
    return low if low == high else f"{low} to {high}"


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.?])\s", " ".join(text.split()), maxsplit=1)[0]


if __name__ == "__main__":
    main()
