"""What a network that learned without labels says: its cells are given the classes that they answer to most, on training images."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["NOTHING", "accuracy", "classes_of", "votes"]

NOTHING = -1
"""The class of a cell that never fires, and the answer to an image without spikes."""

Counts = NDArray[np.integer[Any]]
Labels = NDArray[np.int64]


def classes_of(counts: Counts, labels: Labels, classes: int = 10) -> Labels:
    """Return the class that each cell answers to most: the largest mean of its counts over the images of a class.

    Examples
    --------
    >>> classes_of(np.array([[3, 0, 0], [1, 2, 0]]), np.array([0, 1]), 2).tolist()
    [0, 1, -1]
    """
    sums = np.stack([counts[labels == k].sum(axis=0) for k in range(classes)])
    means = sums / np.maximum(np.bincount(labels, minlength=classes), 1)[:, None]
    return np.where(means.max(axis=0) > 0, means.argmax(axis=0), NOTHING)


def votes(counts: Counts, own: Labels, classes: int = 10) -> Labels:
    """Return what is answered to each image: the class whose cells have the largest mean count; the lower one of equal ones.

    Examples
    --------
    >>> votes(np.array([[3, 0, 2], [0, 0, 0]]), np.array([0, 1, 1]), 2).tolist()
    [0, -1]
    """
    means = np.stack(
        [counts[:, own == k].mean(axis=1) if (own == k).any() else np.full(len(counts), -1.0) for k in range(classes)]
    )
    return np.where(counts.sum(axis=1) > 0, means.argmax(axis=0), NOTHING)


def accuracy(counts: Counts, labels: Labels, own: Labels) -> float:
    """Return the share of images that are answered right; no spikes are a wrong answer.

    Examples
    --------
    >>> accuracy(np.array([[1, 0], [0, 0]]), np.array([0, 0]), np.array([0, 1]))
    0.5
    """
    return float((votes(counts, own) == labels).mean())
