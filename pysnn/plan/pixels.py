"""Pictures of uint8 as an int8 network's first layer reads them: each pixel as what it exceeds its channel's mean by, and what it falls short of it."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import PlanError
from pysnn.network import Network
from pysnn.nodes import Conv2d, Input

__all__ = ["check_pixels", "on_pixels", "pixel_channels", "pixel_means", "pixel_scale"]

_WHITE = 255


def _normalisation(node: Input) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return an input's means and standard deviations by channel: zeros and ones where it has none."""
    mean = np.zeros(node.shape[0]) if node.mean is None else node.mean.astype(np.float64)
    std = np.ones(node.shape[0]) if node.std is None else node.std.astype(np.float64)
    return mean, std


def pixel_means(node: Input) -> NDArray[np.uint8]:
    """Return the uint8 that is next to each channel's mean: zeros where an input has no mean.

    Examples
    --------
    >>> pixel_means(Input((2, 1, 1), mean=(0.5, 0.25), std=(1, 1))).tolist()
    [128, 64]
    """
    return np.zeros(node.shape[0], dtype=np.uint8) if node.mean is None else _nearest(node.mean.tobytes())


@lru_cache(maxsize=64)
def _nearest(mean: bytes) -> NDArray[np.uint8]:
    """Return the uint8 next to some float32; kept, since every batch of a run asks for them."""
    means = np.clip(np.rint(_WHITE * np.frombuffer(mean, dtype=np.float32).astype(np.float64)), 0, _WHITE).astype(
        np.uint8
    )
    means.flags.writeable = False
    return means


def pixel_channels(node: Input, x: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return uint8 pictures ``(batch, C, H, W)`` as the map of a plan, ``(batch, 2 C, H, W)``: ``max(n - p, 0)``, then ``max(p - n, 0)``, of the means p.

    Examples
    --------
    >>> pixel_channels(Input((1, 1, 2), mean=(0.5,), std=(1,)), np.uint8([[[[130, 120]]]])).tolist()
    [[[[2, 0]], [[0, 8]]]]
    """
    means, channels = pixel_means(node)[:, None, None], x.shape[1]
    found = np.empty((len(x), 2 * channels, *x.shape[2:]), dtype=np.uint8)
    above, below = found[:, :channels], found[:, channels:]
    np.maximum(x, means, out=above)
    np.subtract(above, means, out=above)
    np.minimum(x, means, out=below)
    np.subtract(means, below, out=below)
    return found


def pixel_scale(node: Input) -> NDArray[np.float32]:
    """Return what one of the map stands for, float32 ``(2 C,)``: ``1 / (255 std)``, then minus the same."""
    _, std = _normalisation(node)
    one = 1 / (_WHITE * std)
    return np.concatenate((one, -one)).astype(np.float32)


def on_pixels(node: Input, layer: Conv2d) -> Conv2d:
    """Return a convolution of normalised pictures as one of the map: its weights twice, and what the rounding of means leaves in the bias.

    A window that reaches beyond the picture is given that part of the bias for the whole of it.
    """
    mean, std = _normalisation(node)
    left = (pixel_means(node) / _WHITE - mean) / std
    weight = layer.weight.astype(np.float64)
    bias = layer.bias.astype(np.float64) + (weight.sum(axis=(2, 3)) * left).sum(axis=1)
    return replace(layer, weight=np.concatenate((layer.weight, layer.weight), axis=1), bias=bias.astype(np.float32))


def check_pixels(network: Network) -> None:
    """Refuse a network whose first layer cannot read pixels.

    Raises
    ------
    PlanError
        The input is no picture, has ``scaling``, or is read by anything but convolutions without groups.
    """
    node, name = network.input, network.input_name
    if len(node.shape) != 3 or node.scaling is not None:
        what = "scaling in float64" if node.scaling is not None else f"vectors of shape {node.shape}"
        raise PlanError(
            f"Input '{name}': first_layer 'int8' needs pictures (channels, height, width) with mean and std at most, got {what}"
        )
    for reader in network.targets[name]:
        layer = network.nodes[reader]
        if not isinstance(layer, Conv2d) or layer.groups > 1 or len(network.sources[reader]) > 1:
            raise PlanError(
                f"{layer.title} '{reader}': first_layer 'int8' needs convolutions without groups right behind the input, and nothing else there"
            )
