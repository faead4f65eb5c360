"""From bytes to a plan."""

import math
import struct
from typing import Any, Literal, NoReturn

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import FileFormatError
from pysnn.frozen import FrozenDict
from pysnn.nodes.neuron_model import FIRES, LEAKS, SYNAPSES, NeuronModel
from pysnn.plan import ops
from pysnn.plan.file import layout
from pysnn.plan.file.runs import index_of
from pysnn.plan.file.write import encode

__all__ = ["decode"]

Array = NDArray[Any]

_MAX_MAP = 1 << 28
"""Values in one map, at most; the compiled engine has the same limit."""


def decode(data: bytes) -> ops.Plan:
    """Return the plan of some bytes; its arrays lie in them.

    Raises
    ------
    FileFormatError
        The bytes are damaged, or not the ones that a plan is written as.
    """
    precision, version = _header(data)
    reader = _Reader(data)
    try:
        found = ops.Plan(precision, tuple(reader.op(record) for record in reader.records))
        same = encode(found, version) == data
    except (IndexError, ValueError, OverflowError) as error:
        _refuse(str(error))
    if not same:
        _refuse("its bytes are not the ones that this plan is written as")
    return found


def _refuse(what: str) -> NoReturn:
    raise FileFormatError(f"not a plan that pysnn wrote: {what}")


def _header(data: bytes) -> tuple[Literal["float32", "int8"], int]:
    if data[:8] != layout.MAGIC:
        _refuse(f"expected it to start with {layout.MAGIC.decode()}")
    if len(data) < layout.FIRST:
        _refuse(f"truncated: {len(data)} bytes, the header takes {layout.FIRST}")
    version, precision, length = struct.unpack_from("<2IQ", data, 8)
    if not 1 <= version <= layout.VERSION:
        _refuse(f"version {version}; expected 1 to {layout.VERSION}")
    if length != len(data):
        _refuse(
            f"{'truncated' if length > len(data) else 'trailing bytes'}: it says {length} bytes and has {len(data)}"
        )
    if layout.digest([data]) != data[layout.DIGEST]:
        _refuse("its SHA-256 is not that of its bytes")
    if precision not in (0, 1):
        _refuse(f"precision {precision}; expected 0 or 1")
    return "int8" if precision else "float32", version


