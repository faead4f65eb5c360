"""Lowering to float32 plans: what is folded, what stays a count, what is refused."""

from typing import Any

import numpy as np
import pytest

import pysnn
from pysnn import IF, LIF, AvgPool2d, Concat, Conv2d, GlobalAvgPool, Input, Linear, MaxPool2d, Network, Output, Scale
from pysnn.errors import PlanError
from pysnn.plan import PlanOptions, compile_plan
from pysnn.plan.fanout import fan_outs
from pysnn.plan.ops import AddOp, ClampOp, ConvOp, GatherOp, NeuronOp, Op, Plan, PoolOp

EVENTS = PlanOptions(coding="events")


def lowered(nodes: dict[str, pysnn.Node], options: PlanOptions = EVENTS) -> Plan:
    """A chain that ends in a read-out of potentials."""
    return compile_plan(Network.chain({**nodes, "out": Output("potential")}), options)


def kinds(plan: Plan) -> list[str]:
    return [op.kind for op in plan.ops]


def the(plan: Plan, kind: type[Op]) -> Any:
    (found,) = [op for op in plan.ops if isinstance(op, kind)]
    return found


def test_a_linear_layer_is_a_convolution() -> None:
    weight = np.arange(6, dtype=np.float32).reshape(2, 3)
    op = the(lowered({"in": Input((3,)), "fc": Linear(weight, [1.0, 2.0])}), ConvOp)
    assert op.weight.shape == (1, 1, 3, 2)
    np.testing.assert_array_equal(op.weight[0, 0], weight.T)
    assert op.bias.tolist() == [1.0, 2.0]
    assert op.spec.shape == (2, 1, 1)


def test_an_activation_before_the_neurons_is_a_clamp() -> None:
    layers = {"in": Input((2,)), "fc": Linear(np.eye(2)), "relu": pysnn.ReLU(), "if": IF()}
    plan = lowered(layers, PlanOptions())
    assert kinds(plan) == ["input", "conv", "clamp", "neuron", "add", "output"]
    clamp = the(plan, ClampOp)
    assert clamp.spec.static
    assert clamp.high is None
    bounds = (6.0, [6.0, 6.0]), ([1.0, 2.0], [1.0, 2.0])
    for bound, high in bounds:
        clamp = the(lowered({**layers, "relu": pysnn.ReLU(bound)}, PlanOptions()), ClampOp)
        assert clamp.high.tolist() == high
        assert clamp.high.dtype == np.float32


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_an_ordinary_network_has_to_be_converted(precision: Any) -> None:
    for coding in ("constant", "poisson"):
        with pytest.raises(PlanError, match="ReLU 'relu': this network does not spike yet; convert it"):
            lowered({"in": Input((2,)), "fc": Linear(np.eye(2)), "relu": pysnn.ReLU()}, PlanOptions(precision, coding))


def test_activations_that_cannot_run_are_refused() -> None:
    behind = {"in": Input((2,)), "if": IF(), "fc": Linear(np.eye(2)), "relu": pysnn.ReLU()}
    with pytest.raises(
        PlanError, match="ReLU 'relu': it needs an input that is constant in time, and gets one that ch"
    ):
        lowered(behind, PlanOptions())
    before = {"in": Input((2,)), "fc": Linear(np.eye(2)), "relu": pysnn.ReLU(), "if": IF()}
    with pytest.raises(PlanError, match="ReLU 'relu': it needs an input that is constant in time"):
        lowered(before)
    with pytest.raises(PlanError, match="ReLU 'relu': int8 networks have neurons only; use precision 'float32'"):
        lowered(before, PlanOptions("int8"))


def test_scales_are_folded_into_the_weights_behind() -> None:
    factor = np.array([0.1, 0.7, 3.0], dtype=np.float32)
    weight = np.random.default_rng(0).normal(size=(2, 3)).astype(np.float32)
    plan = lowered({"in": Input((3,)), "a": Scale(factor), "b": Scale(0.3), "fc": Linear(weight)})
    assert kinds(plan) == ["input", "conv", "output"]
    expected = weight * (factor * np.float32(0.3))
    np.testing.assert_array_equal(the(plan, ConvOp).weight[0, 0], expected.T)


