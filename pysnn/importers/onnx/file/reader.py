"""Read the bytes of an ONNX file. Nothing in them is trusted: sizes, types and references are checked first."""

import os
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import FileFormatError, MissingExtraError, NetworkError
from pysnn.importers.onnx.file.external import read_external
from pysnn.importers.onnx.file.model import Dimension, Model, ModelInput, OnnxNode

__all__ = ["OLDEST_OPSET", "import_onnx", "read_model", "read_proto"]

OLDEST_OPSET = 8

_MOST_VALUES = 1 << 28
_MOST_DIMENSIONS = 8
_OWN_DOMAINS = ("", "ai.onnx")
# Names of TensorProto.DataType whose values NumPy holds, or that widen to float32 without loss.
_INTEGERS = tuple(f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64))
_FLOATS = ("FLOAT", "FLOAT16", "BFLOAT16", "DOUBLE")
_NUMERIC = (*_FLOATS, *_INTEGERS, "BOOL")


def import_onnx() -> Any:
    """Return the ``onnx`` package.

    Raises
    ------
    MissingExtraError
        It is not installed.
    """
    try:
        import onnx
        import onnx.defs
        import onnx.numpy_helper
    except ImportError as error:
        raise MissingExtraError("reading ONNX files needs the package onnx: pip install 'pysnn[onnx]'") from error
    return onnx


def read_proto(source: str | os.PathLike[str] | bytes) -> tuple[Any, tuple[Path, ...]]:
    """Read a file, or its bytes, as a ``ModelProto`` that holds all its weights; return the files that these came from too.

    Raises
    ------
    FileFormatError
        It is no ONNX model, or a damaged one.
    NetworkError
        It has what pysnn does not read: an old opset, sparse weights, functions, weights in files that are not given.
    OSError
        There is no such file, or it cannot be read.
    """
    onnx = import_onnx()
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    try:
        proto = onnx.ModelProto.FromString(data)
    # protobuf's own error classes differ from version to version.
    except Exception as error:
        raise FileFormatError(f"not an ONNX model, or a damaged one: {str(error)[:200]}") from error
    if not proto.HasField("graph") or not proto.opset_import:
        raise FileFormatError("not an ONNX model: it has no graph or names no opset")
    _opset(onnx, proto)
    _refuse_features(proto)
    try:
        files = read_external(onnx, proto, None if isinstance(source, bytes) else Path(source).parent)
    except _DAMAGED as error:
        raise _damaged(error) from error
    return proto, files


def read_model(proto: Any) -> Model:
    """Read what an importer needs from a ``ModelProto``.

    Raises
    ------
    FileFormatError
        It is damaged.
    NetworkError
        It has no input.
    """
    onnx = import_onnx()
    graph = proto.graph
    try:
        constants, unreadable = _constants(onnx, graph)
        return Model(
            nodes=tuple(_node(onnx, node) for node in graph.node),
            constants=constants,
            unreadable=unreadable,
            inputs=_inputs(onnx, graph, {*constants, *unreadable}),
            outputs=_outputs(graph),
            opset=_opset(onnx, proto),
        )
    except _DAMAGED as error:
        raise _damaged(error) from error


# Fields of any kind can stand in a hostile file (names that are not Unicode, for example).
_DAMAGED = (ValueError, TypeError, AttributeError, KeyError, RuntimeError)


def _damaged(error: Exception) -> Exception:
    if isinstance(error, FileFormatError | NetworkError):
        return error
    return FileFormatError(f"a damaged ONNX model: {str(error)[:200]}")


def _opset(onnx: Any, proto: Any) -> int:
    versions = [entry.version for entry in proto.opset_import if entry.domain in _OWN_DOMAINS]
    newest = onnx.defs.onnx_opset_version()
    if len(versions) != 1:
        raise FileFormatError(f"expected one version of the standard opset, got {versions}")
    if not OLDEST_OPSET <= versions[0] <= newest:
        raise NetworkError(
            f"expected opset {OLDEST_OPSET} to {newest} (what the installed onnx package knows), got {versions[0]}; "
            "export the model with one of these"
        )
    return int(versions[0])


def _refuse_features(proto: Any) -> None:
    graph = proto.graph
    if proto.functions:
        names = ", ".join(f"'{function.name}'" for function in proto.functions[:8])
        raise NetworkError(
            f"the model defines functions ({names}): inline them with onnx.inliner.inline_local_functions"
        )
    if graph.sparse_initializer:
        raise NetworkError("the model has sparse initialisers: export it with dense ones")


def _outputs(graph: Any) -> tuple[str, ...]:
    names = tuple(value.name for value in graph.output)
    if not names or not all(isinstance(name, str) and name for name in names):
        raise FileFormatError(f"the model has no output, or one without a name: {names}")
    return names


