"""PyTorch by hand: time in the batch, channels-last, weights in bfloat16, potentials in float32, as they come or compiled."""

from collections.abc import Callable
from typing import Any

import torch

from benchmarks.peers.engine import Cell
from benchmarks.peers.graph import load_graph
from benchmarks.peers.torch_engine import TorchEngine, Way
from benchmarks.peers.torch_graph import TorchGraph

__all__ = ["compiled", "eager"]

_DTYPES = {"bfloat16": torch.bfloat16, "float32": torch.float32}


class _InPlace:
    """Integrate and fire without a new tensor a step."""

    def __init__(self, v_init: Any) -> None:
        self.v_init = v_init

    def start(self) -> None:
        """Nothing is kept between runs."""

    def layer(self, current: Any) -> Any:
        v = torch.empty_like(current[0], dtype=torch.float32).copy_(self.v_init)
        spikes = torch.empty(current.shape, dtype=current.dtype)
        if v.dim() == 4 and v.is_contiguous(memory_format=torch.channels_last):
            spikes = spikes.flatten(0, 1).contiguous(memory_format=torch.channels_last).unflatten(0, current.shape[:2])
        for now, out in zip(current, spikes, strict=True):
            v += now
            torch.ge(v, 1.0, out=out)
            v -= out
        return spikes

    def step(self, current: Any) -> Any:
        return self.layer(current.unsqueeze(0)).squeeze(0)


class _Fusible(_InPlace):
    """The same without writing in place, for a compiler to fuse."""

    def layer(self, current: Any) -> Any:
        v = torch.empty_like(current[0], dtype=torch.float32).copy_(self.v_init)
        spikes = []
        for now in current.unbind(0):
            v = v + now
            fired = v >= 1.0
            v = torch.where(fired, v - 1.0, v)
            spikes.append(fired.to(current.dtype))
        return torch.stack(spikes)


def eager() -> Any:
    """Give the program that runs operation by operation."""
    return TorchEngine(lambda cell: [_way(cell, name, _InPlace) for name in _DTYPES])


def compiled() -> Any:
    """Give the program that goes through torch.compile, in the type that is faster without it."""
    return TorchEngine(_compiled_ways)


def _way(cell: Cell, name: str, neurons: Callable[[Any], Any]) -> Way:
    ops = load_graph(cell.folder / f"{cell.network}.npz")
    graph = TorchGraph(ops, neurons, channels_last=True, dtype=_DTYPES[name])
    return Way(f"layer by layer, channels-last, {name}", lambda images: graph.by_layer(images, cell.steps))


def _compiled_ways(cell: Cell) -> list[Way]:
    import torch._inductor.config as inductor

    inductor.freezing = True
    way = _way(cell, "bfloat16", _Fusible)
    torch.compiler.reset()
    return [Way(f"{way.name}, torch.compile with frozen weights", torch.compile(way.compute, dynamic=False))]
