"""One site of the first-spike engine: its neurons' spike times from the spikes that reach it, and the backward pass.

``times`` are ascending, finite; ``weight`` has one row a spike, one column a neuron. Each statement on whole rows stands for
one rounded operation a neuron.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["back_ramp", "back_step", "fire_ramp", "fire_step", "lane_sum"]

Array = NDArray[Any]

LANES = 16
GROUP = 64


def fire_ramp(times: Array, weight: Array, threshold: float) -> tuple[Array, Array]:
    """Return spike times and slopes: ``A = sum w``, ``c = threshold + sum w t`` over the spikes so far, ``t_j = c / A``.

    Examples
    --------
    >>> fire_ramp(np.array([0.0, 0.5]), np.array([[1.0], [1.0]]), 1.0)
    (array([0.75]), array([2.]))
    """
    slope = np.zeros(weight.shape[1], dtype=times.dtype)
    crossed = np.full_like(slope, threshold)
    out, marks = np.full_like(slope, np.inf), np.zeros_like(slope)
    waiting = np.ones(len(out), dtype=bool)
    for k, time in enumerate(times):
        slope = slope + weight[k]
        crossed = crossed + weight[k] * time
        following = times[k + 1] if k + 1 < len(times) else np.inf
        if following > time:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                at = crossed / slope
            fires = waiting & (slope > 0) & (at <= following) & (at < np.inf)
            out[fires] = np.maximum(at[fires], np.nextafter(time, np.inf, dtype=times.dtype))
            marks[fires] = slope[fires]
            waiting &= ~fires
    return out, marks


def fire_step(times: Array, weight: Array, threshold: float, compare: Literal[">=", ">"]) -> tuple[Array, Array]:
    """Return the steps at which the sum of weights first stands at the threshold, and the sums.

    Examples
    --------
    >>> fire_step(np.array([0.0, 3.0]), np.array([[1.0], [1.0]]), 2.0, ">=")
    (array([3.]), array([2.]))
    """
    potential = np.zeros(weight.shape[1], dtype=times.dtype)
    out, marks = np.full_like(potential, np.inf), np.zeros_like(potential)
    for k, time in enumerate(times):
        potential = potential + weight[k]
        if k + 1 == len(times) or times[k + 1] > time:
            over = potential >= threshold if compare == ">=" else potential > threshold
            fires = over & np.isinf(out)
            out[fires] = time
            marks[fires] = potential[fires]
    return out, marks


def back_ramp(
    times: Array, weight: Array, *, out: Array, slope: Array, gradient: Array, min_slope: float
) -> tuple[Array, Array]:
    """Return the gradients by the weights and by the times: ``dt_j/dw_ij = (t_i - t_j) / A``, ``dt_j/dt_i = w_ij / A``."""
    alive = np.isfinite(out)
    scaled = np.zeros_like(gradient)
    scaled[alive] = gradient[alive] / np.maximum(slope[alive], np.asarray(min_slope, dtype=slope.dtype))
    last = np.where(alive, out, 0)
    causal = times[:, None] < last
    by_weight = np.where(causal, scaled * (times[:, None] - last), 0)
    return by_weight, lane_sum(np.where(causal, scaled * weight, 0))


def back_step(times: Array, weight: Array, *, out: Array, gradient: Array, kernel: Array) -> tuple[Array, Array]:
    """Return the gradients with ``kernel[t_j - t_i + steps]`` for ``dt_j/dw_ij``, and ``dt_j/dt_i = w_ij`` where ``t_i <= t_j``.

    A silent neuron has ``t_j = steps``.
    """
    steps = len(kernel) // 2
    last = np.where(np.isfinite(out), out, steps).astype(np.int64)
    distance = last - times[:, None].astype(np.int64)
    by_weight = gradient * kernel[distance + steps].astype(gradient.dtype)
    return by_weight, lane_sum(np.where(distance >= 0, gradient * weight, 0))


def lane_sum(terms: Array) -> Array:
    """Sum each row in the order that every engine takes.

    Groups of 64 columns in turn; within a group 16 lanes, each summing its columns ascending; then lanes by halves.

    Examples
    --------
    >>> lane_sum(np.ones((2, 70))).tolist()
    [70.0, 70.0]
    """
    total = np.zeros(len(terms), dtype=terms.dtype)
    for first in range(0, terms.shape[1], GROUP):
        group = terms[:, first : first + GROUP]
        lanes = np.zeros((len(terms), LANES), dtype=terms.dtype)
        for start in range(0, group.shape[1], LANES):
            part = group[:, start : start + LANES]
            lanes[:, : part.shape[1]] += part
        half = LANES // 2
        while half:
            lanes = lanes[:, :half] + lanes[:, half : 2 * half]
            half //= 2
        total += lanes[:, 0]
    return total
