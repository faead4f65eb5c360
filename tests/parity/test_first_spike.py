"""Every backend, SIMD level and thread count gives the reference's first spikes and gradients, bit for bit."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from pysnn.backends import get_backend
from pysnn.backends.first_spike import FirstSpikeEngine, GradientRule
from pysnn.backends.reference.first_spike import ReferenceFirstSpike
from pysnn.datasets.idx import load_idx
from pysnn.first_spike import Dense, FirstSpikeNetwork, encode_times
from pysnn.plan.first_spike import FirstSpikePlan
from tests.parity.compare import BACKENDS
from tests.unit.first_spike.nets import RandomNet, dense, layer_stacks, random_net, random_times

Array = NDArray[Any]
_COMPILED = [pair for pair in BACKENDS if pair[0] != "reference"]

engines = pytest.mark.parametrize(("backend", "level"), _COMPILED)


def make(backend: str, level: str, plan: FirstSpikePlan, monkeypatch: pytest.MonkeyPatch) -> FirstSpikeEngine:
    monkeypatch.setenv("PYSNN_SIMD", level)
    return get_backend(backend).first_spike(plan)


def outcome(engine: FirstSpikeEngine, net: RandomNet, rule: GradientRule, threads: int) -> dict[str, Array]:
    passed = engine.forward(net.weights, net.times, threads=threads)
    last = len(net.plan.layers) - 1
    pull = np.random.default_rng(5).normal(size=passed.times(last).shape).astype(np.float32)
    back = engine.backward(net.weights, passed, pull, rule=rule, threads=threads)
    decided = engine.decide(net.weights, net.times, threads=threads)
    found = {f"times {n}": passed.times(n) for n in range(last + 1)}
    found |= {f"marks {n}": passed.marks(n) for n in range(last + 1)}
    found |= {f"weights {n}": gradient for n, gradient in enumerate(back.weights)}
    found |= {"winner": decided.winner, "time": decided.time}
    return found if back.inputs is None else {**found, "inputs": back.inputs}


def assert_same(expected: dict[str, Array], found: dict[str, Array]) -> None:
    assert expected.keys() == found.keys()
    for name, array in expected.items():
        assert array.dtype == found[name].dtype, name
        assert np.array_equal(array, found[name]), name


@pytest.mark.slow
@engines
@pytest.mark.parametrize("neuron", ["ramp", "step"])
@pytest.mark.parametrize("kind", layer_stacks())
def test_engines_are_equal(
    backend: str, level: str, neuron: Literal["ramp", "step"], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed, batch in enumerate((1, 5, 35 if kind in ("one", "two", "conv") else 2)):
        net = random_net(kind, neuron, seed, batch)
        rule = GradientRule(min_slope=0.25 * (seed % 2), inputs=seed != 1)
        expected = outcome(ReferenceFirstSpike(net.plan), net, rule, 1)
        engine = make(backend, level, net.plan, monkeypatch)
        for threads in (1, 2):
            assert_same(expected, outcome(engine, net, rule, threads))


@engines
def test_a_learning_kernel_of_ones_own(backend: str, level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    net = random_net("conv", "step", 3)
    kernel = np.random.default_rng(0).normal(size=2 * net.plan.steps + 1).astype(np.float32)
    rule = GradientRule(step_kernel=kernel, inputs=True)
    expected = outcome(ReferenceFirstSpike(net.plan), net, rule, 1)
    assert_same(expected, outcome(make(backend, level, net.plan, monkeypatch), net, rule, 1))


@engines
@pytest.mark.parametrize("neuron", ["ramp", "step"])
def test_extreme_weights_and_times(
    backend: str, level: str, neuron: Literal["ramp", "step"], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Overflow, silence and exact ties are the same everywhere."""
    plan = FirstSpikePlan(neuron, (dense("a", (1, 1, 30), 70), dense("b", (1, 1, 70), 20)), ">", 16)
    rng = np.random.default_rng(1)
    choice = np.array([0, 0.5, 1, -1, 1e-30, 1e30, -1e38, 3e38, 1e-38], dtype=np.float32)
    weights = [rng.choice(choice, shape) for shape in plan.weight_shapes]
    times = random_times(plan, 20, rng)
    if neuron == "ramp":
        times[3] = np.where(rng.random(30) < 0.5, np.float32(3e38), times[3])
    times[:3] = [[0], [np.inf], [-0.0]]
    net = RandomNet(plan, weights, times)
    with np.errstate(all="ignore"):
        expected = outcome(ReferenceFirstSpike(plan), net, GradientRule(min_slope=1e-3), 1)
        found = outcome(make(backend, level, plan, monkeypatch), net, GradientRule(min_slope=1e-3), 1)
    for name, array in expected.items():
        assert np.array_equal(array, found[name], equal_nan=True), name


def compare_with_exact(plan: FirstSpikePlan, weights: list[Array], times: Array, engine: FirstSpikeEngine) -> float:
    """Hold the bound where causal inputs are as many in float32 as in float64; give the share of other neurons."""
    exact = ReferenceFirstSpike(plan).forward([w.astype(np.float64) for w in weights], times.astype(np.float64))
    found = engine.forward(weights, times)
    below, below32 = times.astype(np.float64), times
    other = neurons = 0
    for layer in range(len(plan.layers)):
        one, two = exact.times(layer), found.times(layer)
        causal = [np.searchsorted(np.sort(row), at) for row, at in zip(below, one, strict=True)]
        causal32 = [np.searchsorted(np.sort(row), at) for row, at in zip(below32, two, strict=True)]
        same = np.isfinite(one) & np.isfinite(two) & (np.array(causal) == np.array(causal32))
        error = exact.marks(layer)[same] * np.abs(one[same] - two[same])
        assert (error / np.maximum(one[same], 1)).max() < 2e-5
        other += int((~same & ~(np.isinf(one) & np.isinf(two))).sum())
        neurons += one.size
        below, below32 = one, two
    return other / neurons


@engines
def test_float32_stays_near_float64(backend: str, level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    plan = FirstSpikePlan("ramp", (dense("a", (1, 1, 784), 200),))
    weight = rng.normal(0.03, 0.05, (784, 200)).astype(np.float32)
    times = np.where(rng.random((60, 784)) < 0.8, np.inf, rng.random((60, 784))).astype(np.float32)
    assert compare_with_exact(plan, [weight], times, make(backend, level, plan, monkeypatch)) <= 1e-4


def test_float32_stays_near_float64_on_mnist(data_dir: Path) -> None:
    """784-800-10 on 60 images: 48,600 neurons, all with the causal inputs of float64."""
    images, _ = load_idx(data_dir / "mnist", "train", 60)
    layers = [Dense(units=800, gain=12, spread=1.4), Dense(units=10)]
    network = FirstSpikeNetwork.draw((784,), layers, seed=0)
    times = encode_times(network, images.reshape(60, 784).astype(np.float32) / np.float32(255))
    engine = get_backend().first_spike(network.plan)
    assert compare_with_exact(network.plan, list(network.weights), times, engine) <= 1e-5
