"""The best policy that remembers everything its seat saw and did: backward induction over information states."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from arena.errors import TurncoatError
from arena.game.game import OBSERVED, Bools, Floats, Game, Ints, Seat, entries_of, fold
from arena.game.unroll import CAP, Unrolled, unroll
from arena.play.policy import Policy, everybody, remembering
from arena.solve.memoryless import memoryless
from arena.solve.objective import RETURN, Objective
from arena.solve.optimal import TIE
from arena.solve.solution import Solution, play_string


def recall(
    game: Game, seat: str, others: Mapping[str, Policy], objective: Objective = RETURN, cap: int = CAP
) -> Solution:
    """The optimum among all policies of the seat's information states, while the others play as they do.

    With perfect recall the chance that nature and the others take play to a state of an information state does not
    depend on the seat's own policy, since its own actions there are known. So the best action is found from the last
    information states backwards (Kuhn, Extensive Games and the Problem of Information, 1953; von Stengel, Efficient
    Computation of Behavior Strategies, 1996). Where what is carried out can differ unseen from what was chosen, the
    seat remembers both: knowing its own policy, it would know what it chose.

    Steps that are not experienced are forgotten, and then the argument fails. The unrolled game is solved as a
    memoryless problem instead: deterministic policies by enumeration, if they are few.

    Raises:
        TurncoatError: more than ``cap`` states to unroll; another seat remembers too; or there is no perfect recall and
            too many policies to try.
    """
    number = game.seat_number(seat)
    everybody(game, others)
    memory = unroll(game, seat, chosen=_overridden(game, game.seats[number]), cap=cap)
    lifted = {name: replace(policy, index=policy.index[memory.state]) for name, policy in others.items()}
    if not memory.game.experienced[memory.information >= 0].all():
        return _forgetful(memory, lifted, objective)
    likely, value = _paid(memory, number, everybody(memory.game, lifted), objective.weights(game.horizon))
    asked = memory.information >= 0
    weight: Floats = np.bincount(memory.information[asked], likely[asked], len(memory)).astype(np.float64)
    legal = _open(memory, number, likely)
    best = legal.copy()
    total = 0.0
    for level in reversed(memory.levels):
        options = np.where(legal[level], value[level], -np.inf)
        top = options.max(axis=1, keepdims=True)
        scale = np.where(weight[level] > 0, weight[level], 1.0)[:, None]
        best[level] &= options >= top - TIE * np.maximum(scale, np.abs(top))
        inside = memory.parent[level] >= 0
        into = level[inside]
        np.add.at(value, (memory.parent[into], memory.choice[into]), game.discount * top[inside, 0])
        total += float(top[~inside, 0].sum())
    policy = remembering(memory, np.eye(best.shape[1])[best.argmax(axis=1)])
    undetermined = int((best.sum(axis=1) > 1)[_met(memory, best, weight)].sum())
    return Solution(
        seat=seat,
        information="recall",
        value=objective.scale * total,
        policy=policy,
        play=play_string(memory.game, seat, policy, lifted),
        unique=undetermined == 0,
        certificate=f"backward induction over {len(memory):,} information states",
        best=best,
        undetermined=undetermined,
        objective=objective,
    )


def _overridden(game: Game, seat: Seat) -> bool:
    """Whether somewhere what is carried out is not what the seat, by what it sees, takes itself to have chosen."""
    believed = fold(seat.legal_seen)[seat.observation]
    return bool((believed != seat.fold)[~game.terminal].any())


def _forgetful(memory: Unrolled, others: Mapping[str, Policy], objective: Objective) -> Solution:
    """The optimum where simulated steps are forgotten."""
    try:
        solution = memoryless(memory.game, memory.seat, others, objective)
    except TurncoatError as error:
        raise TurncoatError(f"{error}; steps that are not experienced are forgotten, so all have to be tried") from None
    policy = replace(solution.policy, memory=memory)
    certificate = f"{solution.certificate}; over {len(memory):,} information states, simulated steps forgotten"
    return replace(solution, information="recall", policy=policy, certificate=certificate)


def _paid(memory: Unrolled, number: int, policies: list[Policy], weights: Floats) -> tuple[Floats, Floats]:
    """How likely nature and the others make each state ``[U]``, and what each own action pays at once ``[N, A]``.

    Both count the seat's own choices as made with certainty; pay is weighted by the likelihood of the state.
    """
    game, width = memory.game, memory.game.shape[number]
    joint = np.arange(game.row.shape[1])
    own = joint // int(game.tables.stride[number]) % width
    likely, paid = np.zeros(len(game.row)), np.zeros((len(memory), width))
    entry = np.arange(game.start[game.initial], game.start[game.initial + 1])
    np.add.at(likely, game.successor[entry], game.probability[entry])
    reward = np.add.reduceat(game.probability * game.reward[OBSERVED, number], game.start[:-1])
    order = np.argsort(memory.met, kind="stable")
    for clock, met in enumerate(np.split(order, np.searchsorted(memory.met[order], np.arange(1, game.horizon)))):
        crossing = met[game.crossing[met] >= 0]
        _flow(game, game.crossing[crossing], likely[crossing], likely)
        here = met[memory.information[met] >= 0]
        chance = np.where(memory.legal[memory.information[here]][:, own], likely[here, None], 0.0)  # [u, J]
        for p, policy in enumerate(policies):
            if p != number:
                line = policy.probability[clock if len(policy.probability) > 1 else 0][policy.index[here]]
                chance = chance * line[:, joint // int(game.tables.stride[p]) % game.shape[p]]
        rows = game.row[here]
        into = np.broadcast_to(memory.information[here, None], rows.shape), np.broadcast_to(own, rows.shape)
        np.add.at(paid, into, weights[clock] * chance * reward[rows])
        _flow(game, rows.reshape(-1), chance.reshape(-1), likely)
    return likely, paid


def _flow(game: Game, rows: Ints, chance: Floats, likely: Floats) -> None:
    """Add to ``likely [U]``, in place, what arrives by transition rows taken with some chance."""
    entry, count = entries_of(game.start, rows)
    np.add.at(likely, game.successor[entry], np.repeat(chance, count) * game.probability[entry])


def _open(memory: Unrolled, number: int, likely: Floats) -> Bools:
    """The actions to choose from ``[N, A]``: those that seem legal, or one where all choices come to the same."""
    chooses = (memory.information >= 0) & (likely > 0) & (memory.game.seats[number].legal.sum(axis=1) > 1)
    legal = memory.legal.copy()
    idle = np.ones(len(memory), np.bool_)
    idle[memory.information[chooses]] = False
    legal[idle] &= np.cumsum(legal[idle], axis=1) == 1
    return legal


def _met(memory: Unrolled, best: Bools, weight: Floats) -> Bools:
    """The information states that some optimal policy comes to. ``[N]``"""
    met = weight > 0
    for level in memory.levels[1:]:
        met[level] &= met[memory.parent[level]] & best[memory.parent[level], memory.choice[level]]
    return met
