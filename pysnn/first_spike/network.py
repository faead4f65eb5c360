"""A first-spike network: layers, weights and how its neurons integrate; frozen."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from pysnn.arrays import as_weight
from pysnn.data_range import DataRange
from pysnn.errors import DataError, NetworkError
from pysnn.first_spike.layers import Layer
from pysnn.frozen import Frozen
from pysnn.plan.first_spike import FirstSpikePlan, MapShape, NeuronKind, WeightLayer

__all__ = ["CODINGS", "Coding", "FirstSpikeNetwork", "draw_weights"]

Coding: TypeAlias = Literal["bright", "dark", "both"]

CODINGS: tuple[str, ...] = get_args(Coding)
"""Every way in which values become input spikes."""


@dataclass(frozen=True, eq=False)
class FirstSpikeNetwork(Frozen):
    """Layers of neurons that fire once at most.

    Attributes
    ----------
    input_shape
        ``(n,)`` or ``(C, H, W)`` of one sample.
    layers
        In order; see :mod:`pysnn.first_spike.layers`.
    weights
        One float32 array ``(rows, columns)`` for each layer that has weights.
    neuron
        "ramp": ``V_j(t) = sum_i w_ij max(0, t - t_i)``, exact event times (ReL-PSP, Zhang et al., arXiv 2003.11837).
        "step": ``V_j(t) = sum_i w_ij [t_i <= t]`` in whole time-steps (SSTDP, Liu et al., Front. Neurosci. 15:756876).
        "falling", "slope": every layer has a window of time, :mod:`pysnn.backends.windowed`: ramps and a falling threshold; constant
        slope, which computes what a ReLU network does (the last row of its weights is what its neurons start with).
    steps, compare
        Of the step kernel: the number of time-steps, and whether a neuron fires at the threshold or above it only.
    data_range
        Range of the data that it was trained on, so that a run can say where other data do not fit.
    coding
        "bright": the larger a value, the earlier its spike, and 0 never spikes; "dark": the smaller, the earlier, and 1 never spikes;
        "both": the one and the other, so that every value has two inputs (images: twice the channels).

    Raises
    ------
    NetworkError, PlanError, CapacityError
        Something does not fit; the message names the layer.

    Examples
    --------
    >>> from pysnn.first_spike import Dense
    >>> network = FirstSpikeNetwork.draw((784,), [Dense(units=400), Dense(units=10)], seed=0)
    >>> [weight.shape for weight in network.weights]
    [(784, 400), (400, 10)]
    """

    input_shape: tuple[int, ...]
    layers: tuple[Layer, ...]
    weights: tuple[NDArray[np.float32], ...]
    neuron: NeuronKind = "ramp"
    steps: int = 0
    compare: Literal[">=", ">"] = ">="
    data_range: DataRange | None = None
    coding: Coding = "bright"

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))
        expected = self.plan.weight_shapes
        if len(self.weights) != len(expected):
            raise NetworkError(f"expected {len(expected)} weight arrays, got {len(self.weights)}")
        names = [layer.name for layer in self.plan.layers if isinstance(layer, WeightLayer)]
        checked = []
        for name, shape, weight in zip(names, expected, self.weights, strict=True):
            array = as_weight(weight, f"layer '{name}': weight", 2)
            if array.shape != shape:
                raise NetworkError(f"layer '{name}': weight: expected the shape {shape}, got {array.shape}")
            checked.append(array)
        object.__setattr__(self, "weights", tuple(checked))
        if self.data_range is not None:
            try:
                object.__setattr__(self, "data_range", DataRange.checked(self.data_range, self.input_shape[0]))
            except DataError as error:
                raise NetworkError(str(error)) from error

    def __repr__(self) -> str:
        layers = ", ".join(f"{layer.name} {math.prod(layer.out_shape)}" for layer in self.plan.layers)
        return f"FirstSpikeNetwork({'x'.join(map(str, self.input_shape))} inputs, {layers}, {self.neuron!r})"

    @classmethod
    def draw(
        cls, input_shape: Sequence[int], layers: Sequence[Layer], *, seed: int = 0, **fields: Any
    ) -> "FirstSpikeNetwork":
        """Make a network with random weights; the same seed draws the same ones. ``fields`` are the other attributes."""
        plan = _lower(tuple(input_shape), tuple(layers), fields)
        weights = draw_weights(plan, layers, np.random.default_rng([seed, 0]))
        return cls(tuple(input_shape), tuple(layers), tuple(weights), **fields)

    def with_weights(self, weights: Sequence[NDArray[Any]]) -> "FirstSpikeNetwork":
        """Return the same network with other weights."""
        return replace(self, weights=tuple(weights))

    @cached_property
    def plan(self) -> FirstSpikePlan:
        """Its geometry, for a backend. Layers are named "1", "2", ... with their kind in front."""
        fields = {"neuron": self.neuron, "steps": self.steps, "compare": self.compare, "coding": self.coding}
        return _lower(self.input_shape, self.layers, fields)

    @property
    def neurons(self) -> int:
        """Neurons behind the input."""
        return sum(math.prod(layer.out_shape) for layer in self.plan.layers if isinstance(layer, WeightLayer))


def draw_weights(plan: FirstSpikePlan, layers: Sequence[Layer], rng: np.random.Generator) -> list[NDArray[np.float32]]:
    """Draw weights for every layer that has some, in order."""
    pairs = zip(plan.layers, layers, strict=True)
    drawn = [given.draw(layer.rows, layer.columns, rng) for layer, given in pairs if isinstance(layer, WeightLayer)]
    extra = [rows - len(weight) for weight, (rows, _) in zip(drawn, plan.weight_shapes, strict=True)]
    return [np.pad(weight, ((0, more), (0, 0))) for weight, more in zip(drawn, extra, strict=True)]


def _lower(input_shape: tuple[int, ...], layers: tuple[Layer, ...], fields: dict[str, Any]) -> FirstSpikePlan:
    height, width, channels = map_shape(input_shape)
    coding = fields.get("coding", "bright")
    if coding not in CODINGS:
        raise NetworkError(f"coding: expected one of {', '.join(CODINGS)}, got {coding!r}")
    shape = (height, width, channels * (1 + (coding == "both")))
    lowered = []
    for number, layer in enumerate(layers, start=1):
        lowered.append(layer.lower(f"{type(layer).__name__.lower()}{number}", shape))
        shape = lowered[-1].out_shape
    return FirstSpikePlan(
        fields.get("neuron", "ramp"),
        tuple(lowered),
        compare=fields.get("compare", ">="),
        steps=fields.get("steps", 0),
    )


def map_shape(input_shape: tuple[int, ...]) -> MapShape:
    """Return the engine's ``(H, W, C)`` for a sample's shape."""
    if len(input_shape) == 1:
        return 1, 1, int(input_shape[0])
    if len(input_shape) == 3:
        return int(input_shape[1]), int(input_shape[2]), int(input_shape[0])
    raise NetworkError(f"input_shape: expected (n,) or (C, H, W), got {input_shape}")
