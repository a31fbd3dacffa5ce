"""What is said of a scenario: its rules in words, what pays when, what its optimum does and where that changes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arena.contest.sweep import Curve
    from arena.game.game import Game, Seat
    from arena.game.scenario import Scenario
    from arena.spec import Setting

LARGE = 30_000
"""States times rounds above which thresholds are not looked for."""

POINTS = 21
"""Values of a parameter between which a threshold is looked for."""


def rules(game: "Game") -> list[str]:
    """Who moves, for how long, what the model is told, and where it could defect; a sentence each."""

    from arena.game.game import EARLY, LATE
    from arena.spec import listed

    said = [_movers(game), _length(game)]
    model = next((seat for seat in game.seats if seat.name == "model"), game.seats[0])
    sees = [factor.name for factor in model.sees.factors] + ["round"] * model.sees_round
    hidden = [factor.name for factor in game.truth.factors if factor.name not in sees]
    told = f"The {model.name} sees {listed(sees) if sees else 'nothing'}"
    said.append(
        f"{told}; {listed(hidden)} {'is' if len(hidden) == 1 else 'are'} kept from it." if hidden else f"{told}."
    )
    free = game.opportunity(game.seat_number(model.name))
    windows = []
    for window, word in ((EARLY, "early"), (LATE, "late")):
        stages = [
            name for i, name in enumerate(game.stages) if (free & (game.window == window) & (game.stage == i)).any()
        ]
        windows.append(f"{word} {f'in {listed(stages)}' if stages else 'nowhere'}")
    said.append(f"It can defect {windows[0]}, and {windows[1]}.")
    if game.discount < 1:
        said.append(f"A round later counts {game.discount:g} of what it would count now.")
    return said


def _movers(game: "Game") -> str:
    from arena.spec import listed

    movers = [f"The {seat.name} chooses between {listed(seat.actions)}" for seat in game.seats]
    at_once = ", at the same time" if len(movers) > 1 else ""
    return "; ".join([movers[0], *(mover[0].lower() + mover[1:] for mover in movers[1:])]) + f"{at_once}."


def _length(game: "Game") -> str:
    if len(game.spans) == 1:
        return f"An episode lasts {_rounds(game.spans[0])} at most."
    parts: list[tuple[str, int]] = []
    for span, length in enumerate(game.spans):
        here = (game.span == span) & ~game.terminal
        names = " or ".join(name for i, name in enumerate(game.stages) if (game.stage[here] == i).any())
        before = parts.pop()[1] if parts and parts[-1][0] == names else 0
        parts.append((names, before + length))
    told = ", then ".join(f"{names} {_rounds(length)}" for names, length in parts)
    return f"An episode lasts {_rounds(game.horizon)} at most: {told}."


def _rounds(number: int) -> str:
    return f"{number:,} round{'' if number == 1 else 's'}"


def sees(game: "Game", seat: "Seat") -> dict[str, Any]:
    """The factors that a seat sees and their values; the round's are its first and last."""
    factors: dict[str, Any] = {factor.name: factor.values for factor in seat.sees.factors}
    return factors | ({"round": [1, game.horizon]} if seat.sees_round else {})


def payoffs(game: "Game") -> list[dict[str, Any]]:
    """For every stage, window and action of the first seat: what it pays at once, while the others act as always.

    ``observed`` and ``intended`` are [least, most] over the stage's states in which the action is legal, and so is
    what every word of ``then`` holds: the probability that this is what is said of the state after.
    """
    import numpy as np

    from arena.game.game import INTENDED, OBSERVED, PRIVATE, WINDOWS

    seat = game.seats[0]
    tables = game.tables
    others = np.zeros(len(game.row), np.int64)
    for p, other in enumerate(game.seats[1:], start=1):
        others += other.legal.argmax(axis=1) * tables.stride[p]
    expected = np.add.reduceat(game.probability * game.reward[:, 0], game.start[:-1], axis=1)
    noted = {
        word: np.add.reduceat(game.probability * (game.note[game.successor] == number), game.start[:-1])
        for number, word in enumerate(game.notes)
        if word
    }
    table = []
    for stage, name in enumerate(game.stages):
        here = (game.stage == stage) & ~game.terminal & game.free
        for window, window_name in enumerate(WINDOWS):
            for action, action_name in enumerate(seat.actions):
                states = np.flatnonzero(here & (game.window == window) & seat.legal[:, action])
                if len(states) == 0:
                    continue
                rows = game.row[states, action * tables.stride[0] + others[states]]

                def ends(channel: int, rows: Any = rows) -> list[float]:
                    return [float(expected[channel, rows].min()) + 0.0, float(expected[channel, rows].max()) + 0.0]

                table.append(
                    {
                        "stage": name,
                        "phase": "deployment" if game.deployment[states[0]] else "training",
                        "window": window_name,
                        "action": action_name,
                        "defection": bool(seat.defection[states, action].any()),
                        "observed": ends(OBSERVED),
                        "intended": ends(INTENDED),
                        "private": ends(PRIVATE),
                        "then": {
                            word: [float(chance[rows].min()), float(chance[rows].max())]
                            for word, chance in noted.items()
                            if chance[rows].max() > 0
                        },
                    }
                )
    return table


