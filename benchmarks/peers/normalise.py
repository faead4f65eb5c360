"""The same spiking network with one threshold per layer, 1 wherever it can be, so that libraries run it as it is.

A neuron with threshold th and current I spikes when one with threshold 1 and current I / th does, and what stands behind
its spikes (the ``Scale`` of a conversion) goes into the weights that read them. Both are one float32 rounding a weight;
pysnn runs the resulting network too, so that everybody has the same numbers. A current that others read as well, as in
block C, stays what it is, and its neurons keep their threshold.
"""

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn import IF, Conv2d, Linear, Network, Scale
from pysnn.nodes import AvgPool2d, Flatten, GlobalAvgPool, Node, Pad, Subsample

__all__ = ["normalise"]

Factors = NDArray[np.float64]

_PASSING = (AvgPool2d, GlobalAvgPool, Subsample)


def normalise(network: Network) -> Network:
    """Return the network with factors only where spikes of a shortcut enter a neuron or a sum.

    Raises
    ------
    TypeError
        A layer stands between a factor and a weight layer through which factors do not pass, or a current that several
        read enters neurons with a threshold per channel.
    """
    readers = Counter(source for sources in network.sources.values() for source in sources)
    nodes: dict[str, Node] = {}
    edges: list[tuple[str, str]] = []
    # What one unit of a node's new value stands for, a channel.
    units: dict[str, Factors] = {}
    aliases: dict[str, str] = {}
    for name in network.order:
        node, sources = network.nodes[name], network.sources[name]
        channels = network.shapes[name][0]
        if isinstance(node, Scale) and len(sources) == 1:
            units[name] = units[sources[0]] * _spread(node.factor, channels)
            aliases[name] = aliases.get(sources[0], sources[0])
            continue
        nodes[name] = node
        ends = [aliases.get(source, source) for source in sources]
        if isinstance(node, IF | Scale):
            units[name] = by = np.ones(channels)
            if isinstance(node, IF):
                kept, th = 1.0, _spread(node.v_threshold, channels)
                if any(readers[end] > 1 and not isinstance(nodes[end], IF) for end in ends):
                    kept = _one_threshold(name, th)
                else:
                    by = th
                nodes[name] = IF(kept, v_init=_only(_spread(node.v_init, channels) / by))
            ends = [
                _divided((nodes, edges), (end, units[source]), by) for end, source in zip(ends, sources, strict=True)
            ]
        elif isinstance(node, Conv2d | Linear):
            nodes[name], units[name] = _with_inputs(node, units[sources[0]]), np.ones(channels)
        else:
            units[name] = _passed(network, name, units)
        edges += [(end, name) for end in ends]
    return Network(nodes, edges)


def _spread(value: Any, channels: int) -> Factors:
    return np.broadcast_to(np.asarray(value, dtype=np.float64), (channels,))


def _one_threshold(name: str, thresholds: Factors) -> float:
    if (thresholds != thresholds[0]).any():
        raise TypeError(f"IF '{name}': expected one threshold, since others read its current too, got one per channel")
    return float(thresholds[0])


def _only(values: Factors) -> Any:
    """One number where all channels have the same, else one per channel."""
    rounded = values.astype(np.float32)
    return float(rounded[0]) if (rounded == rounded[0]).all() else rounded


def _with_inputs(layer: Conv2d | Linear, units: Factors) -> Conv2d | Linear:
    shape = (1, -1) + (1,) * (layer.weight.ndim - 2)
    return _changed(layer, (layer.weight * units.reshape(shape)).astype(np.float32), layer.bias)


def _divided(graph: tuple[dict[str, Node], list[tuple[str, str]]], end: tuple[str, Factors], th: Factors) -> str:
    """Divide by the thresholds what comes from an end, in its weights if it has any; give the end's name."""
    nodes, edges = graph
    name, units = end
    if (units == th).all():
        return name
    node = nodes[name]
    if isinstance(node, Conv2d | Linear):
        rows = th.reshape((-1,) + (1,) * (node.weight.ndim - 1))
        nodes[name] = _changed(node, (node.weight / rows).astype(np.float32), (node.bias / th).astype(np.float32))
        return name
    added = f"{name}.unit.{len(edges)}"
    nodes[added] = Scale((units / th).astype(np.float32))
    edges.append((name, added))
    return added


def _changed(layer: Conv2d | Linear, weight: Any, bias: Any) -> Conv2d | Linear:
    if isinstance(layer, Linear):
        return Linear(weight, bias)
    return Conv2d(weight, bias, layer.stride, layer.padding, layer.dilation, layer.groups)


def _passed(network: Network, name: str, units: dict[str, Factors]) -> Factors:
    node, sources = network.nodes[name], network.sources[name]
    channels = network.shapes[name][0]
    if not sources:
        return np.ones(channels)
    unit = units[sources[0]]
    if isinstance(node, Flatten):
        return np.repeat(unit, channels // len(unit))
    if isinstance(node, Pad):
        return np.pad(unit, node.channels, constant_values=1.0)
    if isinstance(node, _PASSING) or (unit == 1).all():
        return unit
    raise TypeError(f"{node.title} '{name}': expected a layer that passes factors on")
