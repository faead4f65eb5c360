"""Delays and recurrent connections: against loops, in parts, and what is refused."""

from functools import partial
from typing import Any

import numpy as np
import pytest

import pysnn
from pysnn import IF, LIF, Conv2d, Delay, Flatten, Input, Linear, Network, Output, Scale
from pysnn.backends import available_backends

f32 = partial(np.array, dtype=np.float32)
BACKENDS = pytest.mark.parametrize("backend", available_backends())
RNG = np.random.default_rng(3)
STEPS = 37
SPIKES = (RNG.random((STEPS, 3, 5)) < 0.4).astype(np.uint8)
W_IN, W_REC = (RNG.integers(-4, 9, (6, n)).astype(np.float32) / 8 for n in (5, 6))
BIAS = f32([0.125, 0, 0.25, 0, -0.125, 0])


def recurrent(*, of_spikes: bool, steps: int = 1) -> Network:
    """A layer whose spikes come back through weights: delayed as spikes, or as the currents of the weights."""
    nodes = {
        "in": Input((5,)),
        "fc": Linear(W_IN),
        "n": LIF(tau=4.0, r=4.0),
        "delay": Delay(steps),
        "back": Linear(W_REC, BIAS),
        "out": Output("count"),
    }
    path = (
        [("n", "delay"), ("delay", "back"), ("back", "n")]
        if of_spikes
        else [("n", "back"), ("back", "delay"), ("delay", "n")]
    )
    return Network(nodes, [("in", "fc"), ("fc", "n"), *path, ("n", "out")])


def loop(*, of_spikes: bool, steps: int = 1) -> Any:
    """Spikes of every step."""
    v = np.zeros((3, 6), np.float32)
    fired: list[Any] = []
    currents: list[Any] = []
    for t, x in enumerate(SPIKES):
        before = fired[t - steps] if t >= steps else np.zeros((3, 6), np.float32)
        came = before @ W_REC.T + BIAS if of_spikes else currents[t - steps] if t >= steps else 0
        v = np.float32(0.75) * v + (x @ W_IN.T + came)
        fired.append((v >= 1).astype(np.float32))
        currents.append(fired[-1] @ W_REC.T + BIAS)
        v = v - fired[-1]
    return np.stack(fired)


@BACKENDS
@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("of_spikes", [True, False])
def test_recurrent_connections_are_a_loop(of_spikes: bool, steps: int, backend: str) -> None:
    network = recurrent(of_spikes=of_spikes, steps=steps)
    how: Any = {"dt": 1.0, "coding": "spikes", "backend": backend, "record": ["n"]}
    result = pysnn.run(network, SPIKES, steps=STEPS, **how)
    expected = loop(of_spikes=of_spikes, steps=steps)
    assert 0.1 < expected.mean() < 0.9
    np.testing.assert_array_equal(result.spikes["n"].squeeze((3, 4)), expected)


@BACKENDS
@pytest.mark.parametrize("cut", [1, 2, 20])
@pytest.mark.parametrize("of_spikes", [True, False])
def test_a_run_in_two_parts_is_one_run(of_spikes: bool, cut: int, backend: str) -> None:
    network, how = recurrent(of_spikes=of_spikes, steps=3), {"dt": 1.0, "coding": "spikes", "backend": backend}  # type: tuple[Network, Any]
    whole = pysnn.run(network, SPIKES, steps=STEPS, **how)
    first = pysnn.run(network, SPIKES[:cut], steps=cut, **how)
    assert first.state.arrays["delay"].shape == (3, 3, 6, 1, 1)
    assert first.state.arrays["delay"].dtype == (np.uint8 if of_spikes else np.float32)
    second = pysnn.run(network, SPIKES[cut:], steps=STEPS - cut, state=first.state, **how)
    np.testing.assert_array_equal(second.scores, whole.scores)
    for name, array in whole.state.arrays.items():
        np.testing.assert_array_equal(second.state.arrays[name], array)


