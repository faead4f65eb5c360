"""Constants that meet a signal: one value, or one per channel of the layers that the signal is read from."""

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.importers.onnx.file.model import OnnxNode, UnsupportedError
from pysnn.importers.onnx.layout.assembly import Assembly
from pysnn.importers.onnx.layout.signal import Signal
from pysnn.importers.onnx.layout.views import is_plain

__all__ = ["channel_values", "readable"]


def readable(assembly: Assembly, node: OnnxNode, signal: Signal, *constants: NDArray[Any]) -> Signal:
    """Return a signal whose layers have the channels that constants have: (batch, n) is read from a vector layer.

    The network's input stays a map where the constants allow it: what comes behind may read it as one.
    """
    if len(signal.shape) != 2 or len(assembly.core(signal)) == 1:
        return signal
    if assembly.is_input(signal.terms) and all(_fits(assembly, signal, constant) for constant in constants):
        return signal
    return assembly.vector(node, signal)


def _fits(assembly: Assembly, signal: Signal, constant: NDArray[Any]) -> bool:
    try:
        channel_values(assembly, signal, constant)
    except UnsupportedError:
        return False
    return True


def channel_values(assembly: Assembly, signal: Signal, constant: NDArray[Any]) -> NDArray[np.float64]:
    """Return one value, or one per channel, of a constant that meets a signal under broadcasting.

    Raises
    ------
    UnsupportedError
        It differs within a channel, or makes the result larger than the signal.
    """
    if constant.dtype.kind not in "fiu" or constant.size == 0:
        raise UnsupportedError(f"expected a constant of numbers, got dtype {constant.dtype}, shape {constant.shape}")
    shape, core = signal.shape, assembly.core(signal)
    values = constant.astype(np.float64)
    pairs = zip(reversed(values.shape), reversed(shape), strict=False)
    if values.ndim > len(shape) or any(own not in (1, size) for own, size in pairs):
        raise UnsupportedError(f"a constant of shape {constant.shape} does not fit a value of shape {shape}")
    values = values.reshape((1,) * (len(shape) - values.ndim) + values.shape)
    values = _same_along(values, 0, constant, shape)
    if values.size == 1:
        return values.reshape(-1)
    if not is_plain(signal.view) or core[0] != shape[1]:
        turned = np.empty(prod(core))
        turned[assembly.places(signal.view)] = np.broadcast_to(values, (1, *shape[1:])).reshape(-1)
        values = turned.reshape(1, core[0], -1)
    for axis in range(2, values.ndim):
        values = _same_along(values, axis, constant, shape)
    return values.reshape(-1)


def _same_along(
    values: NDArray[np.float64], axis: int, constant: NDArray[Any], shape: tuple[int, ...]
) -> NDArray[np.float64]:
    first = values.take([0], axis)
    if not np.array_equal(values, np.broadcast_to(first, values.shape), equal_nan=True):
        raise UnsupportedError(
            f"a constant of shape {constant.shape} differs within a channel of {shape}; "
            "only one value, or one per channel, is supported"
        )
    return first
