"""The tutorials do what they say: their files are written, their commands run, and their output is what is shown.

A block marked ``yaml NAME`` (or ``python``, ``toml``) is a file. In one marked ``console`` a line that begins with
``$`` is a command, and what follows its output, where ``...`` is anything. ``console fails`` expects exit code 2.
"""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.test_cli import TURNCOAT, here
from tests.test_examples import EXAMPLE, install

DOCS = Path(__file__).parent.parent / "docs"
TUTORIALS = ("your-first-scenario", "a-scenario-in-python", "ship-scenarios")


class Block(NamedTuple):
    """A fenced block: what it is marked with, and its text."""

    mark: str
    text: str


class Command(NamedTuple):
    """A command, what is shown of its output, and its exit code."""

    words: str
    output: str
    code: int


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page."""
    return [Block(mark.strip(), body) for mark, body in re.findall(r"^```(.*)\n((?s:.*?))^```$", text, re.MULTILINE)]


def commands(block: Block) -> Iterator[Command]:
    """The commands of a console's block."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        words, _, output = part.partition("\n")
        yield Command(words, output.strip("\n"), 2 if block.mark.endswith("fails") else 0)


def perform(command: Command, environment: dict[str, str] | None) -> str:
    """Run a command; everything that it prints, without the spaces at the ends of lines.

    Our own runs in this process, unless there is an environment for it.
    """
    program, *words = shlex.split(command.words)
    if program == "turncoat" and environment is None:
        done = here(*words, columns=80)
    else:
        environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "80", "PY_COLORS": "0"} | (environment or {})
        environment |= {"PATH": f"{TURNCOAT.parent}{os.pathsep}{environment['PATH']}"}
        done = subprocess.run([program, *words], env=environment, capture_output=True, text=True, check=False)
    printed = done.stdout + done.stderr
    assert done.returncode == command.code, f"{command.words}\n{printed}"
    return "\n".join(line.rstrip() for line in printed.strip("\n").splitlines())


def alike(shown: str, printed: str) -> bool:
    """Whether what is printed is what is shown, ``...`` standing for anything."""
    pattern = "(?s:.*?)".join(re.escape(part) for part in shown.split("..."))
    return re.fullmatch(pattern, printed) is not None


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    pytest.importorskip("setuptools")
    return install(tmp_path_factory.mktemp("tutorial"))


@pytest.mark.parametrize("name", TUTORIALS)
def test_a_tutorial_does_what_it_says(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(tmp_path)
    environment = None
    if name == "ship-scenarios":
        environment = {"PYTHONPATH": request.getfixturevalue("packaged")["PYTHONPATH"]}
    ran = 0
    for block in blocks((DOCS / "tutorials" / f"{name}.md").read_text(encoding="utf-8")):
        kind, _, file = block.mark.partition(" ")
        if kind == "console":
            for command in commands(block):
                printed = perform(command, environment)
                assert alike(command.output, printed), f"$ {command.words}\n{printed}"
                ran += 1
        elif kind in ("yaml", "python", "toml") and file:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text(block.text, encoding="utf-8")
    assert ran >= 3


def test_files_of_the_example_package_are_shown_as_they_are() -> None:
    text = (DOCS / "tutorials" / "ship-scenarios.md").read_text(encoding="utf-8")
    files = [block for block in blocks(text) if block.mark.partition(" ")[2].startswith("turncoat-lunch/")]
    assert len(files) >= 2
    for block in files:
        path = EXAMPLE.parent / block.mark.partition(" ")[2]
        assert block.text == path.read_text(encoding="utf-8"), path


def test_the_courier_is_shown_as_it_is() -> None:
    text = (DOCS / "tutorials" / "your-first-scenario.md").read_text(encoding="utf-8")
    (shown,) = (block.text for block in blocks(text) if block.mark == "yaml courier.yaml")
    assert shown == (EXAMPLE.parent / "courier" / "courier.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("shown", "printed", "fit"),
    [
        ("a ... c", "a b c", True),
        ("a\n...\nc", "a\nb\nb\nc", True),
        ("a", "a\nb", False),
        ("a (b)", "a (b)", True),
        ("a.c", "abc", False),
        ("", "", True),
    ],
)
def test_what_is_shown_is_what_is_printed_or_not(shown: str, printed: str, fit: bool) -> None:
    assert alike(shown, printed) is fit


def test_blocks_and_commands() -> None:
    (file, console) = blocks("x\n```yaml a.yaml\nk: 1\n```\ny\n```console fails\n$ one two\nout\n\n$ three\n```\n")
    assert file == Block("yaml a.yaml", "k: 1\n")
    assert list(commands(console)) == [Command("one two", "out", 2), Command("three", "", 2)]
