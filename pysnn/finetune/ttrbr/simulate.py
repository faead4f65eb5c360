"""IF neurons through T steps, forward: compiled on a CPU, else with PyTorch; both give the same bits."""

# mypy: disable-error-code="misc"
# PyTorch has no types where it is not installed.

from typing import Any, NamedTuple

import numpy as np
import torch

from pysnn.backends.settings import read_settings
from pysnn.errors import DataError

try:
    from pysnn import _core
except ImportError:
    _core = None  # type: ignore[assignment]

__all__ = [
    "Channels",
    "cached_samples",
    "compiled_for",
    "empty_rows",
    "flat",
    "has_channels_last",
    "in_the_order_of",
    "simulate",
]

# Neurons that are simulated together on a CPU: their potentials stay in its cache from step to step.
_CACHED = 1 << 17


def simulate(current: Any, threshold: Any, start: Any, steps: int, batch: int) -> tuple[Any, Any]:
    """Simulate IF neurons with reset by subtraction, of which a spike stands for th.

    Parameters
    ----------
    current
        ``steps * batch`` rows, the first step's first, or ``batch`` rows that hold at every step.
    threshold, start
        Threshold th and initial potential, float32: of no dimension, or one per channel with the dimensions of the current.
    steps, batch
        T, and the number of samples.

    Returns
    -------
    The spikes times th, ``(steps * batch, ...)``, and their mean over the steps, ``(batch, ...)``.

    Raises
    ------
    DataError
        The current has another number of rows.
    """
    if len(current) not in (batch, steps * batch):
        raise DataError(f"currents: expected {batch} samples, or as many for each of {steps} steps, got {len(current)}")
    output, rate = empty_rows(current, steps * batch), empty_rows(current, batch)
    if compiled_for(current, threshold, start):
        arrays = _Rows(flat(current), flat(output), flat(rate))
        channels = Channels.of(threshold, start)
        _core.integrate(arrays, channels, steps, torch.get_num_threads(), read_settings().simd)
    else:
        _simulate(current, threshold, start, output, rate)
    return output, rate


def compiled_for(values: Any, *channels: Any) -> bool:
    """Whether compiled code takes such values, and numbers of channels with them."""
    kinds = values.dtype in (torch.float32, torch.bfloat16) and all(x.dtype == torch.float32 for x in channels)
    return kinds and _core is not None and values.device.type == "cpu" and values.dim() in (2, 4)


class _Rows(NamedTuple):
    """What the compiled simulation reads and fills: currents, spikes, and their mean over the steps."""

    current: Any
    spikes: Any
    rate: Any


class Channels(NamedTuple):
    """Thresholds and initial potentials of the compiled simulation, one of each, or one per channel."""

    threshold: Any
    start: Any

    @classmethod
    def of(cls, threshold: Any, start: Any) -> "Channels":
        """Return as many of the one as of the other."""
        alike = torch.broadcast_tensors(threshold.detach(), start.detach())
        return cls(*(values.reshape(-1).contiguous().numpy() for values in alike))


def _simulate(current: Any, threshold: Any, start: Any, output: Any, rate: Any) -> None:
    batch = len(rate)
    steps, constant = len(output) // batch, len(current) == batch
    size = cached_samples(current, batch)
    for first in range(0, batch, size):
        samples = min(size, batch - first)
        potential = torch.zeros_like(output[:samples], dtype=torch.float32) + start
        spikes, total = torch.empty_like(potential), torch.zeros_like(potential)
        for t in range(steps):
            rows = slice(t * batch + first, t * batch + first + samples)
            potential += current[first : first + samples] if constant else current[rows]
            torch.ge(potential, threshold, out=spikes).mul_(threshold)
            output[rows] = spikes
            potential -= spikes
            total += spikes
        rate[first : first + samples] = total.div_(steps)


def empty_rows(like: Any, rows: int) -> Any:
    """Return room for so many rows of a kind, maps in the order that convolutions are quickest in."""
    form = torch.channels_last if like.dim() == 4 else torch.contiguous_format
    return torch.empty((rows, *like.shape[1:]), dtype=like.dtype, device=like.device, memory_format=form)


def has_channels_last(values: Any) -> bool:
    """Whether values are maps whose channels are innermost in memory."""
    return bool(values.dim() == 4 and values.is_contiguous(memory_format=torch.channels_last))


def in_the_order_of(values: Any, gradient: Any) -> Any:
    """Return a gradient in the memory order of the values: PyTorch is ten times slower where two operands differ in it."""
    order = torch.channels_last if has_channels_last(values) else torch.contiguous_format
    return gradient.contiguous(memory_format=order)


def cached_samples(current: Any, batch: int) -> int:
    """Return how many samples to simulate together."""
    return max(1, _CACHED // max(1, current[0].numel())) if current.device.type == "cpu" else batch


def flat(values: Any) -> Any:
    """Return the values with channels innermost, as one line of numbers in the same memory if it is in that order; bfloat16 as its bits."""
    line = (values.movedim(1, -1) if values.dim() > 1 else values).contiguous().reshape(-1)
    if line.dtype == torch.float32:
        return line.numpy()
    return line.view(torch.int16).numpy().view(np.uint16)
