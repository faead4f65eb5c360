"""Two passes give the same bits on every backend, level, split and number of threads, and are what their two runs are."""

from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pytest

import pysnn
from pysnn.nodes import Conv2d, Flatten, Linear, MaxPool2d
from pysnn.plan.ops import ConvOp, NeuronOp
from pysnn.schemas import COUNT_FIELDS
from pysnn.simulation.residuals import next_state
from pysnn.simulation.result import Result
from pysnn.simulation.two_pass import TWO_PASS_METHODS, run_two_pass
from tests.parity.compare import BACKENDS, simd_level

PRECISIONS: tuple[Literal["float32", "int8"], ...] = ("float32", "int8")
_OTHERS = [pair for pair in BACKENDS if pair[0] != "reference"]
STEPS, LEAD = [3, 6], 3


def network(seed: int, compare: Literal[">=", ">"]) -> pysnn.Network:
    """A residual network: two neurons in a row, a shortcut, a max-pool, thresholds per channel and per neuron."""
    rng = np.random.default_rng(seed)

    def conv(channels: int) -> Conv2d:
        return Conv2d(rng.normal(0, 0.35, (6, channels, 3, 3)), rng.normal(0, 0.05, 6), padding=1)

    threshold = rng.uniform(0.3, 1.0, 6)
    each = rng.uniform(0.3, 1.0, (6, 6, 5))
    nodes = {
        "in": pysnn.Input((2, 6, 5)),
        "a": conv(2),
        "n1": pysnn.IF(threshold, v_init=threshold / 2, compare=compare),
        "b": conv(6),
        "n2": pysnn.IF(each, v_init=each / 2),
        "c": conv(6),
        "n3": pysnn.IF(threshold, v_init=threshold / 2),
        "pool": MaxPool2d(2),
        "flat": Flatten(),
        "fc": Linear(rng.normal(0, 0.2, (4, 36))),
        "out": pysnn.Output(),
    }
    chain = ["in", "a", "n1", "b", "n2", "c", "n3", "pool", "flat", "fc", "out"]
    return pysnn.Network(nodes, [*pairwise(chain), ("n1", "n3")])


def images(samples: int) -> Any:
    return np.random.default_rng(5).normal(0, 1, (samples, 2, 6, 5)).astype(np.float32)


def assert_same(found: Result, expected: Result) -> None:
    assert found.steps == expected.steps
    for name in ("scores", "counts", "sample_counts", "undecided"):
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name


@pytest.mark.skipif(not _OTHERS, reason="there is no backend but the reference")
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("method", TWO_PASS_METHODS)
def test_backends_agree(method: str, precision: Literal["float32", "int8"]) -> None:
    net, x = network(1, ">" if method == "offset" else ">="), images(7)
    options: dict[str, Any] = {"steps": STEPS, "lead": LEAD, "method": method, "precision": precision}
    expected = run_two_pass(net, x, backend="reference", check_range=False, **options)
    # The first pass changes something, or this test would compare runs that are no two passes.
    plain = pysnn.run(net, x, steps=STEPS, precision=precision, backend="reference", check_range=False)
    assert not np.array_equal(plain.scores, expected.scores)
    for backend, level in _OTHERS:
        with simd_level(level):
            for threads, batch, block in ((1, 256, 0), (3, 2, 1), (2, 3, 4)):
                own: dict[str, Any] = {"backend": backend, "threads": threads, "batch_size": batch, "block": block}
                assert_same(run_two_pass(net, x, check_range=False, **options, **own), expected)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_silent_neurons_are_silent_and_all_else_is_two_runs(precision: Literal["float32", "int8"]) -> None:
    net, x = network(2, ">="), images(5)
    options: dict[str, Any] = {"precision": precision, "backend": "reference", "check_range": False}
    both = run_two_pass(net, x, steps=STEPS, lead=LEAD, **options)
    simulator = pysnn.Simulator(net, **options)
    first = simulator.run(x, steps=LEAD)
    plan = both.plan
    starts, silent = {}, {}
    for node, k in plan.spiking.items():
        op = plan.ops[k]
        assert isinstance(op, NeuronOp)
        silent[node] = first.state.arrays[node] < 0
        fresh = next_state(plan, len(x), {}).arrays[node]
        starts[k] = np.where(silent[node], np.asarray(-(2**24), fresh.dtype), fresh)
    second = simulator.run(x, steps=STEPS, state=next_state(plan, len(x), starts), record=list(silent))
    for node, quiet in silent.items():
        assert quiet.any()
        assert not second.spikes[node][:, quiet].any()
    assert np.array_equal(both.scores, second.scores)
    for k, op in enumerate(plan.ops):
        again = not (isinstance(op, ConvOp) and op.spec.static)
        expected = first.counts[0, k] + second.counts[:, k] * again
        if isinstance(op, NeuronOp):
            expected[:, COUNT_FIELDS.index("updates")] += len(x) * op.spec.size
            expected[:, -2:] = second.counts[:, k, -2:]
        assert np.array_equal(both.counts[:, k, :6], expected[:, :6]), op.node
        assert np.array_equal(both.counts[:, k, 6:], second.counts[:, k, 6:]), op.node


@pytest.mark.parametrize("precision", PRECISIONS)
def test_one_layer_is_the_same_by_layer(precision: Literal["float32", "int8"]) -> None:
    rng = np.random.default_rng(3)
    net = pysnn.Network.chain(
        {
            "in": pysnn.Input((4,)),
            "fc": Linear(rng.normal(size=(9, 4))),
            "if": pysnn.IF(0.7),
            "out": pysnn.Output("count"),
        }
    )
    x = rng.normal(size=(6, 4)).astype(np.float32)
    options: dict[str, Any] = {"steps": STEPS, "lead": LEAD, "precision": precision, "check_range": False}
    at_once, by_layer = (run_two_pass(net, x, method=name, **options) for name in ("offset", "offset-by-layer"))
    assert np.array_equal(at_once.scores, by_layer.scores)
    assert np.array_equal(at_once.counts, by_layer.counts)


@pytest.mark.skipif(not _OTHERS, reason="there is no backend but the reference")
@pytest.mark.parametrize("method", TWO_PASS_METHODS)
def test_an_int8_first_layer(method: str) -> None:
    net, x = network(4, ">="), np.random.default_rng(9).integers(0, 256, (5, 2, 6, 5), dtype=np.uint8)
    options: dict[str, Any] = {
        "steps": STEPS,
        "lead": LEAD,
        "method": method,
        "precision": "int8",
        "first_layer": "int8",
    }
    expected = run_two_pass(net, x, backend="reference", check_range=False, **options)
    once = pysnn.run(net, x, steps=2, precision="int8", first_layer="int8", backend="reference", check_range=False)
    assert expected.total("macs").tolist() == [int(once.total("macs")[0])] * 2
    for backend in {name for name, _ in _OTHERS}:
        assert_same(run_two_pass(net, x, backend=backend, batch_size=2, check_range=False, **options), expected)
