"""Stopping early: a run ends once the order of its agents is settled, at the same seed however it is played."""

from pathlib import Path
from typing import Any

import pytest

from arena.contest.run import FIRST, waves
from arena.contest.store import Store
from arena.contest.tournament import Tournament
from tests.contestants import invoke

APART = ["-s", "windfall", "-a", "honest", "-a", "defector"]


def keys(folder: Path) -> list[tuple[str, int]]:
    with Store(folder) as store:
        return [tuple(row) for row in store.rows("SELECT key, seed FROM matches ORDER BY key")]


def settling(folder: Path, *words: str) -> tuple[list[str], list[tuple[str, int]]]:
    """What is said on stderr, and the matches that were played."""
    result = invoke("tournament", *words, "--controls", "none", "--settle", "--out", folder)
    assert result.exit_code == 0
    return result.stderr.splitlines(), keys(folder)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_it_stops_when_one_is_above_the_other_beyond_doubt(tmp_path: Path, workers: str) -> None:
    said, played = settling(tmp_path / "run", *APART, "--seeds", "300", "--workers", workers)
    assert "the order of the agents is settled after 10 seeds" in said
    assert sorted(seed for _, seed in played) == sorted([*range(10)] * 2)
    again, then = settling(tmp_path / "run", *APART, "--seeds", "300", "--workers", workers)
    assert then == played
    assert "the order of the agents is settled after 10 seeds" in again
    assert again[-1].startswith("0 matches played, 20 kept")


def test_agents_that_never_differ_are_level_after_more_seeds_and_not_before(tmp_path: Path) -> None:
    said, played = settling(
        tmp_path / "run", "-s", "deferral-ladder", "-a", "trojan", "-a", "optimal", "--seeds", "300"
    )
    (line,) = [line for line in said if "settled" in line]
    assert line == "the order of the agents is settled after 40 seeds"
    assert len(played) == 80


def test_what_the_seeds_cannot_settle_is_played_to_the_end_and_named(tmp_path: Path) -> None:
    said, played = settling(tmp_path / "run", *APART, "--seeds", "5")
    assert "the order is not settled after 5 seeds: defector and honest are open" in said
    assert len(played) == 10
    said, _ = settling(tmp_path / "alone", "-s", "windfall", "-a", "honest", "--seeds", "12")
    assert "there is no order to settle: no two agents met in 12 seeds" in said


def test_the_confidence_that_is_asked_for_counts(tmp_path: Path) -> None:
    file = tmp_path / "strict.yaml"
    body = "name: strict\nscenarios: [windfall]\nagents: [honest, defector]\nseeds: 300\ncontrols: none\n"
    file.write_text(body + "settle: {confidence: 0.999999}\n")
    result = invoke("tournament", file, "--out", tmp_path / "run")
    assert "the order of the agents is settled after 40 seeds" in result.stderr
    file.write_text(body + "settle: {confidence: 1.5}\n")
    assert "confidence" in str(invoke("tournament", file, "--out", tmp_path / "other").exception)


def test_waves_cover_every_seed_once() -> None:
    for count in (1, 9, 10, 11, 20, 21, 333):
        asked: dict[str, Any] = {
            "name": "x",
            "scenarios": ["windfall"],
            "agents": ["honest"],
            "seeds": count,
            "settle": {},
        }
        found = list(waves(Tournament.model_validate(asked)))
        assert [seed for wave in found for seed in wave] == list(range(count))
        assert [len(wave) for wave in found[:-1]] == [FIRST * 2 ** max(0, i - 1) for i in range(len(found) - 1)]
        assert len(list(waves(Tournament.model_validate(asked | {"settle": None})))) == 1


def test_what_else_the_folder_holds_does_not_count(tmp_path: Path) -> None:
    out = ["--out", str(tmp_path / "run"), "--controls", "none"]
    assert invoke("tournament", "-s", "windfall", "-a", "random", "-a", "honest", "--seeds", "3", *out).exit_code == 0
    file = tmp_path / "later.yaml"
    file.write_text(f"name: later\nscenarios: [windfall]\nagents: [honest, defector]\nseeds: {[*range(100, 140)]}\n")
    assert invoke("tournament", file, *out).exit_code == 0
    said, _ = settling(tmp_path / "run", *APART, "--seeds", "300")
    assert "the order of the agents is settled after 10 seeds" in said
    said, _ = settling(tmp_path / "run", *APART, "--seeds", "5")
    assert "the order is not settled after 5 seeds: defector and honest are open" in said


def test_a_run_that_was_broken_off_stops_where_it_would_have(tmp_path: Path) -> None:
    words = ["-s", "deferral-ladder", "-a", "trojan", "-a", "optimal"]
    _, whole = settling(tmp_path / "whole", *words, "--seeds", "300")
    out = ["--controls", "none", "--out", str(tmp_path / "run")]
    invoke("tournament", *words, "--seeds", "37", *out)  # as far as a kill in the third wave
    said, played = settling(tmp_path / "run", *words, "--seeds", "300")
    assert "the order of the agents is settled after 40 seeds" in said
    assert played == whole


def test_agents_that_are_never_found_forfeit_no_more_than_was_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TURNCOAT_TRUST", "1")
    (tmp_path / "gone.py").write_text("import os\n\nos._exit(3)\n")
    gone = f"{tmp_path / 'gone.py'}:Gone"
    words = [*APART, "-a", gone, "--faults", "forfeit", "--seeds", "300", "--controls", "none", "--settle"]
    result = invoke("tournament", *words, "--workers", "1", "--out", tmp_path / "run")
    with Store(tmp_path / "run") as store:
        faults, matches = store.faults(), len(store.rows("SELECT key FROM matches"))
    assert matches == 2 * len(faults)
    assert len(faults) < 300
    assert gone in result.stdout.split("all settings, models by")[1]
