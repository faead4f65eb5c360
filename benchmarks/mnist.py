"""MNIST from the folder that PYSNN_DATA names."""

import os
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pysnn.io.idx import load_idx

__all__ = ["load_mnist"]


def load_mnist(split: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Give images as vectors of 784 values in 0..1, and labels, of the split "train" or "test"."""
    folder = os.environ.get("PYSNN_DATA")
    if not folder:
        sys.exit("PYSNN_DATA is not set: it names the folder with mnist/")
    images, labels = load_idx(Path(folder) / "mnist", split)
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(255), labels
