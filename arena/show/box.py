"""A place on a picture to draw into."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of logical units."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        """Where it ends to the right."""
        return self.x + self.w

    @property
    def bottom(self) -> float:
        """Where it ends below."""
        return self.y + self.h

    def split(self, share: float, gap: float) -> tuple["Box", "Box"]:
        """A left and a right part with a gap between; ``share`` of the width goes to the left."""
        left = (self.w - gap) * share
        return Box(self.x, self.y, left, self.h), Box(self.x + left + gap, self.y, self.w - left - gap, self.h)

    def stacked(self, height: float, gap: float) -> tuple["Box", "Box"]:
        """An upper part of that height and what is left below."""
        return (
            Box(self.x, self.y, self.w, height),
            Box(self.x, self.y + height + gap, self.w, self.h - height - gap),
        )
