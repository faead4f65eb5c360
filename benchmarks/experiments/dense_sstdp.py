"""SSTDP by dense loops over all time-steps, as one writes it with a tensor library: what the event-driven engine is measured against.

The rule is :meth:`pysnn.first_spike.learn.SSTDP.published`, on dense layers; arithmetic is NumPy's, in the precision of the weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["DenseSSTDP"]

Array = NDArray[Any]


@dataclass
class DenseSSTDP:
    """Weights ``(inputs, neurons)`` of each layer, which a step changes in place."""

    weights: list[Array]
    steps: int = 255
    threshold: float = 100.0
    gap: float = 5.0
    rate: float = 10.0
    weight_decay: float = 1e-6
    times: list[Array] = field(default_factory=list)

    def forward(self, inputs: Array) -> Array:
        """Return the output times, ``steps`` = silent, for input times ``(batch, inputs)`` of which ``inf`` are silent."""
        potentials = [np.zeros((len(inputs), weight.shape[1]), dtype=weight.dtype) for weight in self.weights]
        self.times = [np.where(np.isfinite(inputs), inputs, self.steps + 1)]
        self.times += [np.full(potential.shape, self.steps, dtype=inputs.dtype) for potential in potentials]
        for step in range(self.steps):
            spikes = (self.times[0] == step).astype(self.weights[0].dtype)
            for potential, weight, out in zip(potentials, self.weights, self.times[1:], strict=True):
                np.add(potential, spikes @ weight, out=potential)
                fires = (potential > self.threshold) & (out == self.steps)
                out[fires] = step
                spikes = fires.astype(weight.dtype)
        return self.times[-1]

    def step(self, inputs: Array, labels: Array) -> None:
        """Learn from a batch."""
        error = self._error(self.forward(inputs), labels)
        gradients: list[Array] = []
        for layer in reversed(range(len(self.weights))):
            length = np.sqrt((error**2).sum(axis=1, keepdims=True))
            error = (error / np.where(length > 0, length, 1) / len(inputs)).astype(self.weights[layer].dtype)
            gradient, error = self._back(layer, error)
            gradients.append(gradient)
        self._update(gradients[::-1])

    def _back(self, layer: int, error: Array) -> tuple[Array, Array]:
        """Return the gradient by the layer's weights, and the error of the layer before; silent neurons have no part in it."""
        weight = self.weights[layer]
        gradient, below = np.zeros_like(weight), np.zeros(self.times[layer].shape, dtype=weight.dtype)
        for sample, (before, after) in enumerate(zip(self.times[layer], self.times[layer + 1], strict=True)):
            spoke = np.flatnonzero(before < self.steps)
            causal = before[spoke, None] <= after
            gradient[spoke] -= causal * error[sample]
            below[sample, spoke] = (causal * weight[spoke]) @ error[sample]
        return gradient, below

    def _error(self, times: Array, labels: Array) -> Array:
        earliest = times.min(axis=1, keepdims=True)
        is_label = np.arange(times.shape[1]) == labels[:, None]
        wanted = np.minimum(np.where(is_label, earliest, earliest + self.gap), self.steps)
        return np.asarray(times - wanted)

    def _update(self, gradients: Sequence[Array]) -> None:
        for weight, gradient in zip(self.weights, gradients, strict=True):
            np.subtract(weight, self.rate * (gradient + self.weight_decay * weight), out=weight)
