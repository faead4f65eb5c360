"""The order of the samples in each epoch of a training."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["epoch_order"]

# What is drawn, beside the seed and the epoch, so that no two streams of random numbers are the same.
_ORDER = 1


def epoch_order(seed: int, epoch: int, samples: int) -> NDArray[np.intp]:
    """Return a permutation of the samples that follows from the seed and the epoch alone.

    Examples
    --------
    >>> sorted(epoch_order(0, 3, 4).tolist())
    [0, 1, 2, 3]
    """
    return np.random.default_rng([seed, _ORDER, epoch]).permutation(samples)
