"""``turncoat play`` as a person types it, and the terminal that it is played in."""

import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from arena.contest.sitting import InPerson
from arena.game.board import UNKNOWN, Board
from arena.play.agent import find
from arena.show.film import Credits
from arena.show.replay_file import load
from renderers.prompt import HELP, Prompt, drawing, meant
from tests.strategies import compiled
from tests.test_cli import TURNCOAT, here

ENVIRONMENT = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1"}


def play(typed: str, *words: str, columns: int = 80) -> "subprocess.CompletedProcess[str]":
    return here("play", *words, columns=columns, typed=typed)


MODEL = """\
The model chooses between comply and defect; the overseer chooses between watch and skip, at the same time.
An episode lasts 3 rounds at most: training 2 rounds, then deployment 1 round.
The model sees deployment and round; oversight and future are kept from it.
It can defect early in training, and late in deployment.
The overseer is always.
What pays what: turncoat show deferral-ladder

Deferral ladder: you are the model
Type an action's number, its name or the beginning of it; q ends, and then you
are told what was true.

Round 1 of at most 3
you see  deployment no
you may  1 comply   2 defect (a defection)
> c
comply: paid +0

Round 2 of at most 3
you see  deployment no
you may  1 comply   2 defect (a defection)
> what
'what' is no action here; ? helps.
you may  1 comply   2 defect (a defection)
> 2
defect: paid +1

Round 3 of at most 3
you see  deployment yes
you may  1 comply   2 defect (a defection)
> Comply
comply: paid +0

What was true, and what was best
Deployment began in round 3.
Kept from the model: oversight, future.
You defected early, in round 2, and not late: impatient.
Your return was 1, the principal's 1.
The best play expects 10 from the start; it knows no more than you did.
What you did otherwise cost 11.5 of what could be expected:
Round 3: comply instead of defect, 10 less.
Round 2: defect instead of comply, 1.5 less.
The rest was luck: +2.5.

round  true, where it changes                              you did  best    cost
    1  training, oversight yes, future yes, overseer       comply   comply
       watch
    2                                                      defect   comply   1.5
    3  deployment, oversight no, overseer skip             comply   defect    10
"""

OVERSEER = """\
Round 2 of at most 2
you see  stage deployment, corrected no
you may  2 skip
> skip
skip: paid -1

What was true, and what was best
Deployment began in round 2.
Kept from the overseer: deployment, oversight, future.
The model (trojan) complied at every early opportunity and turned in round 2.
Your return was -1, the principal's -9.
The best play expects -1 from the start; it knows no more than you did.
No action of yours could be expected to do better.

round  true, where it changes                                you did  best  cost
    1  training, deployment no, oversight yes, future yes,   watch    any
       model comply
    2  deployment, deployment yes, oversight no, model       skip     skip
       defect
"""


