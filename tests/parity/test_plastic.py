"""Plastic networks: every engine, store, tiling, number of threads, SIMD level and split of a run gives the same bits."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pysnn.plastic import (
    PLASTICITY,
    AdaptiveThreshold,
    AllToAll,
    Conductance,
    Current,
    FixedProbability,
    IFCells,
    LIFCells,
    PairSTDP,
    PlasticNetwork,
    PlasticState,
    PoissonSource,
    Projection,
    RewardSTDP,
    SpikeSource,
    Synapses,
    Uniform,
)
from pysnn.plastic.engines import EngineOptions, make_engine
from pysnn.plastic.engines.base import Counts, RunPart
from pysnn.plastic.lower import compile_plastic
from pysnn.plastic.plan import PlasticPlan

RULES = {
    "pair": {"a_plus": 0.2, "a_minus": 0.21},
    "nearest_symmetric": {"a_plus": 0.2, "a_minus": 0.21, "mu_plus": 0.4},
    "nearest_restricted": {"a_plus": 0.2, "a_minus": 0.21, "mu_minus": 1.0},
    "triplet": {"a2_plus": 0.05, "a2_minus": 0.07, "a3_plus": 0.2, "a3_minus": 0.1},
    "symmetric": {"eta": 0.1, "rho0": 10.0},
    "reward": {"eta": 0.5},
    "diehl_cook": {"nu_pre": 0.05, "nu_post": 0.3},
    "diehl_cook_power": {"eta": 0.2, "mu": 0.4},
    "power_law": {"lambda_": 0.2, "alpha": 0.5},
}
LAZY = sorted(set(RULES) - {"reward", "diehl_cook_power"})
Outcome = tuple[list[Any], Counts, PlasticState]


def network(
    rule: str, *, coincidence: str = "causal", synapses: Any = None, w_max: float = 0.7, seed: int = 3
) -> PlasticNetwork:
    """Return inputs, a teacher and cells with plastic, static, recurrent, inhibitory and teaching projections, with and without delays."""
    plastic = PLASTICITY[rule](w_max=w_max, coincidence=coincidence, **RULES[rule])  # type: ignore[arg-type]
    weight = Uniform(0.0, w_max, seed=seed)
    scale = 1.0 if synapses is None else 20.0
    limit = 2.0 if not isinstance(synapses, Conductance) else 0.02
    cells = LIFCells(
        size=13, tau=10e-3, v_threshold=limit, refractory=2e-3, drive=limit * 0.3, adaptive=AdaptiveThreshold(plus=limit * 0.1, tau=0.05),
        synapses=synapses,
    )  # fmt: skip
    rng = np.random.default_rng(seed)
    times = np.unique(rng.integers(0, 400, (30, 2)) % [400, 7], axis=0)
    pre, post = rng.integers(0, 21, 60), rng.integers(0, 7, 60)
    return PlasticNetwork.of(
        inputs=PoissonSource(21, rate=60.0),
        each=PoissonSource(5, rate=np.array([0.0, 10.0, 100.0, 400.0, 1000.0])),
        teacher=SpikeSource(7, times=times[:, 0] * 1e-3, indices=times[:, 1]),
        cells=cells,
        others=IFCells(size=4, v_threshold=3.0, refractory=1e-3),
        wires=Projection(
            pre="inputs", post="cells", connector=FixedProbability(0.6, seed=seed), weight=weight, delay=0, rule=plastic
        ),
        fixed=Projection(pre="each", post="cells", connector=AllToAll(), weight=0.1 * scale, delay=2),
        loop=Projection(
            pre="cells", post="cells", connector=AllToAll(), weight=weight, delay=3, rule=plastic, inhibitory=True
        ),
        taught=Projection(
            pre="inputs",
            post="teacher",
            connector=Synapses.of(pre, post, rng.random(60) * w_max),
            delay=4,
            rule=plastic,
        ),
        on=Projection(
            pre="cells", post="others", connector=FixedProbability(0.5, seed=1), weight=min(0.5, w_max), rule=plastic
        ),
    )


def run(plan: PlasticPlan, parts: list[RunPart], **options: Any) -> Outcome:
    """Return the spikes of all parts, all counts, and the last state; between two parts a reward is given where the rule knows one."""
    engine = make_engine(plan, EngineOptions(**options))
    spikes, counts = [], None
    for part in parts:
        record = engine.run(part)
        spikes.append({k: found.tolist() for k, found in record.spikes.items()})
        counts = record.counts if counts is None else counts + record.counts
        for k, one in enumerate(plan.projections):
            if one.kernel is not None and one.kernel.c is not None:
                engine.reward(k, 0.3)
    assert counts is not None
    return spikes, counts, engine.save()


def assert_same(found: Outcome, expected: Outcome) -> None:
    assert found[0] == expected[0]
    assert found[1] == expected[1]
    assert found[2].arrays.keys() == expected[2].arrays.keys()
    for name, array in expected[2].arrays.items():
        np.testing.assert_array_equal(found[2].arrays[name], array, err_msg=name)
    assert found[2].same_as(expected[2])


def parts_of(*lengths: int, frozen: int = 0) -> list[RunPart]:
    parts = [RunPart(length, record=(0, 1, 2, 3, 4)) for length in lengths]
    return [*parts, RunPart(frozen, learn=False, record=(3,)), RunPart(40, record=(3,))] if frozen else parts


@pytest.mark.slow
@pytest.mark.parametrize("coincidence", ["causal", "exclusive"])
@pytest.mark.parametrize("rule", RULES)
def test_engines_agree(rule: str, coincidence: str) -> None:
    plan = compile_plastic(network(rule, coincidence=coincidence), 1e-3, 7)
    parts = parts_of(150, 111, frozen=60)
    expected = run(plan, parts, backend="reference")
    assert expected[1].spikes[3] > 50
    assert min(expected[1].post_updates[k] for k in (0, 2, 3, 4)) > 0
    assert_same(run(plan, parts, backend="numba"), expected)
    for options in ({"tile": 65536}, {"tile": 5}, {"tile": 1, "threads": 2}):
        assert_same(run(plan, parts, backend="rust", store="eager", **options), expected)
        if rule in LAZY:
            assert_same(run(plan, parts, backend="rust", store="lazy", **options), expected)


@pytest.mark.slow
@pytest.mark.parametrize("synapses", [Current(), Conductance(reversal_excitatory=0.07, reversal_inhibitory=-0.01)])
def test_engines_agree_on_cells(synapses: Any) -> None:
    plan = compile_plastic(network("pair", synapses=synapses), 0.5e-3, 1)
    parts = parts_of(200, frozen=50)
    expected = run(plan, parts, backend="reference")
    assert expected[1].spikes[3] > 20
    for options in (
        {"backend": "numba"},
        {"backend": "rust", "store": "eager", "tile": 6},
        {"backend": "rust", "store": "lazy"},
    ):
        assert_same(run(plan, parts, **options), expected)


@pytest.mark.slow
@pytest.mark.parametrize("level", ["baseline", "avx2", "avx512"])
def test_levels_agree(level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from pysnn import _core

    if level not in _core.simd_levels():
        pytest.skip(f"this machine lacks {level}")
    plan = compile_plastic(network("triplet"), 1e-3, 7)
    expected = run(plan, parts_of(200), backend="reference")
    monkeypatch.setenv("PYSNN_SIMD", level)
    for store in ("eager", "lazy"):
        assert_same(run(plan, parts_of(200), backend="rust", store=store), expected)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_random_networks_agree(data: st.DataObject) -> None:
    """Random rules, sizes, delays, coincidences, bounds and splits, with long silences."""
    draw = data.draw
    rule = draw(st.sampled_from(sorted(RULES)))
    coincidence = draw(st.sampled_from(["causal", "exclusive"]))
    dt = draw(st.sampled_from([1e-3, 0.4e-3, 0.1e-3]))
    plan = compile_plastic(
        network(
            rule, coincidence=coincidence, w_max=draw(st.sampled_from([0.05, 0.7, 3.0])), seed=draw(st.integers(0, 99))
        ),
        dt,
        2,
    )
    lengths = draw(st.lists(st.integers(0, 300), min_size=1, max_size=3))
    expected = run(plan, parts_of(*lengths), backend="reference")
    tile = draw(st.integers(1, 16))
    stores = ["eager", "lazy"] if rule in LAZY else ["eager"]
    for store in stores:
        assert_same(run(plan, parts_of(*lengths), backend="rust", store=store, tile=tile), expected)
    assert_same(run(plan, parts_of(*lengths), backend="numba"), expected)


def silent_pair(store: str, backend: str) -> float:
    rule = PairSTDP(a_plus=0.3, a_minus=0.2, tau_plus=50e-3)
    pre, post = [3, 9, 300_011], [10, 200_000, 300_015]
    sources = [SpikeSource(1, times=np.array(train) * 1e-3, indices=[0] * 3) for train in (pre, post)]
    wires = Projection(pre="a", post="b", connector=AllToAll(), weight=0.5, delay=0, rule=rule)
    plan = compile_plastic(PlasticNetwork.of(a=sources[0], b=sources[1], wires=wires), 1e-3, 0)
    engine = make_engine(plan, EngineOptions(backend=backend, store=store))
    engine.run(RunPart(300_020))
    return float(engine.weights(0)[0])


@pytest.mark.slow
def test_long_silences() -> None:
    expected = silent_pair("auto", "reference")
    assert silent_pair("eager", "rust") == silent_pair("lazy", "rust") == expected


@pytest.mark.slow
@pytest.mark.parametrize("split", [1, 64, 100])
def test_states_go_on(split: int) -> None:
    """A state goes from any engine into any other, in the middle of traces and of spikes on their way."""
    plan = compile_plastic(network("triplet"), 1e-3, 5)
    whole = run(plan, parts_of(200), backend="reference")
    for first, second in (("reference", "rust"), ("rust", "numba"), ("numba", "reference"), ("rust", "rust")):
        engine = make_engine(plan, EngineOptions(backend=first))
        engine.run(RunPart(split))
        other = make_engine(plan, EngineOptions(backend=second, store="lazy" if second == "rust" else "auto"))
        other.load(engine.save())
        other.run(RunPart(200 - split))
        assert other.save().same_as(whole[2])


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
def test_an_engine_that_ran_takes_up_a_state(rule: str) -> None:
    """What an engine did before leaves nothing behind, whether the state is an earlier one, a later one, or one at rest."""
    plan = compile_plastic(network(rule, coincidence="exclusive"), 1e-3, 5)
    for store in ("eager", "lazy") if rule in LAZY else ("eager",):
        used, other = (make_engine(plan, EngineOptions(backend="rust", store=store)) for _ in range(2))
        used.run(RunPart(90))
        early = used.save()
        used.run(RunPart(77))
        late = used.save()
        for state in (early, late, early.at_rest(), late.at_rest()):
            used.load(state)
            fresh = make_engine(plan, EngineOptions(backend="reference"))
            fresh.load(state)
            other.load(state)
            for engine in (used, fresh, other):
                engine.run(RunPart(60))
            assert used.save().same_as(fresh.save())
            assert other.save().same_as(fresh.save())


def test_rewards_need_eligibility() -> None:
    from pysnn.errors import PlanError

    plan = compile_plastic(network("pair"), 1e-3, 5)
    for backend in ("reference", "rust"):
        with pytest.raises(PlanError, match="wires: a reward needs a rule with eligibility"):
            make_engine(plan, EngineOptions(backend=backend)).reward(0, 1.0)
    with pytest.raises(PlanError, match="the lazy store cannot do it"):
        make_engine(compile_plastic(network("reward"), 1e-3, 5), EngineOptions(backend="rust", store="lazy"))
    assert RewardSTDP().kernel().tau_c == 1.0
