"""What a value depends on: nodes in their order, and the one input."""

from dataclasses import dataclass

from pysnn.errors import NetworkError
from pysnn.importers.onnx.file.endings import makers_of
from pysnn.importers.onnx.file.model import Model, ModelInput, OnnxNode

__all__ = ["Needed", "needed"]

_FLOATS = ("FLOAT", "FLOAT16", "BFLOAT16", "DOUBLE")


@dataclass(frozen=True, eq=False)
class Needed:
    """The part of a model that a value depends on."""

    nodes: tuple[OnnxNode, ...]
    names: frozenset[str]
    input: ModelInput


def needed(model: Model, read: str) -> Needed:
    """Return the nodes that a value depends on, each behind those whose results it reads, and the input.

    Raises
    ------
    NetworkError
        The graph is not sound, or the value depends on several inputs.
    """
    order, names = _in_order(model, read)
    # That nothing depends on an input is said once the nodes have been looked at.
    inputs = [each for name, each in model.inputs.items() if name in names] or [*model.inputs.values()][:1]
    if len(inputs) > 1:
        listed = ", ".join(f"'{each.name}'" for each in inputs[:8])
        raise NetworkError(f"expected a model with one input, got {len(inputs)} ({listed}) that '{read}' depends on")
    return Needed(tuple(order), frozenset(names), _checked(inputs[0]))


def _checked(found: ModelInput) -> ModelInput:
    what = f"input '{found.name}'"
    if found.kind is None:
        raise NetworkError(f"{what}: expected a tensor with a name")
    if found.kind not in _FLOATS:
        raise NetworkError(
            f"{what}: expected type {', '.join(_FLOATS)}, got {found.kind}; export the model with float inputs"
        )
    if found.dimensions is None:
        raise NetworkError(f"{what}: it has no shape; export the model with one (the batch may be dynamic)")
    return found


def _in_order(model: Model, read: str) -> tuple[list[OnnxNode], set[str]]:
    makers = makers_of(model)
    order: list[OnnxNode] = []
    names: set[str] = set()
    finished: dict[OnnxNode, bool] = {}
    stack = [(read, f"the output '{read}'", False)]
    while stack:
        name, reader, leaving = stack.pop()
        if not name:
            continue
        names.add(name)
        if name in model.unreadable:
            raise NetworkError(model.unreadable[name])
        if name in model.constants or name in model.inputs:
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
    return order, names
