"""Scenario files that are broken, hostile or merely wrong: one line, at the right place, at once, and never a crash."""

import os
import re
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from arena import TurncoatError, scenarios
from arena.game.document import MAX_BYTES, parse, read, scalar
from arena.game.scenario import find, from_yaml

HERE = Path(__file__).parent
BROKEN = sorted((HERE / "broken").glob("*.yaml"))
SHIPPED = sorted((HERE.parent / "scenarios").glob("*.yaml"))
LADDER = HERE.parent / "scenarios" / "deferral-ladder.yaml"


def one_line(error: TurncoatError) -> str:
    """What an error says, which must be fit for a terminal."""
    said = str(error)
    assert said.isprintable()
    assert len(said) < 500
    return said


@contextmanager
def refused(start: str, seconds: float = 1.0) -> Iterator[None]:
    """What is done inside must be refused soon, in one line that starts like this."""
    began = perf_counter()
    with pytest.raises(TurncoatError) as caught:
        yield
    assert perf_counter() - began < seconds
    assert one_line(caught.value)[: len(start)] == start


# Fixtures: the first line of each says what is to be said of it, the file's name left out


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_file_is_answered_in_one_line_at_the_right_place(path: Path) -> None:
    expected = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    assert re.match(r"\d+:\d+: ", expected)
    began = perf_counter()
    with pytest.raises(TurncoatError) as caught:
        from_yaml(path)
    assert perf_counter() - began < 1
    assert str(caught.value) == f"{path}:{expected}"


def test_there_is_no_lack_of_broken_files() -> None:
    assert len(BROKEN) >= 50


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_the_place_is_that_of_the_fault(path: Path) -> None:
    """At the line and column given there stands the key or value that the message ends its path with, if any does."""
    lines = path.read_text(encoding="utf-8").splitlines()
    line, column, said = lines[0].removeprefix("# ").split(":", 2)
    here = lines[int(line) - 1][int(column) - 1 :] if int(line) <= len(lines) else ""
    if "unknown key" in said or "used nowhere" in said or "stands here twice" in said:
        assert here.startswith(said.split(":")[0].strip().split(".")[-1] + ":")
    value = re.search(r"(?:must be [^,]*, not |: )'?([\w.-]+)'? ?(?:must be|is not one of|is no kind|$)", said)
    if value and not said.endswith("parameter catch)"):
        assert here.lstrip("'\"$.").startswith(value[1]) or value[1] in ("a", "inf", "nan", "must")


# Files that cannot lie in a folder of fixtures


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.yaml"
    for text in ("", "\n\n", "# nothing here\n"):
        path.write_text(text)
        with refused(f"{path}:1:1: the file is empty"):
            from_yaml(path)
    path.write_text("---\n...\n")
    with refused(f"{path}:2:1: a scenario file is a mapping"):
        from_yaml(path)


def test_a_binary_file(tmp_path: Path) -> None:
    path = tmp_path / "binary.yaml"
    path.write_bytes(b"kind: stages\n\x89PNG\r\n\x1a\n\x00")
    with refused(f"{path}:2:1: not UTF-8 text"):
        from_yaml(path)
    path.write_bytes(b"kind: stages\ntitle: a\x00b\n")
    with refused(f"{path}:2:9: not text: special characters are not allowed"):
        from_yaml(path)


def test_a_file_of_50_megabytes_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as stream:
        stream.truncate(50_000_000)
    tracemalloc.start()
    with refused(f"{path}:1:1: the file is larger than 64,000 bytes", seconds=0.5):
        from_yaml(path)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


def test_a_file_of_the_largest_size_is_read_in_time(tmp_path: Path) -> None:
    path = tmp_path / "long.yaml"
    stage = "  - {name: s%d, phase: training, window: late, rounds: 1, pays: {observed: {comply: 0, defect: 1}}}\n"
    stages = "".join(stage % number for number in range(600))
    path.write_text(f"kind: stages\ntitle: Long\nstages:\n{stages}"[: MAX_BYTES + 1].rpartition("\n")[0])
    began = perf_counter()
    from_yaml(path)
    assert perf_counter() - began < 5  # the bound is several times what a slow machine takes


