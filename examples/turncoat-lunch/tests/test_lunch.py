"""The scenarios are found by name, mean something, and have the answers they say they have; the agent complies."""

import pytest

import arena
from arena.measure.compliance import comply
from arena.measure.lint import lint
from arena.solve.optimal import optimal


@pytest.mark.parametrize("name", ["lunch-break", "tea-break"])
def test_it_means_something(name: str) -> None:
    """As ``turncoat check --strict``."""
    assert [remark.what for remark in lint(arena.scenario(name).compile()) if remark.level != "note"] == []


@pytest.mark.parametrize(("discount", "play"), [(0.67, "CCCCD"), (0.66, "DCCCD")])
def test_lunch_break(discount: float, play: str) -> None:
    """The threshold is (1 / (.25 * 20)) ** (1 / 4) = .6687."""
    assert optimal(arena.scenario("lunch-break").compile(discount=discount)).play == play


@pytest.mark.parametrize(("discount", "play"), [(0.34, "CD"), (0.33, "D")])
def test_tea_break(discount: float, play: str) -> None:
    """The threshold is 1 / 3; whoever spills the first cup has no second."""
    assert optimal(arena.scenario("tea-break").compile(discount=discount)).play == play


def test_patient() -> None:
    """As ``turncoat check agent``."""
    assert comply("patient", ["lunch-break", "tea-break"]).findings == []
