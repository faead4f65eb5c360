"""From a file's graph to a network: nodes in their order, each through the table of ops."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pysnn.errors import NetworkError
from pysnn.importers.onnx.assembly import Assembly, Operand, Operands, Signal
from pysnn.importers.onnx.constants import CONSTANT_OPS, ConstantFolder, shape_of
from pysnn.importers.onnx.model import Model, OnnxNode, UnsupportedError
from pysnn.importers.onnx.table import KEEPS_SHAPE, OPS, advice
from pysnn.importers.onnx.tidy import tidy
from pysnn.network import Network
from pysnn.nodes import Input, Output

__all__ = ["import_model"]

_MOST_LISTED = 50


class _Unknown:
    """What an unsupported node computes."""


_UNKNOWN = _Unknown()
Value = Operand | _Unknown


def import_model(model: Model, output: str | None, normalisation: tuple[Any, Any]) -> Network:
    """Give the network of a model, read at ``output``.

    Raises
    ------
    NetworkError
        The graph is not sound, or has nodes that are not supported: all of them are listed.
    """
    read = _output_name(model, output)
    order = _needed_in_order(model, read)
    assembly = _start(model, normalisation)
    for node in order:
        assembly.readers.update(node.inputs)
    assembly.readers[read] += 1
    values: dict[str, Value] = {"": None, **model.constants}
    values[model.input[0]] = _input_signal(assembly)
    problems: list[str] = []
    folder = ConstantFolder()
    for node in order:
        try:
            # Numbers beyond float32 are refused where a layer takes them.
            with np.errstate(all="ignore"):
                values[node.outputs[0]] = _compute(assembly, folder, node, [values[name] for name in node.inputs])
        except UnsupportedError as error:
            problems.append(f"{node.op} '{node.label}': {error}")
            values[node.outputs[0]] = _stand_in(node, values)
        # What hostile values make NumPy or a node's constructor raise is about this node.
        except (ValueError, TypeError, IndexError, KeyError, ArithmeticError, MemoryError) as error:
            problems.append(f"{node.op} '{node.label}': {str(error)[:300] or type(error).__name__}")
            values[node.outputs[0]] = _UNKNOWN
    _refuse(problems)
    result = values[read]
    if not isinstance(result, Signal):
        raise NetworkError(f"the output '{read}' does not depend on the input '{model.input[0]}'")
    assembly.place(read, Output(), result.terms)
    with np.errstate(all="ignore"):
        tidy(assembly)
    return Network(assembly.nodes, assembly.edges)


def _refuse(problems: Sequence[str]) -> None:
    if not problems:
        return
    more = [] if len(problems) <= _MOST_LISTED else [f"and {len(problems) - _MOST_LISTED} more"]
    count = "1 node" if len(problems) == 1 else f"{len(problems)} nodes"
    listed = "\n".join(f"- {line}" for line in [*problems[:_MOST_LISTED], *more])
    raise NetworkError(f"the model has {count} that pysnn cannot import:\n{listed}")


def _compute(assembly: Assembly, folder: ConstantFolder, node: OnnxNode, inputs: list[Value]) -> Value:
    """Give a node's first result: a constant, a signal, or unknown where an input is."""
    op = OPS.get(node.op)
    if node.domain or (op is None and node.op not in CONSTANT_OPS):
        raise UnsupportedError(advice(node))
    if any(assembly.readers[name] for name in node.outputs[1:] if name):
        raise UnsupportedError("its second result is read; only the first one is supported")
    operands: list[Operand] = []
    for value in inputs:
        if isinstance(value, _Unknown):
            return _UNKNOWN
        operands.append(value)
    signals = [value for value in operands if isinstance(value, Signal)]
    if node.op == "Shape" and signals:
        return shape_of(node, signals[0].shape)
    if not signals and node.op in CONSTANT_OPS:
        return folder.fold(node, [value for value in operands if value is not None and not isinstance(value, Signal)])
    if op is None:
        raise UnsupportedError(advice(node))
    unknown = sorted(set(node.attributes) - op.attributes)
    if unknown or not op.inputs[0] <= len(operands) <= op.inputs[1]:
        raise UnsupportedError(
            f"it has {len(operands)} inputs and the attributes {unknown}, which this op does not have"
        )
    return op.handler(assembly, node, Operands(tuple(operands)))


