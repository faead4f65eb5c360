"""Lowering to int8 plans: units, rounding, shortcuts, bounds and refusals, against values worked out by hand."""

from typing import Any

import numpy as np
import pytest

import pysnn
from pysnn import IF, LIF, AvgPool2d, Conv2d, Input, Linear, Network, Node, Output, Scale, SumPool2d, run
from pysnn.plan import PlanOptions, compile_plan
from pysnn.plan.limits import check_potentials
from pysnn.plan.ops import AddOp, ConvOp, NeuronOp, Op, OutputOp, Plan, RoundOp
from pysnn.plan.quantise import fixed_point, integers, quantise_weights, weight_units

EVENTS = PlanOptions("int8", "events")
CONSTANT = PlanOptions("int8")


def lowered(nodes: dict[str, pysnn.Node], options: PlanOptions = EVENTS) -> Plan:
    """A chain that ends in a read-out of potentials."""
    return compile_plan(Network.chain({**nodes, "out": Output("potential")}), options)


def the(plan: Plan, kind: type[Op], node: str = "") -> Any:
    (found,) = [op for op in plan.ops if isinstance(op, kind) and node in {"", op.node}]
    return found


def test_weights_and_biases_by_hand() -> None:
    weight = np.array([[127, -63.5, 1.49], [0, 0, 0], [-254, 3, 1]]) / 128
    op = the(lowered({"in": Input((3,)), "fc": Linear(weight, [50 / 128, 0.4, -5 / 128])}), ConvOp)
    assert op.weight.dtype == np.int8
    # Units 1/128, 0.4 * 2^-16 (no weight but zeros), 2/128; halves go to the even one.
    assert op.weight[0, 0].T.tolist() == [[127, -64, 1], [0, 0, 0], [-127, 2, 0]]
    assert op.bias.tolist() == [50, 2**16, -2]


def test_halves_go_to_the_even_integer() -> None:
    weight = np.array([[127, 0.5, 1.5, 2.5, -0.5, -1.5]], dtype=np.float32)
    assert quantise_weights(weight, weight_units(weight, np.zeros(1, dtype=np.float32))).tolist() == [
        [127, 0, 2, 2, 0, -2]
    ]


def test_the_scale_before_is_part_of_the_unit() -> None:
    nodes = {"in": Input((2,)), "s": Scale([1.0, 4.0]), "fc": Linear([[1.0, 0.5]]), "n": IF(2.0, v_init=0.25)}
    plan = lowered(nodes)
    assert the(plan, ConvOp).weight.ravel().tolist() == [64, 127]
    neuron = the(plan, NeuronOp)
    assert neuron.unit[0] == 2 / 127
    assert neuron.threshold.tolist() == [127]
    assert neuron.v_init.tolist() == [16]
    assert neuron.max_current == 191


def test_a_threshold_is_at_least_one_unit() -> None:
    neuron = the(lowered({"in": Input((1,)), "fc": Linear([[127.0]]), "n": IF(0.25)}), NeuronOp)
    assert neuron.threshold.tolist() == [1]


def test_an_analogue_current_has_the_unit_of_its_weights() -> None:
    plan = lowered({"in": Input((2,)), "fc": Linear([[2.54, 1.0]]), "n": IF(1.0)}, CONSTANT)
    assert the(plan, ConvOp).weight.dtype == np.float32
    unit = float(np.float32(2.54)) / 127
    assert the(plan, RoundOp).unit.tolist() == [unit]
    assert the(plan, NeuronOp).threshold.tolist() == [np.rint(1.0 / unit)]


def test_without_weights_the_unit_is_a_part_of_the_threshold() -> None:
    plan = lowered({"in": Input((2,)), "n": IF([1.0, 3.0])}, CONSTANT)
    assert the(plan, RoundOp).unit.tolist() == [2.0**-12, 3 * 2.0**-12]
    assert the(plan, NeuronOp).threshold.tolist() == [4096, 4096]
    plan = lowered({"in": Input((2,)), "s": Scale(0.5), "n": IF([1.0, 3.0])})
    assert the(plan, AddOp, "n").terms[0].constant.tolist() == [2048, 683]
    assert the(lowered({"in": Input((2,))}, CONSTANT), OutputOp).unit.tolist() == [2.0**-12] * 2


def shortcut(first: tuple[str, str], second: tuple[str, str]) -> Any:
    """A residual sum of an int8 convolution and the spikes before it, the edges in the order given."""
    nodes = {"in": Input((2,)), "a": IF(), "s": Scale(0.3), "fc": Linear([[1.0, 0.5], [0.25, 2.0]]), "n": IF(1.0)}
    edges = [("in", "a"), ("a", "fc"), ("a", "s"), first, second, ("n", "out")]
    return the(compile_plan(Network({**nodes, "out": Output("count")}, edges), EVENTS), AddOp, "n")


