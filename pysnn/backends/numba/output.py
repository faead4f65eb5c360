"""The read-out."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.numba.memory import Chunk, Step, channels_first
from pysnn.plan.ops import OutputOp

__all__ = ["OutputStep", "output_dtype"]


def output_dtype(op: OutputOp) -> type[Any]:
    """What the sums are held in."""
    return np.float32 if op.spec.kind == "real" else np.int64


class OutputStep(Step):
    """Sums its source, or waits for its first spike. Ten values a step: NumPy does."""

    def __init__(self, number: int, op: OutputOp) -> None:
        super().__init__(number)
        self.op = op
        self.unit = None if op.unit is None else np.repeat(op.unit, op.spec.shape[1] * op.spec.shape[2])

    def begin(self, chunk: Chunk) -> None:
        """Sums so far."""
        given = chunk.request.state
        state = np.empty((chunk.samples, self.op.spec.size), dtype=output_dtype(self.op))
        if given is not None:
            state[:] = given[self.number][chunk.range]
        else:
            state.fill(-1 if self.op.readout == "first_spike" else 0)
        chunk.state[self.number] = state

    def advance(self, chunk: Chunk) -> None:
        """Go on, one step after the other."""
        x = channels_first(chunk.map(self.op.source)).reshape(chunk.samples, -1, self.op.spec.size)
        state = chunk.state[self.number]
        first = chunk.done - chunk.steps
        for step in range(chunk.steps):
            now = x[:, step if x.shape[1] > 1 else 0]
            if self.op.readout == "first_spike":
                state[(now > 0) & (state < 0)] = first + step
            else:
                state += now

    def read(self, chunk: Chunk, index: int) -> None:
        """Scores at this step."""
        chunk.output.scores[index, chunk.range] = self._scores(chunk.state[self.number], chunk.done)

    def _scores(self, state: NDArray[Any], steps: int) -> NDArray[Any]:
        mean = self.op.readout == "mean_current"
        if self.op.readout == "first_spike":
            return np.where(state >= 0, -state.astype(np.float32), np.float32(-np.inf))
        if self.unit is None:
            sums = state.astype(np.float32)
            return sums / np.float32(steps) if mean else sums
        values = state.astype(np.float64) * self.unit
        return (values / steps if mean else values).astype(np.float32)

    def end(self, chunk: Chunk) -> None:
        """Sums behind the last step."""
        chunk.output.state[self.number][chunk.range] = chunk.state[self.number]