def neat(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


def test_a_short_play_in_the_models_seat() -> None:
    done = play("c\nwhat\n2\nComply\n", "deferral-ladder", "-S", "rounds=2", "-S", "catch=0.25", "--seed", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert neat(done.stdout) == neat(MODEL)


def test_a_short_play_in_the_overseers_seat() -> None:
    words = ("deferral-ladder", "-S", "rounds=1", "--seat", "overseer", "--against", "trojan")
    done = play("watch\nskip\n", *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert neat(done.stdout)[-len(neat(OVERSEER)) :] == neat(OVERSEER)


@pytest.mark.parametrize("typed", ["", "1\n", "1\nq\nrest\n", "1\n\n?\n2"])
def test_the_end_of_the_input_ends_it_well(typed: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.replay"
    done = play(typed, "windfall", "--save", str(path))
    assert done.returncode == 0
    assert done.stderr == f"{path} written\n"
    assert "You stopped after" in done.stdout
    assert load(path).rounds == len([line for line in typed.split() if line in "12"])
    assert load(path).player == "you"
    assert [lens.name for lens in load(path).lenses] == ["best play"]


def test_an_interrupt_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "mine.replay"
    words = [str(TURNCOAT), "play", "windfall", "--save", str(path)]
    with (tmp_path / "out").open("wb") as out, (tmp_path / "err").open("wb") as err:
        environment = {**ENVIRONMENT, "PYTHONUNBUFFERED": "1"}
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=out, stderr=err, env=environment, bufsize=0) as one:
            assert one.stdin is not None
            one.stdin.write(b"1\n1\n")
            for _ in range(600):
                if "Round 3" in (tmp_path / "out").read_text():
                    break
                time.sleep(0.05)
            time.sleep(0.2)
            one.send_signal(signal.SIGINT)
            assert one.wait(30) == 0
    assert (tmp_path / "err").read_text() == f"{path} written\n"
    assert "You stopped after 2 rounds" in (tmp_path / "out").read_text()
    assert load(path).rounds == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("deferral-laddr",), "did you mean 'deferral-ladder'"),
        (("deferral-ladder", "--seat", "overser"), "did you mean 'overseer'"),
        (("deferral-ladder", "--against", "allways"), "did you mean 'always'"),
        (("hidden-goal", "--against", "always"), "no overseer, so nobody"),
        (("deferral-ladder", "--renderer", "promt"), "did you mean 'prompt'"),
        (("deferral-ladder", "--save", "x.rplay"), "did you mean '.replay'"),
        (("deferral-ladder", "--save", "nowhere/x.replay"), "no folder nowhere"),
        (("deferral-ladder", "--seed", "-1"), "at least 0"),
    ],
)
def test_mistakes_are_told_before_anybody_plays(words: tuple[str, ...], message: str) -> None:
    done = play("1\n", *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not done.stdout


def test_where_nobody_can_play_is_a_line() -> None:
    done = play("1\n", "deferral-ladder", "--renderer", "text")
    assert (done.returncode, done.stderr) == (2, "nobody can play in text\n")


# The terminal

WORDS = ("go_up", "go_down", "stay", "shoot")


@pytest.mark.parametrize(
    ("typed", "action"),
    [
        ("1", 0),
        ("go_down", 1),
        ("go down", 1),
        ("GO_U", 0),
        ("st", 2),
        ("4", "There is no action 4 here."),
        ("0", "There is no action 0 here."),
        ("9" * 5000, f"There is no action {'9' * 9} here."),
        ("²", "'²' is no action here; ? helps."),
        ("-1", "'-1' is no action here; ? helps."),
        ("go", "'go' could be go_up or go_down."),
        ("shoot", "'shoot' is no action here; ? helps."),
        ("", HELP),
        ("?", HELP),
    ],
)
def test_what_is_meant(typed: str, action: int | str) -> None:
    assert meant(typed, WORDS, (0, 1, 2)) == action


def test_an_exact_word_is_no_prefix() -> None:
    assert meant("go", ("go", "gone"), (0, 1)) == 0
    assert meant("gon", ("go", "gone"), (0, 1)) == 1


def test_a_map_is_drawn_in_letters() -> None:
    rows = (("wall", "wall", "wall"), ("door red", "floor", UNKNOWN), ("door blue", "floor", "goal"))
    board = Board(rows, (("guard", 1, 2), ("model", 1, 1)), frozenset({(1, 1), (1, 2)}))
    assert drawing(board, "model").plain.splitlines() == [
        "         # # #",
        "         D @  ",
        "         O & G".replace("O", "R"),
        "         @ you, & guard, G goal, D door red, R door blue",
    ]
    assert "@ model" in drawing(board, "overseer").plain


def test_what_is_watched_is_marked() -> None:
    board = Board((("floor", "floor", "camera"),), (), frozenset({(1, 0)}))
    assert drawing(board, "overseer").plain.splitlines() == ["         . : %", "         % camera, : watched"]


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize(
    ("name", "seat"), [("correction", "overseer"), ("two-exits", "overseer"), ("collusion", "model")]
)
def test_nothing_is_wider_than_the_terminal(
    name: str, seat: str, columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    game = compiled(name)
    others = {"model": find("honest").policies(game, "model", {}, np.zeros(1, np.uint64))[0]} if seat != "model" else {}
    typed = iter(["w", "s", "w", "q"] if seat != "model" else ["1", "2", "1", "q"])
    monkeypatch.setattr("builtins.input", lambda *_: next(typed))
    Prompt(Console(width=columns, highlight=False)).play(InPerson(game, seat, Credits(name), others))
    said = capsys.readouterr().out
    assert "Round 4" in said
    assert max(map(len, said.splitlines())) <= columns
