"""Refuse a run whose results would not fit into this machine's memory, before anything is allocated."""

import os
from functools import cache

from pysnn.backends.base import RunRequest
from pysnn.errors import CapacityError
from pysnn.plan.ops import Plan

__all__ = ["check_memory", "keeps_state", "physical_memory"]

_UNKNOWN_MEMORY = 1 << 36
_GIB = 1 << 30
_SMALL_STATE = 1 << 28
_PROBE_BYTES = 8 + 8 + 4 + 4
# Sums of all batches, and of one.
_STEP_BYTES = 8 + 8


def keeps_state(plan: Plan, samples: int, wanted: bool | None) -> bool:
    """Say whether a run keeps its state: as asked for, or where it is small."""
    if wanted is not None:
        return wanted
    return samples * sum(plan.state_bytes.values()) <= _SMALL_STATE


def check_memory(plan: Plan, request: RunRequest, samples: int, *, keep_state: bool) -> None:
    """Raise :class:`CapacityError` if state, scores and what is recorded need more than the machine has.

    The message names the node that needs most. Working memory is not counted: it is bounded by the batch size.
    """
    needs = dict(plan.state_bytes) if keep_state else dict.fromkeys(plan.state_bytes, 0)
    last = len(plan.ops) - 1
    needs[last] += len(request.read_at) * (plan.ops[last].spec.size * 4 + len(plan.ops) * 8 * request.count)
    for k in plan.neurons.values() if request.probe else ():
        needs[k] += plan.ops[k].spec.size * len(request.read_at) * _PROBE_BYTES
    for k in request.record_spikes:
        needs[k] += plan.ops[k].spec.size * request.steps
    for k in request.record_potentials:
        needs[k] += plan.ops[k].spec.size * request.steps * 4
    needs = {k: need * samples for k, need in needs.items()}
    for k in plan.spiking.values() if request.count_by_step else ():
        needs[k] += plan.ops[k].spec.size * request.steps * (_STEP_BYTES + request.threads)
    total, there = sum(needs.values()), physical_memory()
    if total > there:
        node = plan.ops[max(needs, key=lambda k: needs[k])].node
        raise CapacityError(
            f"the results of {samples} samples would take {total / _GIB:.3g} GiB, and this machine has {there / _GIB:.3g}; "
            f"'{node}' takes most: record less, or give fewer samples or steps at a time"
        )


@cache
def physical_memory() -> int:
    """Return the machine's memory in bytes, or a guess where the system does not say.

    Examples
    --------
    >>> physical_memory() > 0
    True
    """
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return _UNKNOWN_MEMORY
