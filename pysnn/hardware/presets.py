"""What other tools would print for the same run, so that a user sees why they disagree."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pysnn.activity import Activity
from pysnn.errors import DataError
from pysnn.first_spike.network import FirstSpikeNetwork
from pysnn.hardware.counts import Counted, count
from pysnn.hardware.interval import ZERO
from pysnn.hardware.pricing.lemaire import NeuronUse, WeightUse, lemaire_energy
from pysnn.hardware.registry import load_chip
from pysnn.network import Network
from pysnn.schemas import COUNT_FIELDS

if TYPE_CHECKING:
    import polars as pl

__all__ = ["PRESETS", "preset_table"]

_ADD, _MAC = 0.9, 4.6
_KERAS_SYNOP, _KERAS_UPDATE = 27.1, 81.0
_EVENTS = COUNT_FIELDS.index("events")


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

    @property
    def steps(self) -> int:
        return max(1, self.counted.steps)

    @cached_property
    def weights(self) -> list[WeightUse]:
        """How often the weights of each layer are used."""
        fields = {layer.name: self.activity.counts[self.read, k] for k, layer in enumerate(self.activity.layers)}
        dense = {layer.name: layer.dense for layer in self.activity.layers}
        entry = self.counted.layers[0].name
        found = []
        for layer in self.counted.layers[1:]:
            for link in layer.links:
                if link.name in layer.counted and link.weight is not None:
                    events = float(fields[link.name][_EVENTS]) / self.activity.samples
                    analogue = self.counted.analogue and entry in link.sources
                    found.append(WeightUse(link, 0.0 if analogue else events, dense[link.name], analogue))
        return found

    @cached_property
    def neurons(self) -> list[NeuronUse]:
        """Neurons of each layer, and their spikes a sample."""
        pairs = zip(self.counted.layers, self.counted.counts, strict=True)
        return [
            NeuronUse(layer.neurons, counts.get("spikes", ZERO).value)
            for layer, counts in pairs
            if layer.kind == "neuron"
        ]

    @property
    def by_rate(self) -> float:
        """Additions from mean rates of a layer's inputs: rate times dense operations, at each step."""
        return sum(use.events * use.dense / use.inputs for use in self.weights)

    @property
    def updates(self) -> float:
        """Neurons times time-steps."""
        return float(self.steps * sum(layer.neurons for layer in self.neurons))


def _neurobench(run: _Run) -> list[_Printed]:
    activity, read = run.activity, run.read
    steps = run.steps
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
    acs = run.by_rate + run.updates
    macs = float(run.steps * sum(use.dense for use in run.weights if use.analogue))
    return [
        _Printed(
            "ACs",
            acs,
            "1/sample",
            "firing rate times dense operations, where padding and zero weights count, and an addition for each neuron and step",
        ),
        _Printed(
            "MACs", macs, "1/sample", "an analogue input is multiplied again at each of T steps, zeros and padding too"
        ),
        _Printed(
            "energy",
            _ADD * acs + _MAC * macs,
            "pJ",
            "0.9 pJ an addition, 4.6 pJ a multiplication (float32, 45 nm), no memory",
        ),
    ]


def _keras_spiking(run: _Run) -> list[_Printed]:
    synops = run.by_rate
    return [
        _Printed("synops", synops, "1/sample", "mean firing rate times connections, padding included"),
        _Printed(
            "energy on Loihi",
            _KERAS_SYNOP * synops + _KERAS_UPDATE * run.updates,
            "pJ",
            "27.1 pJ a synaptic operation (23.6 and 3.5), every update at the price of one that fires; no packets, no static power",
        ),
    ]


def _horowitz(run: _Run) -> list[_Printed]:
    synops, macs = run.counted.total("synops").value, run.counted.total("macs").value
    difference = "float32 prices at 45 nm; no memory, no updates, no packets"
    dense = sum(link.connections for layer in run.counted.layers for link in layer.own_weights)
    return [
        _Printed("energy", _ADD * synops + _MAC * macs, "pJ", difference),
        _Printed("energy of the ANN", _MAC * dense, "pJ", difference),
    ]


def _lemaire(run: _Run) -> list[_Printed]:
    found = lemaire_energy(run.weights, run.neurons, run.steps)
    differences = {
        "operations": "additions of synapses, biases and resets at 0.1 pJ (int32); a fan-out does not know padding or zero weights",
        "addressing": "an addition for each use of a weight, two multiplications for each spike into a convolution; pysnn prices none",
        "memory": "32-bit weights, potentials and messages, an SRAM a layer, its price linear between published sizes",
    }
    return [_Printed(name, found[name], "pJ", difference) for name, difference in differences.items()]


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
