"""Runs plans: samples outermost, then blocks of steps, then the operations."""

import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, ThreadPoolExecutor, wait
from typing import Any

import numpy as np

from pysnn.backends.base import Probe, RunOutput, RunRequest, StreamStart
from pysnn.backends.numba.memory import KINDS, Chunk, Memory, channels_first
from pysnn.backends.numba.output import output_dtype
from pysnn.backends.numba.plan import make_steps
from pysnn.backends.streams import RunStream
from pysnn.frozen import NotPicklable
from pysnn.plan.ops import MAX_BLOCK, DelayOp, MaxPoolOp, NeuronOp, OutputOp, Plan
from pysnn.schemas import COUNT_FIELDS

__all__ = ["NumbaExecutable"]

CHUNK_BYTES = 1 << 20
"""Maps of the samples that are worked on together: small networks go through many samples a call."""

CHUNK_SAMPLES = 256

BLOCK_BYTES = 1 << 26
"""Maps of one sample's block of steps: large networks take fewer steps at a time, down to one."""

POLL_SECONDS = 0.1
"""How long the calling thread waits at most before it looks for Ctrl-C again."""


class NumbaExecutable(NotPicklable):
    """A plan, ready to run."""

    name = "numba"
    parts: tuple[str, ...] = ()

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.steps = make_steps(plan)
        self._idle: list[Memory] = []
        self._lock = threading.Lock()

    def stream(self, start: StreamStart) -> RunStream:
        """Open a stream: runs of one step."""
        return RunStream(self, self.plan, start)

    def run(self, request: RunRequest) -> RunOutput:
        """Run all steps; see :class:`~pysnn.backends.base.RunRequest`."""
        output = _empty_output(self.plan, request, tuple(step.word for step in self.steps))
        chunks = _split(self.plan, request)
        if request.threads == 1 or len(chunks) == 1:
            done = 0
            for samples in chunks:
                self._run_chunk(request, output, samples, threading.Event())
                done += samples.stop - samples.start
                if request.progress is not None:
                    request.progress(done)
        else:
            self._run_threads(request, output, chunks)
        return output

    def _run_threads(self, request: RunRequest, output: RunOutput, chunks: list[range]) -> None:
        stop = threading.Event()
        with ThreadPoolExecutor(request.threads) as pool:
            try:
                waiting = {pool.submit(self._run_chunk, request, output, samples, stop) for samples in chunks}
                done = 0
                while waiting:
                    finished, waiting = wait(waiting, POLL_SECONDS, FIRST_COMPLETED)
                    done += sum(future.result() for future in finished)
                    if finished and request.progress is not None:
                        request.progress(done)
            except BaseException:
                stop.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def _run_chunk(self, request: RunRequest, output: RunOutput, samples: range, stop: threading.Event) -> int:
        """Run some samples from the first step to the last; gives their number."""
        try:
            memory = self._idle.pop()
        except IndexError:
            memory = Memory(self.plan)
        chunk = Chunk(request, output, memory, samples.start, len(samples))
        for step in self.steps:
            step.begin(chunk)
        once = {step.number for step in self.steps if _is_once(self.plan, step.number)}
        self._advance(chunk, once, stop)
        every = set(range(len(self.steps))) - once
        for block in _blocks(self.plan, request):
            chunk.step, chunk.steps = block.start, len(block)
            self._advance(chunk, every, stop)
            for step in self.steps:
                step.remember(chunk)
            if block.stop in request.read_at:
                index = request.read_at.index(block.stop)
                for step in self.steps:
                    step.read(chunk, index)
                chunk.read(index)
        for step in self.steps:
            step.end(chunk)
        self._idle.append(memory)
        with self._lock:
            output.counts[:] += np.stack(chunk.tallies)
        return len(samples)

    def _advance(self, chunk: Chunk, numbers: set[int], stop: threading.Event) -> None:
        for step in self.steps:
            if step.number in numbers:
                if stop.is_set():
                    raise CancelledError
                step.advance(chunk)
                if step.number in chunk.output.spikes:
                    _record(chunk, step.number)
                if step.number in chunk.output.by_step:
                    self._count_steps(chunk, step.number)

    def _count_steps(self, chunk: Chunk, number: int) -> None:
        """Add a block's spikes of each neuron at each step."""
        channels, height, width = chunk.memory.specs[number].shape
        frames = chunk.map(number).reshape(chunk.samples, -1, height, width, channels)
        sums = channels_first(frames.sum(axis=0, dtype=np.int64))
        with self._lock:
            chunk.output.by_step[number][chunk.time] += sums


