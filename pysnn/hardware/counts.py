"""What a sample costs, counted: exact operations of a run, layer by layer, joined with the network's structure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pysnn.activity import Activity
from pysnn.errors import DataError
from pysnn.first_spike.network import FirstSpikeNetwork
from pysnn.hardware.checks import check_same, find_read
from pysnn.hardware.interval import ZERO, Interval, exactly
from pysnn.hardware.layers import HardwareLayer
from pysnn.hardware.network_layers import hardware_layers
from pysnn.network import Network
from pysnn.plan.windows import window_of
from pysnn.schemas import ACTIVITY_FIELDS

__all__ = ["Counted", "count"]

_Z95 = 1.96

Counts = Mapping[str, Interval]


@dataclass(frozen=True, eq=False)
class Counted:
    """Counts of a run on some samples.

    Attributes
    ----------
    layers, sums
        The layers, the input first, and the counts of each over all samples (names of :data:`pysnn.hardware.chip.COUNTS`).
    steps
        Time-steps of a sample; 0 for a network with event times.
    active
        Share of a layer's (neuron, sample) pairs that fired at all, by layer; 1, or an interval, where it is not known.
    analogue
        Whether the input is analogue values.
    samples
        How many samples were counted.
    clocked
        Whether updates are those of a clock: every neuron at every step; else those of neurons that an event has touched.
    decided
        Time-steps up to the first output spike, of a half and of 95 % of the samples (all steps where there is none); ``None`` where that is not known.
    again
        Whether spikes are delivered again in the place of currents (:func:`pysnn.hardware.spikes_only.deliver_again`).
    """

    layers: tuple[HardwareLayer, ...]
    sums: tuple[Counts, ...]
    steps: int
    active: Mapping[str, Interval]
    analogue: bool
    samples: int
    clocked: bool
    decided: tuple[float, float] | None = None
    again: bool = False

    @cached_property
    def sparse(self) -> bool:
        """Whether it is a plastic network: populations joined by sparse projections, in any order."""
        return any(link.kind == "sparse" for layer in self.layers for link in layer.links)

    @cached_property
    def counts(self) -> tuple[Counts, ...]:
        """The counts of each layer, a sample."""
        return tuple({name: total.over(self.samples) for name, total in sums.items()} for sums in self.sums)

    def total(self, name: str) -> Interval:
        """Return one count over all layers, a sample."""
        return self._totals.get(name, ZERO)

    @cached_property
    def _totals(self) -> Counts:
        found: dict[str, Interval] = {}
        for sums in self.sums:
            for name, part in sums.items():
                found[name] = found.get(name, ZERO).plus(part)
        return {name: total.over(self.samples) for name, total in found.items()}


def count(network: Network | FirstSpikeNetwork, activity: Activity, steps: int | None = None) -> Counted:
    """Join a run's activity with the network.

    Raises
    ------
    DataError
        The activity is another network's, has no samples, or was not read after so many steps.

    Examples
    --------
    >>> from pysnn import IF, Input, Linear, Output, run
    >>> net = Network.chain({"in": Input((1,)), "a": IF(), "fc": Linear([[1.0], [1.0]]), "b": IF(), "out": Output("count")})
    >>> counted = count(net, run(net, np.float32([[0.5]]), steps=4).activity, 4)
    >>> counted.total("synops").value, counted.total("updates").value
    (4.0, 12.0)
    """
    if not isinstance(activity, Activity):
        raise DataError(f"activity: expected a pysnn Activity (Result.activity), got {type(activity).__name__}")
    layers = hardware_layers(network)
    check_same(network, activity, layers)
    read, done = find_read(network, activity, steps)
    return _Counter(network, activity, layers, (read, done)).counted()


def _fields(activity: Activity, read: int) -> dict[str, dict[str, int]]:
    """Return the counts of one read by layer and name."""
    rows = activity.all_counts[read].tolist()
    return {
        layer.name: dict(zip(ACTIVITY_FIELDS, row, strict=True))
        for layer, row in zip(activity.layers, rows, strict=True)
    }


class _Counter:
    """Counts of one read of an activity."""

    def __init__(
        self,
        network: Network | FirstSpikeNetwork,
        activity: Activity,
        layers: tuple[HardwareLayer, ...],
        read: tuple[int, int],
    ) -> None:
        self.network, self.activity, self.layers = network, activity, layers
        self.read, self.steps = read
        self.window = window_of(network) if isinstance(network, Network) else None
        # What a window's steps do is in the counts; the rest is done once a sample.
        self.passes = self.steps if self.window is None else 1
        self.samples = activity.samples
        self.fields = _fields(activity, self.read)
        # An ANN has no decision before its end.
        self.whole = self.fields if activity.kind == "clocked" else _fields(activity, -1)
        self.by_node = {layer.name: layer for layer in layers}
        self.ramp = isinstance(network, FirstSpikeNetwork) and network.neuron != "step"
        self.analogue = activity.kind == "clocked" and any(
            self.fields[link.name]["macs"]
            for layer in layers
            for link in layer.links
            if link.name and layers[0].name in link.sources
        )

    def counted(self) -> Counted:
        counts = [{"input_spikes": self._input_spikes()}, *(self._layer(layer) for layer in self.layers[1:])]
        active = {layer.name: self._active(layer) for layer in self.layers}
        clocked, decided = self.activity.kind == "clocked", None
        if self.activity.decided is not None and self.steps:
            p50, p95 = np.quantile(np.minimum(self.activity.decided, self.steps), [0.5, 0.95], method="higher")
            decided = float(p50), float(p95)
        return Counted(self.layers, tuple(counts), self.steps, active, self.analogue, self.samples, clocked, decided)

    def _field(self, names: tuple[str, ...], what: str) -> float:
        return sum(self.fields[name][what] for name in names if name in self.fields)

    def _input_spikes(self) -> Interval:
        entry = self.layers[0].name
        events = [
            self.fields[link.name]["events"]
            for layer in self.layers
            for link in layer.links
            if link.name and link.sources == (entry,)
        ]
        return exactly(0 if self.analogue else max(events, default=0))

    def _active(self, layer: HardwareLayer) -> Interval:
        """Return the share of a layer's (neuron, sample) pairs that fired in the whole run: activations of the ANN that are not 0."""
        if layer.kind == "neuron" and layer.node in self.whole:
            return exactly(1.0 - self.whole[layer.node]["silent"] / (layer.neurons * self.samples))
        return self._active_inputs() if layer is self.layers[0] else exactly(1.0)

    def _active_inputs(self) -> Interval:
        """Return the share of inputs that are not 0; of inputs that spike, from one for T events to one an event."""
        entry = self.layers[0]
        links = [link for layer in self.layers for link in layer.links if link.name and link.sources == (entry.name,)]
        if self.activity.kind == "first_spike":
            events = max(self.whole[link.name]["events"] for link in links)
            return exactly(min(1.0, events / (entry.neurons * self.samples)))
        if not self.analogue:
            share = self._input_spikes().value / (entry.neurons * self.samples)
            most = min(1.0, share)
            return Interval(min(most, share / max(1, self.steps)), most, most)
        done = sum(self.fields[link.name]["macs"] for link in links)
        possible = self.samples * sum(link.connections for link in links)
        return exactly(min(1.0, done / possible) if possible else 1.0)

    def _spread(self, names: tuple[str, ...]) -> float:
        """Return the half width of the 95 % confidence interval of some layers' mean, as a share of it."""
        given = [self.activity.by_sample[name][self.read] for name in names if name in self.activity.by_sample]
        if not given or self.samples < 2:
            return 0.0
        of_sample = np.sum(given, axis=0, dtype=np.float64)
        mean = float(of_sample.mean())
        return 0.0 if mean == 0 else _Z95 * float(of_sample.std(ddof=1)) / (mean * math.sqrt(self.samples))

    def _spread_of_operations(self, layer: HardwareLayer) -> float:
        """Return that of a layer's synaptic operations; where they are not known by sample, the largest of the spikes before."""
        weights = tuple(name for name in layer.counted if name != layer.node and name in self.activity.by_sample)
        if weights:
            return self._spread(weights)
        return max((self._spread((self.by_node[s].node,)) for link in layer.links for s in link.sources), default=0.0)

    def _spikes_of(self, name: str) -> Interval:
        layer = self.by_node[name]
        if layer is self.layers[0]:
            return self._input_spikes()
        return exactly(self._field((layer.node,), "spikes")).spread(self._spread((layer.node,)))

    def _layer(self, layer: HardwareLayer) -> Counts:
        spread = self._spread_of_operations(layer)
        synops, zeros, macs = (
            exactly(self._field(layer.counted, name)).spread(spread) for name in ("synops", "synops_zero", "macs")
        )
        spikes = self._spikes_of(layer.name) if layer.kind == "neuron" else ZERO
        clocked = self.activity.kind == "clocked"
        updates = (
            layer.neurons * (self.window or self.steps) * self.samples
            if layer.kind == "output"
            else self._field((layer.node,), "updates")
        )
        # A neuron that fires several times in a step is updated once.
        most = getattr(self.network.nodes[layer.node], "max_spikes", 1) if isinstance(self.network, Network) else 1
        active = Interval(min(updates, spikes.low / most), *(min(updates, n) for n in (spikes.value, spikes.high)))
        own = tuple(dict.fromkeys((layer.node, *layer.counted, *layer.between)))
        rescales, shifts = (self._field(own, name) for name in ("rescales", "shifts"))
        arrived = ZERO
        for source in (s for link in layer.links if link.kind == "direct" for s in link.sources):
            arrived = arrived.plus(self._spikes_of(source))
        counts = {
            "synops": synops,
            "macs": macs,
            "updates": exactly(updates),
            "updates_active": active,
            "updates_inactive": Interval(updates - active.high, updates - active.value, updates - active.low),
            "bias_additions": exactly(
                self._field(own, "bias_sums") + (self._constant_currents(layer) if clocked else 0)
            ),
            "edge_additions": exactly(self._field(own, "current_sums")),
            "edge_multiplications": Interval(rescales, rescales, rescales + shifts),
            "direct_additions": arrived,
            "pool_additions": self._pool_additions(layer),
            "ramp_multiplications": synops if self.ramp else ZERO,
            "ramp_divisions": Interval(min(spikes.low, synops.low), synops.value, synops.high) if self.ramp else ZERO,
            "spikes": spikes,
            "memory_accesses": synops.plus(zeros).scaled(3.0).plus(exactly(2.0 * updates if clocked else 0.0)),
        }
        return {name: interval for name, interval in counts.items() if interval.high > 0}

    def _constant_currents(self, layer: HardwareLayer) -> float:
        """Return additions of the constant current of an analogue input, over the steps of all samples."""
        entry = self.layers[0].name
        links = sum(self.analogue and entry in link.sources and link.name != "" for link in layer.links)
        plain = any(link.name == "" and entry in link.sources for link in layer.links)
        links += plain and self._input_spikes().high == 0
        return links * layer.neurons * self.passes * self.samples

    def _pool_additions(self, layer: HardwareLayer) -> Interval:
        """Return additions of pools that spikes pass: one a spike and window that it lies in."""
        found = ZERO
        for link in layer.links:
            if link.pool_area == 1:
                continue
            for source in link.sources:
                spikes = self._spikes_of(source)
                whole = all(side % link.pool_stride == 0 for side in self.by_node[source].shape[1:])
                tiles = link.pool_area == link.pool_stride**2 and whole
                found = found.plus(
                    spikes if tiles else Interval(0.0, spikes.value * link.windows, spikes.high * link.windows)
                )
        return found
