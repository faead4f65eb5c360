"""Sums of values, and arithmetic with constants, which is a factor and a shift per channel."""

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import NetworkError
from pysnn.importers.torch.graph import Call, Value, settled
from pysnn.importers.torch.layers import array
from pysnn.nodes import Concat, Linear, Pad
from pysnn.nodes.affine import Affine

__all__ = ["add", "cat", "divide", "matmul", "multiply", "per_channel", "subtract", "subtract_from"]


def add(call: Call, x: Any, other: Any, alpha: Any = 1) -> Value:
    """Translate a sum of two values, or of a value and a constant."""
    if alpha != 1:
        raise NetworkError("alpha is not supported: leave it out")
    if not isinstance(x, Value):
        x, other = other, x
    if not isinstance(other, Value):
        shift = per_channel(other, x)
        return x if isinstance(shift, float) and shift == 0 else call.add(Affine(1.0, shift), x)
    if settled(x).shape != settled(other).shape:
        raise NetworkError(f"it adds shapes {x.shape} and {other.shape} (without the batch): they must be the same")
    return Value((*x.sources, *other.sources), x.shape, x.shape)


def subtract(call: Call, x: Any, other: Any, alpha: Any = 1) -> Value:
    """Translate a difference of two values, or of a value and a constant in either order."""
    if alpha != 1:
        raise NetworkError("alpha is not supported: leave it out")
    if not isinstance(x, Value):
        return call.add(Affine(-1.0, per_channel(x, other)), other)
    if not isinstance(other, Value):
        return call.add(Affine(1.0, -per_channel(other, x)), x)
    if settled(x).shape != settled(other).shape:
        raise NetworkError(
            f"it subtracts shapes {x.shape} and {other.shape} (without the batch): they must be the same"
        )
    return add(call, x, call.add(Affine(-1.0, 0.0), other, name=f"{call.name}_minus"))


def subtract_from(call: Call, x: Any, other: Any, alpha: Any = 1) -> Value:
    """Translate ``other - x``."""
    return subtract(call, other, x, alpha)


def multiply(call: Call, x: Any, other: Any) -> Value:
    """Translate a product of a value and a constant."""
    if not isinstance(x, Value):
        x, other = other, x
    return call.add(Affine(per_channel(_constant(other, "multiplies"), x), 0.0), x)


def divide(call: Call, x: Any, other: Any) -> Value:
    """Translate a value over a constant."""
    if not isinstance(x, Value):
        raise NetworkError("a division by a value that depends on the input has no counterpart")
    divisor = per_channel(_constant(other, "divides"), x)
    if not np.all(divisor):
        raise NetworkError("it divides by zero")
    return call.add(Affine(1 / divisor, 0.0), x)


def _constant(other: Any, does: str) -> Any:
    if isinstance(other, Value):
        raise NetworkError(
            f"it {does} two values that both depend on the input (as gates and attention do): this has no counterpart"
        )
    return other


def per_channel(constant: Any, value: Value) -> float | NDArray[np.float64]:
    """Return a constant as one number, or one per channel of ``value``."""
    if isinstance(constant, Real):
        return float(constant)
    found = array(constant, "constant").astype(np.float64)
    if found.size == 1:
        return float(found.reshape(()))
    rank = len(value.shape) + 1
    full = (1,) * (rank - found.ndim) + found.shape
    if full != (1, value.shape[0], *(1,) * (rank - 2)):
        raise NetworkError(
            f"a constant of shape {found.shape} is not supported for {value.shape} (without the batch): "
            "one number, or one per channel"
        )
    return found.reshape(-1)


def matmul(call: Call, x: Any, other: Any) -> Value:
    """Translate a product of a vector and a constant matrix."""
    if not isinstance(x, Value):
        raise NetworkError("a constant on the left is not supported: write x @ weight")
    return call.add(Linear(array(_constant(other, "multiplies"), "matrix").T), x)


def cat(call: Call, tensors: Any, dim: int = 0) -> Value:
    """Translate a concatenation of channels; of one value and constant zeros it is a padding."""
    values = [part for part in tensors if isinstance(part, Value)]
    if dim % (len(values[0].shape) + 1) != 1:
        raise NetworkError(f"a concatenation along axis {dim} is not supported: only channels (dim=1)")
    if len(values) == len(tensors):
        return values[0] if len(values) == 1 else call.add(Concat(), *values)
    at = next(k for k, part in enumerate(tensors) if isinstance(part, Value))
    if len(values) > 1 or any(array(part, "part").any() for part in tensors if not isinstance(part, Value)):
        raise NetworkError("of constants, only zeros around one value are supported")
    before = sum(part.shape[1] for part in tensors[:at])
    after = sum(part.shape[1] for part in tensors[at + 1 :])
    return call.add(Pad(channels=(before, after)), values[0])
