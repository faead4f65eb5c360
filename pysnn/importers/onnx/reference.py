"""Compute an ONNX model with other software: what an import is compared with."""

import os
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pysnn.encode.layout import laid_out
from pysnn.errors import DataError, NetworkError
from pysnn.importers.onnx.file.endings import reading
from pysnn.importers.onnx.file.needed import Needed, needed
from pysnn.importers.onnx.file.reader import import_onnx, read_model, read_proto

__all__ = ["Reference", "reference", "reference_name", "reference_outputs"]

Compute = Callable[[dict[str, Any]], NDArray[Any]]

_EVALUATOR = "onnx.reference"
_BATCH = 64
_MOST_VALUES = 1 << 28
_TYPES: Mapping[str, type[np.generic]] = {"FLOAT16": np.float16, "DOUBLE": np.float64}


class Reference(NamedTuple):
    """What other software computes from a model, and the name of that software."""

    values: NDArray[np.float32]
    name: str


def reference_name() -> str:
    """Return the software that :func:`reference` asks first: ONNX Runtime where it is installed."""
    return "ONNX Runtime" if find_spec("onnxruntime") else _EVALUATOR


def reference_outputs(
    source: str | os.PathLike[str] | bytes, x: NDArray[Any], output: str | None = None
) -> NDArray[np.float32]:
    """Compute a model with ONNX Runtime, or with the reference evaluator of the package onnx where that is not installed.

    The reference evaluator also computes what ONNX Runtime knows but has no code for, such as convolutions in float64.

    Parameters
    ----------
    source
        A file, or its bytes.
    x
        ``(samples, ...)`` as the model takes them: normalised already, where it expects that. They are given to it in its
        own type.
    output
        Name of the value to read. As in :func:`pysnn.importers.onnx.load`, a Softmax or its like at the end is left out.

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
    return reference(source, x, output).values


def reference(source: str | os.PathLike[str] | bytes, x: NDArray[Any], output: str | None = None) -> Reference:
    """Compute a model as :func:`reference_outputs` does, and say with which software."""
    proto, _ = read_proto(source)
    model = read_model(proto)
    value = reading(model, output).value
    part = needed(model, value)
    batch, *sizes = part.input.dimensions or (None,)
    fitting = laid_out(x, tuple(sizes)) if all(isinstance(size, int) for size in sizes) else None  # type: ignore[arg-type]
    if fitting is None or not len(x):
        raise DataError(f"expected at least one sample of shape {tuple(sizes)}, got an array of shape {x.shape}")
    fixed = batch if isinstance(batch, int) else None
    if fixed and fixed * fitting[0].size > _MOST_VALUES:
        raise DataError(
            f"the model is made for batches of {fixed}, which are too large; export it with a dynamic batch"
        )
    size = fixed or min(len(x), _BATCH)
    try:
        with np.errstate(over="ignore"):
            values = np.ascontiguousarray(fitting, dtype=np.float32).astype(
                _TYPES.get(part.input.kind or "", np.float32)
            )
        name, compute = _session(_pruned(proto, part, value))
        starts = range(0, len(x), size)
        parts = [_rows(compute({part.input.name: _filled(values[k : k + size], fixed)}), size) for k in starts]
    # Both have error classes of their own, which differ from version to version.
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise NetworkError(f"{reference_name()} cannot compute the model: {reason}") from error
    return Reference(np.asarray(np.concatenate(parts)[: len(x)], dtype=np.float32), name)


def _filled(part: NDArray[Any], batch: int | None) -> NDArray[Any]:
    """Return a batch of the size that the model is made for."""
    missing = 0 if batch is None else batch - len(part)
    return np.concatenate([part, np.repeat(part[-1:], missing, axis=0)]) if missing else part


def _rows(result: NDArray[Any], batch: int) -> NDArray[Any]:
    """Return a result with a row for each sample, also where a batch of one was dropped."""
    return result if batch > 1 or result.shape[:1] == (1,) else result.reshape(1, *result.shape)


def _pruned(proto: Any, part: Needed, value: str) -> Any:
    """Return a model that computes one value and nothing else: what it does not need may be unknown to other software."""
    onnx = import_onnx()
    model = onnx.ModelProto()
    model.CopyFrom(proto)
    graph = model.graph
    _keep(graph.node, [node for node in graph.node if any(name in part.names for name in node.output)])
    _keep(graph.initializer, [tensor for tensor in graph.initializer if tensor.name in part.names])
    _keep(graph.input, [given for given in graph.input if given.name in part.names])
    for given in graph.input:
        dims = given.type.tensor_type.shape.dim
        if given.name == part.input.name and dims[0].WhichOneof("value") == "dim_value" and dims[0].dim_value < 1:
            dims[0].dim_param = "batch"
    _keep(graph.output, [each for each in graph.output if each.name == value] or [onnx.ValueInfoProto(name=value)])
    return model


def _keep(field: Any, kept: list[Any]) -> None:
    del field[:]
    field.extend(kept)


def _session(model: Any) -> tuple[str, Compute]:
    """Return the software that can compute a model, and a function that does."""
    wanted = [model.graph.output[0].name]
    session = _onnx_runtime(model) if find_spec("onnxruntime") else None
    if session is not None:
        return reference_name(), lambda feeds: np.asarray(session.run(wanted, feeds)[0])
    from onnx.reference import ReferenceEvaluator

    evaluator = ReferenceEvaluator(model)
    return _EVALUATOR, lambda feeds: np.asarray(evaluator.run(wanted, feeds)[0])  # type: ignore[index]


def _onnx_runtime(model: Any) -> Any:
    """Return a session of ONNX Runtime, or ``None`` where it has no code for a node's type."""
    import onnxruntime
    from onnxruntime.capi.onnxruntime_pybind11_state import NotImplemented as NoCodeError

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except NoCodeError:
        return None
