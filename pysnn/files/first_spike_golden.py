"""Golden vectors of a first-spike network: samples, and when every neuron fires."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.backends import get_backend
from pysnn.errors import DataError, FileFormatError
from pysnn.first_spike import FirstSpikeNetwork, decide, encode_times
from pysnn.first_spike.coding import as_values

__all__ = ["SpikeGolden", "check_spike_golden", "make_spike_golden"]

_WINDOWED = 1e-5
"""How far the times of neurons with windows may differ."""


@dataclass(frozen=True, eq=False)
class SpikeGolden:
    """A run that every runtime must repeat: to the bit, or to 1e-5 where layers have windows (matrix products have no fixed order).

    Parameters
    ----------
    input
        Values in 0..1, float32 ``(samples, *input_shape)``.
    times
        Of each layer, pools included, float32 ``(samples, neurons)``; ``inf`` = silent.
    winners
        int32 ``(samples,)``, -1 = no output spike.
    """

    input: NDArray[np.float32]
    times: Sequence[NDArray[np.float32]]
    winners: NDArray[np.int32]


def make_spike_golden(network: FirstSpikeNetwork, x: Any, *, backend: str = "auto") -> SpikeGolden:
    """Run a few samples and keep when every neuron fired.

    Examples
    --------
    >>> from pysnn.first_spike import Dense
    >>> network = FirstSpikeNetwork((2,), (Dense(units=2),), ([[2.0, 1.0], [0.0, 4.0]],))
    >>> make_spike_golden(network, [[1.0, 0.0]]).times[0].tolist()
    [[0.5, 1.0]]
    """
    values = as_values(x).reshape(-1, *network.input_shape)
    times = encode_times(network, values)
    passed = get_backend(backend).first_spike(network.plan).forward(network.weights, times)
    layers = tuple(np.asarray(passed.times(layer), dtype=np.float32) for layer in range(len(network.plan.layers)))
    winners = decide(network, values, backend=backend).winner.astype(np.int32)
    return SpikeGolden(values, layers, winners)


def check_shapes(network: FirstSpikeNetwork, golden: SpikeGolden) -> None:
    """Raise :class:`DataError` unless the vectors have the network's shapes and types, whatever their values."""
    samples = len(golden.input)
    sizes = [int(np.prod(layer.out_shape)) for layer in network.plan.layers]
    if len(golden.times) != len(sizes):
        raise DataError(f"golden: expected times of {len(sizes)} layers, got {len(golden.times)}")
    parts: list[tuple[str, NDArray[Any], type, tuple[int, ...]]] = [
        ("input", golden.input, np.float32, (samples, *network.input_shape))
    ]
    parts += [(f"times of layer {n}", golden.times[n], np.float32, (samples, size)) for n, size in enumerate(sizes)]
    parts += [("winners", golden.winners, np.int32, (samples,))]
    for name, array, dtype, shape in parts:
        if array.dtype != dtype or array.shape != shape:
            raise DataError(f"golden: {name}: expected {np.dtype(dtype)} {shape}, got {array.dtype} {array.shape}")


def check_spike_golden(network: FirstSpikeNetwork, golden: SpikeGolden, backend: str) -> None:
    """Run the golden input again and compare every time and winner; the first layer that differs is named."""
    try:
        found = make_spike_golden(network, golden.input, backend=backend)
    except DataError as error:
        raise FileFormatError(f"the golden vectors cannot be run: {error}") from error
    names = [f"times of '{layer.name}'" for layer in network.plan.layers]
    pairs = [*zip(names, found.times, golden.times, strict=True), ("winners", found.winners, golden.winners)]
    for name, ours, theirs in pairs:
        same = np.isclose(ours, theirs, rtol=0, atol=_WINDOWED if network.plan.windowed else 0)
        if not same.all():
            at = tuple(int(i) for i in np.argwhere(~same)[0])
            raise FileFormatError(f"golden vectors: {name}: {theirs[at]} in the file, {ours[at]} here, at {at}")
