"""Operations that depend on the plan alone: how many each node needs, once a sample and at every step."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pysnn.plan.map import MapSpec
from pysnn.plan.ops import AddOp, ByteOp, ClampOp, ConvOp, MaxPoolOp, OutputOp, Plan, PoolOp, RoundOp, Term
from pysnn.schemas import FIXED_FIELDS

__all__ = ["FixedCounts", "fixed_counts"]


class FixedCounts(NamedTuple):
    """int64 ``(fields,)`` for one sample, in the order of ``FIXED_FIELDS``: what is computed once, and at each step."""

    once: NDArray[np.int64]
    each_step: NDArray[np.int64]


def fixed_counts(plan: Plan) -> Mapping[str, FixedCounts]:
    """Return what each node of a plan needs beside synaptic operations and neuron updates; nodes that need nothing are left out.

    ``edge_sums`` are additions of whole values where edges meet and into the read-out; ``rescales`` multiplications that bring
    a value into the unit of the sum that it enters, ``shifts`` those by a power of two; ``bias_sums`` additions of biases that
    are not zero; ``pool_sums`` additions within windows, padding left out; ``comparisons`` those of maxima and bounds;
    ``current_sums`` those of ``edge_sums`` that add one current to another, and not a spike or into the read-out.

    Examples
    --------
    >>> from pysnn import IF, Input, Linear, Network, Output
    >>> from pysnn.plan import PlanOptions, compile_plan
    >>> net = Network.chain({"in": Input((2,)), "if": IF(), "fc": Linear(np.ones((3, 2)), [1, 0, 2]), "out": Output()})
    >>> found = fixed_counts(compile_plan(net, PlanOptions()))
    >>> {name: dict(zip(FIXED_FIELDS, map(int, counts.each_step)))["bias_sums"] for name, counts in found.items()}
    {'fc': 2}
    """
    found: dict[str, FixedCounts] = {}
    for op in plan.ops:
        counted = _Counter(plan)
        match op:
            case AddOp():
                counted.sum(op)
            case ConvOp():
                counted.add("bias_sums", int(np.count_nonzero(op.bias)) * _positions(op.spec), static=op.spec.static)
            case PoolOp():
                counted.pool(op)
            case MaxPoolOp():
                more = _window_inputs(op, plan.ops[op.source].spec) - op.spec.size
                counted.add("comparisons", more, static=op.spec.static)
            case ClampOp():
                counted.add("comparisons", op.spec.size * (1 if op.high is None else 2), static=True)
            case RoundOp():
                counted.add("rescales", op.spec.size, static=True)
            case OutputOp():
                counted.add("edge_sums", op.spec.size, static=False)
            case _:
                continue
        if counted.once.any() or counted.each_step.any():
            # The read-out's sums are those of the node that it reads.
            node = plan.ops[op.source].node if isinstance(op, OutputOp) else op.node
            before = found.get(node, FixedCounts(0 * counted.once, 0 * counted.each_step))
            found[node] = FixedCounts(before.once + counted.once, before.each_step + counted.each_step)
    return found


class _Counter:
    """The counts of one operation."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.once, self.each_step = (np.zeros(len(FIXED_FIELDS), dtype=np.int64) for _ in range(2))

    def add(self, field: str, count: int, *, static: bool) -> None:
        (self.once if static else self.each_step)[FIXED_FIELDS.index(field)] += count

    def sum(self, op: AddOp) -> None:
        terms = [term for term in op.terms if not self._is_higher_byte(term)]
        self.add("edge_sums", (len(terms) - 1) * op.spec.size, static=op.spec.static)
        currents = sum(not self.plan.ops[term.source].spec.holds_spikes for term in terms)
        self.add("current_sums", max(0, currents - 1) * op.spec.size, static=op.spec.static)
        for term in terms:
            source = self.plan.ops[term.source].spec
            factors = _factors(term, source)
            if factors is not None:
                mantissa, _ = np.frexp(np.abs(factors))
                power = mantissa == 0.5
                for field, channels in (("shifts", power & (factors != 1)), ("rescales", ~power & (factors != 0))):
                    self.add(field, int(np.count_nonzero(channels)) * _positions(op.spec), static=source.static)

    def _is_higher_byte(self, term: Term) -> bool:
        """Say whether a term only stands for the higher part of sums of levels, whose spikes are counted where they arrive."""
        conv = self.plan.ops[term.source]
        byte = self.plan.ops[conv.source] if isinstance(conv, ConvOp) else None
        return isinstance(byte, ByteOp) and byte.shift > 0

    def pool(self, op: PoolOp) -> None:
        source = self.plan.ops[op.source].spec
        inputs = _window_inputs(op, source)
        self.add("pool_sums", inputs - op.spec.size, static=op.spec.static)
        if source.kind == "real" and op.weight != 1:
            self.add("rescales", inputs, static=op.spec.static)


def _factors(term: Term, source: MapSpec) -> NDArray[np.float64] | None:
    """Return what each channel of an edge is multiplied by; a spike, which is 0 or 1, only chooses its value."""
    if term.multiplier is not None and term.shift is not None:
        return np.ldexp(term.multiplier.astype(np.float64), -term.shift)
    chosen = term.scale if term.constant is None else term.constant
    if chosen is None or (source.holds_spikes and source.max_count == 1):
        return None
    return chosen.astype(np.float64)


def _positions(spec: MapSpec) -> int:
    return spec.shape[1] * spec.shape[2]


def _window_inputs(op: PoolOp | MaxPoolOp, source: MapSpec) -> int:
    """Return how many inputs all windows of an operation have together, padding left out."""
    axes = []
    for axis in (0, 1):
        starts = np.arange(op.spec.shape[axis + 1]) * op.stride[axis] - op.pads[axis]
        first, last = np.maximum(starts, 0), np.minimum(starts + op.kernel[axis], source.shape[axis + 1])
        axes.append(int(np.maximum(last - first, 0).sum()))
    return op.spec.shape[0] * axes[0] * axes[1]