def test_scales_go_through_groups_and_flatten() -> None:
    factor = np.array([0.5, 2.0, 3.0, 5.0], dtype=np.float32)
    weight = np.ones((2, 2, 1, 1), dtype=np.float32)
    plan = lowered({"in": Input((4, 1, 2)), "s": Scale(factor), "c": Conv2d(weight, groups=2)})
    np.testing.assert_array_equal(the(plan, ConvOp).weight[0, 0], [[0.5, 3.0], [2.0, 5.0]])
    plan = lowered({"in": Input((4, 1, 2)), "s": Scale(factor), "f": pysnn.Flatten(), "fc": Linear(np.ones((1, 8)))})
    np.testing.assert_array_equal(the(plan, ConvOp).weight[0, 0, :, 0], np.repeat(factor, 2))


def test_an_average_pool_is_a_sum_and_a_scale() -> None:
    plan = lowered({"in": Input((2, 6, 6)), "p": AvgPool2d(3), "c": Conv2d(np.full((1, 2, 1, 1), 0.7))})
    assert kinds(plan) == ["input", "pool", "conv", "output"]
    pool = the(plan, PoolOp)
    assert (pool.weight, pool.spec.kind, pool.spec.max_count) == (1.0, "count", 9)
    expected = np.float32(0.7) * np.float32(1 / 9)
    assert (the(plan, ConvOp).weight == expected).all()


def test_counts_over_255_become_exact_float32() -> None:
    plan = lowered({"in": Input((1, 16, 16)), "p": GlobalAvgPool(), "fc": Linear([[1.0]])})
    assert kinds(plan) == ["input", "add", "pool", "conv", "output"]
    assert the(plan, PoolOp).weight == 1 / 256
    assert the(plan, PoolOp).spec.kind == "real"
    plan = lowered({"in": Input((1, 15, 17)), "p": GlobalAvgPool(), "fc": Linear([[1.0]])})
    assert the(plan, PoolOp).spec.max_count == 255


def test_spikes_that_meet_stay_counts_while_they_stand_for_the_same() -> None:
    nodes: dict[str, pysnn.Node] = {"in": Input((2,)), "a": IF(), "b": IF(), "fc": Linear(np.eye(2)), "out": Output()}
    edges = [("in", "a"), ("in", "b"), ("a", "fc"), ("b", "fc"), ("fc", "out")]
    add = compile_plan(Network(nodes, edges)).ops[3]
    assert (add.spec.kind, add.spec.max_count) == ("count", 2)
    scaled = Network({**nodes, "s": Scale(2.0)}, [("b", "s"), ("s", "fc"), *edges[:3], *edges[4:]])
    add = the(compile_plan(scaled), AddOp)
    assert add.spec.kind == "real"
    # The order is that of the edges: the scaled one came first.
    assert [term.scale.tolist() for term in add.terms] == [[2.0, 2.0], [1.0, 1.0]]


def test_a_scale_of_real_values_is_an_operation() -> None:
    plan = lowered({"in": Input((3,)), "s": Scale([1.0, 2.0, 3.0])}, PlanOptions())
    op = the(plan, ConvOp)
    assert op.groups == 3
    assert op.weight.ravel().tolist() == [1.0, 2.0, 3.0]


def test_static_is_what_comes_before_the_first_neuron() -> None:
    plan = lowered({"in": Input((2,)), "fc": Linear(np.eye(2)), "n": IF(), "fc2": Linear(np.eye(2))}, PlanOptions())
    assert [op.spec.static for op in plan.ops] == [True, True, False, False, False]
    assert not lowered({"in": Input((2,)), "fc": Linear(np.eye(2))}, PlanOptions(coding="poisson")).ops[1].spec.static


