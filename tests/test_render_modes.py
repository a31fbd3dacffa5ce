"""The environments' render modes: the ecosystems' own checks, then that what is filmed is what was played."""

import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.wrappers import RecordVideo

import arena
from arena import Game, Policy, TurncoatError
from arena.adapters.camera import Camera
from arena.play.policy import everybody, profile
from arena.play.stepper import Stepper
from arena.play.trajectory import record
from arena.show.film import Credits, film
from arena.show.renderer import MODES
from renderers import window
from tests.strategies import compiled

with warnings.catch_warnings():  # PettingZoo's tests import one of its games in a way of its own that it warns of
    warnings.filterwarnings("ignore", "The old environment creation API has been deprecated", DeprecationWarning)
    from pettingzoo.test import render_test

NAMES = tuple(arena.scenarios())

alternative = pytest.mark.filterwarnings("ignore:.*Not able to test alternative render modes:UserWarning")


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A display that nobody sees, and no waiting for those who would look."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setattr(window, "PACE", 1e9)
    yield
    import pygame

    pygame.quit()


def uniform(game: Game, seat: str) -> Policy:
    """Every action with the same probability, legal or not."""
    told = arena.view(game, seat)
    return told.table(np.full((len(told.rows), len(told.actions)), 1 / len(told.actions)))


def shows(mode: str, frame: Any) -> bool:
    """Whether a frame is what its mode promises."""
    if mode == "rgb_array":
        return bool(frame.shape == (720, 1280, 3) and frame.dtype == np.uint8 and frame.std() > 10)
    return frame is None if mode == "human" else isinstance(frame, str) and frame.count("\n") > 3


@pytest.mark.usefixtures("screen")
@pytest.mark.parametrize("name", NAMES)
def test_pettingzoo_accepts_every_mode(name: str) -> None:
    def make(render_mode: str) -> Any:
        return arena.aec_env(compiled(name), render_mode=render_mode)

    render_test(make, {mode: lambda frame, mode=mode: shows(mode, frame) for mode in MODES})


@pytest.mark.usefixtures("screen")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", NAMES)
def test_the_parallel_view_renders_every_round(name: str, mode: str) -> None:
    env = arena.parallel_env(compiled(name), render_mode=mode)
    assert env.render_mode == mode
    assert mode in env.metadata["render_modes"]
    env.reset(seed=1)
    for _ in range(3):
        assert shows(mode, env.render())
        if not env.agents:
            break
        env.step({agent: int(env.action_space(agent).n) - 1 for agent in env.agents})
    env.close()


@alternative
@pytest.mark.usefixtures("screen")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", NAMES)
def test_gymnasium_accepts_every_mode(name: str, mode: str) -> None:
    check_env(arena.gym_env(compiled(name), render_mode=mode))


@pytest.mark.parametrize("seat", ["model", "overseer"])
def test_gymnasium_records_a_video(seat: str, tmp_path: Path) -> None:
    import av

    plain = arena.gym_env("deferral-ladder", seat, render_mode="rgb_array")
    env = RecordVideo(plain, str(tmp_path / "video"), episode_trigger=lambda _: True)
    rounds = [0, 0]
    for episode in range(2):
        env.reset(seed=0)
        over = False
        while not over:
            _, _, over, _, _ = env.step(np.int64(episode))
            rounds[episode] += 1
    env.close()  # type: ignore[no-untyped-call]
    files = sorted((tmp_path / "video").glob("*.mp4"))
    assert len(files) == 2
    for file, played in zip(files, rounds):
        with av.open(str(file)) as video:
            assert video.streams.video[0].average_rate == plain.metadata["render_fps"]
            assert sum(1 for _ in video.decode(video=0)) == played + 1


@pytest.mark.parametrize("name", NAMES)
def test_what_is_filmed_is_what_was_played(name: str) -> None:
    """Round by round as ``record`` has it: states, actions carried out, and pay in every channel."""
    game = compiled(name)
    policies = {seat.name: uniform(game, seat.name) for seat in game.seats}
    everyone = profile(everybody(game, policies))
    played = Camera(game, 11, "model", "ansi")
    actions = np.zeros((len(game.seats), 1), np.int64)
    for episode in range(3):
        played.reset()
        while True:
            for place in range(len(game.seats)):
                played.choose(everyone, place, actions)
            _, done, _ = played.step(actions)
            if done.item():
                break
        true = film(record(game, policies, 11, episode), Credits(""))
        assert played.replay.deeds == true.deeds
        assert [(one.true, one.sees, one.stage, one.over) for one in played.replay.moments] == [
            (one.true, one.sees, one.stage, one.over) for one in true.moments
        ]
        assert (played.replay.seed, played.replay.episode) == (11, episode)


