"""First-spike neurons with a window of time for each layer: matrix products instead of sorted events.

NumPy computes them whatever the backend, and the engine's name says so.

Layer ``n`` (from 1; pools have no window of their own) fires in ``[n, n + 1)``, when all spikes of the layer before have come. With
``e_i = n - t_i`` for inputs that fired, a neuron's potential is ``u_j = sum_i w_ij e_i`` when its window opens, and from there

* "falling": it rises by ``sum_i w_ij`` and its threshold falls by ``threshold`` a unit of time, to 0 at the window's end;
* "slope": it rises by ``threshold`` a unit of time, whatever came; the last row of the weights is added to ``u_j``.

Both reach the threshold at ``t_j = n + (threshold - u_j) / D_j``, with ``D_j = threshold + sum_i w_ij`` or ``threshold``. ``docs/numerics.md``
has the definition, ``docs/first_spike.md`` the sources.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.first_spike import Decisions, GradientRule, Gradients, LayerPasses, SpikePass, first_output_spike
from pysnn.errors import DataError
from pysnn.plan.first_spike import FirstSpikePlan, SpikeLayer, WeightLayer

__all__ = ["WindowedFirstSpike"]

Array = NDArray[Any]


@dataclass(eq=False)
class _Layer:
    """What the backward pass needs of one layer: input times, output times, marks ``u`` and rates ``D`` (none for a pool)."""

    inputs: Array
    times: Array
    marks: Array
    rates: Array | None = None


class _Pass(LayerPasses[_Layer]):
    """A mark is the potential with which the neuron's window opened, 0 for a silent neuron."""


class WindowedFirstSpike:
    """A plan of neurons "falling" or "slope", ready to run; float32 or float64 as the weights are."""

    name = "numpy"

    def __init__(self, plan: FirstSpikePlan) -> None:
        self.plan = plan
        self._windows = [layer.windows() for layer in plan.layers]
        self._opens = np.cumsum([isinstance(layer, WeightLayer) for layer in plan.layers])

    def forward(self, weights: Sequence[Array], times: Array, *, threads: int = 1) -> SpikePass:
        """Compute the spike times of every layer; threads are those of NumPy's matrix products."""
        passed = _Pass()
        for number, layer, weight in self._layers(weights):
            seen = _gather(times, self._windows[number])
            if weight is None:
                channels = layer.out_shape[2]
                out = seen.reshape(*seen.shape[:2], -1, channels).min(axis=2).reshape(len(times), -1)
                kept = _Layer(times, out, np.zeros_like(out))
            else:
                kept = _Layer(times, *self._fire(number, seen, weight))
            passed.layers.append(kept)
            times = kept.times
        return passed

    def backward(
        self, weights: Sequence[Array], passed: SpikePass, gradient: Array, *, rule: GradientRule, threads: int = 1
    ) -> Gradients:
        """Go back through the layers; a neuron that was above its threshold when its window opened has no gradient, or see the rule."""
        if not isinstance(passed, _Pass):
            raise DataError(f"backward: expected a pass of this engine, got {type(passed).__qualname__}")
        found = []
        for number, layer, weight in reversed(list(self._layers(weights))):
            kept = passed.layers[number]
            seen = _gather(kept.inputs, self._windows[number])
            if weight is None:
                by_seen = _back_pool(seen, kept.times, gradient)
            else:
                by_weight, by_seen = self._back(number, kept, weight=weight, seen=seen, gradient=gradient, rule=rule)
                found.append(by_weight)
            gradient = _scatter(by_seen, self._windows[number], layer)
        return Gradients(found[::-1], gradient if rule.inputs else None)

    def decide(self, weights: Sequence[Array], times: Array, *, threads: int = 1) -> Decisions:
        """Return the first output spikes; every earlier layer's window has passed by then."""
        passed = self.forward(weights, times)
        last = len(self.plan.layers) - 1
        return first_output_spike(self.plan, passed.times(last), passed.marks(last))

    def _layers(self, weights: Sequence[Array]) -> Iterator[tuple[int, SpikeLayer, Array | None]]:
        rest = iter(weights)
        for number, layer in enumerate(self.plan.layers):
            yield number, layer, next(rest) if isinstance(layer, WeightLayer) else None

    def _fire(self, number: int, seen: Array, weight: Array) -> tuple[Array, Array, Array]:
        """Return a layer's times and marks, ``(batch, size)``, and the rates ``D`` of its neurons, a site each."""
        layer, opens = self.plan.layers[number], self._opens[number]
        assert isinstance(layer, WeightLayer)
        early, fired = _earliness(seen, opens)
        threshold = np.asarray(layer.threshold, dtype=weight.dtype)
        if self.plan.neuron == "slope":
            potential = early @ weight[:-1] + weight[-1]
            rates = np.full_like(potential, threshold)
        else:
            potential = early @ weight
            rates = threshold + fired @ weight
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            wait = (threshold - potential) / rates
        above = potential >= threshold
        ends = np.inf if opens == self._opens[-1] else 1.0
        fires = above | ((rates > 0) & (wait < ends))
        times = np.where(fires, opens + np.where(above, 0, wait), np.inf).astype(weight.dtype)
        marks = np.where(fires, potential, 0)
        flat = (len(seen), -1)
        return times.reshape(flat), marks.reshape(flat), rates

    def _back(
        self, number: int, kept: _Layer, *, weight: Array, seen: Array, gradient: Array, rule: GradientRule
    ) -> tuple[Array, Array]:
        """Return the gradients by the weights and by the times that each site saw."""
        opens = self._opens[number]
        assert kept.rates is not None
        early, fired = _earliness(seen, opens)
        times = kept.times.reshape(kept.rates.shape)
        wait = np.where(np.isfinite(times), times - opens, 0)
        moves = np.isfinite(times) if rule.early_outputs and opens == self._opens[-1] else wait > 0
        floor = np.maximum(kept.rates, np.asarray(rule.min_slope, dtype=weight.dtype))
        scaled = np.where(moves, gradient.reshape(times.shape), 0) / np.where(moves, floor, 1)
        scaled = scaled.astype(weight.dtype)
        columns = (-1, weight.shape[1])
        flat = [array.reshape(-1, array.shape[-1]) for array in (early, fired)]
        by_weight = -(flat[0].T @ scaled.reshape(columns))
        if self.plan.neuron == "slope":
            by_weight = np.concatenate([by_weight, -scaled.reshape(columns).sum(axis=0, keepdims=True)])
            weight = weight[:-1]
        else:
            by_weight -= flat[1].T @ (scaled * wait).reshape(columns).astype(weight.dtype)
        return by_weight, np.asarray((scaled @ weight.T) * fired)


