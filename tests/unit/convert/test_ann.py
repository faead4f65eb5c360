"""The ordinary pass: by hand, in batches, and what it refuses."""

import numpy as np
import pytest

from pysnn import (
    IF,
    AvgPool2d,
    Concat,
    Conv2d,
    DataError,
    Flatten,
    Input,
    Linear,
    Network,
    NetworkError,
    Output,
    ReLU,
    Scale,
)
from pysnn.convert import ann_accuracy, ann_pass


def residual() -> Network:
    nodes = {
        "in": Input((2,)),
        "fc1": Linear([[1.0, -1.0], [2.0, 0.0]], [0.0, -1.0]),
        "relu1": ReLU(),
        "fc2": Linear([[1.0, 1.0], [0.0, -3.0]]),
        "relu2": ReLU(),
        "out": Output("count"),
    }
    edges = [("in", "fc1"), ("fc1", "relu1"), ("relu1", "fc2"), ("relu1", "relu2"), ("fc2", "relu2"), ("relu2", "out")]
    return Network(nodes, edges)


def test_values_by_hand() -> None:
    scores, kept = ann_pass(residual(), [[3.0, 1.0], [0.0, 2.0]], keep=["fc1", "relu1"])
    assert scores.dtype == np.float32
    assert kept["fc1"].tolist() == [[2.0, 5.0], [-2.0, -1.0]]
    assert kept["relu1"].tolist() == [[2.0, 5.0], [0.0, 0.0]]
    # relu(relu1 + fc2 @ relu1): (2 + 7, 5 - 15) and zeros.
    assert scores.tolist() == [[9.0, 0.0], [0.0, 0.0]]


def test_mean_and_std_of_the_input_and_bytes() -> None:
    net = Network.chain({"in": Input((1,), mean=[0.5], std=[0.25]), "out": Output()})
    assert ann_pass(net, np.array([[255], [0]], dtype=np.uint8))[0].tolist() == [[2.0], [-2.0]]
    assert ann_pass(net, [[0.75]])[0].tolist() == [[1.0]]


def test_maps_pools_and_concat() -> None:
    nodes = {
        "in": Input((1, 2, 2)),
        "conv": Conv2d(np.full((1, 1, 1, 1), 2.0)),
        "cat": Concat(),
        "pool": AvgPool2d(2),
        "flat": Flatten(),
        "scale": Scale(3.0),
        "out": Output(),
    }
    edges = [("in", "conv"), ("conv", "cat"), ("in", "cat"), ("cat", "pool"), ("pool", "flat")]
    net = Network(nodes, [*edges, ("flat", "scale"), ("scale", "out")])
    assert ann_pass(net, [[[[1.0, 2.0], [3.0, 6.0]]]])[0].tolist() == [[18.0, 9.0]]


def test_many_samples_go_in_batches() -> None:
    x = np.random.default_rng(0).normal(size=(600, 2)).astype(np.float32)
    scores, kept = ann_pass(residual(), x, keep=["relu1"])
    assert scores.shape == (600, 2)
    expected = np.maximum(x @ np.array([[1, 2], [-1, 0]], dtype=np.float32) + np.array([0, -1], dtype=np.float32), 0)
    np.testing.assert_allclose(kept["relu1"], expected, rtol=1e-6, atol=1e-6)


def test_accuracy_counts_the_first_of_equal_scores() -> None:
    assert ann_accuracy(residual(), [[3.0, 1.0], [0.0, 2.0]], [0, 1]) == 0.5
    with pytest.raises(DataError, match=r"labels: expected 2"):
        ann_accuracy(residual(), [[3.0, 1.0], [0.0, 2.0]], [0])


def test_a_spiking_network_is_refused_by_name() -> None:
    net = Network.chain({"in": Input((1,)), "spikes": IF(), "out": Output("count")})
    with pytest.raises(NetworkError, match="IF 'spikes': expected an ANN"):
        ann_pass(net, [[1.0]])


def test_an_unknown_node_and_wrong_data_are_refused() -> None:
    with pytest.raises(NetworkError, match="no node 'fc9'"):
        ann_pass(residual(), [[1.0, 2.0]], keep=["fc9"])
    with pytest.raises(DataError, match="Input 'in'"):
        ann_pass(residual(), [[1.0]])
    with pytest.raises(DataError, match="at least one sample"):
        ann_pass(residual(), np.zeros((0, 2)))


def test_an_overflow_is_an_error_that_names_the_node() -> None:
    net = Network.chain({"in": Input((1,)), "fc": Linear([[1e38]]), "relu": ReLU(), "out": Output()})
    with pytest.raises(DataError, match=r"'(relu|out)': a value of the ANN pass is not finite"):
        ann_pass(net, [[1e10]], keep=["relu"])
