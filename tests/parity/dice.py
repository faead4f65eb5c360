"""Random choices from one seed: unlike hypothesis' own, evenly spread over what there is to choose from."""

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["Dice"]

T = TypeVar("T")

_STYLES = ("grid", "grid", "normal", "positive", "positive", "positive", "sparse", "zeros", "negative", "wide")


class Dice:
    """Choices and arrays."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def flag(self) -> bool:
        """Heads or tails."""
        return bool(self.rng.random() < 0.5)

    def between(self, low: int, high: int) -> int:
        """An integer in ``low..high``."""
        return int(self.rng.integers(low, high + 1))

    def one_of(self, things: Sequence[T]) -> T:
        """One of several."""
        return things[int(self.rng.integers(len(things)))]

    def some_of(self, things: Sequence[T], most: int) -> list[T]:
        """None to ``most`` of several, in any order."""
        count = min(self.between(0, most), len(things))
        return [things[int(i)] for i in self.rng.permutation(len(things))[:count]]

    def shuffled(self, things: Sequence[T]) -> list[T]:
        """All of them, in any order."""
        return [things[int(i)] for i in self.rng.permutation(len(things))]

    def integers(self, count: int, low: int, high: int) -> tuple[int, ...]:
        """Several integers in ``low..high``."""
        return tuple(self.between(low, high) for _ in range(count))

    def weights(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Weights of one of several styles; those on a grid make exact ties with thresholds."""
        style = self.one_of(_STYLES)
        normal = self.rng.normal(size=shape)
        if style == "grid":
            return (self.rng.integers(-4, 6, shape) / 8).astype(np.float32)
        if style == "sparse":
            return (normal * (self.rng.random(shape) < 0.2)).astype(np.float32)
        if style == "zeros":
            return np.zeros(shape, dtype=np.float32)
        if style in {"negative", "positive"}:
            return (np.abs(normal) * (0.3 if style == "positive" else -1)).astype(np.float32)
        if style == "wide":
            return (normal * 10.0 ** self.rng.integers(-3, 3, shape)).astype(np.float32)
        return (normal / 2).astype(np.float32)

    def parameter(self, channels: int, low: float, high: float) -> Any:
        """One number or one per channel, on a grid of eighths or not."""
        size = channels if self.flag() else None
        if self.flag():
            return self.rng.integers(int(low * 8), int(high * 8) + 1, size) / 8
        return self.rng.uniform(low, high, size)
