"""Hidden goal and runtime maze: what memory is worth in them, by closed form and by search over histories."""

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arena import Game, Model, Policy, TurncoatError, evaluate, scenario, view
from arena.solve.optimal import optimal
from arena.spec import Setting
from tests.strategies import compiled

SETTINGS: list[tuple[str, dict[str, Setting]]] = [
    ("hidden-goal", {}),
    ("hidden-goal", {"doors": 2, "tries": 1, "later": 1}),
    ("hidden-goal", {"doors": 4, "tries": 1, "later": 2}),  # fewer tries than doors
    ("hidden-goal", {"doors": 3, "tries": 2, "later": 3, "cost": 0.5, "fine": 0.75, "gain": 2.0}),
    ("hidden-goal", {"fine": 0.0, "gain": 0.0}),
    ("runtime-maze", {}),
    ("runtime-maze", {"forks": 1, "searches": 2, "later": 2}),
    ("runtime-maze", {"forks": 2, "searches": 1, "later": 1, "cost": 0.0, "gain": 3.0}),
]


def closed_form(name: str, given: Mapping[str, Setting], recall: bool) -> float:
    """The sum over tries k of p - cost (1 - p), and gain p for the later ones, as the scenario's source has it."""
    p: dict[str, Any] = {**scenario(name).parameters, **given}
    first, goals = (p["tries"], p["doors"]) if name == "hidden-goal" else (p["searches"], 2 ** p["forks"])
    total = 0.0
    for k in range(1, first + p["later"] + 1):
        chance = min(k, goals) / goals if recall else 1 / goals
        total += chance - p["cost"] * (1 - chance) + (p["gain"] * chance if k > first else 0)
    return total


def by_histories(model: Model[Any]) -> float:
    """The best return of a policy that remembers all it saw and did; from the model's own functions, states weighed."""
    lengths = model.spans()
    (seat,) = model.actions

    def seen(state: Hashable) -> Hashable:
        return tuple(sorted(model.observe(state, seat).items()))

    def value(weights: Mapping[Any, float], span: int, clock: int) -> float:
        """Of a history, as how likely it is together with every state it may have led to."""
        if clock == lengths[span]:
            if span + 1 == len(lengths):
                return 0.0
            return apart(
                [(s, w * p) for was, w in weights.items() for s, p in model.advance(was, span).items()], span + 1, 0
            )
        options = []
        for action in model.legal(next(iter(weights)))[seat]:
            paid, ways = 0.0, []
            for state, weight in weights.items():
                for following, chance in model.transition(state, (action,)).items():
                    paid += weight * chance * model.rewards(state, (action,), following).observed[0]
                    ways.append((following, weight * chance))
            options.append(paid + apart(ways, span, clock + 1))
        return max(options)

    def apart(ways: list[tuple[Any, float]], span: int, clock: int) -> float:
        """Take apart what looks different; put together what is the same."""
        looks: dict[Hashable, dict[Any, float]] = {}
        for state, weight in ways:
            held = looks.setdefault(seen(state), {})
            held[state] = held.get(state, 0.0) + weight
        return sum(value(held, span, clock) for held in looks.values())

    return apart(list(model.initial().items()), 0, 0)


@pytest.mark.parametrize(("name", "given"), SETTINGS)
def test_the_best_that_remembers_has_its_closed_form(name: str, given: dict[str, Setting]) -> None:
    assert by_histories(scenario(name).model(given)) == pytest.approx(closed_form(name, given, recall=True), abs=1e-12)


@pytest.mark.parametrize(("name", "given"), SETTINGS)
def test_the_memoryless_optimum_has_its_closed_form(name: str, given: dict[str, Setting]) -> None:
    solution = optimal(compiled(name, **given), information="memoryless")
    assert solution.value == pytest.approx(closed_form(name, given, recall=False), abs=1e-12)


