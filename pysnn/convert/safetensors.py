"""Read weights from ``.safetensors`` files: eight bytes of header length, a JSON header, plain arrays."""

import json
import os
from math import prod
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import FileFormatError
from pysnn.file_kinds import with_kind

__all__ = ["parse_tensors", "read_tensors"]

_DTYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "I64": "<i8", "I32": "<i4", "U8": "u1"}
_MAX_HEADER = 100_000_000


def read_tensors(path: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    """Give the tensors of a file by name, each with the dtype that it is stored in.

    Raises
    ------
    FileFormatError
        The file is no safetensors file, is damaged, or has a dtype other than F16, F32, F64, I32, I64, U8.
    OSError
        There is no such file, or it cannot be read.
    """
    try:
        return parse_tensors(Path(path).read_bytes())
    except FileFormatError as error:
        raise FileFormatError(f"{os.fspath(path)}: {with_kind(str(error), path)}") from error.__cause__


def parse_tensors(data: bytes) -> dict[str, NDArray[Any]]:
    """Give the tensors that a file's bytes hold; see :func:`read_tensors`.

    Examples
    --------
    >>> header = b'{"w":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}'
    >>> parse_tensors(len(header).to_bytes(8, "little") + header + np.float16([1, 2]).tobytes())["w"].tolist()
    [1.0, 2.0]
    """
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(_MAX_HEADER, len(data) - 8):
        raise FileFormatError("not a safetensors file, or a truncated one: its header does not fit")
    try:
        header = json.loads(data[8 : 8 + length])
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"not a safetensors file: its header is not JSON ({str(error)[:100]})") from error
    if not isinstance(header, dict):
        raise FileFormatError("not a safetensors file: its header is not a JSON object")
    body = memoryview(data)[8 + length :]
    return {name: _tensor(name, entry, body) for name, entry in header.items() if name != "__metadata__"}


def _tensor(name: str, entry: Any, body: memoryview) -> NDArray[Any]:
    what = f"tensor {name[:200]!r}"
    if not isinstance(entry, dict):
        raise FileFormatError(f"{what}: expected a JSON object, got {type(entry).__name__}")
    kind = entry.get("dtype")
    if not isinstance(kind, str) or kind not in _DTYPES:
        raise FileFormatError(f"{what}: expected dtype {', '.join(_DTYPES)}, got {str(kind)[:40]!r}")
    shape, offsets = entry.get("shape"), entry.get("data_offsets")
    if not _sizes(shape) or not _sizes(offsets) or len(offsets) != 2 or len(shape) > 8:
        raise FileFormatError(f"{what}: expected a list of sizes and two offsets")
    dtype = np.dtype(_DTYPES[kind])
    start, end = offsets
    if not start <= end <= len(body) or end - start != prod(shape) * dtype.itemsize:
        raise FileFormatError(
            f"{what}: {prod(shape) * dtype.itemsize} bytes were expected for shape {shape}, its place is {offsets} of {len(body)}"
        )
    return np.frombuffer(body[start:end], dtype).reshape(shape)


def _sizes(value: object) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(type(item) is int and 0 <= item < 1 << 62 for item in value)
