"""Restructured networks: which function they start as, and that they convert to what they simulate."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed (extra torch)")

from pysnn import IF, run
from pysnn.ann import ann_pass
from pysnn.convert import convert
from pysnn.errors import DataError, NetworkError
from pysnn.finetune import restructure
from pysnn.finetune.trained_models import trained_network
from pysnn.finetune.ttrbr import TrainableClip, mean_output, running
from pysnn.importers.torch import from_torch
from tests.unit.finetune.ttrbr.small import MEAN, STD, coloured, normalised, resnet, torch
from tests.unit.importers.torch import models

IMAGES = coloured(24)[0]
X = normalised(IMAGES)
CLIPS = {(shortcut, block): 7 for shortcut in "AB" for block in ("none", "A", "C")} | {("A", "B"): 10, ("B", "B"): 12}

nn = torch.nn


def clips(model: Any) -> list[Any]:
    return [module for module in model.modules() if isinstance(module, TrainableClip)]


@pytest.mark.parametrize(("shortcut", "block"), CLIPS)
def test_blocks_none_and_a_start_as_the_function_that_they_were(shortcut: str, block: Any) -> None:
    model = resnet(shortcut)
    made = restructure(model, block, calibration=X)
    assert len(clips(made)) == CLIPS[shortcut, block]
    with torch.no_grad(), running(made, "observe"):
        difference = (made(X) - model(X)).abs().max().item()
    assert difference > 1e-2 if block in ("B", "C") else difference < 1e-5


def test_block_a_normalises_the_sum_by_its_own_statistics() -> None:
    made = restructure(resnet("B"), "A", calibration=X)
    norms = [module for name, module in made.named_modules() if name.endswith(".bn")]
    assert len(norms) == 3
    # With the batch's statistics, which are those that it starts with, it is still the same function.
    with torch.no_grad(), running(made, "observe"):
        expected = made(X)
        for norm in norms:
            norm.train()
        assert torch.allclose(made(X), expected, atol=2e-2 * expected.abs().max().item())


def test_block_b_lets_only_spikes_meet() -> None:
    made = restructure(resnet("B"), "B", calibration=X)
    sums = [node for node in made.graph.nodes if node.op == "call_function" and "add" in str(node.target)]
    assert len(sums) == 3
    for node in sums:
        for source in node.all_input_nodes:
            module = made.get_submodule(source.target)
            before = source.all_input_nodes[0] if isinstance(module, nn.Identity) else source
            assert isinstance(made.get_submodule(before.target), TrainableClip)


@pytest.mark.parametrize("shortcut", ["A", "B"])
def test_block_c_adds_up_currents(shortcut: Any) -> None:
    """U = conv2(a(conv1(a(u)))) + u, written out; a shortcut with weights reads spikes."""
    model = resnet(shortcut)
    made = restructure(model, "C", calibration=X)
    with torch.no_grad(), running(made, "observe"):
        u = model.bn1(model.conv1(X))
        for block in (*model.layer1, *model.layer2, *model.layer3):
            a = torch.relu(u)
            has_weights = any(True for _ in block.shortcut.parameters())
            branch = block.bn2(block.conv2(torch.relu(block.bn1(block.conv1(a)))))
            u = branch + block.shortcut(a if has_weights else u)
        expected = model.linear(torch.relu(u).mean((2, 3)))
        assert torch.allclose(made(X), expected, atol=1e-5)


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize(("shortcut", "block"), CLIPS)
def test_networks_of_every_block_convert_to_what_they_simulate(shortcut: str, block: Any, per_channel: bool) -> None:
    made = restructure(resnet(shortcut), block, calibration=X, per_channel=per_channel, levels=8)
    with torch.no_grad():
        simulated = mean_output(made, X, 4).numpy()
        for clip in clips(made):
            clip.levels = None
        expected = made(X).numpy()
    network = trained_network(made, (3, 8, 8), mean=MEAN, std=STD, example=X.numpy())
    assert not [name for name in network.nodes if network.nodes[name].title == "Affine"]
    assert np.abs(ann_pass(network, IMAGES)[0] - expected).max() < 1e-5
    conversion = convert(network, IMAGES, "trained", steps=4, compare=False)
    neuron = conversion.network.nodes["clip"]
    assert isinstance(neuron, IF)
    assert np.array_equal(neuron.v_init, np.asarray(neuron.v_threshold) / 2)
    scores = run(conversion.network, IMAGES, steps=4, backend="reference").scores[0]
    assert np.abs(scores - simulated).max() < 1e-4 * np.abs(simulated).max()


def test_the_error_falls_as_one_over_steps_where_currents_are_constant() -> None:
    """One layer of neurons, so that no current changes in time."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(192, 64), nn.ReLU(), nn.Linear(64, 3)).eval()
    made = restructure(model, calibration=X)
    network = trained_network(made, (3, 8, 8), mean=MEAN, std=STD)
    steps = (8, 32, 128, 512)
    many = coloured(400)[0]
    with torch.no_grad():
        expected = made(normalised(many)).numpy()
    scores = run(convert(network, many, "trained").network, many, steps=steps).scores
    errors = np.sqrt(np.mean((scores - expected) ** 2, axis=(1, 2)))
    slopes = np.diff(np.log(errors)) / np.diff(np.log(steps))
    assert np.abs(slopes + 1).max() < 0.1


