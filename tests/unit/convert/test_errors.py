"""The error analysis: its identity, its special cases by hand, and its table against a replay."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysnn import LIF, Conv2d, DataError, Flatten, Input, Linear, Network, Output, PlanError, ReLU
from pysnn.convert import Conversion, ann_pass, convert
from pysnn.convert.analysis.errors import SpikeUnit, error_terms
from pysnn.simulation.simulator import run


def simulate(current: Any, threshold: float, v_init: float) -> tuple[Any, Any]:
    """Run one neuron a column on currents ``(steps, neurons)``; give spike counts and the last potential."""
    v = np.full(current.shape[1], v_init)
    spikes = np.zeros(current.shape[1], dtype=np.int64)
    for step in current:
        v = v + step
        fired = v >= threshold
        v = np.where(fired, v - threshold, v)
        spikes += fired
    return spikes, v


@pytest.mark.slow
@given(
    seed=st.integers(0, 2**32 - 1),
    steps=st.integers(1, 40),
    threshold=st.floats(0.05, 4.0),
    spread=st.floats(0.0, 3.0),
    start=st.floats(0.0, 0.999),
)
def test_the_parts_add_up_on_currents_that_change(
    seed: int, steps: int, threshold: float, spread: float, start: float
) -> None:
    rng = np.random.default_rng(seed)
    current = rng.normal(rng.normal(0.3, 1.0, 50), spread, (steps, 50))
    v_init = start * threshold
    spikes, v = simulate(current, threshold, v_init)
    a = np.maximum(rng.normal(0.3, 1.0, 50), 0)
    terms = error_terms(current.sum(axis=0), spikes, steps, SpikeUnit(threshold, threshold, v_init), a)
    np.testing.assert_allclose(terms.rate, threshold * spikes / steps)
    np.testing.assert_allclose(terms.e_p + terms.e_c + terms.e_q + terms.e_d, terms.rate - a, atol=1e-12)
    # Where the potential ends within 0..th, the count is that of a constant current: no deviation.
    settled = (v > 1e-9) & (v < threshold - 1e-9)
    np.testing.assert_allclose(terms.e_d[settled], 0.0, atol=1e-12)
    assert (terms.e_c <= 1e-15).all()


@pytest.mark.slow
@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_a_constant_current_has_no_deviation(seed: int, steps: int) -> None:
    # Multiples of 1/64, so that the replay's sums are exact.
    values = np.random.default_rng(seed).integers(-64, 192, 50) / 64
    spikes, _ = simulate(np.tile(values, (steps, 1)), 1.0, 0.5)
    terms = error_terms(values * steps, spikes, steps, SpikeUnit(1.0, 1.0, 0.5), np.maximum(values, 0))
    assert not terms.e_d.any()
    assert not terms.e_p.any()
    assert (np.abs(terms.e_q) <= 0.5 / steps + 1e-12).all()
    np.testing.assert_array_equal(terms.e_c, np.minimum(1 - np.maximum(values, 0), 0))


def test_the_quantisation_error_has_no_bias_from_half_a_threshold() -> None:
    steps, th = 8, 2.0
    means = np.linspace(0, th, 20001)
    for v_init, bias in ((th / 2, 0.0), (0.0, -th / (2 * steps))):
        terms = error_terms(means * steps, np.zeros_like(means), steps, SpikeUnit(th, th, v_init), means)
        assert terms.e_q.mean() == pytest.approx(bias, abs=1e-3)
    half = error_terms(means * steps, np.zeros_like(means), steps, SpikeUnit(th, th, th / 2), means)
    assert np.sqrt(np.mean(half.e_q**2)) == pytest.approx(th / (np.sqrt(12) * steps), rel=1e-3)


def test_each_part_by_hand() -> None:
    # th 1, T 4, V0 1/2. A saturated neuron: mean 1.5. A neuron with mean 0.5 whose current comes all at the end fires once.
    terms = error_terms(np.array([6.0, 2.0]), np.array([4, 1]), 4, SpikeUnit(1.0, 1.0, 0.5), np.array([1.25, 0.5]))
    assert terms.e_p.tolist() == [0.25, 0.0]
    assert terms.e_c.tolist() == [-0.5, 0.0]
    assert terms.e_q.tolist() == [0.0, 0.0]
    assert terms.e_d.tolist() == [0.0, -0.25]


def test_integer_units_mean_the_same() -> None:
    # Unit 1/64: threshold 64, start 32, a sum of 2 * 64.
    exact = error_terms(np.array(128), np.array(1), 4, SpikeUnit(1.0, 64, 32, 1 / 64), np.array(0.5))
    plain = error_terms(np.array(2.0), np.array(1), 4, SpikeUnit(1.0, 1.0, 0.5), np.array(0.5))
    assert vars(exact) == vars(plain)


def network() -> Network:
    rng = np.random.default_rng(0)
    return Network.chain(
        {
            "in": Input((2, 4, 4)),
            "conv": Conv2d(rng.normal(0, 0.4, (3, 2, 3, 3)), padding=1),
            "relu1": ReLU(),
            "flat": Flatten(),
            "fc": Linear(rng.normal(0, 0.3, (6, 48)), rng.normal(0, 0.2, 6)),
            "relu2": ReLU(),
            "fc2": Linear(rng.normal(0, 0.5, (4, 6))),
            "out": Output(),
        }
    )


DATA = np.random.default_rng(2).random((30, 2, 4, 4)).astype(np.float32)


def replayed(conversion: Conversion, x: Any, steps: int) -> dict[str, float]:
    """Columns of the second layer, from recorded spikes alone."""
    result = run(conversion.network, x, steps=steps, record=["relu1", "relu2"], backend="reference")
    first, second = (result.spikes[name].astype(np.float64) for name in ("relu1", "relu2"))
    th1, th2 = (float(conversion.network.nodes[name].v_threshold) for name in ("relu1", "relu2"))  # type: ignore[attr-defined]
    fc: Any = conversion.ann.nodes["fc"]
    current = th1 * first.reshape(steps, len(x), -1) @ fc.weight.T.astype(np.float64) + fc.bias
    a = ann_pass(conversion.ann, x, keep=["relu2"])[1]["relu2"].astype(np.float64)
    count = second.reshape(steps, len(x), -1).sum(axis=0)
    mean, rate = current.mean(axis=0), th2 * count / steps
    quantised = th2 / steps * np.clip(np.floor((mean * steps + th2 / 2) / th2), 0, steps)
    clipped = np.clip(mean, 0, th2)
    parts = {"p": np.maximum(mean, 0) - a, "c": clipped - np.maximum(mean, 0), "q": quantised - clipped}
    parts["d"] = rate - quantised
    np.testing.assert_allclose(sum(parts.values()), rate - a, atol=1e-9)
    return {
        **{f"e_{name}": float(np.sqrt(np.mean(e**2))) for name, e in parts.items()},
        **{f"bias_{name}": float(e.mean()) for name, e in parts.items()},
        "e_total": float(np.sqrt(np.mean((rate - a) ** 2))),
        "signal": float(np.sqrt(np.mean(a**2))),
        "sigma_per_threshold": float(np.sqrt(np.mean(current.var(axis=0))) / th2),
        "saturated": float(np.mean(count == steps)),
        "silent": float(np.mean(count == 0)),
    }


def test_the_table_is_that_of_a_replay() -> None:
    conversion = convert(network(), DATA, "percentile", percentile=95.0)
    table = conversion.errors(DATA, [3, 10], backend="reference")
    assert table["layer"].to_list() == ["relu1", "relu2"] * 2
    assert table["depth"].to_list() == [1, 2] * 2
    assert table["steps"].to_list() == [3, 3, 10, 10]
    assert set(table["samples"]) == {30}
    for steps in (3, 10):
        row = table.row(by_predicate=(pl.col("layer") == "relu2") & (pl.col("steps") == steps), named=True)
        for column, value in replayed(conversion, DATA, steps).items():
            assert row[column] == pytest.approx(value, abs=2e-5), column
        assert row["e_d"] > 0
        assert row["sigma_per_threshold"] > 0


def test_the_first_layer_sees_a_constant_current() -> None:
    conversion = convert(network(), DATA, "max-norm")
    row = conversion.errors(DATA, 16, backend="reference").row(0, named=True)
    th = row["threshold"]
    assert row["e_p"] < 1e-6
    assert row["e_c"] < 1e-6
    # A constant current deviates only where float32 sums and one product round to two sides of a threshold.
    assert row["e_d"] < 0.05 * th / 16
    assert row["sigma_per_threshold"] < 1e-3
    assert row["e_q"] <= th / 32 + 1e-6


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_the_mean_parts_add_up_to_the_mean_error_in_both_precisions(precision: Any) -> None:
    conversion = convert(network(), DATA, per_channel=True)
    table = conversion.errors(DATA, [2, 8], backend="reference", precision=precision)
    result = run(conversion.network, DATA, steps=[2, 8], probe=True, precision=precision, backend="reference")
    activations = ann_pass(conversion.ann, DATA, keep=["relu1", "relu2"])[1]
    for row in table.to_dicts():
        name, read = row["layer"], [2, 8].index(row["steps"])
        spikes = result.probes[name].spikes[read]
        threshold = np.asarray(conversion.network.nodes[name].v_threshold)[:, None, None]  # type: ignore[attr-defined]
        error = threshold * spikes / row["steps"] - activations[name].reshape(spikes.shape)
        assert row["bias_p"] + row["bias_c"] + row["bias_q"] + row["bias_d"] == pytest.approx(error.mean(), abs=1e-6)
        assert row["e_total"] == pytest.approx(np.sqrt(np.mean(error**2)), abs=1e-6)


def test_int8_differs_from_float32_by_little() -> None:
    conversion = convert(network(), DATA)
    full, small = (conversion.errors(DATA, 8, precision=p, backend="reference") for p in ("float32", "int8"))
    for column in ("e_total", "e_q", "sigma_per_threshold", "silent"):
        np.testing.assert_allclose(full[column].to_numpy(), small[column].to_numpy(), rtol=0.1, atol=0.02)


def test_batches_change_nothing_and_progress_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    conversion = convert(network(), DATA, steps=5)
    whole = conversion.errors(DATA, backend="reference")
    calls: list[tuple[int, int]] = []
    monkeypatch.setattr("pysnn.convert.analysis.error_table._MOST_BYTES", 100_000)
    parts = conversion.errors(DATA, backend="reference", progress=lambda *done: calls.append(done))
    assert len(calls) > 1
    assert calls[-1] == (30, 30)
    for column in whole.columns:
        if whole[column].dtype == pl.Float64:
            np.testing.assert_allclose(whole[column].to_numpy(), parts[column].to_numpy(), rtol=1e-5, atol=1e-7)


def test_what_is_refused() -> None:
    conversion = convert(network(), DATA)
    with pytest.raises(DataError, match="expected a number of time-steps"):
        conversion.errors(DATA)
    with pytest.raises(DataError, match="'coding' is not free"):
        conversion.errors(DATA, 4, coding="poisson")
    with pytest.raises(DataError, match="steps"):
        conversion.errors(DATA, [4, 2], backend="reference")
    leaky = conversion.network.replace({"relu1": LIF(tau=0.02)})
    other = Conversion(leaky, conversion.ann, "percentile", {}, conversion.calibration)
    with pytest.raises(PlanError, match="LIF 'relu1': the error analysis is for IF"):
        other.errors(DATA, 4, dt=0.001, backend="reference")
