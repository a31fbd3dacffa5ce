"""One episode written down: what happened, what was true, what was seen, and how likely each action was."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from arena import kernels
from arena.game.game import EARLY, INTENDED, LATE, OBSERVED, Floats, Game, Ints
from arena.play.policy import Policy, everybody, profile, together


@dataclass(frozen=True)
class Trajectory:
    """An episode of ``rounds`` rounds, one seat's policy beside it."""

    game: Game
    seat: int
    states: Ints  # [rounds + 1]
    actions: Ints  # [rounds, P], as carried out
    chances: Floats  # [rounds, A], how likely each action of the seat was to be chosen
    rewards: Floats  # [rounds, channel, P]
    updates: Floats | None = None  # [rounds, A], the chances in the same round after the learner's update

    @property
    def rounds(self) -> int:
        """How many rounds were played."""
        return len(self.actions)

    def turned(self) -> int | None:
        """The round (from 0) of the first late defection after complying at every early opportunity, if there is."""
        place, opportunity = self.game.seats[self.seat], self.game.opportunity(self.seat)
        for clock, (state, action) in enumerate(zip(self.states[:-1], self.actions[:, self.seat], strict=True)):
            if opportunity[state] and place.defection[state, action]:
                if self.game.window[state] == EARLY:
                    return None
                if self.game.window[state] == LATE:
                    return clock
        return None

    def returns(self, channel: int) -> float:
        """The seat's discounted return in a channel."""
        weight = self.game.discount ** np.arange(self.rounds)
        return float(weight @ self.rewards[:, channel, self.seat])

    @property
    def observed(self) -> float:
        """The seat's discounted observed return."""
        return self.returns(OBSERVED)

    @property
    def intended(self) -> float:
        """The principal's discounted return."""
        return self.returns(INTENDED)


def record(game: Game, policies: Mapping[str, Policy], key: int, episode: int = 0, seat: str = "model") -> Trajectory:
    """Play episode number ``episode`` of stream ``key``, the same that ``sample`` plays, and write it down.

    One seat's policy may remember; what is written down is in the states of ``game`` all the same.
    """
    shown, (game, policies) = game, together(game, policies)
    number = game.seat_number(seat)
    everyone = everybody(game, policies)
    states = np.zeros(game.horizon + 1, np.int32)
    actions = np.zeros((game.horizon, len(game.seats)), np.int32)
    entries = np.zeros(game.horizon, np.int64)
    rounds = kernels.record(
        game.tables,
        profile(everyone),
        np.uint64(key),
        episode,
        game.horizon,
        np.zeros(1, np.uint64),
        states,
        actions,
        entries,
    )
    states, actions = states[: rounds + 1], actions[:rounds]
    for p, place in enumerate(game.seats):
        actions[:, p] = place.fold[states[:-1], actions[:, p]]
    chances = [everyone[number].at(clock, int(state)) for clock, state in enumerate(states[:-1])]
    rewards = game.reward[:, :, entries[:rounds]].transpose(2, 0, 1)
    width = len(game.seats[number].actions)
    memory = next((policy.memory for policy in everyone if policy.memory is not None), None)
    met: Ints = states if memory is None or shown is game else memory.state[states]
    return Trajectory(shown, number, met, actions, np.asarray(chances).reshape(rounds, width), rewards)
