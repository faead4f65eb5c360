"""Spike trains and potentials worked out by hand, on every backend and in both precisions."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pysnn
from pysnn import IF, LIF, Input, Linear, MaxPool2d, Network, Output, Scale
from pysnn.backends import available_backends
from pysnn.simulation.result import Result

pytestmark = pytest.mark.parametrize("backend", available_backends())

Values = list[Any]


def single(values: Any) -> NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32)


def driven(neuron: pysnn.Node, current: Values, backend: str, **options: Any) -> Result:
    """A neuron that gets these currents, one a step, through a weight of 1/8."""
    eighths = np.array(current) * 8
    shape = (len(current), 1, 1)
    net = Network.chain(
        {
            "in": Input((2,)),
            "fc": Linear([[0.125, -0.125]]),
            "n": neuron,
            "out": Output("count"),
        }
    )
    counts = np.concatenate([np.maximum(eighths, 0).reshape(shape), np.maximum(-eighths, 0).reshape(shape)], axis=2)
    recorded: Any = {"record": ["n"], "record_potentials": ["n"]}
    return pysnn.run(net, counts, steps=len(current), coding="spikes", backend=backend, **recorded, **options)


def trains(result: Result) -> tuple[Values, Values]:
    return result.spikes["n"].ravel().tolist(), result.potentials["n"].ravel().tolist()


def test_reset_by_subtraction(backend: str) -> None:
    spikes, potentials = trains(driven(IF(1.0), [0.5, 0.75, 0.75, 2.5, 0.0, 0.0], backend))
    assert spikes == [0, 1, 1, 1, 1, 0]
    assert potentials == [0.5, 0.25, 0.0, 1.5, 0.5, 0.5]


def test_reset_to_zero(backend: str) -> None:
    spikes, potentials = trains(driven(IF(1.0, reset="zero"), [0.5, 0.75, 0.75, 2.5, 0.0], backend))
    assert spikes == [0, 1, 0, 1, 0]
    assert potentials == [0.5, 0.0, 0.75, 0.0, 0.0]


def test_reset_to_a_value(backend: str) -> None:
    spikes, potentials = trains(driven(IF(1.0, reset="zero", v_reset=-0.5), [1.0, 1.0, 0.5, 0.25], backend))
    assert spikes == [1, 0, 1, 0]
    assert potentials == [-0.5, 0.5, -0.5, -0.25]


@pytest.mark.parametrize(("compare", "expected"), [(">=", [0, 1, 0, 1]), (">", [0, 0, 1, 0])])
def test_a_potential_at_the_threshold(backend: str, compare: str, expected: Values) -> None:
    spikes, _ = trains(driven(IF(1.0, compare=compare), [0.5, 0.5, 0.5, 0.5], backend))
    assert spikes == expected


def test_initial_potential(backend: str) -> None:
    spikes, potentials = trains(driven(IF(1.0, v_init=0.75), [0.25, -0.5, 0.5], backend))
    assert spikes == [1, 0, 0]
    assert potentials == [0.0, -0.5, 0.0]


def test_negative_currents_lower_the_potential(backend: str) -> None:
    spikes, potentials = trains(driven(IF(0.5), [-1.0, 1.0, 0.5], backend))
    assert spikes == [0, 0, 1]
    assert potentials == [-1.0, 0.0, 0.0]


def test_leak_by_euler_steps(backend: str) -> None:
    neuron = LIF(1.0, tau=2.0, r=2.0, v_leak=0.5)
    spikes, potentials = trains(driven(neuron, [0.5, 1.0, 1.0, 0.0], backend, dt=1.0))
    # v = v / 2 + I + 1/4
    assert spikes == [0, 1, 1, 0]
    assert potentials == [0.75, 0.625, 0.5625, 0.53125]


def test_a_step_as_long_as_tau_forgets(backend: str) -> None:
    _, potentials = trains(driven(LIF(1.0, tau=0.5), [0.25, 0.5, 0.0], backend, dt=0.5))
    assert potentials == [0.25, 0.5, 0.0]


def test_a_smaller_step_leaks_less(backend: str) -> None:
    _, potentials = trains(driven(LIF(8.0, tau=1.0, v_init=4.0), [0.0, 0.0], backend, dt=0.25))
    assert potentials == [3.0, 2.25]


def test_one_threshold_a_channel(backend: str) -> None:
    net = Network.chain({"in": Input((2,)), "n": IF([0.5, 1.0], v_init=[0.0, 0.5]), "out": Output("count")})
    result = pysnn.run(net, single([[0.5, 0.25]]), steps=4, backend=backend, record=["n"])
    assert result.spikes["n"].reshape(4, 2).tolist() == [[1, 0], [1, 1], [1, 0], [1, 0]]


def test_int8_in_units(backend: str) -> None:
    result = driven(IF(1.0), [0.5, 0.75, 0.75, 2.5, 0.0], backend, precision="int8")
    spikes, potentials = trains(result)
    # One unit is 0.125 / 127, so that a weight is 127 and the threshold 1016.
    assert spikes == [0, 1, 1, 1, 1]
    assert potentials == [508, 254, 0, 1524, 508]


def test_int8_leak_rounds_to_nearest(backend: str) -> None:
    result = driven(LIF(1.0, tau=4.0, v_init=0.5), [0.0, 0.0, 0.0], backend, precision="int8", dt=1.0)
    _, potentials = trains(result)
    # The unit is a quarter of the weights': 0.125 / 127 / 4. Then v = 3/4 v, rounded (halves up): 2032, 1524, 1143, 857.25.
    assert potentials == [1524, 1143, 857]


def test_constant_current_enters_at_every_step(backend: str) -> None:
    net = Network.chain({"in": Input((1,)), "fc": Linear([[2.0]], [0.25]), "n": IF(1.0), "out": Output("count")})
    result = pysnn.run(net, single([[0.25]]), steps=4, backend=backend, record_potentials=["n"])
    assert result.potentials["n"].ravel().tolist() == [0.75, 0.5, 0.25, 0.0]
    assert result.scores.item() == 3


def test_edges_that_meet_add_up(backend: str) -> None:
    nodes = {"in": Input((1,)), "a": Scale(0.5), "b": Scale(2.0), "n": IF(10.0), "out": Output("count")}
    net = Network(nodes, [("in", "a"), ("in", "b"), ("a", "n"), ("b", "n"), ("in", "n"), ("n", "out")])
    codings: Any = ((single([[1.0]]), "constant"), (np.ones((2, 1, 1)), "spikes"))
    for x, coding in codings:
        result = pysnn.run(net, x, steps=2, coding=coding, backend=backend, record_potentials=["n"])
        assert result.potentials["n"].ravel().tolist() == [3.5, 7.0]


def test_readouts(backend: str) -> None:
    # Class 0 gets 0, 1, 1, 0; class 1 gets 1, 0, 0, 0; class 2 nothing.
    spikes = np.zeros((4, 1, 3))
    spikes[[1, 2, 0], 0, [0, 0, 1]] = 1
    expected = {
        "mean_current": [0.5, 0.25, 0.0],
        "potential": [2.0, 1.0, 0.0],
        "count": [2.0, 1.0, 0.0],
        "first_spike": [-1.0, 0.0, -np.inf],
    }
    for readout, scores in expected.items():
        net = Network.chain({"in": Input((3,)), "out": Output(readout)})
        result = pysnn.run(net, spikes, steps=[1, 4], coding="spikes", backend=backend)
        assert result.scores[1, 0].tolist() == scores
        assert result.predictions[:, 0].tolist() == [1, 1 if readout == "first_spike" else 0]


@pytest.mark.parametrize(("readout", "expected"), [("count", -1), ("first_spike", -1), ("potential", 0)])
def test_no_spike_predicts_nothing_and_is_wrong(backend: str, readout: str, expected: int) -> None:
    net = Network.chain({"in": Input((2,)), "out": Output(readout)})
    result = pysnn.run(net, np.zeros((3, 1, 2)), steps=3, coding="spikes", labels=[1], backend=backend)
    assert result.predictions.tolist() == [[expected]]
    assert result.accuracy == (0.0,)


def test_of_equal_scores_the_first_wins(backend: str) -> None:
    net = Network.chain({"in": Input((3,)), "out": Output("potential")})
    result = pysnn.run(net, single([[0, 1, 1], [2, 2, 2]]), steps=2, labels=[1, 0], backend=backend)
    assert result.predictions.tolist() == [[1, 0]]
    assert result.accuracy == (1.0,)


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_a_max_pool_has_the_largest_inputs_count_at_every_step(backend: str, precision: Any) -> None:
    rng = np.random.default_rng(5)
    spikes = (rng.random((40, 3, 2, 5, 4)) < rng.random((1, 3, 2, 5, 4))).astype(np.uint8)
    nodes = {"in": Input((2, 5, 4)), "max": MaxPool2d(3, 2, (1, 0, 2, 1)), "out": Output("count")}
    net = Network.chain(nodes)
    result = pysnn.run(net, spikes, steps=range(1, 41), coding="spikes", backend=backend, precision=precision)
    sums = np.pad(spikes.cumsum(axis=0, dtype=int), ((0, 0), (0, 0), (0, 0), (1, 2), (0, 1)))
    for y in range(3):
        for x in range(2):
            window = sums[:, :, :, 2 * y : 2 * y + 3, 2 * x : 2 * x + 3].max(axis=(3, 4))
            found = result.scores.reshape(40, 3, 2, 3, 2)[:, :, :, y, x]
            np.testing.assert_array_equal(found, window)
