"""NIR's layers as pysnn's: everything that is no neuron."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from pysnn.errors import NetworkError
from pysnn.importers.nir.fields import Fields, compact
from pysnn.nodes import Affine, AvgPool2d, Conv2d, Delay, Flatten, Linear, Node, Scale, SumPool2d

__all__ = ["LAYERS", "delay"]

_WHOLE = 1e-4


def _linear(fields: Fields) -> Node:
    weight = fields.node.array(fields.name, "weight")
    if weight.ndim != 2:
        raise NetworkError(f"{fields.title}: weight must be (outputs, inputs), got the shape {weight.shape}")
    return Linear(weight, fields.node.array(fields.name, "bias") if fields.node.kind == "Affine" else None)


def _scale(fields: Fields) -> Node:
    factor = compact(fields.numbers("scale"))
    if np.ndim(factor) > 1:
        raise NetworkError(f"{fields.title}: scale must be one number a channel, got one a value")
    return Scale(factor) if np.min(factor) > 0 else Affine(factor, 0.0)


def _conv2d(fields: Fields) -> Node:
    weight = _weight(fields, 4)
    stride, dilation = (_pair(fields, key) for key in ("stride", "dilation"))
    padding = _padding(fields, weight.shape[2:], stride, dilation)
    return Conv2d(weight, _bias(fields), stride, padding, dilation, _groups(fields))


def _conv1d(fields: Fields) -> Node:
    """Return a convolution in one dimension as one over maps of height 1."""
    weight = _weight(fields, 3)[:, :, None, :]
    stride, dilation = ((1, *fields.node.integers(fields.name, key)) for key in ("stride", "dilation"))
    for key, found in (("stride", stride), ("dilation", dilation)):
        if len(found) != 2:
            raise NetworkError(f"{fields.title}: {key} must be one number, got {found[1:]}")
    padding = _padding(fields, weight.shape[2:], stride, dilation)
    return Conv2d(weight, _bias(fields), stride, padding, dilation, _groups(fields))


def _weight(fields: Fields, axes: int) -> Any:
    weight = fields.node.array(fields.name, "weight")
    if weight.ndim != axes:
        raise NetworkError(f"{fields.title}: weight must have {axes} axes, got the shape {weight.shape}")
    return weight


def _bias(fields: Fields) -> Any:
    return fields.node.array(fields.name, "bias") if "bias" in fields.node.fields else None


def _groups(fields: Fields) -> int:
    return fields.node.integers(fields.name, "groups")[0]


def _pair(fields: Fields, key: str) -> tuple[int, int]:
    found = fields.node.integers(fields.name, key)
    if len(found) not in (1, 2):
        raise NetworkError(f"{fields.title}: {key} must be one number or two, got {found}")
    return found[0], found[-1]


def _padding(
    fields: Fields, kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> tuple[int, ...]:
    """Return (top, left, bottom, right) of numbers, of "valid" or of "same", whose odd zero goes to the end."""
    given = fields.node.fields.get("padding")
    if not isinstance(given, str):
        found = fields.node.integers(fields.name, "padding")
        pair = (0, *found) if fields.node.kind == "Conv1d" else (found[0], found[-1])
        if len(found) > 2 or len(pair) != 2:
            raise NetworkError(f"{fields.title}: padding must be one number for each axis, got {found}")
        return (*pair, *pair)
    if given == "valid":
        return (0, 0, 0, 0)
    if given != "same" or set(stride) != {1}:
        raise NetworkError(
            f"{fields.title}: padding must be numbers, 'valid', or 'same' with stride 1, got {given!r} with {stride}"
        )
    total = [step * (size - 1) for step, size in zip(dilation, kernel, strict=True)]
    before = [zeros // 2 for zeros in total]
    return (*before, *(zeros - first for zeros, first in zip(total, before, strict=True)))


def _pool(fields: Fields) -> Node:
    kind = SumPool2d if fields.node.kind == "SumPool2d" else AvgPool2d
    return kind(_pair(fields, "kernel_size"), _pair(fields, "stride"), _pair(fields, "padding"))


def _flatten(fields: Fields) -> Node:
    start, end = (fields.node.integers(fields.name, key)[0] for key in ("start_dim", "end_dim"))
    shape = fields.shape
    last = end % len(shape) if -len(shape) <= end < len(shape) else -1
    first = start % len(shape) if -len(shape) <= start < len(shape) else -1
    whole = first >= 0 and last >= first and prod(shape[first : last + 1]) == prod(shape)
    if not whole:
        raise NetworkError(
            f"{fields.title}: start_dim {start} and end_dim {end} must make one vector of {shape} (which has no batch), other axes are not flattened"
        )
    return Flatten()


def delay(fields: Fields, dt: float | None) -> Node:
    """Return a delay in whole steps."""
    seconds = fields.numbers("delay")
    if dt is None:
        raise NetworkError(f"{fields.title}: a delay in seconds needs dt, and this profile counts in steps")
    steps = seconds / dt
    if (seconds != seconds.flat[0]).any() or abs(float(steps.flat[0]) - round(float(steps.flat[0]))) > _WHOLE:
        raise NetworkError(
            f"{fields.title}: expected one delay of whole steps of {dt:g} s, got {seconds.min():g} to {seconds.max():g} s"
        )
    count = round(float(steps.flat[0]))
    return Scale(1.0) if count == 0 else Delay(count)


LAYERS: dict[str, Callable[[Fields], Node]] = {
    "Affine": _linear,
    "AvgPool2d": _pool,
    "Conv1d": _conv1d,
    "Conv2d": _conv2d,
    "Flatten": _flatten,
    "Linear": _linear,
    "Scale": _scale,
    "SumPool2d": _pool,
}
"""The translation of each kind of layer."""
