"""Streams of backends that have none of their own: runs of one step, one after the other."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.arrays import is_finite
from pysnn.backends.base import ConstantInput, EventInput, Executable, FrameInput, PoissonInput, RunRequest, StreamStart
from pysnn.errors import DataError
from pysnn.plan.limits import check_potentials
from pysnn.plan.neuron_op import everywhere
from pysnn.plan.ops import DelayOp, InputOp, MaxPoolOp, NeuronOp, OutputOp, Plan

__all__ = ["RunStream", "fresh_state"]


def fresh_state(plan: Plan, batch: int) -> dict[int, NDArray[Any]]:
    """Return what a run starts from, as :attr:`~pysnn.backends.base.RunOutput.state` has it."""
    state: dict[int, NDArray[Any]] = {}
    for k, op in enumerate(plan.ops):
        if isinstance(op, NeuronOp):
            state[k] = np.zeros((batch, *op.state_shape), dtype=op.v_init.dtype)
            potentials = state[k] if op.values == 1 else state[k][:, 0]
            potentials[:] = everywhere(op.v_init)
        elif isinstance(op, DelayOp):
            dtype = np.uint8 if op.spec.kind == "count" else np.float32
            state[k] = np.zeros((batch, op.steps, *op.spec.shape), dtype=dtype)
        elif isinstance(op, MaxPoolOp) and op.spec.kind == "count":
            state[k] = np.zeros((batch, *plan.ops[op.source].spec.shape), dtype=np.int32)
        elif isinstance(op, OutputOp):
            sums = np.float32 if op.spec.kind == "real" else np.int64
            state[k] = np.full((batch, op.spec.size), -1 if op.readout == "first_spike" else 0, dtype=sums)
    return state


class RunStream:
    """A stream that runs one step at a time and keeps the state between them; see :class:`~pysnn.backends.base.ExecutableStream`."""

    def __init__(self, executable: Executable, plan: Plan, start: StreamStart) -> None:
        assert isinstance(plan.ops[0], InputOp)
        self._executable = executable
        self._plan = plan
        self._start = start
        self._coding = plan.ops[0].coding
        self._state: Mapping[int, NDArray[Any]] = start.state or fresh_state(plan, start.batch)
        self._ended = False
        self.steps = start.steps

    def step(self, given: NDArray[Any], offsets: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
        """Take one step and return the scores behind it."""
        self._check_whole()
        check_potentials(self._plan, 1, self._state)
        request = RunRequest(
            self._input(given, offsets), 1, (1,), self._state, self.steps, count=False, keep_state=True
        )
        self._ended = True
        output = self._executable.run(request)
        for k, array in output.state.items():
            if array.dtype.kind == "f" and not is_finite(array):
                raise DataError(
                    f"'{self._plan.ops[k].node}': expected finite potentials, got one beyond float32; "
                    "weights or data are too large"
                )
        self._ended = False
        self._state = output.state
        self.steps += 1
        scores: NDArray[np.float32] = output.scores[0]
        return scores

    def state(self) -> dict[int, NDArray[Any]]:
        """Return what the network remembers."""
        self._check_whole()
        return {k: array.copy() for k, array in self._state.items()}

    def _input(
        self, given: NDArray[Any], offsets: NDArray[np.int64] | None
    ) -> ConstantInput | PoissonInput | EventInput | FrameInput:
        batch = self._start.batch
        if offsets is not None:
            return EventInput(offsets, given, batch=batch)
        values = given.reshape(batch, *self._plan.ops[0].spec.shape)
        if self._coding == "frames":
            return FrameInput(values[None])
        return PoissonInput(values, self._start.seed) if self._coding == "poisson" else ConstantInput(values)

    def _check_whole(self) -> None:
        if self._ended:
            raise DataError("the stream has ended: a step of it failed; open another one")
