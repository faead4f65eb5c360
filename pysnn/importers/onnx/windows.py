"""Padding of windows, and pooling: MaxPool, AveragePool, GlobalAveragePool, GlobalMaxPool, ReduceMean over space."""

from pysnn.importers.onnx.assembly import Assembly, Operand, Operands
from pysnn.importers.onnx.model import OnnxNode, UnsupportedError
from pysnn.nodes import AvgPool2d, GlobalAvgPool, MaxPool2d

__all__ = ["average_pool", "global_average_pool", "global_max_pool", "max_pool", "padding", "reduce_mean"]

Pair = tuple[int, ...]
Pads = tuple[int, int, int, int]


def padding(node: OnnxNode, size: Pair, extent: Pair, stride: Pair) -> Pads:
    """Give (top, left, bottom, right) from ``pads`` or ``auto_pad``, for a window of ``extent``."""
    pads = node.integers("pads", (0, 0, 0, 0), count=4)
    mode = node.text("auto_pad", "NOTSET")
    if min(stride) < 1:
        raise UnsupportedError(f"attribute strides: expected positive integers, got {stride}")
    if mode == "NOTSET":
        if min(pads) < 0:
            raise UnsupportedError(f"attribute pads: expected no negative ones, got {pads}")
        return pads[0], pads[1], pads[2], pads[3]
    if any(pads):
        raise UnsupportedError(f"it has both pads {pads} and auto_pad {mode!r}; only one of them can hold")
    if mode == "VALID":
        return 0, 0, 0, 0
    if mode not in ("SAME_UPPER", "SAME_LOWER"):
        raise UnsupportedError(f"attribute auto_pad: expected NOTSET, VALID, SAME_UPPER or SAME_LOWER, got {mode!r}")
    totals = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(size, extent, stride, strict=True)]
    small, large = [t // 2 for t in totals], [t - t // 2 for t in totals]
    before, after = (small, large) if mode == "SAME_UPPER" else (large, small)
    return before[0], before[1], after[0], after[1]


def max_pool(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Maximum over windows. ``ceil_mode`` is padding at the end: it never wins."""
    signal = operands.signal(0, 4)
    kernel, stride, pads = _window(node, signal.shape[2:])
    if node.integer("ceil_mode", 0):
        pads = _with(pads, _beyond(signal.shape[2:], kernel, stride, pads))
    return assembly.layer(node, MaxPool2d(kernel, stride, pads), signal)


def average_pool(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Average over windows that all have the same number of values."""
    signal = operands.signal(0, 4)
    kernel, stride, pads = _window(node, signal.shape[2:])
    if any(pads) and not node.integer("count_include_pad", 0):
        raise UnsupportedError(
            f"padding {pads} that the average leaves out makes windows of different sizes; "
            "set count_include_pad, or pool without padding"
        )
    if node.integer("ceil_mode", 0) and any(_beyond(signal.shape[2:], kernel, stride, pads)):
        raise UnsupportedError("ceil_mode makes smaller windows at the border; pool with ceil_mode off")
    return assembly.layer(node, AvgPool2d(kernel, stride, pads), signal)


def global_average_pool(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Average over all positions; the result keeps its axes of space, of size 1."""
    signal = operands.signal(0, 4)
    return assembly.layer(node, AvgPool2d(signal.shape[2:]), signal)


def global_max_pool(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Maximum over all positions; the result keeps its axes of space, of size 1."""
    signal = operands.signal(0, 4)
    return assembly.layer(node, MaxPool2d(signal.shape[2:]), signal)


def reduce_mean(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Mean over both axes of space, kept or not."""
    signal = operands.signal(0, 4)
    given = operands.optional(1, "axes")
    axes = node.integers("axes", ()) if given is None else tuple(int(axis) for axis in given.reshape(-1))
    if sorted(axis % 4 if -4 <= axis < 4 else axis for axis in axes) != [2, 3]:
        raise UnsupportedError(
            f"it averages over the axes {axes or 'all'}; only a mean over height and width is supported"
        )
    if node.integer("keepdims", 1):
        return assembly.layer(node, AvgPool2d(signal.shape[2:]), signal)
    return assembly.layer(node, GlobalAvgPool(), signal)


def _window(node: OnnxNode, size: Pair) -> tuple[Pair, Pair, Pads]:
    """Give kernel, stride and padding."""
    if "kernel_shape" not in node.attributes:
        raise UnsupportedError("it has no kernel_shape")
    kernel = node.integers("kernel_shape", (), count=2)
    stride = node.integers("strides", (1, 1), count=2)
    dilation = node.integers("dilations", (1, 1), count=2)
    if dilation != (1, 1):
        raise UnsupportedError(f"dilations {dilation}: pooling with gaps is not supported; use dilations of 1")
    return kernel, stride, padding(node, size, kernel, stride)


def _beyond(size: Pair, kernel: Pair, stride: Pair, pads: Pads) -> tuple[int, int]:
    """Give how far the last windows reach below and right of the padded map when their number is rounded up.

    A window that would start behind the map and the padding before it is left out, as frameworks do.
    """
    found = []
    for axis in (0, 1):
        padded = size[axis] + pads[axis] + pads[axis + 2]
        windows = -(-(padded - kernel[axis]) // stride[axis]) + 1
        if (windows - 1) * stride[axis] >= size[axis] + pads[axis]:
            windows -= 1
        found.append(max((windows - 1) * stride[axis] + kernel[axis] - padded, 0))
    return found[0], found[1]


def _with(pads: Pads, beyond: tuple[int, int]) -> Pads:
    return pads[0], pads[1], pads[2] + beyond[0], pads[3] + beyond[1]
