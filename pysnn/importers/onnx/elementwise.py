"""What happens to each value by itself: Relu, Clip, sums, factors and shifts, BatchNormalization."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.importers.onnx.assembly import Assembly, Operand, Operands, Signal, per_channel_values
from pysnn.importers.onnx.model import OnnxNode, UnsupportedError
from pysnn.nodes import Affine, ReLU

__all__ = ["add", "batch_normalization", "clip", "divide", "multiply", "negative", "relu", "subtract"]

_LARGEST = float(np.finfo(np.float32).max)


def relu(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Give ``max(x, 0)``."""
    return assembly.layer(node, ReLU(), operands.signal(0))


def clip(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Clip to 0..m, which is a ReLU, with an upper bound where m is finite."""
    signal = operands.signal(0)
    low = _bound(node, operands, 1, "min", -_LARGEST)
    high = _bound(node, operands, 2, "max", _LARGEST)
    if low != 0 or not high > 0:
        raise UnsupportedError(
            f"it clips to {low:g}..{high:g}; only from 0 to a positive bound (ReLU, ReLU6) is supported: "
            "train the network with ReLU or ReLU6 in its place"
        )
    return assembly.layer(node, ReLU(high if high < _LARGEST else None), signal)


def _bound(node: OnnxNode, operands: Operands, index: int, name: str, default: float) -> float:
    value = operands.optional(index, name)
    if value is None:
        return float(node.attributes.get(name, default))
    if value.size != 1:
        raise UnsupportedError(f"its {name} has shape {value.shape}; only one number is supported")
    return float(value.reshape(()))


def add(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Sum of any number of values; a constant is a shift."""
    signals = [value for value in operands.values if isinstance(value, Signal)]
    total = assembly.add(node, signals)
    shifts = [per_channel_values(value, total.shape) for value in operands.values if isinstance(value, np.ndarray)]
    if not shifts:
        return total
    return _affine(assembly, node, total, (np.ones(1), sum(shifts[1:], start=shifts[0])))


def subtract(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Give ``a - b``, either of them constant or not."""
    first, second = operands.at(0), operands.at(1)
    if isinstance(first, Signal) and isinstance(second, Signal):
        if first.shape != second.shape:
            raise UnsupportedError(f"it subtracts values of different shapes: {first.shape} and {second.shape}")
        minus = assembly.place(f"{node.label or node.op}_minus", Affine(-1.0), second.terms)
        return assembly.add(node, (first, minus))
    if isinstance(first, Signal):
        return _affine(assembly, node, first, (np.ones(1), -per_channel_values(operands.constant(1, "b"), first.shape)))
    signal = operands.signal(1)
    return _affine(assembly, node, signal, (-np.ones(1), per_channel_values(operands.constant(0, "a"), signal.shape)))


def multiply(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Product with a constant."""
    first, second = operands.at(0), operands.at(1)
    if isinstance(first, Signal) and isinstance(second, Signal):
        raise UnsupportedError(
            "it multiplies two values that both come from the input (attention, gates, squeeze-and-excitation); "
            "only a constant factor is supported"
        )
    index = 0 if isinstance(first, Signal) else 1
    signal = operands.signal(index)
    return _affine(assembly, node, signal, (per_channel_values(operands.constant(1 - index, "b"), signal.shape), None))


def divide(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Quotient by a constant."""
    if isinstance(operands.at(1), Signal):
        raise UnsupportedError("it divides by a value that comes from the input; only a constant divisor is supported")
    signal = operands.signal(0)
    divisor = per_channel_values(operands.constant(1, "divisor"), signal.shape)
    if not divisor.all():
        raise UnsupportedError("it divides by zero")
    return _affine(assembly, node, signal, (1 / divisor, None))


def negative(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Give ``-x``."""
    return _affine(assembly, node, operands.signal(0), (-np.ones(1), None))


def batch_normalization(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Batch normalisation with the statistics of training: a factor and a shift a channel."""
    if node.integer("training_mode", 0):
        raise UnsupportedError("it is in training mode; export the model in evaluation mode (model.eval())")
    if node.integer("spatial", 1) != 1:
        raise UnsupportedError("spatial is 0: statistics for each position are not supported")
    signal = operands.signal(0, 2, 4)
    names = ("scale", "bias", "mean", "variance")
    gamma, beta, mean, variance = (
        _statistics(operands.constant(i, name), name, signal.shape[1]) for i, name in enumerate(names, start=1)
    )
    spread = variance + node.real("epsilon", 1e-5)
    if not (spread > 0).all():
        raise UnsupportedError("variance + epsilon must be positive in every channel")
    scale = gamma / np.sqrt(spread)
    return assembly.layer(node, Affine(scale, beta - mean * scale), signal)


def _statistics(array: NDArray[Any], what: str, channels: int) -> NDArray[np.float64]:
    if array.dtype.kind != "f" or array.shape != (channels,):
        raise UnsupportedError(f"{what}: expected {channels} floats, got {array.dtype}, shape {array.shape}")
    return array.astype(np.float64)


def _affine(
    assembly: Assembly,
    node: OnnxNode,
    signal: Signal,
    factors: tuple[NDArray[np.float64], NDArray[np.float64] | None],
) -> Signal:
    scale, shift = factors
    return assembly.layer(node, Affine(_parameter(scale), 0.0 if shift is None else _parameter(shift)), signal)


def _parameter(values: NDArray[np.float64]) -> Any:
    return float(values[0]) if values.size == 1 else values