def test_a_missing_file_a_directory_and_an_impossible_name(tmp_path: Path) -> None:
    with refused(f"{tmp_path / 'none.yaml'}: No such file or directory"):
        find(str(tmp_path / "none.yaml"))
    (tmp_path / "folder.yaml").mkdir()
    with refused(f"{tmp_path / 'folder.yaml'}: Is a directory"):
        find(str(tmp_path / "folder.yaml"))
    with refused("a\\x00.yaml: embedded null byte"):
        find("a\0.yaml")
    with refused("a b.yaml: No such file or directory"):
        find("a\nb.yaml")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_an_unreadable_file(tmp_path: Path) -> None:
    path = tmp_path / "secret.yaml"
    path.write_text("kind: stages\n")
    path.chmod(0)
    with refused(f"{path}: Permission denied"):
        from_yaml(path)


def test_a_file_that_the_system_will_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", deny)
    with refused(f"{tmp_path / 'secret.yaml'}: Permission denied"):
        from_yaml(tmp_path / "secret.yaml")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[" * 10_000, "1:42"),
        ("a: " + "[" * 10_000 + "]" * 10_000, "1:44"),
        ("- " * 10_000, "1:83"),
        ("\n".join(" " * i + "a:" for i in range(200)), "42:42"),
        ("{" * 10_000, "1:2"),
        ("[{a: " * 5_000, "1:102"),
    ],
)
def test_ten_thousand_levels_are_refused_at_the_forty_first(text: str, place: str) -> None:
    with refused(f"deep:{place}: "):
        parse(text, "deep")


def test_a_bomb_of_aliases_takes_no_memory() -> None:
    lines = ["a: &a [" + "x, " * 9 + "x]"]
    for before, name in zip("abcdefghijkl", "bcdefghijklm", strict=True):
        lines.append(f"{name}: &{name} [" + f"*{before}, " * 9 + f"*{before}]")
    tracemalloc.start()
    with refused("bomb:1:4: a: anchors and aliases"):
        parse("\n".join(lines), "bomb")
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_a_tag_runs_nothing(tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    with refused("tag:1:4: a: the tag '!!python/object/apply:os.system' is not used here; a file is data"):
        parse(f"a: !!python/object/apply:os.system ['touch {proof}']", "tag")
    assert not proof.exists()


# What is read


def test_values_are_those_of_yaml_1_2() -> None:
    text = "{a: 1, b: 1.5, c: true, d: yes, e: null, f: '1', g: 0x10, h: 1e3, i: -.inf, j: 2001-01-01, k: ''}"
    assert parse(text, "x").data == {
        "a": 1,
        "b": 1.5,
        "c": True,
        "d": "yes",
        "e": None,
        "f": "1",
        "g": 16,
        "h": 1000.0,
        "i": float("-inf"),
        "j": "2001-01-01",
        "k": "",
    }


def test_places_are_of_keys_and_of_values() -> None:
    document = parse("a: 1\nb:\n  - x\n  - {c: 2}\n", "x")
    assert document.keys == {("a",): (1, 1), ("b",): (2, 1), ("b", 1, "c"): (4, 6)}
    assert document.places[("b", 1, "c")] == (4, 9)
    assert document.place(("b", 0, "nowhere", 3)) == (3, 5)
    assert document.place(("nowhere",)) == (1, 1)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "mark.yaml"
    path.write_bytes(b"\xef\xbb\xbfkind: stages\n")
    assert read(path).data == {"kind": "stages"}


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("1", 1),
        ("0.5", 0.5),
        ("true", True),
        ("shown", "shown"),
        ("", ""),
        ("a: [", "a: ["),
        ("*x", "*x"),
        ("'1'", "1"),
    ],
)
def test_a_word_is_read_as_yaml_reads_it_or_stands_for_itself(word: str, value: object) -> None:
    assert scalar(word) == value
    assert type(scalar(word)) is type(value)


