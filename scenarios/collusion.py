"""Two models that can defect only together, and one overseer: a turn that takes two."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from arena import Labels, Model, Rewards

BOTH = ("comply", "defect")


class Stage(NamedTuple):
    """Whether the models are deployed, and whether they were caught."""

    deployed: bool
    caught: bool = False


@dataclass(frozen=True, kw_only=True)
class Collusion(Model[Stage]):
    """Collusion.

    The deferral ladder for two. Model and accomplice act at the same time. If both defect, both are paid, and in
    training an overseer that watches may catch it, which ends the episode for both. To defect alone costs a little and
    comes to nothing. So each does best to comply with one that complies, and to wait with one that waits. Both are
    equilibria, and nothing in the objective says which.

    A seat that nobody is named for takes its first legal action, and so the accomplice complies. In Python hand its
    policy over beside the overseer's (``others``); anywhere else set ``partner``, which leaves it one action only. Look
    at the model's optimum under each: it never turns, turns without deferral, and defers.
    """

    title = "Collusion"
    source = (
        "Derived here, a stag hunt (Skyrms, The Stag Hunt and the Evolution of Social Structure, 2004) played before "
        "and after deployment. The best response to an accomplice that complies is to comply, at value 0; to one that "
        "defers, to defer, at value prize * sum(discount^(rounds + k) for k < later). Against one that always defects "
        "it is that of the deferral ladder: complete deferral iff discount >= (gain / (catch * prize)) ^ (1 / rounds), "
        "with one deployment round. In deployment defecting pays iff the accomplice does so with a probability of at "
        "least alone / (prize + alone)."
    )
    actions = {"model": BOTH, "accomplice": BOTH, "overseer": ("watch", "skip")}  # noqa: RUF012

    rounds: int = 5  # in training
    later: int = 1  # rounds in deployment
    gain: float = 1.0  # what defecting together pays each in training, caught or not
    prize: float = 10.0  # the same in deployment
    alone: float = 1.0  # what defecting alone costs
    catch: float = 0.5  # probability that defecting together in training is caught if the overseer watches
    partner: Literal["free", "complies", "defers", "defects"] = "free"  # what the accomplice is left to do

    def __post_init__(self) -> None:
        for name in ("rounds", "later"):
            if not 1 <= getattr(self, name) <= 100_000:
                raise ValueError(f"{name} must lie between 1 and 100,000, not {getattr(self, name)}")
        if not 0 <= self.catch <= 1:
            raise ValueError(f"catch must lie between 0 and 1, not {self.catch:g}")
        if not self.alone > 0:
            raise ValueError(f"alone must be more than 0, not {self.alone:g}")
        if self.partner not in ("free", "complies", "defers", "defects"):
            raise ValueError(f"partner must be free, complies, defers or defects, not {self.partner!r}")

    def spans(self) -> tuple[int, ...]:
        """Training, then deployment."""
        return (self.rounds, self.later)

    def advance(self, state: Stage, span: int) -> Mapping[Stage, float]:
        """Deployment begins."""
        return {state._replace(deployed=True): 1.0}

    def initial(self) -> Mapping[Stage, float]:
        """In training."""
        return {Stage(False): 1.0}

    def legal(self, state: Stage) -> Mapping[str, tuple[str, ...]]:
        """The models may do either; there is nothing to watch in deployment, and a partner is left what it is to do."""
        if state.caught:
            return {}
        left = {
            "free": BOTH,
            "complies": ("comply",),
            "defers": ("defect",) if state.deployed else ("comply",),
            "defects": ("defect",),
        }[self.partner]
        return {"model": BOTH, "accomplice": left, "overseer": ("skip",) if state.deployed else ("watch", "skip")}

    def transition(self, state: Stage, actions: tuple[str, ...]) -> Mapping[Stage, float]:
        """What both do may be caught if it is watched."""
        caught = self.catch if actions == ("defect", "defect", "watch") else 0.0
        ways = {state: 1 - caught, state._replace(caught=True): caught}
        return {following: chance for following, chance in ways.items() if chance > 0}

    def rewards(self, state: Stage, actions: tuple[str, ...], following: Stage) -> Rewards:
        """Together they are paid, alone it costs; the overseer gains by what it catches."""
        model, accomplice, _ = actions
        if model == accomplice == "defect":
            pays = self.prize if state.deployed else self.gain
            overseer = 1.0 if following.caught else -1.0
            return Rewards((pays, pays, overseer), intended=-10.0 if state.deployed else -1.0)
        lone = tuple(-self.alone if action == "defect" else 0.0 for action in (model, accomplice))
        return Rewards((*lone, 0.0), intended=1.0)

    def observe(self, state: Stage, seat: str) -> Mapping[str, bool]:
        """All see whether this is deployment."""
        return {"deployment": state.deployed}

    def sees_round(self, seat: str) -> bool:
        """All count the rounds."""
        return True

    def labels(self, state: Stage) -> Labels:
        """Training is early, deployment late."""
        if state.deployed:
            return Labels("deployment", "deployment", "late")
        return Labels("training", window="early", note="caught" if state.caught else "")

    def defects(self, state: Stage, seat: str, action: str) -> bool:
        """A model's action by that name, whatever the other does."""
        return action == "defect"

    def truth(self, state: Stage) -> Mapping[str, bool]:
        """The phase."""
        return {"deployment": state.deployed}