def _gather(times: Array, windows: Array) -> Array:
    """Return the times that each site sees, ``(batch, sites, rows)``; padding never spikes."""
    if len(windows) == 1 and windows.min() >= 0:
        return times[:, None, :]
    padded = np.concatenate([times, np.full((len(times), 1), np.inf, dtype=times.dtype)], axis=1)
    return padded[:, windows]


def _scatter(by_seen: Array, windows: Array, layer: SpikeLayer) -> Array:
    """Sum what every site says of its inputs, windows ascending in (ky, kx)."""
    height, width, channels = layer.in_shape
    if len(windows) == 1 and windows.min() >= 0:
        return np.asarray(by_seen[:, 0])
    out = np.zeros((len(by_seen), height * width * channels + 1), dtype=by_seen.dtype)
    for first in range(0, windows.shape[1], channels):
        # Through one place of the window, every site sees another input; the padding's sum is thrown away.
        out[:, windows[:, first : first + channels]] += by_seen[:, :, first : first + channels]
    return np.ascontiguousarray(out[:, :-1])


def _earliness(seen: Array, opens: int) -> tuple[Array, Array]:
    """Return how long before the window inputs fired (0 for silent ones), and which fired, as numbers."""
    fired = np.isfinite(seen)
    return np.where(fired, seen.dtype.type(opens) - seen, 0), fired.astype(seen.dtype)


def _back_pool(seen: Array, times: Array, gradient: Array) -> Array:
    """Hand each gradient to the earliest input, of equal ones the first in the window."""
    channels = times.shape[1] // seen.shape[1]
    split = seen.reshape(*seen.shape[:2], -1, channels)
    first = np.arange(split.shape[2])[:, None] == split.argmin(axis=2)[:, :, None]
    alive = np.where(np.isfinite(times), gradient, 0).reshape(len(seen), -1, 1, channels)
    return np.asarray((first * alive).astype(gradient.dtype).reshape(seen.shape))
