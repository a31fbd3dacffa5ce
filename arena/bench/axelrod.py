"""The iterated prisoner's dilemma, every strategy against every one: our tables and the library Axelrod."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from itertools import product
from typing import Any

import numpy as np

from arena.bench.row import Row, compare
from arena.errors import TurncoatError
from arena.game.game import Floats, Game
from arena.game.scenario import find as find_scenario
from arena.play.agent import find
from arena.play.evaluate import sample
from arena.play.policy import Policy

TURNS, REPEATS = 200, 10
"""Axelrod's own defaults: turns of a match, and matches of every pair."""

SETTLED: Mapping[str, str] = {
    "honest": "Cooperator",
    "defector": "Defector",
    "tit-for-tat": "TitForTat",
    "suspicious-tit-for-tat": "SuspiciousTitForTat",
    "grudger": "Grudger",
    "win-stay-lose-shift": "WinStayLoseShift",
    "alternator": "Alternator",
}
"""Strategies that draw no lots, and what Axelrod calls them: their scores are equal exactly."""

MIXED: Mapping[str, str] = {"random": "Random", "generous-tit-for-tat": "GTFT"}
"""Those that do: theirs are equal in expectation."""

Pair = tuple[str, str]
Scores = dict[Pair, Floats]
"""What both seats got: ``[match, seat]`` for every pair."""


def against_axelrod() -> Row:
    """Nine strategies; every turn is played on both sides, and scoring is timed on ours alone.

    Raises:
        TurncoatError: a score that must be equal is not.
    """
    names = (*SETTLED, *MIXED)
    ours, theirs = our_matches(names, TURNS, REPEATS), their_matches(names, TURNS, REPEATS)
    mine, peers = ours(), scored(theirs())
    for one, other in product(SETTLED, repeat=2):
        here, there = mine[one, other], peers[one, other]
        if not (here == there).all():
            raise TurncoatError(f"{one} against {other}: {here[0]} here, {there[0]} in Axelrod")
    turns = len(names) ** 2 * REPEATS * TURNS
    fast, slow = compare(ours, theirs, repeats=3)
    what = f"iterated-dilemma, {len(names)} strategies, {REPEATS} × {TURNS} turns a pair"
    return Row(what, f"Axelrod {import_module('axelrod').__version__}, its matches", turns / fast, turns / slow, 20.0)


def our_matches(names: Sequence[str], turns: int, repeats: int) -> Callable[[], Scores]:
    """Our side, from compiling the game to the scores."""

    def play() -> Scores:
        game = find_scenario("iterated-dilemma").compile(turns=turns, partner="free")
        models, partners = (policies(game, seat.name, names) for seat in game.seats)
        return {
            (one, other): sample(game, {"model": models[one], "partner": partners[other]}, repeats, key).returns[:, 0]
            for key, (one, other) in enumerate(product(names, repeat=2))
        }

    return play


def policies(game: Game, seat: str, names: Sequence[str]) -> dict[str, Policy]:
    """What these agents, none of which learns, do in a seat."""
    return {name: find(name).policies(game, seat, {}, np.zeros(1, np.uint64))[0] for name in names}


def their_matches(names: Sequence[str], turns: int, repeats: int) -> Callable[[], dict[Pair, list[Any]]]:
    """Axelrod's side: matches that have been played.

    Each repetition is a match of its own, for of one without chance a match keeps the first in its cache.
    """
    library: Any = import_module("axelrod")
    called = {**SETTLED, **MIXED}
    seats = [{name: getattr(library, called[name])() for name in names} for _ in range(2)]

    def play() -> dict[Pair, list[Any]]:
        played = {}
        for number, (one, other) in enumerate(product(names, repeat=2)):
            seeds = range(number * repeats, (number + 1) * repeats)
            pair = (seats[0][one], seats[1][other])
            played[one, other] = [library.Match(pair, turns=turns, seed=seed) for seed in seeds]
            for match in played[one, other]:
                match.play()
        return played

    return play


def scored(matches: Mapping[Pair, Sequence[Any]]) -> Scores:
    """What Axelrod says that both got."""
    return {pair: np.asarray([one.final_score() for one in played], np.float64) for pair, played in matches.items()}
