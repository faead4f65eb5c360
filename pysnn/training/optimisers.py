"""Optimisers and schedules of the learning rate."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from pysnn.backends import get_backend
from pysnn.backends.adam import AdamStep, Moments
from pysnn.errors import DataError

__all__ = ["OPTIMISERS", "SGD", "Adam", "Optimiser", "Schedule"]

Array = NDArray[Any]

_CHUNK = 1 << 15
"""Values that are updated together: all the arrays of a chunk stay in the cache."""


@dataclass(frozen=True)
class Schedule:
    """The learning rate over a training, as a factor of the first one.

    ``kind``: "constant"; "cosine" falls to ``last`` along half a cosine; "exponential" falls to it by equal factors;
    "linear" along a line. ``warmup`` is the share of the training in which it first rises from 0.

    Examples
    --------
    >>> Schedule("linear", last=0.5)(0.5)
    0.75
    """

    kind: Literal["constant", "cosine", "exponential", "linear"] = "cosine"
    last: float = 0.01
    warmup: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in ("constant", "cosine", "exponential", "linear"):
            raise DataError(f"schedule: expected constant, cosine, exponential or linear, got {self.kind!r}")
        if not 0 < self.last <= 1 or not 0 <= self.warmup < 1:
            raise DataError(f"schedule: expected last in (0, 1] and warmup in [0, 1), got {self.last}, {self.warmup}")

    def __call__(self, progress: float) -> float:
        """Return the factor at a share of the training between 0 and 1."""
        if progress < self.warmup:
            return progress / self.warmup
        along = (progress - self.warmup) / (1 - self.warmup)
        if self.kind == "cosine":
            return self.last + (1 - self.last) * (1 + math.cos(math.pi * along)) / 2
        if self.kind == "exponential":
            return float(self.last**along)
        return 1.0 if self.kind == "constant" else 1 + (self.last - 1) * along


@dataclass(eq=False)
class Optimiser:
    """Changes weights in place; ``state`` is what it remembers, arrays by name, and is part of a checkpoint.

    ``backend`` and ``threads`` change the speed only.
    """

    rate: float = 1e-3
    weight_decay: float = 0.0
    state: dict[str, Array] = field(default_factory=dict)
    backend: str = "reference"
    threads: int = 1
    moments: ClassVar[tuple[str, ...]] = ()

    def step(self, weights: Sequence[Array], gradients: Sequence[Array], factor: float) -> None:
        """Take one step at ``factor`` times the learning rate."""
        raise NotImplementedError

    def forget(self, layer: int, columns: Array) -> None:
        """Forget what is remembered of some neurons, whose weights were drawn anew."""
        for moment in self.moments:
            if f"{moment}{layer}" in self.state:
                self.state[f"{moment}{layer}"][:, columns] = 0

    def _flat(self, weights: Sequence[Array], gradients: Sequence[Array]) -> Iterator[list[Array]]:
        """Return flat views of each layer's weights, gradient and moments."""
        for layer, (weight, gradient) in enumerate(zip(weights, gradients, strict=True)):
            names = [f"{moment}{layer}" for moment in self.moments]
            for name in names:
                if name not in self.state:
                    self.state[name] = np.zeros_like(weight)
            moments = (self.state[name] for name in names)
            yield [array.reshape(-1) for array in (weight, gradient, *moments)]


@dataclass(eq=False)
class SGD(Optimiser):
    """``m = momentum m + g``, ``w -= rate (m + weight_decay w)``.

    Examples
    --------
    >>> weight = np.ones((1, 1), dtype=np.float32)
    >>> SGD(rate=0.5).step([weight], [np.ones_like(weight)], 1.0)
    >>> float(weight[0, 0])
    0.5
    """

    momentum: float = 0.9
    moments: ClassVar[tuple[str, ...]] = ("velocity",)

    def step(self, weights: Sequence[Array], gradients: Sequence[Array], factor: float) -> None:
        """Take one step."""
        rate, decay = np.float32(self.rate * factor), np.float32(self.weight_decay)
        for flat in self._flat(weights, gradients):
            for start in range(0, flat[0].size, _CHUNK):
                weight, gradient, velocity = (array[start : start + _CHUNK] for array in flat)
                velocity *= np.float32(self.momentum)
                velocity += gradient
                weight -= rate * (velocity + decay * weight)


@dataclass(eq=False)
class Adam(Optimiser):
    """Adam (Kingma and Ba, ICLR 2015) with the weight decay beside it (Loshchilov and Hutter, ICLR 2019).

    ``m = b1 m + (1 - b1) g``, ``v = b2 v + (1 - b2) g^2``,
    ``w -= rate (m / (1 - b1^n) / (sqrt(v / (1 - b2^n)) + epsilon) + weight_decay w)`` at step n = 1, 2, ...
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    moments: ClassVar[tuple[str, ...]] = ("mean", "square")

    def step(self, weights: Sequence[Array], gradients: Sequence[Array], factor: float) -> None:
        """Take one step."""
        count = int(self.state.setdefault("count", np.zeros(1, dtype=np.int64))[0]) + 1
        self.state["count"][0] = count
        beta1, beta2 = np.float32(self.beta1), np.float32(self.beta2)
        scale = np.float32(1 / math.sqrt(1 - self.beta2**count))
        rate = np.float32(self.rate * factor / (1 - self.beta1**count))
        kept = 1 - np.float32(self.rate * factor * self.weight_decay)
        step = AdamStep(beta1, 1 - beta1, beta2, 1 - beta2, scale, np.float32(self.epsilon), rate, kept)
        backend = get_backend(self.backend)
        for flat in self._flat(weights, gradients):
            backend.adam(step, Moments(*flat), threads=self.threads)


OPTIMISERS: dict[str, type[Optimiser]] = {"adam": Adam, "sgd": SGD}
"""Every optimiser by name."""
