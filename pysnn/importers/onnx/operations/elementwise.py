"""Arithmetic on each value by itself: sums, factors and shifts, BatchNormalization."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.importers.onnx.file.model import OnnxNode, UnsupportedError
from pysnn.importers.onnx.layout.assembly import Assembly
from pysnn.importers.onnx.layout.signal import Operand, Operands, Signal
from pysnn.importers.onnx.operations.channels import channel_values, readable
from pysnn.nodes import Affine

__all__ = ["add", "batch_normalization", "divide", "multiply", "negative", "scaler", "subtract"]


def add(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Add any number of values; a constant is a shift."""
    signals = [operands.signal(i) for i, value in enumerate(operands.values) if isinstance(value, Signal)]
    constants = [value for value in operands.values if isinstance(value, np.ndarray)]
    if not constants:
        return assembly.add(node, signals)
    total = readable(assembly, node, assembly.add(node, signals), *constants)
    shifts = [channel_values(assembly, total, constant) for constant in constants]
    return _affine(assembly, node, total, np.ones(1), sum(shifts[1:], start=shifts[0]))


def subtract(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Compute ``a - b``, either of them constant or not."""
    if isinstance(operands.at(0), Signal) and isinstance(operands.at(1), Signal):
        first, second = (readable(assembly, node, operands.signal(i)) for i in (0, 1))
        if first.shape != second.shape:
            raise UnsupportedError(f"it subtracts values of different shapes: {first.shape} and {second.shape}")
        minus = assembly.place(f"{node.label or node.op}_minus", Affine(-1.0), second.terms)
        return assembly.add(node, (first, replace(second, terms=minus.terms)))
    if isinstance(operands.at(0), Signal):
        constant = operands.constant(1, "b")
        signal = readable(assembly, node, operands.signal(0), constant)
        return _affine(assembly, node, signal, np.ones(1), -channel_values(assembly, signal, constant))
    constant = operands.constant(0, "a")
    signal = readable(assembly, node, operands.signal(1), constant)
    shift = channel_values(assembly, signal, constant)
    return _affine(assembly, node, signal, -np.ones(1), shift)


def multiply(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Multiply by a constant."""
    if isinstance(operands.at(0), Signal) and isinstance(operands.at(1), Signal):
        raise UnsupportedError(
            "it multiplies two values that both come from the input (attention, gates, squeeze-and-excitation); "
            "only a constant factor is supported"
        )
    index = 0 if isinstance(operands.at(0), Signal) else 1
    constant = operands.constant(1 - index, "b")
    signal = readable(assembly, node, operands.signal(index), constant)
    return _affine(assembly, node, signal, channel_values(assembly, signal, constant))


def divide(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Divide by a constant."""
    if isinstance(operands.at(1), Signal):
        raise UnsupportedError("it divides by a value that comes from the input; only a constant divisor is supported")
    constant = operands.constant(1, "divisor")
    signal = readable(assembly, node, operands.signal(0), constant)
    divisor = channel_values(assembly, signal, constant)
    if not divisor.all():
        raise UnsupportedError("it divides by zero")
    return _affine(assembly, node, signal, 1 / divisor)


def negative(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Compute ``-x``."""
    return _affine(assembly, node, readable(assembly, node, operands.signal(0)), -np.ones(1))


def batch_normalization(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Normalise with the statistics of training: a factor and a shift per channel."""
    if node.integer("training_mode", 0) or sum(map(bool, node.outputs)) > 1:
        raise UnsupportedError(
            "it is in the form for training (training_mode, or several results), which normalises with the statistics of "
            "each batch; export the model in evaluation mode (model.eval())"
        )
    if node.integer("spatial", 1) != 1:
        raise UnsupportedError("spatial is 0: statistics for each position are not supported")
    signal = operands.signal(0, 2, 3, 4)
    names = ("scale", "bias", "mean", "variance")
    gamma, beta, mean, variance = (
        _statistics(operands.constant(i, name), name, signal.shape[1]) for i, name in enumerate(names, start=1)
    )
    spread = variance + node.real("epsilon", 1e-5)
    if not (spread > 0).all():
        raise UnsupportedError("variance + epsilon must be positive in every channel")
    scale = gamma / np.sqrt(spread)
    shape = (-1, *(1,) * (len(signal.shape) - 2))
    factors = (scale.reshape(shape), (beta - mean * scale).reshape(shape))
    source = readable(assembly, node, signal, *factors)
    return assembly.alike(node, Affine(*(channel_values(assembly, source, each) for each in factors)), source)


def scaler(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Compute ``(x - offset) * scale``, scikit-learn's StandardScaler and MinMaxScaler."""
    source = operands.signal(0, 2)
    offset, scale = (_each(node, name, default, source) for name, default in (("offset", 0.0), ("scale", 1.0)))
    signal = readable(assembly, node, source, offset, scale)
    factor = channel_values(assembly, signal, scale)
    return _affine(assembly, node, signal, factor, channel_values(assembly, signal, -offset * scale))


def _each(node: OnnxNode, name: str, default: float, signal: Signal) -> NDArray[np.float64]:
    value = node.attributes.get(name, (default,))
    if not isinstance(value, tuple) or len(value) not in (1, signal.shape[1]):
        raise UnsupportedError(f"attribute {name}: expected 1 or {signal.shape[1]} numbers, got {str(value)[:60]}")
    return np.asarray(value, dtype=np.float64)


def _statistics(array: NDArray[Any], what: str, channels: int) -> NDArray[np.float64]:
    if array.dtype.kind != "f" or array.shape != (channels,):
        raise UnsupportedError(f"{what}: expected {channels} floats, got {array.dtype}, shape {array.shape}")
    return array.astype(np.float64)


def _affine(
    assembly: Assembly,
    node: OnnxNode,
    signal: Signal,
    scale: NDArray[np.float64],
    shift: NDArray[np.float64] | None = None,
) -> Signal:
    return assembly.alike(node, Affine(_parameter(scale), 0.0 if shift is None else _parameter(shift)), signal)


def _parameter(values: NDArray[np.float64]) -> Any:
    return float(values[0]) if values.size == 1 else values
