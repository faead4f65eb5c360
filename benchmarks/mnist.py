"""MNIST from the folder that PYSNN_DATA names."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import data_folder
from pysnn.datasets.idx import load_idx

__all__ = ["load_mnist"]


def load_mnist(split: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return images as vectors of 784 values in 0..1, and labels, of the split "train" or "test"."""
    images, labels = load_idx(data_folder("mnist/") / "mnist", split)
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(255), labels
