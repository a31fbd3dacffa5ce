"""Plug-ins: those of other packages stand on the same footing, and a broken one harms nobody."""

import logging
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from pathlib import Path
from types import ModuleType

import pytest

from arena import plugins, scenario, scenarios
from arena.play import agent

AGENT = """
from dataclasses import dataclass
from abc import abstractmethod
from arena.play.agent import Known

@dataclass(frozen=True)
class {name}(Known):
    \"\"\"Does as it is told.\"\"\"
    boldness: float = 0.5
    def act(self, view):
        return view.always(view.legal.argmax(axis=1))

class Unfinished(Known):
    \"\"\"A base of others.\"\"\"

class _Private({name}):
    \"\"\"Nobody's business.\"\"\"

Again = {name}
"""

YAML = """
kind: stages
title: From elsewhere
stages:
  - {name: only, phase: training, window: late, rounds: 1, pays: {observed: {comply: 0, defect: 1}}}
"""

MODEL = """
from dataclasses import dataclass
from arena import Labels, Model, Rewards

@dataclass(frozen=True, kw_only=True)
class Whatever(Model[int]):
    \"\"\"Whatever it is called, its file's name is its own.\"\"\"
    actions = {"model": ("comply", "defect")}
    def initial(self): return {0: 1.0}
    def legal(self, state): return {} if state else self.actions
    def transition(self, state, actions): return {1: 1.0}
    def rewards(self, state, actions, following): return Rewards((0.0,))
    def observe(self, state, seat): return {}
    def labels(self, state): return Labels("only", window="late")
    def defects(self, state, seat, action): return action == "defect"
"""


