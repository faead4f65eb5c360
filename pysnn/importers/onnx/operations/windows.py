"""Padding of windows, and pooling: MaxPool, AveragePool, GlobalAveragePool, GlobalMaxPool, ReduceMean over space."""

from dataclasses import replace

from pysnn.importers.onnx.file.model import OnnxNode, UnsupportedError
from pysnn.importers.onnx.layout.assembly import Assembly
from pysnn.importers.onnx.layout.signal import Operand, Operands, Signal
from pysnn.importers.onnx.layout.views import axis_map, strided
from pysnn.importers.onnx.operations.borders import Axis, bordered_average
from pysnn.importers.onnx.operations.shapes import axes_of
from pysnn.nodes import AvgPool2d, MaxPool2d

__all__ = [
    "average_pool",
    "global_average_pool",
    "global_max_pool",
    "like_source",
    "max_pool",
    "padding",
    "pair_of",
    "reduce_mean",
]

Pair = tuple[int, ...]
Pads = tuple[int, int, int, int]


def padding(node: OnnxNode, signal: Signal, extent: Pair, stride: Pair) -> Pads:
    """Return (top, left, bottom, right) from ``pads`` or ``auto_pad``, for a window of ``extent``."""
    rank = len(signal.shape) - 2
    given = node.integers("pads", (0,) * 2 * rank, count=2 * rank)
    pads = (0, given[0], 0, given[1]) if rank == 1 else given
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
    totals = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(space_of(signal), extent, stride, strict=True)]
    small, large = [t // 2 for t in totals], [t - t // 2 for t in totals]
    before, after = (small, large) if mode == "SAME_UPPER" else (large, small)
    return before[0], before[1], after[0], after[1]


def max_pool(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Take the maximum over windows. ``ceil_mode`` is padding at the end: it never wins."""
    signal = assembly.map(operands.signal(0, 3, 4))
    kernel, stride, pads = _window(node, signal)
    if node.integer("ceil_mode", 0):
        pads = _with(pads, _beyond(space_of(signal), kernel, stride, pads))
    return like_source(assembly.layer(node, MaxPool2d(kernel, stride, pads), signal), signal)


def average_pool(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Average over windows; those that padding or ``ceil_mode`` cut off count what lies inside the map."""
    signal = assembly.map(operands.signal(0, 3, 4))
    size = space_of(signal)
    kernel, stride, pads = _window(node, signal)
    beyond = _beyond(size, kernel, stride, pads) if node.integer("ceil_mode", 0) else (0, 0)
    if node.integer("count_include_pad", 0) or not any(pads):
        if any(beyond) and any(pads):
            raise UnsupportedError(
                "ceil_mode makes smaller windows at the border of the padding; pool with ceil_mode off"
            )
        if not any(beyond):
            return like_source(assembly.layer(node, AvgPool2d(kernel, stride, pads), signal), signal)
    reach = _with(pads, beyond)
    rows, columns = (Axis(size[k], kernel[k], stride[k], reach[k], reach[k + 2]) for k in (0, 1))
    return like_source(bordered_average(assembly, node, signal, rows, columns), signal)


def global_average_pool(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Average over all positions; the result keeps its axes of space, of size 1."""
    signal = assembly.map(operands.signal(0, 3, 4))
    return like_source(assembly.layer(node, AvgPool2d(space_of(signal)), signal), signal)


def global_max_pool(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Take the maximum over all positions; the result keeps its axes of space, of size 1."""
    signal = assembly.map(operands.signal(0, 3, 4))
    return like_source(assembly.layer(node, MaxPool2d(space_of(signal)), signal), signal)


def reduce_mean(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Average over axes of space, kept or not; over axes of size 1 it changes nothing."""
    signal = operands.signal(0)
    given, rank, core = axes_of(node, operands), len(signal.shape), assembly.core(signal)
    axes = {axis % rank for axis in given if -rank <= axis < rank}
    averaged = {axis for axis in axes if signal.shape[axis] > 1}
    found = axis_map(signal.view, signal.shape[1:], core) if averaged and len(core) == 3 else None
    spatial = not averaged or (found is not None and all(found[axis - 1] != 0 for axis in averaged))
    if len(axes) != len(given) or not axes or 0 in axes or not spatial:
        raise UnsupportedError(
            f"it averages over the axes {given or 'all'}; only a mean over height and width is supported"
        )
    kept = bool(node.integer("keepdims", 1))
    shape = tuple(1 if axis in axes else n for axis, n in enumerate(signal.shape) if kept or axis not in axes)
    if found is None:
        return replace(signal, shape=shape, label=node.label or node.op)
    kernel = tuple(core[k] if any(found[axis - 1] == k for axis in averaged) else 1 for k in (1, 2))
    result = assembly.layer(node, AvgPool2d(kernel), signal)
    order = [axis for axis in found if axis is not None]
    order += [axis for axis in range(3) if axis not in order]
    return replace(result, shape=shape, view=strided(assembly.core(result), order), label=node.label or node.op)


def space_of(signal: Signal) -> tuple[int, int]:
    """Return (height, width) of a map; a sequence has height 1."""
    return (1, signal.shape[2]) if len(signal.shape) == 3 else (signal.shape[2], signal.shape[3])


def like_source(result: Signal, source: Signal) -> Signal:
    """Return a layer's result without height where the source had none."""
    shape = result.shape
    return replace(result, shape=(*shape[:2], shape[3])) if len(source.shape) == 3 else result


def pair_of(node: OnnxNode, name: str, signal: Signal) -> Pair:
    """Return an attribute of one integer a dimension of space, 1 by default, as (vertical, horizontal)."""
    rank = len(signal.shape) - 2
    return (1,) * (2 - rank) + node.integers(name, (1,) * rank, count=rank)


def _window(node: OnnxNode, signal: Signal) -> tuple[Pair, Pair, Pads]:
    """Return kernel, stride and padding."""
    if "kernel_shape" not in node.attributes:
        raise UnsupportedError("it has no kernel_shape")
    kernel = pair_of(node, "kernel_shape", signal)
    stride = pair_of(node, "strides", signal)
    dilation = pair_of(node, "dilations", signal)
    if dilation != (1, 1):
        raise UnsupportedError(f"dilations {dilation}: pooling with gaps is not supported; use dilations of 1")
    return kernel, stride, padding(node, signal, kernel, stride)


def _beyond(size: tuple[int, int], kernel: Pair, stride: Pair, pads: Pads) -> tuple[int, int]:
    """Return how far the last windows reach below and right of the padded map when their number is rounded up.

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
