"""Estimates: counts against brute force, prices by hand, intervals, lower bounds, baselines, bad input."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.claims.hardware_cases import hand_counted
from pysnn import IF, Conv2d, Input, Linear, Network, Output
from pysnn.activity import Activity
from pysnn.errors import DataError, KeywordError
from pysnn.first_spike import Conv, Dense, EarliestPool, FirstSpikeNetwork, evaluate
from pysnn.hardware import Estimate, chip_names, estimate, load_chip
from pysnn.hardware.interval import Interval
from pysnn.schemas import SCHEMAS
from pysnn.simulation.simulator import run
from tests.unit.hardware.networks import chain, conv_net, counted_run, current_net, dense_net

PRICED = [name for name in chip_names() if load_chip(name).kind == "priced"]


def cell(
    found: Estimate, chip: str, term: str, *, layer: str = "", network: str = "snn", scope: str | None = None
) -> dict[str, object]:
    rows = [
        row
        for row in found.table.to_dicts()
        if (row["chip"], row["term"], row["layer"], row["network"]) == (chip, term, layer, network)
        and scope in (None, row["scope"])
    ]
    assert len(rows) == 1
    return rows[0]


@pytest.mark.parametrize("net", [dense_net(), conv_net()], ids=["dense", "conv"])
def test_one_row_a_network_chip_layer_term_and_scope(net: Network) -> None:
    found = estimate(net, counted_run(net), chips=chip_names(), steps=6)
    keys = found.table.select("network", "chip", "layer", "term", "scope")
    assert keys.unique().height == keys.height
    assert found.table.columns == list(SCHEMAS["estimate"])
    for row in found.table.to_dicts():
        numbers = row["low"], row["value"], row["high"]
        if row["grade"] == "not_priced":
            assert numbers == (None, None, None)
        else:
            assert (
                0 <= row["low"] <= row["value"] <= (row["high"] if row["high"] is not None else math.inf) < math.inf
                or row["high"] is None
            )
            assert row["source"]
            assert row["unit"]


def test_prices_by_hand() -> None:
    net = chain(Input((3,)), Linear(np.ones((2, 3))), IF(), Output("count"))
    counts = {"n1": {"events": 5, "synops": 10}, "n2": {"updates": 8, "spikes": 3}}
    found = estimate(net, hand_counted(net, 4, counts), chips=["loihi1", "odin", "truenorth"], steps=4)
    # 10 synops, 3 active and 5 inactive updates; 5 input spikes to one core and no spikes go on.
    expected = 10 * 23.6 + 3 * 81 + 5 * 52 + 5 * 1.7 + 5 * (2 / 3) * math.sqrt(2) * 3.5
    assert cell(found, "loihi1", "energy_total", scope="core dynamic")["value"] == pytest.approx(expected, rel=1e-12)
    assert cell(found, "truenorth", "energy_total")["value"] == pytest.approx(64.43 * 4 * 1e6 + 22.97, rel=1e-12)
    time = 20 / 75e3
    assert cell(found, "odin", "latency")["value"] == pytest.approx(time)
    assert cell(found, "odin", "energy_total")["value"] == pytest.approx((0.0273 + 0.00178 * 75) * time * 1e6 + 84.3)
    assert cell(found, "odin", "power")["value"] == pytest.approx(0.476925)


def test_what_has_no_price_makes_a_lower_bound() -> None:
    net = dense_net()
    x = np.random.default_rng(0).random((4, 6)).astype(np.float32)
    found = estimate(net, run(net, x, steps=4).activity, chips=["loihi1"], steps=4)
    assert cell(found, "loihi1", "energy_macs")["grade"] == "not_priced"
    total = cell(found, "loihi1", "energy_total", scope="chip")
    assert total["high"] is None
    assert total["value"] is not None
    held = found.total("loihi1")
    assert held is not None
    assert held.high == math.inf
    assert "at least" in found.verdicts[0]


def test_limits_alone_price_nothing() -> None:
    net = dense_net()
    found = estimate(net, counted_run(net), chips=["speck"], steps=6)
    assert cell(found, "speck", "energy_total")["grade"] == "not_priced"
    assert cell(found, "speck", "synops")["value"] is not None
    assert found.total("speck") is None
    assert found.verdicts == ("speck: no price is known, so nothing can be said about energy.",)


def test_baselines_by_hand() -> None:
    net = chain(Input((1, 3, 3)), Conv2d(np.ones((2, 1, 3, 3)), padding=1), IF(), Output("count"))
    found = estimate(net, counted_run(net, steps=4), chips=["loihi1"], steps=4)
    connections = 2 * 49  # (3 + 2 * 2) taps along each axis lie inside
    for name, mac in (("ann_float32", 4.6), ("ann_int8", 0.3), ("ann_low_bits", 0.2 * 3 / 8 + 0.1)):
        assert cell(found, "cmos45", "macs", network=name)["value"] == connections
        assert cell(found, "cmos45", "energy_macs", network=name)["value"] == pytest.approx(connections * mac)
        own = cell(found, "cmos45", "energy_memory", network=name)["value"]
        assert cell(found, "cmos45", "energy_total", network=name)["value"] == pytest.approx(own + connections * mac)  # type: ignore[operator]


def test_weights_of_a_shortcut_are_multiplied_once_by_an_ann() -> None:
    """Two kernels of 3x3 over 8x8 positions with padding 1 see 22 x 22 taps, one with stride 2 sees 11 x 11, and 48 x 3 weights follow."""
    net = current_net()
    found = estimate(net, counted_run(net), chips=["loihi1"], steps=6)
    once = 22 * 22 * (3 * 2 + 3 * 3) + 11 * 11 * 3 * 3 + 48 * 3
    assert cell(found, "cmos45", "macs", network="ann_float32")["value"] == once


def test_an_input_that_spikes_several_times_is_known_by_its_events() -> None:
    net = chain(Input((4,)), Linear(np.ones((2, 4))), IF(), Output("count"))
    activity = hand_counted(net, 4, {"n1": {"events": 3, "synops": 6}, "n2": {"updates": 8, "spikes": 3}})
    row = cell(estimate(net, activity, chips=["cmos45"], steps=4), "cmos45", "macs", network="ann_int8_zero_skip")
    assert (row["low"], row["value"], row["high"]) == (8 * 3 / 16, 8 * 3 / 4, 8 * 3 / 4)


def test_zero_skipping_takes_the_share_of_neurons_that_fired() -> None:
    net = dense_net()
    activity = counted_run(net, samples=5)
    silent = int(activity.counts[0, [layer.name for layer in activity.layers].index("if1"), 6])
    found = estimate(net, activity, chips=["cmos45"], steps=6)
    expected = 15 * (1 - silent / 25)
    assert cell(found, "cmos45", "macs", network="ann_int8_zero_skip", layer="fc2")["value"] == pytest.approx(expected)


@pytest.mark.slow
@given(st.sampled_from(PRICED), st.integers(0, 200), st.integers(0, 200), st.integers(0, 40))
def test_more_spikes_never_cost_less(chip: str, events: int, more: int, spikes: int) -> None:
    net = dense_net()

    def total(n: int, s: int) -> Interval:
        counts = {
            "fc1": {"events": n, "synops": 5 * n},
            "if1": {"updates": 40, "spikes": s},
            "fc2": {"events": s, "synops": 3 * s},
            "if2": {"updates": 24},
        }
        held = estimate(net, hand_counted(net, 8, counts), chips=[chip], steps=8).total(chip)
        assert held is not None
        assert 0 <= held.low <= held.value <= held.high
        return held

    few, many, most = total(events, spikes), total(events + more, spikes), total(events + more, min(40, spikes + more))
    for end in range(3):
        assert few[end] <= many[end] <= most[end]


def test_latency_of_barriers_is_an_interval_that_a_replay_closes() -> None:
    net = dense_net()
    activity = counted_run(net)
    open_ends = cell(estimate(net, activity, chips=["loihi1"], steps=6), "loihi1", "latency", scope="chip")
    closed = cell(
        estimate(net, activity, chips=["loihi1"], steps=6, busiest={"loihi1": 100.0}), "loihi1", "latency", scope="chip"
    )
    assert closed["value"] == pytest.approx((100 + 6 * (230 + 9200)) / 1e6)
    assert open_ends["low"] < open_ends["value"] < open_ends["high"]  # type: ignore[operator]


@pytest.mark.parametrize("neuron", ["ramp", "step"])
def test_first_spike_networks(neuron: str) -> None:
    fields = {"neuron": neuron, "steps": 8 if neuron == "step" else 0}
    net = FirstSpikeNetwork.draw(
        (1, 8, 8), [Conv(channels=3, kernel=3), EarliestPool(2), Dense(units=4)], seed=0, **fields
    )
    x = np.random.default_rng(0).random((6, 1, 8, 8)).astype(np.float32)
    activity = evaluate(net, x, None).activity
    assert activity is not None
    found = estimate(net, activity, chips=["loihi1", "cmos45"])
    assert cell(found, "cmos45", "synops")["value"] == activity.effective_acs[0]
    assert (cell(found, "cmos45", "ramp_multiplications")["value"] == 0) == (neuron == "step")
    assert found.mapping["layer"].to_list() == ["input", "conv1", "dense3"]
    updates = cell(found, "loihi1", "updates")["value"]
    touched = cell(found, "cmos45", "updates")["value"]
    assert touched == activity.total("updates")[0] / 6
    assert updates == (8 * (3 * 36 + 4) if neuron == "step" else touched)


def test_zero_skipping_of_first_spike_networks_knows_the_inputs() -> None:
    net = FirstSpikeNetwork.draw((10,), [Dense(units=4), Dense(units=3)], seed=0)
    x = np.zeros((5, 10), dtype=np.float32)
    x[:, :3] = 0.5
    activity = evaluate(net, x, None).activity
    assert activity is not None
    found = estimate(net, activity, chips=["cmos45"])
    assert cell(found, "cmos45", "macs", network="ann_int8_zero_skip", layer="dense1")["value"] == pytest.approx(
        0.3 * 40
    )


def test_zero_skipping_of_an_analogue_input_is_its_multiplications() -> None:
    net = dense_net()
    x = np.random.default_rng(0).random((4, 6)).astype(np.float32)
    x[:, 1] = 0.0
    activity = run(net, x, steps=4).activity
    found = estimate(net, activity, chips=["cmos45"], steps=4)
    row = cell(found, "cmos45", "macs", network="ann_int8_zero_skip", layer="fc1")
    assert row["value"] == pytest.approx(activity.effective_macs[0])


def other_activity() -> Activity:
    return counted_run(chain(Input((6,)), Linear(np.ones((5, 6))), IF(), Output("count")))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"activity": other_activity()}, "of another network"),
        ({"activity": counted_run(dense_net(hidden=4))}, "expected 5 neurons, got 4|dense pass"),
        ({"activity": "nothing"}, "expected a pysnn Activity"),
        ({"network": "nothing"}, "expected a pysnn network"),
        ({"chips": []}, "expected a list of names"),
        ({"chips": "loihi1"}, "expected a list of names"),
        ({"chips": ["truenoth"]}, "did you mean truenorth"),
        ({"steps": 5}, "read after 6 steps, got 5"),
        ({"steps": True}, "read after 6 steps"),
        ({"points": {"odin": {"clock": 200.0}}}, "clock: expected 1.3 to 75.0 MHz, got 200.0"),
        ({"points": {"odin": {"colour": 1.0}}}, "no operating point 'colour'; there are clock, voltage"),
        ({"points": {"odin": {"voltage": 1.2}}}, "voltage: expected 0.55 to 1.0 V, got 1.2"),
        ({"points": {"loihi1": {}}}, "'loihi1' is none of the chips odin"),
        ({"weight_bits": 0}, "whole number"),
    ],
)
def test_bad_input(change: dict[str, object], message: str) -> None:
    net = dense_net()
    good = {"network": net, "activity": counted_run(net), "chips": ["odin"], "steps": 6}
    given_now = {**good, **change}
    with pytest.raises(DataError, match=message):
        estimate(given_now.pop("network"), given_now.pop("activity"), **given_now)  # type: ignore[arg-type]


def test_an_ann_and_an_unknown_keyword() -> None:
    net = dense_net()
    with pytest.raises(DataError, match="convert it"):
        estimate(chain(Input((2,)), Linear(np.eye(2)), Output()), counted_run(net), chips=["odin"])
    with pytest.raises(KeywordError, match="weight_bits"):
        estimate(net, counted_run(net), chips=["odin"], weight_bit=3)  # type: ignore[call-arg]


def test_no_samples_is_no_activity() -> None:
    with pytest.raises(DataError, match="at least one"):
        replace(counted_run(dense_net()), samples=0)


def test_a_chip_of_ones_own() -> None:
    net = dense_net()
    mine = replace(load_chip("odin"), name="mine")
    found = estimate(net, counted_run(net), chips=[mine], steps=6)
    assert found.total("mine") == estimate(net, counted_run(net), chips=["odin"], steps=6).total("odin")
