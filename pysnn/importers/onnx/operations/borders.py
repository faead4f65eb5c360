"""Averages over windows that are cut off at the map's borders: as many ordinary averages as there are kinds of windows."""

from dataclasses import dataclass, replace
from itertools import product

from pysnn.importers.onnx.file.model import OnnxNode, UnsupportedError
from pysnn.importers.onnx.layout.assembly import Assembly
from pysnn.importers.onnx.layout.signal import Signal
from pysnn.nodes import AvgPool2d, Crop, Pad

__all__ = ["Axis", "bordered_average"]

_MOST_CUT = 8


@dataclass(frozen=True)
class Axis:
    """Windows along one axis; ``before`` and ``after`` are how far they reach beyond the map."""

    size: int
    kernel: int
    stride: int
    before: int
    after: int

    @property
    def count(self) -> int:
        """How many windows there are."""
        return (self.size + self.before + self.after - self.kernel) // self.stride + 1


@dataclass(frozen=True)
class _Run:
    """Windows of one size side by side: the first one's number, how many, where they start and end, their size."""

    first: int
    count: int
    start: int
    stop: int
    kernel: int


def bordered_average(assembly: Assembly, node: OnnxNode, signal: Signal, rows: Axis, columns: Axis) -> Signal:
    """Average over the part of each window that lies inside the map.

    The map is cut into parts with windows of one size. Each part is averaged by itself, padded with zeros to the whole
    result, and the sum of all of them is the result.

    Raises
    ------
    UnsupportedError
        A window lies outside the map, or too many of them are cut off.
    """
    parts = []
    for down, right in product(_runs(rows), _runs(columns)):
        part = signal
        cut = (down.start, right.start, rows.size - down.stop, columns.size - right.stop)
        if any(cut):
            part = assembly.place(f"{_label(node)}_cut", Crop(space=cut), part.terms)
        pool = AvgPool2d((down.kernel, right.kernel), (rows.stride, columns.stride))
        part = assembly.place(_label(node), pool, part.terms)
        missing = (
            down.first,
            right.first,
            rows.count - down.first - down.count,
            columns.count - right.first - right.count,
        )
        if any(missing):
            part = assembly.place(f"{_label(node)}_pad", Pad(space=missing), part.terms)
        parts.append(replace(part, label=_label(node)))
    return assembly.add(node, parts)


def _label(node: OnnxNode) -> str:
    return node.label or node.op


def _runs(axis: Axis) -> list[_Run]:
    first = min(-(-axis.before // axis.stride), axis.count)
    inside = max((axis.size + axis.before - axis.kernel) // axis.stride + 1, 0)
    last = min(max(inside, first), axis.count)
    cut = [*range(first), *range(last, axis.count)]
    if len(cut) > _MOST_CUT:
        raise UnsupportedError(
            f"{len(cut)} windows of {axis.kernel} are cut off at the border of {axis.size}; at most {_MOST_CUT} are supported: "
            "set count_include_pad, or pool without padding"
        )
    runs = [_cut_off(axis, k) for k in range(first)]
    if last > first:
        start = first * axis.stride - axis.before
        stop = start + (last - first - 1) * axis.stride + axis.kernel
        runs.append(_Run(first, last - first, start, stop, axis.kernel))
    return runs + [_cut_off(axis, k) for k in range(last, axis.count)]


def _cut_off(axis: Axis, number: int) -> _Run:
    start = max(number * axis.stride - axis.before, 0)
    stop = min(number * axis.stride - axis.before + axis.kernel, axis.size)
    if stop <= start:
        raise UnsupportedError("a window lies outside the map; pool with less padding")
    return _Run(number, 1, start, stop, stop - start)
