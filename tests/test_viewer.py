"""Somebody watching: whatever they press, they look at something that is there."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.show.replay import Deed, Lens, Moment, Replay
from arena.show.shapes import Circle, Line, Polygon, Rect, Scene, Text
from arena.show.viewer import CLOSEST, KEYS, SPEEDS, Viewer
from arena.show.zoom import zoomed


def episode(rounds: int, lenses: tuple[str, ...] = (), turns: int | None = None, over: bool = True) -> Replay:
    """A replay of that many rounds; it defects in one of them, which is then the late one, and in deployment."""
    moments = [
        Moment(
            stage="work",
            deployment=turns is not None and at >= turns,
            window="early" if turns is None or at < turns else "late",
            free=True,
            experienced=True,
            opportunity=at < rounds,
            over=over and at == rounds,
            note="",
            true=("yes",),
            sees=("no",),
            legal=() if over and at == rounds else (0, 1),
            defections=() if over and at == rounds else (1,),
            lenses=tuple((0.5, 0.5) for _ in lenses),
        )
        for at in range(rounds + 1)
    ]
    return Replay(
        title="A title",
        scenario="made-up",
        settings={},
        twin="",
        digest="",
        player="somebody",
        others={},
        seed=0,
        episode=0,
        seat="model",
        seats=(("model", ("comply", "defect")),),
        discount=1.0,
        horizon=rounds,
        truths=("deployment",),
        sights=("deployment",),
        lenses=tuple(Lens(name, "") for name in lenses),
        boards=(),
        moments=tuple(moments),
        deeds=tuple(Deed((int(at == turns),), (1.0, 1.0, 0.0)) for at in range(rounds)),
    )


episodes = st.lists(
    st.builds(
        episode,
        st.integers(0, 12),
        st.sampled_from([(), ("flipped",), ("flipped", "removed"), ("removed",)]),
        st.none() | st.integers(0, 4),
    ),
    min_size=1,
    max_size=4,
)
part = st.floats(0, 1)
doings: st.SearchStrategy[Callable[[Viewer], object]] = st.one_of(
    st.sampled_from([key.command for key in KEYS]).map(lambda command: lambda viewer: viewer.do(command)),
    st.floats(0, 3).map(lambda seconds: lambda viewer: viewer.tick(seconds)),
    st.integers(-5, 20).map(lambda at: lambda viewer: viewer.go(at)),
    st.integers(-5, 20).map(lambda number: lambda viewer: viewer.choose(number)),
    st.tuples(st.floats(0.1, 10), part, part).map(lambda to: lambda viewer: viewer.look(to[0], to[1:])),
    st.tuples(st.floats(-2, 2), st.floats(-2, 2)).map(lambda by: lambda viewer: viewer.pan(*by)),
    st.integers(0, 15).map(lambda rounds: lambda viewer: viewer.follow(episode(rounds))),
)


@given(episodes, st.lists(doings, max_size=30), st.booleans(), st.booleans())
def test_whatever_is_done_there_is_something_to_see(
    replays: list[Replay], done: list[Callable[[Viewer], object]], private: bool, live: bool
) -> None:
    viewer = Viewer(tuple(replays), private=private, live=live)
    for one in done:
        one(viewer)
        assert 0 <= viewer.at <= viewer.final
        assert viewer.replay is viewer.replays[viewer.episode]
        assert viewer.lens in ("", *viewer.lenses)
        assert SPEEDS[0] <= viewer.speed <= SPEEDS[-1]
        assert 1 <= viewer.zoom <= CLOSEST
        assert all(0 <= edge <= edge + 1 / viewer.zoom <= 1 + 1e-9 for edge in viewer.corner)
        for room in (1, 2, 9):
            shown = viewer.shown(room)
            assert viewer.replay in shown
            assert len(shown) == (min(room, len(replays)) if viewer.beside else 1)
            for replay in shown:
                replay.moments[viewer.moment(replay)]
                number = viewer.through(replay)
                assert number is None or replay.lenses[number].name == viewer.lens


def test_it_plays_to_the_end_and_stops() -> None:
    viewer = Viewer((episode(5),), speed=2)
    viewer.tick(10)
    assert viewer.at == 0
    viewer.play()
    viewer.tick(0.4)
    assert viewer.at == 0
    viewer.tick(0.2)
    assert (viewer.at, viewer.playing) == (1, True)
    viewer.play()
    viewer.tick(9)
    assert viewer.at == 1
    viewer.play()
    viewer.tick(60)
    assert (viewer.at, viewer.playing) == (5, False)
    viewer.play()
    assert (viewer.at, viewer.playing) == (0, True)


def test_a_step_pauses() -> None:
    viewer = Viewer((episode(5),), at=2)
    for command, at in (("forward", 3), ("back", 2), ("next_event", 2), ("previous_event", 2)):
        viewer.playing = True
        viewer.do(command)
        assert (viewer.at, viewer.playing) == (at, False)


def test_it_stops_at_every_event_and_no_other() -> None:
    viewer = Viewer((episode(9, turns=4),), marks=((7, "best: comply"), (1, "best: comply")))
    assert viewer.replay.turned == 4
    stops = []
    for _ in range(5):
        viewer.next_event()
        stops.append(viewer.at)
    assert stops == [1, 4, 7, 7, 7]
    for _ in range(4):
        viewer.previous_event()
        stops.append(viewer.at)
    assert stops[5:] == [4, 1, 1, 1]


def test_events_of_one_moment_stand_in_the_order_of_the_replay() -> None:
    """Of a round the window says what the time line and the page say, and in their order."""
    one = episode(9, turns=4)
    noted = replace(
        one, moments=tuple(replace(m, note="caught" if at >= 5 else "") for at, m in enumerate(one.moments))
    )
    assert noted.events[:3] == ((4, "deployment"), (4, "turns"), (4, "caught"))
    assert Viewer((noted, noted), beside=True).events == noted.events


def test_who_plays_is_told_of_no_event_and_sees_through_no_lens() -> None:
    viewer = Viewer((episode(9, ("flipped",), turns=4),), private=True)
    assert viewer.events == ()
    viewer.next_lens()
    assert viewer.lens == ""
    viewer.lens = "flipped"
    assert viewer.through(viewer.replay) is None


def test_lenses_go_round_and_follow_by_name() -> None:
    two, one = episode(3, ("flipped", "removed")), episode(3, ("removed",))
    viewer = Viewer((two, one))
    seen = []
    for _ in range(3):
        viewer.next_lens()
        seen.append(viewer.lens)
    assert seen == ["flipped", "removed", ""]
    viewer.lens = "removed"
    viewer.next_episode()
    assert (viewer.lens, viewer.through(one), viewer.through(two)) == ("removed", 0, 1)
    viewer.lens = ""
    viewer.together()
    viewer.next_lens()
    assert (viewer.lens, viewer.through(one)) == ("flipped", None)
    viewer.together()
    assert viewer.lens == ""


def test_a_shorter_episode_waits_at_its_end() -> None:
    long, short = episode(8), episode(3)
    viewer = Viewer((short, long))
    viewer.last()
    assert viewer.at == 3
    viewer.together()
    viewer.last()
    assert (viewer.at, viewer.moment(short), viewer.moment(long)) == (8, 3, 8)
    viewer.together()
    assert viewer.at == 3


def test_with_room_for_two_the_chosen_one_is_among_them() -> None:
    viewer = Viewer(tuple(episode(n) for n in range(4)), beside=True)
    shown = []
    for _ in range(4):
        shown.append([replay.rounds for replay in viewer.shown(2)])
        viewer.next_episode()
    assert shown == [[0, 1], [1, 2], [2, 3], [2, 3]]


def test_who_looks_at_the_end_follows_it_and_who_looks_back_does_not() -> None:
    viewer = Viewer((episode(2, over=False),), at=2)
    viewer.follow(episode(3, over=False))
    assert viewer.at == 3
    viewer.back()
    viewer.follow(episode(4, over=False))
    assert viewer.at == 2


def test_a_live_episode_is_held_and_let_go() -> None:
    viewer = Viewer((episode(2, over=False),), at=2, playing=True, live=True)
    viewer.tick(9)
    viewer.back()
    assert (viewer.at, viewer.playing) == (1, True)
    viewer.play()
    assert (viewer.at, viewer.playing) == (1, False)
    viewer.play()
    assert (viewer.at, viewer.playing) == (1, True)


def test_a_long_episode_begins_faster() -> None:
    assert [Viewer((episode(rounds),)).speed for rounds in (6, 40, 200, 9999)] == [1, 2, 8, 60]


@given(part, part, st.floats(1, 4))
def test_zooming_keeps_what_is_under_the_pointer(x: float, y: float, factor: float) -> None:
    viewer = Viewer((episode(1),))
    for _ in range(2):
        before = [corner + at / viewer.zoom for corner, at in zip(viewer.corner, (x, y), strict=True)]
        viewer.look(factor, (x, y))
        after = [corner + at / viewer.zoom for corner, at in zip(viewer.corner, (x, y), strict=True)]
        assert after == pytest.approx(before)
    viewer.whole()
    assert (viewer.zoom, viewer.corner) == (1, (0, 0))


def test_a_picture_from_closer() -> None:
    shapes = (
        Rect(10, 20, 30, 40, radius=3),
        Circle(50, 50, 10),
        Polygon(((0, 0), (50, 50), (100, 0))),
        Line(((50, 25), (75, 50)), "ink", 2),
        Text(60, 40, "words", 12),
    )
    closer = zoomed(Scene(100, 100, shapes, "what it is"), 2, (0.5, 0.25))
    assert closer == Scene(
        100,
        100,
        (
            Rect(-80, -10, 60, 80, width=2, radius=6),
            Circle(0, 50, 20, width=2),
            Polygon(((-100, -50), (0, 50), (100, -50)), width=2),
            Line(((0, 0), (50, 50)), "ink", 4),
            Text(20, 30, "words", 24),
        ),
        "what it is",
    )


def test_every_key_gives_one_command_that_there_is() -> None:
    pressed = [name for key in KEYS for name in key.keys]
    assert len(pressed) == len(set(pressed))
    for key in KEYS:
        assert callable(getattr(Viewer, key.command))
        assert key.about
    assert not Viewer((episode(1),)).do("go")


def test_nothing_is_not_watched() -> None:
    with pytest.raises(ValueError, match="nothing to watch"):
        Viewer(())
