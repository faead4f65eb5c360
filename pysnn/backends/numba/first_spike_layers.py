"""One layer of the first-spike engine in Numba, forward and back, its work shared out to threads."""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.first_spike import GradientRule, default_step_kernel
from pysnn.backends.numba import first_spike_kernels as kernels
from pysnn.backends.numba.first_spike_kernels import Back, Fired, Neuron, Rule, Spikes, Sum, Targets
from pysnn.plan.first_spike import FirstSpikePlan, PoolLayer, WeightLayer

__all__ = ["LayerPass", "PoolSteps", "WeightSteps"]

Array = NDArray[Any]
_Arrays = TypeVar("_Arrays", Spikes, Back)

GROUP = 16
"""Samples that are worked on together; the gradient sums of layers that are not dense depend on it, by definition."""

COLUMNS = 64
"""Columns of a weight matrix whose gradients are worked on together."""

POLL_SECONDS = 0.1
"""How long the calling thread waits at most before it looks for Ctrl-C again."""


@dataclass(eq=False)
class LayerPass:
    """What one layer keeps: its times, marks, sorted inputs, or the inputs that a pool took."""

    times: Array
    marks: Array
    spikes: Spikes | None = None
    first: Array | None = None


class PoolSteps:
    """The earliest spike of each window."""

    def __init__(self, layer: PoolLayer) -> None:
        self.layer = layer
        self._windows = layer.windows()

    def forward(self, below: Array, threads: int) -> LayerPass:
        """Compute a batch."""
        size = int(np.prod(self.layer.out_shape))
        out = np.full((len(below), size), np.inf, dtype=np.float32)
        first = np.full(out.shape, -1, dtype=np.int64)

        def work(part: slice) -> None:
            kernels.earliest(below[part], self._windows, self.layer.out_shape[2], out[part], first[part])

        _share_out(work, _parts(len(below), GROUP), threads)
        return LayerPass(out, np.zeros_like(out), first=first)

    def backward(self, passed: LayerPass, gradient: Array) -> Array:
        """Hand each gradient to the input that the neuron took."""
        assert passed.first is not None
        below = np.zeros((len(gradient), int(np.prod(self.layer.in_shape))), dtype=np.float32)
        samples, neurons = np.nonzero(passed.first >= 0)
        np.add.at(below, (samples, passed.first[samples, neurons]), gradient[samples, neurons])
        return below


class WeightSteps:
    """Neurons behind weights."""

    def __init__(self, layer: WeightLayer, plan: FirstSpikePlan) -> None:
        self.layer = layer
        self.plan = plan
        self._targets = _targets(layer)

    def forward(self, weight: Array, below: Array, threads: int) -> LayerPass:
        """Compute a batch."""
        size = int(np.prod(self.layer.out_shape))
        spikes = Spikes(
            np.empty_like(below), np.empty(below.shape, dtype=np.int32), np.zeros(len(below), dtype=np.int64)
        )
        out = np.full((len(below), size), np.inf, dtype=np.float32)
        marks = np.zeros_like(out)
        neuron = Neuron(self.plan.neuron == "ramp", self.plan.compare == ">", np.float32(self.layer.threshold))

        def work(part: slice) -> None:
            own = _part(spikes, part)
            kernels.sort_maps(below[part], own)
            kernels.fire(own, self._targets, weight, neuron, Fired(out[part], marks[part]))

        _share_out(work, _parts(len(below), GROUP), threads)
        return LayerPass(out, marks, spikes=spikes)

    def backward(
        self, weight: Array, passed: LayerPass, gradient: Array, rule: GradientRule, threads: int
    ) -> tuple[Array, Array | None]:
        """Return the gradients by the weights and, if ``rule.inputs`` says so, by the times of the layer's inputs."""
        assert passed.spikes is not None
        spikes, back, way = passed.spikes, self._prepare(passed, gradient, rule), self._rule(rule)
        total = np.zeros_like(weight)
        if self.layer.dense:
            parts = _parts(weight.shape[1], COLUMNS)
            sums = [np.zeros((len(weight), part.stop - part.start), dtype=np.float32) for part in parts]
            samples = [slice(0, len(gradient))] * len(parts)
        else:
            samples = _parts(len(gradient), GROUP)
            parts = [slice(0, weight.shape[1])] * len(samples)
            sums = [np.zeros_like(weight) for _ in samples]

        def work(one: slice) -> None:
            for task in range(one.start, one.stop):
                own, at = _part(spikes, samples[task]), _part(back, samples[task])
                kernels.back_weights(own, self._targets, at, way, Sum(parts[task].start, weight.shape[1], sums[task]))

        _share_out(work, _parts(len(parts), 1), threads)
        for part, found in zip(parts, sums, strict=True):
            total[:, part] += found
        return total, self._to_inputs(weight, spikes, back, threads) if rule.inputs else None

    def _to_inputs(self, weight: Array, spikes: Spikes, back: Back, threads: int) -> Array:
        below = np.zeros((len(back.times), int(np.prod(self.layer.in_shape))), dtype=np.float32)
        ramp = self.plan.neuron == "ramp"

        def work(part: slice) -> None:
            own, at = _part(spikes, part), _part(back, part)
            kernels.back_inputs(own, self._targets, at, ramp, weight, below[part])

        _share_out(work, _parts(len(below), GROUP), threads)
        return below

    def _prepare(self, passed: LayerPass, gradient: Array, rule: GradientRule) -> Back:
        """Return times and gradients as the kernels take them: what does not count has time 0 (ramp) or ``steps``."""
        fired = np.isfinite(passed.times)
        if self.plan.neuron == "step":
            times = np.where(fired, passed.times, np.float32(self.plan.steps))
            return Back(times, np.ascontiguousarray(gradient))
        slope = np.where(fired, np.maximum(passed.marks, np.float32(rule.min_slope)), np.float32(1))
        scaled = np.where(fired, gradient / slope, np.float32(0))
        return Back(np.where(fired, passed.times, np.float32(0)), scaled)

    def _rule(self, rule: GradientRule) -> Rule:
        """Return the rule as the kernels take it; the ramp's has no step kernel."""
        if self.plan.neuron == "ramp":
            return Rule(ramp=True, step_kernel=np.zeros(1, dtype=np.float32))
        given = default_step_kernel(self.plan.steps) if rule.step_kernel is None else rule.step_kernel
        return Rule(ramp=False, step_kernel=given)


def _part(arrays: _Arrays, samples: slice) -> _Arrays:
    """Return the arrays of some samples."""
    return type(arrays)(*(array[samples] for array in arrays))


def _targets(layer: WeightLayer) -> Targets:
    """Say which sites see an input neuron, and in which row of their window."""
    windows = layer.windows()
    sites, rows = np.nonzero(windows >= 0)
    inputs = windows[sites, rows]
    order = np.argsort(inputs, kind="stable")
    starts = np.searchsorted(inputs[order], np.arange(int(np.prod(layer.in_shape)) + 1))
    return Targets(starts.astype(np.int64), sites[order].astype(np.int32), rows[order].astype(np.int32))


def _parts(total: int, size: int) -> list[slice]:
    return [slice(start, min(start + size, total)) for start in range(0, total, size)]


def _share_out(work: Callable[[slice], None], parts: list[slice], threads: int) -> None:
    """Do all parts; the calling thread looks for Ctrl-C between them."""
    if threads == 1 or len(parts) < 2:
        for part in parts:
            work(part)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting = {pool.submit(work, part) for part in parts}
        try:
            while waiting:
                finished, waiting = wait(waiting, POLL_SECONDS, FIRST_COMPLETED)
                for future in finished:
                    future.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
