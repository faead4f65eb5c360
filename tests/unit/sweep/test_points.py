"""What makes two points the same, and how a space is written out."""

import itertools
from typing import Any

import numpy as np
import pytest

from pysnn.errors import DataError
from pysnn.sweep.points import expand, make_points, point_json

# SHA-256 of {"code":"1","data":"d","point":{"a":1,"b":[true,null,"x",0.5]}}, worked out with sha256sum.
KNOWN = "8f955de91c728c2162cc65fffd5b0a6169cae39d37da95d3ea48340df6c8b10d"


def test_lists_multiply_and_grids_are_united() -> None:
    space = [{"a": [1, 2], "b": ["x", "y"]}, {"a": 3, "b": [[1, 2]]}]
    assert [(point["a"], point["b"]) for point in expand(space)] == [
        (1, "x"), (1, "y"), (2, "x"), (2, "y"), (3, [1, 2]),
    ]  # fmt: skip


def test_the_identity_is_that_of_the_canonical_json() -> None:
    (point,) = make_points({"b": [[True, None, "x", 0.5]], "a": 1.0}, code="1", data="d")
    assert point.identity == KNOWN
    assert point.seed == int(KNOWN[:16], 16) >> 1 < 2**63


def test_code_data_and_every_parameter_make_other_points() -> None:
    kinds: list[tuple[Any, str, str]] = [
        (1, "1", ""), (1, "2", ""), (1, "1", "d"), (2, "1", ""), (1.5, "1", ""), ("1", "1", ""), (True, "1", ""), (None, "1", ""),
    ]  # fmt: skip
    identities = {make_points({"x": x}, code, data)[0].identity for x, code, data in kinds}
    assert len(identities) == len(kinds)


def test_a_point_that_is_written_twice_is_there_once() -> None:
    points = make_points([{"x": [1, 2, 1.0]}, {"x": np.int64(2)}], code="1")
    assert [point.params["x"] for point in points] == [1, 2]
    assert point_json({"b": 1, "a": {"d": 2.0, "c": -0.0}}) == '{"a":{"c":0,"d":2},"b":1}'


def test_data_may_differ_from_point_to_point() -> None:
    points = make_points({"x": [1, 2]}, code="1", data=lambda params: f"file {params['x']}")
    assert [point.data for point in points] == ["file 1", "file 2"]


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_shards_split_all_points(count: int) -> None:
    points = make_points({"x": list(range(200))}, code="1")
    shards = [[p.identity for p in points if p.in_shard((index, count))] for index in range(1, count + 1)]
    assert sorted(itertools.chain(*shards)) == sorted(point.identity for point in points)
    assert min(map(len, shards)) > 100 // count


@pytest.mark.parametrize(
    ("space", "words"),
    [
        ({"x": []}, "'x' is an empty list"),
        ([{"y": 1}, {"x": []}], "grid 2: 'x'"),
        ({"x": object()}, "'x': expected text"),
        ({"x": float("nan")}, "'x': expected text, finite"),
        ({"x": {"y": {1: 2}}}, "'x.y'"),
        ({1: 2}, "expected text as names"),
        ([3], "grid 1: expected names"),
        ([], "at least one grid"),
    ],
)
def test_a_wrong_space_is_refused_by_name(space: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        make_points(space, code="1")
