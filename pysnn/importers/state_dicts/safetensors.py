"""Weights from ``.safetensors`` files, read by the package of that name (extra ``safetensors``)."""

import os
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pysnn.errors import FileFormatError, MissingExtraError
from pysnn.file_kinds import with_kind

__all__ = ["parse_tensors", "read_tensors"]


def read_tensors(path: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    """Return the tensors of a file by name, each with the dtype that it is stored in.

    Raises
    ------
    FileFormatError
        The file is no safetensors file, is damaged, or has a dtype that NumPy lacks.
    MissingExtraError
        The package safetensors is not installed.
    OSError
        There is no such file, or it cannot be read.
    """
    try:
        return parse_tensors(Path(path).read_bytes())
    except FileFormatError as error:
        raise FileFormatError(f"{os.fspath(path)}: {with_kind(str(error), path)}") from error.__cause__


def parse_tensors(data: bytes) -> dict[str, NDArray[Any]]:
    r"""Return the tensors that a file's bytes hold; see :func:`read_tensors`.

    Examples
    --------
    >>> header = b'{"w":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}'
    >>> body = b"\x00\x3c\x00\x40"  # 1 and 2
    >>> parse_tensors(len(header).to_bytes(8, "little") + header + body)["w"].tolist()
    [1.0, 2.0]
    """
    try:
        from safetensors import SafetensorError
        from safetensors.numpy import load
    except ImportError as error:
        raise MissingExtraError("reading .safetensors files needs pip install 'pysnn[safetensors]'") from error
    try:
        tensors: dict[str, NDArray[Any]] = load(data)
    except SafetensorError as error:
        raise FileFormatError(f"not a safetensors file, or a damaged one: {str(error)[:200]}") from error
    except KeyError as error:
        raise FileFormatError(f"expected tensors of types that NumPy has, got {error}") from error
    return tensors
