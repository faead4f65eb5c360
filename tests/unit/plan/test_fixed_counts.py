"""What a plan needs whatever the data are: a table by hand, and value by value on random plans."""

from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given

from pysnn import IF, AvgPool2d, Conv2d, Input, MaxPool2d, Network, Output
from pysnn.plan import Plan, PlanOptions, compile_plan
from pysnn.plan.fixed_counts import fixed_counts
from pysnn.plan.ops import AddOp, ClampOp, ConvOp, MaxPoolOp, OutputOp, PoolOp, RoundOp
from pysnn.schemas import FIXED_FIELDS
from pysnn.simulation.result import Result
from tests.parity.cases import Case, cases
from tests.parity.compare import BACKENDS, GENERATED, Way, run_case

RNG = np.random.default_rng(5)


def residual() -> Network:
    """Two convolutions whose currents meet in a neuron, with a bias in two of three channels; pools behind it."""
    first, second = (
        Conv2d(RNG.normal(0.1, 0.3, (3, 1 if name == "a" else 3, 3, 3)), bias=np.array([1.0, 0, 2.0]) / 8, padding=1)
        for name in "ab"
    )
    nodes = {"in": Input((1, 4, 4)), "a": first, "if1": IF(), "b": second, "if2": IF()}
    nodes |= {"max": MaxPool2d(2), "mean": AvgPool2d(2, padding=1), "fc": Conv2d(np.ones((1, 3, 2, 2)))}
    chain = ["in", "a", "if1", "b", "if2", "max", "mean", "fc", "out"]
    nodes["out"] = Output()
    edges = [*pairwise(chain), ("a", "if2"), ("if1", "if2")]
    return Network(nodes, edges)


SIZE, CHANNELS, POSITIONS = 48, 3, 16
BY_HAND = {
    "a": {"bias_sums": 2 * POSITIONS},
    "b": {"bias_sums": 2 * POSITIONS},
    # Two currents and a spike.
    "if2": {"edge_sums": 2 * SIZE, "current_sums": SIZE},
    "max": {"comparisons": CHANNELS * 4 * 3},
    # Windows of 2 x 2 at the corners of a padded 2 x 2 map have one input each: nothing to add.
    "fc": {"edge_sums": 1},
}


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_a_table_by_hand(precision: str) -> None:
    plan = compile_plan(residual(), PlanOptions(precision))  # type: ignore[arg-type]
    found = {}
    for name, counts in fixed_counts(plan).items():
        both = counts.once + counts.each_step
        found[name] = {
            field: int(n)
            for field, n in zip(FIXED_FIELDS, both, strict=True)
            if n and field not in ("rescales", "shifts")
        }
    assert {name: counts for name, counts in found.items() if counts} == BY_HAND
    once = {
        name: dict(zip(FIXED_FIELDS, counts.once.tolist(), strict=True)) for name, counts in fixed_counts(plan).items()
    }
    assert once["a"]["bias_sums"] == 32
    assert once["b"]["bias_sums"] == 0


