"""Training and first-spike networks: the range of the data, and warnings where others do not fit."""

import warnings
from typing import Any

import numpy as np
import pytest

from pysnn.data_range import DataRange
from pysnn.datasets import load_digits
from pysnn.errors import NetworkError
from pysnn.files.first_spike import dumps, loads
from pysnn.first_spike import Dense, FirstSpikeNetwork, decide, evaluate
from pysnn.first_spike.learn import SSTDP, STDBP, SSTDPClassifier, STDBPClassifier, TrainingOptions, train

DIGITS = load_digits()
X, Y = DIGITS.x_train[:200], DIGITS.y_train[:200]
BYTES = np.rint(X * 15).astype(np.uint8)
OPTIONS = TrainingOptions(epochs=1)


def start(**fields: Any) -> FirstSpikeNetwork:
    return FirstSpikeNetwork.draw((64,), [Dense(units=12), Dense(units=10)], seed=0, **fields)


@pytest.fixture(scope="module")
def trained() -> FirstSpikeNetwork:
    return train(start(), STDBP(), (X, Y), OPTIONS).network


def test_training_keeps_the_range_in_network_and_file(trained: FirstSpikeNetwork) -> None:
    assert trained.data_range == DataRange.of(X)
    assert loads(dumps(trained)).network.data_range == trained.data_range
    assert b"data_range" not in dumps(start())
    stepped = train(start(neuron="step", steps=16), SSTDP(), ((X * 255).astype(np.uint8), Y), OPTIONS).network
    assert stepped.data_range is not None
    assert stepped.data_range.most == (1.0,)
    with pytest.raises(NetworkError, match="data_range"):
        start(data_range=(1, 2))


@pytest.mark.parametrize("x", [BYTES, X / 255])
def test_training_on_values_that_use_little_of_0_to_1_is_warned_of(x: Any) -> None:
    with pytest.warns(UserWarning, match="all spikes come late; divide the data by their own largest value") as found:
        train(start(), STDBP(), (x, Y), OPTIONS)
    assert len(found) == 1


def test_going_on_with_data_of_another_scale_is_warned_of(trained: FirstSpikeNetwork) -> None:
    with pytest.warns(UserWarning, match="do not fit the data that the network was made for") as found:
        train(trained, STDBP(), (BYTES, Y), OPTIONS)
    assert len(found) == 1


def test_labels_with_gaps_are_warned_of() -> None:
    with pytest.warns(UserWarning, match="no sample of class 2 among 0 to 9"):
        train(start(), STDBP(), (X, np.where(Y == 2, 3, Y)), OPTIONS)


@pytest.mark.parametrize("call", [decide, lambda network, x: evaluate(network, x, None)])
def test_deciding_on_data_of_another_scale_is_warned_of(trained: FirstSpikeNetwork, call: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for x in (X, X[:1], X[:1] * 0.1, X[:1] * 0, (X * 255).astype(np.uint8)):
            call(trained, x)
    for x in (BYTES, X / 255):
        with pytest.warns(UserWarning, match=r"x: .* do not fit") as found:
            call(trained, x)
        assert len(found) == 1


@pytest.mark.parametrize("kind", [STDBPClassifier, SSTDPClassifier])
def test_classifiers_compare_new_data_with_those_of_fit(kind: Any) -> None:
    model = kind((10,), epochs=1, random_state=0).fit(X * 16, Y)
    model.predict(X * 16)
    model.predict(X[:1] * 16)
    for call in (model.predict, model.predict_proba, lambda x: model.score(x, Y)):
        with pytest.warns(UserWarning, match=r"X: .* about 16 times smaller") as found:
            call(X)
        assert len(found) == 1
