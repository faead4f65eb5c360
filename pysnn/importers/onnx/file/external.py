"""Weights that lie in files beside the model, the form that PyTorch writes by default: read into the model, with care."""

import os
import stat
from collections.abc import Iterator
from math import prod
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from pysnn.errors import FileFormatError, NetworkError

__all__ = ["read_external"]

_MOST_BYTES = 1 << 31
_BYTES = {
    "FLOAT": 4,
    "FLOAT16": 2,
    "BFLOAT16": 2,
    "DOUBLE": 8,
    "BOOL": 1,
    **{f"{sign}INT{bits}": bits // 8 for sign in ("", "U") for bits in (8, 16, 32, 64)},
}


def read_external(onnx: Any, proto: Any, folder: Path | None) -> tuple[Path, ...]:
    """Read the values of tensors in other files into the model, in place; return the files.

    Parameters
    ----------
    onnx
        The package.
    proto
        A ``ModelProto``.
    folder
        The model's folder, which the files must lie in; ``None`` where the model came as bytes.

    Raises
    ------
    NetworkError
        The model came without its folder.
    FileFormatError
        A file is missing, lies elsewhere, or is too short.
    """
    left = _MOST_BYTES
    files: dict[Path, None] = {}
    for tensor, what in _tensors(proto):
        if tensor.data_location == onnx.TensorProto.DEFAULT and not tensor.external_data:
            continue
        keys = {entry.key: entry.value for entry in tensor.external_data}
        location = keys.get("location", "")
        if folder is None:
            raise NetworkError(
                f"{what}: its values are in another file ('{location}'); load the model from its path, with that file "
                "beside it, or save the model with everything in one file (external_data=False)"
            )
        size = _size(onnx, tensor, what)
        left -= size
        if left < 0:
            raise FileFormatError(f"{what}: the values in other files take more than {_MOST_BYTES} bytes")
        path = _inside(folder, location, what)
        values = _values(path, keys, size, what)
        files[path] = None
        tensor.ClearField("external_data")
        tensor.data_location = onnx.TensorProto.DEFAULT
        tensor.raw_data = values
    return tuple(files)


def _tensors(proto: Any) -> Iterator[tuple[Any, str]]:
    for tensor in proto.graph.initializer:
        yield tensor, f"initialiser '{tensor.name}'"
    for node in proto.graph.node:
        for item in node.attribute:
            if item.HasField("t"):
                yield item.t, f"{node.op_type} '{node.name or next(iter(node.output), '')}': {item.name}"


def _size(onnx: Any, tensor: Any, what: str) -> int:
    """Return how many bytes a tensor takes."""
    names = {number: name for name, number in onnx.TensorProto.DataType.items()}
    name = names.get(tensor.data_type, f"number {tensor.data_type}")
    if name not in _BYTES:
        raise NetworkError(f"{what}: expected numbers of type {', '.join(_BYTES)}, got {name}")
    if any(size < 0 for size in tensor.dims):
        raise FileFormatError(f"{what}: expected no negative sizes, got {tuple(tensor.dims)}")
    return int(prod(tensor.dims)) * _BYTES[name]


def _inside(folder: Path, location: str, what: str) -> Path:
    """Return the file of a location, which may lead nowhere but into the model's folder."""
    parts = PurePosixPath(location).parts
    outside = PurePosixPath(location).is_absolute() or PureWindowsPath(location).anchor or ".." in parts
    if not location or not location.isprintable() or "\\" in location or outside:
        raise FileFormatError(f"{what}: expected a file in the model's folder, got {location!r}")
    path = folder / location
    try:
        root, real = folder.resolve(strict=True), path.resolve(strict=True)
    except OSError as error:
        raise FileFormatError(f"{what}: its values are in '{location}' beside the model, which is not there") from error
    if not real.is_relative_to(root):
        raise FileFormatError(f"{what}: expected a file in the model's folder; '{location}' is a link that leads out")
    return real


def _values(path: Path, keys: dict[str, str], size: int, what: str) -> bytes:
    try:
        start, length = int(keys.get("offset") or 0), int(keys.get("length") or size)
    except ValueError as error:
        raise FileFormatError(f"{what}: offset and length must be integers") from error
    if start < 0 or length != size:
        raise FileFormatError(f"{what}: expected {size} bytes at a positive offset, got {length} bytes at {start}")
    # A FIFO or a device would be waited for.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        os.close(handle)
        raise FileFormatError(f"{what}: expected a regular file, got '{path.name}'")
    with os.fdopen(handle, "rb") as stream:
        if start + size > found.st_size:
            raise FileFormatError(
                f"{what}: expected {size} bytes at {start} of '{path.name}', which has {found.st_size} bytes"
            )
        stream.seek(start)
        values = stream.read(size)
    if len(values) != size:
        raise FileFormatError(f"{what}: '{path.name}' became shorter while it was read")
    return values
