"""Parts of values, and values with parts added: Pad, Slice, Split, Concat."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pysnn.importers.onnx.file.model import OnnxNode, UnsupportedError
from pysnn.importers.onnx.layout.assembly import Assembly
from pysnn.importers.onnx.layout.signal import Operand, Operands, Signal
from pysnn.importers.onnx.layout.views import axis_map, strided
from pysnn.importers.onnx.operations.channels import readable
from pysnn.importers.onnx.operations.constants import integers_of, slices
from pysnn.importers.onnx.operations.shapes import axes_of
from pysnn.nodes import Concat, Crop, Node, Pad, Scale, Subsample

__all__ = ["concat", "pad", "slice_", "split"]

Pads = Sequence[tuple[int, int]]


def pad(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Add zeros around a map, in its channels too; negative ones cut off."""
    signal = readable(assembly, node, operands.signal(0))
    mode = node.text("mode", "constant")
    filler = operands.optional(2, "constant_value")
    value = node.real("value", 0.0) if filler is None or filler.size == 0 else float(filler.reshape(-1)[0])
    if mode != "constant" or value != 0:
        raise UnsupportedError(f"mode {mode!r} with value {value:g}: only padding with zeros is supported")
    given = operands.optional(1, "pads")
    pads = node.integers("pads", ()) if given is None else integers_of(given, "pads")
    rank = len(signal.shape)
    axes = axes_of(node, operands, 3) if operands.at(3) is not None else tuple(range(rank))
    if len(pads) != 2 * len(axes) or not all(-rank <= axis < rank for axis in axes) or len(set(axes)) < len(axes):
        raise UnsupportedError(f"pads {pads} do not fit the axes {axes}")
    around = [(0, 0)] * rank
    for axis, first, last in zip(axes, pads[: len(axes)], pads[len(axes) :], strict=True):
        around[axis] = (first, last)
    if around[0] != (0, 0):
        raise UnsupportedError("it pads the batch")
    cut = [(max(-first, 0), max(-last, 0)) for first, last in around]
    grown = [(max(first, 0), max(last, 0)) for first, last in around]
    return _grown(assembly, node, _cut(assembly, node, signal, cut), grown)


