"""A person in a seat: one episode, played round by round against policies."""

from collections.abc import Mapping

from arena.contest.debriefing import debriefing
from arena.contest.hindsight import acting
from arena.contest.veil import Veil
from arena.errors import TurncoatError, nearest
from arena.game.game import Game
from arena.play.policy import Policy
from arena.play.trajectory import Trajectory, record
from arena.show.film import Credits
from arena.show.replay import Replay
from arena.show.sitting import Debriefing


class InPerson:
    """The sitting of a person in one seat of a game, as ``arena.show.sitting`` describes one.

    It is episode ``named.episode`` of stream ``named.seed``: who takes the same actions as an agent sees the others do
    and draw the same. The whole episode is played anew after each action, so nothing is kept but the actions.
    """

    def __init__(self, game: Game, seat: str, named: Credits, others: Mapping[str, Policy] | None = None) -> None:
        """The episode begins. ``others`` are the other seats' policies; those not named take their first legal action.

        Raises:
            TurncoatError: there is no such seat, or the policies do not go together.
        """
        self.game, self.seat, self.named = game, game.seat_number(seat), named
        self.others = dict(others or {})
        self.veil = Veil(game, seat)
        self.actions: list[int] = []  # as chosen
        self._told: Debriefing | None = None
        self._play()

    @property
    def replay(self) -> Replay:
        """The episode so far, as far as the seat may know it."""
        return self._replay

    @property
    def over(self) -> bool:
        """Whether the episode has ended."""
        return self.trajectory.rounds <= len(self.actions)

    def act(self, action: int) -> None:
        """Take one of the actions that the last moment offers; a TurncoatError lists them."""
        if self.over:
            raise TurncoatError("the episode is over")
        offered = self.replay.moments[-1].legal
        if action not in offered:
            words = self.game.seats[self.seat].actions
            known = [words[legal] for legal in offered]
            given = words[action] if 0 <= action < len(words) else action
            raise TurncoatError(f"{given!r} is not possible here{nearest(given, known)}")
        self.actions.append(action)
        self._play()

    def debrief(self) -> Debriefing:
        """What is told afterwards, as far as the episode was played."""
        if self._told is None:
            self._told = debriefing(self.game, self.others, self.trajectory, self.actions, self.named)
        return self._told

    def _play(self) -> None:
        name, named = self.game.seats[self.seat].name, self.named
        mine = {name: acting(self.game, self.seat, self.actions)}
        self.trajectory: Trajectory = record(self.game, {**self.others, **mine}, named.seed, named.episode, name)
        self._replay = self.veil.replay(self.trajectory, len(self.actions), self.over, named)
        self._told = None
