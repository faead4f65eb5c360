"""A network of operations in PyTorch, with neurons of any library: layer by layer with time in the batch, or step by step."""

from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

import torch
import torch.nn.functional as F  # noqa: N812 (PyTorch's own convention)

from benchmarks.peers.graph import Op

__all__ = ["Neurons", "TorchGraph"]

Tensor = Any


class Neurons(Protocol):
    """A library's neurons for one place in a network."""

    def start(self) -> None:
        """Go back to the initial potential."""
        ...

    def step(self, current: Tensor) -> Tensor:
        """Return the spikes of one step; ``current`` is ``(batch, ...)``."""
        ...

    def layer(self, current: Tensor) -> Tensor:
        """Return the spikes of all steps; ``current`` and the result are ``(steps, batch, ...)``, or with time second."""
        ...


class TorchGraph:
    """A network ready to run.

    Parameters
    ----------
    ops
        Its operations.
    neurons
        Makes neurons from their initial potential ``(channels, 1, 1)`` and their threshold.
    channels_last
        The memory format of maps and weights.
    dtype
        Of weights and of what weight layers read.
    time_axis
        Where the neurons want time: 0, or 1 behind the batch.
    """

    def __init__(
        self,
        ops: list[Op],
        neurons: Callable[[Tensor, float], Neurons] | None = None,
        *,
        channels_last: bool = False,
        dtype: Any = torch.float32,
        time_axis: int = 0,
    ) -> None:
        self.ops = ops
        self.format = torch.channels_last if channels_last else torch.contiguous_format
        self.dtype = dtype
        self.time_axis = time_axis
        self.tensors = {op.name: {key: self._tensor(value) for key, value in op.arrays.items()} for op in ops}
        self.readers = Counter(source for op in ops for source in op.sources)
        self.neurons = {
            op.name: neurons(torch.from_numpy(op.arrays["v_init"]).reshape(-1, 1, 1), op.numbers["threshold"])
            for op in ops
            if op.kind == "neuron" and neurons
        }
        # What changes from step to step: all that reads, however far behind, a neuron.
        self.dynamic: set[str] = set()
        for op in ops:
            if op.kind == "neuron" or self.dynamic.intersection(op.sources):
                self.dynamic.add(op.name)

    def _tensor(self, array: Any) -> Tensor:
        tensor = torch.from_numpy(array.copy()).to(self.dtype)
        return tensor.contiguous(memory_format=self.format) if tensor.dim() == 4 else tensor

    def ann(self, images: Tensor) -> Tensor:
        """Compute a network without neurons on uint8 images."""
        values: dict[str, Tensor] = {}
        for op in self.ops:
            values[op.name] = self._value(op, self._sum(op, values), images)
        return values[self.ops[-1].name].float()

    def by_layer(self, images: Tensor, steps: int) -> Tensor:
        """Compute each layer for all steps at once, the steps being part of the batch."""
        values: dict[str, Tensor] = {}
        waiting = Counter(self.readers)
        batch = len(images)
        for op in self.ops:
            if op.kind == "neuron":
                self.neurons[op.name].start()
                current = self._in_time(op, values, (steps, batch))
                spikes = self.neurons[op.name].layer(current)
                # A view where time comes first in memory; channels-last stays as it is.
                values[op.name] = spikes.flatten(0, 1)
            else:
                mixed = op.name in self.dynamic and not self.dynamic.issuperset(op.sources)
                x = self._in_time(op, values, (steps, batch)).flatten(0, 1) if mixed else self._sum(op, values)
                values[op.name] = self._value(op, x, images)
            for source in op.sources:
                waiting[source] -= 1
                if not waiting[source]:
                    del values[source]
        scores = self._split(values[self.ops[-1].name], (steps, batch))
        return scores.float().mean(self.time_axis)

    def by_step(self, images: Tensor, steps: int) -> Tensor:
        """Compute the whole network step after step; what does not change is computed once."""
        still: dict[str, Tensor] = {}
        for op in self.ops:
            if op.name not in self.dynamic:
                still[op.name] = self._value(op, self._sum(op, still), images)
        for neurons in self.neurons.values():
            neurons.start()
        total = None
        for _ in range(steps):
            values = dict(still)
            for op in self.ops:
                if op.kind == "neuron":
                    values[op.name] = self.neurons[op.name].step(self._sum(op, values))
                elif op.name in self.dynamic:
                    values[op.name] = self._value(op, self._sum(op, values), images)
            scores = values[self.ops[-1].name].float()
            total = scores if total is None else total + scores
        assert total is not None
        return total / steps

    def _sum(self, op: Op, values: dict[str, Tensor]) -> Tensor:
        """Add up what an operation reads."""
        if not op.sources:
            return None
        total = values[op.sources[0]]
        for source in op.sources[1:]:
            total = total + values[source]
        return total

    def _in_time(self, op: Op, values: dict[str, Tensor], size: tuple[int, int]) -> Tensor:
        """Add up what an operation reads, with the steps as an axis of their own."""
        if self.dynamic.issuperset(op.sources):
            return self._split(self._sum(op, values), size)
        parts = [
            self._split(values[s], size) if s in self.dynamic else values[s].unsqueeze(self.time_axis)
            for s in op.sources
        ]
        total = sum(parts[1:], start=parts[0])
        shape = list(total.shape)
        shape[self.time_axis] = size[0]
        return total.expand(shape)

    def _split(self, value: Tensor, size: tuple[int, int]) -> Tensor:
        return value.unflatten(0, size if self.time_axis == 0 else size[::-1])

    def _value(self, op: Op, x: Tensor, images: Tensor) -> Tensor:
        own = self.tensors[op.name]
        if op.kind == "input":
            return self._pixels(own, images)
        return _LAYERS[op.kind](x, own, op.numbers)

    def _pixels(self, own: dict[str, Tensor], images: Tensor) -> Tensor:
        x = images.to(torch.float32) / 255
        x = (x - own["mean"].float().reshape(-1, 1, 1)) / own["std"].float().reshape(-1, 1, 1)
        return x.to(self.dtype).contiguous(memory_format=self.format)


def _conv(x: Tensor, own: dict[str, Tensor], numbers: dict[str, int]) -> Tensor:
    return F.conv2d(x, own["weight"], own["bias"], numbers["stride"], numbers["padding"])


def _relu(x: Tensor, _: dict[str, Tensor], numbers: dict[str, float]) -> Tensor:
    return x.clamp(0, numbers["most"]) if "most" in numbers else F.relu(x)


def _pad(x: Tensor, _: dict[str, Tensor], numbers: dict[str, int]) -> Tensor:
    return F.pad(x, (0, 0, 0, 0, numbers["before"], numbers["after"]))


def _subsample(x: Tensor, _: dict[str, Tensor], numbers: dict[str, int]) -> Tensor:
    return x[:, :, :: numbers["stride"], :: numbers["stride"]]


_LAYERS: dict[str, Callable[[Tensor, dict[str, Tensor], dict[str, Any]], Tensor]] = {
    "conv": _conv,
    "linear": lambda x, own, _: F.linear(x, own["weight"], own["bias"]),
    "avgpool": lambda x, _, numbers: F.avg_pool2d(x, numbers["kernel"]),
    "globalpool": lambda x, *_: x.mean((2, 3)),
    "flatten": lambda x, *_: x.flatten(1),
    "subsample": _subsample,
    "pad": _pad,
    "scale": lambda x, own, _: x * own["factor"].reshape(-1, 1, 1),
    "relu": _relu,
    "sum": lambda x, *_: x,
    "output": lambda x, *_: x,
}
