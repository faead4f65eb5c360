"""Find the hardware layers of a network: what leads into each neuron, through pools, moves and sums."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pysnn.errors import DataError, PlanError
from pysnn.first_spike.network import FirstSpikeNetwork
from pysnn.hardware.layers import HardwareLayer, Link, axis_taps
from pysnn.hardware.plastic.layers import plastic_layers
from pysnn.network import Network
from pysnn.nodes import Affine, AvgPool2d, Conv2d, Crop, GlobalAvgPool, Linear, MaxPool2d, Scale, Subsample, SumPool2d
from pysnn.nodes.base import Shape
from pysnn.plan.first_spike import WeightLayer
from pysnn.plastic.network import PlasticNetwork

__all__ = ["hardware_layers"]

_WEIGHTS = (Conv2d, Linear, Affine)
_POOLS = (AvgPool2d, MaxPool2d, SumPool2d)


def hardware_layers(network: Network | FirstSpikeNetwork | PlasticNetwork) -> tuple[HardwareLayer, ...]:
    """Return the layers in order, the input first.

    Raises
    ------
    DataError
        It is no network, or has no spiking neurons.
    PlanError
        It has a cycle.

    Examples
    --------
    >>> from pysnn import IF, Input, Network, Output
    >>> net = Network.chain({"in": Input((4,)), "fc": Linear(np.ones((3, 4))), "if": IF(), "out": Output("count")})
    >>> [(layer.name, layer.neurons, layer.fan_in) for layer in hardware_layers(net)]
    [('in', 4, 0), ('fc', 3, 4)]
    """
    if isinstance(network, FirstSpikeNetwork):
        return _first_spike(network)
    if isinstance(network, PlasticNetwork):
        return plastic_layers(network)
    if not isinstance(network, Network):
        raise DataError(f"network: expected a pysnn network, got {type(network).__name__}")
    if network.cycle:
        raise PlanError(f"network: expected no cycle, got {' -> '.join(network.cycle)}")
    if not network.neurons:
        raise DataError("network: expected spiking neurons, got an ANN; convert it with pysnn.convert first")
    return _clocked(network)


def _full(shape: Shape) -> tuple[int, int, int]:
    return (shape[0], 1, 1) if len(shape) == 1 else (shape[0], shape[1], shape[2])


def _clocked(network: Network) -> tuple[HardwareLayer, ...]:
    tracer = _Tracer(network)
    entry = HardwareLayer(network.input_name, network.input_name, "input", _full(network.input.shape))
    tracer.named[network.input_name] = network.input_name
    last = network.output_name
    sinks = [n for n in network.order if n in network.neurons or (n == last and not tracer.reads_spikes(n))]
    layers = [tracer.layer(name) for name in sinks]
    if last not in sinks:
        layers[-1] = replace(layers[-1], counted=(*layers[-1].counted, *tracer.left(last)))
    return tuple(tracer.renamed(layer) for layer in (entry, *layers))


@dataclass(frozen=True)
class _Way:
    """Pools between a place and what is behind it, and the share of positions that are not left out on the way."""

    area: int = 1
    stride: int = 1
    windows: int = 1
    share: float = 1.0

    def through(self, node: Any, before: Shape, after: Shape) -> "_Way":
        if isinstance(node, GlobalAvgPool):
            return replace(self, area=self.area * math.prod(before[1:]), stride=self.stride * before[1])
        if isinstance(node, _POOLS):
            windows = math.prod(-(-k // s) for k, s in zip(node.kernel, node.stride, strict=True))
            area, stride = self.area * math.prod(node.kernel), self.stride * int(node.stride[0])
            return replace(self, area=area, stride=stride, windows=self.windows * windows)
        if isinstance(node, Crop | Subsample):
            return replace(self, share=self.share * math.prod(after) / math.prod(before))
        return self


class _Tracer:
    """Walks back from a neuron to the spikes that reach it."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.spiking = {network.input_name, *network.neurons}
        self.named: dict[str, str] = {}
        self.owner: dict[str, str] = {}

    def reads_spikes(self, name: str) -> bool:
        """Whether no weights lie between a node and the neurons before it."""
        sources = self.network.sources[name]
        moved = (s in self.network.neurons or (not self._weighs(s) and self.reads_spikes(s)) for s in sources)
        return name != self.network.input_name and all(moved)

    def renamed(self, layer: HardwareLayer) -> HardwareLayer:
        """Return a layer whose sources have the names of layers; those of a cycle are known only when all layers are."""
        links = (replace(link, sources=tuple(self.named.get(s, s) for s in link.sources)) for link in layer.links)
        return replace(layer, links=tuple(links))

    def _weighs(self, name: str) -> bool:
        return isinstance(self.network.nodes[name], _WEIGHTS)

    def layer(self, name: str) -> HardwareLayer:
        """Return the layer of a neuron, or of an output that sums currents."""
        network = self.network
        links, passed = self._links(name)
        own = [link for link in links if link.name and self.owner.setdefault(link.name, name) == name]
        passed = [p for p in dict.fromkeys(passed) if self.owner.setdefault(p, name) == name]
        counted = [link.name for link in own] + [p for p in passed if self._has_weights(p)]
        between = tuple(p for p in passed if not self._has_weights(p))
        heaviest = max(own, key=lambda link: link.fan_in, default=None)
        title = heaviest.name if heaviest is not None else name
        self.named[name] = title
        shortcuts = tuple(link.name for link in links if link.name and self.owner[link.name] != name)
        kind = "output" if name == network.output_name else "neuron"
        shape = _full(network.shapes[name])
        return HardwareLayer(title, name, kind, shape, tuple(links), tuple(dict.fromkeys(counted)), between, shortcuts)

    def left(self, name: str) -> tuple[str, ...]:
        """Return scales on the way to a read-out that takes no room, which multiply potentials of neurons that never fire."""
        return tuple(p for p in self._before(name) if p not in self.owner and self._has_weights(p))

    def _has_weights(self, name: str) -> bool:
        """Whether a node has counts of its own: a scale may become weights of a plan."""
        return self._weighs(name) or isinstance(self.network.nodes[name], Scale)

    def _links(self, name: str) -> tuple[list[Link], list[str]]:
        """Return what leads into a neuron, and the nodes on the way."""
        found: dict[str, Link] = {}
        passed: list[str] = []
        waiting = [(name, _Way())]
        while waiting:
            here, way = waiting.pop()
            for source in reversed(self.network.sources[here]):
                node = self.network.nodes[source]
                if source in self.spiking or self._weighs(source):
                    direct = source in self.spiking
                    link = self._direct(name, source, way) if direct else self._weights(source, way)
                    known = found.get(source)
                    found[source] = replace(known, windows=known.windows + link.windows) if known else link
                    passed += [] if direct else self._before(source)
                else:
                    passed.append(source)
                    before = self.network.shapes[self.network.sources[source][0]]
                    waiting.append((source, way.through(node, before, self.network.shapes[source])))
        return list(found.values()), passed

    def _before(self, name: str) -> list[str]:
        """Return the nodes on the way to a weight node, without neurons between: their operations are its layer's too."""
        found: dict[str, None] = {}
        waiting = [name]
        while waiting:
            for source in self.network.sources[waiting.pop()]:
                if source not in self.spiking and source not in found:
                    found[source] = None
                    waiting.append(source)
        return list(found)

    def _spikes_into(self, name: str) -> tuple[tuple[str, ...], _Way]:
        """Return the layers whose spikes enter a weight node, and the pools on the way."""
        found: dict[str, int] = {}
        widest = _Way()
        waiting = [(name, _Way())]
        while waiting:
            here, way = waiting.pop()
            for source in self.network.sources[here]:
                if source in self.spiking:
                    found[source] = found.get(source, 0) + way.windows
                    widest = max(widest, way, key=lambda w: w.area)
                else:
                    before = self.network.shapes[(self.network.sources[source] or (source,))[0]]
                    after = self.network.shapes[source]
                    waiting.append((source, way.through(self.network.nodes[source], before, after)))
        return tuple(found), replace(widest, windows=max(found.values(), default=1))

    def _direct(self, name: str, source: str, way: _Way) -> Link:
        shape = _full(self.network.shapes[source])
        outputs = _full(self.network.shapes[name])
        kind = "pool" if way.area > 1 else "direct"
        side = math.isqrt(way.area)
        connections = way.area * math.prod(outputs)
        sources = (source,)
        link = Link("", kind, sources, way.area, connections, shape, shape[0], groups=shape[0], windows=way.windows)
        return replace(link, kernel=(side, side), stride=(way.stride,) * 2, pool_area=way.area, pool_stride=way.stride)

    def _weights(self, name: str, behind: _Way) -> Link:
        """Return the link of a weight node; ``behind`` are pools between it and the neuron."""
        network, node = self.network, self.network.nodes[name]
        before = network.shapes[network.sources[name][0]]
        shape, outputs = _full(before), _full(network.shapes[name])
        sources, way = self._spikes_into(name)
        area, stride = way.area * behind.area, way.stride * behind.stride
        biased = bool(np.any(getattr(node, "bias", getattr(node, "shift", 0.0))))
        if isinstance(node, Conv2d):
            fan_in = node.weight[0].size
            link = Link(
                name, "conv", sources, fan_in * area, _conv_connections(node, shape, outputs), shape, outputs[0]
            )
            kernel = (int(node.weight.shape[2]), int(node.weight.shape[3]))
            link = replace(link, groups=node.groups, kernel=kernel, stride=node.stride, weight=node.weight)
        elif isinstance(node, Linear):
            outs, ins = node.weight.shape
            link = Link(
                name, "dense", sources, ins * area, node.weight.size, self._unflattened(name), outs, weight=node.weight
            )
        else:
            scale = np.broadcast_to(np.asarray(node.scale, np.float32), shape[:1]).reshape(-1, 1)  # type: ignore[attr-defined]
            link = Link(name, "conv", sources, area, math.prod(shape), shape, shape[0], groups=shape[0], weight=scale)
        windows = way.windows * behind.windows
        return replace(link, pool_area=area, pool_stride=stride, windows=windows, biased=biased, share=behind.share)

    def _unflattened(self, name: str) -> tuple[int, int, int]:
        """Return the map that a Linear layer sees behind a Flatten."""
        shape = self.network.shapes[self.network.sources[name][0]]
        wanted = math.prod(shape)
        while len(shape) == 1:
            (source, *others) = self.network.sources[name]
            if others or source in self.spiking or self._weighs(source):
                break
            name = source
            if not self.network.sources[name]:
                break
            shape = self.network.shapes[self.network.sources[name][0]]
        found = _full(shape)
        return found if math.prod(found) == wanted else (wanted, 1, 1)


