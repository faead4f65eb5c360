"""A trace in which neurons are leaves, and in which the shape of the input is known, so that loops over it unroll."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from pysnn.errors import NetworkError
from pysnn.importers.spiking.library import Parts
from pysnn.importers.torch.trace import trace

__all__ = ["as_it_was", "traced_steps"]


def traced_steps(module: Any, parts: Parts, shape: tuple[int, ...]) -> tuple[Any, Any]:
    """Trace a module; one that takes one step is traced over two, with what it returns of its state handed on.

    Returns
    -------
    tuple
        What was traced, and its ``torch.fx.Graph``.
    """
    if not _needed(module):
        with as_it_was(module, parts):
            graph = trace(module, _make_tracer(parts, shape))
        targets = [node.target for node in graph.nodes if node.op == "call_module" and parts.outputs(node.target)]
        steps = all(parts.library.layout(module.get_submodule(target)) == "step" for target in targets)
        if not steps or len(set(targets)) < len(targets):
            return module, graph
    twice = _two_steps(module)
    try:
        with as_it_was(module, parts):
            return twice, trace(twice, _make_tracer(parts, shape))
    except NetworkError:
        if _needed(module):
            raise
    return module, graph


@contextmanager
def as_it_was(module: Any, parts: Parts) -> Iterator[None]:
    """Take back what a forward sets on its modules, such as spikes of the step before, and set states back; constants of a trace stay."""
    before = [(part, dict(vars(part))) for part in module.modules()]
    try:
        yield
    finally:
        for part, values in before:
            added = [name for name in vars(part) if name not in values and not name.startswith("_tensor_constant")]
            for name in added:
                del vars(part)[name]
            vars(part).update(values)
        parts.library.reset(module)


def _needed(module: Any) -> list[str]:
    """Return the states that a forward has to be given."""
    parameters = list(inspect.signature(module.forward).parameters.values())[1:]
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [part.name for part in parameters if part.default is part.empty and part.kind in kinds]


def _two_steps(module: Any) -> Any:
    """Return a module with the parts of another one, whose forward takes two of its steps, both of the same input."""
    from torch import nn

    states = max(0, len(inspect.signature(module.forward).parameters) - 1)
    first = (None,) * len(_needed(module))

    def forward(_: Any, x: Any) -> Any:
        found = module.forward(x, *first)
        given = tuple(found[1 : states + 1]) if states and isinstance(found, tuple | list) else ()
        return [_given(found), _given(module.forward(x, *(given or first)))]

    twice = type(type(module).__name__, (nn.Module,), {"forward": forward})()
    twice._modules, twice._parameters, twice._buffers = module._modules, module._parameters, module._buffers  # noqa: SLF001
    return twice.eval()


def _given(result: Any) -> Any:
    """Return what a step gives, without its states."""
    return result[0] if isinstance(result, tuple | list) and result else result


def _make_tracer(parts: Parts, shape: tuple[int, ...]) -> Any:
    """Return a ``torch.fx.Tracer`` for the parts of a module, and for an input of ``shape``."""
    from torch import fx

    class Tracer(fx.Tracer):  # type: ignore[misc]
        def is_leaf_module(self, m: Any, module_qualified_name: str) -> bool:
            if parts.library.opened(m) is not None:
                return False
            return parts.find(m) is not None or bool(super().is_leaf_module(m, module_qualified_name))

        def call_module(
            self, m: Any, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
        ) -> Any:
            opened = parts.library.opened(m)
            if opened is None:
                return super().call_module(m, forward, args, kwargs)
            x = args[0]
            for part in opened:
                x = part(x)
            return x

        def proxy(self, node: Any) -> Any:
            if node.op != "placeholder" or any(
                other.op == "placeholder" for other in node.graph.nodes if other is not node
            ):
                return super().proxy(node)
            return _shaped()(node, self, shape)

    return Tracer()


@cache
def _shaped() -> Any:
    """Return the class of a stand-in for a tensor that knows its shape."""
    from torch import fx

    class Shaped(fx.Proxy):  # type: ignore[misc]
        def __init__(self, node: Any, tracer: Any, shape: tuple[int, ...]) -> None:
            super().__init__(node, tracer)
            self.known = shape

        @property
        def shape(self) -> tuple[int, ...]:
            return self.known

        @property
        def ndim(self) -> int:
            return len(self.known)

        def dim(self) -> int:
            return len(self.known)

        def __getitem__(self, index: Any) -> Any:
            found = super().__getitem__(index)
            shape = _indexed(self.known, index)
            return found if shape is None else Shaped(found.node, found.tracer, shape)

        def size(self, dim: int | None = None) -> Any:
            return self.known if dim is None else self.known[dim]

        def __len__(self) -> int:
            return self.known[0]

        def __iter__(self) -> Iterator[Any]:
            return iter([self[at] for at in range(self.known[0])])

    return Shaped


def _indexed(shape: tuple[int, ...], index: Any) -> tuple[int, ...] | None:
    """Return the shape behind whole numbers and whole slices as an index, or ``None`` for others."""
    parts = index if isinstance(index, tuple) else (index,)
    if len(parts) > len(shape) or not all(isinstance(part, int) or part == slice(None) for part in parts):
        return None
    return tuple(size for at, size in enumerate(shape) if at >= len(parts) or not isinstance(parts[at], int))