class Elsewhere:
    """Packages that other people have installed."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        groups = ("turncoat.scenarios", "turncoat.agents", "turncoat.renderers")
        self.points = [point for group in groups for point in entry_points(group=group)]
        patch.syspath_prepend(folder)
        patch.setattr(plugins, "entry_points", lambda group: EntryPoints(self.points).select(group=group))

    def install(self, group: str, package: str, files: dict[str, str]) -> None:
        for name, text in files.items():
            path = self.folder / package / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.points.append(EntryPoint(package, package, f"turncoat.{group}"))


def forget() -> None:
    for cached in (plugins.packages, plugins.modules, plugins._import, scenarios, agent.agents):
        cached.cache_clear()


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Elsewhere]:
    before = set(sys.modules)
    forget()
    yield Elsewhere(tmp_path, monkeypatch)
    monkeypatch.undo()
    forget()
    for name in set(sys.modules) - before:
        if name.startswith("other_"):
            del sys.modules[name]


def test_the_built_in_ones_are_found() -> None:
    assert {"deferral-ladder", "windfall", "stage-bandit"} <= set(scenarios())
    assert {"honest", "defector", "random", "trojan", "always", "never", "sometimes"} <= set(agent.agents())


def test_other_packages_stand_on_the_same_footing(elsewhere: Elsewhere) -> None:
    elsewhere.install("agents", "other_agents", {"__init__.py": "", "bold.py": AGENT.format(name="VeryBold")})
    elsewhere.install("scenarios", "other_scenarios", {"__init__.py": "", "from-afar.yaml": YAML, "near_by.py": MODEL})
    assert agent.find("very-bold:boldness=0.9") == agent.agents()["very-bold"](boldness=0.9)  # type: ignore[call-arg]
    assert not {"unfinished", "private", "again"} & set(agent.agents())
    assert scenario("from-afar").title == "From elsewhere"
    assert scenario("near-by").compile().horizon == 1
    assert "honest" in agent.agents()
    assert "windfall" in scenarios()


def test_a_package_without_an_init_is_looked_into(elsewhere: Elsewhere) -> None:
    elsewhere.install("agents", "other_namespace", {"bold.py": AGENT.format(name="Bold")})
    elsewhere.install("scenarios", "other_namespace", {"from-afar.yaml": YAML})
    assert "bold" in agent.agents()
    assert "from-afar" in scenarios()


@pytest.mark.parametrize(
    ("files", "what"),
    [
        (
            {"__init__.py": "raise RuntimeError('oh dear')"},
            "plug-in other_broken cannot be used: RuntimeError: oh dear",
        ),
        ({"__init__.py": "", "one.py": "1 / 0"}, "plug-in other_broken.one cannot be used: ZeroDivisionError"),
        ({"__init__.py": "", "one.py": "x = ("}, "plug-in other_broken.one cannot be used: SyntaxError"),
        (
            {"__init__.py": "", "one.py": "import sys; sys.exit(1)"},
            "plug-in other_broken.one cannot be used: SystemExit",
        ),
        ({"__init__.py": "", "one.py": "import other_nothing"}, "other_broken.one cannot be used: ModuleNotFoundError"),
    ],
)
@pytest.mark.parametrize("group", ["agents", "scenarios"])
def test_a_broken_one_is_reported_and_skipped(
    elsewhere: Elsewhere, caplog: pytest.LogCaptureFixture, group: str, files: dict[str, str], what: str
) -> None:
    good = AGENT.format(name="Bold") if group == "agents" else MODEL
    elsewhere.install(group, "other_broken", files)
    elsewhere.install(group, "other_sound", {"__init__.py": "", "bold.py": good})
    with caplog.at_level(logging.WARNING, "turncoat"):
        found = set(agent.agents() if group == "agents" else scenarios())
    assert {"bold", "honest" if group == "agents" else "windfall"} <= found
    assert [record.getMessage() for record in caplog.records if what in record.getMessage()] != []
    assert len(caplog.records) == 1


def test_one_that_is_not_there_is_reported_and_skipped(elsewhere: Elsewhere, caplog: pytest.LogCaptureFixture) -> None:
    elsewhere.points.append(EntryPoint("gone", "other_gone", "turncoat.agents"))
    elsewhere.points.append(EntryPoint("single", "json.decoder", "turncoat.agents"))
    assert "honest" in agent.agents()
    said = [record.getMessage() for record in caplog.records]
    assert "plug-in json.decoder cannot be used: TypeError: an entry point must name a package" in said[1]
    assert "plug-in other_gone cannot be used: ModuleNotFoundError" in said[0]


def test_a_broken_scenario_file_is_reported_and_skipped(elsewhere: Elsewhere, caplog: pytest.LogCaptureFixture) -> None:
    broken = {
        "__init__.py": "",
        "a.yaml": "kind: stage\n",
        "b.yaml": YAML,
        "c.py": MODEL + MODEL.replace("ever", "one"),
    }
    broken["d.py"] = MODEL.replace("def legal", "def leegal")
    broken["e.py"] = "x = 1\n"
    elsewhere.install("scenarios", "other_scenarios", broken)
    assert "b" in scenarios()
    assert not {"a", "c", "d", "e"} & set(scenarios())
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 3
    assert "a.yaml:1:7: kind: 'stage' is no kind of scenario; did you mean 'stages'?" in said[0]
    assert "c.py:20:1: a file holds one public model, and here are Whatever and Whatone" in said[1]
    assert "d.py:5:1: Whatever lacks legal" in said[2]


def test_the_first_of_two_of_one_name_is_kept(elsewhere: Elsewhere, caplog: pytest.LogCaptureFixture) -> None:
    elsewhere.install("scenarios", "other_scenarios", {"__init__.py": "", "windfall.yaml": YAML})
    elsewhere.install("agents", "other_agents", {"__init__.py": "", "honest.py": AGENT.format(name="Honest")})
    assert scenario("windfall").title == "Windfall"
    assert agent.agents()["honest"].__module__ == "agents.known"
    said = [record.getMessage() for record in caplog.records]
    assert said[0].startswith("two scenarios are called windfall; the one in ")
    assert said[1] == "two agents are called honest; the one in other_agents.honest is left out"


def test_the_same_package_offered_twice_is_taken_once(elsewhere: Elsewhere, caplog: pytest.LogCaptureFixture) -> None:
    elsewhere.points.append(EntryPoint("again", "agents", "turncoat.agents"))
    assert "honest" in agent.agents()
    assert not caplog.records


@pytest.mark.parametrize(
    ("name", "kebab"),
    [
        ("TwoExits", "two-exits"),
        ("two_exits", "two-exits"),
        ("PPO", "ppo"),
        ("A2C", "a2c"),
        ("RecurrentPPO", "recurrent-ppo"),
        ("PPOLike", "ppo-like"),
        ("S3Bandit", "s3-bandit"),
        ("Honest", "honest"),
    ],
)
def test_names_are_written_with_hyphens(name: str, kebab: str) -> None:
    assert plugins.kebab(name) == kebab


def test_only_a_modules_own_classes_are_offered() -> None:
    module = ModuleType("mine")
    module.Path = Path  # type: ignore[attr-defined]
    assert plugins.subclasses(module, Path) == []
