"""What enters: constant values, frames, Poisson spikes from Philox4x32-10 (Salmon et al., SC 2011), given events."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.base import ConstantInput, EventInput, FrameInput, PixelInput, PoissonInput
from pysnn.backends.numba.jit import inlined, kernel
from pysnn.backends.numba.memory import Chunk, Step, channels_last
from pysnn.errors import DataError
from pysnn.plan.ops import InputOp

__all__ = ["InputStep", "philox"]

# Everything is uint64: a mixed sum of signed and unsigned integers would be a float.
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)
FIRST_MULTIPLIER = np.uint64(0xD2511F53)
SECOND_MULTIPLIER = np.uint64(0xCD9E8D57)
FIRST_WEYL = np.uint64(0x9E3779B9)
SECOND_WEYL = np.uint64(0xBB67AE85)
ZERO = np.uint64(0)

Words = tuple[np.uint64, np.uint64, np.uint64, np.uint64]


@inlined
def philox(counter: Words, seed: np.uint64) -> Words:
    """Four random words of 32 bits for a counter of four; the key is the low and the high half of ``seed``."""
    a, b, c, d = counter
    low, high = seed & LOW, seed >> HALF
    for _ in range(10):
        first, second = FIRST_MULTIPLIER * a, SECOND_MULTIPLIER * c
        a, b, c, d = (second >> HALF) ^ b ^ low, second & LOW, (first >> HALF) ^ d ^ high, first & LOW
        low, high = (low + FIRST_WEYL) & LOW, (high + SECOND_WEYL) & LOW
    return a, b, c, d


@kernel
def _poisson(
    rates: NDArray[np.float32], seed: np.uint64, sample: np.uint64, start: int, out: NDArray[np.uint8]
) -> None:
    """Spikes of one sample: ``rates`` (C, pixels), ``out`` (steps, pixels, C) from step ``start`` on."""
    steps, pixels, channels = out.shape
    for pixel in range(pixels):
        for channel in range(channels):
            limit = np.uint64(np.floor(np.float64(rates[channel, pixel]) * 4294967296.0))
            neuron = np.uint64(channel * pixels + pixel)
            for turn in range(start // 4, (start + steps + 3) // 4):
                words = philox((neuron, np.uint64(turn) & LOW, sample & LOW, ZERO), seed)
                step = 4 * turn - start
                for word in words:
                    if 0 <= step < steps:
                        out[step, pixel, channel] = word < limit
                    step += 1


@kernel
def _place_events(
    index: NDArray[np.uint32], offsets: NDArray[np.int64], order: NDArray[np.int64], most: int, out: NDArray[np.uint8]
) -> bool:
    """Count one sample's events into ``out`` (steps, values), zero before; True if one input has more than ``most``."""
    for step in range(out.shape[0]):
        for k in range(offsets[step], offsets[step + 1]):
            place = order[np.int64(index[k])]
            if out[step, place] >= most:
                return True
            out[step, place] += np.uint8(1)
    return False


class InputStep(Step):
    """The input."""

    def __init__(self, number: int, op: InputOp) -> None:
        super().__init__(number)
        self.op = op
        channels, height, width = op.spec.shape
        flat = np.arange(op.spec.size, dtype=np.int64).reshape(height, width, channels)
        self.order = np.moveaxis(flat, -1, 0).reshape(-1)

    def advance(self, chunk: Chunk) -> None:
        """Write the block's values."""
        given, out = chunk.request.input, chunk.map(self.number)
        if isinstance(given, ConstantInput):
            out[:] = channels_last(given.values[chunk.range])
        elif isinstance(given, PixelInput):
            out[:] = channels_last(given.pixels[chunk.range])
        elif isinstance(given, FrameInput):
            frames = given.frames[chunk.time, chunk.range].swapaxes(0, 1)
            out.reshape(chunk.samples, chunk.steps, *out.shape[1:])[:] = channels_last(frames)
        elif isinstance(given, PoissonInput):
            self._draw(given, chunk, out)
        else:
            self._place(given, chunk, out)

    def _draw(self, given: PoissonInput, chunk: Chunk, out: NDArray[Any]) -> None:
        channels, height, width = self.op.spec.shape
        spikes = out.reshape(chunk.samples, chunk.steps, height * width, channels)
        start = chunk.request.start + chunk.step
        for k in range(chunk.samples):
            sample = chunk.first + k
            rates = np.ascontiguousarray(given.rates[sample]).reshape(channels, height * width)
            number = np.uint64((given.first_sample + sample) & 0xFFFFFFFF)
            _poisson(rates, np.uint64(given.seed), number, start, spikes[k])

    def _place(self, given: EventInput, chunk: Chunk, out: NDArray[Any]) -> None:
        out.fill(0)
        counts = out.reshape(chunk.samples, chunk.steps, -1)
        most = self.op.spec.max_count
        for k in range(chunk.samples):
            at = (chunk.first + k) * chunk.request.steps + chunk.step
            offsets = given.offsets[at : at + chunk.steps + 1]
            if _place_events(given.index, offsets, self.order, most, counts[k]):
                raise DataError(f"node '{self.op.node}': more than {most} events at one input in one step")
