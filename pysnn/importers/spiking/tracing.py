"""A trace in which neurons are leaves, and in which the shape of the input is known, so that loops over it unroll."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from pysnn.importers.spiking.library import Parts

__all__ = ["make_tracer"]


def make_tracer(parts: Parts, shape: tuple[int, ...]) -> Any:
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

        def size(self, dim: int | None = None) -> Any:
            return self.known if dim is None else self.known[dim]

        def __len__(self) -> int:
            return self.known[0]

        def __iter__(self) -> Iterator[Any]:
            return iter([self[at] for at in range(self.known[0])])

    return Shaped
