"""The activation with a trainable threshold, which is a spiking neuron when asked to; and the max-pool for its spikes."""

# mypy: disable-error-code="misc"
# PyTorch has no types where it is not installed.

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from pysnn.errors import DataError, NetworkError
from pysnn.finetune.ttrbr.clock import Clock
from pysnn.finetune.ttrbr.functions import Clip, OrderedGradient, Replay, Spikes
from pysnn.finetune.ttrbr.simulate import simulate
from pysnn.importers.torch.graph import Call, Value
from pysnn.importers.torch.pools import max_pool2d_module
from pysnn.importers.torch.shapes import identity
from pysnn.nodes import ReLU

__all__ = ["LEAST_THRESHOLD", "HeldCurrent", "SpikingMaxPool2d", "TrainableClip"]

LEAST_THRESHOLD = 0.01
"""Training keeps thresholds at least this large."""


class TrainableClip(nn.Module):
    """``a = clip(z, 0, th)`` with a threshold that is trained (TCL, Ho & Chang 2021), in the place of a ReLU.

    The IF neuron of the converted network has the same threshold, starts at th/2 (and a potential per channel more, where
    :meth:`start_from` gave one) and resets by subtraction. What it computes at the moment is said by its clock; see
    :data:`pysnn.finetune.ttrbr.clock.Mode`.

    Parameters
    ----------
    channels
        For a threshold per channel, their number; ``None`` for one threshold.
    levels
        L, to train with L levels between 0 and th, as L steps would give (QCFS, Bu et al. 2022); ``None`` for the plain clip.
    threshold
        The first threshold.
    clock
        Shared by the neurons of a model; one of its own by default.

    Examples
    --------
    >>> TrainableClip(threshold=2.0)(torch.tensor([[-1.0, 0.7, 3.0]])).tolist()
    [[0.0, 0.699999988079071, 2.0]]
    >>> TrainableClip(threshold=2.0, levels=4)(torch.tensor([[-1.0, 0.7, 3.0]])).tolist()
    [[0.0, 0.5, 2.0]]
    """

    def __init__(
        self,
        channels: int | None = None,
        *,
        levels: int | None = None,
        threshold: float = 1.0,
        clock: Clock | None = None,
    ) -> None:
        super().__init__()
        if levels is not None and levels < 1:
            raise DataError(f"TrainableClip: levels must be at least 1, got {levels}")
        self.levels = levels
        self.clock = clock or Clock()
        self.threshold = nn.Parameter(torch.full(() if channels is None else (channels,), float(threshold)))
        self.potential: nn.Parameter | None
        self.register_parameter("potential", None)
        self.kept: Any = None

    def start_from(self, potential: Any) -> None:
        """Let each channel's neurons start from so much beyond th/2, in units of the current; it is trained through steps."""
        self.potential = nn.Parameter(torch.as_tensor(potential, dtype=torch.float32).reshape(-1).clone())

    def forward(self, z: Any) -> Any:
        """Compute on currents ``(batch, channels, ...)``."""
        clock, th = self.clock, _spread(self.threshold, z.dim())
        if clock.mode == "clip":
            dither = clock.dither if self.training and self.levels is not None else None
            return Clip.apply(z, th, self.levels, None if dither is None else dither.like(z))
        if clock.mode == "observe":
            self.kept = functional.relu(z)
            return self.kept
        if clock.mode == "replay":
            return Replay.apply(self._with_potential(z), th, self.kept)
        start = th / 2 if self.potential is None else th / 2 + _spread(self.potential, z.dim())
        if clock.mode == "spike":
            return Spikes.apply(z, th, start, clock.steps, clock.batch)
        output, self.kept = simulate(z.detach(), th.detach(), start.detach(), clock.steps, clock.batch)
        return output

    def _with_potential(self, z: Any) -> Any:
        """Return the mean current that has the charge of the initial potential in it."""
        if self.potential is None:
            return z
        return z + _spread(self.potential / self.clock.steps, z.dim()).to(z.dtype)

    def extra_repr(self) -> str:
        """Say how many thresholds and levels there are."""
        return f"thresholds={self.threshold.numel()}, levels={self.levels}"

    def pysnn_import(self, call: Call, x: Value) -> Value:
        """Translate the clip for :func:`pysnn.importers.torch.from_torch`: its threshold is the bound of a ReLU."""
        if self.levels is not None:
            raise NetworkError(
                "its activations are quantised, which is what steps do to a spiking network: set levels = None, or take "
                "pysnn.finetune.trained_models.trained_network"
            )
        return call.add(ReLU(self.threshold.detach().numpy()), x)


def _spread(channels: Any, dimensions: int) -> Any:
    """Return values per channel as many dimensions as maps have."""
    return channels.view(1, -1, *(1,) * (dimensions - 2)) if channels.dim() else channels


class SpikingMaxPool2d(nn.MaxPool2d):
    """A max-pool that lets a spike through whenever the largest count of its window rises, as the engine does.

    A maximum at every step would let the spikes of all neurons of a window through.
    """

    clock: Clock

    @classmethod
    def of(cls, pool: Any, clock: Clock) -> "SpikingMaxPool2d":
        """Return a max-pool with the fields of another.

        Raises
        ------
        NetworkError
            It returns indices as well.
        """
        if pool.return_indices:
            raise NetworkError("MaxPool2d: return_indices=True has no counterpart in a spiking network")
        found = cls(pool.kernel_size, pool.stride, pool.padding, pool.dilation, ceil_mode=pool.ceil_mode)
        found.clock = clock
        return found

    def forward(self, x: Any) -> Any:
        """Compute on maps ``(batch, channels, height, width)``."""
        if self.clock.mode not in ("spike", "record"):
            return super().forward(x)
        counts = x.unflatten(0, (self.clock.steps, self.clock.batch)).cumsum(0)
        largest = super().forward(counts.flatten(0, 1)).unflatten(0, (self.clock.steps, self.clock.batch))
        return torch.cat([largest[:1], largest.diff(dim=0)]).flatten(0, 1)

    def pysnn_import(self, call: Call, x: Value) -> Value:
        """Translate it as the max-pool that it is."""
        return max_pool2d_module(call, self, x)


class HeldCurrent(nn.Module):
    """A current that a shortcut carries: one that holds at every step is there at every step of a simulation."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock

    def forward(self, x: Any) -> Any:
        """Return it as it is, or repeated."""
        clock, x = self.clock, OrderedGradient.apply(x)
        if clock.mode not in ("spike", "record") or len(x) != clock.batch:
            return x
        return x.repeat(clock.steps, *(1,) * (x.dim() - 1))

    def pysnn_import(self, call: Call, x: Value) -> Value:
        """Translate nothing: the network's own currents hold."""
        return identity(call, x)