class _Reader:
    """The sections, and how much of them has been read."""

    def __init__(self, data: bytes) -> None:
        places = struct.unpack_from(f"<{2 * layout.SECTIONS}Q", data, layout.SECTIONS_AT)
        parts = []
        for offset, length in zip(places[::2], places[1::2], strict=True):
            if offset + length > len(data):
                _refuse(f"a section of {length} bytes at byte {offset} does not lie in it")
            parts.append(memoryview(data)[offset : offset + length])
        for part, dtype in zip(parts, (layout.OP, layout.SOURCE, layout.ARRAY), strict=False):
            if len(part) % dtype.itemsize:
                _refuse(f"a section of {len(part)} bytes is no whole number of entries of {dtype.itemsize}")
        self.records = np.frombuffer(parts[0], dtype=layout.OP)
        self._sources = iter(np.frombuffer(parts[1], dtype=layout.SOURCE).tolist())
        self._arrays = iter(np.frombuffer(parts[2], dtype=layout.ARRAY).tolist())
        self._names, self._data = bytes(parts[3]), parts[4]
        self._specs: list[ops.MapSpec] = []

    def op(self, record: Any) -> ops.Op:
        """Return the next operation."""
        begin, length = record["name"].tolist()
        node = self._names[begin : begin + length].decode()
        shape = tuple(record["shape"].tolist())
        if not 1 <= math.prod(shape) <= _MAX_MAP:
            _refuse(f"node '{node}': a map of {shape} values; expected 1 to {_MAX_MAP}")
        kind = layout.MAPS[record["map"]]
        spec = ops.MapSpec(shape, kind, bool(record["static"]), int(record["max_count"]))  # type: ignore[arg-type]
        number = int(record["kind"]) - 1
        if not 0 <= number < len(layout.KINDS):
            _refuse(f"node '{node}': unknown kind of operation {number + 1}")
        made: ops.Op = getattr(self, f"_{layout.KINDS[number]}")(node, spec, record)
        self._specs.append(spec)
        return made

    def _source(self) -> int:
        return self._term_source()[0]

    def _term_source(self, among: int | None = None) -> tuple[int, str]:
        """Return a source and how it enters; it is one before the operation, or one of the first ``among``."""
        most = len(self._specs) if among is None else among
        source, entry, _, _ = next(self._sources, (most, 0, 0, 0))
        if source >= most:
            _refuse(f"operation {len(self._specs)} reads map {source}, expected one below {most}")
        return source, layout.ENTRIES[entry]

    def _array(self, shape: tuple[int, ...] | None = None) -> Array:
        dtype, offset, count = next(self._arrays, (0, 0, 0))
        if not 1 <= dtype <= len(layout.DTYPES):
            _refuse(f"an array of the unknown type {dtype}, or fewer arrays than its operations need")
        kind = layout.DTYPES[dtype - 1]
        found = np.frombuffer(self._data[offset : offset + count * kind.itemsize], dtype=kind)
        if len(found) != count:
            _refuse(f"an array of {count} values at {offset} does not lie in it")
        return found if shape is None else found.reshape(shape)

    def _channels(self, spec: ops.MapSpec, *, given: bool = True) -> Any:
        return self._array((spec.shape[0],)) if given else None

    def _input(self, node: str, spec: ops.MapSpec, record: Any) -> ops.InputOp:
        return ops.InputOp(node, spec, _from_one(layout.CODINGS, record["mode"]))

    def _conv(self, node: str, spec: ops.MapSpec, record: Any) -> ops.ConvOp:
        source, groups = self._source(), int(record["groups"])
        read = self._specs[source].shape
        kernel, stride, pads, dilation = (_numbers(record[field]) for field in ("kernel", "stride", "pads", "dilation"))
        if not (groups and all(kernel) and all(stride) and all(dilation)):
            _refuse(f"node '{node}': a window or groups of 0")
        weight = self._array((*kernel, read[0] // groups, spec.shape[0]))
        bias = self._channels(spec)
        return ops.ConvOp(node, spec, source, weight, bias, stride, pads, dilation, groups)

    def _pool(self, node: str, spec: ops.MapSpec, record: Any) -> ops.PoolOp:
        weight = float(np.uint32(record["weight"]).view(np.float32))
        return ops.PoolOp(node, spec, self._source(), *_window(record), weight)

    def _maxpool(self, node: str, spec: ops.MapSpec, record: Any) -> ops.MaxPoolOp:
        return ops.MaxPoolOp(node, spec, self._source(), *_window(record))

    def _gather(self, node: str, spec: ops.MapSpec, record: Any) -> ops.GatherOp:
        sources = tuple(self._source() for _ in range(min(int(record["sources"][1]), len(self._specs) + 1)))
        table, total = self._array(), sum(self._specs[source].size for source in sources)
        index = (index_of(table) if table.dtype == layout.RUN else table).reshape(spec.shape)
        if index.min() < -1 or index.max() >= total:
            _refuse(f"node '{node}': index has values outside -1..{total}")
        return ops.GatherOp(node, spec, sources, index)

    def _clamp(self, node: str, spec: ops.MapSpec, record: Any) -> ops.ClampOp:
        return ops.ClampOp(node, spec, self._source(), self._channels(spec, given=bool(record["arrays"][1])))

    def _round(self, node: str, spec: ops.MapSpec, _: Any) -> ops.RoundOp:
        return ops.RoundOp(node, spec, self._source(), self._channels(spec))

    def _add(self, node: str, spec: ops.MapSpec, record: Any) -> ops.AddOp:
        return ops.AddOp(node, spec, tuple(self._term(spec) for _ in range(int(record["sources"][1]))))

    def _term(self, spec: ops.MapSpec) -> ops.Term:
        source, entry = self._term_source()
        if entry == "ratio":
            return ops.Term(source, multiplier=self._channels(spec), shift=self._channels(spec))
        return ops.Term(source, **({} if entry == "plain" else {entry: self._channels(spec)}))

    def _neuron(self, node: str, spec: ops.MapSpec, record: Any) -> ops.NeuronOp:
        model, source = _model(record), self._source()
        shape = spec.shape if record["flags"] & layout.PER_NEURON else (spec.shape[0],)
        threshold, v_init, v_reset = (self._array(shape) for _ in range(3))
        unit = self._channels(spec)
        names = [name for name in model.constants if threshold.dtype == np.float32 or name != "gain"]
        constants = FrozenDict({name: self._array(shape) for name in names})
        most = int(record["max_current"])
        return ops.NeuronOp(node, spec, source, model, threshold, v_init, v_reset, unit, constants, max_current=most)

    def _delay(self, node: str, spec: ops.MapSpec, record: Any) -> ops.DelayOp:
        source = self._term_source(among=len(self.records))[0]
        return ops.DelayOp(node, spec, source, int(record["mode"]))

    def _byte(self, node: str, spec: ops.MapSpec, record: Any) -> ops.ByteOp:
        return ops.ByteOp(node, spec, self._source(), int(record["mode"]))

    def _output(self, node: str, spec: ops.MapSpec, record: Any) -> ops.OutputOp:
        readout = _from_one(layout.READOUTS, record["mode"])
        unit = self._channels(spec, given=bool(record["arrays"][1]))
        return ops.OutputOp(node, spec, self._source(), readout, unit)


def _model(record: Any) -> NeuronModel:
    flags = int(record["flags"])
    return NeuronModel(
        leak=_from_one(LEAKS, record["mode"]),
        synapse=_from_one(SYNAPSES, int(record["synapse"]) + 1),
        fire=_from_one(FIRES, int(record["fire"]) + 1),
        reset="none" if flags & layout.NO_RESET else "zero" if flags & layout.ZERO else "subtract",
        reset_time="both" if flags & layout.BOTH else "late" if flags & layout.LATE else "now",
        compare=">" if flags & layout.STRICT else ">=",
        floor=bool(flags & layout.FLOOR),
        refractory=bool(flags & layout.REFRACTORY),
        adaptive=bool(flags & layout.ADAPTIVE),
    )


def _from_one(words: tuple[Any, ...], number: Any) -> Any:
    if not 1 <= number <= len(words):
        _refuse(f"unknown mode {number}; expected 1 to {len(words)}")
    return words[int(number) - 1]


def _numbers(values: Any) -> Any:
    return tuple(values.tolist())


def _window(record: Any) -> tuple[Any, Any, Any]:
    return _numbers(record["kernel"]), _numbers(record["stride"]), _numbers(record["pads"])
