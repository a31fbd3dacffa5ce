"""What shows an episode. A renderer reads labels and a recorded trajectory, never the rules."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cache
from typing import cast

from arena import plugins
from arena.errors import TurncoatError, nearest
from arena.play.trajectory import Trajectory


class Renderer(ABC):
    """A way of showing trajectories. Put the file in a folder of renderers; the class's name is the renderer's."""

    @abstractmethod
    def show(self, trajectory: Trajectory, title: str) -> None:
        """Show one episode."""


@cache
def renderers() -> Mapping[str, type[Renderer]]:
    """All renderers installed, by name."""
    return cast("Mapping[str, type[Renderer]]", dict(sorted(plugins.classes("renderers", Renderer).items())))


def find(name: str) -> Renderer:
    """The renderer called ``name``; a TurncoatError names the nearest one."""
    if name not in renderers():
        raise TurncoatError(f"there is no renderer {name!r}{nearest(name, renderers())}")
    return renderers()[name]()
