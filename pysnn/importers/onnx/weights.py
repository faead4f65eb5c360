"""Weight layers: Conv, Gemm, MatMul."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.importers.onnx.assembly import Assembly, Operand, Operands, per_channel_values
from pysnn.importers.onnx.model import OnnxNode, UnsupportedError
from pysnn.importers.onnx.windows import padding
from pysnn.nodes import Conv2d, Linear

__all__ = ["conv", "gemm", "matmul"]


def conv(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Two-dimensional convolution, with groups, dilation and any padding by zeros."""
    signal = operands.signal(0, 4)
    weight = _floats(operands.constant(1, "weight"), "weight", 4)
    bias = operands.optional(2, "bias")
    kernel = node.integers("kernel_shape", weight.shape[2:], count=2)
    if kernel != weight.shape[2:]:
        raise UnsupportedError(f"kernel_shape is {kernel}, and the weight has shape {weight.shape}")
    stride = node.integers("strides", (1, 1), count=2)
    dilation = node.integers("dilations", (1, 1), count=2)
    extent = (dilation[0] * (kernel[0] - 1) + 1, dilation[1] * (kernel[1] - 1) + 1)
    layer = Conv2d(
        weight,
        None if bias is None else _floats(bias, "bias", 1),
        stride=stride,
        padding=padding(node, signal.shape[2:], extent, stride),
        dilation=dilation,
        groups=node.integer("group", 1),
    )
    return assembly.layer(node, layer, signal)


def gemm(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """``alpha * x @ weight + beta * bias`` as a linear layer."""
    signal = operands.signal(0, 2)
    if node.integer("transA", 0):
        raise UnsupportedError("transA is set: the batch must be the first axis of its input")
    weight = _floats(operands.constant(1, "weight"), "weight", 2)
    if not node.integer("transB", 0):
        weight = weight.T
    bias = operands.optional(2, "bias")
    values = None
    if bias is not None:
        found = per_channel_values(bias, (signal.shape[0], weight.shape[0]))
        values = np.broadcast_to(found * node.real("beta", 1.0), weight.shape[:1])
    return assembly.layer(node, Linear(weight * node.real("alpha", 1.0), values), signal)


def matmul(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """``x @ weight`` as a linear layer; an Add of a constant behind it becomes its bias."""
    signal = operands.signal(0, 2)
    return assembly.layer(node, Linear(_floats(operands.constant(1, "weight"), "weight", 2).T), signal)


def _floats(array: NDArray[Any], what: str, ndim: int) -> NDArray[Any]:
    if array.dtype.kind != "f" or array.ndim != ndim:
        raise UnsupportedError(f"{what}: expected floats in {ndim} dimensions, got {array.dtype}, shape {array.shape}")
    return array
