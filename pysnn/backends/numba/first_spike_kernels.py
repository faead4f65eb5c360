"""Kernels of the first-spike engine: ranges of samples through one layer, forward and back."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.numba.jit import inlined, kernel

__all__ = [
    "Back",
    "Fired",
    "Neuron",
    "Rule",
    "Spikes",
    "Sum",
    "Targets",
    "back_inputs",
    "back_weights",
    "earliest",
    "fire",
    "sort_maps",
]

Array = NDArray[Any]

INF = np.float32(np.inf)
ZERO = np.float32(0)
GROUP = 64
LANES = 16


class Spikes(NamedTuple):
    """The spikes of each sample's map in the order of (time, index): times and inputs ``(batch, in_size)``, and how many there are."""

    times: Array
    inputs: Array
    counts: Array


class Targets(NamedTuple):
    """Which sites see an input neuron, and in which row of their window: those from ``starts[neuron]`` below ``starts[neuron + 1]``."""

    starts: Array
    site: Array
    row: Array


class Neuron(NamedTuple):
    """The kernel of a layer's neurons (ramp or step), whether they fire above their threshold only, and the threshold."""

    ramp: bool
    strict: bool
    threshold: Any


class Fired(NamedTuple):
    """What the neurons of a layer do, ``(batch, size)``: their spike times and marks."""

    times: Array
    marks: Array


class Back(NamedTuple):
    """Where a backward pass starts: spike times, with a number for silent neurons, and the gradients by them."""

    times: Array
    gradient: Array


class Rule(NamedTuple):
    """How a time depends on a weight: as the ramp's, or by the values of a step kernel."""

    ramp: bool
    step_kernel: Array


class Sum(NamedTuple):
    """The gradient by some columns of the weights: the first one, how many the layer has, and the sum so far."""

    first: int
    columns: int
    values: Array


@kernel
def sort_maps(times: Array, spikes: Spikes) -> None:
    """Sort the spikes of each map."""
    for sample in range(times.shape[0]):
        spiking = np.flatnonzero(times[sample] < INF)
        order = spiking[np.argsort(times[sample][spiking], kind="mergesort")]
        spikes.counts[sample] = len(order)
        for k in range(len(order)):
            spikes.times[sample, k] = times[sample, order[k]]
            spikes.inputs[sample, k] = order[k]


@inlined
def share_out(times: Array, inputs: Array, targets: Targets, sites: int) -> tuple[Array, Array, Array, Array]:
    """Share out spikes among sites, in order: where they start, times, rows, inputs."""
    starts, site_of, row_of = targets.starts, targets.site, targets.row
    first = np.zeros(sites + 1, np.int64)
    for k in range(len(times)):
        for t in range(starts[inputs[k]], starts[inputs[k] + 1]):
            first[site_of[t] + 1] += 1
    for site in range(sites):
        first[site + 1] += first[site]
    free = first[:-1].copy()
    time = np.empty(first[sites], np.float32)
    row = np.empty(first[sites], np.int32)
    source = np.empty(first[sites], np.int32)
    for k in range(len(times)):
        for t in range(starts[inputs[k]], starts[inputs[k] + 1]):
            place = free[site_of[t]]
            time[place], row[place], source[place] = times[k], row_of[t], inputs[k]
            free[site_of[t]] = place + 1
    return first, time, row, source


@inlined
def fire_ramp(time: Array, row: Array, weight: Array, threshold: Any, out: Array, marks: Array) -> None:
    """One site, ramp kernel. ``out`` holds ``inf`` and ``marks`` 0 before."""
    slope = np.zeros(len(out), np.float32)
    crossed = np.full(len(out), threshold, np.float32)
    waiting = len(out)
    for k in range(len(time)):
        now = time[k]
        values = weight[row[k]]
        for j in range(len(out)):
            slope[j] += values[j]
            crossed[j] += values[j] * now
        following = time[k + 1] if k + 1 < len(time) else INF
        if following > now:
            # A cheap look at all, with more room than rounding takes; the division is for those that may fire.
            reach = following * np.float32(1 + 2.0**-20)
            near = 0
            for j in range(len(out)):
                near += slope[j] * reach >= crossed[j]
            if near == 0:
                continue
            after = np.nextafter(now, INF)
            for j in range(len(out)):
                if slope[j] > ZERO and slope[j] * reach >= crossed[j]:
                    at = crossed[j] / slope[j]
                    if at <= following and at < INF:
                        out[j] = max(at, after)
                        marks[j] = slope[j]
                        crossed[j] = INF
                        waiting -= 1
            if waiting == 0:
                return


@inlined
def fire_step(time: Array, row: Array, weight: Array, threshold: Any, strict: bool, out: Array, marks: Array) -> None:
    """One site, step kernel."""
    potential = np.zeros(len(out), np.float32)
    waiting = len(out)
    for k in range(len(time)):
        values = weight[row[k]]
        for j in range(len(out)):
            potential[j] += values[j]
        if k + 1 == len(time) or time[k + 1] > time[k]:
            for j in range(len(out)):
                if potential[j] > threshold or (not strict and potential[j] == threshold):
                    out[j] = time[k]
                    marks[j] = potential[j]
                    potential[j] = -INF
                    waiting -= 1
            if waiting == 0:
                return


