"""Batches of images in a fixed random order, cropped, flipped and blanked; each follows from the seed, the epoch and its number."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.finetune.ttrbr.options import TTRBROptions

__all__ = ["augmented", "order_of"]

# What is drawn, beside the seed and the epoch, so that no two streams are the same.
_ORDER, _AUGMENTATION = 1, 2


def order_of(options: TTRBROptions, epoch: int, samples: int) -> NDArray[np.intp]:
    """Give the order of the samples in an epoch."""
    return np.random.default_rng([options.seed, _ORDER, epoch]).permutation(samples)


def augmented(images: NDArray[Any], options: TTRBROptions, epoch: int, batch: int) -> NDArray[Any]:
    """Give images ``(batch, channels, height, width)`` shifted, mirrored and partly blanked, each at random.

    Shifts are by up to ``options.crop`` pixels in each direction; what comes in is 0.

    Examples
    --------
    >>> options = TTRBROptions(crop=0, flip=False)
    >>> augmented(np.ones((1, 1, 2, 2), dtype=np.uint8), options, epoch=0, batch=0).tolist()
    [[[[1, 1], [1, 1]]]]
    """
    rng = np.random.default_rng([options.seed, _AUGMENTATION, epoch, batch])
    count, channels, height, width = images.shape
    pad = options.crop
    rows = rng.integers(0, 2 * pad + 1, (count, 1)) + np.arange(height)
    columns = rng.integers(0, 2 * pad + 1, (count, 1)) + np.arange(width)
    if options.flip:
        columns = np.where(rng.random((count, 1)) < 0.5, columns[:, ::-1], columns)
    padded = np.pad(images, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    index = (np.arange(count)[:, None, None, None], np.arange(channels)[None, :, None, None])
    result: NDArray[Any] = padded[(*index, rows[:, None, :, None], columns[:, None, None, :])]
    if options.cutout:
        _blank(result, rng, options.cutout)
    return result


def _blank(images: NDArray[Any], rng: np.random.Generator, side: int) -> None:
    """Set a square around a random centre of each image to 0; at the border it is smaller (DeVries & Taylor 2017)."""
    count, _, height, width = images.shape
    inside = []
    for extent in (height, width):
        first = rng.integers(0, extent, (count, 1)) - side // 2
        place = np.arange(extent)
        inside.append((place >= first) & (place < first + side))
    images[np.broadcast_to((inside[0][:, :, None] & inside[1][:, None, :])[:, None], images.shape)] = 0
