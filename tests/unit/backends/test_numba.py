"""Weight layers and random numbers of the numba backend against small brute-force sums."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("numba")

from pysnn.backends.base import EventInput, RunRequest
from pysnn.backends.numba import NumbaBackend
from pysnn.backends.numba.events import list_events
from pysnn.backends.numba.inputs import philox
from pysnn.backends.numba.jit import kernel
from pysnn.backends.numba.layout import SLACK, Events, Inputs, Weights
from pysnn.backends.numba.rows import rows16, rows32, rows64
from pysnn.plan.fanout import fan_outs
from pysnn.plan.ops import ConvOp, InputOp, MapSpec, OutputOp, Plan
from pysnn.schemas import COUNT_FIELDS

Array = NDArray[Any]


@kernel
def _call_rows(lanes: int, inputs: Inputs, weights: Weights, cursor: Any, target: Array) -> None:
    if lanes == 64:
        rows64(inputs, weights, cursor, target)
    elif lanes == 32:
        rows32(inputs, weights, cursor, target)
    else:
        rows16(inputs, weights, cursor, target)


@pytest.mark.parametrize("lanes", [16, 32, 64])
@pytest.mark.parametrize("value_type", [np.uint8, np.float32, np.int16])
def test_rows_add_in_order_and_round_every_product(lanes: int, value_type: type[Any]) -> None:
    rng = np.random.default_rng(lanes)
    real = value_type is not np.int16
    table = (
        rng.normal(size=(40, lanes)).astype(np.float32)
        if real
        else rng.integers(-127, 128, (40, lanes)).astype(np.int8)
    )
    bias = (rng.normal(size=lanes) * 1e3).astype(np.float32 if real else np.int32)
    chosen = np.sort(rng.choice(40, 12, replace=False)).astype(np.int32)
    value = (rng.normal(size=12) if real else rng.integers(1, 9, 12)).astype(value_type)
    target = np.zeros(lanes, dtype=bias.dtype)
    inputs, weights = Inputs(chosen, value), Weights(table.ravel(), bias, lanes)
    _call_rows(lanes, inputs, weights, (0, 5, 0, 0, 0, 1), target)
    _call_rows(lanes, inputs, weights, (5, 12, 0, 0, 0, 0), target)
    expected = bias.copy()
    for k in range(12):
        row = table[chosen[k]].astype(bias.dtype)
        expected += row if value_type is np.uint8 else row * value[k].astype(bias.dtype)
    np.testing.assert_array_equal(target, expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize(("channels", "groups"), [(3, 1), (16, 1), (37, 1), (64, 2), (40, 4)])
@pytest.mark.parametrize("rate", [0.05, 1.0])
def test_lists_have_every_non_zero_value_in_order(dtype: type[Any], channels: int, groups: int, rate: float) -> None:
    rng = np.random.default_rng(channels)
    x = (rng.integers(1, 9, (2, 3, 4, channels)) * (rng.random((2, 3, 4, channels)) < rate)).astype(dtype)
    room = x.size + SLACK
    events = Events(np.zeros(room, np.int32), np.zeros(room, np.float32), np.zeros(24 * groups + 1, np.int64))
    list_events(x, groups, events)
    segments = x.reshape(24 * groups, -1)
    np.testing.assert_array_equal(np.diff(events.first), (segments != 0).sum(axis=1))
    assert events.first[0] == 0
    row = np.nonzero(x.reshape(6, -1))
    np.testing.assert_array_equal(events.position[: events.first[-1]], row[1])
    np.testing.assert_array_equal(events.value[: events.first[-1]], x.reshape(6, -1)[row])


def test_philox_known_answer() -> None:
    zero = np.uint64(0)
    words = philox((zero, zero, zero, zero), zero)
    assert [int(word) for word in words] == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]


def _conv(number: int, source: MapSpec, weight: Array, bias: Array, **geometry: Any) -> ConvOp:
    """A convolution."""
    settings = {"stride": (1, 1), "pads": (0, 0, 0, 0), "dilation": (1, 1), "groups": 1, **geometry}
    (top, left, bottom, right), (dy, dx), (sy, sx) = settings["pads"], settings["dilation"], settings["stride"]
    height = (source.shape[1] + top + bottom - (weight.shape[0] - 1) * dy - 1) // sy + 1
    width = (source.shape[2] + left + right - (weight.shape[1] - 1) * dx - 1) // sx + 1
    kind: Any = "current" if weight.dtype == np.int8 else "real"
    spec = MapSpec((weight.shape[3], height, width), kind, source.static)
    return ConvOp("conv", spec, number, weight, bias, **settings)


def _brute_conv(op: ConvOp, x: Array) -> Array:
    """One frame (C, H, W), one output at a time."""
    out = np.empty(op.spec.shape, dtype=op.bias.dtype)
    inputs, per_group = op.weight.shape[2], op.weight.shape[3] // op.groups
    for o, y, z in np.ndindex(*op.spec.shape):
        total = op.bias[o]
        for ky, kx, c in np.ndindex(*op.weight.shape[:3]):
            iy = y * op.stride[0] - op.pads[0] + ky * op.dilation[0]
            ix = z * op.stride[1] - op.pads[1] + kx * op.dilation[1]
            if 0 <= iy < x.shape[1] and 0 <= ix < x.shape[2]:
                value = x[o // per_group * inputs + c, iy, ix].astype(out.dtype)
                total = total + value * op.weight[ky, kx, c, o].astype(out.dtype)
        out[o, y, z] = total
    return out


GEOMETRIES = [
    {"pads": (1, 1, 1, 1)},
    {"stride": (2, 1), "pads": (0, 2, 1, 0)},
    {"dilation": (2, 2), "pads": (2, 0, 0, 3)},
    {"groups": 2},
    {"groups": 4, "stride": (1, 2), "pads": (1, 0, 2, 1)},
]


def _events(counts: Array) -> EventInput:
    """From counts (batch, steps, values)."""
    flat = [np.repeat(np.arange(row.size), row) for row in counts.reshape(-1, counts.shape[2])]
    offsets = np.cumsum([0, *(part.size for part in flat)])
    return EventInput(offsets.astype(np.int64), np.concatenate(flat).astype(np.uint32), counts.shape[0])


@pytest.mark.slow
@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize(
    ("precision", "most"), [("float32", 1), ("float32", 3), ("int8", 1), ("int8", 3), ("int8", 255)]
)
def test_convolution_of_events(geometry: dict[str, Any], precision: Any, most: int) -> None:
    rng = np.random.default_rng(most)
    source = MapSpec((4, 5, 6), "count", static=False, max_count=most)
    shape = (3, 2, 4 // geometry.get("groups", 1), 84)
    if precision == "int8":
        weight, bias = rng.integers(-127, 128, shape).astype(np.int8), rng.integers(-99, 99, 84).astype(np.int32)
    else:
        weight, bias = rng.normal(size=shape).astype(np.float32), rng.normal(size=84).astype(np.float32)
    conv = _conv(0, source, weight, bias, **geometry)
    unit = None if precision == "float32" else np.ones(84)
    output = OutputOp("out", conv.spec, 1, "potential", unit)
    plan = Plan(precision, (InputOp("in", source, "events"), conv, output))
    counts = rng.integers(0, most + 1, (2, 1, source.size)) * (rng.random((2, 1, source.size)) < 0.4)
    found = NumbaBackend().compile(plan).run(RunRequest(_events(counts), steps=1, read_at=(1,)))
    for sample in range(2):
        expected = _brute_conv(conv, counts[sample].reshape(source.shape))
        np.testing.assert_array_equal(found.scores[0, sample], expected.reshape(-1))
    tally = dict(zip(COUNT_FIELDS, found.counts[0, 1].tolist(), strict=True))
    assert tally["events"] == counts.sum()
    total, nonzero = (table.ravel().astype(np.int64) for table in fan_outs(conv, source.shape))
    assert tally["synops"] == (counts * nonzero).sum()
    assert tally["synops_zero"] == (counts * (total - nonzero)).sum()
