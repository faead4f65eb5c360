"""Samples in which no spike reaches the read-out are counted exactly, alike on every backend."""

from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pysnn import IF, AvgPool2d, Conv2d, Flatten, Input, Linear, Network, Output, run
from pysnn.simulation.simulator import Simulator

BACKENDS = ["rust", "reference", *(["numba"] if find_spec("numba") else [])]
STEPS = [1, 2, 3, 7]


def chain(seed: int, readout: str = "mean_current", zero: float = 0.3) -> Network:
    rng = np.random.default_rng(seed)
    weight = rng.standard_normal((3, 6)) * (rng.random((3, 6)) > zero)
    nodes: dict[str, Any] = {
        "in": Input((4,)),
        "fc1": Linear(rng.standard_normal((5, 4))),
        "if1": IF(v_threshold=1.0),
        "fc2": Linear(rng.standard_normal((6, 5))),
        "if2": IF(v_threshold=1.5),
        "fc3": Linear(weight, rng.standard_normal(3)),
        "out": Output(readout),
    }
    return Network.chain(nodes)


def branches() -> Network:
    """Return a network whose read-out is fed by two layers of neurons, one of them through a pool."""
    rng = np.random.default_rng(5)
    nodes: dict[str, Any] = {
        "in": Input((1, 4, 4)),
        "conv": Conv2d(rng.standard_normal((2, 1, 3, 3)), padding=1),
        "if1": IF(v_threshold=3.0),
        "pool": AvgPool2d(2),
        "flat": Flatten(),
        "fc1": Linear(rng.standard_normal((3, 8)), rng.standard_normal(3)),
        "flat2": Flatten(),
        "fc2": Linear(rng.standard_normal((4, 16))),
        "if2": IF(v_threshold=4.0),
        "fc3": Linear(rng.standard_normal((3, 4))),
        "out": Output("mean_current"),
    }
    first = ["in", "conv", "if1", "pool", "flat", "fc1", "out"]
    second = ["in", "flat2", "fc2", "if2", "fc3", "out"]
    return Network(nodes, [*pairwise(first), *pairwise(second)])


def brute(network: Network, x: Any, last: list[str], **options: Any) -> list[int]:
    """Count by looking at every spike."""
    result = run(network, x, steps=STEPS, record=last, **options)
    fired = sum(result.spikes[name].reshape(STEPS[-1], len(x), -1).sum(axis=2, dtype=np.int64) for name in last)
    return [int((np.cumsum(fired, axis=0)[steps - 1] == 0).sum()) for steps in STEPS]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("precision", ["float32", "int8"])
@pytest.mark.parametrize("readout", ["mean_current", "potential"])
def test_it_is_what_every_spike_says(backend: str, precision: str, readout: str) -> None:
    x = np.random.default_rng(0).random((40, 4)).astype(np.float32)
    network = chain(0, readout)
    how: dict[str, Any] = {"backend": backend, "precision": precision}
    found = run(network, x, steps=STEPS, batch_size=7, **how).undecided
    assert found is not None
    assert found.dtype == np.int64
    assert found.tolist() == brute(network, x, ["if2"], **how)
    assert 0 < found[0] <= 40
    assert found[-1] < found[0]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.0, 2.0), zero=st.sampled_from([0.0, 0.7, 1.0]))
def test_it_is_exact_whatever_the_weights_are(seed: int, scale: float, zero: float) -> None:
    """Weights of zero behind a neuron that fires give the scores of a network in which none does."""
    x = (np.random.default_rng(seed).random((12, 4)) * scale).astype(np.float32)
    network = chain(seed, zero=zero)
    found = run(network, x, steps=STEPS).undecided
    assert found is not None
    assert found.tolist() == brute(network, x, ["if2"])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_several_layers_may_lead_to_the_read_out(backend: str, precision: str) -> None:
    x = np.random.default_rng(1).random((30, 1, 4, 4)).astype(np.float32)
    how: dict[str, Any] = {"backend": backend, "precision": precision}
    found = run(branches(), x, steps=STEPS, **how).undecided
    assert found is not None
    assert found.tolist() == brute(branches(), x, ["if1", "if2"], **how)
    assert found[0] > 0


