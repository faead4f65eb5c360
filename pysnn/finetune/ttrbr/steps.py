"""A model through T simulated steps, with a gradient."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import torch

from pysnn.finetune.ttrbr.clock import running

__all__ = ["GRADIENTS", "Gradient", "mean_output", "norms_of"]

Gradient = Literal["rate", "surrogate"]

GRADIENTS: tuple[Gradient, ...] = ("rate", "surrogate")


def mean_output(model: Any, x: Any, steps: int, gradient: Gradient = "rate") -> Any:
    """Return the mean over T steps of what the spiking network puts out, differentiable.

    Parameters
    ----------
    model
        What :func:`pysnn.finetune.restructure` made.
    x
        Samples ``(batch, ...)``; the same current at every step.
    steps
        T.
    gradient
        "rate": a simulation without a gradient, then one pass over mean currents and mean rates, in which each neuron
        has the gradient of the clip; costs T forward passes and one step of training. Batch normalisation that is in training
        takes its statistics in the simulation, over samples and steps; in the second pass it uses the running ones.
        "surrogate": backward through time, with a surrogate for the step of the spike; costs T steps of training.
    """
    batch = len(x)
    if gradient == "surrogate" or not torch.is_grad_enabled():
        with running(model, "spike" if torch.is_grad_enabled() else "record", steps=steps, batch=batch):
            return model(x).unflatten(0, (steps, batch)).mean(0)
    with torch.no_grad(), running(model, "record", steps=steps, batch=batch):
        model(x)
    with running(model, "replay", steps=steps, batch=batch), _norms_at_rest(model):
        return model(x)


@contextmanager
def _norms_at_rest(model: Any) -> Iterator[None]:
    """Let batch normalisation use its running statistics; behind it those in training are in training again."""
    training = [norm for norm in norms_of(model) if norm.training]
    for norm in training:
        norm.eval()
    try:
        yield
    finally:
        for norm in training:
            norm.train()


def norms_of(model: Any) -> list[Any]:
    """Return the layers of batch normalisation."""
    kind = torch.nn.modules.batchnorm._BatchNorm  # noqa: SLF001 - the base of all three
    return [module for module in model.modules() if isinstance(module, kind)]
