"""Replay a run's spikes on a mapping: how long the busiest core of each step works."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.encode import Events
from pysnn.errors import DataError
from pysnn.hardware.chip import Chip
from pysnn.hardware.layers import HardwareLayer
from pysnn.hardware.mapping.place import place
from pysnn.hardware.mapping.placement import Bits, MappingTask, Placement
from pysnn.hardware.network_layers import hardware_layers
from pysnn.hardware.registry import load_chip
from pysnn.network import Network
from pysnn.neurons import IF
from pysnn.nodes import (
    Affine,
    AvgPool2d,
    Concat,
    Conv2d,
    Crop,
    Flatten,
    GlobalAvgPool,
    Input,
    Linear,
    MaxPool2d,
    Output,
    Pad,
    Scale,
    Subsample,
    SumPool2d,
)
from pysnn.simulation.simulator import Simulator

__all__ = ["core_loads", "replay_busiest"]

_BATCH = 16
_POOLS = (AvgPool2d, GlobalAvgPool, MaxPool2d, SumPool2d)
_MOVES = (Concat, Crop, Flatten, Pad, Scale, Subsample)
_REPLAYED = (Input, Output, Affine, Conv2d, Linear, *_POOLS, *_MOVES)

Counts = NDArray[np.int64]
Array = NDArray[Any]


def replay_busiest(
    network: Network,
    x: Any,
    *,
    chips: Sequence[str | Chip],
    steps: int,
    weight_bits: Bits = None,
    delay_bits: Bits = None,
    **run_options: Any,
) -> dict[str, float]:
    """Return, by chip, nanoseconds a sample that the busiest core works, summed over the steps: exact for the mapping.

    Every synaptic operation, active and inactive update takes the time that the chip's file says; a step takes as long as its
    busiest core. Weights that only int8 rounds to zero count as weights. Give it to :func:`~pysnn.hardware.estimate` as ``busiest``.

    Parameters
    ----------
    network
        A clocked network.
    x
        Samples, as :func:`pysnn.run` takes them; arrays, not :class:`~pysnn.encode.Events`.
    chips
        Chips whose steps end at a barrier (Loihi).
    steps
        Time-steps of a sample.
    weight_bits, delay_bits
        As in :func:`~pysnn.hardware.map_network`.
    **run_options
        Options of the run, such as ``coding`` and ``seed``.

    Raises
    ------
    DataError
        A chip has no times of operations, or does not hold the network; the network has delays, weights that see currents, or an
        input whose spikes enter neurons without weights.

    Examples
    --------
    >>> from pysnn import Input
    >>> net = Network.chain({"in": Input((2,)), "fc": Linear(np.eye(2)), "if": IF(), "out": Output("count")})
    >>> x = np.ones((1, 2), dtype=np.float32)
    >>> replay_busiest(net, x, chips=["loihi1"], steps=3, coding="poisson")  # 2 x 3.5 and 2 x 8.4 ns a step
    {'loihi1': 71.4...}
    """
    if not isinstance(network, Network) or isinstance(x, Events):
        raise DataError("replay: expected a clocked network and an array of samples")
    layers = hardware_layers(network)
    _check_replayable(network, layers)
    placements = {}
    for chip in map(load_chip, chips):
        if chip.timing != "barrier":
            raise DataError(f"chip '{chip.name}': expected one whose steps end at a barrier")
        placement = place(MappingTask(layers, chip, weight_bits, delay_bits))
        if any(p.cores is None for p in placement.placed):
            raise DataError(f"chip '{chip.name}': it does not hold the network, so there is nothing to replay")
        placements[chip.name] = placement
    given = run_options.get("coding") in ("spikes", "frames")
    data = np.asarray(x)
    samples = data.shape[1] if given else len(data)
    totals = dict.fromkeys(placements, 0.0)
    for start in range(0, samples, _BATCH):
        part = slice(start, start + _BATCH)
        spikes = _recorded(network, data[:, part] if given else data[part], steps, run_options)
        arrived = {layer.name: _arrived(network, layer.node, spikes) for layer in layers[1:]}
        for name, placement in placements.items():
            times = [_times(layer, placement, load_chip(name), (arrived, spikes)) for layer in layers[1:]]
            totals[name] += float(np.max(times, axis=0).sum())
    return {name: total / samples for name, total in totals.items()}


def _check_replayable(network: Network, layers: Sequence[HardwareLayer]) -> None:
    """Refuse nodes with steps of their own that are no neurons, and weights that see currents."""
    for name, node in network.nodes.items():
        if name not in network.neurons and not isinstance(node, _REPLAYED):
            raise DataError(f"replay: {node.title} '{name}': expected weights, pools, moves and spiking neurons alone")
    for layer in layers:
        named = {link.name for link in layer.links}
        behind = [name for name in layer.counted if name not in named and not isinstance(network.nodes[name], Scale)]
        if behind or layer.shortcuts:
            raise DataError(f"replay: layer '{layer.name}': expected weights that see spikes alone, each for one layer")
        entry = layers[0].name
        if any(entry in link.sources and (link.sources != (entry,) or not link.name) for link in layer.links):
            raise DataError(
                f"replay: layer '{layer.name}': expected weights between the input alone and its neurons, since runs count the spikes that enter weights"
            )


def core_loads(values: Array, shape: tuple[int, int, int], per_core: int) -> Array:
    """Return sums over the neurons of each core, ``(..., cores)``, of values ``(..., C, H, W)``.

    A core holds whole positions: channels first, then x, then y.

    Examples
    --------
    >>> core_loads(np.arange(6).reshape(2, 1, 3), (2, 1, 3), 4).tolist()
    [8, 7]
    """
    ordered = np.moveaxis(values.reshape(*values.shape[:-3], *shape), -3, -1).reshape(*values.shape[:-3], -1)
    return np.asarray(np.add.reduceat(ordered, np.arange(0, ordered.shape[-1], per_core), axis=-1))


def _recorded(network: Network, x: Array, steps: int, options: Mapping[str, Any]) -> dict[str, Array]:
    """Run, and return the spikes ``(steps, samples, C, H, W)`` of the input (none where it is analogue) and of each neuron."""
    names = list(network.neurons)
    result = Simulator(network, **options).run(x, steps=steps, record=names, count=False, check_range=False)
    spikes: dict[str, Array] = dict(result.spikes)
    coding = options.get("coding", "constant")
    if coding == "spikes":
        spikes[network.input_name] = np.asarray(x)
    elif coding == "poisson":
        nodes = {
            network.input_name: network.input,
            "spike": IF(v_threshold=0.5, reset="zero"),
            "count": Output("count"),
        }
        again = Simulator(Network.chain(nodes), **options).run(
            x, steps=steps, record=["spike"], count=False, check_range=False
        )
        spikes[network.input_name] = again.spikes["spike"]
    return spikes


def _arrived(network: Network, name: str, spikes: Mapping[str, Array]) -> Array:
    """Return the synaptic operations on each neuron ``(steps, samples, ...)``: spikes through weights that are not zero."""
    return np.asarray(sum(_value(network, source, spikes) for source in network.sources[name]))


def _value(network: Network, name: str, spikes: Mapping[str, Array]) -> Array:
    node = network.nodes[name]
    if name in network.neurons or name == network.input_name:
        held = spikes.get(name)
        shape = network.shapes[name]
        return np.zeros((1, 1, *shape)) if held is None else held.reshape(*held.shape[:2], *shape).astype(np.float32)
    values = tuple(_value(network, source, spikes) for source in network.sources[name])
    if isinstance(node, MaxPool2d):
        return _rises(node, values[0])
    flat = [np.ascontiguousarray(v.reshape(-1, *v.shape[2:]), dtype=np.float32) for v in values]
    found = _ones(node).forward(tuple(flat))
    return np.asarray(found).reshape(*np.broadcast_shapes(*(v.shape[:2] for v in values)), *network.shapes[name])


def _rises(node: MaxPool2d, spikes: Array) -> Array:
    """Return the rise of each window's largest cumulative count, which is what leaves a max-pool at each step."""
    sums = np.cumsum(spikes, axis=0, dtype=np.float64)
    largest = node.apply(sums.reshape(-1, *sums.shape[2:]))
    return np.diff(largest.reshape(*sums.shape[:2], *largest.shape[1:]), axis=0, prepend=0.0)


