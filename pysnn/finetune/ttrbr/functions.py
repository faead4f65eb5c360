"""The functions whose gradients are written out: the clip, the IF neuron through T steps, and its mean rate.

Thresholds come as a tensor of no dimension, or of shape ``(1, channels, 1, 1)`` or ``(1, channels)``. What PyTorch computes is in units
of the threshold, u = z/th, so that its fused kernels of fixed bounds serve (``torch.clamp`` with a tensor as its bound is a
hundred times slower on CPUs).
"""

# mypy: disable-error-code="misc, no-untyped-call"
# PyTorch has no types where it is not installed.

from typing import Any

import torch

from pysnn.finetune.ttrbr.clipped import clip_gradients, clipped
from pysnn.finetune.ttrbr.simulate import in_the_order_of, simulate
from pysnn.finetune.ttrbr.surrogate import summed, surrogate_gradients

__all__ = ["Clip", "OrderedGradient", "Replay", "Spikes"]


class Clip(torch.autograd.Function):
    """``a = clip(z, 0, th)``, or with L levels ``a = th clip(floor(z L/th + 1/2 + noise)/L, 0, 1)``.

    Without noise that is QCFS (Bu et al. 2022).

    Gradients: ``da/dz`` = 1 for 0 < z < th; ``da/dth`` = 1 for z > th. Rounding is passed straight through, and so adds
    ``(a - z)/th`` to ``da/dth`` inside.
    """

    @staticmethod
    def forward(ctx: Any, z: Any, threshold: Any, levels: int | None, noise: Any = None) -> Any:
        value = clipped(z, threshold, levels, noise)
        ctx.levelled = levels is not None
        ctx.save_for_backward(z, value, threshold)
        return value

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:
        z, value, threshold = ctx.saved_tensors
        return *clip_gradients(z, value, threshold, gradient, ctx.levelled), None, None


class Replay(torch.autograd.Function):
    """The mean rate that neurons had in a simulation, as a function of their mean current: the gradient is the clip's.

    It is a straight-through gradient: quantisation and deviation count as rounding. (Gradients through rates rather than
    through spikes: Meng et al. 2022, "differentiation on spike representation"; Yu et al. 2024.)
    """

    @staticmethod
    def forward(ctx: Any, z: Any, threshold: Any, rate: Any) -> Any:
        th = _like(threshold, z)
        ctx.shape = threshold.shape
        ctx.save_for_backward(z / th, rate / th)
        return rate.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:
        u, level = ctx.saved_tensors
        gradient = in_the_order_of(u, gradient)
        inside = torch.ops.aten.hardtanh_backward(gradient, u, 0.0, 1.0)
        return inside, summed(gradient * level - inside * u, ctx.shape), None


class Spikes(torch.autograd.Function):
    """IF neurons through T steps from their initial potential, with reset by subtraction; a spike stands for th.

    ``v += I(t); o(t) = th [v >= th]; v -= o(t)``. Backward through time, with ``d o/d v = max(0, 1 - |v/th - 1|)`` for the step.
    """

    @staticmethod
    def forward(ctx: Any, current: Any, threshold: Any, start: Any, steps: int, batch: int) -> Any:
        output, _ = simulate(current, threshold, start, steps, batch)
        ctx.steps = steps
        ctx.save_for_backward(current, threshold, start)
        return output

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:
        current, threshold, start = ctx.saved_tensors
        return *surrogate_gradients(current, threshold, start, gradient, ctx.steps), None, None


class OrderedGradient(torch.autograd.Function):
    """The values themselves; their gradient gets their order in memory.

    Slices, which shortcuts without weights are made of, have gradients of another order, which sums of gradients would pass on.
    """

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:
        (x,) = ctx.saved_tensors
        return in_the_order_of(x, gradient)


def _like(threshold: Any, z: Any) -> Any:
    """Return a threshold per channel the dtype of the values; one of no dimension changes no dtype."""
    return threshold.to(z.dtype) if threshold.dim() else threshold
