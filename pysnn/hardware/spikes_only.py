"""What shortcuts that carry currents cost on chips whose packets are spikes: each spike is delivered again to every later sum."""

from dataclasses import replace

from pysnn.activity import Activity
from pysnn.hardware.counts import Counted
from pysnn.hardware.interval import ZERO, Interval
from pysnn.hardware.layers import HardwareLayer
from pysnn.schemas import COUNT_FIELDS

__all__ = ["SPIKES_ONLY", "deliver_again"]

SPIKES_ONLY = "snn_spikes_only"
"""The name in the column ``network`` of the spiking network whose shortcuts carry no currents."""


def deliver_again(counted: Counted, activity: Activity) -> Counted | None:
    """Return the counts of the network without currents that pass a neuron, ``None`` where it has none.

    The synaptic operations of each weight node come once more in every later layer that its current enters, in the place of additions of
    whole currents. Where a stride leaves positions out, spikes are taken to be spread evenly, and the interval begins at none of them.
    """
    if not any(layer.shortcuts for layer in counted.layers):
        return None
    read = activity.reads.index(counted.steps if activity.kind == "clocked" else "decision")
    fields = {
        layer.name: dict(zip(COUNT_FIELDS, activity.counts[read, k], strict=True))
        for k, layer in enumerate(activity.layers)
    }
    owners = {name: k for k, layer in enumerate(counted.layers) for name in layer.counted}

    def again(layer: HardwareLayer, field: str) -> Interval:
        total = ZERO
        for link in layer.links:
            if link.name in layer.shortcuts:
                done = float(fields[link.name][field])
                spikes = counted.sums[owners[link.name]].get("synops", ZERO)
                wide = (end / spikes.value if spikes.value else 1.0 for end in spikes)
                low, _, high = (done * end for end in wide)
                total = total.plus(Interval(low if link.share == 1 else 0.0, done * link.share, high))
        return total

    sums = []
    for layer, held in zip(counted.layers, counted.sums, strict=True):
        if not layer.shortcuts:
            sums.append(held)
            continue
        more, zeros = again(layer, "synops"), again(layer, "synops_zero")
        fresh = {name: part for name, part in held.items() if name not in ("edge_additions", "edge_multiplications")}
        fresh["synops"] = held.get("synops", ZERO).plus(more)
        fresh["memory_accesses"] = held.get("memory_accesses", ZERO).plus(more.plus(zeros).scaled(3.0))
        sums.append({name: part for name, part in fresh.items() if part.high > 0})
    return replace(counted, sums=tuple(sums), again=True)
