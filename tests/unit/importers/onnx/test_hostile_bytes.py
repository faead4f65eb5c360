"""Truncated, altered and random bytes: a network, or an error that pysnn raises on purpose."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("onnx", reason="the package onnx is not installed (extra onnx)")

from pysnn import PysnnError
from pysnn.importers import onnx as onnx_io
from tests.unit.importers.onnx.models import MAP, const, model, node, numbers

INTS = np.int64

BYTES = model(
    [
        node("Shape", "x", "s"),
        node("Conv", "x w", "a", pads=[1, 1, 1, 1]),
        node("BatchNormalization", "a v v v v", "b"),
        node("Relu", "b", "c"),
        node("MaxPool", "c", "d", kernel_shape=[2, 2], strides=[2, 2]),
        node("Reshape", "d t", "e"),
        node("Gemm", "e m b4", "y"),
    ],
    [
        const("w", numbers(4, 3, 3, 3)),
        const("v", np.ones(4)),
        const("t", [-1, 36], INTS),
        const("m", numbers(36, 4)),
        const("b4", np.ones(4)),
    ],
).SerializeToString()


def load_or_refuse(data: bytes) -> None:
    """Whatever the bytes are: a network, or an error that pysnn raises on purpose."""
    with contextlib.suppress(PysnnError):
        onnx_io.load(data)


def test_truncated_files() -> None:
    assert onnx_io.load(BYTES).shapes["y"] == (4,)
    for length in range(len(BYTES)):
        load_or_refuse(BYTES[:length])


@given(st.binary(max_size=300))
def test_random_bytes(data: bytes) -> None:
    load_or_refuse(data)


@given(st.lists(st.tuples(st.integers(0, len(BYTES) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_altered_bytes(changes: list[tuple[int, int]]) -> None:
    data = bytearray(BYTES)
    for at, value in changes:
        data[at] = value
    load_or_refuse(bytes(data))


@given(st.data())
def test_altered_descriptions(data: st.DataObject) -> None:
    """Bytes of the graph's description only: those of weights say little."""
    text = bytearray(BYTES)
    tail = range(len(BYTES) - 60, len(BYTES))
    head = range(BYTES.index(b"test"))
    for at in data.draw(st.lists(st.sampled_from([*head, *tail]), min_size=1, max_size=4)):
        text[at] = data.draw(st.integers(0, 255))
    load_or_refuse(bytes(text))


def test_shapes_of_the_example() -> None:
    assert onnx_io.load(BYTES).input.shape == MAP[1:]
