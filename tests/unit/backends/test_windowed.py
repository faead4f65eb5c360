"""Neurons with a window of time for each layer: times are those of the potential, gradients those of the times."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from pysnn.backends import available_backends, get_backend
from pysnn.backends.first_spike import GradientRule, SpikePass
from pysnn.backends.windowed import WindowedFirstSpike
from pysnn.errors import DataError, PlanError
from pysnn.first_spike import Conv, Dense, EarliestPool, FirstSpikeNetwork, Layer, decide, evaluate
from pysnn.first_spike.learn import SSTDP, STDBP, TrainingOptions, train
from pysnn.plan.first_spike import FirstSpikePlan, WeightLayer

Array = NDArray[Any]
Neuron = Literal["falling", "slope"]
NEURONS: tuple[Neuron, ...] = ("falling", "slope")
WIDTH = 1e-6
STACKS: dict[str, tuple[tuple[int, ...], list[Layer]]] = {
    "one": ((9,), [Dense(units=7, threshold=0.7)]),
    "three": ((9,), [Dense(units=11), Dense(units=30), Dense(units=4, threshold=1.5)]),
    "four": ((9,), [Dense(units=9), Dense(units=9), Dense(units=9), Dense(units=4)]),
    "conv": (
        (2, 6, 7),
        [
            Conv(channels=5, padding=1),
            EarliestPool(2),
            Conv(channels=6, kernel=2, padding=1),
            EarliestPool(3, 2, 1),
            Dense(units=4),
        ],
    ),
    "strided": ((2, 6, 7), [Conv(channels=3, kernel=3, stride=2, padding=2), Dense(units=4)]),
}


def random_net(kind: str, neuron: Neuron, seed: int) -> tuple[FirstSpikePlan, list[Array], Array]:
    """Draw a network, its weights in float64 and input times, a third of them silent."""
    shape, layers = STACKS[kind]
    plan = FirstSpikeNetwork.draw(shape, layers, neuron=neuron).plan
    rng = np.random.default_rng(seed)
    weights = [rng.normal(0.4, 1.5, rows) * 1.5 / np.sqrt(rows[0]) for rows in plan.weight_shapes]
    times = np.where(rng.random((2, plan.in_size)) < 0.3, np.inf, rng.random((2, plan.in_size)))
    return plan, weights, times


def fire(neuron: str, layer: WeightLayer, weight: Array, seen: Array, window: tuple[int, bool]) -> float:
    """Return when one neuron fires, from the potential itself at many times; ``seen`` are its inputs' times."""
    opens, last = window
    at = opens + np.linspace(0, 40 if last else 1, 40_001)
    spikes = np.isfinite(seen)
    if neuron == "falling":
        potential = (weight[:, None] * np.where(spikes, seen, 0)[:, None] * -1 + (weight * spikes)[:, None] * at).sum(
            axis=0
        )
        threshold = layer.threshold * (opens + 1 - at)
    else:
        early = np.where(spikes, opens - seen, 0)
        potential = early @ weight[:-1] + weight[-1] + layer.threshold * (at - opens)
        threshold = np.full_like(at, layer.threshold)
    reached = np.flatnonzero(potential >= threshold)
    return float(at[reached[0]]) if len(reached) else np.inf


@pytest.mark.parametrize("neuron", NEURONS)
@pytest.mark.parametrize("kind", STACKS)
def test_a_neuron_fires_when_its_potential_reaches_its_threshold(kind: str, neuron: Neuron) -> None:
    silent = above = between = 0
    for seed in range(3):
        plan, weights, times = random_net(kind, neuron, seed)
        passed = WindowedFirstSpike(plan).forward(weights, times)
        below, opens, rest = times, 0, iter(weights)
        for number, layer in enumerate(plan.layers):
            out = passed.times(number)
            if isinstance(layer, WeightLayer):
                opens, weight = opens + 1, next(rest)
                last = opens == len(weights)
                padded = np.append(below[0], np.inf)
                places = np.random.default_rng(seed).permutation(out.shape[1])[:8]
                for place in places:
                    site, column = divmod(int(place), layer.columns)
                    seen = padded[layer.windows()[site]]
                    expected = fire(neuron, layer, weight[:, column], seen, (opens, last))
                    found = float(out[0, place])
                    if not opens + 40 > found > opens + 40 * (1 - 1e-3) and not np.isclose(found, opens + 1, atol=1e-4):
                        assert found == pytest.approx(expected, abs=2e-3) or (np.isinf(expected) and found > opens + 39)
                    silent, above = silent + np.isinf(found), above + (found == opens)
                    between += opens < found < np.inf
            below = out
    assert between
    assert silent + above


