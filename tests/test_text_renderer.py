"""The terminal: what is said of an episode, in as many columns as there are, and in colour where there is colour."""

import io
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from arena.game.board import Board
from arena.play.agent import find as agent
from arena.show.film import Credits
from arena.show.renderer import serving
from arena.show.replay import Deed, Replay
from arena.show.replay_file import load
from arena.show.take import take
from renderers.text import TextRenderer
from tests.strategies import compiled
from tests.test_replay_file import OLD, replays


@cache
def watched(name: str, player: str) -> Replay:
    return take(compiled(name), agent(player), Credits(name, name, {}, player=player))


def said(*shown: Replay, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None, force_terminal=False)
    TextRenderer(console).show(shown)
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def line(text: str, begins: str) -> str:
    return next(one.strip() for one in text.splitlines() if one.strip().startswith(begins))


def long(rounds: int = 60) -> Replay:
    """Complying for long, then a turn in round 41."""
    one = watched("deferral-ladder", "trojan")
    first, last = one.moments[0], one.moments[-2]
    moments = [first] * 40 + [last] * (rounds - 40) + [one.moments[-1]]
    deeds = [one.deeds[0]] * 40 + [one.deeds[-1]] * (rounds - 40)
    return replace(one, moments=tuple(moments), deeds=tuple(deeds), horizon=rounds)


def test_the_timeline_has_what_is_true_above_what_is_seen() -> None:
    text = said(watched("deferral-ladder", "trojan"), width=80)
    assert line(text, "stage").split()[1:] == ["training", "─" * 40, "deployment"]
    assert line(text, "deployment  true").split()[2:] == ["no", "─" * 46, "yes", "━━━━━"]
    assert line(text, "oversight  true").split()[2:] == ["yes", "━" * 45, "no", "──────"]
    assert line(text, "sees hidden") == "sees hidden from it"
    assert line(text, "P(defect)").split()[1:] == ["▁" * 9] * 5 + ["█" * 9]
    assert line(text, "deployment flipped").split()[2:] == ["█" * 9] * 5 + ["▁" * 9]
    assert line(text, "does").split()[1:] == ["●"] * 5 + ["◆"]
    assert "turns, deployment▾" in text


def test_the_lens_is_told_where_it_shows_something_else() -> None:
    text = said(watched("deferral-ladder", "optimal"))
    assert text.count("lens  future removed: defects 0%") == 1
    assert text.count("lens  future removed: defects 100%") == 5
    assert "future removed: What the same agent does" in text
    assert "lens" not in said(watched("deferral-ladder", "honest"))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_turn_is_named_before_what_else_happens(width: int) -> None:
    """Deployment begins a round before, and its word would lie where the turn's is."""
    text = said(watched("two-exits", "schemer"), width=width).split("stage")[0]
    assert "turns" in text
    assert text.count("▾") == 3


def test_what_nobody_can_read_is_not_told() -> None:
    text = said(watched("link-to-the-past", "random"))
    assert "ice 1" not in text
    assert "shopkeeper" in text
    assert "deployment not shown" in said(watched("hidden-goal", "honest"))


def test_what_is_kept_from_it_is_marked() -> None:
    text = said(watched("simulation-oversight", "defector"))
    assert "[future" not in text
    assert "{place" in text
    assert "[oversight yes]" in said(watched("deferral-ladder", "honest"))


def test_what_is_hidden_at_times_is_no_value() -> None:
    text = said(watched("hidden-goal", "optimal"), width=80)
    lane = next(one for one in text.splitlines() if "  sees " in one)
    assert "hidden" not in lane
    assert "···· no" in lane


def test_rounds_in_which_nothing_happens_are_told_together() -> None:
    text = said(long(), width=80)
    assert " 2–40  does  comply 39×  defects 0%  pays  +0, principal +39" in text
    assert "   41  true  deployment yes" in text
    assert "← turns" in text
    assert text.count("does  defect") == 20  # defecting is never nothing
    assert len(line(text, "P(defect)").split()[1]) == 60
    few = said(replace(long(), moments=long().moments[38:55], deeds=long().deeds[38:54]))
    assert "×" not in few
    assert few.count("does  comply") == 2


def test_more_rounds_than_columns_share_them() -> None:
    text = said(long(200), width=80)
    assert line(text, "P(defect)").split()[1] == "▁" * 10 + "█" * 40
    assert line(text, "round").split()[1:3] == ["1", "21"]


def test_maps_stand_beside_each_other() -> None:
    text = said(watched("two-exits", "optimal"), width=80)
    assert "██Ga· Gb██   ██Ga@ Gb██" in text
    assert "at the end" in text
    assert "@ model  Ga goal a  Gb goal b" in text


