"""Residual networks for CIFAR in PyTorch, with the names of tensors that trained weights have."""

# mypy: disable-error-code="misc"
# PyTorch has no types where it is not installed.

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from pysnn.errors import NetworkError

__all__ = ["CifarResNet"]


class _ZeroPaddedShortcut(nn.Module):
    """Every second row and column; zeros for the new channels, half of them before and half behind ("option A")."""

    def __init__(self, more: int) -> None:
        super().__init__()
        self.before, self.behind = more // 2, more - more // 2

    def forward(self, x: Any) -> Any:
        return functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.before, self.behind))


class _Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int, shortcut: str) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut: Any = nn.Identity()
        if stride > 1:
            self.shortcut = (
                _ZeroPaddedShortcut(outputs - inputs)
                if shortcut == "A"
                else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
            )
        self.relu2 = nn.ReLU()

    def forward(self, x: Any) -> Any:
        y = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x)))))
        return self.relu2(y + self.shortcut(x))


class CifarResNet(nn.Module):
    """A residual network of depth 6n + 2 for 32 x 32 images (He et al. 2016, section 4.2).

    Parameters
    ----------
    depth
        20, 32, 44, 56, 110, ...
    classes
        Number of classes.
    shortcut
        "A": zeros for new channels, no weights; "B": a 1x1 convolution and batch normalisation.
    width
        Channels of the first stage; the others have 2 and 4 times as many.

    Examples
    --------
    >>> CifarResNet(20)(torch.zeros(1, 3, 32, 32)).shape
    torch.Size([1, 10])
    """

    def __init__(
        self, depth: int = 20, classes: int = 10, *, shortcut: Literal["A", "B"] = "A", width: int = 16
    ) -> None:
        super().__init__()
        blocks, odd = divmod(depth - 2, 6)
        if blocks < 1 or odd:
            raise NetworkError(f"CifarResNet: expected a depth of 6n + 2, got {depth}")
        self.conv1 = nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        inputs = width
        for stage in (1, 2, 3):
            outputs = width * 2 ** (stage - 1)
            strides = [1 if stage == 1 else 2, *[1] * (blocks - 1)]
            parts = [_Block(inputs if k == 0 else outputs, outputs, s, shortcut) for k, s in enumerate(strides)]
            setattr(self, f"layer{stage}", nn.Sequential(*parts))
            inputs = outputs
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(inputs, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Any) -> Any:
        """Return scores ``(batch, classes)``."""
        y = self.relu1(self.bn1(self.conv1(x)))
        y = self.layer3(self.layer2(self.layer1(y)))
        return self.linear(torch.flatten(self.pool(y), 1))

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[Any]]) -> "CifarResNet":
        """Return a network with trained weights; depth, classes, width and shortcuts are read off their names and shapes.

        Raises
        ------
        NetworkError
            They are not those of such a network.
        """
        names = [name for name in tensors if name.startswith("layer1.") and name.endswith(".conv1.weight")]
        if not names or "linear.weight" not in tensors or "conv1.weight" not in tensors:
            raise NetworkError("CifarResNet: expected tensors 'conv1.weight', 'layer1.0.conv1.weight', 'linear.weight'")
        model = cls(
            6 * len(names) + 2,
            len(tensors["linear.weight"]),
            shortcut="B" if "layer2.0.shortcut.0.weight" in tensors else "A",
            width=len(tensors["conv1.weight"]),
        )
        load_arrays(model, tensors)
        model.eval()
        return model


def load_arrays(model: Any, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Load arrays by the names of a model's parameters and buffers; counts of batches may be missing.

    Raises
    ------
    NetworkError
        Names or shapes differ.
    """
    state = {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}
    expected = {name: tensor for name, tensor in model.state_dict().items() if not name.endswith("num_batches_tracked")}
    odd = sorted(expected.keys() ^ {name for name in state if not name.endswith("num_batches_tracked")})
    wrong = [name for name, tensor in expected.items() if name in state and state[name].shape != tensor.shape]
    if odd or wrong:
        raise NetworkError(
            f"{type(model).__name__}: these tensors are missing, too many, or of another shape: {', '.join((odd + wrong)[:6])}"
        )
    model.load_state_dict(state, strict=False)
