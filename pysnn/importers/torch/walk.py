"""From traced operations to a network: each is computed on the example by PyTorch, and translated by the table."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pysnn.errors import NetworkError
from pysnn.importers.torch.advice import advice
from pysnn.importers.torch.graph import Call, Graph, Value, values_in
from pysnn.importers.torch.table import Handler, Leaf, find_leaf, function_handlers, method_handlers
from pysnn.network import Network

__all__ = ["translate"]


@dataclass(eq=False)
class _Walk:
    """Where the walk is: what PyTorch has computed (as long as it is read again), and what stands for it."""

    module: Any
    batch: int
    find: Callable[[Any], Leaf | None]
    graph: Graph = field(default_factory=Graph)
    computed: dict[Any, Any] = field(default_factory=dict)
    translated: dict[Any, Any] = field(default_factory=dict)
    readers: dict[Any, int] = field(default_factory=dict)
    problems: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def report(self, op: str, title: str, problem: str) -> None:
        """Note why an operation cannot be imported."""
        self.problems.setdefault((op, problem), []).append(f"'{title}'")


@dataclass(frozen=True, eq=False)
class _Operation:
    """One traced operation with its arguments, computed and translated."""

    title: str
    op: str
    handler: Handler | None
    run: Any
    computed: tuple[Any, Any]
    translated: tuple[Any, Any]


def translate(module: Any, graph: Any, example: Any, find: Callable[[Any], Leaf | None] = find_leaf) -> Network:
    """Return the network of a traced module.

    Parameters
    ----------
    module, graph
        The module and its ``torch.fx.Graph``.
    example
        float32 tensor ``(batch, ...)``; it is not changed.
    find
        Returns the translation of a module, or ``None``.

    Raises
    ------
    NetworkError
        Operations that are not supported, all in one message.
    """
    import torch

    walk = _Walk(module, len(example), find)
    result: Any = None
    with torch.no_grad():
        for node in graph.nodes:
            walk.readers[node] = len(node.users)
            if node.op == "output":
                result = _resolved(node.args[0], walk.translated)
            else:
                _step(walk, node, example)
            for source in node.all_input_nodes:
                walk.readers[source] -= 1
            for name in (node, *node.all_input_nodes):
                if not walk.readers[name]:
                    walk.computed.pop(name, None)
    return _finished(walk, result)


def _finished(walk: _Walk, result: Any) -> Network:
    if isinstance(result, Value) and result.shape != result.node_shape:
        walk.report(
            "output", "output", f"expected scores, one vector a sample, got the shape {result.shape}: flatten it"
        )
    elif not isinstance(result, Value) and not walk.problems:
        kind = ("a dict" if isinstance(result, dict) else "a tuple or list") if values_in(result) else "a constant"
        walk.report("output", "output", f"it is {kind}: wrap the module in one that returns the scores only")
    _raise_problems(walk)
    return walk.graph.network(result)


def _raise_problems(walk: _Walk) -> None:
    if walk.problems:
        count = sum(len(titles) for titles in walk.problems.values())
        what = "1 operation" if count == 1 else f"{count} operations"
        listed = "".join(f"\n- {op} {', '.join(titles)}: {why}" for (op, why), titles in walk.problems.items())
        raise NetworkError(f"{type(walk.module).__name__} has {what} that pysnn cannot import:{listed}")


def _step(walk: _Walk, node: Any, example: Any) -> None:
    if node.op == "placeholder":
        first = not walk.translated
        walk.computed[node] = example.clone() if first else _default(node)
        walk.translated[node] = walk.graph.start(tuple(example.shape[1:])) if first else walk.computed[node]
        return
    if node.op == "get_attr":
        walk.computed[node] = walk.translated[node] = _attribute(walk.module, node.target)
        return
    operation = _operation(walk, node)
    live = [value for value in walk.computed.values() if _is_tensor(value)]
    versions = [_version(tensor) for tensor in live]
    args, kwargs = operation.computed
    try:
        computed = operation.run(*args, **kwargs)
    # Traced code that is not the module's own any more can raise anything.
    except Exception as error:
        # Behind what was refused shapes can be wrong.
        _raise_problems(walk)
        what = f"{type(walk.module).__name__}: {operation.op} '{operation.title}'"
        raise NetworkError(f"{what}: PyTorch cannot compute it behind torch.fx: {error}") from error
    translated = computed
    if values_in(operation.translated):
        translated = _translated(walk, node, operation, computed)
    walk.computed[node], walk.translated[node] = computed, translated
    changed = {id(tensor) for tensor, before in zip(live, versions, strict=True) if _version(tensor) != before}
    _rebind(walk, node, operation, changed)


def _operation(walk: _Walk, node: Any) -> _Operation:
    computed = (_resolved(node.args, walk.computed), _resolved(node.kwargs, walk.computed))
    translated = (_resolved(node.args, walk.translated), _resolved(node.kwargs, walk.translated))
    if node.op == "call_module":
        module = walk.module.get_submodule(node.target)
        leaf = walk.find(module)
        handler, run = (None, module) if leaf is None else (leaf.handler, leaf.run)
        op = type(module).__name__
        translated = ((module, *translated[0]), translated[1])
    elif node.op == "call_method":
        op, handler = node.target, method_handlers().get(node.target)
        run = getattr(type(computed[0][0]), node.target)
    else:
        op, handler, run = getattr(node.target, "__name__", str(node.target)), _function(node.target), node.target
        op = node.name.rstrip("0123456789_") if op == "fn" else op
    return _Operation(_title(node, op), op, handler, run, computed, translated)


def _function(target: Any) -> Handler | None:
    """Return the translation of a function; one that has a method ``pysnn_import(call, ...)`` translates itself."""
    return function_handlers().get(target) or getattr(target, "pysnn_import", None)


def _title(node: Any, op: str) -> str:
    """Return a name that says where in the module an operation is."""
    if node.op == "call_module":
        return str(node.target)
    stack = list(node.meta.get("nn_module_stack", {}).values())
    scope = stack[-1][0] if stack else ""
    name = op.strip("_") or op
    return f"{scope}.{name}" if scope else name


def _translated(walk: _Walk, node: Any, operation: _Operation, computed: Any) -> Any:
    """Return the translation, or a stand-in of the same shape and a problem to report."""
    try:
        found = _handled(walk, operation, computed)
        _check(found, computed, walk.batch)
        if isinstance(found, Value) and len(found.sources) > 1 and len(node.users) > 1:
            found = walk.graph.junction(operation.title, found)
    # What arguments of all kinds make Python or a node's constructor raise is about this operation.
    except (ValueError, TypeError, IndexError, AttributeError, ArithmeticError) as error:
        problem = str(error) if isinstance(error, NetworkError) else f"its arguments are not supported ({error})"
        walk.report(operation.op, operation.title, problem)
        return _stand_in(computed, walk.batch)
    return found


def _handled(walk: _Walk, operation: _Operation, computed: Any) -> Any:
    if operation.handler is None:
        raise NetworkError(advice(operation.op))
    args, kwargs = operation.translated
    if "input" in kwargs:
        kwargs = dict(kwargs)
        args = (*args, kwargs.pop("input"))
    return operation.handler(Call(walk.graph, operation.title, computed, walk.batch), *args, **kwargs)


def _check(found: Any, computed: Any, batch: int) -> None:
    """Check that a translation has the shape that PyTorch's result has."""
    if not isinstance(found, Value):
        return
    if not _is_tensor(computed) or str(computed.dtype) != "torch.float32":
        raise NetworkError(
            f"it computes {getattr(computed, 'dtype', type(computed).__name__)}: only float32 is supported"
        )
    if (batch, *found.shape) != tuple(computed.shape):
        raise NetworkError(f"expected a result of shape {(batch, *found.shape)}, PyTorch gives {tuple(computed.shape)}")


