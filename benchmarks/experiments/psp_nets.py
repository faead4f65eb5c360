"""First-spike networks with other postsynaptic potentials, in plain NumPy: to compare kernels, not to be fast.

``V_j(t) = sum_i w_ij kernel(t - t_i)``; a neuron fires once, when V first reaches 1. With ``s = t - t_i``:

* "ramp": ``s`` (ReL-PSP);
* "exponential": ``4 (exp(-s / tau) - exp(-2 s / tau))``, tau = 0.5 / log 2: a rising and a falling exponential, with a peak of 1 at s = 0.5;
* "alpha": ``s / tau exp(1 - s / tau)``, tau = 0.5: the same peak.

Gradients are exact: ``dt_j/dw_ij = -kernel(t_j - t_i) / V'`` and ``dt_j/dt_i = w_ij kernel'(t_j - t_i) / V'`` with V' at t_j.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["KERNELS", "Kernel", "Passed", "backward", "forward"]

Array = NDArray[Any]

PEAK = 0.5
_FALL = PEAK / np.log(2)
_HALVINGS = 60


@dataclass(frozen=True)
class Kernel:
    """A kernel, its derivative, and when a potential crosses 1.

    ``crossing(times, weights)``: input times ascending ``(batch, inputs)``, their weights ``(batch, inputs, neurons)``, 0 for silent
    inputs; for each input the first crossing between it and the next one, ``inf`` for none.
    """

    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    crossing: Callable[[Array, Array], Array]


@dataclass(frozen=True, eq=False)
class Passed:
    """A layer's input and output times."""

    inputs: Array
    times: Array


def forward(kernel: Kernel, weights: Sequence[Array], times: Array) -> list[Passed]:
    """Return every layer's times; ``weights``: ``(inputs, neurons)`` each."""
    passed = []
    for weight in weights:
        # Silent inputs stand last: what is silent in the whole batch is left out.
        most = max(1, int(np.isfinite(times).sum(axis=1).max()))
        order = np.argsort(times, axis=1, kind="stable")[:, :most]
        ordered = np.take_along_axis(times, order, axis=1)
        spiking = np.isfinite(ordered)
        chosen = np.where(spiking[:, :, None], weight[order], 0)
        crossed = kernel.crossing(np.where(spiking, ordered, np.inf), chosen)
        passed.append(Passed(times, crossed.min(axis=1)))
        times = passed[-1].times
    return passed


def backward(kernel: Kernel, weights: Sequence[Array], passed: Sequence[Passed], gradient: Array) -> list[Array]:
    """Return each sample's gradient by every weight, ``(batch, inputs, neurons)`` a layer, from that by the output times."""
    found = []
    for weight, layer in zip(reversed(weights), reversed(passed), strict=True):
        fired = np.isfinite(layer.times)
        last = np.where(fired, layer.times, 0)[:, None, :]
        since = last - np.where(np.isfinite(layer.inputs), layer.inputs, np.inf)[:, :, None]
        causal = (since > 0) & fired[:, None, :]
        since = np.where(causal, since, 0)
        by_time = np.where(causal, weight * kernel.slope(since), 0)
        speed = by_time.sum(axis=1, keepdims=True)
        scaled = np.where(fired & (speed[:, 0] > 0), gradient, 0)[:, None, :] / np.where(speed > 0, speed, 1)
        found.append(np.where(causal, -kernel.value(since) * scaled, 0))
        gradient = (by_time * scaled).sum(axis=2)
    return found[::-1]


def _following(times: Array) -> Array:
    """Return when the next input comes, for each; one that comes at the same time leaves no room between them."""
    return np.concatenate([times[:, 1:], np.full((len(times), 1), np.inf)], axis=1)[:, :, None]


def _sums(times: Array, weights: Array, *factors: Array) -> list[Array]:
    """Sum weights times factors over the inputs so far; silent inputs have a factor of 0."""
    spiking = np.isfinite(times)
    return [np.cumsum(weights * np.where(spiking, factor, 0)[:, :, None], axis=1) for factor in factors]


def _finite(times: Array) -> Array:
    return np.where(np.isfinite(times), times, 0)


@np.errstate(divide="ignore", invalid="ignore")
def _cross_ramp(times: Array, weights: Array) -> Array:
    rate, offset = _sums(times, weights, np.ones_like(times), _finite(times))
    at = (1 + offset) / rate
    return np.where((rate > 0) & (at > times[:, :, None]) & (at <= _following(times)), at, np.inf)


@np.errstate(divide="ignore", invalid="ignore")
def _cross_exponential(times: Array, weights: Array) -> Array:
    """With ``u = exp(-t / tau)``, ``V = 4 (a u - b u^2)``: of the roots of V = 1 the larger u is the earlier time."""
    grown = np.exp(_finite(times) / _FALL)
    a, b = _sums(times, weights, grown, grown**2)
    root = (a + np.sqrt(a**2 - b)) / (2 * b)
    at = -_FALL * np.log(root)
    return np.where((b > 0) & (root > 0) & (at > times[:, :, None]) & (at <= _following(times)), at, np.inf)


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def _cross_alpha(times: Array, weights: Array) -> Array:
    """``V = e / tau (a t - b) exp(-t / tau)`` rises up to its one peak at ``tau + b / a``: halve the stretch before it."""
    grown = np.exp(_finite(times) / PEAK)
    a, b = _sums(times, weights, grown, grown * _finite(times))
    low = np.broadcast_to(times[:, :, None], a.shape)
    high = np.minimum(PEAK + b / a, _following(times))
    there = (a > 0) & (high > low) & np.isfinite(high)

    def potential(at: Array, where: Any) -> Array:
        return np.asarray(np.e / PEAK * (a[where] * at - b[where]) * np.exp(-at / PEAK))

    there[there] = potential(high[there], there) >= 1
    # Only a neuron's first crossing is asked for.
    there &= np.cumsum(there, axis=1) == 1
    below, above = low[there], high[there]
    for _ in range(_HALVINGS):
        middle = (below + above) / 2
        reached = potential(middle, there) >= 1
        below, above = np.where(reached, below, middle), np.where(reached, middle, above)
    found = np.full(a.shape, np.inf)
    found[there] = above
    return found


def _alpha(s: Array) -> Array:
    return np.asarray(s / PEAK * np.exp(1 - s / PEAK))


KERNELS: dict[str, Kernel] = {
    "ramp": Kernel(lambda s: s, np.ones_like, _cross_ramp),
    "exponential": Kernel(
        lambda s: 4 * (np.exp(-s / _FALL) - np.exp(-2 * s / _FALL)),
        lambda s: 4 / _FALL * (2 * np.exp(-2 * s / _FALL) - np.exp(-s / _FALL)),
        _cross_exponential,
    ),
    "alpha": Kernel(_alpha, lambda s: (1 - s / PEAK) / PEAK * np.exp(1 - s / PEAK), _cross_alpha),
}
"""Every kernel by name."""
