"""Compute an ONNX model with other software: what an import is compared with."""

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError
from pysnn.io.onnx.reader import import_onnx, read_model

__all__ = ["reference_name", "reference_outputs"]


def reference_name() -> str:
    """Give the software that :func:`reference_outputs` computes with: ONNX Runtime where it is installed."""
    return "ONNX Runtime" if find_spec("onnxruntime") else "onnx.reference"


def reference_outputs(
    source: str | os.PathLike[str] | bytes, x: NDArray[Any], output: str | None = None
) -> NDArray[np.float32]:
    """Compute a model with ONNX Runtime, or with the reference evaluator of the package onnx where it is not installed.

    Parameters
    ----------
    source
        A file, or its bytes.
    x
        ``(samples, ...)`` as the model takes them: normalised already, where it expects that.
    output
        Name of the value to read; the model's first output by default.

    Returns
    -------
    numpy.ndarray
        float32 ``(samples, ...)``.

    Raises
    ------
    DataError
        The samples do not have the model's shape, or their number is no multiple of the batch that it is made for.
    """
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    name, dimensions = read_model(data).input
    sizes = dimensions[1:]
    if x.shape[1:] != sizes or not len(x):
        raise DataError(f"expected at least one sample of shape {sizes}, got an array of shape {x.shape}")
    batch = dimensions[0] if isinstance(dimensions[0], int) else len(x)
    if len(x) % batch:
        raise DataError(f"the model is made for batches of {batch}, and {len(x)} samples are no multiple of that")
    compute = _session(data, output)
    values = np.ascontiguousarray(x, dtype=np.float32)
    parts = [compute({name: values[start : start + batch]}) for start in range(0, len(x), batch)]
    return np.asarray(np.concatenate(parts), dtype=np.float32)


def _session(data: bytes, output: str | None) -> Callable[[dict[str, Any]], NDArray[Any]]:
    onnx = import_onnx()
    model = onnx.ModelProto.FromString(data)
    if output is not None and output not in [value.name for value in model.graph.output]:
        model.graph.output.append(onnx.ValueInfoProto(name=output))
    wanted = [output or model.graph.output[0].name]
    if find_spec("onnxruntime"):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return lambda feeds: np.asarray(session.run(wanted, feeds)[0])
    from onnx.reference import ReferenceEvaluator

    evaluator = ReferenceEvaluator(model)
    return lambda feeds: np.asarray(evaluator.run(wanted, feeds)[0])  # type: ignore[index]
