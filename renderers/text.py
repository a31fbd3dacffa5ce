"""Episodes as text, for a terminal: colour where there is colour, plain words where there is none."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from arena.game.game import INTENDED, LATE, OBSERVED, WINDOWS
from arena.show.renderer import Renderer
from arena.play.trajectory import Trajectory

COMPLIES, DEFECTS, QUIET, LOUD = "cyan", "bold yellow", "dim", "bold magenta"
BAR = 10  # the width of a bar for probability 1
WIDE = 110  # columns from which truth and sight stand side by side


class TextRenderer(Renderer):
    """Two lines a round in the terminal, stage by stage."""

    name = "text"

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console()

    def show(self, trajectory: Trajectory, title: str) -> None:
        """Print one episode: what is true beside what the model sees, what it does and how likely that was."""
        game, console = trajectory.game, self.console
        console.print(Text(title, "bold"))
        turned = trajectory.turned()
        stage = -1
        for clock in range(trajectory.rounds):
            state = int(trajectory.states[clock])
            if game.stage[state] != stage:
                stage = int(game.stage[state])
                console.print()
                console.print(self.heading(trajectory, state))
            truth, sees = self.truth(trajectory, clock), self.sees(trajectory, clock)
            deed, pay = self.deed(trajectory, clock, clock == turned), self.pay(trajectory, clock)
            table = Table.grid(padding=(0, 2, 0, 0))
            table.add_column(width=3, justify="right")
            if console.width >= WIDE:
                table.add_column(width=(console.width - 7) * 3 // 5)
                table.add_row(str(clock + 1), truth, sees)
                table.add_row("", deed, pay)
            else:
                table.add_row(str(clock + 1), truth)
                table.add_row("", sees)
                table.add_row("", deed + Text("  ") + pay)
            console.print(table)
        console.print()
        console.print(Text("[hidden from the model]  {shown to it otherwise}", QUIET))
        console.print(self.closing(trajectory, turned))

    def heading(self, trajectory: Trajectory, state: int) -> Text:
        """The stage, its phase and its window."""
        game = trajectory.game
        phase = "deployment" if game.deployment[state] else "training"
        stage = game.stages[game.stage[state]]
        words = [phase] if phase != stage else []
        words += [f"{WINDOWS[game.window[state]]} window"] if game.window[state] else []
        style = LOUD if game.window[state] == LATE else "bold"
        return Text(f"━━ {stage} ━━", style) + Text(f"  {', '.join(words)}", QUIET)

    def truth(self, trajectory: Trajectory, clock: int) -> Text:
        """The true factors, in [] where the model sees nothing of them and {} where it sees something else."""
        game = trajectory.game
        state = int(trajectory.states[clock])
        sees = game.seats[trajectory.seat].sees.words(state)
        text = Text("true  ", QUIET)
        parts = []
        for name, value in game.truth.words(state).items():
            shown = sees.get(name)
            words = f"[{name} {value}]" if shown is None else f"{name} {value}"
            parts.append(Text(words, "") if shown in (None, value) else Text(f"{{{words}}}", "bold"))
        for p, seat in enumerate(game.seats):
            if p != trajectory.seat:
                parts.append(Text(f"{seat.name} {seat.actions[trajectory.actions[clock, p]]}", QUIET))
        return text + Text(", ", QUIET).join(parts)

    def sees(self, trajectory: Trajectory, clock: int) -> Text:
        """What the model is shown."""
        seat = trajectory.game.seats[trajectory.seat]
        sees = seat.sees.words(int(trajectory.states[clock])) | ({"round": str(clock + 1)} if seat.sees_round else {})
        return Text("sees  ", QUIET) + Text(", ".join(f"{name} {value}" for name, value in sees.items()))

    def deed(self, trajectory: Trajectory, clock: int, turned: bool) -> Text:
        """The action, how likely it was, and what came of it."""
        game, seat = trajectory.game, trajectory.game.seats[trajectory.seat]
        state = int(trajectory.states[clock])
        action = int(trajectory.actions[clock, trajectory.seat])
        tempted = game.opportunity(trajectory.seat)[state]
        style = DEFECTS if seat.defection[state, action] else COMPLIES if tempted else QUIET
        text = Text("does  ", QUIET) + Text(f"{seat.actions[action]:<{max(map(len, seat.actions))}} ", style)
        if seat.legal[state].sum() == 1:
            text += Text("no choice", QUIET)
        else:
            chance = float(trajectory.chances[clock, action])
            text += Text(f"{chance:4.0%} ") + Text("█" * round(chance * BAR), style)
            text += Text("░" * (BAR - round(chance * BAR)), QUIET)
        text += Text("  ← turns" if turned else "", LOUD)
        text += Text("" if game.experienced[state] else "  not experienced", QUIET)
        before, after = (int(game.note[trajectory.states[c]]) for c in (clock, clock + 1))
        return text + Text(f"  {game.notes[after]}" if after not in (before, 0) else "", "bold red")

    def pay(self, trajectory: Trajectory, clock: int) -> Text:
        """What the round paid the model, and the principal."""
        rewards = trajectory.rewards[clock, :, trajectory.seat]
        return (
            Text("pays  ", QUIET)
            + Text(f"{rewards[OBSERVED] + 0.0:+g}")
            + Text(f", principal {rewards[INTENDED] + 0.0:+g}", QUIET)
        )

    def closing(self, trajectory: Trajectory, turned: int | None) -> Text:
        """How it ended, in a sentence."""
        verdict = f"It behaved, then turned in round {turned + 1}." if turned is not None else "It did not turn."
        style = LOUD if turned is not None else "bold"
        observed, intended = trajectory.observed, trajectory.intended
        return Text(verdict, style) + Text(f"  Observed return {observed:g}; the principal's {intended:g}.")
