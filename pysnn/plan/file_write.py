"""From a plan to its bytes."""

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import PlanError
from pysnn.plan import file_layout as layout
from pysnn.plan.ops import AddOp, GatherOp, InputOp, NeuronOp, Op, Plan, PoolOp, Term
from pysnn.plan.steps import STEPS

__all__ = ["encode"]

Array = NDArray[Any]

_TERM_ARRAYS = {"plain": (), "scale": ("scale",), "constant": ("constant",), "ratio": ("multiplier", "shift")}
_ARRAYS: dict[str, Callable[[Any], tuple[Array | None, ...]]] = {
    "conv": lambda op: (op.weight, op.bias),
    "gather": lambda op: (op.index,),
    "clamp": lambda op: (op.high,),
    "round": lambda op: (op.unit,),
    "neuron": lambda op: (op.threshold, op.v_init, op.v_reset, op.unit, *map(op.constant, STEPS[op.step].constants)),
    "output": lambda op: (op.unit,),
}
"""The arrays of an operation, in their order; those that are ``None`` are left out."""


def encode(plan: Plan) -> bytes:
    """Return the bytes of a plan: equal plans have equal ones."""
    parts = _Parts()
    for op in plan.ops:
        parts.add(op)
    data = bytearray(layout.FIRST)
    places: list[int] = []
    for section in parts.sections():
        data.extend(bytes(layout.aligned(len(data)) - len(data)))
        places += [len(data), len(section)]
        data.extend(section)
    precision = layout.PRECISIONS.index(plan.precision)
    head = struct.pack("<8s2IQ2I", layout.MAGIC, layout.VERSION, precision, len(data), len(plan.ops), layout.SECTIONS)
    data[: len(head)] = head
    struct.pack_into(f"<{len(places)}Q", data, layout.SECTIONS_AT, *places)
    return layout.sealed(data)


class _Parts:
    """The sections, as they grow."""

    def __init__(self) -> None:
        self.ops: list[Any] = []
        self.sources: list[tuple[int, int, int, int]] = []
        self.arrays: list[tuple[int, int, int]] = []
        self.names, self.data = bytearray(), bytearray()

    def sections(self) -> tuple[bytes | bytearray, ...]:
        """Return the bytes of each section, in order."""
        ops = np.array(self.ops, dtype=layout.OP).tobytes()
        sources = np.array(self.sources, dtype=layout.SOURCE).tobytes()
        return ops, sources, np.array(self.arrays, dtype=layout.ARRAY).tobytes(), self.names, self.data

    def add(self, op: Op) -> None:
        """Add an operation with its name, its sources and its arrays."""
        name = op.node.encode()
        names = (len(self.names), len(name))
        self.names.extend(name)
        sources, arrays = len(self.sources), len(self.arrays)
        self._reads(op)
        window = [getattr(op, field, zero) for field, zero in (("stride", (0, 0)), ("pads", (0, 0, 0, 0)))]
        kernel = op.weight.shape[:2] if op.kind == "conv" else getattr(op, "kernel", (0, 0))
        dilation = getattr(op, "dilation", (1, 1) if hasattr(op, "kernel") else (0, 0))
        places = ((sources, len(self.sources) - sources), (arrays, len(self.arrays) - arrays))
        spec = op.spec
        own = (layout.KINDS.index(op.kind) + 1, layout.MAPS.index(spec.kind), int(spec.static), spec.max_count)
        record = (*own, spec.shape, names, *places, kernel, *window, dilation, getattr(op, "groups", 0))
        self.ops.append((*record, *_settings(op), getattr(op, "values", 1) - 1, 0, (0, 0)))

    def _reads(self, op: Op) -> None:
        if isinstance(op, AddOp):
            for term in op.terms:
                entry = _entry(term)
                self.sources.append((term.source, layout.ENTRIES.index(entry), 0, 0))
                for field in _TERM_ARRAYS[entry]:
                    self._array(getattr(term, field))
            return
        if isinstance(op, GatherOp):
            self.sources += [(source, 0, 0, 0) for source in op.sources]
        elif not isinstance(op, InputOp):
            self.sources.append((op.source, 0, 0, 0))
        for array in _ARRAYS.get(op.kind, lambda _: ())(op):
            if array is not None:
                self._array(array)

    def _array(self, array: Array) -> None:
        self.data.extend(bytes(layout.aligned(len(self.data)) - len(self.data)))
        dtype = array.dtype.newbyteorder("<").str.replace("|", "<")
        if dtype not in layout.DTYPES:
            raise PlanError(f"a plan's array: expected float32, float64, int8 or int32, got {array.dtype}")
        self.arrays.append((layout.DTYPES.index(dtype) + 1, len(self.data), array.size))
        self.data.extend(np.ascontiguousarray(array, dtype=dtype).tobytes())


def _entry(term: Term) -> str:
    given = [name for name, fields in _TERM_ARRAYS.items() if fields and getattr(term, fields[0]) is not None]
    return given[0] if given else "plain"


def _settings(op: Op) -> tuple[int, int, int, int]:
    """Return mode, flags, the bits of a pool's weight, and the largest current."""
    if isinstance(op, InputOp):
        return layout.CODINGS.index(op.coding) + 1, 0, 0, 0
    if isinstance(op, NeuronOp):
        flags = int(op.reset == "zero") + 2 * int(op.compare == ">")
        return list(STEPS).index(op.step) + 1, flags, 0, op.max_current
    if isinstance(op, PoolOp):
        return 0, 0, int(np.float32(op.weight).view(np.uint32)), 0
    return (layout.READOUTS.index(op.readout) + 1, 0, 0, 0) if op.kind == "output" else (0, 0, 0, 0)
