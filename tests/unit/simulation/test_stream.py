"""Streams: one step a call, the state inside."""

import copy
from typing import Any

import numpy as np
import pytest

import pysnn
from pysnn import IF, LIF, DataError, Events, Input, Linear, Network, Output, RangeError, Simulator
from pysnn.backends import available_backends

BACKENDS = pytest.mark.parametrize("backend", available_backends())
RNG = np.random.default_rng(3)
FRAMES = RNG.normal(0.3, 1, (30, 1, 6)).astype(np.float32)
SPIKES = (RNG.random((30, 2, 6)) < 0.4).astype(np.uint8)


def network(readout: Any = "count", **options: Any) -> Network:
    rng = np.random.default_rng(0)
    nodes = {"in": Input((6,), **options), "fc": Linear(rng.normal(0, 0.6, (5, 6))), "n": LIF(tau=4.0)}
    return Network.chain({**nodes, "last": Linear(rng.normal(0, 0.9, (3, 5))), "out_n": IF(), "out": Output(readout)})


@BACKENDS
@pytest.mark.parametrize("readout", ["count", "first_spike"])
def test_steps_are_those_of_a_run(backend: str, readout: str) -> None:
    simulator = Simulator(network(readout), coding="frames", dt=1.0, backend=backend)
    whole = simulator.run(FRAMES, steps=range(1, 31))
    stream = simulator.stream()
    for t, frame in enumerate(FRAMES):
        step = stream.step(frame)
        assert step.steps == stream.steps == t + 1
        np.testing.assert_array_equal(step.scores, whole.scores[t])
        np.testing.assert_array_equal(step.predictions, whole.predictions[t])
    assert -1 in whole.predictions
    assert whole.predictions[-1] >= 0


@BACKENDS
def test_a_state_goes_into_another_stream_and_into_a_run(backend: str) -> None:
    simulator = Simulator(network(), coding="spikes", dt=1.0, backend=backend)
    whole = simulator.run(SPIKES, steps=30)
    stream = simulator.stream(2)
    for spikes in SPIKES[:11]:
        stream.step(spikes)
    state = copy.deepcopy(stream.state)
    after = simulator.run(SPIKES[11:], steps=19, state=state)
    np.testing.assert_array_equal(after.scores[-1], whole.scores[-1])
    going = simulator.stream(2, state=state)
    for spikes in SPIKES[11:]:
        last = going.step(spikes)
    np.testing.assert_array_equal(last.scores, whole.scores[-1])
    assert stream.steps == 11


@BACKENDS
def test_two_streams_do_not_meet(backend: str) -> None:
    simulator = Simulator(network(), coding="frames", dt=1.0, backend=backend)
    alone = [step.scores for step in map(simulator.stream().step, FRAMES)]
    one, other = simulator.stream(), simulator.stream()
    for frame, scores in zip(FRAMES, alone, strict=True):
        other.step(frame[::-1] * 2)
        np.testing.assert_array_equal(one.step(frame).scores, scores)


@pytest.mark.parametrize("kind", [np.float64, np.float32, list, np.uint8, "fortran"])
def test_forms_of_a_frame_are_alike(kind: Any) -> None:
    net = network()
    pixels = RNG.integers(0, 256, (2, 6)).astype(np.uint8)
    frame: Any = (pixels / np.float32(255)).astype(np.float32)
    expected = Simulator(net, coding="frames", dt=1.0).stream(2).step(frame)
    given = {list: frame.tolist(), np.uint8: pixels, "fortran": np.asfortranarray(frame)}.get(kind)
    found = Simulator(net, coding="frames", dt=1.0).stream(2).step(frame.astype(kind) if given is None else given)
    np.testing.assert_array_equal(found.scores, expected.scores)


def test_forms_of_events_are_alike() -> None:
    net = network()
    counts = np.array([0, 2, 0, 1, 0, 3], dtype=np.uint8)
    numbers = [5, 1, 3, 1, 5, 5]
    events = Events.from_lists([(np.zeros(6, dtype=int), np.array(numbers))])
    ways: list[tuple[Any, Any]] = [
        ("spikes", counts),
        ("spikes", counts[None].astype(float)),
        ("events", numbers),
        ("events", events),
    ]
    found = [Simulator(net, coding=coding, dt=1.0).stream(max_count=3) for coding, _ in ways]
    for stream, (_, given) in zip(found, ways, strict=True):
        stream.step(given)
    for stream in found[1:]:
        for name, array in found[0].state.arrays.items():
            np.testing.assert_array_equal(array, stream.state.arrays[name])


