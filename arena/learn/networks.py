"""Networks that play a seat: a multilayer perceptron and a gated recurrent unit, for whole populations of learners.

The parameters of a population are one matrix, a row a learner, so that a learner's arithmetic is its own: every product
is batched over learners, in float64, and a row comes out the same whatever rows stand beside it. Imports torch.
"""

import math
import zlib
from abc import ABC, abstractmethod

import numpy as np
import torch
from torch import Tensor

from arena.errors import TurncoatError
from arena.game.game import Floats
from arena.game.unroll import Unrolled
from arena.learn.population import Population, population
from arena.play.agent import Keys
from arena.play.policy import View

Parts = list[Tensor]

LARGEST = 10**8
"""How many numbers the inputs of all observations together may be: everything is one-hot, which suits small games."""


def one_hot(view: View) -> tuple[Floats, list[str]]:
    """The input for every line, each factor one-hot and then the round where it is seen, and what each input says.

    Returns:
        ``[clocks * O, inputs]`` and the inputs' names, ``factor=value``.

    Raises:
        TurncoatError: the game is too large for one-hot inputs.
    """
    vectors = view.vectors()
    words = [(name, values) for name, values in view.factors]
    if view.sees_round:
        words.append(("round", tuple(str(clock) for clock in range(view.clocks))))
    words = words or [("nothing", ("0",))]
    names = [f"{name}={value}" for name, values in words for value in values]
    if len(vectors) * len(names) > LARGEST:
        raise TurncoatError(
            f"{view.seat}: {len(vectors)} observations of {len(names)} one-hot inputs are more than the {LARGEST} "
            "numbers that networks are made for"
        )
    columns = [np.eye(len(values))[column] for (_, values), column in zip(words, vectors.T, strict=True)]
    return np.concatenate(columns, axis=1), names


