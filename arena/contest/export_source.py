"""What an export is made from: a run's rows, each match checked, as the tables have them."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from arena.contest.export_tables import MATCH, TABLES, Column, Columns
from arena.contest.records import BLOCK, MEASURES, PLAYER, SCENARIO, Block, Known, query
from arena.contest.store import Store
from arena.errors import TurncoatError

THINGS = {"scenarios": SCENARIO, "players": PLAYER}

WIDE = "wide"
"""The one table of a single file: the columns of ``matches``, then one for every measure."""

OLD_FAULTS = (
    "SELECT NULL, scenario, model, overseer, NULL, NULL, error || ': ' || message, '', NULL, NULL FROM failures"
)


class Source:
    """A store, read table by table and piece by piece."""

    def __init__(self, store: Store) -> None:
        """Scenarios and players are read at once; there are not many."""
        self._store = store
        things = (store.rows(f"SELECT {', '.join(what)} FROM {where}") for where, what in THINGS.items())
        self.known = Known.of(*things)
        self._split: dict[str, tuple[str, str | None, float | None]] = {}

    def columns(self, table: str) -> Sequence[Column]:
        """The columns of a table."""
        if table != WIDE:
            return TABLES[table]
        return (*MATCH, *(Column(name, "double", "a measure") for name in self._names))

    @cached_property
    def _names(self) -> list[str]:
        return [name for (name,) in self._store.rows("SELECT DISTINCT name FROM measures ORDER BY name")]

    def chunks(self, wide: bool) -> Iterator[tuple[str, Columns]]:
        """Some rows of a table at a time, of all tables or of the wide one.

        Raises:
            TurncoatError: a match does not fit its key or its checksum.
        """
        for block in self._blocks():
            matches = self._matches(block)
            if wide:
                yield WIDE, matches | self._wide(block)
            else:
                yield "matches", matches
                yield "measures", self._measures(block)
        if not wide:
            yield "faults", self._faults()
            yield "scenarios", self._scenarios()
            players = self.known.players.values()
            yield "players", {name: [one[name] for one in players] for name in ("name", "label", "kind")}

    def _blocks(self) -> Iterator[Block]:
        sql = query([row[1] for row in self._store.rows("PRAGMA table_info(matches)")]).replace(
            "BETWEEN ? AND ?", "> ?"
        )
        last = -(2**63)
        while matches := self._store.rows(f"{sql} LIMIT {BLOCK}", (last,)):
            first, last = matches[0][0], matches[-1][0]
            block = Block.of(matches, self._store.rows(MEASURES, (first, last)))
            for i in range(len(matches)):
                if wrong := block.problem(i, self.known):
                    raise TurncoatError(f"{self._store.path}: damaged (a match is {wrong})")
            yield block

    def _game(self, ids: Sequence[Any]) -> dict[str, list[Any]]:
        games = [self.known.scenarios[i] for i in ids]
        of = {"scenario": "name", "setting": "label", "settings": "settings", "digest": "digest"}
        return {column: [game[name] for game in games] for column, name in of.items()}

    def _who(self, models: Sequence[Any], overseers: Sequence[Any]) -> dict[str, list[Any]]:
        agents = [self.known.players[i] for i in models]
        of = {"model": "name", "agent": "label", "kind": "kind"}
        over = [None if i is None else self.known.players[i]["name"] for i in overseers]
        return {column: [agent[name] for agent in agents] for column, name in of.items()} | {"overseer": over}

    def _matches(self, block: Block) -> dict[str, Any]:
        _, keys, scenarios, models, overseers, seeds, controls, _ = zip(*block.matches, strict=True)
        return {
            "key": keys,
            **self._game(scenarios),
            "current": [i in self.known.current for i in scenarios],
            **self._who(models, overseers),
            "seed": seeds,
            "controls": controls,
        }

    def _measures(self, block: Block) -> dict[str, Any]:
        """Every measure of every match, one below the other."""
        counts = (block.end - block.first).tolist()
        split = [self._parts(name) for name in block.names]
        return {
            "key": [match.key for match, count in zip(block.matches, counts, strict=True) for _ in range(count)],
            "measure": [measure for measure, _, _ in split],
            "control": [control for _, control, _ in split],
            "share": [share for _, _, share in split],
            "value": [None if value != value else value for value in block.values.tolist()],
        }

    def _wide(self, block: Block) -> dict[str, Any]:
        """A column for every measure."""
        found: dict[str, list[float | None]] = {name: [None] * len(block.matches) for name in self._names}
        for i in range(len(block.matches)):
            names, values = block.measures(i)
            for name, value in zip(names, values.tolist(), strict=True):
                found[name][i] = None if value != value else value
        return found

    def _parts(self, name: str) -> tuple[str, str | None, float | None]:
        """A name in the store as measure, control and share."""
        if name not in self._split:
            first, _, share = name.partition("~")
            measure, _, control = first.partition("@")
            self._split[name] = measure, control or None, float(share) if share else None
        return self._split[name]

    def _faults(self) -> dict[str, Any]:
        """Matches without a result; of earlier formats, which did not say which, pairings."""
        names = {name for (name,) in self._store.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        rows = self._store.rows("SELECT * FROM faults ORDER BY key" if "faults" in names else OLD_FAULTS)
        key, scenarios, models, overseers, *rest = zip(*rows, strict=True) if rows else [()] * 10
        later = dict(zip(("seed", "cause", "message", "output", "tries", "policy"), rest, strict=True))
        return {"key": key, **self._game(scenarios), **self._who(models, overseers), **later}

    def _scenarios(self) -> dict[str, Any]:
        games = self.known.scenarios
        same = ("title", "about", "source", "found")
        return {
            **self._game(list(games)),
            "current": [i in self.known.current for i in games],
            **{name: [game[name] for game in games.values()] for name in same},
        }
