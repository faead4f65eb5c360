"""Random first-spike networks for tests."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pysnn.plan.first_spike import FirstSpikePlan, MapShape, PoolLayer, SpikeLayer, WeightLayer

__all__ = ["RandomNet", "conv", "dense", "pool", "random_times", "random_weights"]

Array = NDArray[Any]


def dense(name: str, in_shape: MapShape, units: int, threshold: float = 1.0) -> WeightLayer:
    """Build a layer whose window is the whole map."""
    return WeightLayer(name, in_shape, (1, 1, units), in_shape[:2], (1, 1), (0, 0, 0, 0), threshold)


def conv(name: str, in_shape: MapShape, channels: int, window: tuple[int, int, int]) -> WeightLayer:
    """Build a square convolution; ``window`` is (kernel, stride, pad)."""
    kernel, stride, pad = window
    geometry: Any = ((kernel, kernel), (stride, stride), (pad, pad, pad, pad))
    positions = WeightLayer.positions(in_shape, *geometry)
    return WeightLayer(name, in_shape, (*positions, channels), *geometry)


def pool(name: str, in_shape: MapShape, window: tuple[int, int, int]) -> PoolLayer:
    """Build an earliest-spike pool; ``window`` is (kernel, stride, pad)."""
    kernel, stride, pad = window
    geometry: Any = ((kernel, kernel), (stride, stride), (pad, pad, pad, pad))
    return PoolLayer(name, in_shape, (*PoolLayer.positions(in_shape, *geometry), in_shape[2]), *geometry)


@dataclass
class RandomNet:
    """A plan, its weights and one batch of input times."""

    plan: FirstSpikePlan
    weights: list[Array]
    times: Array


def random_weights(plan: FirstSpikePlan, rng: np.random.Generator, dtype: Any = np.float32) -> list[Array]:
    """Draw weights of which some neurons fire and some do not."""
    drawn = []
    for rows, columns in plan.weight_shapes:
        weight = rng.normal(0.5, 1.0, (rows, columns)) * 3 / np.sqrt(rows) * rng.uniform(0.3, 1.5, columns)
        drawn.append(weight.astype(dtype))
    return drawn


def random_times(plan: FirstSpikePlan, batch: int, rng: np.random.Generator, dtype: Any = np.float32) -> Array:
    """Draw input times, a third of them silent, many of them equal."""
    if plan.neuron == "step":
        times = rng.integers(0, plan.steps, (batch, plan.in_size)).astype(dtype)
    else:
        times = rng.uniform(0, 1, (batch, plan.in_size)).astype(dtype)
        times = np.where(rng.random(times.shape) < 0.6, np.round(times * 3) / 3, times).astype(dtype)
    return np.where(rng.random(times.shape) < 0.3, np.inf, times).astype(dtype)


def layer_stacks() -> dict[str, tuple[SpikeLayer, ...]]:
    """Return stacks of 1 to 4 weight layers, dense, convolutional and pooled."""
    image = (6, 7, 2)
    first = conv("c1", image, 5, (3, 1, 1))
    second = pool("p1", first.out_shape, (2, 2, 0))
    third = conv("c2", second.out_shape, 18, (2, 1, 1))
    overlapping = pool("p2", third.out_shape, (3, 2, 1))
    vector = (1, 1, 9)
    return {
        "one": (dense("a", vector, 7),),
        "two": (dense("a", vector, 12, 0.7), dense("b", (1, 1, 12), 5)),
        "three": (dense("a", vector, 11), dense("b", (1, 1, 11), 70), dense("c", (1, 1, 70), 3)),
        "four": (*(dense(f"d{i}", (1, 1, 9), 9) for i in range(3)), dense("e", vector, 4)),
        "wide": (dense("a", (1, 1, 40), 131), dense("b", (1, 1, 131), 10)),
        "conv": (first, second, third, overlapping, dense("out", overlapping.out_shape, 4)),
        "strided": (conv("s", image, 33, (3, 2, 2)), pool("p", conv("s", image, 33, (3, 2, 2)).out_shape, (2, 1, 1))),
    }


def random_net(
    kind: str, neuron: Literal["ramp", "step"], seed: int, batch: int = 3, dtype: Any = np.float32
) -> RandomNet:
    """Draw a network of a kind of :func:`layer_stacks`."""
    rng = np.random.default_rng(seed)
    plan = FirstSpikePlan(neuron, layer_stacks()[kind], steps=16 if neuron == "step" else 0)
    return RandomNet(plan, random_weights(plan, rng, dtype), random_times(plan, batch, rng, dtype))