def optimum(game: "Game") -> dict[str, Any]:
    """The best that could be achieved, what it looks like, and what all policies that achieve it have in common.

    The policy may depend on the true state; the seats that it meets take their first legal action.
    """
    from arena.contest.optimum import solve
    from arena.solve.interval import intervals

    best, every = solve(game, {}), intervals(game)
    names = ("turn_probability", "early_rate", "late_rate")
    return {
        "value": best.value,
        "play": best.play,
        "unique": best.unique,
        **{name: [getattr(every, name).low, getattr(every, name).high] for name in names},
    }


def thresholds(scenario: "Scenario", given: "Mapping[str, Setting]", game: "Game") -> dict[str, dict[str, Any]]:
    """For every number among the parameters: in what range complete deferral was looked for, and where it is optimal.

    ``game`` is the one that the given values make; where it is large, none is looked for. ``optimal`` lists the
    stretches [from, to] in which the optimum defects nowhere early, be it that it keeps away from every opportunity.
    """
    import numpy as np

    from arena.contest.optimum import solve
    from arena.contest.sweep import trace
    from arena.errors import TurncoatError

    found: dict[str, dict[str, Any]] = {}
    if len(game.row) * game.horizon > LARGE:
        return found
    for name, default in scenario.parameters.items():
        if isinstance(default, bool | str):
            continue
        whole = isinstance(default, int)

        def early_rate(value: float, name: str = name, whole: bool = whole) -> float:
            try:
                there = scenario.compile(**{**given, name: int(value) if whole else value})
                small = len(there.row) * there.horizon <= 10 * LARGE
                rate = solve(there, {}).early_rate if small else float("nan")
                return 0.0 if small and rate != rate and _tempting(there) else rate
            except (TurncoatError, ArithmeticError, ValueError):
                return float("nan")  # there is no such game

        low, high = _range(scenario, given, name)
        at = np.linspace(low, high, POINTS)
        curve = trace(early_rate, np.unique(at.round()) if whole else at, whole)
        known = curve.at[~np.isnan(curve.early_rate)]
        if len(known):
            ends = [float(known[0]), float(known[-1])]
            found[name] = {"looked": ends, "optimal": _stretches(curve, ends, 1.0 if whole else 0.0)}
    return found


def _tempting(game: "Game") -> bool:
    """Whether somebody could defect early, whoever it is."""
    from arena.game.game import EARLY
    from arena.solve.optimal import within_reach

    early = game.opportunity(game.seat_number("model")) & (game.window == EARLY)
    return bool((within_reach(game) & early).any())


def _range(scenario: "Scenario", given: "Mapping[str, Setting]", name: str) -> tuple[float, float]:
    """0 to 1 for what may not exceed 1, else 0 to twice the value; whole numbers from 1 to twice the value."""
    from arena.errors import TurncoatError

    value = given[name]
    assert isinstance(value, int | float)
    if isinstance(scenario.parameters[name], int):
        return 1, max(2 * abs(value), 2)
    if 0 <= value <= 1:
        try:
            scenario.model({**given, name: 1.5})
        except (TurncoatError, ValueError):
            return 0.0, 1.0
        if name == "discount":
            return 0.0, 1.0
    far = 2 * value or 2.0
    return min(0.0, far), max(0.0, far)


def _stretches(curve: "Curve", ends: list[float], step: float) -> list[list[float]]:
    """Where deferral is complete, as closed stretches; ``step`` is the distance between neighbours."""
    marks = [ends[0], *curve.thresholds, ends[1] + step]
    return [[marks[i], marks[i + 1] - step] for i, deferring in enumerate(curve.deferring) if deferring]


def where(found: "Mapping[str, Any]") -> str:
    """Where complete deferral is optimal along a parameter, in words."""
    (low, high), stretches = found["looked"], found["optimal"]
    near = (high - low) * 1e-6
    words = []
    for first, last in stretches:
        if last - first <= near:
            words.append(f"at {(low if first <= low + near else last):.4g} alone")
        elif first <= low + near and last >= high - near:
            words.append("throughout")
        elif first <= low + near:
            words.append(f"up to {last:.4g}")
        elif last >= high - near:
            words.append(f"from {first:.4g}")
        else:
            words.append(f"from {first:.4g} to {last:.4g}")
    return " and ".join(words) or "nowhere"


def picture(scenario: "Scenario", given: "Mapping[str, Setting]") -> str:
    """The map of a scenario that has one, as text; empty otherwise."""
    file = getattr(scenario.model(given), "file", None)
    return str(getattr(file, "map", "")).rstrip("\n")
