"""From a file's graph to a network: nodes in their order, each through the table of ops."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import NetworkError
from pysnn.importers.onnx.file.model import OnnxNode, UnsupportedError
from pysnn.importers.onnx.file.needed import Needed
from pysnn.importers.onnx.layout.assembly import Assembly, InputLayoutError
from pysnn.importers.onnx.layout.input_layout import InputLayout
from pysnn.importers.onnx.layout.signal import Operand, Operands, Signal
from pysnn.importers.onnx.layout.tidy import tidy
from pysnn.importers.onnx.operations.batch import OTHER_BATCH, check_reshape, same_for_all_samples
from pysnn.importers.onnx.operations.constants import CONSTANT_OPS, ConstantFolder, shape_of
from pysnn.importers.onnx.operations.table import KEEPS_SHAPE, OPS, advice
from pysnn.importers.onnx.problems import Problem, listed
from pysnn.network import Network
from pysnn.nodes import Input, Output

__all__ = ["build"]


class _Unknown:
    """What an unsupported node computes."""


_UNKNOWN = _Unknown()
Value = Operand | _Unknown


def build(
    part: Needed, constants: Mapping[str, NDArray[Any]], read: str, mean: Any, std: Any
) -> tuple[Network, InputLayout]:
    """Return the network of a part of a model, read at ``read``, and how its input lies in the model's.

    Raises
    ------
    NetworkError
        The model has nodes that are not supported: all of them are listed.
    """
    layout = InputLayout.of(part.input)
    try:
        return _Import(part, layout, may_turn=True).network(constants, read, mean, std), layout
    except InputLayoutError as error:
        layout = layout.turned(error.core, error.view)
        return _Import(part, layout).network(constants, read, mean, std), layout
    except NetworkError as error:
        channels_first = layout.channels_first()
        if channels_first is None or not any(node.op == "Transpose" for node in part.nodes):
            raise
        try:
            return _Import(part, channels_first).network(constants, read, mean, std), channels_first
        except NetworkError:
            raise error from None


@dataclass(eq=False)
class _Import:
    """One pass over the nodes.

    ``others`` are constants as they would be for another batch, where that makes a difference.
    """

    part: Needed
    layout: InputLayout
    may_turn: bool = False
    values: dict[str, Value] = field(default_factory=dict)
    others: dict[str, NDArray[Any]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    folder: ConstantFolder = field(default_factory=ConstantFolder)
    assembly: Assembly = field(init=False)

    def __post_init__(self) -> None:
        self.assembly = Assembly(self.layout.batch, self.may_turn)

    def network(self, constants: Mapping[str, NDArray[Any]], read: str, mean: Any, std: Any) -> Network:
        """Return the network."""
        name = self.part.input.name
        start = self.assembly.place(name, Input(self.layout.core), ())
        for node in self.part.nodes:
            self.assembly.readers.update(node.inputs)
        self.assembly.readers[read] += 1
        signal = Signal(start.terms, (self.layout.batch, *self.layout.sizes), self.layout.view, name)
        self.values = {"": None, **constants, name: signal}
        for node in self.part.nodes:
            self._take(node)
        if self.problems:
            raise NetworkError(listed(self.problems))
        self._finish(read)
        # Last: only now it is certain which axis has the channels that mean and std are for.
        builder = self.assembly.builder
        builder.replace(start.terms[0], Input(self.layout.core, mean, std))
        return builder.network()

    def _take(self, node: OnnxNode) -> None:
        found: Value | tuple[Signal, ...]
        try:
            # Numbers beyond float32 are refused where a layer takes them.
            with np.errstate(all="ignore"):
                found = self._compute(node)
        except UnsupportedError as error:
            self.problems.append(Problem(node.op, node.label, str(error)))
            found = self._stand_in(node)
        # What hostile values make NumPy or a node's constructor raise is about this node.
        except (ValueError, TypeError, IndexError, KeyError, ArithmeticError, MemoryError) as error:
            self.problems.append(Problem(node.op, node.label, str(error)[:300] or type(error).__name__))
            found = _UNKNOWN
        results = found if isinstance(found, tuple) else (found,) * len(node.outputs)
        self.values.update((name, value) for name, value in zip(node.outputs, results, strict=True) if name)

    def _compute(self, node: OnnxNode) -> Value | tuple[Signal, ...]:
        """Return a node's results: a constant, signals, or unknown where an input is."""
        op = OPS.get(f"{node.domain}.{node.op}" if node.domain else node.op)
        if op is None and (node.domain or node.op not in CONSTANT_OPS):
            raise UnsupportedError(advice(node))
        operands: list[Operand] = []
        for name in node.inputs:
            value = self.values[name]
            if isinstance(value, _Unknown):
                return _UNKNOWN
            operands.append(value)
        signals = [value for value in operands if isinstance(value, Signal)]
        if not node.domain and node.op in CONSTANT_OPS and (not signals or node.op == "Shape"):
            return self._constant(node, operands)
        if op is None:
            raise UnsupportedError(advice(node))
        unknown = sorted(set(node.attributes) - op.attributes)
        if unknown or not op.inputs[0] <= len(operands) <= op.inputs[1]:
            raise UnsupportedError(
                f"it has {len(operands)} inputs and the attributes {unknown}, which this op does not have"
            )
        self._check_batch(node, operands)
        found = op.handler(self.assembly, node, Operands(tuple(operands)))
        if not isinstance(found, tuple) and any(self.assembly.readers[name] for name in node.outputs[1:] if name):
            raise UnsupportedError("its second result is read; only the first one is supported")
        return found

    def _constant(self, node: OnnxNode, operands: list[Operand]) -> Operand:
        """Compute a constant, and what it would be for another batch."""
        other: NDArray[Any] | None = None
        first = operands[0] if operands else None
        if isinstance(first, Signal):
            found = shape_of(node, first.shape)
            other = shape_of(node, (self.layout.batch + OTHER_BATCH, *first.shape[1:]))
        else:
            arrays = [value for value in operands if value is not None and not isinstance(value, Signal)]
            found = self.folder.fold(node, arrays)
            if any(name in self.others for name in node.inputs):
                given = zip(node.inputs, operands, strict=True)
                changed = [self.others.get(name, value) for name, value in given if value is not None]
                other = self.folder.fold(node, changed)  # type: ignore[arg-type]
        if other is not None and not same_for_all_samples(found, other, self.layout.batch):
            self.others[node.outputs[0]] = other
        return found

    def _check_batch(self, node: OnnxNode, operands: list[Operand]) -> None:
        """Refuse what is computed from the batch's size, but for a shape that keeps the batch."""
        for index, name in enumerate(node.inputs):
            if name not in self.others:
                continue
            first = operands[0]
            if node.op == "Reshape" and index == 1 and isinstance(first, Signal):
                check_reshape(node, first.shape, self.others[name])
                continue
            raise UnsupportedError(
                f"its input '{name}' is computed from the batch's size; here each sample is computed by itself: "
                "export the model without that (a mean over the batch, or a constant made for each batch)"
            )

    def _stand_in(self, node: OnnxNode) -> Value:
        """Return a value that lets the nodes behind an unsupported one be checked, where its shape is known."""
        signals = [value for value in map(self.values.get, node.inputs) if isinstance(value, Signal)]
        return signals[0] if node.op in KEEPS_SHAPE and signals else _UNKNOWN

    def _finish(self, read: str) -> None:
        result = self.values[read]
        if not isinstance(result, Signal):
            raise NetworkError(f"the output '{read}' does not depend on the input '{self.part.input.name}'")
        node = OnnxNode("Output", "", read, (), (read,))
        try:
            signal = Operands((result,)).signal(0)
            if len(signal.shape) == 2 or len(signal.view) > 1:
                signal = self.assembly.ordered(node, signal)
        except UnsupportedError as error:
            raise NetworkError(f"the output '{read}': {error}") from error
        self.assembly.place(read, Output(), signal.terms)
        with np.errstate(all="ignore"):
            tidy(self.assembly.builder)
