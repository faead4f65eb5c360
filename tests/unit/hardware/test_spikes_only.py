"""Shortcuts that carry currents, priced as spikes that are delivered again: against a run with copies of the weights."""

from typing import Any

import pytest

from pysnn.hardware import Estimate, chip_names, estimate, load_chip
from pysnn.hardware.spikes_only import SPIKES_ONLY
from tests.unit.hardware.networks import conv_net, counted_run, current_net


def value(found: Estimate, term: str, layer: str = "", network: str = SPIKES_ONLY) -> dict[str, Any]:
    table = found.table.filter(found.table["term"] == term)
    table = table.filter((table["layer"] == layer) & (table["network"] == network) & (table["chip"] == "loihi1"))
    return table.row(0, named=True) if table.height else {}


@pytest.fixture(scope="module")
def found() -> Estimate:
    net = current_net()
    return estimate(net, counted_run(net), chips=["loihi1", "cmos45"], steps=6)


def test_synaptic_operations_are_those_of_a_run_with_copies(found: Estimate) -> None:
    net = current_net(copied=True)
    copied = counted_run(net)
    names = [layer.name for layer in copied.layers]
    done = {name: float(copied.counts[0, names.index(name), 1]) / 8 for name in names}
    assert done["conv1b"] == done["conv1"]
    own = value(found, "synops", "conv2")
    assert own["value"] == pytest.approx(done["conv2"] + done["conv1b"])
    assert own["low"] <= own["value"] <= own["high"]
    # A stride leaves three of four positions out: the copies deliver everywhere, which is the upper end.
    past = value(found, "synops", "conv3")
    assert past["value"] == pytest.approx(done["conv3"] + (done["conv1c"] + done["conv2c"]) / 4)
    assert past["high"] >= done["conv3"] + done["conv1c"] + done["conv2c"]
    assert past["low"] <= done["conv3"]
    assert past["grade"] == "inferred"


def test_the_alternative_is_priced_as_a_network_of_its_own(found: Estimate) -> None:
    assert value(found, "edge_additions", network="snn")["value"] > 0
    assert value(found, "edge_additions")["value"] == 0
    assert value(found, "energy_synops")["value"] == pytest.approx(23.6 * value(found, "synops")["value"])
    plain, again = found.total("loihi1", scope="core dynamic"), found.total("loihi1", SPIKES_ONLY, "core dynamic")
    assert plain is not None
    assert again is not None
    more = value(found, "synops")["value"] - value(found, "synops", network="snn")["value"]
    assert again.value == pytest.approx(plain.value + 23.6 * more)
    assert "spikes delivered again" in found.verdicts[0]


def test_chips_without_packets_and_networks_without_such_shortcuts_have_no_alternative(found: Estimate) -> None:
    assert found.total("cmos45", SPIKES_ONLY) is None
    assert {v["rule"] for v in found.violations.to_dicts() if v["chip"] == "loihi1"} == {
        "shortcuts that carry currents"
    }
    net = conv_net()
    assert SPIKES_ONLY not in estimate(net, counted_run(net), chips=["loihi1"], steps=6).table["network"].to_list()


def test_rows_stay_unique_on_every_chip() -> None:
    net = current_net()
    table = estimate(net, counted_run(net), chips=chip_names(), steps=6).table
    assert table.select("network", "chip", "layer", "term", "scope").is_unique().all()
    alternative = set(table.filter(table["network"] == SPIKES_ONLY)["chip"])
    assert alternative == {name for name in chip_names() if load_chip(name).mapping != "none"}
