"""The time of the first output spike on a chip."""

import numpy as np
import pytest

from pysnn import IF, Input, Linear, Network, Output, run
from pysnn.activity import Activity
from pysnn.first_spike import Dense, FirstSpikeNetwork, evaluate
from pysnn.hardware import estimate


def network() -> Network:
    nodes = {"in": Input((2,)), "fc": Linear([[1.0, 0.0], [0.0, 1.0]]), "n": IF(), "out": Output("first_spike")}
    return Network.chain(nodes)


def value(activity: Activity, chip: str, term: str, net: Network | FirstSpikeNetwork, steps: int) -> float | None:
    table = estimate(net, activity, chips=[chip], steps=steps).table
    found = table.filter((table["term"] == term) & (table["chip"] == chip) & (table["scope"] == "chip"))["value"]
    return float(found[0]) if len(found) else None


def test_a_run_knows_when_each_sample_was_decided() -> None:
    # Thresholds of 1: 0.5 fires at the second step, 0.3 at the fourth, 0.05 not within ten.
    x = np.array([[0.5, 0.3], [0.0, 0.3], [0.05, 0.0]], dtype=np.float32)
    result = run(network(), x, steps=10)
    assert result.activity.decided is not None
    assert result.activity.decided.tolist() == [2.0, 4.0, np.inf]
    assert run(network(), x, steps=5, state=result.state).activity.decided is None


@pytest.mark.parametrize("chip", ["truenorth", "loihi1"])
def test_a_chip_that_stops_there_takes_that_share_of_the_steps(chip: str) -> None:
    net, x = network(), np.array([[0.5, 0.0]] * 15 + [[0.3, 0.0]] * 4 + [[0.05, 0.0]], dtype=np.float32)
    activity = run(net, x, steps=10).activity
    whole = value(activity, chip, "latency", net, 10)
    assert whole is not None
    assert value(activity, chip, "latency_p50", net, 10) == pytest.approx(whole * 2 / 10)
    assert value(activity, chip, "latency_p95", net, 10) == pytest.approx(whole * 10 / 10)


def test_without_first_spikes_there_is_none() -> None:
    nodes = {"in": Input((1,)), "fc": Linear([[1.0]]), "n": IF(), "out": Output("count")}
    net = Network.chain(nodes)
    activity = run(net, np.array([[0.5]], dtype=np.float32), steps=4).activity
    assert activity.decided is None
    assert value(activity, "truenorth", "latency_p50", net, 4) is None


def test_networks_of_whole_steps_know_it_too() -> None:
    weight = np.array([[1.0, 0.2], [0.1, 1.0]], dtype=np.float32)
    net = FirstSpikeNetwork((2,), (Dense(units=2),), (weight,), neuron="step", steps=8)
    found = evaluate(net, np.array([[1.0, 0.0], [0.4, 0.3]], dtype=np.float32), np.array([0, 0]))
    assert found.activity is not None
    decided = found.activity.decided
    assert decided is not None
    assert ((decided >= 1) & (decided <= 8) | np.isinf(decided)).all()
    assert decided.min() < np.inf
    assert value(found.activity, "truenorth", "latency_p50", net, 8) is not None
