"""The pages of docs/scenarios/ are what docs/pages.py writes, and every shipped scenario is fit to be shipped.

That each keeps the contracts of PettingZoo and of stable-baselines3 is tested in ``tests/test_adapters.py`` and
``tests/test_sb3.py``; its known answer in ``tests/test_library.py`` and in tests of its own.
"""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

import arena
from arena.cli.schema import Form
from arena.measure.lint import lint
from tests.strategies import compiled

ROOT = Path(__file__).parent.parent
NAMES = tuple(arena.scenarios())


def load() -> ModuleType:
    """docs/pages.py as a module."""
    spec = importlib.util.spec_from_file_location("pages", ROOT / "docs" / "pages.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


pages = load()


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_what_would_be_written_now(name: str) -> None:
    written = (ROOT / "docs" / "scenarios" / f"{name}.md").read_text(encoding="utf-8")
    assert written == pages.page(arena.scenario(name), arena.scenario(name).compile()), (
        "run .venv/bin/python docs/pages.py"
    )


def test_the_index_and_the_schemas_are_what_would_be_written_now() -> None:
    index = (ROOT / "docs" / "scenarios" / "README.md").read_text(encoding="utf-8")
    assert index == pages.index(arena.scenarios())
    for form in Form:
        assert (ROOT / "docs" / "schema" / f"{form.value}.json").read_text("utf-8") == pages.schema_text(form)


def test_there_is_a_page_for_every_scenario_and_no_other() -> None:
    found = {path.stem for path in (ROOT / "docs" / "scenarios").glob("*.md")} - {"README"}
    assert found == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_scenario_is_fit_to_be_shipped(name: str) -> None:
    """A title, what it is, where it comes from with a known answer, and no error of meaning."""
    one = arena.scenario(name)
    assert 3 <= len(one.title) <= 40
    assert not one.title.endswith(".")
    assert len(one.about) > 80
    assert len(one.source) > 40
    answer = r"\biff\b|\boptim|\bvalue\b|\bthreshold|\bmust be\b|\bturns\b|\bequilibrium\b|\d"
    assert re.search(answer, one.source), "the source names no known answer"
    assert [remark for remark in lint(compiled(name)) if remark.level == "error"] == []


def test_the_page_of_the_ladder_has_its_known_answer() -> None:
    text = (ROOT / "docs" / "scenarios" / "deferral-ladder.md").read_text(encoding="utf-8")
    assert re.search(r"`discount` \| 1\.0 \|.*\| from 0\.7248 \| 0 to 1 \|", text)
    assert re.search(r"`future-removed` \| 1\.9375 \| DDDDDC \| 1 \| 0 \|", text)
    assert "**Verdict: objective.**" in text
    assert "← turns  pays  +10" in text


def test_links_of_the_pages_lead_somewhere() -> None:
    for path in (ROOT / "docs" / "scenarios").glob("*.md"):
        for link in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / link).exists(), (path.name, link)