def slice_(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Cut a value, and take every n-th row, column or channel."""
    signal = readable(assembly, node, operands.signal(0))
    rank = len(signal.shape)
    inputs = [operands.optional(i, what) for i, what in enumerate(("starts", "ends", "axes", "steps"), start=1)]
    ranges = [range(*part.indices(size)) for part, size in zip(slices(node, inputs, rank), signal.shape, strict=True)]
    if len(ranges[0]) != signal.shape[0] or any(r.step < 1 or not len(r) for r in ranges):
        raise UnsupportedError("it cuts the batch, goes backwards or leaves nothing; only forward cuts are supported")
    if rank == 2:
        if len(ranges[1]) == signal.shape[1]:
            return signal
        return assembly.chosen(node, assembly.ordered(node, signal), np.array(ranges[1], dtype=np.int64))
    cut = [(r.start, n - r.stop) for r, n in zip(ranges, signal.shape, strict=True)]
    signal = _cut(assembly, node, signal, cut)
    steps = [r.step for r in ranges]
    if max(steps) == 1:
        return signal
    channels, *space = _by_core_axis(assembly, signal, steps[1:], 1)
    return _moved(assembly, node, signal, Subsample(space=tuple(space), channels=channels))


def split(assembly: Assembly, node: OnnxNode, operands: Operands) -> tuple[Signal, ...]:
    """Cut a value into parts along an axis, of equal or of given sizes."""
    signal = readable(assembly, node, operands.signal(0))
    rank = len(signal.shape)
    axis = node.integer("axis", 0)
    if not -rank <= axis < rank or axis % rank == 0:
        raise UnsupportedError(f"axis {axis}: expected one of 1..{rank - 1}, behind the batch")
    axis %= rank
    starts = np.cumsum([0, *_split_sizes(node, operands, signal.shape[axis])])
    parts = []
    for index, name in enumerate(node.outputs):
        if not name or not assembly.readers[name]:
            parts.append(signal)
        elif rank == 2:
            places = np.arange(starts[index], starts[index + 1])
            parts.append(assembly.chosen(node, assembly.ordered(node, signal), places))
        else:
            cut = [(0, 0)] * rank
            cut[axis] = (int(starts[index]), int(signal.shape[axis] - starts[index + 1]))
            parts.append(_cut(assembly, node, signal, cut))
    return tuple(parts)


def _split_sizes(node: OnnxNode, operands: Operands, total: int) -> tuple[int, ...]:
    given = operands.optional(1, "split")
    sizes = node.integers("split", ()) if given is None else integers_of(given, "split")
    count = len(node.outputs)
    if node.integer("num_outputs", count) != count:
        raise UnsupportedError(f"num_outputs is {node.integer('num_outputs', count)}, and it has {count} results")
    if not sizes:
        each = -(-total // count)
        sizes = (*(each,) * (count - 1), total - each * (count - 1))
        if "num_outputs" not in node.attributes and len(set(sizes)) > 1:
            raise UnsupportedError(f"{total} values cannot be split into {count} equal parts")
    if len(sizes) != count or min(sizes) < 1 or sum(sizes) != total:
        raise UnsupportedError(f"parts of {sizes}, {count} of them, are not {total} values")
    return sizes


def concat(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Lay channels one behind the other; constants of zeros are padding."""
    signals = [operands.signal(i) for i, value in enumerate(operands.values) if isinstance(value, Signal)]
    rank = len(signals[0].shape)
    axis = node.integer("axis", 0)
    if axis not in (1, 1 - rank):
        _check_channels(assembly, signals[0], axis)
    axis %= rank
    before = 0
    parts: list[tuple[Signal, tuple[int, int]]] = []
    for value in operands.values:
        if isinstance(value, Signal):
            parts.append((readable(assembly, node, value), (before, 0)))
            before = 0
        elif parts:
            signal, (first, last) = parts[-1]
            parts[-1] = signal, (first, last + _zeros(value, signal.shape, axis))
        else:
            before += _zeros(value, signals[0].shape, axis)
    return _joined(assembly, node, axis, parts)


def _check_channels(assembly: Assembly, signal: Signal, axis: int) -> None:
    rank = len(signal.shape)
    core = assembly.core(signal)
    found = axis_map(signal.view, signal.shape[1:], core) if -rank < axis < rank and axis % rank else None
    if found is None or found[axis % rank - 1] != 0:
        raise UnsupportedError(f"axis {axis}: only 1 is supported, the channels")


def _zeros(value: Operand, shape: tuple[int, ...], axis: int) -> int:
    if (
        value is None
        or isinstance(value, Signal)
        or value.ndim != len(shape)
        or value.dtype.kind not in "fiu"
        or value.any()
    ):
        raise UnsupportedError("it appends constants; of these only zeros are supported (padding)")
    if any(own != size for k, (own, size) in enumerate(zip(value.shape, shape, strict=True)) if k != axis):
        raise UnsupportedError(f"constants of shape {value.shape} do not fit a value of shape {shape}")
    return int(value.shape[axis])


def _joined(assembly: Assembly, node: OnnxNode, axis: int, parts: Sequence[tuple[Signal, tuple[int, int]]]) -> Signal:
    rank = len(parts[0][0].shape)
    terms: list[str] = []
    signals = []
    for signal, pads in parts:
        around = [(0, 0)] * rank
        around[axis] = pads
        source = assembly.ordered(node, signal) if rank == 2 else signal
        signals.append(_grown(assembly, node, source, around))
    maps = [axis_map(signal.view, signal.shape[1:], assembly.core(signal)) for signal in signals]
    if None in maps or any(found != maps[0] for found in maps) or maps[0][axis - 1] != 0:  # type: ignore[index]
        raise UnsupportedError("it joins values that lie in different orders (a Transpose before one of them)")
    for signal in signals:
        name = assembly.single(node, signal)
        if name in terms:
            name = assembly.layer(node, Scale(1.0), Signal((name,), signal.shape, signal.view)).terms[0]
        terms.append(name)
    if len(terms) == 1:
        return replace(signals[0], terms=tuple(terms))
    return _moved(assembly, node, replace(signals[0], terms=tuple(terms)), Concat())


def _cut(assembly: Assembly, node: OnnxNode, signal: Signal, pads: Pads) -> Signal:
    if not any(map(any, pads)):
        return signal
    channels, *space = _by_core_axis(assembly, signal, pads[1:], (0, 0))
    return _moved(assembly, node, signal, Crop(channels, _around(space)))


def _grown(assembly: Assembly, node: OnnxNode, signal: Signal, pads: Pads) -> Signal:
    if not any(map(any, pads)):
        return signal
    if len(assembly.core(signal)) == 1 and len(signal.shape) == 2:
        before, after = pads[1]
        size = signal.shape[1]
        places = np.concatenate([np.full(before, -1), np.arange(size), np.full(after, -1)])
        return assembly.chosen(node, assembly.ordered(node, signal), places)
    channels, *space = _by_core_axis(assembly, signal, pads[1:], (0, 0))
    return _moved(assembly, node, signal, Pad(channels, _around(space)))


def _around(space: Sequence[tuple[int, int]]) -> tuple[int, int, int, int]:
    (top, bottom), (left, right) = space
    return top, left, bottom, right


def _by_core_axis(assembly: Assembly, signal: Signal, values: Sequence[Any], default: Any) -> list[Any]:
    """Return what is said of the axes behind the batch in the order of the layer's axes."""
    core = assembly.core(signal)
    found = axis_map(signal.view, signal.shape[1:], core)
    if len(core) != 3 or found is None or any(a is None and v != default for a, v in zip(found, values, strict=True)):
        raise UnsupportedError(
            f"{signal.shape} is not read from a map of (channels, height, width) axis by axis, but from {core}"
        )
    ordered = [default] * 3
    for axis, value in zip(found, values, strict=True):
        if axis is not None:
            ordered[axis] = value
    return ordered


def _moved(assembly: Assembly, node: OnnxNode, signal: Signal, layer: Node) -> Signal:
    """Add a layer that changes sizes of axes; the result is read as the source was."""
    axes = axis_map(signal.view, signal.shape[1:], assembly.core(signal))
    assert axes is not None
    result = assembly.layer(node, layer, signal)
    core = assembly.core(result)
    present = [axis for axis in axes if axis is not None]
    present += [axis for axis in range(len(core)) if axis not in present]
    shape = (signal.shape[0], *(1 if axis is None else core[axis] for axis in axes))
    return replace(result, shape=shape, view=strided(core, present))
