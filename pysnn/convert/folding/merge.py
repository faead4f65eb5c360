"""Merge weight layers with no activation between them: the product of their matrices is one layer.

With ``b(a(x)) = B (A x + a0) + b0 = (B A) x + (B a0 + b0)``; where sums lie between, ``B (A x + C y + z) = (B A) x + (B C) y + B z``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import gcd

import numpy as np

from pysnn.arrays import per_channel
from pysnn.convert.folding.ahead import absorbed
from pysnn.convert.folding.passing import Float64
from pysnn.errors import NetworkError
from pysnn.network import Network
from pysnn.network_builder import NetworkBuilder
from pysnn.nodes import Affine, Concat, Conv2d, Linear, Scale

__all__ = ["merge_linear"]

WeightLayer = Conv2d | Linear


@dataclass(frozen=True)
class _Sum:
    """What a node computes: other nodes' values times a factor per channel, added, and a shift per channel."""

    factors: dict[str, Float64]
    shift: Float64


def merge_linear(network: Network) -> Network:
    """Return a network that computes the same, in which no layer of one tap reads weights without an activation between.

    A ``Linear``, or a ``Conv2d`` of kernel 1 without padding, that reads weight layers, also through sums, ``Scale`` and ``Affine``, is
    multiplied with them; a sum of k layers becomes k products that are added. The bottlenecks of MobileNetV2 disappear in this way: its neurons read spikes, as
    int8 and chips want it. The product may have more weights than both layers had (``outputs * inputs`` in place of ``bottleneck * (outputs + inputs)``).

    The network itself is returned where there is nothing to merge, and where it has a cycle.

    Examples
    --------
    >>> from pysnn import Input, Output
    >>> net = Network.chain({"in": Input((2,)), "a": Linear([[1.0, 2.0]]), "b": Linear([[3.0]]), "out": Output()})
    >>> merged = merge_linear(net)
    >>> list(merged.nodes), merged.nodes["b"].weight.tolist()
    (['in', 'b', 'out'], [[3.0, 6.0]])
    """
    if network.cycle:
        return network
    graph = NetworkBuilder.of(network)
    sums: dict[str, _Sum] = {}
    changed = False
    for name in network.order:
        sums[name] = _sum_of(graph, sums, name)
        if _is_pointwise(graph, name):
            changed |= _merge(graph, sums, name)
    if not changed:
        return network
    graph.keep_read(network.output_name)
    return graph.network()


def _is_pointwise(graph: NetworkBuilder, name: str) -> bool:
    """Say whether each place of a layer sees one place of what it reads."""
    node = graph.nodes[name]
    return isinstance(node, Linear) or (
        isinstance(node, Conv2d) and node.weight.shape[2:] == (1, 1) and not any(node.padding)
    )


def _sum_of(graph: NetworkBuilder, sums: Mapping[str, _Sum], name: str) -> _Sum:
    """Return a node's value as a sum: of itself alone, unless it is a factor, a shift or a sum."""
    node, channels = graph.nodes[name], graph.shapes[name][0]
    if not isinstance(node, Scale | Affine):
        return _Sum({name: np.ones(channels)}, np.zeros(channels))
    read = _read_by(graph, sums, name)
    scale, shift = (node.factor, 0.0) if isinstance(node, Scale) else (node.scale, node.shift)
    factor = per_channel(scale, channels, node.title).astype(np.float64)
    return _Sum({source: own * factor for source, own in read.factors.items()}, read.shift * factor + shift)


def _read_by(graph: NetworkBuilder, sums: Mapping[str, _Sum], name: str) -> _Sum:
    """Return what meets in a node."""
    factors: dict[str, Float64] = {}
    shift: Float64 = np.zeros(1)
    for source in graph.sources(name):
        for start, factor in sums[source].factors.items():
            factors[start] = factors[start] + factor if start in factors else factor
        shift = shift + sums[source].shift
    return _Sum(factors, shift)


def _merge(graph: NetworkBuilder, sums: dict[str, _Sum], name: str) -> bool:
    """Multiply a layer with those that it reads; its readers get the sum of the products. Say whether there were any."""
    read, layer = _read_by(graph, sums, name), graph.nodes[name]
    assert isinstance(layer, Conv2d | Linear)
    if not any(isinstance(graph.nodes[start], Conv2d | Linear) for start in read.factors):
        return False
    products: dict[str, tuple[WeightLayer, tuple[str, ...]]] = {}
    shift = read.shift
    try:
        for start, factor in read.factors.items():
            own, before = _scaled(layer, factor, shift), graph.nodes[start]
            if isinstance(before, Conv2d | Linear):
                products[start] = _product(own, before), graph.sources(start)
            else:
                products[start] = own, (start,)
            layer, shift = replace(layer, bias=np.zeros_like(layer.bias)), np.zeros_like(shift)
    # The product leaves the range of float32.
    except NetworkError:
        return False
    for made in _put(graph, name, products):
        sums[made] = _sum_of(graph, sums, made)
    return True


def _put(graph: NetworkBuilder, name: str, products: Mapping[str, tuple[WeightLayer, tuple[str, ...]]]) -> list[str]:
    """Put the first product in a layer's place, add the others to it where it is read, and return what nodes are new."""
    (_, (layer, sources)), *others = products.items()
    graph.rewire([*(edge for edge in graph.edges if edge[1] != name), *((source, name) for source in sources)])
    graph.replace(name, layer)
    readers, made = graph.targets(name), []
    if others and any(isinstance(graph.nodes[reader], Concat) for reader in readers):
        made = [graph.derived_name(f"{name}.sum")]
        graph.insert_behind(name, made[0], Scale(1.0))
        readers = tuple(made)
    for start, (other, read) in others:
        added = graph.add(graph.derived_name(f"{name}.{start}"), other, read)
        for reader in readers:
            graph.connect(added, reader)
        made.insert(0, added)
    return made


def _product(layer: WeightLayer, before: WeightLayer) -> WeightLayer:
    """Return ``layer(before(x))`` as one layer."""
    bias = _scaled(layer, np.ones(len(before.bias)), before.bias.astype(np.float64)).bias
    if isinstance(layer, Linear):
        return Linear(layer.weight.astype(np.float64) @ before.weight, bias)
    assert isinstance(before, Conv2d)
    groups = gcd(layer.groups, before.groups)
    second, first = _blocks(layer, groups)[..., 0], _blocks(before, groups)
    weight = second @ first.reshape(*first.shape[:2], -1)
    shape = (len(bias), first.shape[2], *before.weight.shape[2:])
    stride = tuple(own * other for own, other in zip(layer.stride, before.stride, strict=True))
    return replace(before, weight=weight.reshape(shape), bias=bias, stride=stride, groups=groups)


def _blocks(layer: Conv2d, groups: int) -> Float64:
    """Return a layer's weights as those of fewer groups, ``(groups, outputs, inputs, taps)`` with zeros between its own."""
    outputs, inputs = len(layer.bias) // layer.groups, layer.weight.shape[1]
    inner = layer.groups // groups
    own = layer.weight.reshape(groups, inner, outputs, inputs, -1)
    blocks = np.zeros((groups, inner, outputs, inner, inputs, own.shape[-1]))
    for k in range(inner):
        blocks[:, k, :, k] = own[:, k]
    return blocks.reshape(groups, inner * outputs, inner * inputs, -1)


def _scaled(layer: WeightLayer, factor: Float64, shift: Float64) -> WeightLayer:
    """Return the layer that computes from ``x`` what this one computes from ``factor * x + shift``."""
    found = absorbed(layer, factor, shift)
    assert isinstance(found, Conv2d | Linear)
    return found
