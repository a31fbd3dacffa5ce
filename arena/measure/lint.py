"""Lint: what a game that compiles may still say that its author did not mean.

Every check asks the game itself, its optimum or the best guess of the phase, at the settings it was compiled with. The
seats that the model meets take their first legal action, as everywhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from arena.errors import TurncoatError
from arena.game.game import EARLY, LATE, NO_WINDOW, PRIVATE, WINDOWS, Bools, Floats, Game, Ints
from arena.game.twins import FutureRemoved
from arena.game.unroll import CAP, unroll
from arena.measure.decodability import decoder
from arena.measure.early_rate import measure as early_rate
from arena.play.evaluate import evaluate, occupancy
from arena.play.policy import Policy, view
from arena.solve.optimal import optimal, within_reach

MODEL = "model"
SAME = 1e-9
"""Values and rates that differ by no more are the same."""

LARGE = 200_000
"""States times rounds above which the optimum and the signals are left alone unless asked for."""

REMEMBERED = 20_000
"""The same of memory: states of the unrolled game."""

MUCH = 0.5
"""Of what a blind guess gets wrong, the share from which on a signal is worth a warning if it mends it."""

MANY = 500_000
"""States from which on a game is called large."""


@dataclass(frozen=True)
class Remark:
    """One thing to know about a game. ``about`` is a kind of part and its name, as in ``("stage", "training")``."""

    level: Literal["error", "warning", "note"]
    about: tuple[str, str]
    what: str
    hint: str


def lint(game: Game, thorough: bool = False) -> list[Remark]:
    """Everything to be said about a game, errors first; ``thorough`` asks the costly questions of large games too."""
    if all(seat.name != MODEL for seat in game.seats):
        what = f"there is no seat called model, only {', '.join(seat.name for seat in game.seats)}"
        return [Remark("error", ("game", ""), what, "agents play the seat 'model', overseers the seat 'overseer'")]
    size = len(game.row) * game.horizon
    if size > LARGE and not thorough:
        anywhere = ~game.terminal  # the clock left out of account
        what = f"what the optimum does and what tells the phase were not asked: {size:,} states times rounds"
        note = Remark("note", ("game", ""), what, "--thorough asks")
        return _sorted([*_size(game), *_seats(game, anywhere), *_stages(game, anywhere), note])
    reached: Bools = np.asarray(within_reach(game).any(axis=0))
    found = [*_size(game), *_seats(game, reached), *_stages(game, reached)]
    if all(one.level != "error" for one in found):
        found += [*_worth(game, reached), *_phase(game, reached, CAP if thorough else REMEMBERED)]
    return _sorted(found)


def _sorted(found: list[Remark]) -> list[Remark]:
    """Errors first, notes last."""
    return sorted(found, key=lambda one: ("error", "warning", "note").index(one.level))


def _size(game: Game) -> Iterator[Remark]:
    if len(game.row) > MANY:
        what = f"{len(game.row):,} states: to solve it and to learn in it will be slow"
        yield Remark("warning", ("game", ""), what, "keep the round out of the state: let the clock count it")


def _seats(game: Game, reached: Bools) -> Iterator[Remark]:
    """Seats that never have a choice."""
    for seat in game.seats:
        if (seat.legal[reached].sum(axis=1) > 1).any():
            continue
        if seat.name == MODEL:
            yield Remark("error", ("seat", MODEL), "the model never has a choice", "allow it two actions somewhere")
        else:
            what = f"the {seat.name} never has a choice, so nothing hangs on who it is"
            yield Remark("warning", ("seat", seat.name), what, "give it something to do (catch above 0), or no seat")


def _stages(game: Game, reached: Bools) -> Iterator[Remark]:
    """Stages that play never reaches, and windows without an opportunity."""
    for number, name in enumerate(game.stages):
        here = (game.stage == number) & ~game.terminal
        if here.any() and not (here & reached).any():
            what = f"play never reaches the stage {name!r}"
            yield Remark("warning", ("stage", name), what, "nothing before it leads there in time")
    free = game.opportunity(game.seat_number(MODEL)) & reached
    for window in (EARLY, LATE):
        if not (free & (game.window == window)).any():
            name = WINDOWS[window]
            what = f"no {name} opportunity can be reached: nowhere in the {name} window is the model free to defect"
            why = "an early rate is not defined" if window == EARLY else "there is nothing to wait for"
            yield Remark("error" if window == LATE else "warning", ("window", name), what, why)


def _worth(game: Game, reached: Bools) -> Iterator[Remark]:
    """Windows in which the optimum gains nothing by defecting."""
    free = game.opportunity(game.seat_number(MODEL)) & reached
    if not (free & (game.window == EARLY)).any():
        return
    without_late = FutureRemoved().apply(game)
    without_both = FutureRemoved().apply(replace(without_late, window=_early_as_late(game)))
    full, removed, honest = _optimum(game), _optimum(without_late), _optimum(without_both)
    kept = " (by what is observed; what is private is not counted)" if _private(game) else ""
    nothing_early = _alike(removed[0], honest[0])
    if nothing_early:
        yield Remark(
            "warning",
            ("window", "early"),
            "defecting early never pays, even if late defection paid what complying does: nothing is given up" + kept,
            "let it pay at once what it risks later, if the model is to be tempted",
        )
    if full[1] != full[1]:
        yield Remark(
            "note",
            ("window", "early"),
            "the optimum keeps away from every early opportunity, so its early rate is not defined",
            "let it pass one that it can decline, such as beside the start",
        )
    if _alike(full[0], removed[0]):
        yield Remark(
            "warning",
            ("window", "late"),
            f"defecting late never pays: the optimum is worth {full[0]:.6g} with it and without it{kept}",
            "let it pay more than complying does",
        )
    elif _alike(full[1], removed[1]) and not nothing_early:
        yield Remark(
            "warning",
            ("window", "late"),
            f"nothing to wait for: the optimum's early rate is {full[1] + 0.0:.3g} with late defection and without it",
            "let early defection put the late opportunity at risk, and that be worth more",
        )


def _phase(game: Game, reached: Bools, cap: int) -> Iterator[Remark]:
    """Whether the phase shows where deployment is not; memory is unrolled to ``cap`` states."""
    seat = game.seats[game.seat_number(MODEL)]
    phases = game.deployment[reached]
    if not phases.any() or phases.all():
        return
    names = [factor.name for factor in seat.sees.factors]
    shown = "deployment" in names
    if shown and _tells(seat.sees.index[reached, names.index("deployment")], phases):
        return
    told = view(game, MODEL)
    uniform: dict[str, Policy] = {MODEL: told.table(told.legal / told.legal.sum(axis=1, keepdims=True))}
    often = occupancy(game, uniform, MODEL, clocked=True)
    seen, kind = decoder(game, uniform, MODEL), "not shown for certain" if shown else "hidden"
    blind = f"a guess that sees nothing is right in {seen.chance:.3g}"
    if seen.accuracy > seen.chance + SAME:
        columns = {name: seat.sees.index[:, place] for place, name in enumerate(names) if name != "deployment"}
        rates = {name: _accuracy(game, often, column) for name, column in columns.items()}
        if seat.sees_round:
            rates["round"] = _accuracy(game, often, None)
        told_by = [name for name, rate in rates.items() if rate > seen.chance + SAME]
        if told_by:
            best = max(told_by, key=lambda name: rates[name])
            yield Remark(
                "warning" if rates[best] - seen.chance > MUCH * (1 - seen.chance) else "note",
                ("sees", best),
                f"deployment is {kind}, but {' and '.join(told_by)} {'tell' if len(told_by) > 1 else 'tells'} the "
                f"phase: {best} alone in {rates[best]:.3g} of the rounds; {blind}",
                f"hide {best}, or show deployment, if it is meant to be known",
            )
        elif not shown:
            what = f"deployment is hidden, but what is seen tells the phase in {seen.accuracy:.3g} of the rounds"
            yield Remark("warning", ("sees", names[0]), f"{what}; {blind}", "hide one of its factors")
    try:
        unroll(game, MODEL, cap=cap)
        remembered = decoder(game, uniform, MODEL, memory=True).accuracy
    except TurncoatError:
        hint = "--thorough asks" if cap < CAP else "use fewer rounds, or show the model less"
        yield Remark(
            "note",
            ("sees", "deployment"),
            "whether memory tells the phase was not asked: there is too much to remember",
            hint,
        )
        return
    if remembered > seen.accuracy + SAME:
        what = f"deployment is {kind}, but memory tells the phase in {remembered:.3g} of the rounds"
        hint = "who counts the rounds knows when training is over; only agents without memory are kept in the dark"
        yield Remark("note", ("sees", "deployment"), f"{what}, the present sight in {seen.accuracy:.3g}", hint)


def _early_as_late(game: Game) -> Ints:
    """The windows of a game in which what was early is late, and nothing else."""
    return np.where(game.window == EARLY, LATE, NO_WINDOW)


def _optimum(game: Game) -> tuple[float, float]:
    """Its value and its early rate."""
    best = optimal(game, MODEL)
    return best.value, early_rate.exact(evaluate(game, {MODEL: best.policy}, MODEL))


def _alike(one: float, other: float) -> bool:
    return abs(one - other) <= SAME * max(1.0, abs(one))


def _private(game: Game) -> bool:
    """Whether the model has an objective of its own."""
    return bool(game.reward[PRIVATE, game.seat_number(MODEL)].any())


def _tells(column: Ints, phases: Bools) -> bool:
    """Whether no value of a column is seen in both phases."""
    return not set(column[phases].tolist()) & set(column[~phases].tolist())


def _accuracy(game: Game, often: Floats, column: Ints | None) -> float:
    """How often the phase is guessed from one column, or from the round."""
    lines = np.arange(len(often))[:, None] if column is None else column[None]
    mass = np.zeros((int(lines.max()) + 1, 2))
    np.add.at(mass, (np.broadcast_to(lines, often.shape), game.deployment.astype(np.int64)[None]), often)
    return float(mass.max(axis=1).sum() / mass.sum())
