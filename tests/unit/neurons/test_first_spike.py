"""FirstSpike by tables worked out by hand: levels, counts, timing, errors, and what is refused."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import pysnn
from pysnn import Conv2d, FirstSpike, Input, Linear, Network, Output, Scale
from pysnn.convert import convert
from pysnn.convert.analysis.errors import SpikeUnit, error_terms
from pysnn.convert.levels import choose_levels, levels_of
from pysnn.convert.methods.first_spike import FirstSpikeLevels
from pysnn.convert.methods.level_fit import fit_levels
from pysnn.hardware.counts import count
from pysnn.plan import PlanOptions, compile_plan
from pysnn.plan.ops import ByteOp, NeuronOp
from pysnn.plan.windows import window_timing

BACKENDS = pysnn.backends.available_backends()

# Threshold 0.5, S = 4: a level from 0.25 on, each 0.5 one more, 4 from 1.75 on.
CURRENTS: NDArray[np.float32] = np.array([[-3.0, 0.0, 0.24, 0.25, 0.74, 0.75, 1.74, 1.75, 2.0, 90.0]], dtype=np.float32)
LEVELS = [0, 0, 0, 1, 1, 2, 3, 4, 4, 4]


def one_layer(**fields: Any) -> Network:
    return Network.chain({"in": Input((10,)), "a": FirstSpike(0.5, window=4, **fields), "out": Output()})


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_levels_and_spike_times(backend: str, precision: Any) -> None:
    result = pysnn.run(
        one_layer(), CURRENTS, backend=backend, precision=precision, record=["a"], probe=True, check_range=False
    )
    assert result.probes["a"].spikes.ravel().tolist() == LEVELS
    raster = result.spikes["a"].reshape(4, 10)
    assert [list(np.flatnonzero(steps)) for steps in raster.T] == [[4 - a] if a else [] for a in LEVELS]
    assert result.activity.by_step["a"].sum(axis=1).tolist() == [3, 1, 1, 2]
    assert result.activity.spikes_per_neuron.tolist() == [0.7]
    counts = next(row for row in result.activity.table().to_dicts() if row["layer"] == "a")
    assert counts["spikes"] == 7
    assert counts["silent"] == 3
    assert counts["saturated"] == 3
    assert counts["updates"] == 10 * (4 + 4)
    np.testing.assert_allclose(result.scores[0, 0], LEVELS, atol=0.01)


def two_layers(window: int) -> Network:
    nodes = {
        "in": Input((1, 2, 2)),
        "a": FirstSpike(1.0, window=window),
        "pool": pysnn.SumPool2d(2),
        "conv": Conv2d(np.array([2.0, 0.0, -1.0]).reshape(3, 1, 1, 1)),
        "b": FirstSpike(2.0, window=window),
        "flat": pysnn.Flatten(),
        "out": Output(),
    }
    return Network.chain(nodes)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_spikes_behind_a_pool_are_counted_and_not_their_sum(backend: str, precision: Any) -> None:
    x = np.array([[[[200, 0], [255, 1]]]], dtype=np.float32)
    result = pysnn.run(two_layers(255), x, backend=backend, precision=precision, probe=True, check_range=False)
    assert result.probes["a"].spikes.ravel().tolist() == [200, 0, 255, 1]
    # 2 (200 + 255 + 1) / 2 = 456 stands above the window; -456 below.
    assert result.probes["b"].spikes.ravel().tolist() == [255, 0, 0]
    table = {row["layer"]: row for row in result.activity.table().to_dicts()}
    assert table["conv"]["shifts"] == table["conv"]["edge_sums"] == 0
    assert (table["conv"]["events"], table["conv"]["synops"], table["conv"]["synops_zero"]) == (3, 6, 3)


def test_sums_of_levels_above_255_are_read_byte_by_byte() -> None:
    plan = compile_plan(two_layers(255), PlanOptions("int8"))
    assert [op.shift for op in plan.ops if isinstance(op, ByteOp)] == [0, 8]
    assert not any(isinstance(op, ByteOp) for op in compile_plan(two_layers(63), PlanOptions("int8")).ops)


def test_integers_start_at_half_their_threshold_and_levels_are_worth_it() -> None:
    nodes = {"in": Input((2,)), "fc": Linear([[1.0, 0.5]]), "a": FirstSpike(0.0196, window=9), "out": Output()}
    op = next(op for op in compile_plan(Network.chain(nodes), PlanOptions("int8")).ops if isinstance(op, NeuronOp))
    assert op.v_init.tolist() == [int(op.threshold[0]) >> 1]
    assert op.threshold[0] >= 64
    assert op.max_current < 2**31


def test_timing_of_a_shortcut() -> None:
    neurons = {name: FirstSpike(1.0, window=8) for name in "abc"}
    nodes = {"in": Input((3,)), **neurons, "ab": Scale(2.0), "bc": Scale(2.0), "out": Output()}
    edges = [("in", "a"), ("a", "ab"), ("ab", "b"), ("b", "bc"), ("bc", "c"), ("a", "c"), ("c", "out"), ("a", "out")]
    found = window_timing(Network(nodes, edges))
    assert dict(found.opens) == {"a": 0, "b": 1, "c": 2}
    assert (found.windows, found.steps) == (3, 24)
    # a's spikes wait one window for c, two for the output: 3 neurons, 2 windows, of one sample at a time or of two.
    assert (found.single.steps, found.single.neuron_bytes, found.single.delay_bytes) == (16, 9 * 8, 3)
    assert (found.double.steps, found.double.neuron_bytes, found.double.delay_bytes) == (8, 9 * 16, 6)


def test_errors_at_levels() -> None:
    # theta = 0.5, S = 4, as the levels above: what is above 2 is clipped, the rest is rounded, nothing deviates.
    unit = SpikeUnit(2.0, 0.5, 0.25, levels=4)
    terms = error_terms(np.array([0.3, 3.0, -1.0]), np.array([1, 4, 0]), 1, unit, np.array([0.25, 3.0, 0.5]))
    np.testing.assert_allclose(terms.rate, [0.5, 2.0, 0.0])
    np.testing.assert_allclose(terms.e_p, [0.05, 0.0, -0.5])
    np.testing.assert_allclose(terms.e_c, [0.0, -1.0, 0.0])
    np.testing.assert_allclose(terms.e_q, [0.2, 0.0, 0.0])
    np.testing.assert_allclose(terms.e_d, [0.0, 0.0, 0.0])


def neuron(network: Network, name: str) -> FirstSpike:
    node = network.nodes[name]
    assert isinstance(node, FirstSpike)
    return node


def small_ann() -> Network:
    rng = np.random.default_rng(0)
    nodes = {
        "in": Input((2, 6, 6)),
        "conv": Conv2d(rng.normal(0, 0.4, (4, 2, 3, 3)), rng.normal(0, 0.1, 4)),
        "relu1": pysnn.ReLU(),
        "pool": pysnn.AvgPool2d(2),
        "conv2": Conv2d(rng.normal(0, 0.4, (8, 4, 2, 2))),
        "relu2": pysnn.ReLU(),
        "flat": pysnn.Flatten(),
        "fc": Linear(rng.normal(0, 0.5, (3, 8))),
        "out": Output(),
    }
    return Network.chain(nodes)


DATA = np.random.default_rng(3).random((64, 2, 6, 6)).astype(np.float32)


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_a_conversion_has_no_deviation_and_sums_its_errors(precision: Any) -> None:
    conversion = convert(small_ann(), DATA, "first-spike", window=8, compare=False)
    rows = conversion.errors(DATA, precision=precision).to_dicts()
    assert [row["window"] for row in rows] == [8, 8]
    result = pysnn.run(conversion.network, DATA, precision=precision, probe=True)
    for row in rows:
        levels = result.probes[row["layer"]].spikes
        assert row["saturated"] == np.mean(levels == 8)
        assert row["silent"] == np.mean(levels == 0)
        assert row["e_d"] == 0
        assert 0 < row["e_q"] < row["signal"]


@pytest.mark.parametrize("per_channel", [True, False])
def test_each_layer_comes_closest_to_the_ann_by_what_arrives_there(per_channel: bool) -> None:
    ann, rule = small_ann(), FirstSpikeLevels(per_channel=per_channel, window=4)
    network = convert(ann, DATA, "first-spike", window=4, per_channel=per_channel, compare=False).network
    result = pysnn.run(network, DATA, backend="reference", probe=True)
    _, values = pysnn.convert.ann_pass(ann, DATA, keep=["conv", "conv2", "fc"])
    bias = choose_levels(ann, DATA, rule).correction.bias
    for layer, before in (("relu1", "conv"), ("relu2", "conv2")):
        theta = np.broadcast_to(np.asarray(neuron(network, layer).v_threshold, np.float32), bias[layer].shape)
        own = np.moveaxis(result.probes[layer].current_sum[0], 1, 0).reshape(len(theta), -1)
        exact = np.moveaxis(values[before], 1, 0).reshape(len(theta), -1)
        # The mean is the ANN's, but for a shift of -0.3, -0.2 .. 0.3 theta, the same for channels that share a threshold.
        tenths = 10 * (own.mean(axis=1) - exact.mean(axis=1)) / theta
        np.testing.assert_allclose(tenths, tenths.round(), atol=1e-3)
        assert np.abs(tenths).max() < 3.5
        assert per_channel or len(set(tenths.round())) == 1
        arriving = own - (tenths.round() / 10 * theta)[:, None]
        groups = len(theta) if per_channel else 1
        pairs = zip(arriving.reshape(groups, -1), exact.clip(min=0).reshape(groups, -1), strict=True)
        found = np.array([fit_levels(*pair, 4).threshold for pair in pairs])
        found = np.where(found > 0, found, found.max())  # a silent channel
        np.testing.assert_allclose(np.broadcast_to(found, theta.shape), theta, rtol=1e-6)
    np.testing.assert_allclose(result.scores[0].mean(axis=0), values["fc"].mean(axis=0), atol=1e-5)


@given(st.integers(0, 2**32 - 1), st.integers(1, 20))
@settings(max_examples=30, deadline=None)
def test_a_fit_is_the_best_of_all_candidates(seed: int, window: int) -> None:
    # Currents in the middle of a bin, so that no candidate's bound is nearer to one than half of a bin.
    rng = np.random.default_rng(seed)
    current = ((rng.integers(-3000, 1 << 14, 40) + 0.5) / (1 << 14)).astype(np.float32)
    activation = np.concatenate([[1.0], rng.random(39)]).astype(np.float32)
    found = fit_levels(current, activation, window)

    def error(theta: float, shift: float) -> float:
        bounds = np.rint(((np.arange(1, window + 1) - 0.5) * theta - shift) * (1 << 14)) / (1 << 14)
        levels = (current[:, None] >= bounds).sum(axis=1)
        return float(((levels * theta - activation) ** 2).sum())

    tried = [(k / 100 / window, j / 10 * k / 100 / window) for k in range(1, 101) for j in range(-3, 4)]
    assert error(found.threshold, found.shift) == pytest.approx(min(error(*pair) for pair in tried), rel=1e-9)


def test_activations_next_to_nothing_have_a_threshold() -> None:
    tiny = np.array([0.0, 1e-37, 2e-37], dtype=np.float32)
    assert fit_levels(tiny, tiny, 2).threshold == pytest.approx(1e-37, rel=1e-5)


def test_a_silent_channel_gets_the_largest_threshold_of_its_layer() -> None:
    nodes = {"in": Input((2,)), "relu": pysnn.ReLU(), "out": Output()}
    network = convert(Network.chain(nodes), [[0.5, -1.0], [1.0, -0.5]], "first-spike", window=2, compare=False).network
    assert np.asarray(neuron(network, "relu").v_threshold).tolist() == [0.5, 0.5]


def test_levels_are_the_closed_form() -> None:
    assert levels_of(CURRENTS, np.float32(0.5), 4)[0].tolist() == LEVELS


def test_an_estimate_counts_windows() -> None:
    network = convert(small_ann(), DATA, "first-spike", window=8, compare=False).network
    activity = pysnn.run(network, DATA, precision="int8", probe=True).activity
    found = count(network, activity)
    assert found.steps == window_timing(network).steps == 16
    assert found.total("updates").value == (64 + 8) * 16 + 3 * 8
    assert found.total("spikes").value == activity.total("spikes")[0] / 64


BAD: list[tuple[str, Any, str]] = [
    ("window 0", lambda: FirstSpike(1.0, window=0), "FirstSpike: window must be an integer in 1..255, got 0"),
    ("window 256", lambda: FirstSpike(1.0, window=256), "1..255, got 256"),
    ("window 2.5", lambda: FirstSpike(1.0, window=2.5), "1..255, got 2.5"),  # type: ignore[arg-type]
    ("threshold 0", lambda: FirstSpike(0.0), "v_threshold must be positive"),
    ("v_init", lambda: FirstSpike(1.0, v_init=0.5), "it spikes once, and takes no v_init"),
    ("per neuron", lambda: FirstSpike(np.ones((2, 3, 3))), "a number or one per channel"),
    ("steps", lambda: pysnn.run(one_layer(), CURRENTS, steps=4), r"window \(4\).*leave steps out, got 4"),
    ("reads", lambda: pysnn.run(one_layer(), CURRENTS, steps=[1, 2]), "leave steps out"),
    ("coding", lambda: pysnn.run(one_layer(), CURRENTS * 0, coding="poisson"), "'a'.*coding 'constant'.*'poisson'"),
    ("two kinds", lambda: mixed(pysnn.IF()), "IF 'b': it takes steps, and FirstSpike 'a' has a window of its own"),
    ("two windows", lambda: mixed(FirstSpike(1.0, window=3)), "FirstSpike 'b'.*expected window 4 as in 'a', got 3"),
    ("delay", lambda: mixed(pysnn.Delay()), "Delay 'b': it delays by steps, and FirstSpike 'a' has windows"),
    ("read-out", lambda: mixed(Scale(1.0), "count"), "Output 'out': .*use the read-out 'mean_current'"),
    ("range", lambda: pysnn.run(heavy(), np.ones((1, 2)), precision="int8"), "'a'.*analogue current exceeds 1048576"),
    ("int32", lambda: pysnn.run(wide(), np.ones((1, 2)), precision="int8"), "'fc'.*an int32 current could reach"),
    ("state", lambda: pysnn.run(one_layer(), CURRENTS).state, "a network of FirstSpike neurons has none"),
    ("stream", lambda: pysnn.Simulator(one_layer()).stream(), "stream: a network of FirstSpike neurons takes no steps"),
    ("steps to convert", lambda: convert(small_ann(), DATA, "first-spike", steps=8), "a window in place of steps"),
]


def mixed(second: Any, readout: str = "mean_current") -> Any:
    nodes = {"in": Input((2,)), "a": FirstSpike(1.0, window=4), "b": second, "out": Output(readout)}
    return pysnn.run(Network.chain(nodes), np.ones((1, 2)), steps=None if readout == "count" else 1, check_range=False)


def heavy() -> Network:
    nodes = {"in": Input((2,)), "fc": Linear([[1e6, 1.0]]), "a": FirstSpike(1e-3, window=4), "out": Output()}
    return Network.chain(nodes)


def wide() -> Network:
    """A sum of levels and weights that int32 might not hold."""
    weight = np.ones((1, 70_000), dtype=np.float32)
    nodes = {
        "in": Input((2,)),
        "up": Linear(np.ones((70_000, 2))),
        "a": FirstSpike(1.0, window=255),
        "fc": Linear(weight),
    }
    return Network.chain({**nodes, "b": FirstSpike(1.0, window=255), "out": Output()})


@pytest.mark.parametrize(("make", "text"), [(make, text) for _, make, text in BAD], ids=[name for name, _, _ in BAD])
def test_what_is_refused(make: Any, text: str) -> None:
    with pytest.raises(pysnn.PysnnError, match=text):
        make()


def test_data_beyond_the_calibrated_range_are_warned_of() -> None:
    network = convert(small_ann(), DATA, "first-spike", window=8, compare=False).network
    with pytest.warns(UserWarning, match="do not fit the data"):
        pysnn.run(network, 100 * DATA)


def test_a_file_holds_it(tmp_path: Any) -> None:
    from pysnn.files.psnn import load, save

    network = convert(small_ann(), DATA, "first-spike", window=8, compare=False).network
    save(tmp_path / "net.psnn", network)
    assert load(tmp_path / "net.psnn").network == network
