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

    def __init__(self, v_init: Any, threshold: float) -> None:
        self.v_init = v_init
        self.threshold = threshold

    def start(self) -> None:
        """Nothing is kept between runs."""

    def layer(self, current: Any) -> Any:
        v = torch.empty_like(current[0], dtype=torch.float32).copy_(self.v_init)
        spikes = torch.empty(current.shape, dtype=current.dtype)
        if v.dim() == 4 and v.is_contiguous(memory_format=torch.channels_last):
            spikes = spikes.flatten(0, 1).contiguous(memory_format=torch.channels_last).unflatten(0, current.shape[:2])
        for now, out in zip(current, spikes, strict=True):
            v += now
            torch.ge(v, self.threshold, out=out)
            v.sub_(out, alpha=self.threshold)
        return spikes

    def step(self, current: Any) -> Any:
        return self.layer(current.unsqueeze(0)).squeeze(0)


class _Fused(_InPlace):
    """Four steps at a time, compiled to one loop for each shape: more take the compiler minutes."""

    def layer(self, current: Any) -> Any:
        v = torch.empty_like(current[0], dtype=torch.float32).copy_(self.v_init)
        parts = []
        for few in current.split(_STEPS_COMPILED):
            v, spikes = _compiled_steps(v, few, self.threshold)
            parts.append(spikes)
        return torch.cat(parts)


def _steps(v: Any, current: Any, threshold: float) -> tuple[Any, Any]:
    spikes = []
    for now in current.unbind(0):
        v = v + now
        fires = v >= threshold
        v = torch.where(fires, v - threshold, v)
        spikes.append(fires.to(current.dtype))
    return v, torch.stack(spikes)


_STEPS_COMPILED = 4
_compiled_steps = torch.compile(_steps, dynamic=False)


def eager() -> Any:
    """Return the program that runs operation by operation."""
    return TorchEngine(lambda cell: [_way(cell, name, _InPlace) for name in _DTYPES])


def compiled() -> Any:
    """Return the program whose neurons went through torch.compile."""
    # A compiled function for each shape and type; beyond the limit PyTorch would run operation by operation.
    torch._dynamo.config.recompile_limit = 100  # noqa: SLF001 - its public name
    return TorchEngine(lambda cell: [_way(cell, name, _Fused, ", compiled neurons") for name in _DTYPES])


def _way(cell: Cell, name: str, neurons: Callable[[Any, float], Any], how: str = "") -> Way:
    ops = load_graph(cell.folder / f"{cell.network}.npz")
    graph = TorchGraph(ops, neurons, channels_last=True, dtype=_DTYPES[name])
    return Way(f"layer by layer, channels-last, {name}{how}", lambda images: graph.by_layer(images, cell.steps))
