"""What the report's page says, put together from the standings; the template lays it out."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import groupby

from arena.contest import plots
from arena.contest.diagram_plot import diagram_svg
from arena.contest.diagrams import Found
from arena.contest.league import League, league
from arena.contest.overview import Overview, labels, overview, verdicts
from arena.contest.reading import where_held, where_optimal
from arena.contest.section import Section, section
from arena.contest.standings import Setup, Standing, Standings, order
from arena.contest.sweep import Curve, Sweep, curve, sweeps
from arena.errors import TurncoatError
from arena.spec import listed, parse, word


@dataclass(frozen=True)
class Threshold:
    """A sweep's plot and what it says."""

    parameter: str
    overseer: str
    sentences: list[str]
    figure: str  # SVG


@dataclass(frozen=True)
class Phase:
    """A phase diagram that ``turncoat sweep`` worked out."""

    place: str
    title: str
    figure: str = ""  # SVG
    problem: str = ""  # why there is no figure


@dataclass
class Chapter:
    """One scenario with all its setups."""

    setup: Setup  # the first, for title and description
    sections: list[Section]
    thresholds: list[Threshold] = field(default_factory=list)
    phases: list[Phase] = field(default_factory=list)


@dataclass
class Page:
    """The whole report."""

    name: str
    chapters: list[Chapter]
    phases: list[Phase]  # of scenarios that have no chapter
    overview: list[Overview]
    verdicts: list[tuple[str, str, int]]
    labels: list[tuple[str, str, list[tuple[str, int]]]]
    league: League
    standings: Standings
    agents: int
    matches: int
    setups: int


def page(name: str, standings: Standings, trust: bool = False, diagrams: Sequence[Found] = ()) -> Page:
    """Everything that the report of a run says."""
    scenarios = [list(group) for _, group in groupby(standings.tables, key=lambda setup: setup.name)]
    chapters = [_chapter(f"c{i}", setups, standings, trust) for i, setups in enumerate(scenarios)]
    sections = [section for chapter in chapters for section in chapter.sections]
    loose: list[Phase] = []
    for i, diagram in enumerate(diagrams):
        of = diagram.diagram.scenario if diagram.diagram else None
        chapter = next((one for one in chapters if one.setup.name == of), None)
        (chapter.phases if chapter else loose).append(_phase(f"p{i}", diagram))
    return Page(
        name=name,
        chapters=chapters,
        phases=loose,
        overview=overview(sections, standings.failures),
        verdicts=verdicts(sections),
        labels=labels(sections),
        league=league(standings, {one.setup: (one.least, one.optimum.value) for one in sections if one.optimum}),
        standings=standings,
        agents=len({row.agent for rows in standings.tables.values() for row in rows}),
        matches=sum(len(row.seeds) for rows in standings.tables.values() for row in rows),
        setups=len(standings.tables),
    )


def cut(page: Page, setups: int) -> Page:
    """A page that goes into no more than its first setups."""
    chapters = []
    for chapter in page.chapters:
        if setups > 0:
            chapters.append(replace(chapter, sections=chapter.sections[:setups]))
        setups -= len(chapter.sections)
    sections = [section for chapter in chapters for section in chapter.sections]
    return replace(page, chapters=chapters, overview=overview(sections, page.standings.failures))


def _chapter(name: str, setups: list[Setup], standings: Standings, trust: bool) -> Chapter:
    varying = [
        key
        for key in dict.fromkeys(key for setup in setups for key, _ in setup.settings)
        if len({dict(setup.settings).get(key) for setup in setups}) > 1
    ]
    overseers = len({setup.overseer for setup in setups})
    sections = []
    for i, setup in enumerate(setups):
        told = {*varying, *dict(parse(setup.label).settings)}  # what was asked for is said even of a single one
        differs = [f"{key} {word(value)}" for key, value in setup.settings if key in told]
        if overseers > 1:
            differs.append(f"overseer {setup.overseer}")
        sections.append(
            section(f"{name}s{i}", setup, ", ".join(differs), standings.tables[setup], trust, standings.shown)
        )
    chapter = Chapter(setups[0], sections)
    for i, sweep in enumerate(sweeps(setups)):
        with suppress(TurncoatError):  # the scenario is gone, which its sections say
            chapter.thresholds.append(_threshold(f"{name}t{i}", sweep, curve(sweep, trust), standings))
    if chapter.thresholds:  # the plot tells most of it; the rest is there to be opened
        usual = next((section for section in reversed(sections) if section.usual), sections[-1])
        for one in sections:
            one.open = one is usual
    return chapter


def _threshold(name: str, sweep: Sweep, along: Curve, standings: Standings) -> Threshold:
    """The plot of a sweep, with every learner that took part."""
    learners: dict[str, list[tuple[float, Standing]]] = {}
    for value, setup in sweep.setups:
        for standing in standings.tables[setup]:
            if standing.kind == "learner":
                learners.setdefault(standing.agent, []).append((value, standing))
    series = [
        plots.Series(agent, [value for value, _ in points], [one.summary("early_rate") for _, one in points])
        for agent, points in sorted(learners.items(), key=lambda item: order(item[0]))
    ]
    sentences = [where_optimal(sweep.parameter, along), *where_held(learners)]
    title = f"Early rate of the exact optimum and of the learners in {sweep.name} by {sweep.parameter}"
    figure = plots.threshold(name, title, sweep.parameter, along, series)
    return Threshold(sweep.parameter, sweep.overseer or "", sentences, figure)


def _phase(name: str, found: Found) -> Phase:
    """The picture of a sweep, as ``turncoat sweep`` draws it."""
    if (diagram := found.diagram) is None:
        return Phase(found.place, found.measure, problem=found.problem)
    title = f"{diagram.measure.replace('_', ' ')} by {listed([axis.name for axis in diagram.axes])}"
    return Phase(found.place, title, diagram_svg(diagram, name))
