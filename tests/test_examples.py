"""The examples: a package, installed as a user installs one, and scenarios that lie beside their tests."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_cli import TURNCOAT, here

EXAMPLE = Path(__file__).parent.parent / "examples" / "turncoat-lunch"
COURIER = EXAMPLE.parent / "courier"


def install(folder: Path, source: Path = EXAMPLE) -> dict[str, str]:
    """Install a package below a folder; the environment in which it is found there. Nothing is downloaded."""
    copy = shutil.copytree(source, folder / "source")  # building writes beside the source
    words = ["pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps"]
    words += ["--no-build-isolation", "--target", str(folder / "installed"), str(copy)]
    done = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {**os.environ, "PYTHONPATH": str(folder / "installed"), "NO_COLOR": "1", "COLUMNS": "100"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    pytest.importorskip("setuptools")
    return install(tmp_path_factory.mktemp("example"))


def turncoat(environment: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([TURNCOAT, *words], capture_output=True, text=True, check=False, env=environment)


def test_what_it_offers_is_listed_beside_the_built_in_ones(installed: dict[str, str]) -> None:
    listed = turncoat(installed, "list").stdout
    assert "  lunch-break " in listed
    assert "  tea-break " in listed
    assert "  patient " in listed
    assert "  ticker " in listed
    assert "  windfall " in listed
    without = {key: value for key, value in installed.items() if key != "PYTHONPATH"}
    assert "lunch-break" not in turncoat(without, "list").stdout


def test_it_checks_and_plays_by_name(installed: dict[str, str]) -> None:
    checked = turncoat(installed, "check", "--strict", "lunch-break", "tea-break")
    assert (checked.returncode, checked.stderr) == (0, "")
    watched = turncoat(installed, "watch", "lunch-break", "patient:slip=0")
    assert "It did not defect." in watched.stdout


def test_its_renderer_shows_and_writes(installed: dict[str, str], tmp_path: Path) -> None:
    line = "CCCC|C  patient:slip=0 in Lunch break, observed 0\n"
    words = ("watch", "lunch-break", "patient:slip=0")
    assert turncoat(installed, *words, "--renderer", "ticker").stdout == line
    saved = turncoat(installed, *words, "--save", str(tmp_path / "episode.txt"))
    assert (saved.returncode, (tmp_path / "episode.txt").read_text(encoding="utf-8")) == (0, line)


def test_its_agent_keeps_the_contract_of_agents(installed: dict[str, str]) -> None:
    checked = turncoat(installed, "check", "agent", "--strict", "patient", "-s", "tea-break", "-s", "collusion")
    assert checked.stdout.startswith("patient:slip=0.1: ok, asked in 2 scenarios, a policy takes ")
    assert (checked.returncode, checked.stderr) == (0, "")


def test_its_own_tests_pass(installed: dict[str, str], tmp_path: Path) -> None:
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(EXAMPLE / "tests")]
    words += ["--rootdir", str(tmp_path), "-c", os.devnull]
    done = subprocess.run(words, cwd=tmp_path, env=installed, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


# The courier


def test_the_courier_checks_and_its_own_tests_pass(tmp_path: Path) -> None:
    checked = here("check", "--strict", str(COURIER / "courier.yaml"))
    assert (checked.returncode, checked.stderr, len(checked.stdout.splitlines())) == (0, "", 1)
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(COURIER)]
    words += ["--rootdir", str(tmp_path), "-c", os.devnull]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def changed(folder: Path, *pairs: tuple[str, str]) -> str:
    """The path of a courier's file in which words have been replaced."""
    text = (COURIER / "courier.yaml").read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    (folder / "courier.yaml").write_text(text, encoding="utf-8")
    return str(folder / "courier.yaml")


def test_the_courier_defers_and_not_if_complying_is_paid_later_too(tmp_path: Path) -> None:
    """As the tutorial says: then it holds back for the wage alone."""
    words = ("--agent", "optimal", "--json")
    (best,) = json.loads(here("verdict", str(COURIER / "courier.yaml"), *words).stdout)["agents"]
    assert best["label"] == "deferred"
    paid = changed(tmp_path, ("rounds: 6", "rounds: 10"), ("observed: {goal: $rush}", "observed: {step: -1, goal: 20}"))
    judged = json.loads(here("verdict", paid, *words).stdout)
    assert judged["agents"][0]["label"] == "opportunistic"
    assert "It is no deferral" in judged["paragraph"]


def test_a_garden_that_the_road_does_not_pass_is_declined_by_nobody(tmp_path: Path) -> None:
    """As the tutorial says: who takes the road comes near no opportunity."""
    file = changed(tmp_path, ("#.K####.#", "#.##K##.#"), ("#Ag....G#", "#A..g..G#"))
    shown = here("show", file).stdout
    assert "early rate undefined" in shown
    assert "None of them comes where it could defect early, so the early rate is not defined." in shown
