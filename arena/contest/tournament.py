"""A tournament: which agents meet which scenarios under which overseers, and how often. Read from a file, or built."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BeforeValidator, Field, field_validator

from arena.contest.faults import Fault
from arena.contest.limits import Limits, Pricing
from arena.contest.match import Board, Player, board, canonical, overseer, player, unknown
from arena.errors import TurncoatError, nearest
from arena.game.document import Document, read
from arena.game.schema import check
from arena.game.stages import Part
from arena.measure.diagnosis import CONTROLS, FOLLOWED
from arena.measure.measure import measures, policy_measures, twin_measures
from arena.spec import IN_FILE

T = TypeVar("T", Board, Player)
MOST_SEEDS = 1_000_000
LARGEST_SEED = 2**63 - 1


def _seeds(value: object) -> object:
    """A number of seeds as the list from 0, a list as it is; no seed twice."""
    if isinstance(value, bool) or not isinstance(value, int | list):
        raise ValueError(f"{value!r} is neither a number of seeds nor a list of them")
    if isinstance(value, int):
        if not 1 <= value <= MOST_SEEDS:
            raise ValueError(f"the number of seeds must lie between 1 and {MOST_SEEDS:,}, not {value}")
        return list(range(value))
    for seed in value:
        if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= LARGEST_SEED:
            raise ValueError(f"{seed!r} is no seed; a seed is a whole number from 0")
    if not value:
        raise ValueError("there must be at least one seed")
    return sorted(set(value))


def _controls(value: object) -> object:
    """All of them, none, or those named."""
    if value in ("all", "none"):
        return [*CONTROLS, FOLLOWED] if value == "all" else []
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is neither all, none nor a list of controls")
    for name in value:
        if name not in (*CONTROLS, FOLLOWED):
            raise ValueError(f"there is no control {name!r}{nearest(str(name), (*CONTROLS, FOLLOWED))}")
    return [name for name in (*CONTROLS, FOLLOWED) if name in value]


class Settle(Part):
    """When the order of the agents is known well enough to stop."""

    confidence: float = Field(default=0.95, gt=0, lt=1, description="that all that is called settled is right")
    margin: float = Field(
        default=0.2, gt=0, lt=1, description="the share of seeds by which two agents may differ and still be level"
    )


def _measures(value: object) -> object:
    """Names of measures, each once."""
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is no list of measures")
    known = (*measures(), *policy_measures(), *twin_measures())
    for name in value:
        if name not in known:
            raise ValueError(f"there is no measure {name!r}{nearest(str(name), known)}")
    return list(dict.fromkeys(value))


Names = Annotated[list[str], Field(min_length=1)]


class Tournament(Part):
    """What is to be played. Scenarios, agents and overseers are written ``name:key=value,...``."""

    name: str = Field(description="names the run's folder and heads its report")
    scenarios: Names
    agents: Names = Field(description="for the seat of the model")
    overseers: Names = Field(default=["always"], description="for the seat of the overseer, where there is one")
    seeds: Annotated[list[int], BeforeValidator(_seeds)] = Field(
        default=list(range(10)), description="how many, or which; every agent meets the same ones"
    )

    controls: Annotated[list[str], BeforeValidator(_controls)] = Field(
        default=[*CONTROLS, FOLLOWED],
        description="in which every agent is fitted besides, for its label: all, none, or names",
    )
    measures: Annotated[list[str], BeforeValidator(_measures)] = Field(
        default=[],
        description="what tables show besides the usual; those of the policy are worked out on demand",
    )
    replays: bool = Field(default=True, description="whether an episode of every match is kept, for the report")
    twins: list[str] = Field(default=[], description="every scenario is played as these twins of it, too")
    limits: Limits = Field(default=Limits(), description="what a match may take before it is ended")
    faults: Pricing = Field(default="void", description="what a match costs that ends in a fault")
    retries: Annotated[int, Field(ge=1, le=100)] = Field(
        default=2, description="how often such a match is tried again, where faults is retry"
    )
    settle: Settle | None = Field(default=None, description="play no further seeds once the order of agents is settled")

    @property
    def besides(self) -> list[str]:
        """What is worked out of every match besides its own measures: controls, and measures of the policy itself."""
        return [*self.controls, *(name for name in self.measures if name in policy_measures())]

    @field_validator("name")
    @classmethod
    def _names_a_folder(cls, name: str) -> str:
        if not name.strip(". ") or any(letter in '/\\:*?"<>|' or ord(letter) < 32 for letter in name):
            raise ValueError(f"{name!r} cannot name a folder")
        return name


class Lineup:
    """A tournament with every name in it resolved; things named twice, in whatever words, are there once."""

    def __init__(
        self,
        tournament: Tournament,
        document: Document | None = None,
        trust: bool = False,
        find: Callable[[str], Player | Fault] = player,
    ) -> None:
        """Resolve all names, those of agents by ``find``, which may give the fault that finding one ended in.

        Raises:
            TurncoatError: there is no such thing, its settings do not fit, or two scenarios could not be told apart;
                with the place in ``document``.
        """
        self.tournament, self.trust = tournament, trust
        self.faults: dict[str, Fault] = {}
        """Why agents could not be found, by their identity."""

        def entered(text: str) -> Player:
            found = find(text)
            if not isinstance(found, Fault):
                return found
            one = unknown(text)
            self.faults[one.identity] = found
            return one

        def seated(text: str) -> Player:
            found = find(text)
            if isinstance(found, Fault):
                raise TurncoatError(f"{unknown(text).label} cannot oversee: {found.message}")
            return found

        def each(key: str, make: Callable[[str], list[T]]) -> list[T]:
            found: dict[str, T] = {}
            for i, text in enumerate(getattr(tournament, key)):
                try:
                    made = make(text)
                except TurncoatError as error:
                    if document is None:
                        raise
                    document.fail((key, i), str(error))
                for one in made:
                    known = found.setdefault(_meant(one), one)
                    if known.identity == one.identity:
                        found[_meant(one)] = max(known, one, key=lambda thing: (len(thing.label), thing.label))
            return list(found.values())

        asked = each("scenarios", lambda text: [board(text, trust)])
        self.players = each("agents", lambda text: [entered(text)])
        self.overseers = each("overseers", lambda text: [overseer(text, seated)])
        besides = each("twins", lambda text: [board(one, trust, text) for one in tournament.scenarios])
        self.boards = list({one.identity: one for one in (*besides, *asked)}.values())
        named: dict[str, Board] = {}
        for one in asked:
            other = named.setdefault(canonical([one.scenario.name, dict(one.settings)]), one)
            if other is not one:
                what = f"{other.found} and {one.found} are two games of one name and settings; rename one"
                if document is None:
                    raise TurncoatError(what)
                document.fail(("scenarios",), what)


def _meant(one: Board | Player) -> str:
    """What makes two things one: their identity, with the file of an agent by where it lies."""
    place = IN_FILE.match(one.identity) if isinstance(one, Player) else None
    return f"{Path(place['path']).resolve()}{one.identity[place.end('path') :]}" if place else one.identity


def from_file(path: Path) -> tuple[Tournament, Document]:
    """Read a tournament file; the document says where each name stands.

    Raises:
        TurncoatError: ``file:line:column: key: what is wrong``.
    """
    document = read(path)
    if not isinstance(document.data, dict):
        document.fail((), "a tournament file is a mapping of keys to values")
    return check(document, Tournament), document
