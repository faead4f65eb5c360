"""The networks of the comparison: pretrained, converted, and written for the peers beside the images."""

import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import data_folder
from benchmarks.experiments.ttrbr_trials import NETWORKS as TRAINED_FOLDER
from benchmarks.peers.graph import Op, save_graph
from benchmarks.peers.normalise import normalise
from pysnn import IF, Conv2d, Linear, Network, ReLU, Scale
from pysnn.convert import ann_pass, convert
from pysnn.datasets.cifar import load_cifar10
from pysnn.files.psnn import load, save
from pysnn.importers import resnet_cifar, vgg11_cifar
from pysnn.nodes import AvgPool2d, Input, Node, Pad, Subsample

__all__ = [
    "CALIBRATION",
    "METHOD",
    "NETWORKS",
    "TRAINED",
    "Source",
    "clipped",
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
"""Pretrained networks by name."""

TRAINED = {"resnet110": TRAINED_FOLDER / "r110-pot8-C.psnn"}
"""Networks that were trained for few steps (docs/ttrbr_results.md), by name."""

METHOD: dict[str, Any] = {"method": "error-min", "per_channel": True, "steps": 16, "calibrate": ["v_init"]}
"""How the pretrained ones are converted: chosen on training images, ``python -m benchmarks.peers.methods``."""

_KINDS = {
    "Input": "input",
    "Conv2d": "conv",
    "Linear": "linear",
    "AvgPool2d": "avgpool",
    "GlobalAvgPool": "globalpool",
    "Flatten": "flatten",
    "Subsample": "subsample",
    "Pad": "pad",
    "IF": "neuron",
    "ReLU": "relu",
    "Output": "output",
}


def read_source(name: str) -> Network:
    """Read the ANN."""
    source = NETWORKS[name]
    return source.read(data_folder() / "pretrained" / source.file)


def convert_source(ann: Network) -> Network:
    """Convert it on the first training images, and make all thresholds 1."""
    images, _ = load_cifar10(data_folder() / "cifar10", "train", CALIBRATION)
    return normalise(convert(ann, images, **METHOD).network)


def clipped(network: Network) -> Network:
    """Return the ANN of a spiking one: clips at the thresholds in the place of neurons and of what stands behind them.

    Raises
    ------
    TypeError
        Behind a neuron stands another factor than its one threshold.
    """
    nodes: dict[str, Node] = {}
    edges: list[tuple[str, str]] = []
    aliases: dict[str, str] = {}
    for name in network.order:
        node, ends = network.nodes[name], [aliases.get(source, source) for source in network.sources[name]]
        behind = network.nodes[network.sources[name][0]] if ends else None
        if isinstance(node, Scale) and isinstance(behind, IF):
            if not np.array_equal(np.unique(node.factor), np.unique(behind.v_threshold)):
                raise TypeError(f"Scale '{name}': expected the threshold {behind.v_threshold}, got {node.factor}")
            aliases[name] = ends[0]
            continue
        nodes[name] = ReLU(max=float(node.v_threshold)) if isinstance(node, IF) else node
        edges += [(end, name) for end in ends]
    return Network(nodes, edges)


def _pair(name: str) -> tuple[Network, Network]:
    """Return the ANN and the spiking one."""
    if name in TRAINED:
        spiking = load(TRAINED[name]).network
        return clipped(spiking), normalise(spiking)
    ann = read_source(name)
    return ann, convert_source(ann)


def export_network(name: str, folder: Path) -> None:
    """Write ``NAME.npz`` and ``NAME.psnn`` (spiking), ``NAME-ann.npz``, and ``NAME-images.npz``, where they are not there."""
    target = folder / f"{name}-images.npz"
    method = hashlib.sha256(TRAINED[name].read_bytes()).hexdigest() if name in TRAINED else str(METHOD)
    if _is_made(target, method):
        return
    folder.mkdir(parents=True, exist_ok=True)
    print(f"converting {name} into {folder}", file=sys.stderr)
    ann, spiking = _pair(name)
    save(folder / f"{name}.psnn", spiking)
    save_graph(folder / f"{name}.npz", operations(spiking))
    save_graph(folder / f"{name}-ann.npz", operations(ann))
    images, labels = load_cifar10(data_folder() / "cifar10", "test", IMAGES)
    calibration, _ = load_cifar10(data_folder() / "cifar10", "train", CALIBRATION)
    scores, _ = ann_pass(ann, images)
    # Last, since its presence says that all of it is there.
    np.savez(target, x=images, y=labels, calibration=calibration[:128], ann_scores=scores, method=method)


def _is_made(target: Path, method: str) -> bool:
    """Whether it is there, and was made by the method of today."""
    if not target.exists():
        return False
    with np.load(target) as found:
        return "method" in found and str(found["method"]) == method


def operations(network: Network) -> list[Op]:
    """Return a network as operations for peers.

    Raises
    ------
    TypeError
        It has a node that the peers' programs do not know.
    """
    ops = []
    for name in network.order:
        node = network.nodes[name]
        kind = _kind(node)
        if kind is None:
            raise TypeError(f"{node.title} '{name}': no peer's program knows it")
        arrays = {key: getattr(node, key) for key in ("weight", "bias", "mean", "std") if hasattr(node, key)}
        if isinstance(node, Input | Conv2d | Linear):
            arrays = {key: value for key, value in arrays.items() if value is not None}
        if isinstance(node, Scale) and kind == "scale":
            arrays["factor"] = np.broadcast_to(node.factor, network.shapes[name][:1]).astype(np.float32)
        if isinstance(node, IF):
            arrays["v_init"] = np.broadcast_to(node.v_init, network.shapes[name][:1]).astype(np.float32)
        ops.append(Op(name, kind, network.sources[name], _numbers(node, name), arrays))
    return ops


def _kind(node: Node) -> str | None:
    if isinstance(node, Scale):
        return "sum" if np.all(np.asarray(node.factor) == 1) else "scale"
    return _KINDS.get(node.title)


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
    if isinstance(node, ReLU) and node.max is not None:
        return {"most": node.max}
    if isinstance(node, IF):
        if np.ndim(node.v_threshold) or node.reset != "subtract":
            raise TypeError(f"IF '{name}': expected one threshold and reset by subtraction")
        return {"threshold": float(node.v_threshold)}
    return {}