@pytest.mark.parametrize("batch_size", [3, 256])
def test_random_and_given_spikes_belong_to_their_samples(batch_size: int) -> None:
    rng = np.random.default_rng(2)
    rates = rng.random((33, 4)).astype(np.float32)
    how: dict[str, Any] = {"coding": "poisson", "seed": 4, "batch_size": batch_size}
    found = run(chain(1), rates, steps=STEPS, **how).undecided
    assert found is not None
    assert found.tolist() == brute(chain(1), rates, ["if2"], **how)
    assert 0 < found[1] < 33
    spikes = (rng.random((STEPS[-1], 33, 4)) < 0.4).astype(np.uint8)
    result = run(chain(1), spikes, steps=STEPS, coding="spikes", batch_size=batch_size, record=["if2"])
    fired = np.cumsum(result.spikes["if2"].reshape(STEPS[-1], 33, -1).sum(axis=2, dtype=np.int64), axis=0)
    assert result.undecided is not None
    assert result.undecided.tolist() == [int((fired[steps - 1] == 0).sum()) for steps in STEPS]


def test_an_input_that_gets_past_all_neurons_makes_no_difference() -> None:
    nodes: dict[str, Any] = {
        "in": Input((2,)),
        "if": IF(v_threshold=1.0),
        "fc": Linear(np.ones((2, 2))),
        "skip": Linear(np.eye(2)),
        "out": Output("mean_current"),
    }
    edges = [("in", "if"), ("if", "fc"), ("fc", "out"), ("in", "skip"), ("skip", "out")]
    x = np.array([[0.2, 0.1], [0.6, 0.0], [0.0, 0.0], [2.0, 0.0]])
    assert brute(Network(nodes, edges), x, ["if"]) == [3, 2, 2, 1]
    found = run(Network(nodes, edges), x, steps=STEPS).undecided
    assert found is not None
    assert found.tolist() == [3, 2, 2, 1]


def test_read_outs_of_spikes_count_samples_without_one() -> None:
    net = Network.chain({"in": Input((1,)), "if": IF(v_threshold=1.0), "out": Output("count")})
    x = np.array([[0.0], [0.3], [1.0]])
    for readout in ("count", "first_spike"):
        result = run(net.replace({"out": Output(readout)}), x, steps=[1, 4])
        assert result.undecided is not None
        assert result.undecided.tolist() == [2, 1] == (result.predictions == -1).sum(axis=1).tolist()


def test_a_network_in_which_nothing_spikes_is_shown_in_the_table() -> None:
    x = np.zeros((20, 4), dtype=np.float32)
    result = run(chain(0), x, steps=[1, 8], labels=np.zeros(20, dtype=np.int64))
    assert result.table()["undecided"].to_list() == [20, 20]


def test_what_is_not_counted_is_not_known() -> None:
    x = np.ones((2, 4), dtype=np.float32)
    simulator = Simulator(chain(0))
    first = simulator.run(x, steps=2)
    assert first.undecided is not None
    assert simulator.run(x, steps=2, state=first.state).undecided is None
    assert simulator.run(x, steps=2, count=False).undecided is None
    assert simulator.run(x, steps=2, count=False).table()["undecided"].to_list() == [None]
    plain = Network.chain({"in": Input((4,)), "out": Output("mean_current")})
    assert run(plain, x, steps=2).undecided is None


def test_what_becomes_of_the_data_afterwards_does_not_matter() -> None:
    nodes = {"in": Input((1,)), "if": IF(1.0), "fc": Linear([[1.0], [-1.0]]), "out": Output("mean_current")}
    x = np.array([[0.0], [0.9], [0.0]], dtype=np.float32)
    result = run(Network.chain(nodes), x, steps=4)
    x[:] = 1.0
    assert result.undecided is not None
    assert result.undecided.tolist() == [2]
