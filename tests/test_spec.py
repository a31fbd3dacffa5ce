"""Names with settings, as the command line and tournament files write them."""

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena import TurncoatError
from arena.errors import nearest, shown
from arena.spec import Spec, assignments, parse, settle, word

AS_IT_IS = ("0110", "01", "1e3", "0x10", "1_000", ".5", "1.50", "a #1/p.npz", '"a"', "True", ".inf", "9" * 400)


@pytest.mark.parametrize(
    ("text", "name", "settings"),
    [
        ("honest", "honest", ()),
        (" honest ", "honest", ()),
        ("honest:", "honest", ()),
        ("sometimes:p=0.3", "sometimes", (("p", 0.3),)),
        ("x:b=2, a = true", "x", (("a", True), ("b", 2))),
        ("x:regime=online,trace=0,alpha=0.01", "x", (("alpha", 0.01), ("regime", "online"), ("trace", 0))),
        ("x:when=a=b", "x", (("when", "a=b"),)),
        ("x:empty=", "x", (("empty", ""),)),
        ("x:list=[1", "x", (("list", "[1"),)),
        ("x:list=[1]", "x", (("list", "[1]"),)),
        ("x:nothing=null", "x", (("nothing", "null"),)),
        ("x:yes=yes", "x", (("yes", "yes"),)),
        *((f"x:a={as_it_is}", "x", (("a", as_it_is),)) for as_it_is in AS_IT_IS),
    ],
)
def test_a_spec_is_a_name_and_settings_plain_numbers_as_such(text: str, name: str, settings: tuple[Any, ...]) -> None:
    spec = parse(text)
    assert spec == Spec(name, settings)
    assert [type(value) for _, value in spec.settings] == [type(value) for _, value in settings]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("x:a", "^x:a: expected key=value, not 'a'$"),
        ("x:=1", "^x:=1: expected key=value, not '=1'$"),
        ("x:a=1,,b=2", "^x:a=1,,b=2: expected key=value, not ''$"),
        ("x:a=1,a=2", "^x:a=1,a=2: a is given twice$"),
    ],
)
def test_a_malformed_spec_is_refused(text: str, what: str) -> None:
    with pytest.raises(TurncoatError, match=what):
        parse(text)


def test_settings_from_the_command_line_name_the_word_at_fault() -> None:
    assert assignments(["rounds=3", "signal=shown"]) == {"rounds": 3, "signal": "shown"}
    with pytest.raises(TurncoatError, match=r"^rounds: expected key=value, not 'rounds'$"):
        assignments(["rounds"])


@pytest.mark.parametrize("raw", [*AS_IT_IS, "1", "0.5", "true", "a b", "[1"])
def test_a_text_is_kept_to_the_letter_however_often_it_is_written(raw: str) -> None:
    spec = parse(f"x:signal={raw}")
    for _ in range(2):
        settled = settle("x", DEFAULTS, dict(spec.settings))
        assert settled["signal"] == raw
        spec = parse(str(Spec("x", tuple(settled.items()))))


@pytest.mark.parametrize(
    ("key", "raw", "value"),
    [
        ("rounds", "1e3", 1000),
        ("rounds", "0x10", 16),
        ("rounds", "1_000", 1000),
        ("rounds", "007", 7),
        ("prize", ".5", 0.5),
        ("prize", "1.50", 1.5),
        ("shown", "False", False),
    ],
)
def test_a_number_may_be_written_in_any_way(key: str, raw: str, value: Any) -> None:
    settled = settle("x", DEFAULTS, assignments([f"{key}={raw}"]))[key]
    assert (settled, type(settled)) == (value, type(value))


names = st.from_regex(r"[a-z][a-z_-]{0,8}", fullmatch=True)
values = st.one_of(st.integers(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False), names)


