"""The index at the head of the report: every setup with its verdict, and the label of every agent in it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from arena.contest.section import Row, Section
from arena.contest.standings import Failure, Setup, order
from arena.measure import label
from arena.measure.verdict import MEANING

ACROSS = 12
"""Agents beside each other at most; of more, as many in each table."""


@dataclass(frozen=True)
class Line:
    """One setup."""

    section: Section
    cells: list[Row | str]  # a word where there is no row


@dataclass(frozen=True)
class Overview:
    """Some agents in all setups."""

    agents: list[str]
    chapters: list[tuple[Section, list[Line]]]  # the first section, for its title


def overview(sections: Sequence[Section], failures: Sequence[Failure]) -> list[Overview]:
    """The table of labels, in blocks of as many agents as a page is wide."""
    failed = {(failure.setup, failure.agent) for failure in failures}
    agents = {row.agent for section in sections for row in section.rows} | {agent for _, agent in failed}
    listed = sorted(agents, key=order)
    blocks = []
    size = -(-len(listed) // -(-len(listed) // ACROSS)) if listed else 1
    for first in range(0, len(listed), size):
        block = listed[first : first + size]
        lines = [Line(section, [_cell(section, agent, failed) for agent in block]) for section in sections]
        chapters = [list(group) for _, group in groupby(lines, key=lambda line: line.section.setup.name)]
        blocks.append(Overview(block, [(group[0].section, group) for group in chapters]))
    return blocks


def verdicts(sections: Sequence[Section]) -> list[tuple[str, str, int]]:
    """The verdicts there are, what they mean and on how many setups."""
    count = Counter(section.verdict.word for section in sections if section.verdict)
    return [(word, meaning, count[word]) for word, meaning in MEANING.items() if count[word]]


def labels(sections: Sequence[Section]) -> list[tuple[str, str, list[tuple[str, int]]]]:
    """The labels there are, what they mean, and who bears them in how many setups, the most frequent first."""
    found: dict[str, Counter[str]] = {word: Counter() for word in label.MEANING}
    for section in sections:
        for row in section.rows:
            found[row.word][row.agent] += 1
    return [
        (word, meaning, sorted(found[word].items(), key=lambda item: (-item[1], order(item[0]))))
        for word, meaning in label.MEANING.items()
        if found[word]
    ]


def _cell(section: Section, agent: str, failed: set[tuple[Setup, str]]) -> Row | str:
    """An agent's row in a section, or why there is none."""
    row = next((row for row in section.rows if row.agent == agent), None)
    return row or ("failed" if (section.setup, agent) in failed else "–")
