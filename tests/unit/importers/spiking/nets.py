"""What the tests of libraries' modules share: weights whose sums are exact in any order, and data."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

RANDOM = np.random.default_rng(7)
SPIKES: NDArray[np.float32] = RANDOM.integers(0, 2, (10, 4, 12)).astype(np.float32)
"""(steps, samples, 12)"""
FRAMES: NDArray[np.float32] = (RANDOM.integers(-4, 9, (10, 4, 12)) / 4).astype(np.float32)
VALUES: NDArray[np.float32] = (RANDOM.integers(0, 5, (4, 12)) / 4).astype(np.float32)
"""(samples, 12)"""
IMAGES: NDArray[np.float32] = (RANDOM.integers(0, 5, (3, 1, 16, 16)) / 4).astype(np.float32)


def on_grid(module: Any, seed: int = 0) -> Any:
    """Give a module weights on multiples of 1/64, and return it in evaluation mode."""
    import torch

    torch.manual_seed(seed)
    for name, parameter in module.named_parameters():
        if name.rpartition(".")[2] in ("weight", "bias", "input_weights", "recurrent_weights"):
            spread = 2.0 if parameter.ndim > 1 else 0.25
            bound = spread / max(1, parameter[0].numel()) ** 0.5
            parameter.data = torch.round((torch.rand(parameter.shape) * 2 - 0.6) * bound * 64) / 64
    return module.eval()
