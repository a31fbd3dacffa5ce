"""The example package, installed as a user installs one: its scenarios and agents are found by name."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_cli import TURNCOAT

EXAMPLE = Path(__file__).parent.parent / "examples" / "turncoat-lunch"


def install(folder: Path) -> dict[str, str]:
    """Install the example below a folder; the environment in which it is found there. Nothing is downloaded."""
    copy = shutil.copytree(EXAMPLE, folder / "source")  # building writes beside the source
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
    assert "  windfall " in listed
    without = {key: value for key, value in installed.items() if key != "PYTHONPATH"}
    assert "lunch-break" not in turncoat(without, "list").stdout


def test_it_checks_and_plays_by_name(installed: dict[str, str]) -> None:
    checked = turncoat(installed, "check", "--strict", "lunch-break", "tea-break")
    assert (checked.returncode, checked.stderr) == (0, "")
    watched = turncoat(installed, "watch", "lunch-break", "patient:slip=0")
    assert "It did not turn." in watched.stdout


def test_its_own_tests_pass(installed: dict[str, str], tmp_path: Path) -> None:
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(EXAMPLE / "tests")]
    words += ["--rootdir", str(tmp_path), "-c", os.devnull]
    done = subprocess.run(words, cwd=tmp_path, env=installed, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
