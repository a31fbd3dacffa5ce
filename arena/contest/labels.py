"""Standings as findings, and what their labels cannot tell for want of controls."""

from collections.abc import Iterable, Sequence

from arena.contest.standings import Standing
from arena.measure.diagnosis import CONTROLS
from arena.measure.verdict import Finding


def finding(standing: Standing) -> Finding:
    """A standing as the verdict on its scenario takes it."""
    return Finding(standing.agent, standing.kind, standing.values)


def played(standings: Iterable[Standing]) -> list[str]:
    """The controls in which any of some agents was fitted, in order."""
    known = {name.partition("@")[2] for standing in standings for name in standing.values}
    return [name for name in CONTROLS if name in known]


def reservations(controls: Sequence[str], learners: bool) -> list[str]:
    """What labels cannot tell apart for want of controls, in words; of frozen only if there are learners."""
    found = []
    if "future-removed" not in controls:
        found.append("Without future-removed an agent that turns is unlabelled.")
    if learners and "frozen" not in controls:
        found.append("Without frozen, one that turns because it was updated in deployment goes by another label.")
    if not {"myopic", "myopic-removed"} <= set(controls):
        found.append("Without myopic and myopic-removed, deferred is not held against a myopic control.")
    return found
