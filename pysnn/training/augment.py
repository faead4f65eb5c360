"""Images changed at random while a network learns: shifts, rotations, scales, elastic distortions, mirror images, blanks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError
from pysnn.random import philox

__all__ = ["Augmentation"]

Array = NDArray[Any]

# Random numbers of one image: these, then two for each pixel, then those of jumps, mirror images and blanks.
_AFFINE_DRAWS = 4
_EXACT_DRAWS = 5

_MOST = {"shift": math.inf, "rotate": 180.0, "scale": 1.0, "elastic": math.inf, "jump": math.inf, "mirror": 1.0}


@dataclass(frozen=True)
class Augmentation:
    """A random distortion of each image in each epoch, which follows from (seed, epoch, sample) alone.

    So a training does not depend on the order of samples or on interruptions. Values between pixels are interpolated linearly; what comes
    in from outside of the image is 0. All channels of an image move alike.

    Attributes
    ----------
    shift
        Pixels, at most, along each axis (uniform).
    rotate
        Degrees, at most, either way (uniform).
    scale
        Share of the size, at most, larger or smaller (uniform).
    elastic
        Pixels: largest displacement of a smooth random field, drawn anew for each image (Simard et al., ICDAR 2003).
    smooth
        Pixels: width of the Gaussian that smooths the field.
    jump
        Pixels, at most, along each axis, whole ones (uniform): nothing is blurred.
    mirror
        Share of the images that is turned left to right.
    blank
        Pixels: side of a square around a random pixel that is set to 0; at the border it is smaller (DeVries & Taylor,
        arXiv 1708.04552).

    Examples
    --------
    >>> images = np.zeros((1, 1, 5, 5), dtype=np.float32)
    >>> images[0, 0, 2, 2] = 1
    >>> moved = Augmentation(shift=1.0)(images, seed=0, epoch=0, samples=np.array([7]))
    >>> moved.shape, bool((moved == images).all())
    ((1, 1, 5, 5), False)
    """

    shift: float = 0.0
    rotate: float = 0.0
    scale: float = 0.0
    elastic: float = 0.0
    smooth: float = 4.0
    jump: float = 0.0
    mirror: float = 0.0
    blank: float = 0.0

    def __post_init__(self) -> None:
        for name, most in _MOST.items():
            value = getattr(self, name)
            if not 0 <= value <= most or math.isinf(value):
                raise DataError(f"augmentation: {name}: expected a number from 0 to {most:g}, got {value!r}")
        for name in ("jump", "blank"):
            if not 0 <= getattr(self, name) == int(getattr(self, name)):
                raise DataError(f"augmentation: {name}: expected whole pixels, got {getattr(self, name)!r}")
        if self.scale == 1 or not 0 < self.smooth < math.inf:
            raise DataError(f"augmentation: expected scale below 1 and smooth above 0, got {self.scale}, {self.smooth}")

    def __repr__(self) -> str:
        """Name what differs from no distortion; a checkpoint knows its training by this."""
        changed = [f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if getattr(self, f.name) != f.default]
        return f"Augmentation({', '.join(changed)})"

    def __call__(self, images: Array, *, seed: int, epoch: int, samples: NDArray[np.int64]) -> Array:
        """Return distorted images ``(batch, C, H, W)``; ``samples`` are their numbers in the data.

        What moves by whole pixels keeps its type (uint8 or floats); where values are interpolated, float32 in 0..1 come out.
        """
        if images.ndim != 4:
            raise DataError(f"augmentation: expected images (samples, C, H, W), got shape {images.shape}")
        height, width = images.shape[2:]
        draws = _AFFINE_DRAWS + (2 * height * width if self.elastic else 0)
        uniform = _uniform(seed, epoch, samples, draws + _EXACT_DRAWS)
        y, x = self._places(uniform[:, :_AFFINE_DRAWS], (height, width))
        if self.elastic:
            field = _smooth(uniform[:, _AFFINE_DRAWS:draws].reshape(-1, 2, height, width), self.smooth)
            y, x = y + self.elastic * field[:, 0], x + self.elastic * field[:, 1]
        down, right, turned, *centre = uniform[:, draws:, None, None].transpose(1, 0, 2, 3)
        y, x = y + self._jumps(down), x + self._jumps(right)
        x = np.where((turned + 1) / 2 < self.mirror, width - 1 - x, x)
        moved = _sampled(images, y, x) if self._interpolates else _taken(images, y, x)
        if self.blank:
            moved[np.broadcast_to(self._square(centre, (height, width))[:, None], moved.shape)] = 0
        return moved

    @property
    def _interpolates(self) -> bool:
        return bool(self.shift or self.rotate or self.scale or self.elastic)

    def _square(self, centre: Sequence[Array], size: tuple[int, int]) -> Array:
        """Return which pixels lie in each image's square, ``(batch, H, W)``."""
        inside = []
        for draw, extent in zip(centre, size, strict=True):
            first = np.floor((draw[:, 0] + 1) / 2 * extent) - self.blank // 2
            place = np.arange(extent)
            inside.append((place >= first) & (place < first + self.blank))
        return np.asarray(inside[0][:, :, None] & inside[1][:, None, :])

    def _jumps(self, uniform: Array) -> Array:
        return np.asarray(np.floor((uniform + 1) / 2 * (2 * self.jump + 1)) - self.jump)

    def _places(self, uniform: Array, size: tuple[int, int]) -> tuple[Array, Array]:
        """Return where each pixel's value comes from: rotated and scaled about the centre, then shifted."""
        angle = np.deg2rad(self.rotate) * uniform[:, 0, None, None]
        factor = 1 / (1 + self.scale * uniform[:, 1, None, None])
        middle = ((size[0] - 1) / 2, (size[1] - 1) / 2)
        y, x = np.mgrid[: size[0], : size[1]].astype(np.float64)
        y, x = y - middle[0], x - middle[1]
        cos, sin = factor * np.cos(angle), factor * np.sin(angle)
        shift = self.shift * uniform[:, 2:4, None, None]
        return cos * y - sin * x + middle[0] + shift[:, 0], sin * y + cos * x + middle[1] + shift[:, 1]


