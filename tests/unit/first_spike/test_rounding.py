"""Weights of 8 bits are near the given ones, survive files to the bit, and take a byte each."""

from typing import Any

import numpy as np
import pytest

from pysnn.eight_bits import in_units
from pysnn.errors import FileFormatError
from pysnn.files.first_spike import dumps, loads
from pysnn.first_spike import Conv, Dense, FirstSpikeNetwork, round_weights


def network(seed: int = 0) -> FirstSpikeNetwork:
    return FirstSpikeNetwork.draw((1, 6, 6), [Conv(channels=5), Dense(units=30, gain=1), Dense(units=3)], seed=seed)


def test_weights_are_within_half_a_unit() -> None:
    for before, after in zip(network().weights, round_weights(network()).weights, strict=True):
        largest = np.abs(before).max(axis=0)
        assert (np.abs(before - after) <= largest / 127 * 0.501).all()
        found = in_units(after, own=1)
        assert found is not None
        assert (np.abs(found[0]).max(axis=0) == 127).all()
        assert in_units(before, own=1) is None


@pytest.mark.parametrize("seed", range(20))
def test_files_keep_them_to_the_bit_in_a_byte_each(seed: int) -> None:
    rounded = round_weights(network(seed))
    data = dumps(rounded)
    again = loads(data).network
    assert dumps(again) == data
    for before, after in zip(rounded.weights, again.weights, strict=True):
        assert np.array_equal(before, after)
    assert len(data) < len(dumps(network(seed))) / 2


def test_rounding_twice_changes_nothing() -> None:
    once = round_weights(network())
    for before, after in zip(once.weights, round_weights(once).weights, strict=True):
        assert np.array_equal(before, after)


def test_a_neuron_without_weights_stays() -> None:
    silent = FirstSpikeNetwork((2,), (Dense(units=2),), (np.array([[0, 3], [0, 1]], dtype=np.float32),))
    rounded = round_weights(silent)
    assert rounded.weights[0][:, 0].tolist() == [0, 0]
    assert np.array_equal(loads(dumps(rounded)).network.weights[0], rounded.weights[0])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b'"unit":', b'"unot":', "weights: expected"),
        (b'{"tensor":"dense1.unit"}', b'{"tensor":"dense1.weig"}', "no tensor"),
    ],
)
def test_a_damaged_reference_is_refused(old: bytes, new: bytes, words: str) -> None:
    from pysnn.files.container import canonical_json
    from pysnn.files.first_spike import _decode

    weight = np.array([[127], [5]], dtype=np.float32)
    text = canonical_json(
        {
            "first_spike": {
                "compare": ">=",
                "input_shape": [2],
                "layers": [{"fields": {"gain": 8.0, "spread": 1.2, "threshold": 1.0, "units": 1}, "type": "Dense"}],
                "neuron": "ramp",
                "steps": 0,
                "weights": [{"unit": {"tensor": "dense1.unit"}, "whole": {"tensor": "dense1.weight"}}],
            },
            "golden": None,
            "provenance": {},
        }
    )
    tensors: dict[str, Any] = {"dense1.unit": np.ones(1, dtype=np.float32), "dense1.weight": weight.astype(np.int8)}
    assert np.array_equal(_decode(text, tensors).network.weights[0], weight)
    assert old.decode() in text
    with pytest.raises(FileFormatError, match=words):
        _decode(text.replace(old.decode(), new.decode()), tensors)


@pytest.mark.parametrize(
    ("unit", "whole", "words"),
    [
        (np.ones(2, np.float32), np.full((2, 1), 127, np.int8), "expected int8"),
        (np.ones(1, np.float64), np.full((2, 1), 127, np.int8), "expected int8"),
        (np.ones(1, np.float32), np.full(1, 127, np.int8), "expected int8"),
        (np.full(1, np.inf, np.float32), np.full((2, 1), 127, np.int8), "not finite"),
        (np.full(1, 3e38, np.float32), np.full((2, 1), 127, np.int8), "1/127"),
        (np.full(1, -0.0, np.float32), np.zeros((2, 1), np.int8), "1/127"),
        (np.ones(1, np.float32), np.full((2, 1), 12, np.int8), "1/127"),
    ],
)
def test_other_numbers_are_refused(unit: np.ndarray, whole: np.ndarray, words: str) -> None:
    from pysnn.files.first_spike import SavedFirstSpike, _decode, _encode

    rounded = FirstSpikeNetwork((2,), (Dense(units=1),), (np.array([[127], [5]], dtype=np.float32),))
    text, tensors = _encode(SavedFirstSpike(rounded))
    with pytest.raises(FileFormatError, match=words):
        _decode(text, {**tensors, "dense1.unit": unit, "dense1.weight": whole})
