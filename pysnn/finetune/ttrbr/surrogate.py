"""Backward through time through IF neurons: compiled on a CPU, else with PyTorch; both give currents the same bits."""

# mypy: disable-error-code="misc"
# PyTorch has no types where it is not installed.

from typing import Any, NamedTuple

import torch

from pysnn.backends.settings import read_settings
from pysnn.finetune.ttrbr.simulate import Channels, cached_samples, compiled_for, empty_rows, flat, in_the_order_of

__all__ = ["summed", "surrogate_gradients"]


def surrogate_gradients(current: Any, threshold: Any, start: Any, gradient: Any, steps: int) -> tuple[Any, Any, Any]:
    """Derive :func:`~pysnn.finetune.ttrbr.simulate.simulate`, with ``d o/d v = max(0, 1 - |v/th - 1|)`` for the step of the spike.

    Potentials are computed again, in float32.

    Parameters
    ----------
    current, threshold, start, steps
        As the simulation took them.
    gradient
        Of the spikes times th, ``(steps * batch, ...)``.

    Returns
    -------
    The gradients of current, threshold and start, in their shapes; sums are in float32, and those of compiled code in another order.
    """
    gradient = in_the_order_of(current, gradient)
    if not compiled_for(current, threshold, start):
        return _derived(current, threshold, start, gradient, steps)
    from pysnn import _core

    leaving = empty_rows(current, len(current))
    arrays = _Derived(flat(current), flat(gradient), flat(leaving))
    how = (steps, torch.get_num_threads(), read_settings().simd)
    found = _core.integrate_backward(arrays, Channels.of(threshold, start), *how)
    to_threshold, to_start = (torch.from_numpy(values) for values in found)
    return leaving, _in_the_shape_of(threshold, to_threshold), _in_the_shape_of(start, to_start)


class _Derived(NamedTuple):
    """What the compiled backward pass reads and fills."""

    current: Any
    arriving: Any
    leaving: Any


def _in_the_shape_of(values: Any, channels: Any) -> Any:
    """Return gradients of one or of each channel as those of the values that stood for them."""
    return channels.reshape(values.shape) if values.dim() else channels.sum()


def _derived(current: Any, threshold: Any, start: Any, gradient: Any, steps: int) -> tuple[Any, Any, Any]:
    batch = len(gradient) // steps
    constant = len(current) == batch
    leaving = torch.empty_like(current)
    to_threshold, to_start = (torch.zeros_like(values, dtype=torch.float32) for values in (threshold, start))
    size, inverse = cached_samples(current, batch), 1 / threshold
    for first in range(0, batch, size):
        rows = [slice(t * batch + first, t * batch + min(first + size, batch)) for t in range(steps)]
        potentials = _potentials(current, threshold, start, [rows[0]] * steps if constant else rows)
        later = torch.zeros_like(potentials[0])
        total = torch.zeros_like(later)
        for step, potential in zip(reversed(rows), reversed(potentials), strict=True):
            u = potential * inverse
            slope = (1 - (u - 1).abs()).clamp(min=0)
            arriving = gradient[step].float() - later
            later = later + arriving * slope
            total += later
            if not constant:
                leaving[step] = later
            to_threshold += summed(arriving * ((potential >= threshold).float() - u * slope), threshold.shape)
        if constant:
            leaving[rows[0]] = total
        to_start += summed(later, start.shape)
    return leaving, to_threshold, to_start


def _potentials(current: Any, threshold: Any, start: Any, rows: list[slice]) -> list[Any]:
    """Return the potentials at each step, before the reset."""
    found, potential = [], start
    for step in rows:
        found.append(potential + current[step].float())
        potential = found[-1] - (found[-1] >= threshold) * threshold
    return found


def summed(values: Any, shape: Any) -> Any:
    """Sum over all axes but those of a threshold of this shape; PyTorch adds up bfloat16 in float32, and rounds the sum."""
    axes = [axis for axis in range(values.dim()) if axis != 1 or not shape]
    return values.sum(axes).to(torch.promote_types(values.dtype, torch.float32)).reshape(shape)
