"""What other tools would print for the same run, so that a user sees why they disagree."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pysnn.activity import Activity
from pysnn.errors import DataError
from pysnn.first_spike.network import FirstSpikeNetwork
from pysnn.hardware.counts import Counted, count
from pysnn.hardware.pricing.memory import POTENTIAL_BITS, memory_energy
from pysnn.hardware.registry import load_chip
from pysnn.network import Network

if TYPE_CHECKING:
    import polars as pl

__all__ = ["PRESETS", "preset_table"]

_ADD, _MAC = 0.9, 4.6
_KERAS_SYNOP, _KERAS_UPDATE = 27.0, 81.0


@dataclass(frozen=True)
class _Printed:
    """A number that a tool prints, its unit, and how it differs from pysnn's own count or price."""

    name: str
    value: float
    unit: str
    difference: str


@dataclass(frozen=True, eq=False)
class _Run:
    activity: Activity
    counted: Counted
    read: int

    def events(self) -> list[tuple[float, float, float]]:
        """Return (events, dense multiplications, inputs) a sample of each weight layer."""
        fields = {layer.name: self.activity.counts[self.read, k] for k, layer in enumerate(self.activity.layers)}
        dense = {layer.name: layer.dense for layer in self.activity.layers}
        found = []
        for layer in self.counted.layers[1:]:
            for link in layer.links:
                if link.name in fields:
                    inputs = math.prod(link.shape_in)
                    found.append(
                        (float(fields[link.name][0]) / self.activity.samples, float(dense[link.name]), float(inputs))
                    )
        return found


def _neurobench(run: _Run) -> list[_Printed]:
    activity, read = run.activity, run.read
    steps = max(1, run.counted.steps)
    return [
        _Printed(
            "Effective_ACs",
            float(activity.effective_acs[read]),
            "1/sample",
            "none: additions of non-zero weights by spikes",
        ),
        _Printed(
            "Effective_MACs",
            float(activity.effective_macs[read]) * steps,
            "1/sample",
            "an analogue input is multiplied again at each of T steps; pysnn computes a constant current once",
        ),
        _Printed(
            "Dense", float(activity.dense) * steps, "1/sample", "each of T steps is a dense pass, padding included"
        ),
    ]


def _syops(run: _Run) -> list[_Printed]:
    acs = sum(events * dense / inputs for events, dense, inputs in run.events())
    macs = run.counted.total("macs").value
    return [
        _Printed(
            "ACs",
            acs,
            "1/sample",
            "firing rate times dense operations: padding and zero weights count, and all inputs are alike",
        ),
        _Printed("MACs", macs, "1/sample", "of the first layer, where the input is analogue"),
        _Printed(
            "energy",
            _ADD * acs + _MAC * macs,
            "pJ",
            "0.9 pJ an addition, 4.6 pJ a multiplication (float32, 45 nm), no memory",
        ),
    ]


def _keras_spiking(run: _Run) -> list[_Printed]:
    synops = sum(events * dense / inputs for events, dense, inputs in run.events())
    updates = run.counted.total("updates").value
    energy = _KERAS_SYNOP * synops + _KERAS_UPDATE * updates
    return [
        _Printed("synops", synops, "1/sample", "mean firing rate times connections, padding included"),
        _Printed(
            "energy on Loihi", energy, "pJ", "every update at the price of one that fires; no packets, no static power"
        ),
    ]


def _horowitz(run: _Run) -> list[_Printed]:
    synops, macs = run.counted.total("synops").value, run.counted.total("macs").value
    difference = "float32 prices at 45 nm; no memory, no updates, no packets"
    dense = sum(link.connections for layer in run.counted.layers for link in layer.links if link.weight is not None)
    return [
        _Printed("energy", _ADD * synops + _MAC * macs, "pJ", difference),
        _Printed("energy of the ANN", _MAC * dense, "pJ", difference),
    ]


def _lemaire(run: _Run) -> list[_Printed]:
    chip = load_chip("cmos45")
    add = chip.section("operations")["add_int32"].value
    operations = memory = 0.0
    for layer, counts in zip(run.counted.layers[1:], run.counted.counts[1:], strict=True):
        held = {name: interval.value for name, interval in counts.items()}
        synops, updates = held.get("synops", 0.0), held.get("updates", 0.0)
        weights = sum(link.weight.size for link in layer.links if link.weight is not None)
        read = memory_energy(chip, weights * POTENTIAL_BITS / 8, POTENTIAL_BITS) if weights else 0.0
        state = memory_energy(chip, layer.neurons * POTENTIAL_BITS / 8, 2 * POTENTIAL_BITS)
        operations += add * (synops + held.get("bias_additions", 0.0) + updates)
        memory += synops * (read + state) + updates * state
    return [
        _Printed("operations", operations, "pJ", "additions of synapses, biases and resets at 0.1 pJ (int32)"),
        _Printed(
            "memory",
            memory,
            "pJ",
            "32-bit weights and potentials, each access to an SRAM of its layer's size; addressing is left out here",
        ),
    ]


def _sanafe(run: _Run) -> list[_Printed]:
    prices = {name: q.value for name, q in load_chip("loihi1_sanafe").section("prices").items()}
    total = sum(
        prices[name] * run.counted.total(name).value for name in ("synops", "updates", "updates_active", "spikes")
    )
    return [
        _Printed(
            "energy of synapses and somas",
            total,
            "pJ",
            "nominal prices; packets and hops depend on the mapping that the tool is given",
        )
    ]


PRESETS: Mapping[str, Callable[[_Run], list[_Printed]]] = {
    "neurobench": _neurobench,
    "syops": _syops,
    "keras_spiking": _keras_spiking,
    "lemaire2022": _lemaire,
    "horowitz_4.6_0.9": _horowitz,
    "sanafe_loihi": _sanafe,
}
"""What each tool prints, by its name."""


def preset_table(
    network: Network | FirstSpikeNetwork, activity: Activity, *, steps: int | None = None
) -> "pl.DataFrame":
    """Return what other tools would print for a run, schema "presets".

    Raises
    ------
    DataError
        As :func:`~pysnn.hardware.estimate`.

    Examples
    --------
    >>> import numpy as np
    >>> from pysnn import IF, Input, Linear, Output, run
    >>> net = Network.chain({"in": Input((2,)), "a": IF(), "fc": Linear(np.eye(2)), "b": IF(), "out": Output("count")})
    >>> table = preset_table(net, run(net, np.float32([[0.5, 1.0]]), steps=4).activity)
    >>> table.filter(table["quantity"] == "Effective_ACs")["value"].to_list()
    [6.0]
    """
    from pysnn.tables import make_table

    counted = count(network, activity, steps)
    if activity.kind == "clocked":
        read = activity.reads.index(counted.steps)
    elif activity.kind == "first_spike":
        read = activity.reads.index("decision")
    else:
        raise DataError(f"activity: expected a clocked or a first_spike run, got {activity.kind!r}")
    run = _Run(activity, counted, read)
    rows = [
        {"preset": name, "quantity": p.name, "value": p.value, "unit": p.unit, "difference": p.difference}
        for name, make in PRESETS.items()
        for p in make(run)
    ]
    return make_table("presets", rows)
