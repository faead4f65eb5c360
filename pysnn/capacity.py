"""Refuse a run whose results would not fit into this machine's memory, before anything is allocated."""

import os

from pysnn.backends.base import RunRequest
from pysnn.errors import CapacityError
from pysnn.plan.ops import MaxPoolOp, NeuronOp, OutputOp, Plan

__all__ = ["check_memory", "keeps_state", "physical_memory"]

_UNKNOWN_MEMORY = 1 << 36
_GIB = 1 << 30
_SMALL_STATE = 1 << 28
_PROBE_BYTES = 8 + 8 + 4 + 4


def keeps_state(plan: Plan, samples: int, wanted: bool | None) -> bool:
    """Say whether a run keeps its state: as asked for, or where it is small."""
    if wanted is not None:
        return wanted
    return samples * sum(_state_bytes(plan, k) for k in range(len(plan.ops))) <= _SMALL_STATE


def check_memory(plan: Plan, request: RunRequest, samples: int, *, keep_state: bool) -> None:
    """Raise :class:`CapacityError` if state, scores and what is recorded need more than the machine has.

    The message names the node that needs most. Working memory is not counted: it is bounded by the batch size.
    """
    needs = {}
    for k, op in enumerate(plan.ops):
        size = _state_bytes(plan, k) if keep_state else 0
        if isinstance(op, NeuronOp) and request.probe:
            size += op.spec.size * len(request.read_at) * _PROBE_BYTES
        if isinstance(op, OutputOp):
            size += op.spec.size * len(request.read_at) * 4
        size += op.spec.size * request.steps * request.record_spikes.count(k)
        size += op.spec.size * request.steps * request.record_potentials.count(k) * 4
        needs[k] = size * samples
    total, there = sum(needs.values()), physical_memory()
    if total > there:
        node = plan.ops[max(needs, key=lambda k: needs[k])].node
        raise CapacityError(
            f"the results of {samples} samples would take {total / _GIB:.3g} GiB, and this machine has {there / _GIB:.3g}; "
            f"'{node}' takes most: record less, or give fewer samples or steps at a time"
        )


def _state_bytes(plan: Plan, k: int) -> int:
    op = plan.ops[k]
    if isinstance(op, NeuronOp):
        return op.spec.size * 4
    if isinstance(op, OutputOp):
        return op.spec.size * 8
    if isinstance(op, MaxPoolOp) and op.spec.kind == "count":
        return plan.ops[op.source].spec.size * 4
    return 0


def physical_memory() -> int:
    """Give the machine's memory in bytes, or a guess where the system does not say.

    Examples
    --------
    >>> physical_memory() > 0
    True
    """
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return _UNKNOWN_MEMORY
