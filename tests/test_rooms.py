"""Who may import whom. Read off the source, so that an import inside a function counts too."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import arena

ROOT = Path(__file__).parent.parent
OURS = ("arena", "agents", "scenarios", "renderers")
ROOMS = (
    "game",
    "play",
    "show",
    "adapters",
    "solve",
    "learn",
    "measure",
    "contest",
    "bench",
    "cli",
)  # each imports those before it
# modules that any room may import, and how deep they lie
BESIDE = {"errors": 0, "files": 1, "plugins": 1, "kernels": 2, "spec": 2}
HEAVY = ("numpy", "scipy", "torch", "numba", "pygame", "matplotlib", "pettingzoo", "gymnasium", "stable_baselines3")


@dataclass(frozen=True)
class Import:
    """One import: of which module, in which file and line, and whether inside a function."""

    module: str
    file: str
    line: int
    inside: bool

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"


def imports_of(path: Path) -> Iterator[Import]:
    """Every import of a file that is ever carried out: not those for type checkers alone."""
    file = str(path.relative_to(ROOT))

    def walk(node: ast.AST, inside: bool) -> Iterator[Import]:
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            return
        if isinstance(node, ast.Import):
            yield from (Import(name.name, file, node.lineno, inside) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: a relative import"
            assert node.module
            for name in node.names:
                place = ROOT.joinpath(*node.module.split("."), name.name)
                submodule = place.is_dir() or place.with_suffix(".py").is_file()
                yield Import(f"{node.module}.{name.name}" if submodule else node.module, file, node.lineno, inside)
        inner = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            yield from walk(child, inner)

    yield from walk(ast.parse(path.read_text(encoding="utf-8")), False)


@cache
def everything() -> tuple[Import, ...]:
    files = sorted(path for folder in OURS for path in (ROOT / folder).rglob("*.py"))
    assert len(files) > 30
    return tuple(found for path in files for found in imports_of(path))


def offences(of: str, allowed: tuple[str, ...]) -> list[str]:
    """Imports of our own folders, by the files of one of them, that are not allowed."""
    return [
        str(one)
        for one in everything()
        if one.file.startswith(f"{of}/") and one.module.split(".")[0] in set(OURS) - set(allowed)
    ]


def test_the_engine_imports_nothing_of_what_is_plugged_into_it() -> None:
    wrong = [found for found in offences("arena", ("arena",)) if not found.startswith("arena/cli/")]
    assert wrong == []
    cli = [one for one in everything() if one.file.startswith("arena/cli/") and one.module.split(".")[0] in OURS[1:]]
    assert [str(one) for one in cli if not one.inside] == []


@pytest.mark.parametrize("folder", ["agents", "scenarios", "renderers"])
def test_what_is_plugged_in_imports_the_engine_alone(folder: str) -> None:
    assert offences(folder, ("arena", folder)) == []
    theirs = [one for one in everything() if one.file.startswith(f"{folder}/")]
    assert [str(one) for one in theirs if one.module.startswith("arena.cli")] == []


def test_scenarios_stand_alone() -> None:
    assert offences("scenarios", ("arena",)) == []


def room_of(path: str) -> str:
    """``arena/game/compile.py`` or ``arena.game.compile`` as ``game``; ``arena/spec.py`` as ``spec``."""
    parts = path.removesuffix(".py").replace("/", ".").split(".")
    return parts[1] if len(parts) > 1 else ""


def test_each_room_imports_only_those_before_it() -> None:
    wrong = []
    for one in everything():
        if not (one.file.startswith("arena/") and one.module.split(".")[0] == "arena"):
            continue
        here, there = room_of(one.file), room_of(one.module)
        if here in ROOMS and there in ROOMS and ROOMS.index(there) > ROOMS.index(here):
            wrong.append(str(one))
        assert here in (*ROOMS, *BESIDE, "__init__"), f"{one.file} is in no room"
        assert there in (*ROOMS, *BESIDE, ""), f"{one} is in no room"
    assert wrong == []


def test_what_lies_beside_the_rooms_imports_the_first_of_them_at_most() -> None:
    wrong = []
    for one in everything():
        here = room_of(one.file) if one.file.startswith("arena/") else ""
        if here in BESIDE and one.module.startswith("arena"):
            there = room_of(one.module)
            deep = BESIDE.get(there, 1)
            if there not in (*BESIDE, "game") or deep >= BESIDE[here]:
                wrong.append(str(one))
    assert wrong == []


def test_the_front_door_imports_nothing_at_once() -> None:
    door = [one for one in everything() if one.file == "arena/__init__.py"]
    assert [str(one) for one in door if one.module.startswith("arena")] == []


def test_pygame_is_for_renderers() -> None:
    users = [one for one in everything() if one.module.split(".")[0] == "pygame"]
    assert [str(one) for one in users if not one.file.startswith("renderers/")] == []


def test_the_rooms_know_nothing_of_the_command_line() -> None:
    users = [one for one in everything() if one.module.split(".")[0] in ("typer", "click")]
    assert [str(one) for one in users if not one.file.startswith("arena/cli/")] == []


def test_there_are_no_circles() -> None:
    """Importing any module first must work: no circle shows only from one side."""
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted((ROOT / "arena" / "game").glob("*.py"))
    ] + ["arena.spec", "arena.plugins", "arena.kernels", "arena.errors"]
    code = f"import importlib, sys\nfor name in {modules!r}:\n" + (
        "    for loaded in [m for m in sys.modules if m.split('.')[0] == 'arena']:\n"
        "        del sys.modules[loaded]\n"
        "    importlib.import_module(name)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.mark.parametrize("module", ["arena", "arena.cli", "arena.cli.app", "arena.errors", "arena.plugins"])
def test_light_modules_load_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}\nprint(*sorted({{name.split('.')[0] for name in sys.modules}} & set({HEAVY!r})))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True)
    assert loaded.stdout.split() == []


def test_a_scenario_needs_no_numbers_to_be_written() -> None:
    code = "import sys, scenarios.stage_bandit\nprint('numpy' in sys.modules)"
    assert subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True
    ).stdout == ("False\n")


def test_the_front_door_offers_exactly_what_it_says() -> None:
    assert sorted(arena.__all__) == arena.__all__ == dir(arena)
    assert set(arena._HOMES) == set(arena.__all__)
    for name in arena.__all__:
        assert getattr(arena, name).__module__.startswith("arena.")
    with pytest.raises(AttributeError, match="module 'arena' has no attribute 'scenarois'"):
        arena.scenarois  # noqa: B018
    tree = ast.parse(Path(str(arena.__file__)).read_text(encoding="utf-8"))
    checked = next(node for node in tree.body if isinstance(node, ast.If))
    told = {
        alias.asname or alias.name for node in checked.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert told == set(arena.__all__)
