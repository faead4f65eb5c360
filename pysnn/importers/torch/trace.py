"""A module's operations in order, by ``torch.fx``."""

import inspect
import traceback
from collections.abc import Callable
from functools import cache
from typing import Any

from pysnn.errors import NetworkError
from pysnn.importers.torch.table import module_handler

__all__ = ["trace"]


@cache
def _tracer() -> Callable[[], Any]:
    """Return a tracer that does not look into the modules of the table, or into what inherits their ``forward``."""
    from torch import fx

    class Tracer(fx.Tracer):  # type: ignore[misc]
        def is_leaf_module(self, m: Any, module_qualified_name: str) -> bool:
            return module_handler(m) is not None or bool(super().is_leaf_module(m, module_qualified_name))

    return Tracer


def trace(module: Any, tracer: Any = None) -> Any:
    """Return the ``torch.fx.Graph`` of a module; arguments behind the first keep their defaults.

    ``tracer`` is a ``torch.fx.Tracer``; by default one that does not look into the modules of the table.

    Raises
    ------
    NetworkError
        The module cannot be traced, mostly because its course depends on values.
    """
    defaults = _defaults(module)
    try:
        return (tracer or _tracer()()).trace(module, concrete_args=defaults or None)
    # Tracing runs the module's own code on stand-ins for tensors, which can raise anything.
    except Exception as error:
        raise NetworkError(
            f"torch.fx cannot trace {type(module).__name__}{_place(error)}: {_first_sentence(error)}; forward must not branch "
            "on, loop over or convert tensors or their shapes (zeros of a tensor's size: x.new_zeros): decide in __init__, "
            "or export the module to ONNX and import that (pysnn.importers.onnx)"
        ) from error


def _defaults(module: Any) -> dict[str, Any]:
    parameters = list(inspect.signature(module.forward).parameters.values())
    if not parameters:
        raise NetworkError(f"{type(module).__name__}.forward takes no input")
    defaults = {}
    for parameter in parameters[1:]:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.default is parameter.empty:
            raise NetworkError(
                f"{type(module).__name__}.forward takes several inputs ({parameter.name!r} too): "
                "wrap it in a module that takes one"
            )
        defaults[parameter.name] = parameter.default
    return defaults


def _first_sentence(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].partition(". ")[0]


def _place(error: BaseException) -> str:
    """Return the line of the module's own code that was run last."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_library(frame.filename)]
    return f" (in {frames[-1].name}, line {frames[-1].lineno}: {frames[-1].line})" if frames else ""


def _is_library(filename: str) -> bool:
    import torch

    folder = torch.__path__[0]
    return filename.startswith((folder, __file__))
