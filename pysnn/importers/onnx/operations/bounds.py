"""Limits of values: Relu, Clip, Max and Min with constants. Together they must be a ReLU, with or without a maximum."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.importers.onnx.file.model import OnnxNode, UnsupportedError
from pysnn.importers.onnx.layout.assembly import Assembly
from pysnn.importers.onnx.layout.signal import Operand, Operands, Signal
from pysnn.importers.onnx.operations.channels import channel_values, readable
from pysnn.nodes import AvgPool2d, Concat, Crop, Flatten, GlobalAvgPool, MaxPool2d, Pad, ReLU, Subsample

__all__ = ["clip", "maximum", "minimum", "relu"]

_KEEP_SIGN = (AvgPool2d, Concat, Crop, Flatten, GlobalAvgPool, MaxPool2d, Pad, Subsample)


def relu(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Compute ``max(x, 0)``."""
    return _limited_below(assembly, node, operands.limited(0))


def maximum(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Compute the maximum of a value and zeros, in either order."""
    signal, constant = _signal_and_constant(assembly, node, operands)
    if np.any(channel_values(assembly, signal, constant) != 0):
        raise UnsupportedError("it takes the maximum with something other than 0; only max(x, 0), a ReLU, is supported")
    return _limited_below(assembly, node, signal)


def minimum(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Compute the minimum of a value and positive constants, in either order: the upper bound of a ReLU."""
    signal, constant = _signal_and_constant(assembly, node, operands)
    return _limited_above(assembly, node, signal, constant)


def clip(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Clip to 0..m, which is a ReLU, with an upper bound where m is finite; either bound may stand in a node of its own."""
    signal = operands.limited(0)
    low, high = _bound(node, operands, 1, "min"), _bound(node, operands, 2, "max")
    positive = _is_positive(assembly, signal)
    below = low is not None and (low == 0 or (low < 0 and positive))
    if (low is not None and not below) or (high is not None and not high > 0) or (low is None and high is None):
        ends = f"{-np.inf if low is None else low:g}..{np.inf if high is None else high:g}"
        raise UnsupportedError(
            f"it clips to {ends}; only from 0 to a positive bound (ReLU, ReLU6) is supported: "
            "train the network with ReLU or ReLU6 in its place"
        )
    if high is not None:
        signal = _limited_above(assembly, node, signal, np.float64(high), wait=below)
    return _limited_below(assembly, node, signal) if below else signal


def _bound(node: OnnxNode, operands: Operands, index: int, name: str) -> float | None:
    """Return a bound, ``None`` where there is none or it is the end of its type."""
    value = operands.optional(index, name)
    if value is None:
        if name not in node.attributes:
            return None
        value = np.asarray(node.attributes[name], dtype=np.float32)
    if value.size != 1 or value.dtype.kind not in "fiu":
        raise UnsupportedError(f"its {name} has type {value.dtype}, shape {value.shape}; only one number is supported")
    bound = float(value.reshape(()))
    largest = float(np.finfo(value.dtype.name).max) if value.dtype.kind == "f" else np.inf
    return None if (bound >= largest if name == "max" else bound <= -largest) else bound


def _signal_and_constant(assembly: Assembly, node: OnnxNode, operands: Operands) -> tuple[Signal, NDArray[Any]]:
    if isinstance(operands.at(0), Signal) and isinstance(operands.at(1), Signal):
        raise UnsupportedError(
            "it compares two values that both come from the input; only constant limits are supported"
        )
    index = 0 if isinstance(operands.at(0), Signal) else 1
    constant = operands.constant(1 - index, "limit")
    return readable(assembly, node, operands.limited(index), constant), constant


def _limited_below(assembly: Assembly, node: OnnxNode, signal: Signal) -> Signal:
    # A ceiling holds for the channels of the layer that it was found for.
    source = readable(assembly, node, signal) if signal.ceiling is None else signal
    return replace(assembly.alike(node, ReLU(signal.ceiling), source), ceiling=None)


def _limited_above(assembly: Assembly, node: OnnxNode, signal: Signal, constant: Any, *, wait: bool = False) -> Signal:
    """Limit a value from above: at once where it cannot be negative, else together with the limit of 0 that must follow."""
    signal = readable(assembly, node, signal, np.asarray(constant))
    high = channel_values(assembly, signal, np.asarray(constant))
    if not (high > 0).all():
        raise UnsupportedError(f"its upper limit is {high.min():g}; only positive ones are supported (of a ReLU)")
    if np.isinf(high).all():
        return signal
    if signal.ceiling is not None:
        high = np.minimum(high, signal.ceiling)
    if wait or not _is_positive(assembly, signal):
        return replace(signal, ceiling=_one_or_many(high))
    sole = assembly.builder.nodes[signal.terms[0]]
    if len(signal.terms) == 1 and isinstance(sole, ReLU):
        # Beside the ReLU, not behind it: two activations in a row would become two layers of neurons.
        if sole.max is not None:
            high = np.minimum(high, sole.max)
        sources = assembly.builder.sources(signal.terms[0])
        return assembly.alike(node, ReLU(_one_or_many(high)), replace(signal, terms=sources))
    return assembly.alike(node, ReLU(_one_or_many(high)), signal)


def _one_or_many(values: NDArray[np.float64]) -> Any:
    return float(values[0]) if values.size == 1 else values


def _is_positive(assembly: Assembly, signal: Signal) -> bool:
    """Return whether no value can be negative: all come from ReLUs through layers that keep the sign."""
    waiting, seen = list(signal.terms), set()
    while waiting:
        name = waiting.pop()
        layer = assembly.builder.nodes[name]
        if name in seen or isinstance(layer, ReLU):
            continue
        if not isinstance(layer, _KEEP_SIGN):
            return False
        seen.add(name)
        waiting += assembly.builder.sources(name)
    return True
