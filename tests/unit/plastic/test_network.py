"""Networks, runs, states, monitors, files and the command: what they give, and what they refuse."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from pysnn.cli.app import app
from pysnn.errors import BackendError, CapacityError, DataError, NetworkError, PlanError
from pysnn.plastic import (
    AllToAll,
    FixedProbability,
    IFCells,
    LIFCells,
    OneToOne,
    PairSTDP,
    PlasticNetwork,
    PlasticSimulator,
    PoissonSource,
    Projection,
    Rates,
    RewardSTDP,
    Spikes,
    SpikeSource,
    Synapses,
    Traces,
    Uniform,
    Weights,
    normalise,
)
from pysnn.plastic.tables import decay, gap_table, power_table, trace_table


def small(**changes: Any) -> PlasticNetwork:
    wires: dict[str, Any] = {
        "connector": FixedProbability(0.5, seed=1),
        "weight": Uniform(0.0, 0.6, seed=2),
        "delay": 0,
        "rule": PairSTDP(),
    } | changes
    return PlasticNetwork.of(
        inputs=PoissonSource(30, rate=40.0),
        cells=LIFCells(size=6, v_threshold=2.0, refractory=2e-3),
        wires=Projection(pre="inputs", post="cells", **wires),
    )


def test_monitors_give_tables() -> None:
    watch = [
        Spikes("cells"),
        Spikes("inputs"),
        Rates(every=0.1),
        Weights("wires", every=0.25, most=10),
        Traces("wires", "x", every=0.5),
    ]
    run = PlasticSimulator(small(), dt=1e-3).run(0.5, watch=watch)
    tables = run.tables
    cells = tables["plastic_spikes"].filter(tables["plastic_spikes"]["population"] == "cells")
    counts = {row["name"]: row for row in tables["plastic_counts"].to_dicts()}
    assert len(cells) == counts["cells"]["spikes"] > 0
    assert counts["cells"]["neuron_updates"] == 6 * 500
    rates = tables["plastic_rates"].filter(tables["plastic_rates"]["population"] == "cells")["rate"]
    assert len(rates) == 5
    assert sum(rates) / 5 * 6 * 0.5 == pytest.approx(len(cells))
    assert tables["plastic_weights"]["time"].unique().sort().to_list() == [0.25, 0.5]
    assert len(tables["plastic_weights"]) <= 20
    assert len(tables["plastic_traces"]) == 30
    matrix = run.weights("wires").to_scipy()
    assert matrix.shape == (30, 6)
    np.testing.assert_array_equal(Synapses.of_matrix(matrix).weight, run.weights("wires").weight)


def test_counts_are_those_of_a_replay() -> None:
    run = PlasticSimulator(small(), dt=1e-3).run(0.3, watch=[Spikes("inputs"), Spikes("cells")])
    matrix, table = run.weights("wires"), run.tables["plastic_spikes"]
    out, into = np.diff(matrix.row), np.bincount(matrix.to, minlength=6)
    spikes = {name: table.filter(table["population"] == name)["neuron"].to_numpy() for name in ("inputs", "cells")}
    assert run.counts.deliveries == run.counts.pre_updates == (out[spikes["inputs"]].sum(),)
    assert run.counts.post_updates == (into[spikes["cells"]].sum(),)


def test_frozen_runs_change_no_weight() -> None:
    simulator = PlasticSimulator(small(), dt=1e-3)
    first = simulator.run(0.2)
    later = simulator.run(0.2, state=first.state, learn=False)
    np.testing.assert_array_equal(first.weights("wires").weight, later.weights("wires").weight)
    assert later.counts.pre_updates == later.counts.post_updates == (0,)
    assert simulator.run(0.2).state.same_as(first.state)  # type: ignore[union-attr, arg-type]


def test_rewards_and_rates_of_a_run() -> None:
    net = PlasticNetwork.of(
        inputs=PoissonSource(4, rate=np.zeros(4)),
        cells=LIFCells(size=1, v_threshold=1.5),
        wires=Projection(
            pre="inputs", post="cells", connector=AllToAll(), weight=0.6, delay=0, rule=RewardSTDP(w_max=5.0)
        ),
    )
    simulator = PlasticSimulator(net, dt=1e-3)
    run = simulator.run(0.1, rates={"inputs": [0.0, 0.0, 0.0, 1000.0]}, rewards=[(0.05, 1.0)])
    assert (run.weights("wires").weight != np.float32(0.6)).tolist() == [False, False, False, True]
    assert run.counts.spikes[0] == 100
    with pytest.raises(DataError, match="rewards: expected times within the run"):
        simulator.run(0.1, rewards=[(0.2, 1.0)])
    with pytest.raises(DataError, match=r"rates: expected sources with a rate each \(inputs\), got 'cells'"):
        simulator.run(0.1, rates={"cells": 3.0})
    with pytest.raises(PlanError, match="rewards: expected a projection whose rule has eligibility"):
        PlasticSimulator(small(), dt=1e-3).run(0.1, rewards=[(0.05, 1.0)])


def test_sums_are_normalised() -> None:
    net = small()
    state = PlasticSimulator(net, dt=1e-3).run(0.1).state
    assert state is not None
    after = normalise(net, state, "wires", 3.0)
    run = PlasticSimulator(net, dt=1e-3).run(0.0, state=after)
    matrix = run.weights("wires")
    np.testing.assert_allclose(np.bincount(matrix.to, weights=matrix.weight), 3.0, rtol=1e-6)


def test_a_run_starts_with_normalised_weights() -> None:
    net = small()
    simulator = PlasticSimulator(net, dt=1e-3)
    state = simulator.run(0.1).state
    assert state is not None
    expected = simulator.run(0.1, state=normalise(net, state, "wires", 3.0)).state
    for options in ({}, {"store": "lazy"}, {"backend": "numba"}, {"backend": "reference"}):
        run = PlasticSimulator(net, dt=1e-3, **options).run(0.1, state=state, normalise={"wires": 3.0})  # type: ignore[arg-type]
        assert run.state.same_as(expected)  # type: ignore[union-attr, arg-type]
    with pytest.raises(DataError, match="normalise: expected one of wires, got 'cells'"):
        simulator.run(0.1, normalise={"cells": 3.0})
    with pytest.raises(NetworkError, match="normalise: total: expected a number above 0, got -1"):
        simulator.run(0.1, normalise={"wires": -1.0})


def test_a_state_at_rest_has_only_what_was_learned() -> None:
    simulator = PlasticSimulator(small(), dt=1e-3)
    first, start = simulator.run(0.2).state, simulator.run(0.0).state
    assert first is not None
    assert start is not None
    rest = first.at_rest()
    assert (rest.step, rest.learned) == (200, 200)
    lasting = {name for name in rest.arrays if name.rpartition(".")[2] in {"weights", "draws", "threshold"}}
    assert "wires.weights" in lasting
    for name, array in rest.arrays.items():
        np.testing.assert_array_equal(array, (first if name in lasting else start).arrays[name], err_msg=name)
    assert simulator.run(0.1, state=rest).state.same_as(simulator.run(0.1, state=first.at_rest()).state)  # type: ignore[union-attr, arg-type]


def test_networks_that_fire_at_every_step_are_warned_of() -> None:
    net = PlasticNetwork.of(cells=IFCells(size=2, v_threshold=1.0, drive=5000.0))
    with pytest.warns(UserWarning, match="'cells' fired in 100% of its steps"):
        PlasticSimulator(net, dt=1e-3).run(0.05)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rule": PairSTDP(w_max=0.3)}, r"wires: expected weights in 0..0.3, got 0.0..0.6"),
        ({"pre": "nobody"}, "wires: expected one of inputs, cells, got 'nobody'"),
        ({"connector": OneToOne()}, "one to one: expected two equal sizes, got 30 and 6"),
        ({"connector": Synapses.of([30], [0])}, "wires: pre: expected indices below 30, got 30"),
        ({"pre": "cells", "connector": AllToAll()}, "wires: delay: expected at least 1 step from cells, got 0"),
        ({"delay": -1}, r"Projection: delay: expected whole steps in 0..65536, got -1"),
        ({"connector": Synapses.of([0], [0], [0.5])}, "weight: expected none, as synapses have theirs"),
        ({"weight": -0.5}, "Projection: weight: expected a number from 0, got -0.5"),
    ],
)
def test_wrong_projections(change: dict[str, Any], message: str) -> None:
    wires: dict[str, Any] = {
        "pre": "inputs",
        "post": "cells",
        "connector": AllToAll(),
        "weight": Uniform(0.0, 0.6),
        "delay": 0,
    } | change
    with pytest.raises(NetworkError, match=message):
        PlasticNetwork.of(inputs=PoissonSource(30, rate=1.0), cells=LIFCells(size=6), wires=Projection(**wires))


def test_wrong_networks_and_runs() -> None:
    with pytest.raises(NetworkError, match="names must differ, got a"):
        PlasticNetwork(
            {"a": PoissonSource(1, rate=1.0)}, {"a": Projection(pre="a", post="a", connector=AllToAll(), weight=1.0)}
        )
    with pytest.raises(NetworkError, match=r"expected whole indices in 0\.\.1, got 2\.\.2"):
        SpikeSource(2, times=[0.1], indices=[2])
    with pytest.raises(NetworkError, match="Synapses: expected as many pre as post, got 1 and 2"):
        Synapses.of([0], [0, 1])
    with pytest.raises(PlanError, match="a: rate: expected at most 1/dt = 1000 Hz, got 2000"):
        PlasticSimulator(PlasticNetwork.of(a=PoissonSource(1, rate=2000.0)), dt=1e-3)
    with pytest.raises(DataError, match="two of source 0 in step 1"):
        PlasticSimulator(PlasticNetwork.of(a=SpikeSource(1, times=[0.001, 0.0011], indices=[0, 0])), dt=1e-3)
    huge = Projection(pre="a", post="a", connector=AllToAll(), weight=1.0)
    with pytest.raises(CapacityError, match="the network would take"):
        PlasticSimulator(PlasticNetwork.of(a=PoissonSource(10**6, rate=1.0), w=huge), dt=1e-3)
    with pytest.raises(PlanError, match="store must be one of auto, eager, lazy, got 'both'"):
        PlasticSimulator(small(), dt=1e-3, store="both")
    with pytest.raises(BackendError, match="backend must be one of auto, rust, numba, reference, got 'gpu'"):
        PlasticSimulator(small(), dt=1e-3, backend="gpu")
    simulator, other = PlasticSimulator(small(), dt=1e-3), PlasticSimulator(small(connector=AllToAll()), dt=1e-3)
    with pytest.raises(DataError, match=r"state: wires.weights: expected .* float32 values"):
        other.run(0.1, state=simulator.run(0.1).state)
    with pytest.raises(DataError, match="Weights: expected one of wires, got 'none'"):
        simulator.run(0.1, watch=[Weights("none", every=1.0)])


def test_progress_and_interruption() -> None:
    calls: list[tuple[int, int]] = []
    simulator = PlasticSimulator(small(), dt=1e-3)
    simulator.run(0.2, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (200, 200)

    def stop(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulator.run(1e4, progress=stop)


def test_delays_are_split() -> None:
    synapses = Synapses.of([0, 0, 1], [0, 1, 1], [1.0, 1.0, 1.0])
    parts = Projection.from_arrays("a", "b", synapses=synapses, delays=[2, 1, 2])
    assert [(part.delay, len(part.connector.pre)) for part in parts] == [(1, 1), (2, 2)]  # type: ignore[union-attr]


def test_tables_are_exact() -> None:
    for x in (0.0, 1e-6, 0.05, 1.0, 20.0):
        assert decay(x) == pytest.approx(np.exp(-x), rel=1e-14)
    table = trace_table(1e-3, 20e-3, "x")
    np.testing.assert_allclose(table.down, np.exp(-np.arange(256) / 20), rtol=1e-7)
    assert table.epoch == pytest.approx(np.exp(-256 / 20), rel=1e-6)
    np.testing.assert_array_equal(gap_table(0.25)[:3], np.floor(2.0**32 * (1 - 0.75 ** np.arange(1, 4))))
    assert power_table(0.4).exponents[127] == 1


SPEC = """
dt = 1e-3
seconds = 0.2
[populations]
inputs = { type = "PoissonSource", size = 20, rate = 50.0 }
cells = { type = "LIFCells", size = 3, v_threshold = 1.0 }
[projections.wires]
pre = "inputs"
post = "cells"
delay = 0
connector = { type = "AllToAll" }
weight = { type = "Uniform", low = 0.0, high = 0.5 }
rule = { type = "PairSTDP" }
[watch]
spikes = ["cells"]
weights = { wires = 0.1 }
"""


def test_the_command_runs_a_spec(tmp_path: Path) -> None:
    spec, table, net = tmp_path / "spec.toml", tmp_path / "spikes.csv", tmp_path / "net.psnn"
    spec.write_text(SPEC)
    done = CliRunner().invoke(app, ["stdp", "run", str(spec), "--json", "--spikes", str(table), "--save", str(net)])
    assert done.exit_code == 0, done.output
    counts = {row["name"]: row for row in json.loads(done.stdout)["rows"]}
    assert len(table.read_text().splitlines()) == 1 + counts["cells"]["spikes"]
    again = tmp_path / "again.toml"
    again.write_text('dt = 1e-3\nseconds = 0.1\nnetwork = "net.psnn"\n')
    assert CliRunner().invoke(app, ["stdp", "run", str(again), "--frozen"]).exit_code == 0
    for text, word in (
        ("dt = 1", "expected seconds"),
        ("dt = [", "expected TOML"),
        (SPEC + "\nhue = 1", "got 'hue'"),
        ("dt=1e-3\nseconds=1\nspeed=2", "got 'speed'"),
    ):
        spec.write_text(text)
        wrong = CliRunner().invoke(app, ["stdp", "run", str(spec)])
        assert wrong.exit_code == 1, text
        assert word in wrong.output
    assert "PairSTDP" in CliRunner().invoke(app, ["stdp", "rules"]).output
