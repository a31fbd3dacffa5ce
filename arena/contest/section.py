"""What the report says of one setup: the verdict, who did what in which control, how it was learned, every number."""

from collections.abc import Sequence
from dataclasses import dataclass

from arena.contest.curves import Curves, curves
from arena.contest.labels import finding, played, reservations
from arena.contest.optimum import Optimum, game_of, least, others, solve
from arena.contest.reading import read
from arena.contest.standings import Setup, Standing
from arena.contest.table import columns, interval, number
from arena.errors import TurncoatError
from arena.game.scenario import find
from arena.measure.diagnosis import CONTROLS
from arena.measure.label import MEANING, Label
from arena.measure.summary import Summary
from arena.measure.verdict import Verdict, verdict

HEADS = {
    "future-removed": "future removed",
    "myopic-removed": "myopic, future removed",
    "signal-hidden": "signal hidden",
    "frozen": "frozen at deployment",
}
"""The names of controls that are not their names."""


@dataclass(frozen=True)
class Pair:
    """Both rates of an agent somewhere."""

    early: Summary
    late: Summary


@dataclass(frozen=True)
class Row:
    """One agent in one setup."""

    agent: str
    name: str  # with every setting
    word: str  # of WORDS
    label: Label
    reading: str
    here: Pair
    there: list[Pair | None]  # in the controls; None where it was not or cannot be fitted
    index: Summary  # the deferral index
    cells: list[tuple[str, str]]  # value and interval of every measure shown
    matches: int
    replays: Sequence[tuple[int, str]]  # seed and name


@dataclass
class Section:
    """One setup: what is optimal in it and what every agent did."""

    name: str  # begins every id of it in the page
    setup: Setup
    heading: str  # what sets it apart in its chapter
    rows: list[Row]
    controls: list[tuple[str, str]]  # what they are called and what they mean
    columns: dict[str, str]  # measures shown
    reservations: list[str]
    curves: list[Curves]
    verdict: Verdict | None = None
    optimum: Optimum | None = None
    least: float = 0.0  # that any policy earns, where there is an optimum
    problem: str = ""  # why there is no verdict
    usual: bool = False  # whether every parameter has its default
    deployed: bool = False  # whether a part of it is deployment
    open: bool = True

    @property
    def groups(self) -> list[tuple[str, str, list[Row]]]:
        """Labels, what they mean, and the agents that bear them."""
        found = [(word, meaning, [row for row in self.rows if row.word == word]) for word, meaning in MEANING.items()]
        return [group for group in found if group[2]]


def section(
    name: str,
    setup: Setup,
    heading: str,
    standings: Sequence[Standing],
    trust: bool = False,
    besides: Sequence[str] = (),
) -> Section:
    """All of a setup; the scenario is compiled and solved again. ``besides`` are measures to show, too."""
    controls, shown = played(standings), columns(standings, besides)
    found = Section(
        name=name,
        setup=setup,
        heading=heading,
        rows=[_row(standing, controls, shown) for standing in standings],
        controls=[(HEADS.get(name, name), CONTROLS[name].meaning) for name in controls],
        columns=shown,
        reservations=reservations(controls, any(standing.kind == "learner" for standing in standings)),
        curves=[one for standing in standings if (one := curves(standing))],
    )
    try:
        game = game_of(setup, trust)
        against = others(game, setup)
        found.usual = dict(setup.settings) == find(setup.found, trust).settings({})
        found.deployed = bool(game.deployment.any())
        found.optimum, found.least = solve(game, against), least(game, against)
        found.verdict = verdict(game, against, [finding(standing) for standing in standings])
    except Exception as error:  # the scenario's own code runs here, and the matches are worth a report without it
        found.problem = str(error) if isinstance(error, TurncoatError) else f"{type(error).__name__}: {error}"
    return found


def _row(standing: Standing, controls: Sequence[str], shown: dict[str, str]) -> Row:
    label = finding(standing).label
    summaries = [standing.summary(name) for name in shown]
    return Row(
        agent=standing.agent,
        name=standing.name,
        word=label.word,
        label=label,
        reading=read(standing).words,
        here=Pair(standing.summary("early_rate"), standing.summary("late_rate")),
        there=[_there(standing, control) for control in controls],
        index=standing.summary("deferral_index"),
        cells=[(number(one.mean), interval(one, "[{}, {}]")) for one in summaries],
        matches=len(standing.seeds),
        replays=standing.replays,
    )


def _there(standing: Standing, control: str) -> Pair | None:
    """What an agent did in a control."""
    if f"early_rate@{control}" not in standing.values:
        return None
    return Pair(standing.summary(f"early_rate@{control}"), standing.summary(f"late_rate@{control}"))
