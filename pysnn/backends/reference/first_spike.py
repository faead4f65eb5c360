"""The definition of the first-spike engine: plain NumPy, one spike at a time, float32 or float64 as the weights are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.first_spike import (
    Decisions,
    GradientRule,
    Gradients,
    SpikePass,
    default_step_kernel,
    first_output_spike,
)
from pysnn.backends.reference.first_spike_neurons import back_ramp, back_step, fire_ramp, fire_step
from pysnn.plan.first_spike import FirstSpikePlan, PoolLayer, SpikeLayer, WeightLayer

__all__ = ["ReferenceFirstSpike", "ReferencePass"]

Array = NDArray[Any]

GROUP = 16
"""Samples whose gradients are summed before they are added to the rest, where a layer is not dense."""


@dataclass(frozen=True, eq=False)
class _Site:
    """One site in the backward pass: the spikes that reach it, and its neurons' spike times, marks, and gradients by these times.

    ``rows``: which row of the weights each spike meets.
    """

    times: Array
    rows: Array
    out: Array
    marks: Array
    gradient: Array


@dataclass(eq=False)
class ReferencePass:
    """Times and marks of every layer, and the input."""

    inputs: Array
    layer_times: list[Array] = field(default_factory=list)
    layer_marks: list[Array] = field(default_factory=list)

    def times(self, layer: int) -> Array:
        """See :class:`~pysnn.backends.first_spike.SpikePass`."""
        return self.layer_times[layer]

    def marks(self, layer: int) -> Array:
        """See :class:`~pysnn.backends.first_spike.SpikePass`."""
        return self.layer_marks[layer]

    def spikes(self, layer: int) -> NDArray[np.int64]:
        """See :class:`~pysnn.backends.first_spike.SpikePass`."""
        counts: NDArray[np.int64] = np.isfinite(self.times(layer)).sum(axis=0)
        return counts


class ReferenceFirstSpike:
    """A plan, ready to run."""

    name = "reference"

    def __init__(self, plan: FirstSpikePlan) -> None:
        self.plan = plan
        self._windows = [layer.windows() for layer in plan.layers]

    def forward(self, weights: Sequence[Array], times: Array, *, threads: int = 1) -> ReferencePass:
        """Compute the spike times of every layer."""
        passed = ReferencePass(times)
        below = times
        for layer, windows, weight in self._layers(weights):
            out = np.full((len(times), *layer.out_shape), np.inf, dtype=times.dtype)
            marks = np.zeros_like(out)
            for sample, spikes in enumerate(below):
                for site, window in enumerate(windows):
                    place = (sample, *divmod(site, layer.out_shape[1]))
                    if isinstance(layer, PoolLayer):
                        out[place] = _gather(spikes, window).reshape(-1, layer.in_shape[2]).min(axis=0)
                    else:
                        out[place], marks[place] = self._fire(layer, spikes, window, weight)
            below = out.reshape(len(times), -1)
            passed.layer_times.append(below)
            passed.layer_marks.append(marks.reshape(below.shape))
        return passed

    def backward(
        self, weights: Sequence[Array], passed: SpikePass, gradient: Array, *, rule: GradientRule, threads: int = 1
    ) -> Gradients:
        """Go back through the layers; see :class:`~pysnn.backends.first_spike.FirstSpikeEngine`."""
        assert isinstance(passed, ReferencePass)
        found = []
        for number, (layer, windows, weight) in reversed(list(enumerate(self._layers(weights)))):
            below = passed.inputs if number == 0 else passed.times(number - 1)
            to_inputs = np.zeros_like(below)
            to_weight, partial = np.zeros_like(weight), np.zeros_like(weight)
            for sample, spikes in enumerate(below):
                if sample % GROUP == 0 and isinstance(layer, WeightLayer) and not layer.dense:
                    to_weight, partial = to_weight + partial, np.zeros_like(weight)
                for site, window in enumerate(windows):
                    columns = slice(site * layer.out_shape[2], (site + 1) * layer.out_shape[2])
                    out, marks = passed.times(number)[sample, columns], passed.marks(number)[sample, columns]
                    if isinstance(layer, PoolLayer):
                        first, alive = _first_inputs(spikes, window, out)
                        to_inputs[sample, first[alive]] += gradient[sample, columns][alive]
                        continue
                    here = _Site(*_in_order(spikes, window), out, marks, gradient[sample, columns])
                    by_weight, by_time = self._back(here, weight[here.rows], rule)
                    partial[here.rows] += by_weight
                    to_inputs[sample, window[here.rows]] += by_time
            gradient = to_inputs
            if isinstance(layer, WeightLayer):
                found.append(to_weight + partial)
        return Gradients(found[::-1], gradient if rule.inputs else None)

    def decide(self, weights: Sequence[Array], times: Array, *, threads: int = 1) -> Decisions:
        """Compute everything, then look for the first output spike: the definition does not stop early."""
        passed = self.forward(weights, times)
        return first_output_spike(self.plan, passed.layer_times[-1], passed.layer_marks[-1])

    def _layers(self, weights: Sequence[Array]) -> Iterator[tuple[SpikeLayer, Array, Array]]:
        rest = iter(weights)
        for layer, windows in zip(self.plan.layers, self._windows, strict=True):
            yield layer, windows, next(rest) if isinstance(layer, WeightLayer) else np.zeros((0, 0))

    def _fire(self, layer: WeightLayer, spikes: Array, window: Array, weight: Array) -> tuple[Array, Array]:
        times, rows = _in_order(spikes, window)
        if self.plan.neuron == "ramp":
            return fire_ramp(times, weight[rows], layer.threshold)
        return fire_step(times, weight[rows], layer.threshold, self.plan.compare)

    def _back(self, site: _Site, weight: Array, rule: GradientRule) -> tuple[Array, Array]:
        """Return one site's share of the gradients, by the weights that its spikes meet and by their times."""
        if self.plan.neuron == "ramp":
            slope, least = site.marks, rule.min_slope
            return back_ramp(site.times, weight, out=site.out, slope=slope, gradient=site.gradient, min_slope=least)
        kernel = default_step_kernel(self.plan.steps) if rule.step_kernel is None else rule.step_kernel
        return back_step(site.times, weight, out=site.out, gradient=site.gradient, kernel=kernel)


def _gather(spikes: Array, window: Array) -> Array:
    """Times of a window's inputs; padding never spikes."""
    return np.where(window >= 0, spikes[window], np.inf).astype(spikes.dtype)


def _in_order(spikes: Array, window: Array) -> tuple[Array, Array]:
    """Spikes of a window in the order of (time, row): their times and rows."""
    times = _gather(spikes, window)
    rows = np.argsort(times, kind="stable")
    rows = rows[np.isfinite(times[rows])]
    return times[rows], rows


def _first_inputs(spikes: Array, window: Array, out: Array) -> tuple[Array, Array]:
    """Return the earliest input of each channel of a pool's window, of equal ones the first, and which channels spike at all."""
    channels = len(out)
    first = _gather(spikes, window).reshape(-1, channels).argmin(axis=0)
    return window.reshape(-1, channels)[first, np.arange(channels)], np.isfinite(out)
