"""One record of counts for clocked and first-spike runs: what it holds, and that it equals counting by hand."""

from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from pysnn import IF, Conv2d, Flatten, Input, Linear, Network, Output, run
from pysnn.activity import Activity
from pysnn.backends import get_backend
from pysnn.errors import DataError
from pysnn.first_spike import Conv, Dense, EarliestPool, FirstSpikeNetwork, Layer, encode_times, evaluate
from pysnn.schemas import ACTIVITY_FIELDS, COUNT_FIELDS, SAMPLE_FIELDS, SCHEMAS
from pysnn.simulation.simulator import Simulator

BACKENDS = ["rust", "reference", *(["numba"] if find_spec("numba") else [])]

RNG = np.random.default_rng(0)
X = RNG.random((5, 1, 6, 6)).astype(np.float32)


def clocked() -> Network:
    return Network.chain(
        {
            "in": Input((1, 6, 6)),
            "conv": Conv2d(RNG.normal(0.2, 0.5, (3, 1, 3, 3)), padding=1),
            "if1": IF(1.0),
            "flat": Flatten(),
            "fc": Linear(np.where(RNG.random((4, 108)) < 0.3, 0, RNG.normal(0.1, 0.3, (4, 108)))),
            "if2": IF(1.0),
            "out": Output("count"),
        }
    )


def first_spike() -> FirstSpikeNetwork:
    layers: list[Layer] = [Conv(channels=2, kernel=3), EarliestPool(2), Dense(units=7), Dense(units=3)]
    network = FirstSpikeNetwork.draw((1, 6, 6), layers, seed=3)
    return network.with_weights([np.where(np.abs(w) < 0.02, 0, w) for w in network.weights])


def test_a_clocked_run_counts_what_its_engine_counted() -> None:
    result = run(clocked(), X, steps=[3, 8])
    activity = result.activity
    assert [layer.name for layer in activity.layers] == ["conv", "if1", "fc", "if2"]
    assert [layer.neurons for layer in activity.layers] == [0, 108, 0, 4]
    assert activity.dense == 36 * 27 + 4 * 108
    for name in COUNT_FIELDS:
        expected = result.counts[:, :, COUNT_FIELDS.index(name)].sum(axis=1)
        assert activity.total(name).tolist() == expected.tolist() == result.total(name).tolist()
    assert (activity.effective_acs * 5).tolist() == activity.total("synops").tolist()
    assert activity.effective_macs[0] > 0


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("coding", ["constant", "poisson"])
def test_counts_by_sample_and_by_step_are_those_of_every_spike(backend: str, coding: str) -> None:
    how: dict[str, Any] = {"steps": [3, 8], "coding": coding, "record": ["if1", "if2"], "batch_size": 2}
    network = clocked()
    result = run(network, X, backend=backend, count_by_step=True, **how)
    activity = result.activity
    alone = [run(network, X[i : i + 1], steps=8, backend=backend).activity for i in range(5)]
    for name in ("if1", "if2"):
        spikes = result.spikes[name].reshape(8, 5, -1).astype(np.int64)
        assert activity.by_step[name].tolist() == spikes.sum(axis=1).tolist()
        assert activity.by_sample[name].tolist() == [spikes[:read].sum(axis=(0, 2)).tolist() for read in (3, 8)]
    for k, layer in enumerate(activity.layers):
        fields = [COUNT_FIELDS.index(name) for name in SAMPLE_FIELDS]
        assert activity.by_sample[layer.name].sum(axis=1).tolist() == activity.counts[:, k, fields].sum(axis=1).tolist()
        if coding == "constant":
            assert activity.by_sample[layer.name][1].tolist() == [a.by_sample[layer.name][0, 0] for a in alone]
    assert not run(clocked(), X, steps=3).activity.by_step


