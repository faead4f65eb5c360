"""What moves values or leaves them alone: Flatten, Reshape, Squeeze, Pad, Slice, Concat, Identity, Dropout, Cast."""

from math import prod

import numpy as np

from pysnn.importers.onnx.assembly import Assembly, Operand, Operands, Signal
from pysnn.importers.onnx.constants import integers_of, reshaped, slices
from pysnn.importers.onnx.model import OnnxNode, UnsupportedError
from pysnn.nodes import Concat, Crop, Flatten, Pad, Scale, Subsample

__all__ = ["cast", "concat", "dropout", "flatten", "identity", "pad", "reshape", "slice_", "squeeze"]

_FLOAT_TYPES = (1, 10, 11, 16)


def flatten(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Give (batch, everything else)."""
    signal = operands.signal(0, 2, 4)
    axis = node.integer("axis", 1)
    if axis not in (1, 1 - len(signal.shape)):
        raise UnsupportedError(f"axis {axis}: only 1 is supported, which keeps the batch")
    return _vector(assembly, node, signal)


def reshape(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Reshape that flattens a map, or changes nothing."""
    signal = operands.signal(0, 2, 4)
    wanted = integers_of(operands.constant(1, "shape"), "shape")
    shape = reshaped(signal.shape, wanted, keep_zero=bool(node.integer("allowzero", 0)))
    return _as_shape(assembly, node, signal, shape)


def squeeze(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Drop axes of size 1: a map of (channels, 1, 1) becomes a vector."""
    signal = operands.signal(0, 2, 4)
    given = operands.optional(1, "axes")
    axes = node.integers("axes", ()) if given is None else integers_of(given, "axes")
    rank = len(signal.shape)
    dropped = {axis % rank for axis in axes} if axes else {i for i, n in enumerate(signal.shape) if n == 1}
    if not all(-rank <= axis < rank for axis in axes) or any(signal.shape[axis] != 1 for axis in dropped):
        raise UnsupportedError(f"axes {axes} of {signal.shape} are not all of size 1")
    return _as_shape(assembly, node, signal, tuple(n for i, n in enumerate(signal.shape) if i not in dropped))


def _as_shape(assembly: Assembly, node: OnnxNode, signal: Signal, shape: tuple[int, ...]) -> Signal:
    if shape == signal.shape:
        return signal
    if shape == (signal.shape[0], prod(signal.shape[1:])):
        return _vector(assembly, node, signal)
    raise UnsupportedError(
        f"it makes {shape} of {signal.shape}; only flattening to (batch, {prod(signal.shape[1:])}) is supported"
    )


def _vector(assembly: Assembly, node: OnnxNode, signal: Signal) -> Signal:
    return signal if len(signal.shape) == 2 else assembly.layer(node, Flatten(), signal)


def pad(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Zeros around a map, in its channels too; negative ones cut off."""
    signal = operands.signal(0, 4)
    mode = node.text("mode", "constant")
    filler = operands.optional(2, "constant_value")
    value = node.real("value", 0.0) if filler is None or filler.size == 0 else float(filler.reshape(-1)[0])
    if mode != "constant" or value != 0:
        raise UnsupportedError(f"mode {mode!r} with value {value:g}: only padding with zeros is supported")
    given = operands.optional(1, "pads")
    pads = node.integers("pads", ()) if given is None else integers_of(given, "pads")
    before, after = _pads_by_axis(pads, operands)
    if before[0] or after[0]:
        raise UnsupportedError("it pads the batch")
    cut = Crop(channels=_cut(before[1], after[1]), space=_cut(*before[2:], *after[2:]))
    grown = Pad(channels=_grow(before[1], after[1]), space=_grow(*before[2:], *after[2:]))
    if any(cut.channels + cut.space):
        signal = assembly.layer(node, cut, signal)
    return assembly.layer(node, grown, signal) if any(grown.channels + grown.space) else signal


def _pads_by_axis(pads: tuple[int, ...], operands: Operands) -> tuple[list[int], list[int]]:
    """Give what is added before and behind each of the four axes."""
    given = operands.optional(3, "axes")
    axes = tuple(range(4)) if given is None else integers_of(given, "axes")
    if len(pads) != 2 * len(axes) or not all(-4 <= axis < 4 for axis in axes) or len(set(axes)) < len(axes):
        raise UnsupportedError(f"pads {pads} do not fit the axes {axes}")
    before, after = [0] * 4, [0] * 4
    for axis, first, last in zip(axes, pads[: len(axes)], pads[len(axes) :], strict=True):
        before[axis], after[axis] = first, last
    return before, after


def _cut(*pads: int) -> tuple[int, ...]:
    return tuple(max(-n, 0) for n in pads)


def _grow(*pads: int) -> tuple[int, ...]:
    return tuple(max(n, 0) for n in pads)


def slice_(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Cut a map, and take every n-th row, column or channel."""
    signal = operands.signal(0, 4)
    inputs = [operands.optional(i, what) for i, what in enumerate(("starts", "ends", "axes", "steps"), start=1)]
    ranges = [range(*chosen.indices(size)) for chosen, size in zip(slices(node, inputs, 4), signal.shape, strict=True)]
    if len(ranges[0]) != signal.shape[0] or any(r.step < 1 or not len(r) for r in ranges):
        raise UnsupportedError(
            "it cuts the batch, goes backwards or leaves nothing; only forward cuts of maps are supported"
        )
    before, after = [r.start for r in ranges], [n - r.stop for n, r in zip(signal.shape, ranges, strict=True)]
    steps = [r.step for r in ranges]
    if any(before) or any(after):
        signal = assembly.layer(node, Crop((before[1], after[1]), (*before[2:], *after[2:])), signal)
    if max(steps) > 1:
        signal = assembly.layer(node, Subsample(space=(steps[2], steps[3]), channels=steps[1]), signal)
    return signal


def concat(assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Lay channels one behind the other."""
    signals = [operands.signal(i, 2, 4) for i in range(len(operands))]
    if node.integer("axis", 0) not in (1, 1 - len(signals[0].shape)):
        raise UnsupportedError(f"axis {node.attributes.get('axis')}: only 1 is supported, the channels")
    terms: list[str] = []
    for signal in signals:
        name = assembly.single(node, signal)
        if name in terms:
            name = assembly.layer(node, Scale(1.0), Signal((name,), signal.shape)).terms[0]
        terms.append(name)
    return assembly.layer(node, Concat(), Signal(tuple(terms), signals[0].shape))


def identity(_assembly: Assembly, _node: OnnxNode, operands: Operands) -> Operand:
    """Give the input itself."""
    return operands.signal(0)


def dropout(_assembly: Assembly, _node: OnnxNode, operands: Operands) -> Operand:
    """Give the input itself, which is what dropout is outside training."""
    mode = operands.optional(2, "training_mode")
    if mode is not None and np.asarray(mode).any():
        raise UnsupportedError("it is in training mode; export the model in evaluation mode (model.eval())")
    return operands.signal(0)


def cast(_assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Change from one type of floats to another: pysnn computes in float32."""
    if node.integer("to", 0) not in _FLOAT_TYPES:
        raise UnsupportedError("it turns values into integers or text; only types of floats are supported")
    return operands.signal(0)
