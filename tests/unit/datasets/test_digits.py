"""The data and weights that ship with pysnn."""

import numpy as np
import pytest

from pysnn import ReLU
from pysnn.convert import ann_accuracy
from pysnn.datasets import load_digits, load_digits_mlp


def test_the_digits_are_split_once() -> None:
    digits = load_digits()
    assert digits.x_train.shape == (1297, 64)
    assert digits.x_test.shape == (500, 64)
    assert digits.x_train.dtype == digits.x_test.dtype == np.float32
    assert digits.y_train.dtype == digits.y_test.dtype == np.int64
    for x, y in ((digits.x_train, digits.y_train), (digits.x_test, digits.y_test)):
        assert (x.min(), x.max()) == (0.0, 1.0)
        assert np.bincount(y, minlength=10).min() >= len(y) // 15
    assert "Alpaydin" in digits.source
    assert digits.licence == "CC BY 4.0"


def test_they_are_scikit_learns_digits() -> None:
    theirs = pytest.importorskip("sklearn.datasets").load_digits()
    digits = load_digits()
    ours = np.concatenate([digits.x_train, digits.x_test]) * 16
    labels = np.concatenate([digits.y_train, digits.y_test])
    expected = sorted((*row, label) for row, label in zip(theirs.data.tolist(), theirs.target.tolist(), strict=True))
    assert sorted((*row, label) for row, label in zip(ours.tolist(), labels.tolist(), strict=True)) == expected


def test_the_network_knows_the_digits() -> None:
    digits, network = load_digits(), load_digits_mlp()
    assert [network.shapes[name] for name in network.order if isinstance(network.nodes[name], ReLU)] == [(64,), (64,)]
    assert ann_accuracy(network, digits.x_test, digits.y_test) == 0.976
    assert ann_accuracy(network, digits.x_train, digits.y_train) == 1.0