@pytest.mark.parametrize("turn", [1, -1])
def test_a_shortcut_is_a_constant_in_the_units_of_the_weights(turn: int) -> None:
    first, second = [("fc", "n"), ("s", "n")][::turn]
    add = shortcut(first, second)
    terms = add.terms[::turn]
    assert terms[0].multiplier is None
    assert terms[0].constant is None
    factor = float(np.float32(0.3))
    assert terms[1].constant.tolist() == [np.rint(factor * 127 / 1.0), np.rint(factor * 127 / 2.0)]


def test_a_second_current_goes_through_a_multiplier() -> None:
    nodes: dict[str, pysnn.Node] = {"in": Input((1,)), "a": Linear([[1.0]]), "b": Linear([[0.3]]), "n": IF(1.0)}
    edges = [("in", "a"), ("in", "b"), ("a", "n"), ("b", "n"), ("n", "out")]
    add = the(compile_plan(Network({**nodes, "out": Output("count")}, edges), EVENTS), AddOp, "n")
    assert add.terms[0].multiplier is None
    ratio = float(np.float32(0.3))
    multiplier, shift = int(add.terms[1].multiplier[0]), int(add.terms[1].shift[0])
    assert 2**29 <= multiplier < 2**30
    assert abs(multiplier / 2**shift / ratio - 1) < 2.0**-29
    assert add.spec.kind == "current"


def test_fixed_points_are_close() -> None:
    ratio = 10.0 ** np.random.default_rng(0).uniform(-8, 8, 2000)
    multiplier, shift = fixed_point("IF 'a'", ratio)
    assert ((shift >= 1) & (shift <= 62)).all()
    np.testing.assert_array_less(np.abs(multiplier / 2.0**shift / ratio - 1), 2.0**-29)
    x = np.random.default_rng(1).integers(-(2**20), 2**20, 2000)
    exact = x * ratio
    kept = np.abs(exact) < 2**31 - 1
    found = (x * multiplier.astype(object) + 2 ** (shift.astype(object) - 1)) // 2 ** shift.astype(object)
    error = np.abs(found.astype(float) - exact)[kept]
    np.testing.assert_array_less(error, 0.5 + np.abs(exact[kept]) * 2.0**-29 + 1e-9)


def test_leaks_in_integers() -> None:
    options = PlanOptions("int8", "events", dt=0.25)
    op = the(
        lowered({"in": Input((1,)), "fc": Linear([[1.27]]), "n": LIF(1.0, tau=1.0, r=2.0, v_leak=0.5)}, options),
        NeuronOp,
    )
    unit = float(np.float32(1.27)) / 127 * 0.5
    assert op.unit[0] == unit
    assert op.constants["decay"].tolist() == [3 * 2**28]
    assert "gain" not in op.constants
    assert op.threshold[0] == np.rint(1 / unit)
    assert op.constants["drive"][0] == np.rint(0.125 / unit)


def test_pools_of_currents_divide_the_unit() -> None:
    layer = Conv2d(np.full((1, 1, 1, 1), 1.27))
    plan = lowered({"in": Input((1, 4, 4)), "c": layer, "p": AvgPool2d(2), "n": IF(1.0)})
    assert the(plan, NeuronOp).unit[0] == float(np.float32(1.27)) / 127 / 4
    assert the(plan, NeuronOp).max_current == 4 * 127


def test_the_bound_of_a_current_is_its_largest_magnitude() -> None:
    rng = np.random.default_rng(2)
    nodes = {
        "in": Input((2, 4, 4)),
        "p": SumPool2d(2, 1),
        "c": Conv2d(rng.normal(size=(3, 2, 2, 2)), rng.normal(size=3)),
    }
    plan = lowered({**nodes, "n": IF(1.0)})
    op = the(plan, ConvOp)
    most = np.abs(op.bias) + 4 * np.abs(op.weight.astype(int)).sum(axis=(0, 1, 2))
    assert the(plan, NeuronOp).max_current == most.max()


def test_steps_are_refused_where_int32_might_not_hold() -> None:
    plan = lowered({"in": Input((1,)), "fc": Linear([[127.0]]), "here": IF(254.0, v_init=-5.0)})
    op = the(plan, NeuronOp)
    assert (op.max_current, op.threshold[0], op.v_init[0]) == (127, 254, -5)
    most = (2**31 - 1 - 254 - 5) // 127
    check_potentials(plan, most, None)
    with pytest.raises(pysnn.RangeError, match=r"'here'.*fewer steps"):
        check_potentials(plan, most + 1, None)
    check_potentials(plan, 10, {plan.ops.index(op): np.full((1, 1, 1, 1), 2**30, dtype=np.int32)})
    with pytest.raises(pysnn.RangeError, match="'here'"):
        check_potentials(plan, 10, {plan.ops.index(op): np.full((1, 1, 1, 1), -(2**31), dtype=np.int32)})


def test_a_leak_bounds_the_potential_for_ever() -> None:
    plan = lowered(
        {"in": Input((1,)), "fc": Linear([[1.0]]), "n": LIF(1.0, tau=2.0)}, PlanOptions("int8", "events", dt=1.0)
    )
    check_potentials(plan, 2**24, None)


