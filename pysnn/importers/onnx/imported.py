"""A model that was read: the network, where it is read, and what there is to say about it."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pysnn.errors import CapacityError, FileFormatError, NetworkError
from pysnn.file_kinds import with_kind
from pysnn.importers import check
from pysnn.importers.onnx.file.endings import reading
from pysnn.importers.onnx.file.model import Model
from pysnn.importers.onnx.file.needed import Needed, needed
from pysnn.importers.onnx.file.reader import read_model, read_proto
from pysnn.importers.onnx.importer import build
from pysnn.importers.onnx.layout.input_layout import InputLayout
from pysnn.network import Network

__all__ = ["ImportedModel", "read_onnx"]

_HALF_TYPES = (10, 16)


@dataclass(frozen=True, eq=False)
class ImportedModel:
    """An ONNX model as a network.

    Attributes
    ----------
    network
        The network.
    output
        Name of the value that it is read at.
    layout
        How its input lies in the model's.
    half
        Whether the model computes in floats of 16 bits, which round more than the network does.
    notes
        Sentences for the user: what was left out, which shape the data have.
    files
        Files beside the model that weights came from.
    """

    network: Network
    output: str
    layout: InputLayout
    half: bool
    notes: tuple[str, ...]
    files: tuple[Path, ...]

    @property
    def tolerance(self) -> float:
        """Largest relative difference to the model's own result that rounding explains."""
        return check.HALF_TOLERANCE if self.half else check.TOLERANCE


def read_onnx(
    source: str | os.PathLike[str] | bytes, output: str | None = None, *, mean: Any = None, std: Any = None
) -> ImportedModel:
    """Read an ONNX model; see :func:`pysnn.importers.onnx.load`, which returns the network alone.

    Examples
    --------
    >>> read_onnx(b"")
    Traceback (most recent call last):
    pysnn.errors.FileFormatError: not an ONNX model: it has no graph or names no opset
    """
    where = "" if isinstance(source, bytes) else f"{os.fspath(source)}: "
    try:
        proto, files = read_proto(source)
        model = read_model(proto)
        read = reading(model, output)
        part = needed(model, read.value)
        network, layout = build(part, model.constants, read.value, mean, std)
    except FileFormatError as error:
        said = str(error) if isinstance(source, bytes) else with_kind(str(error), source)
        raise FileFormatError(f"{where}{said}") from error
    except (NetworkError, CapacityError) as error:
        raise type(error)(f"{where}{error}") from error
    notes = read.notes if layout.note is None else (*read.notes, layout.note)
    return ImportedModel(network, read.value, layout, _is_half(model, part), notes, files)


def _is_half(model: Model, part: Needed) -> bool:
    constants = (model.constants[name] for name in part.names if name in model.constants)
    return (
        part.input.kind in ("FLOAT16", "BFLOAT16")
        or any(array.dtype == np.float16 for array in constants)
        or any(node.op == "Cast" and node.attributes.get("to") in _HALF_TYPES for node in part.nodes)
    )
