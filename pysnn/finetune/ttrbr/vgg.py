"""VGG-11 for CIFAR in PyTorch, with the names of tensors that trained weights have."""

# mypy: disable-error-code="misc"
# PyTorch has no types where it is not installed.

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from pysnn.errors import NetworkError
from pysnn.finetune.ttrbr.resnet import load_arrays

__all__ = ["CifarVgg11"]

_CHANNELS = (64, 128, 256, 256, 512, 512, 512, 512)
_POOLED = (1, 2, 4, 6, 8)


class CifarVgg11(nn.Module):
    """Eight convolutions with ReLU and biases, average pools, a linear layer (Simonyan & Zisserman 2015), for 32 x 32 images.

    There is no batch normalisation: weights that were trained with it come folded.

    Examples
    --------
    >>> CifarVgg11()(torch.zeros(1, 3, 32, 32)).shape
    torch.Size([1, 10])
    """

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        for index, (inputs, outputs) in enumerate(zip((3, *_CHANNELS), _CHANNELS, strict=False), start=1):
            setattr(self, f"conv{index}", nn.Conv2d(inputs, outputs, 3, padding=1))
            setattr(self, f"relu{index}", nn.ReLU())
        self.linear = nn.Linear(_CHANNELS[-1], classes)

    def forward(self, x: Any) -> Any:
        """Return scores ``(batch, classes)``."""
        for index in range(1, len(_CHANNELS) + 1):
            x = getattr(self, f"relu{index}")(getattr(self, f"conv{index}")(x))
            if index in _POOLED:
                x = functional.avg_pool2d(x, 2)
        return self.linear(torch.flatten(x, 1))

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[Any]]) -> "CifarVgg11":
        """Return a network with trained weights.

        Raises
        ------
        NetworkError
            They are not those of such a network.
        """
        if "linear.weight" not in tensors:
            raise NetworkError(
                "CifarVgg11: expected tensors 'conv1.weight' .. 'conv8.bias', 'linear.weight', 'linear.bias'"
            )
        model = cls(len(tensors["linear.weight"]))
        load_arrays(model, tensors)
        model.eval()
        return model
