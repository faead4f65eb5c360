"""What leaves values alone or reads them in another shape or order: no layer is made until one is needed."""

from dataclasses import replace
from math import prod

import numpy as np

from pysnn.importers.onnx.file.model import OnnxNode, UnsupportedError
from pysnn.importers.onnx.layout.assembly import Assembly
from pysnn.importers.onnx.layout.signal import Operand, Operands, Signal
from pysnn.importers.onnx.layout.views import transposed
from pysnn.importers.onnx.operations.constants import integers_of, reshaped

__all__ = ["axes_of", "cast", "dropout", "flatten", "identity", "reshape", "squeeze", "transpose", "unsqueeze"]

_FLOAT_TYPES = (1, 10, 11, 16)
_MOST_DIMENSIONS = 8


def flatten(_assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Read a value as (batch, everything else)."""
    signal = operands.limited(0)
    axis = node.integer("axis", 1)
    if axis not in (1, 1 - len(signal.shape)):
        raise UnsupportedError(f"axis {axis}: only 1 is supported, which keeps the batch")
    return _as_shape(node, signal, (signal.shape[0], prod(signal.shape[1:])))


def reshape(_assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Read a value in any shape that keeps the batch."""
    signal = operands.limited(0)
    wanted = integers_of(operands.constant(1, "shape"), "shape")
    return _as_shape(node, signal, reshaped(signal.shape, wanted, keep_zero=bool(node.integer("allowzero", 0))))


def squeeze(_assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Drop axes of size 1; the batch stays where none are named."""
    signal = operands.limited(0)
    axes = axes_of(node, operands)
    rank = len(signal.shape)
    dropped = {axis % rank for axis in axes} if axes else {i for i, n in enumerate(signal.shape) if i and n == 1}
    if not all(-rank <= axis < rank for axis in axes) or any(signal.shape[axis] != 1 for axis in dropped):
        raise UnsupportedError(f"axes {axes} of {signal.shape} are not all of size 1")
    if 0 in dropped:
        raise UnsupportedError(f"axes {axes} of {signal.shape}: it drops the batch")
    return _as_shape(node, signal, tuple(n for i, n in enumerate(signal.shape) if i not in dropped))


def unsqueeze(_assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Add axes of size 1 behind the batch."""
    signal = operands.limited(0)
    axes = axes_of(node, operands)
    rank = len(signal.shape) + len(axes)
    added = {axis % rank for axis in axes if -rank <= axis < rank}
    if len(added) != len(axes) or not axes or 0 in added:
        raise UnsupportedError(f"axes {axes}: expected different ones in 1..{rank - 1}, behind the batch")
    sizes = iter(signal.shape)
    return _as_shape(node, signal, tuple(1 if axis in added else next(sizes) for axis in range(rank)))


def transpose(_assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Read the axes behind the batch in another order."""
    signal = operands.limited(0)
    rank = len(signal.shape)
    axes = node.integers("perm", tuple(reversed(range(rank))))
    if sorted(axes) != list(range(rank)) or axes[0] != 0:
        raise UnsupportedError(f"perm {axes}: expected an order of {rank} axes that leaves the batch first")
    view = transposed(signal.view, signal.shape[1:], [axis - 1 for axis in axes[1:]])
    return replace(signal, shape=tuple(signal.shape[axis] for axis in axes), view=view)


def axes_of(node: OnnxNode, operands: Operands, index: int = 1) -> tuple[int, ...]:
    """Return axes from an input, or from the attribute that it was once."""
    given = operands.optional(index, "axes")
    return node.integers("axes", ()) if given is None else integers_of(given, "axes")


def _as_shape(node: OnnxNode, signal: Signal, shape: tuple[int, ...]) -> Signal:
    if not 2 <= len(shape) <= _MOST_DIMENSIONS or shape[0] != signal.shape[0] or prod(shape) != prod(signal.shape):
        raise UnsupportedError(
            f"it makes {shape} of {signal.shape}; expected the batch, {signal.shape[0]}, first and at least one axis more"
        )
    return replace(signal, shape=shape, label=node.label or node.op)


def identity(_assembly: Assembly, _node: OnnxNode, operands: Operands) -> Operand:
    """Return the input itself."""
    return operands.limited(0)


def dropout(_assembly: Assembly, _node: OnnxNode, operands: Operands) -> Operand:
    """Return the input itself, which is what dropout is outside training."""
    mode = operands.optional(2, "training_mode")
    if mode is not None and np.asarray(mode).any():
        raise UnsupportedError("it is in training mode; export the model in evaluation mode (model.eval())")
    return operands.limited(0)


def cast(_assembly: Assembly, node: OnnxNode, operands: Operands) -> Operand:
    """Change from one type of floats to another: pysnn computes in float32."""
    if node.integer("to", 0) not in _FLOAT_TYPES:
        raise UnsupportedError("it turns values into integers or text; only types of floats are supported")
    return operands.limited(0)
