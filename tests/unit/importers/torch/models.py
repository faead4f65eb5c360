"""Small PyTorch networks in the styles that people write, and what the tests do to them."""

# mypy: disable-error-code="misc, name-defined"
# PyTorch has no types where it is not installed.

from typing import Any

import numpy as np
import pytest

from pysnn import Network
from pysnn.ann import ann_pass
from pysnn.importers.check import largest_difference
from pysnn.importers.torch import from_torch

torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra torch)")
F = torch.nn.functional
nn = torch.nn

# Layers take their first weights from here.
torch.manual_seed(0)


def prepared(module: Any, seed: int = 0) -> Any:
    """Return the module in evaluation mode, with statistics and factors of normalisation that do something."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for layer in module.modules():
            if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d) and layer.running_mean is not None:
                channels = layer.num_features
                layer.running_mean.copy_(0.3 * torch.randn(channels, generator=generator))
                layer.running_var.copy_(torch.rand(channels, generator=generator) + 0.5)
                if layer.affine:
                    layer.weight.copy_(torch.rand(channels, generator=generator) + 0.5)
                    layer.bias.copy_(0.3 * torch.randn(channels, generator=generator))
    return module.eval()


def images(*shape: int, seed: int = 1) -> Any:
    """Return random samples."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def imported(module: Any, *shape: int) -> Network:
    """Import a module with one set of samples, and compare with PyTorch on another that has one sample more."""
    module = prepared(module)
    network = from_torch(module, images(*shape))
    others = images(shape[0] + 1, *shape[1:], seed=2)
    with torch.no_grad():
        expected = module(others.clone()).numpy().reshape(len(others), -1)
    got = ann_pass(network, others.numpy())[0]
    assert largest_difference(got, expected) < 2e-5
    assert np.ptp(expected) > 1e-3
    return network


def titles(network: Network) -> list[str]:
    """Return the kinds of the nodes in order."""
    return [network.nodes[name].title for name in network.order]


class Lambda(nn.Module):
    """A forward in one function of the input, and of the submodules by name."""

    def __init__(self, function: Any, **modules: Any) -> None:
        super().__init__()
        self.function = function
        for name, module in modules.items():
            setattr(self, name, module)

    def forward(self, x: Any) -> Any:
        return self.function(x, **dict(self.named_children()))


class Shortcut(nn.Module):
    """A shortcut without weights: every second row and column, zeros for the channels that are new."""

    def __init__(self, extra: int) -> None:
        super().__init__()
        self.extra = extra

    def forward(self, x: Any) -> Any:
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.extra // 2, self.extra // 2), "constant", 0)


class CifarBlock(nn.Module):
    """Functional activations; shortcuts without weights."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = Shortcut(outputs - inputs) if stride != 1 else nn.Sequential()

    def forward(self, x: Any) -> Any:
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)
        return F.relu(out)


class ProjectionBlock(nn.Module):
    """One activation module for both places; shortcuts with a 1x1 convolution."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Any) -> Any:
        identity = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(out)) + identity)


class PreactivationBlock(nn.Module):
    """Normalisation and activation before each convolution: the sum itself goes on."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.shortcut = None
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x: Any) -> Any:
        out = F.relu(self.bn1(x))
        shortcut = self.shortcut(out) if self.shortcut is not None else x
        out = self.conv1(out)
        out = self.conv2(F.relu(self.bn2(out)))
        return torch.add(out, shortcut)


class NormalisedSumBlock(nn.Module):
    """Normalisation behind the addition."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, stride, 1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, stride)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x: Any) -> Any:
        return self.bn(self.conv(x) + self.shortcut(x)).relu_()


class ResidualNet(nn.Module):
    """A stem, four blocks, a mean over positions, a linear layer."""

    def __init__(self, block: Any) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(8)
        self.layer1 = nn.Sequential(block(8, 8, 1), block(8, 8, 1))
        self.layer2 = nn.Sequential(block(8, 16, 2), block(16, 16, 1))
        self.linear = nn.Linear(16, 10)

    def forward(self, x: Any) -> Any:
        out = self.layer2(self.layer1(F.relu(self.bn(self.conv(x)))))
        out = F.avg_pool2d(out, out.size()[3])
        return self.linear(out.view(out.size(0), -1))
