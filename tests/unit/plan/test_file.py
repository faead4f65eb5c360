"""Plans as bytes: there and back, the same in Python and in Rust, and damage is refused."""

import hashlib
import struct
from contextlib import suppress
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pysnn import IF, LIF, AvgPool2d, Conv2d, CubaLIF, Flatten, Input, Linear, MaxPool2d, Network, Output
from pysnn.backends import available_backends, get_backend
from pysnn.backends.base import ConstantInput, RunRequest
from pysnn.errors import FileFormatError, PysnnError
from pysnn.plan import Plan, PlanOptions, compile_plan
from pysnn.plan.file import encode, load, save
from pysnn.plan.file.layout import RUN
from pysnn.plan.file.runs import index_of, runs_of

rust = pytest.mark.skipif("rust" not in available_backends(), reason="the Rust core is not installed")


def network() -> Network:
    rng = np.random.default_rng(0)
    nodes = {
        "in": Input((3, 8, 8)),
        "conv1": Conv2d(rng.normal(0, 0.4, (8, 3, 3, 3)), padding=1),
        "if1": IF(),
        "max": MaxPool2d(2),
        "conv2": Conv2d(rng.normal(0, 0.3, (8, 4, 3, 3)) * rng.integers(0, 2, (8, 4, 3, 3)), padding=1, groups=2),
        "lif": LIF(tau=0.02, v_reset=0.1, reset="zero"),
        "avg": AvgPool2d(2),
        "flat": Flatten(),
        "fc": Linear(rng.normal(0, 0.3, (5, 32)), rng.normal(0, 0.1, 5)),
        "out": Output(),
    }
    names = list(nodes)
    return Network(nodes, [*pairwise(names), ("max", "lif")])


PLANS = {p: compile_plan(network(), PlanOptions(precision=p, dt=0.001)) for p in ("float32", "int8")}
PLANS["cuba_lif"] = compile_plan(
    Network.chain({"in": Input((3, 8, 8)), "cuba": CubaLIF(w_in=[1.0, 2.0, 0.5]), "out": Output("count")}),
    PlanOptions(dt=0.001),
)


