"""A small residual network, images that it can learn, and what the tests do with them."""

# mypy: disable-error-code="misc, name-defined"
# PyTorch has no types where it is not installed.

from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed (extra torch)")

import torch

from pysnn.finetune import restructure
from pysnn.finetune.ttrbr import CifarResNet, Task, TTRBROptions

__all__ = ["MEAN", "STD", "coloured", "normalised", "options", "resnet", "task", "torch"]

MEAN, STD = (0.4, 0.4, 0.4), (0.25, 0.25, 0.25)


def resnet(shortcut: Any = "A", seed: int = 0) -> Any:
    """Depth 8, 4 channels, statistics and factors of normalisation that do something, in evaluation mode."""
    torch.manual_seed(seed)
    model = CifarResNet(8, 3, width=4, shortcut=shortcut)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.2)
                module.running_var.uniform_(0.5, 1.5)
                module.weight.uniform_(0.7, 1.4)
                module.bias.normal_(0, 0.2)
    return model.eval()


def coloured(samples: int = 96, seed: int = 0) -> Any:
    """Images of noise, one of whose colours is brighter, and which."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, samples)
    images = (rng.random((samples, 3, 8, 8)) * 80).astype(np.uint8)
    images[np.arange(samples), labels] += 120
    return images, labels


def normalised(images: Any) -> Any:
    """What a model gets."""
    return torch.from_numpy((images / 255 - MEAN[0]) / STD[0]).float()


def task(block: Any = "none", **options: Any) -> Any:
    """A training of a restructured network; the same at every call."""
    images, labels = coloured()
    model = resnet()
    made = restructure(model, block, calibration=normalised(images[:32]), **options)
    return Task(made, images, labels, MEAN, STD, teacher=model)


def options(**changed: Any) -> Any:
    """Options of a short training."""
    usual = {
        "epochs": 2,
        "batch_size": 16,
        "validation": 16,
        "crop": 1,
        "rate": 0.05,
        "precision": "float32",
        "threads": 1,
    }
    return TTRBROptions(**{**usual, **changed})
