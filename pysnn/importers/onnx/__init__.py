"""ONNX files (extra ``onnx``): :func:`load` reads one as a network, :func:`reference_outputs` computes it elsewhere."""

import logging
import os
from typing import Any

from pysnn.importers.onnx.imported import ImportedModel, read_onnx
from pysnn.importers.onnx.reference import reference_outputs
from pysnn.network import Network

__all__ = ["ImportedModel", "load", "read_onnx", "reference_outputs"]

_LOG = logging.getLogger("pysnn")


def load(
    source: str | os.PathLike[str] | bytes,
    *,
    output: str | None = None,
    mean: Any = None,
    std: Any = None,
) -> Network:
    """Read an ONNX model (opset 8 and later) as an ANN, ready for a conversion.

    Layers have the names of their nodes in the file. Batch normalisation comes as :class:`~pysnn.Affine`;
    :func:`pysnn.convert.folding.fold` works it into the weights. :func:`pysnn.importers.check.check_import` compares the result with
    what :func:`reference_outputs` computes from the file.

    A Softmax, ArgMax or their like at the end is left out: the network gives the scores before it. This, and an input of
    another shape than the model's, are logged as a note; :func:`read_onnx` returns the notes.

    Parameters
    ----------
    source
        A file, or its bytes. Weights in files beside it are read too, from inside the model's folder alone.
    output
        Name of the value to read; the model's only output by default. What it does not depend on is left out.
    mean, std
        What the network's input subtracts and divides by, one value per channel, if the model expects normalised input.

    Raises
    ------
    NetworkError
        Nodes that are not supported: one error that lists them all, by kinds, each with a name, its op and what to do.
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
    found = read_onnx(source, output, mean=mean, std=std)
    for note in found.notes:
        _LOG.warning("import: %s", note)
    return found.network
