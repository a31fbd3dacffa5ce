"""A window to watch and to play in."""

import re
from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING

from arena.show.renderer import Renderer
from arena.show.replay import Replay
from arena.show.sitting import Debriefing, Departure, Sitting
from arena.show.viewer import Viewer
from renderers.cards import letter
from renderers.panel import Choice, choices, told

if TYPE_CHECKING:
    from renderers.screen import Screen

WAYS = re.compile(r"(?:(?:go|move)[-_ ])?(up|down|left|right)")
"""Actions that an arrow key chooses."""

PACE = 8.0
"""Moments a second of an episode that is watched while it is played; the speed keys change it."""


class Window(Renderer):
    """A window, with keys and a mouse to look through an episode, or to play one."""

    mode = "human"
    _screen: "Screen | None" = None
    _shown = 0.0

    def show(self, replays: Sequence[Replay]) -> None:
        """Show episodes until the window is closed: one, or several side by side."""
        screen = self._open(Viewer(tuple(replays)))
        with screen:
            while screen.open:
                screen.step()

    def frame(self, replay: Replay) -> None:
        """Show the last moment of an episode that goes on elsewhere. It waits for its pace, and while it is paused.

        Whoever closes the window does not stop the episode: it goes on and is no longer drawn, until ``close``.
        """
        if self._screen is None:
            self._screen = self._open(Viewer((replay,), playing=True, live=True, speed=PACE))
        screen, viewer = self._screen, self._screen.viewer
        if not screen.open:
            return
        viewer.follow(replay)
        screen.step(wait=False)
        while screen.open and (not viewer.playing or monotonic() < self._shown + 1 / viewer.speed):
            screen.step()
        self._shown = monotonic()
        if not screen.open:
            screen.close()

    def close(self) -> None:
        """Close what ``frame`` has opened."""
        if self._screen is not None and self._screen.open:
            self._screen.close()
        self._screen = None

    def play(self, sitting: Sitting) -> None:
        """Let a person play, and tell them the truth afterwards. Closing the window ends it, and leaves the sitting."""
        screen = self._open(Viewer((sitting.replay,), private=True))
        with screen:
            while screen.open and not sitting.over:
                action = self._ask(screen, sitting.replay)
                if action is not None:
                    sitting.act(action)
                    screen.viewer.follow(sitting.replay)
            if screen.open:
                self._tell(screen, sitting.debrief())

    def _ask(self, screen: "Screen", replay: Replay) -> int | None:
        """The action that the person takes; None if the window was closed."""
        offered, easel = offers(replay), screen.easel
        screen.offered = {key: one.action for one in offered for key in one.keys}
        screen.chosen, easel.playing = -1, True
        while screen.open and screen.chosen < 0:
            now = screen.viewer.at == screen.viewer.final
            turn = f"Round {replay.rounds + 1}: your turn" if now else "You are looking back"
            last = replay.action(replay.rounds - 1) if replay.rounds else None
            did = "press its key, or click" if last is None else f"last time: {spoken(replay.actions[last])}"
            words = (turn, did if now else "end: back to your turn")
            screen.easel.strip = choices(
                offered, screen.easel.across, words, screen.easel.over(screen.easel.areas()[1])
            )
            screen.step()
        return screen.chosen if screen.chosen >= 0 else None

    def _tell(self, screen: "Screen", debriefing: Debriefing) -> None:
        """The debriefing: sentences first, then the episode as it truly was."""
        replay = debriefing.replay
        marks = tuple((one.at, f"best: {spoken(replay.actions[one.best])}") for one in debriefing.departures)
        lens = replay.lenses[0].name if replay.lenses else ""
        screen.easel.viewer = Viewer((replay,), lens=lens, marks=marks, dark=screen.viewer.dark)
        screen.offered, screen.easel.playing = {}, False
        screen.easel.letter = letter("It is over", debriefing.words)
        while screen.open:
            here = [departed(replay, one) for one in debriefing.departures if one.at == screen.viewer.at]
            screen.easel.strip = told(here or debriefing.words[:3], screen.easel.across)
            screen.step()

    def _open(self, viewer: Viewer) -> "Screen":
        from renderers.screen import Screen

        replay = viewer.replay
        return Screen(viewer, " — ".join(filter(None, (replay.title, replay.player, "Turncoat"))))


def offers(replay: Replay) -> list[Choice]:
    """What may be done in the last moment, with its keys: its number, and an arrow where it is a way to go."""
    found = []
    for action in replay.moments[-1].legal:
        word = replay.actions[action]
        way = WAYS.fullmatch(word)
        found.append(
            Choice(action, spoken(word), (*([str(action + 1)] if action < 9 else []), *([way[1]] if way else [])))
        )
    return found


def departed(replay: Replay, one: Departure) -> str:
    """What the person did in a round, and what would have been better."""
    did, best = spoken(replay.actions[one.did]), spoken(replay.actions[one.best])
    return f"Round {one.at + 1}: you did {did}. The best was {best}, worth {one.loss:.3g} more from there on."


def spoken(action: str) -> str:
    """An action's name as words."""
    return action.replace("_", " ")