class Network(ABC):
    """Maps observations, and a memory of those before, to logits of the actions. It holds no parameters itself.

    Weights begin normally distributed, so that each layer's sums have variance one. Each row is drawn from the
    learner's key and the name of what comes in there, so that it begins alike in a scenario and in a twin with more to
    see. The last layer begins at zero: every learner's first policy is uniform, as a tabular one's is.
    """

    memory: int  # how many numbers it carries from one timestep to the next

    def __init__(self, view: View, hidden: int = 16) -> None:
        """A network for a seat with ``hidden`` units in its one layer."""
        features, self.names = one_hot(view)
        self.view = view
        self.features = torch.from_numpy(features)  # [clocks * O, inputs]
        self.active = max(1, round(float(features[0].sum())))  # how many inputs are 1 at a time
        self.inputs, self.hidden, self.actions = features.shape[1], hidden, len(view.actions)
        self.legal = torch.from_numpy(view.legal)

    @property
    @abstractmethod
    def layers(self) -> tuple[tuple[tuple[int, int], float], ...]:
        """The shape of every parameter and the standard deviation it begins with."""

    @abstractmethod
    def step(self, parts: Parts, seen: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Logits ``[learner, n, A]`` and the memory afterwards ``[learner, n, memory]``.

        Args:
            parts: parameters, as ``split`` gives them.
            seen: inputs. ``[learner, n, inputs]``
            memory: what is carried from the timestep before, zeros in the first. ``[learner, n, memory]``
        """

    @property
    def size(self) -> int:
        """How many parameters a learner has."""
        return sum(math.prod(shape) for shape, _ in self.layers)

    def begin(self, keys: Keys) -> Population:
        """A learner for every key; its parameters are ``table[learner, 0]``."""
        learners = population(keys, 1, self.size)
        for table, key in zip(learners.table, keys, strict=True):
            table[0] = np.concatenate([self._drawn(int(key), place) for place in range(len(self.layers))])
        return learners

    def _drawn(self, key: int, place: int) -> Floats:
        """The parameters that a layer begins with, flat."""
        (rows, width), deviation = self.layers[place]
        if deviation == 0:
            return np.zeros(rows * width)
        names = self.names if place == 0 else [str(row) for row in range(rows)]
        seeds = [[key, place, zlib.crc32(name.encode())] for name in names]
        return deviation * np.concatenate([np.random.default_rng(seed).standard_normal(width) for seed in seeds])

    def split(self, theta: Tensor) -> Parts:
        """The parameters one by one, each ``[learner, *shape]``."""
        parts = torch.split(theta, [math.prod(shape) for shape, _ in self.layers], dim=1)
        return [part.view(-1, *shape) for part, (shape, _) in zip(parts, self.layers, strict=True)]

    def log_policy(self, theta: Tensor, lines: Tensor, last: Tensor) -> Tensor:
        """Log-probabilities of the actions, illegal ones minus infinity. ``[learner, A]``

        The memory is built anew from the beginning of the episode with the parameters as they are now. So this is a
        function of them, and its gradient is exact: backpropagation through the whole episode so far.

        Args:
            theta: parameters. ``[learner, size]``
            lines: what was seen in the episode, as lines of ``features``. ``[learner, timestep]``
            last: the place in ``lines`` of what is seen now. ``[learner]``
        """
        learners = len(theta)
        parts, seen = self.split(theta), self.features[lines]
        memory = theta.new_zeros(learners, 1, self.memory)
        logits = theta.new_zeros(learners, 1, self.actions)
        for t in range(int(last.max()) + 1):
            going = (last >= t).view(-1, 1, 1)
            now, after = self.step(parts, seen[:, t : t + 1], memory)
            logits, memory = torch.where(going, now, logits), torch.where(going, after, memory)
        current = lines.gather(1, last[:, None])[:, 0]
        return self.masked(logits[:, 0], current)

    def masked(self, logits: Tensor, lines: Tensor) -> Tensor:
        """Log-probabilities under ``logits [..., A]`` of the actions legal at ``lines [...]``."""
        legal = self.legal[lines % len(self.legal)]
        return torch.log_softmax(torch.where(legal, logits, -torch.inf), dim=-1)

    def everywhere(self, theta: Tensor) -> Tensor:
        """Log-probabilities at every line, with nothing in memory. ``[learner, clocks * O, A]``"""
        lines = torch.arange(len(self.features))
        memory = theta.new_zeros(len(theta), len(lines), self.memory)
        logits, _ = self.step(self.split(theta), self.features.expand(len(theta), -1, -1), memory)
        return self.masked(logits, lines)

    def tabulated(self, theta: Floats) -> Floats:
        """The policies at every line, with nothing in memory. ``[learner, clocks * O, A]``"""
        with torch.no_grad():
            probability = self.everywhere(torch.from_numpy(theta)).exp().numpy()
        return np.asarray(probability / probability.sum(axis=-1, keepdims=True))

    def recalled(self, theta: Floats, unrolled: Unrolled) -> Floats:
        """The policies in every information state, each reached by running through its history. ``[learner, N, A]``"""
        round_of = unrolled.clock if self.view.sees_round else np.zeros_like(unrolled.clock)
        lines = torch.from_numpy((round_of * len(self.view.rows) + unrolled.observation).astype(np.int64))
        with torch.no_grad():
            parts = self.split(torch.from_numpy(theta))
            memory = torch.zeros(len(theta), len(unrolled), self.memory, dtype=torch.float64)
            logits = torch.zeros(len(theta), len(unrolled), self.actions, dtype=torch.float64)
            for depth, level in enumerate(unrolled.levels):
                before = memory[:, unrolled.parent[level]] if depth else memory[:, level]
                seen = self.features[lines[level]].expand(len(theta), -1, -1)
                logits[:, level], memory[:, level] = self.step(parts, seen, before)
            probability = self.masked(logits, lines).exp().numpy()
        return np.asarray(probability / probability.sum(axis=-1, keepdims=True))


class MLP(Network):
    """One hidden layer of tanh units; no memory."""

    memory = 0

    @property
    def layers(self) -> tuple[tuple[tuple[int, int], float], ...]:
        """Into the hidden layer and out of it."""
        return (
            ((self.inputs, self.hidden), self.active**-0.5),
            ((1, self.hidden), 0.0),
            ((self.hidden, self.actions), 0.0),
            ((1, self.actions), 0.0),
        )

    def step(self, parts: Parts, seen: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Logits, and the memory as it was."""
        into, bias, out, shift = parts
        hidden = torch.tanh(torch.baddbmm(bias, seen, into))
        return torch.baddbmm(shift, hidden, out), memory


class GRU(Network):
    """A gated recurrent unit, its memory read out linearly. Cho et al. (2014), arXiv 1406.1078; gates as in torch."""

    @property
    def memory(self) -> int:  # type: ignore[override]
        """As many numbers as hidden units."""
        return self.hidden

    @property
    def layers(self) -> tuple[tuple[tuple[int, int], float], ...]:
        """Input and memory into the gates reset and update and the new value, and out of the memory."""
        return (
            ((self.inputs, 3 * self.hidden), self.active**-0.5),
            ((1, 3 * self.hidden), 0.0),
            ((self.hidden, 3 * self.hidden), self.hidden**-0.5),
            ((self.hidden, self.actions), 0.0),
            ((1, self.actions), 0.0),
        )

    def step(self, parts: Parts, seen: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Logits, and the memory after this observation."""
        into, bias, again, out, shift = parts
        told, kept = torch.baddbmm(bias, seen, into), torch.bmm(memory, again)
        reset, update = torch.sigmoid(told[..., : 2 * self.hidden] + kept[..., : 2 * self.hidden]).chunk(2, dim=-1)
        new = torch.tanh(told[..., 2 * self.hidden :] + reset * kept[..., 2 * self.hidden :])
        after = new + update * (memory - new)
        return torch.baddbmm(shift, after, out), after
