"""Whole steps of plain networks as compiled code: the operations of the reference in its order."""

from typing import Any

import numpy as np

from pysnn.backends.numba.jit import kernel
from pysnn.plastic.engines.numba.kernels import deliver, gain, integrate, lose, poisson
from pysnn.plastic.tables import FLUSH

__all__ = ["run_steps"]

_ZERO = np.float32(0)
_LEAST = np.float32(FLUSH)


@kernel
def run_steps(steps: Any, first: Any, learn: Any, populations: Any, projections: Any, spikes: Any, room: Any) -> None:
    """Run some steps; spikes and counts come into ``spikes``. The arguments are those that ``WholeRun`` makes."""
    places, neurons, sources = populations
    wires, synapses, traces, tables = projections
    ring, lengths, counts = spikes
    v, until, input_e, input_i = neurons
    nothing = v[:0]
    for n in range(first, first + steps):
        slot = n % len(ring)
        _renew(wires, traces, tables, n)
        for p in range(len(places)):
            if places[p, 0] == 0:
                lengths[slot, p] = _emit(places[p], sources, p, ring[slot])
        for k in range(len(wires)):
            back = (n - wires[k, 2]) % len(ring)
            begin = places[wires[k, 0], 1]
            _arrive(wires[k], ring[back, begin : begin + lengths[back, wires[k, 0]]], synapses, traces, tables, k, n, learn,
                    (input_i if wires[k, 3] else input_e)[places[wires[k, 1], 1] :], room, counts[k])  # fmt: skip
        for p in range(len(places)):
            begin, end = places[p, 1], places[p, 1] + places[p, 2]
            if places[p, 0] == 1:
                state = (v[begin:end], until[begin:end], nothing, nothing)
                inputs = (input_e[begin:end], input_i[begin:end])
                lengths[slot, p] = integrate(
                    0, sources[0][p], state, inputs, nothing, _ZERO, n, places[p, 3], ring[slot, begin:end]
                )
            counts[len(wires) + p, 0] += lengths[slot, p]
        for k in range(len(wires)):
            begin = places[wires[k, 1], 1]
            if wires[k, 4]:
                _post(
                    wires[k],
                    ring[slot, begin : begin + lengths[slot, wires[k, 1]]],
                    synapses,
                    traces,
                    tables,
                    k,
                    n,
                    learn,
                    room,
                    counts[k],
                )


@kernel
def _renew(wires: Any, traces: Any, tables: Any, n: Any) -> None:
    for k in range(len(wires)):
        for side in range(2):
            if wires[k, 4] and n > 0 and n & wires[k, 13 + side] == 0:
                begin = wires[k, 9 + side]
                for at in range(begin, begin + wires[k, 15 + side]):
                    z = traces[side][at] * tables[2][k, side]
                    traces[side][at] = z if abs(z) >= _LEAST else _ZERO


@kernel
def _emit(place: Any, sources: Any, p: Any, out: Any) -> int:
    _, draws, gaps, key = sources
    begin = place[1]
    return poisson(
        draws[p],
        gaps[place[4] : place[4] + place[5]],
        place[2],
        np.uint64(place[6]),
        key,
        out[begin : begin + place[2]],
    )


@kernel
def _arrive(
    wire: Any,
    arrivals: Any,
    synapses: Any,
    traces: Any,
    tables: Any,
    k: Any,
    n: Any,
    learn: Any,
    sums: Any,
    room: Any,
    counts: Any,
) -> None:
    row, _, to, _, _, w = synapses
    row, to, w = row[wire[5] :], to[wire[7] :], w[wire[7] :]
    for i in arrivals:
        counts[0] += row[i + 1] - row[i]
        if wire[4] and learn:
            counts[1] += row[i + 1] - row[i]
    if not wire[4]:
        deliver(arrivals, row, to, w, sums)
        return
    x, y = traces[0][wire[9] :], traces[1][wire[10] :]
    if learn:
        room[: arrivals.size] = tables[3][k, 0] * tables[1][wire[12] + (n & wire[14])]
        lose(arrivals, room, row, to, w, sums, y)
    else:
        deliver(arrivals, row, to, w, sums)
    up = tables[0][wire[11] + (n & wire[13])]
    for i in arrivals:
        x[i] += up


@kernel
def _post(
    wire: Any, fired: Any, synapses: Any, traces: Any, tables: Any, k: Any, n: Any, learn: Any, room: Any, counts: Any
) -> None:
    _, col, _, source, place, w = synapses
    x, y = traces[0][wire[9] :], traces[1][wire[10] :]
    if learn:
        col = col[wire[6] :]
        for j in fired:
            counts[2] += col[j + 1] - col[j]
        room[: fired.size] = tables[3][k, 1] * tables[1][wire[11] + (n & wire[13])]
        gain(fired, room, col, source[wire[8] :], place[wire[8] :], w[wire[7] :], x, tables[3][k, 2])
    up = tables[0][wire[12] + (n & wire[14])]
    for j in fired:
        y[j] += up
