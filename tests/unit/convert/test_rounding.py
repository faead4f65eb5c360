"""Networks with weights of 8 bits: what changes, what stays, and what an int8 plan makes of them."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysnn import AvgPool2d, Conv2d, Flatten, Input, Linear, Network, Output, ReLU
from pysnn.convert import convert, round_weights
from pysnn.eight_bits import in_units
from pysnn.plan import PlanOptions, compile_plan
from pysnn.plan.ops import ConvOp


def ann(seed: int = 0) -> Network:
    rng = np.random.default_rng(seed)
    nodes = {
        "in": Input((2, 6, 6)),
        "conv1": Conv2d(rng.normal(size=(4, 2, 3, 3)), rng.normal(size=4) / 8, padding=1),
        "relu1": ReLU(),
        "conv2": Conv2d(
            rng.normal(size=(6, 2, 3, 3)), rng.normal(size=6) / 8, stride=2, groups=2, padding=(1, 0, 0, 1)
        ),
        "relu2": ReLU(),
        "pool": AvgPool2d(3),
        "flat": Flatten(),
        "fc": Linear(rng.normal(size=(5, 6)) * [[1e-3]] * 5, rng.normal(size=5) / 8000),
        "out": Output(),
    }
    return Network.chain(nodes)


def spiking(seed: int = 0, **settings: Any) -> Network:
    x = np.random.default_rng(seed).random((8, 2, 6, 6)).astype(np.float32)
    return convert(ann(seed), x, "max-norm", **settings).network


def test_weights_are_rounded_and_nothing_else() -> None:
    before = spiking()
    after = round_weights(before)
    assert (after.edges, list(after.nodes)) == (before.edges, list(before.nodes))
    for name, node in before.nodes.items():
        if not isinstance(node, Conv2d | Linear):
            assert after.nodes[name] is node
            continue
        found = after.nodes[name]
        assert type(found) is type(node)
        for item in fields(node):
            same = np.array_equal(getattr(found, item.name), getattr(node, item.name))
            assert same == (item.name != "weight"), f"{name}: {item.name}"
        axes = tuple(range(1, node.weight.ndim))
        unit = np.abs(node.weight).max(axis=axes, keepdims=True) / 127
        assert (np.abs(found.weight - node.weight) <= 0.6 * unit).all()
        assert in_units(found.weight, own=0) is not None


@given(seed=st.integers(0, 2**32))
def test_rounding_twice_changes_nothing(seed: int) -> None:
    once = round_weights(ann(seed))
    assert round_weights(once) == once


@given(seed=st.integers(0, 2**32), coding=st.sampled_from(["constant", "poisson"]))
def test_an_int8_plan_has_the_same_whole_numbers(seed: int, coding: Any) -> None:
    network = round_weights(spiking(seed))
    plan = compile_plan(network, PlanOptions(precision="int8", coding=coding))
    small = {op.node: op for op in plan.ops if isinstance(op, ConvOp) and op.weight.dtype == np.int8}
    assert set(small) == {"conv2", "fc"} | ({"conv1"} if coding == "poisson" else set())
    for name, op in small.items():
        weight = network.nodes[name].weight  # type: ignore[attr-defined]
        found = in_units(weight, own=0)
        assert found is not None
        assert np.array_equal(op.weight.transpose(3, 2, 0, 1).reshape(weight.shape), found[0]), name


@pytest.mark.parametrize("weight", [0.0, 1e-38])
def test_a_silent_channel_has_zeros(weight: float) -> None:
    network = Network.chain({"in": Input((2,)), "fc": Linear([[weight, -weight], [1.0, 0.5]]), "out": Output()})
    rounded = round_weights(network).nodes["fc"].weight  # type: ignore[attr-defined]
    assert rounded[0].tobytes() == bytes(8)
    assert rounded[1, 1] == pytest.approx(0.5, abs=0.01)
