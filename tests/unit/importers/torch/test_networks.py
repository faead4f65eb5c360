"""Whole networks: the styles of residual nets, and torchvision's."""

import logging
from typing import Any

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed (extra torch)")

from pysnn import ReLU
from pysnn.ann import ann_pass
from pysnn.convert.folding.fold import fold
from pysnn.errors import NetworkError
from pysnn.importers.check import largest_difference
from pysnn.importers.torch import from_torch
from tests.unit.importers.torch import models
from tests.unit.importers.torch.models import images, imported, prepared, titles

BLOCKS = ["CifarBlock", "ProjectionBlock", "PreactivationBlock", "NormalisedSumBlock"]


@pytest.mark.parametrize("block", BLOCKS)
def test_residual_networks(block: str) -> None:
    network = imported(models.ResidualNet(getattr(models, block)), 2, 3, 16, 16)
    activations = {"CifarBlock": 9, "ProjectionBlock": 9, "PreactivationBlock": 9, "NormalisedSumBlock": 5}
    assert titles(network).count("ReLU") == activations[block]


@pytest.mark.parametrize("block", BLOCKS)
def test_folding_keeps_what_was_imported(block: str) -> None:
    network = imported(models.ResidualNet(getattr(models, block)), 2, 3, 16, 16)
    folded = fold(network)
    x = images(3, 3, 16, 16, seed=5).numpy()
    assert titles(folded).count("Affine") < titles(network).count("Affine")
    assert largest_difference(ann_pass(folded, x)[0], ann_pass(network, x)[0]) < 2e-5


def test_layers_have_the_names_of_their_modules() -> None:
    network = imported(models.ResidualNet(models.CifarBlock), 2, 3, 16, 16)
    for name in ("conv", "bn", "relu", "layer1.0.conv1", "layer2.0.shortcut.pad", "layer1.1.relu_1", "linear", "view"):
        assert name in network.nodes
    assert network.sources["layer1.0.relu_1"] == ("layer1.0.bn2", "relu")


def test_a_shared_activation_is_a_node_for_each_call() -> None:
    network = imported(models.ResidualNet(models.ProjectionBlock), 2, 3, 16, 16)
    assert isinstance(network.nodes["layer1.0.relu"], ReLU)
    assert isinstance(network.nodes["layer1.0.relu_1"], ReLU)


def test_a_sum_that_several_read_is_a_node() -> None:
    network = imported(models.ResidualNet(models.PreactivationBlock), 2, 3, 16, 16)
    assert network.sources["layer1.0.add"] == ("layer1.0.conv2", "relu")
    assert set(network.targets["layer1.0.add"]) == {"layer1.1.bn1", "layer2.0.bn1"}


@pytest.mark.parametrize(
    ("name", "size", "activations"),
    [("resnet18", 64, 17), ("resnet50", 64, 49), ("densenet121", 64, 121), ("squeezenet1_1", 64, 26)],
)
def test_torchvision(name: str, size: int, activations: int) -> None:
    network = imported(_model(name), 1, 3, size, size)
    assert titles(network).count("ReLU") == activations
    assert network.shapes["output"] == (1000,)


def test_vgg16_at_its_own_size(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="pysnn"):
        network = from_torch(_model("vgg16"), images(1, 3, 224, 224))
    assert titles(network).count("ReLU") == 15
    assert "largest relative difference to PyTorch" in caplog.text


def test_vgg16_on_a_map_that_adaptive_pooling_would_enlarge() -> None:
    with pytest.raises(NetworkError, match=r"AdaptiveAvgPool2d 'avgpool': a map of \(2, 2\) does not divide"):
        from_torch(_model("vgg16"), images(1, 3, 64, 64))


def test_mobilenet_has_activations_with_an_upper_bound() -> None:
    network = imported(_model("mobilenet_v2"), 1, 3, 32, 32)
    bounds = [node.max for node in network.nodes.values() if isinstance(node, ReLU)]
    assert bounds == [6.0] * 35


def _model(name: str) -> Any:
    torchvision = pytest.importorskip("torchvision", reason="torchvision is not installed")
    models.torch.manual_seed(0)
    return prepared(getattr(torchvision.models, name)(weights=None))
