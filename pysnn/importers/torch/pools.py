"""Pooling and means over positions."""

from dataclasses import dataclass
from typing import Any

from pysnn.errors import NetworkError
from pysnn.importers.torch.graph import Call, Value, settled
from pysnn.nodes import AvgPool2d, GlobalAvgPool, MaxPool2d
from pysnn.nodes.base import Node, pair, spatial

__all__ = [
    "adaptive_avg_pool2d",
    "adaptive_max_pool2d",
    "avg_pool2d",
    "avg_pool2d_module",
    "max_pool2d",
    "max_pool2d_module",
    "mean",
]


@dataclass(frozen=True, eq=False)
class _Maximum:
    """The arguments of ``torch.nn.functional.max_pool2d`` behind the first."""

    kernel_size: Any
    stride: Any = None
    padding: Any = 0
    dilation: Any = 1
    ceil_mode: bool = False
    return_indices: bool = False


@dataclass(frozen=True, eq=False)
class _Average:
    """The arguments of ``torch.nn.functional.avg_pool2d`` behind the first."""

    kernel_size: Any
    stride: Any = None
    padding: Any = 0
    ceil_mode: bool = False
    count_include_pad: bool = True
    divisor_override: int | None = None


@dataclass(frozen=True, eq=False)
class _Window:
    """Where windows lie: all (vertical, horizontal); ``extra`` is what ``ceil_mode`` adds at the end."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    extra: tuple[int, int]

    @property
    def quad(self) -> tuple[int, int, int, int]:
        """Padding as (top, left, bottom, right)."""
        return (*self.padding, self.padding[0] + self.extra[0], self.padding[1] + self.extra[1])


def _window(call: Call, x: Value, given: _Maximum | _Average) -> _Window:
    kernel = _two(given.kernel_size, "kernel_size", 1)
    no_stride = given.stride is None or given.stride in ((), [])
    stride = kernel if no_stride else _two(given.stride, "stride", 1)
    padding = _two(given.padding, "padding", 0)
    *_, height, width = spatial(MaxPool2d(1), call.name, settled(x).shape)
    *_, rows, columns = call.sample_shape()
    extra = tuple(
        max(0, (outputs - 1) * step + size - length - 2 * pads)
        for outputs, step, size, length, pads in zip(
            (rows, columns), stride, kernel, (height, width), padding, strict=True
        )
    )
    return _Window(kernel, stride, padding, (extra[0], extra[1]))


def _two(value: Any, what: str, least: int) -> tuple[int, int]:
    return pair(value[0] if isinstance(value, tuple | list) and len(value) == 1 else value, what, least)


def max_pool2d(call: Call, x: Value, *args: Any, **kwargs: Any) -> Value:
    """Translate ``torch.nn.functional.max_pool2d``; what ``ceil_mode`` adds at the end never wins."""
    given = _Maximum(*args, **kwargs)
    if given.return_indices:
        raise NetworkError("return_indices is not supported: leave it out")
    if _two(given.dilation, "dilation", 1) != (1, 1):
        raise NetworkError("dilation is not supported: use 1")
    window = _window(call, x, given)
    return call.add(MaxPool2d(window.kernel, window.stride, window.quad), x)


def max_pool2d_module(call: Call, module: Any, x: Value) -> Value:
    """Translate ``torch.nn.MaxPool2d``."""
    m = module
    return max_pool2d(call, x, m.kernel_size, m.stride, m.padding, m.dilation, m.ceil_mode, m.return_indices)


def avg_pool2d(call: Call, x: Value, *args: Any, **kwargs: Any) -> Value:
    """Translate ``torch.nn.functional.avg_pool2d`` where every window has the same divisor."""
    given = _Average(*args, **kwargs)
    window = _window(call, x, given)
    if window.extra != (0, 0):
        raise NetworkError("ceil_mode makes windows of several sizes here: pad the map, or use ceil_mode=False")
    if window.padding != (0, 0) and not given.count_include_pad:
        raise NetworkError(
            "count_include_pad=False with padding has windows of several sizes: use count_include_pad=True"
        )
    if given.divisor_override not in (None, window.kernel[0] * window.kernel[1]):
        raise NetworkError("divisor_override is not supported: leave it out")
    return call.add(AvgPool2d(window.kernel, window.stride, window.padding), x)


def avg_pool2d_module(call: Call, module: Any, x: Value) -> Value:
    """Translate ``torch.nn.AvgPool2d``."""
    m = module
    given = (m.kernel_size, m.stride, m.padding, m.ceil_mode, m.count_include_pad, m.divisor_override)
    return avg_pool2d(call, x, *given)


def adaptive_avg_pool2d(call: Call, x: Value, *_: Any, **__: Any) -> Value:
    """Translate ``torch.nn.functional.adaptive_avg_pool2d`` where the windows do not overlap."""
    return _adaptive(call, x, AvgPool2d)


def adaptive_max_pool2d(call: Call, x: Value, *_: Any, **__: Any) -> Value:
    """Translate ``torch.nn.functional.adaptive_max_pool2d`` where the windows do not overlap."""
    if isinstance(call.result, tuple):
        raise NetworkError("return_indices is not supported: leave it out")
    return _adaptive(call, x, MaxPool2d)


def _adaptive(call: Call, x: Value, kind: type[Node]) -> Value:
    *_, height, width = spatial(kind(1), call.name, settled(x).shape)  # type: ignore[call-arg]
    *_, rows, columns = call.sample_shape()
    if height % rows or width % columns:
        raise NetworkError(
            f"a map of {(height, width)} does not divide into {(rows, columns)} equal windows: "
            "choose an input size or an output size where it does"
        )
    return call.add(kind((height // rows, width // columns)), x)  # type: ignore[call-arg]


def mean(call: Call, x: Value, dim: Any = None, keepdim: bool = False) -> Value:
    """Translate a mean over rows, columns or both."""
    rank = len(x.shape) + 1
    given = [dim] if isinstance(dim, int) else list(dim or ())
    axes = {axis % rank for axis in given}
    maps = len(x.node_shape) == 3 and (*x.shape, 1, 1)[:3] == x.node_shape
    if not maps or not axes or not axes <= {2, 3}:
        raise NetworkError(f"a mean over {dim} of {x.shape} (without the batch) is not supported: use dim=(2, 3)")
    _, height, width = x.node_shape
    if axes == {2, 3} and not keepdim:
        return call.add(GlobalAvgPool(), x)
    kernel = (height if 2 in axes else 1, width if 3 in axes else 1)
    averaged = call.graph.add(f"{call.name}.pool" if not keepdim else call.name, AvgPool2d(kernel), (x,))
    return call.view(averaged)
