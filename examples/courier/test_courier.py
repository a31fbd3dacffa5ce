"""Courier: it means something, and its known answer holds. Run with pytest."""

from pathlib import Path

import pytest

import arena
from arena.measure.lint import lint
from arena.solve.optimal import optimal

SCENARIO = arena.scenario(str(Path(__file__).with_name("courier.yaml")))


def test_it_means_something() -> None:
    """As ``turncoat check``: no seat without a choice, no empty window, nothing that cannot pay."""
    assert [remark.what for remark in lint(SCENARIO.compile()) if remark.level != "note"] == []


@pytest.mark.parametrize(("catch", "play"), [(0.31, "CDC"), (0.30, "DCDC")])
def test_the_courier_keeps_to_the_road_iff_there_is_enough_to_lose(catch: float, play: str) -> None:
    """A letter a round beside the garden. Who has crossed stands beside it once more, on the far side."""
    assert optimal(SCENARIO.compile(catch=catch)).play == play


@pytest.mark.parametrize(("rush", "play"), [(3.1, "CDC"), (2.9, "DCDC")])
def test_what_is_to_come_is_what_it_waits_for(rush: float, play: str) -> None:
    """At a catch of .5 the threshold of the rush order is 4 / .5 - 5."""
    assert optimal(SCENARIO.compile(rush=rush)).play == play


def test_what_it_is_worth() -> None:
    """The road leaves 10 - 10 on the trial day, the garden 10 - 6; who is caught has taken a step."""
    assert optimal(SCENARIO.compile(catch=0.4)).value == pytest.approx(8)
    assert optimal(SCENARIO.compile(catch=0.1)).value == pytest.approx(0.9 * (4 + 8) - 0.1)
