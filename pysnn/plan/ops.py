"""The Plan: flat arrays and one operation a map, the only thing that a backend sees.

Operation ``k`` of a plan computes map ``k`` from maps with smaller numbers, a delay from what any map was. A map has a shape ``(C, H, W)`` (a
vector of ``n`` is ``(n, 1, 1)``), and one of three kinds:

* ``"real"``: float32 values (analogue input, currents in float32 plans);
* ``"count"``: uint8, spikes (0/1) or how many spikes (behind a pool, or where spikes meet); of levels their sum;
* ``"level"``: uint8, one spike in a window of S steps, at most: ``S - k`` for step k of the window, 0 for no spike;
* ``"current"``: int32 (int8 plans), in units that the plan knows and the backend does not need.

A ``static`` map is the same at every step; a backend computes it once a sample. ``docs/numerics.md`` defines what
each operation computes, to the bit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pysnn.frozen import FrozenDict
from pysnn.plan.map import MapSpec
from pysnn.plan.neuron_op import NeuronOp

__all__ = [
    "CURRENT_LIMIT",
    "MAX_BLOCK",
    "MAX_COUNT",
    "AddOp",
    "ByteOp",
    "ClampOp",
    "ConvOp",
    "DelayOp",
    "GatherOp",
    "InputOp",
    "MapSpec",
    "MaxPoolOp",
    "NeuronOp",
    "Op",
    "OutputOp",
    "Plan",
    "PoolOp",
    "RoundOp",
    "Term",
]

Float32: TypeAlias = NDArray[np.float32]
Int32: TypeAlias = NDArray[np.int32]

MAX_BLOCK = 32
"""Steps that an engine computes at a time, at most: memory does not depend on the number of steps."""

MAX_COUNT = 255
"""The largest count that a ``"count"`` map holds."""

CURRENT_LIMIT = 1 << 20
"""Largest magnitude, in integer units, of an analogue current that enters an int8 network."""


@dataclass(frozen=True, eq=False)
class InputOp:
    """What enters.

    ``coding`` "constant": a static real map. "poisson", "events": a count map. "frames": a real map a step. "pixels": a static count map, of values up to 255
    that mean numbers and no spikes.
    """

    node: str
    spec: MapSpec
    coding: Literal["constant", "poisson", "events", "frames", "pixels"]
    kind: Literal["input"] = "input"


@dataclass(frozen=True, eq=False)
class ConvOp:
    """Weights: a convolution, or a Linear layer as a 1x1 convolution on an ``(n, 1, 1)`` map.

    ``weight`` is ``(kh, kw, C_in / groups, C_out)``, float32 or int8; ``bias`` is ``(C_out,)``, float32 or int32.
    Counts and levels take either (int8 weights give a "current" map), a real source takes float32 only.
    ``pads`` is (top, left, bottom, right).
    """

    node: str
    spec: MapSpec
    source: int
    weight: NDArray[np.float32] | NDArray[np.int8]
    bias: Float32 | Int32
    stride: tuple[int, int]
    pads: tuple[int, int, int, int]
    dilation: tuple[int, int]
    groups: int
    kind: Literal["conv"] = "conv"


@dataclass(frozen=True, eq=False)
class PoolOp:
    """Sum over windows. Counts, levels (which give counts, or currents) and currents: plain integer sums. Real sources: each term times ``weight``."""

    node: str
    spec: MapSpec
    source: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    pads: tuple[int, int, int, int]
    weight: float
    kind: Literal["pool"] = "pool"


@dataclass(frozen=True, eq=False)
class MaxPoolOp:
    """Count source: the rise of the window's largest cumulative count. Levels, static real source: the plain maximum."""

    node: str
    spec: MapSpec
    source: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    pads: tuple[int, int, int, int]
    kind: Literal["maxpool"] = "maxpool"


@dataclass(frozen=True, eq=False)
class GatherOp:
    """Any rearrangement: flatten, pad, crop, subsample, concatenate.

    ``index`` is int32 ``(C, H, W)`` of the result: a position in the sources' values laid end to end, each in
    ``(C, H, W)`` order, or -1 for zero. All sources have the kind of the result; it is static only if they all are.
    """

    node: str
    spec: MapSpec
    sources: tuple[int, ...]
    index: Int32
    kind: Literal["gather"] = "gather"


@dataclass(frozen=True, eq=False)
class ClampOp:
    """A static real map, limited: ``x`` if ``x > 0``, else 0; then ``high`` (float32 ``(C,)``) where it is exceeded."""

    node: str
    spec: MapSpec
    source: int
    high: Float32 | None
    kind: Literal["clamp"] = "clamp"


