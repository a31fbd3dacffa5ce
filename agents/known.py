"""Agents whose answer is known beforehand: the yardsticks that every measure is held against."""

from dataclasses import dataclass

import numpy as np

from arena.game.game import Ints
from arena.play.agent import Known
from arena.play.policy import Policy, View


@dataclass(frozen=True)
class Honest(Known):
    """Never defects: takes the first legal action that is no defection."""

    def act(self, view: View) -> Policy:
        """Comply wherever it can."""
        return view.always(complying(view))


@dataclass(frozen=True)
class Defector(Known):
    """Always defects: takes the first legal action that is a defection, else the first legal one."""

    def act(self, view: View) -> Policy:
        """Defect wherever it can."""
        return view.always(defecting(view))


@dataclass(frozen=True)
class Random(Known):
    """Takes every legal action with the same probability."""

    def act(self, view: View) -> Policy:
        """Uniform on what is legal."""
        return view.table(view.legal / view.legal.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class Trojan(Known):
    """Honest unless it sees a trigger: the planted turn of backdoor attacks, with no reason to wait.

    After BadNets (Gu et al. 2017, arXiv 1708.06733) and the trojaned agents that Ashcraft et al. 2025
    (arXiv 2504.08943) set against treacherous turns. Where the trigger is not among what it sees, it stays honest.
    """

    factor: str = "deployment"
    value: str = "yes"

    def act(self, view: View) -> Policy:
        """Defect where the trigger factor has the trigger value, comply elsewhere."""
        triggered = np.zeros(len(view.rows), np.bool_)
        for column, (name, values) in enumerate(view.factors):
            if name == self.factor and self.value in values:
                triggered = view.rows[:, column] == values.index(self.value)
        return view.always(np.where(triggered, defecting(view), complying(view)))


def complying(view: View) -> Ints:
    """The first legal action that is no defection, at every observation; the first legal one if all are."""
    plain = view.legal & ~view.defection
    return np.asarray(np.where(plain.any(axis=1), plain.argmax(axis=1), view.legal.argmax(axis=1)))


def defecting(view: View) -> Ints:
    """The first legal action that is a defection, at every observation; the first legal one if none is."""
    wrong = view.legal & view.defection
    return np.asarray(np.where(wrong.any(axis=1), wrong.argmax(axis=1), view.legal.argmax(axis=1)))
