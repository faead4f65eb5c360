"""Layers from a state dict: tensors by name, each taken once, none left over."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import NetworkError
from pysnn.nodes import Affine, Conv2d, Linear

__all__ = ["StateDict"]

_BATCH_NORM_EPS = 1e-5


class StateDict:
    """Takes tensors out of a state dict and makes layers of them."""

    def __init__(self, tensors: Mapping[str, NDArray[Any]], model: str) -> None:
        self.tensors = dict(tensors)
        self.model = model
        self.left = {name for name in self.tensors if not name.endswith("num_batches_tracked")}

    def count(self, pattern: str) -> int:
        """Return how many names ``pattern.format(0)``, ``pattern.format(1)``, ... there are in a row."""
        number = 0
        while pattern.format(number) in self.tensors:
            number += 1
        return number

    def take(self, name: str, ndim: int) -> NDArray[np.float32]:
        """Return a tensor of floats.

        Raises
        ------
        NetworkError
            There is none of that name, or it has another number of dimensions.
        """
        if name not in self.tensors:
            raise NetworkError(f"{self.model}: there is no tensor '{name}'; is this the state dict of another model?")
        array = self.tensors[name]
        if array.dtype.kind != "f" or array.ndim != ndim:
            raise NetworkError(
                f"{self.model}: tensor '{name}': expected floats in {ndim} dimensions, got {array.dtype}, {array.shape}"
            )
        self.left.discard(name)
        return array.astype(np.float32)

    def conv(self, name: str, *, bias: bool = False, **options: Any) -> Conv2d:
        """Return a convolution with the weights ``name.weight`` (and ``name.bias``)."""
        weight = self.take(f"{name}.weight", 4)
        return Conv2d(weight, self.take(f"{name}.bias", 1) if bias else None, **options)

    def linear(self, name: str) -> Linear:
        """Return a linear layer."""
        return Linear(self.take(f"{name}.weight", 2), self.take(f"{name}.bias", 1))

    def batch_norm(self, name: str) -> Affine:
        """Return a batch normalisation with its statistics of training."""
        fields = ("weight", "bias", "running_mean", "running_var")
        gamma, beta, mean, variance = (self.take(f"{name}.{field}", 1).astype(np.float64) for field in fields)
        if len({array.shape for array in (gamma, beta, mean, variance)}) > 1 or not (variance >= 0).all():
            raise NetworkError(f"{self.model}: '{name}': its four tensors do not fit together")
        scale = gamma / np.sqrt(variance + _BATCH_NORM_EPS)
        return Affine(scale, beta - mean * scale)

    def finish(self) -> None:
        """Refuse a state dict that has more than was taken: it is another model's."""
        if self.left:
            listed = ", ".join(f"'{name}'" for name in sorted(self.left)[:8])
            raise NetworkError(f"{self.model}: {len(self.left)} tensors have no place in this model: {listed}")