def _stand_in(node: OnnxNode, values: Mapping[str, Value]) -> Value:
    """Give a value that lets the nodes behind an unsupported one be checked, where its shape is known."""
    first = values[node.inputs[0]] if node.inputs else None
    return first if node.op in KEEPS_SHAPE and isinstance(first, Signal) else _UNKNOWN


def _output_name(model: Model, wanted: str | None) -> str:
    if wanted is None:
        if len(model.outputs) == 1:
            return model.outputs[0]
        names = ", ".join(f"'{name}'" for name in model.outputs[:8])
        raise NetworkError(f"the model has {len(model.outputs)} outputs ({names}): choose one with output=NAME")
    known = {name for node in model.nodes for name in node.outputs}
    if not wanted or wanted not in known | {model.input[0]}:
        raise NetworkError(f"output '{wanted}': the model computes no value of that name")
    return wanted


def _makers(model: Model) -> dict[str, OnnxNode]:
    """Give the node that computes each value."""
    makers: dict[str, OnnxNode] = {}
    for node in model.nodes:
        if not node.outputs or not node.outputs[0]:
            raise NetworkError(f"{node.op} '{node.label}': it has no result")
        for name in filter(None, node.outputs):
            if name in makers or name in model.constants or name == model.input[0]:
                raise NetworkError(f"{node.op} '{node.label}': its result '{name}' has a second origin")
            makers[name] = node
    return makers


def _needed_in_order(model: Model, read: str) -> list[OnnxNode]:
    """Give the nodes that the output depends on, each behind those whose results it reads."""
    makers = _makers(model)
    order: list[OnnxNode] = []
    finished: dict[OnnxNode, bool] = {}
    stack = [(read, f"the output '{read}'", False)]
    while stack:
        name, reader, leaving = stack.pop()
        if not name or name in model.constants or name == model.input[0]:
            continue
        if name not in makers:
            raise NetworkError(f"{reader}: it reads '{name}', which is no node's result, no initialiser and no input")
        node = makers[name]
        if leaving:
            finished[node] = True
            order.append(node)
        elif node not in finished:
            finished[node] = False
            stack.append((name, reader, True))
            stack += [(source, f"{node.op} '{node.label}'", False) for source in reversed(node.inputs)]
        elif not finished[node]:
            raise NetworkError(f"{node.op} '{node.label}': its result '{name}' depends on itself (a cycle)")
    return order


def _start(model: Model, normalisation: tuple[Any, Any]) -> Assembly:
    name, dimensions = model.input
    what = f"input '{name}'"
    if len(dimensions) not in (2, 4):
        raise NetworkError(f"{what}: expected (batch, n) or (batch, channels, height, width), got {dimensions}")
    batch, *sizes = dimensions
    shape = []
    for axis, size in enumerate(sizes, start=1):
        if not isinstance(size, int):
            raise NetworkError(
                f"{what}: dimension {axis} ({size or 'unnamed'}) is dynamic; export the model with it fixed "
                "(only the batch may be dynamic)"
            )
        shape.append(size)
    if isinstance(batch, int) and batch < 1:
        raise NetworkError(f"{what}: expected a positive batch, got {batch}")
    assembly = Assembly(batch if isinstance(batch, int) else 1)
    mean, std = normalisation
    assembly.place(name, Input(tuple(shape), mean, std), ())
    return assembly


def _input_signal(assembly: Assembly) -> Signal:
    (name,) = assembly.nodes
    return Signal((name,), (assembly.batch, *assembly.shapes[name]))
