"""Scenarios by name and by path: settings that do not fit, Python files that do not run, and where it is said."""

import re
from pathlib import Path

import pytest

from arena import TurncoatError, scenarios
from arena.game.scenario import find
from tests.strategies import one_line, refused

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
