"""What a loader gives."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Dataset"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and labels, with a part that no training has seen.

    Attributes
    ----------
    x_train, x_test
        float32 ``(samples, ...)``.
    y_train, y_test
        int64 ``(samples,)``.
    source, licence
        Where the data come from, and what they may be used for.
    """

    x_train: NDArray[np.float32]
    y_train: NDArray[np.int64]
    x_test: NDArray[np.float32]
    y_test: NDArray[np.int64]
    source: str
    licence: str