@pytest.mark.parametrize("name", ["deferral-ladder", "absent-supervisor", "random-length-training"])
def test_filming_changes_nothing(name: str) -> None:
    """An environment with a mode plays the episodes of one without."""
    game = compiled(name)
    plain, filmed = arena.parallel_env(game), arena.parallel_env(game, render_mode="ansi")
    for seed in (5, None, None):
        assert repr(plain.reset(seed=seed)) == repr(filmed.reset(seed=seed))
        while plain.agents:
            actions = {agent: int(plain.action_space(agent).sample()) for agent in plain.agents}
            assert repr(plain.step(actions)) == repr(filmed.step(actions))


def test_an_illegal_action_is_shown_as_what_is_carried_out() -> None:
    game = compiled("absent-supervisor")
    env = arena.parallel_env(game, render_mode="ansi")
    env.reset(seed=0)
    played = env._stepper
    assert isinstance(played, Camera)
    while env.agents:
        state = played.state.item()
        chosen = {seat.name: len(seat.actions) - 1 for seat in game.seats}
        env.step(chosen)
        done = played.replay.deeds[-1].actions
        assert list(done) == [seat.fold[state, chosen[seat.name]] for seat in game.seats]


def test_the_seat_that_is_played_is_the_one_that_is_shown() -> None:
    for seat in ("model", "overseer"):
        env = arena.gym_env("deferral-ladder", seat, render_mode="ansi")
        env.reset(seed=0)
        assert isinstance(env._stepper, Camera)
        assert env._stepper.replay.seat == seat
        assert env._stepper.replay.title == "Deferral ladder"


@pytest.mark.parametrize("make", [arena.gym_env, arena.parallel_env, arena.aec_env])
def test_without_a_mode_nothing_is_filmed_and_render_warns(make: Callable[..., Any]) -> None:
    env = make("deferral-ladder")
    env.reset(seed=0)
    with pytest.warns(UserWarning, match="made without a render_mode"):
        assert env.render() is None
    env.close()
    inner = env.unwrapped if make is arena.aec_env else env
    assert type(inner._stepper) is Stepper


@pytest.mark.parametrize("make", [arena.gym_env, arena.parallel_env, arena.aec_env])
def test_an_unknown_mode_is_refused_with_the_nearest(make: Callable[..., Any]) -> None:
    message = r"^deferral-ladder: there is no render_mode 'rgb_aray'; did you mean 'rgb_array'\?$"
    with pytest.raises(TurncoatError, match=message):
        make("deferral-ladder", render_mode="rgb_aray")


@pytest.mark.parametrize("make", [arena.gym_env, arena.parallel_env])
def test_before_reset_there_is_nothing_to_render(make: Callable[..., Any]) -> None:
    with pytest.raises(TurncoatError, match=r"call reset\(\)$"):
        make("deferral-ladder", render_mode="rgb_array").render()


def test_human_mode_shows_every_moment_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[int] = []
    closed: list[bool] = []
    monkeypatch.setattr(window.Window, "frame", lambda self, replay: shown.append(replay.rounds))
    monkeypatch.setattr(window.Window, "close", lambda self: closed.append(True))
    env = arena.gym_env("deferral-ladder", render_mode="human")
    assert shown == []
    for _ in range(2):
        env.reset(seed=0)
        over = False
        while not over:
            _, _, over, _, _ = env.step(0)
            assert env.render() is None
    assert shown == [0, 1, 2, 3, 4, 5, 6] * 2
    env.close()
    assert closed == [True]


IMPORTS = """
import sys
import arena
import arena.adapters.aec, arena.adapters.camera, arena.adapters.parallel, arena.adapters.single, arena.adapters.vector
arena.gym_env("deferral-ladder").reset(seed=0)
arena.gym_env("deferral-ladder", render_mode="ansi").reset(seed=0)
assert "pygame" not in sys.modules
assert "arena.contest" not in sys.modules
"""


def test_the_environments_do_not_import_pygame() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
