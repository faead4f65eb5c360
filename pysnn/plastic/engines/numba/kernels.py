"""Compiled loops over rows, columns and cells: the operations of the reference in its order."""

from typing import Any

import numpy as np

from pysnn.backends.numba.jit import inlined, kernel

__all__ = ["columns", "deliver", "gain", "integrate", "lose", "poisson", "rows"]

_ZERO = np.float32(0)
_ONE = np.float32(1)
_PART = np.float32(2.0**-13)


@inlined
def _factor(w: Any, dependence: Any, exponents: Any, mantissas: Any, w_max: Any, inverse: Any) -> Any:
    if dependence == 0:
        return _ONE
    q = w * inverse if dependence == 1 else (w_max - w) * inverse
    if mantissas.size == 0:
        return q
    bits = np.uint32(np.float32(q).view(np.uint32))
    at = (bits >> np.uint32(13)) & np.uint32(1023)
    low = mantissas[at]
    line = low + np.float32(bits & np.uint32(0x1FFF)) * _PART * (mantissas[at + 1] - low)
    return exponents[bits >> np.uint32(23)] * line


@inlined
def _changed(w: Any, given: Any, offset: Any, by: Any, tables: Any, bounds: Any) -> Any:
    w_max, inverse = bounds[0], bounds[1]
    share = _factor(w, by[0], tables[0], tables[1], w_max, inverse)
    if by[1]:
        w = min(max(w + given * share, _ZERO), w_max)
        return min(max(w + offset * share, _ZERO), w_max)
    return min(max(w + (given + offset) * share, _ZERO), w_max)


@kernel
def deliver(arrivals: Any, row: Any, to: Any, w: Any, sums: Any) -> None:
    """Add the rows of arrivals to sums."""
    for i in arrivals:
        for k in range(row[i], row[i + 1]):
            sums[to[k]] += w[k]


@kernel
def lose(arrivals: Any, scales: Any, row: Any, to: Any, w: Any, sums: Any, y: Any) -> None:
    """Deliver, and lower weights by a rule that depends on nothing else."""
    for a in range(arrivals.size):
        i, scale = arrivals[a], scales[a]
        for k in range(row[i], row[i + 1]):
            j = to[k]
            sums[j] += w[k]
            w[k] = max(w[k] + scale * y[j], _ZERO)


@kernel
def gain(fired: Any, scales: Any, col: Any, source: Any, place: Any, w: Any, x: Any, w_max: Any) -> None:
    """Raise weights by a rule that depends on nothing else."""
    for f in range(fired.size):
        j, scale = fired[f], scales[f]
        for k in range(col[j], col[j + 1]):
            p = place[k]
            w[p] = min(w[p] + scale * x[source[k]], w_max)


@kernel
def rows(
    arrivals: Any, scales: Any, synapses: Any, sums: Any, y: Any, seen: Any, by: Any, tables: Any, bounds: Any
) -> None:
    """Deliver, and let each arrival change its row; ``seen``: latest arrivals and post spikes, empty where the rule does not ask."""
    row, to, w, c = synapses
    last_pre, last_post = seen
    for a in range(arrivals.size):
        i, scale = arrivals[a], scales[a]
        since = max(last_pre[i], 0) if last_pre.size else 0
        for k in range(row[i], row[i + 1]):
            j = to[k]
            sums[j] += w[k]
            other = _ZERO if last_post.size and last_post[j] < since else y[j]
            if c.size:
                c[k] += scale * other + bounds[2]
            else:
                w[k] = _changed(w[k], scale * other, bounds[2], by, tables, bounds)


@kernel
def columns(
    fired: Any, scales: Any, synapses: Any, w: Any, c: Any, x: Any, seen: Any, by: Any, tables: Any, bounds: Any
) -> None:
    """Let each spike of a target change its column."""
    col, source, place = synapses
    last_pre, last_post = seen
    for f in range(fired.size):
        j, scale = fired[f], scales[f]
        since = last_post[j] + by[2] if last_post.size else 0
        for k in range(col[j], col[j + 1]):
            i, p = source[k], place[k]
            other = _ZERO if last_pre.size and last_pre[i] < since else x[i]
            if c.size:
                c[p] += scale * other + bounds[2]
            else:
                w[p] = _changed(w[p], scale * other, bounds[2], by, tables, bounds)


@kernel
def integrate(
    kind: Any, constants: Any, state: Any, inputs: Any, rise: Any, scale: Any, step: Any, refractory: Any, fired: Any
) -> int:
    """Go one step on; return how many cells fire, their numbers in ``fired``."""
    leak, gain_, drive, threshold, reset = constants[0], constants[1], constants[2], constants[3], constants[4]
    decay_e, decay_i, reversal_e, reversal_i = constants[5], constants[6], constants[7], constants[8]
    v, until, slow_e, slow_i = state
    input_e, input_i = inputs
    count = 0
    for k in range(v.size):
        if kind == 0:
            v_next = leak * v[k] + (input_e[k] - input_i[k]) + drive
        else:
            slow_e[k] = decay_e * slow_e[k] + input_e[k]
            slow_i[k] = decay_i * slow_i[k] + input_i[k]
            e, i = slow_e[k], slow_i[k]
            if kind == 1:
                v_next = leak * v[k] + gain_ * (e - i) + drive
            else:
                v_next = (v[k] + gain_ * ((e * reversal_e + i * reversal_i) + drive)) / (
                    _ONE + gain_ * (_ONE + (e + i))
                )
        input_e[k] = _ZERO
        input_i[k] = _ZERO
        if until[k] <= step:
            v[k] = v_next
            limit = threshold + scale * rise[k] if rise.size else threshold
            if v_next >= limit:
                v[k] = reset
                until[k] = step + 1 + refractory
                fired[count] = k
                count += 1
    return count


@inlined
def _word(draw: Any, stream: Any, key: Any) -> Any:
    mask = np.uint64(0xFFFFFFFF)
    block = np.uint64(draw) >> np.uint64(2)
    c0, c1, c2, c3 = block & mask, block >> np.uint64(32), np.uint64(18), stream
    k0, k1 = key[0], key[1]
    for _ in range(10):
        a, b = np.uint64(0xD2511F53) * c0, np.uint64(0xCD9E8D57) * c2
        c0, c1, c2, c3 = (b >> np.uint64(32)) ^ c1 ^ k0, b & mask, (a >> np.uint64(32)) ^ c3 ^ k1, a & mask
        k0, k1 = (k0 + np.uint64(0x9E3779B9)) & mask, (k1 + np.uint64(0xBB67AE85)) & mask
    place = draw & 3
    if place == 0:
        return c0
    if place == 1:
        return c1
    return c2 if place == 2 else c3


@kernel
def poisson(draws: Any, gaps: Any, size: Any, stream: Any, key: Any, out: Any) -> int:
    """Put the spikes of a step into ``out``; return how many there are. ``draws``: words taken, place of the next spike."""
    count, whole = 0, gaps.size
    while draws[1] < size:
        out[count] = draws[1]
        count += 1
        draws[1] += 1
        while True:
            word = _word(draws[0], stream, key)
            draws[0] += 1
            at = np.searchsorted(gaps, word, side="right")
            draws[1] += at
            if at < whole:
                break
    draws[1] -= size
    return count
