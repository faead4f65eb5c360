"""What is run: networks with weights on a grid, so that sums are exact in any order, and random input spikes."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["ALPHA", "BETA", "KINDS", "LIBRARIES", "NETWORKS", "STEPS", "TAU", "TAU_SYN", "Case", "spikes", "weights"]

Array: TypeAlias = NDArray[np.float32]

STEPS = 100
BETA, ALPHA = 0.9, 0.8
TAU, TAU_SYN = 10.0, 5.0
"""Of the membrane and of the synapse: factors a step where a library has factors, else steps."""
LIBRARIES = ("snnTorch", "SpikingJelly", "sinabs", "Norse")
NETWORKS = ("784-800-10", "convolutional")
KINDS = ("LIF", "CubaLIF", "recurrent LIF")
_GRID = 64
# Gains of the weights that bring hidden neurons to 5 to 20 % spikes a step; found by trying.
_GAIN = {"LIF": 1.0, "CubaLIF": 0.22, "recurrent LIF": 1.0}

_INHIBITION = -0.15


@dataclass(frozen=True)
class Case:
    """A network, a kind of neuron, and its input.

    Attributes
    ----------
    network
        "784-800-10", or "convolutional": 2x34x34, 12 filters of 5x5, pool, 32 of 5x5, pool, 10.
    kind
        One of :data:`KINDS`.
    rate
        Share of inputs that spike at a step.
    batch
        Samples.
    """

    network: str
    kind: str
    rate: float
    batch: int

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of a sample."""
        return (784,) if self.network == "784-800-10" else (2, 34, 34)


def weights(case: Case) -> dict[str, Array]:
    """Return ``w1``, ``w2`` (and ``w3``), and of recurrent networks ``r1`` and ``r2``."""
    rng = np.random.default_rng(0)
    gain = _GAIN[case.kind]

    def drawn(shape: tuple[int, ...], inputs: float, mean: float = 0.02) -> Array:
        values = rng.normal(mean, 1.0, shape) * gain / np.sqrt(inputs)
        found: Array = (np.round(values * _GRID) / _GRID).astype(np.float32)
        return found

    if case.network == "convolutional":
        spikes_in = 2 * 25 * case.rate
        return {
            "w1": drawn((12, 2, 5, 5), 3 * spikes_in),
            "w2": drawn((32, 12, 5, 5), 24.0),
            "w3": drawn((10, 32 * 5 * 5), 60.0),
        }
    found = {"w1": drawn((800, 784), 3 * 784 * case.rate), "w2": drawn((10, 800), 80.0)}
    if case.kind == "recurrent LIF":
        found |= {"r1": drawn((800, 800), 800.0, _INHIBITION), "r2": drawn((10, 10), 800.0, _INHIBITION)}
    return found


def spikes(case: Case) -> NDArray[np.uint8]:
    """Return the input, ``(steps, batch, ...)``."""
    rng = np.random.default_rng(1)
    found: NDArray[Any] = rng.random((STEPS, case.batch, *case.shape), dtype=np.float32) < case.rate
    return found.astype(np.uint8)
