"""Weights that others trained: imported, compared with ONNX Runtime, and as accurate as they were measured to be.

The counts of right answers are those of the first images of the test split; on the whole of it the networks reach the
accuracies of the data folder's README, to the digit.
"""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the package onnx is not installed (extra onnx)")

from pysnn import Affine, Network, ReLU
from pysnn.ann import ann_pass
from pysnn.convert.folding.fold import fold
from pysnn.datasets.cifar import load_cifar10
from pysnn.importers import onnx as onnx_io
from pysnn.importers.check import check_import
from pysnn.importers.model_files import load_ann
from pysnn.importers.state_dicts.resnet_cifar import resnet_cifar
from pysnn.importers.state_dicts.vgg_cifar import vgg11_cifar

MEAN = np.array((0.4914, 0.4822, 0.4465), dtype=np.float32)
STD = np.array((0.2470, 0.2435, 0.2616), dtype=np.float32)
IMAGES = 200


@pytest.fixture(scope="module")
def cifar(data_dir: Path) -> tuple[Any, Any]:
    return load_cifar10(data_dir / "cifar10", "test", IMAGES)


@pytest.mark.parametrize(
    ("name", "kind", "normalised"),
    [
        ("resnet20_cifar10.safetensors", "CIFAR ResNet", True),
        ("vgg11_cifar10.safetensors", "CIFAR VGG-11", True),
        ("resnet20_cifar10.onnx", "ONNX", False),
    ],
)
def test_files_are_known_by_their_contents(
    data_dir: Path, cifar: tuple[Any, Any], name: str, kind: str, normalised: bool
) -> None:
    source = load_ann(data_dir / "pretrained" / name)
    assert source.kind == kind
    assert (source.network.input.mean is not None) == normalised
    found = source.compare(cifar[0][:3])
    assert (found is not None) == (kind == "ONNX")
    assert found is None or found.difference < 1e-5


def right_answers(network: Network, data: tuple[Any, Any]) -> int:
    scores, _ = ann_pass(network, data[0])
    return int((scores.argmax(axis=1) == data[1]).sum())


def affines(network: Network) -> int:
    return sum(isinstance(node, Affine) for node in network.nodes.values())


@pytest.mark.slow
@pytest.mark.parametrize(("depth", "right"), [(20, 182), (32, 117), (56, 67), (110, 34)])
def test_resnets(data_dir: Path, cifar: tuple[Any, Any], depth: int, right: int) -> None:
    network = resnet_cifar(data_dir / "pretrained" / f"resnet{depth}_cifar10.safetensors")
    assert affines(network) == 0
    assert sum(isinstance(node, ReLU) for node in network.nodes.values()) == depth - 1
    assert network.shapes["layer3.0.relu1"] == (64, 8, 8)
    assert network.sources["layer2.0.relu2"] == ("layer2.0.conv2", "layer2.0.pad")
    few = (cifar[0][: 4000 // depth], cifar[1][: 4000 // depth])
    assert right_answers(network, few) == pytest.approx(right, abs=1)


@pytest.mark.slow
def test_vgg11(data_dir: Path, cifar: tuple[Any, Any]) -> None:
    network = vgg11_cifar(data_dir / "pretrained" / "vgg11_cifar10.safetensors")
    assert right_answers(network, cifar) == pytest.approx(181, abs=1)


def test_resnet20_from_onnx(data_dir: Path, cifar: tuple[Any, Any]) -> None:
    path = data_dir / "pretrained" / "resnet20_cifar10.onnx"
    network = onnx_io.load(path, mean=MEAN, std=STD)
    folded = fold(network)
    assert (affines(network), affines(folded)) == (21, 0)
    x = cifar[0][:8].astype(np.float32) / 255
    expected = onnx_io.reference_outputs(path, network.input.normalise(x)[:1])
    for one in (network, folded):
        assert check_import(one, x[:1], expected, "ONNX Runtime") < 1e-5
    assert right_answers(folded, cifar) == pytest.approx(185, abs=1)


def test_mnist8(data_dir: Path) -> None:
    path = data_dir / "pretrained" / "mnist-8.onnx"
    network = onnx_io.load(path)
    with gzip.open(data_dir / "mnist" / "t10k-images-idx3-ubyte.gz") as stream:
        x = np.frombuffer(stream.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)[:2000].astype(np.float32)
    with gzip.open(data_dir / "mnist" / "t10k-labels-idx1-ubyte.gz") as stream:
        labels = np.frombuffer(stream.read(), np.uint8, offset=8)[:2000]
    assert check_import(network, x[:16], onnx_io.reference_outputs(path, x[:16]), "ONNX Runtime") < 1e-5
    assert right_answers(network, (x, labels)) == pytest.approx(1968, abs=1)