def test_fan_outs_by_counting() -> None:
    rng = np.random.default_rng(1)
    weight = rng.integers(-1, 2, (4, 1, 3, 2)).astype(np.float32)
    layer = Conv2d(weight, stride=(2, 1), padding=(1, 0, 0, 2), dilation=(1, 2), groups=2)
    op = the(lowered({"in": Input((2, 5, 4)), "c": layer}), ConvOp)
    total, nonzero = np.zeros((2, 2, 5, 4), dtype=int)
    for o, oy, ox, ky, kx in np.ndindex(4, *op.spec.shape[1:], 3, 2):
        y, x = oy * 2 - 1 + ky, ox - 0 + kx * 2
        if 0 <= y < 5 and 0 <= x < 4:
            total[o // 2, y, x] += 1
            nonzero[o // 2, y, x] += weight[o, 0, ky, kx] != 0
    found = fan_outs(op, (2, 5, 4))
    np.testing.assert_array_equal(found.total, total)
    np.testing.assert_array_equal(found.nonzero, nonzero)


def test_leaks_are_worked_out_in_float64_and_rounded_once() -> None:
    tau, r, v_leak = np.float32(0.02), np.float32(1.7), np.float32(0.3)
    neuron = LIF(tau=tau, r=r, v_leak=v_leak)
    op = the(lowered({"in": Input((1,)), "n": neuron}, PlanOptions(coding="events", dt=0.001)), NeuronOp)
    fraction = 0.001 / float(tau)
    assert op.constants["decay"][0] == np.float32(1 - fraction)
    assert op.constants["gain"][0] == np.float32(float(r) * fraction)
    assert op.constants["drive"][0] == np.float32(float(v_leak) * fraction)


def test_a_gather_moves_what_its_node_moves() -> None:
    x = np.arange(1, 25).reshape(1, 2, 3, 4)
    pad = pysnn.Pad(channels=(1, 0), space=(0, 1, 2, 0))
    for node in (pysnn.Flatten(), pad, pysnn.Crop(space=(1, 0)), pysnn.Subsample(2, 2)):
        op = the(lowered({"in": Input((2, 3, 4)), "m": node}), GatherOp)
        everything = np.append(x.ravel(), 0)
        np.testing.assert_array_equal(everything[op.index].ravel(), node.forward((x,)).ravel())


def test_a_concat_is_a_gather_of_several() -> None:
    nodes = {"in": Input((2, 1, 2)), "a": IF(), "cat": Concat(), "out": Output("count")}
    net = Network(nodes, [("in", "a"), ("a", "cat"), ("in", "cat"), ("cat", "out")])
    plan = compile_plan(net, EVENTS)
    op = the(plan, GatherOp)
    assert op.spec.shape == (4, 1, 2)
    assert op.index.ravel().tolist() == list(range(8))
    assert [plan.ops[source].node for source in op.sources] == ["a", "in"]


REFUSED: list[tuple[str, dict[str, pysnn.Node], PlanOptions, str]] = [
    (
        "max-pool of a current",
        {"in": Input((1, 2, 2)), "c": Conv2d(np.ones((1, 1, 1, 1))), "m": MaxPool2d(2)},
        EVENTS,
        r"^MaxPool2d 'm': .*put a neuron before it",
    ),
    ("ReLU", {"in": Input((1,)), "act": pysnn.ReLU()}, EVENTS, r"^ReLU 'act': .*convert"),
    ("LIF without dt", {"in": Input((1,)), "n": LIF()}, EVENTS, r"^LIF 'n': .*dt.*None"),
    (
        "dt beyond tau",
        {"in": Input((1,)), "n": LIF(tau=0.5)},
        PlanOptions(dt=1.0),
        r"^LIF 'n': dt must be at most tau, got dt=1\.0 s with tau=0\.5 s",
    ),
    (
        "scales that leave float32",
        {"in": Input((1,)), "s": Scale(1e30), "t": Scale(1e30)},
        EVENTS,
        r"^Scale 't': .*float32",
    ),
    (
        "weights that leave float32",
        {"in": Input((1,)), "s": Scale(1e30), "fc": Linear([[1e30]])},
        EVENTS,
        r"^Linear 'fc': .*float32",
    ),
]


@pytest.mark.parametrize("precision", ["float32", "int8"])
@pytest.mark.parametrize("refused", REFUSED, ids=[case[0] for case in REFUSED])
def test_refusals(refused: tuple[str, dict[str, pysnn.Node], PlanOptions, str], precision: Any) -> None:
    _, nodes, options, text = refused
    wanted = PlanOptions(precision, options.coding, options.dt)
    with pytest.raises(pysnn.PlanError, match=text):
        lowered(nodes, wanted)


@pytest.mark.parametrize("readout", ["count", "first_spike"])
def test_a_count_of_currents_is_refused(readout: str) -> None:
    net = Network.chain({"in": Input((1,)), "fc": Linear([[1.0]]), "out": Output(readout)})
    with pytest.raises(pysnn.PlanError, match=r"^Output 'out': .*needs spikes"):
        compile_plan(net, EVENTS)


def test_too_many_operations_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pysnn.plan.lower.MAX_OPERATIONS", 2)
    with pytest.raises(pysnn.PlanError, match="at most 2 operations, and this network takes 3"):
        lowered({"in": Input((1,)), "fc": Linear([[1.0]])})
