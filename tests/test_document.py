"""Scenario files that are broken, hostile or merely wrong: one line, at the right place, at once, and never a crash."""

import os
import re
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from time import process_time

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from arena import TurncoatError
from arena.game.document import MAX_BYTES, parse, read, scalar
from arena.game.scenario import find, from_yaml
from tests.strategies import one_line, refused

HERE = Path(__file__).parent
BROKEN = sorted((HERE / "broken").glob("*.yaml"))
SHIPPED = sorted((HERE.parent / "scenarios").glob("*.yaml"))


# Fixtures: the first line of each says what is to be said of it, the file's name left out


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_file_is_answered_in_one_line_at_the_right_place(path: Path) -> None:
    expected = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    assert re.match(r"\d+:\d+: ", expected)
    began = process_time()
    with pytest.raises(TurncoatError) as caught:
        from_yaml(path)
    assert process_time() - began < 1
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
    began = process_time()
    from_yaml(path)
    assert process_time() - began < 5  # the bound is several times what a slow machine takes


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


# Anything at all


@cache
def shipped(number: int) -> bytes:
    return SHIPPED[number % len(SHIPPED)].read_bytes()


def loads_or_is_refused(folder: Path, raw: bytes) -> None:
    path = folder / "mutant.yaml"
    path.write_bytes(raw)
    began = process_time()
    with suppress(TurncoatError), only_like(f"{path}:", "mutant: "):
        from_yaml(path).compile()
    assert process_time() - began < 2


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
