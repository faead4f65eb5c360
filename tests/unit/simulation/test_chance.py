"""The random generator, Poisson coding, and what a run may be split into."""

import itertools
from typing import Any

import numpy as np
import pytest

import pysnn
from pysnn import IF, LIF, Conv2d, Flatten, Input, Linear, MaxPool2d, Network, Output
from pysnn.backends import available_backends
from pysnn.random import philox, poisson_spikes
from pysnn.simulation.result import Result

backends = pytest.mark.parametrize("backend", available_backends())
SEEN = Network.chain({"in": Input((2, 3, 2)), "n": IF(1.0), "out": Output("count")})


def rounds(counter: tuple[int, ...], key: tuple[int, ...]) -> list[int]:
    """Philox4x32-10 in Python integers, straight from the paper."""
    a, b, c, d = counter
    k, m = key
    for _ in range(10):
        p, q = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (q >> 32) ^ b ^ k, q & 0xFFFFFFFF, (p >> 32) ^ d ^ m, p & 0xFFFFFFFF
        k, m = (k + 0x9E3779B9) & 0xFFFFFFFF, (m + 0xBB67AE85) & 0xFFFFFFFF
    return [a, b, c, d]


def words(counter: tuple[int, ...], seed: int) -> list[int]:
    c = tuple(np.array([word], dtype=np.uint64) for word in counter)
    return [int(word[0]) for word in philox((c[0], c[1], c[2], c[3]), seed)]


def test_known_answers() -> None:
    """The generator's published test vectors."""
    ones = 0xFFFFFFFF
    assert words((0, 0, 0, 0), 0) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    assert words((ones,) * 4, ones << 32 | ones) == [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]
    digits_of_pi = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344)
    assert words(digits_of_pi, 0x299F31D0 << 32 | 0xA4093822) == [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]


@pytest.mark.parametrize("seed", [0, 1, 0xDEADBEEF12345678, 2**64 - 1])
def test_against_plain_integers(seed: int) -> None:
    for counter in ((0, 1, 2, 3), (2**32 - 1, 7, 0, 0), (123456789, 2**22, 2**31, 0)):
        assert words(counter, seed) == rounds(counter, (seed & 0xFFFFFFFF, seed >> 32))


