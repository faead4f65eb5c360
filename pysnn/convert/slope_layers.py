"""A chain of layers seen as first-spike stages: weights, then pools, each weight layer with the averages before it taken in."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import NetworkError
from pysnn.first_spike.layers import Conv, Dense, EarliestPool, Layer
from pysnn.network import Network
from pysnn.nodes import AvgPool2d, Conv2d, Flatten, GlobalAvgPool, Input, Linear, MaxPool2d, Node, ReLU

__all__ = ["Stage", "read_stages"]

Float64 = NDArray[np.float64]

_ADVICE = "a first-spike network of constant slope is a chain of Linear and Conv2d with a ReLU between them, and pools"


@dataclass
class Stage:
    """A weight layer and the pools behind it.

    ``matrix`` and ``bias`` are float64 ``(rows, columns)`` and ``(columns,)``, rows as the first-spike layer has them, channels
    fastest; ``ceiling``: the upper bound of its ReLU, a value a column; ``name``: the node whose values are its own.
    """

    name: str
    matrix: Float64
    bias: Float64
    layer: Layer
    ceiling: Float64
    rectified: bool = False
    pools: list[EarliestPool] = field(default_factory=list)


@dataclass
class _Reader:
    """What lies between the last weight layer and the node that is read.

    ``average``: the windows of averages that the next weights take in; ``shape``: of the map before those averages.
    """

    network: Network
    stages: list[Stage] = field(default_factory=list)
    first_pools: list[EarliestPool] = field(default_factory=list)
    average: int = 1
    shape: tuple[int, ...] = ()

    def read(self, name: str) -> None:
        """Take one node."""
        node, shape = self.network.nodes[name], self._shape_before(name)
        if isinstance(node, Linear | Conv2d):
            self._weights(name, node)
        elif isinstance(node, ReLU):
            self._rectify(name, node, shape)
        elif isinstance(node, MaxPool2d):
            if self.average > 1:
                raise _refused(name, node, "a maximum of averages has no first-spike form")
            pools = self.stages[-1].pools if self.stages else self.first_pools
            pools.append(EarliestPool(*_square(name, node, node.kernel, node.stride, node.padding)))
            self.shape = self.network.shapes[name]
        elif isinstance(node, AvgPool2d | GlobalAvgPool):
            self._average(name, node, shape)
        elif not isinstance(node, Flatten):
            raise _refused(name, node, _ADVICE)

    def _shape_before(self, name: str) -> tuple[int, ...]:
        return self.network.shapes[self.network.sources[name][0]]

    def _rectify(self, name: str, node: ReLU, shape: tuple[int, ...]) -> None:
        if not self.stages:
            raise _refused(name, node, "inputs are 0 or more already")
        stage = self.stages[-1]
        ceiling = node.ceiling(shape[0]).astype(np.float64)
        if len(ceiling) != len(stage.ceiling):
            raise _refused(name, node, "put it before the Flatten")
        stage.ceiling, stage.rectified = np.minimum(stage.ceiling, ceiling), True
        if not stage.pools:
            stage.name = name

    def _average(self, name: str, node: AvgPool2d | GlobalAvgPool, shape: tuple[int, ...]) -> None:
        if self.stages and not self.stages[-1].rectified:
            raise _refused(name, node, "put the ReLU before it")
        window = shape[1:] if isinstance(node, GlobalAvgPool) else node.kernel
        size, stride, padding = _square(
            name, node, window, getattr(node, "stride", window), getattr(node, "padding", ())
        )
        if stride != size or padding:
            raise _refused(name, node, "expected windows side by side, without padding")
        self.average *= size

    def _weights(self, name: str, node: Linear | Conv2d) -> None:
        if self.stages and not self.stages[-1].rectified:
            raise _refused(name, node, f"there is no ReLU between it and '{self.stages[-1].name}'")
        mean, std = self.network.input.mean, self.network.input.std
        if self.network.input.scaling is not None:
            raise _refused(
                self.network.input_name, self.network.input, "expected mean and std, or neither, got scaling"
            )
        weight = node.weight.astype(np.float64)
        bias = node.bias.astype(np.float64)
        layer: Layer
        if isinstance(node, Conv2d):
            if node.groups != 1 or node.dilation != (1, 1):
                raise _refused(name, node, "expected groups 1 and dilation 1")
            layer, weight = self._conv(name, node, weight)
        else:
            weight = self._spread(weight)
            layer = Dense(units=len(weight))
        if not self.stages and mean is not None:
            weight = weight / std.reshape(-1, *(1,) * (weight.ndim - 2))
            bias = bias - np.moveaxis(weight, 1, -1).reshape(len(weight), -1, len(mean)).sum(axis=1) @ mean
        matrix = np.moveaxis(weight, 1, -1).reshape(len(weight), -1).T
        self.stages.append(Stage(name, matrix, bias, layer, np.full(len(bias), np.inf)))
        self.average, self.shape = 1, self.network.shapes[name]

    def _conv(self, name: str, node: Conv2d, weight: Float64) -> tuple[Layer, Float64]:
        """Return the convolution with the averages before it: its kernel and stride are so many times as large."""
        kernel, stride, padding = _square(name, node, weight.shape[2:], node.stride, node.padding)
        if padding and (self.average > 1 and any(size % self.average for size in self.shape[1:])):
            raise _refused(name, node, "padding beside a map that the averages before it do not divide")
        if padding and not self.stages and self.network.input.mean is not None:
            raise _refused(name, node, "its padding stands for the mean of the input, which is not 'no spike'")
        weight = _repeated(weight, self.average)
        times = self.average
        return Conv(channels=len(weight), kernel=kernel * times, stride=stride * times, padding=padding * times), weight

    def _spread(self, weight: Float64) -> Float64:
        """Return a Linear's weights over the map that is there, ``(outputs, C, H, W)`` or ``(outputs, inputs)``."""
        if len(self.shape) == 1:
            return weight
        channels, *size = self.shape
        space = [extent // self.average for extent in size]
        weight = _repeated(weight.reshape(len(weight), channels, *space), self.average)
        rest = [(0, extent - have) for extent, have in zip(size, weight.shape[2:], strict=True)]
        return np.pad(weight, [(0, 0), (0, 0), *rest])


def read_stages(network: Network) -> tuple[list[EarliestPool], list[Stage]]:
    """Return the pools on the input, and the stages in order; the last one is read as it is, without a ReLU.

    Raises
    ------
    NetworkError
        A node that has no place in such a chain; the message names it.
    """
    reader = _Reader(network, shape=network.input.shape)
    for name in _chain(network):
        reader.read(name)
    if not reader.stages:
        raise NetworkError(f"Network: expected a Linear or Conv2d, got none; {_ADVICE}")
    last = reader.stages[-1]
    if last.rectified or last.pools or reader.average > 1:
        output = network.nodes[network.output_name]
        raise _refused(network.output_name, output, f"expected the scores of '{last.name}' without ReLU or pools")
    return reader.first_pools, reader.stages


def _chain(network: Network) -> Iterator[str]:
    """Return the names between the input and the output; every node has one source and one target."""
    for name in network.order:
        node = network.nodes[name]
        many = len(network.targets[name]) > 1 or len(network.sources[name]) > 1
        if many or isinstance(node, Input) != (name == network.order[0]):
            raise _refused(name, node, _ADVICE)
        if name not in (network.input_name, network.output_name):
            yield name


def _square(name: str, node: Node, window: Any, stride: Any, padding: Any) -> tuple[int, int, int]:
    """Return window, stride and padding as one number each."""
    sizes = (window, stride, padding)
    if any(len(set(size)) > 1 for size in sizes):
        raise _refused(name, node, f"expected square windows, strides and padding, got {sizes}")
    return int(window[0]), int(stride[0]), int(padding[0]) if len(padding) else 0


def _repeated(weight: Float64, times: int) -> Float64:
    """Spread weights over the values of the averages that they were for."""
    return np.asarray(weight.repeat(times, axis=2).repeat(times, axis=3) / times**2) if times > 1 else weight


def _refused(name: str, node: Node, why: str) -> NetworkError:
    return NetworkError(f"{node.title} '{name}': cannot become first-spike neurons: {why}")
