"""The plan of a first-spike network: its geometry, without its weights, which change while it learns.

A map has a shape ``(H, W, C)`` (a vector of ``n`` is ``(1, 1, n)``) and holds one time a neuron, float32, ``inf`` = no
spike, in C order: ``index = (y * W + x) * C + c``. ``docs/numerics.md`` defines what each layer computes, to the bit.
"""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import CapacityError, PlanError

__all__ = [
    "MAX_MAP",
    "MAX_STEPS",
    "NEURON_KINDS",
    "FirstSpikePlan",
    "MapShape",
    "NeuronKind",
    "PoolLayer",
    "SpikeLayer",
    "WeightLayer",
]

MapShape: TypeAlias = tuple[int, int, int]
NeuronKind: TypeAlias = Literal["ramp", "step", "falling", "slope"]

NEURON_KINDS: tuple[str, ...] = get_args(NeuronKind)
"""Every kind of neuron."""

MAX_MAP = 1 << 26
"""Neurons in one map, and weights in one layer, at most."""

MAX_STEPS = 1 << 16
"""Time-steps of the step kernel, at most: float32 holds every one of them exactly."""


@dataclass(frozen=True)
class _Windowed:
    """A layer whose output ``(y, x)`` sees the window of its input that starts at ``(y, x) * stride - (top, left)``."""

    name: str
    in_shape: MapShape
    out_shape: MapShape
    kernel: tuple[int, int]
    stride: tuple[int, int]
    pads: tuple[int, int, int, int]

    def __post_init__(self) -> None:
        for what, shape in (("in_shape", self.in_shape), ("out_shape", self.out_shape)):
            if len(shape) != 3 or min(shape) < 1:
                raise PlanError(f"layer '{self.name}': {what}: expected three sizes of 1 or more, got {shape}")
            if math.prod(shape) > MAX_MAP:
                raise CapacityError(f"layer '{self.name}': {what} {shape} has more than {MAX_MAP} neurons")
        if min(self.kernel) < 1 or min(self.stride) < 1 or min(self.pads) < 0:
            raise PlanError(
                f"layer '{self.name}': expected kernel and stride of 1 or more and pads of 0 or more, "
                f"got {self.kernel}, {self.stride}, {self.pads}"
            )
        expected = self.positions(self.in_shape, self.kernel, self.stride, self.pads)
        if self.out_shape[:2] != expected:
            raise PlanError(f"layer '{self.name}': expected {expected} windows, got out_shape {self.out_shape}")

    @staticmethod
    def positions(
        in_shape: MapShape, kernel: tuple[int, int], stride: tuple[int, int], pads: tuple[int, int, int, int]
    ) -> tuple[int, int]:
        """Return the number of windows along each axis; 0 or less where the kernel does not fit."""
        height = (in_shape[0] + pads[0] + pads[2] - kernel[0]) // stride[0] + 1
        width = (in_shape[1] + pads[1] + pads[3] - kernel[1]) // stride[1] + 1
        return height, width

    def windows(self) -> NDArray[np.int64]:
        """Return the input indices of each window, ``(sites, kh * kw * C_in)``; -1 lies in the padding.

        Sites are ascending in (y, x), the rows of a window in (ky, kx, c).
        """
        height, width, channels = self.in_shape
        y = np.arange(self.out_shape[0])[:, None] * self.stride[0] - self.pads[0] + np.arange(self.kernel[0])
        x = np.arange(self.out_shape[1])[:, None] * self.stride[1] - self.pads[1] + np.arange(self.kernel[1])
        inside = ((y >= 0) & (y < height))[:, None, :, None] & ((x >= 0) & (x < width))[None, :, None, :]
        pixel = np.where(inside, y[:, None, :, None] * width + x[None, :, None, :], -1)
        index = np.where(pixel[..., None] >= 0, pixel[..., None] * channels + np.arange(channels), -1)
        sites = self.out_shape[0] * self.out_shape[1]
        return index.reshape(sites, -1).astype(np.int64)


@dataclass(frozen=True)
class WeightLayer(_Windowed):
    """Spiking neurons behind weights ``(rows, columns)``: ``rows`` = kh * kw * C_in, ``columns`` = C_out.

    A dense layer is the one whose window is the whole map. ``threshold`` is above 0.
    """

    threshold: float = 1.0
    kind: Literal["weight"] = "weight"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1e-6 <= self.threshold <= 1e6:
            raise PlanError(f"layer '{self.name}': threshold: expected 1e-6 to 1e6, got {self.threshold}")
        if self.rows * self.columns > MAX_MAP:
            raise CapacityError(f"layer '{self.name}': {self.rows} x {self.columns} weights are more than {MAX_MAP}")

    @property
    def rows(self) -> int:
        """Inputs of one window."""
        return self.kernel[0] * self.kernel[1] * self.in_shape[2]

    @property
    def dense(self) -> bool:
        """Whether its one window is the whole map."""
        return self.kernel == self.in_shape[:2] and self.out_shape[:2] == (1, 1) and not any(self.pads)

    @property
    def columns(self) -> int:
        """Neurons of one site."""
        return self.out_shape[2]


@dataclass(frozen=True)
class PoolLayer(_Windowed):
    """The earliest spike of each window, channel by channel."""

    kind: Literal["pool"] = "pool"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.out_shape[2] != self.in_shape[2]:
            raise PlanError(f"layer '{self.name}': expected {self.in_shape[2]} channels, got {self.out_shape[2]}")


SpikeLayer: TypeAlias = WeightLayer | PoolLayer


@dataclass(frozen=True)
class FirstSpikePlan:
    """Layers in order; the first takes the network's input.

    ``neuron``: "ramp" (exact event times, rectified linear postsynaptic potentials), "step" (integer times
    ``0 .. steps - 1``, integrate-and-fire), or with a window of time for each layer "falling" (ramps and a falling
    threshold) and "slope" (constant slope). ``compare`` and ``steps`` belong to the step kernel.
    """

    neuron: NeuronKind
    layers: tuple[SpikeLayer, ...]
    compare: Literal[">=", ">"] = ">="
    steps: int = 0

    def __post_init__(self) -> None:
        if self.neuron not in NEURON_KINDS or self.compare not in (">=", ">"):
            kinds = ", ".join(NEURON_KINDS)
            raise PlanError(f"expected a neuron of {kinds} and compare >= or >, got {self.neuron}, {self.compare}")
        if self.neuron == "step" and not 1 <= self.steps <= MAX_STEPS:
            raise PlanError(f"steps: expected 1 to {MAX_STEPS}, got {self.steps}")
        if not self.layers:
            raise PlanError("a first-spike network has one layer at least")
        for before, after in zip(self.layers, self.layers[1:], strict=False):
            if before.out_shape != after.in_shape:
                raise PlanError(f"layer '{after.name}': expected input {before.out_shape}, got {after.in_shape}")

    @property
    def in_size(self) -> int:
        """Input neurons."""
        return math.prod(self.layers[0].in_shape)

    @property
    def out_size(self) -> int:
        """Output neurons."""
        return math.prod(self.layers[-1].out_shape)

    @property
    def weight_shapes(self) -> tuple[tuple[int, int], ...]:
        """``(rows, columns)`` of each layer with weights, in order; "slope" has one row more, its neurons' head starts."""
        layers = [layer for layer in self.layers if isinstance(layer, WeightLayer)]
        return tuple((layer.rows + (self.neuron == "slope"), layer.columns) for layer in layers)

    @property
    def windowed(self) -> bool:
        """Whether each layer has a window of time of its own."""
        return self.neuron in ("falling", "slope")