def _ones(node: Any) -> Any:
    """Return a node that counts operations: 1 for each weight that is not zero, sums in the place of averages."""
    if isinstance(node, Conv2d):
        return Conv2d(node.weight != 0, None, node.stride, node.padding, node.dilation, node.groups)
    if isinstance(node, Linear):
        return Linear(node.weight != 0)
    if isinstance(node, Affine):
        return Affine(np.asarray(node.scale) != 0)
    if isinstance(node, Scale):
        return Scale(1.0)
    if isinstance(node, AvgPool2d):
        return SumPool2d(node.kernel, node.stride, node.padding)
    if isinstance(node, GlobalAvgPool):
        return _GlobalSum()
    return node


class _GlobalSum:
    """The sum over all positions."""

    def forward(self, inputs: tuple[Array, ...]) -> Array:
        return np.asarray(inputs[0].sum(axis=(2, 3)))


def _times(
    layer: HardwareLayer, placement: Placement, chip: Chip, run: tuple[Mapping[str, Array], Mapping[str, Array]]
) -> Array:
    """Return nanoseconds ``(steps, samples)`` of a layer's busiest core."""
    arrived, spikes = run
    delays = {q.per: q.value for q in chip.section("delays").values()}
    (place_of,) = (p for p in placement.placed if p.layer == layer.name)
    count = place_of.neurons_per_core or layer.neurons
    work = delays["synops"] * arrived[layer.name].astype(np.float64)
    fired = spikes.get(layer.node)
    active = (
        np.zeros_like(work)
        if fired is None
        else (fired > 0).reshape(*fired.shape[:2], *work.shape[2:]).astype(np.float64)
    )
    work = work + delays["updates_inactive"] * (1 - active) + delays["updates_active"] * active
    return np.asarray(core_loads(work.reshape(*work.shape[:2], *layer.shape), layer.shape, count).max(axis=-1))
