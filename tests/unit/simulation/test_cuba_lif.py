"""The current-based neuron against a loop of its own, its state, and what is refused."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pysnn
from pysnn import CubaLIF, Input, Network, Output
from pysnn.backends import available_backends

BACKENDS = pytest.mark.parametrize("backend", available_backends())
SHAPE = (19, 2, 3)
STEPS = 23
RNG = np.random.default_rng(5)
X = RNG.normal(0.4, 0.6, (3, *SHAPE)).astype(np.float32)


def neuron(**changes: Any) -> CubaLIF:
    channels = SHAPE[0]
    fields = {
        "v_threshold": RNG.uniform(0.2, 0.6, channels),
        "v_init": RNG.uniform(-0.2, 0.2, channels),
        "tau_mem": RNG.uniform(2, 9, channels),
        "tau_syn": RNG.uniform(1, 5, channels),
        "r": 1.5,
        "v_leak": RNG.normal(0, 0.1, channels),
        "w_in": RNG.uniform(0.5, 2, channels),
    }
    return CubaLIF(**{**fields, **changes})


NEURONS = {
    "subtract": neuron(),
    "zero": neuron(reset="zero", v_reset=-0.25, compare=">"),
}


def network(node: CubaLIF) -> Network:
    return Network.chain({"in": Input(SHAPE), "n": node, "out": Output("count")})


def state_of(result: pysnn.Result) -> pysnn.State:
    assert result.last_state is not None
    return result.last_state


def loop(node: CubaLIF, dt: float) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Spikes, potentials and the last synaptic currents, one float32 operation after the other."""
    wide = {
        name: np.broadcast_to(np.asarray(getattr(node, name), np.float64).reshape(-1, 1, 1), SHAPE)
        for name in ("v_threshold", "v_init", "v_reset", "tau_mem", "tau_syn", "r", "v_leak", "w_in")
    }
    f = np.float32
    mem, syn = dt / wide["tau_mem"], dt / wide["tau_syn"]
    decay, gain, drive = f(1 - mem), f(wide["r"] * mem), f(wide["v_leak"] * mem)
    syn_decay, syn_gain, threshold = f(1 - syn), f(wide["w_in"] * syn), f(wide["v_threshold"])
    v, i = np.zeros_like(X) + f(wide["v_init"]), np.zeros_like(X)
    spikes, potentials = [], []
    for _ in range(STEPS):
        i = syn_decay * i + syn_gain * X
        v = decay * v + gain * i + drive
        fired = v > threshold if node.compare == ">" else v >= threshold
        v = np.where(fired, v - threshold if node.reset == "subtract" else f(wide["v_reset"]), v)
        spikes.append(fired)
        potentials.append(v)
    return np.array(spikes), np.array(potentials), i


@BACKENDS
def test_a_train_worked_out_by_hand(backend: str) -> None:
    node = CubaLIF(1.0, tau_mem=2.0, tau_syn=2.0, r=2.0)
    net = Network.chain({"in": Input((1,)), "n": node, "out": Output("count")})
    recorded: Any = {"record": ["n"], "record_potentials": ["n"]}
    result = pysnn.run(net, [[[1]], [[2]], [[0]], [[0]]], steps=4, dt=1.0, coding="spikes", backend=backend, **recorded)
    # i = i / 2 + I / 2: 1/2, 5/4, 5/8, 5/16; v = v / 2 + i
    assert result.spikes["n"].ravel().tolist() == [0, 1, 0, 0]
    assert result.potentials["n"].ravel().tolist() == [0.5, 0.5, 0.875, 0.75]
    assert state_of(result).arrays["n"].ravel().tolist() == [0.75, 0.3125]


@BACKENDS
@pytest.mark.parametrize("name", NEURONS)
def test_it_is_the_loop(name: str, backend: str) -> None:
    node = NEURONS[name]
    how: Any = {"steps": STEPS, "dt": 0.75, "backend": backend, "record": ["n"], "record_potentials": ["n"]}
    result = pysnn.run(network(node), X, **how)
    spikes, potentials, synaptic = loop(node, 0.75)
    assert spikes.any()
    np.testing.assert_array_equal(result.spikes["n"], spikes)
    np.testing.assert_array_equal(result.potentials["n"], potentials)
    state = state_of(result).arrays["n"]
    assert state.shape == (3, 2, *SHAPE)
    np.testing.assert_array_equal(state[:, 0], potentials[-1])
    np.testing.assert_array_equal(state[:, 1], synaptic)


@BACKENDS
def test_a_run_in_two_parts_is_one_run(backend: str) -> None:
    net, how = network(NEURONS["subtract"]), {"dt": 0.75, "backend": backend}  # type: tuple[Network, Any]
    whole = pysnn.run(net, X, steps=STEPS, **how)
    first = pysnn.run(net, X, steps=7, **how)
    second = pysnn.run(net, X, steps=STEPS - 7, state=state_of(first), **how)
    np.testing.assert_array_equal(second.scores[-1], whole.scores[-1])
    np.testing.assert_array_equal(state_of(second).arrays["n"], state_of(whole).arrays["n"])


@BACKENDS
def test_a_state_without_the_synaptic_currents_is_refused(backend: str) -> None:
    net, how = network(NEURONS["subtract"]), {"dt": 0.75, "backend": backend, "steps": 2}  # type: tuple[Network, Any]
    state = state_of(pysnn.run(net, X, **how))
    short = pysnn.State(state.steps, {**state.arrays, "n": state.arrays["n"][:, 0]})
    with pytest.raises(pysnn.DataError, match=r"state of 'n': expected float32 \(3, 2, 19, 2, 3\)"):
        pysnn.run(net, X, state=short, **how)


def test_what_is_refused() -> None:
    with pytest.raises(pysnn.NetworkError, match="CubaLIF: tau_syn must be positive, got 0"):
        CubaLIF(tau_syn=0)
    with pytest.raises(pysnn.PlanError, match=r"CubaLIF 'a': .*needs dt"):
        CubaLIF().parameters((1,), "a", None)
    with pytest.raises(pysnn.PlanError, match=r"CubaLIF 'a': dt must be at most tau_syn, got dt=0\.01"):
        CubaLIF().parameters((1,), "a", 0.01)
    with pytest.raises(pysnn.PlanError, match="CubaLIF 'n': int8 networks have no synaptic currents"):
        pysnn.run(network(NEURONS["subtract"]), X, steps=1, dt=0.75, precision="int8")
