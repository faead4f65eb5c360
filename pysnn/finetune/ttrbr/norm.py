"""Batch normalisation whose backward pass is compiled on a CPU."""

# mypy: disable-error-code="misc, no-untyped-call"
# PyTorch has no types where it is not installed.

from typing import Any, NamedTuple

import torch
from torch import nn

from pysnn.backends.settings import read_settings
from pysnn.finetune.ttrbr.simulate import compiled_for, empty_rows, flat, in_the_order_of
from pysnn.importers.torch.graph import Call, Value
from pysnn.importers.torch.layers import batch_norm_module

__all__ = ["TrainableNorm2d"]


class TrainableNorm2d(nn.BatchNorm2d):
    """``torch.nn.BatchNorm2d`` that computes what that does, and derives it faster where channels are few.

    Its gradients are PyTorch's up to rounding: sums over samples are in float32, one part of the samples at a time, and those of
    the parts in float64. Without compiled code, or on a GPU, it is PyTorch's.

    Examples
    --------
    >>> norm = TrainableNorm2d.of(nn.BatchNorm2d(3))
    >>> x = torch.randn(4, 3, 2, 2, requires_grad=True)
    >>> norm(x).square().sum().backward()
    >>> bool(x.grad.abs().max() < 1e-3)  # normalised values have a length that does not depend on x
    True
    """

    @classmethod
    def of(cls, norm: Any) -> "TrainableNorm2d":
        """Return a normalisation with the fields of another, its parameters and its statistics."""
        found = cls(norm.num_features, norm.eps, norm.momentum, norm.affine, norm.track_running_stats)
        for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
            setattr(found, name, getattr(norm, name))
        return found.train(norm.training)  # type: ignore[no-any-return]

    def forward(self, x: Any) -> Any:
        """Normalise maps ``(batch, channels, height, width)``."""
        ordinary = self.affine and self.track_running_stats and self.momentum is not None
        if not ordinary or not torch.is_grad_enabled() or x.dim() != 4 or not compiled_for(x, self.weight, self.bias):
            return super().forward(x)
        if self.training:
            self.num_batches_tracked.add_(1)
        statistics = _Statistics(self.running_mean, self.running_var, self.training, self.momentum, self.eps)
        return _Normalised.apply(x, self.weight, self.bias, statistics)

    def pysnn_import(self, call: Call, x: Value) -> Value:
        """Translate it as the normalisation that it is."""
        return batch_norm_module(call, self, x)


class _Statistics(NamedTuple):
    """The arguments of PyTorch's batch normalisation behind weight and bias."""

    mean: Any
    variance: Any
    training: bool
    momentum: Any
    eps: float


class _Normalised(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any, weight: Any, bias: Any, statistics: _Statistics) -> Any:
        output, mean, inverse = torch.native_batch_norm(x, weight, bias, *statistics)
        if not statistics.training:
            mean, inverse = statistics.mean.clone(), (statistics.variance + statistics.eps).rsqrt()
        ctx.frozen = not statistics.training
        ctx.save_for_backward(x, weight, mean, inverse)
        return output

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:
        from pysnn import _core

        x, weight, mean, inverse = ctx.saved_tensors
        gradient = in_the_order_of(x, gradient)
        leaving = empty_rows(x, len(x))
        arrays = _Arrays(flat(x), flat(gradient), flat(leaving))
        channels = _Channels(*(values.detach().numpy() for values in (mean, inverse, weight)))
        how = (ctx.frozen, torch.get_num_threads(), read_settings().simd)
        found = _core.norm_backward(arrays, channels, *how)
        return leaving, *map(torch.from_numpy, found), None


class _Arrays(NamedTuple):
    """What the compiled backward pass reads and fills."""

    values: Any
    arriving: Any
    leaving: Any


class _Channels(NamedTuple):
    """One of each for a channel."""

    mean: Any
    inverse: Any
    weight: Any
