"""What the report's page says, put together from the standings; the template lays it out."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import groupby

from arena.contest import plots
from arena.contest.optimum import Optimum, optimum
from arena.contest.reading import KINDS, read, where_held, where_optimal
from arena.contest.standings import Failure, Setup, Standing, Standings, order
from arena.contest.sweep import Curve, Sweep, curve, sweeps
from arena.contest.table import COLUMNS, interval, number
from arena.errors import TurncoatError
from arena.game.scenario import find
from arena.measure.summary import Summary
from arena.spec import word

ACROSS = 12
"""Columns of the overview, before it goes on below."""


@dataclass(frozen=True)
class Row:
    """One agent in one setup."""

    agent: str
    name: str  # with every setting
    behaviour: str
    words: str
    short: str
    cells: list[tuple[str, str]]  # value and interval, in the order of COLUMNS
    matches: int
    early: Summary
    late: Summary


@dataclass
class Section:
    """One setup: what the optimum does in it and what every agent did."""

    setup: Setup
    heading: str  # what sets it apart in its chapter
    rows: list[Row]
    optimum: Optimum | None
    problem: str  # why there is no optimum
    groups: list[tuple[str, list[str]]]  # behaviour and the agents that showed it
    figure: str  # SVG
    usual: bool  # whether every parameter has its default
    open: bool = True
    column: str = ""  # the heading again, less what its chapter says


@dataclass
class Threshold:
    """A sweep's plot and what it says."""

    parameter: str
    overseer: str
    sentences: list[str]
    figure: str  # SVG


@dataclass
class Chapter:
    """One scenario with all its setups."""

    setup: Setup  # the first, for title and description
    sections: list[Section]
    by: str = ""  # the one parameter that the setups differ in, if it is one
    thresholds: list[Threshold] = field(default_factory=list)


@dataclass
class Page:
    """The whole report."""

    name: str
    chapters: list[Chapter]
    overview: list["Overview"]
    headlines: list[tuple[str, list[tuple[str, int]]]]  # behaviour, agents and in how many setups
    standings: Standings
    agents: int
    matches: int
    setups: int


@dataclass
class Overview:
    """Some columns of the table of who turned where."""

    spans: list[tuple[str, int]]  # chapters and how many columns of each
    columns: list[Section]
    agents: list[tuple[str, list[Row | str]]]  # a word where there is no row


