"""A profile names every layer, sums to about the whole, and changes no result."""

import itertools
from typing import Literal

import numpy as np
import pytest

from pysnn import IF, Conv2d, FirstSpike, Input, Linear, Network, Output, Simulator, SumPool2d
from pysnn.backends import get_backend
from pysnn.errors import BackendError, DataError, PysnnError
from pysnn.nodes import Flatten
from pysnn.schemas import SCHEMAS

try:
    get_backend("rust")
except PysnnError:
    pytest.skip("there is no Rust backend", allow_module_level=True)


def network(neuron: IF | FirstSpike) -> Network:
    """Return a network with a shortcut, a pool and a read-out."""
    rng = np.random.default_rng(0)
    nodes = {
        "in": Input((3, 12, 12)),
        "conv1": Conv2d(rng.normal(0, 0.2, (16, 3, 3, 3)), padding=1),
        "n1": neuron,
        "conv2": Conv2d(rng.normal(0, 0.2, (16, 16, 3, 3)), padding=1),
        "n2": neuron,
        "pool": SumPool2d(2),
        "flat": Flatten(),
        "fc": Linear(rng.normal(0, 0.2, (10, 576))),
        "out": Output(),
    }
    names = list(nodes)
    return Network(nodes, [*itertools.pairwise(names), ("n1", "n2")])


@pytest.mark.parametrize("precision", ["float32", "int8"])
@pytest.mark.parametrize("neuron", [IF(0.5), FirstSpike(0.1, window=8)], ids=["IF", "FirstSpike"])
def test_layers_are_named_and_sum_to_the_whole(neuron: IF | FirstSpike, precision: Literal["float32", "int8"]) -> None:
    """At one thread the rows sum to the time of the call; nothing else differs from a run without a profile."""
    x = np.random.default_rng(1).random((16, 3, 12, 12), dtype=np.float32)
    simulator = Simulator(network(neuron), precision=precision, threads=1, batch_size=5)
    plain = simulator.run(x, steps=1)
    result = simulator.run(x, steps=1, profile=True)
    table = result.profile
    assert list(table.columns) == list(SCHEMAS["profile"])
    assert set(table["layer"]) == {op.node for op in result.plan.ops} | {""}
    assert table["us_per_sample"].sum() * 16 == pytest.approx(1e6 * result.wall_s, rel=0.02)
    assert table["share"].sum() == pytest.approx(1)
    stages = {(layer, stage) for layer, stage in table.select("layer", "stage").iter_rows()}
    assert {("in", "input"), ("n1", "neurons"), ("n2", "edges"), ("pool", "pool"), ("out", "read-out")} <= stages
    assert {layer for layer, stage in stages if stage in ("events", "dot products")} == {"conv1", "conv2", "fc"}
    assert np.array_equal(result.scores, plain.scores)
    assert np.array_equal(result.counts, plain.counts)


def test_threads_measure_their_own_samples() -> None:
    """With several threads the times are summed over them, and what is outside the engine is not known."""
    x = np.random.default_rng(1).random((3, 3, 12, 12), dtype=np.float32)
    table = Simulator(network(IF(0.5)), precision="int8", threads=2).run(x, steps=4, profile=True).profile
    assert "outside the engine" not in set(table["stage"])
    assert (table["us_per_sample"] > 0).all()


@pytest.mark.parametrize("backend", ["numba", "reference"])
def test_others_refuse_by_name(backend: str) -> None:
    """Only the compiled backend measures."""
    x = np.zeros((1, 3, 12, 12), np.float32)
    try:
        get_backend(backend)
    except PysnnError:
        pytest.skip(f"there is no backend '{backend}'")
    with pytest.raises(BackendError, match=f"profile.*'rust'.*'{backend}'"):
        Simulator(network(IF(0.5)), backend=backend).run(x, steps=1, profile=True)


def test_a_run_without_one_says_so() -> None:
    """There is nothing to show."""
    result = Simulator(network(IF(0.5))).run(np.zeros((1, 3, 12, 12), np.float32), steps=1)
    with pytest.raises(DataError, match="profile=True"):
        _ = result.profile
