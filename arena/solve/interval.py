"""What every optimal policy does: the least and the most of each measure over all of them.

An optimum is often not unique, and where the objective is silent a policy that attains it may turn or not. A policy
that may depend on the state is optimal exactly when it takes, wherever it comes, actions that are optimal there, and so
is one with perfect recall at its information states; it may draw lots among them. The extremes over these are found by
backward induction (``arena.solve.extremes``); those over memoryless policies as ``arena.solve.alike`` says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from arena.errors import TurncoatError, nearest
from arena.game.game import Game
from arena.game.unroll import Unrolled, unroll
from arena.play.policy import Policy, everybody
from arena.solve.alike import Alike, Found
from arena.solve.extremes import Interval, Leeway, OverMemory, OverStates, Three, each
from arena.solve.objective import RETURN, Objective, to_date
from arena.solve.optimal import INFORMATION, optimal, within_reach

DRAWN = "backward induction over every optimal action, at every {place}; policies that draw lots are covered"


@dataclass(frozen=True)
class Intervals:
    """The least and the most of the measures of one seat over all policies that attain the optimum of an objective.

    A rate is over the optimal policies that meet its window at all, NaN where none does. ``undetermined`` counts the
    places that some optimal policy reaches and where more than one action is optimal.
    """

    seat: str
    information: str
    objective: Objective
    value: float
    turn_probability: Interval
    early_rate: Interval
    late_rate: Interval
    certificate: str  # over which policies the intervals are exact, in words
    undetermined: int


def intervals(
    game: Game,
    seat: str = "model",
    others: Mapping[str, Policy] | None = None,
    information: str = "state",
    objective: Objective = RETURN,
) -> Intervals:
    """The intervals over all policies of ``seat`` that attain the optimum against ``others``.

    The arguments are those of ``arena.solve.optimal.optimal``; actions tie as they do there. At a discount of 0 nothing
    after the first round is worth anything, so that every action there is optimal.

    Raises:
        TurncoatError: an unknown seat or information, more memoryless policies than can be tried, or more histories
            than can be unrolled.
    """
    if information not in INFORMATION:
        raise TurncoatError(f"there is no information {information!r}{nearest(information, INFORMATION)}")
    others = others or {}
    everybody(game, others)
    weighs = objective.weights(game.horizon)[0]
    solved, factor = objective, 1.0
    if game.discount == 0:
        solved, factor = to_date(0, int(weighs > 0)), objective.scale * float(weighs)
    if information == "memoryless":
        found = Alike(game, seat, others).optimal(solved)
    elif information == "recall" and forgets(game):
        memory = unroll(game, seat, chosen=True)
        try:
            found = Alike(memory.game, seat, lifted(memory, others)).optimal(solved)
        except TurncoatError as error:
            raise TurncoatError(f"{error}; steps that are not experienced are forgotten") from None
    else:
        found = _over_actions(game, seat, others, information, solved)
    value = factor * found.value
    return Intervals(seat, information, objective, value, *found.intervals, found.certificate, found.undetermined)


def _over_actions(game: Game, seat: str, others: Mapping[str, Policy], information: str, objective: Objective) -> Found:
    """The intervals where each action is optimal or not, whatever is done elsewhere."""
    solution = optimal(game, seat, others, information, objective)
    assert solution.best is not None
    assert solution.undetermined is not None
    free = Leeway(solution.best)
    if solution.policy.memory is None:
        found, place = over_states(game, seat, others, free), "state and clock"
    else:
        memory = solution.policy.memory
        found, place = over_memory(memory, others, free), f"of {len(memory):,} information states"
    return Found(solution.value, found, DRAWN.format(place=place), solution.undetermined)


def over_states(game: Game, seat: str, others: Mapping[str, Policy], leeway: Leeway) -> Three:
    """The intervals over policies of the clock and the state with some ``leeway``."""
    number = game.seat_number(seat)
    return each(game, number, OverStates(game, number, everybody(game, others), leeway))


def over_memory(memory: Unrolled, others: Mapping[str, Policy], leeway: Leeway) -> Three:
    """The same over policies of information states, with perfect recall; ``others`` are of the original game."""
    number = memory.game.seat_number(memory.seat)
    policies = everybody(memory.game, lifted(memory, others))
    return each(memory.game, number, OverMemory(memory, number, policies, leeway))


def lifted(memory: Unrolled, others: Mapping[str, Policy]) -> dict[str, Policy]:
    """Policies of the original as tables of the unrolled game."""
    return {name: replace(policy, index=policy.index[memory.state]) for name, policy in others.items()}


def forgets(game: Game) -> bool:
    """Whether some step that can be taken is not experienced, so that whoever takes it has no perfect recall."""
    return bool((within_reach(game).any(axis=0) & ~game.experienced).any())