@BACKENDS
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_a_feed_forward_delay_moves_spikes(precision: Any, backend: str) -> None:
    nodes = {"in": Input((2, 3, 4)), "pad": Delay(5), "flat": Flatten(), "out": Output("count")}
    network = Network.chain({**nodes, "out": Output("first_spike")})
    spikes = (RNG.random((50, 2, 2, 3, 4)) < 0.1).astype(np.uint8)
    result = pysnn.run(network, spikes, steps=50, coding="spikes", precision=precision, backend=backend)
    late = np.concatenate([np.zeros_like(spikes[:5]), spikes[:-5]]).reshape(50, 2, -1)
    expected = np.where(late.any(axis=0), -late.argmax(axis=0).astype(np.float32), -np.inf)
    np.testing.assert_array_equal(result.scores[0], expected)


@BACKENDS
def test_a_delay_holds_constant_values_back(backend: str) -> None:
    network = Network.chain({"in": Input((2,)), "late": Delay(3), "out": Output("potential")})
    result = pysnn.run(network, f32([[0.5, -2]]), steps=[3, 5], backend=backend)
    assert result.scores[:, 0].tolist() == [[0, 0], [1, -4]]


@BACKENDS
def test_a_connection_back_from_the_last_neuron_may_stand_behind_the_output(backend: str) -> None:
    back = Linear(np.eye(3, dtype=np.float32)[::-1])
    edges = [("in", "n"), ("n", "out"), ("n", "back"), ("back", "delay"), ("delay", "n")]
    nodes = {"in": Input((3,)), "n": IF(v_threshold=2.0), "out": Output("count"), "back": back, "delay": Delay()}
    first = {name: nodes[name] for name in ("delay", "back", "in", "n", "out")}
    x = np.array([[0.5, 1.0, 0.75]], dtype=np.float32)
    behind, before = (pysnn.run(Network(ns, edges), x, steps=9, backend=backend).scores for ns in (nodes, first))
    np.testing.assert_array_equal(behind, before)
    assert behind.sum() > 6


@BACKENDS
def test_recurrence_runs_in_int8(backend: str) -> None:
    network = recurrent(of_spikes=True)
    how: Any = {"dt": 1.0, "coding": "spikes", "precision": "int8", "steps": STEPS, "record": ["n"]}
    expected = pysnn.run(network, SPIKES, backend="reference", **how)
    found = pysnn.run(network, SPIKES, backend=backend, **how)
    np.testing.assert_array_equal(found.spikes["n"], expected.spikes["n"])
    np.testing.assert_array_equal(found.counts, expected.counts)
    assert expected.spikes["n"].any()


def test_recurrent_convolutions_take_their_shape_from_the_other_edge() -> None:
    nodes = {
        "in": Input((1, 4, 4)),
        "n": IF(),
        "delay": Delay(),
        "back": Conv2d(np.full((1, 1, 3, 3), -0.25), padding=1),
        "out": Output("count"),
    }
    network = Network(nodes, [("in", "n"), ("n", "delay"), ("delay", "back"), ("back", "n"), ("n", "out")])
    assert network.order == ("in", "delay", "back", "n", "out")
    assert set(network.shapes.values()) == {(1, 4, 4)}
    for backend in available_backends():
        assert pysnn.run(network, np.ones((1, 1, 4, 4)), steps=2, backend=backend).scores.sum() == 16


