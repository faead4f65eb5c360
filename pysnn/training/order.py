"""The order of the samples: in each epoch of a training, and before a part of them is held out."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["epoch_order", "held_out", "stratified_order"]

# What is drawn, beside the seed and the epoch, so that no two streams of random numbers are the same.
_ORDER = 1
_HELD_OUT = 3


def epoch_order(seed: int, epoch: int, samples: int) -> NDArray[np.intp]:
    """Return a permutation of the samples that follows from the seed and the epoch alone.

    Examples
    --------
    >>> sorted(epoch_order(0, 3, 4).tolist())
    [0, 1, 2, 3]
    """
    return np.random.default_rng([seed, _ORDER, epoch]).permutation(samples)


def stratified_order(labels: NDArray[np.integer], seed: int) -> NDArray[np.intp]:
    """Return a random order in which every class is spread evenly from the first sample to the last.

    So the samples at the end, which a training holds out, have all classes in the shares that they have among all samples, as
    far as whole samples go, however the data were sorted. A class of few samples is kept for training.

    Examples
    --------
    >>> labels = np.array([0] * 8 + [1] * 4)
    >>> np.bincount(labels[stratified_order(labels, seed=0)][-3:]).tolist()
    [2, 1]
    """
    drawn = np.random.default_rng([seed, _HELD_OUT]).permutation(len(labels))
    place = np.empty(len(labels))
    for label in np.unique(labels):
        members = drawn[labels[drawn] == label]
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
    return np.asarray(drawn[np.argsort(place[drawn], kind="stable")])


def held_out(samples: int, validation: float) -> int:
    """Return how many samples are held out: ``validation`` below 1 is a share, else a number.

    Examples
    --------
    >>> held_out(1200, 0.1), held_out(1200, 300), held_out(5, 0.1)
    (120, 300, 0)
    """
    return int(samples * validation) if validation < 1 else int(validation)
