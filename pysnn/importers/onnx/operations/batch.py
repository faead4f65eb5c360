"""What a file computes from the batch's size: right for a shape, and for nothing else."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.importers.onnx.file.model import OnnxNode, UnsupportedError
from pysnn.importers.onnx.operations.constants import integers_of, reshaped

__all__ = ["OTHER_BATCH", "check_reshape", "same_for_all_samples"]

OTHER_BATCH = 7
"""How much larger the other batch is that constants are computed for as well, to see which depend on it."""


def same_for_all_samples(found: NDArray[Any], other: NDArray[Any], batch: int) -> bool:
    """Return whether a constant does not depend on the batch, or only has the same values for each sample of it.

    Examples
    --------
    >>> same_for_all_samples(np.zeros((1, 3)), np.zeros((8, 3)), 1)
    True
    >>> same_for_all_samples(np.array([1, 3]), np.array([8, 3]), 1)
    False
    """
    if found.shape == other.shape:
        return bool(np.array_equal(found, other))
    if found.ndim < 2 or (found.shape[0], other.shape[0]) != (batch, batch + OTHER_BATCH):
        return False
    sample = found[:1]
    return found.shape[1:] == other.shape[1:] and bool((found == sample).all() and (other == sample).all())


def check_reshape(node: OnnxNode, shape: tuple[int, ...], wanted: NDArray[Any]) -> None:
    """Check that a Reshape of another batch keeps it.

    Raises
    ------
    UnsupportedError
        It does not.
    """
    batch = shape[0] + OTHER_BATCH
    sizes = integers_of(wanted, "shape")
    found = reshaped((batch, *shape[1:]), sizes, keep_zero=bool(node.integer("allowzero", 0)))
    if found[:1] != (batch,):
        raise UnsupportedError(f"it makes {found} of {(batch, *shape[1:])}; the batch must stay first")