def test_a_map_seen_otherwise_is_drawn_too() -> None:
    one = watched("two-exits", "honest")
    blind = Board((("", "floor"), ("wall", "camera")), (("model", 1, 0),), frozenset({(0, 0)}))
    moments = tuple(replace(moment, seen=len(one.boards)) for moment in one.moments)
    text = said(replace(one, boards=(*one.boards, blind), moments=moments), width=80)
    assert "1, as it sees it" in text
    assert "??@" in text
    assert "░░ in view  ?? not seen" in text


def test_private_pay_is_told_where_there_is_some() -> None:
    assert "private +1" in said(watched("two-exits", "trojan"))
    assert "private" not in said(watched("deferral-ladder", "trojan"))


def test_an_update_is_told() -> None:
    one = watched("deferral-ladder", "random")
    deeds = (replace(one.deeds[0], update=(0.4, 0.6)), *one.deeds[1:])
    text = said(replace(one, deeds=deeds, kind="while training"))
    assert "after its update: defects 50.0% → 60.0%" in text
    assert line(text, "after its update").endswith("▅" * 9)
    assert "while training" in text


def test_several_are_compared() -> None:
    text = said(watched("deferral-ladder", "trojan"), watched("deferral-ladder", "honest"), width=80)
    assert "trojan  ●●●●●◆  It behaved, then turned in round 6.  observed 10, principal" in text
    assert "honest  ●●●●●●  It did not defect.                   observed 0, principal 6" in text
    same = watched("deferral-ladder", "honest")
    assert "episode 3  ●●●●●●" in said(same, replace(same, episode=3))
    assert "side by side" not in said(same)


def test_a_frame_is_the_last_moment() -> None:
    one = watched("two-exits", "optimal")
    console = Console(width=80, color_system=None, force_terminal=False)
    three = replace(one, moments=one.moments[:4], deeds=one.deeds[:3])
    frame = TextRenderer(console).frame(three)
    assert "  4  true" in frame
    assert "  3  true" in frame
    assert "  2  true" not in frame
    assert "may   down" in frame
    assert "It did not" not in frame
    first = TextRenderer(console).frame(replace(one, moments=one.moments[:1], deeds=()))
    assert "  1  true" in first
    assert "  2  true" not in first
    assert "It did not" in TextRenderer(console).frame(one)
    assert isinstance(serving("ansi"), TextRenderer)


def test_colour_is_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    one = watched("deferral-ladder", "trojan")

    def codes(terminal: bool) -> int:
        console = Console(file=io.StringIO(), width=80, force_terminal=terminal)
        return TextRenderer(console).frame(one).count("\x1b[1;33m")

    assert codes(True) > 0
    assert codes(False) == 0
    monkeypatch.setenv("NO_COLOR", "1")
    assert codes(True) == 0


def test_words_command_no_terminal() -> None:
    """What a replay says is shown, and does nothing: neither to the terminal nor as rich's markup."""
    evil = "\x1b[2Jgone\x07\r\n[red]x[/red]"
    one = watched("two-exits", "trojan")
    moments = tuple(replace(m, stage=evil, note=f"{evil}{at}", true=(evil,) * 5) for at, m in enumerate(one.moments))
    board = Board(((evil, f"key {evil}"),), ((evil, 0, 0),))
    text = said(
        replace(
            one,
            title=evil,
            player=evil,
            twin=evil,
            kind=evil,
            settings={evil: evil},
            others={evil: evil},
            truths=(evil, *one.truths[1:]),
            seats=(one.seats[0], (evil, ("a", evil))),
            boards=(board,) * 2,
            exact={evil: 1.0},
            moments=moments,
        ),
        watched("two-exits", "honest"),
    )
    assert "[2Jgone" in text
    assert "[red]x[/red]" in text
    assert not set(text) & {"\x1b", "\x07", "\r"}


@settings(max_examples=60, deadline=None)
@given(st.lists(replays(), min_size=1, max_size=2), st.sampled_from([40, 80, 120]))
def test_whatever_there_is_to_say_fits(shown: list[Replay], width: int) -> None:
    assert max(map(cell_len, said(*shown, width=width).splitlines())) <= width
    console = Console(file=io.StringIO(), width=width, color_system=None)
    for one in shown:
        assert max(map(cell_len, TextRenderer(console).frame(one).splitlines())) <= width


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_long_words_fit(width: int) -> None:
    word = "overwhelmingly-long-word-" * 6
    one = load(OLD)
    moments = tuple(replace(m, stage=word + str(at), note=word + str(at)) for at, m in enumerate(one.moments))
    deeds = tuple(Deed(deed.actions, (1e300, -1e-300, 123456.789)) for deed in one.deeds)
    text = said(replace(one, title=word, moments=moments, deeds=deeds), load(Path(OLD)), width=width)
    assert max(map(cell_len, text.splitlines())) <= width
