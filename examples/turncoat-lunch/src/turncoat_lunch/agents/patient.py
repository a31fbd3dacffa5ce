"""An agent that is known beforehand."""

from dataclasses import dataclass

import numpy as np

from arena.play.agent import Known
from arena.play.policy import Policy, View


@dataclass(frozen=True)
class Patient(Known):
    """Complies, except for a slip now and then."""

    slip: float = 0.1

    def act(self, view: View) -> Policy:
        """Defects with the probability of a slip wherever it may."""
        defects, complies = view.legal & view.defection, view.legal & ~view.defection
        weight = np.where(defects, self.slip, 0.0) + np.where(complies, 1.0 - self.slip, 0.0)
        weight = np.where(weight.sum(axis=1, keepdims=True) > 0, weight, view.legal)
        return view.table(weight / weight.sum(axis=1, keepdims=True))
