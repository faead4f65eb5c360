"""Operating points: voltages, clocks, steps; Xylo's cycles by hand."""

import pytest

from benchmarks.claims.hardware_cases import hand_counted
from pysnn import IF, Input, Linear, Output
from pysnn.errors import DataError
from pysnn.hardware import Estimate, chip_names, estimate, load_chip, sweep_points
from pysnn.schemas import SCHEMAS
from tests.unit.hardware.networks import chain, counted_run, dense_net, ones


def held(found: Estimate, chip: str, term: str, scope: str = "chip") -> dict[str, object]:
    rows = [
        row
        for row in found.table.to_dicts()
        if (row["network"], row["chip"], row["term"], row["layer"], row["scope"]) == ("snn", chip, term, "", scope)
    ]
    assert len(rows) == 1
    return rows[0]


@pytest.mark.parametrize("name", [name for name in chip_names() if "voltage" in load_chip(name).section("points")])
def test_switching_goes_with_the_square_of_the_voltage(name: str) -> None:
    chip = load_chip(name)
    point, net = chip.section("points")["voltage"], dense_net()
    activity = counted_run(net)
    rows = {
        volt: estimate(net, activity, chips=[name], steps=6, points={name: {"voltage": volt}}).table.to_dicts()
        for volt in (point.low, point.value, point.high)
    }
    plain = estimate(net, activity, chips=[name], steps=6).table.to_dicts()
    assert rows[point.value] == plain
    switching = {f"energy_{q.per}" for q in chip.section("prices").values()} | {
        "energy_clock",
        "energy_memory_accesses",
    }
    for volt, found in rows.items():
        factor = (volt / point.value) ** 2
        for own, nominal in zip(found, plain, strict=True):
            if own["term"] in switching and own["chip"] == name and own["network"] == "snn" and own["value"]:
                assert own["value"] == pytest.approx(nominal["value"] * factor)
                if factor != 1 and own["grade"] != "included":
                    assert "square" in own["source"]
                    assert own["grade"] not in ("published", "fitted", "simulated")
            elif own["term"] == "energy_static" or own["term"] == "latency":
                assert own["value"] == nominal["value"]


def test_totals_at_a_voltage_are_the_sum_of_terms() -> None:
    net = dense_net()
    found = estimate(net, counted_run(net), chips=["odin"], steps=6, points={"odin": {"voltage": 0.9, "clock": 20.0}})
    terms = [
        row
        for row in found.table.to_dicts()
        if (row["chip"], row["network"], row["layer"]) == ("odin", "snn", "") and row["term"].startswith("energy_")
    ]
    parts = [row["value"] for row in terms if row["term"] not in ("energy_total", "energy_delay") and row["value"]]
    assert held(found, "odin", "energy_total")["value"] == pytest.approx(sum(parts))


def test_points_of_a_sweep_are_single_estimates() -> None:
    net = dense_net()
    activity = counted_run(net)
    points = [{"clock": 2.0}, {}, {"voltage": 0.6}, {"voltage": 0.55, "clock": 2.0}, {"voltage": 1.0}]
    table = sweep_points(net, activity, chip="odin", points=points, steps=6).to_dicts()
    for number, point in enumerate(points):
        alone = estimate(net, activity, chips=["odin"], steps=6, points={"odin": point})
        for term in ("energy_total", "power", "energy_clock", "latency", "energy_delay"):
            (own,) = [row for row in table if (row["point"], row["term"]) == (number, term)]
            expected = held(alone, "odin", term)
            assert {key: own[key] for key in SCHEMAS["estimate"]} == expected
    with pytest.raises(DataError, match="clock: expected"):
        sweep_points(net, activity, chip="odin", points=[{"clock": 0.0}], steps=6)
    assert sweep_points(net, activity, chip="odin", points=[], steps=6).is_empty()


def test_cycles_of_xylo_by_hand() -> None:
    net = chain(
        Input((3,)), Linear(ones(5, 3)), IF(), Linear(ones(4, 5)), IF(), Linear(ones(2, 4)), IF(), Output("count")
    )
    counts = {
        "n1": {"events": 6, "synops": 30},
        "n2": {"updates": 50, "spikes": 7},
        "n3": {"events": 7, "synops": 28},
        "n4": {"updates": 40, "spikes": 2},
        "n5": {"events": 2, "synops": 4},
        "n6": {"updates": 20, "spikes": 1},
    }
    activity = hand_counted(net, 10, counts)
    cycles = 10 * (3 + 22 * 9 + 12 * 2) + 3.5 * 6 * 9 + 7 * 28 + (1 + 3) * 9 + 8 * 9 * 2
    for clock in (50.0, 6.25):
        found = estimate(net, activity, chips=["xylo"], steps=10, points={"xylo": {"clock": clock}})
        assert held(found, "xylo", "latency")["value"] == pytest.approx(cycles / clock / 1e3)
        assert held(found, "xylo", "energy_total")["value"] is None


def test_xylo_has_no_cycles_of_analogue_inputs() -> None:
    net = chain(Input((3,)), Linear(ones(2, 3)), IF(), Output("count"))
    activity = hand_counted(net, 4, {"n1": {"macs": 6}, "n2": {"updates": 8}})
    assert held(estimate(net, activity, chips=["xylo"], steps=4), "xylo", "latency")["value"] is None
