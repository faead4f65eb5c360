"""Random networks with data for them: what a run is given."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

import pysnn
from tests.parity.graphs import CHANNELS, Draw, Graph, graphs

__all__ = ["Case", "cases", "window_cases"]


@dataclass(frozen=True)
class Case:
    """A network, data in its coding, and the options that results depend on."""

    network: pysnn.Network
    data: Any
    steps: tuple[int, ...]
    options: dict[str, Any]

    @property
    def samples(self) -> int:
        """How many samples the data have."""
        if isinstance(self.data, pysnn.Events):
            return self.data.samples
        return int(self.data.shape[1 if self.options["coding"] in ("spikes", "frames") else 0])


@st.composite
def cases(draw: Draw, most_nodes: int = 12, *, tiny: bool = False) -> Case:
    """Draw a network of either precision, its data, and the steps at which it is read; ``tiny`` for loops in Python."""
    graph: Graph = draw(graphs(draw(st.sampled_from(["float32", "int8"])), most_nodes, (1, 2, 5) if tiny else CHANNELS))
    steps = draw(st.sampled_from([1, 2, 3, 5] if tiny else [1, 2, 3, 6, 9, 16, 31, 32, 33, 40, 65]))
    read_at = draw(st.sets(st.integers(1, steps), max_size=2)) | {steps}
    options = {
        "precision": graph.precision,
        "coding": graph.coding,
        "units": draw(st.sampled_from(["exact", "power_of_two"])),
        "dt": draw(st.sampled_from([1.0, 0.5, 0.125])),
        "seed": draw(st.sampled_from([0, 1, 2**64 - 1])),
    }
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    samples = draw(st.integers(1, 2 if tiny else 5))
    shape = graph.network.input.shape
    if graph.coding == "constant":
        data: Any = _values(draw, rng, (samples, *shape))
    elif graph.coding == "frames":
        data = _values(draw, rng, (steps, samples, *shape))
    elif graph.coding == "poisson":
        data = _rates(draw, rng, (samples, *shape))
    else:
        data = _spikes(draw, rng, (steps, samples, *shape))
        if graph.coding == "events":
            data = pysnn.Events.from_dense(data)
    return Case(graph.network, data, tuple(sorted(read_at)), options)


@st.composite
def window_cases(draw: Draw, most_nodes: int = 12, *, tiny: bool = False) -> Case:
    """Draw a network of FirstSpike neurons of either precision, and its data."""
    channels = (1, 2, 5) if tiny else CHANNELS
    window = draw(st.sampled_from([1, 2, 3, 4, 8, 9, 16, 64, 127, 128, 255]))
    graph: Graph = draw(graphs(draw(st.sampled_from(["float32", "int8"])), most_nodes, channels, window))
    options = {
        "precision": graph.precision,
        "coding": "constant",
        "units": draw(st.sampled_from(["exact", "power_of_two"])),
    }
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (draw(st.integers(1, 2 if tiny else 5)), *graph.network.input.shape)
    return Case(graph.network, _values(draw, rng, shape), (1,), options)


def _values(draw: Draw, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    style = draw(st.sampled_from(["bytes", "grid", "sparse", "normal", "zeros"]))
    if style == "bytes":
        return rng.integers(0, 256, shape).astype(np.uint8)
    if style == "grid":
        return (rng.integers(-8, 9, shape) / 8).astype(np.float32)
    if style == "zeros":
        return np.zeros(shape, dtype=np.float32)
    kept = rng.random(shape) < (0.2 if style == "sparse" else 1)
    return (rng.normal(size=shape) * kept).astype(np.float32)


def _rates(draw: Draw, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    style = draw(st.sampled_from(["any", "certain", "rare"]))
    if style == "certain":
        return rng.integers(0, 2, shape).astype(np.float32)
    return (rng.random(shape) * (0.1 if style == "rare" else 1)).astype(np.float32)


def _spikes(draw: Draw, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    rate = draw(st.sampled_from([0.0, 0.05, 0.5, 1.0]))
    most = draw(st.sampled_from([1, 1, 3]))
    spikes: NDArray[np.uint8] = (rng.integers(1, most + 1, shape) * (rng.random(shape) < rate)).astype(np.uint8)
    return spikes
