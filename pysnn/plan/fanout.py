"""How many weights an event of each source neuron meets; worked out where operations are counted."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pysnn.plan.ops import AddOp, ByteOp, ConvOp, GatherOp, InputOp, Op, Plan, PoolOp

__all__ = ["Delivery", "FanOuts", "deliveries", "fan_outs", "level_maps", "sources_of"]


class FanOuts(NamedTuple):
    """Weights that an event of each source neuron meets, uint32 ``(C, H, W)``: all of them, and those that are not zero."""

    total: NDArray[np.uint32]
    nonzero: NDArray[np.uint32]


class Delivery(NamedTuple):
    """How a spike of each neuron of a map reaches a weight layer, through what lies between: how often, and how many weights it meets.

    int64 ``(C, H, W)`` each.
    """

    times: NDArray[np.int64]
    total: NDArray[np.int64]
    nonzero: NDArray[np.int64]


def sources_of(op: Op) -> tuple[int, ...]:
    """Return the numbers of the maps that an operation reads.

    Examples
    --------
    >>> from pysnn.plan.ops import MapSpec, Term
    >>> sources_of(AddOp("sum", MapSpec((1, 1, 1), "real", static=False), (Term(3), Term(1))))
    (3, 1)
    """
    if isinstance(op, AddOp):
        return tuple(term.source for term in op.terms)
    if isinstance(op, GatherOp):
        return op.sources
    return () if isinstance(op, InputOp) else (op.source,)


def deliveries(plan: Plan, number: int) -> Mapping[int, Delivery]:
    """Return the maps of levels whose spikes reach weight operation ``number`` of a plan with windows, and how.

    Pools, sums and moves pass every spike on, so that a spike may be delivered several times. The operation reads one of the
    :func:`level_maps`.
    """
    op = plan.ops[number]
    assert isinstance(op, ConvOp)
    spec = plan.ops[op.source].spec
    met = fan_outs(op, spec.shape)
    waiting: dict[int, NDArray[np.int64]] = {
        op.source: np.stack([np.ones(spec.shape, dtype=np.int64), *(table.astype(np.int64) for table in met)])
    }
    found: dict[int, Delivery] = {}
    while waiting:
        k = max(waiting)
        tables = waiting.pop(k)
        if plan.ops[k].spec.kind == "level":
            found[k] = Delivery(*tables)
            continue
        for source, before in _before(plan, plan.ops[k], tables):
            waiting[source] = waiting.get(source, np.int64(0)) + before
    return found


def level_maps(plan: Plan) -> frozenset[int]:
    """Return the maps that hold levels, or sums of nothing else.

    Examples
    --------
    >>> from pysnn import FirstSpike, Input, Network, Output
    >>> from pysnn.plan import compile_plan
    >>> plan = compile_plan(Network.chain({"in": Input((2,)), "a": FirstSpike(0.5), "out": Output()}))
    >>> [plan.ops[k].kind for k in sorted(level_maps(plan))]
    ['neuron', 'add']
    """
    found: set[int] = set()
    for k, op in enumerate(plan.ops):
        passes = isinstance(op, PoolOp | GatherOp | AddOp | ByteOp)
        if op.spec.kind == "level" or (passes and found.issuperset(sources_of(op))):
            found.add(k)
    return frozenset(found)


def _before(plan: Plan, op: Op, tables: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield each source of an operation with the tables ``(3, C, H, W)`` of its values."""
    if isinstance(op, PoolOp):
        yield op.source, _spread_windows(op, plan.ops[op.source].spec.shape, tables)
    elif isinstance(op, GatherOp):
        yield from _moved_back(plan, op, tables)
    elif isinstance(op, AddOp):
        for term in op.terms:
            yield term.source, tables
    elif isinstance(op, ByteOp) and op.shift == 0:
        # Bytes are read one beside the other: a spike is delivered with the lowest one.
        yield op.source, tables


def _moved_back(plan: Plan, op: GatherOp, tables: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    sizes = [plan.ops[source].spec.size for source in op.sources]
    everything = np.zeros((3, sum(sizes)), dtype=np.int64)
    filled = op.index.ravel() >= 0
    for row, table in zip(everything, tables, strict=True):
        np.add.at(row, op.index.ravel()[filled], table.ravel()[filled])
    begin = 0
    for source, size in zip(op.sources, sizes, strict=True):
        yield source, everything[:, begin : begin + size].reshape(3, *plan.ops[source].spec.shape)
        begin += size


def _spread_windows(op: PoolOp, source: tuple[int, int, int], tables: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each input the sum of what the windows have that it lies in."""
    top, left, bottom, right = op.pads
    _, height, width = source
    padded = np.zeros((3, source[0], height + top + bottom, width + left + right), dtype=np.int64)
    (rows, columns), (down, across) = op.spec.shape[1:], op.stride
    for ky in range(op.kernel[0]):
        for kx in range(op.kernel[1]):
            padded[:, :, ky : ky + (rows - 1) * down + 1 : down, kx : kx + (columns - 1) * across + 1 : across] += (
                tables
            )
    return padded[:, :, top : top + height, left : left + width]


def fan_outs(op: ConvOp, source: tuple[int, int, int]) -> FanOuts:
    """Return the fan-outs of a source map of shape ``(C, H, W)`` into a weight operation; padding is met by nobody."""
    kernel_h, kernel_w, inputs, outputs = op.weight.shape
    per_group = outputs // op.groups
    nonzero = (op.weight != 0).reshape(kernel_h, kernel_w, inputs, op.groups, per_group)
    met = np.add.reduce(nonzero, axis=4, dtype=np.uint16 if per_group < 1 << 16 else np.uint32)
    met = met.transpose(0, 1, 3, 2).reshape(kernel_h, kernel_w, op.groups * inputs).astype(np.uint32)
    found = np.zeros(source, dtype=np.uint32)
    total = np.zeros(source, dtype=np.uint32)
    top, left = op.pads[:2]
    for ky in range(kernel_h):
        rows = _hits(source[1], op.spec.shape[1], op.stride[0], ky * op.dilation[0] - top)
        for kx in range(kernel_w):
            columns = _hits(source[2], op.spec.shape[2], op.stride[1], kx * op.dilation[1] - left)
            hit = np.outer(rows, columns).astype(np.uint32)
            total += np.uint32(per_group) * hit
            found += met[ky, kx, :, None, None] * hit
    return FanOuts(total, found)


def _hits(source: int, outputs: int, stride: int, offset: int) -> NDArray[np.bool_]:
    """Which source positions does one tap see: those at ``output * stride + offset``."""
    positions = np.arange(outputs, dtype=np.int64) * stride + offset
    seen = np.zeros(source, dtype=np.bool_)
    seen[positions[(positions >= 0) & (positions < source)]] = True
    return seen
