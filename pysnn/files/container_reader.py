"""The reader of ``.psnn`` bytes in plain Python, for installations without the compiled core.

``rust/core/src/psnn.rs`` accepts the same files and gives the same content.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from pysnn.errors import FileFormatError
from pysnn.files.container import (
    DTYPES,
    FORMAT_VERSION,
    MAX_HEADER,
    MAX_RANK,
    METADATA,
    NO_DIGEST,
    Container,
    Spec,
    TensorEntry,
    build_header,
    byte_order,
    is_text,
    quote,
)

__all__ = ["read_container"]

_METADATA_KEYS = ("format", "format_version", "graph", "sha256")
_ENTRY_KEYS = ("data_offsets", "dtype", "shape")
# What every .psnn file has, those of newer formats too.
_START = b'"__metadata__":{"format":"psnn","format_version":"'
_HEX_DIGITS = frozenset("0123456789abcdef")


def read_container(data: bytes) -> Container:
    """Read a file's bytes, every one of them checked.

    Raises
    ------
    FileFormatError
        Anything about the file is not as the format says. The message has what was expected, what came, and where.

    Examples
    --------
    >>> import numpy as np
    >>> from pysnn.files.container import write_container
    >>> read_container(write_container("{}", {"w": np.ones(3, np.float32)})).tensors["w"]
    TensorEntry(dtype='F32', shape=(3,), offset=256, length=12)
    """
    text = _header_text(data)
    root = _parse_header(text)
    graph, sha256 = _read_metadata(root)
    start = 8 + len(text)
    tensors = _read_tensors(root, start)
    _check_end(tensors, start, len(data))
    specs = {name: Spec(entry.dtype, entry.shape) for name, entry in tensors.items()}
    expected, digest_at = build_header(graph, specs)
    _check_canonical(expected, data[:digest_at] + NO_DIGEST.encode() + data[digest_at + 64 : start])
    digest = hashlib.sha256(expected)
    digest.update(memoryview(data)[start:])
    if digest.hexdigest() != sha256:
        raise FileFormatError(
            f"damaged or altered: the file says SHA-256 {sha256}, its bytes have {digest.hexdigest()}"
        )
    return Container(graph, sha256, tensors)


def _header_text(data: bytes) -> bytes:
    if len(data) < 8:
        raise FileFormatError(f"truncated: {len(data)} bytes, the header's length alone takes 8")
    if data[8:9] not in (b"", b"{"):
        raise FileFormatError("not a .psnn file: there is no JSON object at byte 8")
    length = int.from_bytes(data[:8], "little")
    if length > MAX_HEADER:
        raise FileFormatError(
            f"not a .psnn file: its first 8 bytes ask for a header of {length}, the limit is {MAX_HEADER}"
        )
    if 8 + length > len(data):
        raise FileFormatError(f"truncated: a header of {length} bytes does not fit into {len(data)}")
    if _START not in data[: 8 + length]:
        raise FileFormatError('not a .psnn file: there is no "format":"psnn" in its metadata')
    return data[8 : 8 + length]


def _parse_header(text: bytes) -> dict[str, Any]:
    try:
        root = json.loads(text.decode("ascii"))
    except RecursionError:
        raise FileFormatError("the header is nested too deeply") from None
    except ValueError as error:
        raise FileFormatError(f"the header is not JSON in ASCII: {str(error)[:200]}") from None
    if not isinstance(root, dict):
        raise FileFormatError(f"the header is not a JSON object, it is {quote(root)}")
    return root


def _read_metadata(root: Mapping[str, Any]) -> tuple[str, str]:
    """Return the graph and the digest."""
    metadata = root.get(METADATA)
    if not isinstance(metadata, dict):
        raise FileFormatError(f"the metadata: expected a JSON object, got {quote(metadata)}")
    _check_version(metadata.get("format_version"))
    _check_keys("the metadata", metadata, _METADATA_KEYS)
    graph, sha256 = metadata["graph"], metadata["sha256"]
    if not isinstance(graph, str) or not graph.isascii():
        raise FileFormatError("the graph is not ASCII text")
    if not isinstance(sha256, str) or len(sha256) != 64 or not _HEX_DIGITS.issuperset(sha256):
        raise FileFormatError(f"sha256: expected 64 hexadecimal digits in lower case, got {quote(sha256)}")
    return graph, sha256


def _check_version(version: object) -> None:
    if version == str(FORMAT_VERSION):
        return
    if isinstance(version, str) and version.isascii() and version.isdigit() and version[0] != "0":
        raise FileFormatError(
            f"written by a newer pysnn (format {version[:20]}, this one reads {FORMAT_VERSION}): upgrade pysnn"
        )
    raise FileFormatError(f'format_version: expected "{FORMAT_VERSION}", got {quote(version)}')


def _check_keys(where: str, found: Mapping[str, Any], expected: Iterable[str]) -> None:
    if set(found) != set(expected):
        listed = ", ".join(quote(key) for key in sorted(found)[:8])
        raise FileFormatError(f"{where}: expected the keys {', '.join(expected)}, got {listed}")


def _read_tensors(root: Mapping[str, Any], start: int) -> dict[str, TensorEntry]:
    """Check that the tensors follow one another in their order, from ``start`` on, without holes or overlaps."""
    specs: dict[str, Spec] = {}
    offsets: dict[str, list[int]] = {}
    for name, entry in root.items():
        if name != METADATA:
            specs[name], offsets[name] = _read_entry(name, entry)
    tensors = {}
    position = 0
    for name in byte_order(specs):
        spec = specs[name]
        expected = [position, position + spec.length]
        if offsets[name] != expected:
            raise FileFormatError(
                f"tensor {quote(name)}: {spec.dtype} of shape {spec.shape} has its place at bytes {expected}, "
                f"data_offsets says {offsets[name]}"
            )
        tensors[name] = TensorEntry(spec.dtype, spec.shape, start + position, spec.length)
        position += spec.length
    return tensors


def _read_entry(name: str, entry: object) -> tuple[Spec, list[int]]:
    where = f"tensor {quote(name)}"
    if not is_text(name):
        raise FileFormatError(f"{where}: the name is not Unicode text")
    if not isinstance(entry, dict):
        raise FileFormatError(f"{where}: expected a JSON object, got {quote(entry)}")
    _check_keys(where, entry, _ENTRY_KEYS)
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise FileFormatError(f"{where}: dtype: expected one of {', '.join(DTYPES)}, got {quote(dtype)}")
    if not _is_sizes(shape) or len(shape) > MAX_RANK or 0 in shape:
        raise FileFormatError(f"{where}: shape: expected at most {MAX_RANK} positive integers")
    if not _is_sizes(offsets) or len(offsets) != 2:
        raise FileFormatError(f"{where}: data_offsets: expected two integers")
    return Spec(dtype, tuple(shape)), offsets


def _is_sizes(value: object) -> bool:
    """Whether it is a list of unsigned 64-bit integers (a bool is none)."""
    return isinstance(value, list) and all(type(item) is int and 0 <= item < 1 << 64 for item in value)


def _check_end(tensors: Mapping[str, TensorEntry], start: int, size: int) -> None:
    end = start + sum(entry.length for entry in tensors.values())
    if end > size:
        raise FileFormatError(f"truncated: its tensors end at byte {end}, the file at {size}")
    if end < size:
        raise FileFormatError(f"trailing bytes: its tensors end at byte {end}, the file at {size}")


def _check_canonical(expected: bytes, found: bytes) -> None:
    if expected == found:
        return
    pairs = zip(expected, found, strict=False)
    at = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(expected), len(found)))
    raise FileFormatError(
        f"the header is not in canonical form: at byte {at} expected {expected[at : at + 24]!r}, "
        f"got {found[at : at + 24]!r}"
    )
