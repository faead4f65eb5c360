"""Layers with weights, batch normalisation and dropout."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import NetworkError
from pysnn.importers.torch.graph import Call, Value
from pysnn.nodes import Conv2d, Linear
from pysnn.nodes.affine import Affine

__all__ = ["array", "batch_norm", "batch_norm_module", "conv2d", "conv2d_module", "dropout", "linear"]


@dataclass(frozen=True, eq=False)
class _Convolution:
    """The arguments of ``torch.nn.functional.conv2d`` behind the first."""

    weight: Any
    bias: Any = None
    stride: Any = 1
    padding: Any = 0
    dilation: Any = 1
    groups: int = 1


@dataclass(frozen=True, eq=False)
class _Normalisation:
    """The arguments of ``torch.nn.functional.batch_norm`` behind the first."""

    running_mean: Any
    running_var: Any
    weight: Any = None
    bias: Any = None
    training: bool = False
    momentum: Any = 0.1
    eps: float = 1e-5


@dataclass(frozen=True, eq=False)
class _Dropout:
    """The arguments of ``torch.nn.functional.dropout`` behind the first."""

    p: float = 0.5
    training: bool = True
    inplace: bool = False


def array(tensor: Any, what: str) -> NDArray[Any]:
    """Return a parameter as an array.

    Raises
    ------
    NetworkError
        If it is computed from the input, or holds no numbers.
    """
    if isinstance(tensor, Value):
        raise NetworkError(f"its {what} is computed from the input; only constant ones are supported")
    found = np.asarray(tensor.detach().numpy() if hasattr(tensor, "detach") else tensor)
    if found.dtype.kind not in "fiub":
        raise NetworkError(f"its {what} must hold numbers, got {type(tensor).__name__}")
    return found


def _optional(tensor: Any, what: str) -> NDArray[Any] | None:
    return None if tensor is None else array(tensor, what)


def conv2d(call: Call, x: Value, *args: Any, **kwargs: Any) -> Value:
    """Translate ``torch.nn.functional.conv2d``."""
    given = _Convolution(*args, **kwargs)
    weight = array(given.weight, "weight")
    if weight.ndim != 4:
        raise NetworkError(f"expected a weight of 4 dimensions, got shape {weight.shape}")
    node = Conv2d(
        weight,
        _optional(given.bias, "bias"),
        stride=_pair(given.stride),
        padding=_padding(given, weight.shape[2:]),
        dilation=_pair(given.dilation),
        groups=given.groups,
    )
    return call.add(node, x)


def conv2d_module(call: Call, module: Any, x: Value) -> Value:
    """Translate ``torch.nn.Conv2d``."""
    if module.padding_mode != "zeros":
        raise NetworkError(f"padding_mode {module.padding_mode!r} is not supported: use 'zeros'")
    given = (module.weight, module.bias, module.stride, module.padding, module.dilation, module.groups)
    return conv2d(call, x, *given)


def _pair(value: Any) -> Any:
    """PyTorch takes a list of one for both axes."""
    return value[0] if isinstance(value, tuple | list) and len(value) == 1 else value


def _padding(given: _Convolution, kernel: tuple[int, ...]) -> Any:
    """Return (top, left, bottom, right); with ``"same"`` an odd zero goes to the end."""
    if given.padding == "valid":
        return 0
    if given.padding != "same":
        return _pair(given.padding)
    dilation = _pair(given.dilation)
    steps = dilation if isinstance(dilation, tuple | list) else (dilation, dilation)
    total = [step * (size - 1) for step, size in zip(steps, kernel, strict=True)]
    before = [zeros // 2 for zeros in total]
    return (*before, *(zeros - first for zeros, first in zip(total, before, strict=True)))


def linear(call: Call, x: Value, weight: Any, bias: Any = None) -> Value:
    """Translate ``torch.nn.functional.linear``."""
    return call.add(Linear(array(weight, "weight"), _optional(bias, "bias")), x)


def batch_norm(call: Call, x: Value, *args: Any, **kwargs: Any) -> Value:
    """Translate ``torch.nn.functional.batch_norm`` with fixed statistics."""
    given = _Normalisation(*args, **kwargs)
    if given.training or given.running_mean is None or given.running_var is None:
        raise NetworkError("it normalises with the statistics of each batch; track running statistics and use them")
    mean = array(given.running_mean, "mean").astype(np.float64)
    variance = array(given.running_var, "variance").astype(np.float64)
    if (variance + given.eps <= 0).any():
        raise NetworkError(f"its running variance must be positive, got {variance.min():g}")
    scale = 1 / np.sqrt(variance + given.eps)
    if given.weight is not None:
        scale = scale * array(given.weight, "weight")
    shift = -mean * scale
    if given.bias is not None:
        shift = shift + array(given.bias, "bias")
    return call.add(Affine(scale, shift), x)


def batch_norm_module(call: Call, module: Any, x: Value) -> Value:
    """Translate ``torch.nn.BatchNorm2d`` and ``BatchNorm1d``."""
    return batch_norm(call, x, module.running_mean, module.running_var, module.weight, module.bias, eps=module.eps)


def dropout(_call: Call, x: Value, *args: Any, **kwargs: Any) -> Value:
    """Translate dropout, which does nothing after training."""
    if _Dropout(*args, **kwargs).training:
        raise NetworkError("it is random here too; pass training=self.training")
    return x