def same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray):
        return bool(a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes())
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if hasattr(a, "__dataclass_fields__"):
        return type(a) is type(b) and all(same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    return bool(type(a) is type(b) and a == b)


def sealed(data: bytes) -> bytes:
    blank = data[:32] + bytes(32) + data[64:]
    return blank[:32] + hashlib.sha256(blank).digest() + blank[64:]


@pytest.mark.parametrize("precision", PLANS)
def test_there_and_back_is_the_same_plan(precision: str, tmp_path: Path) -> None:
    plan = PLANS[precision]
    data = plan.to_bytes()
    assert data == sealed(data)
    for found in (Plan.from_bytes(data), load(save(plan, tmp_path / "net.plan"))):
        assert same(found, plan)
        assert found.to_bytes() == data


@rust
@pytest.mark.parametrize("precision", PLANS)
def test_rust_runs_what_the_reference_runs(precision: str) -> None:
    from pysnn import _core

    plan = PLANS[precision]
    x = np.random.default_rng(1).random((2, 3, 8, 8), dtype=np.float32)
    request = RunRequest(ConstantInput(x), 9, (3, 9))
    of_bytes, of_plan = _core.Clocked(plan.to_bytes()).run(request), get_backend("reference").compile(plan).run(request)
    assert np.array_equal(of_bytes["scores"], of_plan.scores)
    assert np.array_equal(of_bytes["counts"], of_plan.counts)
    assert of_plan.counts.any()


@pytest.mark.parametrize("backend", available_backends())
def test_a_plan_that_was_read_runs_like_the_one_that_was_written(backend: str) -> None:
    x = np.random.default_rng(1).random((2, 3, 8, 8), dtype=np.float32)
    for plan in PLANS.values():
        read, written = (
            get_backend(backend).compile(given).run(RunRequest(ConstantInput(x), 5, (5,)))
            for given in (Plan.from_bytes(plan.to_bytes()), plan)
        )
        assert np.array_equal(read.scores, written.scores)
        assert np.array_equal(read.counts, written.counts)


def refused(data: bytes) -> list[type[Exception]]:
    """Return what each reader says; none crashes, and none takes what another refuses as damaged."""
    found: list[type[Exception]] = []
    readers: list[Any] = [Plan.from_bytes]
    if "rust" in available_backends():
        from pysnn import _core

        readers.append(_core.Clocked)
    for read in readers:
        try:
            read(data)
        except PysnnError as error:
            found.append(type(error))
    return found


def test_every_changed_byte_is_refused_by_every_reader() -> None:
    data = PLANS["int8"].to_bytes()
    readers = 1 + ("rust" in available_backends())
    for at in [*range(256), *range(256, len(data), 97)]:
        changed = bytearray(data)
        changed[at] ^= 1 << (at % 8)
        assert refused(bytes(changed)) == [FileFormatError] * readers, at


@pytest.mark.slow
def test_changed_bytes_with_a_right_digest_crash_nothing() -> None:
    rng = np.random.default_rng(0)
    for precision, plan in PLANS.items():
        data = plan.to_bytes()
        begin, length = struct.unpack_from("<2Q", data, 64)
        places = [*range(64, 192, 5), *rng.integers(begin, begin + length, 150).tolist()]
        for at in [*places, *rng.integers(0, len(data), 100).tolist()]:
            changed = bytearray(data)
            changed[at] = int(rng.integers(256))
            with suppress(PysnnError):
                assert Plan.from_bytes(sealed(bytes(changed))).to_bytes() == sealed(bytes(changed)), (precision, at)
            refused(sealed(bytes(changed)))


@pytest.mark.parametrize("size", [0, 7, 63, 191, 192, 1000])
def test_truncated_and_longer_bytes_are_refused(size: int) -> None:
    data = PLANS["float32"].to_bytes()
    for changed in (data[:size], data + bytes(1)):
        with pytest.raises(FileFormatError, match=r"truncated|trailing|start"):
            Plan.from_bytes(changed)


def test_a_newer_version_is_named() -> None:
    data = bytearray(PLANS["float32"].to_bytes())
    data[8] = 3
    with pytest.raises(FileFormatError, match="version 3; expected 1 to 2"):
        Plan.from_bytes(sealed(bytes(data)))


@pytest.mark.parametrize("precision", PLANS)
def test_files_of_the_first_version_are_read(precision: str) -> None:
    plan = PLANS[precision]
    old = encode(plan, 1)
    assert same(Plan.from_bytes(old), plan)
    if "rust" in available_backends():
        from pysnn import _core

        _core.Clocked(old)
    if any(op.kind == "gather" for op in plan.ops):
        assert len(old) > len(plan.to_bytes())
        mixed = bytearray(old)
        mixed[8] = 2
        assert set(refused(sealed(bytes(mixed)))) == {FileFormatError}


def test_tables_are_their_runs() -> None:
    rng = np.random.default_rng(0)
    packed = 0
    for _ in range(300):
        index = np.repeat(rng.integers(-1, 3, rng.integers(1, 40)), rng.integers(1, 9)).astype(np.int32)
        runs = runs_of(index)
        if runs is not None:
            packed += 1
            assert runs.nbytes < index.nbytes
            assert np.array_equal(index_of(runs), index)
    assert packed > 100
    for wrong in ([(0, 0, 1)], [(257, 0, 1)], [(4, 0, 1), (4, 4, 1)], [(4, 2**31 - 2, 1)]):
        with pytest.raises(ValueError, match="runs of a gather"):
            index_of(np.array(wrong, dtype=RUN))


def test_reserved_words_are_zero() -> None:
    data = bytearray(PLANS["int8"].to_bytes())
    begin, length = struct.unpack_from("<2Q", data, 64)
    for word in (28, 29, 30, 31):
        changed = bytearray(data)
        changed[begin + 4 * word] = 1
        assert set(refused(sealed(bytes(changed)))) == {FileFormatError}
    assert length == 128 * len(PLANS["int8"].ops)