def _stand_in(computed: Any, batch: int) -> Any:
    """Return values of the right shapes, so that the operations behind can be looked at too."""
    if isinstance(computed, tuple | list):
        return tuple(_stand_in(part, batch) for part in computed)
    if not _is_tensor(computed):
        return computed
    shape = tuple(computed.shape[1:])
    return Value((), shape, shape)


def _rebind(walk: _Walk, node: Any, operation: _Operation, changed: set[int]) -> None:
    """After a change in place, whatever names the changed tensor stands for the result; other views of it are lost."""
    for other, tensor in walk.computed.items():
        if id(tensor) not in changed or other is node:
            continue
        if tensor is walk.computed[node]:
            walk.translated[other] = walk.translated[node]
        elif walk.readers[other] > (other in node.all_input_nodes):
            walk.report(operation.op, operation.title, "it changes in place what others read: use inplace=False")


def _resolved(structure: Any, known: dict[Any, Any]) -> Any:
    """Put what is known of traced operations in their places."""
    from torch import fx

    return fx.node.map_aggregate(structure, lambda part: known[part] if isinstance(part, fx.Node) else part)


def _default(node: Any) -> Any:
    """Return an argument's default; further positional and keyword arguments are none."""
    if node.target.startswith("**"):
        return {}
    if node.target.startswith("*"):
        return ()
    return node.args[0] if node.args else None


def _attribute(module: Any, target: str) -> Any:
    for part in target.split("."):
        module = getattr(module, part)
    return module


def _is_tensor(value: Any) -> bool:
    import torch

    return isinstance(value, torch.Tensor)


def _version(tensor: Any) -> int:
    return 0 if tensor.is_inference() else int(tensor._version)  # noqa: SLF001 - PyTorch's only trace of a change in place
