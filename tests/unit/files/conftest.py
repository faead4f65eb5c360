"""Both readers of ``.psnn`` bytes, and the means to take files apart and put them together again, right or wrong."""

import hashlib
import importlib
import json
import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pysnn.files import psnn
from pysnn.files.container import Container, write_container
from pysnn.files.container_reader import read_container

KEY = b'"sha256":"'


def seal(data: bytes) -> bytes:
    """Put the right digest where a file has one, however wrong the rest may be."""
    at = data.find(KEY) + len(KEY)
    if at < len(KEY) or at + 64 > len(data):
        return data
    digest = hashlib.sha256(data[:at] + b"0" * 64 + data[at + 64 :]).hexdigest().encode()
    return data[:at] + digest + data[at + 64 :]


def assemble(header: bytes, body: bytes = b"", *, pad: bool = True) -> bytes:
    """Put a header's text and the tensors' bytes together, sealed."""
    if pad:
        header += b" " * (-(8 + len(header)) % 64)
    return seal(len(header).to_bytes(8, "little") + header + body)


def split(data: bytes) -> tuple[bytes, bytes]:
    """Return a file's header, without its padding, and the tensors' bytes."""
    length = int.from_bytes(data[:8], "little")
    return data[8 : 8 + length].rstrip(b" "), data[8 + length :]


def with_header(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """Change a file's header as a Python value; the file is sealed again."""
    header, body = split(data)
    root = json.loads(header)
    change(root)
    return assemble(json.dumps(root, sort_keys=True, separators=(",", ":")).encode(), body)


def with_graph(data: bytes, change: Callable[[Any], object]) -> bytes:
    """Change a file's graph as a Python value; the file is sealed again."""

    def change_header(root: dict[str, Any]) -> None:
        graph = json.loads(root["__metadata__"]["graph"])
        change(graph)
        root["__metadata__"]["graph"] = json.dumps(graph, sort_keys=True, separators=(",", ":"))

    return with_header(data, change_header)


@pytest.fixture(scope="session")
def files() -> SimpleNamespace:
    """The functions above."""
    return SimpleNamespace(seal=seal, assemble=assemble, split=split, with_header=with_header, with_graph=with_graph)


def read_with_core(data: bytes) -> Container:
    """Read with the compiled reader."""
    return psnn._from_core(importlib.import_module("pysnn._core").read_psnn, data)


@pytest.fixture(scope="session")
def core_reader() -> Callable[[bytes], Container]:
    """The compiled reader: where it was built, it has to be there."""
    try:
        importlib.import_module("pysnn._core")
    except ImportError as error:
        if os.environ.get("PYSNN_REQUIRE_RUST") == "1":
            pytest.fail(f"PYSNN_REQUIRE_RUST=1, but the compiled module is not there: {error}")
        pytest.skip(f"no compiled module here: {error}")
    return read_with_core


@pytest.fixture(scope="session", params=["python", "core"])
def read(request: pytest.FixtureRequest) -> Callable[[bytes], Container]:
    """Each reader of bytes in turn."""
    if request.param == "python":
        return read_container
    return request.getfixturevalue("core_reader")  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def valid() -> bytes:
    """A small file with tensors of several widths, whose names need escapes."""
    rng = np.random.default_rng(5)
    return write_container(
        '{"a":"\\"\\u00e9"}',
        {
            "a.weight": rng.normal(size=(2, 3)).astype(np.float32),
            'B"\\\n\x7f.bias': np.arange(5, dtype=np.int8),
            "é😀.scale": np.array(0.5),
            "z.index": np.arange(3, dtype=np.int32),
        },
    )
