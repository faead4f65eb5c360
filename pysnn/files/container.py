"""The bytes of a ``.psnn`` file: a strict subset of safetensors, written here (``docs/psnn_format.md``).

For each graph and set of tensors there is exactly one file, so a reader accepts a file only if it is the one that
:func:`write_container` would have written.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import FileFormatError

__all__ = [
    "DTYPES",
    "FORMAT_VERSION",
    "MAX_HEADER",
    "MAX_RANK",
    "METADATA",
    "NO_DIGEST",
    "Container",
    "Spec",
    "TensorEntry",
    "build_header",
    "byte_order",
    "canonical_json",
    "is_text",
    "quote",
    "write_container",
]

FORMAT_VERSION = 1
"""The format that is written, and the newest that is read."""

MAX_HEADER = 16 << 20
"""Bytes of a header, at most."""

MAX_RANK = 8
"""Axes of a tensor, at most."""

ALIGNMENT = 64
"""The tensors' bytes start at a multiple of this many bytes from the start of the file."""

DTYPES: dict[str, np.dtype[Any]] = {
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
    "I16": np.dtype("<i2"),
    "I32": np.dtype("<i4"),
    "I64": np.dtype("<i8"),
    "I8": np.dtype("i1"),
    "U16": np.dtype("<u2"),
    "U32": np.dtype("<u4"),
    "U64": np.dtype("<u8"),
    "U8": np.dtype("u1"),
}
"""The number types that a tensor may have; little-endian in the file."""

METADATA = "__metadata__"
"""The header's one key that is no tensor."""

NO_DIGEST = "0" * 64
"""What stands in the digest's place while the digest is worked out."""


@dataclass(frozen=True)
class Spec:
    """Type (a key of ``DTYPES``) and shape of a tensor."""

    dtype: str
    shape: tuple[int, ...]

    @property
    def length(self) -> int:
        """Bytes that its values take."""
        return math.prod(self.shape) * DTYPES[self.dtype].itemsize


@dataclass(frozen=True)
class TensorEntry:
    """One tensor: ``length`` bytes at ``offset`` from the start of the file, C order."""

    dtype: str
    shape: tuple[int, ...]
    offset: int
    length: int


@dataclass(frozen=True)
class Container:
    """What a file holds: the graph's JSON text, and where each tensor lies."""

    graph: str
    sha256: str
    tensors: dict[str, TensorEntry]


def canonical_json(value: object) -> str:
    r"""Return the one text of a JSON value: keys sorted by code point, no white space, ASCII, no NaN or infinity.

    Examples
    --------
    >>> canonical_json({"b": 1.0, "a": [True, None]})
    '{"a":[true,null],"b":1.0}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def quote(text: object) -> str:
    """Return hostile text as it may stand in a message: quoted, escaped, cut off.

    Examples
    --------
    >>> quote("a" * 100)[-12:]
    "aaaaaaaa'..."
    """
    if not isinstance(text, str):
        return type(text).__name__
    return ascii(text) if len(text) <= 60 else f"{text[:60]!a}..."


def is_text(name: str) -> bool:
    """Whether it is Unicode text: lone surrogates are not."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def byte_order(specs: Mapping[str, Spec]) -> list[str]:
    """Return the order of the tensors' bytes: wide types first, so that all are aligned without holes; then by name."""
    return sorted(specs, key=lambda name: (-DTYPES[specs[name].dtype].itemsize, name))


def build_header(graph: str, specs: Mapping[str, Spec]) -> tuple[bytes, int]:
    """Return a file up to its tensors, with zeros for the digest, and the digest's position."""
    root: dict[str, Any] = {}
    position = 0
    for name in byte_order(specs):
        spec = specs[name]
        offsets = [position, position + spec.length]
        root[name] = {"data_offsets": offsets, "dtype": spec.dtype, "shape": list(spec.shape)}
        position += spec.length
    version = str(FORMAT_VERSION)
    root[METADATA] = {"format": "psnn", "format_version": version, "graph": graph, "sha256": NO_DIGEST}
    text = canonical_json(root).encode()
    text += b" " * (-(8 + len(text)) % ALIGNMENT)
    header = len(text).to_bytes(8, "little") + text
    # Quotes inside strings are escaped, so only the key itself reads like this.
    key = b'"sha256":"'
    return header, header.index(key) + len(key)


def write_container(graph: str, tensors: Mapping[str, NDArray[Any]]) -> bytes:
    """Return the file that holds ``graph`` (ASCII text) and ``tensors``.

    Raises
    ------
    FileFormatError
        A tensor has a type, a shape or a name that the format does not have, or the header is too large.

    Examples
    --------
    >>> data = write_container("{}", {"w": np.ones(3, np.float32)})
    >>> len(data)
    268
    """
    if not graph.isascii():
        raise FileFormatError("the graph must be ASCII text")
    specs = {name: _spec(name, array) for name, array in tensors.items()}
    header, digest_at = build_header(graph, specs)
    if len(header) - 8 > MAX_HEADER:
        raise FileFormatError(f"the header would take {len(header) - 8} bytes, the limit is {MAX_HEADER}")
    parts: list[bytes | memoryview] = [header]
    for name in byte_order(specs):
        array = np.ascontiguousarray(tensors[name], dtype=DTYPES[specs[name].dtype])
        parts.append(array.reshape(-1).view(np.uint8).data)
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    parts[0] = header[:digest_at] + digest.hexdigest().encode() + header[digest_at + 64 :]
    return b"".join(parts)


def _spec(name: str, array: NDArray[Any]) -> Spec:
    if name == METADATA or not is_text(name):
        raise FileFormatError(f"a tensor cannot be called {quote(name)}")
    found = [code for code, dtype in DTYPES.items() if array.dtype.newbyteorder("<") == dtype]
    if not found:
        raise FileFormatError(f"tensor {quote(name)}: a file holds {', '.join(DTYPES)}, got {array.dtype}")
    if array.ndim > MAX_RANK or array.size == 0:
        raise FileFormatError(
            f"tensor {quote(name)}: at most {MAX_RANK} axes, none of them empty, got shape {array.shape}"
        )
    return Spec(found[0], tuple(array.shape))
