"""The pretrained networks that engine benchmarks run: converted quickly, with images to run."""

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import data_folder
from benchmarks.peers.networks import NETWORKS, read_source
from pysnn import Network, Simulator
from pysnn.convert import convert
from pysnn.datasets.cifar import load_cifar10

__all__ = ["at_level", "spiking_networks", "test_images", "window_network"]


def at_level(network: Network, level: str, **options: Any) -> Simulator:
    """Return a simulator of one thread in int8 at a SIMD level, which it has found out about by its first run."""
    os.environ["PYSNN_SIMD"] = level
    try:
        simulator = Simulator(network, precision="int8", threads=1, count=False, **options)
        simulator.run(np.zeros((1, *network.input.shape), np.uint8), steps=1)
    finally:
        del os.environ["PYSNN_SIMD"]
    return simulator


def spiking_networks() -> dict[str, Network]:
    """Return ResNet-20 and VGG-11 for CIFAR-10, converted with percentile thresholds of 32 images; PYSNN_DATA has them."""
    images, _ = load_cifar10(data_folder() / "cifar10", "train", 32)
    return {name: convert(read_source(name), images, "percentile", per_channel=True).network for name in NETWORKS}


def window_network(window: int) -> Network:
    """Return ResNet-20 for CIFAR-10 with single spikes in windows, converted with 32 images."""
    images, _ = load_cifar10(data_folder() / "cifar10", "train", 32)
    return convert(read_source("resnet20"), images, "first-spike", window=window).network


def test_images(count: int) -> NDArray[Any]:
    """Return the first test images."""
    images, _ = load_cifar10(data_folder() / "cifar10", "test", count)
    return np.ascontiguousarray(images)
