"""Networks of plain parts, for which engines have loops of their own: all-to-all rows, wide source numbers, weights beyond the near cache, many steps a call."""

import numpy as np
import pytest

from pysnn.plastic import (
    AllToAll,
    FixedProbability,
    LIFCells,
    OneToOne,
    PairSTDP,
    PlasticNetwork,
    PoissonSource,
    Projection,
    Uniform,
)
from pysnn.plastic.connectors import Connector
from pysnn.plastic.engines import EngineOptions, make_engine
from pysnn.plastic.engines.base import RunPart
from pysnn.plastic.lower import compile_plastic
from pysnn.plastic.plan import PlasticPlan
from tests.parity.test_plastic import assert_same, run

RULE = PairSTDP(a_plus=0.02, a_minus=0.021, tau_plus=20e-3, tau_minus=10e-3, w_max=0.5)
CONNECTORS: dict[str, Connector] = {"all": AllToAll(), "some": FixedProbability(0.3, seed=2)}


def plain(connector: Connector) -> PlasticPlan:
    """Return the plan of inputs and cells, plastic and static, recurrent and inhibitory, with delays."""
    weight = Uniform(0.0, 0.5, seed=3)
    return compile_plastic(
        PlasticNetwork.of(
            inputs=PoissonSource(37, rate=40.0),
            cells=LIFCells(size=70, tau=10e-3, v_threshold=2.0, refractory=2e-3, drive=1.0),
            others=PoissonSource(70, rate=5.0),
            wires=Projection(pre="inputs", post="cells", connector=connector, weight=weight, delay=0, rule=RULE),
            loop=Projection(pre="cells", post="cells", connector=connector, weight=weight, delay=3, rule=RULE, inhibitory=True),
            kicks=Projection(pre="others", post="cells", connector=OneToOne(), weight=5.0, delay=2),
        ),
        1e-3,
        11,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("connector", CONNECTORS)
def test_engines_agree_on_plain_networks(connector: str) -> None:
    plan = plain(CONNECTORS[connector])
    record = (0, 1, 2)
    parts = [
        RunPart(1, record=record),
        RunPart(299, record=record),
        RunPart(70, learn=False, record=record),
        RunPart(65, record=record),
    ]
    expected = run(plan, parts, backend="reference")
    assert expected[1].spikes[1] > 500
    assert min(expected[1].post_updates[k] for k in (0, 1)) > 1000
    assert_same(run(plan, parts, backend="numba"), expected)
    for options in ({}, {"tile": 9}, {"tile": 35, "threads": 2}, {"store": "lazy"}):
        assert_same(run(plan, parts, backend="rust", **options), expected)


@pytest.mark.slow
@pytest.mark.parametrize("p", [1.0, 0.9])
def test_many_synapses_agree(p: float) -> None:
    """More weights than are taken to be near, in whole rows and in listed ones."""
    connector = AllToAll() if p == 1 else FixedProbability(p, seed=1)
    cells = LIFCells(size=700, tau=20e-3, v_threshold=1.0, refractory=2e-3)
    rule = PairSTDP(a_plus=0.02, a_minus=0.021, tau_plus=20e-3, tau_minus=20e-3, w_max=0.02)
    wires = Projection(
        pre="inputs", post="cells", connector=connector, weight=Uniform(0.0, 0.02, seed=1), delay=0, rule=rule
    )
    plan = compile_plastic(PlasticNetwork.of(inputs=PoissonSource(900, rate=15.0), cells=cells, wires=wires), 1e-3, 5)
    parts = [RunPart(60, record=(0, 1))]
    expected = run(plan, parts, backend="numba")
    assert expected[1].post_updates[0] > 100_000
    for options in ({}, {"store": "lazy"}):
        assert_same(run(plan, parts, backend="rust", **options), expected)


@pytest.mark.slow
def test_more_sources_than_sixteen_bits_agree() -> None:
    cells = LIFCells(size=20, tau=20e-3, v_threshold=1.0, refractory=2e-3)
    wires = Projection(
        pre="inputs", post="cells", connector=FixedProbability(0.1, seed=1), weight=0.01, delay=0, rule=RULE
    )
    plan = compile_plastic(
        PlasticNetwork.of(inputs=PoissonSource(70_000, rate=10.0), cells=cells, wires=wires), 1e-3, 5
    )
    parts = [RunPart(30, record=(0, 1))]
    expected = run(plan, parts, backend="numba")
    assert expected[1].post_updates[0] > 100_000
    assert_same(run(plan, parts, backend="rust", store="eager"), expected)


def test_a_cancelled_run_goes_on_from_where_it_stopped() -> None:
    """The compiled steps leave populations as a run of as many steps does."""
    plan = plain(CONNECTORS["some"])

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    stopped, whole = (make_engine(plan, EngineOptions("numba")) for _ in range(2))
    with pytest.raises(KeyboardInterrupt):
        stopped.run(RunPart(500, progress=stop))
    whole.run(RunPart(stopped.save().step))
    assert stopped.save().same_as(whole.save())
    np.testing.assert_array_equal(stopped.weights(0), whole.weights(0))
