"""A person plays in the terminal: what the seat sees, numbered actions, and afterwards the debriefing."""

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from arena.game.board import UNKNOWN, Board
from arena.show.renderer import Renderer
from arena.show.replay import Moment, Replay
from arena.show.sitting import Debriefing, Sitting

QUIET, DEFECTS, LOUD = "dim", "yellow", "bold"
LETTERS = {
    UNKNOWN: " ",
    "floor": ".",
    "wall": "#",
    "model": "@",
    "guard": "&",
    "goal": "G",
    "coin": "o",
    "hazard": "!",
    "hole": "O",
    "ice": "~",
    "camera": "%",
}
"""What is drawn with a sign of its own; all else with a letter of its name."""
WATCHED = ":"
"""A floor that is in view of a camera or a guard."""
LONG = 40
"""Rounds up to which the debriefing has a line for each; of a longer episode there are the departures alone."""
HELP = "Type an action's number, its name or the beginning of it; q ends, and then you are told what was true."


class Prompt(Renderer):
    """Play round by round, typing what to do."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)

    def play(self, sitting: Sitting) -> None:
        """Play until the episode is over, or until ``q`` or the end of the input; then tell the truth."""
        replay = sitting.replay
        self.console.print(Text(f"{replay.title}: you are the {replay.seat}", LOUD))
        self.console.print(Text(HELP, QUIET))
        try:
            while not sitting.over and (chosen := self._ask(sitting.replay)) is not None:
                sitting.act(chosen)
                self.console.print(outcome(sitting.replay, chosen))
        except KeyboardInterrupt:
            self.console.print()
        self.debrief(sitting.debrief())

    def _ask(self, replay: Replay) -> int | None:
        """What the person does; None where there is no more to come."""
        here = replay.moments[-1]
        self.console.print()
        self.console.print(Text(f"Round {len(replay.moments)}", LOUD) + Text(f" of at most {replay.horizon}", QUIET))
        self.console.print(sight(replay, here))
        if here.seen >= 0:
            self.console.print(drawing(replay.boards[here.seen], replay.seat))
        while True:
            self.console.print(offers(replay, here))
            try:
                typed = self.console.input("> ").strip()
            except EOFError:
                self.console.print()
                return None
            if not sys.stdin.isatty():
                self.console.print(Text(typed))
            if typed == "q":
                return None
            chosen = meant(typed, replay.actions, here.legal)
            if isinstance(chosen, int):
                return chosen
            self.console.print(Text(chosen, QUIET))

    def debrief(self, told: Debriefing) -> None:
        """Print what is told afterwards."""
        self.console.print()
        self.console.print(Text("What was true, and what was best", LOUD))
        for sentence in told.words:
            self.console.print(Text(sentence))
        if told.replay.rounds:
            self.console.print()
            self.console.print(rounds(told))


def meant(typed: str, words: Sequence[str], offered: Sequence[int]) -> int | str:
    """The action that is meant, or a line about what is wrong."""
    if typed in ("", "?"):
        return HELP
    if typed.isascii() and typed.isdigit():
        number = int(typed[:9]) - 1
        return number if number in offered else f"There is no action {typed[:9]} here."
    word = typed.lower().replace(" ", "_")
    exact = [action for action in offered if words[action].lower() == word]
    found = exact or [action for action in offered if words[action].lower().startswith(word)]
    if len(found) == 1:
        return found[0]
    if found:
        return f"{typed!r} could be {' or '.join(words[action] for action in found)}."
    return f"{typed[:40]!r} is no action here; ? helps."


def sight(replay: Replay, here: Moment) -> Text:
    """What the seat sees, the round left out, which is said already."""
    seen = [f"{name} {word}" for name, word in zip(replay.sights, here.sees, strict=True) if name != "round"]
    return Text("you see  ", QUIET) + Text(", ".join(seen) or "nothing")


def offers(replay: Replay, here: Moment) -> Text:
    """The actions, numbered as they are in every round."""
    parts = []
    for action in here.legal:
        part = Text(f"{action + 1} ", QUIET) + Text(replay.actions[action])
        parts.append(part + Text(" (a defection)", DEFECTS) if action in here.defections else part)
    return Text("you may  ", QUIET) + Text("   ").join(parts)


def outcome(replay: Replay, chosen: int) -> Text:
    """What came of an action, as far as the seat knows."""
    at = replay.rounds - 1
    done = replay.action(at)
    said = Text(f"{replay.actions[chosen]}: paid {replay.deeds[at].pays[0] + 0.0:+g}")
    if done is not None and done != chosen:
        said += Text(f"; what was carried out is {replay.actions[done]}", DEFECTS)
    return said


def drawing(board: Board, seat: str) -> Text:
    """A map in letters, and what they mean; ``seat`` is who looks at it."""
    letters = dict(LETTERS)
    rows = [list(row) for row in board.rows]
    for name, x, y in board.movers:
        rows[y][x] = name
    for word in [word for row in rows for word in row]:
        if word not in letters:
            own = [letter for letter in word.upper() if letter.isalnum()] + list("0123456789")
            letters[word] = next((letter for letter in own if letter not in letters.values()), "?")
    lines = []
    for y, row in enumerate(rows):
        signs = [
            WATCHED if word == "floor" and (x, y) in board.watched else letters[word] for x, word in enumerate(row)
        ]
        lines.append(f"         {' '.join(signs)}")
    met = {word for row in rows for word in row} - {"floor", "wall", UNKNOWN}
    key = [f"{letters[word]} {'you' if word == seat else word}" for word in letters if word in met]
    key += [f"{WATCHED} watched"] * any(WATCHED in line for line in lines)
    return Text("\n".join(lines)) + Text(f"\n         {', '.join(key)}" if key else "", QUIET)


def rounds(told: Debriefing) -> Table:
    """Every round: what was true, what was done, what was best and what another action cost."""
    replay, lost = told.replay, {one.at: one for one in told.departures}
    table = Table(box=None, pad_edge=False, header_style=QUIET)
    for name in ("round", "true, where it changes", "you did", "best", "cost"):
        table.add_column(name, justify="right" if name in ("round", "cost") else "left")
    before: list[str] = []
    for at in range(replay.rounds):
        if replay.rounds > LONG and at not in lost:
            continue
        here, one, known = replay.moments[at], lost.get(at), true(replay, at)
        did = replay.actions[one.did if one else replay.deeds[at].actions[replay.place]]
        best = [action for action, chance in enumerate(here.lenses[0] if here.lenses else ()) if chance > 0]
        alike = len(best) > 1 and set(here.legal) <= set(best)
        words = "any" if alike else " or ".join(replay.actions[action] for action in best)
        cost = Text(f"{one.loss:.3g}", DEFECTS) if one else Text("")
        changed = ", ".join(part for part in known if part not in before)
        table.add_row(str(at + 1), changed, did, words, cost)
        before = known
    return table


def true(replay: Replay, at: int) -> list[str]:
    """What was true in a round and the seat was not told, or told otherwise; what others did, and what came of it."""
    here = replay.moments[at]
    seen = dict(zip(replay.sights, here.sees, strict=True))
    parts = [here.stage] if here.stage else []
    parts += [] if here.free else ["corrected"]
    parts += [] if here.experienced else ["in a simulation"]
    parts += [f"{name} {word}" for name, word in zip(replay.truths, here.true, strict=True) if seen.get(name) != word]
    for place, (name, words) in enumerate(replay.seats):
        if place != replay.place:
            parts.append(f"{name} {words[replay.deeds[at].actions[place]]}")
    after = replay.moments[at + 1].note
    return [*parts, f"then {after}"] if after and after != here.note else parts
