"""What one thread works on: some samples, a block of steps, and the arrays that hold their maps."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.base import RunOutput, RunRequest
from pysnn.plan.ops import MapSpec, Plan
from pysnn.schemas import COUNT_FIELDS, SAMPLE_FIELDS

__all__ = ["FIELD", "KINDS", "Chunk", "Memory", "Step", "channels_first", "channels_last"]

Array = NDArray[Any]

KINDS: dict[str, type[Any]] = {"real": np.float32, "count": np.uint8, "level": np.uint8, "current": np.int32}
"""dtype of a map's values."""

FIELD = {name: k for k, name in enumerate(COUNT_FIELDS)}
"""Column of a count."""


def channels_last(array: Array) -> Array:
    """View ``(..., C, H, W)`` as ``(..., H, W, C)``."""
    return np.moveaxis(array, -3, -1)


def channels_first(array: Array) -> Array:
    """View ``(..., H, W, C)`` as ``(..., C, H, W)``."""
    return np.moveaxis(array, -1, -3)


class Memory:
    """The arrays of one thread, kept from run to run.

    Maps are ``(frames, H, W, C)``, channels innermost, so that one input's weights to all output channels are a run of
    memory. A frame is one step of one sample, or the sample where the map is static; steps of a sample are neighbours.
    """

    def __init__(self, plan: Plan) -> None:
        self.specs: tuple[MapSpec, ...] = tuple(op.spec for op in plan.ops)
        self._flat: dict[tuple[str, type[Any]], Array] = {}
        self._views: dict[tuple[int, int], Array] = {}

    def scratch(self, name: str, size: int, dtype: type[Any]) -> Array:
        """Return working memory of at least ``size`` values; what stands in it is arbitrary."""
        found = self._flat.get((name, dtype))
        if found is None or found.size < size:
            found = self._flat[name, dtype] = np.empty(size, dtype)
        return found

    def map(self, number: int, frames: int) -> Array:
        """Return the array of map ``number``; the same memory for any number of frames."""
        view = self._views.get((number, frames))
        if view is None:
            spec = self.specs[number]
            channels, height, width = spec.shape
            flat = self._flat.get((str(number), KINDS[spec.kind]))
            if flat is None or flat.size < frames * spec.size:
                self._views = {key: array for key, array in self._views.items() if key[0] != number}
                flat = self.scratch(str(number), frames * spec.size, KINDS[spec.kind])
            view = flat[: frames * spec.size].reshape(frames, height, width, channels)
            self._views[number, frames] = view
        return view


@dataclass(eq=False)
class Chunk:
    """Samples ``first : first + samples`` of a run, now at steps ``step : step + steps`` of it.

    ``state`` belongs to the operations; ``tally`` (operations, COUNT_FIELDS) and ``by_sample`` (operations, samples) count from the
    run's first step on.
    """

    request: RunRequest
    output: RunOutput
    memory: Memory
    first: int
    samples: int
    step: int = 0
    steps: int = 1
    state: dict[int, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tally = np.zeros((len(self.memory.specs), len(COUNT_FIELDS)), dtype=np.int64)
        self.by_sample = np.zeros((len(self.memory.specs), self.samples), dtype=np.int64)
        self.tallies: list[NDArray[np.int64]] = []

    @property
    def range(self) -> slice:
        """The samples' places in the batch."""
        return slice(self.first, self.first + self.samples)

    @property
    def time(self) -> slice:
        """The block's places among the steps of the run."""
        return slice(self.step, self.step + self.steps)

    @property
    def done(self) -> int:
        """Steps since the start of the state, this block included."""
        return self.request.start + self.step + self.steps

    def map(self, number: int) -> Array:
        """Values of a map, ``(frames, H, W, C)``."""
        static = self.memory.specs[number].static
        return self.memory.map(number, self.samples if static else self.samples * self.steps)

    def hold(self, number: int, reader: int) -> int:
        """For how many frames of map ``reader`` one frame of map ``number`` stands."""
        return self.steps if self.memory.specs[number].static and not self.memory.specs[reader].static else 1

    def count(self, number: int, name: str, amounts: NDArray[np.int64]) -> None:
        """Add to a count what each sample has."""
        self.tally[number, FIELD[name]] += amounts.sum()
        if name in SAMPLE_FIELDS:
            self.by_sample[number] += amounts

    def read(self, index: int) -> None:
        """Keep what is counted up to read number ``index``."""
        self.tallies.append(self.tally.copy())
        if self.request.count:
            self.output.by_sample[index, :, self.range] = self.by_sample


class Step:
    """One operation, ready to run. Families override what they need."""

    word = "loop"

    def __init__(self, number: int) -> None:
        self.number = number

    def begin(self, chunk: Chunk) -> None:
        """Set the state, from the request's or fresh."""

    def advance(self, chunk: Chunk) -> None:
        """Compute the map for the block."""
        raise NotImplementedError

    def remember(self, chunk: Chunk) -> None:
        """Keep what later steps read, once all maps of the block are there."""

    def read(self, chunk: Chunk, index: int) -> None:
        """Write what is read behind the block: read number ``index``."""

    def end(self, chunk: Chunk) -> None:
        """Write the state behind the last step."""
