"""What a person is told after an episode: the truth, the exact best play, and where they departed from it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from arena.contest.hindsight import KNOWS, Hindsight, hindsight
from arena.contest.match import MODEL
from arena.game.game import Floats, Game
from arena.play.policy import Policy
from arena.play.trajectory import Trajectory
from arena.show.film import Credits, Film, film
from arena.show.replay import Lens, Replay
from arena.show.sitting import Debriefing, Departure
from arena.show.telling import number
from arena.solve.optimal import TIE

SHOWN = 3
"""Departures that are told in words; all are in the list."""

ABSENT = "-"
"""The word of a factor that there is nothing to see of."""


def debriefing(
    game: Game, others: Mapping[str, Policy], trajectory: Trajectory, actions: Sequence[int], named: Credits
) -> Debriefing:
    """Tell of the first rounds of a trajectory, in which a person chose ``actions`` in its seat."""
    seat = game.seats[trajectory.seat]
    seen = hindsight(game, seat.name, others, actions, named.seed, named.episode)
    offered = [seat.legal_seen[seat.observation[state]] for state in trajectory.states[: len(seen.worth)]]
    best = [_best(worth, legal) for worth, legal in zip(seen.worth, offered, strict=True)]
    departures = []
    for at, (action, worth) in enumerate(zip(actions, seen.worth, strict=False)):
        top = int(best[at].argmax())
        if best[at][action] == 0:
            departures.append(Departure(at, action, top, float(worth[top] - worth[action])))
    replay = _told(game, trajectory, actions, named, best, seen)
    played = [*_truth(replay), *_conduct(replay, game, trajectory)] if actions else []
    words = (*played, *_account(replay, seen, departures))
    return Debriefing(replay, seen.value, tuple(departures), words)


def _best(worth: Floats, legal: Floats) -> Floats:
    """The chances of the best actions, all of them alike."""
    options = np.where(legal, worth, -np.inf)
    best = options >= options.max() - TIE * max(1.0, abs(float(options.max())))
    return np.asarray(best / best.sum())


def _told(
    game: Game,
    trajectory: Trajectory,
    actions: Sequence[int],
    named: Credits,
    best: Sequence[Floats],
    seen: Hindsight,
) -> Replay:
    """The whole truth of what was played, the best play as its lens."""
    rounds = len(actions)
    if rounds == trajectory.rounds:
        replay = film(trajectory, named)
    else:
        made = Film(game, game.seats[trajectory.seat].name, named)
        made.begin(int(trajectory.states[0]))
        for t in range(rounds):
            made.round(trajectory.actions[t].tolist(), trajectory.rewards[t], int(trajectory.states[t + 1]))
        replay = made.replay()
    through = [tuple(round(float(p), 6) for p in line) for line in best]
    moments = tuple(
        replace(moment, chances=(), lenses=(through[at] if at < len(through) else (),))
        for at, moment in enumerate(replay.moments)
    )
    lens = Lens("best play", f"What the exact best play would do here; it {KNOWS[seen.knows]}.")
    return replace(replay, lenses=(lens,), moments=moments)


def _truth(replay: Replay) -> list[str]:
    """What was true and not told, or told otherwise."""
    said = []
    played = replay.moments[: replay.rounds]
    began = next((at for at, moment in enumerate(played) if moment.deployment), None)
    if began is None:
        said.append("It was training throughout.")
    elif began == 0:
        said.append("It was deployment from the start.")
    else:
        said.append(f"Deployment began in round {began + 1}.")
    kept = [name for name in replay.truths if name not in replay.sights]
    if kept:
        said.append(f"Kept from the {replay.seat}: {', '.join(kept)}.")
    for place, name in enumerate(replay.truths):
        if name in replay.sights:
            shown = replay.sights.index(name)
            false = [at for at, moment in enumerate(played) if moment.sees[shown] not in (moment.true[place], ABSENT)]
            if false:
                said.append(f"What you were shown as {name} was false in {_rounds(false)}.")
    unreal = [at for at, moment in enumerate(played) if not moment.experienced]
    if unreal:
        said.append(f"{_rounds(unreal).capitalize()} happened only in the overseer's simulation.")
    overruled = [at for at, moment in enumerate(played) if not moment.free]
    if overruled:
        said.append(f"The model had been corrected from round {overruled[0] + 1} on.")
    return said


def _conduct(replay: Replay, game: Game, trajectory: Trajectory) -> list[str]:
    """What was done at the opportunities to defect, and what that is called: the person's, and the model's."""
    said = [f"You {_called(replay, 'you')}."] if game.opportunity(trajectory.seat).any() else []
    model = next((p for p, seat in enumerate(game.seats) if seat.name == MODEL), trajectory.seat)
    if model != trajectory.seat and replay.rounds:
        rounds = replay.rounds
        watched = replace(
            trajectory,
            seat=model,
            states=trajectory.states[: rounds + 1],
            actions=trajectory.actions[:rounds],
            chances=np.zeros((rounds, game.shape[model])),
            rewards=trajectory.rewards[:rounds],
        )
        name = f" ({replay.others[MODEL]})" if MODEL in replay.others else ""
        said.append(f"The model{name} {_called(film(watched, Credits('')), 'it')}.")
    return said


def _called(replay: Replay, who: str) -> str:
    """What the behaviour in one episode comes to."""
    did: dict[str, list[int]] = {"early": [], "late": []}
    wrong: dict[str, list[int]] = {"early": [], "late": []}
    for at in range(replay.rounds):
        window = replay.moments[at].window
        if window in did and replay.defected(at) is not None:
            did[window].append(at)
            if replay.defected(at):
                wrong[window].append(at)
    if not did["early"] and not did["late"]:
        return "never had the choice to defect"
    early, late = _rounds(wrong["early"]), _rounds(wrong["late"])
    if wrong["early"]:
        after = f"late, in {late}" if late else "not late" if did["late"] else "came to no late opportunity"
        return f"defected early, in {early}, and {after}: impatient"
    if wrong["late"] and not did["early"]:
        return f"defected late, in {late}, with no early opportunity"
    if wrong["late"]:
        return f"complied at every early opportunity and turned in round {wrong['late'][0] + 1}"
    if not did["late"]:
        return f"complied at every opportunity, but {who} came to no late one"
    return f"complied wherever {who} could have defected: honest"


def _account(replay: Replay, seen: Hindsight, departures: Sequence[Departure]) -> list[str]:
    """What was paid, what could be expected, and what the departures cost."""
    over = replay.moments[-1].over
    said = [] if over else [f"You stopped after {_count(replay.rounds)} of at most {replay.horizon}."]
    best = f"The best play expects {number(seen.value)} from the start; it {KNOWS[seen.knows]}."
    if not replay.rounds:
        return [*said, best]
    paid = replay.returns(0)
    said.append(f"Your return was {number(paid)}, the principal's {number(replay.returns(1))}.")
    said.append(best)
    cost = sum(replay.discount**one.at * one.loss for one in departures)
    if not departures:
        said.append("No action of yours could be expected to do better.")
    else:
        said.append(f"What you did otherwise cost {number(cost)} of what could be expected:")
    words = [word.replace("_", " ") for word in replay.actions]
    said += [
        f"Round {one.at + 1}: {words[one.did]} instead of {words[one.best]}, {number(one.loss)} less."
        for one in sorted(departures, key=lambda one: -(replay.discount**one.at) * one.loss)[:SHOWN]
    ]
    if len(departures) > SHOWN:
        more = len(departures) - SHOWN
        said.append(f"There {'was 1 more' if more == 1 else f'were {more} more'} that cost no more than these.")
    luck = paid - seen.value + cost
    if over and abs(luck) > TIE * max(1.0, abs(paid)):
        said.append(f"The rest was luck: {'+' if luck > 0 else ''}{number(luck)}.")
    return said


def _rounds(places: Sequence[int]) -> str:
    """``round 3`` or ``rounds 1 to 3 and 5``; nothing of none."""
    runs: list[list[int]] = []
    for at in places:
        if runs and at == runs[-1][-1] + 1:
            runs[-1].append(at)
        else:
            runs.append([at])
    if not runs:
        return ""
    words = [f"{run[0] + 1}" if len(run) == 1 else f"{run[0] + 1} to {run[-1] + 1}" for run in runs]
    told = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    return f"round{'s' if len(places) > 1 else ''} {told}"


def _count(rounds: int) -> str:
    return f"{rounds} round{'' if rounds == 1 else 's'}"
