"""Quantised clips, forward and backward: compiled on a CPU, else with PyTorch; both give values and their gradients the same bits.

Both compute in float32 (float64 where the currents are that), and round results to the kind of the currents.
"""

# mypy: disable-error-code="misc"
# PyTorch has no types where it is not installed.

from typing import Any, NamedTuple

import torch
from torch.nn import functional

from pysnn.backends.settings import read_settings
from pysnn.finetune.ttrbr.simulate import compiled_for, empty_rows, flat, in_the_order_of
from pysnn.finetune.ttrbr.surrogate import summed

__all__ = ["clip_gradients", "clipped"]


def clipped(z: Any, threshold: Any, levels: int | None, noise: Any = None) -> Any:
    """Clip currents: ``u = z (1/th)``, ``a = th clip(u, 0, 1)``, with L levels ``a = th floor(clip(clip(u, 0, 1) L + 1/2 + noise, 0, L))/L``.

    Parameters
    ----------
    z
        Currents ``(batch, channels, ...)``.
    threshold
        th: of no dimension, or one per channel with the dimensions of the currents.
    levels
        L; ``None`` for values that are not rounded.
    noise
        In levels, as many values as currents; or ``None``.
    """
    if not compiled_for(z, threshold):
        return _clipped(z, threshold, levels, noise)
    from pysnn import _core

    value = empty_rows(z, len(z))
    arrays = _Arrays(flat(z), None if noise is None else flat(noise), flat(value))
    _core.clip(arrays, _channels(threshold), levels, torch.get_num_threads(), read_settings().simd)
    return value


def clip_gradients(z: Any, value: Any, threshold: Any, gradient: Any, levelled: bool) -> tuple[Any, Any]:
    """Derive :func:`clipped`, rounding to levels passed straight through.

    ``da/dz`` is 1 for 0 < u < 1. ``da/dth`` is 1 for u > 1; with levels ``a/th`` outside and ``(a - z)/th`` inside.

    Parameters
    ----------
    z, value, threshold
        The currents, what became of them, and the thresholds.
    gradient
        Of the value.
    levelled
        Whether values were rounded to levels.

    Returns
    -------
    The gradients of currents and thresholds, in their shapes; the latter are sums in float32, of compiled code in another order.
    """
    gradient = in_the_order_of(z, gradient)
    if not compiled_for(z, threshold):
        return _derived(z, value, threshold, gradient, levelled)
    from pysnn import _core

    leaving = empty_rows(z, len(z))
    arrays = _Derived(flat(z), flat(value), flat(gradient), flat(leaving))
    how = (levelled, torch.get_num_threads(), read_settings().simd)
    found = _core.clip_backward(arrays, _channels(threshold), *how)
    return leaving, torch.from_numpy(found).reshape(threshold.shape)


class _Arrays(NamedTuple):
    """What the compiled forward pass reads and fills."""

    current: Any
    noise: Any
    value: Any


class _Derived(NamedTuple):
    """What the compiled backward pass reads and fills."""

    current: Any
    value: Any
    arriving: Any
    leaving: Any


def _channels(threshold: Any) -> Any:
    return threshold.detach().reshape(-1).contiguous().numpy()


def _clipped(z: Any, threshold: Any, levels: int | None, noise: Any) -> Any:
    wide, th = _widened(z, threshold)
    level = functional.hardtanh(wide * (1 / th), 0.0, 1.0)
    if levels is not None:
        level = level * levels + 0.5
        level = level if noise is None else level + noise
        level = level.clamp_(0, levels).floor_().div_(levels)
    return (level * th).to(z.dtype)


def _derived(z: Any, value: Any, threshold: Any, gradient: Any, levelled: bool) -> tuple[Any, Any]:
    wide, th = _widened(z, threshold)
    u, arriving = wide * (1 / th), gradient.to(wide.dtype)
    inside = torch.ops.aten.hardtanh_backward(arriving, u, 0.0, 1.0)
    if levelled:
        of_threshold = arriving * (value.to(wide.dtype) * (1 / th)) - inside * u
    else:
        of_threshold = torch.ops.aten.threshold_backward(arriving, u, 1.0)
    return inside.to(z.dtype), summed(of_threshold, threshold.shape)


def _widened(z: Any, threshold: Any) -> tuple[Any, Any]:
    """Return currents and thresholds in the precision that both compute in."""
    kind = torch.promote_types(z.dtype, torch.float32)
    return z.to(kind), threshold.to(kind)