@kernel
def fire(spikes: Spikes, targets: Targets, weight: Array, neuron: Neuron, fired: Fired) -> None:
    """Compute a layer's spikes from its inputs'. ``fired`` holds ``inf`` and marks of 0 before."""
    columns = weight.shape[1]
    sites = fired.times.shape[1] // columns
    for sample in range(len(spikes.counts)):
        count = spikes.counts[sample]
        times, inputs = spikes.times[sample, :count], spikes.inputs[sample, :count]
        first, time, row, _ = share_out(times, inputs, targets, sites)
        for site in range(sites):
            out = fired.times[sample, site * columns : (site + 1) * columns]
            marks = fired.marks[sample, site * columns : (site + 1) * columns]
            part = slice(first[site], first[site + 1])
            if neuron.ramp:
                fire_ramp(time[part], row[part], weight, neuron.threshold, out, marks)
            else:
                fire_step(time[part], row[part], weight, neuron.threshold, neuron.strict, out, marks)


@kernel
def earliest(times: Array, windows: Array, channels: int, out: Array, first: Array) -> None:
    """Find the earliest spike of each window, and (in ``first``) the input that it is, -1 for none."""
    for sample in range(times.shape[0]):
        for site in range(windows.shape[0]):
            for tap in range(windows.shape[1]):
                source = windows[site, tap]
                neuron = site * channels + tap % channels
                if source >= 0 and times[sample, source] < out[sample, neuron]:
                    out[sample, neuron] = times[sample, source]
                    first[sample, neuron] = source


@inlined
def _by_weight(times: Array, rows: Array, back: Back, rule: Rule, to_weight: Array) -> None:
    """Add one site's share to the gradient by the weights of some columns."""
    last, gradient = back.times, back.gradient
    steps = len(rule.step_kernel) // 2
    latest = ZERO
    for j in range(len(last)):
        if gradient[j] != ZERO and last[j] > latest:
            latest = last[j]
    for k in range(len(times)):
        now = times[k]
        target = to_weight[rows[k]]
        if rule.ramp:
            if now >= latest:
                return
            for j in range(len(last)):
                target[j] += gradient[j] * (now - last[j]) if now < last[j] else ZERO
        else:
            for j in range(len(last)):
                target[j] += gradient[j] * rule.step_kernel[int(last[j]) - int(now) + steps]


@inlined
def _by_input(weight: Array, now: Any, back: Back, ramp: bool, lanes: Array) -> Any:
    """Return one spike's gradient by its time: groups of 64 columns, 16 lanes in each, lanes by halves."""
    last, gradient = back.times, back.gradient
    total = ZERO
    for first in range(0, len(last), GROUP):
        lanes[:] = ZERO
        for start in range(first, min(first + GROUP, len(last)), LANES):
            for j in range(start, min(start + LANES, len(last))):
                if now < last[j] or (now == last[j] and not ramp):
                    lanes[j - start] += gradient[j] * weight[j]
        half = LANES // 2
        while half > 0:
            for lane in range(half):
                lanes[lane] += lanes[lane + half]
            half //= 2
        total += lanes[0]
    return total


@kernel
def back_weights(spikes: Spikes, targets: Targets, back: Back, rule: Rule, total: Sum) -> None:
    """Add the gradient by some columns of the weights."""
    sites = back.times.shape[1] // total.columns
    for sample in range(len(spikes.counts)):
        count = spikes.counts[sample]
        times, inputs = spikes.times[sample, :count], spikes.inputs[sample, :count]
        first, time, row, _ = share_out(times, inputs, targets, sites)
        for site in range(sites):
            start = site * total.columns + total.first
            range_ = slice(start, start + total.values.shape[1])
            part = slice(first[site], first[site + 1])
            at = Back(back.times[sample, range_], back.gradient[sample, range_])
            _by_weight(time[part], row[part], at, rule, total.values)


@kernel
def back_inputs(spikes: Spikes, targets: Targets, back: Back, ramp: bool, weight: Array, to_inputs: Array) -> None:
    """Compute the gradient by the input times."""
    columns = weight.shape[1]
    sites = back.times.shape[1] // columns
    lanes = np.zeros(LANES, np.float32)
    for sample in range(len(spikes.counts)):
        count = spikes.counts[sample]
        times, inputs = spikes.times[sample, :count], spikes.inputs[sample, :count]
        first, time, row, source = share_out(times, inputs, targets, sites)
        for site in range(sites):
            range_ = slice(site * columns, (site + 1) * columns)
            at = Back(back.times[sample, range_], back.gradient[sample, range_])
            for k in range(first[site], first[site + 1]):
                to_inputs[sample, source[k]] += _by_input(weight[row[k]], time[k], at, ramp, lanes)
