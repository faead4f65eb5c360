"""The converted network: its nodes, its edges, its scores."""

from typing import Any

import numpy as np
import pytest

from pysnn import IF, DataError, Input, Linear, Network, NetworkError, Output, ReLU, Scale, run
from pysnn.convert import ann_pass, convert


def ann(seed: int = 0) -> Network:
    """Two hidden layers and a shortcut around the second."""
    rng = np.random.default_rng(seed)
    nodes = {
        "in": Input((6,)),
        "fc1": Linear(rng.normal(0, 0.5, (8, 6)), rng.normal(0, 0.1, 8)),
        "relu1": ReLU(),
        "fc2": Linear(rng.normal(0, 0.5, (8, 8)), rng.normal(0, 0.1, 8)),
        "relu2": ReLU(),
        "fc3": Linear(rng.normal(0, 0.5, (3, 8))),
        "out": Output("potential"),
    }
    edges = [("in", "fc1"), ("fc1", "relu1"), ("relu1", "relu2"), ("relu1", "fc2"), ("fc2", "relu2")]
    return Network(nodes, [*edges, ("relu2", "fc3"), ("fc3", "out")])


DATA = np.random.default_rng(5).random((50, 6)).astype(np.float32)


def test_every_relu_becomes_a_neuron_and_a_scale() -> None:
    original = ann()
    conversion = convert(original, DATA, "max-norm")
    net = conversion.network
    largest = {name: float(a.max()) for name, a in ann_pass(original, DATA, keep=["relu1", "relu2"])[1].items()}
    for name in ("relu1", "relu2"):
        neuron, scale = net.nodes[name], net.nodes[f"{name}.scale"]
        assert isinstance(neuron, IF)
        assert isinstance(scale, Scale)
        assert neuron.v_threshold == scale.factor == pytest.approx(largest[name], rel=1e-6)
        assert neuron.v_init == neuron.v_threshold / 2
        assert (neuron.reset, neuron.compare) == ("subtract", ">=")
    assert net.edges == (
        ("in", "fc1"),
        ("fc1", "relu1"),
        ("relu1", "relu1.scale"),
        ("relu1.scale", "relu2"),
        ("relu1.scale", "fc2"),
        ("fc2", "relu2"),
        ("relu2", "relu2.scale"),
        ("relu2.scale", "fc3"),
        ("fc3", "out"),
    )
    assert net.sources["relu2"] == ("relu1.scale", "fc2")
    assert net.output.readout == "mean_current"


def test_weights_and_the_original_stay_as_they_are() -> None:
    original = ann()
    conversion = convert(original, DATA)
    assert conversion.ann is original
    assert original == ann()
    assert conversion.network is not original
    assert original.input.data_range is None
    for name in ("fc1", "fc2", "fc3"):
        assert conversion.network.nodes[name] is original.nodes[name]


def test_thresholds_a_channel() -> None:
    original = ann()
    conversion = convert(original, DATA, "max-norm", per_channel=True)
    activations = ann_pass(original, DATA, keep=["relu1"])[1]["relu1"]
    threshold = conversion.network.nodes["relu1"].v_threshold  # type: ignore[attr-defined]
    largest = activations.max(axis=0)
    assert (largest == 0).any()
    np.testing.assert_allclose(threshold, np.where(largest > 0, largest, activations.max()), rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_scores_approach_the_ann_as_steps_grow(precision: Any) -> None:
    conversion = convert(ann(), DATA, "max-norm")
    expected, _ = ann_pass(conversion.ann, DATA)
    result = run(conversion.network, DATA, steps=[4, 64, 1024], precision=precision, backend="reference")
    worst = np.abs(result.scores - expected).max(axis=(1, 2))
    assert worst[0] > worst[1] > worst[2]
    assert worst[2] < (0.01 if precision == "float32" else 0.05)


def test_a_neuron_may_be_read_at_once() -> None:
    net = Network.chain({"in": Input((2,)), "relu": ReLU(), "out": Output()})
    conversion = convert(net, [[2.0, 1.0]], "max-norm")
    scores = run(conversion.network, np.array([[1.0, -1.0]], dtype=np.float32), steps=4, backend="reference").scores
    assert scores.tolist() == [[[1.0, 0.0]]]


def test_the_report_has_a_row_a_layer() -> None:
    conversion = convert(ann(), DATA, "percentile", percentile=90.0)
    report = conversion.report
    assert report["layer"].to_list() == ["relu1", "relu2"]
    assert report["depth"].to_list() == [1, 2]
    assert report["method"].to_list() == ["percentile"] * 2
    assert all(a < b for a, b in zip(report["threshold"], report["largest"], strict=True))
    np.testing.assert_allclose(report["clipped"].to_numpy(), 0.1, atol=0.01)
    assert report["threshold_min"].to_list() == report["threshold_max"].to_list()


def test_provenance_says_method_settings_and_data() -> None:
    known = convert(ann(), DATA, "percentile", per_channel=True).provenance
    assert known["method"] == "percentile"
    assert known["method.percentile"] == 99.9
    assert known["method.per_channel"] == 1
    assert known["calibration.samples"] == 50
    assert known["calibration.sha256"] == convert(ann(), DATA[::-1]).provenance["calibration.sha256"]


def test_a_conversion_is_frozen() -> None:
    conversion = convert(ann(), DATA)
    with pytest.raises(AttributeError):
        conversion.method = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        conversion.settings["percentile"] = 1.0  # type: ignore[index]


def test_what_is_refused_and_how() -> None:
    with pytest.raises(DataError, match=r"method: expected one of max-norm, percentile.*got 'magic'"):
        convert(ann(), DATA, "magic")
    with pytest.raises(DataError, match=r"method 'max-norm' has the settings per_channel, got 'percentile'"):
        convert(ann(), DATA, "max-norm", percentile=99.0)
    with pytest.raises(DataError, match=r"Input 'in': expected \(samples, 6\)"):
        convert(ann(), DATA[:, :3])
    with pytest.raises(DataError, match="at least one sample"):
        convert(ann(), DATA[:0])
    with pytest.raises(DataError, match="expected finite values"):
        convert(ann(), np.full((2, 6), np.nan))
    with pytest.raises(NetworkError, match="IF 'relu1': expected an ANN"):
        convert(convert(ann(), DATA).network, DATA)
    with pytest.raises(NetworkError, match="with ReLU nodes, got none"):
        convert(Network.chain({"in": Input((6,)), "out": Output()}), DATA)
    with pytest.raises(DataError, match=r"expected a pysnn\.Network, got builtins\.str"):
        convert("net.onnx", DATA)  # type: ignore[arg-type]


def test_a_scikit_learn_model_is_told_where_to_go() -> None:
    neural = pytest.importorskip("sklearn.neural_network")
    with pytest.raises(DataError, match=r"pysnn\.importers\.sklearn\.from_sklearn"):
        convert(neural.MLPClassifier(), DATA)


def test_a_name_that_is_taken_is_refused() -> None:
    net = Network.chain({"in": Input((1,)), "relu": ReLU(), "relu.scale": Scale(2.0), "out": Output()})
    with pytest.raises(NetworkError, match=r"ReLU 'relu': the conversion needs the name 'relu\.scale'"):
        convert(net, [[1.0]])
