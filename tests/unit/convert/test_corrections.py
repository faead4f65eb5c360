"""Calibration of biases and initial potentials: by hand, where it goes in the network, and what it gains."""

from typing import Any

import numpy as np
import pytest

from pysnn import IF, Affine, Conv2d, DataError, Flatten, Input, Linear, Network, Output, ReLU, run
from pysnn.convert import CORRECTIONS, ann_pass, convert
from pysnn.convert.corrections import check_corrections, correct

# One step of 0.5 + 4 * 0.3 over a threshold of 1: a rate of .25 where the ANN has .3.
ONE = Network.chain({"in": Input((1,)), "fc": Linear([[1.0]]), "relu": ReLU(), "out": Output()})


def test_by_hand() -> None:
    x = np.array([[0.3]], dtype=np.float32)
    bias = correct(ONE, x, {"relu": 1.0}, 4, ["bias"])
    assert bias.bias["relu"] == pytest.approx([0.05])
    assert not bias.v_init
    potential = correct(ONE, x, {"relu": 1.0}, 4, ["v_init"])
    assert potential.v_init["relu"] == pytest.approx([0.2])
    assert not potential.bias
    # 0.5 + 4 * 0.35 is below 2, so the bias gains nothing here, and the potential gets what is left.
    both = correct(ONE, x, {"relu": 1.0}, 4, ["bias", "v_init"])
    assert both.bias["relu"] == pytest.approx([0.05])
    assert both.v_init["relu"] == pytest.approx([0.2])
    # With it the neuron fires at .7 + 4 * .35 = 2.1: twice in four steps, .5 instead of .3.
    assert both.bias["out"] == pytest.approx([-0.2])


def test_a_mean_is_taken_over_samples_and_positions_of_a_channel() -> None:
    net = Network.chain(
        {"in": Input((2, 1, 2)), "conv": Conv2d(np.eye(2)[:, :, None, None]), "relu": ReLU(), "out": Output()}
    )
    x = np.array([[[[0.3, 0.3]], [[0.0, 0.0]]], [[[0.3, 0.5]], [[0.0, 0.0]]]], dtype=np.float32)
    found = correct(net, x, {"relu": np.ones(2, dtype=np.float32)}, 4, ["bias"])
    # .3 becomes .25, .5 stays .5, nothing stays nothing.
    assert found.bias["relu"] == pytest.approx([3 * 0.05 / 4, 0.0], abs=1e-7)
    assert found.samples == 2


def test_the_layer_behind_sees_the_corrected_one() -> None:
    net = Network.chain({"in": Input((1,)), "a": ReLU(), "fc": Linear([[1.0]]), "b": ReLU(), "out": Output()})
    x = np.array([[0.4]], dtype=np.float32)
    # From .5 the first fires at the second and the fourth step, .1 too much a step; from .5 - .4 at the third only.
    found = correct(net, x, {"a": 1.0, "b": 1.0}, 4, ["v_init"])
    assert found.v_init["a"] == pytest.approx([-0.4])
    # .25 arrives in place of .4, all at one step, and goes on: .15 a step is missing at the second layer.
    assert found.v_init["b"] == pytest.approx([0.6])


def residual() -> Network:
    rng = np.random.default_rng(0)
    nodes = {
        "in": Input((6,)),
        "fc1": Linear(rng.normal(0, 0.5, (8, 6)), rng.normal(0, 0.1, 8)),
        "relu1": ReLU(),
        "fc2": Linear(rng.normal(0, 0.5, (8, 8)), rng.normal(0, 0.1, 8)),
        "relu2": ReLU(),
        "relu3": ReLU(),
        "fc3": Linear(rng.normal(0, 0.5, (3, 8))),
        "out": Output(),
    }
    chain = [("in", "fc1"), ("fc1", "relu1"), ("relu1", "fc2"), ("relu1", "relu2"), ("fc2", "relu2")]
    return Network(nodes, [*chain, ("fc2", "relu3"), ("relu2", "fc3"), ("relu3", "fc3"), ("fc3", "out")])


