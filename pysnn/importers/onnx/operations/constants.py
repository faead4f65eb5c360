"""Nodes whose inputs are all constant are computed while the file is read: shapes, pads, prepared weights."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.importers.onnx.file.model import OnnxNode, UnsupportedError

__all__ = ["CONSTANT_OPS", "ConstantFolder", "integers_of", "reshaped", "shape_of", "slices"]

Array = NDArray[Any]

_MOST_VALUES = 1 << 28
_MOST_GROWN = 1 << 22
# Numbers of TensorProto.DataType.
_TYPES: dict[int, type[np.generic]] = {
    1: np.float32,
    2: np.uint8,
    3: np.int8,
    5: np.int16,
    6: np.int32,
    7: np.int64,
    9: np.bool_,
    10: np.float16,
    11: np.float64,
}


@dataclass(eq=False)
class ConstantFolder:
    """Computes constants; all that a file makes it compute together is bounded."""

    left: int = _MOST_VALUES

    def fold(self, node: OnnxNode, arrays: Sequence[Array]) -> Array:
        """Compute a node of ``CONSTANT_OPS``."""
        size, compute = CONSTANT_OPS[node.op]
        values = size(arrays)
        self.left -= values
        if self.left < 0 or values > max([_MOST_GROWN, *(array.size for array in arrays)]):
            raise UnsupportedError(
                f"it makes {values} constant values of fewer; the file is expected to hold large constants itself"
            )
        return np.asarray(compute(node, arrays))


def integers_of(array: Array, what: str) -> tuple[int, ...]:
    """Return a constant of at most one dimension as integers."""
    if array.dtype.kind not in "iu" or array.ndim > 1 or array.size > 64:
        raise UnsupportedError(f"{what}: expected integers, got {array.dtype}, shape {array.shape}")
    return tuple(int(value) for value in array.reshape(-1))


def reshaped(shape: tuple[int, ...], wanted: tuple[int, ...], *, keep_zero: bool) -> tuple[int, ...]:
    """Return what Reshape makes of a shape: 0 copies a size, -1 is what is left.

    Examples
    --------
    >>> reshaped((1, 16, 4, 4), (0, -1), keep_zero=False)
    (1, 256)
    """
    sizes = [shape[i] if n == 0 and not keep_zero and i < len(shape) else n for i, n in enumerate(wanted)]
    total = prod(shape)
    if sizes.count(-1) == 1:
        known = prod(n for n in sizes if n != -1)
        if known > 0:
            sizes[sizes.index(-1)] = total // known
    if any(n < 0 for n in sizes) or prod(sizes) != total:
        raise UnsupportedError(f"{total} values of shape {shape} cannot take the shape {wanted}")
    return tuple(sizes)


def slices(node: OnnxNode, inputs: Sequence[Array | None], rank: int) -> list[slice]:
    """Return one slice an axis, from attributes (before opset 10) or inputs: starts, ends, axes, steps."""
    names = ("starts", "ends", "axes", "steps")
    values = [
        node.integers(name, ()) if array is None else integers_of(array, name)
        for name, array in zip(names, inputs, strict=True)
    ]
    starts, ends = values[:2]
    axes = values[2] or tuple(range(len(starts)))
    steps = values[3] or (1,) * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps) or not all(-rank <= axis < rank for axis in axes):
        raise UnsupportedError(f"starts {starts}, ends {ends}, axes {axes} and steps {steps} do not fit {rank} axes")
    found = [slice(None)] * rank
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        # Backwards, an end before the first value stands for "to the first", which Python writes as None.
        found[axis] = slice(start, None if step < 0 and end < -(1 << 30) else end, step)
    return found


def shape_of(node: OnnxNode, shape: tuple[int, ...]) -> Array:
    """Return what Shape gives, all axes or those from ``start`` to ``end``."""
    chosen = slice(node.integer("start", 0), node.integer("end", len(shape)))
    return np.array(shape[chosen], dtype=np.int64)


def _constant(node: OnnxNode, _arrays: Sequence[Array]) -> Array:
    values = {name: value for name, value in node.attributes.items() if value is not None}
    if len(values) != 1 or len(node.attributes) != 1 or not isinstance(next(iter(values.values())), _CONSTANT_KINDS):
        raise UnsupportedError("expected one attribute with numbers (a dense tensor, a number or a list of them)")
    (value,) = values.values()
    if isinstance(value, np.ndarray):
        return value
    kind = np.int64 if next(iter(values)).startswith("value_int") else np.float32
    return np.array(value, dtype=kind)


_CONSTANT_KINDS = (np.ndarray, int, float, tuple)


def _constant_of_shape(node: OnnxNode, arrays: Sequence[Array]) -> Array:
    value = node.attributes.get("value", np.zeros(1, dtype=np.float32))
    if not isinstance(value, np.ndarray) or value.size != 1:
        raise UnsupportedError("value: expected a tensor of one number")
    return np.full(integers_of(arrays[0], "shape"), value.reshape(()), dtype=value.dtype)


def _axes(node: OnnxNode, arrays: Sequence[Array]) -> tuple[int, ...]:
    return integers_of(arrays[1], "axes") if len(arrays) > 1 else node.integers("axes", ())


def _squeeze(node: OnnxNode, arrays: Sequence[Array]) -> Array:
    return np.squeeze(arrays[0], axis=_axes(node, arrays) or None)


def _unsqueeze(node: OnnxNode, arrays: Sequence[Array]) -> Array:
    return np.expand_dims(arrays[0], _axes(node, arrays))


def _gather(node: OnnxNode, arrays: Sequence[Array]) -> Array:
    if arrays[1].dtype.kind not in "iu":
        raise UnsupportedError(f"indices: expected integers, got {arrays[1].dtype}")
    return np.take(arrays[0], arrays[1], axis=node.integer("axis", 0))


def _reshape(node: OnnxNode, arrays: Sequence[Array]) -> Array:
    wanted = integers_of(arrays[1], "shape")
    return arrays[0].reshape(reshaped(arrays[0].shape, wanted, keep_zero=bool(node.integer("allowzero", 0))))


def _transpose(node: OnnxNode, arrays: Sequence[Array]) -> Array:
    return arrays[0].transpose(node.integers("perm", tuple(reversed(range(arrays[0].ndim)))))


def _slice(node: OnnxNode, arrays: Sequence[Array]) -> Array:
    inputs = [*arrays[1:], *(None,) * (5 - len(arrays))]
    return arrays[0][tuple(slices(node, inputs, arrays[0].ndim))]


def _cast(node: OnnxNode, arrays: Sequence[Array]) -> Array:
    to = node.integer("to", 0)
    if to not in _TYPES:
        raise UnsupportedError(f"it casts to type number {to}; only plain numbers are supported")
    return arrays[0].astype(_TYPES[to])


def _divide(_node: OnnxNode, arrays: Sequence[Array]) -> Array:
    a, b = arrays
    if a.dtype.kind in "iu":
        if not b.all():
            raise UnsupportedError("it divides by zero")
        return np.asarray(np.sign(a) * np.sign(b) * (np.abs(a) // np.abs(b)), dtype=a.dtype)
    return np.asarray(a / b)


def _expand(_node: OnnxNode, arrays: Sequence[Array]) -> Array:
    return np.broadcast_to(arrays[0], np.broadcast_shapes(arrays[0].shape, integers_of(arrays[1], "shape")))


def _expanded_size(arrays: Sequence[Array]) -> int:
    return prod(np.broadcast_shapes(arrays[0].shape, integers_of(arrays[1], "shape")))


def _first_size(arrays: Sequence[Array]) -> int:
    return arrays[0].size if arrays else 0


def _sum_size(arrays: Sequence[Array]) -> int:
    return sum(array.size for array in arrays)


def _broadcast_size(arrays: Sequence[Array]) -> int:
    return prod(np.broadcast_shapes(*(array.shape for array in arrays)))


def _gather_size(arrays: Sequence[Array]) -> int:
    return arrays[1].size * max(arrays[0].size, 1)


def _wanted_size(arrays: Sequence[Array]) -> int:
    return prod(integers_of(arrays[0], "shape"))


Fold = tuple[Callable[[Sequence[Array]], int], Callable[[OnnxNode, Sequence[Array]], Array]]

CONSTANT_OPS: Mapping[str, Fold] = {
    "Add": (_broadcast_size, lambda _, arrays: arrays[0] + arrays[1]),
    "Cast": (_first_size, _cast),
    "Concat": (_sum_size, lambda node, arrays: np.concatenate(arrays, axis=node.integer("axis", 0))),
    "Constant": (_first_size, _constant),
    "ConstantOfShape": (_wanted_size, _constant_of_shape),
    "Div": (_broadcast_size, _divide),
    "Expand": (_expanded_size, _expand),
    "Gather": (_gather_size, _gather),
    "Identity": (_first_size, lambda _, arrays: arrays[0]),
    "Mul": (_broadcast_size, lambda _, arrays: arrays[0] * arrays[1]),
    "Neg": (_first_size, lambda _, arrays: -arrays[0]),
    "Pow": (_broadcast_size, lambda _, arrays: np.power(arrays[0], arrays[1])),
    "Reciprocal": (_first_size, lambda _, arrays: 1 / arrays[0]),
    "Reshape": (_first_size, _reshape),
    "Shape": (_first_size, lambda node, arrays: shape_of(node, arrays[0].shape)),
    "Slice": (_first_size, _slice),
    "Sqrt": (_first_size, lambda _, arrays: np.sqrt(arrays[0])),
    "Squeeze": (_first_size, _squeeze),
    "Sub": (_broadcast_size, lambda _, arrays: arrays[0] - arrays[1]),
    "Transpose": (_first_size, _transpose),
    "Unsqueeze": (_first_size, _unsqueeze),
}
"""How many values a node computes at most, and the computation."""
