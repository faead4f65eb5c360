"""From a plan to its bytes."""

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import PlanError
from pysnn.nodes.neuron_model import FIRES, LEAKS, SYNAPSES
from pysnn.plan.file import layout
from pysnn.plan.file.runs import runs_of
from pysnn.plan.ops import (
    AddOp,
    ByteOp,
    ConvOp,
    DelayOp,
    GatherOp,
    InputOp,
    MaxPoolOp,
    NeuronOp,
    Op,
    Plan,
    PoolOp,
    Term,
)

__all__ = ["encode"]

Array = NDArray[Any]

_TERM_ARRAYS = {"plain": (), "scale": ("scale",), "constant": ("constant",), "ratio": ("multiplier", "shift")}
_OP, _SOURCE, _ARRAY = struct.Struct("<32I"), struct.Struct("<4I"), struct.Struct("<3Q")
_ARRAYS: dict[str, Callable[[Any], tuple[Array | None, ...]]] = {
    "conv": lambda op: (op.weight, op.bias),
    "clamp": lambda op: (op.high,),
    "round": lambda op: (op.unit,),
    "neuron": lambda op: (op.threshold, op.v_init, op.v_reset, op.unit, *(op.constants[name] for name in op.names)),
    "output": lambda op: (op.unit,),
}
"""The arrays of an operation, in their order; those that are ``None`` are left out."""


def encode(plan: Plan, version: int = layout.VERSION) -> bytes:
    """Return the bytes of a plan: equal plans have equal ones. Versions before the newest one are written to compare with files that are read.

    Raises
    ------
    PlanError
        An operation holds what no plan has; the message names its node.
    """
    parts = _Parts(version)
    for op in plan.ops:
        parts.add(op)
    head = bytearray(layout.FIRST)
    pieces: list[layout.Buffer] = [head]
    places: list[int] = []
    end = len(head)
    for section in parts.sections():
        begin, length = layout.aligned(end), sum(map(len, section))
        places += [begin, length]
        pieces += [bytes(begin - end), *section]
        end = begin + length
    precision = layout.PRECISIONS.index(plan.precision)
    struct.pack_into("<8s2IQ2I", head, 0, layout.MAGIC, version, precision, end, len(plan.ops), layout.SECTIONS)
    struct.pack_into(f"<{len(places)}Q", head, layout.SECTIONS_AT, *places)
    head[layout.DIGEST] = layout.digest(pieces)
    return b"".join(pieces)


class _Parts:
    """The sections, as they grow; ``data`` has views of the plan's arrays and what lies between them."""

    def __init__(self, version: int) -> None:
        self._version = version
        self.ops, self.sources, self.arrays, self.names = bytearray(), bytearray(), bytearray(), bytearray()
        self.data: list[layout.Buffer] = []
        self.length = 0

    def sections(self) -> tuple[list[layout.Buffer], ...]:
        """Return the pieces of each section, in order."""
        return [self.ops], [self.sources], [self.arrays], [self.names], self.data

    def add(self, op: Op) -> None:
        """Add an operation with its name, its sources and its arrays."""
        try:
            self.ops.extend(_OP.pack(*self._record(op)))
        except (AttributeError, LookupError, TypeError, ValueError, OverflowError, struct.error) as error:
            raise PlanError(f"node '{op.node}': {error}") from error

    def _record(self, op: Op) -> list[int]:
        name = op.node.encode()
        names = (len(self.names), len(name))
        self.names.extend(name)
        sources, arrays = len(self.sources) // _SOURCE.size, len(self.arrays) // _ARRAY.size
        self._reads(op)
        read, held = len(self.sources) // _SOURCE.size - sources, len(self.arrays) // _ARRAY.size - arrays
        spec = op.spec
        own = (layout.KINDS.index(op.kind) + 1, layout.MAPS.index(spec.kind), int(spec.static), spec.max_count)
        places = (*names, sources, read, arrays, held)
        return [*own, *spec.shape, *places, *_window(op), *_settings(op), *_stages(op), 0]

    def _reads(self, op: Op) -> None:
        if isinstance(op, AddOp):
            for term in op.terms:
                entry = _entry(term)
                self.sources.extend(_SOURCE.pack(term.source, layout.ENTRIES.index(entry), 0, 0))
                for field in _TERM_ARRAYS[entry]:
                    self._array(getattr(term, field))
            return
        if isinstance(op, GatherOp):
            for source in op.sources:
                self.sources.extend(_SOURCE.pack(source, 0, 0, 0))
            with_runs = self._version >= layout.WITH_RUNS and op.index.dtype == np.int32
            runs = runs_of(op.index) if with_runs else None
            self._array(op.index if runs is None else runs)
        elif not isinstance(op, InputOp):
            self.sources.extend(_SOURCE.pack(op.source, 0, 0, 0))
        for array in _ARRAYS.get(op.kind, lambda _: ())(op):
            if array is not None:
                self._array(array)

    def _array(self, array: Array) -> None:
        dtype = array.dtype.newbyteorder("<")
        if dtype not in layout.DTYPES:
            raise TypeError(f"an array: expected float32, float64, int8 or int32, got {array.dtype}")
        begin = layout.aligned(self.length)
        self.arrays.extend(_ARRAY.pack(layout.DTYPES.index(dtype) + 1, begin, array.size))
        values = np.ascontiguousarray(array, dtype=dtype).reshape(-1).view(np.uint8).data
        self.data += [bytes(begin - self.length), values]
        self.length = begin + len(values)


