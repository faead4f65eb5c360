"""Delays: maps of the last steps, given when their time comes."""

import numpy as np

from pysnn.backends.numba.memory import KINDS, Chunk, Step, channels_first, channels_last
from pysnn.plan.ops import DelayOp

__all__ = ["DelayStep"]


class DelayStep(Step):
    """A delay. Blocks are no longer than it is, so that it gives only what it remembers from blocks before."""

    def __init__(self, number: int, op: DelayOp) -> None:
        super().__init__(number)
        self.op = op

    def begin(self, chunk: Chunk) -> None:
        """What is remembered, (samples, steps, H, W, C), the oldest first: as given, or zeros."""
        channels, height, width = self.op.spec.shape
        shape = (chunk.samples, self.op.steps, height, width, channels)
        given = chunk.request.state
        kept = np.zeros(shape, dtype=KINDS[self.op.spec.kind])
        if given is not None:
            kept[:] = channels_last(given[self.number][chunk.range])
        chunk.state[self.number] = kept

    def advance(self, chunk: Chunk) -> None:
        """Return the oldest."""
        kept = chunk.state[self.number]
        out = chunk.map(self.number)
        out.reshape(chunk.samples, chunk.steps, *out.shape[1:])[:] = kept[:, : chunk.steps]

    def remember(self, chunk: Chunk) -> None:
        """Take the block's maps in, in the place of those that were given."""
        kept, source = chunk.state[self.number], chunk.map(self.op.source)
        latest = source.reshape(chunk.samples, -1, *source.shape[1:])
        rest = kept[:, chunk.steps :].copy()
        kept[:, : rest.shape[1]] = rest
        kept[:, rest.shape[1] :] = latest

    def end(self, chunk: Chunk) -> None:
        """What is remembered behind the last step."""
        chunk.output.state[self.number][chunk.range] = channels_first(chunk.state[self.number])
