"""Programs made of PyTorch: which way of running a network is fastest for a cell is found by trying them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks.peers.engine import Cell, Scores, versions
from benchmarks.peers.graph import Op, load_graph
from benchmarks.peers.torch_graph import Neurons, TorchGraph

__all__ = ["LibraryEngine", "TorchEngine", "Way"]

# The ways are tried on so many images of the cell at most, and larger batches are run in such parts if that is faster.
_TRIED_ON = 8


@dataclass(frozen=True, eq=False)
class Way:
    """A way to run a network: what the table calls it, and a function from uint8 images to scores."""

    name: str
    compute: Callable[[Any], Any]


class TorchEngine:
    """A program that knows several ways, of which it takes the fastest.

    Parameters
    ----------
    ways
        Gives the ways for a cell.
    packages
        Whose versions count.
    """

    def __init__(self, ways: Callable[[Cell], list[Way]], packages: tuple[str, ...] = ()) -> None:
        self.ways = ways
        self.packages = packages

    def versions(self) -> dict[str, str]:
        """Return the versions of PyTorch and of the library."""
        return versions("torch", *self.packages)

    def prepare(self, cell: Cell) -> str:
        """Try the ways on a few images, and the fastest on all of them, at once and a few at a time."""
        torch.set_num_threads(cell.threads)
        self.images = torch.from_numpy(cell.images)
        self.way = _fastest(self.ways(cell), self.images[:_TRIED_ON])
        if len(self.images) > _TRIED_ON:
            self.way = _fastest([self.way, _in_parts(self.way)], self.images)
        return self.way.name

    def run(self) -> Scores:
        """Run the images once."""
        return _computed(self.way, self.images)


def _fastest(ways: list[Way], images: Any) -> Way:
    """Run each once to warm up and once for the time."""
    if len(ways) == 1:
        return ways[0]
    times = []
    for way in ways:
        _computed(way, images)
        start = time.perf_counter()
        _computed(way, images)
        times.append(time.perf_counter() - start)
    return ways[times.index(min(times))]


def _in_parts(way: Way) -> Way:
    """Return a way with smaller batches: their maps stay in the caches."""

    def compute(images: Any) -> Any:
        return torch.cat([way.compute(part) for part in images.split(_TRIED_ON)])

    return Way(f"{way.name}, {_TRIED_ON} images at a time", compute)


def _computed(way: Way, images: Any) -> Scores:
    with torch.inference_mode():
        scores: Scores = way.compute(images).numpy()
    return scores


class LibraryEngine(TorchEngine):
    """A library of spiking neurons: layer by layer or step by step, in either memory format.

    Parameters
    ----------
    neurons
        Makes neurons from their initial potential ``(channels, 1, 1)``, their threshold, and "layer" or "step", for the way that they are used in.
    packages
        Whose versions count.
    time_axis
        Where the neurons want time, layer by layer.
    dtype
        Of weights, currents and potentials.
    """

    def __init__(
        self,
        neurons: Callable[[Any, float, str], Neurons],
        packages: tuple[str, ...],
        *,
        time_axis: int = 0,
        dtype: Any = torch.float32,
    ) -> None:
        super().__init__(self._all_ways, packages)
        self.neurons = neurons
        self.time_axis = time_axis
        self.dtype = dtype

    def _all_ways(self, cell: Cell) -> list[Way]:
        ops = load_graph(cell.folder / f"{cell.network}.npz")
        ways = []
        for channels_last in (False, True):
            form = "channels-last" if channels_last else "contiguous"
            layered = self._graph(ops, "layer", channels_last=channels_last, time_axis=self.time_axis)
            stepped = self._graph(ops, "step", channels_last=channels_last)
            ways.append(Way(f"layer by layer, {form}", _with_steps(layered.by_layer, cell.steps)))
            ways.append(Way(f"step by step, {form}", _with_steps(stepped.by_step, cell.steps)))
        return ways

    def _graph(self, ops: list[Op], use: str, **how: Any) -> TorchGraph:
        return TorchGraph(ops, lambda v_init, threshold: self.neurons(v_init, threshold, use), dtype=self.dtype, **how)


def _with_steps(compute: Callable[[Any, int], Any], steps: int) -> Callable[[Any], Any]:
    return lambda images: compute(images, steps)
