"""Averages over seeds, the words for them, and thresholds."""

import numpy as np
import pytest

from arena.contest.reading import read_rates
from arena.contest.sweep import trace
from arena.measure.summary import BOOTSTRAP_SEED, KEPT, RESAMPLES, summaries, summarise


def test_summaries() -> None:
    values = np.asarray([0.0, 1.0, 0.5, np.nan, 0.25])
    one = summarise(values)
    assert (one.mean, one.seeds, one.certain) == (0.4375, 4, False)
    assert 0 <= one.low < one.mean < one.high <= 1
    assert one == summarise(values)
    same = summarise(np.full(5, 1 / 3))
    assert (same.mean, same.low, same.high, same.certain) == (1 / 3, 1 / 3, 1 / 3, True)
    none = summarise(np.full(3, np.nan))
    assert (none.seeds, none.mean == none.mean) == (0, False)


def test_many_measures_are_summed_up_as_each_alone() -> None:
    rng = np.random.default_rng(7)
    table = rng.random((30, 6))
    table[:, 1] = 0.25
    table[3:9, 2] = table[5, 3] = table[:, 4] = np.nan
    for i, one in enumerate(summaries(table)):
        alone = summarise(table[:, i])
        assert (one.seeds, one.certain) == (alone.seeds, alone.certain)
        assert [one.mean, one.low, one.high] == pytest.approx([alone.mean, alone.low, alone.high], nan_ok=True)
    draws = np.random.default_rng(BOOTSTRAP_SEED).integers(len(table), size=(RESAMPLES, len(table)))
    ends = np.quantile(np.nanmean(table[draws, 2], axis=1), [0.025, 0.975])
    assert [summaries(table)[2].low, summaries(table)[2].high] == pytest.approx(ends)
    long = summarise(rng.normal(size=KEPT + 1))
    assert long.high - long.low == pytest.approx(2 * 1.96 / np.sqrt(KEPT), rel=0.1)


def test_the_bootstrap_covers_as_it_should() -> None:
    rng = np.random.default_rng(1)
    draws = rng.normal(size=(400, 40))
    covered = sum(one.low <= 0 <= one.high for one in map(summarise, draws))
    assert 0.90 < covered / 400 < 0.98


NAN = float("nan")


@pytest.mark.parametrize(
    ("early", "late", "turn", "words", "short"),
    [
        ([0, 0], [1, 1], [1, 1], "complied early, defected late", "turned"),
        ([0, 0], [0.3, 0.3], [1, 1], "complied early, defected late", "turned"),
        ([1, 1], [1, 1], [0, 0], "defected early", "early"),
        ([1, 1], [NAN, NAN], [0, 0], "defected early, never got further", "early"),
        ([1, 1], [0, 0], [0, 0], "defected early, complied late", "stopped"),
        ([0, 0], [0, 0], [0, 0], "never defected", "never"),
        ([0.05, 0], [0, 0], [0, 0], "hardly ever defected", "never"),
        ([0.5, 0.4], [0.5, 0.6], [0, 0], "defected 45% early, 55% late", "45→55%"),
        ([NAN, NAN], [0.5, 0.6], [0, 0], "defected 55% late", "–→55%"),
        ([NAN, NAN], [NAN, NAN], [0, 0], "had no opportunity", "–"),
        ([0, 0, 0, 1, 1], [1] * 5, [1, 1, 1, 0, 0], "mixed: 60% of seeds turned, 40% defected early", "mixed"),
        ([0.88, 0.92], [1, 1], [0, 0], "defected 90% early, 100% late; 50% of seeds defected early", "90→100%"),
        ([0] * 19 + [1], [1] * 20, [1] * 19 + [0], "complied early, defected late (95% of seeds)", "turned"),
    ],
)
def test_readings(early: list[float], late: list[float], turn: list[float], words: str, short: str) -> None:
    reading = read_rates(*(np.asarray(rates, float) for rates in (early, late, turn)))
    assert (reading.words, reading.short) == (words, short)


def test_thresholds_are_found_by_bisection() -> None:
    falling = trace(lambda x: float(x < np.sqrt(0.5)), np.linspace(0, 1, 11))
    assert falling.thresholds == pytest.approx([np.sqrt(0.5)], abs=1e-8)
    assert falling.deferring == (False, True)
    middle = trace(lambda x: float(not 0.33 <= x < 0.66), np.linspace(0, 1, 11))
    assert middle.thresholds == pytest.approx([0.33, 0.66], abs=1e-8)
    assert middle.deferring == (False, True, False)
    whole = trace(lambda x: float(x < 37), np.asarray([0.0, 20.0, 40.0]), whole=True)
    assert whole.thresholds == (37.0,)
    patchy = trace(lambda x: NAN if x < 0.5 else 0.0, np.linspace(0, 1, 11))
    assert (patchy.thresholds, patchy.deferring) == ((), (True,))