DATA = np.random.default_rng(5).random((60, 6)).astype(np.float32)


def test_where_a_correction_goes() -> None:
    ann = residual()
    conversion = convert(ann, DATA, "max-norm", steps=4, calibrate=["v_init", "bias"], compare=False)
    net, plain = conversion.network, convert(ann, DATA, "max-norm").network
    assert conversion.corrections == ("bias", "v_init")
    assert conversion.provenance["calibrate"] == "bias,v_init"
    # fc1 feeds one layer only, and takes its shift; fc2 feeds two, so each of these gets one of its own.
    assert net.nodes["fc1"].bias.tolist() != plain.nodes["fc1"].bias.tolist()  # type: ignore[attr-defined]
    assert net.nodes["fc2"] is ann.nodes["fc2"]
    for name in ("relu2", "relu3"):
        shift = net.nodes[f"{name}.bias"]
        assert isinstance(shift, Affine)
        assert net.sources[name] == (f"{name}.bias",)
    assert set(net.sources["relu2.bias"]) == {"relu1.scale", "fc2"}
    neuron, scale_free = net.nodes["relu1"], plain.nodes["relu1"]
    assert isinstance(neuron, IF)
    assert isinstance(scale_free, IF)
    assert np.ndim(neuron.v_init) == 1
    assert neuron.v_threshold == scale_free.v_threshold
    assert conversion.ann is ann


@pytest.mark.parametrize("kinds", [["bias"], ["v_init"], ["bias", "v_init"]])
def test_the_mean_error_falls(kinds: list[str]) -> None:
    ann = residual()
    expected, _ = ann_pass(ann, DATA)

    def mean_error(calibrate: list[str]) -> float:
        network = convert(ann, DATA, "max-norm", steps=4, calibrate=calibrate, compare=False).network
        scores = run(network, DATA, steps=4, backend="reference").scores[0]
        return float(np.abs((scores - expected).mean(axis=0)).max())

    assert mean_error(kinds) < 0.5 * mean_error([])


def test_the_order_of_the_data_changes_nothing() -> None:
    how: dict[str, Any] = {"steps": 4, "calibrate": list(CORRECTIONS), "compare": False}
    first = convert(residual(), DATA, "percentile", **how).network
    order = np.random.default_rng(1).permutation(len(DATA))
    assert convert(residual(), DATA[order], "percentile", **how).network == first


def test_samples_beyond_memory_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pysnn.convert.corrections._MOST_BYTES", 4 * 4 * 8 * 10)
    assert correct(residual(), DATA, {"relu1": 1.0, "relu2": 1.0, "relu3": 1.0}, 4, ["bias"]).samples == 10


@pytest.mark.parametrize("kinds", ["bias", ["gain"], 3, [["bias"]]])
def test_other_kinds_are_refused(kinds: Any) -> None:
    with pytest.raises(DataError, match="calibrate: expected some of bias, v_init, in a list, got"):
        check_corrections(kinds, 4)


def test_steps_are_needed() -> None:
    with pytest.raises(DataError, match=r"calibrate: .*say convert\(\.\.\., steps=T\)"):
        convert(residual(), DATA, calibrate=["bias"])
    with pytest.raises(DataError, match="convert: steps must be a positive integer, got 0"):
        convert(residual(), DATA, calibrate=["bias"], steps=0)


def test_a_map_is_corrected_by_channel() -> None:
    rng = np.random.default_rng(3)
    net = Network.chain(
        {
            "in": Input((1, 5, 5)),
            "conv": Conv2d(rng.normal(0, 0.4, (3, 1, 3, 3))),
            "relu": ReLU(),
            "flat": Flatten(),
            "fc": Linear(rng.normal(size=(2, 27))),
            "out": Output(),
        }
    )
    x = rng.random((20, 1, 5, 5)).astype(np.float32)
    made = convert(net, x, "max-norm", steps=4, calibrate=["v_init"]).network.nodes["relu"]
    assert np.shape(made.v_init) == (3,)  # type: ignore[attr-defined]
