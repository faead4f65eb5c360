"""Turn a part of checked data into what backends take."""

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.base import ConstantInput, EventInput, FrameInput, PoissonInput
from pysnn.encode import Events
from pysnn.encode.batch import Batches, input_values
from pysnn.nodes import Input
from pysnn.plan.ops import MapSpec
from pysnn.simulation.options import RunOptions

__all__ = ["chosen", "encoded", "samples_at_once"]

_MOST_SLOTS = 1 << 24
"""Largest number of (sample, step) slots of given spikes in one batch, where there are several samples."""


def samples_at_once(data: Batches, steps: int, options: RunOptions) -> int:
    """Return how many samples go into a batch: fewer than asked for where given spikes have many steps."""
    if isinstance(data.data, Events):
        return min(options.batch_size, max(1, _MOST_SLOTS // steps))
    return options.batch_size


def encoded(
    node: Input, data: Batches, part: tuple[int, int], *, spec: MapSpec, steps: int, options: RunOptions
) -> ConstantInput | PoissonInput | EventInput | FrameInput:
    """Return the samples from ``part[0]`` below ``part[1]`` for the input's map, which ``spec`` describes."""
    start, stop = part
    if isinstance(data.data, Events):
        offsets, index = data.data.select(start, stop).packed(steps, spec.size)
        return EventInput(offsets, index, batch=stop - start)
    if data.frames:
        given = data.data[:steps, start:stop]
        values = input_values(node, given.reshape(-1, *node.shape))
        return FrameInput(np.ascontiguousarray(values.reshape(*given.shape[:2], *spec.shape)))
    values = input_values(node, data.data[start:stop])
    shaped = np.ascontiguousarray(values.reshape(stop - start, *spec.shape))
    if options.coding == "poisson":
        return PoissonInput(shaped, int(options.seed), first_sample=start)
    return ConstantInput(shaped)


def chosen(
    data: Batches, samples: NDArray[np.int64], steps: int, options: RunOptions
) -> list[tuple[Batches, int, int]]:
    """Return data and ranges in them that hold some samples, given by their numbers, ascending; a batch each at most.

    Given spikes and random ones belong to a sample's place in all of the data, so that only neighbours go together.
    """
    size = samples_at_once(data, steps, options)
    constant = options.coding == "constant" and isinstance(data.data, np.ndarray)
    if constant:
        parts = (samples[start : start + size] for start in range(0, len(samples), size))
        return [(Batches(data.data[part]), 0, len(part)) for part in parts]  # type: ignore[index]
    ends = np.flatnonzero(np.diff(samples) > 1) + 1
    found = []
    for stretch in np.split(samples, ends):
        first, last = int(stretch[0]), int(stretch[-1]) + 1
        found += [(data, start, min(start + size, last)) for start in range(first, last, size)]
    return found
