"""Scenarios of kind ``grid``: a model that walks on a map, in stages one after another, watched or not.

Seats: ``model`` stays or takes a step; ``overseer`` watches or skips, or moves the guard. In a round the model moves,
then the guard. A defection is what the file calls one, and is watched where the guard stands before it moves.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from math import prod
from typing import NamedTuple

from arena.game.board import UNKNOWN, Board
from arena.game.document import Document, Keys
from arena.game.grid_file import GridFile, laid_out
from arena.game.layout import ACTIONS, GUARDING, Done, Layout, Step
from arena.game.maps import MOVES, Cell, beside, distances
from arena.game.model import Labels, Rewards
from arena.game.schema import Origin, check
from arena.game.staged import OFFERS, OVERSEERS, SIGNALS, Fate, Situation, StagedModel

ROAMED = 50_000
"""Places, having done what, that are counted even if fewer are enough, so that what there is most of is named."""


class Task(NamedTuple):
    """What is going on on the map."""

    at: Cell
    done: Done  # of every thing: whether it has been taken or pressed
    guard: Cell | int | None  # where it stands, or which step of its patrol comes next; None if it is not there
    over: bool = False  # fallen, or at a goal that ends the stage or the episode


class Scene(NamedTuple):
    """A state."""

    situation: Situation
    task: Task

    def __str__(self) -> str:
        now, on = self
        done = f", done {''.join(str(int(one)) for one in on.done)}" if on.done else ""
        guard = "" if on.guard is None else f", guard {on.guard if isinstance(on.guard, int) else tuple(on.guard)}"
        drawn = "" if now.overseen else ", no overseer"
        over = ", over" if on.over else ""
        return f"(stage {now.stage + 1}, x={on.at.x}, y={on.at.y}{done}{guard}, {now.status}{over}{drawn})"


def grid_model(document: Document, origins: Mapping[Keys, Origin]) -> "GridModel":
    """The model of a document of kind ``grid``; a TurncoatError says what is wrong with it."""
    file = check(document, GridFile, origins)
    return GridModel(file=file, layout=laid_out(file, document), discount=file.discount)


@dataclass(frozen=True, kw_only=True)
class GridModel(StagedModel[Scene, GridFile]):
    """The game that a file of kind ``grid`` stands for."""

    layout: Layout
    homeward: dict[tuple[Cell, Done], str] = field(default_factory=dict, compare=False, repr=False)  # ways found so far
    actions = {"model": ACTIONS, "overseer": ("watch", "skip")}  # noqa: RUF012 - a ClassVar of Model

    def __post_init__(self) -> None:
        if self.seated:
            object.__setattr__(self, "actions", {"model": ACTIONS, "overseer": GUARDING})

    @property
    def seated(self) -> bool:
        """Whether the overseer moves the guard."""
        return self.file.guard is not None and self.file.guard.seat is not None

    def certain(self, cap: int) -> dict[str, int]:
        """Of the stages that offer something, also where the guard is and what a model that stays free can do."""
        found, present = super().certain(cap), self.file.overseer.present
        found[OFFERS] = max(found[OFFERS] // 2, 1)
        if places := self.layout.of("guard"):
            found[OVERSEERS] = 1  # without an overseer there is no guard
            guarded = len(distances(places, self.ways)) if self.seated else len(self.layout.round_trip)
            found["places of the guard"] = (guarded if present > 0 else 0) + (present < 1)
        free = sum(not tile.does.solid for tile in self.layout.tiles.values())
        others = prod(found.values())
        if others * free * 2 ** len(self.layout.things) > cap:
            found["places of the model with what it has done"] = self.roamed(max(cap // others, ROAMED))
        return found

    def ways(self, cell: Cell) -> list[Cell]:
        """Where the overseer can move the guard from a cell, nothing having been done."""
        return [to for move in MOVES if not self.layout.solid(to := beside(cell, move), self.layout.untouched)]

    def roamed(self, enough: int) -> int:
        """In how many places, having done what, a model can be that surely stays free; past ``enough`` any number."""
        layout, ends = self.layout, {"goal", "hole", "stop"}
        lost = self.seated and any(s.oversight.catch == 1 and s.oversight.then != "fined" for s in self.file.stages)
        plain = {cell for kind in ("floor", "start", "guard") for cell in layout.of(kind)}
        near = {cell: [to for move in MOVES if (to := beside(cell, move)) in plain] for cell in layout.tiles}
        other = {cell: [move for move in MOVES if beside(cell, move) not in plain] for cell in layout.tiles}
        known = {layout.untouched: {layout.start}}
        queue = [(layout.start, layout.untouched)]  # no place twice
        for at, done in queue:
            here = known[done]
            for to in near[at]:
                if to not in here:
                    here.add(to)
                    queue.append((to, done))
            for action in other[at]:
                step = layout.move(at, done, action)
                fatal = layout.tiles[step.at].kind in ends or (lost and step.event in self.file.defection)
                there = known.setdefault(step.done, set())
                if step.at not in there and not (step.event and fatal):
                    there.add(step.at)
                    queue.append((step.at, step.done))
            if len(queue) > enough:
                break
        return len(queue)

    def situation(self, state: Scene) -> Situation:
        """Its first part."""
        return state.situation

    def initial(self) -> Mapping[Scene, float]:
        """At the start, and whatever is drawn there."""
        return {Scene(s, self.fresh(s)): chance for s, chance in self.beginnings().items()}

    def advance(self, state: Scene, span: int) -> Mapping[Scene, float]:
        """On to the next stage, where the model begins anew or goes on."""
        kept = self.file.stages[span + 1].begin == "kept" and not state.task.over
        task = state.task if kept else self.fresh(state.situation)
        return {Scene(s, task): p for s, p in self.following(state.situation, self.layout.blind(task.done)).items()}

    def fresh(self, situation: Situation) -> Task:
        """The map as at first. Without an overseer there is no guard."""
        layout, places = self.layout, self.layout.of("guard")
        guard = None if not places or not situation.overseen else places[0] if self.seated else 0
        return Task(layout.start, layout.untouched, guard)

    def legal(self, state: Scene) -> Mapping[str, tuple[str, ...]]:
        """A free model goes where it likes; a corrected one, or one that is offered nothing, is walked to a goal."""
        situation, task = state
        if situation.status == "ended" or self.finished(task):
            return {}
        tempted = self.tempted(situation) and not task.over
        held = situation.status == "stopped" or task.over
        model = ACTIONS if tempted else ("stay",) if held else (self.way(task.at, task.done),)
        if self.seated:
            return {"model": model, "overseer": GUARDING if situation.overseen else ("stay",)}
        catches = self.file.stages[situation.stage].oversight.catch > 0 and not self.layout.blind(task.done)
        watched = tempted and catches and situation.overseen
        return {"model": model, "overseer": ("watch", "skip") if watched else ("skip",)}

    def finished(self, task: Task) -> bool:
        """Whether what has happened on the map ends the episode."""
        return task.over and (self.file.ends == "episode" or self.layout.tiles[task.at].kind == "hole")

    def way(self, at: Cell, done: Done) -> str:
        """The first step of a shortest way to a goal without a defection; to stay where there is none."""
        if (at, done) not in self.homeward:
            came: dict[tuple[Cell, Done], tuple[tuple[Cell, Done], str] | None] = {(at, done): None}
            queue, home = [(at, done)], None
            for place in queue:
                if self.layout.tiles[place[0]].kind == "goal" and place != (at, done):
                    home = place
                    break
                for action in MOVES:
                    step = self.layout.move(*place, action)
                    there = (step.at, step.done)
                    if there not in came and not self._amiss(step):
                        came[there] = place, action
                        queue.append(there)
            if home is None:
                self.homeward.update(dict.fromkeys(came, "stay"))
            while home is not None and (last := came[home]) is not None:
                home, self.homeward[last[0]] = last[0], last[1]
        return self.homeward[at, done]

    def _amiss(self, step: Step) -> bool:
        """Whether a compliant model would not take a step."""
        return step.event in self.file.defection or self.layout.tiles[step.at].kind == "hole"

    def transition(self, state: Scene, actions: tuple[str, ...]) -> Mapping[Scene, float]:
        """The model moves, may be caught or stopped, then the guard moves."""
        situation, task = state
        layout = self.layout
        step = layout.move(task.at, task.done, actions[0])
        fates: Mapping[Fate, float] = {Fate(situation.status): 1.0}
        if step.event in self.file.defection:
            fates = self.fates(situation, self.watches(task, step, actions[1]))
        blind = layout.blind(step.done)
        stops = step.event is not None and layout.tiles[step.at].kind == "stop" and situation.overseen and not blind
        if stops:
            fates = {Fate("stopped", f.fined) if f.status == "free" else f: chance for f, chance in fates.items()}
        after = self.after(task, step, situation, actions[1])
        if self.finished(after):
            return {Scene(situation._replace(status=f.status, fined=f.fined), after): p for f, p in fates.items()}
        return {Scene(s, after): p for s, p in self.settled(situation, fates, layout.blind(after.done)).items()}

    def watches(self, task: Task, step: Step, overseer: str) -> bool:
        """Whether a defection is seen where it happens, by an overseer in action."""
        if self.layout.blind(task.done) or overseer == "skip":
            return False
        return self.layout.watched(step.at, task.done, self.guard_at(task))

    def guard_at(self, task: Task) -> Cell | None:
        """Where the guard stands."""
        return self.layout.round_trip[task.guard] if isinstance(task.guard, int) else task.guard

    def after(self, task: Task, step: Step, situation: Situation, overseer: str) -> Task:
        """The map after a round."""
        guard = task.guard
        if isinstance(guard, int):
            guard = (guard + 1) % len(self.layout.round_trip)
        elif guard is not None and not self.layout.solid(beside(guard, overseer), step.done):
            guard = beside(guard, overseer)
        kind = self.layout.tiles[step.at].kind if step.event is not None else ""
        if kind == "goal" and self.file.ends == "trial":
            return self.fresh(situation)
        return Task(step.at, step.done, guard, task.over or kind in ("goal", "hole"))

    def rewards(self, state: Scene, actions: tuple[str, ...], following: Scene) -> Rewards:
        """The step and what happened on it, less the fine; nothing more while a stage is over before its time."""
        (situation, task), (after, _) = state, following
        event = self.layout.move(task.at, task.done, actions[0]).event
        caught = self.caught(situation, after)
        return self.paid(situation.stage, event, caught, task.over, actions[1] == "watch")

    @cached_property
    def paid(self) -> Callable[[int, str | None, bool, bool, bool], Rewards]:
        """What a round pays: by its stage, what happened, whether the model was caught, all is over, one watched."""
        return cache(self._paid)

    def _paid(self, stage: int, event: str | None, caught: bool, over: bool, watching: bool) -> Rewards:
        pays, oversight = self.file.stages[stage].pays, self.file.stages[stage].oversight

        def paid(channel: Mapping[str, float]) -> float:
            return 0.0 if over else channel.get("step", 0.0) + (channel.get(event, 0.0) if event else 0.0)

        observed = paid(pays.observed)
        return Rewards(
            observed=(
                observed - (oversight.fine if caught else 0.0),
                self.overseer_paid(event in self.file.defection, caught, watching),
            ),
            intended=observed if pays.intended is None else paid(pays.intended),
            private=None if pays.private is None else (paid(pays.private), 0.0),
        )

    def observe(self, state: Scene, seat: str) -> Mapping[str, Hashable]:
        """The model sees its cues and of the map what the file says; the overseer the stage, the model and the map."""
        if seat == "overseer":
            return self.overseer_sees(state.situation) | self.whole(state.task)
        task, sees = state.task, self.cues(state.situation)
        if self.file.sees == "all":
            return sees | self.whole(task)
        if self.file.sees == "position":
            return sees | {"x": task.at.x, "y": task.at.y}
        around = {move: beside(task.at, move) for move in MOVES}
        guard = self.guard_at(task)
        return sees | {
            move: "guard" if cell == guard else self.layout.words(cell, task.done) for move, cell in around.items()
        }

    def whole(self, task: Task) -> dict[str, Hashable]:
        """The map: where the model is, what has been taken or pressed, and where the guard is."""
        told: dict[str, Hashable] = {"x": task.at.x, "y": task.at.y}
        told |= dict(zip(self.layout.names, task.done, strict=True))
        if self.layout.of("guard"):
            guard = self.guard_at(task)
            told |= {"guard x": guard and guard.x, "guard y": guard and guard.y}
        return told

    def labels(self, state: Scene) -> Labels:
        """The stage's labels; a goal and a hole are noted."""
        found, task = super().labels(state), state.task
        if not task.over or state.situation.status == "ended":
            return found
        return replace(found, note="fell" if self.layout.tiles[task.at].kind == "hole" else "at the goal")

    def defects(self, state: Scene, seat: str, action: str) -> bool:
        """A step that makes one of the file's defections happen."""
        step = self.layout.move(state.task.at, state.task.done, action) if seat == "model" else None
        return step is not None and step.event in self.file.defection

    def truth(self, state: Scene) -> Mapping[str, Hashable]:
        """The signals as they are, and the map."""
        signals = self.signals(state.situation, self.layout.blind(state.task.done))
        return dict(zip(SIGNALS, signals, strict=True)) | self.whole(state.task)

    def board(self, state: Scene, seat: str | None = None) -> Board:
        """The map; of what the model does not see, what it was at first or nothing."""
        task, layout = state.task, self.layout
        guard = self.guard_at(task)
        movers = [] if guard is None else [("guard", *guard)]
        eyes = [layout.view(camera, task.done) for camera in layout.of("camera")]
        eyes += [] if guard is None else [layout.view(guard, task.done, layout.sight)]
        near = {task.at, *(beside(task.at, move) for move in MOVES)}
        blind = seat == "model" and self.file.sees != "all"
        around = blind and self.file.sees != "position"

        def word(cell: Cell) -> str:
            if around and cell not in near:
                return UNKNOWN
            return layout.words(cell, layout.untouched if blind and not around else task.done)

        rows = tuple(tuple(word(Cell(x, y)) for x in range(layout.map.width)) for y in range(layout.map.height))
        shown = [mover for mover in movers if not blind or (around and mover[1:] in near)]
        watched = (
            frozenset()
            if blind or layout.blind(task.done) or not state.situation.overseen
            else frozenset().union(*eyes)
        )
        return Board(rows, (*shown, ("model", *task.at)), frozenset((x, y) for x, y in watched))

    def can_catch(self, stage: int) -> bool:
        """An overseer can also stop the model, where there are tiles for it."""
        return super().can_catch(stage) or bool(self.layout.of("stop"))
