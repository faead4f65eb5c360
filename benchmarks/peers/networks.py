"""The networks of the comparison: pretrained, converted, and written for the peers beside the images."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import data_folder
from benchmarks.peers.graph import Op, save_graph
from benchmarks.peers.normalise import normalise
from pysnn import IF, Conv2d, Linear, Network, Scale
from pysnn.convert import ann_pass, convert, resnet_cifar, vgg11_cifar
from pysnn.io.cifar import load_cifar10
from pysnn.io.psnn import save
from pysnn.nodes import AvgPool2d, Input, Node, Pad, Subsample

__all__ = [
    "CALIBRATION",
    "METHOD",
    "NETWORKS",
    "Source",
    "convert_source",
    "export_network",
    "operations",
    "read_source",
]

CALIBRATION = 500
IMAGES = 64


@dataclass(frozen=True)
class Source:
    """Where a network comes from."""

    file: str
    read: Callable[[Path], Network]


NETWORKS = {
    "resnet20": Source("resnet20_cifar10.safetensors", resnet_cifar),
    "vgg11": Source("vgg11_cifar10.safetensors", vgg11_cifar),
}
"""Networks by name."""

METHOD: dict[str, Any] = {"method": "error-min", "per_channel": True, "steps": 16, "calibrate": ["v_init"]}
"""How both are converted: chosen on training images, ``python -m benchmarks.peers.methods``."""

_KINDS = {
    "Input": "input",
    "Conv2d": "conv",
    "Linear": "linear",
    "AvgPool2d": "avgpool",
    "GlobalAvgPool": "globalpool",
    "Flatten": "flatten",
    "Subsample": "subsample",
    "Pad": "pad",
    "Scale": "scale",
    "IF": "neuron",
    "ReLU": "relu",
    "Output": "output",
}


def read_source(name: str) -> Network:
    """Read the ordinary network."""
    source = NETWORKS[name]
    return source.read(data_folder() / "pretrained" / source.file)


def convert_source(ann: Network) -> Network:
    """Convert it on the first training images, and make all thresholds 1."""
    images, _ = load_cifar10(data_folder() / "cifar10", "train", CALIBRATION)
    return normalise(convert(ann, images, **METHOD).network)


def export_network(name: str, folder: Path) -> None:
    """Write ``NAME.npz`` and ``NAME.psnn`` (spiking), ``NAME-ann.npz``, and ``NAME-images.npz``, where they are not there."""
    target = folder / f"{name}-images.npz"
    if _is_made(target):
        return
    folder.mkdir(parents=True, exist_ok=True)
    print(f"converting {name} into {folder}", file=sys.stderr)
    ann = read_source(name)
    spiking = convert_source(ann)
    save(folder / f"{name}.psnn", spiking)
    save_graph(folder / f"{name}.npz", operations(spiking))
    save_graph(folder / f"{name}-ann.npz", operations(ann))
    images, labels = load_cifar10(data_folder() / "cifar10", "test", IMAGES)
    calibration, _ = load_cifar10(data_folder() / "cifar10", "train", CALIBRATION)
    scores, _ = ann_pass(ann, images)
    # Last, since its presence says that all of it is there.
    np.savez(target, x=images, y=labels, calibration=calibration[:128], ann_scores=scores, method=str(METHOD))


def _is_made(target: Path) -> bool:
    """Whether it is there, and was made by the method of today."""
    if not target.exists():
        return False
    with np.load(target) as found:
        return "method" in found and str(found["method"]) == str(METHOD)


def operations(network: Network) -> list[Op]:
    """Give a network as operations for peers.

    Raises
    ------
    TypeError
        It has a node that the peers' programs do not know.
    """
    ops = []
    for name in network.order:
        node = network.nodes[name]
        if node.title not in _KINDS:
            raise TypeError(f"{node.title} '{name}': no peer's program knows it")
        arrays = {key: getattr(node, key) for key in ("weight", "bias", "mean", "std") if hasattr(node, key)}
        if isinstance(node, Input | Conv2d | Linear):
            arrays = {key: value for key, value in arrays.items() if value is not None}
        if isinstance(node, Scale):
            arrays["factor"] = np.broadcast_to(node.factor, network.shapes[name][:1]).astype(np.float32)
        if isinstance(node, IF):
            arrays["v_init"] = np.broadcast_to(node.v_init, network.shapes[name][:1]).astype(np.float32)
        ops.append(Op(name, _KINDS[node.title], network.sources[name], _numbers(node, name), arrays))
    return ops


def _numbers(node: Node, name: str) -> dict[str, Any]:
    if isinstance(node, Conv2d):
        plain = node.groups == 1 and node.dilation == (1, 1) and len(set(node.padding)) == 1
        if not plain or node.stride[0] != node.stride[1]:
            raise TypeError(f"Conv2d '{name}': expected the same stride and padding everywhere, no groups, no dilation")
        return {"stride": node.stride[0], "padding": node.padding[0]}
    if isinstance(node, AvgPool2d):
        return {"kernel": node.kernel[0]}
    if isinstance(node, Subsample):
        return {"stride": node.space[0]}
    if isinstance(node, Pad):
        return {"before": node.channels[0], "after": node.channels[1]}
    if isinstance(node, IF) and (np.any(np.asarray(node.v_threshold) != 1) or node.reset != "subtract"):
        raise TypeError(f"IF '{name}': expected threshold 1 and reset by subtraction")
    return {}