def loss_of(engine: WindowedFirstSpike, net: tuple[Sequence[Array], Array], pull: Array) -> tuple[float, list[Array]]:
    """Return a weighted sum of output times, and everything whose change is a jump."""
    passed = engine.forward(*net)
    maps = [passed.times(n) for n in range(len(engine.plan.layers))]
    last = maps[-1]
    kinks = [np.where(np.isfinite(one), one == np.floor(one), 2) for one in maps]
    return float((pull * np.where(np.isfinite(last), last, 0)).sum()), kinks


@pytest.mark.parametrize("neuron", NEURONS)
@pytest.mark.parametrize("kind", STACKS)
def test_gradients_are_central_differences(kind: str, neuron: Neuron) -> None:
    compared = jumps = 0
    for seed in range(6):
        plan, weights, times = random_net(kind, neuron, seed)
        engine = WindowedFirstSpike(plan)
        passed = engine.forward(weights, times)
        last = passed.times(len(plan.layers) - 1)
        if (last[np.isfinite(last)] > len(weights) + 8).any():
            continue  # A slope near 0: differences say nothing.
        pull = np.random.default_rng(seed).normal(size=last.shape)
        found = engine.backward(weights, passed, pull, rule=GradientRule(inputs=True))
        assert found.inputs is not None
        _, kinks = loss_of(engine, (weights, times), pull)
        for parameter, gradient in zip([*weights, times], [*found.weights, found.inputs], strict=True):
            for place in map(tuple, np.argwhere(np.isfinite(parameter))[:: max(1, parameter.size // 12)]):
                kept = parameter[place]
                sides = []
                for side in (1, -1):
                    parameter[place] = kept + side * WIDTH
                    sides.append(loss_of(engine, (weights, times), pull))
                parameter[place] = kept
                if all(np.array_equal(a, b) for one in sides for a, b in zip(one[1], kinks, strict=True)):
                    numeric = (sides[0][0] - sides[1][0]) / (2 * WIDTH)
                    assert abs(numeric - gradient[place]) <= 1e-6 * max(1.0, abs(numeric)), place
                    compared += 1
                else:
                    jumps += 1
    assert compared > 50
    assert jumps < compared / 20


def one(
    neuron: Neuron, weights: list[float], times: list[float], *, hidden: bool = True
) -> tuple[SpikePass, list[Array]]:
    """Run one neuron, before another layer or as the last one."""
    layers = [Dense(units=1), Dense(units=1)][: 1 + hidden]
    plan = FirstSpikeNetwork.draw((len(times),), layers, neuron=neuron).plan
    rows = [np.array(weights)[:, None], np.ones((1 + (neuron == "slope"), 1))][: 1 + hidden]
    engine = WindowedFirstSpike(plan)
    passed = engine.forward(rows, np.array([times]))
    back = engine.backward(rows, passed, np.ones((1, 1)), rule=GradientRule())
    return passed, back.weights


def test_the_closed_forms_of_the_papers() -> None:
    """Falling: ``t = (2 + I) / (1 + W) - 1`` behind its window's opening; slope: ``1 - (b + sum w x)``."""
    w, t = np.array([0.5, 0.25, -0.25]), np.array([0.25, 0.5, 0.75])
    passed, _ = one("falling", w.tolist(), t.tolist())
    assert passed.times(0)[0, 0] - 1 == pytest.approx((2 + w @ t) / (1 + w.sum()) - 1)
    passed, _ = one("slope", [*w, 0.125], t.tolist())
    assert passed.times(0)[0, 0] - 1 == pytest.approx(1 - (0.125 + w @ (1 - t)))


@pytest.mark.parametrize("neuron", NEURONS)
def test_above_its_threshold_a_neuron_fires_at_once_and_learns_nothing(neuron: Neuron) -> None:
    passed, gradients = one(neuron, [4.0, 0.0][: 1 + (neuron == "slope")], [0.5])
    assert passed.times(0).tolist() == [[1.0]]
    assert passed.marks(0).tolist() == [[2.0]]
    assert not gradients[0].any()


@pytest.mark.parametrize("neuron", NEURONS)
def test_what_is_not_reached_within_the_window_is_silence_but_in_the_last_layer(neuron: Neuron) -> None:
    weights = [-0.5, 0.0][: 1 + (neuron == "slope")]
    assert np.isinf(one(neuron, weights, [0.5])[0].times(0)).all()
    assert one(neuron, weights, [0.5], hidden=False)[0].times(0)[0, 0] > 2
    assert np.isinf(one("falling", [-2.0], [0.5], hidden=False)[0].times(0)).all()


def test_of_outputs_above_their_threshold_the_larger_potential_wins() -> None:
    network = FirstSpikeNetwork((1,), (Dense(units=3),), (np.array([[3, 5, 4]], dtype=np.float32),), neuron="falling")
    assert decide(network, [[1.0]]).winner.tolist() == [1]
    assert evaluate(network, [[1.0]], [1]).ties == 1


@pytest.mark.parametrize("backend", available_backends())
def test_every_backend_runs_them(backend: str) -> None:
    plan = FirstSpikeNetwork.draw((3,), [Dense(units=2)], neuron="falling").plan
    assert isinstance(get_backend(backend).first_spike(plan), WindowedFirstSpike)


@pytest.mark.parametrize("neuron", NEURONS)
def test_outputs_that_fire_at_once_may_be_given_a_gradient(neuron: Neuron) -> None:
    rng = np.random.default_rng(0)
    network = FirstSpikeNetwork.draw((6,), [Dense(units=5, gain=9), Dense(units=3, gain=9)], seed=0, neuron=neuron)
    engine, times = WindowedFirstSpike(network.plan), rng.random((4, 6)).astype(np.float32)
    passed = engine.forward(network.weights, times)
    assert (passed.times(1) == 2).any()
    pull = np.where(passed.times(1) == 2, np.float32(1), np.float32(0))
    exact, moved = (
        engine.backward(network.weights, passed, pull, rule=GradientRule(early_outputs=early)).weights
        for early in (False, True)
    )
    assert not any(gradient.any() for gradient in exact)
    assert (moved[1] <= 0).all()
    assert moved[1].any()


def test_a_training_leaves_the_opening_of_the_last_window() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 300)
    x = np.clip(np.eye(3)[labels].repeat(4, axis=1) * 0.5 + rng.random((300, 12)) * 0.5, 0, 1)
    start = FirstSpikeNetwork.draw((12,), [Dense(units=20, gain=0.3), Dense(units=3, gain=6)], neuron="falling")
    options = TrainingOptions(epochs=8, batch_size=20, rate=0.01)
    stuck, free = (train(start, STDBP(early_outputs=early), (x, labels), options) for early in (False, True))
    assert free.history["accuracy"][-1] > 0.95 > stuck.history["accuracy"][-1]


def test_stdbp_trains_them_and_sstdp_does_not() -> None:
    x, y = np.array([[1, 0.2], [0.2, 1]] * 20, dtype=np.float32), np.array([0, 1] * 20)
    for neuron in NEURONS:
        layers = [Dense(units=8, gain=0.5, spread=0.6), Dense(units=2, gain=0.5, spread=0.6)]
        start = FirstSpikeNetwork.draw((2,), layers, seed=1, neuron=neuron)
        trained = train(start, STDBP(), (x, y), TrainingOptions(epochs=20, batch_size=10, rate=0.03))
        assert trained.history["accuracy"][-1] == 1
    with pytest.raises(PlanError, match="'step', got 'slope'"):
        train(start, SSTDP(), (x, y))


def test_a_pass_of_another_engine_is_refused() -> None:
    network = FirstSpikeNetwork.draw((2,), [Dense(units=2)])
    passed = get_backend("reference").first_spike(network.plan).forward(network.weights, np.zeros((1, 2), np.float32))
    other = WindowedFirstSpike(FirstSpikeNetwork.draw((2,), [Dense(units=2)], neuron="falling").plan)
    with pytest.raises(DataError, match="expected a pass of this engine"):
        other.backward(network.weights, passed, np.zeros((1, 2)), rule=GradientRule())