class Brute:
    """Counts value by value: (once, each step) by node."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.found: dict[str, np.ndarray] = {}
        for op in plan.ops:
            look = {ConvOp: self.conv, AddOp: self.sum, PoolOp: self.pool, MaxPoolOp: self.pool}.get(
                type(op), self.rest
            )
            for at in product(*map(range, op.spec.shape)):
                look(op, at)

    def count(self, op: Any, field: str, times: int = 1, *, static: bool) -> None:
        if times > 0:
            node = self.plan.ops[op.source].node if isinstance(op, OutputOp) else op.node
            both = self.found.setdefault(node, np.zeros((2, len(FIXED_FIELDS)), dtype=np.int64))
            both[0 if static else 1, FIXED_FIELDS.index(field)] += times

    def conv(self, op: Any, at: tuple[int, ...]) -> None:
        if op.bias[at[0]] != 0:
            self.count(op, "bias_sums", static=op.spec.static)

    def rest(self, op: Any, _: tuple[int, ...]) -> None:
        if isinstance(op, OutputOp):
            self.count(op, "edge_sums", static=False)
        elif isinstance(op, RoundOp):
            self.count(op, "rescales", static=True)
        elif isinstance(op, ClampOp):
            self.count(op, "comparisons", 1 if op.high is None else 2, static=True)

    def sum(self, op: Any, at: tuple[int, ...]) -> None:
        self.count(op, "edge_sums", len(op.terms) - 1, static=op.spec.static)
        spikes = [term for term in op.terms if self.plan.ops[term.source].spec.kind == "count"]
        self.count(op, "current_sums", len(op.terms) - len(spikes) - 1, static=op.spec.static)
        for term in op.terms:
            source = self.plan.ops[term.source].spec
            factor = 1.0
            if term.multiplier is not None:
                factor = int(term.multiplier[at[0]]) / 2 ** int(term.shift[at[0]])
            elif source.kind != "count" or source.max_count > 1:
                values = term.scale if term.constant is None else term.constant
                factor = 1.0 if values is None else float(values[at[0]])
            if factor not in (0, 1):
                power = np.log2(abs(factor)) == np.round(np.log2(abs(factor)))
                self.count(op, "shifts" if power else "rescales", static=source.static)

    def pool(self, op: Any, at: tuple[int, ...]) -> None:
        source = self.plan.ops[op.source].spec
        inputs = 0
        for tap in product(*map(range, op.kernel)):
            places = [at[axis + 1] * op.stride[axis] + tap[axis] - op.pads[axis] for axis in (0, 1)]
            inputs += all(0 <= place < source.shape[axis + 1] for axis, place in enumerate(places))
        self.count(op, "pool_sums" if isinstance(op, PoolOp) else "comparisons", inputs - 1, static=op.spec.static)
        if isinstance(op, PoolOp) and source.kind == "real" and op.weight != 1:
            self.count(op, "rescales", inputs, static=op.spec.static)


@pytest.mark.slow
@GENERATED
@given(case=cases(most_nodes=9, tiny=True))
def test_counts_equal_counting_value_by_value(case: Case) -> None:
    result = run_case(case, Way(*BACKENDS[0]))
    assume(isinstance(result, Result))
    assert isinstance(result, Result)
    expected = Brute(result.plan).found
    found = fixed_counts(result.plan)
    assert set(found) == set(expected)
    for name, counts in found.items():
        assert np.array_equal(np.stack(counts), expected[name]), name
    # A run reports them for its samples and steps.
    for read, steps in enumerate(result.steps):
        whole = sum(
            (both[0] + steps * both[1] for both in expected.values()), np.zeros(len(FIXED_FIELDS), dtype=np.int64)
        )
        assert [int(result.total(field)[read]) for field in FIXED_FIELDS] == (whole * case.samples).tolist()


def test_units_of_powers_of_two_need_no_multiplications() -> None:
    two = {name: Conv2d(RNG.normal(0.1, 0.3, (3, 3, 3, 3)), padding=1) for name in "bc"}
    nodes = {
        "in": Input((1, 4, 4)),
        "a": Conv2d(RNG.normal(0.1, 0.3, (3, 1, 3, 3)), padding=1),
        "if1": IF(),
        **two,
        "if2": IF(),
    }
    edges = [("in", "a"), ("a", "if1"), ("if1", "b"), ("if1", "c"), ("b", "if2"), ("c", "if2"), ("if2", "out")]
    network = Network({**nodes, "out": Output("count")}, edges)
    each = {}
    for units in ("exact", "power_of_two"):
        counts = fixed_counts(compile_plan(network, PlanOptions("int8", units=units)))["if2"].each_step.tolist()
        each[units] = dict(zip(FIXED_FIELDS, counts, strict=True))
    assert each["exact"]["rescales"] == 48
    assert each["power_of_two"]["rescales"] == 0
    assert each["exact"]["shifts"] == 0