@given(names, st.dictionaries(names, values, max_size=4))
def test_what_is_written_is_read_back(name: str, settings: dict[str, Any]) -> None:
    spec = Spec(name, tuple(sorted(settings.items())))
    again = parse(str(spec))
    assert [(key, word(value)) for key, value in again.settings] == [(key, word(value)) for key, value in spec.settings]
    assert str(again) == str(spec)


def test_the_order_of_settings_does_not_matter() -> None:
    assert str(parse("x:b=1,a=2")) == str(parse("x:a=2,b=1")) == "x:a=2,b=1"


# Settings against their defaults

DEFAULTS = {"rounds": 5, "prize": 10.0, "shown": True, "signal": "shown"}


@pytest.mark.parametrize(
    ("key", "value", "settled"),
    [
        ("rounds", 7, 7),
        ("rounds", 7.0, 7),
        ("prize", 2, 2.0),
        ("prize", -0.5, -0.5),
        ("shown", False, False),
        ("signal", "hidden", "hidden"),
        ("signal", 0.5, "0.5"),
        ("signal", True, "true"),
    ],
)
def test_a_setting_takes_the_type_of_its_default(key: str, value: Any, settled: Any) -> None:
    result = settle("x", DEFAULTS, {key: value})
    assert result == DEFAULTS | {key: settled}
    assert type(result[key]) is type(settled)


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("round", 5, "^x has no setting 'round'; did you mean 'rounds'[?]$"),
        ("zzz", 5, "^x has no setting 'zzz'; known are prize, rounds, shown, signal$"),
        ("rounds", 2.5, "^x: rounds must be a whole number, not 2.5$"),
        ("rounds", True, "^x: rounds must be a whole number, not true$"),
        ("rounds", "five", "^x: rounds must be a whole number, not 'five'$"),
        ("rounds", ".inf", "^x: rounds must be a whole number, not '.inf'$"),
        ("rounds", "0x" + "f" * 5000, "^x: rounds must be a whole number, not '0xfff.*[.]{3}$"),
        ("rounds", float("inf"), "^x: rounds must be a whole number, not inf$"),
        ("rounds", float("nan"), "^x: rounds must be a whole number, not nan$"),
        ("prize", "much", "^x: prize must be a number, not 'much'$"),
        ("prize", float("nan"), "^x: prize must be a number, not nan$"),
        ("prize", -float("inf"), "^x: prize must be a number, not -inf$"),
        ("prize", 10**400, "^x: prize must be a number, not 1000.*[.]{3}$"),
        ("prize", False, "^x: prize must be a number, not false$"),
        ("shown", 1, "^x: shown must be true or false, not 1$"),
        ("shown", "yes", "^x: shown must be true or false, not 'yes'$"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused(key: str, value: Any, what: str) -> None:
    with pytest.raises(TurncoatError, match=what):
        settle("x", DEFAULTS, {key: value})


def test_the_defaults_are_left_as_they_were() -> None:
    defaults = dict(DEFAULTS)
    settle("x", defaults, {"rounds": 6})
    assert defaults == DEFAULTS


# What errors say


def test_the_nearest_word_is_offered_or_all_of_them() -> None:
    assert nearest("signl", ["signal", "round"]) == "; did you mean 'signal'?"
    assert nearest("xyz", ["signal", "round"]) == "; known are round, signal"
    assert nearest("xyz", []) == ""
    assert nearest(3, ["three"]) == "; known are three"
    assert nearest("x" * 10_000_000, ["signal"]) == "; known are signal"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1.5, "1.5"),
        ("a\nb", r"'a\nb'"),
        (None, "nothing"),
        (True, "true"),
        ({"a": 1}, "a mapping"),
        ([1], "a list"),
        ("x" * 100, "'" + "x" * 56 + "..."),
    ],
)
def test_a_value_is_shown_in_a_few_words(value: object, words: str) -> None:
    assert shown(value) == words


def test_an_error_is_one_printable_line_and_can_be_sent_to_another_process() -> None:
    error = TurncoatError("a\n  b\x1b[31m\u2028c\x00")
    assert str(error) == r"a b\x1b[31m c\x00"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
