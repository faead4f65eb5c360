"""SSTDP: each equation beside numbers worked out by hand, then what it learns, and what it refuses."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysnn.backends import available_backends, get_backend
from pysnn.errors import DataError, PlanError
from pysnn.first_spike import Conv, Dense, EarliestPool, FirstSpikeNetwork, Layer, encode_times, evaluate
from pysnn.first_spike.learn import SSTDP, TrainingOptions, published_accuracy, train

INF = float("inf")
STEP = SSTDP(causal=1.0, anti_causal=0.0, tau=INF, mu=0.0)
OPTIONS = TrainingOptions(epochs=8, batch_size=16, rate=0.02, seed=3)


def patterns(seed: int = 0) -> tuple[Any, Any]:
    """Make noisy copies of three patterns of 20 values."""
    rng = np.random.default_rng(seed)
    shapes, labels = rng.random((3, 20)), rng.integers(0, 3, 120)
    return (shapes[labels] + rng.normal(0, 0.1, (120, 20))).clip(0, 1).astype(np.float32), labels


def network(steps: int = 16, **fields: Any) -> FirstSpikeNetwork:
    return FirstSpikeNetwork.draw((20,), [Dense(units=30), Dense(units=3)], neuron="step", steps=steps, **fields)


def fixed(weights: list[Any], steps: int, threshold: float = 1.0) -> FirstSpikeNetwork:
    layers = tuple(Dense(units=len(weight[0]), threshold=threshold) for weight in weights)
    return FirstSpikeNetwork((len(weights[0]),), layers, tuple(weights), neuron="step", steps=steps)


def test_the_loss_and_its_gradient() -> None:
    """Times 8, 2, 4, 6 of 16, label 0, gap 4: errors 6, -4, -2, 0 steps (the targets are 2, 6, 6, 6)."""
    plan = FirstSpikeNetwork.draw((3,), [Dense(units=4)], neuron="step", steps=16).plan
    loss, gradient = SSTDP(gap=4.0).output_gradient(plan, np.array([[8, 2, 4, 6]], dtype=np.float32), np.array([0]))
    assert loss[0] == (36 + 16 + 4) / 2 / 16**2
    assert (gradient * 16).tolist() == [[6, -4, -2, 0]]


def test_the_kernel_is_stdp() -> None:
    rule = SSTDP(causal=0.8, anti_causal=0.2, tau=2.0, offset=0.1)
    found = rule.kernel(4)
    for distance in range(-4, 5):
        decay = np.exp(-abs(distance) / 2) - 0.1
        assert found[distance + 4] == pytest.approx(-0.8 * decay if distance >= 0 else 0.2 * decay)


@given(st.floats(0, 4), st.integers(2, 40))
def test_a_kernel_may_grow(growth: float, steps: int) -> None:
    flat, grown = (SSTDP(causal=0.8, anti_causal=0.2, growth=value).kernel(steps) for value in (0.0, growth))
    distance = np.abs(np.arange(-steps, steps + 1))
    assert np.allclose(grown, flat * np.exp(growth * distance / steps), rtol=1e-5)
    assert grown[steps] == flat[steps]


@pytest.mark.parametrize("backend", available_backends())
def test_one_update_by_hand(backend: str) -> None:
    """Inputs at steps 0, 1, 3 of 4; two neurons, threshold 1, fire at 1 (weights .5, .5) and never.

    The gap is 2. Label 1: the mean is 1, n = 1; targets 1 + 2 = 3 and 1. Errors in windows: -2/4 and 3/4, silent = step 4.
    Kernel: -1 where the input is not later, +.5 where it is.
    """
    start = fixed([[[0.5, 0.2], [0.5, 0.2], [0.5, 0.2]]], 4)
    rule = SSTDP(gap=2.0, causal=1.0, anti_causal=0.5, tau=INF, mu=0.0)
    options = TrainingOptions(
        epochs=1, batch_size=1, optimiser="sgd", momentum=0, rate=0.1, redraw=False, backend=backend
    )
    x = 1 - np.array([[0, 1, 3]]) / 3 + np.array([[0, 0, 0.01]])
    assert encode_times(start, x).tolist() == [[0, 1, 3]]
    trained = train(start, rule, (x, [1]), options)
    change = trained.network.weights[0] - start.weights[0]
    expected = -0.1 * np.array([[-0.5 * -1, 0.75 * -1], [-0.5 * -1, 0.75 * -1], [-0.5 * 0.5, 0.75 * -1]])
    assert np.allclose(change, expected, atol=1e-6)
    assert trained.history["loss"].to_list() == [((2 / 4) ** 2 + (3 / 4) ** 2) / 2]


def test_the_error_goes_back_along_the_weights() -> None:
    """Eq 11: ``dt_j/dt_i = w_ij`` where ``t_i <= t_j``; hidden neurons at steps 0, 2 and never, output at 2."""
    start = fixed([[[1, 0.3, 0.1], [0, 0.7, 0.1]], [[0.4], [0.6], [0.9]]], 4)
    engine = get_backend("reference").first_spike(start.plan)
    passed = engine.forward(start.weights, np.array([[0, 2]], dtype=np.float32))
    assert passed.times(0).tolist() == [[0, 2, INF]]
    assert passed.times(1).tolist() == [[2]]
    back = engine.backward(
        start.weights, passed, np.array([[2.0]], dtype=np.float32), rule=STEP.gradient_rule(start.plan)
    )
    assert back.weights[1].ravel().tolist() == [-2, -2, 0]
    # The hidden errors are .8 and 1.2; of neuron 0, at step 0, only input 0 is causal.
    assert np.allclose(back.weights[0], [[-0.8, -1.2, 0], [0, -1.2, 0]])


def test_the_factor_of_the_weight() -> None:
    start = fixed([[[0.5, -0.5], [1.0, 3.0]]], 4, threshold=2.0)
    weights = list(start.weights)
    rising, falling = np.full((2, 2), -1, dtype=np.float32), np.full((2, 2), 1, dtype=np.float32)
    both = SSTDP(w_max=1.0, w_min=-0.5, mu=2.0, factor="both")
    assert both.adjusted(start.plan, weights, [rising])[0].tolist() == [[-(0.75**2), -(1.25**2)], [-(0.5**2), 0]]
    soft = replace(both, factor="soft")
    assert soft.adjusted(start.plan, weights, [falling])[0].tolist() == [[0.75**2, 0.25**2], [1, 4]]
    assert soft.adjusted(start.plan, weights, [rising])[0].tolist() == [[-(0.75**2), -(1.25**2)], [-(0.5**2), 0]]
    assert SSTDP(mu=0.0).adjusted(start.plan, weights, [falling])[0] is falling


def test_weights_stay_within_their_bounds() -> None:
    rule = SSTDP(w_max=0.3, w_min=-0.1, mu=0.0)
    trained = train(network(), rule, patterns(), replace(OPTIONS, rate=0.3, redraw=False))
    low, high = min(map(np.min, trained.network.weights)), max(map(np.max, trained.network.weights))
    assert (low, high) == (np.float32(-0.1), np.float32(0.3))


@pytest.mark.parametrize("targets", ["one_sided", "exact"])
def test_it_learns(targets: Any) -> None:
    trained = train(network(), SSTDP(targets), patterns(), OPTIONS)
    assert evaluate(trained.network, *patterns()).accuracy > 0.9
    assert trained.history["loss"][-1] < trained.history["loss"][0]


def test_the_published_variant_learns() -> None:
    rng = np.random.default_rng(0)
    weights = (rng.uniform(0, 40, (20, 30)).astype(np.float32), rng.uniform(0, 40, (30, 3)).astype(np.float32))
    layers = (Dense(units=30, threshold=100), Dense(units=3, threshold=100))
    start = FirstSpikeNetwork((20,), layers, weights, neuron="step", steps=255, compare=">")
    options = replace(OPTIONS, epochs=30, optimiser="sgd", momentum=0, rate=10.0)
    trained = train(start, SSTDP.published(), patterns(), options)
    assert evaluate(start, *patterns()).accuracy < 0.5
    assert trained.history["accuracy"][-1] > 0.75


@pytest.mark.slow
@pytest.mark.parametrize("backend", available_backends())
def test_errors_of_length_one(backend: str) -> None:
    """Every layer's error has length 1 a sample; the batch's gradient is the mean, whatever the size of the error."""
    start = FirstSpikeNetwork.draw(
        (1, 6, 6), [Conv(channels=4), EarliestPool(2), Dense(units=3)], neuron="step", steps=8, seed=1
    )
    rule = replace(STEP, unit_norm=True)
    engine = rule.make_engine(start.plan, backend)
    plain = get_backend(backend).first_spike(start.plan)
    times = encode_times(start, np.random.default_rng(0).random((5, 1, 6, 6)))
    passed, whole = engine.forward(start.weights, times), plain.forward(start.weights, times)
    assert all(np.array_equal(passed.times(n), whole.times(n)) for n in range(3))
    gradient = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
    gradient[2] = 0
    found = engine.backward(start.weights, passed, gradient, rule=rule.gradient_rule(start.plan))
    scaled = engine.backward(start.weights, passed, 7 * gradient, rule=rule.gradient_rule(start.plan))
    expected = [np.zeros(shape) for shape in start.plan.weight_shapes]
    for sample in (0, 1, 3, 4):
        one = plain.forward(start.weights, times[sample : sample + 1])
        unit = gradient[sample : sample + 1] / np.linalg.norm(gradient[sample])
        out = plain.backward(start.weights, one, unit, rule=rule.gradient_rule(start.plan))
        first = replace(start.plan, layers=start.plan.layers[1:])
        upper = get_backend(backend).first_spike(first)
        above = upper.forward(start.weights[1:], one.times(0))
        wanted = replace(rule.gradient_rule(start.plan), inputs=True)
        length = np.linalg.norm(upper.backward(start.weights[1:], above, unit, rule=wanted).inputs)  # type: ignore[arg-type]
        expected[0] += out.weights[0] / length / 5
        expected[1] += out.weights[1] / 5
    for ours, again, theirs in zip(found.weights, scaled.weights, expected, strict=True):
        assert np.allclose(ours, theirs, atol=1e-6)
        assert np.allclose(again, theirs, atol=1e-6)


def test_convolutions_learn() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 80)
    images = rng.random((80, 1, 8, 8)) * 0.2
    images[labels == 0, :, 3, :] = 0.9
    images[labels == 1, :, :, 3] = 0.9
    layers: list[Layer] = [Conv(channels=6, kernel=3), EarliestPool(2), Dense(units=2)]
    start = FirstSpikeNetwork.draw((1, 8, 8), layers, seed=0, neuron="step", steps=16)
    trained = train(start, SSTDP(), (images, labels), TrainingOptions(epochs=15, batch_size=10, rate=0.01))
    assert trained.history["accuracy"][-1] > 0.95


def test_the_published_count_is_lenient() -> None:
    """A tie and a sample without any spike are right by that count, and by no strict one."""
    start = fixed([[[1, 1, 0], [0, 0, 1]]], 4)
    x, labels = np.array([[1, 0], [1, 0], [0, 0], [0, 1]]), np.array([0, 1, 2, 0])
    engine = get_backend("auto").first_spike(start.plan)
    times = engine.forward(start.weights, encode_times(start, x)).times(0)
    assert published_accuracy(times, labels) == 0.75
    assert evaluate(start, x, labels).accuracy == 0.25


@pytest.mark.parametrize("targets", ["one_sided", "exact", "published"])
def test_nothing_to_learn_from_is_no_crash(targets: Any) -> None:
    """All-silent and constant inputs, and outputs that cannot fire: defined, useless, and the history says so."""
    labels = np.array([0, 1, 2] * 10)
    rule = SSTDP(targets, unit_norm=targets == "published")
    options = replace(OPTIONS, epochs=3)
    silent = train(network(), rule, (np.zeros((30, 20)), labels), options)
    assert silent.history["silent"].to_list() == [1, 1, 1]
    assert silent.history["accuracy"].to_list() == [0, 0, 0]
    constant = train(network(), rule, (np.ones((30, 20)), labels), options)
    assert max(constant.history["accuracy"].to_list()) <= 0.5
    mute = network().with_weights([-np.abs(weight) for weight in network().weights])
    dumb = train(mute, rule, patterns(), replace(options, redraw=False, keep="last"))
    assert dumb.history["accuracy"].to_list() == [0, 0, 0]
    assert all(np.isfinite(weight).all() for weight in dumb.network.weights)


def test_a_silent_label_is_lifted() -> None:
    """An output neuron that never fires learns from the hidden spikes that there are."""
    weights = [weight.copy() for weight in network().weights]
    weights[1][:, 0] = -0.05
    start = network().with_weights(weights)
    x, y = patterns()
    assert evaluate(start, x[y == 0], y[y == 0]).accuracy == 0
    trained = train(start, SSTDP(), (x, y), replace(OPTIONS, redraw=False, keep="last"))
    assert evaluate(trained.network, x[y == 0], y[y == 0]).accuracy > 0.9


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"targets": "mean"}, "expected one of one_sided, exact, published, got 'mean'"),
        ({"factor": "hard"}, "expected both or soft"),
        ({"gap": -1.0}, "gap: expected"),
        ({"causal": float("nan")}, "causal: expected"),
        ({"tau": 0.0}, "tau above 0"),
        ({"growth": -1.0}, "growth"),
        ({"growth": INF}, "growth"),
        ({"offset": INF}, "finite offset"),
        ({"w_min": 1.0}, "w_max: expected more than w_min"),
        ({"w_max": INF}, "finite w_min and w_max"),
    ],
)
def test_wrong_settings_are_named(fields: Any, what: str) -> None:
    with pytest.raises(DataError, match=what):
        SSTDP(**fields)


def test_wrong_networks_and_data_are_named() -> None:
    ramp = FirstSpikeNetwork.draw((20,), [Dense(units=3)])
    with pytest.raises(PlanError, match="'step', got 'ramp'"):
        train(ramp, SSTDP(), patterns(), OPTIONS)
    with pytest.raises(DataError, match="labels 0 to 2, got 0 to 3"):
        train(network(), SSTDP(), (np.zeros((4, 20)), np.arange(4)), OPTIONS)
    with pytest.raises(DataError, match="got nan"):
        train(network(), SSTDP(), (np.full((4, 20), np.nan), np.zeros(4, dtype=int)), OPTIONS)