def _conv_connections(node: Conv2d, shape: tuple[int, int, int], outputs: tuple[int, int, int]) -> int:
    rows, columns = (
        axis_taps(
            shape[axis + 1],
            outputs[axis + 1],
            (int(node.weight.shape[axis + 2]), node.stride[axis], node.padding[axis], node.dilation[axis]),
        )
        for axis in (0, 1)
    )
    return rows * columns * int(node.weight.shape[1]) * outputs[0]


def _first_spike(network: FirstSpikeNetwork) -> tuple[HardwareLayer, ...]:
    height, width, channels = network.plan.layers[0].in_shape
    found = [HardwareLayer("input", "input", "input", (channels, height, width))]
    weights = iter(network.weights)
    area, stride = 1, 1
    for layer in network.plan.layers:
        if not isinstance(layer, WeightLayer):
            area, stride = area * math.prod(layer.kernel), stride * layer.stride[0]
            continue
        rows, columns = layer.out_shape[:2]
        shape = (layer.in_shape[2], *layer.in_shape[:2])
        kind = "dense" if layer.dense else "conv"
        real = int((layer.windows() >= 0).sum()) * layer.columns
        weight = np.ascontiguousarray(next(weights)[: layer.rows].T)
        link = Link(layer.name, kind, (found[-1].name,), layer.rows * area, real, shape, layer.columns, weight=weight)
        link = replace(link, pool_area=area, pool_stride=stride)
        if kind == "conv":
            link = replace(link, kernel=layer.kernel, stride=layer.stride)
        out = (layer.columns, rows, columns)
        found.append(HardwareLayer(layer.name, layer.name, "neuron", out, (link,), (layer.name,)))
        area, stride = 1, 1
    return tuple(found)