def _constants(onnx: Any, graph: Any) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Return the initialisers, and why others cannot be read: that matters only where one is needed."""
    constants: dict[str, NDArray[Any]] = {}
    unreadable: dict[str, str] = {}
    for tensor in graph.initializer:
        known = tensor.name in constants or tensor.name in unreadable
        if not tensor.name or not isinstance(tensor.name, str) or known:
            raise FileFormatError(f"initialiser '{tensor.name}': expected a name that stands there once")
        what, kind = f"initialiser '{tensor.name}'", _type_name(onnx, tensor.data_type)
        if kind in _NUMERIC:
            constants[tensor.name] = _array(onnx, tensor, what)
        else:
            unreadable[tensor.name] = f"{what}: expected numbers of type {', '.join(_NUMERIC)}, got {kind}"
    return constants, unreadable


def _array(onnx: Any, tensor: Any, what: str) -> NDArray[Any]:
    """Return a tensor's values; the sizes it claims are compared with the bytes that are there."""
    kind = _type_name(onnx, tensor.data_type)
    shape = tuple(tensor.dims)
    if len(shape) > _MOST_DIMENSIONS or any(size < 0 for size in shape) or prod(shape) > _MOST_VALUES:
        raise FileFormatError(
            f"{what}: expected at most {_MOST_DIMENSIONS} dimensions, {_MOST_VALUES} values, got {shape}"
        )
    try:
        array = onnx.numpy_helper.to_array(tensor)
        widened = np.asarray(array, dtype=np.float32) if kind == "BFLOAT16" else np.asarray(array)
    # The package's readers raise whatever they meet first.
    except Exception as error:
        raise FileFormatError(f"{what}: its values do not fit its shape {shape}: {str(error)[:200]}") from error
    if widened.shape != shape:
        raise FileFormatError(f"{what}: expected shape {shape}, got values of shape {widened.shape}")
    return widened


def _type_name(onnx: Any, number: int) -> str:
    names: dict[int, str] = {value: name for name, value in onnx.TensorProto.DataType.items()}
    return names.get(number, f"number {number}")


def _node(onnx: Any, node: Any) -> OnnxNode:
    label = node.name or next(iter(node.output), "")
    values = {item.name: _attribute(onnx, item, f"{node.op_type} '{label}': {item.name}") for item in node.attribute}
    if len(values) != len(node.attribute):
        raise FileFormatError(f"{node.op_type} '{label}': an attribute stands there twice")
    domain = "" if node.domain in _OWN_DOMAINS else node.domain
    texts = (node.op_type, domain, node.name, *node.input, *node.output, *values)
    if not all(isinstance(text, str) for text in texts):
        raise FileFormatError(f"a node's texts are not Unicode: {texts!r}"[:300])
    return OnnxNode(node.op_type, domain, node.name, tuple(node.input), tuple(node.output), values)


def _attribute(onnx: Any, item: Any, what: str) -> Any:
    kinds = onnx.AttributeProto
    if item.ref_attr_name:
        raise FileFormatError(f"{what}: it refers to the attribute of a function, and this is none")
    if item.type == kinds.TENSOR:
        return _array(onnx, item.t, what) if _type_name(onnx, item.t.data_type) in _NUMERIC else None
    readers: dict[int, Callable[[], Any]] = {
        kinds.FLOAT: lambda: float(item.f),
        kinds.INT: lambda: int(item.i),
        kinds.STRING: lambda: item.s.decode("utf-8"),
        kinds.FLOATS: lambda: tuple(float(value) for value in item.floats),
        kinds.INTS: lambda: tuple(int(value) for value in item.ints),
    }
    reader = readers.get(item.type)
    return None if reader is None else reader()


def _inputs(onnx: Any, graph: Any, constants: set[str]) -> dict[str, ModelInput]:
    """Return the inputs that no initialiser fills (files before IR 4 list those too)."""
    inputs: dict[str, ModelInput] = {}
    for value in graph.input:
        if value.name in constants:
            continue
        if not value.name or not isinstance(value.name, str) or value.name in inputs:
            raise FileFormatError(f"input '{value.name}': expected a name that stands there once")
        kind = dimensions = None
        if value.type.HasField("tensor_type"):
            tensor = value.type.tensor_type
            kind = _type_name(onnx, tensor.elem_type)
            if tensor.HasField("shape"):
                dimensions = tuple(_dimension(dim, batch=axis == 0) for axis, dim in enumerate(tensor.shape.dim))
        inputs[value.name] = ModelInput(value.name, kind, dimensions)
    if not inputs:
        raise NetworkError("expected a model with one input, got 0 (none)")
    return inputs


def _dimension(dim: Any, *, batch: bool) -> Dimension:
    """Return a dimension; some exporters write an open batch as -1 or 0."""
    kind = dim.WhichOneof("value")
    if kind is None or (batch and kind == "dim_value" and dim.dim_value < 1):
        return None
    return int(dim.dim_value) if kind == "dim_value" else str(dim.dim_param)
