"""What is done about neurons that never fire, and so never learn."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.first_spike.learn.state import TrainingState
from pysnn.first_spike.network import FirstSpikeNetwork, draw_weights
from pysnn.plan.first_spike import FirstSpikePlan, WeightLayer

__all__ = ["add_hinge", "redraw_silent"]

Array = NDArray[Any]


def add_hinge(
    plan: FirstSpikePlan, weights: Sequence[Array], gradients: Sequence[Array], strength: float, bound: float
) -> None:
    """Add the gradient of ``strength * sum_j max(0, bound * threshold - sum_i w_ij)``."""
    layers = [layer for layer in plan.layers if isinstance(layer, WeightLayer)]
    for layer, weight, gradient in zip(layers, weights, gradients, strict=True):
        low = weight.sum(axis=0) < bound * layer.threshold
        if low.any():
            gradient[:, low] -= np.float32(strength)


def redraw_silent(network: FirstSpikeNetwork, state: TrainingState, rng: np.random.Generator) -> int:
    """Draw the weights of neurons anew that fired in no sample (convolutions: channels); return how many."""
    drawn = draw_weights(network.plan, network.layers, rng)
    count = 0
    for layer, (weight, fresh, fired) in enumerate(zip(state.weights, drawn, state.fired, strict=True)):
        silent = fired.reshape(-1, weight.shape[1]).sum(axis=0) == 0
        weight[:, silent] = fresh[:, silent]
        state.optimiser.forget(layer, silent)
        count += int(silent.sum())
    return count
