"""Counts of plastic runs against a plain Python count over recorded spikes, on every engine, store, thread number and split."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pysnn.errors import DataError
from pysnn.plastic import (
    AllToAll,
    FixedProbability,
    LIFCells,
    PairSTDP,
    PlasticActivity,
    PlasticNetwork,
    PlasticResult,
    PlasticSimulator,
    PoissonSource,
    Projection,
    RewardSTDP,
    Spikes,
    Synapses,
    Uniform,
)
from pysnn.schemas import SCHEMAS

ENGINES: tuple[dict[str, Any], ...] = (
    {"backend": "reference"},
    {"backend": "numba"},
    {"backend": "rust", "store": "eager"},
    {"backend": "rust", "store": "lazy"},
    {"backend": "rust", "store": "eager", "threads": 2, "tile": 3},
    {"backend": "rust", "store": "lazy", "threads": 2, "tile": 3},
)
POPULATIONS = ("a", "b", "c")
DT = 1e-3


def network(draw: Any) -> PlasticNetwork:
    """Return sources and two populations of cells with plastic and static projections, recurrent ones too, with delays and multapses."""
    size = {name: draw(st.integers(1, 6)) for name in POPULATIONS}
    pairs = draw(
        st.lists(st.tuples(st.integers(0, size["a"] - 1), st.integers(0, size["b"] - 1)), max_size=20).map(np.array)
    )
    pre, post = (pairs[:, k] if len(pairs) else np.zeros(0, np.int64) for k in (0, 1))
    weight, rule = Uniform(0.0, 0.9, seed=3), PairSTDP()
    parts = (
        ("a", "b", Synapses.of(pre, post, np.full(len(pre), 0.4)), None),
        ("a", "c", FixedProbability(draw(st.sampled_from([0.05, 0.5, 1.0])), seed=draw(st.integers(0, 99))), weight),
        ("b", "c", AllToAll(), 0.0),
        ("c", "c", AllToAll(), weight),
    )
    projections = {
        f"{one}{other}": Projection(
            pre=one,
            post=other,
            connector=connector,
            weight=first,
            delay=draw(st.integers(int(one != "a"), 5)),
            rule=rule if draw(st.booleans()) else None,
        )
        for one, other, connector, first in parts
    }
    cells = {
        name: LIFCells(size=size[name], v_threshold=0.3, refractory=draw(st.sampled_from([0.0, 2e-3]))) for name in "bc"
    }
    return PlasticNetwork({"a": PoissonSource(size["a"], rate=150.0), **cells}, projections)


def counted(net: PlasticNetwork, run: PlasticResult, parts: list[tuple[int, int, bool]]) -> dict[str, tuple[int, ...]]:
    """Count in plain Python: (deliveries, pre updates, post updates) by projection, from the spikes of the whole run and its synapses."""
    table = run.tables["plastic_spikes"]
    spikes: dict[str, list[tuple[int, int]]] = {name: [] for name in POPULATIONS}
    for time, population, neuron in table.iter_rows():
        spikes[population].append((round(time / DT), neuron))
    learning = {step: learn for first, last, learn in parts for step in range(first, last)}
    found: dict[str, tuple[int, ...]] = {}
    for name, one in net.projections.items():
        matrix = run.weights(name)
        sources = [i for i in range(matrix.shape[0]) for _ in range(matrix.row[i + 1] - matrix.row[i])]
        out, into = Counter(sources), Counter(matrix.to.tolist())
        arrivals = [(step + one.delay, i) for step, i in spikes[one.pre] if step + one.delay in learning]
        plastic = one.rule is not None
        found[name] = (
            sum(out[i] for _, i in arrivals),
            sum(out[i] for step, i in arrivals if plastic and learning[step]),
            sum(into[j] for step, j in spikes[one.post] if plastic and learning[step]),
        )
    return found


def run_in_parts(
    net: PlasticNetwork, parts: list[tuple[int, int, bool]], options: dict[str, Any]
) -> tuple[PlasticActivity, list[PlasticResult]]:
    simulator, state, results = PlasticSimulator(net, dt=DT, seed=5, **options), None, []
    for first, last, learn in parts:
        watch = [Spikes(name) for name in POPULATIONS]
        results.append(simulator.run((last - first) * DT, state=state, learn=learn, watch=watch))
        state = results[-1].state
    total = results[0].activity
    for result in results[1:]:
        total = total + result.activity
    return total, results


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.* fired in .* of its steps")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_counts_are_those_of_plain_python(data: Any) -> None:
    net = network(data.draw)
    cuts = sorted(data.draw(st.sets(st.integers(1, 59), max_size=3)))
    edges = [0, *cuts, 60]
    parts = [(a, b, data.draw(st.booleans())) for a, b in pairwise(edges)]
    activities = []
    for options in ENGINES:
        activity, results = run_in_parts(net, parts, options)
        activities.append(activity)
    import polars as pl

    frames = {"plastic_spikes": pl.concat([result.tables["plastic_spikes"] for result in results])}
    expected = counted(net, replace(results[-1], tables=frames), parts)
    assert {one.name: one[2:5] for one in activities[0].projections} == expected
    assert all(activity == activities[0] for activity in activities)
    assert activities[0].steps == 60
    assert activities[0].learned_steps == sum(b - a for a, b, learn in parts if learn)
    sizes = {name: one.size for name, one in net.populations.items()}
    for one in activities[0].populations:
        spikes = frames["plastic_spikes"]
        assert one.spikes == len(spikes.filter(spikes["population"] == one.name))
        assert one.neuron_updates == (0 if one.name == "a" else 60 * sizes[one.name])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.* fired in .* of its steps")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_split_of_a_run_has_the_same_counts(data: Any) -> None:
    net = network(data.draw)
    cuts = sorted(data.draw(st.sets(st.integers(1, 59), min_size=1, max_size=4)))
    edges = [0, *cuts, 60]
    options = data.draw(st.sampled_from(ENGINES))
    whole, _ = run_in_parts(net, [(0, 60, True)], options)
    split, _ = run_in_parts(net, [(a, b, True) for a, b in pairwise(edges)], options)
    assert split == whole


def rewarded(**options: Any) -> PlasticSimulator:
    net = PlasticNetwork.of(
        a=PoissonSource(3, rate=200.0),
        b=LIFCells(size=2, v_threshold=0.5, refractory=3e-3),
        taught=Projection(pre="a", post="b", connector=AllToAll(), weight=0.3, delay=0, rule=RewardSTDP()),
        plain=Projection(pre="a", post="b", connector=AllToAll(), weight=0.3, delay=0, rule=PairSTDP()),
    )
    return PlasticSimulator(net, dt=DT, **options)


def test_rewards_visit_every_synapse_that_has_eligibility() -> None:
    rewards = [(0.01, 1.0), (0.02, 0.5)]
    runs = [rewarded(backend=backend).run(0.05, rewards=rewards).activity for backend in ("rust", "numba", "reference")]
    assert [(one.name, one.reward_updates) for one in runs[0].projections] == [("taught", 12), ("plain", 0)]
    assert runs[0] == runs[1] == runs[2]
    assert rewarded().run(0.05, rewards=rewards, learn=False).activity.total("reward_updates") == 0


def test_the_table_has_every_count() -> None:
    activity = rewarded().run(0.05, rewards=[(0.01, 1.0)]).activity
    table = activity.table()
    assert table.columns == list(SCHEMAS["plastic_counts"])
    for name in ("spikes", "neuron_updates", "deliveries", "pre_updates", "post_updates", "reward_updates"):
        assert table[name].sum() == activity.total(name) > 0
    assert table["seconds"].to_list() == [0.05] * 4
    assert table["neurons"].to_list() == [3, 2, 0, 0]
    assert table["type"].to_list() == ["PoissonSource", "LIFCells", "RewardSTDP", "PairSTDP"]
    assert activity.synops == activity.total("deliveries")
    assert activity.updates == sum(activity.total(f"{name}_updates") for name in ("pre", "post", "reward"))


def test_activities_of_other_networks_do_not_add_up() -> None:
    activity = rewarded().run(0.01).activity
    with pytest.raises(DataError, match="two runs of one network with one dt"):
        activity + replace(activity, dt=2e-3)
    with pytest.raises(DataError, match=r"expected one of neurons, spikes, neuron_updates, .* got 'synops'"):
        activity.total("synops")
    with pytest.raises(TypeError):
        activity + 1  # type: ignore[operator]