def test_bytes_of_counters_are_emptied_before_they_overflow() -> None:
    net = Network.chain({"in": Input((1,)), "if": IF(0.5), "out": Output("count")})
    for samples in (255, 256, 700):
        x = np.ones((samples, 1), dtype=np.float32)
        activity = run(net, x, steps=2, count_by_step=True, batch_size=1000).activity
        assert activity.by_step["if"].tolist() == [[samples], [samples]]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_the_parts_of_a_run_add_up_to_the_whole(backend: str, precision: Any) -> None:
    """Samples apart, and steps apart with the state handed on, also through a stream."""
    simulator = Simulator(clocked(), backend=backend, precision=precision, count_by_step=True)
    whole = simulator.run(X, steps=8).activity
    halves = [simulator.run(part, steps=8).activity for part in (X[:2], X[2:])]
    first = simulator.run(X, steps=3)
    rest = simulator.run(X, steps=5, state=first.state).activity
    stream = simulator.stream(samples=5)
    for _ in range(3):
        stream.step(X)
    streamed = simulator.run(X, steps=5, state=stream.state).activity
    assert np.array_equal(whole.all_counts, halves[0].all_counts + halves[1].all_counts)
    # Whether a neuron was silent is no sum over steps.
    added = [k for k, name in enumerate(ACTIVITY_FIELDS) if name not in ("silent", "saturated")]
    begun = first.activity
    for later in (rest, streamed):
        assert np.array_equal(whole.all_counts[:, :, added], (begun.all_counts + later.all_counts)[:, :, added])
    for name in whole.by_sample:
        expected = whole.by_sample[name]
        assert np.array_equal(expected, np.concatenate([half.by_sample[name] for half in halves], axis=1))
        assert all(
            np.array_equal(expected, begun.by_sample[name] + later.by_sample[name]) for later in (rest, streamed)
        )
    for name in whole.by_step:
        expected = whole.by_step[name]
        assert np.array_equal(expected, halves[0].by_step[name] + halves[1].by_step[name])
        for later in (rest, streamed):
            assert np.array_equal(expected, np.concatenate([begun.by_step[name], later.by_step[name]]))


@pytest.mark.parametrize("neuron", ["ramp", "step"])
def test_a_first_spike_run_counts_what_a_loop_over_spikes_counts(neuron: str) -> None:
    network = replace(first_spike(), neuron=neuron, steps=16 if neuron == "step" else 0)  # type: ignore[arg-type]
    found = evaluate(network, X, None)
    activity = found.activity
    assert activity is not None
    assert activity.reads == ("decision", "end")
    assert activity.dense == found.dense_macs
    passed = get_backend("reference").first_spike(network.plan).forward(network.weights, encode_times(network, X))
    maps = [encode_times(network, X), *(passed.times(n) for n in range(4))]
    weights = iter(network.weights)
    for k, n in enumerate((0, 2, 3)):
        layer, weight = network.plan.layers[n], next(weights)
        events = synops = zeros = 0
        for sample in maps[n]:
            for window in layer.windows():
                for row, source in enumerate(window):
                    if source >= 0 and np.isfinite(sample[source]):
                        synops += int(np.count_nonzero(weight[row]))
                        zeros += int((weight[row] == 0).sum())
            events += sum(bool(np.isfinite(sample[i])) for i in np.unique(layer.windows()) if i >= 0)
        fired = np.isfinite(maps[n + 1])
        expected = [events, synops, zeros, 0, synops + zeros, int(fired.sum()), int((~fired).sum()), 0]
        assert activity.counts[1, k].tolist() == expected, layer.name
        assert activity.by_sample[layer.name][1].tolist() == fired.sum(axis=1).tolist()
        assert activity.by_sample[layer.name][0].sum() == activity.counts[0, k, COUNT_FIELDS.index("spikes")]
    assert (activity.counts[0, :, :6] <= activity.counts[1, :, :6]).all()
    assert (activity.total("synops") + activity.total("synops_zero"))[1] == round(5 * found.additions_end)
    assert (activity.total("synops") + activity.total("synops_zero"))[0] == round(5 * found.additions_decision)


def test_tables_have_their_schema() -> None:
    for activity in (run(clocked(), X, steps=[3, 8]).activity, evaluate(first_spike(), X, None).activity):
        assert activity is not None
        table = activity.table()
        assert table.columns == list(SCHEMAS["activity"])
        assert table.height == len(activity.reads) * len(activity.layers)


def test_wrong_counts_are_refused() -> None:
    activity = run(clocked(), X, steps=3).activity
    with pytest.raises(DataError, match=r"counts: expected int64 \(1, 4, 8\), got int64 \(1, 3, 8\)"):
        replace(activity, counts=activity.counts[:, :3])
    with pytest.raises(DataError, match="expected at least one, got 0"):
        replace(activity, samples=0)
    with pytest.raises(DataError, match=r"expected one of events, synops, .* got 'joules'"):
        activity.total("joules")
    assert isinstance(activity, Activity)
