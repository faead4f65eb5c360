"""Turn a part of checked data into what backends take."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.base import ConstantInput, EventInput, FrameInput, PixelInput, PoissonInput
from pysnn.encode import Events
from pysnn.encode.batch import Batches, input_values
from pysnn.errors import DataError
from pysnn.nodes import Input
from pysnn.plan.ops import MapSpec
from pysnn.plan.pixels import pixel_channels
from pysnn.simulation.options import RunOptions

__all__ = ["encoded", "samples_at_once"]

_MOST_SLOTS = 1 << 24
"""Largest number of (sample, step) slots of given spikes in one batch, where there are several samples."""


def samples_at_once(data: Batches, steps: int, options: RunOptions) -> int:
    """Return how many samples go into a batch: fewer than asked for where given spikes have many steps."""
    if isinstance(data.data, Events):
        return min(options.batch_size, max(1, _MOST_SLOTS // steps))
    return options.batch_size


def encoded(
    node: Input, data: Batches, part: tuple[int, int], *, spec: MapSpec, steps: int, options: RunOptions
) -> ConstantInput | PixelInput | PoissonInput | EventInput | FrameInput:
    """Return the samples from ``part[0]`` below ``part[1]`` for the input's map, which ``spec`` describes."""
    start, stop = part
    if isinstance(data.data, Events):
        offsets, index = data.data.select(start, stop).packed(steps, spec.size)
        return EventInput(offsets, index, batch=stop - start)
    if data.frames:
        given = data.data[:steps, start:stop]
        values = input_values(node, given.reshape(-1, *node.shape))
        return FrameInput(np.ascontiguousarray(values.reshape(*given.shape[:2], *spec.shape)))
    if options.first_layer == "int8":
        return PixelInput(pixel_channels(node, _pictures(data.data[start:stop])))
    values = input_values(node, data.data[start:stop])
    shaped = np.ascontiguousarray(values.reshape(stop - start, *spec.shape))
    if options.coding == "poisson":
        return PoissonInput(shaped, int(options.seed), first_sample=start)
    return ConstantInput(shaped)


def _pictures(x: NDArray[Any]) -> NDArray[np.uint8]:
    """Refuse what is no uint8."""
    if x.dtype != np.uint8:
        raise DataError(
            f"first_layer 'int8' reads uint8 pixels, got {x.dtype} data; give those, or first_layer='float32'"
        )
    return x