def test_what_is_refused() -> None:
    for steps in (0, 4097, 1.5, True):
        with pytest.raises(pysnn.NetworkError, match=r"Delay: steps must be an integer in 1\.\.4096"):
            Delay(steps)  # type: ignore[arg-type]
    with pytest.raises(pysnn.CapacityError, match="Delay 'd': at most 134217728 values are held back, got 4096 steps"):
        Network.chain({"in": Input((1 << 16,)), "d": Delay(4096), "out": Output("count")})
    nodes = {"in": Input((2,)), "n": IF(), "scale": Scale(0.5), "d": Delay(), "out": Output("count")}
    network = Network(nodes, [("in", "n"), ("n", "scale"), ("scale", "d"), ("d", "n"), ("n", "out")])
    with pytest.raises(
        pysnn.PlanError, match=r"Delay 'd': it closes a cycle, and expects spikes of a neuron there.*got Scale 'scale'"
    ):
        pysnn.run(network, np.ones((1, 2)), steps=1)
    network = recurrent(of_spikes=False)
    with pytest.raises(pysnn.PlanError, match=r"Delay 'delay': it closes a cycle.*got Linear 'back'"):
        pysnn.run(network, SPIKES, steps=1, dt=1.0, coding="spikes", precision="int8")
    nodes = {"in": Input((2,)), "a": IF(), "b": IF(), "d": Delay(), "out": Output("count")}
    network = Network(nodes, [("in", "a"), ("a", "b"), ("b", "out"), ("a", "d"), ("b", "d"), ("d", "a")])
    with pytest.raises(pysnn.PlanError, match="Delay 'd': it closes a cycle, and expects one edge into it, got 2"):
        pysnn.run(network, np.ones((1, 2)), steps=1)
    network = Network.chain(
        {"in": Input((2,)), "fc": Linear(np.ones((2, 2))), "d": Delay(), "n": IF(), "out": Output("count")}
    )
    with pytest.raises(pysnn.PlanError, match="Delay 'd': int8 networks delay spikes, and it gets a current"):
        pysnn.run(network, np.ones((2, 1, 2), np.uint8), steps=1, coding="spikes", precision="int8")
    with pytest.raises(pysnn.NetworkError, match="Delay: an ANN pass has no steps"):
        Delay().apply(np.ones(2))


def test_shapes_around_a_cycle_must_agree() -> None:
    nodes = {"in": Input((3,)), "n": IF(), "d": Delay(), "back": Linear(np.ones((2, 3))), "out": Output("count")}
    with pytest.raises(pysnn.NetworkError, match=r"IF 'n': edges that meet must have one shape, got \(3,\), \(2,\)"):
        Network(nodes, [("in", "n"), ("n", "d"), ("d", "back"), ("back", "n"), ("n", "out")])


def test_a_shape_may_not_depend_on_itself() -> None:
    nodes = {"in": Input((3,)), "both": pysnn.Concat(), "d": Delay(), "out": Output("count")}
    with pytest.raises(pysnn.NetworkError, match="Concat 'both': its shape depends on what comes back to it"):
        Network(nodes, [("in", "both"), ("d", "both"), ("both", "d"), ("both", "out")])


@BACKENDS
def test_a_hostile_state_is_refused(backend: str) -> None:
    network, how = recurrent(of_spikes=True), {"dt": 1.0, "coding": "spikes", "backend": backend, "steps": 2}  # type: tuple[Network, Any]
    state = pysnn.run(network, SPIKES[:2], **how).state
    bad = {
        "expected uint8": state.arrays["delay"].astype(np.int64),
        r"expected 0\.\.1 after 2 steps, got 7": np.full_like(state.arrays["delay"], 7),
        r"expected uint8 \(3, 1, 6, 1, 1\)": state.arrays["delay"][:, :0],
    }
    for message, array in bad.items():
        with pytest.raises(pysnn.DataError, match=f"state of 'delay': {message}"):
            pysnn.run(network, SPIKES[:2], state=pysnn.State(2, {**state.arrays, "delay": array}), **how)
    rest = {name: array for name, array in state.arrays.items() if name != "delay"}
    with pytest.raises(pysnn.DataError, match="state: it is of another network, they differ in the nodes 'delay'"):
        pysnn.run(network, SPIKES[:2], state=pysnn.State(2, rest), **how)
