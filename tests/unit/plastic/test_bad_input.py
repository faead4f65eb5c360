"""What is wrong with a plastic network or its run is said in one sentence: what was expected, what came, and where."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pysnn.errors import CapacityError, DataError, NetworkError, PlanError
from pysnn.plastic import (
    AdaptiveThreshold,
    AllToAll,
    Conductance,
    Current,
    FixedProbability,
    LIFCells,
    PairSTDP,
    PlasticNetwork,
    PlasticSimulator,
    PoissonSource,
    Projection,
    RewardSTDP,
    SpikeSource,
    Synapses,
    Uniform,
)
from pysnn.plastic.capacity import needed_bytes
from pysnn.plastic.engines import EngineOptions
from pysnn.plastic.lower import compile_plastic
from pysnn.plastic.spec import load_plastic_spec
from tests.unit.bad_input import like

DT = 1e-3


def net(source: Any = None, cells: Any = None, **changes: Any) -> PlasticNetwork:
    """Return four sources that are all joined to two cells."""
    wires: dict[str, Any] = {"connector": AllToAll(), "weight": 0.5, "delay": 0, "rule": PairSTDP()} | changes
    return PlasticNetwork.of(
        inputs=source or PoissonSource(4, rate=10.0),
        cells=cells or LIFCells(size=2),
        wires=Projection(**({"pre": "inputs", "post": "cells"} | wires)),
    )


def made(*network: Any, dt: float = DT, **changes: Any) -> PlasticSimulator:
    return PlasticSimulator(net(*network, **changes), dt=dt)


def given(pre: Any, post: Any, weight: Any = None) -> PlasticNetwork:
    return net(connector=Synapses.of(pre, post, weight), weight=0.5 if weight is None else None)


Case = tuple[Callable[[], Any], type[Exception], str]

TIMES: dict[str, Case] = {
    "dt is no number": (lambda: made(dt="1 ms"), NetworkError, "dt: expected a number above 0, got '1 ms'"),  # type: ignore[arg-type]
    "dt of 0": (lambda: made(dt=0.0), NetworkError, "dt: expected a number above 0, got 0"),
    "dt against tau of a trace": (
        lambda: made(rule=PairSTDP(tau_plus=1e-5)),
        PlanError,
        "wires: rule: expected a time constant of at least dt/20, got tau=1e-05 s with dt=0.001 s",
    ),
    "traces that overflow": (
        lambda: made(rule=PairSTDP(tau_minus=0.99 * DT / 20)),
        PlanError,
        "wires: rule: expected a time constant of at least dt/20, got tau=4.95e-05 s",
    ),
    "dt against tau of eligibility": (
        lambda: made(rule=RewardSTDP(tau_c=1e-5)),
        PlanError,
        "wires: rule: tau_c: expected a time constant of at least dt/20, got tau=1e-05 s",
    ),
    "dt against tau of cells": (
        lambda: made(None, LIFCells(size=2, tau=1e-5)),
        PlanError,
        "cells: tau: expected a time constant of at least dt/20, got tau=1e-05 s with dt=0.001 s",
    ),
    "dt against tau of currents": (
        lambda: made(None, LIFCells(size=2, synapses=Current(tau_inhibitory=1e-6))),
        PlanError,
        "cells: tau_inhibitory: expected a time constant of at least dt/20, got tau=1e-06 s",
    ),
    "dt against tau of a threshold": (
        lambda: made(None, LIFCells(size=2, adaptive=AdaptiveThreshold(plus=0.1, tau=1e-6))),
        PlanError,
        "cells: adaptive: tau: expected a time constant of at least dt/20, got tau=1e-06 s",
    ),
    "dt against the refractory time": (
        lambda: made(None, LIFCells(size=2, refractory=1e-4)),
        PlanError,
        "cells: refractory: expected 0 or at least dt/2, got 0.0001 s with dt=0.001 s",
    ),
    "rates above 1/dt": (
        lambda: made(PoissonSource(4, rate=1001.0)),
        PlanError,
        "inputs: rate: expected at most 1/dt = 1000 Hz, got 1001",
    ),
    "one rate above 1/dt": (
        lambda: made(PoissonSource(2, rate=np.array([10.0, 1e4]))),
        PlanError,
        "inputs: rate: expected at most 1/dt = 1000 Hz, got 10000",
    ),
    "rates of a run above 1/dt": (
        lambda: made(PoissonSource(2, rate=np.zeros(2))).run(0.1, rates={"inputs": 2e3}),
        PlanError,
        "inputs: rate: expected at most 1/dt = 1000 Hz, got 2000",
    ),
    "negative rates": (
        lambda: PoissonSource(4, rate=-1.0),
        NetworkError,
        "PoissonSource: rate: expected a number from 0, got -1",
    ),
    "spikes in one step": (
        lambda: made(SpikeSource(4, times=[1e-3, 1.1e-3], indices=[2, 2])),
        DataError,
        "inputs: expected one spike of a source in a step at most, got two of source 2 in step 1",
    ),
    "no seconds": (lambda: made().run(float("nan")), NetworkError, "seconds: expected a number from 0, got nan"),
    "too many steps": (
        lambda: made().run(1e9),
        PlanError,
        "seconds: expected less than 2130706432 steps in all, got 1000000000000",
    ),
}
PARTS: dict[str, Case] = {
    "no delay between neurons": (
        lambda: net(pre="cells"),
        NetworkError,
        "wires: delay: expected at least 1 step from cells, got 0",
    ),
    "parts of steps": (lambda: net(delay=1.5), NetworkError, "delay: expected whole steps in 0..65536, got 1.5"),
    "weight above its bound": (
        lambda: net(weight=1.5),
        NetworkError,
        "wires: expected weights in 0..1.0, got 1.5..1.5",
    ),
    "weights above their bound": (
        lambda: given([0, 1], [0, 1], [0.5, 2.0]),
        NetworkError,
        "wires: expected weights in 0..1.0, got 0.5..2.0",
    ),
    "weights drawn above their bound": (
        lambda: net(weight=Uniform(0.0, 1.1)),
        NetworkError,
        "wires: expected weights in 0..1.0, got 0.0..1.1",
    ),
    "negative weights": (
        lambda: given([0, 1], [0, 1], [0.5, -0.25]),
        NetworkError,
        "wires: expected weights in 0..1.0, got -0.25..0.5",
    ),
    "weights that are no numbers": (
        lambda: given([0], [0], [np.nan]),
        NetworkError,
        "Synapses: weight: expected finite float32 values, got nan",
    ),
    "source out of range": (
        lambda: given([4], [0]),
        NetworkError,
        "wires: pre: expected indices below 4, got 4",
    ),
    "target out of range": (
        lambda: given([0], [2]),
        NetworkError,
        "wires: post: expected indices below 2, got 2",
    ),
    "negative index": (lambda: given([0], [-1]), NetworkError, "Synapses: post: expected indices from 0 on, got -1"),
    "spike of nobody": (
        lambda: SpikeSource(2, times=[0.1], indices=[2]),
        NetworkError,
        "SpikeSource: expected whole indices in 0..1, got 2..2",
    ),
    "a name twice": (
        lambda: PlasticNetwork({"a": PoissonSource(1, rate=1.0)}, {"a": Projection(pre="a", post="a", connector=AllToAll(), weight=1.0)}),
        NetworkError,
        "names must differ, got a as a population and as a projection",
    ),
    "no name": (
        lambda: PlasticNetwork({"a b": PoissonSource(1, rate=1.0)}),
        NetworkError,
        "expected names of letters, digits and _, got 'a b'",
    ),
    "nobody's name": (
        lambda: net(post="nobody"),
        NetworkError,
        "wires: expected one of inputs, cells, got 'nobody'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", [*TIMES, *PARTS])
def test_what_is_wrong_is_said(name: str) -> None:
    make, kind, text = (TIMES | PARTS)[name]
    with pytest.raises(kind, match=like(text)):
        make()


def test_the_smallest_time_constant_that_is_taken_runs() -> None:
    cells = LIFCells(size=2, v_threshold=1.0, refractory=5e-3)
    simulator = made(PoissonSource(4, rate=1000.0), cells, rule=PairSTDP(tau_plus=DT / 20, tau_minus=DT / 20))
    assert np.isfinite(simulator.run(0.05).weights("wires").weight).all()


@pytest.mark.parametrize("rate", [500.0, 1000.0])
def test_traces_of_sources_that_never_rest_stay_finite(rate: float) -> None:
    rule = PairSTDP(tau_plus=1e6, tau_minus=1e6, a_plus=1e-9, a_minus=1e-9)
    run = made(PoissonSource(4, rate=rate), None, rule=rule, weight=0.0).run(2.0)
    assert run.state is not None
    assert np.isfinite(run.state.arrays["wires.x"]).all()


def test_names_given_twice_in_a_file_are_refused(tmp_path: Path) -> None:
    text = 'dt = 1e-3\nseconds = 1.0\n[populations.a]\ntype = "PoissonSource"\nsize = 1\nrate = 1.0\n'
    path = tmp_path / "spec.toml"
    path.write_text(text + '[populations.a]\ntype = "PoissonSource"\nsize = 1\nrate = 1.0\n')
    with pytest.raises(DataError, match="expected TOML"):
        load_plastic_spec(path)
    path.write_text(text + '[projections.a]\npre = "a"\npost = "a"\nconnector = { type = "AllToAll" }\nweight = 1.0\n')
    with pytest.raises(NetworkError, match="names must differ, got a"):
        load_plastic_spec(path)


def test_networks_that_fire_at_every_step_are_warned_of() -> None:
    storm = made(PoissonSource(4, rate=900.0), rule=PairSTDP(w_max=100.0), weight=50.0)
    with pytest.warns(UserWarning, match="'cells' fired in .*% of its steps: its input is too strong, or dt too long"):
        storm.run(0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made().run(0.1)


def large(**changes: Any) -> PlasticNetwork:
    """Return a network of a million cells and sources, of which nothing is drawn before a simulator is made."""
    wires: dict[str, Any] = {"connector": AllToAll(), "weight": 0.1, "delay": 0} | changes
    return PlasticNetwork.of(
        inputs=PoissonSource(10**6, rate=1.0),
        cells=LIFCells(size=10**6),
        wires=Projection(pre="inputs", post="cells", **wires),
    )


@pytest.mark.parametrize(
    ("network", "name"),
    [
        (large(), "wires"),
        (large(connector=FixedProbability(0.5, seed=1)), "wires"),
        (PlasticNetwork.of(a=LIFCells(size=2**31 - 1), b=LIFCells(size=2**31 - 1)), "a"),
        (PlasticNetwork.of(a=LIFCells(size=2**31 - 1, synapses=Conductance(reversal_excitatory=0.0, reversal_inhibitory=0.0))), "a"),
    ],
)  # fmt: skip
def test_memory_that_will_not_suffice_is_not_taken(
    network: PlasticNetwork, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(*_: Any) -> None:
        raise AssertionError("an engine was made")

    monkeypatch.setattr("pysnn.plastic.capacity.physical_memory", lambda: 16 * 2**30)
    monkeypatch.setattr("pysnn.plastic.simulator.make_engine", taken)
    with pytest.raises(CapacityError, match=rf"would take .* GiB, and this machine has 16; '{name}' takes most"):
        PlasticSimulator(network, dt=DT)


def test_what_a_store_takes() -> None:
    plan = compile_plastic(net(), DT, 0)
    rest = 2 * 16 + 4 * (4 + 2)
    for options, synapse in (
        ({}, 6),
        ({"store": "lazy"}, 6),
        ({"store": "eager"}, 14),
        ({"backend": "numba"}, 28),
        ({"backend": "reference"}, 28),
    ):
        assert needed_bytes(plan, EngineOptions(**options)) == 8 * synapse + rest  # type: ignore[arg-type]
