"""What a sample costs, counted: exact operations of a run, layer by layer, joined with the network's structure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pysnn.activity import Activity
from pysnn.errors import DataError
from pysnn.first_spike.network import FirstSpikeNetwork
from pysnn.hardware.interval import ZERO, Interval, exactly
from pysnn.hardware.layers import HardwareLayer
from pysnn.hardware.network_layers import hardware_layers
from pysnn.network import Network
from pysnn.nodes import Conv2d, Linear
from pysnn.plan.windows import window_of, window_timing
from pysnn.schemas import COUNT_FIELDS

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
        Share of a layer's (neuron, sample) pairs that fired at all, by layer; 1 where it is not known.
    analogue
        Whether the input is analogue values.
    samples
        How many samples were counted.
    clocked
        Whether updates are those of a clock: every neuron at every step; else those of neurons that an event has touched.
    """

    layers: tuple[HardwareLayer, ...]
    sums: tuple[Counts, ...]
    steps: int
    active: Mapping[str, float]
    analogue: bool
    samples: int
    clocked: bool

    @cached_property
    def counts(self) -> tuple[Counts, ...]:
        """The counts of each layer, a sample."""
        return tuple({name: total.over(self.samples) for name, total in sums.items()} for sums in self.sums)

    def total(self, name: str) -> Interval:
        """Return one count over all layers, a sample."""
        found = ZERO
        for sums in self.sums:
            found = found.plus(sums.get(name, ZERO))
        return found.over(self.samples)


def count(network: Network | FirstSpikeNetwork, activity: Activity, steps: int | None = None) -> Counted:
    """Join a run's activity with the network.

    Raises
    ------
    DataError
        The activity is another network's, has no samples, or was not read after so many steps.

    Examples
    --------
    >>> from pysnn import IF, Input, Output, run
    >>> net = Network.chain({"in": Input((1,)), "a": IF(), "fc": Linear([[1.0], [1.0]]), "b": IF(), "out": Output("count")})
    >>> counted = count(net, run(net, np.float32([[0.5]]), steps=4).activity, 4)
    >>> counted.total("synops").value, counted.total("updates").value
    (4.0, 12.0)
    """
    if not isinstance(activity, Activity):
        raise DataError(f"activity: expected a pysnn Activity (Result.activity), got {type(activity).__name__}")
    layers = hardware_layers(network)
    _check_same(network, activity, layers)
    read, done = _read(network, activity, steps)
    return _Counter(network, activity, layers, (read, done)).counted()


def _read(network: Network | FirstSpikeNetwork, activity: Activity, steps: int | None) -> tuple[int, int]:
    """Return which read of the activity is meant, and the time-steps of a sample."""
    if activity.kind == "first_spike":
        own = network.steps if isinstance(network, FirstSpikeNetwork) else 0
        if steps is not None and (isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 1):
            raise DataError(f"steps: expected a whole number of 1 or more, got {steps!r}")
        return activity.reads.index("decision"), int(steps or own)
    if isinstance(network, Network) and window_of(network) is not None:
        if steps is not None and steps != 1:
            raise DataError(f"steps: a network of FirstSpike neurons has those of its windows, got {steps!r}")
        return 0, window_timing(network).steps
    if steps is None:
        return len(activity.reads) - 1, int(activity.reads[-1])
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps not in activity.reads:
        listed = ", ".join(map(str, activity.reads))
        raise DataError(f"steps: the activity was read after {listed} steps, got {steps!r}")
    return activity.reads.index(int(steps)), int(steps)


def _check_same(network: Network | FirstSpikeNetwork, activity: Activity, layers: tuple[HardwareLayer, ...]) -> None:
    kind = "first_spike" if isinstance(network, FirstSpikeNetwork) else "clocked"
    if activity.kind != kind:
        raise DataError(f"activity: expected one of a {kind} run, got one of a {activity.kind} run")
    given = {layer.name: layer for layer in activity.layers}
    for layer in layers[1:]:
        wanted = [link.name for link in layer.links if link.name]
        wanted += [layer.node] if layer.kind == "neuron" else []
        for name in wanted:
            if name not in given:
                raise DataError(
                    f"activity: it is of another network: this one has a layer '{name}', the activity has {', '.join(given)}"
                )
        if layer.kind == "neuron" and given[layer.node].neurons != layer.neurons:
            raise DataError(
                f"activity: layer '{layer.node}': expected {layer.neurons} neurons, got {given[layer.node].neurons}"
            )
    if isinstance(network, Network):
        _check_dense(network, activity)


def _check_dense(network: Network, activity: Activity) -> None:
    for counted in activity.layers:
        node = network.nodes.get(counted.name)
        if node is None or node.title != counted.type:
            raise DataError(
                f"activity: it is of another network: there is no {counted.type} '{counted.name}' in this one"
            )
        if isinstance(node, Conv2d | Linear):
            dense = node.weight.size * math.prod(network.shapes[counted.name][1:])
            if dense != counted.dense:
                raise DataError(
                    f"activity: layer '{counted.name}': expected {dense} multiplications of a dense pass, got {counted.dense}"
                )


