"""Compute an ONNX model with other software: what an import is compared with."""

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError, NetworkError
from pysnn.importers.onnx.reader import import_onnx, read_model

__all__ = ["reference_name", "reference_outputs"]

_BATCH = 64
_MOST_VALUES = 1 << 28


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
        The samples do not have the model's shape, or it is made for batches that are too large.
    NetworkError
        The other software cannot compute the model.

    Notes
    -----
    Samples go in batches of the size that the model is made for, the last one filled up with copies of a sample; results
    belong to their samples alone.
    """
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    name, dimensions = read_model(data).input
    sizes = dimensions[1:]
    if x.shape[1:] != sizes or not len(x):
        raise DataError(f"expected at least one sample of shape {sizes}, got an array of shape {x.shape}")
    fixed = dimensions[0] if isinstance(dimensions[0], int) else None
    if fixed and fixed * x[0].size > _MOST_VALUES:
        raise DataError(
            f"the model is made for batches of {fixed}, which are too large; export it with a dynamic batch"
        )
    batch = fixed or min(len(x), _BATCH)
    values = np.ascontiguousarray(x, dtype=np.float32)
    try:
        compute = _session(data, output)
        parts = [compute({name: _filled(values[start : start + batch], fixed)}) for start in range(0, len(x), batch)]
    # Both have error classes of their own, which differ from version to version.
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise NetworkError(f"{reference_name()} cannot compute the model: {reason}") from error
    return np.asarray(np.concatenate(parts)[: len(x)], dtype=np.float32)


def _filled(part: NDArray[np.float32], batch: int | None) -> NDArray[np.float32]:
    """Give a batch of the size that the model is made for."""
    missing = 0 if batch is None else batch - len(part)
    return np.concatenate([part, np.repeat(part[-1:], missing, axis=0)]) if missing else part


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
