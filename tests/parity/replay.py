"""Operation counts by brute force: follow recorded spikes through the description of a network, one value at a time.

This shares nothing with plans and backends: values of the moment are walked in index loops, node by node.
"""

from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pysnn
from pysnn.nodes import Conv2d, Node
from pysnn.random import poisson_spikes
from pysnn.schemas import COUNT_FIELDS
from pysnn.simulation.result import Result
from tests.parity.cases import Case

__all__ = ["replayed"]

Array = NDArray[Any]
Counts = dict[str, dict[str, int]]


@dataclass(frozen=True)
class Now:
    """A value of one sample at one step: ``kind`` count, real or current (an integer sum, whose value counts nothing)."""

    kind: str
    data: Array
    scale: Array | None = None
    most: int = 1
    static: bool = False


class Replay:
    """One sample's way through the network."""

    def __init__(self, case: Case, result: Result, sample: int) -> None:
        self.case, self.result, self.sample = case, result, sample
        self.integer = case.options["precision"] == "int8"
        self.peaks: dict[str, Array] = {}
        self.past: dict[str, list[Now]] = {}
        self.counts: Counts = {name: dict.fromkeys(COUNT_FIELDS, 0) for name in case.network.nodes}

    def step(self, t: int) -> None:
        """Take one step through all nodes."""
        network = self.case.network
        self.t = t
        now: dict[str, Now] = {}
        for name in network.order:
            node = network.nodes[name]
            sources = [now[source] for source in network.sources[name] if source in now]
            if isinstance(node, pysnn.Input):
                now[name] = self.input(node)
            elif isinstance(node, pysnn.IF):
                now[name] = self.neuron(name, node)
            elif isinstance(node, pysnn.Delay):
                now[name] = self.delay(name, node, now)
            elif isinstance(node, pysnn.Concat):
                now[name] = self.concat(sources)
            elif not isinstance(node, pysnn.Output):
                now[name] = self.layer(name, node, self.join(sources))
        for name, node in network.nodes.items():
            if isinstance(node, pysnn.Delay):
                value = self.join([now[source] for source in network.sources[name]])
                self.past.setdefault(name, []).append(value)

    def add(self, name: str, field: str, amount: int) -> None:
        self.counts[name][field] += int(amount)

    def input(self, node: pysnn.Input) -> Now:
        shape = node.shape if len(node.shape) == 3 else (*node.shape, 1, 1)
        data, coding = self.case.data, self.case.options["coding"]
        if coding == "constant":
            x = data[self.sample].astype(np.float32)
            x = x / np.float32(255) if data.dtype == np.uint8 else x
            return Now("real", node.normalise(x[None])[0].reshape(shape), static=True)
        if coding == "frames":
            frame = data[self.t, self.sample].astype(np.float32)
            frame = frame / np.float32(255) if data.dtype == np.uint8 else frame
            return Now("real", node.normalise(frame[None])[0].reshape(shape))
        if coding == "poisson":
            spikes = poisson_spikes(data[self.sample][None], self.case.options["seed"], self.sample, self.t)
            return Now("count", spikes.reshape(shape).astype(int))
        if coding == "events":
            here = (data.sample == self.sample) & (data.step == self.t)
            counts = np.bincount(data.index[here], minlength=int(np.prod(shape)))
            return Now("count", counts.reshape(shape), most=data.most_at_once())
        return Now("count", data[self.t, self.sample].reshape(shape).astype(int), most=max(1, int(data.max())))

    def delay(self, name: str, node: pysnn.Delay, now: dict[str, Now]) -> Now:
        """Return what came some steps ago, or zeros of the kind that comes."""
        past = self.past.get(name, [])
        if len(past) >= node.steps:
            return replace(past[len(past) - node.steps], static=False)
        sources = self.case.network.sources[name]
        if all(source in now for source in sources):
            value = self.join([now[source] for source in sources])
            return replace(value, data=np.zeros_like(value.data), static=False)
        source = self.case.network.nodes[sources[0]]
        zeros = np.zeros((*self.case.network.shapes[name], 1, 1)[:3], int)
        if isinstance(source, pysnn.IF):
            return Now("count", zeros, most=source.max_spikes)
        return Now("real", zeros.astype(np.float32))

    def neuron(self, name: str, node: pysnn.IF) -> Now:
        if not node.fires:
            potentials = self.result.potentials[name][self.t, self.sample]
            self.add(name, "updates", potentials.size)
            return Now("real", potentials)
        spikes = self.result.spikes[name][self.t, self.sample].astype(int)
        self.add(name, "updates", spikes.size)
        self.add(name, "spikes", spikes.sum())
        so_far = self.result.spikes[name][: self.t + 1, self.sample].sum(axis=0, dtype=int)
        self.counts[name]["silent"] = int((so_far == 0).sum())
        self.counts[name]["saturated"] = int((so_far >= self.t + 1).sum())
        return Now("count", spikes, most=node.max_spikes)

    def real(self, value: Now) -> Now:
        if value.kind != "count":
            return value
        scale = np.ones(len(value.data), np.float32) if value.scale is None else value.scale
        return Now("real", value.data.astype(np.float32) * scale[:, None, None])

    def join(self, values: list[Now]) -> Now:
        if len(values) == 1:
            return values[0]
        most = sum(value.most for value in values)
        alike = all(_equal(value.scale, values[0].scale) for value in values)
        if all(value.kind == "count" for value in values) and alike and most <= 255:
            return Now("count", sum(value.data for value in values), values[0].scale, most)  # type: ignore[arg-type]
        static = all(value.static for value in values)
        if self.integer and not static:
            return Now("current", values[0].data)
        total = self.real(values[0]).data
        for value in values[1:]:
            total = total + self.real(value).data
        return Now("real", total, static=static)

    def concat(self, values: list[Now]) -> Now:
        if all(value.kind == "count" for value in values):
            scale = None
            if any(value.scale is not None for value in values):
                ones = [np.ones(len(v.data), np.float32) if v.scale is None else v.scale for v in values]
                scale = np.concatenate(ones)
            return Now("count", np.concatenate([v.data for v in values]), scale, max(v.most for v in values))
        if any(value.kind == "current" for value in values) or (self.integer and len({v.kind for v in values}) > 1):
            return Now("current", np.concatenate([value.data for value in values]))
        static = all(value.static for value in values)
        return Now("real", np.concatenate([self.real(value).data for value in values]), static=static)

    def layer(self, name: str, node: Node, value: Now) -> Now:
        if isinstance(node, pysnn.Linear):
            return self.weights(name, Conv2d(node.weight[:, :, None, None], node.bias), value)
        if isinstance(node, Conv2d):
            return self.weights(name, node, value)
        if isinstance(node, pysnn.Affine):
            return self.weights(name, _diagonal(node.scale, node.shift, len(value.data)), value)
        if isinstance(node, pysnn.Scale):
            return self.scale(name, node, value)
        if isinstance(node, pysnn.MaxPool2d):
            return self.max_pool(name, node, value)
        if isinstance(node, pysnn.GlobalAvgPool):
            return self.pool(pysnn.AvgPool2d(value.data.shape[1:]), value)
        if isinstance(node, pysnn.AvgPool2d | pysnn.SumPool2d):
            return self.pool(node, value)
        return self.move(node, value)

    def scale(self, name: str, node: pysnn.Scale, value: Now) -> Now:
        factor = np.broadcast_to(np.float32(node.factor), len(value.data))
        if value.kind == "count":
            scale = np.asarray(factor if value.scale is None else value.scale * factor)
            return Now("count", value.data, scale, value.most)
        return self.weights(name, _diagonal(factor, 0.0, len(value.data)), value)

    def weights(self, name: str, layer: Conv2d, value: Now) -> Now:
        """Count what every non-zero value meets, and add it up where the sum is a real one; a factor of an integer sum is in its unit."""
        if value.kind == "current":
            return value
        per_group = layer.weight.shape[0] // layer.groups
        size = layer.shape_of(name, value.data.shape)
        weight = np.array(layer.weight)
        if value.scale is not None:
            for o, c in product(range(weight.shape[0]), range(weight.shape[1])):
                weight[o, c] *= value.scale[o // per_group * weight.shape[1] + c]
        counts = value.kind == "count"
        if self.integer and counts:
            unit = np.abs(weight.astype(np.float64)).max(axis=(1, 2, 3), keepdims=True) / 127
            weight = np.rint(weight / np.where(unit == 0, 1, unit))
        total = np.broadcast_to(layer.bias[:, None, None], size).astype(np.float32)
        for ky, kx, c, y, x in product(*map(range, weight.shape[2:]), *map(range, value.data.shape)):
            group, row = divmod(c, weight.shape[1])
            oy, skip_y = divmod(y + layer.padding[0] - ky * layer.dilation[0], layer.stride[0])
            ox, skip_x = divmod(x + layer.padding[1] - kx * layer.dilation[1], layer.stride[1])
            n = value.data[c, y, x]
            if skip_y or skip_x or not (0 <= oy < size[1] and 0 <= ox < size[2]) or n == 0:
                continue
            for o in range(group * per_group, (group + 1) * per_group):
                w = weight[o, row, ky, kx]
                if counts:
                    self.add(name, "synops" if w else "synops_zero", n)
                elif not value.static or self.t == 0:
                    self.add(name, "macs", w != 0)
                total[o, oy, ox] += np.float32(n) * np.float32(w)
        self.add(name, "events", value.data.sum() if counts else 0)
        return Now("current" if self.integer and counts else "real", total, static=value.static)

    def pool(self, node: Any, value: Now) -> Now:
        area = node.kernel[0] * node.kernel[1]
        weight = np.float32(1 / area if isinstance(node, pysnn.AvgPool2d) else 1)
        fits = value.kind == "count" and value.most * area <= 255
        x = value if fits else self.real(value)
        total = np.zeros(node.shape_of("", x.data.shape), x.data.dtype)
        for at, source in _windows(node, x.data.shape):
            total[at] += x.data[source] if fits else x.data[source] * weight
        if not fits:
            return Now(x.kind, total, static=x.static)
        scale: Array | None = value.scale
        if weight != 1 or (isinstance(node, pysnn.AvgPool2d) and area > 1):
            scale = np.full(len(total), weight, np.float32) if scale is None else np.asarray(scale * weight)
        return Now("count", total, scale, value.most * area)

    def max_pool(self, name: str, node: pysnn.MaxPool2d, value: Now) -> Now:
        shape = node.shape_of("", value.data.shape)
        if value.kind != "count":
            highest = np.full(shape, -np.inf, np.float32)
            for at, source in _windows(node, value.data.shape):
                highest[at] = max(highest[at], value.data[source])
            return Now(value.kind, highest, static=value.static)
        sums = self.peaks.get(name, np.zeros(value.data.shape, int))
        before, after = np.zeros(shape, int), np.zeros(shape, int)
        for at, source in _windows(node, value.data.shape):
            before[at] = max(before[at], sums[source])
            after[at] = max(after[at], sums[source] + value.data[source])
        self.peaks[name] = sums + value.data
        return Now("count", after - before, value.scale, value.most)

    def move(self, node: Node, value: Now) -> Now:
        """Rearrange, or limit (ReLU); each channel's scale goes with its values."""
        scale = np.ones(len(value.data), np.float32) if value.scale is None else value.scale
        full = np.broadcast_to(scale[:, None, None], value.data.shape)
        data, scales = (_spatial(node.forward((array[None],))[0]) for array in (value.data, full))
        kept = None
        if value.scale is not None:
            kept = np.array([next((s for s in row.ravel() if s), 1) for row in scales], np.float32)
        return Now(value.kind, data, kept, value.most, value.static)


def _equal(a: Array | None, b: Array | None) -> bool:
    return a is b if a is None or b is None else np.array_equal(a, b)


def _spatial(x: Array) -> Array:
    return x if x.ndim == 3 else x.reshape(-1, 1, 1)


def _diagonal(scale: Any, shift: Any, channels: int) -> Conv2d:
    weight = np.broadcast_to(np.float32(scale), channels).reshape(-1, 1, 1, 1)
    return Conv2d(weight, np.broadcast_to(np.float32(shift), channels), groups=channels)


def _windows(node: Any, shape: tuple[int, ...]) -> Any:
    """(position of the result, position of the source) for every tap inside the map, taps ascending."""
    size = node.shape_of("", shape)
    for ky, kx, c, oy, ox in product(*map(range, node.kernel), *map(range, size)):
        y, x = oy * node.stride[0] + ky - node.padding[0], ox * node.stride[1] + kx - node.padding[1]
        if 0 <= y < shape[1] and 0 <= x < shape[2]:
            yield (c, oy, ox), (c, y, x)


def replayed(case: Case, result: Result) -> list[Counts]:
    """Return the counts of every node at each read, summed over the samples."""
    reads: list[Counts] = [{name: dict.fromkeys(COUNT_FIELDS, 0) for name in case.network.nodes} for _ in result.steps]
    for sample in range(result.samples):
        replay = Replay(case, result, sample)
        for t in range(result.steps[-1]):
            replay.step(t)
            if t + 1 in result.steps:
                total = reads[result.steps.index(t + 1)]
                for name, counts in replay.counts.items():
                    for field, amount in counts.items():
                        total[name][field] += amount
    return reads
