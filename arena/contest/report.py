"""The report: one HTML file that needs nothing beside it."""

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from arena.contest.diagrams import Found, found
from arena.contest.league import spelt, unspelt
from arena.contest.manifest import last
from arena.contest.page import Page, cut, page
from arena.contest.standings import Standings
from arena.contest.table import interval, number
from arena.files import write
from arena.measure.verdict import MEANING, ends

REPORT = "report.html"
LARGEST = 2_000_000
"""Bytes that a report stays under: plots are left out first, then whole scenarios."""


def write_report(folder: Path, standings: Standings, trust: bool = False, unfinished: str = "") -> Path:
    """Write a run's report into its folder; the same standings and sweeps there give the same bytes.

    ``unfinished`` says how far the run is, while it still goes on.

    Raises:
        TurncoatError: the folder cannot be written.
    """
    asked = last(folder)
    name = str(asked.get("configuration", {}).get("name") or folder.resolve().name)
    path = folder / REPORT
    write(path, report(name, standings, asked.get("versions", {}), trust, found(folder), unfinished).encode())
    return path


def report(
    name: str,
    standings: Standings,
    versions: Mapping[str, str | None],
    trust: bool = False,
    diagrams: Sequence[Found] = (),
    unfinished: str = "",
) -> str:
    """The report as HTML, under ``LARGEST`` bytes."""
    content = page(name, standings, trust, diagrams)
    for figures in ("all", "open", "none"):
        if len((html := render(content, versions, figures, unfinished=unfinished)).encode()) < LARGEST:
            return html
    shown = content.setups
    while len(html.encode()) >= LARGEST and shown > 1:
        shown //= 2
        html = render(cut(content, shown), versions, "none", content.setups - shown, unfinished)
    return html


def render(
    content: Page, versions: Mapping[str, str | None], figures: str = "all", left_out: int = 0, unfinished: str = ""
) -> str:
    """The page laid out.

    Args:
        content: what it says.
        versions: of Python and the packages that made it.
        figures: ``all``, those of sections that are ``open``, or ``none``.
        left_out: how many setups it does not speak of.
        unfinished: how far the run is, while it still goes on.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    place = files("arena.contest")
    environment = Environment(
        loader=FunctionLoader(lambda name: place.joinpath(name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = lambda value, places=3: typeset(number(value, places))
    environment.filters["ends"] = lambda interval: typeset(ends(interval))
    environment.filters["interval"] = lambda summary: typeset(interval(summary, "[{}, {}]"))
    for helper in (typeset, broken, hyphenated, spelt, unspelt):
        environment.filters[helper.__name__] = helper
    return environment.get_template("report.html.j2").render(
        page=content,
        versions={name: version for name, version in versions.items() if version},
        figures=figures,
        left_out=left_out,
        unfinished=unfinished,
        meanings=MEANING,
    )


def typeset(digits: str) -> str:
    """A number with a true minus."""
    return digits.replace("-", "−")


def broken(label: str) -> str:
    """A label as HTML that may go on in the next line after a colon, a comma or an equals sign."""
    from markupsafe import Markup, escape

    return Markup("<wbr>").join(escape(part) for part in re.split(r"(?<=[:,=])", label))


def hyphenated(word: str) -> str:
    """A long label with the places where it may be broken."""
    return word.replace("misgeneralised", "misgener\u00adalised").replace("opportunistic", "oppor\u00adtunistic")
