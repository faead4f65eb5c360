"""ONNX files (extra ``onnx``): :func:`load` reads one as a network, :func:`reference_outputs` computes it elsewhere."""

import os
from pathlib import Path
from typing import Any

from pysnn.errors import CapacityError, FileFormatError, NetworkError
from pysnn.importers.onnx.importer import import_model
from pysnn.importers.onnx.reader import import_onnx, read_model
from pysnn.importers.onnx.reference import reference_outputs
from pysnn.network import Network

__all__ = ["load", "reference_outputs"]


def load(
    source: str | os.PathLike[str] | bytes,
    *,
    output: str | None = None,
    mean: Any = None,
    std: Any = None,
) -> Network:
    """Read an ONNX model (opset 8 and later) as an ordinary network, ready for a conversion.

    Layers have the names of their nodes in the file. Batch normalisation comes as :class:`~pysnn.Affine`;
    :func:`pysnn.convert.folding.fold.fold` works it into the weights. :func:`pysnn.importers.check.check_import` compares the result with
    what :func:`reference_outputs` computes from the file.

    Parameters
    ----------
    source
        A file, or its bytes.
    output
        Name of the value to read; the model's only output by default. What it does not depend on is left out.
    mean, std
        What the network's input subtracts and divides by, one value a channel, if the model expects normalised input.

    Raises
    ------
    NetworkError
        Nodes that are not supported: one error that lists them all, each with its name, its op and what to do.
    FileFormatError
        The file is damaged or no ONNX model.
    MissingExtraError
        The package onnx is not installed.
    OSError
        There is no such file, or it cannot be read.

    Examples
    --------
    >>> load(b"")
    Traceback (most recent call last):
    pysnn.errors.FileFormatError: not an ONNX model: it has no graph or names no opset
    """
    import_onnx()
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    where = "" if isinstance(source, bytes) else f"{os.fspath(source)}: "
    try:
        return import_model(read_model(data), output, (mean, std))
    except (NetworkError, FileFormatError, CapacityError) as error:
        raise type(error)(f"{where}{error}") from error
