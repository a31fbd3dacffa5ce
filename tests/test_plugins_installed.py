"""A package of which nearly all is broken, installed as users install one: each part is named once and skipped."""

import pytest

from tests.test_examples import install, turncoat

PYPROJECT = """
[build-system]
requires = ["setuptools>=64"]
build-backend = "setuptools.build_meta"
[project]
name = "turncoat-broken"
version = "0.1.0"
[project.entry-points."turncoat.scenarios"]
broken = "turncoat_broken.scenarios"
all = "turncoat_all_broken"
[project.entry-points."turncoat.agents"]
broken = "turncoat_broken.agents"
all = "turncoat_all_broken"
gone = "turncoat_gone"
[project.entry-points."turncoat.renderers"]
broken = "turncoat_broken.renderers"
all = "turncoat_all_broken"
[tool.setuptools.packages.find]
where = ["src"]
[tool.setuptools.package-data]
"turncoat_broken.scenarios" = ["*.yaml"]
"""

AGENT = """
from dataclasses import dataclass
from arena.play.agent import Known

@dataclass(frozen=True)
class {name}(Known):
    \"\"\"Does as it is told.\"\"\"
    boldness: float{default}
    def act(self, view):
        return view.always(view.legal.argmax(axis=1))
"""

FILES = {
    "turncoat_all_broken/__init__.py": "raise RuntimeError('oh\\ndear')",
    "turncoat_broken/__init__.py": "",
    "turncoat_broken/agents/__init__.py": "",
    "turncoat_broken/agents/careless.py": AGENT.format(name="Careless", default=""),
    "turncoat_broken/agents/divides.py": "1 / 0",
    "turncoat_broken/agents/exits.py": "import sys\nsys.exit(3)",
    "turncoat_broken/agents/fine.py": AGENT.format(name="Fine", default=" = 0.5"),
    "turncoat_broken/agents/half.py": "def (",
    "turncoat_broken/agents/misses.py": "import turncoat_nothing",
    "turncoat_broken/agents/stops.py": "class Stop(BaseException): ...\nraise Stop('now')",
    "turncoat_broken/renderers/__init__.py": "",
    "turncoat_broken/renderers/exits.py": "raise SystemExit('bye')",
    "turncoat_broken/scenarios/__init__.py": "",
    "turncoat_broken/scenarios/exits.py": "exit()",
    "turncoat_broken/scenarios/wrong.yaml": "kind: stagse\n",
}

SAID = (
    "plug-in turncoat_all_broken cannot be used: RuntimeError: oh dear",
    "plug-in turncoat_broken.scenarios.exits cannot be used: SystemExit:",
    "wrong.yaml:1:7: kind: 'stagse' is no kind of scenario; did you mean 'stages'?",
    "plug-in turncoat_gone cannot be used: ModuleNotFoundError: No module named 'turncoat_gone'",
    "plug-in turncoat_broken.agents.divides cannot be used: ZeroDivisionError: division by zero",
    "plug-in turncoat_broken.agents.exits cannot be used: SystemExit: 3",
    "plug-in turncoat_broken.agents.half cannot be used: SyntaxError: invalid syntax (half.py, line 1)",
    "plug-in turncoat_broken.agents.misses cannot be used: ModuleNotFoundError: No module named 'turncoat_nothing'",
    "plug-in turncoat_broken.agents.stops cannot be used: Stop: now",
    "the agent careless cannot be used: Careless.boldness needs a default: a number, a text, true or false",
    "plug-in turncoat_broken.renderers.exits cannot be used: SystemExit: bye",
)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    pytest.importorskip("setuptools")
    folder = tmp_path_factory.mktemp("broken")
    for name, text in FILES.items():
        path = folder / "package" / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "package" / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    return install(folder, folder / "package")


def test_each_broken_part_is_named_once_and_the_rest_is_listed(broken: dict[str, str]) -> None:
    done = turncoat(broken, "list")
    assert done.returncode == 0
    lines = done.stderr.splitlines()
    assert len(lines) == len(SAID), done.stderr
    for said in SAID:
        assert [line for line in lines if said in line] != [], said
    without = {key: value for key, value in broken.items() if key != "PYTHONPATH"}
    fine = turncoat(without, "list")
    assert fine.stderr == ""
    listed = {line.split()[0] for line in done.stdout.splitlines()}
    assert listed == {line.split()[0] for line in fine.stdout.splitlines()} | {"fine"}


def test_the_sound_part_works(broken: dict[str, str]) -> None:
    done = turncoat(broken, "watch", "windfall", "fine:boldness=.2")
    assert (done.returncode, "In all episodes, exactly" in done.stdout) == (0, True)
    refused = turncoat(broken, "watch", "windfall", "careless")
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1].startswith("there is no agent 'careless'")