def _is_once(plan: Plan, number: int) -> bool:
    """Whether a map is computed once a sample. A read-out goes on even where its source stands still."""
    op = plan.ops[number]
    return op.spec.static and not isinstance(op, OutputOp)


def _bytes(plan: Plan) -> tuple[int, int]:
    """Size of a sample's static maps, and of the others' at one step."""
    sizes = [(op.spec.static, op.spec.size * np.dtype(KINDS[op.spec.kind]).itemsize) for op in plan.ops]
    return sum(size for static, size in sizes if static), sum(size for static, size in sizes if not static)


def _block_size(plan: Plan, request: RunRequest) -> int:
    """Steps to compute together."""
    wished = request.block or max(1, min(MAX_BLOCK, BLOCK_BYTES // max(1, _bytes(plan)[1])))
    return min([wished, *(op.steps for op in plan.ops if isinstance(op, DelayOp))])


def _blocks(plan: Plan, request: RunRequest) -> Iterator[range]:
    """Blocks of steps; a read ends a block."""
    size = _block_size(plan, request)
    start = 0
    for stop in sorted({*request.read_at, request.steps}):
        while start < stop:
            end = min(start + size, stop)
            yield range(start, end)
            start = end


def _split(plan: Plan, request: RunRequest) -> list[range]:
    """Cut the batch: into pieces that the cache holds, and at least one for each thread."""
    static, moving = _bytes(plan)
    size = static + moving * min(_block_size(plan, request), request.steps)
    batch = request.input.batch
    share = -(-batch // request.threads)
    samples = max(1, min(CHUNK_BYTES // size, CHUNK_SAMPLES, share))
    return [range(start, min(start + samples, batch)) for start in range(0, batch, samples)]


def _record(chunk: Chunk, number: int) -> None:
    channels, height, width = chunk.memory.specs[number].shape
    frames = channels_first(chunk.map(number).reshape(chunk.samples, -1, height, width, channels))
    chunk.output.spikes[number][chunk.time, chunk.range] = frames.swapaxes(0, 1)


def _empty_output(plan: Plan, request: RunRequest, kernels: tuple[str, ...]) -> RunOutput:
    batch, reads = request.input.batch, len(request.read_at)
    state = {k: np.empty(shape, dtype) for k, shape, dtype in _states(plan, batch)}
    neurons = {k: op for k, op in enumerate(plan.ops) if isinstance(op, NeuronOp)}
    return RunOutput(
        scores=np.empty((reads, batch, plan.ops[-1].spec.size), dtype=np.float32),
        counts=np.zeros((reads, len(plan.ops), len(COUNT_FIELDS)), dtype=np.int64),
        by_sample=np.zeros((reads, len(plan.ops), batch if request.count else 0), dtype=np.int64),
        by_step={
            k: np.zeros((request.steps, *op.spec.shape), dtype=np.int64)
            for k, op in neurons.items()
            if request.count_by_step and op.spec.kind == "count"
        },
        state=state,
        spikes={k: np.empty((request.steps, batch, *plan.ops[k].spec.shape), np.uint8) for k in request.record_spikes},
        potentials={
            k: np.empty((request.steps, batch, *plan.ops[k].spec.shape), neurons[k].threshold.dtype)
            for k in request.record_potentials
        },
        probes={k: _empty_probe(op, (reads, batch, *op.spec.shape)) for k, op in neurons.items() if request.probe},
        kernels=kernels,
    )


def _states(plan: Plan, batch: int) -> Iterator[tuple[int, tuple[int, ...], type[Any]]]:
    for k, op in enumerate(plan.ops):
        if isinstance(op, NeuronOp):
            yield k, (batch, *op.state_shape), op.threshold.dtype.type
        elif isinstance(op, DelayOp):
            yield k, (batch, op.steps, *op.spec.shape), KINDS[op.spec.kind]
        elif isinstance(op, MaxPoolOp) and op.spec.kind == "count":
            yield k, (batch, *plan.ops[op.source].spec.shape), np.int32
        elif isinstance(op, OutputOp):
            yield k, (batch, op.spec.size), output_dtype(op)


def _empty_probe(op: NeuronOp, shape: tuple[int, ...]) -> Probe:
    potential: Any = np.empty(shape, op.threshold.dtype)
    return Probe(np.empty(shape), np.empty(shape), potential, np.empty(shape, np.int32))