class _Counter:
    """Counts of one read of an activity."""

    def __init__(
        self,
        network: Network | FirstSpikeNetwork,
        activity: Activity,
        layers: tuple[HardwareLayer, ...],
        read: tuple[int, int],
    ) -> None:
        self.network = network
        self.activity = activity
        self.layers = layers
        self.read, self.steps = read
        self.window = window_of(network) if isinstance(network, Network) else None
        # What a window's steps do is in the counts; the rest is done once a sample.
        self.passes = self.steps if self.window is None else 1
        self.samples = activity.samples
        self.fields = {
            layer.name: dict(zip(COUNT_FIELDS, map(int, activity.counts[self.read, k]), strict=True))
            for k, layer in enumerate(activity.layers)
        }
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
        return Counted(
            self.layers, tuple(counts), self.steps, active, self.analogue, self.samples, self.activity.kind == "clocked"
        )

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

    def _active(self, layer: HardwareLayer) -> float:
        """Return the share of a layer's (neuron, sample) pairs that fired in the whole run: activations of the ANN that are not 0."""
        names = [counted.name for counted in self.activity.layers]
        if layer.kind == "neuron" and layer.node in names:
            silent = int(self.activity.counts[-1, names.index(layer.node), COUNT_FIELDS.index("silent")])
            if self.activity.kind == "clocked":
                silent = self.fields[layer.node]["silent"]
            return 1.0 - silent / (layer.neurons * self.samples)
        return self._active_inputs() if layer is self.layers[0] else 1.0

    def _active_inputs(self) -> float:
        """Return the share of inputs that are not 0, as far as the counts know it; 1 where an input spikes several times."""
        entry = self.layers[0]
        names = [counted.name for counted in self.activity.layers]
        links = [link for layer in self.layers for link in layer.links if link.name and link.sources == (entry.name,)]
        if self.activity.kind == "first_spike":
            column = COUNT_FIELDS.index("events")
            events = max(int(self.activity.counts[-1, names.index(link.name), column]) for link in links)
            return min(1.0, events / (entry.neurons * self.samples))
        if not self.analogue:
            return 1.0
        done = sum(self.fields[link.name]["macs"] for link in links)
        possible = self.samples * sum(link.connections for link in links)
        return min(1.0, done / possible) if possible else 1.0

    def _spread(self, layer: HardwareLayer) -> float:
        """Return the half width of the 95 % confidence interval of a layer's mean spikes, as a share of it."""
        given = self.activity.by_sample.get(layer.node)
        if given is None or self.samples < 2:
            return 0.0
        spikes = given[self.read].astype(np.float64)
        mean = float(spikes.mean())
        return 0.0 if mean == 0 else _Z95 * float(spikes.std(ddof=1)) / (mean * math.sqrt(self.samples))

    def _spikes_of(self, name: str) -> Interval:
        layer = self.by_node[name]
        if layer is self.layers[0]:
            return self._input_spikes()
        return exactly(self._field((layer.node,), "spikes")).spread(self._spread(layer))

    def _layer(self, layer: HardwareLayer) -> Counts:
        before = max((self._spread(self.by_node[s]) for link in layer.links for s in link.sources), default=0.0)
        synops = exactly(self._field(layer.counted, "synops")).spread(before)
        zeros = exactly(self._field(layer.counted, "synops_zero")).spread(before)
        spikes = self._spikes_of(layer.name) if layer.kind == "neuron" else ZERO
        clocked = self.activity.kind == "clocked"
        updates = (
            layer.neurons * (self.window or self.steps) * self.samples
            if layer.kind == "output"
            else self._field((layer.node,), "updates")
        )
        active = Interval(*(min(updates, n) for n in spikes))
        edges = exactly(layer.current_edges * self.passes * self.samples)
        direct = [link for link in layer.links if link.kind == "direct"]
        arrived = ZERO
        for link in direct:
            for source in link.sources:
                arrived = arrived.plus(self._spikes_of(source))
        counts = {
            "synops": synops,
            "macs": exactly(self._field(layer.counted, "macs")),
            "updates": exactly(updates),
            "updates_active": active,
            "updates_inactive": Interval(updates - active.high, updates - active.value, updates - active.low),
            "bias_additions": exactly(self._biases(layer) if clocked else 0),
            "edge_additions": edges,
            "edge_multiplications": edges,
            "direct_additions": arrived,
            "pool_additions": self._pool_additions(layer),
            "ramp_multiplications": synops if self.ramp else ZERO,
            "ramp_divisions": Interval(min(spikes.low, synops.low), synops.value, synops.high) if self.ramp else ZERO,
            "spikes": spikes,
            "memory_accesses": synops.plus(zeros).scaled(3.0).plus(exactly(2.0 * updates if clocked else 0.0)),
        }
        return {name: interval for name, interval in counts.items() if interval.high > 0}

    def _biases(self, layer: HardwareLayer) -> float:
        """Return additions of biases, and of the constant current of an analogue input, over the steps of all samples."""
        entry = self.layers[0].name
        total = 0
        for link in layer.links:
            constant = self.analogue and entry in link.sources and link.name != ""
            total += (layer.neurons if constant else link.biased) * self.passes * self.samples
        plain = any(link.name == "" and entry in link.sources for link in layer.links)
        return total + (layer.neurons * self.passes * self.samples if plain and self._input_spikes().high == 0 else 0)

    def _pool_additions(self, layer: HardwareLayer) -> Interval:
        """Return additions of pools that spikes pass: one a spike and window that it lies in."""
        found = ZERO
        for link in layer.links:
            if link.pool_area == 1:
                continue
            windows = math.ceil(math.sqrt(link.pool_area) / link.pool_stride) ** 2
            for source in link.sources:
                spikes = self._spikes_of(source)
                whole = all(side % link.pool_stride == 0 for side in self.by_node[source].shape[1:])
                tiles = link.pool_area == link.pool_stride**2 and whole
                found = found.plus(spikes if tiles else Interval(0.0, spikes.value * windows, spikes.high * windows))
        return found
