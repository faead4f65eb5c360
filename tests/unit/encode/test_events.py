"""Given spikes: lists, dense arrays and events say the same, in any order."""

import numpy as np
import pytest

import pysnn
from pysnn import Events, Input, Network, Output
from pysnn.backends import available_backends
from pysnn.encode.batch import checked_data, input_values

backends = pytest.mark.parametrize("backend", available_backends())
NET = Network.chain({"in": Input((2, 2, 3)), "n": pysnn.IF(3.0), "out": Output("potential")})


def dense(seed: int, most: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.integers(1, most + 1, (6, 3, 2, 2, 3)) * (rng.random((6, 3, 2, 2, 3)) < 0.3)).astype(np.uint8)


@backends
def test_the_same_spikes_in_three_forms(backend: str) -> None:
    spikes = dense(0)
    events = Events.from_dense(spikes)
    lists = [np.nonzero(spikes[:, b].reshape(6, -1)) for b in range(3)]
    repeats = [spikes[:, b].reshape(6, -1)[t, i] for b, (t, i) in enumerate(lists)]
    pairs = [(np.repeat(t, n), np.repeat(i, n)) for (t, i), n in zip(lists, repeats, strict=True)]
    shuffle = np.random.default_rng(1).permutation(len(events.sample))
    shuffled = Events(events.sample[shuffle], events.step[shuffle], events.index[shuffle], 3)
    expected = pysnn.run(NET, spikes, steps=6, coding="spikes", backend=backend)
    for given in (events, shuffled, Events.from_lists(pairs)):
        found = pysnn.run(NET, given, steps=6, coding="events", backend=backend)
        np.testing.assert_array_equal(found.scores, expected.scores)
        np.testing.assert_array_equal(found.counts, expected.counts)


@backends
def test_events_may_end_before_the_run_does(backend: str) -> None:
    spikes = dense(2)
    longer = np.concatenate([spikes, np.zeros((10, 3, 2, 2, 3), np.uint8)])
    expected = pysnn.run(NET, longer, steps=16, coding="spikes", backend=backend)
    found = pysnn.run(NET, spikes, steps=16, coding="spikes", backend=backend)
    np.testing.assert_array_equal(found.scores, expected.scores)


@backends
def test_samples_without_events(backend: str) -> None:
    events = Events.from_lists([([], []), ([0, 2], [4, 4]), ([], [])])
    net = NET.replace({"out": Output("potential")})
    found = pysnn.run(net, events, steps=4, coding="events", backend=backend, record=["n"])
    assert found.samples == 3
    assert found.state.arrays["n"].sum(axis=(1, 2, 3)).tolist() == [0.0, 2.0, 0.0]
    none = pysnn.run(net, Events.from_lists([([], [])]), steps=4, coding="events", backend=backend)
    assert not none.scores.any()


@backends
def test_a_count_of_255(backend: str) -> None:
    net = Network.chain({"in": Input((2,)), "out": Output("count")})
    result = pysnn.run(net, np.full((3, 1, 2), 255), steps=3, coding="spikes", backend=backend)
    assert result.scores.tolist() == [[[765.0, 765.0]]]


@backends
@pytest.mark.parametrize("dtype", [bool, np.int8, np.float32, np.float64, np.uint16])
def test_spikes_of_any_type(backend: str, dtype: type) -> None:
    spikes = dense(3, most=1)
    expected = pysnn.run(NET, spikes, steps=6, coding="spikes", backend=backend).scores
    found = pysnn.run(NET, spikes.astype(dtype), steps=6, coding="spikes", backend=backend).scores
    np.testing.assert_array_equal(found, expected)


@backends
@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int16, bool])
def test_values_of_any_type_and_layout(backend: str, dtype: type) -> None:
    x = np.random.default_rng(4).integers(0, 2, (3, 2, 2, 6))
    expected = pysnn.run(NET, x[..., ::2].astype(np.float32), steps=3, backend=backend).scores
    found = pysnn.run(NET, x.astype(dtype)[..., ::2], steps=3, backend=backend).scores
    np.testing.assert_array_equal(found, expected)


def test_most_at_once() -> None:
    assert Events([0, 0, 0, 1], [1, 1, 1, 1], [2, 2, 3, 2], 2).most_at_once() == 2
    assert Events([0, 0], [1, 2], [2, 2], 2).most_at_once() == 1
    assert Events([], [], [], 2).most_at_once() == 1


def test_packing_sorts_by_sample_and_step() -> None:
    events = Events([1, 0, 0, 1], [0, 2, 0, 0], [5, 1, 3, 4], 2)
    offsets, index = events.packed(3, 6)
    assert offsets.tolist() == [0, 1, 1, 2, 4, 4, 4]
    assert index.tolist() == [3, 1, 5, 4]
    offsets, index = events.select(1, 2).packed(3, 6)
    assert (offsets.tolist(), index.tolist()) == ([0, 2, 2, 2], [5, 4])


def test_bytes_are_over_255_then_normalised_in_float32() -> None:
    node = Input((1,), mean=[0.1], std=[0.3])
    x = np.array([[0], [51], [255]], dtype=np.uint8)
    expected = (x.astype(np.float32) / np.float32(255) - np.float32(0.1)) / np.float32(0.3)
    np.testing.assert_array_equal(input_values(node, x), expected)
    assert checked_data(x, node, "in", "constant").samples == 3


@pytest.mark.parametrize("size", [12, 200_000])
def test_packed_events_are_those_of_each_sample_and_step(size: int) -> None:
    rng = np.random.default_rng(size)
    sample, step, index = (rng.integers(0, most, 500) for most in (300, 1000, size))
    offsets, packed = Events(sample, step, index, samples=300).packed(1000, size)
    assert (len(offsets), offsets[0], offsets[-1]) == (300 * 1000 + 1, 0, 500)
    for k in range(500):
        row = sample[k] * 1000 + step[k]
        assert sorted(packed[offsets[row] : offsets[row + 1]]) == sorted(
            index[(sample == sample[k]) & (step == step[k])]
        )


@pytest.mark.parametrize("size", [3, 200_000])
def test_the_largest_count_is_that_of_one_input_in_one_step(size: int) -> None:
    rng = np.random.default_rng(size)
    triples = np.stack([rng.integers(0, most, 400) for most in (5, 70_000, size)])
    triples = np.concatenate([triples, np.repeat(triples[:, :1], 6, axis=1)], axis=1)[:, rng.permutation(406)]
    _, counts = np.unique(triples, axis=1, return_counts=True)
    assert Events(triples[0], triples[1], triples[2], samples=5).most_at_once() == counts.max()
