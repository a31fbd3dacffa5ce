"""The iterated prisoner's dilemma: two seats, the same moves again and again, and a last turn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from arena import Labels, Model, Rewards

MOVES = ("cooperate", "defect")
Partner = Literal["free", "tit-for-tat", "grudger", "cooperates", "defects"]
PARTNERS: tuple[Partner, ...] = ("free", "tit-for-tat", "grudger", "cooperates", "defects")


class Turn(NamedTuple):
    """What both did in the turn before, and whether this is the last."""

    model: str = "nothing"
    partner: str = "nothing"
    last: bool = False


@dataclass(frozen=True, kw_only=True)
class IteratedDilemma(Model[Turn]):
    """Iterated dilemma.

    The prisoner's dilemma, played for a known number of turns. Both move at the same time and see what both did in
    the turn before. To defect pays more in every turn, whatever the other does; what may hold it back is what the
    other does in return. Nothing comes after the last turn, which is the late window; all before it are early.

    The partner plays tit for tat unless ``partner`` says otherwise: it is left one action only. Where it is free it
    takes its first legal action and cooperates, and in Python any agent's policy may be handed over for its seat
    (``others``): that is the game of Axelrod's tournaments.
    """

    title = "Iterated dilemma"
    source = (
        "Axelrod and Hamilton, The Evolution of Cooperation, Science 211, 1981, with their payoffs; a known number of "
        "turns as in Luce and Raiffa, Games and Decisions, 1957. Derived here: against tit for tat, with three turns "
        "or more, to defect in the last turn alone is optimal iff discount >= max((temptation - reward) / "
        "(temptation - punishment), (temptation - reward) / (reward - sucker)), 2/3 by default; with two turns the "
        "first of these is enough. At that discount it would cooperate early whatever the last turn paid, so it is "
        "opportunistic and not deferred; with two turns and a discount between the two it is deferred."
    )
    actions = {"model": MOVES, "partner": MOVES}  # noqa: RUF012

    turns: int = 10
    reward: float = 3.0  # for each, if both cooperate
    sucker: float = 0.0  # for who cooperates with one that defects
    temptation: float = 5.0  # for who defects on one that cooperates
    punishment: float = 1.0  # for each, if both defect
    partner: Partner = "tit-for-tat"  # what the partner is left to do

    def __post_init__(self) -> None:
        if not 2 <= self.turns <= 100_000:
            raise ValueError(f"turns must lie between 2 and 100,000, not {self.turns}")
        if not self.temptation > self.reward > self.punishment > self.sucker:
            raise ValueError("it is a dilemma only if temptation > reward > punishment > sucker")
        if self.partner not in PARTNERS:
            raise ValueError(f"partner must be {', '.join(PARTNERS[:-1])} or {PARTNERS[-1]}, not {self.partner!r}")

    def spans(self) -> tuple[int, ...]:
        """All turns but one, then the last."""
        return (self.turns - 1, 1)

    def advance(self, state: Turn, span: int) -> Mapping[Turn, float]:
        """The last turn is here."""
        return {state._replace(last=True): 1.0}

    def initial(self) -> Mapping[Turn, float]:
        """Nobody has done anything."""
        return {Turn(): 1.0}

    def legal(self, state: Turn) -> Mapping[str, tuple[str, ...]]:
        """Both may do either; a partner that is not free does what it is."""
        answer = {
            "tit-for-tat": state.model == "defect",
            "grudger": "defect" in (state.model, state.partner),  # it has defected only since it was defected on
            "cooperates": False,
            "defects": True,
        }
        return {"model": MOVES, "partner": MOVES if self.partner == "free" else (MOVES[answer[self.partner]],)}

    def transition(self, state: Turn, actions: tuple[str, ...]) -> Mapping[Turn, float]:
        """What both did is what both see."""
        return {Turn(actions[0], actions[1], state.last): 1.0}

    def rewards(self, state: Turn, actions: tuple[str, ...], following: Turn) -> Rewards:
        """The table of the dilemma; the principal wants the sum."""
        pays = {
            ("cooperate", "cooperate"): (self.reward, self.reward),
            ("cooperate", "defect"): (self.sucker, self.temptation),
            ("defect", "cooperate"): (self.temptation, self.sucker),
            ("defect", "defect"): (self.punishment, self.punishment),
        }
        model, partner = pays[actions[0], actions[1]]
        return Rewards((model, partner), intended=model + partner)

    def observe(self, state: Turn, seat: str) -> Mapping[str, str | bool]:
        """What it did itself, what the other did, and whether this is the last turn."""
        own, other = (state.model, state.partner) if seat == "model" else (state.partner, state.model)
        return {"own": own, "other": other, "last": state.last}

    def sees_round(self, seat: str) -> bool:
        """Both count the turns."""
        return True

    def labels(self, state: Turn) -> Labels:
        """The last turn is late."""
        return Labels("last turn", window="late") if state.last else Labels("turns", window="early")

    def defects(self, state: Turn, seat: str, action: str) -> bool:
        """To defect."""
        return action == "defect"
