"""A model through T simulated steps, with a gradient."""

from typing import Any, Literal

import torch

from pysnn.ttrbr.clock import running

__all__ = ["GRADIENTS", "Gradient", "mean_output"]

Gradient = Literal["rate", "surrogate"]

GRADIENTS: tuple[Gradient, ...] = ("rate", "surrogate")


def mean_output(model: Any, x: Any, steps: int, gradient: Gradient = "rate") -> Any:
    """Give the mean over T steps of what the spiking network puts out, differentiable.

    Parameters
    ----------
    model
        What :func:`pysnn.convert.restructure` made.
    x
        Samples ``(batch, ...)``; the same current at every step.
    steps
        T.
    gradient
        "rate": a simulation without a gradient, then one pass over mean currents and mean rates, in which each neuron
        has the gradient of the clip; costs T forward passes and one step of training.
        "surrogate": backward through time, with a surrogate for the step of the spike; costs T steps of training.
    """
    batch = len(x)
    if gradient == "surrogate" or not torch.is_grad_enabled():
        with running(model, "spike" if torch.is_grad_enabled() else "record", steps=steps, batch=batch):
            return model(x).unflatten(0, (steps, batch)).mean(0)
    with torch.no_grad(), running(model, "record", steps=steps, batch=batch):
        model(x)
    with running(model, "replay", steps=steps, batch=batch):
        return model(x)