def _uniform(seed: int, epoch: int, samples: NDArray[np.int64], draws: int) -> NDArray[np.float64]:
    """Return numbers in -1..1, ``(batch, draws)``: the counter is (draw, sample, epoch)."""
    draw, sample = np.meshgrid(np.arange(-(-draws // 4), dtype=np.uint64), samples.astype(np.uint64))
    words = philox((draw, sample, np.full_like(draw, epoch), np.zeros_like(draw)), seed)
    found = np.stack(words, axis=-1).reshape(len(samples), -1)[:, :draws]
    return np.asarray(found * (2.0 / 2**32) - 1)


def _smooth(field: Array, width: float) -> Array:
    """Smooth the last two axes with a Gaussian, and scale each image's field so that its largest value is 1."""
    for axis in (-2, -1):
        place = np.arange(field.shape[axis])
        kernel = np.exp(-((place[:, None] - place) ** 2) / (2 * width**2))
        field = np.moveaxis(np.tensordot(field, kernel, axes=(axis, 0)), -1, axis)
    return np.asarray(field / np.abs(field).max(axis=(1, 2, 3), keepdims=True))


def _taken(images: Array, y: Array, x: Array) -> Array:
    """Take the pixels at whole ``(batch, H, W)`` places; outside is 0."""
    height, width = images.shape[2:]
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1))).transpose(0, 2, 3, 1)
    top, left = (place.clip(-1, most).astype(np.int64) + 1 for place, most in ((y, height), (x, width)))
    return np.ascontiguousarray(padded[np.arange(len(images))[:, None, None], top, left].transpose(0, 3, 1, 2))


def _sampled(images: NDArray[np.float32], y: Array, x: Array) -> NDArray[np.float32]:
    """Interpolate linearly at ``(batch, H, W)`` places; outside is 0."""
    height, width = images.shape[2:]
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)))
    # One place outside is enough to be 0, on both sides.
    y, x = y.clip(-1, height) + 1, x.clip(-1, width) + 1
    top, left = np.minimum(y.astype(np.int64), height), np.minimum(x.astype(np.int64), width)
    down, right = (y - top)[..., None], (x - left)[..., None]
    batch = np.arange(len(images))[:, None, None]
    corners = padded.transpose(0, 2, 3, 1)
    upper = corners[batch, top, left] * (1 - right) + corners[batch, top, left + 1] * right
    lower = corners[batch, top + 1, left] * (1 - right) + corners[batch, top + 1, left + 1] * right
    mixed = (upper * (1 - down) + lower * down).clip(0, 1)
    return np.ascontiguousarray(mixed.transpose(0, 3, 1, 2), dtype=np.float32)