def _entry(term: Term) -> str:
    given = [name for name, fields in _TERM_ARRAYS.items() if fields and getattr(term, fields[0]) is not None]
    return given[0] if given else "plain"


def _window(op: Op) -> tuple[int, ...]:
    """Return kernel, stride, pads, dilation and groups; zeros where there are none."""
    if isinstance(op, ConvOp):
        if op.weight.ndim != 4:
            raise ValueError(f"weight: expected 4 axes, got the shape {op.weight.shape}")
        return (*op.weight.shape[:2], *op.stride, *op.pads, *op.dilation, op.groups)
    if isinstance(op, PoolOp | MaxPoolOp):
        return (*op.kernel, *op.stride, *op.pads, 1, 1, 0)
    return (0,) * 11


def _settings(op: Op) -> tuple[int, int, int, int]:
    """Return mode, flags, the bits of a pool's weight, and the largest current."""
    if isinstance(op, InputOp):
        return layout.CODINGS.index(op.coding) + 1, 0, 0, 0
    if isinstance(op, NeuronOp):
        return LEAKS.index(op.model.leak) + 1, _flags(op), 0, op.max_current
    if isinstance(op, PoolOp):
        return 0, 0, int(np.float32(op.weight).view(np.uint32)), 0
    if isinstance(op, DelayOp | ByteOp):
        return op.steps if isinstance(op, DelayOp) else op.shift, 0, 0, 0
    return (layout.READOUTS.index(op.readout) + 1, 0, 0, 0) if op.kind == "output" else (0, 0, 0, 0)


def _flags(op: NeuronOp) -> int:
    model = op.model
    flags = (
        (layout.ZERO, model.reset == "zero"),
        (layout.STRICT, model.compare == ">"),
        (layout.NO_RESET, model.reset == "none"),
        (layout.LATE, model.reset_time == "late"),
        (layout.BOTH, model.reset_time == "both"),
        (layout.FLOOR, model.floor),
        (layout.REFRACTORY, model.refractory),
        (layout.ADAPTIVE, model.adaptive),
        (layout.PER_NEURON, op.per_neuron),
    )
    return sum(flag for flag, there in flags if there)


def _stages(op: Op) -> tuple[int, int, int]:
    """Return what a neuron remembers beyond the potential, how it fires, and its synapse; zeros for all else."""
    if not isinstance(op, NeuronOp):
        return 0, 0, 0
    return op.values - 1, FIRES.index(op.model.fire), SYNAPSES.index(op.model.synapse)
