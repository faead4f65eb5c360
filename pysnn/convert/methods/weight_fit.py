"""Weights that make up for what a layer's inputs have lost."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.network import Network
from pysnn.nodes import Conv2d, Linear, Output, ReLU

__all__ = ["fit_weights", "layers_to_fit"]

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

_RIDGES = (1e-3, 1e-2, 1e-1, 1.0)
_HELD_OUT = 4
_POSITIONS = 1 << 18
_MOST_SEEN = 1 << 13
_VALUES_AT_A_TIME = 1 << 24


def layers_to_fit(network: Network) -> dict[str, str]:
    """Return, for each activation and for the output of an ANN, the first layer of weights that feeds it and nothing else.

    Layers with groups, and those whose outputs see more than 8,192 values each, which would take over half a gigabyte, are left out.

    Examples
    --------
    >>> from pysnn import Input
    >>> layers_to_fit(Network.chain({"in": Input((1,)), "fc": Linear([[1.0]]), "relu": ReLU(), "out": Output()}))
    {'relu': 'fc'}
    """
    found: dict[str, str] = {}
    for name, node in network.nodes.items():
        if isinstance(node, ReLU | Output):
            found.update([(name, source) for source in network.sources[name] if _fits(network, source)][:1])
    return found


def _fits(network: Network, name: str) -> bool:
    node = network.nodes[name]
    if not isinstance(node, Conv2d | Linear) or (isinstance(node, Conv2d) and node.groups > 1):
        return False
    return node.weight[0].size <= _MOST_SEEN and len(network.targets[name]) == 1


def fit_weights(layer: Conv2d | Linear, inputs: Float32, missing: Float32) -> Float32 | None:
    """Return what to add to a layer's weights, so that it gives most of what is missing from its inputs; ``None`` where that is nothing.

    Least squares: ``D`` of least ``sum |r - D (p - mean p)|^2 + ridge * mean(diagonal) * |D|^2`` over samples and positions, ``p`` what an
    output sees and ``r`` what is missing there, less its mean over samples and positions. Of four ridges that is taken which leaves least of
    every fourth sample, fitted to the others; all samples are fitted then. Where no ridge leaves less than there was, nothing is added.
    Of samples with many positions the first are taken, 262,144 positions.

    Parameters
    ----------
    layer
        A layer without groups.
    inputs
        ``(samples, channels, height, width)``, or ``(samples, features)``.
    missing
        What should be added to the layer's outputs: ``(samples, outputs, ...)``.

    Examples
    --------
    >>> x = np.float32([[0, 1], [1, 0], [1, 1], [0, 0]] * 8)
    >>> added = fit_weights(Linear(np.zeros((1, 2))), x, x[:, :1] / 2)
    >>> np.round(added, 2).tolist()
    [[0.5, 0.0]]
    """
    places = tuple(range(2, missing.ndim))
    taken = slice(max(1, _POSITIONS // max(1, missing[0, 0].size)))
    inputs, missing = inputs[taken], missing[taken]
    missing = missing - missing.mean(axis=(0, *places), keepdims=True)
    if not missing.any():
        return None
    mean = _mean(layer, inputs)
    held = np.arange(len(inputs)) % _HELD_OUT == _HELD_OUT - 1
    fitted, left = (_Sums.of(layer, inputs[rows], missing[rows], mean) for rows in (~held, held))
    errors = [left.error(fitted.solved(ridge)) for ridge in _RIDGES]
    best = int(np.argmin(errors))
    if not errors[best] < 0:
        return None
    return _as_weight(layer, fitted.plus(left).solved(_RIDGES[best]))


@dataclass(frozen=True, eq=False)
class _Sums:
    """Sums over positions: ``inner`` of products of what is seen, ``outer`` of those with what is missing."""

    inner: Float64
    outer: Float64

    @classmethod
    def of(cls, layer: Conv2d | Linear, inputs: Float32, missing: Float32, mean: Float32) -> "_Sums":
        outputs = missing.shape[1]
        found = cls(np.zeros((len(mean), len(mean))), np.zeros((len(mean), outputs)))
        for rows in _parts(layer, inputs):
            seen = _unfolded(layer, inputs[rows]) - mean
            wanted = np.moveaxis(missing[rows], 1, -1).reshape(-1, outputs)
            found = found.plus(cls((seen.T @ seen).astype(np.float64), (seen.T @ wanted).astype(np.float64)))
        return found

    def plus(self, other: "_Sums") -> "_Sums":
        return _Sums(self.inner + other.inner, self.outer + other.outer)

    def solved(self, ridge: float) -> Float64:
        """Return the weights of least squares: ``(values seen, outputs)``."""
        diagonal = ridge * self.inner.trace() / len(self.inner) + np.finfo(np.float64).tiny
        return np.linalg.solve(self.inner + diagonal * np.eye(len(self.inner)), self.outer)

    def error(self, added: Float64) -> float:
        """Return how much more is missing with such weights than without."""
        return float(np.sum(added * (self.inner @ added)) - 2 * np.sum(added * self.outer))


def _mean(layer: Conv2d | Linear, inputs: Float32) -> Float32:
    total, count = np.float64(0), 0
    for rows in _parts(layer, inputs):
        seen = _unfolded(layer, inputs[rows])
        total = total + seen.sum(axis=0, dtype=np.float64)
        count += len(seen)
    return np.asarray(total / count, dtype=np.float32)


def _parts(layer: Conv2d | Linear, inputs: Float32) -> list[slice]:
    size = max(1, _VALUES_AT_A_TIME // max(1, _unfolded(layer, inputs[:1]).size))
    return [slice(first, first + size) for first in range(0, len(inputs), size)]


def _unfolded(layer: Conv2d | Linear, inputs: Float32) -> Float32:
    return layer.unfold(inputs) if isinstance(layer, Conv2d) else inputs


def _as_weight(layer: Conv2d | Linear, added: Float64) -> Float32:
    """Return weights in the layer's own order; a convolution sees taps before channels."""
    found: Any = added.T.astype(np.float32)
    if isinstance(layer, Conv2d):
        outputs, inputs, *kernel = layer.weight.shape
        found = found.reshape(outputs, *kernel, inputs).transpose(0, 3, 1, 2)
    return np.ascontiguousarray(found)