@backends
def test_an_input_spikes_where_its_word_is_below_its_rate(backend: str) -> None:
    seed = 0x0123456789ABCDEF
    rates = np.random.default_rng(0).random((3, 2, 3, 2)).astype(np.float32)
    result = pysnn.run(SEEN, rates, steps=9, coding="poisson", seed=seed, backend=backend, record=["n"])
    for t, b, i in itertools.product(range(9), range(3), range(12)):
        word = rounds((i, t // 4, b, 0), (seed & 0xFFFFFFFF, seed >> 32))[t % 4]
        spike = word < int(float(rates[b].ravel()[i]) * 2**32)
        assert result.spikes["n"][t, b].ravel()[i] == spike


@backends
def test_rates_of_nothing_and_of_certainty(backend: str) -> None:
    rates = np.stack([np.zeros((2, 3, 2)), np.ones((2, 3, 2))])
    result = pysnn.run(SEEN, rates, steps=100, coding="poisson", backend=backend)
    assert result.scores.tolist() == [[[0.0] * 12, [100.0] * 12]]


@backends
def test_bytes_are_rates_over_255(backend: str) -> None:
    data = np.full((1, 2, 3, 2), 51, dtype=np.uint8)
    by_bytes, by_rate = (
        pysnn.run(SEEN, x, steps=50, coding="poisson", backend=backend).scores
        for x in (data, data.astype(np.float32) / np.float32(255))
    )
    np.testing.assert_array_equal(by_bytes, by_rate)


def test_spikes_have_their_rate_and_no_memory() -> None:
    rates = np.full((200, 50), 0.3, dtype=np.float32)[:, :, None, None]
    trains = np.stack([poisson_spikes(rates, 1, 0, t) for t in range(40)]).reshape(40, -1).astype(float)
    deviation = np.sqrt(0.3 * 0.7 / trains.size)
    assert abs(trains.mean() - 0.3) < 4 * deviation
    between = np.mean((trains[1:] - 0.3) * (trains[:-1] - 0.3)) / 0.21
    across = np.mean((trains[:, 1:] - 0.3) * (trains[:, :-1] - 0.3)) / 0.21
    assert abs(between) < 4 / np.sqrt(trains[1:].size)
    assert abs(across) < 4 / np.sqrt(trains[:, 1:].size)


@backends
def test_seeds_and_samples_differ(backend: str) -> None:
    rates = np.full((2, 2, 3, 2), 0.5)
    a, b = (
        pysnn.run(SEEN, rates, steps=32, coding="poisson", seed=seed, record=["n"], backend=backend).spikes["n"]
        for seed in (1, 2)
    )
    assert (a != b).any()
    assert (a[:, 0] != a[:, 1]).any()


@backends
def test_the_batch_size_changes_nothing(backend: str) -> None:
    rates = np.random.default_rng(1).random((7, 2, 3, 2))
    whole = pysnn.run(SEEN, rates, steps=11, coding="poisson", backend=backend).scores
    for size in (1, 2, 3, 7):
        part = pysnn.run(SEEN, rates, steps=11, coding="poisson", batch_size=size, backend=backend).scores
        np.testing.assert_array_equal(part, whole)


DEEP = Network.chain(
    {
        "in": Input((1, 4, 4)),
        "conv": Conv2d(np.random.default_rng(2).normal(size=(3, 1, 3, 3)), padding=1),
        "a": LIF(0.5, tau=8.0),
        "max": MaxPool2d(2),
        "flat": Flatten(),
        "fc": Linear(np.random.default_rng(3).normal(size=(5, 12)), np.full(5, 0.1)),
        "b": IF(1.0, reset="zero"),
        "out": Output("first_spike"),
    }
)


def whole_and_parts(cuts: tuple[int, ...], coding: Any, **options: Any) -> tuple[Result, list[Result]]:
    rng = np.random.default_rng(4)
    total = sum(cuts)
    data = rng.integers(0, 2, (total, 3, 1, 4, 4)) if coding == "spikes" else rng.random((3, 1, 4, 4))
    settings = {"coding": coding, "dt": 1.0, "record": ["b"], "record_potentials": ["a"], **options}
    parts, state, start = [], None, 0
    for cut in cuts:
        piece = data[start : start + cut] if coding == "spikes" else data
        parts.append(pysnn.run(DEEP, piece, steps=cut, state=state, **settings))
        state, start = parts[-1].state, start + cut
    return pysnn.run(DEEP, data, steps=total, **settings), parts


@backends
@pytest.mark.parametrize("precision", ["float32", "int8"])
@pytest.mark.parametrize("coding", ["constant", "poisson", "spikes"])
def test_ten_steps_and_twenty_two_are_thirty_two(backend: str, precision: str, coding: str) -> None:
    whole, parts = whole_and_parts((10, 22), coding, backend=backend, precision=precision)
    assert parts[-1].state.steps == 32
    np.testing.assert_array_equal(parts[-1].scores, whole.scores)
    for recorded in ("spikes", "potentials"):
        for name, array in getattr(whole, recorded).items():
            np.testing.assert_array_equal(np.concatenate([getattr(part, recorded)[name] for part in parts]), array)
    summed = sum(part.counts[-1, :, :6] for part in parts)
    np.testing.assert_array_equal(summed, whole.counts[-1, :, :6])


@backends
def test_a_run_leaves_the_state_it_was_given_as_it_was(backend: str) -> None:
    _, parts = whole_and_parts((4, 3), "constant", backend=backend)
    before = {name: array.copy() for name, array in parts[0].state.arrays.items()}
    again = pysnn.run(DEEP, np.ones((3, 1, 4, 4)), steps=5, dt=1.0, state=parts[0].state, backend=backend)
    assert again.state.steps == 9
    for name, array in before.items():
        np.testing.assert_array_equal(parts[0].state.arrays[name], array)


@backends
def test_without_a_state_every_run_starts_afresh(backend: str) -> None:
    simulator = pysnn.Simulator(DEEP, backend=backend, dt=1.0)
    x = np.random.default_rng(6).random((2, 1, 4, 4))
    first, second = simulator.run(x, steps=7), simulator.run(x, steps=7)
    np.testing.assert_array_equal(first.scores, second.scores)


@backends
@pytest.mark.parametrize("readout", ["mean_current", "potential", "count", "first_spike"])
def test_every_read_is_the_prefix_of_one_run(backend: str, readout: str) -> None:
    net = DEEP.replace({"out": Output(readout)})
    x = np.random.default_rng(7).random((2, 1, 4, 4))
    steps = [1, 2, 31, 32, 33, 64, 70]
    together = pysnn.run(net, x, steps=steps, dt=1.0, backend=backend)
    for i, alone in enumerate(steps):
        result = pysnn.run(net, x, steps=alone, dt=1.0, backend=backend)
        np.testing.assert_array_equal(result.scores[0], together.scores[i])
        np.testing.assert_array_equal(result.counts[0], together.counts[i])


@backends
def test_progress_comes_to_the_end(backend: str) -> None:
    seen: list[tuple[int, int]] = []
    pysnn.run(SEEN, np.ones((5, 2, 3, 2)), steps=4, batch_size=2, backend=backend, progress=lambda *at: seen.append(at))
    assert seen[-1] == (5, 5)
    assert {(2, 5), (4, 5)} <= set(seen)
    assert seen == sorted(seen)


@backends
def test_an_error_in_progress_comes_through(backend: str) -> None:
    def stop(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pysnn.run(SEEN, np.ones((5, 2, 3, 2)), steps=4, batch_size=2, backend=backend, progress=stop)