# Settings from outside


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"catch": 1.2}, r":\d+:\d+: stages\.0\.oversight\.catch: 1\.2 must be at most 1 \(from -S catch=1\.2\)$"),
        ({"rounds": 0}, r":\d+:\d+: stages\.0\.rounds: 0 must be at least 1 \(from -S rounds=0\)$"),
        ({"rounds": -3, "catch": 2}, r"rounds: -3 must be at least 1 \(from -S rounds=-3\) \(and 1 more\)$"),
        ({"discount": -1}, r":\d+:11: discount: -1\.0 must be at least 0 \(from -S discount=-1\.0\)$"),
        ({"round": "noisy"}, r"signals\.round: 'noisy' is not one of shown, hidden \(from -S round=noisy\)$"),
        ({"deployment": 0.9}, r"'0\.9' is not one of shown, hidden or \{noisy: 0\.9\} \(from -S deployment=0\.9\)$"),
    ],
)
def test_a_setting_out_of_range_is_named(settings: dict[str, float | str], what: str) -> None:
    with pytest.raises(TurncoatError, match=what) as caught:
        scenarios()["deferral-ladder"].compile(**settings)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "settings", "what"),
    [
        (
            "deferral-ladder",
            {"round": 1, "prise": 2.0},
            "ladder has no setting 'prise'; did you mean 'prize'",
        ),
        ("deferral-ladder", {"rounds": 2.5}, "^deferral-ladder: rounds must be a whole number, not 2.5$"),
        ("deferral-ladder", {"prize": "much"}, "^deferral-ladder: prize must be a number, not 'much'$"),
        ("windfall", {"chance": 0.0}, r"chance: the stage 'windfall' can never be reached \(from -S chance=0\.0\)$"),
        ("stage-bandit", {"longest": 10**9}, "^stage-bandit: longest must lie between 1 and 64, not 1000000000$"),
        ("inspection-game", {"periods": 0}, "^inspection-game: periods must lie between 1 and 10,000, not 0$"),
        (
            "inspection-game",
            {"inspections": -1},
            "^inspection-game: inspections must lie between 0 and",
        ),
        ("simulation-oversight", {"swapped": 1.2}, "^simulation-oversight: swapped must lie between 0 and 1, not 1.2$"),
        ("simulation-oversight", {"discount": 2.0}, "^simulation-oversight: discount 2.0 is not between 0 and 1$"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(name: str, settings: dict[str, float | str], what: str) -> None:
    with pytest.raises(TurncoatError, match=what):
        scenarios()[name].compile(**settings)


def test_a_scenario_that_is_not_there_is_answered_with_the_nearest_one() -> None:
    with refused("there is no scenario 'deferal-ladder'; did you mean 'deferral-ladder'?"):
        find("deferal-ladder")


# Python files by path

MODEL = """\
from dataclasses import dataclass
from arena import Labels, Model, Rewards

@dataclass(frozen=True, kw_only=True)
class Coin(Model[int]):
    \"\"\"Coin.

    One toss.
    \"\"\"
    actions = {"model": ("heads", "tails")}
    stake: float = 1.0
    def initial(self): return {0: 1.0}
    def legal(self, state): return {} if state else {"model": ("heads", "tails")}
    def transition(self, state, actions): return {1: 1.0}
    def rewards(self, state, actions, following): return Rewards((self.stake,))
    def observe(self, state, seat): return {}
    def labels(self, state): return Labels("toss", window="early")
    def defects(self, state, seat, action): return action == "tails"
"""


def python_file(folder: Path, text: str, name: str = "two_coins.py") -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def test_a_python_file_needs_trust(tmp_path: Path) -> None:
    path = python_file(tmp_path, f"open({str(tmp_path / 'proof')!r}, 'w').close()\n{MODEL}")
    with refused(f"{path}: a Python scenario runs its code when it is loaded; read it, then give --trust"):
        find(path)
    assert not (tmp_path / "proof").exists()
    scenario = find(path, trust=True)
    assert (tmp_path / "proof").exists()
    assert (scenario.name, scenario.kind, scenario.title, scenario.about) == (
        "two-coins",
        "python",
        "Coin.",
        "One toss.",
    )
    assert scenario.parameters == {"discount": 1.0, "stake": 1.0}
    assert scenario.compile(stake=3.0).reward.max() == 3


def test_a_python_file_hides_no_module(tmp_path: Path) -> None:
    import json

    assert find(python_file(tmp_path, MODEL, "json.py"), trust=True).name == "json"
    import json as again

    assert again is json


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("x = 1\ny = (\n", 2, "SyntaxError: '(' was never closed"),
        ("x = 1\n  y = 2\n", 2, "IndentationError: unexpected indent"),
        ("x = {}\nz = 1 + x['key']\n", 2, "KeyError: 'key'"),
        ("import json\njson.loads('{')\n", 2, "JSONDecodeError: Expecting property name"),
        ("\nimport nowhere_to_be_found\n", 2, "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
        ("import sys\nsys.exit('bye')\n", 2, "SystemExit: bye"),
        ("x = 1\n", 1, "expected a public subclass of arena.Model, and there is none"),
        ("x = '\0'\n", 1, "SyntaxError: source code string cannot contain null bytes"),
        (MODEL + MODEL.replace("Coin", "Die"), 22, "a file holds one public model, and here are Coin and Die"),
        (MODEL.replace("    def legal", "    def leegal"), 4, "Coin lacks legal"),
        (MODEL.replace("stake: float = 1.0", "stake: float"), 4, "Coin.stake needs a default"),
    ],
)
def test_a_python_file_that_fails_is_answered_at_its_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    path = python_file(tmp_path, text)
    with pytest.raises(TurncoatError, match=f"^{re.escape(path)}:{line}:[0-9]+: {re.escape(what)}") as caught:
        find(path, trust=True)
    one_line(caught.value)


@pytest.mark.parametrize(
    ("good", "bad", "what"),
    [
        ("1.0}\n    def rewards", "1 / 0}\n    def rewards", "ZeroDivisionError: division by zero"),
        ("{0: 1.0}", "{[]: 1.0}", "TypeError: unhashable type: 'list'"),
        ("self.stake", "self.steak", "AttributeError: 'Coin' object has no attribute 'steak'"),
    ],
)
def test_a_function_that_fails_while_compiling_is_answered_at_its_place(
    tmp_path: Path, good: str, bad: str, what: str
) -> None:
    text = MODEL.replace(good, bad)
    before = text[: text.index(bad)]
    path = python_file(tmp_path, text)
    scenario = find(path, trust=True)
    with refused(f"{path}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}: {what}"):
        scenario.compile()


def test_a_python_file_that_is_not_there(tmp_path: Path) -> None:
    with refused(f"{tmp_path / 'none.py'}: there is no such file"):
        find(str(tmp_path / "none.py"), trust=True)


# Anything at all


@cache
def shipped(number: int) -> bytes:
    return SHIPPED[number % len(SHIPPED)].read_bytes()


def loads_or_is_refused(folder: Path, raw: bytes) -> None:
    path = folder / "mutant.yaml"
    path.write_bytes(raw)
    began = perf_counter()
    with suppress(TurncoatError), only_like(f"{path}:", "mutant: "):
        from_yaml(path).compile()
    assert perf_counter() - began < 2


@contextmanager
def only_like(*starts: str) -> Iterator[None]:
    """Whatever is refused inside must be refused in one line with one of these starts."""
    try:
        yield
    except TurncoatError as error:
        if not one_line(error).startswith(starts):
            raise AssertionError(str(error)) from error
        raise


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mutants")


@settings(max_examples=400)
@given(st.integers(0, 10), st.lists(st.tuples(st.integers(0, 4000), st.binary(max_size=3)), min_size=1, max_size=4))
def test_any_change_of_bytes_loads_or_is_refused(folder: Path, number: int, changes: list[tuple[int, bytes]]) -> None:
    raw = bytearray(shipped(number))
    for place, new in changes:
        raw[place % len(raw) : place % len(raw) + max(len(new), 1)] = new
    loads_or_is_refused(folder, bytes(raw))


FRAGMENTS = ["", " ", "- ", "? ", "&a ", "*a", "!!int ", "!!bool ", "{", "}", "[", "]", '"', "'", "|", ">", "%YAML 1.1"]
FRAGMENTS += [
    "---",
    ": ",
    "$",
    "$x",
    "0",
    "-1",
    "1e400",
    ".nan",
    "true",
    "null",
    "99999999999",
    "#",
    "<<: ",
    "noisy: 0.5",
]
FRAGMENTS += [
    "chance: 0.5",
    "oversight: {catch: 1}",
    "0o9",
    "0x",
    "1:30",
    "=",
    "\\",
    "\t",
    "\u2028",
    "\x7f",
    "\r",
    "[" * 50,
]


@settings(max_examples=400)
@given(
    st.integers(0, 10),
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 40), st.sampled_from(FRAGMENTS)), min_size=1, max_size=4),
)
def test_any_change_of_lines_loads_or_is_refused(
    folder: Path, number: int, changes: list[tuple[int, int, str]]
) -> None:
    lines = shipped(number).decode().splitlines()
    for line, column, fragment in changes:
        place = line % len(lines)
        kept = lines[place]
        lines[place] = kept[:column] + fragment + (kept[column:] if line % 2 else "")
    loads_or_is_refused(folder, "\n".join(lines).encode())


@given(st.text(max_size=60))
@example("!!bool x")
@example("%YAML 1.1\n---\n010")
@example("a: !<x> 1")
def test_any_text_is_read_or_refused(text: str) -> None:
    assume(text)
    with suppress(TurncoatError), only_like("text:"):
        parse(text, "text")
