"""Noise for quantised clips: a stand-in for spike counts that come out one too high or too low."""

from typing import Any

import torch

from pysnn.finetune.ttrbr.simulate import has_channels_last

__all__ = ["Dither"]

# How many places a layer can begin to read at.
_PLACES = 1 << 16


class Dither:
    """Uniform noise, drawn once a step for all clips of a model; every clip begins to read at another place.

    Parameters
    ----------
    width
        In levels: of 1, rounding goes up with the probability of what is left over.

    Examples
    --------
    >>> noise = Dither(1.0).like(torch.zeros(4, 8))
    >>> noise.shape, bool((noise.abs() <= 0.5).all())
    (torch.Size([4, 8]), True)
    """

    def __init__(self, width: float) -> None:
        self.width = width
        self.values: Any = None

    def redraw(self) -> None:
        """Let the next clip draw new noise."""
        self.values = None

    def like(self, z: Any) -> Any:
        """Return noise for currents: their shape, their order in memory."""
        count = z.numel()
        if self.values is None or len(self.values) < count + _PLACES or self.values.device != z.device:
            drawn = torch.rand(count + _PLACES, device=z.device).sub_(0.5).mul_(self.width)
            self.values = drawn.to(z.dtype)
        first = int(torch.randint(_PLACES, ()))
        values = self.values[first : first + count]
        if not has_channels_last(z):
            return values.view(z.shape)
        batch, channels, height, width = z.shape
        return values.view(batch, height, width, channels).permute(0, 3, 1, 2)
