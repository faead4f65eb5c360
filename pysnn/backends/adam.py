"""A step of Adam: its constants, and what it computes in NumPy. The compiled step has the same bits."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["AdamStep", "Moments", "adam_step"]

Array = NDArray[Any]

_CHUNK = 1 << 15
"""Values that are updated together: all the arrays of a chunk stay in the cache."""


@dataclass(frozen=True, eq=False)
class AdamStep:
    """The constants of a step, float32: ``m = mean_kept m + mean_added g``, ``v = square_kept v + square_added g^2``.

    ``w = kept w - m / (root_scale sqrt(v) + epsilon) rate``.
    """

    mean_kept: np.float32
    mean_added: np.float32
    square_kept: np.float32
    square_added: np.float32
    root_scale: np.float32
    epsilon: np.float32
    rate: np.float32
    kept: np.float32


@dataclass(frozen=True, eq=False)
class Moments:
    """Weights and what belongs to each of them, flat float32 arrays of one length; a step changes all but the gradient."""

    weight: Array
    gradient: Array
    mean: Array
    square: Array


def adam_step(step: AdamStep, moments: Moments) -> None:
    """Take a step in place, every operation rounded to float32."""
    space = np.empty(_CHUNK, dtype=np.float32)
    for start in range(0, moments.weight.size, _CHUNK):
        rows = slice(start, start + _CHUNK)
        arrays = (moments.weight[rows], moments.gradient[rows], moments.mean[rows], moments.square[rows])
        _update(step, Moments(*arrays), space[: len(arrays[0])])


def _update(step: AdamStep, part: Moments, space: Array) -> None:
    weight, gradient, mean, square = part.weight, part.gradient, part.mean, part.square
    np.multiply(gradient, step.mean_added, out=space)
    mean *= step.mean_kept
    mean += space
    np.multiply(gradient, gradient, out=space)
    space *= step.square_added
    square *= step.square_kept
    square += space
    np.sqrt(square, out=space)
    space *= step.root_scale
    space += step.epsilon
    np.divide(mean, space, out=space)
    space *= step.rate
    if step.kept != 1:
        weight *= step.kept
    weight -= space