@pytest.mark.parametrize("block", ["none", "A", "B", "C"])
def test_deep_networks_approach_the_clipped_ann(block: Any) -> None:
    made = restructure(resnet(), block, calibration=X)
    with torch.no_grad():
        expected = made(X).numpy()
    network = trained_network(made, (3, 8, 8), mean=MEAN, std=STD)
    scores = run(convert(network, IMAGES, "trained").network, IMAGES, steps=(16, 1024)).scores
    errors = np.abs(scores - expected).mean(axis=(1, 2)) / np.abs(expected).mean()
    assert errors[1] < errors[0] / 16
    assert errors[1] < 0.01


@pytest.mark.parametrize("block", ["none", "A", "B", "C"])
@pytest.mark.parametrize("name", ["CifarBlock", "ProjectionBlock"])
def test_blocks_of_other_styles(name: str, block: Any) -> None:
    model = models.prepared(models.ResidualNet(getattr(models, name)))
    x = models.images(4, 3, 8, 8)
    made = restructure(model, block, calibration=x)
    with torch.no_grad(), running(made, "observe"):
        assert block in ("B", "C") or torch.allclose(made(x), model(x), atol=1e-5)
    from_torch(made, x)


@pytest.mark.parametrize("block", ["none", "A", "B", "C"])
@pytest.mark.parametrize("kind", ["BasicBlock", "Bottleneck"])
def test_torchvisions_networks(kind: str, block: Any) -> None:
    torchvision = pytest.importorskip("torchvision", reason="torchvision is not installed")
    torch.manual_seed(0)
    options = {} if kind == "BasicBlock" else {"width_per_group": 8}
    parts = getattr(torchvision.models.resnet, kind)
    model = torchvision.models.ResNet(parts, [1, 1, 1, 1], num_classes=5, **options).eval()
    x = models.images(2, 3, 32, 32)
    made = restructure(model, block, calibration=x)
    network = from_torch(made, x)
    with torch.no_grad():
        simulated = mean_output(made, x, 4).numpy()
        with running(made, "observe"):
            assert block in ("B", "C") or torch.allclose(made(x), model(x), atol=1e-4)
    scores = run(convert(network, x.numpy(), "trained").network, x.numpy(), steps=4).scores[0]
    assert np.abs(scores - simulated).max() < 1e-4 * np.abs(simulated).max()


def test_thresholds_start_with_the_least_error() -> None:
    coarse, fine = (restructure(resnet(), calibration=X, levels=levels) for levels in (2, 64))
    for few, many in zip(clips(coarse), clips(fine), strict=True):
        assert 0.01 <= few.threshold.item() <= many.threshold.item()
    per_channel = restructure(resnet(), calibration=X, per_channel=True)
    assert clips(per_channel)[0].threshold.shape == (4,)


class Other(nn.Module):  # type: ignore[misc, name-defined]
    """Has an activation that no neuron stands for."""

    def forward(self, x: Any) -> Any:
        return nn.functional.gelu(x)


@pytest.mark.parametrize(
    ("model", "block", "message"),
    [
        (resnet, "none", "torch.nn.Module, got function"),
        (Other(), "none", "gelu: a spiking neuron stands for a ReLU only"),
        (nn.Sequential(nn.Conv2d(3, 3, 1), nn.Sigmoid()), "none", "'1' is Sigmoid"),
        (nn.Conv2d(3, 3, 1), "none", "expected a network with ReLUs"),
        (nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU()), "A", "found no addition"),
        (models.ResidualNet(models.PreactivationBlock).eval(), "A", "pre-activation"),
        (models.ResidualNet(models.PreactivationBlock).eval(), "B", "pre-activation"),
        (models.ResidualNet(models.NormalisedSumBlock).eval(), "A", "not read by its activation alone"),
    ],
)
def test_what_cannot_be_restructured_is_named(model: Any, block: Any, message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        restructure(model, block, calibration=X)


def test_wrong_arguments() -> None:
    with pytest.raises(DataError, match="block must be one of none, A, B, C"):
        restructure(resnet(), "D", calibration=X)  # type: ignore[arg-type]
    model = nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU())
    nn.init.zeros_(model[0].weight)
    nn.init.constant_(model[0].bias, -1)
    with pytest.raises(DataError, match="'clip' is never active"):
        restructure(model, calibration=X)


def test_quantised_clips_are_not_imported_as_they_are() -> None:
    made = restructure(resnet(), calibration=X, levels=4)
    with pytest.raises(NetworkError, match="levels = None"):
        from_torch(made, X)
