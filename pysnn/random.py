"""The counter-based generator of running networks: Philox4x32-10 (Salmon et al., SC 2011), in NumPy."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["philox", "poisson_spikes"]

_ROUNDS = 10
_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)

Words = NDArray[np.uint64]


def philox(counter: tuple[Words, Words, Words, Words], seed: int) -> tuple[Words, Words, Words, Words]:
    """Return four 32-bit words (held in uint64) for each counter; the key is the seed's low and high 32 bits.

    Examples
    --------
    >>> zero = np.zeros(1, dtype=np.uint64)
    >>> [hex(int(word[0])) for word in philox((zero, zero, zero, zero), seed=0)]
    ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    c0, c1, c2, c3 = counter
    for turn in range(_ROUNDS):
        key = [np.uint64(((seed >> (32 * i)) + turn * weyl) & 0xFFFFFFFF) for i, weyl in enumerate(_WEYL)]
        a, b = _MULTIPLIERS[0] * c0, _MULTIPLIERS[1] * c2
        c0, c1, c2, c3 = (b >> _HALF) ^ c1 ^ key[0], b & _LOW, (a >> _HALF) ^ c3 ^ key[1], a & _LOW
    return c0, c1, c2, c3


def poisson_spikes(rates: NDArray[np.float32], seed: int, first_sample: int, step: int) -> NDArray[np.uint8]:
    """Return the spikes of one step, uint8, for rates ``(batch, C, H, W)`` in 0..1.

    Examples
    --------
    >>> poisson_spikes(np.ones((1, 2, 1, 1), dtype=np.float32), seed=1, first_sample=0, step=0).ravel().tolist()
    [1, 1]
    """
    flat = rates.reshape(rates.shape[0], -1)
    neuron, sample = np.meshgrid(
        np.arange(flat.shape[1], dtype=np.uint64), np.arange(flat.shape[0], dtype=np.uint64) + np.uint64(first_sample)
    )
    words = philox((neuron, np.full_like(neuron, step // 4), sample & _LOW, np.zeros_like(neuron)), seed)
    below = np.floor(flat.astype(np.float64) * 2.0**32).astype(np.uint64)
    return (words[step % 4] < below).astype(np.uint8).reshape(rates.shape)