def test_values_enter_as_in_a_run() -> None:
    net = network(mean=[0.2] * 6, std=[0.5] * 6)
    simulator = Simulator(net, dt=1.0)
    stream = simulator.stream()
    for _ in range(5):
        last = stream.step(FRAMES[0])
    np.testing.assert_array_equal(last.scores, simulator.run(FRAMES[0], steps=5).scores[0])


@BACKENDS
@pytest.mark.parametrize(
    ("coding", "given", "said"),
    [
        ("frames", np.zeros((2, 6), np.float32), r"Input 'in': expected \(1, 6\) a step, got \(2, 6\)"),
        ("frames", np.full((1, 6), np.nan, np.float32), "expected finite values, got nan"),
        ("constant", np.zeros((2, 6), np.float32), "expected 1 samples a step, got 2"),
        ("constant", "text", "Input 'in'"),
        ("spikes", np.full((1, 6), 2, np.uint8), "at most 1 events of one input a step, got 2; .* max_count=2"),
        ("spikes", np.full((1, 6), 0.5), "expected whole numbers"),
        ("events", [1, 1], "got 2; open the stream with max_count=2"),
        ("events", [6], "an event has index 6, and there are 6 inputs"),
        ("events", [-1], "an event has index -1"),
        ("events", [0.5], "a vector of the inputs that spike"),
        ("events", Events([0], [1], [0], samples=1), "step 1 is beyond the 1 steps"),
        ("events", Events([0], [0], [0], samples=2), "expected 1 samples a step, got 2"),
        ("poisson", np.full((1, 6), 1.5), "rates must be in 0..1"),
    ],
)
def test_bad_steps_are_refused_and_change_nothing(backend: str, coding: Any, given: Any, said: str) -> None:
    stream = Simulator(network(), coding=coding, dt=1.0, backend=backend).stream()
    before = stream.state
    with pytest.raises(DataError, match=said):
        stream.step(given)
    assert stream.steps == 0
    for name, array in before.arrays.items():
        np.testing.assert_array_equal(array, stream.state.arrays[name])


@BACKENDS
def test_a_step_that_fails_halfway_ends_the_stream(backend: str) -> None:
    weight = np.full((1, 1), 3e38, dtype=np.float32)
    net = Network.chain({"in": Input((1,)), "fc": Linear(weight), "n": IF(v_threshold=3e38), "out": Output()})
    stream = Simulator(net, coding="frames", backend=backend).stream()
    with pytest.raises(DataError, match="'n': expected finite potentials, got one beyond float32"):
        stream.step([[-3.0]])
    with pytest.raises(DataError, match="the stream has ended"):
        stream.step([[0.0]])
    with pytest.raises(DataError, match="the stream has ended"):
        _ = stream.state


@BACKENDS
def test_a_stream_refuses_a_step_that_could_leave_int32(backend: str) -> None:
    net = Network.chain({"in": Input((1,)), "fc": Linear([[1.0]]), "n": IF(), "out": Output()})
    simulator = Simulator(net, coding="spikes", precision="int8", backend=backend)
    full = simulator.stream(state=simulator.run(np.zeros((1, 1, 1)), steps=1).state).state
    state = pysnn.State(1, {**full.arrays, "n": np.full_like(full.arrays["n"], -(2**31) + 1)})
    with pytest.raises(RangeError, match="'n': after 1 steps an int32 potential could reach"):
        simulator.stream(state=state).step([[1]])


def test_bad_openings_are_refused() -> None:
    simulator = Simulator(network(), coding="spikes", dt=1.0)
    with pytest.raises(DataError, match="samples must be an integer"):
        simulator.stream(0)
    with pytest.raises(DataError, match=r"max_count must be an integer in 1\.\.255"):
        simulator.stream(max_count=256)
    with pytest.raises(DataError, match="record: a stream records nothing"):
        simulator.stream(record=["n"])
    with pytest.raises(DataError, match=r"state of 'n': expected float32 \(2, 5, 1, 1\)"):
        simulator.stream(2, state=simulator.stream(1).state)
    with pytest.raises(TypeError, match="compiled for this process"):
        copy.copy(simulator.stream())


@BACKENDS
@pytest.mark.parametrize("formula", ["relax", "plain"])
def test_neurons_that_divide_by_tau_stream_in_any_number(backend: str, formula: Any) -> None:
    nodes = {"in": Input((3,)), "n": pysnn.DiscreteLIF(tau=2.0, formula=formula), "out": Output("count")}
    simulator = Simulator(Network.chain(nodes), coding="frames", backend=backend)
    stream = simulator.stream()
    found = [stream.step(frame).scores for frame in FRAMES[:, :, :3]]
    whole = simulator.run(FRAMES[:, :, :3], steps=range(1, 31))
    assert np.array_equal(np.stack(found), whole.scores)
