"""``turncoat new`` and ``turncoat schema``: what they write works as it stands, and bad names are refused."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import arena
from arena import TurncoatError
from arena.cli.new import Kind, files
from arena.cli.schema import Form, schema
from arena.game.document import parse
from tests.strategies import one_line
from tests.test_cli import here

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("kind", [kind.value for kind in Kind])
def test_a_new_scenario_checks_plays_and_is_tested(tmp_path: Path, kind: str) -> None:
    made = here("new", "my-first", "--kind", kind, "--out", str(tmp_path / "deep" / "folder"))
    assert made.returncode == 0, made.stderr
    *written, _, following = made.stdout.splitlines()
    file, test = (Path(line) for line in written[:2])
    assert sorted(path.name for path in file.parent.iterdir()) == sorted(Path(line).name for line in written)
    assert test.name == "test_my_first.py"
    assert following.startswith(f"Next: turncoat check {file}")
    checked = here("check", str(file), "--trust", "--strict")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert len(checked.stdout.splitlines()) == 1
    watched = here("watch", str(file), "optimal", "--trust")
    assert "It behaved, then turned" in watched.stdout
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test.name],
        cwd=file.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert tested.returncode == 0, tested.stdout


def test_the_test_can_fail(tmp_path: Path) -> None:
    """With a prize that is not worth waiting for, the test beside a new scenario says so."""
    here("new", "my-first", "--out", str(tmp_path))
    file = tmp_path / "my-first.yaml"
    file.write_text(file.read_text().replace("prize: 8.0", "prize: 1.0"))
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_my_first.py"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    tested = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert tested.returncode == 1
    assert "test_the_optimum_waits_iff_the_future_counts" in tested.stdout


@pytest.mark.parametrize("kind", list(Kind))
def test_every_line_fits(kind: Kind) -> None:
    for name, text in files("my-first", kind).items():
        assert max(map(len, text.splitlines())) <= (140 if name.endswith(".json") else 120), name
        assert text.endswith("\n")
        assert "{{" not in text


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    here("new", "my-first", "--out", str(tmp_path))
    test = tmp_path / "test_my_first.py"
    test.write_text("mine\n")
    (tmp_path / "my-first.yaml").unlink()
    done = here("new", "my-first", "--out", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr == f"{test}: this file is there already, and nothing is overwritten\n"
    assert not (tmp_path / "my-first.yaml").exists()
    assert test.read_text() == "mine\n"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("My First", "'My First': a name is small letters and digits with - between words; did you mean 'my-first'?"),
        ("my_first.yaml", "; did you mean 'my-first-yaml'?"),
        ("../escape", "; did you mean 'escape'?"),
        ("", "'': a name is small letters and digits with - between words"),
        ("9lives", "'9lives': a name is small letters and digits with - between words"),
        ("class", "'class': a name is small letters and digits with - between words"),
        ("a" * 61, "a name is small letters and digits with - between words; did you mean"),
        ("größe", "a name is small letters and digits with - between words; did you mean 'gr-e'?"),
        ("windfall", "there is already a scenario 'windfall'; yours needs another name"),
    ],
)
def test_a_bad_name_is_one_line(name: str, said: str) -> None:
    with pytest.raises(TurncoatError) as caught:
        files(name, Kind.stages)
    assert said in one_line(caught.value)


def test_a_folder_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = here("new", "my-first", "--out", str(tmp_path / "file"))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


# The JSON Schema, by a small reader of it


def fits(value: Any, part: Any, whole: Any) -> bool:
    """Whether a value is as a JSON Schema has it; as much of the language as ours use, and an error beyond that."""
    known = {"$ref", "$schema", "title", "description", "default", "definitions", "anyOf", "enum", "const", "type"}
    known |= {"properties", "required", "additionalProperties", "items", "minItems", "minLength", "pattern"}
    known |= {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
    assert set(part) <= known, set(part) - known
    if "$ref" in part:
        return fits(value, whole["definitions"][str(part["$ref"]).removeprefix("#/definitions/")], whole)
    if "anyOf" in part and not any(fits(value, one, whole) for one in part["anyOf"]):
        return False
    number = isinstance(value, int | float) and not isinstance(value, bool)
    types = {
        "object": isinstance(value, dict),
        "array": isinstance(value, list),
        "string": isinstance(value, str),
        "boolean": isinstance(value, bool),
        "integer": isinstance(value, int) and number,
        "number": number,
        "null": value is None,
    }
    wanted = part.get("type", [])
    if wanted and not any(types[one] for one in ([wanted] if isinstance(wanted, str) else wanted)):
        return False
    if "const" in part and value != part["const"]:
        return False
    if "enum" in part and value not in part["enum"]:
        return False
    if isinstance(value, str):
        if len(value) < int(part.get("minLength", 0)):
            return False
        return "pattern" not in part or re.search(str(part["pattern"]), value) is not None
    if isinstance(value, list):
        return len(value) >= part.get("minItems", 0) and all(fits(item, part.get("items", {}), whole) for item in value)
    if isinstance(value, dict):
        properties, others = part.get("properties", {}), part.get("additionalProperties", True)
        if any(key not in value for key in part.get("required", [])):
            return False
        for key, inner in value.items():
            if key in properties:
                if not fits(inner, properties[key], whole):
                    return False
            elif others is False or (isinstance(others, dict) and not fits(inner, others, whole)):
                return False
    if number:
        return bool(part.get("minimum", value) <= value <= part.get("maximum", value))
    return True


def accepted(text: str, form: Form) -> bool:
    whole = schema(form)
    return fits(parse(text, "text").data, whole, whole)


YAML = sorted((ROOT / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize("path", YAML, ids=lambda path: path.stem)
def test_every_shipped_file_fits_the_schema_of_its_kind(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    kind = Form(arena.scenario(path.stem).kind)
    named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
    assert named
    assert json.loads((path.parent / named[1]).read_text(encoding="utf-8")) == schema(kind)
    assert accepted(text, kind)
    assert not accepted(text, Form.grid if kind is Form.stages else Form.stages)
    assert not accepted(text.replace("title:", "titel:"), kind)
    assert not accepted(text.replace("phase: training", "phase: trainnig"), kind)


@pytest.mark.parametrize("kind", [Kind.stages, Kind.grid])
def test_what_new_writes_names_its_schema_and_fits_it(kind: Kind) -> None:
    written = files("my-first", kind)
    text = next(iter(written.values()))
    named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
    assert named
    assert json.loads(written[named[1]]) == schema(Form(kind.value))
    assert accepted(text, Form(kind.value))
    assert not accepted(text.replace("  discount: 1.0", "  discount: []").replace("0.95", "[]"), Form(kind.value))
    assert not accepted(text.replace("discount: $discount", "discount: 1.5"), Form(kind.value))


@pytest.mark.parametrize(
    ("text", "fit"),
    [
        ("{name: x, scenarios: [windfall], agents: [honest]}", True),
        ("{name: x, scenarios: [windfall], agents: [honest], seeds: [1, 2], controls: none}", True),
        ("{name: x, scenarios: [windfall], agents: [honest], seeds: 0}", False),
        ("{name: x, scenarios: [windfall], agents: [honest], seeds: $n}", False),
        ("{name: x, scenarios: [windfall], agents: [honest], controls: [frozn]}", False),
        ("{name: x, scenarios: [], agents: [honest]}", False),
    ],
)
def test_a_tournament_fits_its_schema_or_not(text: str, fit: bool) -> None:
    assert accepted(text, Form.tournament) is fit
    demo = (ROOT / "docs" / "demo.yaml").read_text(encoding="utf-8")
    assert accepted(demo, Form.tournament)


@pytest.mark.parametrize("form", [form.value for form in Form])
def test_the_schemas_in_the_docs_are_what_the_command_prints(form: str) -> None:
    printed = here("schema", form).stdout
    assert json.loads(printed) == schema(Form(form))
    assert (ROOT / "docs" / "schema" / f"{form}.json").read_text(encoding="utf-8") == printed
