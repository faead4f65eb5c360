"""The reference's gradients are those of its spike times: central differences, and one-sided ones at the jumps."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pysnn.backends.first_spike import GradientRule
from pysnn.backends.reference.first_spike import ReferenceFirstSpike, ReferencePass
from pysnn.plan.first_spike import FirstSpikePlan, PoolLayer
from tests.unit.first_spike.nets import RandomNet, dense, layer_stacks, pool, random_net

Array = NDArray[Any]
WIDTH = 1e-6
GRAZE = 0.02
PLACES = 20


def pattern(net: RandomNet, passed: ReferencePass) -> list[Array]:
    """Which inputs each neuron has behind it when it fires, and which of them a pool takes."""
    found = []
    below = passed.inputs
    for number, layer in enumerate(net.plan.layers):
        padded = np.concatenate([below, np.full((len(below), 1), np.inf)], axis=1)
        seen = padded[:, layer.windows()]
        out = passed.times(number).reshape(len(below), seen.shape[1], -1)
        if isinstance(layer, PoolLayer):
            found.append(seen.reshape(*seen.shape[:2], -1, layer.in_shape[2]).argmin(axis=2))
        else:
            found.append(seen[..., None] < np.where(np.isfinite(out), out, -1)[:, :, None, :])
        below = passed.times(number)
    return found


def grazes(net: RandomNet, passed: ReferencePass) -> bool:
    """Whether a potential only just reaches its threshold: its time is then nearly a jump."""
    marks = [passed.marks(n) for n, layer in enumerate(net.plan.layers) if not isinstance(layer, PoolLayer)]
    return any((np.abs(mark[mark != 0]) < GRAZE).any() for mark in marks)


def check(parameter: Array, found: Array, loss: Callable[[], tuple[float, list[Array]]]) -> int:
    """Compare with central differences at some places; give how many are not at a jump."""
    _, causal = loss()
    compared = 0
    chosen = np.random.default_rng(0).permutation(parameter.size)[:PLACES]
    for place in zip(*np.unravel_index(chosen, parameter.shape), strict=True):
        kept = parameter[place]
        if not np.isfinite(kept):
            assert found[place] == 0
            continue
        sides = []
        for side in (1, -1):
            parameter[place] = kept + side * WIDTH
            sides.append(loss())
        parameter[place] = kept
        if all(np.array_equal(a, b) for one in sides for a, b in zip(one[1], causal, strict=True)):
            numeric = (sides[0][0] - sides[1][0]) / (2 * WIDTH)
            assert abs(numeric - found[place]) <= 1e-6 * max(1.0, abs(numeric)), place
            compared += 1
    return compared


@pytest.mark.slow
@pytest.mark.parametrize("kind", layer_stacks())
def test_gradients_are_central_differences(kind: str) -> None:
    compared = possible = used = silent = equal = 0
    for seed in range(200):
        net = random_net(kind, "ramp", seed, batch=1, dtype=np.float64)
        engine = ReferenceFirstSpike(net.plan)
        passed = engine.forward(net.weights, net.times)
        if grazes(net, passed):
            continue
        used += 1
        pull = np.random.default_rng(seed).normal(size=passed.layer_times[-1].shape)

        def loss(engine: Any = engine, net: RandomNet = net, pull: Array = pull) -> tuple[float, list[Array]]:
            now = engine.forward(net.weights, net.times)
            last = now.layer_times[-1]
            return float((pull * np.where(np.isfinite(last), last, 0)).sum()), pattern(net, now)

        found = engine.backward(net.weights, passed, pull, rule=GradientRule(inputs=True))
        assert found.inputs is not None
        for parameter, gradient in zip([*net.weights, net.times], [*found.weights, found.inputs], strict=True):
            compared += check(parameter, gradient, loss)
            possible += min(int(np.isfinite(parameter).sum()), PLACES)
        silent += sum(int(np.isinf(times).sum()) for times in passed.layer_times)
        equal += int((np.diff(np.sort(net.times[np.isfinite(net.times)])) == 0).sum())
        if used == 4:
            break
    assert used == 4
    assert compared > 0.6 * possible > 0
    assert silent > 0
    assert equal > 0


def at(times: list[float], weights: list[float]) -> tuple[Array, Array, Array]:
    """One neuron of threshold 1: its time, and its gradients by weights and times."""
    engine = ReferenceFirstSpike(FirstSpikePlan("ramp", (dense("a", (1, 1, len(times)), 1),)))
    weight = [np.array(weights)[:, None]]
    passed = engine.forward(weight, np.array([times]))
    found = engine.backward(weight, passed, np.ones((1, 1)), rule=GradientRule(inputs=True))
    assert found.inputs is not None
    return passed.times(0)[0, 0], found.weights[0][:, 0], found.inputs[0]


def test_an_input_at_the_output_is_not_causal() -> None:
    """At ``t_i = t_j`` the derivative is that on the side where the input comes later: none."""
    time, by_weight, by_time = at([0.0, 1.0], [1.0, 0.5])
    assert time == 1
    assert by_weight.tolist() == [-1, 0]
    assert by_time.tolist() == [1, 0]
    later, _, _ = at([0.0, 1.0 + WIDTH], [1.0, 0.5])
    earlier, _, _ = at([0.0, 1.0 - WIDTH], [1.0, 0.5])
    assert later == 1
    assert earlier == pytest.approx(1 - WIDTH / 3, abs=1e-12)


def test_simultaneous_inputs_act_as_one() -> None:
    time, by_weight, by_time = at([0.25, 0.25, 0.25], [1.0, -0.5, 1.5])
    assert time == 0.75
    assert by_weight.tolist() == [-0.25] * 3
    assert by_time.tolist() == [0.5, -0.25, 0.75]


def test_a_shift_of_all_inputs_shifts_the_output() -> None:
    for seed in range(20):
        net = random_net("wide", "ramp", seed, dtype=np.float64)
        engine = ReferenceFirstSpike(net.plan)
        assert np.allclose(
            engine.forward(net.weights, net.times + 2).times(1), engine.forward(net.weights, net.times).times(1) + 2
        )


def test_a_silent_neuron_has_no_gradient() -> None:
    time, by_weight, by_time = at([0.0, 0.5], [1.0, -1.0])
    assert np.isinf(time)
    assert not by_weight.any()
    assert not by_time.any()


def test_a_tie_in_a_pool_goes_to_the_first() -> None:
    layer = pool("p", (2, 2, 1), (2, 2, 0))
    engine = ReferenceFirstSpike(FirstSpikePlan("ramp", (layer,)))
    times = np.array([[0.5, 0.25, 0.25, np.inf]])
    passed = engine.forward([], times)
    found = engine.backward([], passed, np.ones((1, 1)), rule=GradientRule(inputs=True))
    assert passed.times(0).tolist() == [[0.25]]
    assert found.inputs is not None
    assert found.inputs.tolist() == [[0, 1, 0, 0]]


def test_a_floor_under_the_slope_bounds_the_gradient() -> None:
    engine = ReferenceFirstSpike(FirstSpikePlan("ramp", (dense("a", (1, 1, 1), 1),)))
    weight = [np.array([[0.01]])]
    passed = engine.forward(weight, np.zeros((1, 1)))
    bounded = engine.backward(weight, passed, np.ones((1, 1)), rule=GradientRule(min_slope=0.5))
    assert passed.times(0) == 100
    assert bounded.weights[0] == -200