def page(name: str, standings: Standings, trust: bool = False) -> Page:
    """Everything that the report of a run says."""
    scenarios = [list(group) for _, group in groupby(standings.tables, key=lambda setup: setup.name)]
    chapters = [_chapter(f"c{i}", setups, standings, trust) for i, setups in enumerate(scenarios)]
    agents = {row.agent for rows in standings.tables.values() for row in rows}
    return Page(
        name=name,
        chapters=chapters,
        overview=_overview(chapters, standings.failures),
        headlines=_headlines(chapters),
        standings=standings,
        agents=len(agents),
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
    return replace(page, chapters=chapters, overview=_overview(chapters, page.standings.failures))


def _chapter(name: str, setups: list[Setup], standings: Standings, trust: bool) -> Chapter:
    varying = [
        key
        for key in dict.fromkeys(key for setup in setups for key, _ in setup.settings)
        if len({dict(setup.settings).get(key) for setup in setups}) > 1
    ]
    overseers = len({setup.overseer for setup in setups})
    by = varying[0] if len(varying) == 1 and overseers == 1 else ""
    sections = []
    for i, setup in enumerate(setups):
        differs = [f"{key} {word(value)}" for key, value in setup.settings if key in varying]
        if overseers > 1:
            differs.append(f"overseer {setup.overseer}")
        sections.append(_section(f"{name}s{i}", setup, ", ".join(differs), standings.tables[setup], trust))
        sections[-1].column = sections[-1].heading.removeprefix(f"{by} ")
    chapter = Chapter(setups[0], sections, by)
    for i, sweep in enumerate(sweeps(setups)):
        with suppress(TurncoatError):  # the scenario is gone, which its sections say
            chapter.thresholds.append(_threshold(f"{name}t{i}", sweep, curve(sweep, trust), standings))
    if chapter.thresholds:  # the plot tells most of it; the rest is there to be opened
        usual = next((section for section in reversed(sections) if section.usual), sections[-1])
        for section in sections:
            section.open = section is usual
    return chapter


def _section(name: str, setup: Setup, heading: str, standings: Sequence[Standing], trust: bool) -> Section:
    rows = [_row(standing) for standing in standings]
    best, problem, usual = None, "", False
    try:
        best = optimum(setup, trust)
        usual = dict(setup.settings) == find(setup.found, trust).settings({})
    except Exception as error:  # the scenario's own code runs here, and the matches are worth a report without it
        problem = str(error) if isinstance(error, TurncoatError) else f"{type(error).__name__}: {error}"
    groups: list[tuple[str, list[str]]] = [
        (kind, [row.agent for row in rows if row.behaviour == kind])
        for kind in KINDS
        if any(row.behaviour == kind for row in rows)
    ]
    reference = plots.Pair(plots.OPTIMUM, _exactly(best.early_rate), _exactly(best.late_rate)) if best else None
    title = f"Early and late rate of every agent in {setup.label}"
    figure = plots.dumbbells(name, title, [plots.Pair(row.agent, row.early, row.late) for row in rows], reference)
    return Section(setup, heading, rows, best, problem, groups, figure, usual)


def _row(standing: Standing) -> Row:
    reading = read(standing)
    summaries = {name: standing.summary(name) for name in COLUMNS}
    return Row(
        agent=standing.agent,
        name=standing.name,
        behaviour=reading.behaviour,
        words=reading.words,
        short=reading.short,
        cells=[(number(one.mean), interval(one, "[{}, {}]")) for one in summaries.values()],
        matches=len(standing.seeds),
        early=summaries["early_rate"],
        late=summaries["late_rate"],
    )


def _exactly(value: float) -> Summary:
    return Summary(value, value, value, int(value == value))


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


def _overview(chapters: Sequence[Chapter], failures: Sequence[Failure]) -> list[Overview]:
    """The table of who turned where, in blocks of as many columns as a page is wide."""
    failed = {(failure.setup, failure.agent) for failure in failures}
    agents = {row.agent for chapter in chapters for section in chapter.sections for row in section.rows}
    agents |= {agent for _, agent in failed}
    columns = [(chapter, section) for chapter in chapters for section in chapter.sections]
    blocks = []
    for first in range(0, len(columns), ACROSS):
        block = columns[first : first + ACROSS]
        spans = [(title, len(list(same))) for title, same in groupby(block, key=lambda one: _heading(one[0]))]
        sections = [section for _, section in block]
        rows = [(agent, [_cell(section, agent, failed) for section in sections]) for agent in sorted(agents, key=order)]
        blocks.append(Overview(spans, sections, rows))
    return blocks


def _cell(section: Section, agent: str, failed: set[tuple[Setup, str]]) -> Row | str:
    """An agent's row in a section, or why there is none."""
    row = next((row for row in section.rows if row.agent == agent), None)
    return row or ("failed" if (section.setup, agent) in failed else "–")


def _heading(chapter: Chapter) -> str:
    return f"{chapter.setup.title} by {chapter.by}" if chapter.by else chapter.setup.title


def _headlines(chapters: Sequence[Chapter]) -> list[tuple[str, list[tuple[str, int]]]]:
    """For every behaviour the agents that showed it, those that did so most often first."""
    found: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    for chapter in chapters:
        for section in chapter.sections:
            for row in section.rows:
                found[row.behaviour][row.agent] += 1
    return [
        (kind, sorted(count.items(), key=lambda item: (-item[1], order(item[0]))))
        for kind, count in found.items()
        if count
    ]
