"""The phase diagrams in a run's folder: whatever ``turncoat sweep --out`` has left in a folder within it."""

from dataclasses import dataclass
from pathlib import Path

from arena.contest.diagram import SWEEP, Diagram, load
from arena.errors import TurncoatError


@dataclass(frozen=True)
class Found:
    """A sweep's diagram of one measure, or why it cannot be shown."""

    place: str  # the sweep's folder, as seen from the run's
    measure: str
    diagram: Diagram | None
    problem: str = ""


def found(folder: Path) -> list[Found]:
    """Every diagram in a run's folder, by folder and measure."""
    diagrams = []
    for sweep in sorted(folder.glob(f"**/{SWEEP}")):
        for file in sorted(sweep.parent.glob("*.json")):
            if file.name == SWEEP:
                continue
            place = file.parent.relative_to(folder).as_posix()
            try:
                diagrams.append(Found(place, file.stem, load(file.parent, file.stem)))
            except TurncoatError as error:
                diagrams.append(Found(place, file.stem, None, str(error)))
    return diagrams
