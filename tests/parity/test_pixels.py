"""An int8 first layer on uint8 pixels: worked out by hand, alike on every backend, level, split and number of threads, and saved."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from pysnn import IF, Conv2d, FirstSpike, Flatten, Input, Linear, Network, Output, Simulator, run
from pysnn.errors import DataError, PlanError
from pysnn.files.psnn import load, save
from pysnn.files.settings import Settings
from pysnn.plan import PlanOptions, compile_plan
from pysnn.plan.ops import ConvOp, InputOp, NeuronOp, Plan
from tests.parity.compare import BACKENDS, simd_level

_FIRST: tuple[Literal["float32", "int8"], ...] = ("float32", "int8")
_COMPILED = [pair for pair in BACKENDS if pair[0] != "reference"]


def network(seed: int, neuron: IF | FirstSpike, *, stride: int = 1, kernel: int = 3, channels: int = 3) -> Network:
    """Return a network whose input two convolutions read, and whose currents meet."""
    rng = np.random.default_rng(seed)

    def conv() -> Conv2d:
        weight = rng.normal(0, 0.3, (20, channels, kernel, kernel))
        return Conv2d(weight, rng.normal(0, 0.1, 20), stride=stride, padding=(1, 0, 2, 1))

    sizes = rng.uniform(0.1, 0.9, (2, channels))
    nodes = {
        "in": Input((channels, 9, 8), mean=sizes[0], std=sizes[1]),
        "a": conv(),
        "b": conv(),
        "n1": neuron,
        "flat": Flatten(),
    }
    edges = [("in", "a"), ("in", "b"), ("a", "n1"), ("b", "n1"), ("n1", "flat"), ("flat", "fc"), ("fc", "out")]
    size = int(np.prod(nodes["a"].shape_of("a", (channels, 9, 8))))
    return Network({**nodes, "fc": Linear(rng.normal(0, 0.1, (5, size))), "out": Output()}, edges)


def test_plan_by_hand() -> None:
    """A mean of .5 rounds to p = 128; 1 / (255 std) = 1 / 51; the weights are 1 and -2 of that, and 127 units of the largest."""
    net = Network.chain(
        {
            "in": Input((1, 1, 2), mean=(0.5,), std=(0.2,)),
            "conv": Conv2d([[[[1.0]]], [[[-2.0]]]], bias=(0.25, 0.0)),
            "if": IF(1.0),
            "out": Output("count"),
        }
    )
    plan = compile_plan(net, PlanOptions("int8", first_layer="int8"))
    entering, conv = plan.ops[:2]
    assert isinstance(entering, InputOp)
    assert isinstance(conv, ConvOp)
    assert (entering.coding, entering.spec.shape, entering.spec.kind, entering.spec.max_count) == (
        "pixels",
        (2, 1, 2),
        "count",
        255,
    )
    assert entering.spec.static
    assert conv.spec.static
    assert conv.weight.reshape(2, 2).tolist() == [[127, -127], [-127, 127]]
    # The rounded mean is 1/510 too large, which is 1/102 of a std.
    left = (128 / 255 - 0.5) / 0.2
    units = np.array([1, 2]) / 51 / 127
    assert conv.bias.tolist() == [round((0.25 + left) / units[0]), round(-2 * left / units[1])]
    result = run(
        net,
        np.array([[[[255, 128]]]], dtype=np.uint8),
        steps=1,
        precision="int8",
        first_layer="int8",
        backend="reference",
    )
    assert result.total("macs").tolist() == [2]
    assert result.total("events").tolist() == [0]


@pytest.mark.slow
@pytest.mark.skipif(not _COMPILED, reason="there is no backend but the reference")
@pytest.mark.parametrize("neuron", [IF(0.6), FirstSpike(0.2, window=7)], ids=["IF", "FirstSpike"])
@pytest.mark.parametrize(("stride", "kernel", "channels"), [(1, 3, 3), (2, 2, 1), (3, 4, 5)])
def test_backends_agree(neuron: IF | FirstSpike, stride: int, kernel: int, channels: int) -> None:
    """Scores and counts are equal for every backend and level, number of threads, split and block."""
    net = network(stride, neuron, stride=stride, kernel=kernel, channels=channels)
    x = np.random.default_rng(7).integers(0, 256, (5, channels, 9, 8), dtype=np.uint8)
    steps = [1] if isinstance(neuron, FirstSpike) else [1, 6]
    options: dict[str, Any] = {"precision": "int8", "first_layer": "int8"}
    expected = run(net, x, steps=steps, backend="reference", **options)
    for backend, level in _COMPILED:
        with simd_level(level):
            for threads, batch, block in ((1, 256, 0), (3, 2, 1), (2, 1, 4)):
                found = run(
                    net, x, steps=steps, backend=backend, threads=threads, batch_size=batch, block=block, **options
                )
                assert np.array_equal(found.scores, expected.scores), (backend, level, threads)
                assert np.array_equal(found.counts, expected.counts), (backend, level, threads)
                assert np.array_equal(found.sample_counts, expected.sample_counts)


def test_it_is_close_to_float32() -> None:
    """Currents differ from those of the float32 layer by the rounding of weights, pixels being exact."""
    net = network(4, IF(50.0))
    x = np.random.default_rng(8).integers(0, 256, (3, 3, 9, 8), dtype=np.uint8)
    float32, int8 = (
        run(net, x, steps=1, precision="int8", backend="reference", first_layer=first, probe=True)
        .probes["n1"]
        .current_sum
        for first in _FIRST
    )
    neurons = [
        next(op for op in Simulator(net, precision="int8", first_layer=first).plan().ops if isinstance(op, NeuronOp))
        for first in _FIRST
    ]
    values = [
        current * op.unit[:, None, None]
        for current, op in zip((float32, int8), neurons, strict=True)
        if op.unit is not None
    ]
    assert np.abs(values[0] - values[1]).max() < 0.02 * np.abs(values[0]).max()


def test_it_is_saved(tmp_path: Path) -> None:
    """A file keeps it, and one without it is the file of before; a plan has bytes."""
    net = network(1, IF(0.6))
    settings = Settings(steps=4, precision="int8", first_layer="int8")
    assert load(save(tmp_path / "net.psnn", net, settings=settings)).settings == settings
    plain = save(tmp_path / "plain.psnn", net, settings=Settings(steps=4)).read_bytes()
    assert b"first_layer" not in plain
    plan = compile_plan(net, PlanOptions("int8", first_layer="int8"))
    assert Plan.from_bytes(plan.to_bytes()).to_bytes() == plan.to_bytes()


def test_what_it_refuses() -> None:
    """Errors say what was expected and what came."""
    net, x = network(1, IF(0.6)), np.zeros((1, 3, 9, 8), np.float32)
    with pytest.raises(DataError, match="uint8 pixels, got float32"):
        run(net, x, steps=1, precision="int8", first_layer="int8")
    with pytest.raises(PlanError, match="needs precision 'int8'"):
        run(net, np.uint8(x), steps=1, first_layer="int8")
    with pytest.raises(PlanError, match="first_layer must be one of float32, int8, got 'uint8'"):
        PlanOptions("int8", first_layer="uint8")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="needs precision"):
        Settings(first_layer="int8")
    vector = Network.chain({"in": Input((4,)), "fc": Linear(np.ones((2, 4))), "if": IF(), "out": Output("count")})
    with pytest.raises(PlanError, match="needs pictures"):
        run(vector, np.zeros((1, 4), np.uint8), steps=1, precision="int8", first_layer="int8")
    direct = Network.chain({"in": Input((1, 2, 2)), "if": IF(), "out": Output("count")})
    with pytest.raises(PlanError, match="IF 'if': first_layer 'int8' needs convolutions"):
        run(direct, np.zeros((1, 1, 2, 2), np.uint8), steps=1, precision="int8", first_layer="int8")
    with pytest.raises(PlanError, match="stream"):
        Simulator(net, precision="int8", first_layer="int8").stream()
