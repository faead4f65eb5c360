"""int8 plans whose currents are concatenated, or given a factor and a shift, before a neuron has read them; values worked out by hand."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pysnn import (
    IF,
    Affine,
    AvgPool2d,
    Concat,
    Conv2d,
    GlobalAvgPool,
    Input,
    Linear,
    Network,
    Node,
    Output,
    PlanError,
    ReLU,
    Scale,
    run,
)
from pysnn.ann import ann_pass
from pysnn.convert import convert
from pysnn.plan import PlanOptions, compile_plan
from pysnn.plan.ops import AddOp

EVENTS = PlanOptions("int8", "events")


def mean_currents(nodes: Mapping[str, Node]) -> list[float]:
    """What one spike leaves at the end of a chain."""
    net = Network.chain({**nodes, "out": Output("mean_current")})
    spike = np.ones((1, 1, 1), dtype=np.uint8)
    result = run(net, spike, steps=[1], precision="int8", coding="spikes", backend="reference")
    return [float(score) for score in np.ravel(result.scores)]


def test_a_factor_changes_the_unit_and_a_shift_is_added() -> None:
    nodes = {"in": Input((1,)), "fc": Linear([[1.0], [0.5], [2.0]]), "norm": Affine([-2.0, 1.0, 0.0], [0.5, 0.0, 3.0])}
    # Integers of 127 in units of 1/127, 0.5/127 and 2/127; behind the factors in units of 2/127, 0.5/127 and 3 * 2^-16.
    # The first is -127 + rint(0.5 * 127 / 2), the second stays, the third is 2^16.
    expected = [np.float32(-95 * 2 / 127), np.float32(0.5), 3.0]
    assert mean_currents(nodes) == pytest.approx(expected, rel=1e-7)


def test_a_factor_of_next_to_nothing_leaves_the_shift() -> None:
    nodes = {"in": Input((1,)), "fc": Linear([[1.0]]), "norm": Affine(1e-9, 3.0)}
    assert mean_currents(nodes) == [3.0]


def test_positive_factors_multiply_nothing() -> None:
    layer = Linear([[1.0], [0.0]])
    plan = compile_plan(
        Network.chain({"in": Input((1,)), "fc": layer, "norm": Affine([0.25, 2.0]), "out": Output()}), EVENTS
    )
    (add,) = [op for op in plan.ops if isinstance(op, AddOp)]
    (term,) = add.terms
    assert term.multiplier is None


def test_units_of_powers_of_two_stay_such() -> None:
    options = PlanOptions("int8", "events", units="power_of_two")
    chain = {"in": Input((1,)), "fc": Linear([[1.0]]), "norm": Affine(0.3, 0.1), "out": Output()}
    plan = compile_plan(Network.chain(chain), options)
    add = [op for op in plan.ops if isinstance(op, AddOp)][-1]
    multiplier, shift = add.terms[0].multiplier, add.terms[0].shift
    assert multiplier is not None
    assert shift is not None
    # 1/127 becomes 2^-6, and 0.3 of it is rounded up to 2^-7.
    assert multiplier / 2.0**shift == pytest.approx(0.6, rel=1e-6)


def test_spikes_and_currents_are_concatenated_as_currents() -> None:
    nodes = {"in": Input((2,)), "s": Scale(0.7), "fc": Linear([[1.0, 0.5]]), "cat": Concat(), "out": Output()}
    net = Network(nodes, [("in", "s"), ("s", "cat"), ("in", "fc"), ("fc", "cat"), ("cat", "out")])
    result = run(
        net,
        np.array([[[1, 0], [0, 1]]], dtype=np.uint8),
        steps=[1],
        precision="int8",
        coding="spikes",
        backend="reference",
    )
    scale, half = float(np.float32(0.7)), 64 / 127
    assert np.ravel(result.scores).tolist() == pytest.approx([scale, 0, 1, 0, scale, half], rel=1e-6)


@pytest.mark.parametrize("coding", ["constant", "spikes", "poisson"])
def test_constant_values_are_concatenated_with_what_changes(coding: Any) -> None:
    nodes = {
        "in": Input((2,)),
        "a": Linear([[1.0, 0.0], [0.0, 1.0]]),
        "n": IF(),
        "b": Linear([[1.0, 1.0]]),
        "cat": Concat(),
        "norm": Affine([1.0, 2.0, 3.0], [0.0, 0.0, 0.5]),
        "out": Output(),
    }
    edges = [("in", "a"), ("a", "n"), ("n", "b"), ("a", "cat"), ("b", "cat"), ("cat", "norm"), ("norm", "out")]
    ones = np.ones((1, 2), dtype=np.float32) if coding != "spikes" else np.ones((1, 1, 2), dtype=np.uint8)
    result = run(Network(nodes, edges), ones, steps=[1], precision="int8", coding=coding, backend="reference")
    assert np.ravel(result.scores).tolist() == pytest.approx([1.0, 2.0, 6.5], abs=1.5 / 127)


@given(
    st.lists(st.floats(-2, 2, width=32), min_size=3, max_size=3),
    st.lists(st.floats(-2, 2, width=32), min_size=3, max_size=3),
)
def test_a_factor_and_a_shift_round_by_half_a_unit(factors: list[float], shifts: list[float]) -> None:
    nodes = {"in": Input((1,)), "fc": Linear([[1.0], [-0.5], [2.0]]), "norm": Affine(factors, shifts)}
    found = np.array(mean_currents(nodes))
    expected = np.array(factors) * [1, -0.5, 2] + shifts
    unit = np.maximum(np.abs(factors) * [1, 0.5, 2] / 127, np.abs(shifts) / 2**16)
    assert (np.abs(found - expected) <= unit * 1.01 + 1e-30).all()


def dense_block(channels: int, growth: int) -> Network:
    """An ANN whose normalisation stands before its neurons, behind concatenations of currents."""
    rng = np.random.default_rng(3)

    def conv(inputs: int, outputs: int) -> Conv2d:
        weight = rng.normal(size=(outputs, inputs, 3, 3)) / np.sqrt(4.5 * inputs)
        return Conv2d(weight, rng.normal(size=outputs) / 10, padding=1)

    def norm(size: int) -> Affine:
        return Affine(rng.normal(size=size), rng.normal(size=size) / 2)

    nodes: dict[str, Node] = {"in": Input((3, 8, 8)), "c0": conv(3, channels)}
    edges, last = [("in", "c0")], "c0"
    for at in range(1, 4):
        wide = channels + growth * (at - 1)
        nodes |= {f"n{at}": norm(wide), f"r{at}": ReLU(), f"c{at}": conv(wide, growth), f"cat{at}": Concat()}
        edges += [
            (last, f"n{at}"),
            (f"n{at}", f"r{at}"),
            (f"r{at}", f"c{at}"),
            (last, f"cat{at}"),
            (f"c{at}", f"cat{at}"),
        ]
        last = f"cat{at}"
    nodes |= {"pool": AvgPool2d(2), "n4": norm(channels + 3 * growth), "r4": ReLU(), "mean": GlobalAvgPool()}
    nodes |= {"fc": Linear(rng.normal(size=(5, channels + 3 * growth))), "out": Output()}
    edges += [(last, "pool"), ("pool", "n4"), ("n4", "r4"), ("r4", "mean"), ("mean", "fc"), ("fc", "out")]
    return Network(nodes, edges)


def pictures() -> NDArray[np.float32]:
    """Pictures that differ enough for several classes."""
    rng = np.random.default_rng(0)
    return (rng.normal(size=(40, 3, 8, 8)) + 3 * rng.normal(size=(40, 3, 1, 1))).astype(np.float32)


def test_a_densely_connected_network_is_as_close_in_int8() -> None:
    ann, x = dense_block(8, 4), pictures()
    network = convert(ann, x, "max-norm", per_channel=True).network
    means = {p: np.asarray(run(network, x, steps=[64], precision=p).scores[-1]) for p in ("float32", "int8")}
    spread = means["float32"].std()
    assert np.abs(means["int8"] - means["float32"]).max() < 0.1 * spread
    assert np.abs(means["int8"] - ann_pass(ann, x)[0]).max() < 0.25 * spread


def test_single_spikes_in_windows_take_them_too() -> None:
    ann, x = dense_block(8, 4), pictures()
    network = convert(ann, x, "first-spike", window=64, per_channel=True).network
    whole, rounded = (np.asarray(run(network, x, precision=p).scores[-1]) for p in ("float32", "int8"))
    assert np.abs(rounded - whole).max() < 0.1 * whole.std()


def test_weights_on_currents_are_refused() -> None:
    nodes = {"in": Input((1,)), "a": Linear([[1.0]]), "b": Linear([[1.0], [2.0]]), "out": Output()}
    with pytest.raises(PlanError, match=r"^Linear 'b': .*neuron before it"):
        compile_plan(Network.chain(nodes), EVENTS)
