"""Random networks of every node type on every chip: sums add up, nothing is negative, and totals are the run's own."""

import math

import pytest
from hypothesis import HealthCheck, assume, given, settings

from pysnn import Conv2d, Events, Linear
from pysnn.hardware import chip_names, estimate, preset_table, replay_busiest
from pysnn.hardware.mapping.placement import Violation
from pysnn.simulation.result import Result
from tests.parity.cases import Case, cases
from tests.parity.compare import Way, run_case


def counted(case: Case) -> Result:
    """Run a case whose network spikes; others are not of this kind."""
    assume(case.network.neurons)
    result = run_case(case, Way("reference", ""))
    assume(isinstance(result, Result))
    assert isinstance(result, Result)
    return result


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(case=cases(most_nodes=10, tiny=True))
def test_every_network_has_an_estimate_on_every_chip(case: Case) -> None:
    result = counted(case)
    steps = result.steps[-1]
    found = estimate(case.network, result.activity, chips=chip_names(), steps=steps)
    rows = found.table.to_dicts()
    assert len({(r["network"], r["chip"], r["layer"], r["term"], r["scope"]) for r in rows}) == len(rows)
    for row in rows:
        if row["value"] is not None:
            assert 0 <= row["low"] <= row["value"] < math.inf
            assert row["high"] is None or row["value"] <= row["high"] < math.inf
    for chip in chip_names():
        own = {
            row["term"]: row for row in rows if row["chip"] == chip and row["layer"] == "" and row["network"] == "snn"
        }
        for term in ("synops", "macs", "spikes"):
            assert own[term]["value"] == result.activity.total(term)[-1] / result.samples
        by_layer = sum(
            row["value"]
            for row in rows
            if (row["chip"], row["term"], row["network"]) == (chip, "synops", "snn") and row["layer"]
        )
        assert by_layer == pytest.approx(own["synops"]["value"])
    assert set(found.violations.columns) == {"chip", *Violation.__dataclass_fields__}
    assert not preset_table(case.network, result.activity, steps=steps)["value"].is_nan().any()


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(case=cases(most_nodes=8, tiny=True))
def test_a_replay_lies_inside_the_bounds_of_every_network(case: Case) -> None:
    # Counts hold an input's spikes where weights read them; an input that neurons read as it is counts as a constant current.
    net = case.network
    weighted = all(isinstance(net.nodes[name], Conv2d | Linear) for name in net.targets[net.input_name])
    assume(weighted and not isinstance(case.data, Events))
    result = counted(case)
    steps, options = result.steps[-1], {**case.options, "backend": "reference"}
    busiest = replay_busiest(case.network, case.data, chips=["loihi1"], steps=steps, **options)
    tables = [
        estimate(case.network, result.activity, chips=["loihi1"], steps=steps, busiest=b).table for b in ({}, busiest)
    ]
    loose, exact = (
        t.filter((t["term"] == "latency") & (t["scope"] == "chip") & (t["chip"] == "loihi1")).row(0, named=True)
        for t in tables
    )
    assert exact["high"] <= loose["high"] * (1 + 1e-9)
    assert loose["low"] <= exact["low"] * (1 + 1e-9)
