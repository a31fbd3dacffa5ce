"""``turncoat check``: what a scenario means, where that is said, and a hundred ways to get a file wrong."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random

import pytest

from arena import TurncoatError
from arena.cli.check import examine
from arena.cli.new import Kind, files
from arena.errors import nearest
from arena.game.document import Keys, parse
from arena.game.scenario import find, from_yaml
from tests.strategies import one_line
from tests.test_cli import here as run

SCENARIOS = Path(__file__).parent.parent / "scenarios"

LADDER = """\
kind: stages
title: Ladder
signals: {deployment: shown, round: shown}
stages:
  - name: training
    phase: training
    window: early
    rounds: 3
    pays:
      observed: {comply: 0, defect: 1}
    oversight: {catch: 0.5, then: terminated}
  - name: deployment
    phase: deployment
    window: late
    rounds: 1
    pays:
      observed: {comply: 0, defect: 10}
"""


def remarks(folder: Path, text: str, name: str = "mine.yaml") -> list[str]:
    """Level, line, column and words of everything said of a file."""
    path = folder / name
    path.write_text(text)
    found = examine(str(path), trust=True)
    assert found["compiles"], found["message"]
    said = []
    for one in found["remarks"]:
        said.append(f"{one['level']}{one['place'].removeprefix(str(path))}: {one['what']}; {one['hint']}")
        assert said[-1] == " ".join(said[-1].split())
    return said


def changed(*swaps: tuple[str, str]) -> str:
    """The ladder with some of its text replaced."""
    text = LADDER
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new)
    return text


# What a file means


def test_nothing_is_said_of_a_scenario_that_means_what_it_says(tmp_path: Path) -> None:
    assert remarks(tmp_path, LADDER) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            changed(("catch: 0.5", "catch: 0")),
            "warning:4:1: the overseer never has a choice, so nothing hangs on who it is; give it something to do",
        ),
        (
            changed(("window: early", "window: late")),
            "warning:4:1: no early opportunity can be reached: nowhere in the early window is the model free",
        ),
        (
            changed(("defect: 10", "defect: -1")),
            "warning:16:5: defecting late never pays: the optimum is worth 1.75 with it and without it; let it pay",
        ),
        (
            changed(("defect: 1}", "defect: -1}")),
            "warning:9:5: defecting early never pays, even if late defection paid what complying does",
        ),
        (
            changed(("catch: 0.5", "catch: 0.01")),
            "warning:16:5: nothing to wait for: the optimum's early rate is 1 with late defection and without it; let",
        ),
        (
            changed(("deployment: shown", "oversight: shown"), (", round: shown", "")),
            "warning:3:11: deployment is hidden, but oversight tells the phase: oversight alone in 1 of the rounds;",
        ),
        (
            changed(("deployment: shown, ", "")),
            "warning:3:11: deployment is hidden, but round tells the phase: round alone in 1 of the rounds; a guess",
        ),
        (
            changed(("deployment: shown", "deployment: {noisy: 0.9}")),
            "warning:3:37: deployment is not shown for certain, but round tells the phase: round alone in 1 of",
        ),
        (
            changed(("signals: {deployment: shown, round: shown}\n", "")),
            "note:1:1: deployment is hidden, but memory tells the phase in 1 of the rounds, the present sight in 0.8",
        ),
    ],
)
def test_what_it_does_not_mean_is_said_at_its_place(tmp_path: Path, text: str, said: str) -> None:
    assert [line for line in remarks(tmp_path, text) if line.startswith(said)] != []


MODEL = '''\
from dataclasses import dataclass
from arena import Labels, Model, Rewards

@dataclass(frozen=True, kw_only=True)
class Coin(Model[int]):
    """Coin."""
    actions = {SEATS}
    def initial(self): return {0: 1.0}
    def legal(self, state): return {} if state == 2 else {seat: self.actions[seat] for seat in self.actions}
    def transition(self, state, actions): return {state + 1: 1.0}
    def rewards(self, state, actions, following): return Rewards(tuple(1.0 for _ in self.actions))
    def observe(self, state, seat): return {"state": state}
    def labels(self, state): return Labels("toss", window=WINDOW)
    def defects(self, state, seat, action): return action == "tails"
'''


@pytest.mark.parametrize(
    ("seats", "window", "said"),
    [
        ('{"player": ("heads", "tails")}', '"early"', "error:5:1: there is no seat called model, only player; agents"),
        ('{"model": ("heads",)}', '"early"', "error:9:5: the model never has a choice; allow it two actions"),
        ('{"model": ("heads", "tails")}', '"early"', "error:11:5: no late opportunity can be reached: nowhere in"),
        ('{"model": ("heads", "tails")}', '"late"', "warning:11:5: no early opportunity can be reached: nowhere in"),
    ],
)
def test_a_python_scenario_is_blamed_at_the_method(tmp_path: Path, seats: str, window: str, said: str) -> None:
    text = MODEL.replace("SEATS", seats[1:-1]).replace("WINDOW", window)
    assert [line for line in remarks(tmp_path, text, "coin.py") if line.startswith(said)] != []


def test_a_seat_without_actions_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "coin.py"
    path.write_text(MODEL.replace("SEATS", '"model": ()').replace("WINDOW", '"early"'))
    found = examine(str(path), trust=True)
    assert not found["ok"]
    assert found["message"] == "coin: state 0: seat 'model' has no legal action, and the state is not terminal"


def test_a_stage_that_play_never_reaches_is_named(tmp_path: Path) -> None:
    """The states lead there, but the clock runs out before."""
    text = MODEL.replace("SEATS", '"model": ("heads", "tails")').replace("state == 2", "state == 9")
    text = text.replace('Labels("toss", window=WINDOW)', 'Labels("far" if state > 5 else "near", window="late")')
    said = remarks(tmp_path, text + "    def spans(self): return (3,)\n", "coin.py")
    assert [line for line in said if line.startswith("warning:13:5: play never reaches the stage 'far'; nothing")] != []


def test_large_games_are_not_asked_costly_questions(tmp_path: Path) -> None:
    text = changed(("rounds: 3", "rounds: 99999"), ("defect: 10", "defect: -1"))
    assert remarks(tmp_path, text) == [
        "note:1:1: what the optimum does and what tells the phase were not asked: 300,000 states times rounds; "
        "--thorough asks"
    ]


def test_warnings_pass_unless_asked_to_be_strict(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(changed(("defect: 10", "defect: -1")))
    lax, strict = run("check", str(path)), run("check", "--strict", str(path))
    assert (lax.returncode, strict.returncode) == (0, 2)
    assert lax.stderr == strict.stderr == ""
    first, second = lax.stdout.splitlines()
    assert re.fullmatch(rf"{path}: ok, 3 states, 4 rounds, compiled in [\d.]+ m?s, 1 warning", first)
    assert second.startswith(f"{path}:16:5: warning: defecting late never pays")


def test_errors_of_meaning_do_not_pass(tmp_path: Path) -> None:
    path = tmp_path / "coin.py"
    path.write_text(MODEL.replace("SEATS", '"model": ("heads",)').replace("WINDOW", '"late"'))
    done = run("check", str(path), "--trust")
    assert done.returncode == 2
    assert f"{path}: wrong, 3 states, 2 rounds" in done.stdout
    assert f"{path}:9:5: error: the model never has a choice" in done.stderr


def test_names_and_json() -> None:
    done = run("check", "deferral-ladder", "stage-bandit", "--json")
    ladder, bandit = json.loads(done.stdout)
    assert (ladder["ok"], ladder["states"], ladder["rounds"], ladder["remarks"]) == (True, 3, 6, [])
    (remark,) = bandit["remarks"]
    assert remark["level"] == "warning"
    assert re.search(r"stage_bandit\.py:\d+:5$", remark["place"])


# A hundred and more mutations of valid files


@cache
def valid() -> dict[str, str]:
    """Files to get wrong: what ``turncoat new`` writes, and some that are shipped."""
    found = {f"new-{kind}": next(iter(files(f"my-{kind}", Kind(kind)).values())) for kind in ("stages", "grid")}
    shipped = ("deferral-ladder", "windfall", "blind-spot", "two-exits", "off-switch")
    return found | {name: (SCENARIOS / f"{name}.yaml").read_text() for name in shipped}


def edited(text: str, place: tuple[int, int], old: str, new: str) -> str:
    """The text with ``old``, which stands at a place, made ``new``."""
    lines = text.splitlines(keepends=True)
    line, column = place[0] - 1, place[1] - 1
    assert lines[line].startswith(old, column), (lines[line], column, old)
    lines[line] = lines[line][:column] + new + lines[line][column + len(old) :]
    return "".join(lines)


Mutation = tuple[str, str, tuple[int, int] | None, str]
"""What was done, the text, where it must be said (None: anywhere), and words that must be said, any of those
between bars."""

FREE = ("parameters", "legend")  # mappings whose keys the author chooses
NUMBERS = {"discount": ("1.5", "at most 1"), "catch": ("-0.5", "at least 0"), "rounds": ("0", "at least 1")}


def mutations(text: str) -> Iterator[Mutation]:
    """Every way of the kinds below to get a text wrong."""
    document = parse(text, "valid")
    data = document.data

    def at(path: Keys) -> object:
        value = data
        for key in path:
            value = value[key]
        return value

    for path, place in document.keys.items():
        key, value = str(path[-1]), at(path)
        written = text.splitlines()[document.places[path][0] - 1][document.places[path][1] - 1 :]
        if path[0] not in FREE and len(key) > 3 and "pays" not in path[:-1]:
            wrong = key[:-2] + key[-1] + key[-2] if key[-1] != key[-2] else key[:-1]
            hint = "this key is missing; known" if path == ("kind",) else f"did you mean {key!r}?"
            where = None if path == ("kind",) else place
            yield f"misspelt {key}", edited(text, place, f"{key}:", f"{wrong}:"), where, hint
        if isinstance(value, str) and value in ("training", "deployment", "early", "late", "shown") and key != "name":
            if path[0] == "parameters":
                continue
            wrong = value[:-2] + value[-1] + value[-2]
            said = "is not one of" if value == "shown" else f"did you mean {value!r}?"
            yield f"{key} {wrong}", edited(text, document.places[path], value, wrong), document.places[path], said
        if isinstance(value, int | float) and key in NUMBERS and path[0] != "parameters":
            wrong, said = NUMBERS[key]
            now = re.match(r"[\d.]+", written)
            assert now
            yield f"{key} {wrong}", edited(text, document.places[path], now[0], wrong), document.places[path], said
            yield f"{key} many", edited(text, document.places[path], now[0], "many"), document.places[path], "must be"
        if isinstance(value, str) and value.startswith("$"):
            wrong = f"{value}x"
            said = f"did you mean {value[1:]!r}?"
            yield f"{key} {wrong}", edited(text, document.places[path], value, wrong), document.places[path], said
        if path[0] == "parameters" and len(path) == 2:
            renamed = edited(text, place, f"{key}:", f"{key}_:")
            yield f"parameter {key}_", renamed, None, f"did you mean '{key}_'?"
        if path[0] not in FREE and key in ("name", "phase", "window", "title", "map", "defection", "stages"):
            yield f"lost {key}", edited(text, place, f"{key}:", f"qqq_{key}:"), place, "unknown key"
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        word = re.match(r"( {4})(phase|window|rounds):", line)
        if word:
            dropped = "".join(lines[: number - 1] + lines[number:])
            yield f"dropped {word[2]} of line {number}", dropped, None, f"{word[2]}: this key is missing"
            moved = "".join([*lines[: number - 1], *lines[number:], line.strip() + "\n"])
            yield f"moved {word[2]} of line {number}", moved, None, f"{word[2]}: this key is missing|unknown key"
            twice = "".join([*lines[:number], *lines[number - 1 :]])
            yield f"{word[2]} twice in line {number}", twice, (number + 1, len(word[1]) + 1), "stands here twice"
            tab = "".join([*lines[: number - 1], line.replace(word[1], "\t", 1), *lines[number:]])
            yield f"a tab in line {number}", tab, (number, 1), "not YAML"


def chosen() -> list[tuple[str, Mutation]]:
    """Some mutations of every file, the same in every run."""
    random, found = Random(20_260_101), []
    for name, text in valid().items():
        every = list(mutations(text))
        found += [(name, one) for one in random.sample(every, min(25, len(every)))]
    return found


def test_the_files_to_get_wrong_are_right(tmp_path: Path) -> None:
    for name, text in valid().items():
        path = tmp_path / f"{name}.yaml"
        path.write_text(text)
        assert from_yaml(path).compile().horizon > 0


def test_there_is_no_lack_of_mutations() -> None:
    assert len(chosen()) > 100
    assert len({mutation[0].split()[0] for _, mutation in chosen()}) >= 8


@pytest.mark.parametrize(("name", "mutation"), chosen(), ids=lambda part: part if isinstance(part, str) else part[0])
def test_a_mutation_is_answered_in_one_line_at_its_place(tmp_path: Path, name: str, mutation: Mutation) -> None:
    what, text, place, hint = mutation
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(TurncoatError) as caught:
        from_yaml(path).compile()
    said = one_line(caught.value)
    assert any(words in said for words in hint.split("|")), what
    if place is not None:
        assert said.startswith(f"{path}:{place[0]}:{place[1]}: "), what
    else:
        assert re.match(rf"{re.escape(str(path))}:\d+:\d+: ", said), what


def test_a_name_that_is_not_there_is_one_line_too() -> None:
    with pytest.raises(TurncoatError, match="did you mean 'windfall'"):
        find("windfal")
    assert nearest("windfal", ["windfall"]) == "; did you mean 'windfall'?"
