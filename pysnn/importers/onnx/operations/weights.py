"""Weight layers: Conv, Gemm, MatMul."""

from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.importers.onnx.file.model import OnnxNode, UnsupportedError
from pysnn.importers.onnx.layout.assembly import Assembly
from pysnn.importers.onnx.layout.signal import Operand, Operands, Signal
from pysnn.importers.onnx.layout.views import is_plain
from pysnn.importers.onnx.operations.windows import like_source, padding, pair_of
from pysnn.nodes import Conv2d, Linear

__all__ = ["conv", "gemm", "matmul"]


def conv(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Convolve in one or two dimensions, with groups, dilation and any padding by zeros."""
    signal = assembly.map(operands.signal(0, 3, 4))
    rank = len(signal.shape)
    weight = _floats(operands.constant(1, "weight"), "weight", rank)
    bias = operands.optional(2, "bias")
    kernel = node.integers("kernel_shape", weight.shape[2:], count=rank - 2)
    if kernel != weight.shape[2:]:
        raise UnsupportedError(f"kernel_shape is {kernel}, and the weight has shape {weight.shape}")
    if rank == 3:
        weight = weight[:, :, None, :]
    stride, dilation = pair_of(node, "strides", signal), pair_of(node, "dilations", signal)
    extent = tuple(gap * (size - 1) + 1 for gap, size in zip(dilation, weight.shape[2:], strict=True))
    layer = Conv2d(
        weight,
        None if bias is None else _floats(bias, "bias", 1),
        stride=stride,
        padding=padding(node, signal, extent, stride),
        dilation=dilation,
        groups=node.integer("group", 1),
    )
    return like_source(assembly.layer(node, layer, signal), signal)


def gemm(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Compute ``alpha * x @ weight + beta * bias`` as a linear layer."""
    signal = assembly.vector(node, operands.signal(0, 2))
    if node.integer("transA", 0):
        raise UnsupportedError("transA is set: the batch must be the first axis of its input")
    weight = _floats(operands.constant(1, "weight"), "weight", 2)
    if not node.integer("transB", 0):
        weight = weight.T
    bias = operands.optional(2, "bias")
    values = None
    if bias is not None:
        wide = (1, weight.shape[0])
        if bias.ndim > 2 or np.broadcast_shapes(bias.shape, wide) != wide:
            raise UnsupportedError(f"a bias of shape {bias.shape} does not fit {weight.shape[0]} outputs")
        found = _numbers(bias).reshape(-1)
        values = np.broadcast_to(found * node.real("beta", 1.0), weight.shape[:1])
    return assembly.layer(node, Linear(_turned(assembly, weight, signal) * node.real("alpha", 1.0), values), signal)


def matmul(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Compute ``x @ weight`` as a linear layer; an Add of a constant behind it becomes its bias."""
    signal = operands.signal(0)
    if len(signal.shape) != 2 and prod(signal.shape[1:]) != signal.shape[-1]:
        raise UnsupportedError(f"expected an input of shape (batch, n), got {signal.shape}")
    weight = _floats(operands.constant(1, "weight"), "weight", 2).T
    shape = (*signal.shape[:-1], weight.shape[0])
    flat = assembly.vector(node, signal)
    return replace(assembly.layer(node, Linear(_turned(assembly, weight, flat)), flat), shape=shape)


def _turned(assembly: Assembly, weight: NDArray[Any], signal: Signal) -> NDArray[Any]:
    """Return the weights with columns in the order of the layer that the signal is read from."""
    if is_plain(signal.view) or weight.shape[1] != prod(signal.shape[1:]):
        return weight
    turned = np.empty_like(weight)
    turned[:, assembly.places(signal.view)] = weight
    return turned


def _numbers(array: NDArray[Any]) -> NDArray[np.float64]:
    if array.dtype.kind not in "fiu":
        raise UnsupportedError(f"bias: expected numbers, got {array.dtype}")
    return array.astype(np.float64)


def _floats(array: NDArray[Any], what: str, ndim: int) -> NDArray[Any]:
    if array.dtype.kind != "f" or array.ndim != ndim:
        raise UnsupportedError(f"{what}: expected floats in {ndim} dimensions, got {array.dtype}, shape {array.shape}")
    return array