def test_the_guide_has_the_numbers_of_the_closed_forms() -> None:
    guide = (Path(__file__).parent.parent / "docs" / "how-to" / "runtime-information.md").read_text(encoding="utf-8")
    without, best = (
        [closed_form(name, {}, recall) for name in ("hidden-goal", "runtime-maze")] for recall in (False, True)
    )
    assert f"| memoryless optimum | {without[0]:.4f} | {without[1]:.4f} |" in guide
    assert f"| recall optimum | {best[0]:.4f} | {best[1]:.4f} |" in guide
    assert f"| its runtime processing | {best[0] - without[0]:.4f} | {best[1] - without[1]:.4f} |" in guide


def scattered(game: Game, seed: int) -> Policy:
    """A memoryless policy that draws lots, anyhow."""
    told = view(game, "model")
    chances = np.random.default_rng(seed).dirichlet(np.full(len(told.actions), 0.4), len(told.rows))
    return told.table(chances)


@pytest.mark.parametrize(("name", "given"), SETTINGS)
def test_lots_do_not_help_a_policy_without_memory(name: str, given: dict[str, Setting]) -> None:
    """All of them find the prize equally often: at one try in as many as there are goals."""
    game = compiled(name, **given)
    goals = len({state.goal for state in game.states})  # type: ignore[attr-defined]
    tries = sum(game.spans) / (2 if name == "hidden-goal" else len(game.states[0].goal) + 1)  # type: ignore[attr-defined]
    for seed in range(20):
        done = evaluate(game, {"model": scattered(game, seed)})
        assert done.early_opportunities + done.late_opportunities == pytest.approx(tries / goals, abs=1e-12)


@pytest.mark.parametrize("name", ["hidden-goal", "runtime-maze"])
def test_only_the_prize_and_the_goal_beside_it_are_shown(name: str) -> None:
    """States that differ in the goal alone look alike, until the goal is reached."""
    game = compiled(name)
    looks: dict[object, set[tuple[tuple[str, str], ...]]] = {}
    for number, state in enumerate(game.states):
        if game.window[number] == 0:
            words = game.seats[0].sees.words(number)
            shown = state.sight if name == "hidden-goal" else (state.turns, len(state.turns) == 2)  # type: ignore[attr-defined]
            looks.setdefault(shown, set()).add(tuple(words.items()))
    assert all(len(seen) == 1 for seen in looks.values())
    assert len(looks) == (2 if name == "hidden-goal" else 7)


@pytest.mark.parametrize("name", ["hidden-goal", "runtime-maze"])
def test_knowing_the_goal_finds_it_every_time_and_turns(name: str) -> None:
    game = compiled(name)
    done = evaluate(game, {"model": optimal(game).policy})
    tries = 6 if name == "hidden-goal" else 4
    assert done.early_opportunities + done.late_opportunities == pytest.approx(tries)
    assert done.turn_probability == 1
    assert done.total("intended") == pytest.approx(done.early_opportunities - done.late_opportunities)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("hidden-goal", {"doors": 1}, "doors must lie between 2 and 26, not 1"),
        ("hidden-goal", {"tries": 0}, "tries must lie between 1 and 10,000, not 0"),
        ("hidden-goal", {"later": 0}, "later must lie between 1 and 10,000, not 0"),
        ("runtime-maze", {"forks": 9}, "forks must lie between 1 and 8, not 9"),
        ("hidden-goal", {"cost": -1.0}, "cost must be at least 0, not -1"),
        ("runtime-maze", {"gain": -0.25}, "gain must be at least 0, not -0.25"),
        ("runtime-maze", {"fine": -0.5}, "fine must be at least 0, not -0.5"),
        ("runtime-maze", {"searches": 0}, "searches must lie between 1 and 10,000, not 0"),
    ],
)
def test_settings_out_of_range_are_refused(name: str, given: dict[str, Setting], said: str) -> None:
    with pytest.raises(TurncoatError, match=said):
        scenario(name).compile(**given)
