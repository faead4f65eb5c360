"""A network of single spikes as sections of an exported file: layers with their weights, how values enter, and a golden run."""

import hashlib
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pysnn.backends import get_backend
from pysnn.errors import CapacityError, PlanError
from pysnn.export import layout
from pysnn.export.golden_run import uniform
from pysnn.files.first_spike import SavedFirstSpike
from pysnn.first_spike import FirstSpikeNetwork, encode_times
from pysnn.plan.file.layout import aligned
from pysnn.plan.first_spike import SpikeLayer, WeightLayer

__all__ = ["first_spike_sections"]

_MOST = 1 << 26
_BLOCK = 64
_SILENT = 0.125
"""Share of the values of a drawn sample that are 0 or 1, and so never spike in one of the codings."""


@dataclass(frozen=True, eq=False)
class _Golden:
    """``input``: ``(samples, *input_shape)``; ``times``: of each layer, ``(samples, neurons)``; ``winners``: ``(samples,)``."""

    input: NDArray[np.float32]
    times: tuple[NDArray[np.float32], ...]
    winners: NDArray[np.int32]


def first_spike_sections(saved: SavedFirstSpike, source: bytes) -> tuple[bytes, ...]:
    """Return the six sections of an exported network of single spikes.

    Parameters
    ----------
    saved
        The network; its golden vectors, if there are any, say which sample is the golden one.
    source
        SHA-256 of the file that it comes from, 32 bytes.

    Raises
    ------
    PlanError, CapacityError
        The compiled engine does not run it, or it has more neurons than files hold; the message names the layer or neuron.

    Examples
    --------
    >>> from pysnn.first_spike import Dense
    >>> network = FirstSpikeNetwork((2,), (Dense(units=2),), ([[2.0, 1.0], [0.0, 4.0]],))
    >>> [len(section) for section in first_spike_sections(SavedFirstSpike(network), bytes(32))]
    [144, 128, 0, 8, 12, 48]
    """
    network = saved.network
    if network.plan.windowed:
        raise PlanError(
            f"neuron '{network.neuron}': its sums are NumPy's matrix products, which have no fixed order, so that no other program "
            "could have the same bits; expected 'ramp' or 'step'"
        )
    _check_size(network.plan.layers)
    given = saved.golden.input[:1] if saved.golden is not None and len(saved.golden.input) else _drawn(network)
    golden = _golden(network, given)
    about = layout.ABOUT.pack(
        layout.CODINGS.index(network.coding) + 1,
        len(network.input_shape),
        0,
        len(golden.input),
        0,
        layout.DTYPES["<f4"],
        0,
        0.0,
        0,
        source,
    ).ljust(layout.ABOUT_SIZE, b"\0")
    scores = [-golden.times[-1].astype("<f4"), golden.winners.astype("<i4")]
    return (
        _network(network),
        about,
        b"",
        golden.input.astype("<f4").tobytes(),
        b"".join(part.tobytes() for part in scores),
        b"".join(_spikes(number, times) for number, times in enumerate(golden.times)),
    )


def _check_size(layers: tuple[SpikeLayer, ...]) -> None:
    neurons = 0
    for layer in layers:
        height, width, channels = layer.out_shape
        neurons += height * width * -(-channels // _BLOCK) * _BLOCK
        taps = layer.kernel[0] * layer.kernel[1] * max(height * width, layer.in_shape[2])
        if max(neurons, taps) > _MOST:
            raise CapacityError(
                f"layer '{layer.name}': expected at most {_MOST} neurons up to here, in blocks of {_BLOCK} a site, and as many "
                f"taps of its windows or channels, got {neurons} and {taps}"
            )


def _network(network: FirstSpikeNetwork) -> bytes:
    above = int(network.neuron == "step" and network.compare == ">")
    steps = network.steps if network.neuron == "step" else 0
    kind = layout.NEURONS.index(network.neuron) + 1
    data = bytearray(layout.SINGLE.pack(kind, above, steps, len(network.layers)))
    for layer, written in zip(network.plan.layers, network.layers, strict=True):
        threshold = layer.threshold if isinstance(layer, WeightLayer) else 0.0
        name = type(written).__name__
        if name not in layout.LAYERS:
            raise PlanError(f"layer '{layer.name}': expected one of {', '.join(layout.LAYERS)}, got {name}")
        kind = layout.LAYERS.index(name) + 1
        sizes = (*layer.in_shape, *layer.out_shape, *layer.kernel, *layer.stride, *layer.pads)
        data += layout.LAYER.pack(kind, *sizes, threshold)
    for weight in network.weights:
        data += bytes(aligned(len(data)) - len(data))
        data += weight.astype("<f4").tobytes()
    return bytes(data)


def _drawn(network: FirstSpikeNetwork) -> NDArray[np.float32]:
    """Draw one sample, the same each time: some values spike at once, some never, the others at any time."""
    values = uniform((1, *network.input_shape)).astype(np.float32)
    values[values < np.float32(_SILENT)] = 0
    values[values >= np.float32(1 - _SILENT)] = 1
    return values


def _golden(network: FirstSpikeNetwork, given: NDArray[np.float32]) -> _Golden:
    engine, times = get_backend("auto").first_spike(network.plan), encode_times(network, given)
    passed = engine.forward(network.weights, times)
    found = [np.asarray(passed.times(number), dtype=np.float32) for number in range(len(network.layers))]
    return _Golden(given, tuple(found), engine.decide(network.weights, times).winner.astype(np.int32))


def _spikes(number: int, times: NDArray[np.float32]) -> bytes:
    totals: bytes = np.isfinite(times).sum(axis=1).astype("<u8").tobytes()
    return struct.pack("<Q", number) + totals + hashlib.sha256(times.astype("<f4").tobytes()).digest()