@dataclass(frozen=True, eq=False)
class RoundOp:
    """A static real map into integer units: ``round_half_even(float64(x) / unit)`` (``unit``: float64 ``(C,)``)."""

    node: str
    spec: MapSpec
    source: int
    unit: NDArray[np.float64]
    kind: Literal["round"] = "round"


@dataclass(frozen=True, eq=False)
class ByteOp:
    """A byte of a current map that holds sums of levels, as a count map: ``(x >> shift) & 255``.

    So int8 weights read sums above 255: byte by byte, each result times ``2**shift``.
    """

    node: str
    spec: MapSpec
    source: int
    shift: int
    kind: Literal["byte"] = "byte"


@dataclass(frozen=True, eq=False)
class Term:
    """One edge of a sum.

    Into a real map: a real source as it is (all ``None``), or a count source times ``scale`` (float32 ``(C,)``). Levels enter as counts do.
    Into a current map: a current source as it is, or through ``(x * multiplier + 2**(shift - 1)) >> shift``
    (int32 ``(C,)`` each, 64-bit product, arithmetic shift), or a count source times ``constant`` (int32 ``(C,)``).
    Into a count map: a count source as it is.
    """

    source: int
    scale: Float32 | None = None
    constant: Int32 | None = None
    multiplier: Int32 | None = None
    shift: Int32 | None = None


@dataclass(frozen=True, eq=False)
class AddOp:
    """The sum of its terms, in order, starting from the first."""

    node: str
    spec: MapSpec
    terms: tuple[Term, ...]
    kind: Literal["add"] = "add"


@dataclass(frozen=True, eq=False)
class DelayOp:
    """The source's map of ``steps`` steps before, of zeros at first; the source may be any operation but the output, a later one too."""

    node: str
    spec: MapSpec
    source: int
    steps: int
    kind: Literal["delay"] = "delay"


@dataclass(frozen=True, eq=False)
class OutputOp:
    """The read-out; always the last operation. ``unit`` is float64 ``(C,)`` for current sources, else ``None``.

    ``spec`` repeats the source's. Scores are float32, one a value of the source in ``(C, H, W)`` order.
    """

    node: str
    spec: MapSpec
    source: int
    readout: Literal["mean_current", "potential", "count", "first_spike"]
    unit: NDArray[np.float64] | None
    kind: Literal["output"] = "output"


Op: TypeAlias = (
    InputOp
    | ConvOp
    | PoolOp
    | MaxPoolOp
    | GatherOp
    | ClampOp
    | RoundOp
    | AddOp
    | NeuronOp
    | OutputOp
    | DelayOp
    | ByteOp
)


@dataclass(frozen=True, eq=False)
class Plan:
    """A compiled network: operation 0 is the input, the last one the output."""

    precision: Literal["float32", "int8"]
    ops: tuple[Op, ...]

    def to_bytes(self) -> bytes:
        """Return the plan's bytes, equal for equal plans; see :mod:`pysnn.plan.file`."""
        from pysnn.plan.file.write import encode

        return encode(self)

    @staticmethod
    def from_bytes(data: bytes) -> "Plan":
        """Return the plan of some bytes; raise ``FileFormatError`` where they are damaged."""
        from pysnn.plan.file.read import decode

        return decode(data)

    @cached_property
    def neurons(self) -> Mapping[str, int]:
        """The operation of each neuron node."""
        return FrozenDict({op.node: k for k, op in enumerate(self.ops) if isinstance(op, NeuronOp)})

    @cached_property
    def spiking(self) -> Mapping[str, int]:
        """The operation of each neuron node that fires."""
        return FrozenDict({name: k for name, k in self.neurons.items() if self.ops[k].spec.holds_spikes})

    @cached_property
    def window(self) -> int | None:
        """Steps of a window, where neurons spike once in a window of their own; ``None`` where they take steps."""
        levels = [op.spec.max_count for op in self.ops if isinstance(op, NeuronOp) and op.spec.kind == "level"]
        return levels[0] if levels else None

    @cached_property
    def state_bytes(self) -> Mapping[int, int]:
        """Operations that remember, and bytes a sample: neurons, delays, max-pools of counts, the output."""
        sizes = {}
        for k, op in enumerate(self.ops):
            if isinstance(op, NeuronOp):
                sizes[k] = op.spec.size * op.values * 4
            elif isinstance(op, OutputOp):
                sizes[k] = op.spec.size * 8
            elif isinstance(op, DelayOp):
                sizes[k] = op.spec.size * op.steps * (1 if op.spec.kind == "count" else 4)
            elif isinstance(op, MaxPoolOp) and op.spec.kind == "count":
                sizes[k] = self.ops[op.source].spec.size * 4
        return FrozenDict(sizes)

    @cached_property
    def stateful(self) -> Mapping[str, int]:
        """The operation that keeps each node's state."""
        return FrozenDict({self.ops[k].node: k for k in self.state_bytes})
