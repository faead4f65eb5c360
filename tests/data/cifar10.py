"""Read CIFAR-10 from the data folder: WebP pictures of 100 x 100 images, labels beside them."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["load_cifar10"]


def load_cifar10(folder: Path, part: str = "test_batch") -> tuple[NDArray[np.uint8], NDArray[Any]]:
    """Images uint8 (10000, 3, 32, 32) and labels of "test_batch" or "data_batch_1" .. "data_batch_5"."""
    with Image.open(folder / "cifar10" / f"{part}.webp") as picture:
        tiles = np.asarray(picture).reshape(100, 32, 100, 32, 3)
    images = tiles.swapaxes(1, 2).reshape(10000, 32, 32, 3).transpose(0, 3, 1, 2)
    with np.load(folder / "cifar10" / "labels.npz") as labels:
        if part == "test_batch":
            return np.ascontiguousarray(images), labels["test_labels"]
        start = (int(part[-1]) - 1) * 10000
        return np.ascontiguousarray(images), labels["train_labels"][start : start + 10000]
