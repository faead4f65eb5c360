"""Networks whose activations have an upper bound (ReLU6): thresholds below it, and an SNN that approaches the ANN."""

from typing import Any

import numpy as np
import pytest

from pysnn import Conv2d, Flatten, Input, Linear, Network, Output, ReLU, run
from pysnn.convert import METHODS, ann_pass, convert
from pysnn.convert.analysis.errors import SpikeUnit, error_terms
from pysnn.convert.calibration import choose_thresholds
from pysnn.convert.methods.registry import make_method
from pysnn.errors import NetworkError

DATA = np.random.default_rng(1).random((40, 2, 5, 5)).astype(np.float32)
BOUNDS = np.array([0.5, 1.0, 2.0], dtype=np.float32)


def network(first: Any = 6.0, second: Any = 6.0) -> Network:
    """Weights that reach the bound often."""
    rng = np.random.default_rng(0)
    nodes: dict[str, Any] = {
        "in": Input((2, 5, 5)),
        "conv": Conv2d(rng.normal(0, 6, (3, 2, 3, 3)), rng.normal(0, 1, 3)),
        "relu1": ReLU(first),
        "flat": Flatten(),
        "fc1": Linear(rng.normal(0, 1, (8, 27)), rng.normal(0, 1, 8)),
        "relu2": ReLU(second),
        "fc2": Linear(rng.normal(0, 1, (3, 8))),
        "out": Output(),
    }
    return Network.chain(nodes)


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("name", METHODS)
def test_no_threshold_lies_above_the_bound(name: str, per_channel: bool) -> None:
    method = make_method(name, {"per_channel": per_channel}, 16)
    several: list[tuple[Any, Any]] = [(6.0, 6.0), (BOUNDS, 0.25)]
    for bounds in several:
        for layer, bound in zip(choose_thresholds(network(*bounds), DATA, method).layers, bounds, strict=True):
            assert (layer.threshold <= bound).all()
    (first, _) = choose_thresholds(network(BOUNDS), DATA, method).layers
    assert first.threshold.shape == (3,)


def test_trained_thresholds_are_the_bounds() -> None:
    few = np.zeros((1, 2, 5, 5), dtype=np.float32)
    conversion = convert(network(BOUNDS, 4.0), few, "trained")
    neurons = [conversion.network.nodes[name] for name in ("relu1", "relu2")]
    assert np.array_equal(neurons[0].v_threshold, BOUNDS)  # type: ignore[attr-defined]
    assert np.array_equal(neurons[0].v_init, BOUNDS / 2)  # type: ignore[attr-defined]
    assert (neurons[1].v_threshold, neurons[1].v_init) == (4.0, 2.0)  # type: ignore[attr-defined]


def test_trained_thresholds_need_bounds() -> None:
    with pytest.raises(NetworkError, match="ReLU 'relu2': expected an upper bound"):
        convert(network(6.0, None), DATA, "trained")


def test_a_silent_layer_stays_below_its_bound() -> None:
    net = Network.chain({"in": Input((2,)), "relu": ReLU(0.125), "out": Output()})
    with pytest.warns(UserWarning, match="never active"):
        (layer,) = choose_thresholds(net, [[-1.0, -2.0]], make_method("max-norm", {})).layers
    assert layer.threshold.tolist() == [0.125]


def test_the_share_of_clipped_values_is_that_of_the_final_thresholds() -> None:
    net = Network.chain({"in": Input((2,)), "relu": ReLU([1.0, 4.0]), "out": Output()})
    (layer,) = choose_thresholds(net, [[3.0, 3.0], [0.5, 2.0]], make_method("max-norm", {})).layers
    assert layer.threshold.tolist() == [1.0, 3.0]
    assert layer.clipped == 0.0


@pytest.mark.parametrize("bounds", [(6.0, 6.0), (BOUNDS, 4.0)])
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_scores_approach_the_ann_as_steps_grow(bounds: Any, precision: Any) -> None:
    ann = network(*bounds)
    expected, values = ann_pass(ann, DATA, keep=["relu1", "relu2"])
    for name, bound in zip(("relu1", "relu2"), bounds, strict=True):
        highest = np.moveaxis(values[name], 1, -1)
        assert (highest <= bound).all()
        assert np.mean(highest == bound) > 0.05
    conversion = convert(ann, DATA, "max-norm", per_channel=True)
    steps = (4, 32, 256, 1024)
    scores = run(conversion.network, DATA, steps=steps, precision=precision).scores
    errors = [float(np.abs(found - expected).mean() / np.abs(expected).mean()) for found in scores]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < (2e-3 if precision == "float32" else 2e-2)


def test_what_the_bound_cuts_off_is_no_error() -> None:
    # A mean current of 1.5, an activation clipped at 1 by the ANN too, a threshold of 1: nothing was lost.
    terms = error_terms(np.array(6.0), np.array(4), 4, SpikeUnit(1.0, 1.0, 0.5, ceiling=1.0), np.array(1.0))
    assert [float(part) for part in (terms.e_p, terms.e_c, terms.e_q, terms.e_d)] == [0.0] * 4
    # A threshold of 0.5 under a bound of 1 clips 0.5 and no more.
    terms = error_terms(np.array(6.0), np.array(4), 4, SpikeUnit(0.5, 0.5, 0.25, ceiling=1.0), np.array(1.0))
    assert [float(part) for part in (terms.e_p, terms.e_c, terms.e_q, terms.e_d)] == [0.0, -0.5, 0.0, 0.0]


def test_the_table_of_errors_knows_the_bounds() -> None:
    conversion = convert(network(BOUNDS, 4.0), DATA, "max-norm", per_channel=True)
    table = conversion.errors(DATA, steps=1024)
    first, second = table.to_dicts()
    assert first["e_p"] < 1e-5
    assert first["e_c"] < 1e-5
    assert second["e_total"] < 0.02
    added = sum(second[f"bias_{part}"] for part in "pcqd")
    assert abs(added) <= second["e_total"] + 1e-9
