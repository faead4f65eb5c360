"""Training of 784-800-10 in PyTorch: surrogate gradients in SpikingJelly and in snnTorch, and the ANN. One run is one step, optimiser included."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (PyTorch's own convention)
from numpy.typing import NDArray
from torch import nn

from benchmarks.peers.engine import Cell, versions

__all__ = ["relu", "snntorch", "spikingjelly"]

_BATCH = 128
_HIDDEN = 800
_BETA = 0.9
_RATE = 1e-3
_LIF = f"LIF, beta {_BETA}, constant current, spike counts, fused Adam"

Model = tuple[Any, Callable[[Any, int], Any]]
"""What has parameters, and a function from pixels ``(batch, 784)`` and a number of steps to mean spike counts."""


class TorchTrainer:
    """Steps over mini-batches in order; ``run`` gives the losses of the first and of the latest step."""

    def __init__(self, build: Callable[[], Model], *packages: str, setup: str = _LIF) -> None:
        self.build = build
        self.packages = packages
        self.setup = setup
        self.losses: list[float] = []

    def versions(self) -> dict[str, str]:
        """Return the versions of PyTorch and of the library."""
        return versions("torch", *self.packages)

    def prepare(self, cell: Cell) -> str:
        """Draw the weights, unless they are in training already."""
        torch.set_num_threads(cell.threads)
        if not self.losses:
            torch.manual_seed(0)
            with np.load(cell.folder / f"{cell.network}-images.npz") as loaded:
                self.labels = torch.from_numpy(loaded["y"][: len(cell.images)]).split(_BATCH)
            self.images = _pixels(cell.images).split(_BATCH)
            parameters, self.forward = self.build()
            self.optimiser = torch.optim.Adam(parameters.parameters(), lr=_RATE, fused=True)
            self.steps = cell.steps
        return self.setup

    def run(self) -> list[float]:
        """Make one step."""
        index = len(self.losses) % len(self.images)
        loss = F.cross_entropy(10 * self.forward(self.images[index], self.steps), self.labels[index])
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.losses.append(loss.item())
        return [self.losses[0], self.losses[-1]]

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Return the class of each image."""
        with torch.no_grad():
            found = [self.forward(part, self.steps).argmax(1) for part in _pixels(images).split(_BATCH)]
        return np.asarray(torch.cat(found).numpy())


def _pixels(images: NDArray[np.uint8]) -> Any:
    return torch.from_numpy(images).flatten(1).float() / 255


def _layers() -> tuple[Any, Any]:
    return nn.Linear(784, _HIDDEN), nn.Linear(_HIDDEN, 10)


def _spikingjelly() -> Model:
    from spikingjelly.activation_based import functional, neuron, surrogate

    def lif() -> Any:
        leak = 1 / (1 - _BETA)
        grad = surrogate.ATan()
        return neuron.LIFNode(tau=leak, decay_input=False, v_reset=None, surrogate_function=grad, step_mode="m")

    first, second = _layers()
    net = nn.Sequential(first, lif(), second, lif())

    def forward(x: Any, steps: int) -> Any:
        functional.reset_net(net)
        # The current of the first layer is the same at every step, so it is computed once.
        current = first(x).unsqueeze(0).expand(steps, -1, -1)
        return net[3](second(net[1](current))).mean(0)

    return net, forward


def _snntorch() -> Model:
    import snntorch as library

    first, second = _layers()
    hidden, output = library.Leaky(beta=_BETA), library.Leaky(beta=_BETA)
    net = nn.ModuleList([first, hidden, second, output])

    def forward(x: Any, steps: int) -> Any:
        current = first(x)
        v, u = hidden.init_leaky(), output.init_leaky()
        spikes = []
        for _ in range(steps):
            fired, v = hidden(current, v)
            spikes.append(fired)
        # All steps of the second layer's product at once.
        counts = []
        for now in second(torch.stack(spikes)):
            fired, u = output(now, u)
            counts.append(fired)
        return torch.stack(counts).mean(0)

    return net, forward


def _relu() -> Model:
    first, second = _layers()
    net = nn.Sequential(first, nn.ReLU(), second)
    return net, lambda x, _: net(x)


def spikingjelly() -> Any:
    """Return the program with SpikingJelly."""
    return TorchTrainer(_spikingjelly, "spikingjelly")


def snntorch() -> Any:
    """Return the program with snnTorch."""
    return TorchTrainer(_snntorch, "snntorch")


def relu() -> Any:
    """Return the program with the ANN."""
    return TorchTrainer(_relu, setup="the ANN: ReLU, one pass, fused Adam")
