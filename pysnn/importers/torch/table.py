"""The table from PyTorch's operations to their translations."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from pysnn.errors import NetworkError
from pysnn.importers.torch import activations, arithmetic, layers, pools, shapes
from pysnn.importers.torch.graph import Call

__all__ = ["Handler", "Leaf", "find_leaf", "function_handlers", "handler_of", "method_handlers", "module_handler"]

Handler: TypeAlias = Callable[..., Any]
"""Takes a :class:`Call` and PyTorch's own arguments, values in place of tensors."""


@dataclass(frozen=True, eq=False)
class Leaf:
    """A module that a trace does not look into: its translation, and what computes its result."""

    handler: Handler
    run: Callable[..., Any]


def _module(handler: Handler, *fields: str) -> Handler:
    """Return the translation of a module whose fields are a function's further arguments."""
    return lambda call, module, x: handler(call, x, *(getattr(module, field) for field in fields))


@cache
def _module_handlers() -> dict[type, Handler]:
    """Return the translation of each module type: it takes the call, the module and its input."""
    from torch import nn

    identity = _module(shapes.identity)
    return {
        nn.AdaptiveAvgPool2d: _module(pools.adaptive_avg_pool2d, "output_size"),
        nn.AdaptiveMaxPool2d: _module(pools.adaptive_max_pool2d, "output_size", "return_indices"),
        nn.AvgPool2d: pools.avg_pool2d_module,
        nn.BatchNorm1d: layers.batch_norm_module,
        nn.BatchNorm2d: layers.batch_norm_module,
        nn.SyncBatchNorm: layers.batch_norm_module,
        nn.ConstantPad2d: shapes.pad_module,
        nn.ZeroPad2d: shapes.pad_module,
        nn.Conv2d: layers.conv2d_module,
        nn.Dropout: identity,
        nn.Dropout1d: identity,
        nn.Dropout2d: identity,
        nn.AlphaDropout: identity,
        nn.FeatureAlphaDropout: identity,
        nn.Identity: identity,
        nn.Flatten: _module(shapes.view),
        nn.Unflatten: _module(shapes.view),
        nn.Linear: _module(layers.linear, "weight", "bias"),
        nn.MaxPool2d: pools.max_pool2d_module,
        nn.Hardtanh: _module(activations.hardtanh, "min_val", "max_val"),
        nn.ReLU: _module(activations.relu),
    }


def module_handler(module: Any) -> Handler | None:
    """Return the translation of a module, or of a kind of module that it inherits ``forward`` from.

    A module whose class has a method ``pysnn_import(call, x)`` translates itself.
    """
    if hasattr(type(module), "pysnn_import"):
        return _own_translation
    handlers = _module_handlers()
    for kind in type(module).__mro__:
        if kind in handlers and type(module).forward is kind.forward:  # type: ignore[attr-defined]
            return handlers[kind]
    return None


def handler_of(kind: type) -> Handler | None:
    """Return the translation of modules of PyTorch's own class ``kind``."""
    return _module_handlers().get(kind)


def find_leaf(module: Any) -> Leaf | None:
    """Return a module of the table as a leaf."""
    handler = module_handler(module)
    return None if handler is None else Leaf(handler, module)


def _own_translation(call: Call, module: Any, x: Any) -> Any:
    return module.pysnn_import(call, x)


@cache
def function_handlers() -> dict[Any, Handler]:
    """Return the translation of each function."""
    import torch
    import torch.nn.functional as F  # noqa: N812 - the name that everybody knows

    views = (torch.flatten, torch.reshape, torch.squeeze, torch.unsqueeze, torch.unflatten)
    return {
        **dict.fromkeys((F.relu, torch.relu, torch.relu_, F.relu_), activations.relu),
        F.relu6: activations.relu6,
        **dict.fromkeys((F.hardtanh, F.hardtanh_), activations.hardtanh),
        **dict.fromkeys(
            (torch.clamp, torch.clamp_, torch.clip, torch.clip_, torch.clamp_min, torch.clamp_min_), activations.clamp
        ),
        **dict.fromkeys((F.dropout, F.dropout2d, F.alpha_dropout, F.feature_alpha_dropout), layers.dropout),
        **dict.fromkeys((F.conv2d, torch.conv2d), layers.conv2d),
        F.linear: layers.linear,
        F.batch_norm: layers.batch_norm,
        **dict.fromkeys((F.max_pool2d, torch.max_pool2d), pools.max_pool2d),
        F.avg_pool2d: pools.avg_pool2d,
        F.adaptive_avg_pool2d: pools.adaptive_avg_pool2d,
        F.adaptive_max_pool2d: pools.adaptive_max_pool2d,
        torch.mean: pools.mean,
        **dict.fromkeys(views, shapes.view),
        F.pad: shapes.pad,
        **dict.fromkeys((torch.chunk, torch.split), shapes.split),
        **dict.fromkeys((torch.clone, torch.detach), shapes.identity),
        **dict.fromkeys((torch.cat, torch.concat, torch.concatenate), arithmetic.cat),
        **dict.fromkeys((operator.add, operator.iadd, torch.add), arithmetic.add),
        **dict.fromkeys((operator.sub, operator.isub, torch.sub, torch.subtract), arithmetic.subtract),
        torch.rsub: arithmetic.subtract_from,
        **dict.fromkeys((operator.mul, operator.imul, torch.mul), arithmetic.multiply),
        **dict.fromkeys((operator.truediv, operator.itruediv, torch.div), arithmetic.divide),
        **dict.fromkeys((operator.matmul, torch.matmul, torch.mm), arithmetic.matmul),
        operator.getitem: shapes.getitem,
        **dict.fromkeys((torch.zeros_like, torch.numel), _as_computed),
        getattr: _attribute,
    }


@cache
def method_handlers() -> dict[str, Handler]:
    """Return the translation of each method of a tensor."""
    return {
        **dict.fromkeys(("relu", "relu_"), activations.relu),
        **dict.fromkeys(("clamp", "clamp_", "clip", "clip_", "clamp_min", "clamp_min_"), activations.clamp),
        "mean": pools.mean,
        **dict.fromkeys(("flatten", "view", "reshape", "squeeze", "unsqueeze", "unflatten"), shapes.view),
        **dict.fromkeys(("chunk", "split"), shapes.split),
        **dict.fromkeys(("contiguous", "clone", "detach", "float", "to", "cpu", "requires_grad_"), shapes.identity),
        **dict.fromkeys(("add", "add_"), arithmetic.add),
        **dict.fromkeys(("sub", "sub_", "subtract", "subtract_"), arithmetic.subtract),
        **dict.fromkeys(("mul", "mul_"), arithmetic.multiply),
        **dict.fromkeys(("div", "div_"), arithmetic.divide),
        "matmul": arithmetic.matmul,
        **dict.fromkeys(("size", "dim", "ndimension", "numel", "new_zeros"), _as_computed),
    }


def _as_computed(call: Call, *_: Any, **__: Any) -> Any:
    """Take PyTorch's own result where it depends on shapes only."""
    return call.result


def _attribute(call: Call, value: Any, name: str) -> Any:
    """Translate an attribute of a tensor."""
    if name in ("shape", "ndim", "dtype", "device", "is_cuda", "requires_grad", "layout"):
        return call.result
    if name == "data":
        return value
    raise NetworkError(f"the attribute {name!r} of a tensor has no counterpart")
