"""A training on disk: cut into segments, each saved whole, so that a run that was killed goes on where it was.

The folder holds ``policies.npz``, the end result; ``curve.csv``, the learning curve, a row for every point and seed;
``tensorboard/``, the same for TensorBoard; and until the end ``checkpoint.npz``, everything there is to go on from.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from arena.errors import TurncoatError
from arena.files import write
from arena.game.game import Floats
from arena.learn.events import event_file
from arena.learn.learner import Arrays, Learner, Resumable
from arena.learn.practice import Practice
from arena.learn.saved import extend, load_policies, pack, save_policies, unpack
from arena.play.agent import Keys
from arena.play.policy import Policy

POLICIES, CHECKPOINT, CURVE, TENSORBOARD = "policies.npz", "checkpoint.npz", "curve.csv", "tensorboard"


class Progress(Protocol):
    """Told how far a training is."""

    def __call__(self, done: int, length: int) -> object:
        """``done`` of ``length`` episodes or steps are over."""


@dataclass(frozen=True)
class Curve:
    """What was measured during a training: at ``done[i]``, of every seed, every measure."""

    unit: str  # what done is counted in
    seeds: Sequence[int]
    measures: Sequence[str]
    done: list[int]
    values: list[Floats]  # each [seed, measure]; NaN where a measure is undefined

    def csv(self) -> bytes:
        """A row for every point and seed; empty where a measure is undefined."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([self.unit, "seed", *self.measures])
        for done, values in zip(self.done, self.values, strict=True):
            for seed, row in zip(self.seeds, values.tolist(), strict=True):
                writer.writerow([done, seed, *(repr(value) if value == value else "" for value in row)])
        return text.getvalue().encode()

    def events(self, place: int) -> bytes:
        """TensorBoard's event file of the seed in some place."""
        points = zip(self.done, self.values, strict=True)
        return event_file([(done, dict(zip(self.measures, values[place].tolist()))) for done, values in points])


class Training:
    """Learners, one a seed, in a folder of their own. ``run`` trains them, or what is left of it."""

    def __init__(
        self,
        folder: Path,
        learner: Learner,
        practice: Practice,
        keys: Keys,
        manifest: Mapping[str, Any],
        measures: Mapping[str, Callable[[Policy], float]],
        points: int,
    ) -> None:
        """Prepare a training; nothing is written yet.

        Args:
            folder: made if it is not there.
            learner: one that is ``Resumable`` is trained in segments, any other in one.
            practice: what it learns in.
            keys: one a seed; the seeds are in the manifest.
            manifest: JSON data: scenario, settings, digest, agent, overseer, seat, seeds and versions.
            measures: what the learning curve shows of a policy, by name.
            points: how many segments, and how often to measure.

        Raises:
            TurncoatError: ``points`` is less than one, or the folder holds another training.
        """
        if points < 1:
            raise TurncoatError(f"a learning curve needs at least one point, not {points}")
        self.folder, self.learner, self.practice, self.keys = folder, learner, practice, keys
        self.manifest, self.measures, self.points = dict(manifest), dict(measures), points
        for name, kind in ((POLICIES, "policies"), (CHECKPOINT, "checkpoint")):
            if (folder / name).exists():
                self._recognise(folder / name, kind)

    @property
    def finished(self) -> bool:
        """Whether the end result is there."""
        return (self.folder / POLICIES).exists()

    def run(self, progress: Progress = lambda done, length: None) -> Sequence[Policy]:
        """Train what is left, and return the policies at the end, one a key.

        However often it is killed and run again, the files at the end are the same to the byte.
        """
        told = self.practice.view
        if not self.finished:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise TurncoatError(f"{self.folder}: {error.strerror or error}") from None
            policies = self._segments(self.learner, progress) if isinstance(self.learner, Resumable) else self._whole()
            save_policies(self.folder / POLICIES, policies, told, {**self.manifest, "points": self.points})
        (self.folder / CHECKPOINT).unlink(missing_ok=True)
        saved = load_policies(self.folder / POLICIES)
        game, seat = self.practice._game, self.practice._seat
        return [saved.policy(game, seat, number) for number in range(len(self.keys))]

    def _segments(self, learner: Resumable, progress: Progress) -> Sequence[Policy]:
        """Advance, measure, save; in this order, so that what is saved is never behind the curve."""
        curve = self._curve(learner.unit)
        if (self.folder / CHECKPOINT).exists():
            _, arrays = unpack(self.folder / CHECKPOINT, "checkpoint")
            curve.done.extend(arrays.pop("curve/done").tolist())
            curve.values.extend(arrays.pop("curve/values"))
            self._draw(curve)
        else:
            arrays = learner.begin(self.practice, self.keys)
            arrays = self._point(curve, learner, arrays, 0)
        grains = -(-learner.length // self.points)
        segment = max(1, -(-grains // learner.grain)) * learner.grain
        while (done := curve.done[-1]) < learner.length:
            progress(done, learner.length)
            until = min(done + segment, learner.length)
            arrays = self._point(curve, learner, learner.advance(self.practice, arrays, done, until), until)
        progress(learner.length, learner.length)
        return learner.tabulate(self.practice, arrays)

    def _point(self, curve: Curve, learner: Resumable, arrays: Arrays, done: int) -> Arrays:
        """Measure the learners as they stand, and save them."""
        self._measure(curve, learner.tabulate(self.practice, arrays), done)
        points = {"curve/done": np.asarray(curve.done, np.int64), "curve/values": np.asarray(curve.values)}
        manifest = {"kind": "checkpoint", **self.manifest, "points": self.points}
        write(self.folder / CHECKPOINT, pack({**arrays, **points}, manifest))
        self._draw(curve)
        return arrays

    def _whole(self) -> Sequence[Policy]:
        """A learner that cannot be stopped: what was not finished is done again."""
        curve = self._curve("trained")
        policies = self.learner.learn(self.practice, self.keys)
        self._measure(curve, policies, 1)
        self._draw(curve)
        return policies

    def _curve(self, unit: str) -> Curve:
        return Curve(unit, self.manifest["seeds"], list(self.measures), [], [])

    def _measure(self, curve: Curve, policies: Iterable[Policy], done: int) -> None:
        curve.values.append(
            np.asarray([[measure(policy) for measure in self.measures.values()] for policy in policies])
        )
        curve.done.append(done)

    def _draw(self, curve: Curve) -> None:
        """Bring the curve's files up to what is saved."""
        extend(self.folder / CURVE, curve.csv())
        for place, seed in enumerate(curve.seeds):
            run = self.folder / TENSORBOARD / f"seed-{seed}"
            run.mkdir(parents=True, exist_ok=True)
            extend(run / "events.out.tfevents.0.turncoat", curve.events(place))

    def _recognise(self, path: Path, kind: str) -> None:
        """Make sure that a file belongs to this training."""
        found, _ = unpack(path, kind)
        for key, value in {**self.manifest, "points": self.points}.items():
            if found.get(key) == value or (key == "versions" and kind == "policies"):
                continue
            what = f"{key} {found.get(key)}, not {value}"
            if key == "versions":
                was = found.get(key, {})
                what = ", ".join(
                    f"{name} {was.get(name)}, not {now}" for name, now in value.items() if was.get(name) != now
                )
            raise TurncoatError(f"{path}: of another training, with {what}; choose another folder, or move it away")