REFUSED: list[tuple[str, dict[str, pysnn.Node], str]] = [
    (
        "weights on a current",
        {"in": Input((1,)), "a": Linear([[1.0]]), "b": Linear([[1.0], [1.0]])},
        r"^Linear 'b': .*neuron before it",
    ),
    ("counts over 255", {"in": Input((1, 16, 16)), "p": SumPool2d(16)}, r"^SumPool2d 'p': .*256.*255"),
    ("start", {"in": Input((1,)), "fc": Linear([[1.0]]), "n": IF(1.0, v_init=1e9)}, r"^IF 'n': .*start.*int"),
]


@pytest.mark.parametrize(("nodes", "text"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_refusals(nodes: dict[str, pysnn.Node], text: str) -> None:
    with pytest.raises(pysnn.PlanError, match=text):
        lowered(nodes)


def test_a_gain_of_next_to_nothing_is_refused() -> None:
    neuron = LIF(tau=3e38, r=1e-45)
    with pytest.raises(pysnn.PlanError, match=r"^LIF 'n': .*float32"):
        lowered({"in": Input((1,)), "fc": Linear([[1.0]]), "n": neuron}, PlanOptions("int8", "events", dt=1e-300))


def test_currents_that_int32_might_not_hold_are_refused() -> None:
    nodes: dict[str, pysnn.Node] = {
        "in": Input((1, 4000, 4100)),
        "c": Conv2d([[[[1.0]]]]),
        "p": SumPool2d((4000, 4100)),
    }
    with pytest.raises(pysnn.PlanError, match=r"^SumPool2d 'p': an int32 current could reach 4165600000"):
        lowered(nodes, PlanOptions("int8", "events", max_count=2))


def test_integers_that_do_not_fit() -> None:
    assert integers("x", np.array([2.0**30])).tolist() == [2**30]
    for bad in (2.0**30 + 1, -np.inf, np.nan, 1e300):
        with pytest.raises(pysnn.PlanError, match=r"^x: "):
            integers("x", np.array([bad]))


def run_with_bias(nodes: dict[str, Node], edges: list[tuple[str, str]], steps: int) -> list[list[float]]:
    """Return the output's spike counts of a network without input spikes, in float32 and in int8."""
    silence = np.zeros((steps, 1, 2), dtype=np.uint8)
    counts = []
    for precision in ("float32", "int8"):
        result = run(
            Network(nodes, edges), silence, steps=steps, coding="spikes", precision=precision, backend="reference"
        )
        counts.append(result.scores.ravel().tolist())
    return counts


@pytest.mark.parametrize("weight", [0.0, 1e-39, 1e-11])
def test_a_channel_of_nothing_keeps_its_bias(weight: float) -> None:
    nodes = {
        "in": Input((2,)),
        "fc": Linear(np.full((2, 2), weight), [0.3, 0.05]),
        "if": IF(),
        "out": Output("count"),
    }
    edges = [("in", "fc"), ("fc", "if"), ("if", "out")]
    full, small = run_with_bias(nodes, edges, 100)
    assert full[0] in (29, 30)
    assert full[1] in (4, 5)
    assert np.abs(np.subtract(full, small)).max() <= 1


def test_an_empty_first_edge_takes_no_resolution_from_the_second() -> None:
    nodes = {
        "in": Input((2,)),
        "dead": Linear(np.zeros((2, 2))),
        "fc": Linear(np.ones((2, 2)), [0.5, 0.25]),
        "if": IF(),
        "out": Output("count"),
    }
    edges = [("in", "dead"), ("in", "fc"), ("dead", "if"), ("fc", "if"), ("if", "out")]
    assert run_with_bias(nodes, edges, 20) == [[10, 5], [10, 5]]


def summed(layers: int) -> Plan:
    """Layers on one input whose currents are added up one after the other: every second one is large in the first channel."""
    nodes: dict[str, Node] = {"in": Input((1,))}
    edges = []
    for i in range(layers):
        weight = [[127.0], [1.27]]
        nodes[f"fc{i}"] = Linear(weight if i % 2 == 0 else weight[::-1])
        nodes[f"sum{i}"] = Scale(1.0)
        edges += [("in", f"fc{i}"), (f"fc{i}", f"sum{i}")] + ([(f"sum{i - 1}", f"sum{i}")] if i else [])
    nodes |= {"n": IF(100.0), "out": Output("count")}
    return compile_plan(Network(nodes, [*edges, (f"sum{layers - 1}", "n"), ("n", "out")]), EVENTS)


def test_a_sum_that_goes_on_has_its_largest_unit() -> None:
    plan = summed(2)
    assert np.allclose(the(plan, NeuronOp).unit, [1.0, 1.0])
    # 127 and 1.27, both through multipliers: rounded up, and one more for the rounding of the result.
    assert the(plan, NeuronOp).max_current == (128 + 1) + (2 + 1)


def test_bounds_add_up_channel_by_channel() -> None:
    assert the(summed(40), NeuronOp).max_current <= 20 * (129 + 3)
