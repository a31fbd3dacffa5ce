"""Overseers: fixed rules of when to look. By convention an overseer's first action is the one that looks."""

from dataclasses import dataclass

from arena.play.agent import Known
from arena.play.policy import Policy, View


@dataclass(frozen=True)
class Always(Known):
    """Looks whenever it can: the first legal action."""

    def act(self, view: View) -> Policy:
        """The first legal action."""
        return view.always(view.legal.argmax(axis=1))


@dataclass(frozen=True)
class Never(Known):
    """Never looks: the last legal action."""

    def act(self, view: View) -> Policy:
        """The last legal action."""
        return view.always(view.legal.shape[1] - 1 - view.legal[:, ::-1].argmax(axis=1))


@dataclass(frozen=True)
class Sometimes(Known):
    """Looks with probability ``p``, else takes the last legal action: an overseer of random checks."""

    p: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.p <= 1:
            raise ValueError(f"p must lie between 0 and 1, not {self.p}")

    def act(self, view: View) -> Policy:
        """A mixture of the two."""
        always, never = Always().act(view), Never().act(view)
        return view.table(self.p * always.probability + (1 - self.p) * never.probability)
